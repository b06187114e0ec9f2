//! `workspace/executeCommand`: what shows something, mostly for clients that show documents when they are asked to, and what is written
//! to the baseline, which is no document that the editor has.

use crate::engines::Rules;
use crate::lsp::gate::SCHEME;
use crate::lsp::spelling;
use crate::lsp::to_proto;
use crate::lsp::view::View;
use crate::project::Project;
use crate::report::rule::cwe_page;
use crate::report::text::{self, Style};
use crate::report::{FileReport, Report};
use ropey::Rope;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fs, io};
use tempfile::TempDir;
use tower_lsp_server::ls_types::{
    CodeAction, CodeActionDisabled, CodeActionKind, Command, ExecuteCommandParams, Position, Range, ShowDocumentParams,
    Uri,
};
use weir_model::{Finding, Shape};

/// Shows the file of a rule: `[rule id, uri of a document it reports in]`.
pub(crate) const OPEN_RULE: &str = "weir.openRule";
/// Shows a web page: `[address]`.
pub(crate) const OPEN_PAGE: &str = "weir.openPage";
/// Shows the path of a finding drawn into the code, or as a message: `[uri, fingerprint, rule id]`.
pub(crate) const SHOW_PATH: &str = "weir.showPath";

/// Runs the tests of a rule file, says how one of its rules does: `[uri, rule id]`.
pub(crate) const TEST_RULES: &str = "weir.testRules";
/// Shows a target of a rule: `[path]`.
pub(crate) const OPEN_TARGET: &str = "weir.openTarget";
/// Shows the tree of the code at a range: `[uri, range]`.
pub(crate) const SHOW_TREE: &str = "weir.showTree";
/// Shows why a rule does or does not report a line: `[uri, rule id, line, uri of the open rule file it is of, if it is]`.
pub(crate) const EXPLAIN_LINE: &str = "weir.explainLine";
/// Adds a finding to the project's baseline: `[uri, fingerprint, rule id]`.
pub(crate) const ADD_TO_BASELINE: &str = "weir.addToBaseline";

/// All commands there are, with what each takes.
const ALL: [(&str, &[Argument]); 8] = [
    (OPEN_RULE, &[Argument::Text, Argument::Address]),
    (OPEN_PAGE, &[Argument::Address]),
    (SHOW_PATH, &[Argument::Address, Argument::Text, Argument::Text]),
    (ADD_TO_BASELINE, &[Argument::Address, Argument::Text, Argument::Text]),
    (TEST_RULES, &[Argument::Address, Argument::Text]),
    (OPEN_TARGET, &[Argument::Text]),
    (SHOW_TREE, &[Argument::Address, Argument::Range]),
    (EXPLAIN_LINE, &[Argument::Address, Argument::Text, Argument::Line, Argument::AddressOrNone]),
];

/// What a command may be given.
#[derive(Clone, Copy)]
enum Argument {
    Text,
    Address,
    AddressOrNone,
    Line,
    Range,
}

impl Argument {
    fn fits(self, value: &Value) -> bool {
        let is_address = || value.as_str().and_then(spelling::parse).is_some();
        match self {
            Self::Text => value.is_string(),
            Self::Address => is_address(),
            Self::AddressOrNone => value.is_null() || is_address(),
            Self::Line => value.as_u64().is_some_and(|line| u32::try_from(line).is_ok()),
            Self::Range => serde_json::from_value::<Range>(value.clone()).is_ok(),
        }
    }
}

/// The names of all commands.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    ALL.iter().map(|(name, _)| *name)
}

/// Whether there is such a command and it can be run with this; else what is wrong.
pub(crate) fn check(params: &ExecuteCommandParams) -> Result<(), String> {
    let Some((name, takes)) = ALL.iter().find(|(name, _)| *name == params.command) else {
        return Err(format!("there is no command {}", params.command));
    };
    let fits = |at: usize| takes[at].fits(params.arguments.get(at).unwrap_or(&Value::Null));
    match (0..takes.len()).find(|&at| !fits(at)) {
        Some(wrong) => Err(format!("{name}: argument {} is missing or not what it should be", wrong + 1)),
        None => Ok(()),
    }
}

