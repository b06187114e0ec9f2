//! A page under edit and the programs in it.

use super::projection::{Map, Projection};
use super::{approximates, notebook, programs};
use crate::Tree;
use crate::difference::changed_text;
use crate::program::Program;
use crate::source::{self, Limits, ParseNote, Part};
use weir_model::{Cells, Edit, Engine, Host, Span};

/// A page or template with the programs in it.
pub(crate) struct Page {
    host: Host,
    text: String,
    embedded: Vec<Embedded>,
    notes: Vec<ParseNote>,
    /// Where the page cannot be read, so that no program is found in it.
    broken: Option<u32>,
    /// That of the page itself.
    no_tree: Tree,
}

/// A program in a page.
struct Embedded {
    program: Program,
    map: Map,
}

impl Page {
    /// Finds the programs in a text and parses them.
    pub(crate) fn parse(host: Host, text: String, limits: Limits<'_>) -> Self {
        let mut page =
            Self { host, text, embedded: Vec::new(), notes: Vec::new(), broken: None, no_tree: Tree::default() };
        page.refresh(limits);
        page
    }

    /// Applies edits in order and parses again. The programs are found anew in the whole text, which is quick; of a program
    /// that was there before only what changed is parsed again.
    pub(crate) fn edit(&mut self, edits: &[Edit], limits: Limits<'_>) {
        source::apply(&mut self.text, edits);
        self.refresh(limits);
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// The page itself, and each program in it.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        let whole = Part {
            language: None,
            text: &self.text,
            tree: &self.no_tree,
            whole: &self.text,
            is_whole: true,
            // What is a comment in a notebook, its programs know.
            holds_marks: self.host.engine != Engine::Notebook,
            program: None,
            map: None,
        };
        let programs = self.embedded.iter().map(|Embedded { program, map }| Part {
            language: Some(program.language()),
            text: program.text(),
            tree: program.tree(),
            whole: &self.text,
            is_whole: false,
            holds_marks: self.host.engine == Engine::Notebook,
            program: Some(program),
            map: Some(map),
        });
        std::iter::once(whole).chain(programs).collect()
    }

    /// The cells, if it is a notebook.
    pub(crate) fn cells(&self) -> Option<Cells> {
        (self.host.engine == Engine::Notebook).then(|| notebook::cells(&self.text))
    }

    /// See [`crate::Source::excerpt`].
    pub(crate) fn excerpt(&self, span: Span) -> &str {
        let is_notebook = self.host.engine == Engine::Notebook;
        let mut programs = self.embedded.iter().filter(|_| is_notebook);
        let inside = programs.find_map(|Embedded { program, map }| Some(map.within(span)?.text(program.text())));
        inside.unwrap_or_else(|| span.text(&self.text))
    }

    pub(crate) fn no_tree(&self) -> &Tree {
        &self.no_tree
    }

    pub(crate) fn programs(&self) -> impl Iterator<Item = &Program> {
        self.embedded.iter().map(|embedded| &embedded.program)
    }

    pub(crate) fn notes(&self) -> &[ParseNote] {
        &self.notes
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.programs().all(Program::is_settled)
    }

    /// See [`crate::Source::settle`].
    pub(crate) fn settle(&mut self, limits: Limits<'_>) -> bool {
        let mut changed = false;
        for embedded in &mut self.embedded {
            changed |= embedded.program.settle(limits);
        }
        self.collect_notes();
        changed
    }

    fn refresh(&mut self, limits: Limits<'_>) {
        let mut before = std::mem::take(&mut self.embedded);
        let programs = programs(self.host, &self.text);
        self.broken = programs.as_ref().err().copied();
        for Projection { language, text, map } in programs.unwrap_or_default() {
            let known = before.iter().position(|embedded| embedded.program.language() == language);
            let program = match known.map(|at| before.swap_remove(at).program) {
                Some(mut program) => {
                    let edit = edit_between(program.text(), &text);
                    program.edit(&[edit], limits);
                    program
                }
                None => Program::parse(language, text, limits),
            };
            self.embedded.push(Embedded { program, map });
        }
        self.collect_notes();
    }

    fn collect_notes(&mut self) {
        let place = |note: &ParseNote| match *note {
            ParseNote::Syntax(span) | ParseNote::TooDeep(span) | ParseNote::NotJson(span) => span,
            ParseNote::Stopped => Span::default(),
        };
        self.notes.clear();
        self.notes.extend(self.broken.map(|at| ParseNote::NotJson(Span::new(at, at))));
        for Embedded { program, map } in &self.embedded {
            let guessed = approximates(self.host, program.language());
            let said = program.notes().iter().filter(|note| !guessed || !matches!(note, ParseNote::Syntax(_)));
            self.notes.extend(said.map(|&note| map.note(note)));
        }
        self.notes.sort_by_key(place);
    }
}

/// The edit that makes one text another.
fn edit_between(old: &str, new: &str) -> Edit {
    let (mut before, mut after) = changed_text(old.as_bytes(), new.as_bytes());
    // What is the same at both ends may end within a character.
    while !old.is_char_boundary(before.start as usize) || !new.is_char_boundary(after.start as usize) {
        before.start -= 1;
        after.start -= 1;
    }
    while !old.is_char_boundary(before.end as usize) || !new.is_char_boundary(after.end as usize) {
        before.end += 1;
        after.end += 1;
    }
    Edit::new(before, after.text(new))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edit_between_two_texts_never_cuts_a_character() {
        for (old, new) in [("aéb", "aèb"), ("é", "è"), ("", "é"), ("aa", "a"), ("👩a", "👨a"), ("x", "x"), ("éé", "é")]
        {
            let mut text = old.to_owned();
            source::apply(&mut text, &[edit_between(old, new)]);
            assert_eq!(text, new);
        }
    }
}
