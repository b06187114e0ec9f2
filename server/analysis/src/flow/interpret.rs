//! Structured abstract interpretation: statements in order, branches joined, loops to a fixpoint.
//!
//! The generic tree is structured, so there is no graph to build: [`Interpret`] walks it with a state and keeps aside the
//! states that leave by `break`, `continue`, `return` and exceptions until the construct they leave is through. What a state
//! is, what expressions are worth and what assignments do is the implementer's: constants and taint are the two.

use super::frames::{Flow, FrameKind};
use crate::budget::{Budget, Stop};
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

/// Rounds of a loop's body; states only grow, so that a loop needs as many rounds as its longest chain of variables. The
/// deeper a loop is nested the fewer it gets, as rounds multiply.
const ROUNDS: [u32; 7] = [8, 8, 6, 3, 2, 2, 2];

/// An analysis that walks code in the order it runs. Required methods are the analysis's own, provided ones the control flow.
pub(crate) trait Interpret<'t>: Sized {
    /// What is known at a point.
    type State: Clone + Default;
    /// What is known of an expression's value; the default is what is known of a value nothing is known of.
    type Value: Clone + Default;

    fn tree(&self) -> &'t Tree;
    fn language(&self) -> Language;
    fn budget(&self) -> &'t Budget<'t>;
    fn flow(&mut self) -> &mut Flow<Self::State>;

    /// Adds what another path knows; says whether that changed `into`.
    fn join(into: &mut Self::State, from: &Self::State) -> bool;
    /// The value that is one or the other.
    fn either(a: Self::Value, b: Self::Value) -> Self::Value;

    /// Before a node is evaluated.
    fn enter(&mut self, _node: NodeId) {}
    /// After a node is evaluated; may change its value.
    fn leave(&mut self, node: NodeId, value: Self::Value) -> Result<Self::Value, Stop>;
    /// The value of whatever is not control flow.
    fn expression(&mut self, node: NodeId) -> Result<Self::Value, Stop>;
    /// The value of a binary expression of which both sides are evaluated.
    fn binary(&mut self, node: NodeId, left: Self::Value, right: Self::Value) -> Self::Value;
    /// Stores a value in a variable, field or pattern of them.
    fn bind(&mut self, target: NodeId, value: Self::Value) -> Result<(), Stop>;
    /// What the elements of a value are.
    fn elements(value: Self::Value) -> Self::Value;
    /// Whether a condition that has been evaluated is known to hold or not to hold.
    fn decided(&self, _condition: NodeId) -> Option<bool> {
        None
    }
    /// Whether the value a switch looks at is known to be, or not to be, that of a case.
    fn is_case(&self, _subject: NodeId, _condition: NodeId) -> Option<bool> {
        None
    }
    /// Before a loop within `depth` others.
    fn before_loop(&mut self, _node: NodeId, _depth: usize) {}

    /// Evaluates an expression or runs a statement.
    fn eval(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        self.budget().tick()?;
        if self.flow().state.is_none() {
            return Ok(Self::Value::default());
        }
        self.enter(node);
        let value = match self.tree().kind(node) {
            Kind::File | Kind::Block => self.sequence(node),
            Kind::If | Kind::Conditional => self.conditional(node),
            Kind::Binary if is_short_circuit(self.tree().sym(node)) => self.short_circuit(node),
            Kind::While => self.while_loop(node),
            Kind::DoWhile => self.do_while(node),
            Kind::For => self.for_loop(node),
            Kind::ForEach => self.for_each(node),
            Kind::Switch => self.switch(node),
            Kind::Try => self.try_catch(node),
            Kind::With => self.with(node),
            Kind::Return => self.jump_out(node, false),
            Kind::Throw => self.jump_out(node, true),
            Kind::Break => self.break_or_continue(node, true),
            Kind::Continue => self.break_or_continue(node, false),
            _ => self.expression(node),
        }?;
        self.leave(node, value)
    }

    /// Evaluates all children with a role; gives the value of the last.
    fn eval_all(&mut self, node: NodeId, role: Role) -> Result<Self::Value, Stop> {
        let mut last = Self::Value::default();
        for child in self.tree().with_role(node, role) {
            last = self.eval(child)?;
        }
        Ok(last)
    }

    /// Evaluates the first child with a role, if there is one.
    fn eval_child(&mut self, node: NodeId, role: Role) -> Result<Self::Value, Stop> {
        match self.tree().child(node, role) {
            Some(child) => self.eval(child),
            None => Ok(Self::Value::default()),
        }
    }

    /// The statements of a block or file.
    fn sequence(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        self.statements(node)
    }

    /// Statements in order; the value is the last one's.
    fn statements(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        let mut last = Self::Value::default();
        for statement in self.tree().with_role(node, Role::Stmt) {
            let throws = self.flow().throws;
            // What is declared behind a `return` is there from the start.
            let is_function = self.tree().kind(statement) == Kind::Function;
            let hoisted = self.flow().state.is_none() && is_function && hoists(self.language());
            if hoisted {
                self.flow().replace(Some(Self::State::default()));
            }
            last = self.eval(statement)?;
            if hoisted {
                self.flow().replace(None);
            }
            if self.flow().throws != throws {
                // What the statement stored is there if a later part of it throws.
                self.may_throw();
            }
        }
        Ok(last)
    }

    /// Tells the handler around, if there is one, that the code may throw here.
    fn may_throw(&mut self) {
        let flow = self.flow();
        flow.throws += 1;
        let version = flow.version;
        let mut around = flow.frames.iter_mut().rev().take_while(|frame| frame.kind != FrameKind::Function);
        let handler = around.find(|frame| frame.kind == FrameKind::Try);
        if let Some(handler) = handler.filter(|handler| handler.left_version != version) {
            handler.left_version = version;
            merge::<Self>(&mut handler.left, flow.state.clone());
        }
    }

    /// Runs `body` as a function of its own: what it returns and throws stays within. Gives the body's value and the state at
    /// its ends, `None` if it has none.
    fn function_body(
        &mut self,
        body: impl FnOnce(&mut Self) -> Result<Self::Value, Stop>,
    ) -> Result<(Self::Value, Option<Self::State>), Stop> {
        let loops = std::mem::take(&mut self.flow().loops);
        self.flow().push(FrameKind::Function);
        let value = body(self)?;
        let frame = self.flow().pop();
        let flow = self.flow();
        flow.loops = loops;
        let mut end = flow.replace(None);
        merge::<Self>(&mut end, frame.left);
        Ok((value, end))
    }

    fn conditional(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        let condition = self.tree().child(node, Role::Cond);
        let test = match condition {
            Some(condition) => self.eval(condition)?,
            None => Self::Value::default(),
        };
        let decided = condition.and_then(|condition| self.decided(condition));
        let before = self.flow().state.clone();
        if decided == Some(false) {
            return self.eval_child(node, Role::Else);
        }
        // `a ?: b` has no middle: the value is the condition's.
        let then = match self.tree().child(node, Role::Then) {
            Some(then) => self.eval(then)?,
            None if self.tree().kind(node) == Kind::Conditional => test,
            None => Self::Value::default(),
        };
        if decided == Some(true) {
            return Ok(then);
        }
        let after_then = self.flow().replace(before);
        let otherwise = self.eval_child(node, Role::Else)?;
        self.meet(after_then);
        Ok(Self::either(then, otherwise))
    }

    fn short_circuit(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        let left = self.eval_child(node, Role::Left)?;
        let before = self.flow().state.clone();
        let right = self.eval_child(node, Role::Right)?;
        self.meet(before);
        Ok(self.binary(node, left, right))
    }

    /// Joins another path into the state here.
    fn meet(&mut self, other: Option<Self::State>) {
        let flow = self.flow();
        flow.version += 1;
        let mut state = flow.state.take();
        merge::<Self>(&mut state, other);
        self.flow().state = state;
    }

    /// Runs a loop to its fixpoint. `round` goes from the loop's head to its end and gives the state in which the loop is left
    /// if its condition fails.
    fn fixpoint(
        &mut self,
        node: NodeId,
        mut round: impl FnMut(&mut Self) -> Result<Option<Self::State>, Stop>,
    ) -> Result<(), Stop> {
        let depth = self.flow().loops;
        self.before_loop(node, depth);
        self.flow().loops += 1;
        let mut rounds = ROUNDS.get(depth).copied().unwrap_or(1);
        let after = loop {
            let mut entry = self.flow().state.clone();
            self.flow().push(FrameKind::Loop);
            let mut after = round(self)?;
            let frame = self.flow().pop();
            let end = self.flow().replace(None);
            let changed = merge::<Self>(&mut entry, end);
            rounds -= 1;
            if !changed || rounds == 0 {
                if changed {
                    merge::<Self>(&mut after, entry);
                }
                merge::<Self>(&mut after, frame.breaks);
                break after;
            }
            self.flow().state = entry;
        };
        self.flow().loops = depth;
        self.flow().replace(after);
        Ok(())
    }

    /// Runs a loop's body; what left it by `continue` goes on with what ran through.
    fn loop_body(&mut self, node: NodeId) -> Result<(), Stop> {
        self.eval_child(node, Role::Body)?;
        let continues = self.flow().frames.last_mut().and_then(|frame| frame.continues.take());
        self.meet(continues);
        Ok(())
    }

    fn while_loop(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        self.fixpoint(node, |this| {
            this.eval_child(node, Role::Cond)?;
            let exit = this.flow().state.clone();
            if this.tree().child(node, Role::Cond).is_none_or(|condition| this.decided(condition) != Some(false)) {
                this.loop_body(node)?;
            }
            Ok(exit)
        })?;
        self.eval_child(node, Role::Else)
    }

    fn do_while(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        self.fixpoint(node, |this| {
            this.loop_body(node)?;
            this.eval_child(node, Role::Cond)?;
            Ok(this.flow().state.clone())
        })?;
        Ok(Self::Value::default())
    }

    fn for_loop(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        self.eval_all(node, Role::Init)?;
        self.fixpoint(node, |this| {
            this.eval_all(node, Role::Cond)?;
            let exit = this.flow().state.clone();
            this.loop_body(node)?;
            this.eval_all(node, Role::Update)?;
            Ok(exit)
        })?;
        Ok(Self::Value::default())
    }

    fn for_each(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        let all = self.eval_child(node, Role::Iter)?;
        let element = Self::elements(all);
        let target = self.tree().child(node, Role::Target);
        self.fixpoint(node, |this| {
            let exit = this.flow().state.clone();
            if let Some(target) = target {
                this.bind(target, element.clone())?;
            }
            this.loop_body(node)?;
            Ok(exit)
        })?;
        self.eval_child(node, Role::Else)
    }

    fn switch(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        let has_subject = self.tree().child(node, Role::Subject).is_some();
        let subject = self.eval_child(node, Role::Subject)?;
        let falls_through = falls_through(self.language());
        self.flow().push(FrameKind::Switch);
        let mut undecided = self.flow().replace(None);
        let mut fallen: Option<Self::State> = None;
        let mut ended: Option<Self::State> = None;
        let mut value = Self::Value::default();
        let mut has_default = false;
        for case in self.tree().with_role(node, Role::Case) {
            let mut conditions = self.tree().with_role(case, Role::Cond);
            let known = match self.tree().child(node, Role::Subject) {
                Some(subject) if conditions.clone().next().is_some() => {
                    let known = |condition| self.is_case(subject, condition);
                    if conditions.clone().any(|condition| known(condition) == Some(true)) {
                        Some(true)
                    } else {
                        conditions.all(|condition| known(condition) == Some(false)).then_some(false)
                    }
                }
                _ => None,
            };
            let certain = known == Some(true) && self.tree().child(case, Role::Guard).is_none();
            if known == Some(false) && (!falls_through || fallen.is_none()) {
                continue;
            }
            self.flow().replace(undecided.take());
            self.enter(case);
            for condition in self.tree().with_role(case, Role::Cond) {
                if has_subject {
                    self.case_condition(&subject, condition)?;
                } else {
                    self.eval(condition)?;
                }
            }
            self.eval_child(case, Role::Guard)?;
            has_default |=
                self.tree().child(case, Role::Cond).is_none() && self.tree().child(case, Role::Guard).is_none();
            undecided.clone_from(&self.flow().state);
            if known == Some(false) {
                self.flow().replace(None);
            }
            self.meet(fallen.take());
            let body = self.eval_child(case, Role::Body)?;
            value = Self::either(value, body);
            self.leave(case, Self::Value::default())?;
            let end = self.flow().replace(None);
            merge::<Self>(if falls_through { &mut fallen } else { &mut ended }, end);
            if certain {
                undecided = None;
                has_default = true;
            }
        }
        let frame = self.flow().pop();
        self.meet(fallen);
        self.meet(ended);
        if !has_default {
            self.meet(undecided);
        }
        self.meet(frame.breaks);
        Ok(value)
    }

    /// A case's condition: a value to compare with, or a pattern that takes the subject apart.
    fn case_condition(&mut self, subject: &Self::Value, condition: NodeId) -> Result<(), Stop> {
        if matches_patterns(self.language()) && is_pattern(self.tree(), self.language(), condition) {
            self.bind(condition, subject.clone())
        } else {
            self.eval(condition).map(drop)
        }
    }

    fn try_catch(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        let catches = self.tree().with_role(node, Role::Catch);
        let finally = self.tree().child(node, Role::Finally);
        if finally.is_some() {
            self.flow().push(FrameKind::Finally);
        }
        self.flow().push(FrameKind::Try);
        self.eval_all(node, Role::Resource)?;
        let mut value = self.eval_child(node, Role::Body)?;
        let frame = self.flow().pop();
        self.eval_child(node, Role::Else)?;
        let mut thrown = frame.left;
        let mut end = self.flow().replace(None);
        for catch in catches.clone() {
            self.flow().replace(thrown.clone());
            value = Self::either(value, self.catch(catch)?);
            let caught = self.flow().replace(None);
            merge::<Self>(&mut end, caught);
        }
        if catches.count() > 0 {
            thrown = None;
        }
        self.flow().replace(end);
        if let Some(finally) = finally {
            let frame = self.flow().pop();
            // An exception runs the finally and goes on outwards; like the engines whose rules we run, we also let it go
            // on behind the try.
            let rethrown = thrown.is_some();
            self.meet(thrown);
            let goes_on = self.flow().state.is_some();
            self.meet(frame.escapes);
            self.eval(finally)?;
            if rethrown {
                self.may_throw();
            }
            if !goes_on {
                self.flow().replace(None);
            }
        }
        Ok(value)
    }

    fn catch(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        if self.flow().state.is_none() {
            return Ok(Self::Value::default());
        }
        self.enter(node);
        if let Some(name) = self.tree().child(node, Role::Name) {
            let value = self.caught();
            self.bind(name, value)?;
        }
        self.eval_child(node, Role::Guard)?;
        let value = self.eval_child(node, Role::Body)?;
        self.leave(node, value)
    }

    /// The value a catch clause gets.
    fn caught(&mut self) -> Self::Value {
        Self::Value::default()
    }

    fn with(&mut self, node: NodeId) -> Result<Self::Value, Stop> {
        self.eval_all(node, Role::Resource)?;
        let before = self.flow().state.clone();
        let mut value = self.eval_child(node, Role::Body)?;
        // The clauses of an Elixir `with`: one of them runs where a step did not match.
        for case in self.tree().with_role(node, Role::Case) {
            let end = self.flow().replace(before.clone());
            self.enter(case);
            for condition in self.tree().with_role(case, Role::Cond) {
                self.case_condition(&Self::Value::default(), condition)?;
            }
            self.eval_child(case, Role::Guard)?;
            let body = self.eval_child(case, Role::Body)?;
            value = Self::either(value, body);
            self.leave(case, Self::Value::default())?;
            self.meet(end);
        }
        Ok(value)
    }

    fn jump_out(&mut self, node: NodeId, throws: bool) -> Result<Self::Value, Stop> {
        let value = self.eval_child(node, Role::Value)?;
        self.eval_all(node, Role::Arg)?;
        if throws {
            self.may_throw();
        }
        let mut state = self.flow().replace(None);
        let frames = &mut self.flow().frames;
        for frame in frames.iter_mut().rev() {
            match frame.kind {
                FrameKind::Finally => {
                    merge::<Self>(&mut frame.escapes, state.clone());
                }
                FrameKind::Try if throws => break,
                FrameKind::Function => {
                    if !throws {
                        merge::<Self>(&mut frame.left, state.take());
                    }
                    break;
                }
                _ => {}
            }
        }
        Ok(value)
    }

    fn break_or_continue(&mut self, node: NodeId, breaks: bool) -> Result<Self::Value, Stop> {
        let label = self.tree().sym(node);
        // PHP counts the constructs to leave. Which construct has a name is not known: any loop around may be it.
        let levels = label.as_str().parse::<u32>();
        let named = !label.is_empty() && levels.is_err();
        let mut levels = levels.unwrap_or(1).max(1);
        let counts_switch = breaks || self.language() == Language::Php;
        let state = self.flow().replace(None);
        for frame in self.flow().frames.iter_mut().rev() {
            match frame.kind {
                FrameKind::Loop | FrameKind::Switch if frame.kind == FrameKind::Loop || (counts_switch && !named) => {
                    levels -= 1;
                    if named || levels == 0 {
                        let leaves = breaks || frame.kind == FrameKind::Switch;
                        let exit = if leaves { &mut frame.breaks } else { &mut frame.continues };
                        merge::<Self>(exit, state.clone());
                    }
                    if named {
                        levels = 1;
                    } else if levels == 0 {
                        break;
                    }
                }
                FrameKind::Finally => {
                    merge::<Self>(&mut frame.escapes, state.clone());
                }
                FrameKind::Function => break,
                _ => {}
            }
        }
        Ok(Self::Value::default())
    }
}

