//! What a grammar's scanner cannot bear is not shown to it.

use crate::lower::{self, Dirty};
use std::ops::ControlFlow;
use tree_sitter as ts;
use weir_model::Language;

/// The operator that is shown, of the same length and precedence as the `<<` that is not.
const SHOWN: &[u8; 2] = b">>";

/// Places of `<<` in a text that its grammar is to read as `>>`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Veil(Vec<u32>);

impl Veil {
    /// What a text in a language needs.
    pub(crate) fn of(language: Language, text: &str) -> Self {
        Self(lower::veiled(language, text))
    }

    /// Moves with the text. A place that is edited itself is dropped.
    pub(crate) fn edit(&mut self, edit: Dirty) {
        let length = SHOWN.len() as u32;
        self.0.retain(|&at| at + length <= edit.start || at >= edit.old_end);
        for at in self.0.iter_mut().filter(|at| **at >= edit.old_end) {
            *at = *at - edit.old_end + edit.new_end;
        }
    }

    /// The text from a place on, as far as it is shown as one.
    fn from<'t>(&self, text: &'t str, at: usize) -> &'t [u8] {
        let next = self.0.partition_point(|&veiled| veiled as usize + SHOWN.len() <= at);
        match self.0.get(next).map(|&veiled| veiled as usize) {
            Some(veiled) if veiled <= at => &SHOWN[at - veiled..],
            veiled => text.as_bytes().get(at..veiled.unwrap_or(text.len())).unwrap_or_default(),
        }
    }

    /// Parses the text; `None` if it was stopped.
    pub(crate) fn parse(
        &self,
        parser: &mut ts::Parser,
        text: &str,
        old: Option<&ts::Tree>,
        stop: &dyn Fn() -> bool,
    ) -> Option<ts::Tree> {
        let mut progress = |_: &ts::ParseState| if stop() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) };
        let options = ts::ParseOptions::new().progress_callback(&mut progress);
        parser.parse_with_options(&mut |at, _| self.from(text, at), old, Some(options))
    }
}
