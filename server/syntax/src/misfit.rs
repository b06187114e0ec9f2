//! Where a text stops being a pattern: for who writes it, the exact place.
//!
//! tree-sitter's tree of a broken text says what it skipped to go on, not where it had to. Its parser does say: at the first
//! token for which no version of it has an action. The context in which the text gets furthest is the one that was meant.

use crate::lower;
use crate::pattern::{any_loop, placeholders};
use crate::veil::Veil;
use std::sync::{Arc, Mutex, PoisonError};
use tree_sitter as ts;
use weir_model::Language;

/// No context makes a text parse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Misfit;

/// The byte of the pattern's text at which it cannot go on in any context; its length if its end comes too early.
pub(crate) fn place(parser: &mut ts::Parser, language: Language, text: &str) -> usize {
    let syntax = lower::pattern_syntax(language);
    let rewritten = (syntax.rewrite)(&any_loop(language, text));
    let mut moved = vec![(0, 0)];
    let prepared = placeholders(&rewritten, syntax.native_metavars, |to, from| moved.push((to, from)));
    let end = prepared.trim_end().len();
    let furthest = syntax.contexts.iter().filter_map(|context| {
        let whole = format!("{}{prepared}{}", context.before, context.after);
        Some(stops(parser, language, &whole)?.saturating_sub(context.before.len()).min(end))
    });
    // A context that opens a bracket must not be closed by the text's own.
    let furthest = furthest.max().unwrap_or(0).min(surplus_bracket(&prepared).unwrap_or(end));
    let at = prepared.len() - prepared[furthest..].trim_start().len();
    if at >= end {
        return text.trim_end().len();
    }
    let &(to, from) = moved.iter().rfind(|&&(to, _)| to <= at).expect("the text starts somewhere");
    // Within what stands for a hole: the hole.
    let next = moved.iter().find(|&&(next, _)| next > at).map_or(rewritten.len(), |&(_, from)| from);
    back(text, &rewritten, (from + at - to).min(next))
}

/// The byte at which a text cannot go on, its white space before included.
fn stops(parser: &mut ts::Parser, language: Language, text: &str) -> Option<usize> {
    /// What is heard of the parser until it begins to mend the text.
    #[derive(Default)]
    struct Heard {
        at: (usize, usize),
        furthest: Option<(usize, usize)>,
        is_over: bool,
    }
    let heard = Arc::new(Mutex::new(Heard::default()));
    let listener = Arc::clone(&heard);
    parser.set_logger(Some(Box::new(move |kind, message| {
        let mut heard = listener.lock().unwrap_or_else(PoisonError::into_inner);
        if heard.is_over || kind != ts::LogType::Parse {
            return;
        }
        if message.starts_with("process ") {
            let number = |key: &str| message.split(key).nth(1)?.split(',').next()?.parse().ok();
            heard.at = number(" row:").zip(number(" col:")).unwrap_or_default();
        } else if message.starts_with("detect_error") {
            heard.furthest = heard.furthest.max(Some(heard.at));
        } else if message.starts_with("resume version") {
            heard.is_over = true;
        }
    })));
    Veil::of(language, text).parse(parser, text, None, &|| false);
    parser.set_logger(None);
    let (row, column) = heard.lock().unwrap_or_else(PoisonError::into_inner).furthest?;
    let start: usize = text.split_inclusive('\n').take(row).map(str::len).sum();
    Some(floor(text, start + column))
}

/// A closing bracket that nothing in the text opens; what is in quotes is none.
fn surplus_bracket(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut escaped) = (0usize, None, false);
    text.char_indices().find_map(|(at, c)| {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote.is_some() => escaped = true,
            _ if quote == Some(c) => quote = None,
            '"' | '\'' | '`' if quote.is_none() => quote = Some(c),
            '(' | '[' | '{' if quote.is_none() => depth += 1,
            ')' | ']' | '}' if quote.is_none() && depth == 0 => return Some(at),
            ')' | ']' | '}' if quote.is_none() => depth -= 1,
            _ => {}
        }
        None
    })
}

/// The byte of a text that became a byte of its rewritten form. Rewriting changes few places: what is the same at either end
/// is as far away from it as before.
fn back(text: &str, rewritten: &str, at: usize) -> usize {
    let same = text.bytes().zip(rewritten.bytes()).take_while(|(a, b)| a == b).count();
    if at <= same {
        return floor(text, at);
    }
    let rest = rewritten.len() - at;
    let same_end = text.bytes().rev().zip(rewritten.bytes().rev()).take_while(|(a, b)| a == b).count();
    floor(text, if rest <= same_end { text.len() - rest.min(text.len()) } else { same.min(text.len()) })
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at.min(text.len())).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use crate::{Pattern, PatternError};
    use weir_model::Language;

    /// The pattern is wrong where `^` stands in it.
    #[track_caller]
    fn check(language: Language, marked: &str) {
        let text = marked.replacen('^', "", 1);
        let Err(PatternError::Syntax { at, .. }) = Pattern::parse(language, &text) else {
            panic!("{text} is no broken pattern of {}", language.name())
        };
        let found = format!("{}^{}", &text[..at], &text[at..]);
        assert_eq!(found, marked, "{}", language.name());
    }

    #[test]
    fn a_broken_pattern_is_broken_at_one_character() {
        use Language::{Elixir, Java, JavaScript, Php, Python, Ruby, TypeScript};
        for (language, marked) in [
            (Python, "f($X^"),
            (Python, "f($X, ..., y ^z)"),
            (Python, "$X = ^= $Y"),
            (Python, "1 +^"),
            (Python, "f($X)^)"),
            (Python, "f($X)^) + 1"),
            (Python, "def $F(...):\n    ...\n    $X = ^)"),
            (Python, "<... $X ...> + g(a ^b)"),
            (JavaScript, "f($X, ^;"),
            (JavaScript, "const {a, b ^c} = $X"),
            (JavaScript, "$X.innerHTML = ^=> 1"),
            (TypeScript, "f(<T>$X, +^)"),
            (Java, "String $X = ^;"),
            (Java, "$X.foo(a ^b)"),
            (Php, "foo($X, ...^"),
            (Php, "$X = ^= $Y"),
            (Ruby, "$X.foo(^"),
            (Elixir, "foo($X,^ "),
        ] {
            check(language, marked);
        }
    }
}
