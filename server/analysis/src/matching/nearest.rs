//! Where a pattern that matches nothing on a line comes closest, and the first thing that differs there.
//!
//! The code of the pattern's kind on the line is compared part by part, each by the matcher itself: a part that does not
//! match alone is what differs. What is told is true, but there may be more that differs.

use super::candidates::kinds_for;
use super::metavar::Env;
use super::unify::Unifier;
use crate::budget::{Budget, Stop};
use crate::context::FileContext;
use crate::rule::PatternLeaf;
use std::collections::{HashMap, HashSet};
use weir_model::Span;
use weir_syntax::{Kind, NodeId, Pattern, Role, Symbol, Tree};

/// Differences are looked for so many levels down; deeper ones are told as that of the level above.
const MAX_DEPTH: u32 = 24;

/// Of so many pieces of code on a line, by so many names in each, the closest is chosen: a line may be a whole file.
const MOST_CANDIDATES: usize = 1000;
const MOST_NAMES: usize = 1000;

/// Longer pieces of code are cut when they are quoted.
const MAX_QUOTED: usize = 60;

/// The closest code on a line, and how it differs from a pattern.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Nearest {
    /// The code that differs, or that of the pattern's kind; none if there is nothing of the kind.
    pub(crate) span: Option<Span>,
    /// How it differs, as half a sentence.
    pub(crate) differs: String,
}

/// Compares a pattern that matches nothing on a line with what is there.
pub(crate) fn nearest(
    leaf: &PatternLeaf,
    file: &FileContext<'_>,
    line: Span,
    budget: &Budget<'_>,
) -> Result<Nearest, Stop> {
    let nothing = |differs: String| Ok(Nearest { span: None, differs });
    let Some((_, pattern)) = leaf.by_language.iter().find(|(language, _)| *language == file.language) else {
        return nothing(format!("the pattern is not valid {}", file.language.name()));
    };
    let tree = pattern.tree();
    let search = Search { unifier: Unifier::new(tree, leaf.options, file, budget), line };
    let roots: Vec<NodeId> = pattern.roots().collect();
    match roots[..] {
        [root] => search.single(root),
        _ => search.statements(pattern, &roots),
    }
}

/// How code differs from a pattern, and where.
type Difference = (NodeId, String);

struct Search<'a> {
    unifier: Unifier<'a>,
    line: Span,
}

