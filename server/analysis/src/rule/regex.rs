//! Regexes of rules, in the dialect rules are written in: PCRE with ASCII classes.
//!
//! The `regex` crate runs all it can express: its time is linear. PCRE2 runs the rest (look-around, backreferences,
//! possessive quantifiers) under a limit, so that a catastrophic pattern costs its own rule only.
//!
//! Building a regex costs far more than finding out whether it is one, and most rules never run on most files: a regex is
//! checked when its rule is read and built when it is first used.

mod barriers;
mod size;

use super::text::{Change, Renewed};
use crate::budget::{Budget, Stop};
use barriers::Barriers;
use foldhash::fast::RandomState;
use size::Verdict;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use weir_model::Span;
use weir_syntax::Symbol;

/// Steps one PCRE2 match may take: some 20 ms. Honest patterns take thousands.
const MATCH_LIMIT: u32 = 1_000_000;

/// A regex of a rule.
#[derive(Debug)]
pub(crate) struct Regex {
    text: String,
    multi_line: bool,
    built: OnceLock<Box<Built>>,
}

/// A text that is no regex.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct RegexError {
    reason: String,
    /// In bytes of the text.
    pub(crate) at: usize,
}

/// The regexes of many rules: each is checked once, and built once.
#[derive(Clone, Debug, Default)]
pub(crate) struct Regexes(Arc<Mutex<Known>>);

/// What became of texts, by whether they search files.
type Known = HashMap<(Symbol, bool), Result<Arc<Regex>, RegexError>, RandomState>;

impl Regexes {
    /// As [`Regex::search`].
    pub(crate) fn search(&self, text: &str) -> Result<Arc<Regex>, RegexError> {
        self.of(text, true)
    }

    /// As [`Regex::value`].
    pub(crate) fn value(&self, text: &str) -> Result<Arc<Regex>, RegexError> {
        self.of(text, false)
    }

    fn of(&self, text: &str, multi_line: bool) -> Result<Arc<Regex>, RegexError> {
        let key = (Symbol::new(text), multi_line);
        // Nothing in here can panic half-way. The lock is free while a regex is checked: others are at work.
        let known = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known().get(&key) {
            return known.clone();
        }
        let regex = Regex::new(text, multi_line).map(Arc::new);
        known().entry(key).or_insert(regex).clone()
    }
}

/// A regex ready to run.
#[derive(Debug)]
struct Built {
    engine: Engine,
    /// The metavariable each group binds, by the group's number.
    groups: Vec<(usize, Symbol)>,
    /// Worked out when a text has changed.
    barriers: OnceLock<Option<Barriers>>,
}

#[derive(Debug)]
enum Engine {
    Linear(regex::Regex),
    Backtracking(Box<pcre2::bytes::Regex>),
}

/// One match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) span: Span,
    /// The metavariables bound by groups that took part in the match, in the order of the groups.
    pub(crate) groups: Vec<(Symbol, Span)>,
}

impl Regex {
    /// A regex that searches a file: `^` and `$` match at lines, groups bind metavariables.
    pub(crate) fn search(text: &str) -> Result<Self, RegexError> {
        Self::new(text, true)
    }

    /// A regex that is compared with one value, as in `metavariable-regex`.
    pub(crate) fn value(text: &str) -> Result<Self, RegexError> {
        Self::new(text, false)
    }

    fn new(text: &str, multi_line: bool) -> Result<Self, RegexError> {
        let regex = Self { text: text.to_owned(), multi_line, built: OnceLock::new() };
        match translate(text, Looks::Kept).map_or(Verdict::Refused, |linear| size::verdict(&linear)) {
            Verdict::Fits => {}
            Verdict::Refused => {
                backtracking(text, multi_line)?;
            }
            Verdict::Unclear => {
                let _ = regex.built.set(Box::new(Built::new(text, multi_line)?));
            }
        }
        Ok(regex)
    }

