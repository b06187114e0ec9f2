//! Which names belong to which function, class or file, and how often they are assigned.

mod changed;

use crate::hash::{NumberMap, NumberSet};
use weir_model::Language;
use weir_syntax::{Kind, NodeId, Role, Symbol, Tree};

/// The scopes of a file.
#[derive(Debug, Default)]
pub(crate) struct Scopes {
    all: Vec<Scope>,
    by_node: NumberMap<NodeId, usize>,
    names: NumberMap<(usize, Symbol), Name>,
    classes: NumberMap<Symbol, usize>,
    /// Names that some function says are not its own.
    said_outer: NumberSet<Symbol>,
}

#[derive(Debug)]
struct Scope {
    node: NodeId,
    kind: Kind,
    parent: Option<usize>,
    declared: Vec<Symbol>,
    /// Names of scopes further out that are assigned here or in a scope within.
    writes_outer: Vec<Symbol>,
    /// Of a class: its constructors.
    constructors: Vec<usize>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Name {
    /// How often it is assigned; a parameter, loop variable or the like counts as many.
    writes: u32,
    /// How many of them are declarations of a constant.
    constants: u32,
    value: Option<NodeId>,
    declared: bool,
}

impl Name {
    /// Whether it stays what it once is: it is assigned once, or once for each block that says so.
    fn is_constant(&self) -> bool {
        self.writes == self.constants.max(1) && self.value.is_some()
    }
}

/// An assignment seen, before it is known whose name it is.
struct Write {
    scope: usize,
    /// The class, if it is a field that is assigned (`this.x`).
    class: Option<usize>,
    name: Symbol,
    value: Option<NodeId>,
    times: u32,
}

/// As good as any number above one: the value cannot be told.
const MANY: u32 = 2;

impl Scopes {
    /// Reads the scopes of a tree.
    pub(crate) fn of(tree: &Tree, language: Language) -> Self {
        let mut reader = Reader {
            tree,
            language,
            scopes: Self::default(),
            writes: Vec::new(),
            fields: Vec::new(),
            outer: NumberSet::default(),
            around: Vec::new(),
        };
        for node in tree.ids() {
            reader.node(node);
        }
        reader.finish()
    }

    /// Names that belong to the function or lambda at this node.
    pub(crate) fn declared(&self, node: NodeId) -> &[Symbol] {
        self.by_node.get(&node).map_or(&[], |&scope| &self.all[scope].declared)
    }

    /// Names from further out that the function or lambda at this node assigns.
    pub(crate) fn writes_outer(&self, node: NodeId) -> &[Symbol] {
        self.by_node.get(&node).map_or(&[], |&scope| &self.all[scope].writes_outer)
    }

    /// Whether the file has a variable of its own of this name that is assigned more than once.
    pub(crate) fn is_assigned_often(&self, name: Symbol) -> bool {
        self.names.get(&(0, name)).is_some_and(|found| found.writes > 1 && !self.classes.contains_key(&name))
    }

    /// Names that code within a scope may share with the code around: of the file, of classes and of functions that hold others.
    pub(crate) fn shared_names(&self) -> NumberSet<Symbol> {
        let mut holds = vec![false; self.all.len()];
        for parent in self.all.iter().filter_map(|scope| scope.parent) {
            holds[parent] = true;
        }
        let mut shared = NumberSet::default();
        for (scope, _) in self.all.iter().zip(holds).filter(|(_, holds)| *holds) {
            shared.extend(scope.declared.iter().copied());
        }
        // What nobody declares is the file's: JavaScript's assigned names, what `global` says.
        shared.extend(self.names.keys().filter(|(scope, _)| *scope == 0).map(|(_, name)| *name));
        shared
    }

    /// Whether functions that do not see the variables around them see this one: a function says so.
    pub(crate) fn is_said_outer(&self, name: Symbol) -> bool {
        self.said_outer.contains(&name)
    }

