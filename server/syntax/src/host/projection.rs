//! The program in a page: its code, put together from the pieces that are in the page, and the way back.

use super::json::escaped;
use crate::ParseNote;
use weir_model::{Edit, Language, Span};

/// A program put together from pieces of a page, with what stands between them.
pub(super) struct Projection {
    pub(super) language: Language,
    /// The program.
    pub(super) text: String,
    pub(super) map: Map,
}

/// Where what is in a program stands in its page.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Map {
    /// In the order of the program.
    pieces: Vec<Piece>,
    /// Where the late pieces begin: from here on the order is that of the page again.
    late: u32,
    /// The length of the page.
    page: u32,
    /// The page holds the program in strings of JSON: what is written to it must be escaped, and pieces that follow each other
    /// without glue are one text, whatever stands between them in the page.
    is_escaped: bool,
}

/// A stretch of the program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Piece {
    /// Where it begins in the program.
    at: u32,
    /// What it stands for in the page.
    page: Span,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// What is written there.
    Copy,
    /// A character that is written there as an escape.
    Escape,
    /// What makes a program of the pieces.
    Glue,
}

/// Writes a program. What runs at once and what runs later are each in the order of the page; the later is put behind.
pub(super) struct Writer<'t> {
    page: &'t str,
    language: Language,
    now: Half,
    late: Half,
    is_escaped: bool,
}

#[derive(Default)]
struct Half {
    text: String,
    pieces: Vec<Piece>,
}

/// Which half of a program something is written to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum When {
    /// It runs as the page is read.
    Now,
    /// It runs later: it may use all that the page declares.
    Late,
}

impl<'t> Writer<'t> {
    pub(super) fn new(page: &'t str, language: Language) -> Self {
        Self { page, language, now: Half::default(), late: Half::default(), is_escaped: false }
    }

    /// For a page that holds the program in strings of JSON.
    pub(super) fn escaped(page: &'t str, language: Language) -> Self {
        Self { is_escaped: true, ..Self::new(page, language) }
    }

    /// Whether nothing was written.
    pub(super) fn is_empty(&self) -> bool {
        self.now.pieces.is_empty() && self.late.pieces.is_empty()
    }

    /// Adds what is written in the page.
    pub(super) fn copy(&mut self, when: When, place: Span) {
        let text = place.text(self.page);
        self.add(when, text, place, Kind::Copy);
    }

    /// Adds a character that is written in the page as an escape.
    pub(super) fn escape(&mut self, character: &str, place: Span) {
        self.add(When::Now, character, place, Kind::Escape);
    }

    /// Adds a text that stands for something in the page.
    pub(super) fn put(&mut self, when: When, text: &str, place: Span) {
        self.add(when, text, place, Kind::Glue);
    }

    fn add(&mut self, when: When, text: &str, page: Span, kind: Kind) {
        if text.is_empty() {
            return;
        }
        let half = match when {
            When::Now => &mut self.now,
            When::Late => &mut self.late,
        };
        half.pieces.push(Piece { at: half.text.len() as u32, page, kind });
        half.text.push_str(text);
    }

    /// The program.
    pub(super) fn finish(self) -> Projection {
        let Half { mut text, mut pieces } = self.now;
        let late = text.len() as u32;
        pieces.extend(self.late.pieces.into_iter().map(|piece| Piece { at: piece.at + late, ..piece }));
        text.push_str(&self.late.text);
        let map = Map { pieces, late, page: self.page.len() as u32, is_escaped: self.is_escaped };
        Projection { language: self.language, text, map }
    }
}

impl Map {
    /// A note about the program as one about the page.
    pub(super) fn note(&self, note: ParseNote) -> ParseNote {
        match note {
            ParseNote::Syntax(span) => ParseNote::Syntax(self.span(span)),
            ParseNote::TooDeep(span) => ParseNote::TooDeep(self.span(span)),
            ParseNote::NotJson(_) | ParseNote::Stopped => note,
        }
    }

    /// Where a stretch of the program stands in the page. One that goes over from what runs at once to what runs later (as
    /// what does not parse may) is all of the page.
    pub(crate) fn span(&self, span: Span) -> Span {
        if span.start < self.late && span.end > self.late {
            return Span::new(0, self.page);
        }
        let Some(first) = self.piece(span.start) else { return Span::new(self.page, self.page) };
        let start = first.start(span.start);
        if span.is_empty() {
            return Span::new(start, start);
        }
        let end = self.piece(span.end - 1).map_or(self.page, |last| last.end(span.end));
        Span::new(start, end.max(start))
    }

    /// Whether a stretch of the program holds anything that is written in the page.
    pub(crate) fn is_written(&self, span: Span) -> bool {
        let first = self.pieces.partition_point(|piece| piece.at <= span.start).saturating_sub(1);
        let touching = self.pieces[first..].iter().take_while(|piece| piece.at < span.end.max(span.start + 1));
        touching.into_iter().any(Piece::is_written)
    }

    /// What is to be replaced in the page if a stretch of the program is to be: `None` unless that is a part of what is
    /// written in one place, or a whole tag.
    fn replaced(&self, span: Span) -> Option<Span> {
        if self.is_escaped {
            return self.replaced_in_strings(span);
        }
        let first = self.pieces.partition_point(|piece| piece.at <= span.start).checked_sub(1)?;
        let last = self.pieces.partition_point(|piece| piece.at < span.end).checked_sub(1)?.max(first);
        let starts = self.pieces[first].is_copy() || self.pieces[first].at == span.start;
        let ends = self.pieces[last].is_copy() || self.pieces.get(last + 1).is_none_or(|next| next.at == span.end);
        let copies = self.pieces[first..=last].iter().filter(|piece| piece.is_copy()).count();
        (starts && ends && copies == 1).then(|| self.span(span))
    }

