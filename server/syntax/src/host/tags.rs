//! The tags of template engines: where one begins and ends, and what it does with what is in it.

use memchr::{memchr, memchr2_iter, memmem};
use weir_model::{Engine, Span};

/// A tag of a template.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Tag {
    pub(super) kind: TagKind,
    /// With its delimiters.
    pub(super) outer: Span,
    /// Between them.
    pub(super) code: Span,
}

/// What a tag does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TagKind {
    /// Runs code.
    Statement,
    /// Puts out what its code gives.
    Output,
    /// Puts it out unescaped.
    Raw,
    /// Nothing: it is a comment.
    Comment,
    /// Nothing: the delimiter itself, or the end of what is not read.
    Nothing,
}

/// What stands around a tag, as far as an engine makes a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// Text of the page.
    Text,
    /// Between the attributes of an element.
    Attributes,
    /// The value of an attribute.
    Value { quoted: bool },
    /// Text that is no HTML: a script, a style.
    RawText,
}

/// After so many braces that nothing closes the others are taken for text: each is looked for to the end of the page.
const MAX_UNCLOSED: usize = 64;

/// Finds the tags of one text, from its start to its end.
pub(super) struct Tags<'t> {
    text: &'t str,
    engine: Engine,
    /// The ends of Jinja's blocks that are not read.
    raw: Option<&'static str>,
    /// Where the last of each closing delimiter stands, so that none is looked for where there is none.
    last: [Option<usize>; CLOSING.len()],
    /// No `{% endcomment %}` is left.
    no_comment_ends: bool,
    unclosed: usize,
}

/// What Jinja takes between a delimiter and the code of a tag.
const WHITE_SPACE_CONTROL: &[u8] = b"-+~";

const CLOSING: [&[u8; 2]; 4] = [b"%>", b"%}", b"}}", b"#}"];

impl<'t> Tags<'t> {
    pub(super) fn new(engine: Engine, text: &'t str) -> Self {
        let engine = match engine {
            // Whatever made an `.html`: nothing else has such tags in its pages.
            Engine::Html if holds_statement(text) => Engine::Jinja,
            engine => engine,
        };
        let last = CLOSING.map(|close| memmem::rfind(text.as_bytes(), close));
        Self { text, engine, raw: None, last, no_comment_ends: false, unclosed: 0 }
    }

    /// The engine that reads them.
    pub(super) fn engine(&self) -> Engine {
        self.engine
    }

    /// The tag that begins at a place.
    pub(super) fn at(&mut self, at: usize, spot: Spot) -> Option<Tag> {
        let bytes = self.text.as_bytes();
        let next = bytes.get(at + 1).copied();
        match (self.engine, bytes.get(at)?) {
            (Engine::Erb | Engine::Eex | Engine::Heex, b'<') if next == Some(b'%') => Some(self.percent(at)),
            (Engine::Jinja, b'{') => self.jinja(at, next?),
            (Engine::Vue, b'{') if next == Some(b'{') && spot == Spot::Text => {
                let end = self.close(at + 2, 2, *b"{{")?;
                Some(tag(TagKind::Output, at, at + 2, end, end + 2))
            }
            (Engine::Heex, b'{') if matches!(spot, Spot::Text | Spot::Attributes | Spot::Value { quoted: false }) => {
                self.brace(at)
            }
            (Engine::Svelte, b'{') if spot != Spot::RawText => self.brace(at),
            _ => None,
        }
    }

    /// `<% … %>`. One that is not closed before the next one goes to the end of its line.
    fn percent(&self, at: usize) -> Tag {
        let rest = &self.text[at + 2..];
        if rest.starts_with('%') {
            return tag(TagKind::Nothing, at, at + 3, at + 3, at + 3);
        }
        let (kind, skipped) = match rest.as_bytes() {
            [b'!', b'-', b'-', ..] | [b'#', ..] => (TagKind::Comment, 1),
            [b'=', b'=', ..] if self.engine == Engine::Erb => (TagKind::Raw, 2),
            [b'=', ..] => (TagKind::Output, 1),
            [b'-', ..] if self.engine == Engine::Erb => (TagKind::Statement, 1),
            [b'|' | b'/', ..] => (TagKind::Statement, 1),
            _ => (TagKind::Statement, 0),
        };
        let code = at + 2 + skipped;
        if let Some(end) = self.close(code, 0, *b"<%") {
            let trimmed = self.engine == Engine::Erb && end > code && self.text.as_bytes()[end - 1] == b'-';
            tag(kind, at, code, end - usize::from(trimmed), end + 2)
        } else {
            let end = memchr(b'\n', &self.text.as_bytes()[code..]).map_or(self.text.len(), |length| code + length);
            tag(kind, at, code, end, end)
        }
    }

