//! Scripts, event handlers, and the expressions of Vue's and Svelte's templates.

use super::html::{Hole, Piece, Place};
use super::projection::{When, Writer};
use super::tags::{Tag, first_word};
use super::{OUTPUT, VALUE, manner, trimmed};
use weir_model::{Engine, Language, Span};

/// The scripts of a page, a program a language. All of a page share what they declare; handlers and templates come behind the
/// scripts, as they run later.
pub(super) fn programs<'t>(engine: Engine, text: &'t str, pieces: &[Piece]) -> Vec<Writer<'t>> {
    let languages = [Language::JavaScript, Language::TypeScript, Language::Tsx];
    let mut writers = languages.map(|language| Writer::new(text, language));
    let number = |language| languages.iter().position(|&other| other == language).unwrap_or(0);
    // A component's template is in the language of its script.
    let first = pieces.iter().find_map(|piece| match piece {
        Piece::Script { language, .. } => Some(*language),
        _ => None,
    });
    let is_component = matches!(engine, Engine::Vue | Engine::Svelte);
    let of_template = number(first.filter(|_| is_component).unwrap_or(Language::JavaScript));
    for piece in pieces {
        match piece {
            Piece::Script { language, code, holes } => {
                let writer = &mut writers[number(*language)];
                copy(writer, When::Now, *code, holes);
                writer.put(When::Now, "\n;\n", Span::new(code.end, code.end));
            }
            Piece::Attribute { name, value, outer, place, holes } => {
                let attribute = Attribute { name: *name, value: *value, outer: *outer, place: *place, holes };
                attribute.write(&mut writers[of_template], text);
            }
            Piece::Tag(tag, place) if engine == Engine::Vue => {
                output(&mut writers[of_template], text, *tag, tag.code, "escaped", *place);
            }
            Piece::Tag(tag, place) if engine == Engine::Svelte => {
                svelte(&mut writers[of_template], text, *tag, *place);
            }
            Piece::Tag(..) | Piece::Comment(_) | Piece::Closed(_) => {}
        }
    }
    writers.into()
}

/// Copies code in which a template has its tags.
fn copy(writer: &mut Writer<'_>, when: When, code: Span, holes: &[Hole]) {
    let mut from = code.start;
    for hole in holes {
        writer.copy(when, Span::new(from, hole.outer.start));
        if hole.is_value {
            writer.put(when, VALUE, hole.outer);
        }
        from = hole.outer.end;
    }
    writer.copy(when, Span::new(from, code.end.max(from)));
}

struct Attribute<'a> {
    name: Span,
    value: Span,
    outer: Span,
    place: Place,
    holes: &'a [Hole],
}

impl Attribute<'_> {
    fn write(&self, writer: &mut Writer<'_>, text: &str) {
        let value = trimmed(text, self.value);
        if value.is_empty() {
            return;
        }
        let name = self.name.text(text).to_ascii_lowercase();
        // `@click.stop`, `:href.prop`
        let name = name.split('.').next().unwrap_or_default();
        let (open, close) = (Span::new(self.outer.start, value.start), Span::new(value.end, self.outer.end));
        let mut around = |before: &str, after: &str| {
            writer.put(When::Late, before, open);
            copy(writer, When::Late, value, self.holes);
            writer.put(When::Late, after, close);
        };
        let bound = name.strip_prefix(':').or_else(|| name.strip_prefix("v-bind:"));
        match name {
            "v-html" | "x-html" => around(&format!("{OUTPUT}("), &format!("{};\n", manner("raw", Place::Text))),
            "v-text" => around(&format!("{OUTPUT}("), &format!("{};\n", manner("escaped", Place::Text))),
            "v-for" => each(writer, text, open, value, " in ", " of ", close),
            _ if matches!(bound, Some("innerhtml" | "inner-html" | "srcdoc")) => {
                around(&format!("{OUTPUT}("), &format!("{};\n", manner("raw", Place::Text)));
            }
            _ if bound.is_some() => around(&format!("{OUTPUT}("), &format!("{};\n", manner("escaped", self.place))),
            _ if name.starts_with("v-slot") => {}
            _ if name.starts_with("v-") && !name.starts_with("v-on") => around("(", "\n);\n"),
            _ => around("(function (event) {\n", "\n})();\n"),
        }
    }
}

