//! A real Emacs 28 with Eglot and the weir.el we ship. It says nothing of encodings, which means UTF-16, and has no progress.

mod lsp_mode;

use crate::terminal::Terminal;
use crate::workplace::{Workplace, read};
use std::path::Path;
use weir_tests::binary;

#[test]
fn a_finding_typed_into_emacs_shows_unsaved_and_its_fix_lands_behind_wide_characters() {
    let workplace = Workplace::new();
    // Debian's packages are compiled in the background as they are first loaded, with warnings in a window of their own.
    workplace.write("home/.emacs.d/early-init.el", "(setq native-comp-deferred-compilation nil)");
    workplace.write("home/.emacs.d/init.el", &init());
    let before = "function show(el, name) {\n  const face = '👩🏽e\u{301}'; \n}\n";
    let file = workplace.write("project/page.js", before);

    let emacs = Terminal::start(Path::new("emacs"), &["-nw", "page.js"], &workplace);
    emacs.wait_for("[eglot:");
    emacs.press(&["M-g", "g"]);
    emacs.type_text("2");
    emacs.press(&["Enter", "C-e"]);
    emacs.type_text("el.innerHTML = name;");
    run(&emacs, "flymake-show-buffer-diagnostics");
    let place = " 2  23 warning";
    emacs.wait("the finding in its place", |screen| screen.contains(place) && screen.contains("javascript-inner-html"));
    assert_eq!(read(&file), before, "the finding is in what is typed, not in what is saved");

    run(&emacs, "flymake-goto-next-error");
    run(&emacs, "eglot-code-actions");
    emacs.wait_for("Pick an action");
    emacs.type_text("Fix javascript-inner-html");
    emacs.press(&["Enter"]);
    emacs.wait_until_gone(place);
    emacs.press(&["C-x", "C-s"]);
    emacs.wait_for("Wrote");
    assert_eq!(read(&file), before.replace("; \n", "; el.textContent = name;\n"));
}

fn init() -> String {
    format!(
        "(setq inhibit-startup-screen t make-backup-files nil auto-save-default nil create-lockfiles nil)\n\
         (electric-indent-mode -1)\n\
         (menu-bar-mode -1)\n\
         (add-to-list 'load-path \"{}\")\n\
         (require 'weir)\n\
         (weir-eglot-setup)\n\
         (add-hook 'js-mode-hook #'eglot-ensure)\n",
        binary::root().join("editors/emacs").display()
    )
}

/// Runs a command by its name.
fn run(emacs: &Terminal, command: &str) {
    emacs.press(&["M-x"]);
    emacs.wait_for("M-x");
    emacs.type_text(command);
    emacs.press(&["Enter"]);
}
