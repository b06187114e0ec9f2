//! Code and patterns in, generic trees out: a module a language.

mod difference;
mod edits;
mod elixir;
mod java;
mod javascript;
mod php;
mod python;
mod ruby;

use weir_model::{Edit, Language, Span};
use weir_syntax::{Limits, Pattern, Source, Tree};

/// Statements of a file become these trees, one a line.
#[track_caller]
fn check(language: Language, text: &str, expected: &str) {
    let source = Source::parse(language, text.to_owned(), Limits::NONE);
    assert_eq!(source.notes(), [], "{text}");
    compare(text, source.tree(), expected);
}

/// A pattern becomes these trees, one a line.
#[track_caller]
fn check_pattern(language: Language, text: &str, expected: &str) {
    match Pattern::parse(language, text) {
        Ok(pattern) => compare(text, pattern.tree(), expected),
        Err(error) => panic!("{text}: {error}"),
    }
}

#[track_caller]
fn compare(text: &str, tree: &Tree, expected: &str) {
    let found: Vec<_> = tree.children(Tree::ROOT).map(|node| tree.sexp(node)).collect();
    let expected: Vec<_> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    assert_eq!(found, expected, "{text}");
}

/// After replacing the one `old` in the text by `new`, and after taking it back, the tree is that of a fresh parse.
#[track_caller]
fn check_edit(language: Language, text: &str, old: &str, new: &str) {
    let at = text.find(old).expect("the text has the part to replace") as u32;
    let mut source = Source::parse(language, text.to_owned(), Limits::NONE);
    let there = Edit { span: Span::new(at, at + old.len() as u32), text: new.to_owned() };
    let back = Edit { span: Span::new(at, at + new.len() as u32), text: old.to_owned() };
    for edit in [there, back] {
        source.edit(&[edit], Limits::NONE);
        let fresh = Source::parse(language, source.text().to_owned(), Limits::NONE);
        assert_eq!(source.tree(), fresh.tree(), "{}", source.text());
        assert_eq!(source.notes(), fresh.notes(), "{}", source.text());
    }
}

/// Runs a test on a stack as large as a worker's: walks over deep trees recurse.
fn on_a_large_stack(test: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().stack_size(64 << 20).spawn(test).expect("a thread");
    if let Err(panic) = thread.join() {
        std::panic::resume_unwind(panic);
    }
}
