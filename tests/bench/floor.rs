//! What tree-sitter alone needs for the same changes.

use crate::corpus::Case;
use std::time::{Duration, Instant};
use tree_sitter::{InputEdit, Language, Parser, Point};

/// The time of each re-parse.
pub(crate) fn reparse(case: &Case, edits: usize) -> Vec<Duration> {
    let mut parser = Parser::new();
    parser.set_language(&grammar(&case.name)).expect("a grammar this tree-sitter reads");
    let mut text = case.text.clone();
    let mut tree = parser.parse(&text, None).expect("no limit is set");
    case.keystrokes()
        .take(edits)
        .map(|key| {
            let (start, old_end) = key.bytes;
            text.replace_range(start..old_end, &key.text);
            let [row, column, _, old_column] = key.range;
            let point = |column: usize| Point { row: row as usize, column };
            let begin = Instant::now();
            tree.edit(&InputEdit {
                start_byte: start,
                old_end_byte: old_end,
                new_end_byte: start + key.text.len(),
                start_position: point(column as usize),
                old_end_position: point(old_column as usize),
                new_end_position: point(column as usize + key.text.len()),
            });
            tree = parser.parse(&text, Some(&tree)).expect("no limit is set");
            begin.elapsed()
        })
        .collect()
}

fn grammar(name: &str) -> Language {
    match name.rsplit('.').next().unwrap_or_default() {
        "py" => tree_sitter_python::LANGUAGE.into(),

        "ts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
        "js" | "tsx" => tree_sitter_typescript::LANGUAGE_TSX.into(),
        "rb" => tree_sitter_ruby::LANGUAGE.into(),
        "php" => tree_sitter_php::LANGUAGE_PHP.into(),
        "java" => tree_sitter_java::LANGUAGE.into(),
        "ex" => tree_sitter_elixir::LANGUAGE.into(),
        other => panic!("no language has the extension {other}"),
    }
}