/// Writes what a tag puts out.
fn output(writer: &mut Writer<'_>, text: &str, tag: Tag, code: Span, escaping: &str, place: Place) {
    let code = trimmed(text, code);
    if !code.is_empty() {
        writer.put(When::Late, &format!("{OUTPUT}("), Span::new(tag.outer.start, code.start));
        writer.copy(When::Late, code);
        writer.put(When::Late, &format!("{};\n", manner(escaping, place)), Span::new(code.end, tag.outer.end));
    }
}

/// Writes a tag of Svelte.
fn svelte(writer: &mut Writer<'_>, text: &str, tag: Tag, place: Place) {
    let code = trimmed(text, tag.code);
    let written = code.text(text);
    let Some(sigil) = written.chars().next().filter(|c| matches!(c, '@' | '#' | ':' | '/' | '.')) else {
        return output(writer, text, tag, code, "escaped", place);
    };
    let word = first_word(&written[1..]);
    let rest = trimmed(text, Span::new(code.start + 1 + word.len() as u32, code.end));
    let (open, close) = (Span::new(tag.outer.start, rest.start), Span::new(rest.end, tag.outer.end));
    let mut around = |before: &str, rest: Span, after: &str| {
        writer.put(When::Late, before, open);
        writer.copy(When::Late, rest);
        writer.put(When::Late, after, close);
    };
    match (sigil, word) {
        _ if rest.is_empty() => {}
        ('@', "html") => output(writer, text, tag, rest, "raw", Place::Text),
        ('@', "const") => around("const ", rest, "\n;\n"),
        ('#', "each") => each(writer, text, open, rest, " as ", " as ", close),
        ('#', "await") => {
            let end = rest.text(text).find(" then ").map_or(rest.end, |then| rest.start + then as u32);
            around("(", Span::new(rest.start, end), "\n);\n");
        }
        ('@', _) | ('#', "if" | "key") => around("(", rest, "\n);\n"),
        (':', "else") if first_word(rest.text(text)) == "if" => {
            around("(", trimmed(text, Span::new(rest.start + 2, rest.end)), "\n);\n");
        }
        ('.', "") if written.starts_with("...") => {
            around("(", trimmed(text, Span::new(code.start + 3, code.end)), "\n);\n");
        }
        _ => {}
    }
}

/// Writes a loop as the declaration of what it calls one of many: `(x, i) in xs`, `xs as x, i (x.key)`.
fn each(writer: &mut Writer<'_>, text: &str, open: Span, code: Span, word: &str, other: &str, close: Span) {
    let written = code.text(text);
    let Some(at) = written.find(word).or_else(|| written.find(other)) else { return };
    let before = trimmed(text, Span::new(code.start, code.start + at as u32));
    let after = trimmed(text, Span::new(code.start + (at + word.len()) as u32, code.end));
    let (names, many) = if word == " as " { (after, before) } else { (before, after) };
    let names = one(text, names);
    if names.is_empty() || many.is_empty() {
        return;
    }
    writer.put(When::Late, "var ", Span::new(open.start, open.start));
    writer.copy(When::Late, names);
    writer.put(When::Late, " = (", open);
    writer.copy(When::Late, many);
    writer.put(When::Late, "\n)[0];\n", close);
}

/// The first of the names in `(x, i)`, `{a, b}, i`, `x, i (key)`.
fn one(text: &str, names: Span) -> Span {
    let inner = names.text(text).strip_prefix('(').map_or(names, |_| Span::new(names.start + 1, names.end));
    let mut depth = 0usize;
    let end = inner.text(text).find(|c: char| {
        match c {
            '{' | '[' => depth += 1,
            '}' | ']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        depth == 0 && matches!(c, ',' | ')' | '(')
    });
    trimmed(text, Span::new(inner.start, end.map_or(inner.end, |end| inner.start + end as u32)))
}
