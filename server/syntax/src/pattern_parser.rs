//! Many patterns, each parsed once: rules share patterns, and languages share grammars.

use crate::lower;
use crate::misfit::{self, Misfit};
use crate::pattern::{Parsed, Pattern, PatternError};
use crate::symbol::Symbol;
use foldhash::fast::RandomState;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};
use tree_sitter as ts;
use weir_model::Language;

/// Parses the patterns of many rules. Each thread that does needs its own; all [`others`](Self::another) made of one know
/// what any of them has parsed.
#[derive(Default)]
pub struct PatternParser {
    parsers: HashMap<Language, ts::Parser>,
    known: Arc<Known>,
}

/// What became of texts.
#[derive(Default)]
struct Known {
    /// By the grammar that read them.
    parsed: Shared<(Language, Symbol), Result<Parsed, Misfit>>,
    /// By the language they were read for.
    patterns: Shared<(Language, Symbol), Result<Arc<Pattern>, PatternError>>,
}

/// A map that several threads fill.
struct Shared<K, V>(Mutex<HashMap<K, V, RandomState>>);

impl<K, V> Default for Shared<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, V: Clone> Shared<K, V> {
    fn get(&self, key: &K) -> Option<V> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }

    /// Adds what somebody has worked out; who was first is right.
    fn add(&self, key: K, value: V) -> V {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(value).clone()
    }
}

impl PatternParser {
    /// A parser for another thread.
    #[must_use]
    pub fn another(&self) -> Self {
        Self { parsers: HashMap::new(), known: Arc::clone(&self.known) }
    }

    /// Parses a pattern, as [`Pattern::parse`] does.
    pub fn parse(&mut self, language: Language, text: &str) -> Result<Arc<Pattern>, PatternError> {
        let text = Pattern::significant(text);
        let key = (language, Symbol::new(text));
        if let Some(known) = self.known.patterns.get(&key) {
            return known;
        }
        let pattern = self.fresh(language, text, key.1).map(Arc::new);
        self.known.patterns.add(key, pattern)
    }

    fn fresh(&mut self, language: Language, text: &str, name: Symbol) -> Result<Pattern, PatternError> {
        if text.trim().is_empty() {
            return Err(PatternError::Empty);
        }
        if let Ok(parsed) = self.tree(language, text, name) {
            return Ok(Pattern::new(language, parsed, text));
        }
        // The trees of these are alike, and a rule for TypeScript may have patterns that only one of them reads: JSX,
        // a cast in angle brackets.
        let relative = match language {
            Language::TypeScript => Some(Language::Tsx),
            Language::Tsx => Some(Language::TypeScript),
            _ => None,
        };
        match relative.and_then(|relative| self.tree(relative, text, name).ok()) {
            Some(parsed) => Ok(Pattern::new(language, parsed, text)),
            None => Err(self.error(language, text)),
        }
    }

    /// Where a text stops being a pattern of a language.
    fn error(&mut self, language: Language, text: &str) -> PatternError {
        let grammar = if language == Language::JavaScript { Language::Tsx } else { language };
        let parser = self.parsers.entry(grammar).or_insert_with(|| lower::parser(grammar));
        let at = misfit::place(parser, grammar, text);
        PatternError::Syntax { language: language.name(), at, is_over: at >= text.trim_end().len() }
    }

    /// What the grammar of a language makes of a text, if anything. `name` is the text, interned.
    fn tree(&mut self, language: Language, text: &str, name: Symbol) -> Result<Parsed, Misfit> {
        match language {
            Language::JavaScript => return self.tree(Language::Tsx, text, name),
            Language::TypeScript => {
                // The grammars differ in what begins with `<` alone. Where none stands, one tree is the other's, too.
                if let Ok(parsed) = self.tree(Language::Tsx, text, name)
                    && !parsed.has_angle
                {
                    return Ok(parsed);
                }
            }
            _ => {}
        }
        // Of these several patterns are made; any other grammar has one language.
        let is_shared = matches!(language, Language::Tsx | Language::TypeScript);
        if let Some(known) = is_shared.then(|| self.known.parsed.get(&(language, name))).flatten() {
            return known;
        }
        let parser = self.parsers.entry(language).or_insert_with(|| lower::parser(language));
        let parsed = Pattern::parse_as(parser, language, text);
        if is_shared { self.known.parsed.add((language, name), parsed) } else { parsed }
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
                let given = shared.tree(language, text, text.into()).map(|given| given.tree);
                assert_eq!(given, own, "{text} in {language:?}");
            }
        }
    }
}
