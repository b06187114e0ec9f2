//! A terminal with a program in it: typed into as a person types, read as a person reads.
//!
//! It is tmux, each terminal with a server of its own. What it shows can be kept as a picture.

use crate::screenshot;
use crate::workplace::Workplace;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use tempfile::TempDir;
use weir_tests::waiting::{GLANCE, PATIENCE};

/// Wide enough for a finding beside its line; narrow enough for a README.
const SIZE: [&str; 4] = ["-x", "110", "-y", "20"];

/// A running program and its screen.
pub(crate) struct Terminal {
    /// Holds the socket: what another test's tmux does is none of ours.
    folder: TempDir,
}

impl Terminal {
    /// Starts a program at a workplace. Nothing of this user's configuration reaches it.
    pub(crate) fn start(program: &Path, args: &[&str], workplace: &Workplace) -> Self {
        let terminal = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        let home = workplace.home();
        let mut command = terminal.tmux();
        command
            .args(["-f", "/dev/null", "new-session", "-d", "-c"])
            .arg(workplace.project())
            .args(SIZE)
            .arg(program)
            .args(args)
            .env("HOME", &home)
            .env("PATH", workplace.path_variable())
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_STATE_HOME", home.join("state"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .env("LC_ALL", "C.UTF-8");
        run(&mut command);
        // Before a key is sent: an escape is a key of its own, and the last line belongs to the program.
        run(terminal.tmux().args(["set", "-s", "escape-time", "0", ";", "set", "-g", "status", "off"]));
        terminal
    }

    /// Presses keys, by their names in tmux (`Enter`, `Escape`, `C-x`).
    pub(crate) fn press(&self, keys: &[&str]) {
        run(self.tmux().arg("send-keys").args(keys.iter().map(|key| escaped(key))));
    }

    /// Types a text, one key a character.
    pub(crate) fn type_text(&self, text: &str) {
        for character in text.chars() {
            run(self.tmux().args(["send-keys", "-l", "--", &escaped(character.encode_utf8(&mut [0; 4]))]));
        }
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        run(self.tmux().args(["capture-pane", "-p"]))
    }

    /// Waits until the screen shows what is wanted; gives that screen.
    pub(crate) fn wait(&self, what: &str, shown: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if shown(&screen) {
                return screen;
            }
            assert!(Instant::now() < end, "{what}: not on the screen\n{screen}");
            std::thread::sleep(GLANCE);
        }
    }

    /// Waits until a text is on the screen.
    pub(crate) fn wait_for(&self, text: &str) -> String {
        self.wait(text, |screen| screen.contains(text))
    }

    /// Waits until a text is not on the screen any more.
    pub(crate) fn wait_until_gone(&self, text: &str) {
        self.wait(&format!("{text} gone"), |screen| !screen.contains(text));
    }

    /// Keeps what is on the screen as a picture.
    pub(crate) fn screenshot(&self, name: &str) {
        let colours = run(self.tmux().args(["capture-pane", "-p", "-e", "-N"]));
        let picture = anstyle_svg::Term::new().render_svg(colours.trim_end());
        std::fs::write(screenshot::path(name, "svg"), picture).expect("a writable folder");
    }

    fn tmux(&self) -> Command {
        let mut tmux = Command::new("tmux");
        // tmux in tmux would refuse.
        tmux.arg("-S").arg(self.socket()).env_remove("TMUX");
        tmux
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("tmux")
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // The program may have ended by itself, and its terminal with it.
        let _ = self.tmux().arg("kill-server").output();
    }
}

/// An argument that ends in a semicolon ends the command for tmux.
fn escaped(argument: &str) -> String {
    match argument.strip_suffix(';') {
        Some(before) => format!("{before}\\;"),
        None => argument.to_owned(),
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().expect("tmux is installed: tests/setup does it");
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}
