//! What a confined worker cannot do. Each attack is tried without confinement as well, where it must work: otherwise it would
//! tell nothing that it does not work with it.

use super::{A, Test, WORKER, config, config_with, program, text};
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use weir_model::{Event, Failure, Finding, Format, JobId, RuleSource, ScanOptions, framing};
use weir_worker::sandbox::{Confinement, Level};
use weir_worker::{PoolConfig, Update};

const OFF: Level = Level::Off;
const USUAL: Level = Level::Usual;

/// What came of an attack.
#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Refused(i32),
    /// Ended by this signal.
    Ended(i32),
    Other(String),
}

use Outcome::{Done, Ended, Refused};

/// As on a kernel that does not have the call.
const NO_SUCH_CALL: Outcome = Refused(libc::ENOSYS);
/// Seen, and stopped.
const STOPPED: Outcome = Ended(libc::SIGSYS);

#[test]
fn no_file_is_read_written_looked_at_or_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    let link = folder.path().join("link");
    std::fs::write(&file, "x").expect("a file");
    std::os::unix::fs::symlink(&file, &link).expect("a link");
    let new = folder.path().join("new");
    // `remove` is the last: without confinement, it works.
    for (name, path) in [
        ("read", &file),
        ("early-read", &file),
        ("stat", &file),
        ("readlink", &link),
        ("list", &folder.path().to_owned()),
        ("change-folder", &folder.path().to_owned()),
        ("write", &file),
        ("write", &new),
        ("make-folder", &folder.path().join("sub")),
        ("remove", &file),
    ] {
        let path = path.to_str().expect("a path of text");
        assert_eq!(attack(USUAL, &[name, path]), NO_SUCH_CALL, "{name}, confined");
        assert!(name != "write" || !new.exists(), "it was written");
        assert_eq!(attack(OFF, &[name, path]), Done, "{name}");
    }
}

#[test]
fn what_is_open_by_chance_is_closed() {
    let inherited = |level| {
        let script = r#"exec 9< /proc/version; exec "$0" attack inherited 9"#;
        let told = Confinement { level, memory: Confinement::MEMORY };
        outcome(Command::new("sh").args(["-c", script, WORKER]).envs(told.variables()))
    };
    assert_eq!(inherited(USUAL), Refused(libc::EBADF));
    assert_eq!(inherited(OFF), Done);
}

/// An attack, what comes of it in a confined worker, and whether every machine lets it through elsewhere: some are for root, or
/// forbidden in containers.
const ATTACKS: &[(&str, Outcome, bool)] = &[
    ("tcp", STOPPED, true),
    ("early-tcp", STOPPED, true),
    ("udp", STOPPED, true),
    ("unix-socket", STOPPED, true),
    ("start", STOPPED, true),
    ("exec", STOPPED, true),
    ("fork", STOPPED, true),
    #[cfg(target_arch = "x86_64")]
    ("old-fork", STOPPED, true),
    ("clone3", NO_SUCH_CALL, true),
    ("thread-in-a-namespace", NO_SUCH_CALL, false),
    ("ptrace", STOPPED, true),
    ("read-memory", STOPPED, true),
    ("write-memory", STOPPED, true),
    ("kill", STOPPED, true),
    ("early-kill", STOPPED, true),
    ("tkill", STOPPED, true),
    ("tgkill", STOPPED, true),
    ("pidfd", STOPPED, true),
    ("priority", NO_SUCH_CALL, true),
    ("map-executable", NO_SUCH_CALL, true),
    ("make-executable", NO_SUCH_CALL, true),
    ("early-make-executable", NO_SUCH_CALL, true),
    ("personality", STOPPED, true),
    ("memfd", STOPPED, true),
    ("raise-limits", NO_SUCH_CALL, true),
    ("allow-dumps", NO_SUCH_CALL, true),
    ("filter", NO_SUCH_CALL, false),
    ("unshare", STOPPED, true),
    ("mount", STOPPED, false),
    ("chroot", STOPPED, false),
    ("io-uring", STOPPED, false),
    ("bpf", STOPPED, false),
    ("perf", STOPPED, false),
    ("userfaultfd", STOPPED, false),
    ("keyctl", STOPPED, false),
    ("add-key", STOPPED, false),
];

#[test]
fn what_a_worker_never_does_is_not_done() {
    for (name, confined, works_elsewhere) in ATTACKS {
        assert_eq!(attack(USUAL, &[name]), *confined, "{name}, confined");
        let elsewhere = attack(OFF, &[name]);
        if *works_elsewhere {
            assert_eq!(elsewhere, Done, "{name}");
        } else {
            assert_ne!(elsewhere, *confined, "{name}");
        }
    }
}

#[test]
fn what_a_worker_does_is_done() {
    for level in [OFF, USUAL] {
        assert_eq!(attack(level, &["nothing"]), Done);
        assert_eq!(attack(level, &["thread"]), Done);
        assert_eq!(attack(level, &["abort"]), Ended(libc::SIGABRT));
    }
    assert_eq!(attack_in(Level::Hardened, Confinement::MEMORY, &["thread"]), Done);
}

