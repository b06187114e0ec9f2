//! What variables hold at a point.

use super::cell::{Cell, Store, Taints};
use std::rc::Rc;
use weir_syntax::Symbol;

/// Variables of which something is known, sorted; all others are clean. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct State(Rc<Vec<(Symbol, Rc<Cell>)>>);

/// A variable, or a field of one.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) root: Symbol,
    pub(super) path: Vec<Symbol>,
    /// One of the elements of this place: `a[i]`.
    pub(super) element: bool,
}

impl Place {
    /// A variable.
    pub(super) fn variable(root: Symbol) -> Self {
        Self { root, path: Vec::new(), element: false }
    }
}

/// Fields deeper than this are not told apart from the field above.
pub(super) const MAX_DEPTH: usize = 4;

impl State {
    /// Whether no variable holds taint.
    pub(super) fn is_clean(&self) -> bool {
        self.0.iter().all(|(_, cell)| cell.is_clean())
    }

    /// What is known, by variable.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Symbol, &Cell)> {
        self.0.iter().map(|(name, cell)| (*name, &**cell))
    }

    /// What a variable holds.
    pub(super) fn get(&self, name: Symbol) -> Cell {
        self.find(name).map_or_else(|_| Cell::default(), |at| Cell::clone(&self.0[at].1))
    }

    /// Stores a value.
    pub(super) fn set(&mut self, place: &Place, value: &Cell) {
        self.store(place, value, if place.element { Store::Element } else { Store::Replace });
    }

    /// Adds a value to what a place holds.
    pub(super) fn add(&mut self, place: &Place, value: &Cell) {
        self.store(place, value, Store::Add);
    }

    fn store(&mut self, place: &Place, value: &Cell, how: Store) {
        let path = &place.path[..place.path.len().min(MAX_DEPTH)];
        let how = if path.len() < place.path.len() { Store::Add } else { how };
        let found = self.find(place.root);
        if value.is_empty() && (how == Store::Add || found.is_err()) {
            return;
        }
        let vars = Rc::make_mut(&mut self.0);
        let at = found.unwrap_or_else(|at| {
            vars.insert(at, (place.root, Rc::default()));
            at
        });
        Rc::make_mut(&mut vars[at].1).set(path, value, how);
        if vars[at].1.is_empty() {
            vars.remove(at);
        }
    }

    /// The same with other taint; fields deeper than `depth` are not told apart any longer.
    pub(super) fn rewrite(&self, depth: usize, change: &mut dyn FnMut(&Taints) -> Taints) -> Self {
        Self(Rc::new(self.0.iter().map(|(name, cell)| (*name, Rc::new(cell.rewrite(depth, change)))).collect()))
    }

    /// Whether both know the same; their fields are in order.
    pub(super) fn same(&self, other: &Self) -> bool {
        let same = |((a, ours), (b, theirs)): (&(Symbol, Rc<Cell>), &(Symbol, Rc<Cell>))| a == b && ours.same(theirs);
        self.0.len() == other.0.len() && self.0.iter().zip(other.0.iter()).all(same)
    }

    /// Keeps the variables for which `keep` holds.
    pub(super) fn retain(&mut self, keep: impl Fn(Symbol) -> bool) {
        if self.0.iter().any(|(name, _)| !keep(*name)) {
            Rc::make_mut(&mut self.0).retain(|(name, _)| keep(*name));
        }
    }

    /// Puts a variable back to what it was in another state.
    pub(super) fn restore(&mut self, name: Symbol, from: &Self) {
        self.set(&Place::variable(name), &from.get(name));
    }

    /// Adds what another path knows; says whether that changed anything.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        if Rc::ptr_eq(&self.0, &other.0) || other.0.is_empty() {
            return false;
        }
        if self.0.is_empty() {
            self.clone_from(other);
            return true;
        }
        let mut changed = false;
        let vars = Rc::make_mut(&mut self.0);
        for (name, theirs) in other.0.iter() {
            match vars.binary_search_by_key(name, |(name, _)| *name) {
                Ok(at) if Rc::ptr_eq(&vars[at].1, theirs) => {}
                Ok(at) => changed |= Rc::make_mut(&mut vars[at].1).join(theirs),
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
