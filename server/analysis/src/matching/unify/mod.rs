//! A pattern's tree against the code's tree.
//!
//! Every function here gets a pattern's node, a code's node and the bindings so far, and answers with all the bindings under
//! which they match: none, mostly one, more where an ellipsis leaves a choice. Recursion follows the code's depth, which
//! lowering bounds.

mod arguments;
mod definitions;
mod imports;
mod statements;
mod strings;
mod structure;

pub(super) use strings::{content_span, same_value};

use super::Binding;
use super::found::Anchors;
use super::metavar::Env;
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::rule::regex::Regex;
use crate::rule::{Options, PatternLeaf};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

/// Of the ways to match things in any order so many are told: they grow as the factorial of the number of things.
pub(super) const MOST_ORDERS: usize = 100;

/// The bindings of every way to match.
pub(super) type Envs = Result<Vec<Env>, Stop>;

/// One pattern in one file.
pub(super) struct Unifier<'a> {
    pub(super) pattern: &'a Tree,
    pub(super) options: Options,
    pub(super) file: &'a FileContext<'a>,
    pub(super) budget: &'a Budget<'a>,
    /// By the pattern's node: its rarest name, if all code that matches it must contain the name.
    anchors: Anchors,
    /// The regexes of the pattern's strings (`"=~/re/"`).
    regexes: RefCell<HashMap<Symbol, Option<Rc<Regex>>>>,
}

impl<'a> Unifier<'a> {
    /// A pattern to be tried in a file.
    pub(super) fn new(pattern: &'a Tree, options: Options, file: &'a FileContext<'a>, budget: &'a Budget<'a>) -> Self {
        Self { pattern, options, file, budget, anchors: anchors(pattern, options, file), regexes: RefCell::default() }
    }

    /// The pattern of a leaf, to be tried in a file.
    pub(super) fn of_leaf(
        leaf: &PatternLeaf,
        pattern: &'a Tree,
        file: &'a FileContext<'a>,
        budget: &'a Budget<'a>,
    ) -> Self {
        let options = leaf.options;
        let anchors = file.found.anchors(leaf, || anchors(pattern, options, file));
        Self { pattern, options, file, budget, anchors, regexes: RefCell::default() }
    }

    /// The regex that a pattern's string is, if it is one.
    fn regex_of(&self, text: Symbol) -> Option<Rc<Regex>> {
        let mut regexes = self.regexes.borrow_mut();
        regexes.entry(text).or_insert_with(|| strings::regex_of(text).map(Rc::new)).clone()
    }

    /// The rarest name that all code that matches a pattern's node must contain, if there is one.
    pub(super) fn anchor(&self, p: NodeId) -> Option<Symbol> {
        self.anchors[p.0 as usize]
    }

    /// Whether code with these nodes contains the names that a pattern's node asks for.
    pub(super) fn may_occur(&self, p: NodeId, scope: std::ops::Range<u32>) -> bool {
        self.anchors[p.0 as usize].is_none_or(|name| self.file.index.occurs_in(name, scope))
    }
}

/// The rarest name below each node of a pattern. Names that code may write differently (values stand for others, PHP ignores
/// case) are no anchors.
fn anchors(pattern: &Tree, options: Options, file: &FileContext<'_>) -> Anchors {
    let mut anchors: Vec<Option<Symbol>> = vec![None; pattern.len()];
    if options.symbolic_propagation || file.language == Language::Php {
        return anchors.into();
    }
    for node in pattern.ids().rev() {
        let count = |name: Symbol| file.index.occurrences(name).len();
        if pattern.kind(node) == Kind::Ident && is_anchor(pattern, node, file) {
            anchors[node.0 as usize] = Some(pattern.sym(node));
        }
        // Types are evident where nobody wrote them; a decorator or modifier is a part like any other.
        if pattern.kind(node) == Kind::TypedMetavar {
            anchors[node.0 as usize] = None;
        } else {
            for child in pattern.children(node) {
                let best = anchors[node.0 as usize];
                let other = anchors[child.0 as usize];
                anchors[node.0 as usize] = match (best, other) {
                    (Some(a), Some(b)) => Some(if count(b) < count(a) { b } else { a }),
                    (a, b) => a.or(b),
                };
            }
        }
    }
    anchors.into()
}

