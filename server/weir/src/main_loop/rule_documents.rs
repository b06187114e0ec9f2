//! Rule files that are open: what a worker says of the text as it is typed takes the place of what is known of the file on disk,
//! and what its rules find is shown in their targets.
//!
//! Of each document one question is with a worker at most, and one run over its targets: who types faster is answered for the
//! newest text when the answer before it is there.

use super::{MainLoop, Message};
use crate::authoring::{self, RuleDocument, RuleDocuments, Run, TargetText, Trying};
use crate::engines::EngineId;
use crate::lsp::requests::command::Shown;
use crate::lsp::requests::{code_lens, completion, rule_hover};
use crate::lsp::rule_marks;
use crate::lsp::{from_proto, to_proto};
use crate::report::explanation::{self, Told};
use crate::report::text::Style;
use crate::rule_tests::discover;
use crate::walk;
use ropey::Rope;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;
use tower_lsp_server::ls_types::{
    CodeLens, CompletionParams, CompletionResponse, Diagnostic, Hover, HoverParams, MessageType, Position, Uri,
};
use weir_model::{
    Answer, DocId, JobId, Language, LineQuestion, Note, Question, RuleCursor, RuleFile, RuleSource, Span, Version,
};

/// Files of scans, repairs that are tried and these share no number.
const FIRST: u64 = 1 << 48;

/// A rule file with more targets is tried on the first of them.
const MAX_TARGETS: usize = 100;

/// What workers were asked for who writes rules.
#[derive(Default)]
pub(super) struct Authoring {
    pub(super) documents: RuleDocuments,
    asked: HashMap<JobId, (EngineId, Asked)>,
    jobs: u64,
    runs: u64,
}

enum Asked {
    /// What is to be said of a rule file.
    File(DocId, Version),
    /// What stands, or can stand, at one place of it.
    Cursor(Rope, Reply),
    /// What its rules find in a target, for the run of this number.
    Target(DocId, u64),
    /// Why a rule (does not) report a line.
    Line { path: Arc<str>, text: Rope, line: u32 },
    /// What code looks like to a pattern.
    Shape { path: Arc<str>, text: Rope },
}

enum Reply {
    Completion(oneshot::Sender<Option<CompletionResponse>>),
    Hover(oneshot::Sender<Option<Hover>>),
}

/// A text that a question is about.
struct Subject {
    path: Arc<str>,
    language: Option<Language>,
    text: String,
}

impl MainLoop {
    /// Whether a number is one of these.
    pub(super) fn is_authoring(job: JobId) -> bool {
        job.0 > FIRST
    }

    /// A document was opened or changed, or others analyse it now: if it holds rules, they are looked at; if it is a target, rules
    /// are tried on it.
    pub(super) fn look_for_rules(&mut self, id: DocId) {
        let Some(open) = self.session.get(id) else { return };
        let Some(engine) = open.place.and_then(|(_, engine)| self.engines.get(engine)) else { return };
        let holds = authoring::holds_rules(open, engine.places());
        let (engine, file) = (engine.id, open.file.clone());
        if holds {
            let known = self.authoring.documents.open.remove(&id).filter(|rules| rules.engine == engine);
            let mut rules = known.unwrap_or_else(|| RuleDocument::new(engine));
            rules.is_stale = true;
            self.authoring.documents.open.insert(id, rules);
            self.read_rules_of(id);
        } else if self.authoring.documents.open.remove(&id).is_some() {
            self.show_again(id);
        }
        self.try_on(file.as_deref());
    }

    /// A document was closed.
    pub(super) fn forget_rules(&mut self, id: DocId, file: Option<&Path>) {
        if let Some(rules) = self.authoring.documents.open.remove(&id) {
            // From here on what is wrong with the file on disk counts, and of its targets nothing is said any more.
            self.problems_changed();
            for target in rules.targets {
                if let Some(open) = self.session.by_file(&target).map(|open| open.id) {
                    self.show_again(open);
                }
            }
        }
        self.try_on(file);
    }

    /// Tries the rules again that have a file as a target.
    fn try_on(&mut self, file: Option<&Path>) {
        let docs = file.map(|file| self.authoring.documents.with_target(file)).unwrap_or_default();
        for doc in docs {
            self.try_rules(doc);
        }
    }

