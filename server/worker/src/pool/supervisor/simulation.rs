//! Every interleaving of edits, answers, crashes and time ends in the right text: the supervisor against simulated workers.

use super::{Action, End, Input, Phase, Supervisor};
use crate::pool::{Command, PoolConfig, Update};
use proptest::prelude::*;
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};
use weir_model::{
    DocId, Document, Edit, Event, Format, Hint, HintKind, JobId, Language, Note, NoteKind, Request, ScanOptions, Span,
    Timing, Version, framing,
};

const WORKERS: usize = 2;
const DOCS: u64 = 3;
/// What simulated workers keep of rules.
const KEPT: &[u8] = b"kept";

#[derive(Clone, Debug)]
enum Step {
    Open(u64, String),
    Edit(u64, u8, u8, String),
    Close(u64),
    Rules,
    Scan,
    /// The worker of a slot does what is next.
    Work(usize),
    /// The worker of a slot looks at a document once more, and says so or not.
    Settle(usize, u64, bool),
    /// What the process of a slot said arrives.
    Arrive(usize),
    /// The process of a slot dies.
    Crash(usize),
    /// The way to the process of a slot is lost.
    Lose(usize),
    /// Something better than the process of a slot is to be had.
    Relieve(usize),
    /// Time passes until the supervisor wants to wake.
    Wake,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        2 => (0..DOCS, "[a-z]{0,6}").prop_map(|(doc, text)| Step::Open(doc, text)),
        8 => (0..DOCS, any::<u8>(), 0..4u8, "[A-Zé]{0,3}").prop_map(|(doc, at, len, text)| Step::Edit(doc, at, len, text)),
        1 => (0..DOCS).prop_map(Step::Close),
        1 => Just(Step::Rules),
        2 => Just(Step::Scan),
        8 => (0..WORKERS).prop_map(Step::Work),
        1 => (0..WORKERS, 0..DOCS, any::<bool>()).prop_map(|(slot, doc, changed)| Step::Settle(slot, doc, changed)),
        8 => (0..WORKERS).prop_map(Step::Arrive),
        1 => (0..WORKERS).prop_map(Step::Crash),
        1 => (0..WORKERS).prop_map(Step::Lose),
        1 => (0..WORKERS).prop_map(Step::Relieve),
        2 => Just(Step::Wake),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_interleaving_ends_in_the_right_text(steps in prop::collection::vec(step(), 1..120)) {
        let mut world = World::new();
        for step in steps {
            world.step(step);
        }
        world.come_to_rest();
        // Crashes may have had a document given up; an edit gives it another chance.
        for doc in world.documents.keys().copied().collect::<Vec<_>>() {
            world.step(Step::Edit(doc.0, 0, 0, "!".to_owned()));
        }
        world.come_to_rest();
        for (doc, document) in &world.documents {
            prop_assert_eq!(world.shown.get(doc), Some(&document.text().to_string()));
        }
        for job in 0..world.jobs {
            prop_assert_eq!(world.settled.get(&JobId(job)), Some(&1), "every file is answered once");
        }
    }
}

#[test]
fn an_answer_for_an_older_text_is_dropped() {
    let mut world = World::new();
    for step in [Step::Rules, Step::Open(0, "old".to_owned())] {
        world.step(step);
    }
    while !world.workers[0].said.iter().any(|event| matches!(event, Event::Findings { .. })) {
        world.step(Step::Arrive(0));
        world.step(Step::Work(0));
    }
    world.step(Step::Edit(0, 0, 3, "new".to_owned()));
    world.step(Step::Arrive(0));
    assert_eq!(world.shown.get(&DocId(0)), None);
    world.come_to_rest();
    assert_eq!(world.shown.get(&DocId(0)).map(String::as_str), Some("new"));
}

#[test]
fn a_worker_that_says_nothing_is_killed_and_its_document_goes_to_the_next() {
    let mut world = World::new();
    for step in [Step::Rules, Step::Open(0, "text".to_owned())] {
        world.step(step);
    }
    // It is ready, has read the rules and has the document; nothing more is heard of it.
    for _ in 0..3 {
        world.step(Step::Work(0));
        world.step(Step::Arrive(0));
    }
    let silent_since = world.now;
    while world.workers[0].run == 1 {
        world.step(Step::Wake);
        world.step(Step::Arrive(0));
    }
    assert_eq!(world.now - silent_since, PoolConfig::this_program(1).interactive_deadline * 2);
    world.come_to_rest();
    assert_eq!(world.shown.get(&DocId(0)).map(String::as_str), Some("text"));
}

