//! What is known of a value: which taint it holds, as a whole and in its fields.

use super::reference::{Literal, Ref, join_refs};
use super::trace::TraceId;
use weir_syntax::{NodeId, Symbol};

/// Where taint began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// At a source: an index into the matches.
    Source(u32),
    /// It came into the function at work from its caller: an index into what the caller handed over.
    Input(u32),
}

/// One reason why a value is not to be trusted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taint {
    /// Where it began.
    pub(super) origin: Origin,
    /// The label's number.
    pub(super) label: u8,
    /// How it came here.
    pub(super) trace: TraceId,
}

impl Taint {
    /// What tells it from other taint, whatever way it came.
    pub(super) fn key(self) -> (Origin, u8) {
        (self.origin, self.label)
    }
}

/// A value that comes from so many places is reported for one of these; the others are not counted: nobody reads more, and
/// where all that a file says is a source, the cost of every step is that of the sets it joins.
const MAX_SOURCES: usize = 32;

/// A set of taint, one entry a source and label; of two ways to the same place the first is kept.
#[derive(Clone, Debug, Default)]
pub(super) struct Taints(Vec<Taint>);

impl Taints {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = Taint> + '_ {
        self.0.iter().copied()
    }

    /// Whether there is an entry of the same source and label.
    pub(super) fn contains(&self, taint: Taint) -> bool {
        self.0.binary_search_by_key(&taint.key(), |taint| taint.key()).is_ok()
    }

    /// Adds one; says whether it was new.
    pub(super) fn add(&mut self, taint: Taint) -> bool {
        match self.0.binary_search_by_key(&taint.key(), |taint| taint.key()) {
            Ok(_) => false,
            Err(_) if self.0.len() >= MAX_SOURCES && self.0.iter().any(|old| old.label == taint.label) => false,
            Err(at) => {
                self.0.insert(at, taint);
                true
            }
        }
    }

    /// Adds one, in place of what there is of the same source and label.
    pub(super) fn replace(&mut self, taint: Taint) {
        match self.0.binary_search_by_key(&taint.key(), |taint| taint.key()) {
            Ok(at) => self.0[at] = taint,
            Err(at) => self.0.insert(at, taint),
        }
    }

    /// Adds all of another set; says whether one was new.
    pub(super) fn union(&mut self, other: &Self) -> bool {
        if self.0.is_empty() {
            self.0.clone_from(&other.0);
            return !other.0.is_empty();
        }
        // Most joins bring nothing new; that is seen in one pass over both.
        let mut ours = self.0.iter();
        let has = |theirs: &Taint| ours.by_ref().map(|our| our.key()).find(|our| *our >= theirs.key());
        let known = other.0.iter().map(has).zip(&other.0).all(|(our, theirs)| our == Some(theirs.key()));
        !known && other.iter().fold(false, |changed, taint| self.add(taint) | changed)
    }

    /// Both together.
    pub(super) fn with(mut self, other: &Self) -> Self {
        self.union(other);
        self
    }

    /// The same set with every trace made longer.
    pub(super) fn map(mut self, mut step: impl FnMut(TraceId) -> TraceId) -> Self {
        for taint in &mut self.0 {
            taint.trace = step(taint.trace);
        }
        self
    }

    /// Those for which `keep` holds.
    pub(super) fn filter(mut self, keep: impl FnMut(&Taint) -> bool) -> Self {
        self.0.retain(keep);
        self
    }

    /// Whether both have the same entries, whatever way they came.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.0.len() == other.0.len() && self.0.iter().zip(&other.0).all(|(a, b)| a.key() == b.key())
    }
}

/// What is known of a value. Fields that are not listed hold what the value itself holds.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    own: Taints,
    refs: Vec<Ref>,
    fields: Vec<(Symbol, Cell)>,
}

/// How a value is stored in a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    /// What was there is gone.
    Replace,
    /// What was there stays.
    Add,
    /// One of the place's elements is replaced, it is not known which.
    Element,
}

