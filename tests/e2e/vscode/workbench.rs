//! VS Code's workbench in a browser, with our extension as a user installs it.

use crate::screenshot;
use crate::workplace::{Workplace, tool};
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use weir_tests::binary;

/// Debian's.
const BROWSER: &str = "/usr/bin/chromium";
/// What code-server says when it can be spoken to, before the address.
const LISTENING: &str = "HTTP server listening on ";

/// A running workbench and the browser that shows it.
pub(crate) struct Workbench {
    server: Child,
    /// Where the server listens.
    address: String,
    browser: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Workbench {
    /// Installs the extension, which is built for that, and opens the project with one file in front.
    pub(crate) fn open(workplace: &Workplace, file: &str, settings: &Value) -> Self {
        let home = workplace.home();
        let user_data = home.join("vscode");
        write_settings(&user_data, settings);
        let installed =
            code_server(workplace).arg("--install-extension").arg(extension()).output().expect("code-server starts");
        assert!(installed.status.success(), "{}", String::from_utf8_lossy(&installed.stderr));

        let mut server = code_server(workplace)
            .args(["--auth", "none", "--bind-addr", "127.0.0.1:0", "--disable-telemetry", "--disable-update-check"])
            .arg("--disable-getting-started-override")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            // Its extension host is a process of its own, and so is what that starts: they end as one.
            .process_group(0)
            .spawn()
            .expect("code-server starts");
        let address = listening(&mut server);

        let mut browser = Command::new(tool("node/bin/node"))
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/vscode/drive.mjs"))
            .arg(tool("vscode"))
            .arg(BROWSER)
            .env("HOME", &home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node starts");
        let orders = browser.stdin.take();
        let answers = BufReader::new(browser.stdout.take().expect("standard output is piped"));
        let mut workbench = Self { server, address, browser, orders, answers };
        workbench.show(workplace, file);
        workbench
    }

    fn show(&mut self, workplace: &Workplace, file: &str) {
        let host = self.address.trim_start_matches("http://").trim_end_matches('/');
        let file = workplace.project().join(file);
        let payload = json!([["openFile", format!("vscode-remote://{host}{}", file.display())]]).to_string();
        let url = format!(
            "{}?folder={}&payload={}",
            self.address,
            encoded(&workplace.project().display().to_string()),
            encoded(&payload)
        );
        self.order(&json!({ "do": "open", "url": url }));
        self.appears(".monaco-editor .view-line", &[]);
    }

    /// Presses a key (`Control+S`).
    pub(crate) fn press(&mut self, key: &str) {
        self.order(&json!({ "do": "press", "key": key }));
    }

    /// Types a text, a key a character.
    pub(crate) fn type_text(&mut self, text: &str) {
        self.order(&json!({ "do": "type", "text": text }));
    }

    /// Runs a command of the palette by its title.
    pub(crate) fn run(&mut self, title: &str) {
        self.press("F1");
        self.choose(title);
    }

    /// Puts the cursor somewhere in the file in front, by line and column, counted from one.
    pub(crate) fn go_to(&mut self, line: u32, column: u32) {
        self.press("Control+1");
        self.press("Control+G");
        self.appears(".quick-input-widget input", &[]);
        self.type_text(&format!("{line}:{column}"));
        self.press("Enter");
        self.disappears(".quick-input-widget", &[]);
        self.appears(".statusbar-item", &[&format!("Ln {line},")]);
    }

    /// Has the problems panel show those of one file alone: the panel is not high enough for all.
    pub(crate) fn filter_problems(&mut self, file: &str) {
        // Its shortcut would close the panel when it is open and in front.
        self.run("Problems: Focus on Problems View");
        self.appears(".panel .viewpane-filter input", &[]);
        self.press("Control+F");
        self.press("Control+A");
        self.type_text(file);
    }

    /// Opens a file of the project by its name.
    pub(crate) fn open_file(&mut self, name: &str) {
        self.press("Control+P");
        self.choose(name);
    }

    /// Writes into the quick input, and takes the first entry that is offered for it and holds it.
    pub(crate) fn choose(&mut self, entry: &str) {
        self.appears(".quick-input-widget input", &[]);
        self.type_text(entry);
        self.click(".quick-input-list .monaco-list-row", &[entry]);
    }

    /// Waits for an element that holds all these texts.
    pub(crate) fn appears(&mut self, selector: &str, texts: &[&str]) {
        self.order(&json!({ "do": "appears", "selector": selector, "texts": texts }));
    }

    /// Waits until there is no such element to be seen.
    pub(crate) fn disappears(&mut self, selector: &str, texts: &[&str]) {
        self.order(&json!({ "do": "disappears", "selector": selector, "texts": texts }));
    }

    /// Clicks on an element that holds all these texts.
    pub(crate) fn click(&mut self, selector: &str, texts: &[&str]) {
        self.order(&json!({ "do": "click", "selector": selector, "texts": texts }));
    }

    /// Takes one of the code actions at the cursor. Their menu closes when what it was opened for is told once more: then it is
    /// opened again, as a person does.
    pub(crate) fn take_action(&mut self, title: &str) {
        let order = json!({
            "do": "pick", "key": "Control+.", "selector": ".action-widget .monaco-list-row", "texts": [title]
        });
        self.order(&order);
    }

    /// Keeps the page as a picture.
    pub(crate) fn screenshot(&mut self, name: &str) {
        self.order(&json!({ "do": "screenshot", "path": screenshot::path(name, "png") }));
    }

    fn order(&mut self, order: &Value) {
        let answer = self.ask(order);
        if let Some(error) = answer["error"].as_str() {
            let picture = screenshot::path("vscode-failed", "png");
            self.ask(&json!({ "do": "screenshot", "path": picture }));
            panic!("{order}: {error}\nsee {}", picture.display());
        }
    }

    fn ask(&mut self, order: &Value) -> Value {
        let orders = self.orders.as_mut().expect("the browser runs");
        writeln!(orders, "{order}").expect("the browser runs");
        let mut answer = String::new();
        self.answers.read_line(&mut answer).expect("the browser answers");
        serde_json::from_str(&answer).expect("an answer is JSON")
    }
}

impl Drop for Workbench {
    fn drop(&mut self) {
        // The end of its input ends the browser.
        self.orders = None;
        let _ = self.browser.wait();
        let _ = kill_process_group(Pid::from_child(&self.server), Signal::TERM);
        let _ = self.server.wait();
    }
}

/// The extension, built by the command that its README gives.
fn extension() -> PathBuf {
    let folder = binary::root().join("editors/vscode");
    let mut path = tool("node/bin").into_os_string();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let built = Command::new(folder.join("build")).env("PATH", path).output().expect("the build script starts");
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    folder.join("weir.vsix")
}

fn code_server(workplace: &Workplace) -> Command {
    let home = workplace.home();
    let mut command = Command::new(tool("node/bin/node"));
    command
        .arg(tool("vscode/node_modules/code-server/out/node/entry.js"))
        .arg("--user-data-dir")
        .arg(home.join("vscode"))
        .arg("--extensions-dir")
        .arg(home.join("extensions"))
        .arg("--config")
        .arg(home.join("code-server.yaml"))
        .env("HOME", &home)
        .env("PATH", workplace.path_variable())
        // Where the extension looks for what is not on the path, as it is in an editor started from a desktop.
        .env_remove("CARGO_HOME");
    command
}

/// Its address, which it says when it is ready. Whatever else it says is read on, so that it never waits for us.
fn listening(server: &mut Child) -> String {
    let mut said = BufReader::new(server.stdout.take().expect("standard output is piped")).lines();
    let address = said
        .by_ref()
        .map_while(Result::ok)
        .find_map(|line| Some(line.split_once(LISTENING)?.1.trim().to_owned()))
        .expect("code-server says where it listens");
    std::thread::spawn(move || said.for_each(drop));
    address
}

/// What is typed stands there as it is typed, and nothing but the extension says anything.
fn write_settings(user_data: &Path, ours: &Value) {
    let mut settings = json!({
        "security.workspace.trust.enabled": false,
        "telemetry.telemetryLevel": "off",
        "update.mode": "none",
        "extensions.autoCheckUpdates": false,
        "extensions.autoUpdate": false,
        "extensions.ignoreRecommendations": true,
        "workbench.startupEditor": "none",
        "workbench.tips.enabled": false,
        "workbench.enableExperiments": false,
        "workbench.secondarySideBar.defaultVisibility": "hidden",
        "chat.disableAIFeatures": true,
        "git.enabled": false,
        "javascript.validate.enable": false,
        "editor.minimap.enabled": false,
        "editor.autoClosingBrackets": "never",
        "editor.autoClosingQuotes": "never",
        "editor.quickSuggestions": { "other": "off", "comments": "off", "strings": "off" },
        "editor.suggestOnTriggerCharacters": false,
        "editor.parameterHints.enabled": false,
        "files.autoSave": "off",
        // Text that can be read from the page, and no picture of it.
        "terminal.integrated.gpuAcceleration": "off",
    });
    let all = settings.as_object_mut().expect("an object");
    all.extend(ours.as_object().expect("an object").clone());
    let folder = user_data.join("User");
    std::fs::create_dir_all(&folder).expect("a writable folder");
    std::fs::write(folder.join("settings.json"), settings.to_string()).expect("a writable folder");
}

/// A text as a part of a query.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
            _ => format!("%{byte:02X}"),
        })
        .collect()
}
