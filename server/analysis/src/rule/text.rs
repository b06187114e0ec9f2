//! What finds matches in the text of a file, whatever its tree: regexes and generic patterns.

use super::regex::{Found, Regex};
use crate::budget::{Budget, Stop};
use crate::generic::{Generic, Target};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use weir_model::Span;

/// A regex or a generic pattern.
#[derive(Debug)]
pub(crate) struct TextLeaf {
    /// No two of one process have the same.
    pub(crate) number: u32,
    pub(crate) search: TextSearch,
}

/// The kinds of search.
#[derive(Debug)]
pub(crate) enum TextSearch {
    /// `pattern-regex`, `pattern-not-regex`: multi-line; named groups bind metavariables, numbered ones `$1`...
    Regex(Arc<Regex>),
    /// `pattern` in `language: generic`.
    Generic(Generic),
}

impl TextLeaf {
    /// A leaf of its own.
    pub(crate) fn new(search: TextSearch) -> Self {
        static NUMBERS: AtomicU32 = AtomicU32::new(0);
        Self { number: NUMBERS.fetch_add(1, Ordering::Relaxed), search }
    }

    /// Whether it is a regex.
    pub(crate) fn is_regex(&self) -> bool {
        matches!(self.search, TextSearch::Regex(_))
    }

    /// All matches in a text, by where they start.
    pub(crate) fn find(&self, target: Target<'_>, budget: &Budget<'_>) -> Result<Vec<Found>, Stop> {
        match &self.search {
            TextSearch::Regex(regex) => regex.find_iter(target.text(), budget),
            TextSearch::Generic(generic) => generic.find(target, budget),
        }
    }

    /// All that may be matches, before it is chosen among those that end alike.
    pub(crate) fn candidates(&self, target: Target<'_>, budget: &Budget<'_>) -> Result<Vec<Found>, Stop> {
        match &self.search {
            TextSearch::Regex(regex) => regex.find_iter(target.text(), budget),
            TextSearch::Generic(generic) => generic.candidates(target, budget),
        }
    }

    /// The candidates after a change, from those before it; `None` if the whole text has to be searched for that.
    pub(crate) fn candidates_again(
        &self,
        old: &[Found],
        change: &Change<'_>,
        budget: &Budget<'_>,
    ) -> Result<Option<Renewed>, Stop> {
        match &self.search {
            TextSearch::Regex(regex) => regex.find_again(old, change, budget),
            TextSearch::Generic(generic) => generic.candidates_again(old, change, budget),
        }
    }

    /// The matches among candidates.
    pub(crate) fn chosen(&self, candidates: Vec<Found>) -> Vec<Found> {
        match &self.search {
            TextSearch::Regex(_) => candidates,
            TextSearch::Generic(generic) => generic.chosen(candidates),
        }
    }
}

/// A text that became another one in one place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Change<'a> {
    pub(crate) old_text: &'a str,
    pub(crate) text: &'a str,
    /// What changed; all before and behind it is the same in both.
    pub(crate) old: Span,
    pub(crate) new: Span,
}

/// What was found in a text after a change.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Renewed {
    /// All of it.
    pub(crate) found: Vec<Found>,
    /// Which of it was looked for again; the others are as they were.
    pub(crate) new: Range<usize>,
    /// In the place of which of what was found before.
    pub(crate) old: Range<usize>,
}

impl Change<'_> {
    /// What was found before a change, with what starts in a part of the new text around it replaced by what was found there
    /// now.
    pub(crate) fn splice(&self, old: &[Found], part: Span, found: Vec<Found>) -> Renewed {
        let shift = self.new.end.wrapping_sub(self.old.end);
        let before = |at: u32| old.partition_point(|found| found.span.start < at);
        let replaced = before(part.start)..before(part.end.wrapping_sub(shift));
        let new = replaced.start..replaced.start + found.len();
        let mut all = Vec::with_capacity(old.len() - replaced.len() + found.len());
        all.extend_from_slice(&old[..replaced.start]);
        all.extend(found.into_iter().map(|found| found.shifted(part.start)));
        all.extend(old[replaced.end..].iter().map(|found| found.clone().shifted(shift)));
        Renewed { found: all, new, old: replaced }
    }
}

