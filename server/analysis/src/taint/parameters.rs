//! Which argument goes to which parameter: by position, by name, and what takes the rest.

use super::call::Arguments;
use super::cell::{Cell, Store, number};
use super::engine::Engine;
use super::resolve::{Receiver, Target};
use crate::flow::Interpret;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

/// What a call hands to the parameters of a function.
pub(super) struct Bound {
    /// By parameter; nothing where the call says nothing.
    pub(super) cells: Vec<Option<Cell>>,
    /// The arguments that are handed over as they are, by parameter.
    pub(super) nodes: Vec<Option<NodeId>>,
}

impl Engine<'_> {
    /// Which argument each parameter gets.
    pub(super) fn bind_arguments(&self, function: NodeId, arguments: &Arguments, target: &Target) -> Bound {
        let tree = self.tree();
        let parameters: Vec<NodeId> = tree.with_role(function, Role::Param).collect();
        let skipped = usize::from(self.has_own_parameter(function) && !matches!(target.receiver, Receiver::Explicit));
        let mut bound = Bound { cells: vec![None; parameters.len()], nodes: vec![None; parameters.len()] };
        let star = |at: usize| tree.sym(parameters[at]).as_str();
        let named = |name: Symbol| {
            let is_named = |parameter: &NodeId| {
                let own = tree.child(*parameter, Role::Name);
                own.is_some_and(|own| tree.sym(own).as_str().trim_start_matches('$') == name.as_str())
            };
            parameters.iter().position(is_named)
        };
        let rest = (skipped..parameters.len()).find(|&at| matches!(star(at), "*" | "..."));
        let keywords = (skipped..parameters.len()).find(|&at| star(at) == "**");
        let add = |bound: &mut Bound, at: usize, path: &[Symbol], cell: &Cell| {
            let whole = bound.cells[at].get_or_insert_with(Cell::default);
            whole.set(path, cell, if path.is_empty() { Store::Replace } else { Store::Add });
        };
        let mut at = skipped;
        let mut in_rest = 0;
        for (node, cell) in arguments.each.iter().skip(target.skip) {
            let node = *node;
            if tree.role(node) == Role::BlockArg {
                if let Some(block) = (0..parameters.len()).find(|&at| star(at) == "&") {
                    add(&mut bound, block, &[], cell);
                }
                continue;
            }
            match tree.kind(node) {
                Kind::KeywordArg => {
                    let name = tree.sym(node);
                    if let Some(at) = named(name).filter(|&at| !matches!(star(at), "**" | "*")) {
                        add(&mut bound, at, &[], cell);
                        bound.nodes[at] = tree.child(node, Role::Value);
                    } else if let Some(keywords) = keywords {
                        add(&mut bound, keywords, &[name], cell);
                    } else if at < parameters.len() && self.language() == Language::Ruby {
                        // A method takes keywords as a hash.
                        let last = parameters.len() - 1;
                        add(&mut bound, last.max(at), &[name], cell);
                    }
                }
                Kind::Spread if tree.sym(node).as_str() == "**" => {
                    for (parameter, &node) in parameters.iter().enumerate().skip(skipped) {
                        let own = tree.child(node, Role::Name).map(|own| tree.sym(own));
                        if Some(parameter) == keywords {
                            add(&mut bound, parameter, &[], cell);
                        } else if let (Some(name), None) = (own, &bound.cells[parameter]) {
                            add(&mut bound, parameter, &[], &cell.field(name));
                        }
                    }
                }
                Kind::Spread if tree.sym(node).as_str() != "&" => {
                    let mut from = 0;
                    while at < parameters.len() && Some(at) != rest {
                        if !matches!(star(at), "**" | "&") {
                            add(&mut bound, at, &[], &cell.field(number(from)));
                            from += 1;
                        }
                        at += 1;
                    }
                    if let Some(rest) = rest {
                        if from == 0 && in_rest == 0 {
                            add(&mut bound, rest, &[], cell);
                        } else {
                            let any = cell.clone().any_field();
                            bound.cells[rest].get_or_insert_with(Cell::default).taint(&any.all());
                        }
                    }
                }
                _ if at < parameters.len() && Some(at) != rest && !matches!(star(at), "**" | "&") => {
                    let name = tree.child(parameters[at], Role::Name).map(|name| tree.sym(name));
                    match name.and_then(|name| self.telling_literal(function, name, node)) {
                        Some(literal) => add(&mut bound, at, &[], &cell.clone().with_literal(literal)),
                        None => add(&mut bound, at, &[], cell),
                    }
                    bound.nodes[at] = Some(node);
                    at += 1;
                }
                _ => {
                    if let Some(rest) = rest {
                        add(&mut bound, rest, &[number(in_rest)], cell);
                        in_rest += 1;
                    }
                }
            }
        }
        bound
    }
}