    /// Files changed on disk: those beside a rule file may be its targets.
    pub(super) fn targets_changed(&mut self, paths: &[PathBuf]) {
        let mut docs: Vec<DocId> = paths.iter().flat_map(|path| self.authoring.documents.with_target(path)).collect();
        for &doc in self.authoring.documents.open.keys() {
            let file = self.session.get(doc).and_then(|open| open.file.as_deref());
            let folder = file.and_then(Path::parent);
            if folder.is_some() && paths.iter().any(|path| path.parent() == folder && Some(path.as_path()) != file) {
                docs.push(doc);
            }
        }
        docs.sort_unstable();
        docs.dedup();
        for doc in docs {
            self.try_rules(doc);
        }
    }

    /// Whether what is to be said of an open rule file is not known yet.
    pub(super) fn awaits_rules(&self, id: DocId) -> bool {
        let Some((rules, open)) = self.authoring.documents.open.get(&id).zip(self.session.get(id)) else {
            return false;
        };
        rules.current(open).is_none()
    }

    /// Whether a run is under way whose end will show a document again.
    pub(super) fn awaits_run(&self, id: DocId) -> bool {
        let file = self.session.get(id).and_then(|open| open.file.as_deref());
        let of = file.map(|file| self.authoring.documents.with_target(file)).unwrap_or_default();
        of.iter().any(|doc| {
            let rules = self.authoring.documents.open.get(doc);
            rules.is_some_and(|rules| rules.is_stale || !matches!(rules.trying, Trying::Nothing))
        })
    }

    /// Whether a file is an open rule document: what is on disk does not count.
    pub(super) fn is_open_rule_file(&self, file: &Path) -> bool {
        self.authoring.documents.open.keys().any(|&doc| {
            let own = self.session.get(doc).and_then(|open| open.file.as_deref());
            own.is_some_and(|own| own == file || own.canonicalize().is_ok_and(|own| own == file))
        })
    }

    /// What is to be said of an open rule file; `None` if it is none.
    pub(super) fn rule_diagnostics(&self, id: DocId) -> Option<Vec<Diagnostic>> {
        let (rules, open) = self.authoring.documents.open.get(&id).zip(self.session.get(id))?;
        let marks = rules.current(open).map(|file| file.marks.as_slice()).unwrap_or_default();
        Some(rule_marks::marks(&self.session.client, open.document.text(), marks))
    }

    /// What rules that are being written find in an open document, and which rules these are.
    pub(super) fn verdict_of(&self, id: DocId) -> Option<&authoring::Verdict> {
        let open = self.session.get(id)?;
        let (_, verdict) = self.authoring.documents.verdict(open.file.as_deref()?)?;
        (verdict.version == Some(open.document.version())).then_some(verdict)
    }

    fn ask_author(&mut self, engine: EngineId, subject: Subject, question: Question, asked: Asked) -> Option<JobId> {
        let engines = &self.engines;
        // With its pool an answer is lost.
        self.authoring.asked.retain(|_, (engine, _)| engines.get(*engine).is_some());
        let pool = &engines.get(engine)?.pool;
        self.authoring.jobs += 1;
        let job = JobId(FIRST + self.authoring.jobs);
        pool.ask(job, subject.path, subject.language, subject.text.into_bytes(), question);
        self.authoring.asked.insert(job, (engine, asked));
        Some(job)
    }

    /// Has a rule file read, unless that is under way.
    fn read_rules_of(&mut self, id: DocId) {
        let Some((rules, open)) = self.authoring.documents.open.get(&id).zip(self.session.get(id)) else { return };
        if rules.reading.is_some() {
            return;
        }
        let (engine, version) = (rules.engine, open.document.version());
        let subject = Subject { path: Arc::clone(&open.path), language: None, text: open.document.text().to_string() };
        let reading = self.ask_author(engine, subject, Question::RuleFile, Asked::File(id, version));
        if let Some(rules) = self.authoring.documents.open.get_mut(&id) {
            rules.reading = reading;
        }
    }

