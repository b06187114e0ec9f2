//! A worker behind a seal: what an editor and it say to each other, the process that started it carries and cannot read.
//!
//! The reader of an ordinary worker reads requests; this one reads frames of the front's, comes to keys with the editor, opens
//! what is sealed, and checks every edit against the text it is for. What comes of that are the same requests. Nothing said
//! about what cannot be read quotes it.

mod texts;

use super::analysis::Analysis;
use super::inbox::Inbox;
use super::output::Output;
use super::{BAD_PARENT, READ_BUFFER};
use crate::sandbox::Sandboxed;
use std::io::{BufReader, Read};
use std::process::exit;
use std::sync::Arc;
use std::time::Instant;
use texts::{Edited, Texts};
use weir_model::framing;
use weir_model::link::{Counters, Down, Held, Refusal, Tag, Terms, TextHash, Up};
use weir_model::{DocId, Edit, Event, JobId, Limits, Note, NoteKind, Request, RuleSource, Timing, Version};
use weir_seal::{Context, MAX_SEALED_FRAME, Opened, Opener, Padding, Resumption, WorkerHandshake, Zeroizing};

/// Bytes of work that wait for the analysis. With more the reader stops reading, and so in the end does who sends.
const MAX_WAITING: usize = 96 << 20;

/// Runs this process as a sealed worker around an analysis.
pub fn run_sealed<A: Analysis>(analysis: A) -> ! {
    super::silence_panics();
    let unconfined = |output: &Output, lacks: &str| output.pipe().tagged(Tag::Unconfined, lacks.as_bytes());
    let sandboxed = super::confine(|lack| unconfined(&Output::to_front(), &lack));
    // A confined process has room for one file more: this.
    let output = Output::to_front();
    if !sandboxed.lacks().is_empty() {
        unconfined(&output, &sandboxed.lacks().join("; "));
    }
    serve_front(analysis, output, &sandboxed)
}

/// The worker's loop.
fn serve_front<A: Analysis>(analysis: A, output: Output, _: &Sandboxed) -> ! {
    let mut input = BufReader::with_capacity(READ_BUFFER, std::io::stdin());
    let Some((Tag::Terms, terms)) = next_frame(&mut input) else { bad_front("the first frame must be the terms") };
    let Ok(terms) = framing::decode::<Terms>(&terms) else { bad_front("terms of another version") };
    let mut reader = Reader::new(analysis, terms, output);
    while let Some((tag, body)) = next_frame(&mut input) {
        reader.frame(tag, body);
    }
    exit(0)
}

struct Reader<A: Analysis> {
    terms: Terms,
    context: Context,
    output: Output,
    /// What only the editor of the last link has: nobody else takes up what it left.
    resumption: Option<Resumption>,
    offered: Option<WorkerHandshake>,
    opener: Option<Opener>,
    texts: Texts,
    rules: Option<Rules>,
    work: Work<A>,
    counters: Counters,
}

/// The rules as they were sent.
struct Rules {
    hash: TextHash,
    sources: Arc<[RuleSource]>,
    disabled: Vec<Arc<str>>,
}

/// The analysis, which begins when its limits are known.
enum Work<A> {
    NotBegun(Option<A>),
    Begun { inbox: Arc<Inbox>, limits: Limits },
}

impl<A: Analysis> Reader<A> {
    fn new(analysis: A, terms: Terms, output: Output) -> Self {
        Self {
            context: Context { session: terms.session.clone(), customer: terms.customer.clone() },
            texts: Texts::new((&terms).into()),
            terms,
            output,
            resumption: None,
            offered: None,
            opener: None,
            rules: None,
            work: Work::NotBegun(Some(analysis)),
            counters: Counters::default(),
        }
    }

    fn frame(&mut self, tag: Tag, body: Vec<u8>) {
        match tag {
            Tag::Hello => self.hello(&body),
            Tag::Accept => self.accept(&body),
            Tag::Sealed => self.sealed(body),
            Tag::Counters => self.tick(),
            Tag::Terms | Tag::Refused | Tag::Unconfined => {
                bad_front("a frame that only a worker sends, or the terms once more")
            }
        }
    }

    fn hello(&mut self, hello: &[u8]) {
        let made = WorkerHandshake::offer(hello, &self.context, self.resumption.as_ref());
        let mut pipe = self.output.pipe();
        match made {
            Ok((handshake, offer)) => {
                self.offered = Some(handshake);
                pipe.tagged(Tag::Hello, &offer);
            }
            Err(_) => pipe.refuse(Refusal::Handshake),
        }
    }

