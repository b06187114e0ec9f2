//! What is known of the findings of one version of a document beyond themselves, because somebody asked: what their repairs do, as
//! nothing is offered that was not tried, and what stands around them.

use std::collections::HashMap;
use std::sync::Arc;
use weir_model::{Answer, Finding, Mended, Question, Repair, Surroundings};

/// Repairs that are made together.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Set {
    /// All of one rule.
    Rule(Arc<str>),
    /// All that need nobody's consent.
    Safe,
}

/// Something to be tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trial {
    /// The repairs of these findings, each alone.
    Alone(Vec<usize>),
    /// Those of these findings, together.
    Together(Set, Vec<usize>),
    /// What stands around these findings is looked at.
    Around(Vec<usize>),
}

/// What was tried.
#[derive(Debug, Default)]
pub(crate) struct Repairs {
    /// By the finding's place in the list.
    alone: HashMap<usize, Mended>,
    /// The findings that can be mended together.
    together: HashMap<Set, Vec<usize>>,
    /// By the finding's place in the list.
    around: HashMap<usize, Surroundings>,
}

impl Repairs {
    /// What the repair of a finding does, if it was tried.
    pub(crate) fn alone(&self, finding: usize) -> Option<Mended> {
        self.alone.get(&finding).copied()
    }

    /// The findings of a set whose repairs go together, if that was tried.
    pub(crate) fn together(&self, set: &Set) -> Option<&[usize]> {
        self.together.get(set).map(Vec::as_slice)
    }

    /// What stands around a finding, if that was looked at.
    pub(crate) fn around(&self, finding: usize) -> Option<&Surroundings> {
        self.around.get(&finding)
    }

    /// Takes the answer to a trial. Without one nothing is known, and it is not asked again.
    pub(crate) fn take(&mut self, trial: Trial, answer: Option<Answer>) {
        match (trial, answer) {
            (Trial::Alone(findings), Some(Answer::Repairs(mended))) => {
                self.alone.extend(findings.into_iter().zip(mended));
            }
            (Trial::Alone(findings), _) => self.alone.extend(findings.into_iter().map(|at| (at, Mended::Unknown))),
            (Trial::Together(set, findings), Some(Answer::Together(good))) => {
                let good = good.into_iter().filter_map(|at| findings.get(at as usize).copied()).collect();
                self.together.insert(set, good);
            }
            (Trial::Around(findings), Some(Answer::Surroundings(around))) => {
                self.around.extend(findings.into_iter().zip(around));
            }
            (Trial::Around(findings), _) => {
                self.around.extend(findings.into_iter().map(|at| (at, Surroundings::default())));
            }
            (Trial::Together(set, _), _) => {
                self.together.insert(set, Vec::new());
            }
        }
    }
}

impl Trial {
    /// What is to be asked for it.
    pub(crate) fn question(&self, findings: &[Finding]) -> Question {
        let repair = |&at: &usize| {
            let finding = &findings[at];
            Some(Repair { rule_id: Arc::clone(&finding.rule_id), edits: finding.fix.as_ref()?.edits.clone() })
        };
        match self {
            Self::Alone(places) => Question::Repairs(places.iter().filter_map(repair).collect()),
            Self::Around(places) => Question::Surroundings(places.iter().map(|&at| findings[at].clone()).collect()),
            Self::Together(_, places) => Question::Together(places.iter().filter_map(repair).collect()),
        }
    }
}
