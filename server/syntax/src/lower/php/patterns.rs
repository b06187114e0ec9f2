//! How patterns of PHP are made parseable.

use super::super::Context;
use super::super::outline::{Outline, hole_length, pass, pass_comment, pass_string};

/// In order: whole program, elements of an array, member of a class, headers whose body follows, of statements and of
/// methods, `catch`, a case of a `switch`, an attribute, a parameter.
pub(super) const CONTEXTS: &[Context] = &[
    Context { before: "<?php ", after: "\n;" },
    Context { before: "<?php [", after: "\n];" },
    Context { before: "<?php class weir_c { ", after: "\n}" },
    Context { before: "<?php ", after: "\n{}" },
    Context { before: "<?php class weir_c { ", after: "\n{} }" },
    Context { before: "<?php try {} ", after: "" },
    Context { before: "<?php switch (1) { ", after: "\n}" },
    Context { before: "<?php ", after: "\nfunction weir_f() {}" },
    Context { before: "<?php function weir_f(", after: "\n) {}" },
];

/// Keywords that say what the brackets after them are.
const KEYWORDS: &[&str] = &["switch", "class", "interface", "trait", "enum", "function", "fn", "catch"];

/// Words before a name that is no variable.
const BEFORE_NAMES: &[&str] =
    &["class", "interface", "trait", "enum", "function", "extends", "implements", "use", "namespace", "const", "goto"];

/// Makes of metavariables names where the grammar wants no variable (`class $C`, `function f($T $X)`), and of an
/// ellipsis what is legal where it stands: a statement, a case, a member, a parameter.
pub(super) fn rewrite(text: &str) -> String {
    let text = text.strip_prefix("<?php").unwrap_or(text);
    let mut out = String::with_capacity(text.len() + 16);
    let mut seen = Outline::new(KEYWORDS);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let rest = &text[at + c.len_utf8()..];
        match c {
            '"' | '\'' | '`' => {
                let end = pass_string(text, at, &mut chars);
                if c == '\'' {
                    out.push_str(&text[at..end]);
                } else {
                    interpolated(&text[at..end], &mut out);
                }
                seen.see(c);
            }
            '#' if rest.starts_with('[') => {
                out.push_str("#[");
                pass(&mut chars, at + 2);
                let length = hole_length(&rest[1..]);
                if rest[1..].starts_with('$') && length > 0 {
                    name(&rest[1..=length], &mut out);
                    pass(&mut chars, at + 2 + length);
                }
                seen.see('[');
            }
            '#' => out.push_str(&text[at..pass_comment(text, at, &mut chars)]),
            '/' if rest.starts_with(['/', '*']) => out.push_str(&text[at..pass_comment(text, at, &mut chars)]),
            '.' if rest.starts_with("..") => {
                pass(&mut chars, at + 3);
                out.push_str(ellipsis(&seen, &text[at + 3..]));
                seen.see('.');
            }
            '$' if hole_length(&text[at..]) > 0 && is_name(&seen, &text[at + hole_length(&text[at..])..]) => {
                let end = at + hole_length(&text[at..]);
                pass(&mut chars, end);
                name(&text[at..end], &mut out);
                seen.see('n');
            }
            _ => {
                out.push(c);
                seen.see(c);
            }
        }
    }
    out
}

/// A metavariable as a name without dollar sign.
fn name(metavar: &str, out: &mut String) {
    out.push_str(crate::pattern::METAVAR);
    out.push_str(&metavar[1..]);
}

/// Whether a metavariable stands for a name: after a keyword that names something, or as a type in front of a variable.
fn is_name(seen: &Outline, rest: &str) -> bool {
    let named = !seen.in_word && seen.last.is_alphabetic() && BEFORE_NAMES.contains(&seen.word.as_str());
    let before_variable = rest.starts_with([' ', '\t']) && rest.trim_start().starts_with('$');
    named || before_variable
}

/// What to write for an ellipsis.
fn ellipsis(seen: &Outline, rest: &str) -> &'static str {
    if seen.last == '<' || rest.starts_with('>') {
        return "...";
    }
    match seen.inside() {
        // A parameter is a variable.
        Some(('(', Some("function" | "fn"))) if !rest.starts_with('$') => "$...",
        Some(('(' | '[', _)) => "...",
        Some((_, Some("switch"))) if seen.last == '{' => "case ...:",
        inside => {
            let starts = match seen.last {
                '\0' | '{' | '}' | ';' => true,
                ':' => seen.new_line || matches!(inside, Some((_, Some("switch")))),
                '.' | ')' => seen.new_line,
                _ => false,
            };
            let follows = rest.trim_start();
            if !starts || follows.starts_with([',', '.', '-', '+', '?', '=', ';']) {
                "..."
            } else if matches!(inside, Some((_, Some("class" | "interface" | "trait" | "enum")))) {
                "use ...;"
            } else {
                "...;"
            }
        }
    }
}

/// Text behind a variable in a string would be read as part of its name: `"$X..."` becomes `"{$X}..."`.
fn interpolated(text: &str, out: &mut String) {
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let (before, hole) = rest.split_at(at);
        out.push_str(before);
        let length = hole_length(hole).max(1);
        let (hole, behind) = hole.split_at(length);
        if length > 1 && behind.starts_with("...") && !before.ends_with('{') {
            out.extend(["{", hole, "}"]);
        } else {
            out.push_str(hole);
        }
        rest = behind;
    }
    out.push_str(rest);
}
