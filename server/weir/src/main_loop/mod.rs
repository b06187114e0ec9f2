//! The one owner of the session. Whatever happens arrives here as a [`Message`], in the order it happened.
//!
//! Handlers of the protocol run side by side; each one's first action is to send its message, before any await, so
//! changes are applied in the order they were typed. Requests carry where to answer and wait outside. Files are read
//! elsewhere, too: nothing that waits for a disk or for the client happens here.

mod answers;
mod commands;
mod configure;
mod files;
mod marks;
mod notebooks;
mod remote;
mod results;
mod rule_documents;
mod rule_runs;
mod trying;

use crate::authoring::TargetText;
use crate::changed::Base;
use crate::config::Layer;
use crate::engines::{EngineId, Engines};
use crate::lsp::outbox::Outbox;
use crate::lsp::requests::code_action;
use crate::lsp::requests::command::Shown;
use crate::lsp::watch::Watch;
use crate::lsp::{Client, InitialOptions};
use crate::notebooks::{Change, Notebooks};
use crate::project::{ProjectId, Projects};
use crate::project_marks::ProjectMarks;
use crate::remote::choice::Choice;
use crate::remote::{EngineUrl, Notice, Team};
use crate::rules_source::RulesError;
use crate::session::{Session, file_of, format_of};
use crate::shared_baseline::{ChangeError, Changed};
use crate::walk::{Refusal, Target};
use crate::workspace::Workspace;
use answers::{Waiting, WorkspacePull};
use rule_documents::Authoring;
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionParams, CodeActionResponse, CodeLens, CompletionParams, CompletionResponse, Diagnostic,
    DidChangeTextDocumentParams, DidOpenTextDocumentParams, DocumentDiagnosticParams, DocumentDiagnosticReport,
    ExecuteCommandParams, Hover, HoverParams, MessageType, ProgressToken, Uri, WorkspaceDiagnosticParams,
    WorkspaceDiagnosticReport,
};
use trying::Trying;
use weir_model::{DocId, Format, JobId, RuleSource};
use weir_worker::Update;

/// What can happen.
pub(crate) enum Message {
    /// `initialize`: the client's abilities, its folders and what it wants.
    Initialize { client: Client, folders: Vec<PathBuf>, options: InitialOptions },
    /// `initialized`: the client takes requests from here on.
    Initialized,
    /// `workspace/didChangeWorkspaceFolders`
    Folders { added: Vec<PathBuf>, removed: Vec<PathBuf> },
    /// `workspace/didChangeConfiguration`, with what the client says changed.
    Settings(Value),
    /// The answer to `workspace/configuration`, one for each folder that was asked about; none if there was no answer in time.
    Configured(Vec<(Option<PathBuf>, Value)>),
    /// `workspace/didChangeWatchedFiles`, `textDocument/didSave`, or what Weir watches itself.
    Changed(Vec<PathBuf>),
    /// `textDocument/didOpen`
    Open(DidOpenTextDocumentParams),
    /// `textDocument/didChange`
    Change(DidChangeTextDocumentParams),
    /// `textDocument/didClose`
    Close(Uri),
    /// `notebookDocument/*`
    Notebook(Change),
    /// `textDocument/codeAction`
    CodeAction(CodeActionParams, oneshot::Sender<CodeActionResponse>),
    /// `codeAction/resolve`
    Resolve(CodeAction, oneshot::Sender<CodeAction>),
    /// `workspace/textDocumentContent`
    Content(Uri, oneshot::Sender<Option<String>>),
    /// `workspace/executeCommand`: one of ours.
    Command(ExecuteCommandParams),
    /// `textDocument/completion`
    Completion(CompletionParams, oneshot::Sender<Option<CompletionResponse>>),
    /// `textDocument/codeLens`
    CodeLens(Uri, oneshot::Sender<Option<Vec<CodeLens>>>),
    /// `textDocument/hover`
    Hover(HoverParams, oneshot::Sender<Option<Hover>>),
    /// `textDocument/diagnostic`
    Pull(DocumentDiagnosticParams, oneshot::Sender<DocumentDiagnosticReport>),
    /// `workspace/diagnostic`
    WorkspacePull(WorkspaceDiagnosticParams, oneshot::Sender<WorkspaceDiagnosticReport>),
    /// `window/workDoneProgress/cancel`
    CancelProgress(ProgressToken),
    /// `shutdown`: answered when the workers are gone.
    Shutdown(oneshot::Sender<()>),
    /// The rule files of a pool were read.
    RulesRead { engine: EngineId, sources: Arc<[RuleSource]>, unreadable: Vec<RulesError> },
    /// A folder of the workspace was walked for the scan of this number.
    Walked { epoch: u64, folder: PathBuf, targets: Vec<Target> },
    /// A file or folder that changed on disk was looked at: what is to be scanned of it, if anything.
    Looked { path: PathBuf, is_folder: bool, targets: Vec<Target> },
    /// The targets of an open rule file were read, for the run of this number.
    TargetsRead { doc: DocId, run: u64, targets: Vec<TargetText> },
    /// A file of the workspace was read.
    Read { job: JobId, bytes: Result<Vec<u8>, Refusal>, base: Option<Base> },
    /// What a document was in the commit that is compared with.
    Base { doc: DocId, base: Base },
    /// The files of a project that list what to ignore were read.
    MarksRead { project: ProjectId, marks: ProjectMarks },
    /// A baseline was written, or was not.
    BaselineWritten(PathBuf, Result<Changed, ChangeError>),
    /// Workers said something.
    Worker(EngineId, Update),
    /// There is something to tell about a remote engine.
    Remote(EngineUrl, Notice),
}

