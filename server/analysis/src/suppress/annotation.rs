//! Java's annotations that ask to ignore what is found in what they stand at.

use super::mark::{Asks, Mark, Reach, check};
use memchr::memmem;
use weir_model::{MarkKind, Span};
use weir_syntax::{Kind, NodeId, Role, Tree};

/// All of a text.
pub(super) fn find(text: &str, tree: &Tree, marks: &mut Vec<Mark>) {
    if memmem::find(text.as_bytes(), b"Suppress").is_none() {
        return;
    }
    for node in tree.ids().filter(|&node| tree.kind(node) == Kind::Decorator) {
        marks.extend(read(text, tree, node));
    }
}

fn read(text: &str, tree: &Tree, node: NodeId) -> Option<Mark> {
    let call = tree.child(node, Role::Value).filter(|&value| tree.kind(value) == Kind::Call)?;
    let kind = match tree.sym(tree.child(call, Role::Callee)?).as_str() {
        "SuppressWarnings" => MarkKind::Java,
        "SuppressFBWarnings" | "SuppressWarning" => MarkKind::SpotBugs,
        _ => return None,
    };
    let mut checks = Vec::new();
    let mut reason = None;
    for arg in tree.with_role(call, Role::Arg) {
        let strings = tree.descendants(arg).filter(|&node| tree.kind(node) == Kind::Str);
        let told = strings.map(|node| (tree.sym(node), tree.span(node).start as usize + 1));
        match tree.kind(arg) {
            Kind::KeywordArg if tree.sym(arg).as_str() == "justification" => {
                reason = told.map(|(text, _)| text.as_str().to_owned()).reduce(|all, more| all + &more);
            }
            Kind::KeywordArg if tree.sym(arg).as_str() != "value" => {}
            _ => checks.extend(told.map(|(id, at)| check(id.as_str(), at))),
        }
    }
    let all = checks.is_empty() || checks.iter().any(|check| check.id == "all");
    let span = tree.span(node);
    let target = tree.span(tree.parent(node)?);
    let end = target.end.max(span.end).min(text.len() as u32);
    Some(Mark {
        kind,
        span,
        comment: None,
        reach: Reach::Range(Span::new(target.start, end)),
        asks: if all { Asks::All } else { Asks::Checks(checks) },
        reason,
        until: None,
    })
}