    fn built(&self) -> Result<&Built, Stop> {
        if let Some(built) = self.built.get() {
            return Ok(built);
        }
        let built = Built::new(&self.text, self.multi_line).map_err(|_| Stop::Rule)?;
        Ok(self.built.get_or_init(|| Box::new(built)))
    }

    /// All matches that do not overlap, empty ones left out. A pattern past its limit is [`Stop::Rule`].
    pub(crate) fn find_iter(&self, text: &str, budget: &Budget<'_>) -> Result<Vec<Found>, Stop> {
        let mut found = Vec::new();
        let built = self.built()?;
        match &built.engine {
            Engine::Linear(regex) => {
                budget.look()?;
                for captures in regex.captures_iter(text) {
                    budget.tick()?;
                    built.take(text, |group| captures.get(group).map(|m| (m.start(), m.end())), &mut found);
                }
            }
            Engine::Backtracking(regex) => {
                for captures in regex.captures_iter(text.as_bytes()) {
                    budget.look()?;
                    let captures = captures.map_err(|_| Stop::Rule)?;
                    built.take(text, |group| captures.get(group).map(|m| (m.start(), m.end())), &mut found);
                }
            }
        }
        Ok(found)
    }

    /// All matches after a change, from those before it; `None` where the whole text has to be searched.
    pub(crate) fn find_again(
        &self,
        old: &[Found],
        change: &Change<'_>,
        budget: &Budget<'_>,
    ) -> Result<Option<Renewed>, Stop> {
        let built = self.built()?;
        let barriers = built.barriers.get_or_init(|| {
            let looks = if matches!(built.engine, Engine::Linear(_)) { Looks::Kept } else { Looks::Dropped };
            Barriers::of(&self.text, self.multi_line, looks)
        });
        let Some(part) = barriers.as_ref().and_then(|barriers| barriers.around(change.text, change.new)) else {
            return Ok(None);
        };
        let found = self.find_iter(part.text(change.text), budget)?;
        Ok(Some(change.splice(old, part, found)))
    }

    /// The match that starts at a value's first character (it need not reach to its end).
    pub(crate) fn match_at_start(&self, text: &str) -> Result<Option<Found>, Stop> {
        // A later start is never preferred to an earlier one, so the first match tells.
        let place = |range: Option<(usize, usize)>| range.map(|range| on_characters(text, range));
        let built = self.built()?;
        match &built.engine {
            Engine::Linear(regex) => Ok(regex
                .captures(text)
                .and_then(|found| built.at_start(&|group| place(found.get(group).map(|m| (m.start(), m.end())))))),
            Engine::Backtracking(regex) => match regex.captures(text.as_bytes()) {
                Ok(found) => Ok(found
                    .and_then(|found| built.at_start(&|group| place(found.get(group).map(|m| (m.start(), m.end())))))),
                Err(_) => Err(Stop::Rule),
            },
        }
    }

    /// Whether the regex matches a value from its first character on.
    pub(crate) fn is_match_at_start(&self, text: &str) -> Result<bool, Stop> {
        Ok(self.match_at_start(text)?.is_some())
    }

    /// The text with the first `count` (`None`: all) matches replaced; `replacement` is told what each group found. What
    /// lies behind a pattern's limit stays as it is.
    pub(crate) fn replace(
        &self,
        text: &str,
        count: Option<usize>,
        replacement: impl Fn(&dyn Fn(usize) -> String) -> String,
    ) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        let mut one = |whole: (usize, usize), group: &dyn Fn(usize) -> String| {
            let span = on_characters(text, whole).range();
            out.push_str(text.get(at..span.start).unwrap_or(""));
            out.push_str(&replacement(group));
            at = at.max(span.end);
        };
        let limit = count.unwrap_or(usize::MAX);
        let part = |range: Option<(usize, usize)>| {
            range.map_or(String::new(), |r| on_characters(text, r).text(text).to_owned())
        };
        match self.built().map(|built| &built.engine) {
            Err(_) => return text.to_owned(),
            Ok(Engine::Linear(regex)) => {
                for found in regex.captures_iter(text).take(limit) {
                    let range = |group: usize| found.get(group).map(|m| (m.start(), m.end()));
                    one(range(0).unwrap_or_default(), &|group| part(range(group)));
                }
            }
            Ok(Engine::Backtracking(regex)) => {
                for found in regex.captures_iter(text.as_bytes()).take(limit).map_while(Result::ok) {
                    let range = |group: usize| found.get(group).map(|m| (m.start(), m.end()));
                    one(range(0).unwrap_or_default(), &|group| part(range(group)));
                }
            }
        }
        out.push_str(&text[at..]);
        out
    }
}

