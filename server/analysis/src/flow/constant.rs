//! What names are known to hold where they are used.
//!
//! Inside a function constants follow its statements; a name of the code around is known if it is assigned exactly once.
//! Strings put together of constants are constants too.

mod expressions;
mod strings;

use self::expressions::stands_for_names;
use super::earlier::Earlier;
use super::frames::Flow;
use super::interpret::Interpret;
use super::literal::{Literal, Value};
use super::pure::makes_constant;
use super::scope::{Scopes, is_this};
use crate::budget::{Budget, Stop};
use crate::hash::NumberMap;
use std::rc::Rc;
use weir_model::Language;
use weir_syntax::{Difference, Kind, NodeId, Role, Symbol, Tree};

/// What expressions are known to hold, by the node of the expression (a name, `this.x`, a concatenation, a template).
#[derive(Debug, Default)]
pub(crate) struct Constants {
    pub(super) values: Vec<Option<Value>>,
    /// The expression assigned; [`NOTHING`] where none is known.
    pub(super) symbolic: Vec<NodeId>,
    pub(super) scopes: Scopes,
    /// How each scope's body ran.
    pub(super) runs: Vec<Run>,
}

/// No node.
pub(super) const NOTHING: NodeId = NodeId(u32::MAX);

/// How a function's body ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Run {
    /// Not at all: where it stands nothing gets.
    #[default]
    Never,
    /// Nothing in it can throw.
    Quiet,
    /// Something in it may throw.
    Throwing,
}

impl Constants {
    /// Finds the constants of a file. Functions of which nothing else is known than in the version before are not run again.
    pub(crate) fn solve(
        tree: &Tree,
        language: Language,
        earlier: Option<(&Self, &Difference)>,
        budget: &Budget<'_>,
    ) -> Result<Self, Stop> {
        let scopes = Scopes::of(tree, language);
        let runs = vec![Run::Never; scopes.len()];
        let mut solver = Solver {
            tree,
            language,
            budget,
            scopes: &scopes,
            earlier: earlier.and_then(|(constants, difference)| Earlier::new(constants, difference, tree, &scopes)),
            scope: 0,
            flow: Flow::new(State::default()),
            outer: NumberMap::default(),
            values: vec![None; tree.len()],
            symbolic: vec![NOTHING; tree.len()],
            runs,
        };
        if !tree.is_empty() {
            solver.eval(Tree::ROOT)?;
        }
        let Solver { values, symbolic, runs, .. } = solver;
        Ok(Self { values, symbolic, scopes, runs })
    }

    /// What the expression at this node is known to hold.
    pub(crate) fn get(&self, node: NodeId) -> Option<&Value> {
        self.values.get(node.0 as usize)?.as_ref()
    }

    /// The expression that was assigned to the name at this node, constant or not.
    pub(crate) fn symbolic(&self, node: NodeId) -> Option<NodeId> {
        self.symbolic.get(node.0 as usize).copied().filter(|expression| *expression != NOTHING)
    }

    /// All that is known to hold something, in order.
    pub(crate) fn values(&self) -> impl Iterator<Item = (NodeId, &Value)> {
        (0..).map(NodeId).zip(&self.values).filter_map(|(node, value)| Some((node, value.as_ref()?)))
    }

    /// All names and the expressions that were assigned to them, in order.
    pub(crate) fn expressions(&self) -> impl Iterator<Item = (NodeId, NodeId)> + '_ {
        let all = (0..).map(NodeId).zip(self.symbolic.iter().copied());
        all.filter(|(_, expression)| *expression != NOTHING)
    }

    /// Whose names are whose.
    pub(crate) fn scopes(&self) -> &Scopes {
        &self.scopes
    }
}

/// What is known of a value or variable.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Known {
    literal: Option<Literal>,
    /// The expression assigned last, the same on all paths.
    expression: Option<NodeId>,
}

impl Known {
    fn is_nothing(&self) -> bool {
        self.literal.is_none() && self.expression.is_none()
    }

    fn either(self, other: Self) -> Self {
        Self {
            literal: self.literal.zip(other.literal).and_then(|(a, b)| a.either(b)),
            expression: self.expression.filter(|_| self.expression == other.expression),
        }
    }
}

/// Nothing is known of a name that is not in here.
type State = Rc<NumberMap<Symbol, Known>>;

/// In loops nested deeper than this nothing is known of what they may assign: going round them again costs too much.
const LOOPS: usize = 3;

struct Solver<'t> {
    tree: &'t Tree,
    language: Language,
    budget: &'t Budget<'t>,
    scopes: &'t Scopes,
    earlier: Option<Earlier<'t>>,
    /// The function, class or file at work.
    scope: usize,
    flow: Flow<State>,
    /// Values of names that are assigned once, by the expression assigned; nothing while one is worked out.
    outer: NumberMap<NodeId, Option<Literal>>,
    values: Vec<Option<Value>>,
    symbolic: Vec<NodeId>,
    runs: Vec<Run>,
}

