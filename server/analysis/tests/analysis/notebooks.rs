//! Notebooks on disk: what is found in their cells, where in the file, and what is written there.

use crate::check::{check, run, whole};
use weir_analysis::{Analysis, Budget, Habit, Options, RuleSet, Unit, analyze, apply_fixes, offer_ignores, repairs};
use weir_model::{Fix, Format, Host, Language, Mended, Repair, RuleSource};
use weir_syntax::{Limits, ParseNote, Source};

const TAINT: &str = "
    message: ''
    mode: taint
    pattern-sources: [{pattern: source()}]
    pattern-sinks: [{patterns: [{pattern: sink($X)}, {focus-metavariable: $X}]}]";

const CALL: &str = "message: ''\npattern: f(...)";

/// A notebook of one line a cell, each cell as it is written in JSON.
fn notebook(cells: &[&str]) -> String {
    let cell = |source: &&str| format!("{{\"cell_type\": \"code\", \"source\": {source}}}");
    format!("{{\"cells\": [\n{}\n]}}\n", cells.iter().map(cell).collect::<Vec<_>>().join(",\n"))
}

fn parsed(text: &str) -> Source {
    Source::parse(Format::Host(Host::NOTEBOOK), text.to_owned(), Limits::NONE)
}

fn rules(rule: &str) -> RuleSet {
    RuleSet::compile(&[RuleSource { name: "r.yaml".to_owned(), text: whole("python", rule) }], &[])
}

fn analysis(rules: &RuleSet, source: &Source) -> Analysis {
    analyze(rules, &Unit { path: "a.ipynb", source }, Options::default(), &Budget::unlimited())
}

/// The text of the cells, whatever is written between them.
fn cells(text: &str) -> Vec<String> {
    let cells = parsed(text).cells().expect("a notebook");
    cells.0.into_iter().map(|cell| cell.text).collect()
}

#[test]
fn data_is_followed_from_cell_to_cell() {
    check(
        "python in a.ipynb",
        TAINT,
        r#"
        {"cells": [
          {"cell_type": "markdown", "source": ["sink(source())"]},
          {"cell_type": "code", "outputs": [{"text": "sink(source())"}], "source": [
            "%matplotlib inline\n",
            "a = source() # \u00e9\n",
            "!echo sink(source())"
          ]},
          {"cell_type": "code", "source": "%%bash\nsink(source())"},
          {"cell_type": "code", "source": "x = \"\\n\"; sink(\"é\" + a)\n%time sink( source())\n"},
                                                             ^^^^^^^^^
                                                                                     ^^^^^^^^
          {"cell_type": "code", "source": ["def f():\n", "  sink(", "a)\n", "f()"]}
                                                                     ^
        ], "metadata": {"language_info": {"name": "python"}}, "nbformat": 4}
        "#,
    );
}

#[test]
fn rules_for_any_text_read_the_file_and_others_their_cells_alone() {
    let text = r#"
        {"cells": [
          {"cell_type": "markdown", "source": "f(1)"},
                                               ^^^^
          {"cell_type": "code", "source": "f(2)"}
                                           ^^^^
        ]}
        "#;
    check("generic in a.ipynb", "message: ''\npattern: f($X)", text);
    let code = text.replacen("^^^^", "", 1).replacen("\n                                               \n", "\n", 1);
    check("python in a.ipynb", "message: ''\npattern-regex: f\\(.\\)", &code);
}

