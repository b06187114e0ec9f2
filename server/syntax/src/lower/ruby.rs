//! Ruby.

use super::{Context, Handler, PatternSyntax, Spec, block, name, number, unwrap};

pub(super) static RUBY: Spec = Spec {
    grammar: || tree_sitter_ruby::LANGUAGE.into(),
    table: TABLE,
    pattern: PatternSyntax { native_metavars: false, rewrite: str::to_owned, contexts: CONTEXTS },
};

const CONTEXTS: &[Context] = &[Context { before: "", after: "" }];

const TABLE: &[(&str, Handler)] = &[
    ("identifier", name),
    ("block", block),
    ("number", number),
    ("parenthesized_expression", unwrap),
    ("expression_statement", unwrap),
];
