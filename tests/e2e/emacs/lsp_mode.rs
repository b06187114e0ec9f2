//! The same server in lsp-mode, which runs it beside others.

use crate::workplace::{Workplace, read};
use std::process::{Command, Stdio};
use weir_tests::binary;

/// Debian's lsp-mode and what it stands on are in folders of their own, which only an interactive Emacs looks for.
const LOAD_PATH: &str = "(dolist (folder (directory-files \"/usr/share/emacs/site-lisp/elpa-src\" t \"^[^.]\"))
  (when (file-directory-p folder) (add-to-list 'load-path folder t)))";

#[test]
fn lsp_mode_shows_a_finding_that_was_never_saved_and_applies_its_fix() {
    let workplace = Workplace::new();
    // Nothing that takes two units of UTF-16: lsp-mode counts characters, whatever the protocol says.
    let before = "function show(el, name) {\n  const face = 'e\u{301}ß漢'; \n}\n";
    let file = workplace.write("project/page.js", before);

    let script = binary::root().join("tests/e2e/emacs/lsp_mode.el");
    let output = Command::new("emacs")
        .args(["--batch", "-Q", "--eval", LOAD_PATH, "-L"])
        .arg(binary::root().join("editors/emacs"))
        .arg("-l")
        .arg(script)
        .current_dir(workplace.project())
        .env("HOME", workplace.home())
        .env("PATH", workplace.path_variable())
        .stdin(Stdio::null())
        .output()
        .expect("Emacs is there: tests/setup installs it");

    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("found ((1 23 \"javascript-inner-html\"))"), "{said}");
    assert!(said.contains("saved"), "{said}");
    assert_eq!(read(&file), before.replace("; \n", "; el.textContent = name;\n"));
}
