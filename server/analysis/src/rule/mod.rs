//! Rules: from the text of rule files to formulas over patterns and taint specifications.

pub(crate) mod analyzer;
pub(crate) mod comparison;
mod compile;
mod dispatch;
mod files;
pub(crate) mod formula;
mod options;
mod origin;
mod prefilter;
pub(crate) mod regex;
mod requires;
pub(crate) mod text;
mod threads;
mod yaml;

pub(crate) use compile::COMPATIBLE_WITH;
pub(crate) use formula::{
    Condition, Focus, Formula, FullName, Leaf, Node, PatternLeaf, Propagator, Requires, Sanitizer, SideEffect, Sink,
    SinkRequires, Source, TaintSpec, Test, Within,
};
pub(crate) use options::Options;
#[cfg(test)]
pub(crate) use options::WITHOUT_EFFECT as OPTIONS_WITHOUT_EFFECT;
pub(crate) use origin::Origin;
pub(crate) use prefilter::{Lack, Need};
pub(crate) use text::TextLeaf;

pub(crate) use files::Listed;
pub use files::RuleFiles;

use crate::analyze::Unit;
use crate::fix::FixTemplate;
use crate::paths::Paths;
use crate::suppress::Profiles;
use dispatch::Dispatch;
use files::{RuleFile, Workshop};
use foldhash::fast::RandomState;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use threads::Threads;
use weir_model::{RuleInfo, RuleProblem, RuleSource, Severity};
use weir_syntax::{Part, Symbol};

/// The rules in force.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// No two sets of one process have the same.
    number: u64,
    files: Vec<Arc<RuleFile>>,
    /// The rules that run, by the numbers of their file and of themselves in it.
    running: Vec<(usize, usize)>,
    dispatch: Dispatch,
    /// Every rule is tried on every file in its languages.
    tries_all: bool,
    workshop: Workshop,
    infos: Vec<RuleInfo>,
    problems: Vec<RuleProblem>,
    /// The names of the files.
    sources: Vec<String>,
    /// Rules were left out.
    lacks_some: bool,
    /// What marks in texts call the rules, once one is there.
    profiles: OnceLock<Profiles>,
}

/// A rule whose `min-version` or `max-version` keeps it from running: nobody is told unless he asks.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct OutOfRange {
    pub(crate) id: Arc<str>,
    /// Where the version stands in the file.
    pub(crate) origin: Origin,
}

/// One compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: Arc<str>,
    /// Where its id stands in its file.
    pub(crate) origin: Origin,
    /// With metavariables, to be filled in.
    pub(crate) message: String,
    pub(crate) severity: Severity,
    pub(crate) body: Body,
    pub(crate) fix: Option<FixTemplate>,
    pub(crate) paths: Paths,
    pub(crate) options: Options,
}

/// What a rule looks for.
#[derive(Debug)]
pub(crate) enum Body {
    /// `mode: search`.
    Search(Formula),
    /// `mode: taint`.
    Taint(TaintSpec),
}

impl RuleSet {
    /// Compiles rule files; see [`RuleFiles::rules`].
    pub fn compile(sources: &[RuleSource], disabled: &[Arc<str>]) -> Self {
        RuleFiles::default().rules(sources, disabled)
    }

    fn new(
        sources: &[RuleSource],
        files: Vec<Arc<RuleFile>>,
        disabled: &[Arc<str>],
        workshop: Workshop,
        threads: Threads,
    ) -> Self {
        static SETS: AtomicU64 = AtomicU64::new(1);
        let mut set = Self { number: SETS.fetch_add(1, Ordering::Relaxed), workshop, ..Self::default() };
        // The same rule in two files runs once, and is listed with both.
        let number = files.iter().map(|file| file.rules.len()).sum();
        let mut seen = HashSet::with_capacity_and_hasher(number, RandomState::default());
        for (number, (source, file)) in sources.iter().zip(&files).enumerate() {
            let named = |problem: &RuleProblem| RuleProblem { source: source.name.clone(), ..problem.clone() };
            set.problems.extend(file.problems.iter().map(named));
            for (at, rule) in file.rules.iter().enumerate() {
                let is_new = seen.insert(source.text.get(rule.span.range()).unwrap_or_default().trim_end());
                if disabled.contains(&rule.info.id) {
                    set.lacks_some = true;
                    continue;
                }
                set.infos.push(RuleInfo { source: source.name.clone(), ..rule.info.clone() });
                if is_new {
                    set.running.push((number, at));
                }
            }
        }
        set.sources = sources.iter().map(|source| source.name.clone()).collect();
        let running: Vec<&Listed> = set.running.iter().map(|&(file, at)| &files[file].rules[at]).collect();
        set.dispatch = Dispatch::new(&running, threads);
        set.files = files;
        set
    }

