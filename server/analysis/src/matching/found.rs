//! What patterns matched in the whole file: rules share sources, sinks and frameworks.

use super::Match;
use crate::rule::{Options, PatternLeaf};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use weir_syntax::Symbol;

/// So many matches of one pattern are kept: a pattern that matches more says little, and memory is bounded.
const MOST: usize = 4096;

/// The matches of patterns in one file, by their text and options.
#[derive(Debug, Default)]
pub(crate) struct FoundLeaves(RefCell<HashMap<Key, Rc<[Match]>>>);

/// What makes two leaves find the same in one file.
type Key = (Symbol, Options);

impl FoundLeaves {
    /// What a pattern is known to match.
    pub(super) fn get(&self, leaf: &PatternLeaf) -> Option<Rc<[Match]>> {
        self.0.borrow().get(&(leaf.text, leaf.options)).cloned()
    }

    /// Remembers what a pattern matches.
    pub(super) fn keep(&self, leaf: &PatternLeaf, found: &[Match]) {
        if found.len() <= MOST {
            self.0.borrow_mut().insert((leaf.text, leaf.options), found.into());
        }
    }
}
