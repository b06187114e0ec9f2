//! The formula a rule is: patterns joined by and, or, not, inside; and what makes a taint rule.

use super::analyzer::Analyzer;
use super::comparison::Comparison;
use super::regex::Regex;
use super::{Options, Origin, TextLeaf};
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use weir_model::Language;
use weir_syntax::{Pattern, Symbol};

/// A formula, old syntax and new alike: a node, then conditions that filter its matches, then the metavariables whose
/// place becomes the match's place.
#[derive(Debug)]
pub(crate) struct Formula {
    pub(crate) node: Node,
    /// `metavariable-*` and `where:`, applied after positives and negatives.
    pub(crate) conditions: Vec<Condition>,
    /// `focus-metavariable`: each entry is a list whose places are united; several entries are intersected.
    pub(crate) focus: Vec<Focus>,
    /// `as`: the metavariable that is bound to what the formula matches, after conditions.
    pub(crate) name: Option<Symbol>,
    /// Where it stands in the rule.
    pub(crate) origin: Origin,
}

/// One `focus-metavariable`.
#[derive(Debug)]
pub(crate) struct Focus {
    pub(crate) metavariables: Vec<Symbol>,
    pub(crate) origin: Origin,
}

/// The kinds of formula.
#[derive(Debug)]
pub(crate) enum Node {
    /// A pattern or regex.
    Leaf(Leaf),
    /// `patterns`, `all`. [`Node::Inside`], [`Node::Anywhere`] and [`Node::Not`] stand only below this.
    All(Vec<Formula>),
    /// `pattern-either`, `any`.
    Any(Vec<Formula>),
    /// `pattern-inside`: keeps what lies within a match.
    Inside(Box<Formula>),
    /// `semgrep-internal-pattern-anywhere`, `anywhere`: keeps what unifies with a match anywhere in the file.
    Anywhere(Box<Formula>),
    /// `pattern-not` (of a leaf or group: drops equal ranges), `pattern-not-inside` (of an [`Node::Inside`]: drops what lies
    /// within), `pattern-not-regex` (of a regex leaf: drops what overlaps).
    Not(Box<Formula>),
}

/// What finds matches by itself.
#[derive(Debug)]
pub(crate) enum Leaf {
    /// `pattern`.
    Pattern(PatternLeaf),
    /// What looks at the file's text.
    Text(TextLeaf),
}

/// One pattern text, parsed for each language of its rule.
#[derive(Debug)]
pub(crate) struct PatternLeaf {
    /// Leaves of the same text and options find the same in one file: they have the same number.
    pub(crate) number: u32,
    /// The parsed patterns; a file is matched with its own language's.
    pub(crate) by_language: Vec<(Language, Arc<Pattern>)>,
    /// How the rule wants its patterns compared.
    pub(crate) options: Options,
}

impl PatternLeaf {
    /// A pattern as written, and as parsed for each language.
    pub(crate) fn new(text: &str, by_language: Vec<(Language, Arc<Pattern>)>, options: Options) -> Self {
        type Numbers = HashMap<(Symbol, Options), u32, RandomState>;
        static NUMBERS: LazyLock<Mutex<Numbers>> = LazyLock::new(Mutex::default);
        let text = Symbol::new(Pattern::significant(text));
        // Nothing in here can panic half-way.
        let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
        let next = numbers.len() as u32;
        let number = *numbers.entry((text, options)).or_insert(next);
        Self { number, by_language, options }
    }

    /// The pattern for a language.
    pub(crate) fn pattern(&self, language: Language) -> Option<&Pattern> {
        self.by_language.iter().find(|(of, _)| *of == language).map(|(_, pattern)| &**pattern)
    }

    /// Whether the pattern is several statements in a language.
    pub(crate) fn is_sequence(&self, language: Language) -> bool {
        self.pattern(language).is_some_and(|pattern| pattern.roots().count() > 1)
    }
}

/// A condition on a match's bindings.
#[derive(Debug)]
pub(crate) struct Condition {
    pub(crate) test: Test,
    pub(crate) origin: Origin,
}

