//! An engine process, and a client such as others write: with a cipher and an HTTP of its own.

use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::Aes256;
use aes_gcm::{Aes256Gcm, AesGcm};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use weir_tests::binary::weir;
use weir_tests::waiting::PATIENCE;

/// A running engine. Ended when dropped.
pub(crate) struct Engine {
    pub(crate) url: String,
    pub(crate) key: String,
    pub(crate) data: TempDir,
    /// What it was started with: what starts the program, if something else does, and its arguments.
    by: Vec<String>,
    args: Vec<String>,
    /// The authority that its clients trust, if it speaks TLS.
    pub(crate) trusts: Option<String>,
    process: Child,
    /// Its log, once it has ended. Behind a lock, so that many clients can share an engine.
    stderr: Mutex<Receiver<String>>,
}

/// An answer.
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
}

impl Reply {
    /// The body, which must be JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {} {}", self.status, self.text))
    }

    /// A header, by its small name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Fails unless it is this error, in the contract's form.
    #[track_caller]
    pub(crate) fn expect_error(&self, status: u16, code: &str) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        assert_eq!(self.header("content-type"), Some("application/json"));
        let body = self.json();
        assert_eq!(body["error"]["code"], code, "{}", self.text);
        assert!(body["error"]["message"].as_str().is_some_and(|message| !message.is_empty()), "{}", self.text);
        assert!(body["requestId"].as_str().is_some_and(|id| !id.is_empty()), "{}", self.text);
        let known =
            |body: &Value, names: &[&str]| body.as_object().unwrap().keys().all(|key| names.contains(&key.as_str()));
        assert!(known(&body, &["error", "requestId"]) && known(&body["error"], &["code", "message", "details"]));
        body
    }

    /// Fails unless it is a success.
    #[track_caller]
    pub(crate) fn ok(&self) -> Value {
        assert!((200..300).contains(&self.status), "{} {}", self.status, self.text);
        self.json()
    }
}

impl Engine {
    /// One that counts no requests, so that tests need not wait for one another.
    pub(crate) fn start() -> Self {
        Self::with(&["--requests-per-minute", "100000", "--concurrent-requests", "1000"])
    }

    /// One with these arguments.
    pub(crate) fn with(args: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let key = add_key(&data, "first");
        Self::on(data, key, "127.0.0.1:0", args)
    }

    /// One with this data directory, to which this key belongs.
    pub(crate) fn on(data: TempDir, key: String, address: &str, args: &[&str]) -> Self {
        let args = args.iter().map(|&arg| arg.to_owned()).collect();
        Stopped { data, key, by: Vec::new(), args, trusts: None }.start(address)
    }

    /// One that another program starts.
    pub(crate) fn started_by(by: &[&str]) -> Self {
        let data = tempfile::tempdir().unwrap();
        let key = add_key(&data, "first");
        let by = by.iter().map(|&word| word.to_owned()).collect();
        Stopped { data, key, by, args: Vec::new(), trusts: None }.start("127.0.0.1:0")
    }

    /// Another customer's key.
    pub(crate) fn add_key(&self, name: &str) -> String {
        add_key(&self.data, name)
    }

    /// The number of its process.
    pub(crate) fn process(&self) -> u32 {
        self.process.id()
    }

    /// Asks it to end; gives its exit code and all that it logged.
    pub(crate) fn end(mut self) -> (Option<i32>, String, Stopped) {
        self.tell_to_end();
        let code = self.process.wait().unwrap().code();
        let log = self.stderr.get_mut().unwrap().recv_timeout(PATIENCE).expect("the log ends with the process");
        (code, log, self.leave())
    }

