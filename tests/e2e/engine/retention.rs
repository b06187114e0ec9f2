//! Nothing that was analysed is kept: a word that is nowhere else is looked for wherever the engine could have left it.

use super::{Engine, Sealer};
use memchr::memmem;
use serde_json::Value;
use std::fs::{self, File};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use weir_tests::waiting::wait_until;

/// A name, a literal and a comment of the text that is sent; written in two parts, so that this program does not hold it whole.
fn canary() -> String {
    ["Kanarienvogel", "QZ81x"].concat()
}

fn text(canary: &str) -> String {
    format!(
        "import os, flask\n\n\ndef {canary}():\n    # {canary}\n    os.system('{canary} ' + flask.request.args['{canary}'])\n"
    )
}

/// All that a process can write and read.
#[derive(Debug, PartialEq)]
enum Memory {
    Holds(bool),
    /// It does not let itself be read, not even by its own user.
    Closed,
}

fn memory(process: u32, word: &[u8]) -> Memory {
    let folder = Path::new("/proc").join(process.to_string());
    let (Ok(maps), Ok(mut mem)) = (fs::read_to_string(folder.join("maps")), File::open(folder.join("mem"))) else {
        return Memory::Closed;
    };
    let range = |line: &str| {
        let (range, rest) = line.split_once(' ')?;
        let (from, to) = range.split_once('-')?;
        let readable = rest.starts_with('r') && !line.contains("[v");
        readable.then_some((u64::from_str_radix(from, 16).ok()?, u64::from_str_radix(to, 16).ok()?))
    };
    let mut holds = false;
    for (from, to) in maps.lines().filter_map(range) {
        // What is only reserved cannot be read; a page may go while it is read.
        let mut bytes = Vec::new();
        if mem.seek(SeekFrom::Start(from)).is_ok() {
            let _ = mem.by_ref().take(to - from).read_to_end(&mut bytes);
        }
        holds |= memmem::find(&bytes, word).is_some();
    }
    Memory::Holds(holds)
}

/// The processes that a process started.
fn children(process: u32) -> Vec<u32> {
    let tasks = fs::read_dir(format!("/proc/{process}/task")).unwrap();
    let of = |task: fs::DirEntry| fs::read_to_string(task.path().join("children")).unwrap_or_default();
    let lists: Vec<String> = tasks.flatten().map(of).collect();
    lists.iter().flat_map(|list| list.split_whitespace()).map(|id| id.parse().unwrap()).collect()
}

fn files(folder: &Path, all: &mut Vec<Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, all);
        } else if path.is_file() {
            all.push(fs::read(&path).unwrap());
        }
    }
}

#[test]
fn what_was_analysed_is_nowhere_once_its_session_has_ended() {
    let canary = canary();
    let engine = Engine::start();
    let sealer = Sealer::new(41);
    let text = text(&canary);
    let answer = engine.analyze(&sealer, &sealer.request(&[("app.py", &text)]));
    let holds = |text: &str| text.contains(&canary);
    assert!(!holds(&answer.text), "the answer holds code in the clear");
    let answer = answer.ok();
    let finding = &answer["results"][0]["findings"][0];
    assert!(holds(&sealer.open(finding["encryptedSnippet"].as_str().unwrap())), "{finding}");
    // An error about the same file: neither its message nor the log quotes it.
    let mut spoiled = sealer.request(&[("app.py", &text)]);
    spoiled["files"][0]["metadata"]["size"] = Value::from(1);
    assert!(!holds(&engine.analyze(&sealer, &spoiled).text));

    let front = engine.process();
    assert_eq!(memory(front, canary.as_bytes()), Memory::Holds(false), "the front holds code");
    // The search finds what is there: this session's process knows the names of what it analysed.
    let found = |process: &u32| memory(*process, canary.as_bytes());
    let before: Vec<Memory> = children(front).iter().map(found).collect();
    assert!(before.contains(&Memory::Holds(true)) || before.contains(&Memory::Closed), "{before:?}");

    for reply in [&answer, &engine.analyze(&sealer, &spoiled).ok()] {
        let id = reply["session"]["sessionId"].as_str().unwrap();
        assert_eq!(engine.delete(&format!("/api/v1/ast/sessions/{id}")).status, 204);
    }
    // The session of the first spoiled request lives on: what it refused is not in its process either.
    wait_until("the end of every process that holds code", || {
        children(front).iter().map(found).all(|left| left != Memory::Holds(true))
    });
    assert_eq!(memory(front, canary.as_bytes()), Memory::Holds(false), "the front holds code");
    assert!(!holds(&engine.get("/metrics").text));

    let (code, log, stopped) = engine.end();
    assert_eq!(code, Some(0));
    assert!(!log.is_empty() && !holds(&log), "the log quotes code");
    let mut all = Vec::new();
    files(stopped.data.path(), &mut all);
    assert!(all.len() > 3, "the engine keeps keys, sessions and an audit log");
    assert!(all.iter().all(|file| memmem::find(file, canary.as_bytes()).is_none()));
}
