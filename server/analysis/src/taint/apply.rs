//! What marks do where they stand: taint begins at sources, ends at sanitizers, goes on through propagators and is judged at sinks.

use super::cell::{Cell, Origin, Taint, Taints};
use super::engine::{Engine, RAN};
use super::marks::{Mark, MarkRole, bound, effects};
use super::state::Place;
use super::watch::Why;
use crate::flow::Interpret;
use crate::matching::{Binding, Bindings, Match};
use crate::rule::{Formula, Node, Requires, SinkRequires};
use weir_model::StepKind;
use weir_syntax::{Kind, NodeId, Role, Symbol};

impl<'t> Engine<'t> {
    /// What the rule's marks on a node, and those around that hold for it, make of its value.
    pub(super) fn marked(&mut self, node: NodeId, mut value: Cell) -> Cell {
        let own = self.marks.at(node).to_vec();
        let mut marks = self.active.clone();
        marks.extend(own.iter().filter(|mark| mark.exact));
        // A variable is changed only where it is itself what was matched.
        let place = if own.is_empty() { None } else { self.place(node) };
        let place_of = |mark: &Mark| place.as_ref().filter(|_| own.contains(mark));
        let with_role = |role| marks.iter().filter(move |mark| mark.role == role);
        let mut clean = None;
        let mut taken: Vec<(usize, &Place)> = Vec::new();
        for mark in with_role(MarkRole::Sanitizer) {
            let (entry, _) = &self.matches.sanitizers[mark.index];
            let (changes_place, changes_value) = effects(self.spec.sanitizers[*entry].by_side_effect);
            clean = clean.or(changes_value.then_some(mark.index));
            if changes_place {
                taken.extend(place_of(mark).map(|place| (mark.index, place)));
            }
        }
        for (index, place) in taken {
            self.halt(Why::Sanitized(index), node, |this| this.held(place));
            if let Some(state) = self.flow.state_mut() {
                state.set(place, &Cell::default());
            }
        }
        if let Some(index) = clean {
            self.halt(Why::Sanitized(index), node, |_| value.all());
            return Cell::default();
        }
        let mut given: Vec<(&Place, Taint)> = Vec::new();
        let mut ran = Taints::default();
        for mark in with_role(MarkRole::Source) {
            let (entry, found) = &self.matches.sources[mark.index];
            let source = &self.spec.sources[*entry];
            if source.requires != Requires::Any && !self.satisfies(&source.requires, &value.all()) {
                self.halt(Why::SourceAsks(mark.index), node, |_| value.all());
                continue;
            }
            let trace = self.traces.source(found.span);
            let taint = Taint { origin: Origin::Source(mark.index as u32), label: self.label(source.label), trace };
            if source.control {
                ran.add(taint);
                continue;
            }
            let (changes_place, changes_value) = effects(source.by_side_effect);
            if changes_value {
                value.begin(taint);
            }
            if let Some(place) = place_of(mark).filter(|_| changes_place) {
                given.push((place, taint));
            }
        }
        self.add_to(&Place::variable(RAN), &ran);
        for (place, taint) in given {
            let mut taints = Taints::default();
            taints.add(taint);
            self.add_to(place, &taints);
        }
        for mark in with_role(MarkRole::To) {
            if let Some(taints) = self.propagated.get(&mark.index) {
                value.taint(taints);
            }
        }
        for mark in with_role(MarkRole::From) {
            self.propagate(mark.index, node, &value);
        }
        if with_role(MarkRole::Asked).next().is_some() {
            self.asked.insert(node, value.all());
        }
        for mark in with_role(MarkRole::Sink) {
            let mut reaching = if self.is_passed_through(node) { value.own().clone() } else { value.all() };
            let (sink, _) = &self.matches.sinks[mark.index];
            // A focused sink is the value at the place in focus, not what goes into it.
            let focused = self.spec.sinks[*sink].exact && has_focus(&self.spec.sinks[*sink].formula);
            if let Some((_, given)) = self.given.as_ref().filter(|(at, _)| *at == node && !focused) {
                reaching.union(given);
            }
            if let Some(state) = self.flow.state() {
                reaching.union(&state.get(RAN).all());
            }
            self.sink(mark.index, reaching);
        }
        value
    }

    /// Whether of an object only one field is read: what others hold does not count then. A method gets the whole object.
    fn is_passed_through(&self, node: NodeId) -> bool {
        let tree = self.tree();
        let member = tree.parent(node).filter(|&parent| tree.kind(parent) == Kind::Member);
        tree.role(node) == Role::Object && member.is_some_and(|member| tree.role(member) != Role::Callee)
    }

