//! Completion and hover at one place of a rule file.

use super::keys::{At, Holds, Key, Names};
use super::marks;
use super::metavariables::{self, Mention, Role};
use super::outline::{NodeId, Outline, line_end};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use weir_model::{Completion, CompletionKind, RuleCursor, RuleHover, Span};

/// Places where a metavariable is bound that a hover lists.
const MAX_PLACES: usize = 8;

/// What can stand at a byte of a rule file, and what stands there.
pub fn rule_cursor(text: &str, at: u32) -> RuleCursor {
    let at = text.floor_char_boundary((at as usize).min(text.len()));
    let (completions, replace) = completions(text, at);
    RuleCursor { completions, replace, hover: hover(text, at) }
}

// ---- completion

fn completions(text: &str, at: usize) -> (Vec<Completion>, Span) {
    let word = word(text, at);
    let here = Span::from(at..at);
    let outline = Outline::read(text);
    if let Some(dollar) = dollar(text, at)
        && let Some(node) = value_at(&outline, at)
    {
        return (metavariables_of(&outline, node, dollar), dollar);
    }
    if let Some(node) = key_at(&outline, at) {
        let key = outline.nodes[node].key.as_ref().expect("a key");
        return (keys(&outline, node), key.span);
    }
    if let Some(node) = value_at(&outline, at).filter(|&node| !starts_map(&outline, node)) {
        let span = outline.nodes[node].value;
        let replace = if span.contains(here) && !outline.nodes[node].is_block { span } else { here };
        return (values(&outline, node, at), replace);
    }
    // Half a key, or none yet: with a colon it would be one.
    let start = word.start as usize;
    let line = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let before = text[line..start].trim_start_matches([' ', '-']).trim_end();
    if !(before.is_empty() || before.ends_with(['{', ',']))
        || text[word.end as usize..line_end(text, word.end as usize)].trim().starts_with(':')
    {
        return (Vec::new(), here);
    }
    let key = if word.is_empty() { "weir" } else { word.text(text) };
    let guessed = format!("{}{key}: {}", &text[..start], &text[word.end as usize..]);
    let outline = Outline::read(&guessed);
    let node = key_at(&outline, start);
    (node.map(|node| keys(&outline, node)).unwrap_or_default(), word)
}

/// The letters around a place.
fn word(text: &str, at: usize) -> Span {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let mut start = at - text[..at].len() + text[..at].trim_end_matches(is_part).len();
    // A dash that starts an item is no part of a word.
    while text[start..].starts_with("- ") {
        start += 2;
    }
    let end = at + text[at..].len() - text[at..].trim_start_matches(is_part).len();
    Span::from(start.min(at)..end)
}

/// A dollar sign and what follows, if a place is in it.
fn dollar(text: &str, at: usize) -> Option<Span> {
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let start = text[..at].trim_end_matches(is_part);
    let dots = start.strip_suffix("$...").map(str::len);
    let start = dots.or_else(|| start.strip_suffix('$').map(str::len))?;
    let end = at + text[at..].len() - text[at..].trim_start_matches(is_part).len();
    Some(Span::from(start..end))
}

fn key_at(outline: &Outline<'_>, at: usize) -> Option<NodeId> {
    let place = Span::from(at..at);
    (0..outline.nodes.len()).find(|&node| {
        let key = outline.nodes[node].key.as_ref();
        key.is_some_and(|key| key.span.contains(place))
    })
}

/// The node whose scalar, or place for one, a place is in.
fn value_at(outline: &Outline<'_>, at: usize) -> Option<NodeId> {
    let place = Span::from(at..at);
    let within = |node: &NodeId| outline.nodes[*node].value.contains(place);
    if let Some(node) = (0..outline.nodes.len()).rev().find(within) {
        let is_place = outline.nodes[node].key.as_ref().is_none_or(|key| key.span.end < at as u32);
        return Some(node).filter(|_| is_place);
    }
    // Behind `key:` and some space.
    let line = outline.text[..at].rfind('\n').map_or(0, |at| at + 1);
    let before = outline.text[line..at].trim_end();
    let node = (0..outline.nodes.len()).rfind(|&node| outline.nodes[node].value.start as usize <= at)?;
    let own = &outline.nodes[node];
    let is_behind =
        own.value.is_empty() && before.ends_with(':') && before.len() < at - line && own.value.start as usize >= line;
    (is_behind && own.key.is_some()).then_some(node)
}

/// Whether a node is an item with nothing in it yet that is to become a map.
fn starts_map(outline: &Outline<'_>, node: NodeId) -> bool {
    let own = &outline.nodes[node];
    let is_empty = own.key.is_none() && (own.value.is_empty() || !own.in_flow && is_word(outline.scalar(node)));
    is_empty && marks::contexts(outline)[node].is_some()
}

fn is_word(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_lowercase() || matches!(c, '-' | '_'))
}