    fn accept(&mut self, accept: &[u8]) {
        match self.offered.take().map(|offered| offered.accept(accept)) {
            Some(Ok(mut link)) => {
                if !self.terms.pads {
                    link.sealer.set_padding(Padding::Off);
                }
                self.opener = Some(link.opener);
                self.resumption = Some(link.resumption);
                let engine = crate::VERSION.to_owned();
                let rules = self.rules.as_ref().map(|rules| rules.hash);
                let held = Held { engine, rules, documents: self.texts.list() };
                self.output.pipe().linked(link.sealer, held);
            }
            Some(Err(_)) | None => self.output.pipe().refuse(Refusal::Handshake),
        }
    }

    fn sealed(&mut self, frame: Vec<u8>) {
        match self.opener.as_mut().map(|opener| opener.open(frame)) {
            Some(Ok(Opened::Part { .. })) => {}
            Some(Ok(Opened::Whole(message))) => {
                self.counters.opened += 1;
                self.counters.opened_bytes += message.len() as u64;
                match framing::decode(&message) {
                    Ok(up) => self.up(up),
                    Err(_) => self.broken(Refusal::Message),
                }
            }
            Some(Err(_)) | None => self.broken(Refusal::Frame),
        }
    }

    /// The link is of no more use; what is held stays for the next.
    fn broken(&mut self, refusal: Refusal) {
        self.opener = None;
        self.output.pipe().refuse(refusal);
    }

    fn up(&mut self, up: Up) {
        let now = Instant::now();
        match up {
            Up::Request(Request::Limits(limits)) => self.limits(limits),
            Up::Request(Request::Ping { nonce }) => self.output.send(&Event::Pong { nonce }),
            Up::Request(Request::Edit { .. }) => self.broken(Refusal::Message),
            Up::Request(Request::Rules { generation, sources, disabled, kept }) => {
                let hash = TextHash::of_rules(&sources, &disabled);
                self.rules = Some(Rules { hash, sources, disabled });
                self.rules(generation, kept);
            }
            Up::RulesAgain { generation, hash } => {
                if self.rules.as_ref().is_some_and(|rules| rules.hash == hash) {
                    self.rules(generation, Vec::new());
                } else {
                    self.broken(Refusal::Message);
                }
            }
            Up::Request(Request::Open { doc, path, format, version, text, without }) => {
                let text = Zeroizing::new(text);
                match self.texts.open(doc, format, version, &text, now) {
                    Some(document) => self.put(|inbox| inbox.open(doc, path, document, without)),
                    None => self.refuse(doc, version),
                }
            }
            Up::Request(Request::Close { doc }) => {
                self.texts.close(doc);
                self.request(Request::Close { doc });
            }
            Up::Request(Request::Scan { job, bytes, .. }) if bytes.len() as u64 > self.terms.max_file => {
                drop(Zeroizing::new(bytes));
                self.refuse_file(job);
            }
            Up::Request(request) => self.request(request),
            Up::Edit { doc, base, base_hash, version, hash, edits } => {
                match self.texts.edit(doc, (base, base_hash), (version, hash), &edits, now) {
                    Edited::Made => self.request(Request::Edit { doc, base, version, edits }),
                    Edited::Refused => {
                        forget(edits);
                        self.request(Request::Close { doc });
                        self.refuse(doc, version);
                    }
                    Edited::Stale(held) => {
                        forget(edits);
                        self.stale(doc, held);
                    }
                }
            }
            Up::Again { doc, version, hash } => match self.texts.again(doc, version, hash, now) {
                Ok(base) => self.request(Request::Edit { doc, base, version, edits: Vec::new() }),
                Err(held) => self.stale(doc, held),
            },
        }
    }

    /// An editor begins from the beginning, be it the first or one that came back.
    fn limits(&mut self, asked: Limits) {
        let limits = Limits {
            interactive_ms: asked.interactive_ms.min(self.terms.max_interactive_ms),
            scan_ms: asked.scan_ms.min(self.terms.max_scan_ms),
            ..asked
        };
        if let Some(sealed) = &mut self.output.pipe().sealed {
            sealed.begin();
        }
        match &mut self.work {
            Work::NotBegun(analysis) => {
                if let Some(analysis) = analysis.take() {
                    let inbox = super::start(analysis, limits, &self.output);
                    self.work = Work::Begun { inbox, limits };
                }
            }
            Work::Begun { inbox, limits: in_force } if *in_force == limits => inbox.forget_files(),
            Work::Begun { .. } => {
                // Everything here was analysed under others: another worker will have to do.
                self.output.pipe().refuse(Refusal::Message);
                bad_front("other limits than the session began with");
            }
        }
    }

