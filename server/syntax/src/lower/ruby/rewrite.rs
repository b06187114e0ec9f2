//! What only Ruby's patterns need before placeholders are put in: names of classes are constants, `...` among a hash's
//! entries.

/// A metavariable where the grammar wants a constant; its placeholder with a capital letter.
const CONSTANT: &str = "Weirv_";

pub(super) fn ruby(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    let mut braces = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        match c {
            '{' => braces.push(opens_hash(&out)),
            '}' => {
                braces.pop();
            }
            '$' if wants_constant(&out, rest) => {
                out.push_str(CONSTANT);
                at += 1;
                continue;
            }
            '.' | '$' if rest.starts_with("...") || rest.starts_with("$...") => {
                if braces.last() == Some(&true) && out.trim_end().ends_with(['{', ',']) {
                    out.push_str("**");
                }
                let len = if c == '$' { 4 } else { 3 };
                out.push_str(&rest[..len]);
                at += len;
                continue;
            }
            _ => {}
        }
        out.push(c);
        at += c.len_utf8();
    }
    out
}

/// Whether a brace after this text opens a hash, not a block or a substitution.
fn opens_hash(before: &str) -> bool {
    let before = before.trim_end();
    before.is_empty()
        || before.ends_with(['(', ',', '=', '[', '{', ':', '|', '&'])
        || ["=>", "return", "<..."].iter().any(|opening| before.ends_with(opening))
}

/// Whether the metavariable at the start of `rest` names a class or module.
fn wants_constant(before: &str, rest: &str) -> bool {
    let len = rest[1..].bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').count();
    let named = before.trim_end_matches([' ', '\t']);
    let after_keyword = named.len() < before.len()
        && ["class", "module"].iter().any(|keyword| {
            named.strip_suffix(keyword).is_some_and(|head| !head.ends_with(|c: char| c.is_alphanumeric() || c == '_'))
        });
    len > 0 && (after_keyword || before.ends_with("::") && !rest[1 + len..].starts_with('('))
}
