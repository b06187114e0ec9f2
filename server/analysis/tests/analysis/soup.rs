//! Text made of scraps of code and patterns: as a pattern, as code and as a rule it is read or refused, and never more than that.

use crate::incremental::gesture::FRAGMENTS;
use crate::sound;
use proptest::prelude::*;
use weir_analysis::{Budget, Options, RuleSet, Unit, analyze};
use weir_model::{Language, RuleSource};
use weir_syntax::{Limits, Source};

/// What patterns have and code has not, and words that mean something to what prepares patterns for a grammar.
const SCRAPS: &[&str] = &[
    "$X",
    "$_",
    "$...X",
    "...",
    "<...",
    "...>",
    "<... $X ...>",
    "$X:",
    "($X: T)",
    "(T $X)",
    "\"...\"",
    "\"$X\"",
    "\"=~/a/\"",
    ":$X",
    "/$X/",
    "$X.",
    ". ... .",
    "$F(",
    "@$A",
    "$",
    "$x",
    "$é",
    "é...",
    "...é",
    "\"é",
    "'",
    "\"\"\"",
    "`${",
    "#{",
    "{$",
    "f",
    "a b",
    "if",
    "for",
    "for (...)",
    "while",
    "switch",
    "case",
    "else",
    "try",
    "catch",
    "finally",
    "rescue",
    "end",
    "do",
    "def",
    "class",
    "function",
    "fn",
    "new",
    "import",
    "from",
    "use",
    "alias",
    "return",
    "lambda",
    "with",
    "match",
    "static",
    "public",
    "extends",
    "interface",
    "enum",
    "throws",
    "in",
    "is",
    "not",
    "and",
    "or",
    "::",
    "->",
    "=>",
    "==",
    "=",
    ":",
    ";",
    ",",
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "<",
    ">",
    "</",
    "/>",
    "?",
    "!",
    "&",
    "|",
    "*",
    "**",
    "+",
    "-",
    "~",
    "%",
    "^",
    "\\",
    "//",
    "/*",
    "*/",
    "#",
    "\n",
    "\n  ",
    "\n\t",
    "\r\n",
    " ",
    "0",
    "1.5",
    "<<A",
    "\nA\n",
    "%w[",
    "~s(",
    "?a",
    "&1",
    "@",
    "<?=",
    "?>",
];

fn soup() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        3 => prop::sample::select(SCRAPS).prop_map(str::to_owned),
        1 => prop::sample::select(FRAGMENTS).prop_map(str::to_owned),
        1 => "\\PC{0,3}",
    ];
    let glue = prop_oneof![2 => Just(""), 1 => Just(" ")];
    prop::collection::vec((scrap, glue), 1..14)
        .prop_map(|scraps| scraps.iter().flat_map(|(scrap, glue)| [scrap.as_str(), glue]).collect())
}

fn read(language: Language, pattern: &str, code: &str) -> Result<(), TestCaseError> {
    let rule = serde_json::json!({"rules": [{
        "id": "r", "message": "$X", "severity": "ERROR", "languages": [language.name()], "fix": "$X", "pattern": pattern,
    }]});
    let rules = RuleSet::compile(&[RuleSource { name: "r".to_owned(), text: rule.to_string() }], &[]);
    prop_assert_eq!(rules.rules().len() + rules.problems().len(), 1);
    // A pattern is code, too.
    for code in [pattern, code] {
        let source = Source::parse(language, code.to_owned(), Limits::NONE);
        let unit = Unit { path: "a", source: &source };
        let analysis = analyze(&rules, &unit, Options::default(), &Budget::unlimited());
        let sound = sound::tree(code, source.tree())
            .and_then(|()| sound::notes(code, source.notes()))
            .and_then(|()| sound::analysis(code, &analysis));
        sound.map_err(TestCaseError::fail)?;
    }
    Ok(())
}

macro_rules! soup_is_read_or_refused {
    ($($name:ident: $language:expr;)*) => {
        proptest! {
            #![proptest_config(super::incremental::config())]
            $(
                #[test]
                fn $name(pattern in soup(), code in soup()) {
                    read($language, &pattern, &code)?;
                }
            )*
        }
    };
}

soup_is_read_or_refused! {
    javascript: Language::JavaScript;
    typescript: Language::TypeScript;
    tsx: Language::Tsx;
    python: Language::Python;
    ruby: Language::Ruby;
    php: Language::Php;
    java: Language::Java;
    elixir: Language::Elixir;
}
