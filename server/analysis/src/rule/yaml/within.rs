//! Where in the file a character of a scalar's text stands: quotes, escapes, indentation and folded lines lie between.

use super::{Inside, Lines, Place};
use weir_model::Span;

impl Inside {
    /// The place of what is meant: a word, or one character. What lies at the text's end is its last character.
    pub(crate) fn place(&self, file: &str, scalar: Place) -> Place {
        let text = self.text.trim_end();
        let last = || text.char_indices().next_back().map_or(0, |(last, _)| last);
        let at = text.floor_char_boundary(if self.at < text.len() { self.at } else { last() });
        let is_word = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '$');
        let word: usize = text[at..].chars().take_while(is_word).map(char::len_utf8).sum();
        let length = word.max(text[at..].chars().next().map_or(0, char::len_utf8));
        let written = Written::of(file, scalar.span);
        let span = written.span(&self.text, Span::new(at as u32, (at + length) as u32));
        Place::in_file(file, span, scalar)
    }
}

impl Place {
    /// The place of a span that lies behind the start of another place.
    fn in_file(file: &str, span: Span, after: Self) -> Self {
        let between = file.get(after.span.start as usize..span.start as usize).unwrap_or_default();
        let lines = Lines::new(between, 0);
        let last = lines.starts.last().map_or(0, |&start| start as usize);
        let breaks = lines.starts.len() as u32 - 1;
        let column = between[last..].chars().count() as u32 + if breaks == 0 { after.column } else { 1 };
        Self { span, line: after.line + breaks, column }
    }
}

/// A scalar as it is written.
struct Written<'t> {
    raw: &'t str,
    /// Where it starts in the file.
    start: usize,
    style: Style,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// `|`; so many spaces stand before each line.
    Literal(usize),
    /// `>`
    Folded,
    Single,
    Double,
    Plain,
}

impl<'t> Written<'t> {
    /// The scalar at a span of a file; that of a block starts where its first line says something.
    fn of(file: &'t str, span: Span) -> Self {
        let (raw, start) = (span.text(file), span.start as usize);
        let before = file.get(..start).unwrap_or_default();
        let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        let style = match (announced(&before[..line]).filter(|_| before[line..].trim().is_empty()), raw.chars().next())
        {
            (Some('|'), _) => Style::Literal(start - line),
            (Some(_), _) => Style::Folded,
            (None, Some('\'')) => Style::Single,
            (None, Some('"')) => Style::Double,
            (None, _) => Style::Plain,
        };
        Self { raw, start, style }
    }

    /// The span in the file of a span of the scalar's text.
    fn span(&self, text: &str, span: Span) -> Span {
        let start = self.offset(text, span.start as usize);
        let Some((last, c)) = span.text(text).char_indices().next_back() else {
            return Span::new((self.start + start) as u32, (self.start + start) as u32);
        };
        let last = self.offset(text, span.start as usize + last);
        // An escape is one character of several.
        let width = match (self.style, self.raw[last..].chars().next()) {
            (Style::Double, Some('\\')) => escape(&self.raw[last..]).1,
            (Style::Single, Some('\'')) => 2,
            _ => c.len_utf8(),
        };
        let end = (last + width).min(self.raw.len()).max(start);
        Span::new((self.start + start) as u32, (self.start + end) as u32)
    }

    /// The byte of what is written that became a byte of its text.
    fn offset(&self, text: &str, at: usize) -> usize {
        let (at, raw) = (at.min(text.len()), self.raw);
        let found = match self.style {
            Style::Literal(indentation) => literal(raw, text, at, indentation),
            Style::Single | Style::Double => flowing(raw, 1, text, at, self.style),
            Style::Folded | Style::Plain => flowing(raw, 0, text, at, self.style),
        };
        raw.floor_char_boundary(found.min(raw.len()))
    }
}

/// `|` or `>` if the text ends with the announcement of a block.
fn announced(text: &str) -> Option<char> {
    let line = text.trim_end().rsplit('\n').next()?;
    let line = line.find(" #").map_or(line, |comment| &line[..comment]).trim_end();
    let line = line.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '+' | '-'));
    line.chars().next_back().filter(|c| matches!(c, '|' | '>'))
}