    /// Whether a function assigns one of its parameters anew.
    pub(crate) fn is_reassigned(&self, function: NodeId, name: Symbol) -> bool {
        let found = self.by_node.get(&function).and_then(|&scope| self.names.get(&(scope, name)));
        found.is_some_and(|name| name.writes > MANY)
    }

    /// The number of the scope at this node, if it is one.
    pub(super) fn at(&self, node: NodeId) -> Option<usize> {
        self.by_node.get(&node).copied()
    }

    /// How many scopes there are.
    pub(super) fn len(&self) -> usize {
        self.all.len()
    }

    /// The numbers of a scope and all within it.
    pub(super) fn within(&self, scope: usize) -> std::ops::Range<usize> {
        let is_within = |other: &Scope| other.parent.is_some_and(|parent| parent >= scope);
        let behind = self.all[scope + 1..].iter().position(|other| !is_within(other));
        scope..behind.map_or(self.all.len(), |behind| scope + 1 + behind)
    }

    /// As [`outer_value`](Self::outer_value), the scope's own names included.
    pub(super) fn own_or_outer_value(&self, from: usize, name: Symbol, language: Language) -> Option<(usize, NodeId)> {
        let scope = self.holder(from, name, language)?;
        let found = self.names.get(&(scope, name))?;
        if found.writes == 1 { Some((scope, found.value?)) } else { None }
    }

    /// Whether what a name stands for stays what it once is.
    pub(super) fn is_constant(&self, from: usize, name: Symbol, language: Language) -> bool {
        let holder = self.holder(from, name, language);
        let found = holder.and_then(|scope| self.names.get(&(scope, name)));
        found.is_some_and(Name::is_constant)
    }

    /// The scope that holds a name seen from a scope within, and the one expression it is ever assigned.
    pub(super) fn outer_value(&self, from: usize, name: Symbol, language: Language) -> Option<(usize, NodeId)> {
        let scope = self.holder(from, name, language)?;
        // The function's own names are followed along its statements instead. Ruby changes its strings in place.
        let followed = match self.all[from].kind {
            Kind::Class => false,
            Kind::File => language == Language::Ruby,
            _ => true,
        };
        if scope == from && followed {
            return None;
        }
        let found = self.names.get(&(scope, name))?;
        if found.writes == 1 { Some((scope, found.value?)) } else { None }
    }

    /// The one expression a field of the class around (`this.x`) or of a class named (`C.x`) is ever assigned.
    pub(super) fn field_value(&self, from: usize, class: Option<Symbol>, name: Symbol) -> Option<(usize, NodeId)> {
        let scope = match class {
            Some(class) => *self.classes.get(&class)?,
            None => self.class_around(from)?,
        };
        let found = self.names.get(&(scope, name))?;
        if found.writes == 1 { Some((scope, found.value?)) } else { None }
    }

    fn class_around(&self, from: usize) -> Option<usize> {
        std::iter::successors(Some(from), |&scope| self.all[scope].parent)
            .find(|&scope| self.all[scope].kind == Kind::Class)
    }

    /// The innermost scope from here outwards that declares a name visible here.
    fn holder(&self, from: usize, name: Symbol, language: Language) -> Option<usize> {
        let mut scope = from;
        loop {
            let skipped = scope != from && self.all[scope].kind == Kind::Class && language == Language::Python;
            if !skipped && self.names.contains_key(&(scope, name)) {
                return Some(scope);
            }
            if self.all[scope].kind == Kind::Function && hidden_from_functions(name, language) {
                return None;
            }
            scope = self.all[scope].parent?;
        }
    }
}

/// Whether functions of a language cannot see a name of the code around them. Ruby's methods cannot see its variables
/// either, but a name they use and do not assign is taken for the one outside, as other engines do.
fn hidden_from_functions(name: Symbol, language: Language) -> bool {
    let text = name.as_str();
    match language {
        Language::Php => text.starts_with('$'),
        Language::Elixir => !text.starts_with('@'),
        _ => false,
    }
}

/// Whether an assignment makes a name of the scope it stands in.
fn assignment_declares(language: Language) -> bool {
    matches!(language, Language::Python | Language::Ruby | Language::Php | Language::Elixir)
}

struct Reader<'t> {
    tree: &'t Tree,
    language: Language,
    scopes: Scopes,
    writes: Vec<Write>,
    /// Fields that are assigned by the name of what they belong to.
    fields: Vec<(Symbol, Symbol)>,
    /// Names said to be another scope's (`global`, `nonlocal`).
    outer: NumberSet<(usize, Symbol)>,
    /// The scopes around the node at hand and where they end.
    around: Vec<(usize, NodeId)>,
}

