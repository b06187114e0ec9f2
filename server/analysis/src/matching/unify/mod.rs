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

pub(super) use strings::{content_span, same_value};

use super::Binding;
use super::metavar::Env;
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::rule::Options;
use crate::rule::regex::Regex;
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
    anchors: Vec<Option<Symbol>>,
    /// The regexes of the pattern's strings (`"=~/re/"`).
    regexes: RefCell<HashMap<Symbol, Option<Rc<Regex>>>>,
}

impl<'a> Unifier<'a> {
    /// A pattern to be tried in a file.
    pub(super) fn new(pattern: &'a Tree, options: Options, file: &'a FileContext<'a>, budget: &'a Budget<'a>) -> Self {
        Self { pattern, options, file, budget, anchors: anchors(pattern, options, file), regexes: RefCell::default() }
    }

    /// The regex that a pattern's string is, if it is one.
    fn regex_of(&self, text: Symbol) -> Option<Rc<Regex>> {
        let mut regexes = self.regexes.borrow_mut();
        regexes.entry(text).or_insert_with(|| strings::regex_of(text).map(Rc::new)).clone()
    }

    /// Whether code with these nodes contains the names that a pattern's node asks for.
    pub(super) fn may_occur(&self, p: NodeId, scope: std::ops::Range<u32>) -> bool {
        self.anchors[p.0 as usize].is_none_or(|name| self.file.index.occurs_in(name, scope))
    }
}