#[test]
fn comments_of_cells_ask_to_ignore_findings() {
    for (cell, expected) in [
        (r##"["# nosemgrep: rule -- why\n", "f()\n"]"##, [true]),
        (r#""f()  # nosemgrep: rule\n""#, [true]),
        (r#""f()  # nosemgrep: other, rule""#, [true]),
        (r##""\"# nosemgrep\"\nx = 1\nf()""##, [false]),
        (r#""f()  # nosec\n""#, [true]),
        (r#"["x = 1  # nosec\n", "f()"]"#, [false]),
    ] {
        let source = parsed(&notebook(&[cell]));
        let found = analysis(&rules(CALL), &source).findings;
        assert_eq!(found.iter().map(weir_model::Finding::is_suppressed).collect::<Vec<_>>(), expected, "{cell}");
    }
    // What stands in the text of a cell for people asks nothing.
    let page =
        r#"{"cells": [{"cell_type": "markdown", "source": " # nosemgrep"}, {"cell_type": "code", "source": "f()"}]}"#;
    assert!(analysis(&rules(CALL), &parsed(page)).findings.iter().all(|finding| !finding.is_suppressed()));
}

#[test]
fn marks_without_use_are_removed_from_the_string() {
    let text = notebook(&[r#"["x = \"a\"  # nosemgrep: rule\n", "f(\"a\")"]"#, r#""f()\n# nosemgrep: rule""#]);
    let hints = analysis(&rules(CALL), &parsed(&text)).hints;
    let fixes: Vec<Fix> = hints.iter().map(|hint| Fix { edits: hint.removal.clone() }).collect();
    assert_eq!(hints.iter().map(|hint| hint.span.text(&text)).collect::<Vec<_>>(), ["nosemgrep: rule"; 2]);
    assert_eq!(cells(&apply_fixes(&text, &fixes)), ["x = \"a\"\nf(\"a\")", "f()\n"]);
}

#[test]
fn fixes_are_escaped_and_tried_on_the_whole_notebook() {
    let rule = "message: ''\npattern: f($X)\nfix: |-\n  g(\"\\\\\", $X,\n  \"é\")";
    let text = notebook(&[r#""y = [f(\"a\")]\n""#, r#"["x = 1\n", "f(\n", "  x)\n"]"#]);
    let source = parsed(&text);
    let found = analysis(&rules(rule), &source).findings;
    let fixes: Vec<Fix> = found.iter().filter_map(|finding| finding.fix.clone()).collect();
    let repaired = apply_fixes(&text, &fixes);
    let expected = ["y = [g(\"\\\\\", \"a\",\n     \"é\")]\n", "x = 1\ng(\"\\\\\", x,\n\"é\")\n"];
    assert_eq!(cells(&repaired), expected, "{repaired}");
    let unit = Unit { path: "a.ipynb", source: &source };
    let tried = |rule: &str, edits: Vec<weir_model::Edit>| {
        repairs(&rules(rule), &unit, &[Repair { rule_id: "rule".into(), edits }], &Budget::unlimited())
    };
    assert_eq!(tried(rule, fixes[0].edits.clone()), [Mended::Yes]);
    // What is no JSON any more has no findings either, and yet nothing is mended.
    let mut broken = fixes[0].edits.clone();
    broken[0].text.push('"');
    assert_eq!(tried(rule, broken), [Mended::BreaksSyntax]);
}

#[test]
fn a_fix_across_cells_is_none() {
    let rule = "message: ''\npattern: |\n  a()\n  ...\n  b()\nfix: c()";
    let apart = analysis(&rules(rule), &parsed(&notebook(&[r#""a()""#, r#""b()""#]))).findings;
    assert_eq!(apart.iter().map(|finding| finding.fix.is_some()).collect::<Vec<_>>(), [false]);
    let text = notebook(&[r#"["a()\n", "b()"]"#, r#""d()""#]);
    let together = analysis(&rules(rule), &parsed(&text)).findings;
    let fixes: Vec<&Fix> = together.iter().filter_map(|finding| finding.fix.as_ref()).collect();
    assert_eq!(cells(&apply_fixes(&text, fixes)), ["c()", "d()"]);
}

#[test]
fn the_comment_that_ignores_a_finding_is_written_into_its_cell() {
    for (code, expected) in [
        ([r#""f()""#, r#""x""#], ["# nosemgrep: rule -- reason\nf()", "x"]),
        ([r#""x""#, r#"["if x:\n", "\tf(\"é\")\n"]"#], ["x", "if x:\n\t# nosemgrep: rule -- reason\n\tf(\"é\")\n"]),
        ([r#""y  # nosemgrep: a -- b""#, r#""f()""#], ["y  # nosemgrep: a -- b", "f()  # nosemgrep: rule -- reason"]),
        ([r#""f()  # nosemgrep: other""#, r#""x""#], ["f()  # nosemgrep: other, rule", "x"]),
    ] {
        let text = notebook(&code);
        let source = parsed(&text);
        let mut findings = analysis(&rules(CALL), &source).findings;
        offer_ignores(&source, &mut findings, Habit::default());
        let edit = findings.iter().find_map(|finding| finding.ignore.clone()).expect("one is offered");
        let ignored = apply_fixes(&text, &[Fix { edits: vec![edit] }]);
        assert_eq!(cells(&ignored), expected, "{ignored}");
        let again = analysis(&rules(CALL), &parsed(&ignored)).findings;
        assert!(!again.is_empty() && again.iter().all(weir_model::Finding::is_suppressed), "{ignored}");
    }
}

#[test]
fn a_finding_has_the_fingerprint_that_it_has_in_the_editor() {
    let text = notebook(&[r#"["f(\"é\",\n", " 1); f(\"é\",1)\n"]"#, r#""f(\"é\", 1)""#]);
    let on_disk = analysis(&rules(CALL), &parsed(&text)).findings;
    let program = Source::parse(
        Language::Python,
        cells(&text).iter().flat_map(|cell| [cell.as_str(), "\n"]).collect(),
        Limits::NONE,
    );
    let in_editor = analysis(&rules(CALL), &program).findings;
    let prints = |findings: &[weir_model::Finding]| -> Vec<String> {
        findings.iter().map(|finding| finding.fingerprint.clone()).collect()
    };
    assert_eq!(prints(&on_disk), prints(&in_editor));
    assert_eq!(on_disk.len(), 3);
}

#[test]
fn what_is_no_json_is_said_and_not_read() {
    let text = "{\"cells\": [{\"cell_type\": \"code\", \"source\": \"f()\"}],}";
    let source = parsed(text);
    assert!(matches!(source.notes(), [ParseNote::NotJson(span)] if span.start == 51), "{:?}", source.notes());
    assert!(analysis(&rules(CALL), &source).findings.is_empty());
    assert!(source.cells().is_some_and(|cells| cells.0.is_empty()));
    // A cell that does not parse is no reason not to read the others.
    let broken = parsed(&notebook(&[r#""x = = 1""#, r#""f()""#]));
    assert_eq!(analysis(&rules(CALL), &broken).findings.len(), 1);
    assert!(matches!(broken.notes(), [ParseNote::Syntax(_), ..]));
}

#[test]
fn a_rule_explains_itself_in_a_notebook() {
    let text = notebook(&[r#""x = 1""#, r#""f(\"a\")""#]);
    let found = run("python in a.ipynb", CALL, &text).findings;
    assert_eq!(found.iter().map(|finding| finding.span.text(&text)).collect::<Vec<_>>(), [r#"f(\"a\")"#]);
}
