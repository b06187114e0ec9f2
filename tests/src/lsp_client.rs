//! A small language client over a real `weir lsp` process: typed as an editor types, read as an editor reads. Every message of the
//! server is held against the protocol.

use crate::protocol::Protocol;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// Nothing a healthy server does takes this long on the slowest machine; past it a test fails with what it waited for.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running server and what it said.
pub struct LspClient {
    child: Child,
    stdin: Option<Box<dyn Write>>,
    incoming: Receiver<Value>,
    /// Everything received and not yet taken by a `wait_*` or `request`.
    pub pending: Vec<Value>,
    /// What `workspace/configuration` is answered with.
    pub settings: Value,
    protocol: Protocol,
    next_id: i64,
}

impl LspClient {
    /// Starts `weir lsp` with arguments; nothing is sent yet.
    pub fn start(program: &Path, args: &[&str]) -> Self {
        Self::start_with(Command::new(program), args)
    }

    /// The same of a command that is prepared: with an environment of its own, say.
    pub fn start_with(mut program: Command, args: &[&str]) -> Self {
        let mut child = program
            .arg("lsp")
            .args(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the server starts");
        let stdin = child.stdin.take().expect("standard input is piped");
        let stdout = child.stdout.take().expect("standard output is piped");
        Self::over(child, stdout, stdin)
    }

    /// The client of a server that was started, over what it is spoken to.
    pub fn over(child: Child, input: impl Read + Send + 'static, output: impl Write + 'static) -> Self {
        let mut input = BufReader::new(input);
        let (sender, incoming) = channel();
        std::thread::spawn(move || {
            while let Some(message) = read(&mut input) {
                if sender.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            child,
            stdin: Some(Box::new(output)),
            incoming,
            pending: Vec::new(),
            settings: Value::Null,
            protocol: Protocol::default(),
            next_id: 0,
        }
    }

    /// Starts a server and goes through `initialize` and `initialized` as a client that can do everything we use.
    pub fn initialized(program: &Path, args: &[&str], root: Option<&Path>) -> Self {
        let mut client = Self::start(program, args);
        client.initialize(&capabilities(), root, &json!(null));
        client
    }

    /// `initialize` and `initialized`; gives the server's answer.
    pub fn initialize(&mut self, capabilities: &Value, root: Option<&Path>, options: &Value) -> Value {
        let root = root.map(|root| format!("file://{}", root.display()));
        let folders = root.as_ref().map(|uri| json!([{ "uri": uri, "name": "" }]));
        let answer = self.request(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": root,
                "workspaceFolders": folders,
                "capabilities": capabilities,
                "initializationOptions": options,
            }),
        );
        self.notify("initialized", &json!({}));
        answer
    }

    /// The server's process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a notification.
    pub fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Sends a request and waits for its result; an error answer is given as `{"error": ..}`.
    pub fn request(&mut self, method: &str, params: &Value) -> Value {
        let id = self.send_request(method, params);
        self.answer(id)
    }

    /// Sends a request; [`answer`](Self::answer) waits for it.
    pub fn send_request(&mut self, method: &str, params: &Value) -> i64 {
        self.next_id += 1;
        let id = self.next_id;
        self.protocol.asked(id, method);
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        id
    }

    /// Waits for the answer to a request.
    pub fn answer(&mut self, id: i64) -> Value {
        let message = self.wait(&format!("the answer to request {id}"), |message| {
            message["id"] == json!(id) && message.get("method").is_none()
        });
        match message.get("error") {
            Some(error) => json!({ "error": error }),
            None => message["result"].clone(),
        }
    }

    /// Opens a document at version 1.
    pub fn open(&mut self, uri: &str, language_id: &str, text: &str) {
        let item = json!({ "uri": uri, "languageId": language_id, "version": 1, "text": text });
        self.notify("textDocument/didOpen", &json!({ "textDocument": item }));
    }

    /// Sends one change of a range (`[line, column, line, column]`) as a version.
    pub fn change(&mut self, uri: &str, version: i64, range: [u32; 4], text: &str) {
        let [start_line, start, end_line, end] = range;
        let range = json!({
            "start": { "line": start_line, "character": start },
            "end": { "line": end_line, "character": end },
        });
        self.notify(
            "textDocument/didChange",
            &json!({
                "textDocument": { "uri": uri, "version": version },
                "contentChanges": [{ "range": range, "text": text }],
            }),
        );
    }

    /// Waits for the diagnostics of exactly this version of a document.
    pub fn diagnostics(&mut self, uri: &str, version: i64) -> Vec<Value> {
        let message = self.wait(&format!("diagnostics of version {version}"), |message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["version"] == version
        });
        message["params"]["diagnostics"].as_array().cloned().unwrap_or_default()
    }

