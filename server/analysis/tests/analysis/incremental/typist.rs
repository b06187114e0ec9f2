//! A person at the keyboard: gestures become edits of one text.

use super::gesture::{Edge, FRAGMENTS, Gesture, Place, Region, Text};
use std::ops::Range;
use weir_model::{Edit, Engine, Format, Host, Language, Span};

/// A text is not let grow longer: many copies of its lines make a case slow and no likelier to fail.
const LONGEST: usize = 40 << 10;

/// What is typed letter by letter is no longer.
const LONGEST_TYPED: usize = 24;

/// The person, their text, and what they can take back.
pub(crate) struct Typist<'s> {
    seeds: &'s [&'s str],
    comment: &'static str,
    text: String,
    undo: Vec<Vec<Edit>>,
    redo: Vec<Vec<Edit>>,
    /// Several edits at once come in the order of the text, not from its end on.
    pub(crate) top_down: bool,
}

impl<'s> Typist<'s> {
    /// Opens one of some texts.
    pub(crate) fn new(format: impl Into<Format>, seeds: &'s [&'s str], seed: u16) -> Self {
        let comment = match format.into() {
            Format::Code(Language::Python | Language::Ruby | Language::Elixir) => "# ",
            Format::Host(Host { engine: Engine::Erb, .. }) => "<%# ",
            Format::Host(_) => "<!-- ",
            _ => "// ",
        };
        let text = seeds[seed as usize % seeds.len()].to_owned();
        Self { seeds, comment, text, undo: Vec::new(), redo: Vec::new(), top_down: false }
    }

    /// The text as it is now.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Does something to the text. Gives the edits, those of one keystroke together.
    pub(crate) fn perform(&mut self, gesture: &Gesture) -> Vec<Vec<Edit>> {
        match gesture {
            Gesture::Undo(count) => (0..*count).map_while(|_| self.take_back()).collect(),
            Gesture::Redo(count) => (0..*count).map_while(|_| self.take_back_taking_back()).collect(),
            gesture => {
                let keystrokes = self.keystrokes(gesture);
                self.redo.clear();
                keystrokes.into_iter().map(|edits| self.strike(edits)).collect()
            }
        }
    }

    fn take_back(&mut self) -> Option<Vec<Edit>> {
        let edits = self.undo.pop()?;
        let back = self.apply(&edits);
        self.redo.push(back);
        Some(edits)
    }

    fn take_back_taking_back(&mut self) -> Option<Vec<Edit>> {
        let edits = self.redo.pop()?;
        let back = self.apply(&edits);
        self.undo.push(back);
        Some(edits)
    }

    /// Edits of one keystroke, all in places of the text before it, in any order, become edits one after the other.
    fn strike(&mut self, mut edits: Vec<Edit>) -> Vec<Edit> {
        edits.sort_by_key(|edit| (edit.span.start, edit.span.end));
        // Cursors that meet become one.
        edits.dedup_by(|next, kept| next.span == kept.span || next.span.start < kept.span.end);
        if self.top_down {
            let mut moved = 0u32;
            for edit in &mut edits {
                let grown = (edit.text.len() as u32).wrapping_sub(edit.span.len());
                edit.span = Span::new(edit.span.start.wrapping_add(moved), edit.span.end.wrapping_add(moved));
                moved = moved.wrapping_add(grown);
            }
        } else {
            edits.reverse();
        }
        let back = self.apply(&edits);
        self.undo.push(back);
        edits
    }

    /// Applies edits one after the other. Gives those that take them back.
    fn apply(&mut self, edits: &[Edit]) -> Vec<Edit> {
        let mut back = Vec::with_capacity(edits.len());
        for edit in edits {
            let after = Span::new(edit.span.start, edit.span.start + edit.text.len() as u32);
            back.push(Edit::new(after, edit.span.text(&self.text)));
            self.text.replace_range(edit.span.range(), &edit.text);
        }
        back.reverse();
        back
    }

    /// The edits of a gesture, those of one keystroke together, each keystroke's in places of the text before it.
    fn keystrokes(&self, gesture: &Gesture) -> Vec<Vec<Edit>> {
        let insert = |at: usize, text: &str| edit(at..at, text);
        let once = |edit| vec![vec![edit]];
        match gesture {
            Gesture::Type { at, text } => self.type_at(&[self.place(*at)], *text),
            Gesture::Cursors { at, text } => {
                let mut places: Vec<usize> = at.iter().map(|at| self.place(*at)).collect();
                places.sort_unstable();
                places.dedup();
                self.type_at(&places, *text)
            }
            Gesture::Insert { at, text } => once(insert(self.place(*at), &self.source(*text))),
            Gesture::Delete { at, length } => {
                let start = self.place(*at);
                once(edit(start..self.boundary(start + *length as usize), ""))
            }
            Gesture::Backspace { at, count } => {
                let before = &self.text[..self.place(*at)];
                let gone = before.char_indices().rev().take(*count as usize);
                gone.map(|(at, char)| vec![edit(at..at + char.len_utf8(), "")]).collect()
            }
            Gesture::DeleteLines { at, lines } => once(edit(self.lines(self.place(*at), *lines), "")),
            Gesture::DeleteBlock { at } => once(edit(self.block(self.place(*at)), "")),
            Gesture::MoveLines { from, lines, to } => self.cut_and_paste(self.lines(self.place(*from), *lines), *to),
            Gesture::MoveBlock { from, to } => self.cut_and_paste(self.block(self.place(*from)), *to),
            Gesture::Rename { word, to, all } => {
                let Some(word) = self.word(self.place(*word)) else { return Vec::new() };
                let to = self.source(*to);
                let like = |other: &Range<usize>| *other == word || self.text[other.clone()] == self.text[word.clone()];
                let words = words(&self.text).filter(|other| if *all { like(other) } else { *other == word });
                vec![words.map(|word| edit(word, to.trim())).collect()]
            }
            Gesture::Assign { at, text } => {
                let line = self.lines(self.place(*at), 1);
                let Some(sign) = self.text[line.clone()].find('=') else { return Vec::new() };
                let value = line.start + sign + 1..line.start + self.text[line].trim_end().len();
                let value = value.start.min(value.end)..value.end;
                once(edit(value, &format!(" {}", self.source(*text).trim())))
            }
            Gesture::ToggleComment { at, lines } => {
                let lines = self.each_line(self.lines(self.place(*at), *lines));
                let is_comment = |line: &Range<usize>| self.text[line.clone()].trim_start().starts_with(self.comment);
                let all = lines.iter().all(is_comment);
                let toggle = |line: Range<usize>| {
                    let at = self.indented(&line);
                    if all { edit(at..at + self.comment.len(), "") } else { insert(at, self.comment) }
                };
                vec![lines.into_iter().map(toggle).collect()]
            }
            Gesture::Indent { at, lines, deeper } => {
                let lines = self.each_line(self.lines(self.place(*at), *lines));
                let shift = |line: Range<usize>| {
                    let taken = (self.indented(&line) - line.start).min(4);
                    if *deeper { insert(line.start, "    ") } else { edit(line.start..line.start + taken, "") }
                };
                vec![lines.into_iter().map(shift).collect()]
            }
            Gesture::Replace(seed) => once(edit(0..self.text.len(), self.seed(*seed))),
            Gesture::Reformat => {
                let wider = |line: &str| format!("{}{line}", &line[..line.len() - line.trim_start().len()]);
                let text: String = self.text.split_inclusive('\n').map(wider).collect();
                once(edit(0..self.text.len(), &self.short_enough(text)))
            }
            Gesture::LineEnds => {
                let unix = self.text.replace("\r\n", "\n");
                let text = if unix == self.text { unix.replace('\n', "\r\n") } else { unix };
                once(edit(0..self.text.len(), &text))
            }
            Gesture::Undo(_) | Gesture::Redo(_) => Vec::new(),
        }
    }

    /// The same text letter by letter at each of some places.
    fn type_at(&self, places: &[usize], text: Text) -> Vec<Vec<Edit>> {
        let text = self.source(text);
        let mut typed = 0;
        let keys = text.chars().take(LONGEST_TYPED).map(|char| {
            let letter = char.to_string();
            // Where a place is now: each one before it has grown by what was typed so far.
            let edits = places.iter().enumerate().map(|(nth, at)| at + (nth + 1) * typed);
            let edits = edits.map(|at| edit(at..at, &letter)).collect();
            typed += letter.len();
            edits
        });
        keys.collect()
    }

    fn cut_and_paste(&self, cut: Range<usize>, to: Place) -> Vec<Vec<Edit>> {
        let to = self.line_start(self.place(to));
        let text = &self.text[cut.clone()];
        if cut.contains(&to) || to == cut.end {
            return Vec::new();
        }
        vec![vec![edit(cut.clone(), ""), edit(to..to, text)]]
    }

    fn source(&self, text: Text) -> String {
        let text = match text {
            Text::Fragment(at) => FRAGMENTS[at as usize % FRAGMENTS.len()].to_owned(),
            Text::Word(place) => self.word(self.place(place)).map_or("x", |word| &self.text[word]).to_owned(),
            Text::Lines { from, lines } => self.text[self.lines(self.place(from), lines)].to_owned(),
            Text::Elsewhere { seed, from, lines } => {
                let seed = self.seed(seed);
                let count = seed.split_inclusive('\n').count();
                let from = scaled(count, from);
                seed.split_inclusive('\n').skip(from).take(lines as usize).collect()
            }
        };
        self.short_enough(text)
    }

    fn short_enough(&self, text: String) -> String {
        if self.text.len() + text.len() > 2 * LONGEST { String::new() } else { text }
    }

    fn seed(&self, seed: u16) -> &'s str {
        self.seeds[seed as usize % self.seeds.len()]
    }

    fn place(&self, place: Place) -> usize {
        let of_kind = |line: &Range<usize>| is_of(place.region, &self.text[line.clone()]);
        let mut lines: Vec<Range<usize>> = self.each_line(0..self.text.len());
        if lines.iter().any(of_kind) {
            lines.retain(of_kind);
        }
        let mut rest = scaled(lines.iter().map(Range::len).sum(), place.at);
        let mut at = self.text.len();
        for line in lines {
            if rest < line.len() {
                at = line.start + rest;
                break;
            }
            rest -= line.len();
        }
        let at = self.boundary(at);
        match place.edge {
            Edge::Here => at,
            Edge::Word => self.word(at).map_or(at, |word| word.start),
            Edge::WordEnd => self.word(at).map_or(at, |word| word.end),
            Edge::Line => self.line_start(at),
            Edge::LineEnd => self.line_start(at) + self.text[self.lines(at, 1)].trim_end_matches(['\n', '\r']).len(),
        }
    }

    /// The last character boundary up to a place.
    fn boundary(&self, at: usize) -> usize {
        (0..=at.min(self.text.len())).rev().find(|&at| self.text.is_char_boundary(at)).unwrap_or(0)
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Whole lines from the one a place is in on.
    fn lines(&self, at: usize, count: u8) -> Range<usize> {
        let start = self.line_start(at);
        let length: usize = self.text[start..].split_inclusive('\n').take(count as usize).map(str::len).sum();
        start..start + length
    }

    fn each_line(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut at = range.start;
        let place = |line: &str| {
            at += line.len();
            at - line.len()..at
        };
        self.text[range].split_inclusive('\n').map(place).collect()
    }

    /// Where the text of a line begins.
    fn indented(&self, line: &Range<usize>) -> usize {
        let text = self.text[line.clone()].trim_end();
        line.start + text.len() - text.trim_start().len()
    }

    /// A line, all that are indented deeper below it, and what closes them.
    fn block(&self, at: usize) -> Range<usize> {
        let start = self.line_start(at);
        let lines = self.each_line(start..self.text.len());
        let depth = |line: &Range<usize>| self.indented(line) - line.start;
        let is_blank = |line: &Range<usize>| self.text[line.clone()].trim().is_empty();
        let Some(first) = lines.first() else { return start..start };
        let inner = lines[1..].iter().take_while(|line| is_blank(line) || depth(line) > depth(first)).count();
        let closing = lines.get(inner + 1).filter(|line| {
            let text = self.text[(*line).clone()].trim_start();
            text.starts_with(['}', ')', ']']) || text.starts_with("end")
        });
        start..closing.unwrap_or(&lines[inner]).end
    }

    /// The word at a place, or the next one after it.
    fn word(&self, at: usize) -> Option<Range<usize>> {
        words(&self.text).find(|word| word.end > at)
    }
}

fn edit(range: Range<usize>, text: &str) -> Edit {
    Edit::new(Span::from(range), text)
}

fn scaled(length: usize, fraction: u16) -> usize {
    (length * fraction as usize) >> 16
}

fn is_of(region: Region, line: &str) -> bool {
    let indent = line.len() - line.trim_start().len();
    let starts = |words: &[&str]| words.iter().any(|word| line.trim_start().starts_with(word));
    match region {
        Region::Any => true,
        Region::Imports => starts(&["import ", "from ", "require", "use ", "alias "]) || line.contains("require("),
        Region::Constants => line.contains('=') && (indent == 0 || starts(&["const ", "static ", "private static "])),
        Region::Nested => indent >= 6 || line.starts_with("\t\t"),
    }
}

/// Every name and number of a text.
fn words(text: &str) -> impl Iterator<Item = Range<usize>> {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        let start = at + bytes[at..].iter().position(|&byte| is_part(byte))?;
        let length = bytes[start..].iter().take_while(|&&byte| is_part(byte)).count();
        at = start + length;
        Some(start..at)
    })
}
