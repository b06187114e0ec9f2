//! Many patterns, each parsed once: rules share patterns, and languages share grammars.

use crate::lower;
use crate::pattern::{Parsed, Pattern, PatternError};
use std::collections::HashMap;
use std::sync::Arc;
use tree_sitter as ts;
use weir_model::Language;

type ByText<T> = HashMap<Language, HashMap<Box<str>, T>>;

/// Parses the patterns of many rules.
#[derive(Default)]
pub struct PatternParser {
    parsers: HashMap<Language, ts::Parser>,
    /// What became of a text, by the grammar that read it.
    parsed: ByText<Result<Parsed, usize>>,
    patterns: ByText<Result<Arc<Pattern>, PatternError>>,
}

impl PatternParser {
    /// Parses a pattern, as [`Pattern::parse`] does.
    pub fn parse(&mut self, language: Language, text: &str) -> Result<Arc<Pattern>, PatternError> {
        if let Some(known) = self.patterns.get(&language).and_then(|known| known.get(text)) {
            return known.clone();
        }
        let pattern = self.fresh(language, text).map(Arc::new);
        self.patterns.entry(language).or_default().insert(text.into(), pattern.clone());
        pattern
    }

    fn fresh(&mut self, language: Language, text: &str) -> Result<Pattern, PatternError> {
        let text = text.trim_matches(['\n', '\r']).trim_end();
        if text.trim().is_empty() {
            return Err(PatternError::Empty);
        }
        let first = match self.tree(language, text) {
            Ok(parsed) => return Ok(Pattern::new(language, parsed, text)),
            Err(at) => at,
        };
        // The trees of these are alike, and a rule for TypeScript may have patterns that only one of them reads: JSX,
        // a cast in angle brackets.
        let relative = match language {
            Language::TypeScript => Some(Language::Tsx),
            Language::Tsx => Some(Language::TypeScript),
            _ => None,
        };
        match relative.and_then(|relative| self.tree(relative, text).ok()) {
            Some(parsed) => Ok(Pattern::new(language, parsed, text)),
            None => Err(PatternError::Syntax { language: language.name(), at: first }),
        }
    }

    /// What the grammar of a language makes of a text, or where it had its first error.
    fn tree(&mut self, language: Language, text: &str) -> Result<Parsed, usize> {
        match language {
            Language::JavaScript => return self.tree(Language::Tsx, text),
            Language::TypeScript => {
                // The grammars differ in what begins with `<` alone. Where none stands, one tree is the other's, too.
                if let Ok(parsed) = self.tree(Language::Tsx, text)
                    && !parsed.has_angle
                {
                    return Ok(parsed);
                }
            }
            _ => {}
        }
        if let Some(known) = self.parsed.get(&language).and_then(|known| known.get(text)) {
            return known.clone();
        }
        let parser = self.parsers.entry(language).or_insert_with(|| lower::parser(language));
        let parsed = Pattern::parse_as(parser, language, text);
        self.parsed.entry(language).or_default().insert(text.into(), parsed.clone());
        parsed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Trees are shared between languages; each must be the one that the language's own grammar gives.
    #[test]
    fn a_shared_tree_is_that_of_the_own_grammar() {
        let mut shared = PatternParser::default();
        for text in [
            "f($X, ...)",
            "$X = $Y",
            "a < b",
            "<div ... />",
            "<$A href={$X} />",
            "data-x={$X}",
            "<T>$X",
            "f<T>($X)",
            "($X: Foo).bar()",
            "$F(..., @Query(...) $X, ...) { ... }",
            "@Inject(...)",
            "key: $V",
            "{a: $V, ...}",
            "if ($X) { ... }",
            "if ($X)",
            "catch ($E) { ... }",
            "case $X: ...",
            "x: number",
            "x: Array<string>",
            "import $X from 'y'",
            "<... $X ...>",
            "class $C extends $D { ... }",
            "(a",
        ] {
            for language in [Language::JavaScript, Language::TypeScript, Language::Tsx] {
                let own = Pattern::parse_as(&mut lower::parser(language), language, text).map(|own| own.tree);
                let given = shared.tree(language, text).map(|given| given.tree);
                assert_eq!(given, own, "{text} in {language:?}");
            }
        }
    }
}