/// Whether code that matches a pattern's name must contain it, or a name that an import lets stand for it.
fn is_anchor(pattern: &Tree, node: NodeId, file: &FileContext<'_>) -> bool {
    let name = pattern.sym(node);
    let in_import =
        || pattern.ancestors(node).any(|above| matches!(pattern.kind(above), Kind::Import | Kind::ImportFrom));
    !file.names.is_imported(name) || !(file.names.is_opened(name) || in_import())
}

impl Unifier<'_> {
    /// A pattern's node against a code's node.
    pub(super) fn node(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        self.budget.tick()?;
        let (pk, tk) = (self.pattern.kind(p), self.file.tree.kind(t));
        match pk {
            Kind::Ellipsis => return Ok(vec![env]),
            Kind::Metavar => {
                let mut envs = self.bind(p, Binding::Node(t), env.clone());
                if self.options.symbolic_propagation {
                    extend(&mut envs, self.equivalent(p, t, env)?);
                }
                return Ok(envs);
            }
            Kind::EllipsisMetavar => {
                let binding = Binding::Nodes(vec![t], self.file.tree.span(t));
                return Ok(self.bind(p, binding, env));
            }
            Kind::TypedMetavar => return self.typed(p, t, env),
            Kind::DeepEllipsis => return self.deep(p, t, env),
            _ => {}
        }
        let envs = self.kinds(p, t, pk, tk, env.clone())?;
        if envs.is_empty() { self.equivalent(p, t, env) } else { Ok(envs) }
    }

    fn kinds(&self, p: NodeId, t: NodeId, pk: Kind, tk: Kind, env: Env) -> Envs {
        match (pk, tk) {
            (Kind::Function | Kind::Lambda, Kind::Function | Kind::Lambda) if self.is_other_arrow(p, t) => {
                Ok(Vec::new())
            }
            (Kind::Str, Kind::Template) if self.pattern.sym(p).as_str().starts_with("$...") => {
                let parts: Vec<NodeId> = self.file.tree.children(t).collect();
                let span = self.file.tree.span(t);
                Ok(self.bind(p, Binding::Nodes(parts, span), env))
            }
            (Kind::Str, _) => self.string(p, t, env),
            (Kind::Template, Kind::Template) => self.template(p, t, env),
            (Kind::Template, Kind::Str) if self.is_backtick(t) && self.pattern.children(p).count() <= 1 => {
                self.template(p, t, env)
            }
            (Kind::Atom, Kind::Atom) => self.atom(p, t, env),
            (Kind::For, Kind::For | Kind::ForEach) if self.is_any_loop(p) => self.loop_body(p, t, env),
            (Kind::Return, Kind::Return) => self.structure(p, t, env),
            (Kind::Return, _) if self.options.implicit_return && self.file.index.is_returned(self.file, t) => {
                match self.pattern.child(p, Role::Value) {
                    Some(value) => self.node(value, t, env),
                    None => Ok(Vec::new()),
                }
            }
            (Kind::Regex, Kind::Regex) => self.regex(p, t, env),
            (Kind::Number, Kind::Number) => Ok(keep(self.same_number(p, t), env)),
            (Kind::Call, Kind::Call) | (Kind::New, Kind::New) => self.call(p, t, env),
            (Kind::Call, Kind::Ident) if self.is_hidden_call(t) => self.hidden_call(p, t, env),
            (Kind::Call, Kind::Decorator) => self.decorator_as_call(p, t, env),
            (Kind::Subscript, Kind::Subscript)
                if structure::slices(self.pattern, p) != structure::slices(self.file.tree, t) =>
            {
                Ok(Vec::new())
            }
            (Kind::Block | Kind::File, Kind::Block | Kind::File) => self.block(p, t, env),
            // `else if` is an else with one statement.
            (Kind::Block, Kind::If) if self.file.tree.role(t) == Role::Else => self.block(p, t, env),
            (Kind::Binary, Kind::Binary) => self.binary(p, t, env),
            (Kind::Binary, Kind::Assign) => self.compound(p, t, env),
            (Kind::Ident, Kind::Ident) => Ok(keep(self.same_name(p, t), env)),
            (Kind::Ident, Kind::Str) if self.file.tree.role(t) == Role::Module => {
                Ok(keep(self.pattern.sym(p) == self.file.tree.sym(t), env))
            }
            // Elixir's `%{body: x}` has an atom as key, which patterns call by its bare name.
            (Kind::Ident, Kind::Atom)
                if self.file.language == Language::Elixir && self.file.tree.role(t) == Role::Key =>
            {
                Ok(keep(self.pattern.sym(p) == self.file.tree.sym(t), env))
            }
            (Kind::Assign, Kind::Assign) => self.assign(p, t, env),
            (Kind::Array, Kind::Dict) if self.file.language == Language::Php && self.is_all_ellipsis(p) => {
                Ok(vec![env])
            }
            (Kind::Assign, Kind::VarDef) => self.assign_of_definition(p, t, env),
            (Kind::Function, Kind::VarDef | Kind::Pair) => self.function_value(p, t, env),
            (Kind::Function, Kind::Function)
                if self.is_singleton(self.pattern, p) != self.is_singleton(self.file.tree, t) =>
            {
                Ok(Vec::new())
            }
            (Kind::Function, Kind::Lambda) if self.is_chain_ellipsis(p) => self.roles(p, t, &[Role::Name], env),
            (Kind::Lambda, Kind::Lambda) => {
                // Whether it is `async` is left open.
                let name = (!self.names_both(p, t)).then_some(Role::Name);
                let done: Vec<Role> =
                    name.into_iter().chain(self.has_open_objects().then_some(Role::Modifier)).collect();
                self.roles(p, t, &done, env)
            }
            (Kind::Lambda, Kind::Function) if self.file.tree.role(t) != Role::Stmt => self.roles(p, t, &[], env),
            (Kind::Class, Kind::Class) => self.class(p, t, env),
            (Kind::Decorator, Kind::Decorator) => self.decorator(p, t, env),
            (Kind::Modifier, Kind::Modifier) => Ok(keep(self.modifier(p, t), env)),
            (Kind::Catch, Kind::Catch) => self.catch(p, t, env),
            (Kind::ForEach, Kind::ForEach) => self.for_each(p, t, env),
            (Kind::Dict, Kind::Dict) => self.unordered(p, t, Role::Entry, env),
            (Kind::Dict | Kind::Set, Kind::Dict | Kind::Set) if self.is_all_ellipsis(p) => Ok(vec![env]),
            (Kind::Dict | Kind::Set, Kind::Comprehension) if self.is_all_ellipsis(p) => {
                Ok(keep(matches!(self.file.tree.sym(t).as_str(), "set" | "dict"), env))
            }
            (Kind::Array, Kind::Comprehension) if self.is_all_ellipsis(p) => {
                Ok(keep(self.file.tree.sym(t).as_str() == "list", env))
            }
            (Kind::Import | Kind::ImportFrom, Kind::Import | Kind::ImportFrom | Kind::VarDef) => self.import(p, t, env),
            (Kind::Member, _) if self.is_chain_ellipsis(p) => self.chain(p, t, &env),
            (Kind::Jsx, Kind::Jsx) => self.jsx(p, t, env),
            (Kind::Token, Kind::Token) if strings::is_metavar(self.pattern.sym(p)) => {
                Ok(self.bind(p, Binding::Text(self.file.tree.span(t)), env))
            }
            // What only the type checker sees.
            (pk, Kind::Cast) if pk != Kind::Cast && self.file.tree.sym(t).as_str() == "as" => {
                match self.file.tree.child(t, Role::Value) {
                    Some(value) => self.node(p, value, env),
                    None => Ok(Vec::new()),
                }
            }
            _ if pk == tk => self.structure(p, t, env),
            _ => Ok(Vec::new()),
        }
    }

    /// Whether only one of two functions is an arrow, where that makes a difference.
    pub(super) fn is_other_arrow(&self, p: NodeId, t: NodeId) -> bool {
        !self.options.arrow_is_function
            && (self.pattern.sym(p).as_str() == "=>") != (self.file.tree.sym(t).as_str() == "=>")
    }

    /// Whether a function expression's own name takes part: it is only for the function itself, so that the pattern may
    /// give it another one, but a metavariable is bound to it.
    fn names_both(&self, p: NodeId, t: NodeId) -> bool {
        let wanted = self.pattern.child(p, Role::Name);
        wanted.is_some_and(|name| self.pattern.kind(name) == Kind::Metavar)
            && self.file.tree.child(t, Role::Name).is_some()
    }

    /// PHP does not tell apart upper and lower case in names of functions and classes.
    fn same_name(&self, p: NodeId, t: NodeId) -> bool {
        let (wanted, name) = (self.pattern.sym(p), self.file.tree.sym(t));
        wanted == name
            || (self.file.language == Language::Php
                && !name.as_str().starts_with('$')
                && wanted.as_str().eq_ignore_ascii_case(name.as_str()))
    }

    /// Whether a string is a template without anything put in.
    fn is_backtick(&self, t: NodeId) -> bool {
        self.file.tree.span(t).text(self.file.text).trim_start_matches(['(', ' ', '\t', '\r', '\n']).starts_with('`')
    }

    fn modifier(&self, p: NodeId, t: NodeId) -> bool {
        let (wanted, modifier) = (self.pattern.sym(p), self.file.tree.sym(t));
        let declares = matches!(modifier.as_str(), "let" | "const");
        wanted == modifier || (self.options.let_is_var && wanted.as_str() == "var" && declares)
    }

    /// In JavaScript an object of a pattern may have more in the code.
    fn has_open_objects(&self) -> bool {
        matches!(self.file.language, Language::JavaScript | Language::TypeScript | Language::Tsx)
    }

    /// Whether `a += b` is as good as `a = a + b`.
    pub(in crate::matching) fn computes_assignments(&self) -> bool {
        self.has_open_objects()
    }

    /// Whether a node is `o. ...`.
    pub(in crate::matching) fn is_chain_ellipsis(&self, p: NodeId) -> bool {
        self.pattern.child(p, Role::Name).is_some_and(|name| self.pattern.kind(name) == Kind::Ellipsis)
    }

    /// `o. ...`: the object, or what any members and calls of them make of it.
    fn chain(&self, p: NodeId, t: NodeId, env: &Env) -> Envs {
        let tree = self.file.tree;
        let Some(object) = self.pattern.child(p, Role::Object) else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        // Where nothing comes after it something must be done with the object.
        let called = if tree.kind(t) == Kind::Call { tree.child(t, Role::Callee) } else { Some(t) };
        let is_chain = called.is_some_and(|called| tree.kind(called) == Kind::Member);
        if self.pattern.role(p) != Role::Object && !is_chain {
            return Ok(out);
        }
        let mut at = Some(t);
        while let Some(node) = at {
            extend(&mut out, self.node(object, node, env.clone())?);
            at = match tree.kind(node) {
                Kind::Call => tree.child(node, Role::Callee).filter(|&callee| tree.kind(callee) == Kind::Member),
                Kind::Member => tree.child(node, Role::Object),
                Kind::Await => tree.child(node, Role::Value),
                _ => None,
            };
        }
        Ok(out)
    }

    /// `<... p ...>`: the node or anything below it. Of an expression only what it is made of, not what functions in it do.
    fn deep(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let Some(inner) = self.pattern.children(p).next() else { return Ok(vec![env]) };
        let tree = self.file.tree;
        let is_statement = tree.role(t) == Role::Stmt;
        let mut out = Vec::new();
        // What names stand for is looked into as well.
        let mut tops = vec![t];
        let mut next = 0;
        while let Some(&top) = tops.get(next) {
            next += 1;
            let (mut at, end) = (top, tree.end(top));
            while at < end {
                let below = at;
                if !is_statement && self.runs_apart(below) {
                    at = tree.end(below);
                    continue;
                }
                at = NodeId(below.0 + 1);
                if self.may_stand(inner, below) || below == top {
                    extend(&mut out, self.node(inner, below, env.clone())?);
                }
                let value = self.file.constants.symbolic(below).filter(|_| self.options.symbolic_propagation);
                if let Some(value) = value.filter(|value| tops.len() < MOST_ORDERS && !tops.contains(value)) {
                    tops.push(value);
                }
            }
        }
        Ok(out)
    }

    /// Whether these are the statements of a function, a class or a block that stands in an expression. A lone expression as a
    /// body (`lambda: x`, `fn() => x`) is a part of the expression around, but for JavaScript's arrows.
    fn runs_apart(&self, node: NodeId) -> bool {
        let tree = self.file.tree;
        let is_body = tree.role(node) == Role::Body && tree.kind(node) == Kind::Block;
        let is_script = matches!(self.file.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
        let is_expression = || {
            let lone = tree.children(node).next().filter(|&lone| tree.kind(lone) == Kind::Return);
            lone.is_some_and(|lone| tree.span(lone) == tree.span(node))
        };
        is_body && (is_script || !is_expression())
    }

    /// A metavariable of a written type: the code's type is declared in this file, or stands in the code itself.
    fn typed(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let Some(wanted) = self.pattern.child(p, Role::Type) else { return Ok(Vec::new()) };
        let envs = self.of_type(wanted, t, env)?;
        Ok(envs.into_iter().flat_map(|env| self.bind(p, Binding::Node(t), env)).collect())
    }

    pub(super) fn bind(&self, p: NodeId, binding: Binding, env: Env) -> Vec<Env> {
        env.bind(self.file, self.pattern.sym(p), binding).into_iter().collect()
    }

    /// Runs the next step under each of the bindings so far.
    pub(super) fn each(&self, envs: Vec<Env>, mut step: impl FnMut(Env) -> Envs) -> Envs {
        let mut out = Vec::new();
        for env in envs {
            self.budget.tick()?;
            extend(&mut out, step(env)?);
        }
        Ok(out)
    }

    fn is_all_ellipsis(&self, p: NodeId) -> bool {
        let mut children = self.pattern.children(p);
        children.next().is_some_and(|child| self.pattern.kind(child) == Kind::Ellipsis) && children.next().is_none()
    }

    /// Whether an expression of a pattern may stand at a node: it is an expression by itself, not a part of a definition, a
    /// name or a type, or it is what the pattern shows.
    pub(in crate::matching) fn may_stand(&self, p: NodeId, t: NodeId) -> bool {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let kind = tree.kind(t);
        let is_shown = || kind == Kind::Other && pattern.kind(p) == kind && pattern.sym(p) == tree.sym(t);
        is_expression_kind(kind) && (self.file.index.is_expression_place(t) || is_shown())
    }
}