impl Built {
    fn new(text: &str, multi_line: bool) -> Result<Self, RegexError> {
        let linear = translate(text, Looks::Kept)
            .and_then(|translated| regex::RegexBuilder::new(&translated).multi_line(multi_line).build().ok());
        let (engine, names) = if let Some(regex) = linear {
            let names = regex.capture_names().map(|name| name.map(str::to_owned)).collect();
            (Engine::Linear(regex), names)
        } else {
            let regex = backtracking(text, multi_line)?;
            let names: Vec<Option<String>> = regex.capture_names().to_vec();
            (Engine::Backtracking(Box::new(regex)), names)
        };
        Ok(Self { engine, groups: groups(&names), barriers: OnceLock::new() })
    }

    fn at_start(&self, group: &dyn Fn(usize) -> Option<Span>) -> Option<Found> {
        let span = group(0).filter(|span| span.start == 0)?;
        let groups = self.groups.iter().filter_map(|&(number, name)| Some((name, group(number)?))).collect();
        Some(Found { span, groups })
    }

    fn take(&self, text: &str, group: impl Fn(usize) -> Option<(usize, usize)>, found: &mut Vec<Found>) {
        // A widened match may cover the next one's start.
        let before = found.last().map_or(0, |last| last.span.end);
        let span = group(0).map(|range| on_characters(text, range)).unwrap_or_default();
        if span.is_empty() || span.start < before {
            return;
        }
        let groups = self
            .groups
            .iter()
            .filter_map(|&(number, name)| Some((name, on_characters(text, group(number)?))))
            .collect();
        found.push(Found { span, groups });
    }
}

/// Every group binds `$1`, `$2`... by its number, and those with names `$NAME` too.
fn groups(names: &[Option<String>]) -> Vec<(usize, Symbol)> {
    (1..names.len())
        .flat_map(|number| {
            let name = names[number].as_ref().map(|name| format!("${name}"));
            name.into_iter().chain([format!("${number}")]).map(move |name| (number, Symbol::new(&name)))
        })
        .collect()
}

/// PCRE2 without UTF mode counts bytes: a match that ends within a character is widened to hold it.
fn on_characters(text: &str, (start, end): (usize, usize)) -> Span {
    Span::new(text.floor_char_boundary(start) as u32, text.ceil_char_boundary(end) as u32)
}

/// A regex that PCRE2 interprets. It could make machine code of it, for which a worker would need memory that is written to and
/// run, as it needs for nothing else (`worker/src/sandbox`): interpreted, a search of 369 KB takes 6 to 9 ms instead of 1 to 2,
/// and a regex is ready after 2 us instead of 8, which is what counts for one that is compared with names.
fn backtracking(text: &str, multi_line: bool) -> Result<pcre2::bytes::Regex, RegexError> {
    // UTF mode checks the whole subject before every match, which makes a search quadratic: only where it is needed.
    let utf = !text.is_ascii() || [r"\p", r"\P", r"\X", r"\x{"].iter().any(|escape| text.contains(escape));
    let limit = format!("(*LIMIT_MATCH={MATCH_LIMIT})");
    pcre2::bytes::RegexBuilder::new().multi_line(multi_line).utf(utf).build(&format!("{limit}{text}")).map_err(
        |error| {
            let message = error.to_string();
            let reason = message.rsplit(": ").next().unwrap_or(&message);
            let at = error.offset().map_or(0, |at| at.saturating_sub(limit.len()).min(text.len()));
            RegexError { reason: reason.to_owned(), at }
        },
    )
}

