//! Heredocs whose word the grammar cannot remember: it keeps the length in one byte and aborts the process where that does
//! not say the truth (tree-sitter-ruby 0.23.1). A quote that is still open behind `<<~` makes such a word of what follows.

use crate::veil::{Cover, Shown};
use weir_model::Span;

/// The longest word that the grammar remembers, in characters.
const LONGEST_WORD: usize = 255;

/// The `<<` before words that are longer.
pub(crate) fn long_words(text: &str) -> Vec<Cover> {
    let bytes = text.as_bytes();
    let opens = |&at: &usize| bytes.get(at + 1) == Some(&b'<') && bytes.get(at + 2) != Some(&b'<');
    let long = memchr::memchr_iter(b'<', bytes).filter(opens).filter(|at| is_long(&text[at + 2..]));
    long.map(|at| Cover { span: Span::from(at..at + 2), shown: Shown::Shift }).collect()
}

/// Whether the word of the heredoc that begins here is too long.
fn is_long(rest: &str) -> bool {
    let rest = rest.strip_prefix(['-', '~']).unwrap_or(rest);
    let (word, goes_on): (_, &dyn Fn(char) -> bool) = match rest.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => (&rest[1..], &move |c| c != quote),
        // What a letter is beyond ASCII is for the system to say that the grammar runs on.
        _ => (rest, &|c| c == '_' || c.is_ascii_alphanumeric() || !c.is_ascii()),
    };
    word.chars().take_while(|&c| goes_on(c)).nth(LONGEST_WORD).is_some()
}