impl Found {
    /// The same match so many bytes further on (wrapping).
    fn shifted(mut self, shift: u32) -> Self {
        let move_by = |span: &mut Span| *span = Span::new(span.start.wrapping_add(shift), span.end.wrapping_add(shift));
        move_by(&mut self.span);
        self.groups.iter_mut().for_each(|(_, span)| move_by(span));
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generic::{Config, Documents, Engine};
    use proptest::prelude::*;

    /// Regexes of all kinds: bound to a line, to what stands between other characters, to nothing; with and without what
    /// looks around, empty matches, groups.
    const REGEXES: &[&str] = &[
        "a",
        "a+",
        "a.*b",
        "a.*?b",
        "(?s)a.*b",
        "(?s)a.*?b",
        r"a\s+b",
        r"a\s*\(",
        r"a[^b]*b",
        r"[^\n,]+",
        "^a",
        "a$",
        "^a*$",
        "a*",
        "a|",
        r"\ba\b",
        r"\Ba",
        "(?m)^(a)(b)?",
        "(?-m)^a",
        "(?-m)a$",
        r"\Aa",
        r"a\z",
        r"\s+",
        r"\w+\W",
        "é+",
        "[^a]",
        "(?i)A(b)",
        "a(?=b)",
        "a(?!b)",
        "(?<=a)b",
        "(?<!a)b",
        r"(?<![\w])a",
        r"a(?!\S)",
        "(?=a.*b)a",
        r"(a|b)\1",
        "(?>a+)b",
        "a++b",
        r"a\Z",
        r"(?<=\n)a",
        r"(?<!\n)a",
        r"(?<=^a)b",
        r"a\R",
        "(?-m)(?=a)a$",
        "(?=.)[^b]",
        "(?=é)é",
    ];

    /// Patterns of both engines.
    const PATTERNS: &[&str] = &[
        "a",
        "a b",
        "a ... b",
        "a ...",
        "... a",
        "... a ...",
        "a\n  b",
        "a\n  ...\nb",
        "a\n  ...",
        "$X",
        "$X $X",
        "$X ... $X",
        "a ... ... b",
        "($...A)",
        "a($...A)",
        "a\n  $X\n  ...\n    b",
        "(...)",
        "a ... $X\n  ... b",
        "$...A b",
    ];

    fn leaves() -> Vec<(String, TextLeaf)> {
        let regex = |text: &&str| {
            (format!("{text:?}"), TextLeaf::new(TextSearch::Regex(Arc::new(Regex::search(text).expect(text)))))
        };
        let generic = |(text, config): (&str, &Config)| {
            let pattern = Generic::parse(text, config.engine, config).expect(text);
            (format!("{text:?} {config:?}"), TextLeaf::new(TextSearch::Generic(pattern)))
        };
        let configs = [
            Config { ellipsis_max_span: 1, ..Config::default() },
            Config { ellipsis_max_span: 0, ..Config::default() },
            Config { comments: crate::generic::Comments::Cpp, ..Config::default() },
            Config { engine: Engine::Alien, ..Config::default() },
        ];
        let patterns = configs.iter().flat_map(|config| PATTERNS.iter().map(move |text| (*text, config)));
        REGEXES.iter().map(regex).chain(patterns.map(generic)).collect()
    }

    fn text(pieces: std::ops::Range<usize>) -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a", "b", "a", "b", " ", "\n", "\n  ", "\n    ", "\r\n", "(", ")", ",", "é", "\t", "//", "/*", "*/",
        ]);
        prop::collection::vec(piece, pieces).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
        #[test]
        fn what_is_found_after_a_change_is_what_the_text_alone_gives(
            before in text(0..30), old in text(0..5), new in text(0..5), behind in text(0..30),
        ) {
            let (old_text, text) = (format!("{before}{old}{behind}"), format!("{before}{new}{behind}"));
            let place = |part: &str| Span::from(before.len()..before.len() + part.len());
            let change = Change { old_text: &old_text, text: &text, old: place(&old), new: place(&new) };
            let budget = Budget::unlimited();
            let all = |leaf: &TextLeaf, text: &str| leaf.candidates(Target::File(text, &Documents::default()), &budget);
            for (name, leaf) in leaves() {
                let (was, is) = (all(&leaf, &old_text).expect(&name), all(&leaf, &text).expect(&name));
                if let Some(renewed) = leaf.candidates_again(&was, &change, &budget).expect(&name) {
                    prop_assert_eq!(&renewed.found, &is, "{} from {:?} to {:?}", name, old_text, text);
                    prop_assert_eq!(was.len() - renewed.old.len(), is.len() - renewed.new.len());
                }
            }
        }
    }
}