const WORD: &str = "0-9A-Za-z_";
const DIGIT: &str = "0-9";
const SPACE: &str = r"\t\n\x0B\f\r ";

/// What becomes of what looks around.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Looks {
    /// It stays what it is.
    Kept,
    /// It becomes a plain group, and what was matched before nothing: what is left matches other texts, but made of the same
    /// characters.
    Dropped,
}

/// The regex in the dialect of the `regex` crate, or `None` where that crate would read it differently. What the crate
/// refuses by itself needs no care here.
fn translate(text: &str, looks: Looks) -> Option<String> {
    let mut out = String::with_capacity(text.len() + 16);
    let mut class: Option<usize> = None;
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => {
                let (_, escaped) = chars.next()?;
                match (escaped, class.is_some()) {
                    ('w', _) => set(&mut out, class, "", WORD),
                    ('d', _) => set(&mut out, class, "", DIGIT),
                    ('s', _) => set(&mut out, class, "", SPACE),
                    ('W', _) => set(&mut out, None, "^", WORD),
                    ('D', _) => set(&mut out, None, "^", DIGIT),
                    ('S', _) => set(&mut out, None, "^", SPACE),
                    ('b', false) => out.push_str(r"(?-u:\b)"),
                    // A backspace.
                    ('b', true) => out.push_str(r"\x08"),
                    // Word boundaries to the crate, plain characters to PCRE.
                    ('<' | '>', _) => out.push(escaped),
                    // A class to PCRE, one character to the crate.
                    ('v', _) => return None,
                    ('1'..='9', false) if looks == Looks::Dropped => {
                        // More digits may be a character.
                        if chars.peek().is_some_and(|(_, next)| next.is_ascii_digit()) {
                            return None;
                        }
                        out.push_str("(?:)");
                    }
                    _ => {
                        out.push('\\');
                        out.push(escaped);
                    }
                }
            }
            '[' if class.is_none() => {
                class = Some(at + 1);
                out.push('[');
                if chars.next_if(|&(_, next)| next == '^').is_some() {
                    out.push('^');
                    class = Some(at + 2);
                }
                // A bracket that closes right away is a character.
                if chars.next_if(|&(_, next)| next == ']').is_some() {
                    out.push_str(r"\]");
                }
            }
            '[' if !text[at..].starts_with("[:") => out.push_str(r"\["),
            '[' => {
                let end = text[at..].find(":]")? + at + 2;
                out.push_str(&text[at..end]);
                while chars.next_if(|&(next, _)| next < end).is_some() {}
            }
            ']' if class.is_some() => {
                class = None;
                out.push(']');
            }
            // Set operations to the crate.
            '&' | '~' if class.is_some() => {
                let _ = write!(out, "\\{c}");
            }
            '-' if class.is_some() && text[at..].starts_with("--") => return None,
            // In extended mode the crate skips white space in classes too.
            '(' if class.is_none() && extended(&text[at..]) => return None,
            '(' if class.is_none() && looks == Looks::Dropped => {
                // The whole regex again to PCRE, a kind of line end to the crate.
                if flags(&text[at..]).contains('R') {
                    return None;
                }
                out.push('(');
                if let Some(sigil) = LOOKS.into_iter().find(|sigil| text[at + 1..].starts_with(sigil)) {
                    out.push_str("?:");
                    while chars.next_if(|&(next, _)| next <= at + sigil.len()).is_some() {}
                }
            }
            _ => out.push(c),
        }
    }
    Some(out)
}

/// A class of ASCII characters, outside a class or within one.
fn set(out: &mut String, within: Option<usize>, not: &str, characters: &str) {
    match within {
        Some(_) => out.push_str(characters),
        None => {
            let _ = write!(out, "[{not}{characters}]");
        }
    }
}

/// How groups start that look around, or do not give back what they took.
const LOOKS: [&str; 5] = ["?=", "?!", "?<=", "?<!", "?>"];

