//! The keys of the rule language: where each may stand, what it holds and what it does. Completion, hover and hints about
//! unknown keys say what stands here; a test compares it with what the reader of rules accepts.

/// The kinds of map that a rule file has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum At {
    /// The file.
    Root,
    Rule,
    /// An entry under `patterns`.
    Part,
    /// An entry under `pattern-either`.
    Alternative,
    /// What stands for a pattern where more than its text is needed: `pattern-inside: {patterns: ...}`.
    Operand,
    Source,
    Sink,
    Sanitizer,
    Propagator,
    MetavariableRegex,
    MetavariablePattern,
    MetavariableComparison,
    MetavariableAnalysis,
    MetavariableType,
    MetavariableName,
    Analyzer,
    FixRegex,
    Paths,
    Options,
    Metadata,
    Weir,
    /// The newer syntax: `match` and what stands in it.
    Match,
    Where,
    Taint,
    MatchSource,
    MatchSink,
    MatchSanitizer,
    MatchPropagator,
}

/// What a key holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Holds {
    Text,
    /// Code with holes.
    Pattern,
    /// Code with holes, or a map.
    Formula(At),
    Regex,
    Map(At),
    List(At),
    /// One of these names.
    One(Names),
    /// A list of these names.
    Several(Names),
    Flag,
    Number,
    Metavariable,
    /// One or several.
    Metavariables,
    /// A condition that has metavariables in it.
    Comparison,
    /// A list of texts.
    Texts,
    /// One of these names, or a map.
    NameOrMap(Names, At),
    Any,
}

/// Names that stand as values, each with what it means.
pub(crate) type Names = &'static [(&'static str, &'static str)];

/// One key in the kinds of map where it means the same.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) at: &'static [At],
    pub(crate) holds: Holds,
    /// What it does.
    pub(crate) does: &'static str,
    /// A value, as it may stand behind the key on one line.
    pub(crate) example: &'static str,
}

impl Key {
    /// The key of a name in a kind of map.
    pub(crate) fn find(at: At, name: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.name == name && key.at.contains(&at))
    }

    /// All keys of a kind of map.
    pub(crate) fn all(at: At) -> impl Iterator<Item = &'static Self> {
        KEYS.iter().filter(move |key| key.at.contains(&at))
    }

    /// Whether another key means the same and is the one to write.
    pub(crate) fn is_alias(&self) -> bool {
        self.does.starts_with("Another spelling of") || self.does.starts_with("Another name of")
    }

    /// The kind of map it holds, itself or in a list.
    pub(crate) fn inner(&self) -> Option<At> {
        match self.holds {
            Holds::Formula(at) | Holds::Map(at) | Holds::List(at) | Holds::NameOrMap(_, at) => Some(at),
            _ => None,
        }
    }
}

impl At {
    /// Whether keys that are not in the table are left alone: other tools have theirs there, or the reader tells of them.
    pub(crate) fn is_open(self) -> bool {
        matches!(self, Self::Root | Self::Metadata | Self::Weir | Self::Options)
    }
}

pub(crate) const SEVERITIES: Names = &[
    ("CRITICAL", "Whoever finds it can take over."),
    ("ERROR", "A hole. The same as HIGH."),
    ("WARNING", "Likely a hole. The same as MEDIUM."),
    ("INFO", "Worth a look. The same as LOW."),
    ("HIGH", "The same as ERROR."),
    ("MEDIUM", "The same as WARNING."),
    ("LOW", "The same as INFO."),
];

pub(crate) const LANGUAGES: Names = &[
    ("python", "Python"),
    ("javascript", "JavaScript, JSX included"),
    ("typescript", "TypeScript, TSX included"),
    ("ruby", "Ruby"),
    ("php", "PHP"),
    ("java", "Java"),
    ("elixir", "Elixir"),
    ("generic", "Any text: patterns of words and braces"),
    ("regex", "Any text: regexes"),
];

const LANGUAGES_WITHIN: Names = &[
    ("python", "Python"),
    ("javascript", "JavaScript"),
    ("typescript", "TypeScript"),
    ("ruby", "Ruby"),
    ("php", "PHP"),
    ("java", "Java"),
    ("elixir", "Elixir"),
    ("generic", "Any text, by spacegrep"),
    ("aliengrep", "Any text, by aliengrep"),
    ("regex", "Any text, by regexes"),
];

