//! What stands around a finding: how likely it is that it matters.
//!
//! Nothing here decides whether something is found. It is what a person looks at first: is this a test, was the value looked at
//! before, does the call bring its own protection. Names tell, so all of it is a guess, and said to be one.

use crate::analyze::Unit;
use regex::Regex;
use std::collections::HashSet;
use std::sync::LazyLock;
use weir_model::{Finding, Span, Surroundings};
use weir_syntax::{Kind, NodeId, Part, Role, Symbol, Tree};

/// Words in the names of functions that look at a value.
static LOOKS_AT: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)valid|verif|check|assert|ensure|allow|permit|whitelist|safelist|is_?(?:safe|digit|numeric|alnum|int)|match|guard",
    )
});

/// Words in the names of functions that make a value harmless.
static PROTECTS: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"(?i)escap|saniti|quote|encode|clean|purify|strip_?tags|prepare|bind|parameteri|basename|html_?special")
});

/// Places in a statement that are filled in apart from it.
static PLACEHOLDER: LazyLock<Regex> = LazyLock::new(|| regex(r"\?|%s|%\(\w+\)s|:[a-zA-Z_]\w*|\$\d"));

/// Names of test files and folders, in the seven languages.
static TEST_PATH: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?x) (?:^|/)(?:tests?|specs?|__tests__|testing|fixtures?|e2e)/
        | (?:^|/)(?:test_[^/]*|conftest)\.py$ | _test\.(?:py|exs?|rb|php)$ | _spec\.rb$
        | \.(?:test|spec|cy)\.[cm]?[jt]sx?$ | (?:Tests?|IT|Spec)\.(?:java|php)$",
    )
});

/// Statements before the finding that are looked at, in each block around it.
const MOST_BEFORE: usize = 50;

fn regex(text: &str) -> Regex {
    Regex::new(text).expect("a constant regex")
}

/// What stands around some findings of a text.
pub fn surroundings(unit: &Unit<'_>, findings: &[Finding]) -> Vec<Surroundings> {
    let parts = unit.source.parts();
    findings.iter().map(|finding| of(unit.path, &parts, finding)).collect()
}