    /// What tells this set from all others of the process.
    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    /// The rules that run, in the order of the files.
    pub fn rules(&self) -> &[RuleInfo] {
        &self.infos
    }

    /// What is wrong with the others, and warnings about those that run.
    pub fn problems(&self) -> &[RuleProblem] {
        &self.problems
    }

    /// The same rules, each tried on every file: slower, and the oracle for what the prefilter leaves out.
    #[must_use]
    pub fn without_prefilter(mut self) -> Self {
        self.number = u64::MAX - self.number;
        self.tries_all = true;
        self
    }

    /// The rules that may find something in a part of a file, in the order of the files; `has` tells whether a name occurs in
    /// it. Those that are tried for the first time are compiled now.
    pub(crate) fn for_part(&self, part: &Part<'_>, has: &impl Fn(Symbol) -> bool) -> Vec<(u32, &Rule)> {
        let language = part.language;
        let numbers: Vec<u32> = if self.tries_all {
            (0..self.running.len() as u32).collect()
        } else {
            self.dispatch.candidates(language, has)
        };
        let listed = numbers.into_iter().map(|number| (number, self.listed(number)));
        let met =
            |(_, rule): &(u32, &Listed)| self.tries_all || rule.need(language).is_none_or(|need| need.is_met(has));
        let tried = listed.filter(|(_, rule)| rule.looks_at(part)).filter(met);
        tried.filter_map(|(number, rule)| Some((number, self.compiled(rule)?))).collect()
    }

    /// How many rules run: their numbers are below that.
    pub(crate) fn len(&self) -> usize {
        self.running.len()
    }

    /// The rules that run, each with its file's name.
    pub(crate) fn running(&self) -> impl Iterator<Item = (&str, &Listed)> {
        self.running.iter().map(|&(file, at)| (self.sources[file].as_str(), &self.files[file].rules[at]))
    }

    /// The rules for other versions, each with its file's name.
    pub(crate) fn out_of_range(&self) -> impl Iterator<Item = (&str, &OutOfRange)> {
        let files = self.sources.iter().zip(&self.files);
        files.flat_map(|(source, file)| file.out_of_range.iter().map(move |rule| (source.as_str(), rule)))
    }

    /// A rule, compiled if this is the first time that somebody wants it.
    pub(crate) fn compiled<'s>(&self, listed: &'s Listed) -> Option<&'s Rule> {
        listed.rule(&self.workshop)
    }

    /// Whether every rule of the files runs.
    pub(crate) fn is_whole(&self) -> bool {
        !self.lacks_some && self.problems.is_empty() && !self.running.is_empty()
    }

    /// Whether something is wrong with a rule of that name.
    pub(crate) fn is_problem(&self, id: &str) -> bool {
        let ids = self.problems.iter().filter_map(|problem| problem.rule_id.as_deref());
        ids.into_iter().any(|rule| crate::suppress::names(id, rule))
    }

    /// What marks in texts call the rules.
    pub(crate) fn profiles(&self) -> &Profiles {
        self.profiles.get_or_init(|| Profiles::new(self.running().map(|(_, listed)| &listed.info)))
    }

    /// The id of a rule.
    pub(crate) fn id(&self, number: u32) -> &str {
        &self.listed(number).info.id
    }

    /// Whether a rule looks at a text.
    pub(crate) fn looks_at(&self, number: u32, unit: &Unit<'_>, ignore_paths: bool) -> bool {
        let listed = self.listed(number);
        let admits = || ignore_paths || self.compiled(listed).is_some_and(|rule| rule.paths.admit(unit.path));
        unit.source.parts().iter().any(|part| listed.looks_at(part)) && admits()
    }

    fn listed(&self, number: u32) -> &Listed {
        let (file, at) = self.running[number as usize];
        &self.files[file].rules[at]
    }
}