impl<'t> Interpret<'t> for Solver<'t> {
    type State = State;
    type Value = Known;

    fn tree(&self) -> &'t Tree {
        self.tree
    }

    fn language(&self) -> Language {
        self.language
    }

    fn budget(&self) -> &'t Budget<'t> {
        self.budget
    }

    fn flow(&mut self) -> &mut Flow<State> {
        &mut self.flow
    }

    fn join(into: &mut State, from: &State) -> bool {
        if Rc::ptr_eq(into, from) {
            return false;
        }
        let joined = |(name, known): (&Symbol, &Known)| {
            let known = from.get(name).map(|other| known.either(*other)).filter(|known| !known.is_nothing())?;
            Some((*name, known))
        };
        let kept: NumberMap<_, _> = into.iter().filter_map(joined).collect();
        let changed = kept != **into;
        if changed {
            *into = Rc::new(kept);
        }
        changed
    }

    fn either(a: Known, b: Known) -> Known {
        a.either(b)
    }

    fn leave(&mut self, node: NodeId, value: Known) -> Result<Known, Stop> {
        if matches!(
            self.tree.kind(node),
            Kind::Ident
                | Kind::Member
                | Kind::Unary
                | Kind::Binary
                | Kind::Cast
                | Kind::Template
                | Kind::Conditional
                | Kind::Call
        ) {
            self.values[node.0 as usize] = value.literal.map(Literal::value);
        }
        Ok(value)
    }

    fn expression(&mut self, node: NodeId) -> Result<Known, Stop> {
        let tree = self.tree;
        let kind = tree.kind(node);
        Ok(match kind {
            Kind::Str | Kind::Number | Kind::Bool | Kind::Null | Kind::Atom | Kind::Regex
                if tree.child(node, Role::Part).is_none() =>
            {
                literal(Some(Literal { kind, sym: tree.sym(node), node: Some(node), any: false }))
            }
            Kind::Ident => self.read(node),
            Kind::Member => {
                self.eval_child(node, Role::Object)?;
                // Ruby calls without parentheses.
                if tree.child(node, Role::Name).is_some_and(|name| tree.sym(name).as_str().ends_with('!')) {
                    self.changed_in_place(tree.child(node, Role::Object), None)?;
                }
                literal(self.field(node))
            }
            Kind::Binary => {
                let left = self.eval_child(node, Role::Left)?;
                let right = self.eval_child(node, Role::Right)?;
                if self.language == Language::Ruby && tree.sym(node).as_str() == "<<" {
                    self.changed_in_place(tree.child(node, Role::Left), Some((left, right)))?;
                }
                self.binary(node, left, right)
            }
            Kind::Call if self.language == Language::Ruby => self.ruby_call(node)?,
            Kind::Template => {
                let mut whole = Some(Literal::string(""));
                for part in tree.with_role(node, Role::Part) {
                    let part = self.eval(part)?.literal;
                    whole = whole.zip(part).and_then(|(whole, part)| whole.concat(part));
                }
                literal(whole)
            }
            Kind::Call if makes_constant(tree, node, self.language) => {
                let mut known = Some(Literal::ANY);
                for argument in tree.with_role(node, Role::Arg) {
                    known = known.and(self.eval(argument)?.literal).and(Some(Literal::ANY));
                }
                literal(known)
            }
            Kind::Assign => self.assign(node)?,
            Kind::VarDef => {
                let known = self.assigned(node)?;
                if let Some(target) = tree.child(node, Role::Target) {
                    self.bind(target, known)?;
                }
                known
            }
            Kind::Function | Kind::Lambda | Kind::Class => self.function(node)?,
            Kind::Comprehension => {
                for clause in tree.with_role(node, Role::Clause) {
                    self.eval(clause)?;
                }
                self.eval_child(node, Role::Element)?;
                Known::default()
            }
            Kind::CompFor => {
                self.eval_child(node, Role::Iter)?;
                if let Some(target) = tree.child(node, Role::Target) {
                    self.bind(target, Known::default())?;
                }
                Known::default()
            }
            Kind::Unary if matches!(tree.sym(node).as_str(), "++" | "--" | "post++" | "post--") => {
                if let Some(operand) = tree.child(node, Role::Operand) {
                    self.bind(operand, Known::default())?;
                }
                Known::default()
            }
            Kind::Unary => {
                let operand = self.eval_child(node, Role::Operand)?.literal;
                literal(operand.and_then(|operand| operand.unary(tree.sym(node).as_str(), self.language)))
            }
            Kind::Import | Kind::ImportFrom | Kind::Modifier => Known::default(),
            Kind::Cast | Kind::Await => {
                let value = self.eval_child(node, Role::Value)?;
                if kind == Kind::Cast { value } else { Known::default() }
            }
            _ => {
                for child in tree.children(node).filter(|&child| is_read(tree.role(child))) {
                    self.eval(child)?;
                }
                if matches!(kind, Kind::Call | Kind::New) {
                    self.may_throw();
                }
                self.called_for_effect(node)?;
                Known::default()
            }
        })
    }

    fn binary(&mut self, node: NodeId, left: Known, right: Known) -> Known {
        let operator = self.tree.sym(node);
        let (left, right) = (left.literal, right.literal);
        let scalar = left.zip(right).and_then(|(left, right)| left.binary(operator.as_str(), right, self.language));
        literal(scalar.or_else(|| self.string(node, left, right)))
    }

    fn bind(&mut self, target: NodeId, value: Known) -> Result<(), Stop> {
        let tree = self.tree;
        if tree.kind(target) == Kind::Ident {
            let name = tree.sym(target);
            if let Some(state) = self.flow.state_mut() {
                if !value.is_nothing() {
                    Rc::make_mut(state).insert(name, value);
                } else if state.contains_key(&name) {
                    Rc::make_mut(state).remove(&name);
                }
            }
            return Ok(());
        }
        if matches!(tree.kind(target), Kind::Member | Kind::Subscript | Kind::Call) {
            return self.eval(target).map(drop);
        }
        let nested = if tree.kind(target) == Kind::VarDef { value } else { Known::default() };
        for child in tree.children(target).filter(|&child| is_read(tree.role(child)) || tree.role(child) == Role::Name)
        {
            self.bind(child, nested)?;
        }
        Ok(())
    }

    fn elements(_: Known) -> Known {
        Known::default()
    }

    fn before_loop(&mut self, _: NodeId, depth: usize) {
        if depth >= LOOPS {
            self.flow.replace(Some(State::default()));
        }
    }
}