/// Not a field: holds what functions and objects are among elements that are not told apart.
const SOME_ELEMENT: &str = "[]";

/// More fields of one value than this are not told apart.
const MAX_FIELDS: usize = 64;

/// Fields of one variable, at any depth: objects that hold objects that hold objects multiply.
const MAX_CELLS: usize = 200;

impl Cell {
    /// A value that holds the same taint everywhere.
    pub(super) fn flat(own: Taints) -> Self {
        Self { own, refs: Vec::new(), fields: Vec::new() }
    }

    /// A function, class or object.
    pub(super) fn reference(reference: Ref) -> Self {
        Self { refs: vec![reference], ..Self::default() }
    }

    /// The functions, classes and objects it may be.
    pub(super) fn refs(&self) -> &[Ref] {
        &self.refs
    }

    /// The same value, known to be a literal.
    pub(super) fn with_literal(mut self, literal: Literal) -> Self {
        self.refs.push(Ref::Literal(literal));
        self
    }

    /// The same value, known to be one of these as well.
    pub(super) fn with_refs(mut self, refs: &[Ref]) -> Self {
        join_refs(&mut self.refs, refs);
        self
    }

    /// Whether nothing at all is known of it.
    pub(super) fn is_empty(&self) -> bool {
        self.own.is_empty() && self.refs.is_empty() && self.fields.iter().all(|(_, field)| field.is_empty())
    }

    /// The fields that are told apart.
    pub(super) fn fields(&self) -> impl Iterator<Item = (Symbol, &Self)> {
        self.fields.iter().map(|(name, field)| (*name, field))
    }

    /// Whether there is no taint in it at all.
    pub(super) fn is_clean(&self) -> bool {
        self.own.is_empty() && self.fields.iter().all(|(_, field)| field.is_clean())
    }

    /// The taint it holds as a whole.
    pub(super) fn own(&self) -> &Taints {
        &self.own
    }

    /// All taint in it, at any depth.
    pub(super) fn all(&self) -> Taints {
        let mut all = self.own.clone();
        for (_, field) in &self.fields {
            all.union(&field.all());
        }
        all
    }

    /// The value of a field.
    pub(super) fn field(&self, name: Symbol) -> Self {
        match self.fields.iter().find(|(field, _)| *field == name) {
            Some((_, field)) => field.clone(),
            None => Self::flat(self.own.clone()),
        }
    }

    /// The value of a field, if it is known to differ from the others.
    pub(super) fn listed_field(&self, name: Symbol) -> Self {
        self.fields.iter().find(|(field, _)| *field == name).map_or_else(Self::default, |(_, field)| field.clone())
    }

    /// The value of a field or element that is not known by name: whatever is said of the value is said of its elements.
    pub(super) fn any_field(self) -> Self {
        let mut any = Self { refs: Vec::new(), ..self.clone() };
        for (_, field) in &self.fields {
            any.join(field);
        }
        any
    }

    /// An array without its first elements.
    pub(super) fn tail(&self, first: usize) -> Self {
        let mut rest = Self::flat(self.own.clone());
        for (name, field) in &self.fields {
            match name.as_str().parse::<usize>() {
                Ok(at) if at >= first => rest.fields.push((number(at - first), field.clone())),
                Ok(_) => {}
                Err(_) => rest.fields.push((*name, field.clone())),
            }
        }
        rest
    }

    /// An object without some of its fields.
    pub(super) fn without(&self, names: &[Symbol]) -> Self {
        let mut rest = Self::flat(self.own.clone());
        rest.fields = self.fields.iter().filter(|(name, _)| !names.contains(name)).cloned().collect();
        rest
    }

    /// The same value, with less told apart if it has grown large.
    pub(super) fn bounded(self) -> Self {
        let mut left = MAX_CELLS;
        if self.fits(&mut left) {
            return self;
        }
        let pruned = |depth| self.rewrite(depth, &mut Clone::clone);
        [3, 2, 1].into_iter().map(pruned).find(|pruned| pruned.fits(&mut { MAX_CELLS })).unwrap_or_else(|| pruned(0))
    }

