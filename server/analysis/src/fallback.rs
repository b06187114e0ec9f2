//! Regular expressions that stand in for rules where a text could not be parsed, and for clients that know nothing else.
//!
//! A rule has them under `metadata: {weir: {fallback: [...]}}`. They follow no data and know no syntax, so they miss some and
//! report more; what they report says so. Case does not matter to them, and `^` and `$` are the ends of lines.

use crate::{RuleSet, budget::Budget};
use regex::{Regex, RegexBuilder};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use weir_model::{Format, Language, RuleInfo, Severity, Span};

/// Regexes that were built, by their text. A text that is no regex is `None`.
#[derive(Default)]
pub struct Fallbacks {
    built: HashMap<String, Option<Regex>>,
}

/// One place where a regex of a rule matched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    /// The rule.
    pub rule_id: Arc<str>,
    /// How bad it is.
    pub severity: Severity,
    /// Where.
    pub span: Span,
}

/// What regexes found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hits {
    /// Sorted by place, then rule.
    pub hits: Vec<Hit>,
    /// How many regexes ran: with none, that nothing was found means nothing.
    pub regexes: u32,
}

/// Built, a regex has no more bytes than this. Rules come from teams.
const MAX_BUILT: usize = 1 << 20;

/// A regex that matches everywhere finds no more than this in one text.
const MAX_HITS: usize = 100;

/// Words of comments by which a line asks for nothing to be reported.
const IGNORES: [&str; 2] = ["nosemgrep", "nosem"];

impl Fallbacks {
    /// Looks for the regexes of all rules for the languages of a text of this format.
    pub fn find(&mut self, rules: &RuleSet, format: Format, text: &str, budget: &Budget<'_>) -> Hits {
        let mut found = Hits::default();
        for rule in rules.rules().iter().filter(|rule| is_for(rule, format)) {
            let mut hits: Vec<Span> = Vec::new();
            for regex in texts(rule) {
                // Each is linear in the text; between two of them there is time to stop.
                if budget.look().is_err() {
                    return found.sorted();
                }
                let built = self.built.entry(regex).or_insert_with_key(|regex| build(regex));
                let Some(built) = built else { continue };
                found.regexes += 1;
                let spans = built.find_iter(text).map(|hit| Span::new(hit.start() as u32, hit.end() as u32));
                hits.extend(spans.filter(|span| !span.is_empty() && !is_ignored(text, *span)).take(MAX_HITS));
            }
            hits.sort_unstable();
            // Two regexes of one rule may mean the same place.
            hits.dedup_by(|later, earlier| later.overlaps(*earlier));
            let hit = |span| Hit { rule_id: Arc::clone(&rule.id), severity: rule.severity, span };
            found.hits.extend(hits.into_iter().map(hit));
        }
        found.sorted()
    }
}

impl Hits {
    fn sorted(mut self) -> Self {
        self.hits.sort_by(|a, b| (a.span, &a.rule_id).cmp(&(b.span, &b.rule_id)));
        self
    }
}

fn is_for(rule: &RuleInfo, format: Format) -> bool {
    let languages = format.languages();
    rule.languages.iter().flat_map(|name| Language::from_rule_name(name)).any(|language| languages.contains(language))
}

fn texts(rule: &RuleInfo) -> Vec<String> {
    let metadata: Value = serde_json::from_str(&rule.metadata).unwrap_or_default();
    let texts = metadata.pointer("/weir/fallback").and_then(Value::as_array);
    texts.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
}

fn build(regex: &str) -> Option<Regex> {
    RegexBuilder::new(regex).case_insensitive(true).multi_line(true).size_limit(MAX_BUILT).build().ok()
}

/// Whether the line where a match begins, or the one before it, asks for nothing to be reported.
fn is_ignored(text: &str, span: Span) -> bool {
    let start = text[..span.start as usize].rfind('\n').map_or(0, |at| at + 1);
    let before = text[..start.saturating_sub(1)].rfind('\n').map_or(0, |at| at + 1);
    let end = text[span.start as usize..].find('\n').map_or(text.len(), |at| span.start as usize + at);
    IGNORES.iter().any(|word| text[before..end].contains(word))
}
