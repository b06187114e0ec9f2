//! Rule files as they were read: which rules they have, what is wrong, and each rule once it is first tried on a file.
//!
//! To say what is wrong with a rule, all of it is compiled when its file is first read. What is needed to list the rule and
//! to find out whether it may find something in a file is little and can be [kept](RuleFiles::keep); whoever has that need
//! not read the file again, and compiles a rule when the first file comes along in which it may find something.

use super::compile::Opened;
use super::regex::Regexes;
use super::threads::Threads;
use super::yaml::Yaml;
use super::{Need, OutOfRange, Rule, RuleSet, compile};
use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use weir_model::{Language, RuleInfo, RuleProblem, RuleSource, Span};
use weir_syntax::{Part, PatternParser};

/// Bytes of rule files beyond which those that are not in force are forgotten.
const MAX_FORGOTTEN: usize = 64 << 20;

/// A file with more rules than this is compiled by all threads together; of smaller ones each by one thread as it is read,
/// so that the YAML of few files is held at a time.
const MANY_RULES: usize = 16;

/// Rule files that were read, by their text.
#[derive(Debug, Default)]
pub struct RuleFiles {
    files: HashMap<Box<str>, Arc<RuleFile>, RandomState>,
    bytes: usize,
    workshop: Workshop,
    threads: Threads,
}

/// One rule file that was read. The file's name is left open: `source` is empty in all that it holds.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct RuleFile {
    pub(super) rules: Vec<Listed>,
    pub(super) problems: Vec<RuleProblem>,
    pub(super) out_of_range: Vec<OutOfRange>,
}

/// A rule that runs.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Listed {
    pub(crate) info: RuleInfo,
    pub(crate) languages: Vec<Language>,
    /// `languages: [regex]`: runs on every file, whatever its language.
    pub(crate) any_text: bool,
    /// What a file in one of the languages must hold.
    pub(super) needs: Vec<(Language, Need)>,
    /// Where in the file it stands.
    pub(super) span: Span,
    /// What is written there.
    yaml: Vec<u8>,
    /// What becomes of that. None for a rule that cannot be compiled; then it was not kept by this program.
    #[serde(skip)]
    rule: OnceLock<Option<Rule>>,
}

/// What parts of rules are parsed with; another thread needs others, which know the same.
#[derive(Default)]
pub(super) struct Parsers {
    pub(super) patterns: PatternParser,
    pub(super) regexes: Regexes,
}

impl Parsers {
    /// Those of another thread.
    pub(super) fn another(&self) -> Self {
        Self { patterns: self.patterns.another(), regexes: self.regexes.clone() }
    }
}

/// Where rules are compiled, whoever wants one.
#[derive(Clone, Default)]
pub(super) struct Workshop(Arc<Mutex<Parsers>>);

impl fmt::Debug for Workshop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Workshop")
    }
}

impl Workshop {
    /// Lends the parsers.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Parsers) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RuleFiles {
    /// Will read rules on so many threads, the calling one counted; each other gets a stack of so many bytes.
    pub fn with_threads(count: usize, stack: usize) -> Self {
        Self { threads: Threads { count, stack }, ..Self::default() }
    }

    /// The rules of some files: those that were not read yet are read. A rule that cannot run is left out and told of in
    /// [`problems`](RuleSet::problems); it never keeps others from running. Rules whose id is in `disabled` are left out
    /// without a word.
    pub fn rules(&mut self, sources: &[RuleSource], disabled: &[Arc<str>]) -> RuleSet {
        self.read(sources);
        let files: Vec<_> = sources.iter().map(|source| Arc::clone(&self.files[source.text.as_str()])).collect();
        if self.bytes > MAX_FORGOTTEN {
            self.files = sources.iter().zip(&files).map(|(source, file)| (text(source), Arc::clone(file))).collect();
            self.bytes = self.files.keys().map(|text| text.len()).sum();
        }
        RuleSet::new(sources, files, disabled, self.workshop.clone(), self.threads)
    }

    /// Whether all of these files were read.
    pub fn knows(&self, sources: &[RuleSource]) -> bool {
        sources.iter().all(|source| self.files.contains_key(source.text.as_str()))
    }

    /// What [`restore`](Self::restore) wants to be given, of files that were read.
    pub fn keep(&self, sources: &[RuleSource]) -> Vec<u8> {
        let files: Option<Vec<&RuleFile>> =
            sources.iter().map(|source| self.files.get(source.text.as_str()).map(|file| &**file)).collect();
        files.and_then(|files| postcard::to_allocvec(&files).ok()).unwrap_or_default()
    }