#[test]
fn a_worn_worker_is_replaced_when_it_has_nothing_to_do_but_not_at_once_again() {
    let mut world = World::new();
    for step in [Step::Rules, Step::Open(0, "text".to_owned())] {
        world.step(step);
    }
    world.come_to_rest();
    let started = world.now;
    world.workers[0].said.push_back(Event::Worn);
    world.step(Step::Arrive(0));
    assert_eq!(world.workers[0].run, 1);
    world.step(Step::Wake);
    assert!(world.now >= started + Duration::from_secs(59));
    world.come_to_rest();
    assert_eq!(world.workers[0].run, 2);
    assert!(world.said.iter().all(|update| !matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
}

#[test]
fn a_worker_that_is_relieved_is_replaced_as_soon_as_it_has_nothing_to_do() {
    let mut world = World::new();
    for step in [Step::Rules, Step::Open(0, "text".to_owned())] {
        world.step(step);
    }
    world.step(Step::Relieve(0));
    assert!(world.workers[0].alive, "it has not said what it finds");
    world.step(Step::Edit(0, 0, 4, "typed".to_owned()));
    let started = world.now;
    world.come_to_rest();
    assert_eq!((world.workers[0].run, world.workers[1].run, world.now), (2, 1, started));
    assert_eq!(world.shown.get(&DocId(0)).map(String::as_str), Some("typed"));
    assert!(world.said.iter().all(|update| !matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
}

#[test]
fn where_the_way_to_a_worker_is_lost_nothing_that_it_had_is_to_blame() {
    let mut world = World::new();
    for step in [Step::Rules, Step::Open(0, "text".to_owned()), Step::Scan] {
        world.step(step);
    }
    // More often than a breaker or a file's record would stand.
    for _ in 0..10 {
        let run = world.workers[0].run;
        let owes = |supervisor: &Supervisor| supervisor.working(0).next().is_some();
        while !owes(&world.supervisor) {
            world.step(Step::Work(0));
            world.step(Step::Arrive(0));
        }
        world.step(Step::Lose(0));
        let started = world.now;
        while world.workers[0].run == run {
            world.step(Step::Arrive(0));
        }
        assert_eq!(world.now, started, "the next one starts at once");
    }
    world.come_to_rest();
    assert_eq!(world.shown.get(&DocId(0)).map(String::as_str), Some("text"));
    assert!(world.said.iter().all(|update| !matches!(update, Update::Restarted { .. } | Update::Failed { .. })));
}

#[test]
fn one_worker_reads_new_rules_and_the_other_gets_what_it_keeps_of_them() {
    let mut world = World::new();
    for step in [Step::Rules, Step::Arrive(0), Step::Arrive(1)] {
        world.step(step);
    }
    let given = |world: &World| -> Vec<Vec<Vec<u8>>> {
        let kept = |request: &Request| match request {
            Request::Rules { kept, .. } => Some(kept.clone()),
            _ => None,
        };
        world.workers.iter().map(|worker| worker.inbox.iter().filter_map(kept).collect()).collect()
    };
    assert_eq!(given(&world), [vec![Vec::<u8>::new()], vec![]]);
    while !given(&world)[0].is_empty() {
        world.step(Step::Work(0));
    }
    world.step(Step::Arrive(0));
    assert_eq!(given(&world), [Vec::new(), vec![KEPT.to_vec()]]);
    assert!(world.said.iter().any(|update| matches!(update, Update::Rules { kept, .. } if **kept == *KEPT)));
}

#[test]
fn where_the_worker_that_reads_the_rules_is_lost_another_one_reads_them() {
    let mut world = World::new();
    let lost = [Step::Crash(0), Step::Arrive(0)];
    for step in [Step::Rules, Step::Arrive(0), Step::Arrive(1)].into_iter().chain(lost) {
        world.step(step);
    }
    assert!(world.workers[1].inbox.iter().any(|request| matches!(request, Request::Rules { .. })));
}

#[test]
fn what_a_worker_says_of_another_text_than_it_was_given_is_left_out() {
    let mut world = World::new();
    for step in [Step::Rules, Step::Open(0, "text".to_owned()), Step::Scan] {
        world.step(step);
    }
    world.come_to_rest();
    let version = world.documents[&DocId(0)].version();
    let hints = [Span::new(0, 4), Span::new(2, 5)].map(|span| Hint {
        kind: HintKind::Unused,
        span,
        message: String::new(),
        removal: Vec::new(),
    });
    world.workers[0].said.push_back(Event::Findings {
        doc: DocId(0),
        version,
        findings: Vec::new(),
        hints: hints.to_vec(),
        notes: Vec::new(),
        timing: Timing::default(),
    });
    world.supervisor.set_phase(DocId(0), Phase::Working);
    world.step(Step::Arrive(0));
    let Some(Update::Findings { hints, notes, .. }) = world.said.last() else { panic!("{:?}", world.said.last()) };
    assert_eq!((hints.len(), hints[0].span, notes.len()), (1, Span::new(0, 4), 1));
}

/// A supervisor, its simulated workers, its owner and its clock.
struct World {
    supervisor: Supervisor,
    workers: Vec<Worker>,
    now: Instant,
    documents: HashMap<DocId, Document>,
    version: i64,
    generation: u64,
    jobs: u64,
    /// The text of the newest findings shown of each open document.
    shown: HashMap<DocId, String>,
    /// How often each file was answered.
    settled: HashMap<JobId, u32>,
    said: Vec<Update>,
}

/// A process that echoes texts as notes, and the pipes to and from it.
#[derive(Default)]
struct Worker {
    run: u64,
    alive: bool,
    /// Gone in this way, but that is not yet known.
    dying: Option<End>,
    inbox: VecDeque<Request>,
    said: VecDeque<Event>,
    held: HashMap<DocId, Document>,
}

impl World {
    fn new() -> Self {
        let now = Instant::now();
        let supervisor = Supervisor::new(PoolConfig::this_program(WORKERS), now);
        let workers = (0..WORKERS).map(|_| Worker::default()).collect();
        let mut world = Self {
            supervisor,
            workers,
            now,
            documents: HashMap::new(),
            version: 0,
            generation: 0,
            jobs: 0,
            shown: HashMap::new(),
            settled: HashMap::new(),
            said: Vec::new(),
        };
        world.input(Input::Woke);
        world
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Open(doc, text) => {
                self.version += 1;
                let document = Document::new(&text, Version(self.version), Some(Language::Python));
                self.documents.insert(DocId(doc), document.clone());
                self.shown.remove(&DocId(doc));
                self.command(Command::Open { doc: DocId(doc), path: "a.py".into(), document });
            }
            Step::Edit(doc, at, len, text) => {
                let Some(document) = self.documents.get_mut(&DocId(doc)) else { return };
                let chars = document.text().len_chars();
                let at = at as usize % (chars + 1);
                let to_byte = |at: usize| document.text().char_to_byte(at.min(chars)) as u32;
                let edits = vec![Edit::new(Span::new(to_byte(at), to_byte(at + len as usize)), text)];
                let base = document.version();
                self.version += 1;
                document.apply(&edits, Version(self.version)).expect("an edit that fits");
                let document = document.clone();
                self.command(Command::Edit { doc: DocId(doc), base, document, edits });
            }
            Step::Close(doc) => {
                self.documents.remove(&DocId(doc));
                self.shown.remove(&DocId(doc));
                self.command(Command::Close { doc: DocId(doc) });
            }
            Step::Rules => {
                self.generation += 1;
                self.command(Command::Rules {
                    generation: self.generation,
                    sources: Arc::from([]),
                    kept: Arc::from([]),
                });
            }
            Step::Scan => {
                let job = JobId(self.jobs);
                self.jobs += 1;
                let (path, bytes) = ("a.py".into(), b"x".to_vec());
                self.command(Command::Scan { job, path, format: Format::Text, bytes, options: ScanOptions::default() });
            }
            Step::Work(slot) => self.workers[slot].work(),
            Step::Settle(slot, doc, changed) => self.workers[slot].settle(DocId(doc), changed),
            Step::Arrive(slot) => {
                let run = self.workers[slot].run;
                if let Some(event) = self.workers[slot].said.pop_front() {
                    self.input(Input::Event { slot, run, event });
                } else if let Some(end) = self.workers[slot].dying.take() {
                    self.input(Input::Gone { slot, run, end });
                }
            }
            Step::Crash(slot) => self.workers[slot].end(End::Died),
            Step::Lose(slot) => self.workers[slot].end(End::Left),
            Step::Relieve(slot) => {
                let run = self.workers[slot].run;
                self.input(Input::Relief { slot, run });
            }
            Step::Wake => {
                if let Some(at) = self.supervisor.next_wake() {
                    self.now = self.now.max(at);
                    self.input(Input::Woke);
                }
            }
        }
    }

    /// Lets everything happen that is to happen, time included as far as somebody waits for it.
    fn come_to_rest(&mut self) {
        if self.generation == 0 {
            self.step(Step::Rules);
        }
        loop {
            let busy = |worker: &Worker| {
                worker.dying.is_some() || !worker.said.is_empty() || (worker.alive && !worker.inbox.is_empty())
            };
            if self.workers.iter().any(busy) {
                for slot in 0..WORKERS {
                    self.step(Step::Work(slot));
                    self.step(Step::Arrive(slot));
                }
            } else if self.supervisor.next_wake().is_some() {
                self.step(Step::Wake);
            } else {
                return;
            }
        }
    }

    fn command(&mut self, command: Command) {
        self.input(Input::Command(command));
    }

    fn input(&mut self, input: Input) {
        for action in self.supervisor.handle(input, self.now) {
            match action {
                Action::Start { slot, run } => {
                    assert!(
                        !self.workers[slot].alive && self.workers[slot].dying.is_none(),
                        "one process at a time in a slot"
                    );
                    self.workers[slot] = Worker { run, alive: true, ..Worker::default() };
                    self.workers[slot].said.push_back(Event::Ready { version: crate::VERSION.to_owned() });
                }
                Action::Send { slot, frame } => {
                    let request = framing::read(&mut frame.as_slice()).expect("a frame").expect("a request");
                    self.workers[slot].inbox.push_back(request);
                }
                Action::Kill { slot } => self.workers[slot].end(End::Died),
                Action::Say(update) => self.said(update),
            }
        }
    }

    fn said(&mut self, update: Update) {
        match &update {
            Update::Findings { doc, version, notes, .. } => {
                let document = self.documents.get(doc).expect("findings of open documents only");
                assert_eq!(*version, document.version(), "findings of the newest version only");
                self.shown.insert(*doc, notes[0].message.clone());
            }
            Update::Scanned { job, .. } | Update::Failed { job: Some(job), .. } => {
                *self.settled.entry(*job).or_default() += 1;
            }
            _ => {}
        }
        self.said.push(update);
    }
}

impl Worker {
    fn end(&mut self, end: End) {
        if std::mem::take(&mut self.alive) {
            self.dying = Some(end);
        }
    }

    /// Does one request, as the real one does: it answers a document only if no newer change of it waits.
    fn work(&mut self) {
        if !self.alive {
            return;
        }
        let Some(request) = self.inbox.pop_front() else { return };
        match request {
            Request::Rules { generation, kept, .. } => {
                let kept = if kept.is_empty() { KEPT.to_vec() } else { Vec::new() };
                self.said.push_back(Event::RulesLoaded { generation, rules: Vec::new(), problems: Vec::new(), kept });
                let docs: Vec<DocId> = self.held.keys().copied().collect();
                for doc in docs {
                    self.answer(doc);
                }
            }
            Request::Open { doc, format, version, text, .. } => {
                self.held.insert(doc, Document::new(&text, version, format));
                self.answer(doc);
            }
            Request::Edit { doc, base, version, edits } => {
                let held = self.held.get(&doc).map(Document::version);
                let fits = held == Some(base)
                    && self.held.get_mut(&doc).is_some_and(|document| document.apply(&edits, version).is_ok());
                if fits {
                    self.answer(doc);
                } else {
                    self.said.push_back(Event::Resync { doc, held });
                }
            }
            Request::Close { doc } => {
                self.held.remove(&doc);
            }
            Request::Scan { job, .. } => {
                let (findings, notes, timing) = (Vec::new(), Vec::new(), Timing::default());
                self.said.push_back(Event::Scanned { job, findings, hints: Vec::new(), notes, cells: None, timing });
            }
            Request::Ask { job, .. } => {
                self.said.push_back(Event::Answered { job, answer: None, notes: Vec::new() });
            }
            Request::Judge { .. } | Request::Limits(_) | Request::Ping { .. } => {}
        }
    }

    fn settle(&mut self, doc: DocId, changed: bool) {
        if let Some(version) =
            self.held.get(&doc).map(Document::version).filter(|_| self.alive && self.inbox.is_empty())
        {
            self.said.push_back(Event::Settling { doc, version });
            if changed {
                self.answer(doc);
            } else {
                self.said.push_back(Event::Settled { doc, version });
            }
        }
    }

    fn answer(&mut self, of: DocId) {
        let newer = self.inbox.iter().any(
            |request| matches!(request, Request::Open { doc, .. } | Request::Edit { doc, .. } | Request::Close { doc } if *doc == of),
        );
        if newer {
            return;
        }
        let held = &self.held[&of];
        let note = Note { kind: NoteKind::Skipped, span: None, rule_id: None, message: held.text().to_string() };
        self.said.push_back(Event::Findings {
            doc: of,
            version: held.version(),
            findings: Vec::new(),
            hints: Vec::new(),
            notes: vec![note],
            timing: Timing::default(),
        });
    }
}