    /// Kills it, as a machine does that loses its power; gives all that it logged.
    pub(crate) fn kill(mut self) -> (String, Stopped) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
        let log = self.stderr.get_mut().unwrap().recv_timeout(PATIENCE).expect("the log ends with the process");
        (log, self.leave())
    }

    fn leave(&mut self) -> Stopped {
        let data = std::mem::replace(&mut self.data, tempfile::tempdir().unwrap());
        let (by, args) = (std::mem::take(&mut self.by), std::mem::take(&mut self.args));
        Stopped { data, key: self.key.clone(), by, args, trusts: self.trusts.take() }
    }

    /// Asks it to end, and does not wait for that.
    pub(crate) fn tell_to_end(&self) {
        let pid = rustix::process::Pid::from_child(&self.process);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    }

    /// Sends a request with whatever headers.
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&[u8]>) -> Reply {
        self.try_send(method, path, headers, body).unwrap_or_else(|error| panic!("{method} {path}: {error}"))
    }

    /// The same where there may be no answer.
    fn try_send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) -> Result<Reply, ureq::Error> {
        let agent: ureq::Agent = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .allow_non_standard_methods(true)
            .timeout_global(Some(PATIENCE))
            .tls_config(self.tls())
            .build()
            .into();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.url));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = match body {
            Some(body) => agent.run(request.body(body).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let mut response = response?;
        let named = response.headers().iter();
        let headers = named.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into()));
        let (status, headers) = (response.status().as_u16(), headers.collect());
        let mut text = String::new();
        response.body_mut().as_reader().read_to_string(&mut text).unwrap();
        Ok(Reply { status, headers, text })
    }

    fn tls(&self) -> TlsConfig {
        let roots = self.trusts.iter().map(|pem| Certificate::from_pem(pem.as_bytes()).expect("a certificate"));
        TlsConfig::builder()
            .root_certs(RootCerts::from(roots))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
            .build()
    }

    /// Sends a request as the first customer.
    pub(crate) fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[("x-api-key", &self.key)], None)
    }

    /// The same where there may be no answer.
    pub(crate) fn try_get(&self, path: &str) -> Result<Reply, ureq::Error> {
        self.try_send("GET", path, &[("x-api-key", &self.key)], None)
    }

    /// Sealed bytes that editors sent.
    pub(crate) fn live_bytes(&self) -> u64 {
        self.live("bytes", "up")
    }

    /// Sealed `bytes` or `frames` that went `up` or `down`.
    pub(crate) fn live(&self, what: &str, direction: &str) -> u64 {
        let metrics = self.get("/metrics").text;
        let name = format!("weir_engine_live_{what}_total{{direction=\"{direction}\"}} ");
        let counted = metrics.lines().find_map(|line| line.strip_prefix(&name));
        counted.map_or(0, |count| count.parse().unwrap())
    }

    /// How many live sessions there are, and how many ended for which reason.
    pub(crate) fn live_sessions(&self) -> (u64, BTreeMap<String, u64>) {
        let metrics = self.get("/metrics").text;
        let value = |text: &str| text.rsplit(' ').next().and_then(|count| count.parse().ok()).unwrap_or(0);
        let sessions = metrics.lines().find_map(|line| line.strip_prefix("weir_engine_live_sessions "));
        let ended = metrics.lines().filter_map(|line| {
            let (reason, count) = line.strip_prefix("weir_engine_live_ended_total{reason=\"")?.split_once("\"}")?;
            Some((reason.to_owned(), value(count))).filter(|(_, count)| *count > 0)
        });
        (sessions.map_or(0, value), ended.collect())
    }

    /// Whether anybody has asked for a live link, and so shown a key.
    pub(crate) fn was_asked_for_a_link(&self) -> bool {
        let metrics = self.get("/metrics").text;
        let asked =
            |line: &str| line.starts_with("weir_engine_http_requests_total") && line.contains("/api/v1/ast/stream");
        metrics.lines().any(asked)
    }

    /// The same with another method.
    pub(crate) fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[("x-api-key", &self.key)], None)
    }

    /// Posts JSON with the first customer's key and this session key.
    pub(crate) fn post(&self, path: &str, sealer: Option<&Sealer>, body: &Value) -> Reply {
        let session_key = sealer.map(Sealer::base64);
        let mut headers = vec![("x-api-key", self.key.as_str()), ("content-type", "application/json")];
        headers.extend(session_key.as_deref().map(|key| ("X-Encryption-Key", key)));
        self.send("POST", path, &headers, Some(body.to_string().as_bytes()))
    }

    /// Analyses.
    pub(crate) fn analyze(&self, sealer: &Sealer, body: &Value) -> Reply {
        self.post("/api/v1/ast/analyze", Some(sealer), body)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What an engine that has ended leaves.
pub(crate) struct Stopped {
    pub(crate) data: TempDir,
    key: String,
    by: Vec<String>,
    pub(crate) args: Vec<String>,
    pub(crate) trusts: Option<String>,
}

impl Stopped {
    /// Starts one where the other ended.
    pub(crate) fn start_again(mut self, args: &[&str]) -> Engine {
        self.args = args.iter().map(|&arg| arg.to_owned()).collect();
        self.start("127.0.0.1:0")
    }

    /// The same as before, where that one listened.
    pub(crate) fn start_again_at(self, url: &str) -> Engine {
        let (_, address) = url.split_once("://").expect("an address");
        self.start(address)
    }

    /// Starts one; gives it once it takes requests.
    pub(crate) fn start(self, address: &str) -> Engine {
        let Self { data, key, by, args, trusts } = self;
        let program: Vec<OsString> = by.iter().map(Into::into).chain([weir().into()]).collect();
        let mut process = Command::new(&program[0])
            .args(&program[1..])
            .args(["engine", "--listen", address, "--data"])
            .arg(data.path())
            .args(&args)
            .env("WEIR_LOG", "debug")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stderr = collect(process.stderr.take().unwrap());
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let Some(url) = line.trim().strip_prefix("listening on ") else {
            let _ = process.wait();
            panic!("the engine did not start: {line} {}", stderr.recv_timeout(PATIENCE).unwrap_or_default());
        };
        Engine { url: url.to_owned(), key, data, by, args, trusts, process, stderr: Mutex::new(stderr) }
    }
}

fn add_key(data: &TempDir, name: &str) -> String {
    administer(&["keys", "add", name, "--data", data.path().to_str().unwrap()])
}

/// Runs a command on an engine's store, which must succeed; gives what it printed.
pub(super) fn administer(args: &[&str]) -> String {
    let done = Command::new(weir()).arg("engine").args(args).output().unwrap();
    assert!(done.status.success(), "{args:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap().trim().to_owned()
}

/// Reads all that a process logs, so that it never waits for a reader.
fn collect(stderr: ChildStderr) -> Receiver<String> {
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut log = String::new();
        let _ = BufReader::new(stderr).read_to_string(&mut log);
        let _ = send.send(log);
    });
    receive
}

