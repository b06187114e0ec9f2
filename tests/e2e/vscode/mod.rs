//! A real VS Code workbench with the extension we ship. It counts columns in UTF-16.

mod workbench;

use crate::workplace::{Workplace, read};
use serde_json::json;
use weir_tests::waiting::wait_until;
use workbench::Workbench;

const PROBLEM: &str = ".markers-panel .monaco-list-row";
const STATUS: &str = ".statusbar-item";
const TREE: &str = ".pane-body .monaco-list-row";
const SQUIGGLE: &str = ".squiggly-error";

#[test]
fn a_finding_typed_into_vs_code_shows_unsaved_and_its_fix_lands_behind_wide_characters() {
    let workplace = Workplace::with_app("javascript");
    let before = "function show(el, name) {\n  const face = '👩🏽e\u{301}'; \n}\n";
    let file = workplace.write("project/page.js", before);
    // Rules that are not there until they are written: whoever loads them is seen to.
    let rules = workplace.write("rules.yaml", "");
    std::fs::remove_file(&rules).expect("the file is there");
    rustix::fs::mkfifoat(rustix::fs::CWD, &rules, rustix::fs::Mode::RWXU).expect("a pipe in a temporary folder");
    let mut code = Workbench::open(&workplace, "page.js", &json!({ "weir.rules": [rules, "built-in"] }));
    code.appears(STATUS, &["loading rules"]);
    std::fs::write(&rules, RULE).expect("the server reads");
    let there = workplace.write("there.yaml", RULE);
    std::fs::rename(there, &rules).expect("a writable folder");

    code.go_to(2, 25);
    code.type_text("el.innerHTML = name;");
    code.appears(STATUS, &["Weir 1"]);
    code.filter_problems("page.js");
    code.appears(PROBLEM, &["javascript-inner-html", "Ln 2, Col 26"]);
    assert_eq!(read(&file), before, "the finding is in what is typed, not in what is saved");
    code.go_to(2, 26);
    code.take_action("Fix javascript-inner-html");
    code.disappears(PROBLEM, &["javascript-inner-html"]);
    code.appears(STATUS, &["Weir 0"]);
    code.press("Control+S");
    wait_until("saved", || read(&file) == before.replace("; \n", "; el.textContent = name;\n"));

    what_is_found_in_files_that_are_not_open_is_among_the_problems(&mut code);
    the_path_of_a_finding_is_a_tree_that_leads_to_each_step(&mut code);
    a_scan_shows_its_report_in_a_terminal(&mut code);
    a_text_without_a_file_is_analysed(&mut code);
    a_program_that_is_not_there_is_missed_and_found_again(&mut code, &workplace);
}

/// One that finds nothing here.
const RULE: &str =
    "rules:\n  - id: never\n    languages: [javascript]\n    severity: INFO\n    message: m\n    pattern: never()\n";

/// The client asks for the workspace's diagnostics, and is given them.
fn what_is_found_in_files_that_are_not_open_is_among_the_problems(code: &mut Workbench) {
    code.filter_problems("agents.js");
    code.appears(PROBLEM, &["javascript-nosql-injection", "Ln 13, Col 37"]);
}

fn the_path_of_a_finding_is_a_tree_that_leads_to_each_step(code: &mut Workbench) {
    code.open_file("tickets.js");
    code.filter_problems("tickets.js");
    code.appears(PROBLEM, &["javascript-sql-injection", "Ln 20,"]);
    code.go_to(20, 10);
    code.press("Control+K");
    code.press("Control+I");
    code.appears(".monaco-hover", &["What to write instead"]);
    code.press("Escape");
    code.run("Weir: Show Path of the Finding Here");
    code.appears(TREE, &["20: sql", "reaches this dangerous place"]);
    code.screenshot("vscode");
    code.click(TREE, &["14: req.query", "untrusted data enters here"]);
    code.appears(STATUS, &["Ln 14,"]);
}

fn a_scan_shows_its_report_in_a_terminal(code: &mut Workbench) {
    code.run("Weir: Scan Workspace");
    code.appears(".xterm-rows", &["files scanned"]);
}

fn a_text_without_a_file_is_analysed(code: &mut Workbench) {
    code.run("File: New Untitled Text File");
    code.run("Change Language Mode");
    code.choose("JavaScript");
    code.appears(STATUS, &["JavaScript"]);
    code.press("Control+1");
    code.type_text("app.get('/', (req, res) => { res.send('<p>' + req.query.n); });");
    code.appears(SQUIGGLE, &[]);
}

fn a_program_that_is_not_there_is_missed_and_found_again(code: &mut Workbench, workplace: &Workplace) {
    let (there, away) = (workplace.program(), workplace.home().join("away"));
    std::fs::rename(&there, &away).expect("a writable folder");
    code.run("Weir: Restart Server");
    code.appears(".notification-list-item", &["weir is not on your PATH"]);
    std::fs::rename(&away, &there).expect("a writable folder");
    code.run("Weir: Restart Server");
    code.appears(STATUS, &["Weir 1"]);
}