/// Why nothing is added to a baseline that there is not.
pub(crate) const NO_BASELINE: &str = "only what is in a project can be in its baseline";

/// What can be done and shown about a finding. What cannot be done is shown with the reason to who asks.
pub(crate) fn actions(view: &View<'_>, project: &Project, finding: &Finding, is_asked_for: bool) -> Vec<CodeAction> {
    let (uri, rule_id) = (view.uri.as_str(), &*finding.rule_id);
    let arguments = vec![json!(uri), json!(finding.fingerprint), json!(rule_id)];
    let mut actions = Vec::new();
    let add = action(format!("Add {rule_id} here to the baseline"), ADD_TO_BASELINE, arguments.clone());
    if project.baseline_file().is_some() {
        actions.push(add);
    } else if is_asked_for && view.client.shows_disabled {
        let disabled = Some(CodeActionDisabled { reason: NO_BASELINE.to_owned() });
        actions.push(CodeAction { disabled, command: None, ..add });
    }
    if !view.client.shows_documents {
        return actions;
    }
    if finding.trace.is_some() {
        actions.push(action(format!("Show the path of {rule_id}"), SHOW_PATH, arguments));
    }
    if let Some(rule) = view.rules.get(rule_id) {
        actions.push(action(format!("Open the rule {rule_id}"), OPEN_RULE, vec![json!(rule_id), json!(uri)]));
        let pages = rule.cwe().into_iter().filter_map(|cwe| Some((cwe_page(&cwe)?, cwe)));
        actions.extend(pages.map(|(page, cwe)| {
            let number = cwe.split(':').next().unwrap_or(&cwe).to_owned();
            action(format!("Read about {number}"), OPEN_PAGE, vec![json!(page)])
        }));
    }
    actions
}

fn action(title: String, command: &str, arguments: Vec<Value>) -> CodeAction {
    CodeAction {
        command: Some(Command { title: title.clone(), command: command.to_owned(), arguments: Some(arguments) }),
        title,
        kind: Some(CodeActionKind::QUICKFIX),
        ..CodeAction::default()
    }
}

/// Documents that are made to be shown: the client asks for their texts if it can, else they are files, which go with the server.
#[derive(Default)]
pub(crate) struct Shown {
    folder: Option<TempDir>,
    texts: HashMap<Uri, String>,
}

impl Shown {
    /// The text of a document that only Weir has.
    pub(crate) fn content(&self, uri: &Uri) -> Option<String> {
        self.texts.get(uri).cloned()
    }

    /// A page, in a browser.
    pub(crate) fn page(address: &str) -> Option<ShowDocumentParams> {
        let is_page = address.starts_with("https://") || address.starts_with("http://");
        let uri = is_page.then(|| address.parse().ok())??;
        Some(ShowDocumentParams { uri, external: Some(true), take_focus: Some(true), selection: None })
    }

    /// The file of a rule, at its id. What is built in is written out first.
    pub(crate) fn rule(
        &mut self,
        rules: &Rules,
        source: Option<&str>,
        rule_id: &str,
    ) -> io::Result<Option<ShowDocumentParams>> {
        let Some((rule, text)) = rules.get(rule_id).zip(source) else { return Ok(None) };
        let name = Path::new(&rule.info.source);
        let file = if name.is_file() { name.canonicalize()? } else { self.write(name, text)? };
        let line = text.lines().position(|line| {
            let value = line.trim_start().trim_start_matches("- ").strip_prefix("id:");
            value.is_some_and(|id| id.trim().trim_matches(['"', '\'']) == rule_id)
        });
        Ok(Some(document(&file, line.unwrap_or(0) as u32)))
    }