impl Search<'_> {
    fn pattern(&self) -> &Tree {
        self.unifier.pattern
    }

    fn code(&self) -> &Tree {
        self.unifier.file.tree
    }

    fn single(&self, root: NodeId) -> Result<Nearest, Stop> {
        let kind = self.pattern().kind(root);
        match self.closest(root)? {
            Some(node) if self.matches(root, node)? => {
                let differs =
                    "the code alone would match, but not where it stands: as a name, a type or a part of an import";
                Ok(Nearest { span: Some(self.code().span(node)), differs: differs.to_owned() })
            }
            Some(node) => {
                let (at, differs) = self.difference(root, node, 0)?;
                Ok(Nearest { span: Some(self.code().span(at)), differs })
            }
            None => Ok(Nearest { span: None, differs: format!("there is no {} on the line", noun(kind)) }),
        }
    }

    /// The first statement of several that stands nowhere.
    fn statements(&self, pattern: &Pattern, roots: &[NodeId]) -> Result<Nearest, Stop> {
        let is_dots = |root: NodeId| matches!(self.pattern().kind(root), Kind::Ellipsis | Kind::EllipsisMetavar);
        for (at, &root) in roots.iter().enumerate().filter(|&(_, &root)| !is_dots(root)) {
            let mut stands = false;
            for node in self.code().ids() {
                self.unifier.budget.tick()?;
                stands = self.matches(root, node)?;
                if stands {
                    break;
                }
            }
            if !stands {
                let Nearest { span, differs } = self.single(root)?;
                let differs = format!("part {} of the pattern's {} matches nowhere: {differs}", at + 1, roots.len());
                return Ok(Nearest { span, differs });
            }
        }
        let what = if pattern.is_statement() { "statement" } else { "part" };
        let differs = format!(
            "every {what} of the pattern matches somewhere, but here they do not follow each other in one block with \
             the same code for each metavariable"
        );
        Ok(Nearest { span: None, differs })
    }

    /// The code on the line that has most in common with a pattern's node, of those of its kind.
    fn closest(&self, root: NodeId) -> Result<Option<NodeId>, Stop> {
        let kind = self.pattern().kind(root);
        let others = kinds_for(kind, self.unifier.file.language);
        let wanted: Vec<Symbol> = names(self.pattern(), root).collect();
        let wanted_head = head(self.pattern(), root);
        let mut best: Option<((bool, bool, usize, bool), NodeId)> = None;
        let mut candidates = 0;
        for node in self.code().ids() {
            self.unifier.budget.tick()?;
            let span = self.code().span(node);
            let is_kind = self.code().kind(node) == kind;
            if !span.touches(self.line)
                || !(is_kind || others.is_some_and(|others| others.contains(&self.code().kind(node))))
            {
                continue;
            }
            candidates += 1;
            if candidates > MOST_CANDIDATES {
                break;
            }
            let held: HashSet<Symbol> = names(self.code(), node).take(MOST_NAMES).collect();
            let common = wanted.iter().filter(|name| held.contains(name)).count();
            let starts = self.line.start <= span.start && span.start <= self.line.end;
            let same_head = wanted_head.is_some() && head(self.code(), node) == wanted_head;
            // Of equals the first: it is the outermost.
            let score = (same_head, starts, common, is_kind);
            if best.as_ref().is_none_or(|(best, _)| score > *best) {
                best = Some((score, node));
            }
        }
        // A name alone is like any other: nothing is closest.
        Ok(best.map(|(_, node)| node).filter(|_| kind != Kind::Ident))
    }

    fn matches(&self, p: NodeId, t: NodeId) -> Result<bool, Stop> {
        Ok(!self.unifier.node(p, t, Env::default())?.is_empty())
    }

    /// The first part in which code differs from a pattern that it does not match.
    fn difference(&self, p: NodeId, t: NodeId, depth: u32) -> Result<Difference, Stop> {
        let (pk, tk) = (self.pattern().kind(p), self.code().kind(t));
        if pk != tk || depth > MAX_DEPTH {
            return Ok((t, self.unlike(p, t)));
        }
        let inner = match pk {
            Kind::Call | Kind::New => self.of_call(p, t, depth)?,
            _ => self.of_children(p, t, depth)?,
        };
        if let Some(difference) = inner {
            return Ok(difference);
        }
        if self.pattern().children(p).next().is_none() || self.pattern().sym(p) != self.code().sym(t) {
            return Ok((t, self.unlike(p, t)));
        }
        let differs = "its parts match one by one, but not together: a metavariable that stands more than once is not \
                       the same code each time, or they stand in another order";
        Ok((t, differs.to_owned()))
    }

    fn of_call(&self, p: NodeId, t: NodeId, depth: u32) -> Result<Option<Difference>, Stop> {
        let callees = (self.pattern().child(p, Role::Callee), self.code().child(t, Role::Callee));
        if let (Some(wanted), Some(callee)) = callees
            && !self.matches(wanted, callee)?
        {
            return self.difference(wanted, callee, depth + 1).map(Some);
        }
        let wanted: Vec<NodeId> = self.pattern().with_role(p, Role::Arg).collect();
        let given: Vec<NodeId> = self.code().with_role(t, Role::Arg).collect();
        let is_dots = |p: NodeId| matches!(self.pattern().kind(p), Kind::Ellipsis | Kind::EllipsisMetavar);
        let is_keyword = |p: NodeId| self.pattern().kind(p) == Kind::KeywordArg;
        let first_dots = wanted.iter().position(|&p| is_dots(p) || is_keyword(p));
        for (at, &p) in wanted.iter().enumerate().take(first_dots.unwrap_or(wanted.len())) {
            let Some(&t) = given.get(at) else { break };
            if !self.matches(p, t)? {
                let (node, differs) = self.difference(p, t, depth + 1)?;
                return Ok(Some((node, format!("argument {}: {differs}", at + 1))));
            }
        }
        if !wanted.iter().any(|&p| is_dots(p)) && wanted.len() != given.len() {
            let count = |count: usize| format!("{count} argument{}", if count == 1 { "" } else { "s" });
            let what = head(self.code(), t).map_or_else(|| "it".to_owned(), |name| format!("`{}`", name.as_str()));
            let differs = format!("{what} has {} where the pattern has {}", count(given.len()), wanted.len());
            return Ok(Some((t, differs)));
        }
        for &p in wanted.iter().filter(|&&p| is_keyword(p)) {
            let name = self.pattern().sym(p);
            let same = given
                .iter()
                .find(|&&t| self.code().kind(t) == Kind::KeywordArg && self.code().sym(t) == name)
                .filter(|_| !name.as_str().starts_with('$'));
            let mut found = false;
            for &t in &given {
                found |= self.matches(p, t)?;
            }
            if let (false, Some(&t)) = (found, same) {
                return self.difference(p, t, depth + 1).map(Some);
            }
            if !found && !name.as_str().starts_with('$') {
                return Ok(Some((t, format!("the argument `{}` that the pattern has is not given", name.as_str()))));
            }
        }
        for &p in wanted.iter().filter(|&&p| !is_dots(p) && !is_keyword(p)) {
            let mut found = false;
            for &t in &given {
                found |= self.matches(p, t)?;
            }
            if !found {
                return Ok(Some((t, format!("none of its arguments is {}", self.quoted_pattern(p)))));
            }
        }
        Ok(None)
    }

    /// Children by role and number.
    fn of_children(&self, p: NodeId, t: NodeId, depth: u32) -> Result<Option<Difference>, Stop> {
        let mut seen: HashMap<Role, usize> = HashMap::new();
        let mut open: Vec<Role> = Vec::new();
        for wanted in self.pattern().children(p) {
            let role = self.pattern().role(wanted);
            let kind = self.pattern().kind(wanted);
            if matches!(kind, Kind::Ellipsis | Kind::EllipsisMetavar) {
                open.push(role);
            }
            if open.contains(&role) || matches!(role, Role::Modifier | Role::Decorator) {
                continue;
            }
            let at = seen.entry(role).or_default();
            let given = self.code().with_role(t, role).nth(*at);
            *at += 1;
            match given {
                Some(given) if !self.matches(wanted, given)? => {
                    return self.difference(wanted, given, depth + 1).map(Some);
                }
                Some(_) => {}
                None => {
                    let part = self.quoted_pattern(wanted);
                    return Ok(Some((t, format!("{} lacks {part}", self.quoted(t)))));
                }
            }
        }
        Ok(None)
    }

    /// Code that is no such thing as the pattern has in its place.
    fn unlike(&self, p: NodeId, t: NodeId) -> String {
        let pattern = self.pattern();
        if pattern.kind(p) == Kind::TypedMetavar {
            let type_ = pattern.child(p, Role::Type).map(|type_| pattern.sym(type_)).filter(|name| !name.is_empty());
            let type_ = type_.map_or_else(|| "that of the pattern".to_owned(), |name| format!("`{}`", name.as_str()));
            return format!("the type of {} is not known to be {type_}", self.quoted(t));
        }
        let is_text = matches!(pattern.kind(p), Kind::Str | Kind::Number | Kind::Bool);
        if is_text && matches!(self.code().kind(t), Kind::Ident | Kind::Member) {
            let wanted = self.quoted_pattern(p);
            return format!("{} is not known to hold {wanted} here", self.quoted(t));
        }
        format!("{} where the pattern has {}", self.quoted(t), self.quoted_pattern(p))
    }

    /// Code, cut where it is long.
    fn quoted(&self, t: NodeId) -> String {
        quote(self.code().span(t).text(self.unifier.file.text))
    }

    /// A pattern's node in words: its text where that is simple, what kind of thing it is where it is not.
    fn quoted_pattern(&self, p: NodeId) -> String {
        match self.written(p, 0) {
            Some(text) => quote(&text),
            None => with_article(self.pattern().kind(p)),
        }
    }

    fn written(&self, p: NodeId, depth: u32) -> Option<String> {
        let tree = self.pattern();
        let sym = tree.sym(p).as_str();
        match tree.kind(p) {
            Kind::Ident
            | Kind::Metavar
            | Kind::EllipsisMetavar
            | Kind::Number
            | Kind::Bool
            | Kind::Null
            | Kind::Token => Some(sym.to_owned()),
            Kind::Atom => Some(format!(":{sym}")),
            Kind::Str => Some(format!("\"{sym}\"")),
            Kind::Ellipsis => Some("...".to_owned()),
            Kind::Member if depth < MAX_DEPTH => {
                let object = self.written(tree.child(p, Role::Object)?, depth + 1)?;
                Some(format!("{object}.{}", self.written(tree.child(p, Role::Name)?, depth + 1)?))
            }
            Kind::Call if depth < MAX_DEPTH => {
                Some(format!("{}(...)", self.written(tree.child(p, Role::Callee)?, depth + 1)?))
            }
            Kind::KeywordArg if depth < MAX_DEPTH => {
                Some(format!("{sym}={}", self.written(tree.child(p, Role::Value)?, depth + 1)?))
            }
            _ => None,
        }
    }
}