/// Keys that may stand where one does, those that stand beside it left out.
fn keys(outline: &Outline<'_>, node: NodeId) -> Vec<Completion> {
    let contexts = marks::contexts(outline);
    let own = &outline.nodes[node];
    let Some(at) = marks::around(outline, &contexts, node) else { return Vec::new() };
    let beside: Vec<&str> = outline
        .children(own.parent)
        .filter(|&other| other != node)
        .filter_map(|other| outline.nodes[other].key.as_ref().map(|key| key.name.as_str()))
        .collect();
    let key = own.key.as_ref().expect("a key");
    let quoted = key.span.text(outline.text).starts_with('"');
    let is_followed =
        key.has_colon && outline.text[key.span.end as usize..].trim_start().starts_with(':') && !own.value.is_empty();
    // A list's entries start with a dash, which may be missing still.
    let parent_holds_list = own.parent.is_some_and(|parent| {
        let holds = holds(outline, &contexts, parent);
        outline.nodes[parent].key.is_some() && matches!(holds, Some(Holds::List(_))) && !own.in_flow
    });
    let offered = Key::all(at).filter(|offered| !offered.is_alias() && !beside.contains(&offered.name));
    let completion = |offered: &Key| {
        let name = if quoted { format!("\"{}\"", offered.name) } else { offered.name.to_owned() };
        let goes_on_below = matches!(offered.holds, Holds::Map(_) | Holds::List(_)) && !own.in_flow;
        let colon = if is_followed {
            ""
        } else if goes_on_below {
            ":"
        } else {
            ": "
        };
        let dash = if parent_holds_list { "- " } else { "" };
        Completion {
            label: offered.name.to_owned(),
            kind: CompletionKind::Key,
            insert: format!("{dash}{name}{colon}"),
            detail: kind_of(offered.holds).to_owned(),
            documentation: documentation(offered),
        }
    };
    offered.map(completion).collect()
}

/// What a node's key holds.
fn holds(outline: &Outline<'_>, contexts: &[Option<At>], node: NodeId) -> Option<Holds> {
    let at = marks::around(outline, contexts, node)?;
    outline.nodes[node].key.as_ref().and_then(|key| Key::find(at, &key.name)).map(|key| key.holds)
}

/// What may stand as the scalar of a node.
fn values(outline: &Outline<'_>, node: NodeId, at: usize) -> Vec<Completion> {
    let contexts = marks::contexts(outline);
    let own = &outline.nodes[node];
    let is_item = own.key.is_none();
    let keyed = if is_item { own.parent } else { Some(node) };
    let Some(holds) = keyed.and_then(|keyed| holds(outline, &contexts, keyed)) else { return Vec::new() };
    let key = keyed.and_then(|keyed| outline.nodes[keyed].key.as_ref()).map_or("", |key| key.name.as_str());
    let named = |names: Names, in_list: bool| -> Vec<Completion> {
        let brackets = in_list && !is_item && own.value.is_empty();
        let insert = |name: &str| if brackets { format!("[{name}]") } else { name.to_owned() };
        let completion = |(name, means): &(&str, &str)| Completion {
            label: (*name).to_owned(),
            kind: CompletionKind::Value,
            insert: insert(name),
            detail: String::new(),
            documentation: (*means).to_owned(),
        };
        names.iter().map(completion).collect()
    };
    match holds {
        Holds::One(names) | Holds::NameOrMap(names, _) => named(names, false),
        Holds::Several(names) => named(names, true),
        Holds::Flag => named(&[("true", ""), ("false", "")], false),
        Holds::Metavariable | Holds::Metavariables => metavariables_of(outline, node, Span::from(at..at)),
        Holds::Text if key == "requires" => labels(outline, node),
        _ => Vec::new(),
    }
}

/// The labels that the sources and propagators of a rule give.
fn labels(outline: &Outline<'_>, node: NodeId) -> Vec<Completion> {
    let Some(rule) = rule_of(outline, node) else { return Vec::new() };
    let given = (0..outline.nodes.len())
        .filter(|&other| outline.nodes[other].key.as_ref().is_some_and(|key| key.name == "label"))
        .filter(|&other| outline.is_within(other, rule));
    let mut labels: Vec<&str> = given.map(|other| outline.scalar(other)).filter(|label| !label.is_empty()).collect();
    labels.sort_unstable();
    labels.dedup();
    let completion = |label: &str| Completion {
        label: label.to_owned(),
        kind: CompletionKind::Value,
        insert: label.to_owned(),
        detail: "label".to_owned(),
        documentation: "A label that a source of this rule gives to its data.".to_owned(),
    };
    labels.into_iter().map(completion).collect()
}

