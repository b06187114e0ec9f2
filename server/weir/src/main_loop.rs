//! The one owner of the session. Whatever happens arrives here as a [`Message`], in the order it happened.
//!
//! Handlers of the protocol run side by side; each one's first action is to send its message, before any await, so
//! changes are applied in the order they were typed. Requests carry where to answer and wait outside.

use crate::args::RuleArgs;
use crate::cli::notices::problem_line;
use crate::lsp::outbox::Outbox;
use crate::lsp::requests::{code_action, hover};
use crate::lsp::{Client, to_proto};
use crate::report::rule::Rule;
use crate::rules_cache::RulesCache;
use crate::rules_source;
use crate::session::Session;
use std::collections::HashMap;
use std::path::PathBuf;
use tokio::sync::{mpsc, oneshot};
use tower_lsp_server::ls_types::{
    CodeActionParams, CodeActionResponse, DidChangeTextDocumentParams, DidCloseTextDocumentParams,
    DidOpenTextDocumentParams, Hover, HoverParams, MessageType, Uri,
};
use weir_model::{DocId, Failure, Note, NoteKind, RuleInfo, RuleProblem};
use weir_worker::{Pool, Update};

/// What can happen.
pub(crate) enum Message {
    /// `initialize`: the client's abilities, its folders, and rules in place of the built-in ones.
    Initialize { client: Client, folders: Vec<PathBuf>, rules: Vec<PathBuf> },
    /// `initialized`: load the rules.
    Initialized,
    /// `workspace/didChangeWorkspaceFolders`
    Folders { added: Vec<PathBuf>, removed: Vec<PathBuf> },
    /// `textDocument/didOpen`
    Open(DidOpenTextDocumentParams),
    /// `textDocument/didChange`
    Change(DidChangeTextDocumentParams),
    /// `textDocument/didClose`
    Close(DidCloseTextDocumentParams),
    /// `textDocument/codeAction`
    CodeAction(CodeActionParams, oneshot::Sender<CodeActionResponse>),
    /// `textDocument/hover`
    Hover(HoverParams, oneshot::Sender<Option<Hover>>),
    /// `shutdown`: answered when the workers are gone.
    Shutdown(oneshot::Sender<()>),
    /// The workers said something.
    Worker(Update),
}

/// A request that waits until its document's findings are those of its text.
enum Waiting {
    CodeAction(CodeActionParams, oneshot::Sender<CodeActionResponse>),
    Hover(HoverParams, oneshot::Sender<Option<Hover>>),
}

/// The state of a running language server.
pub(crate) struct MainLoop {
    session: Session,
    pool: Pool,
    outbox: Outbox,
    rules: RuleArgs,
    /// Where what workers keep of the rules that are being loaded goes.
    rules_cache: Option<RulesCache>,
    generation: u64,
    waiting: HashMap<DocId, Vec<Waiting>>,
}

impl MainLoop {
    /// A server with nothing open. `rules`: from the command line.
    pub(crate) fn new(pool: Pool, outbox: Outbox, rules: RuleArgs) -> Self {
        Self { session: Session::new(), pool, outbox, rules, rules_cache: None, generation: 0, waiting: HashMap::new() }
    }

