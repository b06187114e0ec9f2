//! Rules: from the text of rule files to formulas over patterns and taint specifications.

pub(crate) mod analyzer;
pub(crate) mod comparison;
mod compile;
pub(crate) mod formula;
mod options;
mod origin;
mod prefilter;
pub(crate) mod regex;
mod requires;
mod yaml;

pub(crate) use compile::COMPATIBLE_WITH;
pub(crate) use formula::{
    Condition, Focus, Formula, FullName, Leaf, Node, PatternLeaf, Propagator, Requires, Sanitizer, SideEffect, Sink,
    SinkRequires, Source, TaintSpec, Test, Within,
};
pub(crate) use options::Options;
pub(crate) use origin::Origin;
pub(crate) use prefilter::{Lack, Need};

use crate::fix::FixTemplate;
use crate::paths::Paths;
use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use weir_model::{Language, RuleInfo, RuleProblem, RuleSource, Severity};
use weir_syntax::Symbol;

/// Compiled rules.
#[derive(Debug, Default)]
pub struct RuleSet {
    /// No two sets of one process have the same.
    number: u64,
    pub(crate) rules: Vec<Rule>,
    infos: Vec<RuleInfo>,
    problems: Vec<RuleProblem>,
    /// Rules for other versions: they do not run, and nobody is told unless he asks.
    pub(crate) out_of_range: Vec<OutOfRange>,
}

/// A rule whose `min-version` or `max-version` keeps it from running.
#[derive(Debug)]
pub(crate) struct OutOfRange {
    pub(crate) id: Arc<str>,
    /// The rule file's name.
    pub(crate) source: String,
    /// Where the version stands in it.
    pub(crate) origin: Origin,
}

/// One compiled rule.
#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) id: Arc<str>,
    /// The file it came from.
    pub(crate) source: String,
    /// Where its id stands in that.
    pub(crate) origin: Origin,
    /// With metavariables, to be filled in.
    pub(crate) message: String,
    pub(crate) severity: Severity,
    pub(crate) languages: Vec<Language>,
    /// `languages: [regex]`: runs on every file, whatever its language.
    pub(crate) any_text: bool,
    pub(crate) body: Body,
    /// What a file in one of the languages must hold.
    pub(crate) needs: Vec<(Language, Need)>,
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

impl Rule {
    /// Whether the rule reads files in a language, and may find something in one with these names.
    pub(crate) fn applies(&self, language: Option<Language>, has: &impl Fn(Symbol) -> bool) -> bool {
        let need = self.needs.iter().find(|(of, _)| Some(*of) == language);
        self.reads(language) && need.is_none_or(|(_, need)| need.is_met(has))
    }

    /// Whether the rule reads files in a language at all.
    pub(crate) fn reads(&self, language: Option<Language>) -> bool {
        self.any_text || language.is_some_and(|language| self.languages.contains(&language))
    }
}

impl RuleSet {
    /// Compiles rule files. A rule that cannot run is left out and told of in [`problems`](Self::problems); it never
    /// keeps others from running. Rules whose id is in `disabled` are left out without a word.
    pub fn compile(sources: &[RuleSource], disabled: &[Arc<str>]) -> Self {
        static SETS: AtomicU64 = AtomicU64::new(1);
        let mut set = Self { number: SETS.fetch_add(1, Ordering::Relaxed), ..Self::default() };
        let mut seen = HashSet::new();
        for source in sources {
            compile::file(source, disabled, &mut seen, &mut set);
        }
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
        self.rules.iter_mut().for_each(|rule| rule.needs.clear());
        self
    }

    fn add(&mut self, rule: Option<Rule>, info: RuleInfo) {
        self.rules.extend(rule);
        self.infos.push(info);
    }
}
