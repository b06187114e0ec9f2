//! A file of code under edit: its program, and the templates that stand in it as texts.
//!
//! Elixir's components write `HEEx` in the file: `~H"""…"""`. To the program such a sigil is a text; what is in it is read as a
//! page, so that rules about templates see it where it stands.

use crate::host::Page;
use crate::program::Program;
use crate::source::{Limits, ParseNote, Part};
use memchr::memmem;
use weir_model::{Edit, Engine, Host, Language, Span};

/// The program of a file and the templates in it.
pub(crate) struct Code {
    program: Program,
    /// Where they stand.
    places: Vec<Span>,
    /// All of them together.
    templates: Option<Page>,
    notes: Vec<ParseNote>,
}

impl Code {
    /// Parses a text.
    pub(crate) fn parse(language: Language, text: String, limits: Limits<'_>) -> Self {
        let program = Program::parse(language, text, limits);
        let mut code = Self { program, places: Vec::new(), templates: None, notes: Vec::new() };
        code.refresh(&[], limits);
        code
    }

    /// Applies edits in order and parses again.
    pub(crate) fn edit(&mut self, edits: &[Edit], limits: Limits<'_>) {
        self.program.edit(edits, limits);
        self.refresh(edits, limits);
    }

    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// The templates, as one page.
    pub(crate) fn templates(&self) -> Option<&Page> {
        self.templates.as_ref()
    }

    /// All programs: the file's, then those of its templates.
    pub(crate) fn programs(&self) -> impl Iterator<Item = &Program> {
        std::iter::once(&self.program).chain(self.templates.iter().flat_map(Page::programs))
    }

    /// The code, and each program in its templates.
    pub(crate) fn parts(&self) -> Vec<Part<'_>> {
        std::iter::once(Part::code(&self.program)).chain(self.templates.iter().flat_map(Page::embedded_parts)).collect()
    }

    pub(crate) fn notes(&self) -> &[ParseNote] {
        if self.templates.is_some() { &self.notes } else { self.program.notes() }
    }

    pub(crate) fn is_settled(&self) -> bool {
        self.programs().all(Program::is_settled)
    }

    /// See [`crate::Source::settle`].
    pub(crate) fn settle(&mut self, limits: Limits<'_>) -> bool {
        let mut changed = self.program.settle(limits);
        // Where the templates stand is told by the concrete tree, which may be another where the generic one is not.
        if sigils(&self.program) != self.places {
            self.refresh(&[], limits);
            changed = true;
        }
        if let Some(templates) = &mut self.templates {
            changed |= templates.settle(limits);
        }
        self.collect_notes();
        changed
    }

    /// Reads the templates again, after these edits of the text.
    fn refresh(&mut self, edits: &[Edit], limits: Limits<'_>) {
        self.places = sigils(&self.program);
        let places = self.places.clone();
        self.templates = match self.templates.take() {
            _ if places.is_empty() => None,
            Some(mut templates) => {
                templates.edit_within(edits, places, limits);
                Some(templates)
            }
            None => {
                let text = self.program.text().to_owned();
                Some(Page::within(Host::page(Engine::Heex), text, places, limits))
            }
        };
        self.collect_notes();
    }

    fn collect_notes(&mut self) {
        self.notes.clear();
        if let Some(templates) = &self.templates {
            self.notes.extend(self.program.notes());
            self.notes.extend(templates.notes());
            self.notes.sort_by_key(ParseNote::place);
        }
    }
}

/// What stands between the quotes of `~H`, in order.
fn sigils(program: &Program) -> Vec<Span> {
    let text = program.text();
    if program.language() != Language::Elixir || memmem::find(text.as_bytes(), b"~H").is_none() {
        return Vec::new();
    }
    let Some(tree) = program.concrete() else { return Vec::new() };
    let content = |at: usize| {
        let name = tree.root_node().named_descendant_for_byte_range(at + 1, at + 2)?;
        let sigil = if name.kind() == "sigil" { name } else { name.parent()? };
        if sigil.kind() != "sigil" || sigil.start_byte() != at || sigil.named_child(0)?.byte_range() != (at + 1..at + 2)
        {
            return None;
        }
        let start = sigil.child_by_field_name("quoted_start")?.end_byte();
        let end = sigil.child_by_field_name("quoted_end")?.start_byte();
        (start < end).then(|| Span::from(start..end))
    };
    memmem::find_iter(text.as_bytes(), b"~H").filter_map(content).collect()
}
