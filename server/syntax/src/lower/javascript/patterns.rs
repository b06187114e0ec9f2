//! How patterns of JavaScript and TypeScript are made parseable.

use super::super::Context;
use std::iter::Peekable;
use std::str::CharIndices;

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
pub(super) fn rewrite(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    let mut state = State::default();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' | '\'' | '`' => {
                let end = string_end(text, at, c, &mut chars);
                out.push_str(&text[at..end]);
                state.last = c;
            }
            '/' if text[at..].starts_with("//") || text[at..].starts_with("/*") => {
                let end = comment_end(text, at, &mut chars);
                out.push_str(&text[at..end]);
            }
            '.' if text[at..].starts_with("...") => {
                skip_to(&mut chars, at + 3);
                let rest = &text[at + 3..];
                if state.at_statement() && state.in_switch() && case_follows(rest) {
                    out.push_str("case ...:");
                } else if state.at_statement() && statement_follows(rest) {
                    out.push_str("...;");
                } else {
                    out.push_str("...");
                }
                state.see('.');
            }
            '=' if state.tag == Some(state.braces.len()) && hole_end(&text[at + 1..]) > 0 => {
                let end = at + 1 + hole_end(&text[at + 1..]);
                skip_to(&mut chars, end);
                out.extend(["={", &text[at + 1..end], "}"]);
                state.last = '}';
            }
            '$' if !state.in_word && state.word == "from" && state.last == 'm' => {
                let end = at + hole_end(&text[at..]);
                skip_to(&mut chars, end);
                out.extend(["\"", &text[at..end], "\""]);
                state.last = '"';
            }
            _ => {
                if c == '<' && state.tag_starts(&text[at + 1..]) {
                    state.tag = Some(state.braces.len());
                } else if c == '>' && state.tag == Some(state.braces.len()) && state.last != '=' {
                    state.tag = None;
                }
                out.push(c);
                state.see(c);
            }
        }
    }
    out
}

/// How long the metavariable or ellipsis is that the text starts with.
fn hole_end(text: &str) -> usize {
    match text.strip_prefix('$') {
        Some(name) => {
            let len = name.len() - name.trim_start_matches(|c: char| matches!(c, 'A'..='Z' | '0'..='9' | '_')).len();
            if len > 0 { len + 1 } else { 0 }
        }
        None if text.starts_with("...") => 3,
        None => 0,
    }
}

/// What matters of the text so far.
#[derive(Default)]
struct State {
    /// The last character that is not white space; NUL at the start.
    last: char,
    /// The word being read, or the last one.
    word: String,
    in_word: bool,
    /// `switch` was read and its brace was not.
    switch_ahead: bool,
    /// A line ended since `last`.
    new_line: bool,
    /// For each open brace, whether it is a switch's.
    braces: Vec<bool>,
    /// In a tag of JSX: how many braces were open where it starts.
    tag: Option<usize>,
}

impl State {
    fn see(&mut self, c: char) {
        if c.is_whitespace() {
            self.new_line |= c == '\n';
            self.in_word = false;
            return;
        }
        if c.is_alphanumeric() || c == '_' || c == '$' {
            if !self.in_word {
                self.word.clear();
            }
            self.word.push(c);
            self.in_word = true;
            if self.word == "switch" {
                self.switch_ahead = true;
            }
        } else {
            self.in_word = false;
        }
        match c {
            '{' => self.braces.push(std::mem::take(&mut self.switch_ahead)),
            '}' => {
                self.braces.pop();
            }
            _ => {}
        }
        self.last = c;
        self.new_line = false;
    }

    /// Whether a statement can start here.
    fn at_statement(&self) -> bool {
        matches!(self.last, '\0' | '{' | '}' | ';') || self.new_line && matches!(self.last, ')' | ':' | '.')
    }

    /// Whether `<` opens a tag, not a comparison or type arguments.
    fn tag_starts(&self, rest: &str) -> bool {
        rest.starts_with(|c: char| c.is_alphabetic() || c == '$')
            && (!self.last.is_alphanumeric() && !matches!(self.last, '_' | '$' | ')' | ']') || self.word == "return")
    }

    fn in_switch(&self) -> bool {
        self.braces.last() == Some(&true)
    }
}

/// Whether what follows an ellipsis in a `switch` is a case or the end.
fn case_follows(rest: &str) -> bool {
    let next = rest.trim_start();
    next.starts_with("case") || next.starts_with("default") || next.starts_with('}')
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

type Chars<'a> = Peekable<CharIndices<'a>>;

/// Passes the rest of a string literal; returns where it ends. A quote without its partner (text of JSX) is no string.
fn string_end(text: &str, at: usize, quote: char, chars: &mut Chars<'_>) -> usize {
    let mut escaped = false;
    for (offset, c) in text[at + 1..].char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            skip_to(chars, at + offset + 2);
            return at + offset + 2;
        } else if c == '\n' && quote != '`' {
            break;
        }
    }
    at + 1
}

/// Passes a comment; returns where it ends.
fn comment_end(text: &str, at: usize, chars: &mut Chars<'_>) -> usize {
    let end = if text[at..].starts_with("//") {
        text[at..].find('\n').map_or(text.len(), |found| at + found)
    } else {
        text[at + 2..].find("*/").map_or(text.len(), |found| at + found + 4)
    };
    skip_to(chars, end);
    end
}

fn skip_to(chars: &mut Chars<'_>, end: usize) {
    while chars.next_if(|&(at, _)| at < end).is_some() {}
}