    /// A worker has answered, or never will.
    pub(super) fn authored(&mut self, job: JobId, answer: Option<Answer>, notes: Vec<Note>) {
        let Some((_, asked)) = self.authoring.asked.remove(&job) else { return };
        match asked {
            Asked::File(doc, version) => {
                let file = if let Some(Answer::RuleFile(file)) = answer { file } else { RuleFile::default() };
                self.rules_of_read(doc, job, version, file);
            }
            Asked::Cursor(text, reply) => {
                let cursor = if let Some(Answer::RuleCursor(cursor)) = answer { cursor } else { RuleCursor::default() };
                let client = &self.session.client;
                match reply {
                    Reply::Completion(reply) => drop(reply.send(completion::response(client, &text, cursor))),
                    Reply::Hover(reply) => drop(reply.send(rule_hover::hover(client, &text, cursor.hover))),
                }
            }
            Asked::Target(doc, run) => {
                let findings = if let Some(Answer::Findings(findings)) = answer { Some(findings) } else { None };
                let Some(rules) = self.authoring.documents.open.get_mut(&doc) else { return };
                let Trying::Run(at_work) = &mut rules.trying else { return };
                if at_work.number == run
                    && let Some(target) = at_work.waiting.remove(&job)
                {
                    at_work.done.push((target, findings));
                    self.finish_run(doc);
                }
            }
            Asked::Line { path, text, line } => {
                let Some(Answer::Line(explanations)) = answer else { return self.nothing_to_show() };
                if explanations.is_empty() {
                    return self.nothing_to_show();
                }
                let told = Told { path: &path, text: &text, line, left_out: None, explanations, notes };
                let mut page = Vec::new();
                // Writing to memory does not fail.
                let _ = explanation::text(&told, Style { colour: false, width: None }, &mut page);
                self.show_page("explanation.txt", &String::from_utf8_lossy(&page));
            }
            Asked::Shape { path, text } => {
                let Some(Answer::Shape(Some(shape))) = answer else { return self.nothing_to_show() };
                self.show_page("tree.txt", &Shown::tree(&path, &text, &shape));
            }
        }
    }

    fn nothing_to_show(&self) {
        self.outbox.show(MessageType::INFO, "Weir: there is nothing to show here".to_owned());
    }

    fn show_page(&mut self, name: &str, text: &str) {
        match self.shown.text(name, text) {
            Ok(document) => self.outbox.show_document(document),
            Err(error) => self.outbox.show(MessageType::ERROR, format!("Weir: cannot show it: {error}")),
        }
    }

    fn rules_of_read(&mut self, doc: DocId, job: JobId, version: Version, file: RuleFile) {
        let Some(rules) = self.authoring.documents.open.get_mut(&doc).filter(|rules| rules.reading == Some(job)) else {
            return;
        };
        rules.reading = None;
        rules.read = Some((version, file));
        if self.session.get(doc).is_some_and(|open| open.document.version() != version) {
            return self.read_rules_of(doc);
        }
        // A client that asks has asked, and waits.
        if !self.session.client.pull {
            self.show_again(doc);
        }
        self.answer_waiting(doc);
        self.try_rules(doc);
    }

    /// Tells the client what there is to say of an open document now.
    fn show_again(&mut self, doc: DocId) {
        let Some(open) = self.session.get(doc) else { return };
        if self.session.client.pull {
            self.refresh();
        } else {
            self.outbox.publish(open.uri.clone(), Some(open.client_version), self.diagnostics(&open.uri));
        }
    }

    // ---- runs

    /// Tries the rules of a document on their targets; when what is under way is over, if something is.
    fn try_rules(&mut self, doc: DocId) {
        let Some((rules, open)) = self.authoring.documents.open.get_mut(&doc).zip(self.session.get(doc)) else {
            return;
        };
        rules.is_stale = true;
        if !matches!(rules.trying, Trying::Nothing) || rules.current(open).is_none() {
            return;
        }
        rules.is_stale = false;
        self.authoring.runs += 1;
        let run = self.authoring.runs;
        rules.trying = Trying::Targets(run);
        let (file, messages) = (open.file.clone(), self.messages.clone());
        tokio::task::spawn_blocking(move || {
            let mut targets = file.map(|file| discover::targets(&file)).unwrap_or_default();
            targets.truncate(MAX_TARGETS);
            let read =
                |file: &Path| std::fs::read(file).ok().map(|bytes| Arc::<str>::from(String::from_utf8_lossy(&bytes)));
            let targets = targets.into_iter().map(|target| TargetText {
                text: read(&target.file),
                version: None,
                fixed: target.fixed.as_deref().and_then(read),
                file: target.file,
            });
            let targets = targets.collect();
            if let Some(messages) = messages.upgrade() {
                let _ = messages.send(Message::TargetsRead { doc, run, targets });
            }
        });
    }

