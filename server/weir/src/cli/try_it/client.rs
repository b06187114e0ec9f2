//! A language client as small as they get: it opens one document, types, and waits for what is found.

use anyhow::{Context as _, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A `weir lsp` that runs, with one document open.
pub(super) struct Client {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    uri: String,
    version: i64,
}

impl Client {
    /// Starts the server and opens a document of a folder.
    pub(super) fn open(server: &Path, root: &str, uri: &str, language: &str, text: &str) -> anyhow::Result<Self> {
        let mut command = Command::new(server);
        command.arg("lsp").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("starting {}", server.display()))?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let (stdin, stdout) = pipes.context("the server's streams are piped")?;
        let mut client = Self { child, stdin, stdout: BufReader::new(stdout), uri: uri.to_owned(), version: 1 };
        client.request(
            "initialize",
            &json!({
                "processId": std::process::id(),
                "rootUri": root,
                "workspaceFolders": [{ "uri": root, "name": "demo" }],
                "capabilities": { "textDocument": { "publishDiagnostics": { "versionSupport": true } } },
                // What is shown is one file; the others may rest.
                "initializationOptions": { "workspace": false },
            }),
        )?;
        client.notify("initialized", &json!({}))?;
        let item = json!({ "uri": uri, "languageId": language, "version": client.version, "text": text });
        client.notify("textDocument/didOpen", &json!({ "textDocument": item }))?;
        Ok(client)
    }

    /// Replaces what stands in a line between two columns (in UTF-16 units).
    pub(super) fn replace(&mut self, line: usize, columns: [usize; 2], text: &str) -> anyhow::Result<()> {
        self.version += 1;
        let [start, end] = columns.map(|character| json!({ "line": line, "character": character }));
        let params = json!({
            "textDocument": { "uri": self.uri, "version": self.version },
            "contentChanges": [{ "range": { "start": start, "end": end }, "text": text }],
        });
        self.notify("textDocument/didChange", &params)
    }

    /// Waits for what is found in exactly the text as it is now.
    pub(super) fn diagnostics(&mut self) -> anyhow::Result<Vec<Value>> {
        loop {
            let message = self.receive()?;
            let params = &message["params"];
            if message["method"] == "textDocument/publishDiagnostics"
                && params["uri"] == *self.uri
                && params["version"] == self.version
            {
                return Ok(params["diagnostics"].as_array().cloned().unwrap_or_default());
            }
        }
    }

    /// Ends the server as the protocol says.
    pub(super) fn shutdown(mut self) -> anyhow::Result<()> {
        self.request("shutdown", &Value::Null)?;
        self.notify("exit", &Value::Null)?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends a request and waits for the answer. No two are ever on their way, so they share an id.
    fn request(&mut self, method: &str, params: &Value) -> anyhow::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }))?;
        loop {
            let message = self.receive()?;
            if message.get("method").is_none() && message["id"] == 1 {
                return match message.get("error") {
                    Some(error) => bail!("the server answered {method} with {error}"),
                    None => Ok(()),
                };
            }
        }
    }

    fn notify(&mut self, method: &str, params: &Value) -> anyhow::Result<()> {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }))
    }

    fn send(&mut self, message: &Value) -> anyhow::Result<()> {
        let body = message.to_string();
        write!(self.stdin, "Content-Length: {}\r\n\r\n{body}", body.len()).context("the server reads no more")?;
        self.stdin.flush().context("the server reads no more")
    }

    /// The next message. What the server asks is answered on the way.
    fn receive(&mut self) -> anyhow::Result<Value> {
        let message = read(&mut self.stdout).context("the server ended early")?;
        if message.get("method").is_some()
            && let Some(id) = message.get("id")
        {
            self.send(&json!({ "jsonrpc": "2.0", "id": id, "result": null }))?;
        }
        Ok(message)
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        // It may have ended, and that is well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(stream: &mut impl BufRead) -> anyhow::Result<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line)? == 0 {
            bail!("the stream is at its end");
        }
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => length = value.trim().parse().ok(),
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length.context("a message without its length")?];
    stream.read_exact(&mut body)?;
    Ok(serde_json::from_slice(&body)?)
}
