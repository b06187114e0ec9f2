//! The rules of open rule files, tried on their targets: after every change of either, one run at a time. What comes of it is
//! shown in targets that are open and above the rules.

use super::rule_documents::{Asked, Subject};
use super::{MainLoop, Message};
use crate::authoring::{Run, TargetText, Trying};
use crate::lsp::requests::code_lens;
use crate::lsp::spelling;
use crate::rule_tests::discover;
use crate::walk;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::oneshot;
use tower_lsp_server::ls_types::{CodeLens, MessageType, Uri};
use weir_model::{DocId, Question, RuleSource};

/// A rule file with more targets is tried on the first of them.
const MAX_TARGETS: usize = 100;

impl MainLoop {
    /// Tries the rules again that have a file as a target.
    pub(super) fn try_on(&mut self, file: Option<&Path>) {
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

    /// Whether a run is under way whose end will show a document again.
    pub(super) fn awaits_run(&self, id: DocId) -> bool {
        let file = self.session.get(id).and_then(|open| open.file.as_deref());
        let of = file.map(|file| self.authoring.documents.with_target(file)).unwrap_or_default();
        of.iter().any(|doc| {
            let rules = self.authoring.documents.open.get(doc);
            rules.is_some_and(|rules| rules.is_stale || !matches!(rules.trying, Trying::Nothing))
        })
    }

    /// Tries the rules of a document on their targets; when what is under way is over, if something is.
    pub(super) fn try_rules(&mut self, doc: DocId) {
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
                format: walk::format_of(&target.file),
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
    pub(super) fn finish_run(&mut self, doc: DocId) {
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
        if scores_changed {
            self.refresh_lenses();
        }
    }

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

    /// Runs the tests of a rule file and says how one of its rules does.
    pub(super) fn test_rules(&mut self, uri: &str, rule: &str) {
        let open = spelling::parse(uri).and_then(|uri| self.session.by_uri(&uri)).map(|open| open.id);
        let Some(id) = open else { return self.nothing_to_show() };
        let Some(rules) = self.authoring.documents.open.get_mut(&id) else { return self.nothing_to_show() };
        rules.announce = Some(rule.to_owned());
        self.try_rules(id);
    }
}
