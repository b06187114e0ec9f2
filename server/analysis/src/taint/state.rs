//! What variables hold at a point.

use super::cell::Cell;
use std::rc::Rc;
use weir_syntax::Symbol;

/// Variables that hold taint, sorted; all others are clean. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct State(Rc<Vec<(Symbol, Cell)>>);

/// A variable, or a field of one.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) root: Symbol,
    pub(super) path: Vec<Symbol>,
    /// Not this very place but one of several: `a[i]`.
    pub(super) weak: bool,
}

/// Fields deeper than this are not told apart from the field above.
const MAX_DEPTH: usize = 4;

impl State {
    pub(super) fn is_clean(&self) -> bool {
        self.0.is_empty()
    }

    /// What a variable holds.
    pub(super) fn get(&self, name: Symbol) -> Cell {
        self.find(name).map_or_else(|_| Cell::default(), |at| self.0[at].1.clone())
    }

    /// Stores a value; adds to what is there if the place is one of several, or `weak`.
    pub(super) fn set(&mut self, place: &Place, value: &Cell, weak: bool) {
        let path = &place.path[..place.path.len().min(MAX_DEPTH)];
        let weak = weak || place.weak || path.len() < place.path.len();
        let found = self.find(place.root);
        if value.is_clean() && (weak || found.is_err()) {
            return;
        }
        let vars = Rc::make_mut(&mut self.0);
        let at = found.unwrap_or_else(|at| {
            vars.insert(at, (place.root, Cell::default()));
            at
        });
        vars[at].1.set(path, value, weak);
        if vars[at].1.is_clean() {
            vars.remove(at);
        }
    }

    /// Keeps the variables for which `keep` holds.
    pub(super) fn retain(&mut self, keep: impl Fn(Symbol) -> bool) {
        if self.0.iter().any(|(name, _)| !keep(*name)) {
            Rc::make_mut(&mut self.0).retain(|(name, _)| keep(*name));
        }
    }

    /// Puts a variable back to what it was in another state.
    pub(super) fn restore(&mut self, name: Symbol, from: &Self) {
        let place = Place { root: name, path: Vec::new(), weak: false };
        self.set(&place, &from.get(name), false);
    }

    /// Adds what another path knows; says whether that changed anything.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        if Rc::ptr_eq(&self.0, &other.0) || other.is_clean() {
            return false;
        }
        if self.is_clean() {
            self.clone_from(other);
            return true;
        }
        let mut changed = false;
        let vars = Rc::make_mut(&mut self.0);
        for (name, theirs) in other.0.iter() {
            match vars.binary_search_by_key(name, |(name, _)| *name) {
                Ok(at) => changed |= vars[at].1.join(theirs),
                Err(at) => {
                    vars.insert(at, (*name, theirs.clone()));
                    changed = true;
                }
            }
        }
        changed
    }

    fn find(&self, name: Symbol) -> Result<usize, usize> {
        self.0.binary_search_by_key(&name, |(name, _)| *name)
    }
}