/// The kinds that are expressions.
pub(super) fn is_expression_kind(kind: Kind) -> bool {
    use Kind::{
        Array, Assign, Atom, Await, Binary, Bool, Call, Cast, Comprehension, Conditional, Dict, Generic, Ident, Jsx,
        Lambda, Member, New, Null, Number, Other, Regex, Set, Slice, Spread, Str, Subscript, Template, Token, Tuple,
        Unary, Yield,
    };
    matches!(
        kind,
        Array
            | Assign
            | Atom
            | Await
            | Binary
            | Bool
            | Call
            | Cast
            | Comprehension
            | Conditional
            | Dict
            | Generic
            | Ident
            | Jsx
            | Lambda
            | Member
            | New
            | Null
            | Number
            | Other
            | Regex
            | Set
            | Slice
            | Spread
            | Str
            | Subscript
            | Template
            | Token
            | Tuple
            | Unary
            | Yield
    )
}

/// The environment, if a condition holds.
pub(super) fn keep(condition: bool, env: Env) -> Vec<Env> {
    if condition { vec![env] } else { Vec::new() }
}

/// Appends what is not there yet.
pub(super) fn extend(out: &mut Vec<Env>, more: Vec<Env>) {
    for env in more {
        if !out.contains(&env) {
            out.push(env);
        }
    }
}