    fn propagate(&mut self, index: usize, node: NodeId, value: &Cell) {
        let (propagator, found) = &self.matches.propagators[index];
        let propagator = &self.spec.propagators[*propagator];
        let mut taints = value.all();
        if !self.satisfies(&propagator.requires, &taints) {
            self.halt(Why::PropagatorAsks(index), node, |_| value.all());
            taints = Taints::default();
        }
        let traces = &mut self.traces;
        taints = taints.map(|trace| traces.step(trace, found.span, StepKind::Call));
        if let Some(label) = propagator.label {
            let label = self.label(label);
            let mut relabelled = Taints::default();
            for taint in taints.iter() {
                relabelled.add(Taint { label, ..taint });
            }
            taints = relabelled;
        }
        if propagator.by_side_effect {
            for to in bound(self.tree(), found, propagator.to) {
                if let Some(place) = self.place(to) {
                    self.add_to(&place, &taints);
                }
            }
        }
        self.propagated.insert(index, taints);
    }

    fn sink(&mut self, index: usize, taints: Taints) {
        let (sink, found) = &self.matches.sinks[index];
        let parts = match &self.spec.sinks[*sink].requires {
            SinkRequires::Whole(requires) => vec![(taints, requires)],
            SinkRequires::Each(each) => {
                each.iter().map(|(name, requires)| (self.asked_of(found, *name), requires)).collect()
            }
        };
        let mut taints = Taints::default();
        let (mut unlike, mut unmet) = (false, None);
        for (number, (came, requires)) in parts.into_iter().enumerate() {
            let before = came.len();
            let part = came.filter(|taint| self.may_reach(found, taint));
            unlike |= part.len() < before;
            if unmet.is_none() && !self.holds(requires, &part) {
                unmet = Some((number, part.clone()));
            }
            taints.union(&part);
        }
        self.arrive(index, &taints, unlike, unmet.as_ref());
        if unmet.is_some() {
            return;
        }
        let reached: Vec<_> = taints.iter().map(|taint| (index, taint)).collect();
        self.reach(&reached);
    }

    /// Notes that sinks are reached.
    pub(super) fn reach(&mut self, reached: &[(usize, Taint)]) {
        for &(sink, taint) in reached {
            if !self.may_reach(&self.matches.sinks[sink].1, &taint) {
                continue;
            }
            let key = (sink, taint.origin, taint.label);
            let length = self.traces.length(taint.trace);
            if self.reached.get(&key).is_none_or(|best| length < self.traces.length(best.trace)) {
                self.reached.insert(key, taint);
            }
        }
    }

    /// Whether a sink's match and that of a source agree, where the rule wants that.
    pub(super) fn may_reach(&self, sink: &Match, taint: &Taint) -> bool {
        match taint.origin {
            Origin::Source(source) => self.agrees(sink, source),
            // Its caller knows.
            Origin::Input(_) => true,
        }
    }

    /// Whether what comes from a source counts at a sink: always, or with `taint_unify_mvars` if their matches agree.
    pub(super) fn agrees(&self, sink: &Match, source: u32) -> bool {
        !self.options.taint_unify_mvars || self.unify(sink, &self.matches.sources[source as usize].1)
    }

    /// What a metavariable of a sink, of which the sink asks by itself, is known to hold.
    fn asked_of(&self, sink: &Match, metavariable: Symbol) -> Taints {
        let mut taints = Taints::default();
        for asked in bound(self.tree(), sink, metavariable).iter().filter_map(|node| self.asked.get(node)) {
            taints.union(asked);
        }
        taints
    }

    /// Whether two matches bind the same text wherever they bind the same metavariable.
    fn unify(&self, a: &Match, b: &Match) -> bool {
        let Bindings(a) = &a.bindings;
        let Bindings(b) = &b.bindings;
        a.iter().all(|(name, binding)| {
            let other = b.iter().find(|(other, _)| other == name);
            other.is_none_or(|(_, other)| self.text(binding) == self.text(other))
        })
    }

    fn text(&self, binding: &Binding) -> &'t str {
        let span = match binding {
            Binding::Node(node) => self.tree().span(*node),
            Binding::Nodes(_, span) | Binding::Text(span) => *span,
        };
        span.text(self.file.text)
    }

    /// The name of a label.
    pub(super) fn label_name(&self, label: u8) -> Option<Symbol> {
        self.labels.get(usize::from(label)).copied()
    }

    fn label(&self, label: Symbol) -> u8 {
        self.labels.binary_search(&label).map_or(u8::MAX, |at| at as u8)
    }

    /// Whether the labels of some taint meet a condition. No taint at all meets none.
    fn satisfies(&self, requires: &Requires, taints: &Taints) -> bool {
        !taints.is_empty() && self.holds(requires, taints)
    }

    fn holds(&self, requires: &Requires, taints: &Taints) -> bool {
        match requires {
            Requires::Any => true,
            Requires::Label(label) => {
                let label = self.label(*label);
                taints.iter().any(|taint| taint.label == label)
            }
            Requires::Not(inner) => !self.holds(inner, taints),
            Requires::And(a, b) => self.holds(a, taints) && self.holds(b, taints),
            Requires::Or(a, b) => self.holds(a, taints) || self.holds(b, taints),
            Requires::Constant(value) => *value,
        }
    }
}

/// Whether a formula's match is a metavariable's place.
fn has_focus(formula: &Formula) -> bool {
    !formula.focus.is_empty()
        || match &formula.node {
            Node::All(all) | Node::Any(all) => all.iter().any(has_focus),
            _ => false,
        }
}