    /// Counts the value and all within; says whether there are not too many.
    fn fits(&self, left: &mut usize) -> bool {
        *left = left.saturating_sub(1);
        *left > 0 && self.fields.iter().all(|(_, field)| field.fits(left))
    }

    /// Forgets the taint of the value as a whole; what is known of its fields stays.
    pub(super) fn clean_whole(&mut self) {
        self.own = Taints::default();
    }

    /// Adds taint to the value as a whole, all its fields included.
    pub(super) fn taint(&mut self, taints: &Taints) {
        if !taints.is_empty() {
            self.own.union(taints);
            for (_, field) in &mut self.fields {
                field.taint(taints);
            }
        }
    }

    /// Adds taint that begins at this value: it has been nowhere else.
    pub(super) fn begin(&mut self, taint: Taint) {
        self.own.replace(taint);
        for (_, field) in &mut self.fields {
            field.begin(taint);
        }
    }

    /// Stores a value in a field at some depth.
    pub(super) fn set(&mut self, path: &[Symbol], value: &Self, how: Store) {
        let Some((&name, rest)) = path.split_first() else {
            match how {
                Store::Replace => self.clone_from(value),
                Store::Add => {
                    self.join(value);
                }
                // Engines whose rules we run forget all elements where one is known to be clean, whichever it is.
                Store::Element => {
                    if value.is_clean() {
                        self.clean_whole();
                    } else {
                        self.taint(&value.all());
                    }
                    if !value.refs.is_empty() {
                        let held = Self::default().with_refs(&value.refs);
                        self.set(&[Symbol::new(SOME_ELEMENT)], &held, Store::Add);
                    }
                }
            }
            return;
        };
        let at = match self.fields.iter().position(|(field, _)| *field == name) {
            Some(at) => at,
            None if self.fields.len() >= MAX_FIELDS => {
                self.own.union(&value.all());
                return;
            }
            None => {
                self.fields.push((name, Self::flat(self.own.clone())));
                self.fields.len() - 1
            }
        };
        self.fields[at].1.set(rest, value, how);
        let field = &self.fields[at].1;
        if field.fields.is_empty() && field.refs.is_empty() && field.own.same(&self.own) {
            self.fields.swap_remove(at);
        }
    }

    /// Adds what another value may hold; says whether that changed this one.
    pub(super) fn join(&mut self, other: &Self) -> bool {
        let mut changed = join_refs(&mut self.refs, &other.refs);
        for (name, theirs) in &other.fields {
            match self.fields.iter().position(|(field, _)| field == name) {
                Some(at) => changed |= self.fields[at].1.join(theirs),
                None if self.fields.len() >= MAX_FIELDS => changed |= self.own.union(&theirs.all()),
                None => {
                    let mut ours = Self::flat(self.own.clone());
                    if ours.join(theirs) {
                        changed = true;
                    }
                    self.fields.push((*name, ours));
                }
            }
        }
        if !other.own.is_empty() {
            for (name, ours) in &mut self.fields {
                if !other.fields.iter().any(|(field, _)| field == name) {
                    changed |= ours.join(&Self::flat(other.own.clone()));
                }
            }
            changed |= self.own.union(&other.own);
        }
        changed
    }

    /// The same value with every trace made longer.
    pub(super) fn map(self, step: &mut dyn FnMut(TraceId) -> TraceId) -> Self {
        let fields = self.fields.into_iter().map(|(name, field)| (name, field.map(step))).collect();
        Self { own: self.own.map(&mut *step), refs: self.refs, fields }
    }

