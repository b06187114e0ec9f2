//! Strings that are put together, and those that are changed where they are.

use super::{Known, Solver, is_read, literal};
use crate::budget::Stop;
use crate::flow::interpret::Interpret;
use crate::flow::literal::{Literal, Value};
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

impl Solver<'_> {
    /// The string that an operator makes of what is known of its operands.
    pub(super) fn string(&self, node: NodeId, left: Option<Literal>, right: Option<Literal>) -> Option<Literal> {
        let operator = self.tree.sym(node);
        let is_string = |side: Option<Literal>| side.is_some_and(|side| side.kind == Kind::Str);
        match (self.language, operator.as_str()) {
            (Language::Python | Language::Ruby, "*") => (is_string(left) || is_string(right)).then_some(Literal::ANY),
            // Python's older way to write a conditional: `c and a or b`.
            (Language::Python, "||") => {
                left.or_else(|| self.guarded(node))?.either(right?).filter(|_| is_string(right))
            }
            // Where numbers do not become text by themselves, text and a number are an error.
            (Language::Python | Language::Ruby, "+") if is_string(left) != is_string(right) => None,
            _ if self.concatenates(operator) => left?.concat(right?),
            _ => None,
        }
    }

    /// The literal `a` of `c and a`, which is the left side of an operator.
    fn guarded(&self, node: NodeId) -> Option<Literal> {
        let tree = self.tree;
        let left = tree.child(node, Role::Left)?;
        let guards = tree.kind(left) == Kind::Binary && tree.sym(left).as_str() == "&&";
        let value = tree.child(left, Role::Right).filter(|_| guards)?;
        let value = match self.values[value.0 as usize] {
            Some(Value::Node(literal)) => literal,
            _ => value,
        };
        let (kind, sym) = (tree.kind(value), tree.sym(value));
        (kind == Kind::Str).then_some(Literal { kind, sym, node: Some(value), any: false })
    }

    /// A call that may change the string it is made on, as `concat` and the methods with `!` do.
    pub(super) fn ruby_call(&mut self, node: NodeId) -> Result<Known, Stop> {
        let tree = self.tree;
        let callee = tree.child(node, Role::Callee);
        let object = callee.and_then(|callee| tree.child(callee, Role::Object));
        let method =
            callee.and_then(|callee| tree.child(callee, Role::Name)).map_or("", |name| tree.sym(name).as_str());
        let before =
            self.eval_child(node, Role::Callee).and(object.map_or(Ok(Known::default()), |at| self.eval(at)))?;
        let mut argument = Known::default();
        for child in tree.children(node).filter(|&child| is_read(tree.role(child)) && Some(child) != callee) {
            argument = self.eval(child)?;
        }
        self.may_throw();
        match method {
            "concat" if tree.with_role(node, Role::Arg).count() == 1 => {
                self.changed_in_place(object, Some((before, argument)))?;
            }
            "concat" | "prepend" | "insert" | "replace" | "clear" => self.changed_in_place(object, None)?,
            method if method.ends_with('!') => self.changed_in_place(object, None)?,
            _ => {}
        }
        Ok(Known::default())
    }

    /// A variable's string was changed: to both joined, or to what nobody knows.
    pub(super) fn changed_in_place(
        &mut self,
        variable: Option<NodeId>,
        joined: Option<(Known, Known)>,
    ) -> Result<(), Stop> {
        let Some(variable) = variable.filter(|&node| self.tree.kind(node) == Kind::Ident) else { return Ok(()) };
        let strings = joined.and_then(|(before, after)| before.literal.zip(after.literal));
        self.bind(variable, literal(strings.and_then(|(before, after)| before.concat(after))))
    }

    /// Whether an operator puts strings together.
    pub(super) fn concatenates(&self, operator: Symbol) -> bool {
        match self.language {
            Language::Php => operator.as_str() == ".",
            Language::Elixir => operator.as_str() == "<>",
            _ => operator.as_str() == "+",
        }
    }
}
