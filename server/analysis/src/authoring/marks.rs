//! What is to be said of a rule file that is being written: the faults its reader finds, and what only an author wants to hear.

use super::keys::{At, Key};
use super::metavariables::{self, Role};
use super::outline::{NodeId, Outline};
use crate::rule::RuleSet;
use std::collections::{HashMap, HashSet};
use weir_model::{RuleFile, RuleHead, RuleMark, RuleMarkKind, RuleProblem, RuleSource, Span};

/// Reads a rule file for its author.
pub fn rule_file(text: &str) -> RuleFile {
    let source = RuleSource { name: String::new(), text: text.to_owned() };
    let set = RuleSet::compile(&[source], &[]);
    let outline = Outline::read(text);
    let mut marks: Vec<RuleMark> = set.problems().iter().map(mark).collect();
    let contexts = contexts(&outline);
    marks.extend(unknown_keys(&outline, &contexts));
    marks.extend(unbound(&outline));
    marks.extend(twice(&outline));
    marks.extend(without_words(&outline));
    // What the reader says of a place counts, not what is guessed of it.
    let said: Vec<Span> = set.problems().iter().filter_map(|problem| problem.span).collect();
    marks.retain(|mark| mark.kind != RuleMarkKind::Hint || !said.contains(&mark.span));
    marks.sort_by_key(|mark| (mark.span, mark.kind as u8));
    RuleFile { marks, rules: heads(&outline) }
}

fn mark(problem: &RuleProblem) -> RuleMark {
    let kind = if problem.skipped { RuleMarkKind::Information } else { RuleMarkKind::Error };
    RuleMark { span: problem.span.unwrap_or_default(), kind, message: problem.message.clone() }
}

/// The rules by their ids.
fn heads(outline: &Outline<'_>) -> Vec<RuleHead> {
    let rules: HashSet<NodeId> = outline.rules().into_iter().collect();
    let is_id = |node: &NodeId| {
        let node = &outline.nodes[*node];
        let is_key = node.key.as_ref().is_some_and(|key| key.name == "id");
        is_key && node.parent.is_some_and(|parent| rules.contains(&parent)) && !node.value.is_empty()
    };
    let head = |id: NodeId| RuleHead { id: outline.scalar(id).to_owned(), span: outline.nodes[id].value };
    (0..outline.nodes.len()).filter(is_id).map(head).collect()
}

/// Rules that have nothing to say to whom they find something at. They run here; Semgrep does not load them.
fn without_words(outline: &Outline<'_>) -> Vec<RuleMark> {
    let keys = |rule: NodeId| {
        let nodes = outline.nodes.iter().filter(move |node| node.parent == Some(rule));
        nodes.filter_map(|node| Some((node.key.as_ref()?.name.as_str(), node.value)))
    };
    let mark = |rule: NodeId| {
        let (_, id) = keys(rule).find(|(name, id)| *name == "id" && !id.is_empty())?;
        let message =
            "this rule has no `message`: who sees its findings is not told what is wrong, and Semgrep does not load it";
        // One that is misspelt is told of already.
        let has_one = keys(rule).any(|(name, _)| distance(name, "message") <= 2);
        (!has_one).then(|| RuleMark { span: id, kind: RuleMarkKind::Hint, message: message.to_owned() })
    };
    outline.rules().into_iter().filter_map(mark).collect()
}

/// What kind of map stands in each node; `None` where there is none, or nothing is known of it.
pub(super) fn contexts(outline: &Outline<'_>) -> Vec<Option<At>> {
    let mut contexts: Vec<Option<At>> = Vec::with_capacity(outline.nodes.len());
    for node in &outline.nodes {
        let around = node.parent.map_or(Some(At::Root), |parent| contexts[parent]);
        contexts.push(match &node.key {
            Some(key) => around.and_then(|at| Key::find(at, &key.name)).and_then(Key::inner),
            None => around.filter(|_| node.parent.is_some()),
        });
    }
    contexts
}

/// The kind of map that a node is a key of.
pub(super) fn around(outline: &Outline<'_>, contexts: &[Option<At>], node: NodeId) -> Option<At> {
    outline.nodes[node].parent.map_or(Some(At::Root), |parent| contexts[parent])
}

/// Keys that mean nothing where they stand.
fn unknown_keys(outline: &Outline<'_>, contexts: &[Option<At>]) -> Vec<RuleMark> {
    let unknown = |node: NodeId| {
        let key = outline.nodes[node].key.as_ref().filter(|key| key.has_colon && key.name != "<<")?;
        let at = around(outline, contexts, node).filter(|at| !at.is_open())?;
        if Key::find(at, &key.name).is_some() || FOREIGN.contains(&key.name.as_str()) || key.name.starts_with('$') {
            return None;
        }
        let like = alike(at, &key.name).map_or_else(String::new, |like| format!("; did you mean `{like}`?"));
        let message = format!("`{}` is no key that Weir knows here, and has no effect{like}", key.name);
        Some(RuleMark { span: key.span, kind: RuleMarkKind::Hint, message })
    };
    (0..outline.nodes.len()).filter_map(unknown).collect()
}

/// Keys of rules that are for other tools.
const FOREIGN: [&str; 12] = [
    "validators",
    "product",
    "version",
    "author",
    "owner",
    "join",
    "extract",
    "steps",
    "dest-language",
    "dest-rules",
    "r2c-internal-project-depends-on",
    "pattern-where-python",
];

/// The key that was meant: one that differs in few letters.
fn alike(at: At, name: &str) -> Option<&'static str> {
    let most = (name.chars().count() / 3).clamp(1, 3);
    let near = Key::all(at).map(|key| (distance(name, key.name), key.name)).filter(|(far, _)| *far <= most);
    near.min().map(|(_, name)| name)
}

/// How many letters are to be put in, taken out or replaced to make one text the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

/// Metavariables that are shown or asked about and that no pattern binds.
fn unbound(outline: &Outline<'_>) -> Vec<RuleMark> {
    let mut marks = Vec::new();
    for mentions in metavariables::of_rules(outline).values() {
        let bound = |name: &str, role: Role| {
            let counts = |bind: Role| bind == Role::Binds || role == Role::Asks;
            mentions.iter().any(|mention| counts(mention.role) && metavariables::binds(mention, name))
        };
        for mention in mentions.iter().filter(|mention| matches!(mention.role, Role::Asks | Role::Shows)) {
            // `$_GET` in a message is PHP.
            if mention.name.starts_with("$_") || bound(mention.name, mention.role) {
                continue;
            }
            let name = mention.name;
            let message = if mention.role == Role::Shows {
                format!("no pattern that finds something binds {name}: it is shown as it stands here")
            } else {
                format!("no pattern of this rule binds {name}: the condition never holds")
            };
            marks.push(RuleMark { span: mention.span, kind: RuleMarkKind::Hint, message });
        }
    }
    marks
}

/// Ids that two rules of the file have.
fn twice(outline: &Outline<'_>) -> Vec<RuleMark> {
    let mut first: HashMap<String, Span> = HashMap::new();
    let mut marks = Vec::new();
    for RuleHead { id, span } in heads(outline) {
        if let Some(before) = first.get(&id) {
            let line = outline.text[..before.start as usize].matches('\n').count() + 1;
            let message =
                format!("another rule of this file, in line {line}, has this id: findings name a rule by it alone");
            marks.push(RuleMark { span, kind: RuleMarkKind::Warning, message });
        } else {
            first.insert(id, span);
        }
    }
    marks
}
