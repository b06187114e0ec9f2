//! Patterns over any text (`language: generic`): words and punctuation in order, white space of any kind between them.
//!
//! `$X` is a word, `...` and `$...X` are some tokens over a few lines. Brackets that close on their line hold together:
//! an ellipsis passes over such a group as a whole, or stays within it.

use super::regex::Found;
use crate::budget::{Budget, Stop};
use weir_model::Span;
use weir_syntax::Symbol;

/// How many lines an ellipsis may span.
const ELLIPSIS_LINES: u32 = 10;

/// A pattern over text.
#[derive(Debug)]
pub(crate) struct Generic {
    /// The pattern starts with an ellipsis: what comes before, in the same group and near enough, is part of the match.
    open: bool,
    parts: Vec<Part>,
}

#[derive(Debug, PartialEq, Eq)]
enum Part {
    /// A word or one character of punctuation.
    Token(String),
    /// `$X`.
    Word(Symbol),
    /// `...`, `$...X`.
    Ellipsis(Option<Symbol>),
}

/// A word, or one character of punctuation, of a text.
#[derive(Clone, Copy, Debug)]
struct Token {
    span: Span,
    line: u32,
    is_word: bool,
    /// Of a bracket of a group: where the other one is.
    partner: Option<usize>,
}

impl Generic {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut rest = text.trim_start();
        while let Some(first) = rest.chars().next() {
            let (part, len) = if let Some(name) = rest.strip_prefix("$...").map(metavariable).filter(|name| *name > 0) {
                (Part::Ellipsis(Some(Symbol::new(&rest[..4 + name]))), 4 + name)
            } else if rest.starts_with("...") {
                (Part::Ellipsis(None), 3)
            } else if let Some(name) = rest.strip_prefix('$').map(metavariable).filter(|name| *name > 0) {
                (Part::Word(Symbol::new(&rest[..=name])), 1 + name)
            } else {
                let len = token_length(rest, first);
                (Part::Token(rest[..len].to_owned()), len)
            };
            parts.push(part);
            rest = rest[len..].trim_start();
        }
        let open = parts.first() == Some(&Part::Ellipsis(None));
        while parts.first() == Some(&Part::Ellipsis(None)) {
            parts.remove(0);
        }
        if parts.is_empty() && !open { Err("the pattern is empty".to_owned()) } else { Ok(Self { open, parts }) }
    }

    /// All matches that do not overlap.
    pub(crate) fn find_iter(&self, text: &str, budget: &Budget<'_>) -> Result<Vec<Found>, Stop> {
        let tokens = tokens(text);
        let search = Search { text, tokens: &tokens, parts: &self.parts, budget };
        let mut found = Vec::new();
        let mut start = 0;
        while start < tokens.len() {
            budget.tick()?;
            let mut groups = Vec::new();
            let Some(end) = search.from(0, start, start, &mut groups)? else {
                start += 1;
                continue;
            };
            let first = if self.open { search.reach_back(start) } else { start };
            let last = end.max(start + 1);
            found.push(Found { span: tokens[first].span.union(tokens[last - 1].span), groups });
            start = last;
        }
        Ok(found)
    }
}

/// How long a metavariable's name is.
fn metavariable(text: &str) -> usize {
    let name = text.bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').count();
    let valid = text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_')
        && !text[name..].starts_with(|c: char| c.is_ascii_alphanumeric());
    if valid { name } else { 0 }
}

fn token_length(text: &str, first: char) -> usize {
    if is_word(first) { text.find(|c| !is_word(c)).unwrap_or(text.len()) } else { first.len_utf8() }
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

fn tokens(text: &str) -> Vec<Token> {
    let mut tokens: Vec<Token> = Vec::new();
    // Brackets open on this line, with what closes them.
    let mut open: Vec<(usize, char)> = Vec::new();
    let (mut at, mut line) = (0, 0);
    while let Some(first) = text[at..].chars().next() {
        let len = token_length(&text[at..], first);
        if first == '\n' {
            line += 1;
            open.clear();
        }
        if !first.is_whitespace() {
            let index = tokens.len();
            let mut partner = None;
            match first {
                '(' => open.push((index, ')')),
                '[' => open.push((index, ']')),
                '{' => open.push((index, '}')),
                ')' | ']' | '}' if open.last().is_some_and(|&(_, close)| close == first) => {
                    partner = open.pop().map(|(opening, _)| opening);
                }
                _ => {}
            }
            if let Some(opening) = partner {
                tokens[opening].partner = Some(index);
            }
            let span = Span::new(at as u32, (at + len) as u32);
            tokens.push(Token { span, line, is_word: is_word(first), partner });
        }
        at += len;
    }
    tokens
}

struct Search<'a> {
    text: &'a str,
    tokens: &'a [Token],
    parts: &'a [Part],
    budget: &'a Budget<'a>,
}

