//! Reading a pattern's text before there is a tree: where statements start, what brackets are open, where strings end.
//! For the rewriting that languages do to make patterns parseable.

use std::iter::Peekable;
use std::str::CharIndices;

pub(super) type Chars<'a> = Peekable<CharIndices<'a>>;

/// What matters of the text read so far.
pub(super) struct Outline {
    /// The last character that is not white space; NUL at the start.
    pub(super) last: char,
    /// Whether a line ended since `last`.
    pub(super) new_line: bool,
    /// The word being read, or the last one.
    pub(super) word: String,
    /// Whether `word` is still being read.
    pub(super) in_word: bool,
    /// Keywords that say what the brackets after them are.
    keywords: &'static [&'static str],
    keyword: Option<&'static str>,
    open: Vec<(char, Option<&'static str>)>,
}

impl Outline {
    /// At the start of a text.
    pub(super) fn new(keywords: &'static [&'static str]) -> Self {
        Self {
            last: '\0',
            new_line: false,
            word: String::new(),
            in_word: false,
            keywords,
            keyword: None,
            open: Vec::new(),
        }
    }

    /// Reads a character. Strings and comments are not to be read, or only as their quote.
    pub(super) fn see(&mut self, c: char) {
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
            if let Some(keyword) = self.keywords.iter().find(|&&keyword| keyword == self.word) {
                self.keyword = Some(keyword);
            }
        } else {
            self.in_word = false;
        }
        match c {
            '(' | '[' => self.open.push((c, self.keyword)),
            '{' => self.open.push((c, self.keyword.take())),
            ')' | ']' | '}' => {
                self.open.pop();
            }
            ';' => self.keyword = None,
            _ => {}
        }
        self.last = c;
        self.new_line = false;
    }

    /// The innermost open bracket and the keyword it belongs to.
    pub(super) fn inside(&self) -> Option<(char, Option<&'static str>)> {
        self.open.last().copied()
    }

    /// How many brackets are open.
    pub(super) fn depth(&self) -> usize {
        self.open.len()
    }
}

/// How long the metavariable or ellipsis is that the text starts with; 0 if it starts with none.
pub(super) fn hole_length(text: &str) -> usize {
    match text.strip_prefix('$') {
        Some(name) => {
            let length = name.len() - name.trim_start_matches(|c| matches!(c, 'A'..='Z' | '0'..='9' | '_')).len();
            if length > 0 { length + 1 } else { 0 }
        }
        None if text.starts_with("...") => 3,
        None => 0,
    }
}

/// Passes the rest of a string literal that starts at `at`; returns where it ends. A quote without its partner on the
/// line (text of JSX, an apostrophe) is no string.
pub(super) fn pass_string(text: &str, at: usize, chars: &mut Chars<'_>) -> usize {
    let quote = text[at..].chars().next().unwrap_or('"');
    let mut escaped = false;
    for (offset, c) in text[at + 1..].char_indices() {
        if escaped {
            escaped = false;
        } else if c == '\\' {
            escaped = true;
        } else if c == quote {
            pass(chars, at + offset + 2);
            return at + offset + 2;
        } else if c == '\n' && quote != '`' {
            break;
        }
    }
    at + 1
}

/// Passes a comment that starts at `at`; returns where it ends.
pub(super) fn pass_comment(text: &str, at: usize, chars: &mut Chars<'_>) -> usize {
    let end = if text[at..].starts_with("/*") {
        text[at + 2..].find("*/").map_or(text.len(), |found| at + found + 4)
    } else {
        text[at..].find('\n').map_or(text.len(), |found| at + found)
    };
    pass(chars, end);
    end
}

/// Passes everything before `end`.
pub(super) fn pass(chars: &mut Chars<'_>, end: usize) {
    while chars.next_if(|&(at, _)| at < end).is_some() {}
}
