//! ERB: Ruby in `<% … %>`.

use super::{Host, Language, OUTPUT, Piece, TagKind, When, Writer, manner, tags_of, trimmed};

/// The Ruby of a template.
pub(super) fn program<'t>(host: Host, text: &'t str, pieces: &[Piece]) -> Writer<'t> {
    let mut writer = Writer::new(text, Language::Ruby);
    for (tag, place) in tags_of(pieces) {
        let code = trimmed(text, tag.code);
        if code.is_empty() {
            continue;
        }
        if tag.kind == TagKind::Statement || opens_block(code.text(text)) {
            writer.copy(When::Now, code);
            writer.put(When::Now, "\n", tag.close());
        } else {
            writer.put(When::Now, &format!("{OUTPUT}(("), tag.open());
            writer.copy(When::Now, code);
            let manner = manner(tag.escaping(host.escapes), place);
            // The code may be a statement, or end with a comment.
            writer.put(When::Now, &format!("\n){}\n", manner.trim_start()), tag.close());
        }
    }
    writer
}

/// Whether code ends within a block: what follows it in the template is the block.
fn opens_block(code: &str) -> bool {
    let before_parameters = match code.strip_suffix('|') {
        Some(code) => code.rfind('|').map_or(code, |bar| code[..bar].trim_end()),
        None => code,
    };
    let before_do = before_parameters.strip_suffix("do").filter(|before| before.ends_with([' ', '\t', '\n', ')']));
    before_do.is_some() || before_parameters.ends_with('{')
}

#[cfg(test)]
mod tests {
    use super::opens_block;

    #[test]
    fn blocks_are_told_by_their_end() {
        for code in ["form_for @a do |f|", "f(x)do", "xs.each {", "xs.each { |x, y|", "x do"] {
            assert!(opens_block(code), "{code}");
        }
        for code in ["undo", "x", "f { |x| x }", "a || b", "redo |"] {
            assert!(!opens_block(code), "{code}");
        }
    }
}