/// Seals files and opens snippets.
pub(crate) struct Sealer {
    key: [u8; 32],
}

impl Sealer {
    /// With a key of its own.
    pub(crate) fn new(seed: u8) -> Self {
        Self { key: [seed; 32] }
    }

    /// As clients send it.
    pub(crate) fn base64(&self) -> String {
        BASE64_STANDARD.encode(self.key)
    }

    /// A file of a request, with an IV of 16 bytes as clients in the field have.
    pub(crate) fn file(&self, path: &str, text: &[u8]) -> Value {
        let iv = [text.len() as u8 ^ 7; 16];
        let mut bytes = text.to_vec();
        let cipher = AesGcm::<Aes256, U16>::new(&self.key.into());
        let tag = cipher.encrypt_inout_detached(&iv.into(), &[], bytes.as_mut_slice().into()).unwrap();
        file(path, text, &iv, &bytes, tag.as_slice())
    }

    /// The same with one of 12 bytes.
    pub(crate) fn file_with_short_iv(&self, path: &str, text: &[u8]) -> Value {
        let iv = [text.len() as u8 ^ 9; 12];
        let mut bytes = text.to_vec();
        let cipher = AesGcm::<Aes256, U12>::new(&self.key.into());
        let tag = cipher.encrypt_inout_detached(&iv.into(), &[], bytes.as_mut_slice().into()).unwrap();
        file(path, text, &iv, &bytes, tag.as_slice())
    }

    /// A request with these files.
    pub(crate) fn request(&self, files: &[(&str, &str)]) -> Value {
        let files: Vec<_> = files.iter().map(|(path, text)| self.file(path, text.as_bytes())).collect();
        json!({
            "requestId": "ast-1732617600000-abc",
            "files": files,
            "options": { "patternFormat": "enhanced", "includeSecurityPatterns": true },
        })
    }

    /// The text of an `encryptedSnippet`.
    pub(crate) fn open(&self, snippet: &str) -> String {
        let bytes = BASE64_STANDARD.decode(snippet).unwrap();
        let (iv, rest) = bytes.split_at(12);
        let (text, tag) = rest.split_at(rest.len() - 16);
        let (iv, tag): ([u8; 12], [u8; 16]) = (iv.try_into().unwrap(), tag.try_into().unwrap());
        let mut text = text.to_vec();
        let cipher = Aes256Gcm::new(&self.key.into());
        cipher.decrypt_inout_detached(&iv.into(), &[], text.as_mut_slice().into(), &tag.into()).unwrap();
        String::from_utf8(text).unwrap()
    }
}

fn file(path: &str, text: &[u8], iv: &[u8], ciphertext: &[u8], tag: &[u8]) -> Value {
    let hash: String = Sha256::digest(text).iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
    json!({
        "path": path,
        "encryptedContent": BASE64_STANDARD.encode(ciphertext),
        "encryption": { "iv": BASE64_STANDARD.encode(iv), "algorithm": "aes-256-gcm", "authTag": BASE64_STANDARD.encode(tag) },
        "metadata": { "size": text.len(), "contentHash": hash },
    })
}
