//! Calls: what comes back, what is changed by them, and functions handed to them.

use super::cell::{Cell, Taints};
use super::engine::Engine;
use crate::budget::Stop;
use crate::flow::Interpret;
use weir_model::{Language, StepKind};
use weir_syntax::{Kind, NodeId, Role};

/// Methods that store their arguments in the object they are called on.
const STORES: &[&str] = &[
    "add",
    "addAll",
    "addElement",
    "addFirst",
    "addLast",
    "append",
    "appendleft",
    "concat!",
    "extend",
    "insert",
    "insertElementAt",
    "insert_all",
    "merge!",
    "offer",
    "offerFirst",
    "offerLast",
    "prepend",
    "push",
    "put",
    "putAll",
    "putIfAbsent",
    "set",
    "setAttribute",
    "setProperty",
    "setdefault",
    "splice",
    "store",
    "unshift",
    "update",
    "write",
    "writelines",
];

/// Functions that store their later arguments in their first.
const STORES_IN_FIRST: &[&str] = &["array_push", "array_unshift", "array_splice", "assign", "extend", "arraycopy"];

/// Functions and methods that hand the elements of a collection, or a value, to a function they are given.
const HANDS_OVER: &[&str] = &[
    "all?",
    "allMatch",
    "any?",
    "anyMatch",
    "array_filter",
    "array_map",
    "array_reduce",
    "array_walk",
    "collect",
    "detect",
    "each",
    "each_entry",
    "each_key",
    "each_pair",
    "each_value",
    "each_with_index",
    "each_with_object",
    "every",
    "filter",
    "filter_map",
    "find",
    "findIndex",
    "find_all",
    "flatMap",
    "flat_map",
    "forEach",
    "forEachOrdered",
    "group_by",
    "ifPresent",
    "inject",
    "map",
    "map!",
    "mapToObj",
    "map_join",
    "max_by",
    "min_by",
    "noneMatch",
    "partition",
    "peek",
    "reduce",
    "reduceRight",
    "reject",
    "select",
    "some",
    "sort_by",
    "sorted",
    "tap",
    "then",
    "thenAccept",
    "thenApply",
    "thenCompose",
    "transform_values",
    "usort",
    "yield_self",
];

/// Functions and methods whose result is a number or a boolean.
const NUMBERS: &[&str] = &[
    "int",
    "float",
    "len",
    "parseInt",
    "parseFloat",
    "Number",
    "intval",
    "floatval",
    "count",
    "size",
    "length",
    "to_i",
    "to_f",
    "strlen",
];
const BOOLEANS: &[&str] = &[
    "bool",
    "Boolean",
    "boolval",
    "isEmpty",
    "empty",
    "isset",
    "equals",
    "contains",
    "startsWith",
    "endsWith",
    "startswith",
    "endswith",
    "includes",
    "hasOwnProperty",
    "is_numeric",
];

impl Engine<'_> {
    pub(super) fn call(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let callee = tree.child(node, Role::Callee);
        let receiver = callee.filter(|&callee| tree.kind(callee) == Kind::Member);
        let name = receiver.map_or(callee, |member| tree.child(member, Role::Name));
        let name = name.filter(|&name| tree.kind(name) == Kind::Ident).map_or("", |name| tree.sym(name).as_str());
        let mut whole = Taints::default();
        if let Some(member) = receiver {
            self.enter(member);
            let object = self.eval_child(member, Role::Object)?;
            whole.union(&object.all());
            let method = match tree.child(member, Role::Name).filter(|&name| tree.kind(name) == Kind::Ident) {
                Some(name) => object.field(tree.sym(name)),
                None => Cell::flat(object.all()),
            };
            whole.union(&self.leave(member, method)?.all());
        } else if let Some(callee) = callee {
            if tree.kind(callee) == Kind::Lambda {
                self.enter(callee);
                let returned = self.lambda(callee, None)?;
                whole.union(&self.leave(callee, returned)?.all());
            } else {
                whole.union(&self.eval(callee)?.all());
            }
        }
        let of_receiver = whole.clone();
        let arguments = self.arguments(node, name, &mut whole)?;
        self.stores(node, receiver, name, &of_receiver, &arguments);
        self.may_throw();
        let safe = self.options.taint_assume_safe_functions
            || self.only_assignments()
            || (self.options.taint_assume_safe_numbers && NUMBERS.contains(&name))
            || (self.options.taint_assume_safe_booleans && BOOLEANS.contains(&name));
        if safe {
            // Clean is only what comes back.
            self.given = Some((node, whole));
            return Ok(Cell::default());
        }
        Ok(self.step(Cell::flat(whole), tree.span(node), StepKind::Call))
    }

    pub(super) fn new_object(&mut self, node: NodeId) -> Result<Cell, Stop> {
        self.eval_child(node, Role::Callee)?;
        let mut whole = Taints::default();
        self.arguments(node, "", &mut whole)?;
        self.eval_child(node, Role::Body)?;
        self.may_throw();
        if self.options.taint_assume_safe_functions || self.only_assignments() {
            self.given = Some((node, whole));
            return Ok(Cell::default());
        }
        Ok(self.step(Cell::flat(whole), self.tree().span(node), StepKind::Call))
    }

    /// Evaluates the arguments, functions among them last: they may be handed what the others hold. Adds their taint to
    /// `whole` and gives it argument by argument.
    fn arguments(&mut self, node: NodeId, name: &str, whole: &mut Taints) -> Result<Vec<(NodeId, Taints)>, Stop> {
        let tree = self.tree();
        let all = || tree.children(node).filter(|&child| matches!(tree.role(child), Role::Arg | Role::BlockArg));
        let mut arguments = Vec::new();
        for argument in all() {
            if function_in(self, argument).is_none() {
                let value = self.eval(argument)?.all();
                whole.union(&value);
                arguments.push((argument, value));
            }
        }
        let handed = HANDS_OVER.contains(&name).then(|| Cell::flat(whole.clone()));
        for argument in all() {
            if let Some(function) = function_in(self, argument) {
                self.enter(function);
                let returned = self.lambda(function, handed.as_ref())?;
                if handed.is_some() {
                    whole.union(&returned.all());
                }
                self.leave(function, Cell::default())?;
            }
        }
        Ok(arguments)
    }

    /// What a call stores in its receiver or first argument.
    fn stores(
        &mut self,
        node: NodeId,
        receiver: Option<NodeId>,
        name: &str,
        of_receiver: &Taints,
        arguments: &[(NodeId, Taints)],
    ) {
        let tree = self.tree();
        let mut stored = Taints::default();
        let (target, from) = if STORES_IN_FIRST.contains(&name) && arguments.len() > 1 {
            (arguments.first().map(|&(first, _)| first), 1)
        } else if STORES.contains(&name) && self.language() != Language::Elixir {
            (receiver.and_then(|member| tree.child(member, Role::Object)), 0)
        } else {
            return;
        };
        for (_, taints) in &arguments[from..] {
            stored.union(taints);
        }
        if from == 0 {
            // What is there already needs no second way.
            stored = stored
                .filter(|taint| !of_receiver.iter().any(|old| old.source == taint.source && old.label == taint.label));
        }
        let Some(place) = target.and_then(|target| self.place(target)) else { return };
        let stored = self.step(Cell::flat(stored), tree.span(node), StepKind::Call).all();
        self.add_to(&place, &stored);
    }
}

/// The function expression an argument is.
fn function_in(engine: &Engine<'_>, argument: NodeId) -> Option<NodeId> {
    let tree = engine.tree();
    (tree.kind(argument) == Kind::Lambda).then_some(argument)
}