    /// The path of a finding, drawn into the code.
    pub(crate) fn path(
        &mut self,
        view: &View<'_>,
        path: &Arc<str>,
        finding: &Finding,
    ) -> io::Result<ShowDocumentParams> {
        let mut rules = BTreeMap::new();
        if let Some(rule) = view.rules.get(&finding.rule_id) {
            rules.insert(Arc::clone(&finding.rule_id), rule.clone());
        }
        let file = FileReport {
            file: PathBuf::new(),
            path: Arc::clone(path),
            text: view.text.clone(),
            cells: view.notebook.map(|notebook| notebook.as_cells(view.text)),
            findings: vec![finding.clone()],
        };
        let report = Report { rules, files: vec![file], ..Report::default() };
        let mut drawn = Vec::new();
        text::write(&report, Style { colour: false, width: None }, &mut drawn)?;
        let mut drawn = String::from_utf8_lossy(&drawn).into_owned();
        drawn.push_str(&steps(view, path, finding));
        let name = format!("{}-{}.txt", finding.rule_id, finding.fingerprint);
        let address = format!("{SCHEME}:/path/{name}").parse::<Uri>().ok();
        match address.filter(|_| view.client.shows_virtual) {
            Some(uri) => {
                self.texts.insert(uri.clone(), drawn);
                Ok(ShowDocumentParams { uri, external: None, take_focus: Some(true), selection: None })
            }
            None => Ok(document(&self.write(Path::new(&name), &drawn)?, 0)),
        }
    }

    /// The path of a finding for clients that show no documents, as a message.
    pub(crate) fn path_message(view: &View<'_>, path: &str, finding: &Finding) -> String {
        format!("Weir: the path of {}\n{}", finding.rule_id, steps(view, path, finding).trim_end())
    }

    /// A file of the person's own.
    pub(crate) fn file(path: &str) -> Option<ShowDocumentParams> {
        let file = Path::new(path);
        file.is_file().then(|| document(file, 0))
    }

    /// A text that was made to be read.
    pub(crate) fn text(&mut self, name: &str, text: &str) -> io::Result<ShowDocumentParams> {
        Ok(document(&self.write(Path::new(name), text)?, 0))
    }

    /// The page about the tree of a piece of code.
    pub(crate) fn tree(path: &str, text: &Rope, shape: &Shape) -> String {
        let end = (shape.span.end as usize).min(text.len_bytes());
        let start = (shape.span.start as usize).min(end);
        let line = text.byte_to_line(start);
        // The whole first line, so that the piece keeps its indentation.
        let code = text.byte_slice(text.line_to_byte(line)..end).to_string();
        format!(
            "{path}:{} ({})\n\n{}\n\nThe tree as patterns see it: what each part is to the one around it, its kind and its name; then a\n\
             pattern that finds its like. $A, $B and so on stand for any code, ... for any number of arguments or\nstatements.\n\n{}",
            line + 1,
            shape.language,
            code.trim_end(),
            shape.tree,
        )
    }

    fn write(&mut self, name: &Path, text: &str) -> io::Result<PathBuf> {
        let folder = match &mut self.folder {
            Some(folder) => folder,
            none => none.insert(private_folder()?),
        };
        let file = folder.path().join(name.file_name().unwrap_or(name.as_os_str()));
        fs::write(&file, text)?;
        Ok(file)
    }
}

/// A folder for code that nobody else on this machine is to read.
fn private_folder() -> io::Result<tempfile::TempDir> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("weir-");
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o700));
    builder.tempdir()
}

/// The steps one by one, in a form that editors make links of.
fn steps(view: &View<'_>, path: &str, finding: &Finding) -> String {
    let mut out = String::new();
    for (at, step) in finding.trace.iter().flat_map(|trace| &trace.steps).enumerate() {
        let place = to_proto::range(view.client, view.text, step.span).start;
        let line = line_of(view.text, place.line);
        let cell = view.notebook.and_then(|notebook| notebook.line(place.line));
        let (cell, line_number) = match cell {
            Some((cell, line)) => (format!(" (cell {cell})"), line),
            None => (String::new(), place.line + 1),
        };
        let column = place.character + 1;
        out += &format!("{}. {path}{cell}:{line_number}:{column}: {}\n   {line}\n", at + 1, to_proto::step(step.kind));
    }
    out
}

fn line_of(text: &Rope, line: u32) -> String {
    text.get_line(line as usize).map_or_else(String::new, |line| line.to_string().trim().to_owned())
}

fn document(file: &Path, line: u32) -> ShowDocumentParams {
    let at = Position { line, character: 0 };
    let uri = Uri::from_file_path(file).unwrap_or_else(|| "file:///".parse().expect("a constant address"));
    ShowDocumentParams { uri, external: None, take_focus: Some(true), selection: Some(Range { start: at, end: at }) }
}