    /// The targets of a document were read; of those that are open, what is typed counts.
    pub(super) fn targets_read(&mut self, doc: DocId, run: u64, targets: Vec<TargetText>) {
        let Some((rules, open)) = self.authoring.documents.open.get_mut(&doc).zip(self.session.get(doc)) else {
            return;
        };
        if !matches!(rules.trying, Trying::Targets(number) if number == run) {
            return;
        }
        rules.targets = targets.iter().map(|target| target.file.clone()).collect();
        let Some(file) = rules.current(open) else {
            // It was changed meanwhile: once it is read again, its targets are.
            rules.trying = Trying::Nothing;
            rules.is_stale = true;
            return;
        };
        let mut at_work = Run {
            number: run,
            version: open.document.version(),
            rules: file.rules.clone(),
            waiting: HashMap::new(),
            done: Vec::new(),
        };
        let engine = rules.engine;
        let name = open.file.as_deref().map(|file| file.display().to_string()).unwrap_or_default();
        let source = RuleSource { name, text: open.document.text().to_string() };
        for mut target in targets {
            if let Some(open) = self.session.by_file(&target.file) {
                target.text = Some(open.document.text().to_string().into());
                target.version = Some(open.document.version());
            }
            let Some(text) = target.text.clone() else {
                at_work.done.push((target, None));
                continue;
            };
            let subject = Subject {
                path: target.file.to_string_lossy().into(),
                language: walk::language_of(&target.file),
                text: text.to_string(),
            };
            let question = Question::Of(source.clone(), Box::new(Question::Findings));
            match self.ask_author(engine, subject, question, Asked::Target(doc, run)) {
                Some(job) => drop(at_work.waiting.insert(job, target)),
                None => at_work.done.push((target, None)),
            }
        }
        if let Some(rules) = self.authoring.documents.open.get_mut(&doc) {
            rules.trying = Trying::Run(at_work);
        }
        self.finish_run(doc);
    }

    /// Shows what came of a run, if it is over.
    fn finish_run(&mut self, doc: DocId) {
        let Some(rules) = self.authoring.documents.open.get_mut(&doc) else { return };
        let run = match std::mem::replace(&mut rules.trying, Trying::Nothing) {
            Trying::Run(run) if run.is_over() => run,
            other => return rules.trying = other,
        };
        let version = run.version;
        let finished = run.finish();
        let before = rules.finished.replace((version, finished)).map(|(_, before)| before);
        let Some((_, finished)) = &rules.finished else { return };
        let scores_changed = before.as_ref().is_none_or(|before| before.scores != finished.scores);
        let targets: Vec<PathBuf> = finished.verdicts.keys().cloned().collect();
        let changed = before.is_none_or(|before| before.verdicts != finished.verdicts);
        let is_stale = rules.is_stale;
        if let Some(rule) = rules.announce.take_if(|_| !is_stale) {
            let said = code_lens::summary(&rule, finished);
            self.outbox.show(MessageType::INFO, format!("Weir: {said}"));
        }
        if self.session.client.pull {
            if changed {
                self.refresh();
            }
        } else {
            for target in targets {
                if let Some(open) = self.session.by_file(&target).map(|open| open.id) {
                    self.show_again(open);
                }
            }
        }
        if is_stale {
            return self.try_rules(doc);
        }
        self.answer_lenses(doc);
        if scores_changed && self.session.client.refreshes_lenses {
            self.outbox.refresh_lenses();
        }
    }

    // ---- requests

    /// Answers with the lenses of a rule file, once its rules were tried.
    pub(super) fn code_lenses(&mut self, uri: &Uri, answer: oneshot::Sender<Option<Vec<CodeLens>>>) {
        let open = self.session.by_uri(uri).filter(|open| open.file.is_some());
        let rules = open.and_then(|open| self.authoring.documents.open.get_mut(&open.id));
        let (Some(open), Some(rules)) = (open, rules) else { return drop(answer.send(None)) };
        rules.waiting.push(answer);
        let id = open.id;
        if rules.is_tried(open.document.version()) {
            self.answer_lenses(id);
        }
    }

    fn answer_lenses(&mut self, doc: DocId) {
        let Some((rules, open)) = self.authoring.documents.open.get_mut(&doc).zip(self.session.get(doc)) else {
            return;
        };
        let (Some((_, file)), Some((_, finished))) = (&rules.read, &rules.finished) else { return };
        let lenses = code_lens::lenses(&self.session.client, open, file, finished, &rules.targets);
        for answer in rules.waiting.drain(..) {
            let _ = answer.send(Some(lenses.clone()));
        }
    }

    pub(super) fn completion(
        &mut self,
        params: &CompletionParams,
        answer: oneshot::Sender<Option<CompletionResponse>>,
    ) {
        let place = &params.text_document_position;
        self.ask_cursor(&place.text_document.uri, place.position, Reply::Completion(answer));
    }

    /// Hover in a rule file; gives the request back if the document is none.
    pub(super) fn rule_hover(
        &mut self,
        params: &HoverParams,
        answer: oneshot::Sender<Option<Hover>>,
    ) -> Option<oneshot::Sender<Option<Hover>>> {
        let place = &params.text_document_position_params;
        let open = self.session.by_uri(&place.text_document.uri)?;
        if !self.authoring.documents.open.contains_key(&open.id) {
            return Some(answer);
        }
        self.ask_cursor(&place.text_document.uri, place.position, Reply::Hover(answer));
        None
    }