#[test]
fn memory_ends_at_its_limit() {
    let (much, more) = ((8_u64 << 30).to_string(), 64 << 20);
    assert_eq!(attack_in(USUAL, more, &["memory", &much]), Refused(libc::ENOMEM));
    assert_eq!(attack_in(OFF, more, &["memory", &much]), Done);
}

#[test]
fn nobody_else_reads_a_workers_memory_and_nobody_gets_a_core_dump() {
    for (level, readable) in [(OFF, true), (USUAL, false)] {
        // Root may read all. Whoever runs this as root sees both as somebody else.
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("a folder of ours");
        let program = folder.path().join("worker");
        std::fs::copy(WORKER, &program).expect("a copy");
        let (mut worker, _stdout) = waiting(as_nobody(&mut Command::new(&program)), level, &["wait"]);
        let memory = format!("/proc/{}/mem", worker.id());
        // Opened, not read: nothing is mapped at 0.
        let opened = as_nobody(Command::new("sh").args(["-c", r#": < "$0""#, &memory])).stderr(Stdio::null()).status();
        assert_eq!(opened.expect("a shell").success(), readable, "{level:?}");
        drop(worker.stdin.take());
        assert!(worker.wait().expect("a child").success());
    }
}

#[test]
#[cfg(target_env = "gnu")]
fn a_hardened_worker_overwrites_what_it_frees() {
    // Confined, it could be looked into by root only: what its allocator is told is all that matters here.
    let found = |tell_allocator: bool| {
        let mut command = Command::new(WORKER);
        if tell_allocator {
            command.envs(Confinement { level: Level::Hardened, memory: 0 }.variables());
        }
        let (mut worker, _stdout) = waiting(&mut command, OFF, &["free", "5"]);
        let found = count(worker.id(), &secret(5));
        drop(worker.stdin.take());
        assert!(worker.wait().expect("a child").success());
        found
    };
    assert_ne!(found(false), 0);
    assert_eq!(found(true), 0);
}

#[test]
fn a_worker_that_cannot_be_confined_says_so_and_a_hardened_one_refuses() {
    for (level, refuses) in [(USUAL, false), (Level::Hardened, true)] {
        let mut command = Command::new(WORKER);
        let mut worker = started(&mut command, level, &["where-filters-are-forbidden"]);
        let mut stdout = BufReader::new(worker.stdout.take().expect("a pipe"));
        let first: Event = framing::read(&mut stdout).expect("a frame").expect("an event");
        let Event::Unconfined { lacks, refused } = first else { panic!("{level:?}: {first:?}") };
        let filter = lacks.iter().find(|lack| lack.starts_with("filtering system calls failed"));
        assert!(filter.is_some_and(|lack| lack.contains("seccomp profile")), "{lacks:?}");
        assert_eq!(refused, refuses);
        let next: Option<Event> = framing::read(&mut stdout).expect("a frame");
        assert_eq!(matches!(next, Some(Event::Ready { .. })), !refuses);
        drop(worker.stdin.take());
        assert_eq!(worker.wait().expect("a child").code(), Some(if refuses { 71 } else { 0 }));
    }
}

#[test]
fn a_worker_does_not_guess_how_it_is_to_be_confined() {
    let mut command = Command::new(WORKER);
    command.env(Confinement::VARIABLE, "hardend").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    assert_eq!(command.status().expect("a worker").code(), Some(71));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_hardened_workers_works_or_says_why_not() {
    let mut test = Test::start(PoolConfig { hardened: true, ..config(1) });
    test.rules(&[]).await;
    test.open(A, "x");
    assert_eq!(text(&test.findings(A).await), "x");
    test.end().await;
    // A worker whose allocator was not told to overwrite what it frees.
    let place = program("env", &["-u", "GLIBC_TUNABLES", WORKER]);
    let mut test = Test::start(PoolConfig { hardened: true, place, ..config(1) });
    let refused = |update: &Update| matches!(update, Update::Failed { doc: None, job: None, failure: Failure::Unconfined { lack } } if lack.starts_with("overwriting freed memory failed"));
    test.until(refused).await;
    test.end().await;
}

/// Every language, pages, rules read on threads and taken from what was kept of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_confined_worker_finds_what_any_other_finds() {
    let rules = all_files("../../patterns", "yaml");
    let rules: Arc<[RuleSource]> = rules
        .into_iter()
        .map(|(name, text)| RuleSource { name, text: String::from_utf8(text).expect("text") })
        .collect();
    let product = config_with(&["product"]);
    let off = program("env", &["WEIR_CONFINEMENT=off", WORKER, "product"]);
    let free = findings(&rules, PoolConfig { place: off, ..product.clone() }).await;
    assert!(free.values().map(Vec::len).sum::<usize>() > 50, "the applications are full of holes");
    for hardened in [false, true] {
        assert_eq!(findings(&rules, PoolConfig { hardened, ..product.clone() }).await, free, "hardened: {hardened}");
    }
}

/// What is found in all demo applications. No worker may be lost over it.
async fn findings(rules: &Arc<[RuleSource]>, config: PoolConfig) -> BTreeMap<u64, Vec<Finding>> {
    let mut test = Test::start(config);
    test.pool.rules(1, Arc::clone(rules), Arc::from([]));
    let files = all_files("../../tests/apps", "");
    let mut found = BTreeMap::new();
    for (job, (path, bytes)) in files.iter().enumerate() {
        let format = Format::from_path(path.as_ref());
        test.pool.scan(JobId(job as u64), path.as_str().into(), format, bytes.clone(), ScanOptions::default());
    }
    while found.len() < files.len() {
        if let Update::Scanned { job, findings, .. } = test.next().await {
            found.insert(job.0, findings);
        }
    }
    assert!(!test.seen(|update| matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
    test.end().await;
    found
}

/// The files of a folder whose names end so, in the order of their paths.
fn all_files(folder: &str, extension: &str) -> Vec<(String, Vec<u8>)> {
    let (mut folders, mut files) = (vec![PathBuf::from(folder)], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_str().is_some_and(|path| path.ends_with(extension)) {
                let bytes = std::fs::read(&path).expect("a file");
                files.push((path.to_str().expect("a path of text").to_owned(), bytes));
            }
        }
    }
    files.sort();
    files
}

#[test]
fn a_confined_worker_says_where_it_panicked_and_nothing_of_the_text() {
    let mut command = Command::new(WORKER);
    let mut worker = started(command.stderr(Stdio::piped()), USUAL, &[]);
    let mut stdin = worker.stdin.take().expect("a pipe");
    let mut stdout = BufReader::new(worker.stdout.take().expect("a pipe"));
    for request in super::first_requests("%PANIC% on a secret") {
        framing::write(&mut stdin, &request).expect("the worker reads");
    }
    while !matches!(framing::read(&mut stdout).expect("a frame"), Some(Event::Findings { .. })) {}
    drop(stdin);
    let mut said = String::new();
    worker.stderr.take().expect("a pipe").read_to_string(&mut said).expect("text");
    assert!(said.contains("analysis panicked at ") && said.contains("worker.rs:"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    assert!(worker.wait().expect("a child").success());
}

// ---- helpers

fn attack(level: Level, args: &[&str]) -> Outcome {
    attack_in(level, Confinement::MEMORY, args)
}

fn attack_in(level: Level, memory: u64, args: &[&str]) -> Outcome {
    let mut command = Command::new(WORKER);
    command.envs(Confinement { level, memory }.variables()).arg("attack").args(args);
    outcome(&mut command)
}

fn outcome(command: &mut Command) -> Outcome {
    let output = command.stdin(Stdio::null()).output().expect("a worker");
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match (output.status.signal(), said.as_str(), said.parse()) {
        (Some(signal), ..) => Ended(signal),
        (None, "done", _) => Done,
        (None, _, Ok(errno)) => Refused(errno),
        _ => Outcome::Other(format!("{said}, {}", String::from_utf8_lossy(&output.stderr))),
    }
}

fn started(command: &mut Command, level: Level, attack: &[&str]) -> Child {
    command.envs(Confinement { level, memory: Confinement::MEMORY }.variables());
    if !attack.is_empty() {
        command.arg("attack").args(attack);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a worker")
}

/// A worker that has done its attack and waits for the end of its input.
fn waiting(command: &mut Command, level: Level, attack: &[&str]) -> (Child, BufReader<ChildStdout>) {
    let mut worker = started(command, level, attack);
    let mut stdout = BufReader::new(worker.stdout.take().expect("a pipe"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("a line");
    assert_eq!(line, "ready\n");
    (worker, stdout)
}

fn as_nobody(command: &mut Command) -> &mut Command {
    if rustix::process::getuid().is_root() { command.uid(65534).gid(65534) } else { command }
}

/// What `attack free` fills its memory with.
#[cfg(target_env = "gnu")]
fn secret(seed: u8) -> [u8; 16] {
    std::array::from_fn(|at| (at as u8).wrapping_mul(37).wrapping_add(seed))
}

/// How often a process has a secret in its memory.
#[cfg(target_env = "gnu")]
fn count(process: u32, bytes: &[u8]) -> usize {
    let maps = std::fs::read_to_string(format!("/proc/{process}/maps")).expect("a child of ours");
    let mut memory = std::fs::File::open(format!("/proc/{process}/mem")).expect("a child of ours");
    let mut found = 0;
    for line in maps.lines() {
        let mut columns = line.split_whitespace();
        let (range, rights) = (columns.next().expect("a range"), columns.next().expect("rights"));
        let (start, end) = range.split_once('-').expect("two addresses");
        let address = |text| u64::from_str_radix(text, 16).expect("an address");
        if !rights.starts_with("rw") {
            continue;
        }
        let mut held = vec![0; (address(end) - address(start)) as usize];
        memory.seek(SeekFrom::Start(address(start))).expect("an address");
        // Some of what is mapped is not there.
        if memory.read_exact(&mut held).is_ok() {
            // Pieces of memory begin at multiples of their length, which is the secret's.
            found += held.chunks_exact(bytes.len()).filter(|held| *held == bytes).count();
        }
    }
    found
}