/// Joins two paths of which each may be unreachable; says whether `into` changed.
fn merge<'t, I: Interpret<'t>>(into: &mut Option<I::State>, from: Option<I::State>) -> bool {
    match (into.as_mut(), from) {
        (_, None) => false,
        (None, from) => {
            *into = from;
            true
        }
        (Some(into), Some(from)) => I::join(into, &from),
    }
}

fn is_short_circuit(operator: Symbol) -> bool {
    matches!(operator.as_str(), "&&" | "||" | "??")
}

/// Whether functions are declared before any statement around them runs.
fn hoists(language: Language) -> bool {
    matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Php)
}

fn falls_through(language: Language) -> bool {
    matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx | Language::Php | Language::Java)
}

/// Whether the conditions of a language's cases may bind names.
fn matches_patterns(language: Language) -> bool {
    matches!(language, Language::Python | Language::Ruby | Language::Elixir | Language::Java)
}

/// Whether a case's condition may bind names: it is no literal, and in Ruby no expression that is compared.
fn is_pattern(tree: &Tree, language: Language, condition: NodeId) -> bool {
    let kind = tree.kind(condition);
    let literal = matches!(kind, Kind::Str | Kind::Number | Kind::Bool | Kind::Null | Kind::Atom | Kind::Regex);
    let expression = matches!(kind, Kind::Ident | Kind::Member | Kind::Call | Kind::Binary | Kind::Unary);
    !(literal || expression && language == Language::Ruby)
}