impl Reader<'_> {
    fn node(&mut self, node: NodeId) {
        while self.around.last().is_some_and(|&(_, end)| end <= node) {
            self.around.pop();
        }
        let tree = self.tree;
        let kind = tree.kind(node);
        match kind {
            Kind::File | Kind::Function | Kind::Lambda | Kind::Class => self.open(node, kind),
            Kind::Param => self.pattern(tree.child(node, Role::Name), true),
            Kind::VarDef => {
                let value = tree.child(node, Role::Value);
                match tree.child(node, Role::Target) {
                    Some(target) if tree.kind(target) == Kind::Ident => {
                        let name = tree.sym(target);
                        self.declare(name);
                        if let Some(&(scope, _)) = self.around.last().filter(|_| value.is_some() && self.is_const(node))
                        {
                            self.scopes.names.entry((scope, name)).or_default().constants += 1;
                        }
                        // A loop's or catch's variable has no value here: they count it.
                        self.write(
                            name,
                            value,
                            if self.is_open_field(node) { MANY } else { u32::from(value.is_some()) },
                        );
                    }
                    target => self.pattern(target, true),
                }
            }
            Kind::Assign => self.assign(node),
            Kind::ForEach | Kind::CompFor => {
                self.pattern(tree.child(node, Role::Target), assignment_declares(self.language));
            }
            Kind::Catch => self.pattern(tree.child(node, Role::Name), true),
            Kind::Case if self.language == Language::Elixir => {
                for condition in tree.with_role(node, Role::Cond) {
                    self.pattern(Some(condition), true);
                }
            }
            Kind::Unary if matches!(tree.sym(node).as_str(), "++" | "--" | "post++" | "post--") => {
                self.pattern(tree.child(node, Role::Operand), false);
            }
            Kind::Import | Kind::ImportFrom => {
                let name = tree.child(node, Role::Alias).or(tree.child(node, Role::Name));
                self.pattern(name, true);
            }
            Kind::Other
                if matches!(
                    tree.sym(node).as_str(),
                    "global_statement" | "nonlocal_statement" | "global_declaration"
                ) =>
            {
                if let Some(&(scope, _)) = self.around.last() {
                    self.outer.extend(tree.children(node).map(|child| (scope, tree.sym(child))));
                }
            }
            Kind::Call => self.constant_by_call(node),
            _ => {}
        }
    }

    fn open(&mut self, node: NodeId, kind: Kind) {
        let tree = self.tree;
        let number = self.scopes.all.len();
        if let Some(name) = tree.child(node, Role::Name).filter(|&name| tree.kind(name) == Kind::Ident) {
            if kind == Kind::Class {
                self.scopes.classes.insert(tree.sym(name), number);
            }
            if number > 0 {
                self.declare(tree.sym(name));
                self.write(tree.sym(name), None, MANY);
            }
        }
        let parent = self.around.last().map(|&(scope, _)| scope);
        let class = parent.filter(|&parent| self.scopes.all[parent].kind == Kind::Class);
        if let Some(class) = class.filter(|_| kind == Kind::Function) {
            let name = tree.child(node, Role::Name).map(|name| tree.sym(name));
            if name.is_some_and(|name| self.scopes.classes.get(&name) == Some(&class)) {
                self.scopes.all[class].constructors.push(number);
            }
        }
        let (declared, writes_outer) = (Vec::new(), Vec::new());
        self.scopes.all.push(Scope { node, kind, parent, declared, writes_outer, constructors: Vec::new() });
        self.scopes.by_node.insert(node, number);
        self.around.push((number, tree.end(node)));
    }

    fn assign(&mut self, node: NodeId) {
        let tree = self.tree;
        let Some(target) = tree.child(node, Role::Target) else { return };
        let plain = matches!(tree.sym(node).as_str(), "=" | ":=" | "as" | "<-");
        let value = tree.child(node, Role::Value).filter(|_| plain);
        let times = if plain { 1 } else { MANY };
        match tree.kind(target) {
            Kind::Ident => {
                let name = tree.sym(target);
                if assignment_declares(self.language) {
                    self.declare(name);
                }
                self.write(name, value, times);
            }
            Kind::Member if is_this(tree, tree.child(target, Role::Object)) => {
                let class = self.around.iter().rev().find(|&&(scope, _)| self.scopes.all[scope].kind == Kind::Class);
                if let (Some(&(class, _)), Some(name)) = (class, tree.child(target, Role::Name)) {
                    // Java declares its fields, so that all that is ever assigned to a private one is seen.
                    let times = if self.language == Language::Java { times } else { MANY };
                    let scope = self.around.last().map_or(class, |&(scope, _)| scope);
                    self.writes.push(Write { scope, class: Some(class), name: tree.sym(name), value, times });
                }
            }
            // `C.x`: a field of a class, should there be one of the name.
            Kind::Member => {
                let object = tree.child(target, Role::Object).filter(|&object| tree.kind(object) == Kind::Ident);
                if let Some((class, name)) = object.zip(tree.child(target, Role::Name)) {
                    self.fields.push((tree.sym(class), tree.sym(name)));
                }
            }
            _ => self.pattern(Some(target), assignment_declares(self.language)),
        }
    }

    /// Whether other files may assign a field, as they may in Java if it is neither private nor final.
    fn is_open_field(&self, var_def: NodeId) -> bool {
        let tree = self.tree;
        let class = tree.ancestors(var_def).nth(1).filter(|&above| tree.kind(above) == Kind::Class);
        let closed = |modifier: NodeId| matches!(tree.sym(modifier).as_str(), "private" | "final");
        self.language == Language::Java
            && class.is_some_and(|class| tree.sym(class).as_str() != "interface")
            && !tree.with_role(var_def, Role::Modifier).any(closed)
    }

    /// Whether a variable is one that cannot be assigned again; each block may have one of the name.
    fn is_const(&self, var_def: NodeId) -> bool {
        self.tree.with_role(var_def, Role::Modifier).any(|modifier| self.tree.sym(modifier).as_str() == "const")
    }

    /// PHP's `define("NAME", value)`.
    fn constant_by_call(&mut self, node: NodeId) {
        let tree = self.tree;
        let named = |name: &str| {
            tree.child(node, Role::Callee)
                .is_some_and(|callee| tree.kind(callee) == Kind::Ident && tree.sym(callee).as_str() == name)
        };
        if self.language == Language::Php && named("define") {
            let mut args = tree.with_role(node, Role::Arg);
            let name = args.next().filter(|&name| tree.kind(name) == Kind::Str);
            if let (Some(name), Some(value)) = (name, args.next()) {
                self.writes.push(Write { scope: 0, class: None, name: tree.sym(name), value: Some(value), times: 1 });
            }
        }
    }

    /// Every name in a pattern gets a value that is not known.
    fn pattern(&mut self, pattern: Option<NodeId>, declares: bool) {
        let Some(pattern) = pattern else { return };
        let mut node = pattern;
        let end = self.tree.end(pattern);
        while node < end {
            match self.tree.kind(node) {
                Kind::Ident => {
                    let name = self.tree.sym(node);
                    if declares {
                        self.declare(name);
                    }
                    self.write(name, None, MANY);
                }
                // `a.b` and `a[i]` as targets assign no name.
                Kind::Member | Kind::Subscript | Kind::Call => {
                    node = self.tree.end(node);
                    continue;
                }
                _ => {}
            }
            node = NodeId(node.0 + 1);
        }
    }

    fn declare(&mut self, name: Symbol) {
        let Some(&(mut scope, _)) = self.around.last() else { return };
        if self.language == Language::Ruby && name.as_str().starts_with('@') {
            let class = self.around.iter().rev().find(|&&(scope, _)| self.scopes.all[scope].kind == Kind::Class);
            scope = class.map_or(scope, |&(scope, _)| scope);
        }
        // A method may have stored in the field before its class declares it.
        let entry = self.scopes.names.entry((scope, name)).or_default();
        if !std::mem::replace(&mut entry.declared, true) {
            self.scopes.all[scope].declared.push(name);
        }
    }

    fn write(&mut self, name: Symbol, value: Option<NodeId>, times: u32) {
        if let (Some(&(scope, _)), true) = (self.around.last(), times > 0) {
            self.writes.push(Write { scope, class: None, name, value, times });
        }
    }

    fn finish(mut self) -> Scopes {
        for (scope, name) in self.outer {
            self.scopes.said_outer.insert(name);
            self.scopes.names.remove(&(scope, name));
            self.scopes.all[scope].declared.retain(|&declared| declared != name);
        }
        if self.language == Language::Ruby {
            self.scopes.share_with_blocks();
        }
        for (class, name) in self.fields {
            let class = self.scopes.classes.get(&class);
            if let Some(field) = class.and_then(|&class| self.scopes.names.get_mut(&(class, name))) {
                field.writes += MANY;
            }
        }
        for Write { scope, class, name, value, times } in self.writes {
            // Whoever assigns a name that nobody declares makes it the file's.
            let holder = class.or_else(|| self.scopes.holder(scope, name, self.language)).unwrap_or(0);
            let times = if self.scopes.may_run_later(scope, holder, self.language) { MANY } else { times };
            let entry = self.scopes.names.entry((holder, name)).or_default();
            entry.writes += times;
            // A name in the value may mean something else where it is assigned.
            entry.value = value.filter(|&value| scope == holder || is_literal(self.tree, value));
            let mut within = if class.is_some() { holder } else { scope };
            while within != holder {
                let inner = &mut self.scopes.all[within];
                if !inner.writes_outer.contains(&name) {
                    inner.writes_outer.push(name);
                }
                match inner.parent {
                    Some(parent) => within = parent,
                    None => break,
                }
            }
        }
        self.scopes
    }
}

