//! The metavariables of a rule: where they are bound and where they are used.

use super::outline::{NodeId, Outline};
use std::collections::{BTreeMap, HashSet};
use weir_model::Span;

/// A metavariable where it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Mention<'t> {
    /// With its dollar sign, `$...X` included.
    pub(super) name: &'t str,
    pub(super) span: Span,
    pub(super) node: NodeId,
    pub(super) role: Role,
}

/// What a mention does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// In a pattern that finds something.
    Binds,
    /// In a pattern of what must not be there: bound there alone.
    BindsInNegation,
    /// In a condition, a focus, the ends of a propagator.
    Asks,
    /// In the message or the fix.
    Shows,
}

/// Keys that hold patterns or lead to them.
const NEGATIONS: [&str; 4] = ["pattern-not", "pattern-not-inside", "pattern-not-regex", "not"];

/// Keys that hold texts in which a metavariable means nothing.
const SILENT: [&str; 8] = ["id", "metadata", "paths", "options", "languages", "severity", "regex", "label"];

/// All metavariables that are mentioned in each rule, in the order of the text.
pub(super) fn of_rules<'t>(outline: &Outline<'t>) -> BTreeMap<NodeId, Vec<Mention<'t>>> {
    let rules: HashSet<NodeId> = outline.rules().into_iter().collect();
    let mut of: BTreeMap<NodeId, Vec<Mention<'t>>> = rules.iter().map(|&rule| (rule, Vec::new())).collect();
    // Parents come before children: what holds of them is known.
    let mut known: Vec<(Option<NodeId>, Option<Role>)> = Vec::with_capacity(outline.nodes.len());
    for (at, node) in outline.nodes.iter().enumerate() {
        let (mut rule, mut role) = node.parent.map_or((None, None), |parent| known[parent]);
        if rules.contains(&at) {
            (rule, role) = (Some(at), Some(Role::Binds));
        }
        if let (Some(key), Some(before)) = (&node.key, role) {
            role = role_of(&key.name, before);
        }
        known.push((rule, role));
        let Some(rule) = rule else { continue };
        let mentions = of.entry(rule).or_default();
        if node.key.as_ref().is_some_and(|key| matches!(key.name.as_str(), "pattern-regex" | "regex")) {
            let bound = groups(outline.text, node.value);
            mentions.extend(bound.map(|(name, span)| Mention { name, span, node: at, role: Role::Binds }));
        }
        let Some(role) = role else { continue };
        if let Some(key) = node.key.as_ref().filter(|key| key.name.starts_with('$')) {
            // `requires: [{$X: LABEL}]`
            mentions.extend(scan(outline.text, key.span).map(|(name, span)| Mention {
                name,
                span,
                node: at,
                role: Role::Asks,
            }));
        }
        mentions.extend(scan(outline.text, node.value).map(|(name, span)| Mention { name, span, node: at, role }));
    }
    of
}

/// What a mention under a key does if it would do `before` around it; `None`: nothing.
fn role_of(key: &str, before: Role) -> Option<Role> {
    Some(match key {
        "message" | "fix" | "replacement" => Role::Shows,
        "focus-metavariable" | "focus" | "metavariable" | "comparison" | "from" | "to" | "requires" => Role::Asks,
        "as" | "as-metavariable" => Role::Binds,
        _ if NEGATIONS.contains(&key) => Role::BindsInNegation,
        _ if SILENT.contains(&key) => return None,
        _ => before,
    })
}

/// The metavariables in a part of a text.
pub(super) fn scan(text: &str, part: Span) -> impl Iterator<Item = (&str, Span)> {
    let inside = part.text(text);
    inside.match_indices('$').filter_map(move |(at, _)| {
        let rest = &inside[at + 1..];
        let dots = if rest.starts_with("...") { 3 } else { 0 };
        let name =
            rest[dots..].bytes().take_while(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b'_').count();
        let first = rest[dots..].bytes().next()?;
        let is_name = name > 0 && (first.is_ascii_uppercase() || first == b'_');
        // `$Name` is a variable of PHP.
        let goes_on = rest[dots + name..].starts_with(|c: char| c.is_ascii_lowercase());
        let start = part.start as usize + at;
        let span = Span::from(start..start + 1 + dots + name);
        (is_name && !goes_on).then(|| (span.text(text), span))
    })
}

/// Named groups of a regex: they bind metavariables, whose names have a dollar sign that stands nowhere in the text.
fn groups(text: &str, part: Span) -> impl Iterator<Item = (&str, Span)> {
    let inside = part.text(text);
    inside.match_indices("(?").filter_map(move |(at, _)| {
        let rest = inside[at + 2..].trim_start_matches('P').strip_prefix('<')?;
        let name = &rest[..rest.find('>')?];
        let start = part.start as usize + inside.len() - rest.len();
        let is_name = !name.is_empty() && !name.starts_with(['=', '!']);
        is_name.then(|| (name, Span::from(start..start + name.len())))
    })
}

/// Whether a mention binds this name: a group of a regex is written without the dollar sign.
pub(super) fn binds(mention: &Mention<'_>, name: &str) -> bool {
    matches!(mention.role, Role::Binds | Role::BindsInNegation)
        && (mention.name == name || name.strip_prefix('$') == Some(mention.name))
}
