//! Rule files that are open: what a worker says of the text as it is typed takes the place of what is known of the file on disk,
//! and what its rules find is shown in their targets.
//!
//! Of each document one question is with a worker at most, and one run over its targets: who types faster is answered for the
//! newest text when the answer before it is there.

use super::MainLoop;
use crate::authoring::{self, RuleDocument, RuleDocuments, Trying};
use crate::engines::EngineId;
use crate::lsp::requests::command::Shown;
use crate::lsp::requests::{completion, rule_hover};
use crate::lsp::{from_proto, rule_marks, spelling, to_proto};
use crate::report::explanation::{self, Told};
use crate::report::text::Style;
use crate::session::OpenDocument;
use ropey::Rope;
use serde_json::Value;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use tokio::sync::oneshot;
use tower_lsp_server::ls_types::{
    CompletionParams, CompletionResponse, Diagnostic, Hover, HoverParams, MessageType, Position, Uri,
};
use weir_model::{
    Answer, DocId, Format, JobId, LineQuestion, Note, Question, RuleCursor, RuleFile, RuleHead, RuleMark, RuleMarkKind,
    RuleSource, Span, Version,
};

/// Files of scans, repairs that are tried and these share no number.
const FIRST: u64 = 1 << 48;

/// What workers were asked for who writes rules.
#[derive(Default)]
pub(super) struct Authoring {
    pub(super) documents: RuleDocuments,
    asked: HashMap<JobId, (EngineId, Asked)>,
    jobs: u64,
    pub(super) runs: u64,
}

pub(super) enum Asked {
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

pub(super) enum Reply {
    Completion(oneshot::Sender<Option<CompletionResponse>>),
    Hover(oneshot::Sender<Option<Hover>>),
}

/// A text that a question is about.
pub(super) struct Subject {
    pub(super) path: Arc<str>,
    pub(super) format: Format,
    pub(super) text: String,
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

    /// Whether what is to be said of an open rule file is not known yet.
    pub(super) fn awaits_rules(&self, id: DocId) -> bool {
        let Some((rules, open)) = self.authoring.documents.open.get(&id).zip(self.session.get(id)) else {
            return false;
        };
        rules.current(open).is_none()
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
        let Some(file) = rules.current(open) else { return Some(Vec::new()) };
        let mut marks = file.marks.clone();
        marks.extend(self.known_elsewhere(open, rules.engine, &file.rules));
        Some(rule_marks::marks(&self.session.client, open.document.text(), &marks))
    }

    /// Other rules are in force: what is said of open rule files may be another.
    pub(super) fn rules_in_force_changed(&mut self) {
        if self.session.client.pull {
            // It is told to ask again for all there is.
            return;
        }
        let docs: Vec<DocId> = self.authoring.documents.open.keys().copied().collect();
        for doc in docs {
            if !self.awaits_rules(doc) {
                self.show_again(doc);
            }
        }
    }

    /// That rules of other files that are in force have the same ids.
    fn known_elsewhere(&self, open: &OpenDocument, engine: EngineId, rules: &[RuleHead]) -> Vec<RuleMark> {
        let (Some(engine), Some(own)) = (self.engines.get(engine), &open.file) else { return Vec::new() };
        let is_own = |source: &Path| source == own || source.canonicalize().ok() == own.canonicalize().ok();
        let mark = |rule: &RuleHead| {
            let other = &engine.rules.get(rule.id.as_str())?.info.source;
            let message = format!("{other} has a rule of this id, too: findings name a rule by it alone");
            let is_there = !is_own(Path::new(other));
            is_there.then_some(RuleMark { span: rule.span, kind: RuleMarkKind::Hint, message })
        };
        rules.iter().filter_map(mark).collect()
    }

    /// What rules that are being written find in an open document, and which rules these are.
    pub(super) fn verdict_of(&self, id: DocId) -> Option<&authoring::Verdict> {
        let open = self.session.get(id)?;
        let (_, verdict) = self.authoring.documents.verdict(open.file.as_deref()?)?;
        (verdict.version == Some(open.document.version())).then_some(verdict)
    }

    pub(super) fn ask_author(
        &mut self,
        engine: EngineId,
        subject: Subject,
        question: Question,
        asked: Asked,
    ) -> Option<JobId> {
        let engines = &self.engines;
        // With its pool an answer is lost.
        self.authoring.asked.retain(|_, (engine, _)| engines.get(*engine).is_some());
        let pool = &engines.get(engine)?.pool;
        self.authoring.jobs += 1;
        let job = JobId(FIRST + self.authoring.jobs);
        pool.ask(job, subject.path, subject.format, subject.text.into_bytes(), question);
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
        let subject =
            Subject { path: Arc::clone(&open.path), format: Format::Text, text: open.document.text().to_string() };
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

    pub(super) fn nothing_to_show(&self) {
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
    pub(super) fn show_again(&mut self, doc: DocId) {
        let Some(open) = self.session.get(doc) else { return };
        if self.session.client.pull {
            self.refresh();
        } else {
            self.outbox.publish(open.uri.clone(), Some(open.client_version), self.diagnostics(&open.uri));
        }
    }

    // ---- requests

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
        let open = self.session.by_uri(self.whole_of(&place.text_document.uri))?;
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
        let subject = Subject { path: Arc::clone(&open.path), format: Format::Text, text: text.to_string() };
        self.ask_author(rules.engine, subject, Question::RuleCursor(at), Asked::Cursor(text, reply));
    }

    // ---- commands

    /// Shows why a rule (does not) report a line: of the rules in force, or of an open rule file.
    pub(super) fn explain_line(&mut self, uri: &str, rule: &str, line: u32, rules: Option<&str>) {
        let parsed = spelling::parse(uri);
        let Some(open) = parsed.and_then(|uri| self.session.by_uri(&uri)) else { return self.nothing_to_show() };
        let Some((_, engine)) = open.place else { return };
        let question = Question::Line(LineQuestion { rule_id: rule.into(), line });
        let written = rules.and_then(spelling::parse).and_then(|uri| self.session.by_uri(&uri));
        let question = match written {
            Some(rules) => {
                let source = RuleSource { name: rules.path.to_string(), text: rules.document.text().to_string() };
                Question::Of(source, Box::new(question))
            }
            None => question,
        };
        let text = open.document.text().clone();
        let path = Arc::clone(&open.path);
        let subject = Subject { path: Arc::clone(&path), format: open.document.format(), text: text.to_string() };
        self.ask_author(engine, subject, question, Asked::Line { path, text, line });
    }

    /// Shows the tree of the code at a range.
    pub(super) fn show_tree(&mut self, uri: &str, range: &Value) {
        let parsed = spelling::parse(uri);
        let Some(open) = parsed.and_then(|uri| self.session.by_uri(&uri)) else { return self.nothing_to_show() };
        let (Some((_, engine)), Ok(range)) = (open.place, serde_json::from_value(range.clone())) else { return };
        let text = open.document.text().clone();
        let span: Span = self.session.client.encoding.span(&text, from_proto::range(range));
        let path = Arc::clone(&open.path);
        let subject = Subject { path: Arc::clone(&path), format: open.document.format(), text: text.to_string() };
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
