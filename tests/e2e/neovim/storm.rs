//! Ten thousand edits in a real Neovim whose engine is behind TLS and a bad network, and is killed now and then: what is shown is what a
//! fresh analysis on this machine finds in the same text.

use crate::engine::authority::Authority;
use crate::engine::faulty_link::{Chance, FaultyLink};
use crate::engine::harness::{Engine, Stopped};
use crate::engine::person::Person;
use crate::workplace::{Workplace, tool};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use weir_tests::binary;
use weir_tests::lsp_client::{LspClient, capabilities};

/// So many changes are sent to the server.
const EDITS: u32 = 10_000;

/// After so many it is waited for what is found, and compared.
const CHECK_EVERY: u32 = 500;

/// The same gestures and faults in every run, as far as two machines can do the same; `WEIR_STORM_SEED` looks for others.
const SEED: u64 = 20_261_126;

/// Between two words of Neovim's nothing takes this long on the slowest machine.
const PATIENCE: Duration = Duration::from_mins(2);

/// A word is said for each gesture: one in so many has the engine killed, and it is up again after up to so many more.
const KILL_ONE_IN: u64 = 60;
const DOWN_FOR: u64 = 40;

/// A file to type into, and what is typed on a line of its own: `code` is one more finding behind a wide character, where that line may
/// stand (below a line that has `below`).
struct Buffer {
    file: &'static str,
    filetype: &'static str,
    below: &'static str,
    code: &'static str,
    comment: &'static str,
}

const BUFFERS: &[Buffer] = &[
    Buffer {
        file: "python/helpdesk/views/tickets.py",
        filetype: "python",
        below: "    order = ORDERS.get(",
        code: "    face = '😀'; get_db().execute('SELECT ' + request.args['typed'])",
        comment: "    # typed 𝒳",
    },
    Buffer {
        file: "javascript/routes/tickets.js",
        filetype: "javascript",
        below: "  let order = ORDERS.newest;",
        code: "  const face = '😀'; db.all('SELECT ' + req.query.typed, next);",
        comment: "  // typed 𝒳",
    },
    Buffer {
        file: "ruby/bookshop/app/controllers/books_controller.rb",
        filetype: "ruby",
        below: "    column = Book::COLUMNS",
        code: "    face = '😀'; Book.where(\"name = '#{params[:typed]}'\")",
        comment: "    # typed 𝒳",
    },
    Buffer {
        file: "java/src/main/java/org/example/helpdesk/web/SearchController.java",
        filetype: "java",
        below: "    StringBuilder sql = new StringBuilder(",
        code: "    String face = \"😀\"; jdbc.queryForList(\"select \" + query + \"typed\");",
        comment: "    // typed 𝒳",
    },
];