const MODES: Names = &[
    ("search", "Finds code that looks like a pattern. The default."),
    ("taint", "Follows data from sources to sinks."),
];

const ANALYZERS: Names = &[
    ("entropy", "A string with a stretch that looks random."),
    ("entropy_v2", "A single random word; `mode` says how random."),
    ("redos", "A regex that may take exponential time."),
];

const ENTROPY_MODES: Names = &[
    ("lax", "About 10 random characters."),
    ("default", "About 15 random characters."),
    ("strict", "About 25 random characters."),
];

const SIDE_EFFECTS: Names = &[
    ("true", "The variable that is matched changes, too, from here on."),
    ("false", "Only the value of the match."),
    ("only", "The variable that is matched, and not the value."),
];

const ENGINES: Names =
    &[("spacegrep", "Lines, blocks by indentation. The default."), ("aliengrep", "Words and braces.")];

const COMMENT_STYLES: Names =
    &[("none", "No comments. The default."), ("c", "`/* */`"), ("cpp", "`/* */` and `//`"), ("shell", "`#`")];

const ENDS: Names = &[("sink", "The finding stands at the sink. The default."), ("source", "It stands at the source.")];

const CONFIDENCES: Names = &[("HIGH", "Hardly ever wrong."), ("MEDIUM", "Mostly right."), ("LOW", "Worth a look.")];

const CATEGORIES: Names = &[
    ("security", "A weakness."),
    ("correctness", "A mistake."),
    ("best-practice", "Better written otherwise."),
    ("performance", "Slow."),
    ("maintainability", "Hard to read or change."),
    ("portability", "Does not run everywhere."),
];

const SUBCATEGORIES: Names = &[
    ("vuln", "What is reported is a weakness."),
    ("audit", "What is reported is to be looked at; editors hide it by default."),
    ("secure default", "A safer setting exists."),
];

use At::{
    Alternative, Analyzer, FixRegex, Match, MatchPropagator, MatchSanitizer, MatchSink, MatchSource, Metadata,
    MetavariableAnalysis, MetavariableComparison, MetavariableName, MetavariablePattern, MetavariableRegex,
    MetavariableType, Operand, Options, Part, Paths, Propagator, Root, Rule, Sanitizer, Sink, Source, Taint, Weir,
    Where,
};
use Holds::{
    Any, Comparison, Flag, Formula, List, Map, Metavariable, Metavariables, NameOrMap, Number, One, Pattern, Regex,
    Several, Text, Texts,
};

const fn key(name: &'static str, at: &'static [At], holds: Holds, example: &'static str, does: &'static str) -> Key {
    Key { name, at, holds, does, example }
}

const fn option(name: &'static str, does: &'static str) -> Key {
    key(name, &[Options], Flag, "true", does)
}