/// The names at and below a node.
fn names(tree: &Tree, node: NodeId) -> impl Iterator<Item = Symbol> {
    tree.descendants(node).filter(|&node| tree.kind(node) == Kind::Ident).map(|node| tree.sym(node))
}

/// The name of what is called or defined.
fn head(tree: &Tree, node: NodeId) -> Option<Symbol> {
    let name = tree.child(node, Role::Callee).or_else(|| tree.child(node, Role::Name))?;
    let name = if tree.kind(name) == Kind::Member { tree.child(name, Role::Name)? } else { name };
    (tree.kind(name) == Kind::Ident).then(|| tree.sym(name))
}

/// Text as code on one line.
pub(crate) fn quote(text: &str) -> String {
    let mut line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((end, _)) = line.char_indices().nth(MAX_QUOTED) {
        line.truncate(end);
        line.push_str("...");
    }
    format!("`{line}`")
}

fn with_article(kind: Kind) -> String {
    let noun = noun(kind);
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {noun}")
}

/// What people call a kind of code.
const fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Call => "call",
        Kind::New => "creation of an object",
        Kind::Member => "member access",
        Kind::Subscript => "index access",
        Kind::Assign | Kind::VarDef => "assignment",
        Kind::Ident => "such name",
        Kind::Str | Kind::Template => "string",
        Kind::Number => "number",
        Kind::Bool => "boolean",
        Kind::Regex => "regular expression",
        Kind::Binary | Kind::Unary => "operation",
        Kind::Conditional => "conditional expression",
        Kind::Array => "list",
        Kind::Dict | Kind::Pair => "object or dictionary",
        Kind::KeywordArg => "argument by name",
        Kind::Lambda => "function expression",
        Kind::Function => "function definition",
        Kind::Class => "class definition",
        Kind::Param => "parameter",
        Kind::If => "`if`",
        Kind::For | Kind::ForEach | Kind::While | Kind::DoWhile => "loop",
        Kind::Switch | Kind::Case => "`switch` or `case`",
        Kind::Return => "`return`",
        Kind::Throw => "`throw` or `raise`",
        Kind::Try | Kind::Catch => "`try`",
        Kind::With => "`with`",
        Kind::Import | Kind::ImportFrom => "import",
        Kind::Decorator => "decorator or annotation",
        Kind::Jsx | Kind::JsxAttr => "element",
        Kind::TypedMetavar => "expression of the type",
        _ => "code of the pattern's kind",
    }
}