impl Solver<'_> {
    /// `x.f();` as a statement may change `x`; what JavaScript says is constant, or assigns once, stays what it is.
    fn called_for_effect(&mut self, node: NodeId) -> Result<(), Stop> {
        let tree = self.tree;
        let called = tree.child(node, Role::Callee).filter(|_| tree.role(node) == Role::Stmt);
        let object = called.and_then(|callee| tree.child(callee, Role::Object));
        let Some(object) = object.filter(|&object| tree.kind(object) == Kind::Ident) else { return Ok(()) };
        let is_constant = matches!(self.language, Language::JavaScript | Language::TypeScript | Language::Tsx)
            && self.scopes.is_constant(self.scope, tree.sym(object), self.language);
        if is_constant { Ok(()) } else { self.bind(object, Known::default()) }
    }

    fn read(&mut self, node: NodeId) -> Known {
        let name = self.tree.sym(node);
        let known = self.flow.state().and_then(|state| state.get(&name)).copied();
        let (expression, literal) = match known {
            Some(known) => (known.expression, known.literal),
            None => match self.scopes.outer_value(self.scope, name, self.language) {
                Some((scope, value)) => {
                    (Some(value).filter(|_| stands_for_names(self.tree, value, self.language)), self.once(scope, value))
                }
                None => (None, None),
            },
        };
        self.symbolic[node.0 as usize] = expression.unwrap_or(NOTHING);
        Known { literal, expression: None }
    }

    /// `this.x`, `C.x`.
    fn field(&mut self, node: NodeId) -> Option<Literal> {
        let tree = self.tree;
        let name = tree.child(node, Role::Name)?;
        let object = tree.child(node, Role::Object).filter(|&object| tree.kind(object) == Kind::Ident)?;
        let class = (!is_this(tree, Some(object))).then(|| tree.sym(object));
        let (scope, value) = self.scopes.field_value(self.scope, class, tree.sym(name))?;
        self.once(scope, value)
    }

    /// The value of the only expression that a name is assigned.
    fn once(&mut self, scope: usize, value: NodeId) -> Option<Literal> {
        if let Some(&known) = self.outer.get(&value) {
            return known;
        }
        self.outer.insert(value, None);
        let known = self.fold(scope, value);
        self.outer.insert(value, known);
        known
    }

    /// The value of an expression, whatever statements are around it.
    fn fold(&mut self, scope: usize, node: NodeId) -> Option<Literal> {
        let tree = self.tree;
        let kind = tree.kind(node);
        match kind {
            Kind::Str | Kind::Number | Kind::Bool | Kind::Null | Kind::Atom | Kind::Regex
                if tree.child(node, Role::Part).is_none() =>
            {
                Some(Literal { kind, sym: tree.sym(node), node: Some(node), any: false })
            }
            Kind::Ident => {
                let (holder, value) = self.scopes.own_or_outer_value(scope, tree.sym(node), self.language)?;
                self.once(holder, value)
            }
            Kind::Binary => {
                let left = self.fold(scope, tree.child(node, Role::Left)?)?;
                let right = self.fold(scope, tree.child(node, Role::Right)?)?;
                let scalar = left.binary(tree.sym(node).as_str(), right, self.language);
                scalar.or_else(|| self.string(node, Some(left), Some(right)))
            }
            Kind::Unary => {
                let operand = self.fold(scope, tree.child(node, Role::Operand)?)?;
                operand.unary(tree.sym(node).as_str(), self.language)
            }
            Kind::Cast => self.fold(scope, tree.child(node, Role::Value)?),
            Kind::Conditional => {
                let chosen = self.fold(scope, tree.child(node, Role::Then)?)?;
                chosen.either(self.fold(scope, tree.child(node, Role::Else)?)?)
            }
            Kind::Template => tree
                .with_role(node, Role::Part)
                .try_fold(Literal::string(""), |whole, part| whole.concat(self.fold(scope, part)?)),
            _ => None,
        }
    }

    fn assign(&mut self, node: NodeId) -> Result<Known, Stop> {
        let tree = self.tree;
        let mut known = self.assigned(node)?;
        let Some(target) = tree.child(node, Role::Target) else { return Ok(known) };
        let operator = tree.sym(node).as_str();
        if !matches!(operator, "=" | ":=" | "as") {
            let before = self.eval(target)?.literal;
            let operator = operator.strip_suffix('=').unwrap_or_default();
            let joins = self.concatenates(Symbol::new(operator));
            let whole = before.zip(known.literal).and_then(|(before, after)| {
                let scalar = before.binary(operator, after, self.language);
                scalar.or_else(|| before.concat(after).filter(|_| joins))
            });
            known = literal(whole);
        } else if operator == "as" {
            known.literal = None;
        }
        self.bind(target, known)?;
        Ok(known)
    }

    /// The value assigned, with the expression it comes from.
    fn assigned(&mut self, node: NodeId) -> Result<Known, Stop> {
        let Some(value) = self.tree.child(node, Role::Value) else { return Ok(Known::default()) };
        let known = self.eval(value)?;
        Ok(Known { expression: Some(value).filter(|_| stands_for_names(self.tree, value, self.language)), ..known })
    }

    /// A function, lambda or class is a scope of its own.
    fn function(&mut self, node: NodeId) -> Result<Known, Stop> {
        let tree = self.tree;
        for decorator in tree.with_role(node, Role::Decorator) {
            self.eval(decorator)?;
        }
        for parameter in tree.with_role(node, Role::Param) {
            self.eval_child(parameter, Role::Default)?;
        }
        let Some(scope) = self.scopes.at(node) else { return Ok(Known::default()) };
        if self.is_as_before(node, scope) {
            // As if it had been run.
            self.flow.throws += u64::from(self.runs[scope] == Run::Throwing);
        } else {
            let throws = self.flow.throws;
            let outer_scope = std::mem::replace(&mut self.scope, scope);
            let outer_state = self.flow.replace(Some(State::default()));
            self.function_body(|this| this.eval_child(node, Role::Body))?;
            self.scope = outer_scope;
            self.flow.replace(outer_state);
            self.runs[scope] = if self.flow.throws == throws { Run::Quiet } else { Run::Throwing };
        }
        let changed = self.scopes.writes_outer(node);
        if let Some(state) = self.flow.state_mut().filter(|state| changed.iter().any(|name| state.contains_key(name))) {
            Rc::make_mut(state).retain(|name, _| !changed.contains(name));
        }
        Ok(Known::default())
    }

    /// Whether what is known of a function's body is what was known in the version before: it is taken over then.
    fn is_as_before(&mut self, node: NodeId, scope: usize) -> bool {
        let (Some(earlier), Some(body)) = (&self.earlier, self.tree.child(node, Role::Body)) else { return false };
        let Some(was) = earlier.scope(node) else { return false };
        let body = body.0 as usize..self.tree.end(body).0 as usize;
        let known = (&mut self.values[body.clone()], &mut self.symbolic[body.clone()]);
        self.runs[scope] == earlier.run(was)
            || earlier.take_over(body.start, known) && {
                let within = self.scopes.within(scope);
                let count = within.len();
                self.runs[within].copy_from_slice(earlier.runs(was, count));
                true
            }
    }
}

fn literal(literal: Option<Literal>) -> Known {
    Known { literal, expression: None }
}

/// Whether a child with this role is evaluated; names of fields, types and the like are not.
fn is_read(role: Role) -> bool {
    !matches!(role, Role::Name | Role::Type | Role::Modifier | Role::Module | Role::Alias)
}