    /// Takes what was kept of the same files by the same program in place of reading them; whether it was that is the
    /// caller's to know. What cannot be read back is ignored.
    pub fn restore(&mut self, sources: &[RuleSource], kept: &[u8]) {
        let Ok(files) = postcard::from_bytes::<Vec<RuleFile>>(kept) else { return };
        if files.len() != sources.len() {
            return;
        }
        for (source, file) in sources.iter().zip(files) {
            if !self.files.contains_key(source.text.as_str()) {
                self.insert(text(source), Arc::new(file));
            }
        }
    }

    /// Reads those files that are not known yet.
    fn read(&mut self, sources: &[RuleSource]) {
        let mut met = HashSet::with_capacity_and_hasher(sources.len(), RandomState::default());
        let mut texts: Vec<&str> = sources.iter().map(|source| source.text.as_str()).collect();
        texts.retain(|&text| !self.files.contains_key(text) && met.insert(text));
        self.files.reserve(texts.len());
        let read = self.workshop.with(|own| self.threads.each(own, Parsers::another, &texts, open));
        let large = read.iter().filter_map(|(_, opened)| opened.as_ref());
        let parts: Vec<_> = large.flat_map(|opened| (0..opened.len()).map(move |part| (opened, part))).collect();
        let compile = |parsers: &mut Parsers, (opened, part): &(&Opened<'_>, usize)| {
            let mut file = RuleFile::default();
            opened.compile(*part, parsers, &mut file);
            file
        };
        let compiled = self.workshop.with(|own| self.threads.each(own, Parsers::another, &parts, compile));
        let mut compiled = compiled.into_iter();
        for (text, (mut file, opened)) in texts.into_iter().zip(read) {
            let parts = opened.map_or(0, |opened| opened.len());
            compiled.by_ref().take(parts).for_each(|part| file.append(part));
            self.insert(text.into(), Arc::new(file));
        }
    }

    fn insert(&mut self, text: Box<str>, file: Arc<RuleFile>) {
        self.bytes += text.len();
        self.files.insert(text, file);
    }
}

/// Reads a file; if it has few rules, compiles them, too.
fn open<'t>(parsers: &mut Parsers, text: &&'t str) -> (RuleFile, Option<Opened<'t>>) {
    let (opened, mut file) = (compile::open(text), RuleFile::default());
    if opened.len() > MANY_RULES {
        return (file, Some(opened));
    }
    (0..opened.len()).for_each(|part| opened.compile(part, parsers, &mut file));
    (file, None)
}

fn text(source: &RuleSource) -> Box<str> {
    source.text.as_str().into()
}

impl RuleFile {
    /// Adds what stands behind it in the file.
    fn append(&mut self, other: Self) {
        self.rules.extend(other.rules);
        self.problems.extend(other.problems);
        self.out_of_range.extend(other.out_of_range);
    }
}

impl Listed {
    /// A rule that was just compiled.
    pub(super) fn new(
        rule: Rule,
        yaml: &Yaml,
        info: RuleInfo,
        languages: Vec<Language>,
        any_text: bool,
        needs: Vec<(Language, Need)>,
    ) -> Self {
        let written = postcard::to_allocvec(yaml).unwrap_or_default();
        Self {
            info,
            languages,
            any_text,
            needs,
            span: yaml.place.span,
            yaml: written,
            rule: OnceLock::from(Some(rule)),
        }
    }

    /// Whether the rule looks at files in a language, or at texts in none.
    pub(crate) fn reads(&self, language: Option<Language>) -> bool {
        self.any_text || language.is_some_and(|language| self.languages.contains(&language))
    }

    /// Whether the rule looks at a part of a file. Rules for any text look at the whole, and not at programs in it as well.
    pub(crate) fn looks_at(&self, part: &Part<'_>) -> bool {
        self.reads(part.language) && (part.is_whole || !self.any_text)
    }

    /// What a file in a language must hold; `None`: nothing.
    pub(crate) fn need(&self, language: Option<Language>) -> Option<&Need> {
        self.needs.iter().find(|(of, _)| Some(*of) == language).map(|(_, need)| need)
    }

    /// The rule, compiled if this is the first time that somebody wants it.
    pub(super) fn rule(&self, workshop: &Workshop) -> Option<&Rule> {
        let compiled = self.rule.get_or_init(|| {
            let yaml: Yaml = postcard::from_bytes(&self.yaml).ok()?;
            workshop.with(|parsers| compile::again(&yaml, parsers))
        });
        compiled.as_ref()
    }
}