#[test]
fn ten_thousand_edits_over_a_bad_network_lose_no_edit_and_no_finding() {
    let (authority, person, workplace) = (Authority::new("ours"), Person::new(), Workplace::new());
    let engine = Engine::with_tls(&authority.issue("127.0.0.1"), &authority);
    let address = engine.url.strip_prefix("https://").expect("TLS").parse().expect("an address");
    let link = FaultyLink::to(address, seed());
    let url = format!("https://{}", link.address);
    person.logged_in_at(&url, &engine.key, &["--ca", &authority.path()]);
    link.rage();

    let mut neovim = Neovim::start(&workplace, &person, &url);
    let mut reference = Reference::start(&person, &workplace);
    let mut machine = Machine::new(engine);
    let (mut checked, mut longest) = (0, 0);
    // In the end the network is calm, and the engine has to analyse again: what it had been sent when it was said that it does.
    let (mut calm, mut linked_at, mut enough) = (false, None, false);
    let end = loop {
        let word = neovim.word();
        match word["what"].as_str() {
            Some("gesture") if !calm => machine.gesture(),
            Some("gesture") if !enough => match linked_at.filter(|_| word["linked"] == true) {
                None => linked_at = (word["linked"] == true).then(|| machine.up().live_bytes()),
                Some(before) => {
                    if machine.up().live_bytes() > before + ANALYSED {
                        enough = true;
                        neovim.signal("enough");
                    }
                }
            },
            Some("gesture") => {}
            Some("check") => {
                reference.compare(&word);
                checked += 1;
                longest = longest.max(word["waited"].as_u64().expect("milliseconds"));
                if machine.kills > 0 && link.happened().1.iter().all(|(_, count)| *count > 0) {
                    neovim.signal("stormed");
                }
            }
            Some("typed") => {
                link.calm();
                machine.up();
                calm = true;
                neovim.signal("calm");
            }
            Some("end") => break word,
            _ => panic!("{word}"),
        }
    };
    neovim.ended();
    let (connections, faults) = link.happened();
    let told: Vec<&str> = end["told"].as_array().expect("what was shown").iter().filter_map(Value::as_str).collect();
    let says = |part: &str| told.iter().filter(|text| text.contains(part)).count();
    let summary = format!(
        "{} edits, {checked} times compared, at most {longest} ms for findings; {} kills, {connections} connections, {faults:?}; \
         away {} times",
        end["edits"],
        machine.kills,
        says("is away")
    );
    eprintln!("{summary}");
    assert!(end["edits"].as_u64() >= Some(EDITS.into()) && checked > EDITS / CHECK_EVERY, "{summary}");
    assert!(machine.kills > 0 && faults.iter().all(|(_, count)| *count > 0), "{summary}");
    let away = told.iter().position(|text| text.contains("is away")).unwrap_or_else(|| panic!("no fallback: {told:?}"));
    assert!(told[away..].iter().any(|text| text.contains("analyses what you type")), "no return: {told:?}");
    assert!(enough, "in a calm network the engine analyses again; {summary}; {told:?}");
    assert_eq!(says("is not used"), 0, "a fault is no reason to distrust it: {told:?}");
}

/// The engine has analysed when it was sent more than what keeps a link alive.
const ANALYSED: u64 = 20_000;

fn seed() -> u64 {
    std::env::var("WEIR_STORM_SEED").map_or(SEED, |text| text.parse().expect("a number"))
}

/// An engine that dies and is started again.
struct Machine {
    state: State,
    chance: Chance,
    kills: u32,
}

enum State {
    Up(Engine),
    Down { stopped: Stopped, url: String, left: u64 },
    Between,
}

impl Machine {
    fn new(engine: Engine) -> Self {
        Self { state: State::Up(engine), chance: Chance(seed()), kills: 0 }
    }

    /// One of Neovim's gestures is over.
    fn gesture(&mut self) {
        self.state = match std::mem::replace(&mut self.state, State::Between) {
            State::Up(engine) if self.chance.below(KILL_ONE_IN) == 0 => {
                self.kills += 1;
                let url = engine.url.clone();
                State::Down { stopped: engine.kill().1, url, left: self.chance.below(DOWN_FOR) }
            }
            State::Down { stopped, url, left: 0 } => State::Up(stopped.start_again_at(&url)),
            State::Down { stopped, url, left } => State::Down { stopped, url, left: left - 1 },
            state => state,
        }
    }

    /// The engine, started if it is down.
    fn up(&mut self) -> &Engine {
        self.state = match std::mem::replace(&mut self.state, State::Between) {
            State::Down { stopped, url, .. } => State::Up(stopped.start_again_at(&url)),
            state => state,
        };
        match &self.state {
            State::Up(engine) => engine,
            _ => unreachable!("it was started"),
        }
    }
}

/// A Neovim that types by itself, and what it says.
struct Neovim {
    process: Child,
    words: Receiver<Value>,
    signals: std::path::PathBuf,
}