/// What a condition asks.
#[derive(Debug)]
pub(crate) enum Test {
    /// `metavariable-regex`: the text (a string's content with its quotes; the constant, if `constant_propagation`) must
    /// match from its start.
    Regex { metavariable: Symbol, regex: Arc<Regex>, constant_propagation: bool },
    /// `metavariable-pattern`: the bound code matches the formula. A formula without positive parts is asked of the whole
    /// bound code.
    Pattern { metavariable: Symbol, within: Within, formula: Box<Formula> },
    /// `metavariable-type`: the bound expression has one of the types, as far as the file tells.
    Type { metavariable: Symbol, types: Vec<(Language, Arc<Pattern>)> },
    /// `metavariable-analysis`: the text, or the string it is known to be, is what the analyzer looks for.
    Analysis { metavariable: Symbol, analyzer: Analyzer },
    /// `metavariable-name`: what the bound name stands for.
    Name { metavariable: Symbol, name: FullName },
    /// `metavariable-comparison`: the comparison holds for the constants that metavariables are.
    Comparison(Comparison),
}

/// What a name must stand for; the parts of full names joined by dots.
#[derive(Debug)]
pub(crate) struct FullName {
    /// One of these modules or something in them, if any are named.
    pub(crate) modules: Vec<String>,
    /// One of these, if any are named.
    pub(crate) names: Vec<String>,
}

/// As what the bound code of a `metavariable-pattern` is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Within {
    /// As it was: a part of its file.
    Same,
    /// A string's content, parsed in another language.
    Code(Language),
    /// Text, for regexes and generic patterns (`language: regex`, `language: generic`); of a string its content.
    Text,
}

/// `mode: taint`.
#[derive(Debug, Default)]
pub(crate) struct TaintSpec {
    pub(crate) sources: Vec<Source>,
    pub(crate) sinks: Vec<Sink>,
    pub(crate) sanitizers: Vec<Sanitizer>,
    pub(crate) propagators: Vec<Propagator>,
}

impl TaintSpec {
    /// Whether it follows taint from and to what metavariables are bound to.
    pub(crate) fn binds_places(&self) -> bool {
        !self.propagators.is_empty() || self.sinks.iter().any(|sink| matches!(sink.requires, SinkRequires::Each(_)))
    }
}

/// When a by-side-effect entry taints or cleans the place it names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SideEffect {
    /// The matched expression's value only.
    #[default]
    No,
    /// The value, and the variable from here on.
    Yes,
    /// The variable from here on, not the value.
    Only,
}

/// Where untrusted data enters.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) formula: Formula,
    /// Only the matched node itself is tainted, not what lies within it.
    pub(crate) exact: bool,
    pub(crate) by_side_effect: SideEffect,
    /// Not its data is followed but that it ran: every sink that runs later is reached.
    pub(crate) control: bool,
    pub(crate) label: Symbol,
    pub(crate) requires: Requires,
}

/// Where untrusted data does harm.
#[derive(Debug)]
pub(crate) struct Sink {
    pub(crate) formula: Formula,
    /// `true` (the default): the matched node's own value must be tainted; `false`: anything within it.
    pub(crate) exact: bool,
    /// Counts only where control leaves the function.
    pub(crate) at_exit: bool,
    pub(crate) requires: SinkRequires,
}

/// What a sink asks of the taint that reaches it.
#[derive(Debug)]
pub(crate) enum SinkRequires {
    /// Of that of its own value.
    Whole(Requires),
    /// Of that of what each of these metavariables is bound to.
    Each(Vec<(Symbol, Requires)>),
}

/// What makes data harmless.
#[derive(Debug)]
pub(crate) struct Sanitizer {
    pub(crate) formula: Formula,
    pub(crate) exact: bool,
    pub(crate) by_side_effect: SideEffect,
    pub(crate) not_conflicting: bool,
}

/// How data goes on where the engine would not know.
#[derive(Debug)]
pub(crate) struct Propagator {
    pub(crate) formula: Formula,
    pub(crate) from: Symbol,
    pub(crate) to: Symbol,
    pub(crate) by_side_effect: bool,
    pub(crate) label: Option<Symbol>,
    pub(crate) requires: Requires,
}

/// A condition over the labels that reach a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Requires {
    /// Any taint will do.
    Any,
    /// This label.
    Label(Symbol),
    /// Neither.
    Not(Box<Requires>),
    /// Both.
    And(Box<Requires>, Box<Requires>),
    /// Either.
    Or(Box<Requires>, Box<Requires>),
    /// Always or never.
    Constant(bool),
}
