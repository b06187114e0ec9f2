//! How patterns of JavaScript and TypeScript are made parseable.

use super::super::Context;
use super::super::outline::{Outline, hole_length, pass, pass_comment, pass_string};

/// In order: whole program, expression, `catch`, member of a class, entry of an object, headers whose body follows, of
/// statements and of methods, a case of a `switch`, a decorator, an attribute of JSX, a parameter.
pub(super) const CONTEXTS: &[Context] = &[
    Context { before: "", after: "" },
    Context { before: "(", after: "\n)" },
    Context { before: "try {} ", after: "" },
    Context { before: "class weir_c { ", after: "\n}" },
    Context { before: "({", after: "\n})" },
    Context { before: "", after: "\n{}" },
    Context { before: "class weir_c { ", after: " {} }" },
    Context { before: "class weir_c { ", after: "() {} }" },
    Context { before: "switch (weir_c) { ", after: "\n}" },
    Context { before: "class weir_c { ", after: "\nweir_m() {} }" },
    Context { before: "<weir_j ", after: "\n/>" },
    Context { before: "function weir_f(", after: "\n) {}" },
];

/// Gives an ellipsis that stands for statements its semicolon, and one that stands for cases its `case`: the grammar
/// would join the name put in its place with the next line. Gives holes their braces in attributes of JSX (`<a b=$X>`)
/// and their quotes as modules (`from $X`).
///
/// An object that starts a run of statements gets parentheses, or it would be a block.
pub(super) fn rewrite(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let object = leading_object(text);
    if object.is_some() {
        out.push('(');
    }
    let mut seen = Outline::new(&["switch"]);
    // In a tag of JSX: how many brackets were open where it starts.
    let mut tag = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '"' | '\'' | '`' => {
                out.push_str(&text[at..pass_string(text, at, &mut chars)]);
                seen.see(c);
            }
            '/' if rest.starts_with(['/', '*']) => out.push_str(&text[at..pass_comment(text, at, &mut chars)]),
            '.' if rest.starts_with("..") => {
                pass(&mut chars, at + 3);
                out.push_str(ellipsis(&seen, &text[at + 3..]));
                seen.see('.');
            }
            '=' if tag == Some(seen.depth()) && hole_length(rest) > 0 => {
                let end = at + 1 + hole_length(rest);
                pass(&mut chars, end);
                out.extend(["={", &text[at + 1..end], "}"]);
                seen.see('"');
            }
            '$' if !seen.in_word && seen.word == "from" && seen.last == 'm' => {
                let end = at + hole_length(&text[at..]).max(1);
                pass(&mut chars, end);
                out.extend(["\"", &text[at..end], "\""]);
                seen.see('"');
            }
            _ => {
                if c == '<' && opens_tag(&seen, rest) {
                    tag = Some(seen.depth());
                } else if c == '>' && tag == Some(seen.depth()) && seen.last != '=' {
                    tag = None;
                }
                out.push(c);
                seen.see(c);
                if object == Some(at) {
                    out.push(')');
                }
            }
        }
    }
    out
}

/// Where the object ends that the text starts with, if there is more after it.
fn leading_object(text: &str) -> Option<usize> {
    let inner = text.trim_start().strip_prefix('{')?.trim_start();
    let name =
        inner.trim_start_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '"' | '\'')).trim_start();
    let is_object = inner.starts_with("...,") || name.len() < inner.len() && name.starts_with([':', ',', '}']);
    if !is_object {
        return None;
    }
    let mut depth = 0;
    let end = text.char_indices().find_map(|(at, c)| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        (c == '}' && depth == 0).then_some(at)
    })?;
    (!text[end + 1..].trim().is_empty()).then_some(end)
}

/// What to write for an ellipsis.
fn ellipsis(seen: &Outline, rest: &str) -> &'static str {
    if seen.last == '(' && seen.word == "for" && rest.trim_start().starts_with(')') {
        return "...; ...; ...";
    }
    let starts = matches!(seen.last, '\0' | '{' | '}' | ';') || seen.new_line && matches!(seen.last, ')' | ':' | '.');
    if !starts {
        "..."
    } else if seen.last == '{' && seen.inside() == Some(('{', Some("switch"))) {
        "case ...:"
    } else if statement_follows(rest) {
        "...;"
    } else {
        "..."
    }
}

/// Whether what follows an ellipsis would be joined with it although it is another statement.
fn statement_follows(rest: &str) -> bool {
    let next = rest.trim_start();
    let line_ends = rest[..rest.len() - next.len()].contains('\n');
    next.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '"' | '\'' | '{' | '@'))
        && (line_ends || rest.starts_with(char::is_whitespace))
        || line_ends && next.starts_with(['(', '[', '`', '+', '-', '/', '!'])
        || next.starts_with("...")
        || next.starts_with("<...")
}

/// Whether `<` opens a tag, not a comparison or type arguments.
fn opens_tag(seen: &Outline, rest: &str) -> bool {
    rest.starts_with(|c: char| c.is_alphabetic() || c == '$')
        && (!seen.last.is_alphanumeric() && !matches!(seen.last, '_' | '$' | ')' | ']') || seen.word == "return")
}