impl Scopes {
    /// Whether what is assigned to a field of Java may come after somebody has read it: it is not in the one constructor.
    fn may_run_later(&self, scope: usize, holder: usize, language: Language) -> bool {
        language == Language::Java
            && scope != holder
            && self.all[holder].kind == Kind::Class
            && self.all[holder].constructors != [scope]
    }

    /// A Ruby block assigns the variable of the method around it, if there is one of the name.
    fn share_with_blocks(&mut self) {
        for scope in 0..self.all.len() {
            if self.all[scope].kind != Kind::Lambda {
                continue;
            }
            let Some(parent) = self.all[scope].parent else { continue };
            let shared: Vec<_> = self.all[scope]
                .declared
                .iter()
                .copied()
                .filter(|&name| self.holder(parent, name, Language::Ruby).is_some())
                .collect();
            for name in shared {
                self.names.remove(&(scope, name));
                self.all[scope].declared.retain(|&declared| declared != name);
            }
        }
    }
}

fn is_literal(tree: &Tree, value: NodeId) -> bool {
    !tree.descendants(value).any(|node| tree.kind(node) == Kind::Ident)
}

/// Whether an expression is the object a method runs on.
pub(crate) fn is_this(tree: &Tree, node: Option<NodeId>) -> bool {
    node.is_some_and(|node| {
        tree.kind(node) == Kind::Ident
            && matches!(tree.sym(node).as_str(), "this" | "self" | "$this" | "static" | "cls")
    })
}