    /// Waits for the next diagnostics of a file that is not open.
    pub fn published(&mut self, uri: &str) -> Vec<Value> {
        let message = self.wait(&format!("diagnostics of {uri}"), |message| {
            message["method"] == "textDocument/publishDiagnostics" && message["params"]["uri"] == uri
        });
        message["params"]["diagnostics"].as_array().cloned().unwrap_or_default()
    }

    /// Waits until a file has such diagnostics.
    pub fn wait_until_published(&mut self, uri: &str, wanted: impl Fn(&[Value]) -> bool) {
        self.wait(&format!("such diagnostics of {uri}"), |message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri
                && message["params"]["diagnostics"].as_array().is_some_and(|diagnostics| wanted(diagnostics))
        });
    }

    /// Waits for a notification or request of the server.
    pub fn wait_for(&mut self, method: &str) -> Value {
        self.wait(method, |message| message["method"] == method)
    }

    /// Waits for a message and takes it. Requests of the server are answered on the way.
    pub fn wait(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(at) = self.pending.iter().position(&wanted) {
                return self.pending.remove(at);
            }
            let left = end.saturating_duration_since(Instant::now());
            match self.incoming.recv_timeout(left) {
                Ok(message) => {
                    if let Err(wrong) = self.protocol.check(&message) {
                        panic!("against the protocol: {wrong}\nin {message}");
                    }
                    if message.get("method").is_some() && message.get("id").is_some() {
                        let result = self.result(&message);
                        self.send(&json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
                    }
                    self.pending.push(message);
                }
                Err(RecvTimeoutError::Timeout) => panic!("waited {PATIENCE:?} for {what}; came: {:?}", self.pending),
                Err(RecvTimeoutError::Disconnected) => panic!("the server ended while waiting for {what}"),
            }
        }
    }

    /// What a request of the server is answered with.
    fn result(&self, request: &Value) -> Value {
        match request["method"].as_str() {
            Some("workspace/configuration") => {
                let items = request["params"]["items"].as_array().map_or(0, Vec::len);
                json!(vec![&self.settings; items])
            }
            _ => Value::Null,
        }
    }

    /// `shutdown` and `exit`; gives how the process ended.
    pub fn shutdown(mut self) -> ExitStatus {
        self.request("shutdown", &json!(null));
        self.notify("exit", &json!(null));
        self.child.wait().expect("the server can be waited for")
    }

    /// Closes the stream, as an editor that dies does; gives how the process ended.
    pub fn hang_up(mut self) -> ExitStatus {
        self.stdin.take();
        self.child.wait().expect("the server can be waited for")
    }

    /// Waits until the process ends by itself, the stream left open; gives how it ended.
    pub fn wait_for_end(mut self) -> ExitStatus {
        let stdin = self.stdin.take();
        let status = self.child.wait().expect("the server can be waited for");
        drop(stdin);
        status
    }

    /// Sends raw bytes, for tests of broken input.
    pub fn send_raw(&mut self, bytes: &[u8]) {
        let stdin = self.stdin.as_mut().expect("not hung up");
        stdin.write_all(bytes).and_then(|()| stdin.flush()).expect("the server reads");
    }

    fn send(&mut self, message: &Value) {
        let body = message.to_string();
        self.send_raw(format!("Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes());
    }
}

impl Drop for LspClient {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The abilities of a client that can do everything we use, with UTF-16 columns.
pub fn capabilities() -> Value {
    json!({
        "textDocument": {
            "publishDiagnostics": {
                "relatedInformation": true, "versionSupport": true, "codeDescriptionSupport": true, "dataSupport": true
            },
            "codeAction": {
                "isPreferredSupport": true,
                "codeActionLiteralSupport": { "codeActionKind": { "valueSet": ["quickfix", "source"] } }
            },
            "hover": { "contentFormat": ["markdown", "plaintext"] }
        },
        "workspace": { "workspaceEdit": { "documentChanges": true }, "workspaceFolders": true },
        "window": { "workDoneProgress": true }
    })
}

/// The abilities of a client that can do everything there is, but for asking for diagnostics itself and watching files.
pub fn all_capabilities() -> Value {
    let mut all = capabilities();
    all["textDocument"]["codeAction"]["disabledSupport"] = json!(true);
    all["textDocument"]["codeAction"]["dataSupport"] = json!(true);
    all["textDocument"]["codeAction"]["resolveSupport"] = json!({ "properties": ["edit"] });
    all["workspace"]["workspaceEdit"] = json!({
        "documentChanges": true,
        "resourceOperations": ["create", "rename", "delete"],
        "changeAnnotationSupport": { "groupsOnLabel": true }
    });
    all["workspace"]["configuration"] = json!(true);
    all["workspace"]["codeLens"] = json!({ "refreshSupport": true });
    all["window"]["showDocument"] = json!({ "support": true });
    all
}

fn read(stream: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", value)) => length = value.parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length?];
    stream.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