impl Message {
    /// Whether it is answered by what is known of a rule file, if the document is one.
    fn is_about_rules(&self) -> bool {
        matches!(self, Self::Completion(..) | Self::CodeLens(..) | Self::Hover(..) | Self::Pull(..))
    }
}

/// The state of a running language server.
pub(crate) struct MainLoop {
    session: Session,
    notebooks: Notebooks,
    projects: Projects,
    engines: Engines,
    /// What teams have agreed on in the engines that analyse, as it was told last.
    teams: HashMap<EngineUrl, Team>,
    workspace: Workspace,
    outbox: Outbox,
    messages: mpsc::WeakUnboundedSender<Message>,
    /// The workspace's folders, as the client names them.
    folders: Vec<PathBuf>,
    /// `initializationOptions`, then what the client said of each folder since.
    options: Layer,
    settings: HashMap<Option<PathBuf>, Layer>,
    /// Whether the configuration is known; before that nothing is analysed.
    is_configured: bool,
    /// Requests about documents of which it depends on that what they are.
    early: Vec<Message>,
    watch: Watch,
    /// What is wrong with rule files and configuration, by file.
    problems: BTreeMap<PathBuf, Vec<Diagnostic>>,
    waiting: HashMap<DocId, Vec<Waiting>>,
    /// Requests that wait for answers of workers.
    trying: Trying,
    /// Rule files that are open.
    authoring: Authoring,
    /// What was made to be shown.
    shown: Shown,
    pulls: Vec<WorkspacePull>,
}

impl MainLoop {
    /// A server with nothing open. `rules`: from the command line. `messages`: where to send what is found out elsewhere.
    pub(crate) fn new(
        outbox: Outbox,
        rules: Vec<PathBuf>,
        choice: Choice,
        messages: mpsc::WeakUnboundedSender<Message>,
    ) -> Self {
        Self {
            session: Session::new(),
            notebooks: Notebooks::default(),
            projects: Projects::new(rules),
            engines: Engines::new(choice, messages.clone()),
            teams: HashMap::new(),
            workspace: Workspace::default(),
            watch: Watch::new(messages.clone()),
            outbox,
            messages,
            folders: Vec::new(),
            options: Layer::default(),
            settings: HashMap::new(),
            is_configured: false,
            early: Vec::new(),
            problems: BTreeMap::new(),
            waiting: HashMap::new(),
            trying: Trying::default(),
            authoring: Authoring::default(),
            shown: Shown::default(),
            pulls: Vec::new(),
        }
    }

    /// Runs until `shutdown` or until every sender is gone.
    pub(crate) async fn run(mut self, mut messages: mpsc::UnboundedReceiver<Message>) {
        while let Some(message) = messages.recv().await {
            if let Message::Shutdown(done) = message {
                self.engines.shutdown().await;
                let _ = done.send(());
                return;
            }
            self.handle(message);
        }
        self.engines.shutdown().await;
    }