fn of(path: &str, parts: &[Part<'_>], finding: &Finding) -> Surroundings {
    let in_test_file = TEST_PATH.is_match(path);
    // Of the programs in a page the one that has most of what was found.
    let programs =
        parts.iter().filter(|part| !part.tree.is_empty()).filter_map(|part| Some((part, part.within(finding.span)?)));
    let found = programs.max_by_key(|(_, span)| span.len());
    let Some((part, node)) = found.and_then(|(part, span)| Some((part, smallest(part.tree, span)?))) else {
        return Surroundings { in_test_file, ..Surroundings::default() };
    };
    let tree = part.tree;
    let mut names: HashSet<Symbol> = names_in(tree, node).collect();
    for step in finding.trace.iter().flat_map(|trace| &trace.steps) {
        let at = part.within(step.span).and_then(|span| smallest(tree, span));
        names.extend(at.into_iter().flat_map(|node| names_in(tree, node)));
    }
    Surroundings {
        node: format!("{:?}", tree.kind(node)),
        parent: tree.parent(node).map(|parent| format!("{:?}", tree.kind(parent))),
        in_test_file,
        has_validation: has_validation(tree, node, &names),
        uses_secure_pattern: uses_secure_pattern(tree, node),
    }
}

/// The smallest node that holds a span. A node's children are apart from each other, so there is one way down.
fn smallest(tree: &Tree, span: Span) -> Option<NodeId> {
    let mut at = tree.ids().next()?;
    if !tree.span(at).contains(span) {
        return None;
    }
    while let Some(child) = tree.children(at).find(|&child| tree.span(child).contains(span)) {
        at = child;
        if tree.span(at) == span {
            break;
        }
    }
    Some(at)
}

fn names_in(tree: &Tree, node: NodeId) -> impl Iterator<Item = Symbol> {
    let is_value = |&node: &NodeId| {
        // What is called, and the name of a field, is no value that anybody could have looked at.
        tree.kind(node) == Kind::Ident && !matches!(tree.role(node), Role::Callee | Role::Name)
    };
    tree.descendants(node).filter(is_value).map(|node| tree.sym(node))
}

/// Whether a condition around the finding, or a statement before it, has to do with one of the values.
fn has_validation(tree: &Tree, node: NodeId, names: &HashSet<Symbol>) -> bool {
    let mentions = |node: NodeId| names_in(tree, node).any(|name| names.contains(&name));
    let mut below = node;
    for around in tree.ancestors(node) {
        let is_condition = matches!(tree.kind(around), Kind::If | Kind::While | Kind::Conditional)
            && !matches!(tree.role(below), Role::Cond);
        if is_condition && tree.with_role(around, Role::Cond).any(mentions) {
            return true;
        }
        if matches!(tree.kind(around), Kind::Block | Kind::File) {
            let before = tree.children(around).take_while(|&statement| statement != below);
            let before: Vec<NodeId> = before.collect();
            let looks = |&statement: &NodeId| match tree.kind(statement) {
                Kind::If => leaves(tree, statement) && tree.with_role(statement, Role::Cond).any(mentions),
                Kind::Call | Kind::Other => calls(tree, statement, &LOOKS_AT) && mentions(statement),
                _ => false,
            };
            if before.iter().rev().take(MOST_BEFORE).any(looks) {
                return true;
            }
        }
        if matches!(tree.kind(around), Kind::Function | Kind::Lambda) {
            break;
        }
        below = around;
    }
    false
}

/// Whether an `if` ends what comes after it: it returns, throws or leaves a loop.
fn leaves(tree: &Tree, statement: NodeId) -> bool {
    let ends = |node: NodeId| matches!(tree.kind(node), Kind::Return | Kind::Throw | Kind::Break | Kind::Continue);
    let branches = tree.with_role(statement, Role::Then).chain(tree.with_role(statement, Role::Else));
    branches.flat_map(|branch| tree.descendants(branch)).any(|node| ends(node) || calls_one(tree, node, "abort"))
}

/// Whether something within the call that the finding is, or stands in, makes values harmless, or the call fills them in itself.
fn uses_secure_pattern(tree: &Tree, node: NodeId) -> bool {
    let is_call = |&node: &NodeId| matches!(tree.kind(node), Kind::Call | Kind::New);
    let Some(call) = std::iter::once(node).chain(tree.ancestors(node)).find(is_call) else { return false };
    let arguments = tree.with_role(call, Role::Arg).count();
    let has_places = tree
        .descendants(call)
        .any(|node| tree.kind(node) == Kind::Str && PLACEHOLDER.is_match(tree.sym(node).as_str()));
    (arguments > 1 && has_places) || tree.with_role(call, Role::Arg).any(|argument| calls(tree, argument, &PROTECTS))
}

/// Whether a function whose name has such a word is called within a node.
fn calls(tree: &Tree, node: NodeId, word: &Regex) -> bool {
    let callees = tree.descendants(node).filter(|&node| tree.kind(node) == Kind::Call);
    callees.filter_map(|call| name_of_callee(tree, call)).any(|name| word.is_match(name.as_str()))
}

fn calls_one(tree: &Tree, node: NodeId, name: &str) -> bool {
    tree.kind(node) == Kind::Call && name_of_callee(tree, node).is_some_and(|callee| callee.as_str() == name)
}

/// The last part of what is called.
fn name_of_callee(tree: &Tree, call: NodeId) -> Option<Symbol> {
    let callee = tree.child(call, Role::Callee)?;
    let name = if tree.kind(callee) == Kind::Member { tree.child(callee, Role::Name)? } else { callee };
    (tree.kind(name) == Kind::Ident).then(|| tree.sym(name))
}