impl Neovim {
    fn start(workplace: &Workplace, person: &Person, url: &str) -> Self {
        let buffers: Vec<Value> = BUFFERS.iter().map(|buffer| buffer.open(workplace)).collect();
        let signals = workplace.home().join("signals");
        std::fs::create_dir_all(&signals).expect("a writable folder");
        let environment: HashMap<_, _> = person.environment().into();
        let plan = json!({
            "cmd": [binary::weir(), "lsp", "--engine", url],
            "environment": environment,
            "root": workplace.project(),
            "buffers": buffers,
            "edits": EDITS,
            "every": CHECK_EVERY,
            "most": 3 * EDITS,
            "seed": seed(),
            "signals": signals,
        });
        let mut process = Command::new(tool("neovim/bin/nvim"))
            .args(["--headless", "-u", "NONE", "-i", "NONE", "-n", "-l"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("e2e/neovim/storm.lua"))
            .env("PLAN", plan.to_string())
            .env("XDG_STATE_HOME", workplace.home().join("state"))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("Neovim starts");
        let (out, mut errors) = (process.stdout.take().expect("piped"), process.stderr.take().expect("piped"));
        let (say, words) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(Result::ok) {
                let word = serde_json::from_str(&line).unwrap_or_else(|_| json!({ "what": "noise", "line": line }));
                if say.send(word).is_err() {
                    return;
                }
            }
            let mut said = String::new();
            let _ = errors.read_to_string(&mut said);
            let _ = say.send(json!({ "what": "over", "said": said }));
        });
        Self { process, words, signals }
    }

    /// The next thing it says.
    fn word(&self) -> Value {
        match self.words.recv_timeout(PATIENCE) {
            Ok(word) => word,
            Err(RecvTimeoutError::Timeout) => panic!("Neovim has said nothing for {PATIENCE:?}"),
            Err(RecvTimeoutError::Disconnected) => panic!("Neovim is gone"),
        }
    }

    /// Something that it waits for has happened.
    fn signal(&self, name: &str) {
        std::fs::write(self.signals.join(name), "").expect("a writable folder");
    }

    fn ended(&mut self) {
        let word = self.word();
        let status = self.process.wait().expect("it can be waited for");
        assert!(status.success(), "{status} {word}");
    }
}

impl Drop for Neovim {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Buffer {
    fn open(&self, workplace: &Workplace) -> Value {
        let text =
            std::fs::read_to_string(binary::root().join("tests/apps").join(self.file)).expect("a demo application");
        let file = workplace.write(&format!("project/{}", self.file), &text);
        json!({
            "file": file,
            "filetype": self.filetype,
            "below": self.below,
            "code": self.code,
            "comment": self.comment,
        })
    }
}

/// A second server, which analyses here and sees each text for the first time.
struct Reference {
    client: LspClient,
    /// No two texts have the same.
    version: i64,
}

impl Reference {
    fn start(person: &Person, workplace: &Workplace) -> Self {
        let mut client = LspClient::start_with(person.weir(), &["--engine", "local"]);
        client.initialize(&capabilities(), Some(&workplace.project()), &Value::Null);
        Self { client, version: 0 }
    }

    fn compare(&mut self, word: &Value) {
        let mut all = 0;
        for shown in word["buffers"].as_array().expect("buffers") {
            let text = |name: &str| shown[name].as_str().expect("a text").to_owned();
            let (uri, whole) = (text("uri"), text("text"));
            self.version += 1;
            let item = json!({ "uri": uri, "languageId": text("filetype"), "version": self.version, "text": whole });
            self.client.notify("textDocument/didOpen", &json!({ "textDocument": item }));
            let expected = comparable(&self.client.diagnostics(&uri, self.version));
            self.client.notify("textDocument/didClose", &json!({ "textDocument": { "uri": uri } }));
            self.client.pending.clear();
            let found = comparable(shown["found"].as_array().map_or(&[], Vec::as_slice));
            let first = expected.iter().zip(&found).find(|(expected, found)| expected != found);
            assert!(
                expected == found,
                "after {} edits {uri} has {} findings instead of {}; told {}; the first that differs: {first:#?}\nin {whole}",
                word["edits"],
                found.len(),
                expected.len(),
                word["told"]
            );
            all += expected.len();
        }
        assert!(all > 0, "there is nothing to lose: {word}");
    }
}

/// What a person sees of diagnostics, in an order.
fn comparable(diagnostics: &[Value]) -> Vec<Value> {
    let mut all: Vec<Value> = diagnostics
        .iter()
        .map(|one| json!({ "range": one["range"], "code": one["code"], "message": one["message"], "severity": one["severity"] }))
        .collect();
    all.sort_by_key(|one| {
        let place = |end: &str, part: &str| one["range"][end][part].as_u64();
        (
            place("start", "line"),
            place("start", "character"),
            place("end", "line"),
            place("end", "character"),
            one.to_string(),
        )
    });
    all
}
