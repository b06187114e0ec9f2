//! What variables hold at a point.

use super::cell::{Cell, Store, Taints};
use std::rc::Rc;
use weir_syntax::Symbol;

/// Variables of which something is known, sorted; all others are clean. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct State {
    vars: Rc<Vec<(Symbol, Rc<Cell>)>>,
    /// Pairs of places that are sure to hold the same object.
    same: Rc<Vec<(Name, Name)>>,
}

/// A variable and the fields from it to a place.
pub(super) type Name = (Symbol, Vec<Symbol>);

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
pub(super) const MAX_DEPTH: usize = 6;

/// More pairs of names for the same object than this are not kept.
const MAX_ALIASES: usize = 32;

impl State {
    /// Whether no variable holds taint.
    pub(super) fn is_clean(&self) -> bool {
        self.vars.iter().all(|(_, cell)| cell.is_clean())
    }

    /// What is known, by variable.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Symbol, &Cell)> {
        self.vars.iter().map(|(name, cell)| (*name, &**cell))
    }

    /// What a variable holds.
    pub(super) fn get(&self, name: Symbol) -> Cell {
        self.find(name).map_or_else(|_| Cell::default(), |at| Cell::clone(&self.vars[at].1))
    }

    /// Stores a value. The place is then another one; what has been stored in a field of it is there by whatever name.
    pub(super) fn set(&mut self, place: &Place, value: &Cell) {
        if !place.element && self.same.iter().any(|(name, _)| is_below(name, place)) {
            Rc::make_mut(&mut self.same).retain(|(a, b)| !is_below(a, place) && !is_below(b, place));
        }
        self.update(place, value);
    }

    /// Adds a value to what a place holds.
    pub(super) fn add(&mut self, place: &Place, value: &Cell) {
        self.everywhere(place, value, Store::Add);
    }

    /// Stores what has become of the object at a place.
    pub(super) fn update(&mut self, place: &Place, value: &Cell) {
        self.everywhere(place, value, if place.element { Store::Element } else { Store::Replace });
    }

    /// Notes that a place holds the same object as another.
    pub(super) fn alias(&mut self, place: &Place, other: &Place) {
        let name = |place: &Place| (place.root, place.path.clone());
        let (new, other) = (name(place), name(other));
        if new == other || place.element || self.same.len() >= MAX_ALIASES {
            return;
        }
        let mut others: Vec<Name> = self.same.iter().filter(|(a, _)| *a == other).map(|(_, b)| b.clone()).collect();
        others.push(other);
        let same = Rc::make_mut(&mut self.same);
        for other in others.into_iter().filter(|other| *other != new) {
            for pair in [(new.clone(), other.clone()), (other, new.clone())] {
                if !same.contains(&pair) {
                    same.push(pair);
                }
            }
        }
    }

    /// Stores in a place and in all others that are the same.
    fn everywhere(&mut self, place: &Place, value: &Cell, how: Store) {
        let mut others = Vec::new();
        for ((_, path), (other, start)) in self.same.iter().filter(|((root, _), _)| *root == place.root) {
            if let Some(rest) = place.path.strip_prefix(path.as_slice()) {
                let path = start.iter().chain(rest).copied().collect();
                others.push(Place { root: *other, path, element: place.element });
            }
        }
        for other in &others {
            self.store(other, value, how);
        }
        self.store(place, value, how);
    }

    fn store(&mut self, place: &Place, value: &Cell, how: Store) {
        let path = &place.path[..place.path.len().min(MAX_DEPTH)];
        let how = if path.len() < place.path.len() { Store::Add } else { how };
        let found = self.find(place.root);
        if value.is_empty() && (how == Store::Add || found.is_err()) {
            return;
        }
        let vars = Rc::make_mut(&mut self.vars);
        let at = found.unwrap_or_else(|at| {
            vars.insert(at, (place.root, Rc::default()));
            at
        });
        let cell = Rc::make_mut(&mut vars[at].1);
        cell.set(path, value, how);
        if value.fields().next().is_some() {
            *cell = std::mem::take(cell).bounded();
        }
        if vars[at].1.is_empty() {
            vars.remove(at);
        }
    }

    /// The same with other taint; fields deeper than `depth` are not told apart any longer.
    pub(super) fn rewrite(&self, depth: usize, change: &mut dyn FnMut(&Taints) -> Taints) -> Self {
        let vars = self.vars.iter().map(|(name, cell)| (*name, Rc::new(cell.rewrite(depth, change)))).collect();
        Self { vars: Rc::new(vars), same: Rc::default() }
    }

    /// Whether both know the same; their fields are in order.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.vars.len() == other.vars.len()
            && self.iter().zip(other.iter()).all(|((a, ours), (b, theirs))| a == b && ours.same(theirs))
    }

    /// The same in another version of the text. `None` if something that it is made of is gone.
    pub(super) fn translate(&self, translate: &mut dyn FnMut(&Cell) -> Option<Cell>) -> Option<Self> {
        let vars = self.vars.iter().map(|(name, cell)| Some((*name, Rc::new(translate(cell)?))));
        Some(Self { vars: Rc::new(vars.collect::<Option<_>>()?), same: self.same.clone() })
    }

    /// Pairs of places that are sure to hold the same object.
    pub(super) fn aliases(&self) -> &[(Name, Name)] {
        &self.same
    }

    /// Keeps the variables for which `keep` holds.
    pub(super) fn retain(&mut self, keep: impl Fn(Symbol) -> bool) {
        if self.vars.iter().any(|(name, _)| !keep(*name)) {
            Rc::make_mut(&mut self.vars).retain(|(name, _)| keep(*name));
        }
    }

    /// Puts a variable back to what it was in another state.
    pub(super) fn restore(&mut self, name: Symbol, from: &Self) {
        self.set(&Place::variable(name), &from.get(name));
    }

    /// Adds what another path knows; says whether that changed anything.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut changed = false;
        if !Rc::ptr_eq(&self.same, &other.same) && self.same.iter().any(|pair| !other.same.contains(pair)) {
            Rc::make_mut(&mut self.same).retain(|pair| other.same.contains(pair));
            changed = true;
        }
        if Rc::ptr_eq(&self.vars, &other.vars) || other.vars.is_empty() {
            return changed;
        }
        if self.vars.is_empty() {
            self.vars.clone_from(&other.vars);
            return true;
        }
        let vars = Rc::make_mut(&mut self.vars);
        for (name, theirs) in other.vars.iter() {
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
        self.vars.binary_search_by_key(&name, |(name, _)| *name)
    }
}

/// Whether a name begins with a place.
fn is_below((root, path): &Name, place: &Place) -> bool {
    *root == place.root && path.starts_with(&place.path)
}
