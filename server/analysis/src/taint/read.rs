//! What names and members hold or mean.

use super::call::Arguments;
use super::cell::Cell;
use super::engine::Engine;
use super::reference::Ref;
use super::resolve::{Called, Target};
use super::state::Place;
use crate::budget::Stop;
use crate::flow::Interpret;
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol};

impl Engine<'_> {
    /// What a member of an object holds.
    pub(super) fn member(&self, node: NodeId, object: &Cell) -> Cell {
        let tree = self.tree();
        let is_static = self.language() == Language::Php && tree.sym(node).as_str() == "::";
        if let (true, Some(place), Some(state)) = (is_static, self.place(node), self.flow.state())
            && let [field] = place.path.as_slice()
        {
            return self.field_of(&state.get(place.root).with_refs(object.refs()), *field);
        }
        match tree.child(node, Role::Name).filter(|&name| tree.kind(name) == Kind::Ident) {
            Some(name) if self.only_assignments() => object.listed_field(tree.sym(name)),
            Some(name) => self.field_of(object, tree.sym(name)),
            None => Cell::flat(object.all()),
        }
    }

    /// A field of an object; of a class, what its body says unless something else is known.
    fn field_of(&self, object: &Cell, name: Symbol) -> Cell {
        let field = object.field(name);
        if !field.is_empty() || object.fields().any(|(field, _)| field == name) {
            return field;
        }
        let class = object.refs().iter().find_map(|reference| match reference {
            Ref::Class(class) => Some(*class),
            _ => None,
        });
        let Some(class) = class else { return field };
        let key = Symbol::new(name.as_str().trim_start_matches('$'));
        let lineage = self.functions_of_file().lineage(class);
        let known = lineage.iter().filter_map(|class| self.class_fields.get(class));
        known.map(|fields| fields.listed_field(key)).find(|field| !field.is_empty()).unwrap_or(field)
    }

    /// What a name holds or means.
    pub(super) fn name(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let name = tree.sym(node);
        let state = self.flow.state();
        let value = match self.field_named(node) {
            Some(Place { root, path, .. }) => {
                state.map_or_else(Cell::default, |state| path.iter().fold(state.get(root), |cell, &at| cell.field(at)))
            }
            None => state.map_or_else(Cell::default, |state| state.get(name)),
        };
        if !value.refs().is_empty() || self.marks_names {
            return Ok(value);
        }
        if name.as_str() == "super" && self.language() == Language::Ruby && tree.role(node) != Role::Callee {
            return self.call_above(node);
        }
        let scopes = self.file.constants.scopes();
        let is_variable = || self.functions.iter().any(|function| scopes.declared(*function).contains(&name));
        let reads_ruby = self.language() == Language::Ruby && tree.role(node) != Role::Callee;
        // A variable of Ruby hides the method of its name.
        if reads_ruby && is_variable() {
            return Ok(value);
        }
        let meant = self.definition_named(node);
        if meant.is_empty() {
            // Ruby reads an attribute of the object at work by its bare name.
            if self.language() == Language::Ruby && value.is_empty() && !is_variable() {
                let this = self.flow.state().map(|state| state.get(Symbol::new("self"))).unwrap_or_default();
                return Ok(this.listed_field(name));
            }
            return Ok(value);
        }
        // Ruby calls a method by its bare name.
        if reads_ruby {
            let targets: Vec<_> = meant.refs().iter().flat_map(|reference| self.of_reference(reference)).collect();
            if !targets.is_empty() {
                let returned = self.invoke(node, &targets, &Arguments::default())?;
                return Ok(returned.unwrap_or(value));
            }
        }
        Ok(value.with_refs(meant.refs()))
    }

    /// What a member of an object holds; runs the method that gives it, if there is one.
    pub(super) fn read_member(&mut self, node: NodeId, object: &Cell) -> Result<Cell, Stop> {
        let tree = self.tree();
        let value = self.member(node, object);
        let Some(name) = tree.child(node, Role::Name).filter(|&name| tree.kind(name) == Kind::Ident) else {
            return Ok(value);
        };
        let name = tree.sym(name);
        if !self.options.taint_intrafile || !value.refs().is_empty() || !self.functions_of_file().has_name(name) {
            return Ok(value);
        }
        let Some(at) = tree.child(node, Role::Object) else { return Ok(value) };
        let targets = self.of_object(at, object, name);
        let runs = |target: &Target| {
            self.language() == Language::Ruby
                || ["property", "cached_property"].iter().any(|name| self.is_decorated(target.function, name))
                || tree.with_role(target.function, Role::Modifier).any(|modifier| tree.sym(modifier).as_str() == "get")
        };
        if !targets.is_empty() && targets.iter().all(runs) {
            let returned = self.invoke(node, &targets, &Arguments::default())?;
            return Ok(returned.unwrap_or(value));
        }
        Ok(value.with_refs(&self.method_value(object, name)))
    }

    /// Ruby's bare `super`: the method above of the same name, with the same parameters.
    pub(super) fn call_above(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let mut arguments = Arguments::default();
        if let Some(method) = tree.ancestors(node).find(|&around| tree.kind(around) == Kind::Function) {
            for parameter in tree.with_role(method, Role::Param) {
                if let Some(name) = tree.child(parameter, Role::Name) {
                    let held = self.flow.state().map(|state| state.get(tree.sym(name))).unwrap_or_default();
                    arguments.each.push((name, held));
                }
            }
        }
        if let Called::Functions(targets) = self.of_super(node, &arguments) {
            return Ok(self.invoke(node, &targets, &arguments)?.unwrap_or_default());
        }
        self.keep_in_object(&arguments.all(tree));
        Ok(Cell::default())
    }

    /// Elixir's `&f/1`: the function of that name and number of parameters.
    pub(super) fn capture(&mut self, node: NodeId) -> Result<Cell, Stop> {
        let tree = self.tree();
        let operand = tree.child(node, Role::Operand).filter(|&operand| tree.sym(operand).as_str() == "/");
        let sides = operand.and_then(|at| tree.child(at, Role::Left).zip(tree.child(at, Role::Right)));
        let Some((name, count)) = sides else { return self.parts(node).map(Cell::flat) };
        let named = self.eval(name)?;
        let count = tree.sym(count).as_str().parse::<usize>().unwrap_or_default();
        let takes = |reference: &&Ref| match reference {
            Ref::Function(function, _) | Ref::Method(function, _) => {
                tree.with_role(*function, Role::Param).count() == count
            }
            _ => false,
        };
        let refs: Vec<Ref> = named.refs().iter().filter(takes).cloned().collect();
        Ok(Cell::flat(named.all()).with_refs(&refs))
    }

    /// Nothing is left of what a place held.
    pub(super) fn forget(&mut self, node: Option<NodeId>) {
        if let (Some(place), Some(state)) = (node.and_then(|node| self.place(node)), self.flow.state_mut())
            && !place.element
        {
            state.set(&place, &Cell::default());
        }
    }
}
