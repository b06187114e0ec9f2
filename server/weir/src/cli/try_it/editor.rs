//! Which editor is there, and how it is started.

use super::{demo, say, setup};
use crate::args::EditorArg;
use anyhow::{Context as _, bail};
use clap::ValueEnum as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What VS Code lists the extension as.
const EXTENSION: &str = "weir.weir";

/// Neovim has `vim.lsp.config` from here on.
const NEOVIM: (u32, u32) = (0, 11);

/// An editor of this machine that can show Weir.
#[derive(Debug)]
pub(super) struct Editor {
    kind: EditorArg,
    program: PathBuf,
}

impl Editor {
    /// The best one on the search path.
    pub(super) fn best() -> Option<Self> {
        EditorArg::value_variants().iter().find_map(|kind| Self::asked(*kind).ok())
    }

    /// The one that is asked for.
    pub(super) fn asked(kind: EditorArg) -> anyhow::Result<Self> {
        let name = name(kind);
        let Some(program) = on_path(name) else {
            bail!("there is no `{name}` on the search path; `weir try --terminal` needs no editor");
        };
        let editor = Self { kind, program };
        match kind {
            EditorArg::Nvim => {
                let said = editor.output(&["--version"])?.stdout;
                let said = String::from_utf8_lossy(&said);
                if version(&said).is_none_or(|found| found < NEOVIM) {
                    let first = said.lines().next().unwrap_or_default();
                    bail!("`nvim` must be of version {}.{} or newer, and says: {first}", NEOVIM.0, NEOVIM.1);
                }
            }
            EditorArg::Emacs if !editor.output(&["-q", "--batch", "--eval", setup::EGLOT])?.status.success() => {
                bail!("this `emacs` has no Eglot: version 29 brings it, for older ones it is a package");
            }
            EditorArg::Code | EditorArg::Codium | EditorArg::Hx | EditorArg::Emacs => {}
        }
        Ok(editor)
    }

    /// Opens the demo project, with the server being this program. Terminal editors have ended when this returns.
    pub(super) fn open(&self, folder: &Path, server: &Path) -> anyhow::Result<()> {
        let (first, line) = demo::FIRST;
        let mut command = Command::new(&self.program);
        command.current_dir(folder);
        match self.kind {
            EditorArg::Code | EditorArg::Codium => {
                setup::code(folder, server)?;
                let extensions = self.output(&["--list-extensions"])?.stdout;
                if !String::from_utf8_lossy(&extensions).lines().any(|id| id.eq_ignore_ascii_case(EXTENSION)) {
                    say(&format!(
                        "Findings need the extension (editors/vscode in Weir's repository says how to build it):\n  {} --install-extension weir.vsix",
                        name(self.kind)
                    ))?;
                }
                command.arg("--new-window").arg("--goto").arg(folder).args([demo::GUIDE, &format!("{first}:{line}")]);
            }
            EditorArg::Nvim => {
                command.arg("-u").arg(setup::neovim(folder, server)?).args([&format!("+{line}"), first]);
                // The code first: Neovim asks for the findings of the buffer it is in when the server is there.
                command.args(["-c", &format!("leftabove vsplit {}", demo::GUIDE), "-c", "wincmd p"]);
            }
            EditorArg::Hx => {
                command.env("XDG_CONFIG_HOME", setup::helix(folder, server)?);
                command.args(["--vsplit", demo::GUIDE, &format!("{first}:{line}")]);
            }
            EditorArg::Emacs => {
                command.arg("-q").arg("-l").arg(setup::emacs(folder, server)?).args([demo::GUIDE, first]);
            }
        }
        let status = command.status().with_context(|| format!("starting {}", self.program.display()))?;
        if !status.success() {
            bail!("{} ended with {status}", name(self.kind));
        }
        Ok(())
    }

    fn output(&self, args: &[&str]) -> anyhow::Result<Output> {
        let output = Command::new(&self.program).args(args).stdin(Stdio::null()).output();
        output.with_context(|| format!("starting {}", self.program.display()))
    }
}

/// The name of the program.
fn name(kind: EditorArg) -> &'static str {
    match kind {
        EditorArg::Code => "code",
        EditorArg::Codium => "codium",
        EditorArg::Nvim => "nvim",
        EditorArg::Hx => "hx",
        EditorArg::Emacs => "emacs",
    }
}

fn on_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    // Editors on Windows come as programs or, as VS Code, as scripts.
    let endings: &[&str] = if cfg!(windows) { &[".exe", ".cmd"] } else { &[""] };
    std::env::split_paths(&path)
        .flat_map(|folder| endings.iter().map(move |ending| folder.join(format!("{name}{ending}"))))
        .find(|file| is_program(file))
}

#[cfg(unix)]
fn is_program(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    file.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(file: &Path) -> bool {
    file.is_file()
}

/// The first thing in a text that looks like a version.
fn version(text: &str) -> Option<(u32, u32)> {
    text.split_whitespace().find_map(|word| {
        let mut parts = word.trim_start_matches('v').split('.');
        let major = parts.next()?.parse().ok()?;
        let minor: String = parts.next()?.chars().take_while(char::is_ascii_digit).collect();
        Some((major, minor.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::version;

    #[test]
    fn versions_are_read_as_editors_say_them() {
        for (text, expected) in [
            ("NVIM v0.11.5\nBuild type: Release", Some((0, 11))),
            ("NVIM v0.12.0-dev-1234+gabc", Some((0, 12))),
            ("NVIM v0.9.5", Some((0, 9))),
            ("no version", None),
        ] {
            assert_eq!(version(text), expected, "{text}");
        }
    }
}