impl Search<'_> {
    /// Matches the parts from `part` on against the tokens from `at` on; answers where the match ends. `since` is the
    /// token at which the line count of an ellipsis starts.
    fn from(
        &self,
        part: usize,
        at: usize,
        since: usize,
        groups: &mut Vec<(Symbol, Span)>,
    ) -> Result<Option<usize>, Stop> {
        self.budget.tick()?;
        let Some(wanted) = self.parts.get(part) else { return Ok(Some(at)) };
        match wanted {
            Part::Token(text) => match self.tokens.get(at) {
                Some(token) if token.span.text(self.text) == text => self.from(part + 1, at + 1, at, groups),
                _ => Ok(None),
            },
            Part::Word(name) => match self.tokens.get(at) {
                Some(token) if token.is_word => self.bound(part, *name, at..at + 1, groups),
                _ => Ok(None),
            },
            Part::Ellipsis(name) => {
                let mut ends = vec![at];
                let from_line = self.tokens.get(since).map_or(0, |token| token.line);
                while let Some(next) = ends.last().and_then(|&end| self.step(end, from_line)) {
                    ends.push(next);
                }
                // At the end of a pattern an ellipsis takes all there is; before something, as little as will do.
                if part + 1 == self.parts.len() {
                    ends.reverse();
                }
                for end in ends {
                    let found = match name {
                        Some(name) => self.bound(part, *name, at..end, groups)?,
                        None => self.from(part + 1, end, end.saturating_sub(1), groups)?,
                    };
                    if found.is_some() {
                        return Ok(found);
                    }
                }
                Ok(None)
            }
        }
    }

    /// Goes on with a metavariable bound to some tokens.
    fn bound(
        &self,
        part: usize,
        name: Symbol,
        tokens: std::ops::Range<usize>,
        groups: &mut Vec<(Symbol, Span)>,
    ) -> Result<Option<usize>, Stop> {
        let (start, end) = (tokens.start, tokens.end);
        let span = match self.tokens.get(tokens) {
            Some([first, .., last]) => first.span.union(last.span),
            Some([only]) => only.span,
            _ => {
                let place = self.tokens.get(start).map_or(self.text.len() as u32, |token| token.span.start);
                Span::new(place, place)
            }
        };
        if let Some((_, before)) = groups.iter().find(|(bound, _)| *bound == name) {
            let same = before.text(self.text) == span.text(self.text);
            return if same { self.from(part + 1, end, end.saturating_sub(1), groups) } else { Ok(None) };
        }
        let anonymous = name.as_str() == "$_";
        if !anonymous {
            groups.push((name, span));
        }
        let depth = groups.len();
        let found = self.from(part + 1, end, end.saturating_sub(1), groups)?;
        if found.is_none() {
            groups.truncate(depth - usize::from(!anonymous));
        }
        Ok(found)
    }

    /// Where an ellipsis is after one more token or group.
    fn step(&self, at: usize, from_line: u32) -> Option<usize> {
        let token = self.tokens.get(at)?;
        let next = match token.partner {
            Some(partner) if partner < at => return None,
            Some(partner) => partner + 1,
            None => at + 1,
        };
        (token.line - from_line.min(token.line) < ELLIPSIS_LINES).then_some(next)
    }

    /// The first token that a leading ellipsis covers.
    fn reach_back(&self, start: usize) -> usize {
        let line = self.tokens[start].line;
        let mut first = start;
        while let Some(before) = first.checked_sub(1) {
            let token = self.tokens[before];
            let reached = match token.partner {
                Some(partner) if partner > before => break,
                Some(partner) => partner,
                None => before,
            };
            if line - token.line >= ELLIPSIS_LINES {
                break;
            }
            first = reached;
        }
        first
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_punctuation_match_in_order() {
        for (pattern, text, expected) in [
            ("foo", "foo food foo_", &["foo"][..]),
            ("a.b ( 1 )", "x a.b(1)", &["a.b(1)"]),
            ("$X = $Y;", "a=1; b = c ;", &["a=1;", "b = c ;"]),
            ("$X == $X", "a == b, c == c", &["c == c"]),
            ("f(...)", "f(a(b), c) d)", &["f(a(b), c)"]),
            ("$SCHEME://%s", "see http://%s/x", &["http://%s"]),
            ("$SCHEME:// { ... }", "http://{host}/", &["http://{host}"]),
            ("<$TAG ...", "a <b c> d", &["<b c> d"]),
            ("<$TAG ...>...</$TAG>", "<a x>1</b>2</a>3", &["<a x>1</b>2</a>"]),
            ("... </$TAG", "1 2 </b>", &["1 2 </b"]),
            ("a ... b", "a (b) c b", &["a (b) c b"]),
            ("a ... c", "(a b) c", &[]),
            ("k: $...V ;", "k: 1 2 3; k", &["k: 1 2 3;"]),
            ("$x", "$x x", &["$x"]),
            ("ä", "aäa ä", &["ä", "ä"]),
        ] {
            let found = Generic::parse(pattern).unwrap().find_iter(text, &Budget::unlimited()).unwrap();
            let found: Vec<_> = found.iter().map(|found| found.span.text(text)).collect();
            assert_eq!(found, expected, "{pattern} in {text}");
        }
    }

    #[test]
    fn an_ellipsis_reaches_over_ten_lines() {
        let pattern = Generic::parse("a ... b").unwrap();
        for (lines, expected) in [(9, 1), (12, 0)] {
            let text = format!("a{} b", "\nx".repeat(lines));
            assert_eq!(pattern.find_iter(&text, &Budget::unlimited()).unwrap().len(), expected, "{lines}");
        }
    }

    #[test]
    fn metavariables_bind_what_they_match() {
        let text = "k = 1 + 2 ;";
        let found = Generic::parse("$K = $...V ;").unwrap().find_iter(text, &Budget::unlimited()).unwrap();
        let groups: Vec<_> = found[0].groups.iter().map(|(name, span)| (name.as_str(), span.text(text))).collect();
        assert_eq!(groups, [("$K", "k"), ("$...V", "1 + 2")]);
    }
}