/// Lines are as they are written, but for their indentation. Empty ones before the first are not in `raw`.
fn literal(raw: &str, text: &str, at: usize, indentation: usize) -> usize {
    let skipped = text.len() - text.trim_start_matches('\n').len();
    let before = &text[skipped..at.max(skipped)];
    let (line, column) = (before.matches('\n').count(), before.len() - before.rfind('\n').map_or(0, |at| at + 1));
    let start: usize = raw.split_inclusive('\n').take(line).map(str::len).sum();
    if line == 0 {
        return column;
    }
    let written = &raw[start..];
    let end = written.find('\n').unwrap_or(written.len());
    start + indentation.min(end) + column
}

/// Lines are joined: walks through what is written and what it says side by side.
fn flowing(raw: &str, start: usize, text: &str, at: usize, style: Style) -> usize {
    let mut written = start;
    let mut said = if style == Style::Folded { text.len() - text.trim_start_matches('\n').len() } else { 0 };
    while said < at {
        let (rest, words) = (&raw[written..], &text[said..]);
        let space = rest.len() - rest.trim_start_matches([' ', '\t', '\n', '\r']).len();
        if rest[..space].contains('\n') {
            written += space;
            let joined = words.len() - words.trim_start_matches([' ', '\t', '\n']).len();
            if said + joined > at {
                return written;
            }
            said += joined;
            continue;
        }
        let Some(c) = rest.chars().next() else { break };
        let (from, to) = match (style, c) {
            (Style::Double, '\\') if rest.starts_with("\\\n") || rest.starts_with("\\\r\n") => {
                let lines = &rest[1..];
                (1 + lines.len() - lines.trim_start_matches([' ', '\t', '\n', '\r']).len(), 0)
            }
            (Style::Double, '\\') => {
                let (to, from) = escape(rest);
                (from, to)
            }
            (Style::Single, '\'') => (2, 1),
            _ => (c.len_utf8(), c.len_utf8()),
        };
        written += from.min(rest.len());
        said += to;
    }
    written
}

/// How many bytes an escape stands for, and how many it takes.
fn escape(rest: &str) -> (usize, usize) {
    let digits = match rest.chars().nth(1) {
        Some('x') => 2,
        Some('u') => 4,
        Some('U') => 8,
        Some('N' | '_') => return ('\u{a0}'.len_utf8(), 2),
        Some('L' | 'P') => return ('\u{2028}'.len_utf8(), 2),
        other => return (1, 1 + other.map_or(0, char::len_utf8)),
    };
    let code = rest.get(2..2 + digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
    (code.and_then(char::from_u32).map_or(1, char::len_utf8), (2 + digits).min(rest.len()))
}

#[cfg(test)]
mod tests {
    use super::super::{Inside, Value, read};

    /// The character `^` of the value under `k` stands in the file where it stands.
    #[track_caller]
    fn check(file: &str) {
        let unmarked = file.replacen('^', "", 1);
        let document = &read(&unmarked).documents[0];
        let value = document.get("k").expect("a key");
        let Value::Scalar { text, .. } = &value.value else { panic!("no scalar") };
        // The mark stands before a character that is there once.
        let marked = file[file.find('^').expect("a mark") + 1..].chars().next().expect("a character");
        let at = text.find(marked).expect("the character");
        let place = Inside { text: text.clone(), at }.place(&unmarked, value.place);
        let start = place.span.start as usize;
        assert_eq!(format!("{}^{}", &unmarked[..start], &unmarked[start..]), file);
        let before = &unmarked[..start];
        let line = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count();
        assert_eq!((place.line as usize, place.column as usize), (line + 1, column + 1), "{file}");
    }

    #[test]
    fn a_character_of_a_scalar_has_its_place_in_the_file() {
        for file in [
            "k: ab ^! c",
            "k: 'it''s ^! c'",
            "k: \"\\t\\\"\\u00e9\\x41 ^! c\"",
            "ä: 1\nk: ö ^! c",
            "k: |\n  a\n\n   b ^! c\n  d\n",
            "x:\n  k: 1\nk: |-  # comment\n    a\n      b\n    ^! c\n",
            "k: |2\n    a\n  ^!\n",
            "k: >\n  a b\n  c ^! d\n\n  e\n",
            "k: >-\n\n  a\n   more\n  c ^! d\n",
            "k: 'a\n  b\n\n  c ^! d'",
            "k: \"a \\\n  b ^! d\"",
            "k: a\n  b\n  c ^! d\n",
            "{\"k\": \"a\\\\ ^! b\"}",
            "k: |\r\n  a\r\n  b ^! c\r\n",
        ] {
            check(file);
        }
    }
}
