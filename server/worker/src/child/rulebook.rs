//! The rules in force, and the same without a few for a text in which those looped.

use super::analysis::{Analysis, Compiled};
use super::inbox::RulesWork;
use std::sync::Arc;
use weir_model::RuleSource;

/// The rules in force.
pub(super) struct Rulebook<R> {
    sources: Arc<[RuleSource]>,
    disabled: Vec<Arc<str>>,
    all: R,
    /// The last smaller set that was asked for: typing into one such document asks for it again and again.
    smaller: Option<(Vec<Arc<str>>, R)>,
}

impl<R> Rulebook<R> {
    /// Compiles rules; gives what to say about them as well.
    pub(super) fn new<A: Analysis<Rules = R>>(analysis: &A, work: RulesWork) -> (Self, Compiled<()>) {
        let RulesWork { sources, disabled, kept, .. } = work;
        let Compiled { rules, infos, problems, kept } = analysis.compile(&sources, &disabled, &kept);
        (Self { sources, disabled, all: rules, smaller: None }, Compiled { rules: (), infos, problems, kept })
    }

    /// Makes sure that the rules without some are at hand.
    pub(super) fn prepare<A: Analysis<Rules = R>>(&mut self, analysis: &A, without: &[Arc<str>]) {
        if without.is_empty() || self.smaller.as_ref().is_some_and(|(ids, _)| ids == without) {
            return;
        }
        let disabled: Vec<Arc<str>> = self.disabled.iter().chain(without).cloned().collect();
        self.smaller = Some((without.to_vec(), analysis.compile(&self.sources, &disabled, &[]).rules));
    }

    /// The rules without some, as they were [prepared](Self::prepare).
    pub(super) fn without(&self, without: &[Arc<str>]) -> &R {
        match &self.smaller {
            Some((ids, rules)) if ids == without => rules,
            _ => &self.all,
        }
    }
}
