//! A real VS Code workbench with the extension we ship. It counts columns in UTF-16.

mod workbench;

use crate::workplace::{Workplace, read, wait_until};
use serde_json::json;
use workbench::Workbench;

const PROBLEM: &str = ".markers-panel .monaco-list-row";
const STATUS: &str = ".statusbar-item";
const TREE: &str = ".pane-body .monaco-list-row";

#[test]
fn a_finding_typed_into_vs_code_shows_unsaved_and_its_fix_lands_behind_wide_characters() {
    let workplace = Workplace::with_app("javascript");
    let before = "function show(el, name) {\n  const face = '👩🏽e\u{301}'; \n}\n";
    let file = workplace.write("project/page.js", before);
    let mut code = Workbench::open(&workplace, "page.js", &json!({}));

    code.go_to(2, 25);
    code.type_text("el.innerHTML = name;");
    code.press("Control+Shift+M");
    code.appears(PROBLEM, &["javascript-inner-html", "Ln 2, Col 26"]);
    code.appears(STATUS, &["Weir 1"]);
    assert_eq!(read(&file), before, "the finding is in what is typed, not in what is saved");
    code.go_to(2, 26);
    code.press("Control+.");
    code.click(".action-widget .monaco-list-row", &["Fix javascript-inner-html"]);
    code.disappears(PROBLEM, &["javascript-inner-html"]);
    code.appears(STATUS, &["Weir 0"]);
    code.press("Control+S");
    wait_until("saved", || read(&file) == before.replace("; \n", "; el.textContent = name;\n"));

    the_path_of_a_finding_is_a_tree_that_leads_to_each_step(&mut code);
}

fn the_path_of_a_finding_is_a_tree_that_leads_to_each_step(code: &mut Workbench) {
    code.open_file("tickets.js");
    code.appears(PROBLEM, &["javascript-sql-injection", "Ln 20,"]);
    code.go_to(20, 10);
    code.run("Weir: Show Path of the Finding Here");
    code.appears(TREE, &["reaches this dangerous place", "line 20"]);
    code.screenshot("vscode");
    code.click(TREE, &["untrusted data enters here", "line 14"]);
    code.appears(STATUS, &["Ln 14,"]);
}
