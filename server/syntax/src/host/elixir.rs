//! Elixir in `EEx` and `HEEx`: `<% … %>` and `{…}`.

use super::tags::first_word;
use super::{Host, Language, OUTPUT, Piece, TagKind, When, Writer, manner, tags_of, trimmed};

/// The Elixir of a template.
pub(super) fn program<'t>(host: Host, text: &'t str, pieces: &[Piece]) -> Writer<'t> {
    let mut writer = Writer::new(text, Language::Elixir);
    for (tag, place) in tags_of(pieces) {
        let code = trimmed(text, tag.code);
        if code.is_empty() {
            continue;
        }
        if tag.kind == TagKind::Statement || is_part_of_block(code.text(text)) {
            writer.copy(When::Now, code);
            writer.put(When::Now, "\n", tag.close());
        } else {
            writer.put(When::Now, &format!("{OUTPUT}(("), tag.open());
            writer.copy(When::Now, code);
            let manner = manner(tag.escaping(host.escapes), place);
            writer.put(When::Now, &format!("\n){}\n", manner.trim_start()), tag.close());
        }
    }
    writer
}

/// Whether code opens, goes on with or ends a block that other tags are parts of.
fn is_part_of_block(code: &str) -> bool {
    let opens = code.ends_with("->")
        || code.strip_suffix("do").is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t', '\n', ')']));
    opens || matches!(first_word(code), "end" | "else" | "after" | "catch" | "rescue")
}
