//! Which rules are tried on a file: looked up by the names it holds instead of asked one by one.

use super::Need;
use super::files::Listed;
use super::threads::Threads;
use crate::hash::NumberMap;
use weir_model::Language;
use weir_syntax::Symbol;

/// So many rules are shared out among threads.
const MANY_RULES: usize = 500;

/// The rules of a set by the files they are tried on.
#[derive(Debug, Default)]
pub(super) struct Dispatch {
    /// By language; the last is for texts in none.
    shelves: [Shelf; Language::ALL.len() + 1],
}

/// The rules that read files in one language, by their numbers in the set.
#[derive(Debug, Default)]
struct Shelf {
    /// Rules that need no name.
    always: Vec<u32>,
    /// Rules that need one of some names stand under each of them.
    by_name: NumberMap<Symbol, Vec<u32>>,
}

impl Dispatch {
    /// Puts rules on their shelves.
    pub(super) fn new(rules: &[&Listed], threads: Threads) -> Self {
        let languages: Vec<_> = Language::ALL.map(Some).into_iter().chain([None]).collect();
        // Where rules are few a thread takes longer to be started than this does.
        let threads = if rules.len() < MANY_RULES { Threads::default() } else { threads };
        let shelves = threads.each(&mut (), |()| (), &languages, |(), &language| Shelf::new(rules, language));
        let mut dispatch = Self::default();
        for (language, rules) in languages.into_iter().zip(shelves) {
            dispatch.shelves[shelf(language)] = rules;
        }
        dispatch
    }

    /// The numbers of the rules that may find something in a file, in order; `has` tells whether a name occurs in it.
    pub(super) fn candidates(&self, language: Option<Language>, has: &impl Fn(Symbol) -> bool) -> Vec<u32> {
        let shelf = &self.shelves[shelf(language)];
        let mut found = shelf.always.clone();
        for (_, rules) in shelf.by_name.iter().filter(|(name, _)| has(**name)) {
            found.extend(rules);
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Shelf {
    /// The shelf of a language.
    fn new(rules: &[&Listed], language: Option<Language>) -> Self {
        let reading = || (0..).zip(rules).filter(|(_, rule)| rule.reads(language));
        let mut counts = NumberMap::default();
        for (_, rule) in reading() {
            count(rule.need(language), &mut counts);
        }
        let mut shelf = Self::default();
        for (number, rule) in reading() {
            match rule.need(language).and_then(|need| keys(need, &counts)) {
                None => shelf.always.push(number),
                Some(names) => {
                    for name in names {
                        let rules = shelf.by_name.entry(name).or_default();
                        // A name may be needed twice.
                        if rules.last() != Some(&number) {
                            rules.push(number);
                        }
                    }
                }
            }
        }
        shelf
    }
}

fn shelf(language: Option<Language>) -> usize {
    language.map_or(Language::ALL.len(), |language| language as usize)
}

/// Counts how many rules a name may bring.
fn count(need: Option<&Need>, counts: &mut NumberMap<Symbol, u32>) {
    match need {
        None => {}
        Some(Need::Names(names)) => names.iter().for_each(|&name| *counts.entry(name).or_default() += 1),
        Some(Need::All(needs) | Need::Any(needs)) => needs.iter().for_each(|need| count(Some(need), counts)),
    }
}

/// Names of which a file has at least one where it meets the need, as few and as rare ones as can be; `None` if it may
/// have none.
fn keys(need: &Need, counts: &NumberMap<Symbol, u32>) -> Option<Vec<Symbol>> {
    let cost = |names: &[Symbol]| names.iter().map(|name| counts.get(name).copied().unwrap_or(0)).sum::<u32>();
    match need {
        Need::Names(names) => names.iter().min_by_key(|&&name| cost(&[name])).map(|&name| vec![name]),
        Need::All(needs) => needs.iter().filter_map(|need| keys(need, counts)).min_by_key(|names| cost(names)),
        Need::Any(needs) => needs.iter().try_fold(Vec::new(), |mut all, need| {
            all.extend(keys(need, counts)?);
            Some(all)
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::RuleSet;
    use weir_model::RuleSource;
    use weir_syntax::{Limits, Source};

    /// The ids of the rules that are tried on a text with some names.
    fn tried(rules: &str, names: &[&str], language: Option<Language>) -> String {
        let text = rules
            .lines()
            .fold("rules:\n".to_owned(), |text, line| format!("{text}- {{message: m, severity: ERROR, {line}}}\n"));
        let set = RuleSet::compile(&[RuleSource { name: "r".to_owned(), text }], &[]);
        assert!(set.problems().is_empty(), "{:?}", set.problems());
        let source = Source::parse(language, String::new(), Limits::NONE);
        let rules = set.for_part(&source.parts()[0], &|name| names.contains(&name.as_str()));
        rules.iter().map(|(_, rule)| &*rule.id).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn rules_are_tried_where_the_names_they_need_occur() {
        let rules = "id: a, languages: [python], pattern: f($X)
id: b, languages: [python], pattern: f(g)
id: c, languages: [python, java], pattern-either: [{pattern: f()}, {pattern: h()}]
id: d, languages: [python], pattern: $X == $X
id: e, languages: [python], patterns: [{pattern: $F(...)}, {pattern-inside: 'i()'}, {pattern-not: j()}]
id: f, languages: [java], pattern: f()
id: g, languages: [regex], pattern-regex: f
id: h, languages: [python], mode: taint, pattern-sources: [{pattern: s()}, {pattern: t()}], pattern-sinks: [{pattern: k()}]";
        for (names, language, expected) in [
            (&["f"][..], Some(Language::Python), "a c d g"),
            (&["f", "g", "i"], Some(Language::Python), "a b c d e g"),
            (&["h"], Some(Language::Java), "c g"),
            (&["f"], Some(Language::Java), "c f g"),
            (&["s"], Some(Language::Python), "d g"),
            (&["t", "k"], Some(Language::Python), "d g h"),
            (&["f"], Some(Language::Ruby), "g"),
            (&["f"], None, "g"),
        ] {
            assert_eq!(tried(rules, names, language), expected, "{names:?} {language:?}");
        }
    }
}
