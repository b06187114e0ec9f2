//! What each editor is told so that it starts Weir: in the demo project's folder, never in the user's configuration.

use super::demo::write_file;
use std::path::{Path, PathBuf};

/// Where the editors' files lie in the project.
const FOLDER: &str = ".editor";

/// What the repository gives to users of these editors.
const HELIX: &str = include_str!("../../../../../editors/helix/languages.toml");
const EMACS: &str = include_str!("../../../../../editors/emacs/weir.el");

/// The workspace's settings for VS Code, which heeds them once the folder is trusted.
pub(super) fn code(folder: &Path, server: &Path) -> anyhow::Result<()> {
    write_file(&folder.join(".vscode/settings.json"), &format!("{{ \"weir.path\": {} }}\n", quoted(server)))
}

/// An `init.lua` for Neovim.
pub(super) fn neovim(folder: &Path, server: &Path) -> anyhow::Result<PathBuf> {
    let text = format!(
        "\
vim.lsp.config('weir', {{
  cmd = {{ {server}, 'lsp' }},
  filetypes = {{ 'javascript', 'javascriptreact', 'typescript', 'typescriptreact', 'python', 'ruby', 'php', 'java', 'elixir' }},
  root_dir = {root},
}})
vim.lsp.enable('weir')
vim.diagnostic.config({{ virtual_text = true, update_in_insert = true, severity_sort = true }})
vim.o.number = true
vim.o.signcolumn = 'yes'
",
        server = quoted(server),
        root = quoted(folder)
    );
    let file = folder.join(FOLDER).join("init.lua");
    write_file(&file, &text)?;
    Ok(file)
}

/// A configuration folder for Helix.
pub(super) fn helix(folder: &Path, server: &Path) -> anyhow::Result<PathBuf> {
    let config = folder.join(FOLDER).join("config");
    let languages = HELIX.replacen("command = \"weir\"", &format!("command = {}", quoted(server)), 1);
    write_file(&config.join("helix/languages.toml"), &languages)?;
    let shown = "[editor]\nend-of-line-diagnostics = \"hint\"\n\n[editor.inline-diagnostics]\ncursor-line = \"hint\"\n";
    write_file(&config.join("helix/config.toml"), shown)?;
    Ok(config)
}

/// An init file for Emacs, beside the one that knows Weir.
pub(super) fn emacs(folder: &Path, server: &Path) -> anyhow::Result<PathBuf> {
    write_file(&folder.join(FOLDER).join("weir.el"), EMACS)?;
    let text = format!(
        "\
(setq native-comp-async-report-warnings-errors nil)
(load (expand-file-name \"weir.el\" (file-name-directory load-file-name)))
(setq weir-program (list {server} \"lsp\"))
;; There is no version control by which Emacs would know where the project begins.
(add-hook 'project-find-functions (lambda (_) (cons 'transient {root})))
{EGLOT}
(weir-eglot-setup)
(dolist (mode '(js-mode python-mode ruby-mode java-mode))
  (add-hook (intern (format \"%s-hook\" mode)) #'eglot-ensure))
",
        server = quoted(server),
        root = quoted(folder)
    );
    let file = folder.join(FOLDER).join("init.el");
    write_file(&file, &text)?;
    Ok(file)
}

/// Loads Eglot, which older versions of Emacs have as a package.
pub(super) const EGLOT: &str = "(progn (require 'package) (package-activate-all) (require 'eglot))";

/// A path as a quoted string, whose escapes mean the same in JSON, Lua, TOML and Emacs Lisp.
fn quoted(path: &Path) -> String {
    serde_json::Value::from(path.to_string_lossy()).to_string()
}
