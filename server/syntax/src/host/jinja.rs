//! Jinja, Django's templates, Nunjucks and Twig: expressions that are nearly Python's become Python.
//!
//! A filter stays what it looks like, `x | safe`, so that patterns are written as templates are. What Python has no form for
//! is turned into what means nearly the same; where that fails the tag is left out.

use super::tags::{Tag, end_of_string, first_word};
use super::{Host, Language, OUTPUT, Piece, TagKind, When, Writer, manner, tags_of, trimmed};
use weir_model::Span;

/// Blocks nested deeper than this are not indented any more: each line costs its indentation.
const MAX_INDENTATION: usize = 32;

/// The Python of a template.
pub(super) fn program<'t>(host: Host, text: &'t str, pieces: &[Piece]) -> Writer<'t> {
    let writer = Writer::new(text, Language::Python);
    let mut template = Template { text, writer, blocks: Vec::new(), indentation: 0, escapes: vec![host.escapes] };
    for (tag, place) in tags_of(pieces) {
        if tag.kind == TagKind::Statement {
            template.statement(tag);
        } else {
            let code = trimmed(text, tag.code);
            // Other engines, which look alike: Go's and Handlebars' templates.
            let is_other = code.text(text).starts_with(['.', '$', '#', '/', '>', '^', '&', '!', '{'])
                || matches!(
                    first_word(code.text(text)),
                    "range" | "end" | "if" | "else" | "template" | "define" | "block" | "with"
                );
            if !is_other {
                let escapes = template.escapes.last().copied().unwrap_or(true);
                let end = format!("{}\n", manner(tag.escaping(escapes), place));
                template.line(tag, &format!("{OUTPUT}("), code, &end);
            }
        }
    }
    template.writer
}

struct Template<'t> {
    text: &'t str,
    writer: Writer<'t>,
    blocks: Vec<Block>,
    indentation: usize,
    /// Whether output is escaped here.
    escapes: Vec<bool>,
}

/// A block that was opened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Block {
    For,
    If,
    Macro,
    /// One that is no block of Python.
    Other,
}

