//! Which nodes the formulas of a taint rule matched.

use super::TaintMatches;
use super::exit::is_at_exit;
use crate::hash::NumberMap;
use crate::matching::{Binding, Match};
use crate::rule::{SideEffect, SinkRequires, TaintSpec};
use weir_model::Span;
use weir_syntax::{NodeId, Symbol, Tree};

/// What a node is to the rule. The number is the index into the matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) role: MarkRole,
    pub(super) index: usize,
    /// Holds for the node only, not for what lies within.
    pub(super) exact: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MarkRole {
    Source,
    Sanitizer,
    Sink,
    From,
    To,
    /// What a sink's `requires` asks of by itself.
    Asked,
}

/// The marks of a file, by node.
#[derive(Debug, Default)]
pub(super) struct Marks {
    by_node: NumberMap<NodeId, Vec<Mark>>,
    sources: Vec<NodeId>,
    sinks: Vec<NodeId>,
}

impl Marks {
    pub(super) fn new(tree: &Tree, spec: &TaintSpec, matches: &TaintMatches) -> Self {
        let mut marks = Self::default();
        for (index, (source, found)) in matches.sources.iter().enumerate() {
            marks.add(tree, found, Mark { role: MarkRole::Source, index, exact: spec.sources[*source].exact });
        }
        for (index, (sink, found)) in matches.sinks.iter().enumerate() {
            let sink = &spec.sinks[*sink];
            if sink.at_exit && !is_at_exit(tree, found.span) {
                continue;
            }
            marks.add(tree, found, Mark { role: MarkRole::Sink, index, exact: sink.exact });
            if let SinkRequires::Each(each) = &sink.requires {
                for (name, _) in each {
                    for node in bound(tree, found, *name) {
                        marks.put(node, Mark { role: MarkRole::Asked, index, exact: true });
                    }
                }
            }
        }
        for (index, (sanitizer, found)) in matches.sanitizers.iter().enumerate() {
            let sanitizer = &spec.sanitizers[*sanitizer];
            let conflicts = || {
                let taken = matches.sources.iter().chain(&matches.sinks);
                taken.into_iter().any(|(_, taken)| taken.span == found.span)
            };
            if !(sanitizer.not_conflicting && conflicts()) {
                marks.add(tree, found, Mark { role: MarkRole::Sanitizer, index, exact: sanitizer.exact });
            }
        }
        for (index, (propagator, found)) in matches.propagators.iter().enumerate() {
            let propagator = &spec.propagators[*propagator];
            for (role, name) in [(MarkRole::From, propagator.from), (MarkRole::To, propagator.to)] {
                for node in bound(tree, found, name) {
                    marks.put(node, Mark { role, index, exact: true });
                }
            }
        }
        marks
    }

    pub(super) fn at(&self, node: NodeId) -> &[Mark] {
        self.by_node.get(&node).map_or(&[], Vec::as_slice)
    }

    /// The nodes that are sources.
    pub(super) fn sources(&self) -> &[NodeId] {
        &self.sources
    }

    /// The nodes that are sinks.
    pub(super) fn sinks(&self) -> &[NodeId] {
        &self.sinks
    }

    fn add(&mut self, tree: &Tree, found: &Match, mark: Mark) {
        let nodes = match found.node {
            Some(node) => same_span(tree, node),
            None => in_span(tree, found.span),
        };
        for node in nodes {
            self.put(node, mark);
        }
    }

    fn put(&mut self, node: NodeId, mark: Mark) {
        let marks = self.by_node.entry(node).or_default();
        if !marks.contains(&mark) {
            marks.push(mark);
            match mark.role {
                MarkRole::Source => self.sources.push(node),
                MarkRole::Sink => self.sinks.push(node),
                _ => {}
            }
        }
    }
}

/// The nodes a metavariable is bound to.
pub(super) fn bound(tree: &Tree, found: &Match, name: Symbol) -> Vec<NodeId> {
    match found.bindings.0.iter().find(|(bound, _)| *bound == name) {
        Some((_, Binding::Node(node))) => same_span(tree, *node),
        Some((_, Binding::Nodes(nodes, _))) => nodes.clone(),
        Some((_, Binding::Text(span))) => in_span(tree, *span),
        None => Vec::new(),
    }
}

/// The node and those around and below it that stand at the same place: a parameter and its name.
fn same_span(tree: &Tree, node: NodeId) -> Vec<NodeId> {
    let span = tree.span(node);
    let top = tree.ancestors(node).take_while(|&around| tree.span(around) == span).last().unwrap_or(node);
    let top = if top == Tree::ROOT { node } else { top };
    let mut nodes = vec![top];
    let mut next = 0;
    while let Some(&at) = nodes.get(next) {
        nodes.extend(tree.children(at).filter(|&child| tree.span(child) == span));
        next += 1;
    }
    nodes
}

/// The outermost nodes that lie within a span.
fn in_span(tree: &Tree, span: Span) -> Vec<NodeId> {
    let mut nodes = Vec::new();
    let mut node = NodeId(0);
    while (node.0 as usize) < tree.len() {
        let here = tree.span(node);
        if span.contains(here) && !here.is_empty() {
            nodes.push(node);
            node = tree.end(node);
        } else if here.overlaps(span) {
            node = NodeId(node.0 + 1);
        } else {
            node = tree.end(node);
        }
    }
    nodes
}

/// Whether an entry changes the variable it names, and whether it changes the value too.
pub(super) fn effects(side_effect: SideEffect) -> (bool, bool) {
    match side_effect {
        SideEffect::No => (false, true),
        SideEffect::Yes => (true, true),
        SideEffect::Only => (true, false),
    }
}