    fn rules(&mut self, generation: u64, kept: Vec<u8>) {
        if let Some(sealed) = &mut self.output.pipe().sealed {
            sealed.rules(generation);
        }
        // All documents are analysed again, but not these: who wants their findings has to open them.
        for (doc, version, hash) in self.texts.idle() {
            self.stale(doc, Some((version, hash)));
        }
        if let Some(Rules { sources, disabled, .. }) = &self.rules {
            let (sources, disabled) = (Arc::clone(sources), disabled.clone());
            self.request(Request::Rules { generation, sources, disabled, kept });
        }
    }

    fn stale(&mut self, doc: DocId, held: Option<(Version, TextHash)>) {
        self.counters.stale += 1;
        // A message of this size is sealed always.
        let _ = self.output.pipe().seal::<Event>(&Down::Stale { doc, held });
    }

    /// Says that a text is not taken.
    fn refuse(&self, doc: DocId, version: Version) {
        let (findings, hints, notes) = (Vec::new(), Vec::new(), vec![too_much()]);
        self.output.send(&Event::Findings { doc, version, findings, hints, notes, timing: Timing::default() });
    }

    fn refuse_file(&self, job: JobId) {
        let (findings, hints, notes) = (Vec::new(), Vec::new(), vec![too_much()]);
        let timing = Timing::default();
        self.output.send(&Event::Scanned { job, findings, hints, notes, cells: None, timing });
    }

    fn request(&mut self, request: Request) {
        self.put(|inbox| inbox.put(request));
    }

    /// Hands work to the analysis, once there is room for it. Before there are limits nothing may be asked.
    fn put(&mut self, put: impl FnOnce(&Inbox)) {
        match &self.work {
            Work::Begun { inbox, .. } => {
                inbox.wait_for_room(MAX_WAITING);
                put(inbox);
            }
            Work::NotBegun(_) => self.broken(Refusal::Message),
        }
    }

    fn tick(&mut self) {
        for doc in self.texts.sweep(Instant::now()) {
            self.request(Request::Close { doc });
        }
        let counters = Counters {
            documents: self.texts.held(),
            idle_documents: self.texts.idle().len() as u64,
            document_bytes: self.texts.bytes(),
            ..self.counters.clone()
        };
        self.output.pipe().counters(&counters);
    }
}

fn too_much() -> Note {
    Note {
        kind: NoteKind::TooLarge,
        span: None,
        rule_id: None,
        message: "over the engine's limits for one file or for all open files; not analysed".to_owned(),
    }
}

fn forget(edits: Vec<Edit>) {
    for edit in edits {
        drop(Zeroizing::new(edit.text));
    }
}

/// The next frame; `None` at the end of the input.
fn next_frame(input: &mut impl Read) -> Option<(Tag, Vec<u8>)> {
    let mut prefix = [0; 4];
    match input.read(&mut prefix[..1]) {
        Ok(0) => return None,
        Ok(_) => {}
        Err(error) => bad_front(&error.to_string()),
    }
    let mut tag = [0];
    let read = input.read_exact(&mut prefix[1..]).and_then(|()| input.read_exact(&mut tag));
    let len = match (read, framing::body_len(prefix, MAX_SEALED_FRAME + 1)) {
        (Ok(()), Ok(len @ 1..)) => len - 1,
        (Err(error), _) => bad_front(&error.to_string()),
        (_, Err(error)) => bad_front(&error.to_string()),
        (Ok(()), Ok(0)) => bad_front("a frame without a tag"),
    };
    let mut body = vec![0; len];
    if let Err(error) = input.read_exact(&mut body) {
        bad_front(&error.to_string());
    }
    match Tag::from_byte(tag[0]) {
        Some(tag) => Some((tag, body)),
        None => bad_front("a frame of an unknown kind"),
    }
}

fn bad_front(what: &str) -> ! {
    eprintln!("front: {what}");
    exit(BAD_PARENT)
}
