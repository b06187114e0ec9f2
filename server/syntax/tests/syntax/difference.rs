//! What changed between two versions of a text.

use weir_model::Language;
use weir_syntax::{Difference, Kind, Limits, NodeId, Source, Tree};

/// Compares two versions: the topmost new nodes, then the innermost node around them. What is said of nodes that stay must be
/// true of each of them.
#[track_caller]
fn check(language: Language, old: &str, new: &str, expected: &str) {
    let [old, new] = [old, new].map(|text| Source::parse(language, text.to_owned(), Limits::NONE));
    let difference = Difference::between((old.tree(), old.text()), (new.tree(), new.text()));
    let mut told = Vec::new();
    let mut at = NodeId(difference.new.start);
    while at.0 < difference.new.end {
        told.push(format!("{:?} {:?}", new.tree().kind(at), new.tree().span(at).text(new.text())));
        at = new.tree().end(at);
    }
    let around = difference.around.last().map(|&node| new.tree().kind(node));
    assert_eq!(format!("{} in {:?}", told.join(", "), around.unwrap_or(Kind::TooDeep)), expected);
    for node in old.tree().ids() {
        let Some(now) = difference.node(node) else { continue };
        let what = |tree: &Tree, node: NodeId| (tree.kind(node), tree.role(node), tree.sym(node));
        assert_eq!(what(old.tree(), node), what(new.tree(), now), "{node:?} is not {now:?}");
        let parent = old.tree().parent(node).map(|parent| difference.node(parent).expect("who stays has its parent"));
        assert_eq!(parent, new.tree().parent(now), "{node:?} has another parent");
        // What stands around grew, which its place alone does not tell where the change is at its edge.
        if !difference.stretched.contains(&node) && !difference.around.contains(&node) {
            assert_eq!(difference.span(old.tree().span(node)), Some(new.tree().span(now)), "{node:?} is elsewhere");
        }
    }
}

#[test]
fn a_letter_more_is_one_new_node() {
    check(Language::Python, "f(a)\ng(b)\n", "f(aa)\ng(b)\n", r#"Ident "aa" in Call"#);
}

#[test]
fn other_quotes_are_another_node() {
    check(Language::Python, "f('a', b)\ny = b\n", "f(\"a\", b)\ny = b\n", r#"Str "\"a\"" in Call"#);
}

#[test]
fn text_between_statements_belongs_to_none() {
    check(Language::Python, "f(a)\n\n\n\ng(b)\n", "f(a)\n\n# x\n\n\ng(b)\n", " in File");
    check(Language::Java, "class A {\n\n\n  int a;\n}\n", "class A {\n\n  // x\n\n  int a;\n}\n", " in Block");
}

#[test]
fn a_statement_comes_and_goes() {
    let (without, with) = ("def f():\n    a()\n    c()\n", "def f():\n    a()\n    b()\n    c()\n");
    check(Language::Python, without, with, r#"Call "b()", Call "c()" in Block"#);
    check(Language::Python, with, without, r#"Call "c()" in Block"#);
}

#[test]
fn what_gets_another_parent_is_new() {
    let (flat, nested) = ("a();\nb();\nc();\n", "if (x) {\na();\nb();\n}\nc();\n");
    check(Language::JavaScript, flat, nested, r#"If "if (x) {\na();\nb();\n}" in File"#);
    check(Language::JavaScript, nested, flat, r#"Call "a()", Call "b()" in File"#);
    check(Language::JavaScript, "{ { a(); } b(); }\n", "{ { a(); b(); } }\n", r#"Call "b()" in Block"#);
}

#[test]
fn what_stands_beside_a_change_counts_as_changed() {
    check(
        Language::Python,
        "x = 1\nf(x)\n",
        "import os\nx = 1\nf(x)\n",
        r#"Import "import os", Assign "x = 1" in File"#,
    );
}