    /// Of strings what is no glue: that would be the end of one cell and the start of another.
    fn replaced_in_strings(&self, span: Span) -> Option<Span> {
        let first = self.pieces.partition_point(|piece| piece.at <= span.start).checked_sub(1)?;
        if !span.is_empty() {
            let last = self.pieces.partition_point(|piece| piece.at < span.end);
            return self.pieces[first..last].iter().all(Piece::is_written).then(|| self.span(span));
        }
        let piece = &self.pieces[first];
        let at = if piece.is_written() {
            piece.start(span.start)
        } else {
            // Behind the last character of a cell.
            let before = self.pieces.get(first.checked_sub(1)?).filter(|_| piece.at == span.start)?;
            before.is_written().then_some(before.page.end)?
        };
        Some(Span::new(at, at))
    }

    /// What an edit of the program is in the page; `None` where it cannot be one.
    pub(crate) fn edit(&self, edit: &Edit, program: &str) -> Option<Edit> {
        if !self.is_escaped {
            return Some(Edit::new(self.replaced(edit.span)?, edit.text.as_str()));
        }
        if let Some(place) = self.replaced(edit.span) {
            return Some(Edit::new(place, escaped(&edit.text)));
        }
        // The break behind the last line of a cell is glue, and stays.
        let text = if edit.text.is_empty() { "" } else { edit.text.strip_suffix('\n')? };
        let without = Span::new(edit.span.start, edit.span.end.checked_sub(1)?);
        let is_line = without.start <= without.end && edit.span.text(program).ends_with('\n');
        Some(Edit::new(self.replaced(without).filter(|_| is_line)?, escaped(text)))
    }

    /// The stretch of the program that stands in a part of the page: of what runs at once, or if nothing does of what runs
    /// later.
    pub(crate) fn within(&self, page: Span) -> Option<Span> {
        let halves = [false, true].map(|late| {
            let inside = self.pieces.iter().filter(|piece| (piece.at >= self.late) == late && piece.page.touches(page));
            let written = inside.filter(|piece| piece.is_written()).map(|piece| {
                let from = piece.page.start.max(page.start).min(piece.page.end) - piece.page.start;
                let to = piece.page.end.min(page.end).max(piece.page.start) - piece.page.start;
                match piece.kind {
                    // It is all there or not at all.
                    Kind::Escape if from < to => Span::new(piece.at, self.end(piece)),
                    Kind::Escape if from > 0 => Span::new(self.end(piece), self.end(piece)),
                    Kind::Escape => Span::new(piece.at, piece.at),
                    Kind::Copy | Kind::Glue => Span::new(piece.at + from, piece.at + to),
                }
            });
            written.reduce(Span::union)
        });
        halves.into_iter().flatten().next()
    }

    /// Where a piece ends in the program, if it is not the last of it.
    fn end(&self, piece: &Piece) -> u32 {
        let next = self.pieces.partition_point(|other| other.at <= piece.at);
        self.pieces.get(next).map_or(piece.at, |next| next.at)
    }

    /// The piece that a place is in.
    fn piece(&self, at: u32) -> Option<&Piece> {
        self.pieces[..self.pieces.partition_point(|piece| piece.at <= at)].last()
    }
}

impl Piece {
    fn is_copy(&self) -> bool {
        self.kind == Kind::Copy
    }

    /// Whether it is in the page, in whatever form.
    fn is_written(&self) -> bool {
        self.kind != Kind::Glue
    }

    /// Where something in the page starts that starts at this place of the program.
    fn start(&self, at: u32) -> u32 {
        if self.is_copy() { (self.page.start + (at - self.at)).min(self.page.end) } else { self.page.start }
    }

    /// Where something in the page ends that ends at this place of the program.
    fn end(&self, at: u32) -> u32 {
        if self.is_copy() { (self.page.start + (at - self.at)).min(self.page.end) } else { self.page.end }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_a_program_are_those_of_its_page() {
        let page = "<p>é <%= x %> <%= yy %></p>";
        let at = |text: &str| Span::from(page.find(text).map(|at| at..at + text.len()).expect("is there"));
        let mut writer = Writer::new(page, Language::Ruby);
        writer.put(When::Late, "l(", at("<%= yy"));
        writer.copy(When::Late, at("yy"));
        writer.put(When::Now, "f(", at("<%="));
        writer.copy(When::Now, at("x"));
        writer.put(When::Now, ")\n", at("%>"));
        let Projection { text, map, .. } = writer.finish();
        assert_eq!(text, "f(x)\nl(yy");
        let told = |of: &str| {
            let start = text.find(of).expect("is there") as u32;
            map.span(Span::new(start, start + of.len() as u32)).text(page)
        };
        assert_eq!(told("f"), "<%=");
        assert_eq!(told("x"), "x");
        assert_eq!(told("f(x)"), "<%= x %>");
        assert_eq!(told("(x"), "<%= x");
        assert_eq!(told("yy"), "yy");
        assert_eq!(told(")\nl"), page);
        let place = |of: &str| {
            let start = text.find(of).expect("is there") as u32;
            Span::new(start, start + of.len() as u32)
        };
        let replaced = |of: &str| map.replaced(place(of)).map(|span| span.text(page));
        assert_eq!(replaced("x"), Some("x"));
        assert_eq!(replaced("f(x)\n"), Some("<%= x %>"));
        assert_eq!(replaced("(x"), None);
        assert_eq!(replaced("f("), None);
        assert_eq!(map.within(Span::new(0, page.len() as u32)), Some(place("x")));
        assert_eq!(map.within(at("yy")), Some(place("yy")));
        assert!(map.is_written(place("(x")) && !map.is_written(place("f(")));
    }
}