impl Template<'_> {
    fn statement(&mut self, tag: Tag) {
        let code = trimmed(self.text, tag.code);
        let word = first_word(code.text(self.text));
        let rest = trimmed(self.text, Span::new(code.start + word.len() as u32, code.end));
        let written = rest.text(self.text);
        match word {
            "if" => self.open(Block::If, |template| template.line(tag, "if ", rest, ":\n")),
            "for" => {
                let Some(at) = outside(written, " in ") else { return self.blocks.push(Block::Other) };
                let names = Span::new(rest.start, rest.start + at as u32);
                let mut many = trimmed(self.text, Span::new(names.end + " in ".len() as u32, rest.end));
                for end in [" recursive", " reversed", " if "] {
                    if let Some(at) = outside(many.text(self.text), end) {
                        many.end = many.start + at as u32;
                    }
                }
                self.open(Block::For, |template| {
                    template.indent(tag.open());
                    template.put("for ", tag.open());
                    template.writer.copy(When::Now, names);
                    template.put(" in ", Span::new(names.end, many.start));
                    template.end(many, ":\n", tag.close())
                });
            }
            "macro" => self.open(Block::Macro, |template| template.line(tag, "def ", rest, ":\n")),
            "elif" | "elseif" if self.blocks.last() == Some(&Block::If) => {
                self.go_on(|template| template.line(tag, "elif ", rest, ":\n"));
            }
            "else" | "empty" if matches!(self.blocks.last(), Some(Block::If | Block::For)) => {
                self.go_on(|template| {
                    template.indent(tag.open());
                    template.put("else:\n", tag.outer);
                    true
                });
            }
            "endif" | "endfor" | "endmacro" | "endifequal" | "endifnotequal" | "endifchanged" => {
                match self.blocks.pop() {
                    None | Some(Block::Other) => {}
                    Some(_) => self.indentation -= 1,
                }
            }
            "ifequal" | "ifnotequal" | "ifchanged" => self.blocks.push(Block::Other),
            "set" | "with" => self.assignments(tag, rest),
            "autoescape" => self.escapes.push(!matches!(first_word(written), "false" | "off")),
            "endautoescape" if self.escapes.len() > 1 => {
                self.escapes.pop();
            }
            _ => {}
        }
    }

    /// Writes the first line of a block, unless it cannot be read.
    fn open(&mut self, block: Block, first: impl FnOnce(&mut Self) -> bool) {
        if self.indentation < MAX_INDENTATION && first(self) {
            self.blocks.push(block);
            self.indentation += 1;
            self.pass();
        } else {
            self.blocks.push(Block::Other);
        }
    }

    /// Writes the line between two parts of a block.
    fn go_on(&mut self, line: impl FnOnce(&mut Self) -> bool) {
        self.indentation -= 1;
        line(self);
        self.indentation += 1;
        self.pass();
    }

    /// A block may have no other statement.
    fn pass(&mut self) {
        self.indent(Span::default());
        self.put("pass\n", Span::default());
    }

    /// `a = x`, or several of them.
    fn assignments(&mut self, tag: Tag, code: Span) {
        let written = code.text(self.text);
        let mut from = 0;
        while let Some(at) = outside(&written[from..], "=").map(|at| from + at) {
            let name = written[..at].trim_end();
            let start = name.trim_end_matches(|c: char| c.is_alphanumeric() || matches!(c, '_' | '.')).len();
            // The value goes up to the name of the next one.
            let rest = &written[at + 1..];
            let next = outside(rest, "=").map_or(rest.len(), |next| {
                let value = rest[..next].trim_end();
                value.trim_end_matches(|c: char| c.is_alphanumeric() || c == '_').len()
            });
            let place = |from: usize, to: usize| Span::new(code.start + from as u32, code.start + to as u32);
            let value = trimmed(self.text, place(at + 1, at + 1 + next));
            let value = Span::new(value.start, value.start + value.text(self.text).trim_end_matches(',').len() as u32);
            if !name[start..].is_empty() && !value.is_empty() {
                self.indent(tag.open());
                self.writer.copy(When::Now, place(start, name.len()));
                self.put(" = (", place(at, at + 1));
                if !self.end(value, ")\n", tag.close()) {
                    self.put("None)\n", tag.close());
                }
            }
            from = at + 1 + next;
        }
    }

    /// Writes a line around an expression; nothing if that cannot be read.
    fn line(&mut self, tag: Tag, before: &str, code: Span, after: &str) -> bool {
        if !is_balanced(code.text(self.text)) || code.is_empty() {
            return false;
        }
        self.indent(tag.open());
        self.put(before, tag.open());
        self.end(code, after, tag.close())
    }

    /// Writes an expression and what follows it; the latter alone if it cannot be read.
    fn end(&mut self, code: Span, after: &str, close: Span) -> bool {
        let is_balanced = is_balanced(code.text(self.text));
        if is_balanced {
            self.expression(code);
        } else {
            self.put("None", code);
        }
        self.put(after, close);
        is_balanced
    }

    fn indent(&mut self, place: Span) {
        if self.indentation > 0 {
            let spaces = " ".repeat(self.indentation);
            self.put(&spaces, Span::new(place.start, place.start));
        }
    }

    fn put(&mut self, text: &str, place: Span) {
        self.writer.put(When::Now, text, place);
    }

    /// Writes an expression as Python.
    fn expression(&mut self, code: Span) {
        let bytes = &self.text.as_bytes()[..code.end as usize];
        let (mut at, mut copied) = (code.start as usize, code.start);
        let mut depth = 0usize;
        let mut lacks_else = false;
        let mut before = b' ';
        while at < bytes.len() {
            let byte = bytes[at];
            let mut instead = |template: &mut Self, from: usize, text: &str, to: usize| {
                template.writer.copy(When::Now, Span::new(copied, from as u32));
                template.put(text, Span::from(from..to));
                copied = to as u32;
            };
            match byte {
                b'"' | b'\'' => at = end_of_string(bytes, at).unwrap_or(bytes.len()) - 1,
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                b'~' => instead(self, at, " or ", at + 1),
                // Django: `x|default:"y"`
                b':' if depth == 0 => {
                    let end = at + 1 + argument(&self.text[at + 1..code.end as usize]);
                    instead(self, at, "(", at + 1);
                    let place = Span::new(copied, end as u32);
                    self.writer.copy(When::Now, place);
                    self.put(")", Span::from(end..end));
                    copied = end as u32;
                    at = end.max(at + 1) - 1;
                }
                // Django: `xs.0`
                b'.' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) && !before.is_ascii_digit() => {
                    let digits = bytes[at + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
                    let end = at + 1 + digits;
                    instead(self, at, "[", at + 1);
                    self.writer.copy(When::Now, Span::new(copied, end as u32));
                    self.put("]", Span::from(end..end));
                    copied = end as u32;
                    at = end - 1;
                }
                b'i' | b'e' if depth == 0 && !is_word(before) => match first_word(&self.text[at..code.end as usize]) {
                    "if" => lacks_else = true,
                    "else" => lacks_else = false,
                    _ => {}
                },
                _ => {}
            }
            before = bytes[at];
            at += 1;
        }
        self.writer.copy(When::Now, Span::new(copied, code.end.max(copied)));
        // `{% if x %}` is no part of an expression.
        if lacks_else && first_word(code.text(self.text)) != "if" {
            self.put(" else None", Span::new(code.end, code.end));
        }
    }
}

/// How long the argument of one of Django's filters is: a string, a number, a path of names.
fn argument(text: &str) -> usize {
    match text.as_bytes().first() {
        Some(b'"' | b'\'') => end_of_string(text.as_bytes(), 0).unwrap_or(text.len()),
        _ => text.find(|c: char| !c.is_alphanumeric() && !matches!(c, '_' | '.' | '-')).unwrap_or(text.len()),
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'
}

/// Whether all that is opened is closed, so that nothing behind it is taken for a part of it.
fn is_balanced(code: &str) -> bool {
    let bytes = code.as_bytes();
    let mut open = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'\'' => match end_of_string(bytes, at) {
                Some(end) => at = end - 1,
                None => return false,
            },
            byte @ (b'(' | b'[' | b'{') => open.push(byte),
            byte @ (b')' | b']' | b'}') => {
                let partner = match byte {
                    b')' => b'(',
                    b']' => b'[',
                    _ => b'{',
                };
                if open.pop() != Some(partner) {
                    return false;
                }
            }
            b'#' | b'\\' => return false,
            _ => {}
        }
        at += 1;
    }
    open.is_empty()
}

/// Where a text stands outside of brackets and strings. An `=` is none that is part of `==`, `!=` and the like.
fn outside(code: &str, wanted: &str) -> Option<usize> {
    let bytes = code.as_bytes();
    let (mut depth, mut at) = (0usize, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'"' | b'\'' => at = end_of_string(bytes, at)? - 1,
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ if depth > 0 => {}
            b'=' if wanted == "=" => {
                let is_comparison = bytes.get(at + 1) == Some(&b'=');
                let is_end = at > 0 && matches!(bytes[at - 1], b'=' | b'!' | b'<' | b'>');
                if !is_comparison && !is_end {
                    return Some(at);
                }
            }
            _ if wanted != "=" && bytes[at..].starts_with(wanted.as_bytes()) => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}
