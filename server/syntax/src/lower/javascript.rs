//! Javascript.

use super::{Context, Handler, PatternSyntax, Spec, block, name, number, unwrap};

pub(super) static JAVASCRIPT: Spec = Spec {
    grammar: || tree_sitter_javascript::LANGUAGE.into(),
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

pub(super) static TYPESCRIPT: Spec = Spec {
    grammar: || tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
    table: TABLE,
    pattern: PatternSyntax { native_metavars: true, rewrite: str::to_owned, contexts: CONTEXTS },
};

pub(super) static TSX: Spec = Spec {
    grammar: || tree_sitter_typescript::LANGUAGE_TSX.into(),
    table: TABLE,
    pattern: PatternSyntax { native_metavars: true, rewrite: str::to_owned, contexts: CONTEXTS },
};