/// The metavariables that may stand at a place: those that the rule binds elsewhere.
fn metavariables_of(outline: &Outline<'_>, node: NodeId, own: Span) -> Vec<Completion> {
    let Some(rule) = rule_of(outline, node) else { return Vec::new() };
    let all = metavariables::of_rules(outline);
    let mut bound: BTreeMap<Cow<'_, str>, &Mention<'_>> = BTreeMap::new();
    for mention in all.get(&rule).into_iter().flatten() {
        if matches!(mention.role, Role::Binds | Role::BindsInNegation)
            && !own.touches(mention.span)
            && mention.name != "$_"
        {
            let name =
                if mention.name.starts_with('$') { mention.name.into() } else { format!("${}", mention.name).into() };
            bound.entry(name).or_insert(mention);
        }
    }
    let completion = |(name, mention): (Cow<'_, str>, &Mention<'_>)| Completion {
        insert: name.to_string(),
        label: name.into_owned(),
        kind: CompletionKind::Metavariable,
        detail: format!("line {}", line_of(outline.text, mention.span.start)),
        documentation: format!("Bound by `{}`.", line_text(outline.text, mention.span.start)),
    };
    bound.into_iter().map(completion).collect()
}

fn rule_of(outline: &Outline<'_>, node: NodeId) -> Option<NodeId> {
    outline.rules().into_iter().find(|&rule| outline.is_within(node, rule))
}

// ---- hover

fn hover(text: &str, at: usize) -> Option<RuleHover> {
    let outline = Outline::read(text);
    let contexts = marks::contexts(&outline);
    if let Some(node) = key_at(&outline, at) {
        let own = outline.nodes[node].key.as_ref()?;
        let key = Key::find(marks::around(&outline, &contexts, node)?, &own.name)?;
        return Some(RuleHover {
            span: own.span,
            text: format!("**{}** ({})\n\n{}", key.name, kind_of(key.holds), documentation(key)),
        });
    }
    let place = Span::from(at..at);
    let node = (0..outline.nodes.len()).rev().find(|&node| outline.nodes[node].value.contains(place))?;
    if let Some(hover) = metavariable(&outline, node, place) {
        return Some(hover);
    }
    let keyed = if outline.nodes[node].key.is_some() { Some(node) } else { outline.nodes[node].parent }?;
    let (Holds::One(names) | Holds::Several(names) | Holds::NameOrMap(names, _)) = holds(&outline, &contexts, keyed)?
    else {
        return None;
    };
    let (name, means) = names.iter().find(|(name, _)| *name == outline.scalar(node))?;
    Some(RuleHover { span: outline.nodes[node].value, text: format!("**{name}**\n\n{means}") })
}

/// Where a metavariable is bound.
fn metavariable(outline: &Outline<'_>, node: NodeId, place: Span) -> Option<RuleHover> {
    let rule = rule_of(outline, node)?;
    let all = metavariables::of_rules(outline);
    let mentions = all.get(&rule)?;
    let here = mentions.iter().find(|mention| mention.span.contains(place) && mention.name.starts_with('$'))?;
    let mut text = format!("**{}**\n\n", here.name);
    if here.name == "$_" {
        text.push_str("Matches anything and is not remembered.");
        return Some(RuleHover { span: here.span, text });
    }
    let bound: Vec<_> = mentions.iter().filter(|mention| metavariables::binds(mention, here.name)).collect();
    if bound.is_empty() {
        text.push_str("No pattern of this rule binds it.");
    } else {
        text.push_str("Bound in\n");
    }
    for mention in bound.iter().take(MAX_PLACES) {
        let (line, code) = (line_of(outline.text, mention.span.start), line_text(outline.text, mention.span.start));
        let kind = if mention.role == Role::BindsInNegation { " (what must not be there)" } else { "" };
        let _ = write!(text, "\n- line {line}: `{code}`{kind}");
    }
    if bound.len() > MAX_PLACES {
        let _ = write!(text, "\n- and {} more", bound.len() - MAX_PLACES);
    }
    Some(RuleHover { span: here.span, text })
}

// ---- words

fn documentation(key: &Key) -> String {
    let names = match key.holds {
        Holds::One(names) | Holds::Several(names) | Holds::NameOrMap(names, _) => names,
        _ => &[],
    };
    let mut text = format!("{}\n\nExample: `{}: {}`", key.does, key.name, key.example);
    for (name, means) in names {
        let _ = write!(text, "\n- `{name}`: {means}");
    }
    text
}

const fn kind_of(holds: Holds) -> &'static str {
    match holds {
        Holds::Text => "a text",
        Holds::Pattern => "a pattern",
        Holds::Formula(_) => "a pattern, or a map",
        Holds::Regex => "a regex",
        Holds::Map(_) => "a map",
        Holds::List(_) => "a list",
        Holds::One(_) => "a name",
        Holds::Several(_) => "a list of names",
        Holds::Flag => "true or false",
        Holds::Number => "a number",
        Holds::Metavariable => "a metavariable",
        Holds::Metavariables => "one metavariable or a list",
        Holds::Comparison => "a condition",
        Holds::Texts => "a list of texts",
        Holds::NameOrMap(..) => "a name, or a map",
        Holds::Any => "a list",
    }
}

fn line_of(text: &str, at: u32) -> usize {
    text[..at as usize].matches('\n').count() + 1
}

fn line_text(text: &str, at: u32) -> String {
    let start = text[..at as usize].rfind('\n').map_or(0, |at| at + 1);
    text[start..line_end(text, start)].trim().trim_start_matches("- ").replace('`', "'")
}