/// All keys, those of one kind of map in the order in which they are offered.
pub(crate) const KEYS: &[Key] = &[
    key("rules", &[Root], List(Rule), "[]", "The rules of the file."),
    // ---- a rule
    key(
        "id",
        &[Rule],
        Text,
        "my-rule",
        "The rule's name, by which findings, comments and settings speak of it: letters, digits, `.`, `_`, `-`.",
    ),
    key(
        "languages",
        &[Rule],
        Several(LANGUAGES),
        "[python]",
        "The languages the rule reads; one pattern may be for several.",
    ),
    key("language", &[Rule], One(LANGUAGES), "python", "Another spelling of `languages`."),
    key("severity", &[Rule], One(SEVERITIES), "ERROR", "How bad what is found is."),
    key(
        "message",
        &[Rule],
        Text,
        "Do not",
        "What is told of each finding. `$X` becomes what it is bound to, `value($X)` the constant that it holds.",
    ),
    key("mode", &[Rule], One(MODES), "search", "How the rule looks."),
    key(
        "pattern",
        &[Rule, Part, Alternative, Operand, MetavariablePattern],
        Pattern,
        "f($X)",
        "Code to find: `$X` is any expression, `...` any number of arguments or statements.",
    ),
    key(
        "patterns",
        &[Rule, Part, Alternative, Operand, MetavariablePattern],
        List(Part),
        "[{pattern: f($X)}]",
        "All of these must hold of the same code.",
    ),
    key(
        "pattern-either",
        &[Rule, Part, Alternative, Operand, MetavariablePattern],
        List(Alternative),
        "[{pattern: f($X)}]",
        "One of these must hold.",
    ),
    key(
        "pattern-regex",
        &[Rule, Part, Alternative, Operand, MetavariablePattern],
        Regex,
        "f\\(",
        "Text to find by a regex (PCRE). Groups bind `$1`, `$2`; a group `(?<NAME>...)` binds `$NAME`.",
    ),
    key(
        "pattern-sources",
        &[Rule],
        List(Source),
        "[{pattern: s()}]",
        "Where untrusted data enters. Needs `mode: taint`.",
    ),
    key("pattern-sinks", &[Rule], List(Sink), "[{pattern: k(...)}]", "Where it must not arrive."),
    key("pattern-sanitizers", &[Rule], List(Sanitizer), "[{pattern: clean(...)}]", "What makes it harmless."),
    key(
        "pattern-propagators",
        &[Rule],
        List(Propagator),
        "[{pattern: $A.add($B), from: $B, to: $A}]",
        "Calls that carry it from one place to another, beside those that are known.",
    ),
    key("fix", &[Rule], Text, "g($X)", "What to put in place of the match; empty removes it."),
    key("fix-regex", &[Rule], Map(FixRegex), "{regex: f, replacement: g}", "What to replace within the match."),
    key("paths", &[Rule], Map(Paths), "{exclude: [tests]}", "Which files the rule reads."),
    key(
        "options",
        &[Rule],
        Map(Options),
        "{ac_matching: true}",
        "How code is compared with patterns, and how taint travels.",
    ),
    key(
        "metadata",
        &[Rule],
        Map(Metadata),
        "{category: security}",
        "What reports, filters and hovers tell of the rule.",
    ),
    key(
        "match",
        &[Rule],
        Formula(Match),
        "f($X)",
        "The newer syntax: code to find, or a map with `all`, `any`, `where`.",
    ),
    key("taint", &[Rule], Map(Taint), "{sources: [s()], sinks: [k(...)]}", "The newer syntax of `mode: taint`."),
    key("min-version", &[Rule], Text, "1.50.0", "The rule is for this version of the rule language or a later one."),
    key("max-version", &[Rule], Text, "99.0.0", "The rule is for this version of the rule language or an earlier one."),
    // ---- formulas
    key(
        "pattern-inside",
        &[Part, Alternative],
        Formula(Operand),
        "'def $F(...): ...'",
        "The match lies within code like this.",
    ),
    key("pattern-not", &[Part, Alternative], Formula(Operand), "f(1)", "The match is not code like this."),
    key(
        "pattern-not-inside",
        &[Part, Alternative],
        Formula(Operand),
        "'if ok(): ...'",
        "The match does not lie within code like this.",
    ),
    key("pattern-not-regex", &[Part, Alternative], Regex, "^test", "The match has no text like this in it."),
    key(
        "semgrep-internal-pattern-anywhere",
        &[Part, Alternative],
        Formula(Operand),
        "import os",
        "Code like this stands somewhere in the file.",
    ),
    key("focus-metavariable", &[Part], Metavariables, "$X", "What is reported is not the match but this part of it."),
    key(
        "metavariable-regex",
        &[Part],
        Map(MetavariableRegex),
        "{metavariable: $X, regex: a}",
        "What a metavariable is bound to looks like this from its start.",
    ),
    key(
        "metavariable-pattern",
        &[Part],
        Map(MetavariablePattern),
        "{metavariable: $X, pattern: a}",
        "What a metavariable is bound to matches a formula.",
    ),
    key(
        "metavariable-comparison",
        &[Part],
        Map(MetavariableComparison),
        "{comparison: $X > 1}",
        "A condition on the values of metavariables.",
    ),
    key(
        "metavariable-analysis",
        &[Part],
        Map(MetavariableAnalysis),
        "{metavariable: $X, analyzer: entropy}",
        "What a metavariable is bound to looks like a secret, or like a slow regex.",
    ),
    key(
        "metavariable-type",
        &[Part],
        Map(MetavariableType),
        "{metavariable: $X, type: str}",
        "A metavariable is bound to something of a type.",
    ),
    key(
        "metavariable-name",
        &[Part],
        Map(MetavariableName),
        "{metavariable: $X, module: os}",
        "A metavariable is bound to a name of a module.",
    ),
    key(
        "semgrep-internal-metavariable-name",
        &[Part],
        Map(MetavariableName),
        "{metavariable: $X, module: os}",
        "Another spelling of `metavariable-name`.",
    ),
    // ---- conditions
    key(
        "metavariable",
        &[
            MetavariableRegex,
            MetavariablePattern,
            MetavariableComparison,
            MetavariableAnalysis,
            MetavariableType,
            MetavariableName,
            Where,
        ],
        Metavariable,
        "$X",
        "The metavariable that is asked about.",
    ),
    key("regex", &[MetavariableRegex, FixRegex, Where], Regex, "a", "A regex (PCRE)."),
    key(
        "constant-propagation",
        &[MetavariableRegex, Where],
        Flag,
        "true",
        "The constant that a variable is known to hold is looked at, too.",
    ),
    key(
        "language",
        &[MetavariablePattern, Where],
        One(LANGUAGES_WITHIN),
        "generic",
        "What the text is read as: that of a string as code, say.",
    ),
    key(
        "comparison",
        &[MetavariableComparison, Where],
        Comparison,
        "$X > 1",
        "The condition: `$X > 1024`, `re.match(\"a\", $X)`, `today() > strptime($X)`.",
    ),
    key("base", &[MetavariableComparison, Where], Number, "16", "The base of numbers written as text."),
    key("strip", &[MetavariableComparison, Where], Flag, "true", "Quotes around a number are taken away."),
    key(
        "analyzer",
        &[MetavariableAnalysis, Where],
        NameOrMap(ANALYZERS, Analyzer),
        "entropy",
        "What it is to look like.",
    ),
    key("mode", &[MetavariableAnalysis], One(ENTROPY_MODES), "lax", "How random it must be, for `entropy_v2`."),
    key("kind", &[Analyzer], One(ANALYZERS), "entropy", "What it is to look like."),
    key("mode", &[Analyzer], One(ENTROPY_MODES), "lax", "How random it must be, for `entropy_v2`."),
    key("type", &[MetavariableType, Where], Text, "str", "The type."),
    key("types", &[MetavariableType, Where], Texts, "[str, int]", "One of these types."),
    key("module", &[MetavariableName, Where], Text, "os", "The module the name comes from."),
    key("modules", &[MetavariableName, Where], Texts, "[os, sys]", "One of these modules."),
    key("fqn", &[MetavariableName, Where], Text, "os.system", "The full name."),
    key("fqns", &[MetavariableName, Where], Texts, "[os.system]", "One of these full names."),
    // ---- repairs and files
    key("replacement", &[FixRegex], Text, "g", "What to put in its place; `\\1` is what the first group found."),
    key("count", &[FixRegex], Number, "1", "How often; 0 for all."),
    key("include", &[Paths], Texts, "[src]", "Only files under these globs."),
    key("exclude", &[Paths], Texts, "[tests]", "No files under these globs."),
    // ---- taint
    key("pattern", &[Source, Sink, Sanitizer, Propagator], Pattern, "$A.s($B)", "Code, with holes."),
    key(
        "patterns",
        &[Source, Sink, Sanitizer, Propagator],
        List(Part),
        "[{pattern: $A.s($B)}]",
        "All of these must hold of the same code. `focus-metavariable` says which part of it counts.",
    ),
    key(
        "pattern-either",
        &[Source, Sink, Sanitizer, Propagator],
        List(Alternative),
        "[{pattern: $A.s($B)}]",
        "One of these must hold.",
    ),
    key("pattern-regex", &[Source, Sink, Sanitizer, Propagator], Regex, "s\\(", "Text found by a regex."),
    key(
        "exact",
        &[Source, Sink, Sanitizer, MatchSource, MatchSink, MatchSanitizer],
        Flag,
        "true",
        "Only what matches as a whole counts, and not what lies in it.",
    ),
    key(
        "by-side-effect",
        &[Source, Sanitizer, Propagator, MatchSource, MatchSanitizer, MatchPropagator],
        One(SIDE_EFFECTS),
        "only",
        "Whether the variable that is matched changes.",
    ),
    key(
        "control",
        &[Source, MatchSource],
        Flag,
        "true",
        "From here on all code counts as reached, whatever data it uses.",
    ),
    key(
        "label",
        &[Source, Propagator, MatchSource, MatchPropagator],
        Text,
        "USER",
        "A name for this data, which `requires` asks for.",
    ),
    key(
        "requires",
        &[Source, Sink, Propagator, MatchSource, MatchSink, MatchPropagator],
        Text,
        "A and not B",
        "The labels the data must have: names, `and`, `or`, `not`.",
    ),
    key("at-exit", &[Sink, MatchSink], Flag, "true", "Counts only where the function ends."),
    key(
        "not_conflicting",
        &[Sanitizer, MatchSanitizer],
        Flag,
        "true",
        "Does not clean what is a source or sink itself.",
    ),
    key("not-conflicting", &[Sanitizer, MatchSanitizer], Flag, "true", "Another spelling of `not_conflicting`."),
    key("from", &[Propagator, MatchPropagator], Metavariable, "$B", "Where the data comes from."),
    key("to", &[Propagator, MatchPropagator], Metavariable, "$A", "Where it goes."),
    // ---- the newer syntax
    key("sources", &[Taint], List(MatchSource), "[s()]", "Where untrusted data enters."),
    key("sinks", &[Taint], List(MatchSink), "[k(...)]", "Where it must not arrive."),
    key("sanitizers", &[Taint], List(MatchSanitizer), "[clean(...)]", "What makes it harmless."),
    key(
        "propagators",
        &[Taint],
        List(MatchPropagator),
        "[{pattern: $A.add($B), from: $B, to: $A}]",
        "Calls that carry it from one place to another.",
    ),
    key(
        "pattern",
        &[Match, Where, MatchSource, MatchSink, MatchSanitizer, MatchPropagator],
        Formula(Match),
        "$A.f($B)",
        "Code to find.",
    ),
    key(
        "regex",
        &[Match, MatchSource, MatchSink, MatchSanitizer, MatchPropagator],
        Regex,
        "f\\(",
        "Text to find by a regex (PCRE).",
    ),
    key(
        "all",
        &[Match, Where, MatchSource, MatchSink, MatchSanitizer, MatchPropagator],
        List(Match),
        "[$A.f($B)]",
        "All of these must hold of the same code.",
    ),
    key(
        "any",
        &[Match, Where, MatchSource, MatchSink, MatchSanitizer, MatchPropagator],
        List(Match),
        "[$A.f($B)]",
        "One of these must hold.",
    ),
    key("not", &[Match, Where], Formula(Match), "f(1)", "The match is not code like this. Stands under `all`."),
    key(
        "inside",
        &[Match, Where, MatchSource, MatchSink, MatchSanitizer],
        Formula(Match),
        "'def $F(...): ...'",
        "The match lies within code like this.",
    ),
    key(
        "anywhere",
        &[Match, Where],
        Formula(Match),
        "import os",
        "Code like this stands somewhere in the file. Stands under `all`.",
    ),
    key(
        "where",
        &[Match, Where, MatchSource, MatchSink, MatchSanitizer, MatchPropagator],
        List(Where),
        "[]",
        "Conditions on what was found.",
    ),
    key(
        "as",
        &[Match, MatchSource, MatchSink, MatchSanitizer],
        Metavariable,
        "$X",
        "A metavariable that is bound to the match.",
    ),
    key(
        "as-metavariable",
        &[Match, MatchSource, MatchSink, MatchSanitizer],
        Metavariable,
        "$X",
        "Another spelling of `as`.",
    ),
    key("focus", &[Where], Metavariables, "$X", "What is reported is not the match but this part of it."),
    // ---- metadata
    key("category", &[Metadata], One(CATEGORIES), "security", "What kind of rule it is."),
    key(
        "subcategory",
        &[Metadata],
        Several(SUBCATEGORIES),
        "[vuln]",
        "Whether what it reports is a weakness or to be looked at.",
    ),
    key("cwe", &[Metadata], Texts, "[\"CWE-89: SQL Injection\"]", "The weaknesses, which findings link to."),
    key("owasp", &[Metadata], Texts, "[\"A03:2021 - Injection\"]", "The entries of the OWASP Top Ten."),
    key("confidence", &[Metadata], One(CONFIDENCES), "HIGH", "How sure it is that a finding is right."),
    key("likelihood", &[Metadata], One(CONFIDENCES), "HIGH", "How likely it is that somebody uses it."),
    key("impact", &[Metadata], One(CONFIDENCES), "HIGH", "How bad that would be."),
    key("technology", &[Metadata], Texts, "[flask]", "Frameworks and libraries the rule is about."),
    key("vulnerability_class", &[Metadata], Texts, "[SQL Injection]", "The class of weakness in words."),
    key("references", &[Metadata], Texts, "[\"https://example.org\"]", "Where to read more."),
    key("weir", &[Metadata], Map(Weir), "{recommendation: Use g.}", "What Weir alone shows."),
    key("recommendation", &[Weir], Text, "Use g.", "What to write instead; shown by hover."),
    key(
        "fallback",
        &[Weir],
        Texts,
        "['\\bf\\(']",
        "Regexes for texts that cannot be parsed, and for clients that only know regexes.",
    ),
    // ---- options
    option("constant_propagation", "A variable matches the constant it is known to hold. On by default."),
    option("symbolic_propagation", "A variable matches the expression it was assigned."),
    option("ac_matching", "`&&` and `||` match whatever the grouping. On by default."),
    option("commutative_boolop", "`a && b` matches `b && a`."),
    option("symmetric_eq", "`a == b` matches `b == a`."),
    option("commutative_compop", "`a == b` and `a != b` match in any order."),
    option("vardef_assign", "An assignment matches a declaration. On by default."),
    option("flddef_assign", "An assignment matches the definition of a field."),
    option("attr_expr", "An expression matches a decorator. On by default."),
    option("arrow_is_function", "A function matches an arrow function. On by default."),
    option("let_is_var", "`var` matches `let` and `const`. On by default."),
    option("decorators_order_matters", "Decorators stand in the order of the pattern's."),
    option("implicit_return", "`return x` matches a value that is returned without the word. On by default."),
    option(
        "implicit_deep_exprstmt",
        "An expression that stands as a statement matches it anywhere in a statement. On by default.",
    ),
    option("implicit_ellipsis", "An object of JavaScript may have more entries than the pattern's. On by default."),
    option(
        "xml_attrs_implicit_ellipsis",
        "An element of JSX may have more attributes than the pattern's. On by default.",
    ),
    option(
        "xml_children_ordered",
        "The children of an element of JSX stand in the order of the pattern's. On by default.",
    ),
    option(
        "xml_singleton_loose_matching",
        "An element of JSX without children in the pattern may have some in the code. On by default.",
    ),
    option("taint_unify_mvars", "Sources and sinks share their metavariables."),
    option("taint_assume_safe_functions", "A function nothing is known of returns clean data."),
    option("taint_assume_safe_indexes", "Data looked up with an untrusted index is clean."),
    option("taint_assume_safe_comparisons", "The result of a comparison is clean."),
    option("taint_assume_safe_booleans", "What is known to be a boolean is clean."),
    option("taint_assume_safe_numbers", "What is known to be a number is clean."),
    option("taint_only_propagate_through_assignments", "Only assignments carry taint, not operators or calls."),
    option("taint_intrafile", "Taint is followed through the functions of the file. On by default."),
    option("guarded_taint_signatures", "Functions are told the numbers and booleans they are called with."),
    option("effect_guards", "Another name of `guarded_taint_signatures`."),
    key("taint_focus_on", &[Options], One(ENDS), "source", "At which end of the path a finding stands."),
    key("taint_match_on", &[Options], One(ENDS), "source", "Another name of `taint_focus_on`."),
    key("generic_engine", &[Options], One(ENGINES), "aliengrep", "How `languages: [generic]` reads a text."),
    key("generic_ellipsis_max_span", &[Options], Number, "20", "How many line ends `...` may pass in spacegrep."),
    key(
        "generic_comment_style",
        &[Options],
        One(COMMENT_STYLES),
        "c",
        "Which comments spacegrep takes for white space.",
    ),
    key("generic_multiline", &[Options], Flag, "false", "Whether line ends are white space in aliengrep."),
    key("generic_caseless", &[Options], Flag, "true", "Letters are alike, large or small, in aliengrep."),
    key("generic_braces", &[Options], Any, "[[\"(\", \")\"]]", "Which braces aliengrep knows."),
    key("generic_extra_braces", &[Options], Any, "[[\"<\", \">\"]]", "More braces for aliengrep."),
    key("generic_extra_word_characters", &[Options], Texts, "[\"-\"]", "More characters of words for aliengrep."),
];

#[cfg(test)]
mod tests;