    /// The same value with other taint, also in what its functions hold on to. Its fields are put in order, and those deeper
    /// than `depth` are not told apart any longer.
    pub(super) fn rewrite(&self, depth: usize, change: &mut dyn FnMut(&Taints) -> Taints) -> Self {
        if depth == 0 {
            let told_apart = |reference: &&Ref| !matches!(reference, Ref::Literal(_));
            let refs = self.refs.iter().filter(told_apart).cloned().collect();
            return Self { refs, ..Self::flat(change(&self.all())) };
        }
        let own = if self.own.is_empty() { Taints::default() } else { change(&self.own) };
        let refs = self.refs.iter().map(|reference| reference.rewrite(depth - 1, change)).collect();
        let mut fields: Vec<_> =
            self.fields.iter().map(|(name, field)| (*name, field.rewrite(depth - 1, change))).collect();
        fields.sort_unstable_by_key(|(name, _)| *name);
        Self { own, refs, fields }
    }

    /// The same value in another version of the text. `None` if something that it is made of is gone.
    pub(super) fn translate(
        &self,
        node: &mut dyn FnMut(NodeId) -> Option<NodeId>,
        taint: &mut dyn FnMut(Taint) -> Option<Taint>,
    ) -> Option<Self> {
        let own = self.own.iter().map(&mut *taint).collect::<Option<_>>()?;
        let refs = self.refs.iter().map(|reference| reference.translate(node, taint)).collect::<Option<_>>()?;
        let fields = self.fields.iter().map(|(name, field)| Some((*name, field.translate(node, taint)?)));
        Some(Self { own: Taints(own), refs, fields: fields.collect::<Option<_>>()? })
    }

    /// Whether both hold the same, whatever way it came; their fields are in order.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.own.same(&other.own)
            && self.refs.len() == other.refs.len()
            && self.refs.iter().zip(&other.refs).all(|(a, b)| a.same(b))
            && self.fields.len() == other.fields.len()
            && self.fields.iter().zip(&other.fields).all(|((a, ours), (b, theirs))| a == b && ours.same(theirs))
    }
}

/// The name of an element by its number.
pub(super) fn number(at: usize) -> Symbol {
    const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    DIGITS.get(at).map_or_else(|| Symbol::new(&at.to_string()), |digit| Symbol::new(digit))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tainted(source: u32) -> Cell {
        let mut own = Taints::default();
        own.add(Taint { origin: Origin::Source(source), label: 0, trace: TraceId::default() });
        Cell::flat(own)
    }

    fn sources(cell: &Cell) -> Vec<u32> {
        let number = |taint: Taint| match taint.origin {
            Origin::Source(number) | Origin::Input(number) => number,
        };
        cell.all().iter().map(number).collect()
    }

    #[test]
    fn a_field_that_is_not_listed_holds_what_the_value_holds() {
        assert_eq!(sources(&tainted(1).field("a".into())), [1]);
    }

    #[test]
    fn a_clean_field_of_a_tainted_value_is_clean_and_its_sisters_are_not() {
        let mut cell = tainted(1);
        cell.set(&["a".into()], &Cell::default(), Store::Replace);
        assert!(cell.field("a".into()).is_clean());
        assert_eq!(sources(&cell.field("b".into())), [1]);
    }

    #[test]
    fn a_tainted_field_taints_the_whole_but_not_its_sisters() {
        let mut cell = Cell::default();
        cell.set(&["a".into(), "b".into()], &tainted(1), Store::Replace);
        assert_eq!(sources(&cell), [1]);
        assert!(cell.field("c".into()).is_clean());
        assert!(cell.field("a".into()).field("c".into()).is_clean());
    }

    #[test]
    fn an_element_stored_clean_cleans_the_elements_but_no_field() {
        let mut cell = tainted(1);
        cell.set(&["a".into()], &tainted(2), Store::Replace);
        cell.set(&[], &Cell::default(), Store::Element);
        assert_eq!(sources(&cell), [2]);
    }

    #[test]
    fn joining_a_clean_field_with_a_tainted_value_taints_the_field() {
        let mut cell = tainted(1);
        cell.set(&["a".into()], &Cell::default(), Store::Replace);
        assert!(cell.join(&tainted(2)));
        assert_eq!(sources(&cell.field("a".into())), [2]);
        assert_eq!(sources(&cell.field("b".into())), [1, 2]);
        assert!(!cell.join(&tainted(2)));
    }
}