    fn handle(&mut self, message: Message) {
        if !self.is_configured && message.is_about_rules() {
            return self.early.push(message);
        }
        match message {
            Message::Initialize { client, folders, options } => {
                self.session.client = client;
                self.folders = folders;
                self.take_options(options);
            }
            Message::Initialized => {
                if let Some(reason) = self.engines.unknown_login() {
                    let text = format!("Weir: {reason}. Analysis goes on on this machine");
                    self.outbox.show(MessageType::WARNING, text);
                }
                self.ask_configuration();
            }
            Message::Folders { added, removed } => {
                self.folders.retain(|folder| !removed.contains(folder));
                self.folders.extend(added);
                self.ask_configuration();
            }
            Message::Settings(value) => self.settings_changed(&value),
            Message::Configured(answers) => self.configured(answers),
            Message::Changed(paths) => self.changed(&paths),
            Message::Open(params) => self.open(params),
            Message::Change(params) => self.change(&params),
            Message::Close(uri) => self.close(&uri),
            Message::Notebook(change) => self.notebook(change),
            Message::CodeAction(params, answer) => {
                let uri = params.text_document.uri.clone();
                self.when_current(&uri, Waiting::CodeAction(params, answer));
            }
            Message::Resolve(action, answer) => {
                let uri = code_action::document_of(&action).and_then(|uri| uri.parse::<Uri>().ok());
                match uri {
                    Some(uri) => self.when_current(&uri, Waiting::Resolve(Box::new(action), answer)),
                    None => drop(answer.send(action)),
                }
            }
            Message::Content(uri, answer) => drop(answer.send(self.shown.content(&uri))),
            Message::Command(params) => self.command(&params),
            Message::Completion(params, answer) => self.completion(&params, answer),
            Message::CodeLens(uri, answer) => match self.session.by_uri(self.whole_of(&uri)) {
                Some(open) if open.document.format() != Format::Text => {
                    self.when_current(&uri, Waiting::Lenses(uri.clone(), answer));
                }
                _ => self.code_lenses(&uri, answer),
            },
            Message::TargetsRead { doc, run, targets } => self.targets_read(doc, run, targets),
            Message::Hover(params, answer) => {
                let Some(answer) = self.rule_hover(&params, answer) else { return };
                let uri = params.text_document_position_params.text_document.uri.clone();
                self.when_current(&uri, Waiting::Hover(params, answer));
            }
            Message::Pull(params, answer) => {
                let uri = params.text_document.uri.clone();
                self.when_current(&uri, Waiting::Pull(params, answer));
            }
            Message::WorkspacePull(params, answer) => self.pull_workspace(params, answer),
            Message::CancelProgress(token) => self.cancel_progress(&token),
            Message::Shutdown(_) => unreachable!("taken by the loop"),
            Message::RulesRead { engine, sources, unreadable } => self.rules_read(engine, sources, unreadable),
            Message::Walked { epoch, folder, targets } => self.walked(epoch, &folder, targets),
            Message::Looked { path, is_folder, targets } => self.looked(&path, is_folder, targets),
            Message::Read { job, bytes, base } => self.read(job, bytes, base),
            Message::Base { doc, base } => self.take_base(doc, base),
            Message::BaselineWritten(path, written) => self.baseline_written(&path, written),
            Message::MarksRead { project, marks } => self.marks_read(project, marks),
            Message::Worker(engine, update) => self.update(engine, update),
            Message::Remote(url, notice) => self.remote(&url, notice),
        }
    }

    fn open(&mut self, params: DidOpenTextDocumentParams) {
        let format = format_of(&params.text_document.uri, &params.text_document.language_id);
        self.open_as(params, format);
    }

    fn open_as(&mut self, params: DidOpenTextDocumentParams, format: Format) {
        let id = self.session.open(params.text_document, format);
        if let Some(file) = self.session.get(id).and_then(|open| open.file.clone()) {
            // What is typed counts from here on, not what is on disk.
            self.workspace.files.remove(&file);
        }
        if self.is_configured {
            self.place(id);
        }
    }

    /// Finds the project and the workers of a document, and hands it to them.
    fn place(&mut self, id: DocId) {
        let Some(open) = self.session.get_mut(id) else { return };
        let (options, settings) = (&self.options, &self.settings);
        let layer = |folder: Option<&std::path::Path>| configure::layer(options, settings, folder);
        let project = self.projects.of_file(open.file.as_deref(), layer, &mut self.engines);
        if let Some(file) = open.file.as_deref() {
            open.path = project.relative(file);
        }
        let before = open.place.replace((project.id, project.engine)).map(|(_, engine)| engine);
        open.analyzed = None;
        if let Some((commit, file)) = project.commit.clone().zip(open.file.clone()) {
            let messages = self.messages.clone();
            tokio::task::spawn_blocking(move || {
                let base = commit.base(&file);
                if let Some(messages) = messages.upgrade() {
                    let _ = messages.send(Message::Base { doc: id, base });
                }
            });
        }
        if let Some(engine) = before.filter(|&before| before != project.engine).and_then(|id| self.engines.get(id)) {
            engine.pool.close(id);
        }
        if let Some(engine) = self.engines.get(project.engine) {
            engine.pool.open(id, Arc::clone(&open.path), open.document.clone());
        }
        self.look_for_rules(id);
    }

    /// It is known what a document was: what differs is shown.
    fn take_base(&mut self, id: DocId, base: Base) {
        let Some(open) = self.session.get_mut(id) else { return };
        open.base = Some(base);
        if open.is_current() {
            self.show(id);
            self.publish(id);
            self.refresh();
        }
    }

    fn change(&mut self, params: &DidChangeTextDocumentParams) {
        let id = &params.text_document;
        let Some((open, base, edits)) = self.session.change(&id.uri, id.version, &params.content_changes) else {
            tracing::warn!("a change for a document that is not open was ignored");
            return;
        };
        if let Some(engine) = open.place.and_then(|(_, engine)| self.engines.get(engine)) {
            engine.pool.edit(open.id, base, open.document.clone(), edits);
        }
        let id = open.id;
        self.look_for_rules(id);
    }

    fn close(&mut self, uri: &Uri) {
        let Some(open) = self.session.close(uri) else { return };
        if let Some(engine) = open.place.and_then(|(_, engine)| self.engines.get(engine)) {
            engine.pool.close(open.id);
        }
        self.waiting.remove(&open.id);
        self.forget_rules(open.id, open.file.as_deref());
        let pushed = !self.session.client.pull;
        if pushed {
            self.outbox.publish(uri.clone(), None, self.diagnostics(uri));
        }
        // From here on the file is what is on disk, which may be something else than what was typed.
        if let Some(file) = file_of(uri) {
            self.look_at(&[file]);
        }
    }
}
