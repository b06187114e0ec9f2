//! Rule files that are open in an editor: what a worker says of their text, and what their rules find in their targets.

mod run;

pub(crate) use run::{Finished, Remark, RemarkKind, Run, Score, TargetText, Verdict};

use crate::engines::EngineId;
use crate::session::OpenDocument;
use ropey::Rope;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use tokio::sync::oneshot;
use tower_lsp_server::ls_types::CodeLens;
use weir_model::{DocId, Format, JobId, RuleFile, Version};

/// Larger texts are no rule files that somebody writes by hand.
const MAX_BYTES: usize = 2_000_000;

/// One open rule file.
pub(crate) struct RuleDocument {
    /// Who is asked about it.
    pub(crate) engine: EngineId,
    /// What was said of which version of its text.
    pub(crate) read: Option<(Version, RuleFile)>,
    /// A worker is at it.
    pub(crate) reading: Option<JobId>,
    /// Its rules are being tried on their targets.
    pub(crate) trying: Trying,
    /// Something changed since that began.
    pub(crate) is_stale: bool,
    /// What came of the last run, and the version of the rules it was of.
    pub(crate) finished: Option<(Version, Finished)>,
    /// Its targets, as far as they are known.
    pub(crate) targets: Vec<PathBuf>,
    /// The rule whose result is to be said when the run is over.
    pub(crate) announce: Option<String>,
    /// Who waits for the result.
    pub(crate) waiting: Vec<oneshot::Sender<Option<Vec<CodeLens>>>>,
}

/// How far a run is.
pub(crate) enum Trying {
    Nothing,
    /// Targets are looked for and read, for the run of this number.
    Targets(u64),
    /// Workers have them.
    Run(Run),
}

/// All of them.
#[derive(Default)]
pub(crate) struct RuleDocuments {
    pub(crate) open: HashMap<DocId, RuleDocument>,
}

impl RuleDocuments {
    /// What the rules of open documents find in a file, with the document's number: of the first that has it as a target.
    pub(crate) fn verdict(&self, file: &Path) -> Option<(DocId, &Verdict)> {
        let finished = self.open.iter().filter_map(|(&doc, rules)| Some((doc, &rules.finished.as_ref()?.1)));
        finished.filter_map(|(doc, finished)| Some((doc, finished.verdicts.get(file)?))).min_by_key(|(doc, _)| *doc)
    }

    /// The documents whose rules are tried on a file.
    pub(crate) fn with_target(&self, file: &Path) -> Vec<DocId> {
        let has = |(_, rules): &(&DocId, &RuleDocument)| rules.targets.iter().any(|target| target == file);
        self.open.iter().filter(has).map(|(&doc, _)| doc).collect()
    }
}

impl RuleDocument {
    /// One of which nothing is known.
    pub(crate) fn new(engine: EngineId) -> Self {
        Self {
            engine,
            read: None,
            reading: None,
            trying: Trying::Nothing,
            is_stale: false,
            finished: None,
            targets: Vec::new(),
            announce: None,
            waiting: Vec::new(),
        }
    }

    /// Whether what its rules find in their targets is that of a version of its text, and of the targets as they are.
    pub(crate) fn is_tried(&self, version: Version) -> bool {
        let is_over = matches!(self.trying, Trying::Nothing) && !self.is_stale;
        is_over && self.finished.as_ref().is_some_and(|(of, _)| *of == version)
    }

    /// What was said of the text as it is now.
    pub(crate) fn current(&self, open: &OpenDocument) -> Option<&RuleFile> {
        self.read.as_ref().filter(|(version, _)| *version == open.document.version()).map(|(_, file)| file)
    }
}

/// Whether a document holds rules: it lies where rules are configured to be, or looks like it.
pub(crate) fn holds_rules<'p>(open: &OpenDocument, mut places: impl Iterator<Item = &'p Path>) -> bool {
    let name = open.file.as_deref().unwrap_or(Path::new(open.uri.path().as_str()));
    let extension = name.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    let is_json = extension == "json";
    if open.document.format() != Format::Text || open.document.len() > MAX_BYTES {
        return false;
    }
    if !is_json && !matches!(extension, "yaml" | "yml") && !open.is_yaml {
        return false;
    }
    let is_configured = open.file.as_deref().is_some_and(|file| {
        let real = file.canonicalize();
        let is_there = |place: &Path| {
            let place = place.canonicalize().unwrap_or_else(|_| place.to_owned());
            file.starts_with(&place) || real.as_ref().is_ok_and(|real| real.starts_with(&place))
        };
        let is_rule_file = crate::rules_source::is_rule_file(file);
        places.any(|place| if place.is_dir() { is_rule_file && is_there(place) } else { is_there(place) })
    });
    is_configured || looks_like_rules(open.document.text(), is_json)
}

/// Whether a text has a list of rules at its top, and among its words one that rules have.
fn looks_like_rules(text: &Rope, is_json: bool) -> bool {
    let has = |word: &str| {
        text.lines()
            .any(|line| line.as_str().map_or_else(|| line.to_string().contains(word), |line| line.contains(word)))
    };
    if is_json {
        return has("\"rules\"") && has("\"languages\"");
    }
    let starts = |line: ropey::RopeSlice<'_>| line.chars().take(6).eq("rules:".chars());
    text.lines().any(starts) && ["languages:", "pattern", "match:", "taint:"].iter().any(|word| has(word))
}
