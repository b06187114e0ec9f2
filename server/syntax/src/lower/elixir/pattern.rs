//! Elixir's patterns. A metavariable becomes a lower-case name, which is legal wherever a variable, function, module,
//! field or keyword is.

use crate::lower::{Context, PatternSyntax};

pub(super) const SYNTAX: PatternSyntax = PatternSyntax { native_metavars: false, rewrite, contexts: CONTEXTS };

const CONTEXTS: &[Context] = &[
    // Expressions, definitions.
    Context { before: "", after: "" },
    // Clauses of a case.
    Context { before: "case weir do\n", after: "\nend" },
    // Entries of a map, keywords of a call.
    Context { before: "%{", after: "}" },
    Context { before: "weir(", after: ")" },
    // `rescue e -> ...`, `else ...`
    Context { before: "try do\nweir\n", after: "\nend" },
    // A definition or form that ends with `do`.
    Context { before: "", after: "\nend" },
];

/// Makes `...` legal in two places: behind a keyword, where only keywords may follow (`k: v, ...`), and between the
/// clauses of a `case`.
fn rewrite(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    // For each open bracket, whether a keyword has been seen in it.
    let mut keywords: Vec<bool> = vec![false];
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        let rest = &text[at..];
        let len = match bytes[at] {
            b'"' | b'\'' => quoted(rest),
            b'#' => rest.find('\n').unwrap_or(rest.len()),
            b'(' | b'[' | b'{' => {
                keywords.push(false);
                1
            }
            b')' | b']' | b'}' => {
                keywords.pop();
                1
            }
            b':' if is_keyword(text, at) => {
                if let Some(seen) = keywords.last_mut() {
                    *seen = true;
                }
                1
            }
            b'.' if rest.starts_with("...") => {
                let is_hole = !rest.starts_with("...>") && !text[..at].ends_with(['<', '$']);
                if is_hole && keywords.len() > 1 && keywords.last() == Some(&true) && !text[..at].ends_with(": ") {
                    out.push_str("...: ");
                } else if is_hole && stands_among_clauses(text, at) {
                    out.push_str("... -> ");
                }
                3
            }
            _ => rest.chars().next().map_or(1, char::len_utf8),
        };
        out.push_str(&rest[..len]);
        at += len;
    }
    out
}

/// Whether the colon ends a keyword: `name: `.
fn is_keyword(text: &str, at: usize) -> bool {
    let before = text.as_bytes()[..at]
        .last()
        .is_some_and(|&byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'?' | b'!' | b'"'));
    before && text[at + 1..].starts_with([' ', '\n'])
}

/// Whether the ellipsis is alone on its line and the next line, no deeper and no less deep, is a clause.
fn stands_among_clauses(text: &str, at: usize) -> bool {
    let line_start = text[..at].rfind('\n').map_or(0, |newline| newline + 1);
    let indent = &text[line_start..at];
    let mut lines = text[at + 3..].lines();
    let alone = lines.next().is_none_or(|rest| rest.trim().is_empty());
    let next = lines.find(|line| !line.trim().is_empty()).unwrap_or_default();
    let same_depth = next.strip_prefix(indent).is_some_and(|rest| !rest.starts_with([' ', '\t']));
    alone && indent.trim().is_empty() && same_depth && next.contains(" ->")
}

/// Length of the string at the start, what is substituted into it included.
fn quoted(text: &str) -> usize {
    let quote = &text[..1];
    let fence = if text.len() > 2 && text[1..].starts_with(&quote.repeat(2)) { 3 } else { 1 };
    let mut at = fence;
    while at < text.len() {
        if text[at..].starts_with('\\') {
            at += 1 + text[at + 1..].chars().next().map_or(0, char::len_utf8);
        } else if text[at..].starts_with(&quote.repeat(fence)) {
            return at + fence;
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}