    /// Runs until `shutdown` or until every sender is gone.
    pub(crate) async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        while let Some(message) = messages.recv().await {
            if let Message::Shutdown(done) = message {
                self.pool.shutdown().await;
                let _ = done.send(());
                return;
            }
            self.handle(message);
        }
        self.pool.shutdown().await;
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Initialize { client, folders, rules } => {
                self.session.client = client;
                self.session.set_folders(folders);
                if !rules.is_empty() {
                    self.rules = RuleArgs { rules };
                }
            }
            Message::Initialized => self.load_rules(),
            Message::Folders { added, removed } => {
                let kept = self.session.folders().iter().filter(|folder| !removed.contains(folder)).cloned();
                let folders = kept.chain(added).collect();
                self.session.set_folders(folders);
            }
            Message::Open(params) => {
                let item = params.text_document;
                let open = self.session.open(item.uri, &item.language_id, item.version, &item.text);
                if open.document.language().is_some() {
                    self.pool.open(open.id, open.path.clone(), open.document.clone());
                }
            }
            Message::Change(params) => self.change(&params),
            Message::Close(params) => {
                if let Some(id) = self.session.close(&params.text_document.uri) {
                    self.pool.close(id);
                    self.waiting.remove(&id);
                    self.outbox.publish(params.text_document.uri, None, Vec::new());
                }
            }
            Message::CodeAction(params, answer) => {
                let uri = params.text_document.uri.clone();
                self.when_current(&uri, Waiting::CodeAction(params, answer));
            }
            Message::Hover(params, answer) => {
                let uri = params.text_document_position_params.text_document.uri.clone();
                self.when_current(&uri, Waiting::Hover(params, answer));
            }
            Message::Shutdown(_) => unreachable!("taken by the loop"),
            Message::Worker(update) => self.update(update),
        }
    }

    fn change(&mut self, params: &DidChangeTextDocumentParams) {
        let id = &params.text_document;
        let Some((open, base, edits)) = self.session.change(&id.uri, id.version, &params.content_changes) else {
            tracing::warn!("a change for a document that is not open was ignored");
            return;
        };
        if open.document.language().is_some() {
            self.pool.edit(open.id, base, open.document.clone(), edits);
        }
    }

    fn load_rules(&mut self) {
        self.generation += 1;
        self.outbox.begin_progress("Weir: loading rules", self.session.client.progress);
        let (sources, problems) = rules_source::load(&self.rules);
        for problem in problems {
            self.outbox.show(MessageType::ERROR, problem.to_string());
        }
        let cache = RulesCache::of(&sources);
        self.pool.rules(self.generation, sources, cache.read());
        self.rules_cache = Some(cache);
    }

    fn update(&mut self, update: Update) {
        match update {
            Update::Rules { generation, rules, problems, kept } => {
                if generation == self.generation {
                    if let Some(cache) = self.rules_cache.take() {
                        // Nobody waits for it.
                        tokio::task::spawn_blocking(move || cache.write(&kept));
                    }
                    self.rules_loaded(rules, &problems);
                }
            }
            Update::Findings { doc, version, findings, notes, .. } => {
                self.log_notes(doc, &notes);
                if self.session.take_findings(doc, version, findings, notes) {
                    self.publish(doc);
                    self.answer_waiting(doc);
                }
            }
            Update::RuleCutOff { rule_id } => {
                let text = format!(
                    "Weir stopped the rule {rule_id}: it took too long. It is off until rules are loaded again; all others run."
                );
                self.outbox.show(MessageType::WARNING, text);
            }
            Update::Failed { doc, failure, .. } => {
                let name = doc.and_then(|doc| self.session.get(doc)).map_or("a file".into(), |open| open.path.clone());
                self.outbox.log(MessageType::WARNING, format!("Weir has no findings for {name}: {failure}"));
                if let Some(doc) = doc {
                    self.answer_waiting(doc);
                }
            }
            Update::Restarted { failure } => log_restart(&self.outbox, &failure),
            Update::Scanned { .. } | Update::Explained { .. } => {}
        }
    }

    /// Logs what the analysis could not do, when that is new.
    fn log_notes(&self, doc: DocId, notes: &[Note]) {
        let Some(open) = self.session.get(doc) else { return };
        // A file under edit is broken half of the time; its editor's own language server says so.
        let new = notes.iter().filter(|note| note.kind != NoteKind::SyntaxError && !open.notes.contains(note));
        for note in new {
            let rule = note.rule_id.as_ref().map_or_else(String::new, |id| format!("{id}: "));
            self.outbox.log(MessageType::WARNING, format!("{}: {rule}{}", open.path, note.message));
        }
    }

    fn publish(&self, doc: DocId) {
        if let Some(open) = self.session.get(doc) {
            let diagnostics = to_proto::diagnostics(&self.session, open);
            self.outbox.publish(open.uri.clone(), Some(open.client_version), diagnostics);
        }
    }

    fn rules_loaded(&mut self, rules: Vec<RuleInfo>, problems: &[RuleProblem]) {
        let loaded = format!("{} rules", rules.len());
        self.session.rules = rules.into_iter().map(|rule| (rule.id.clone(), Rule::new(rule))).collect();
        self.outbox.end_progress(&loaded);
        for problem in problems {
            self.outbox
                .log(MessageType::WARNING, problem_line(problem, if problem.skipped { "skipped" } else { "error" }));
        }
        let broken = problems.iter().filter(|problem| !problem.skipped).count();
        if broken > 0 {
            let text =
                format!("Weir: {broken} problems in rule files; the other rules run. See the server's log for places.");
            self.outbox.show(MessageType::WARNING, text);
        }
        self.outbox.log(MessageType::INFO, format!("Weir loaded {loaded}"));
    }

    /// Answers at once if the findings are those of the text, else when they are there.
    fn when_current(&mut self, uri: &Uri, request: Waiting) {
        match self.session.by_uri(uri) {
            Some(open) if open.document.language().is_some() && !open.is_current() => {
                let id = open.id;
                self.waiting.entry(id).or_default().push(request);
            }
            _ => self.answer(request),
        }
    }

    fn answer_waiting(&mut self, doc: DocId) {
        for request in self.waiting.remove(&doc).unwrap_or_default() {
            self.answer(request);
        }
    }

    /// Whoever asked may be gone (cancelled): the answer is dropped then.
    fn answer(&self, request: Waiting) {
        match request {
            Waiting::CodeAction(params, answer) => {
                let _ = answer.send(code_action::actions(&self.session, &params));
            }
            Waiting::Hover(params, answer) => {
                let _ = answer.send(hover::hover(&self.session, &params));
            }
        }
    }
}

fn log_restart(outbox: &Outbox, failure: &Failure) {
    outbox.log(MessageType::WARNING, format!("Weir started its analysis process again: {failure}"));
}