/// The rarest name below each node of a pattern. Names that code may write differently (imports rename, values stand for
/// others, PHP ignores case) are no anchors.
fn anchors(pattern: &Tree, options: Options, file: &FileContext<'_>) -> Vec<Option<Symbol>> {
    let mut anchors: Vec<Option<Symbol>> = vec![None; pattern.len()];
    if options.symbolic_propagation || file.language == Language::Php {
        return anchors;
    }
    for node in pattern.ids().rev() {
        let count = |name: Symbol| file.index.occurrences(name).len();
        if pattern.kind(node) == Kind::Ident && !file.names.is_imported(pattern.sym(node)) {
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
    anchors
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
            (Kind::Return, _) if self.file.index.is_returned(self.file, t) => {
                match self.pattern.child(p, Role::Value) {
                    Some(value) => self.node(value, t, env),
                    None => Ok(Vec::new()),
                }
            }
            (Kind::Regex, Kind::Regex) => self.regex(p, t, env),
            (Kind::Number, Kind::Number) => Ok(keep(self.same_number(p, t), env)),
            (Kind::Call, Kind::Call) | (Kind::New, Kind::New) => self.call(p, t, env),
            (Kind::Call, Kind::Ident) if self.is_hidden_call(t) => self.hidden_call(p, t, env),
            (Kind::Block | Kind::File, Kind::Block | Kind::File) => self.block(p, t, env),
            (Kind::Binary, Kind::Binary) => self.binary(p, t, env),
            (Kind::Ident, Kind::Ident) => Ok(keep(self.same_name(p, t), env)),
            (Kind::Ident, Kind::Str) if self.file.tree.role(t) == Role::Module => {
                Ok(keep(self.pattern.sym(p) == self.file.tree.sym(t), env))
            }
            // Elixir's `%{body: x}` has an atom as key, which patterns call by its bare name.
            (Kind::Ident, Kind::Atom) if self.file.tree.role(t) == Role::Key => {
                Ok(keep(self.pattern.sym(p) == self.file.tree.sym(t), env))
            }
            (Kind::Assign, Kind::Assign) => self.assign(p, t, env),
            (Kind::Array, Kind::Dict) if self.file.language == Language::Php && self.is_all_ellipsis(p) => {
                Ok(vec![env])
            }
            (Kind::Assign, Kind::VarDef) => self.assign_of_definition(p, t, env),
            (Kind::Function, Kind::VarDef | Kind::Pair) => self.function_value(p, t, env),
            (Kind::Function, Kind::Lambda) if self.is_chain_ellipsis(p) => self.roles(p, t, &[Role::Name], env),
            (Kind::Lambda, Kind::Lambda) if !self.names_both(p, t) => self.roles(p, t, &[Role::Name], env),
            (Kind::Lambda, Kind::Function) if self.file.tree.role(t) != Role::Stmt => self.roles(p, t, &[], env),
            (Kind::Class, Kind::Class) => self.class(p, t, env),
            (Kind::Decorator, Kind::Decorator) => self.decorator(p, t, env),
            (Kind::Modifier, Kind::Modifier) => Ok(keep(self.modifier(p, t), env)),
            (Kind::Catch, Kind::Catch) => self.catch(p, t, env),
            (Kind::ForEach, Kind::ForEach) => self.for_each(p, t, env),
            (Kind::Dict, Kind::Dict) => self.unordered(p, t, Role::Entry, env),
            (Kind::Dict | Kind::Set, Kind::Dict | Kind::Set) if self.is_all_ellipsis(p) => Ok(vec![env]),
            (Kind::Array, Kind::Comprehension) if self.is_all_ellipsis(p) => {
                Ok(keep(self.file.tree.sym(t).as_str() == "list", env))
            }
            (Kind::Import | Kind::ImportFrom, Kind::Import | Kind::ImportFrom | Kind::VarDef) => self.import(p, t, env),
            (Kind::Member, _) if self.is_chain_ellipsis(p) => self.chain(p, t, env),
            (Kind::Jsx, Kind::Jsx) => self.jsx(p, t, env),
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

    /// Whether a function expression's own name takes part: it is only for the function itself, so that the pattern may
    /// give it another one, but a metavariable is bound to it.
    fn names_both(&self, p: NodeId, t: NodeId) -> bool {
        let wanted = self.pattern.child(p, Role::Name);
        wanted.is_some_and(|name| self.pattern.kind(name) == Kind::Metavar)
            && self.file.tree.child(t, Role::Name).is_some()
    }

    /// Nodes of one kind: equal symbols, and children role by role.
    pub(super) fn structure(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        if self.sym_matters(p) && self.pattern.sym(p) != self.file.tree.sym(t) {
            return Ok(Vec::new());
        }
        self.roles(p, t, &[], env)
    }

    /// Children role by role, but for the roles in `done`.
    pub(super) fn roles(&self, p: NodeId, t: NodeId, done: &[Role], env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let kind = pattern.kind(p);
        // A body that may be anything may also be missing.
        let open_body = kind == Kind::Function
            && tree.child(t, Role::Body).is_none()
            && pattern.child(p, Role::Body).is_some_and(|body| self.is_all_ellipsis(body));
        let unknown = tree.children(t).any(|child| {
            let role = tree.role(child);
            !done.contains(&role) && pattern.child(p, role).is_none() && !may_be_left_out(kind, role)
        });
        if unknown {
            // Only an ellipsis (`return ...`) stands for what has another role or none.
            return Ok(keep(self.is_all_ellipsis(p), env));
        }
        let mut envs = vec![env];
        let mut previous = None;
        for child in pattern.children(p) {
            let role = pattern.role(child);
            if previous == Some(role) || done.contains(&role) || (open_body && role == Role::Body) {
                continue;
            }
            previous = Some(role);
            let ps: Vec<NodeId> = pattern.with_role(p, role).collect();
            let ts: Vec<NodeId> = tree.with_role(t, role).collect();
            envs = self.each(envs, |env| match role {
                Role::Decorator | Role::Modifier | Role::Catch => self.subset(&ps, &ts, env),
                _ => self.list(&ps, &ts, env),
            })?;
            if envs.is_empty() {
                break;
            }
        }
        Ok(envs)
    }

    /// Every pattern's node matches some code's node, in any order, each code's node used once.
    pub(super) fn subset(&self, ps: &[NodeId], ts: &[NodeId], env: Env) -> Envs {
        self.budget.tick()?;
        let Some((&p, rest)) = ps.split_first() else { return Ok(vec![env]) };
        if self.pattern.kind(p) == Kind::Ellipsis {
            return self.subset(rest, ts, env);
        }
        let mut out = Vec::new();
        for (at, &t) in ts.iter().enumerate() {
            for env in self.node(p, t, env.clone())? {
                let mut others = ts.to_vec();
                others.remove(at);
                extend(&mut out, self.subset(rest, &others, env)?);
                if out.len() > MOST_ORDERS {
                    return Ok(out);
                }
            }
        }
        Ok(out)
    }

    /// Children of one role in any order; without `...` in the pattern none may be left over.
    fn unordered(&self, p: NodeId, t: NodeId, role: Role, env: Env) -> Envs {
        let ps: Vec<NodeId> = self.pattern.with_role(p, role).collect();
        let ts: Vec<NodeId> = self.file.tree.with_role(t, role).collect();
        let (dots, ps): (Vec<_>, Vec<_>) = ps.into_iter().partition(|&p| self.pattern.kind(p) == Kind::Ellipsis);
        let open = !dots.is_empty() || (self.has_open_objects() && self.options.implicit_ellipsis);
        if !open && ps.len() != ts.len() && !ps.iter().any(|&p| self.pattern.kind(p) == Kind::EllipsisMetavar) {
            return Ok(Vec::new());
        }
        if ps.iter().any(|&p| self.pattern.kind(p) == Kind::EllipsisMetavar) {
            return self.list(&self.pattern.with_role(p, role).collect::<Vec<_>>(), &ts, env);
        }
        self.subset(&ps, &ts, env)
    }

    /// In Ruby a name that is a statement may be a call without arguments.
    fn is_hidden_call(&self, t: NodeId) -> bool {
        self.file.language == Language::Ruby && self.file.tree.role(t) == Role::Stmt
    }

    fn hidden_call(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, mut envs) = (self.pattern, vec![env]);
        if let Some(callee) = pattern.child(p, Role::Callee) {
            envs = self.each(envs, |env| self.node(callee, t, env))?;
        }
        let args: Vec<NodeId> = pattern.with_role(p, Role::Arg).collect();
        let no_block = pattern.child(p, Role::BlockArg).is_none();
        self.each(envs, |env| if no_block { self.list(&args, &[], env) } else { Ok(Vec::new()) })
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
        self.file.tree.span(t).text(self.file.text).starts_with('`')
    }

    /// Whether a loop is `for (...)`.
    fn is_any_loop(&self, p: NodeId) -> bool {
        let pattern = self.pattern;
        pattern.child(p, Role::Cond).is_none()
            && pattern.child(p, Role::Init).is_some_and(|init| pattern.kind(init) == Kind::Ellipsis)
    }

    fn loop_body(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        match (self.pattern.child(p, Role::Body), self.file.tree.child(t, Role::Body)) {
            (Some(wanted), Some(body)) => self.node(wanted, body, env),
            (wanted, _) => Ok(keep(wanted.is_none(), env)),
        }
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

    /// Whether a node is `o. ...`.
    fn is_chain_ellipsis(&self, p: NodeId) -> bool {
        self.pattern.child(p, Role::Name).is_some_and(|name| self.pattern.kind(name) == Kind::Ellipsis)
    }

    /// `o. ...`: the object, or what any members and calls of them make of it.
    fn chain(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let tree = self.file.tree;
        let Some(object) = self.pattern.child(p, Role::Object) else { return Ok(Vec::new()) };
        let mut out = Vec::new();
        let mut at = Some(t);
        while let Some(node) = at {
            extend(&mut out, self.node(object, node, env.clone())?);
            at = match tree.kind(node) {
                Kind::Call => tree.child(node, Role::Callee),
                Kind::Member | Kind::Subscript => tree.child(node, Role::Object),
                Kind::Await => tree.child(node, Role::Value),
                _ => None,
            };
        }
        Ok(out)
    }

    /// Attributes in any order and never all of them; content in order, but only if the pattern has some.
    fn jsx(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let (pattern, tree) = (self.pattern, self.file.tree);
        let group = |role: Role| -> (Vec<NodeId>, Vec<NodeId>) {
            (pattern.with_role(p, role).collect(), tree.with_role(t, role).collect())
        };
        let (names, attributes, content) = (group(Role::Name), group(Role::Attr), group(Role::Element));
        let dots = attributes.0.iter().any(|&p| self.pattern.kind(p) == Kind::Ellipsis);
        if !self.options.xml_attrs_implicit_ellipsis && !dots && attributes.0.len() != attributes.1.len() {
            return Ok(Vec::new());
        }
        let envs = self.list(&names.0, &names.1, env)?;
        let envs = self.each(envs, |env| self.subset(&attributes.0, &attributes.1, env))?;
        if content.0.is_empty() && self.options.xml_singleton_loose_matching {
            return Ok(envs);
        }
        self.each(envs, |env| self.list(&content.0, &content.1, env))
    }

    /// `<... p ...>`: the node or anything below it.
    fn deep(&self, p: NodeId, t: NodeId, env: Env) -> Envs {
        let Some(inner) = self.pattern.children(p).next() else { return Ok(vec![env]) };
        let mut out = Vec::new();
        for below in self.file.tree.descendants(t) {
            if self.is_expression(below) || below == t {
                extend(&mut out, self.node(inner, below, env.clone())?);
            }
        }
        Ok(out)
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
            extend(&mut out, step(env)?);
        }
        Ok(out)
    }

    fn is_all_ellipsis(&self, p: NodeId) -> bool {
        let mut children = self.pattern.children(p);
        children.next().is_some_and(|child| self.pattern.kind(child) == Kind::Ellipsis) && children.next().is_none()
    }

    fn sym_matters(&self, p: NodeId) -> bool {
        if self.pattern.kind(p) == Kind::KeywordArg {
            return false;
        }
        !matches!(
            self.pattern.kind(p),
            Kind::Member | Kind::ForEach | Kind::Function | Kind::Lambda | Kind::Comprehension
        ) || !self.pattern.sym(p).is_empty()
    }

    /// Whether a code's node is an expression by itself, not a part of a definition, a name or a type.
    pub(super) fn is_expression(&self, t: NodeId) -> bool {
        is_expression_kind(self.file.tree.kind(t)) && self.file.index.is_expression_place(t)
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

/// What a pattern may leave out: it then says nothing about it.
fn may_be_left_out(kind: Kind, role: Role) -> bool {
    match role {
        Role::Type | Role::Modifier | Role::Decorator | Role::Default | Role::Base | Role::Interface => true,
        Role::Else => matches!(kind, Kind::If | Kind::While | Kind::ForEach),
        Role::Body => !matches!(kind, Kind::Lambda | Kind::Try),
        Role::Then => kind == Kind::If,
        Role::Alias => true,
        Role::Catch => kind == Kind::Try,
        Role::Name => kind == Kind::Lambda,
        Role::Guard | Role::Case => true,
        // Java's `throws` and type parameters, options of Elixir's `use` and `for`.
        Role::Child => matches!(kind, Kind::Function | Kind::Class | Kind::ForEach | Kind::Import),
        Role::Param => kind == Kind::Class,
        Role::Callee => kind == Kind::Dict,
        Role::Module => kind == Kind::ImportFrom,
        Role::Part => kind == Kind::Regex,
        _ => false,
    }
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