    fn jinja(&mut self, at: usize, next: u8) -> Option<Tag> {
        let (kind, close, open) = match next {
            b'{' => (TagKind::Output, 2, *b"{{"),
            b'%' => (TagKind::Statement, 1, *b"{%"),
            b'#' => (TagKind::Comment, 3, *b"{#"),
            _ => return None,
        };
        let end = self.close(at + 2, close, open)?;
        let mut code = at + 2..end;
        let bytes = self.text.as_bytes();
        if !code.is_empty() && WHITE_SPACE_CONTROL.contains(&bytes[code.start]) {
            code.start += 1;
        }
        if !code.is_empty() && WHITE_SPACE_CONTROL.contains(&bytes[code.end - 1]) {
            code.end -= 1;
        }
        let word = first_word(&self.text[code.clone()]);
        if let Some(wanted) = self.raw {
            if kind != TagKind::Statement || word != wanted {
                return None;
            }
            self.raw = None;
            return Some(tag(TagKind::Nothing, at, code.start, code.end, end + 2));
        }
        if kind == TagKind::Statement {
            self.raw = match word {
                "raw" => Some("endraw"),
                "verbatim" => Some("endverbatim"),
                "comment" => {
                    if let Some(last) = self.end_of_comment(end + 2) {
                        return Some(tag(TagKind::Comment, at, end + 2, last.start as usize, last.end as usize));
                    }
                    None
                }
                _ => None,
            };
        }
        Some(tag(kind, at, code.start, code.end, end + 2))
    }

    /// The next `{% endcomment %}`, with its delimiters.
    fn end_of_comment(&mut self, from: usize) -> Option<Span> {
        const WORD: &str = "endcomment";
        if self.no_comment_ends {
            return None;
        }
        let outside = |c: char| c == ' ' || c == '\t' || WHITE_SPACE_CONTROL.contains(&(c as u8));
        let found = memmem::find_iter(&self.text.as_bytes()[from..], WORD).find_map(|at| {
            let before = self.text[from..from + at].trim_end_matches(outside).strip_suffix("{%")?;
            let behind = self.text[from + at + WORD.len()..].trim_start_matches(outside).strip_prefix("%}")?;
            Some(Span::from(from + before.len()..self.text.len() - behind.len()))
        });
        self.no_comment_ends = found.is_none();
        found
    }

    /// The closing delimiter after a place, unless another tag opens before.
    fn close(&self, from: usize, which: usize, open: [u8; 2]) -> Option<usize> {
        let (bytes, close) = (self.text.as_bytes(), CLOSING[which]);
        if self.last[which].is_none_or(|last| last < from) {
            return None;
        }
        let found = memchr2_iter(close[0], open[0], &bytes[from..]).map(|at| from + at).find(|&at| {
            let here = bytes.get(at..at + 2);
            here == Some(close) || here == Some(&open)
        })?;
        (&bytes[found..found + 2] == close).then_some(found)
    }

    /// `{ … }`, with what is in braces and strings in it.
    fn brace(&mut self, at: usize) -> Option<Tag> {
        if self.unclosed >= MAX_UNCLOSED {
            return None;
        }
        let bytes = self.text.as_bytes();
        let (mut depth, mut from) = (0usize, at);
        while let Some(&byte) = bytes.get(from) {
            match byte {
                b'{' => depth += 1,
                b'}' => {
                    depth -= 1;
                    if depth == 0 {
                        return Some(tag(TagKind::Output, at, at + 1, from, from + 1));
                    }
                }
                b'"' | b'\'' | b'`' => from = end_of_string(bytes, from).map_or(from, |end| end - 1),
                _ => {}
            }
            from += 1;
        }
        self.unclosed += 1;
        None
    }
}

/// Where the string that starts at a place ends; `None` if its line ends before.
pub(super) fn end_of_string(bytes: &[u8], at: usize) -> Option<usize> {
    let quote = bytes[at];
    let mut from = at + 1;
    while let Some(&byte) = bytes.get(from) {
        match byte {
            b'\\' => from += 1,
            b'\n' if quote != b'`' => return None,
            _ if byte == quote => return Some(from + 1),
            _ => {}
        }
        from += 1;
    }
    None
}

fn tag(kind: TagKind, start: usize, code: usize, code_end: usize, end: usize) -> Tag {
    Tag { kind, outer: Span::from(start..end), code: Span::from(code..code_end.max(code)) }
}

/// Whether a text holds `{% word … %}`.
fn holds_statement(text: &str) -> bool {
    memmem::find_iter(text.as_bytes(), b"{%").any(|at| {
        let rest = text[at + 2..].trim_start_matches(['-', '+', ' ', '\t']);
        rest.starts_with(|c: char| c.is_ascii_lowercase())
    })
}

/// The first word of a tag's code.
pub(super) fn first_word(code: &str) -> &str {
    let code = code.trim_start();
    &code[..code.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(code.len())]
}