/// Whether a group that turns on extended mode starts here.
fn extended(text: &str) -> bool {
    flags(text).contains('x')
}

/// The letters of the flags that a group starts with here.
fn flags(text: &str) -> &str {
    let Some(flags) = text.strip_prefix("(?").filter(|flags| !flags.starts_with(['P', '<'])) else { return "" };
    &flags[..flags.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(flags.len())]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(regex: &str, text: &str) -> Vec<String> {
        let regex = Regex::search(regex).unwrap_or_else(|error| panic!("{regex}: {error}"));
        let found = regex.find_iter(text, &Budget::unlimited()).expect("within its limit");
        found.iter().map(|found| found.span.text(text).to_owned()).collect()
    }

    #[test]
    fn the_dialect_is_that_of_rules() {
        for (regex, text, expected) in [
            (r"^b+$", "a\nbb\nc", &["bb"][..]),
            (r"\w+", "aä b", &["a", "b"]),
            (r"[\w.]+", "a.b-c", &["a.b", "c"]),
            (r"[^\s]+", "a\tb", &["a", "b"]),
            (r"[\W]", "a-b", &["-"]),
            (r"[[]a]", "[a] ", &["[a]"]),
            (r"[]a]+", "x]a", &["]a"]),
            (r"[[:digit:]]+", "a12", &["12"]),
            (r"[&&a]+", "b&a", &["&a"]),
            (r"\<a\>", "<a> a", &["<a>"]),
            (r"(?i)AB", "aB", &["aB"]),
            (r"a(?i)b", "aB AB", &["aB"]),
            (r"a{", "a{", &["a{"]),
            (r"a(?=b)", "ab ac", &["a"]),
            (r"(?<!x)a", "xa a", &["a"]),
            (r"(a)\1", "aa", &["aa"]),
            (r"a++b", "aab", &["aab"]),
            (r"\h+x", " \tx", &[" \tx"]),
            (r"a\Z", "a\n", &["a"]),
            (r"(?x) a [ ] b", "a b", &["a b"]),
            (r"(?=.).", "ä", &["ä"]),
            (r"x*", "yy", &[]),
        ] {
            assert_eq!(matches(regex, text), expected, "{regex}");
        }
    }

    #[test]
    fn groups_bind_metavariables_by_number_and_by_name() {
        for (regex, expected) in
            [("(a)(b)?", "$1=a"), ("(?P<X>a)(b|)", "$X=a $1=a $2="), ("(?=(?P<X>a))a", "$X=a $1=a"), ("a", "")]
        {
            let found = Regex::search(regex).unwrap().find_iter("a", &Budget::unlimited()).unwrap();
            let groups: Vec<_> =
                found[0].groups.iter().map(|(name, span)| format!("{}={}", name.as_str(), span.text("a"))).collect();
            assert_eq!(groups.join(" "), expected, "{regex}");
        }
    }

    #[test]
    fn values_are_matched_from_their_start() {
        for (regex, text, expected) in [
            ("a", "ab", true),
            ("b", "ab", false),
            ("b|a", "ab", true),
            ("(?=a)ab", "ab", true),
            ("(?=b)b", "ab", false),
            ("^ab$", "ab", true),
            ("^b", "a\nb", false),
            (".*b", "ab", true),
        ] {
            assert_eq!(Regex::value(regex).unwrap().is_match_at_start(text), Ok(expected), "{regex}");
        }
    }

    #[test]
    fn a_pattern_that_would_never_end_stops_its_rule() {
        let text = "a".repeat(60);
        let regex = Regex::search(r"(?=a)(a|aa)+[cd]").unwrap();
        assert_eq!(regex.find_iter(&text, &Budget::unlimited()), Err(Stop::Rule));
        assert_eq!(regex.is_match_at_start(&text), Err(Stop::Rule));
    }

    #[test]
    fn what_is_no_regex_is_an_error() {
        for regex in ["(a", "[a", r"\", "*", "(?P<X>a)(?P<X>b)"] {
            assert!(Regex::search(regex).is_err(), "{regex}");
        }
    }
}
