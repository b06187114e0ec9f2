//! One file as the analysis sees it.

use crate::budget::{Budget, Stop};
use crate::flow::{Constants, Functions};
use crate::matching::{FoundLeaves, FoundTexts, Index, Names};
use std::cell::OnceCell;
use weir_model::Language;
use weir_syntax::{Difference, Part, Tree};

/// What matching, flow and taint know of a file.
pub(crate) struct FileContext<'a> {
    /// The part of a file that it is.
    pub(crate) part: Part<'a>,
    /// The text.
    pub(crate) text: &'a str,
    /// Its language; any for a text in none, whose tree is empty.
    pub(crate) language: Language,
    /// Its generic tree.
    pub(crate) tree: &'a Tree,
    /// Where things are in the tree.
    pub(crate) index: Index,
    /// What its names stand for.
    pub(crate) names: Names,
    /// What its variables are known to hold.
    pub(crate) constants: Constants,
    /// Its functions and classes, once a taint rule asks.
    pub(crate) functions: OnceCell<Functions>,
    /// What patterns matched in it.
    pub(crate) found: FoundLeaves,
    /// What regexes and generic patterns matched in it.
    pub(crate) texts: FoundTexts,
}

/// What was known of the version before, and how the one at hand differs from it.
pub(crate) struct Earlier<'a> {
    pub(crate) tree: &'a Tree,
    pub(crate) index: &'a Index,
    pub(crate) names: &'a Names,
    pub(crate) constants: &'a Constants,
    pub(crate) difference: &'a Difference,
}

impl<'a> FileContext<'a> {
    /// Finds out about a file what all rules share; `index` is that of its tree. `for_later`: what patterns match is kept for
    /// the next version of the text; `earlier`: what was known of the one before.
    pub(crate) fn new(
        part: &Part<'a>,
        mut index: Index,
        for_later: bool,
        earlier: Option<&Earlier<'_>>,
        budget: &Budget<'_>,
    ) -> Result<Self, Stop> {
        budget.look()?;
        let language = part.language.unwrap_or(Language::JavaScript);
        let names = earlier
            .and_then(|earlier| earlier.names.after(earlier.tree, part.tree, language, earlier.difference))
            .unwrap_or_else(|| Names::of(part.tree, language));
        let constants = earlier.map(|earlier| (earlier.constants, earlier.difference));
        index.add_imports(&names);
        Ok(Self {
            part: *part,
            text: part.text,
            language,
            tree: part.tree,
            index,
            names,
            constants: Constants::solve(part.tree, language, constants, budget)?,
            functions: OnceCell::new(),
            found: FoundLeaves::new(for_later),
            texts: FoundTexts::default(),
        })
    }

    /// Its functions and classes.
    pub(crate) fn functions(&self) -> &Functions {
        self.functions.get_or_init(|| Functions::of(self.tree, self.constants.scopes()))
    }
}
