//! Heredocs: `<<~SQL` stands where the string is, its text follows in the next lines, wherever the grammar hangs it.

use super::text;
use crate::Role;
use crate::lower::Lowering;
use tree_sitter as ts;
use weir_model::Span;

/// A string or template at the place of its beginning, with the text of its body.
pub(super) fn heredoc<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) {
    let at = Span::from(node.byte_range());
    let body = body(l, node);
    l.reads(Span::new(at.start, body.map_or(l.source().len(), |body| body.end_byte()) as u32));
    let Some(body) = body else {
        return l.string(role, at, Span::new(at.end, at.end));
    };
    let end =
        u32::try_from(body.named_child_count()).unwrap_or(0).checked_sub(1).and_then(|last| body.named_child(last));
    // The body starts with the line break after the line of the beginning.
    let start = body.start_byte() as u32 + 1;
    let end = end.filter(|end| end.kind() == "heredoc_end").map_or(body.end_byte(), |end| end.start_byte()) as u32;
    text(l, body, role, at, Span::new(start, end.max(start)));
}

/// The body: the first after the line that ends with the beginning's tag.
fn body<'t>(l: &Lowering<'t>, node: ts::Node<'t>) -> Option<ts::Node<'t>> {
    let tag = l.text(node).trim_start_matches(['<', '~', '-']).trim_matches(['"', '\'', '`']);
    let root = std::iter::successors(Some(node), ts::Node::parent).last()?;
    let mut at = node.end_byte() + l.source().get(node.end_byte()..)?.find('\n')?;
    loop {
        let here = root.descendant_for_byte_range(at, at + 1)?;
        let body = std::iter::successors(Some(here), ts::Node::parent).find(|node| node.kind() == "heredoc_body")?;
        if l.text(body).trim_end().rsplit(['\n', ' ', '\t']).next() == Some(tag) {
            return Some(body);
        }
        at = body.end_byte().max(at + 1);
    }
}