    fn ask_cursor(&mut self, uri: &Uri, position: Position, reply: Reply) {
        let open = self.session.by_uri(uri);
        let found = open.and_then(|open| Some((open, self.authoring.documents.open.get(&open.id)?)));
        let Some((open, rules)) = found else {
            return match reply {
                Reply::Completion(answer) => drop(answer.send(None)),
                Reply::Hover(answer) => drop(answer.send(None)),
            };
        };
        let text = open.document.text().clone();
        let at = self.session.client.encoding.offset(&text, from_proto::position(position));
        let subject = Subject { path: Arc::clone(&open.path), language: None, text: text.to_string() };
        self.ask_author(rules.engine, subject, Question::RuleCursor(at), Asked::Cursor(text, reply));
    }

    // ---- commands

    /// Runs the tests of a rule file and says how one of its rules does.
    pub(super) fn test_rules(&mut self, uri: &str, rule: &str) {
        let open = uri.parse::<Uri>().ok().and_then(|uri| self.session.by_uri(&uri)).map(|open| open.id);
        let Some(id) = open else { return self.nothing_to_show() };
        let Some(rules) = self.authoring.documents.open.get_mut(&id) else { return self.nothing_to_show() };
        rules.announce = Some(rule.to_owned());
        self.try_rules(id);
    }

    /// Shows why a rule (does not) report a line: of the rules in force, or of an open rule file.
    pub(super) fn explain_line(&mut self, uri: &str, rule: &str, line: u32, rules: Option<&str>) {
        let parsed = uri.parse::<Uri>().ok();
        let Some(open) = parsed.and_then(|uri| self.session.by_uri(&uri)) else { return self.nothing_to_show() };
        let Some((_, engine)) = open.place else { return };
        let question = Question::Line(LineQuestion { rule_id: rule.into(), line });
        let written = rules.and_then(|uri| uri.parse::<Uri>().ok()).and_then(|uri| self.session.by_uri(&uri));
        let question = match written {
            Some(rules) => {
                let source = RuleSource { name: rules.path.to_string(), text: rules.document.text().to_string() };
                Question::Of(source, Box::new(question))
            }
            None => question,
        };
        let text = open.document.text().clone();
        let path = Arc::clone(&open.path);
        let subject = Subject { path: Arc::clone(&path), language: open.document.language(), text: text.to_string() };
        self.ask_author(engine, subject, question, Asked::Line { path, text, line });
    }

    /// Shows the tree of the code at a range.
    pub(super) fn show_tree(&mut self, uri: &str, range: &Value) {
        let parsed = uri.parse::<Uri>().ok();
        let Some(open) = parsed.and_then(|uri| self.session.by_uri(&uri)) else { return self.nothing_to_show() };
        let (Some((_, engine)), Ok(range)) = (open.place, serde_json::from_value(range.clone())) else { return };
        let text = open.document.text().clone();
        let span: Span = self.session.client.encoding.span(&text, from_proto::range(range));
        let path = Arc::clone(&open.path);
        let subject = Subject { path: Arc::clone(&path), language: open.document.language(), text: text.to_string() };
        self.ask_author(engine, subject, Question::Shape(span), Asked::Shape { path, text });
    }

    /// The rules of open rule files that read a document, with the files' addresses.
    pub(super) fn rules_at_hand(&self) -> Vec<(String, Uri)> {
        let mut at_hand: Vec<(String, Uri)> = Vec::new();
        for (&doc, rules) in &self.authoring.documents.open {
            let Some((open, (_, file))) = self.session.get(doc).zip(rules.read.as_ref()) else { continue };
            at_hand.extend(file.rules.iter().map(|rule| (rule.id.clone(), open.uri.clone())));
        }
        at_hand.sort_by(|(a, _), (b, _)| a.cmp(b));
        at_hand
    }
}

/// The diagnostics of a target: what rules in force find, but for those that are being written, and what these find.
pub(super) fn of_target(
    view: &crate::lsp::view::View<'_>,
    open: &crate::session::OpenDocument,
    verdict: Option<&authoring::Verdict>,
) -> Vec<Diagnostic> {
    let is_live = |rule: &str| verdict.is_some_and(|verdict| verdict.rules.contains(rule));
    let in_force = open.visible().filter(|(finding, _)| !is_live(&finding.rule_id));
    let mut diagnostics = to_proto::diagnostics(view, in_force);
    if let Some(verdict) = verdict {
        diagnostics.extend(rule_marks::remarks(view.client, view.text, &verdict.remarks));
    }
    diagnostics
}
