//! What a worker does with a text: the door to the analysis.

use std::cell::RefCell;
use std::num::NonZero;
use std::sync::Arc;
use std::thread;
use weir_analysis::{Budget, Fallbacks, Hits, Memo, Options, RuleFiles, RuleSet, Unit};
use weir_model::{Answer, Format, Question, RuleInfo, RuleProblem, RuleSource};

/// What a worker does with a text. The product's is [`RuleEngine`]; tests of the processes bring one that crashes on demand.
pub trait Analysis: Send + 'static {
    /// Rules ready to run.
    type Rules;

    /// Makes rules ready to run, those in `disabled` left out. `kept` is what was [kept](Compiled::kept) of these sources
    /// by another worker, or nothing.
    fn compile(&self, sources: &[RuleSource], disabled: &[Arc<str>], kept: &[u8]) -> Compiled<Self::Rules>;

    /// Runs the rules over one text; `memo` is what the last analysis of the same document left.
    fn analyze(
        &self,
        rules: &Self::Rules,
        memo: Option<&mut Memo>,
        unit: &Unit<'_>,
        options: Options,
        budget: &Budget<'_>,
    ) -> weir_analysis::Analysis;

    /// Answers a question about one text.
    fn answer(
        &self,
        rules: &Self::Rules,
        unit: &Unit<'_>,
        question: &Question,
        options: Options,
        budget: &Budget<'_>,
    ) -> Answer;

    /// Looks for the regexes that stand in for rules where there is no tree.
    fn fall_back(&self, rules: &Self::Rules, format: Format, text: &str, budget: &Budget<'_>) -> Hits;
}

/// Rules ready to run, and what to say about them.
pub struct Compiled<R> {
    /// The rules.
    pub rules: R,
    /// The rules that will run.
    pub infos: Vec<RuleInfo>,
    /// What is wrong with the others.
    pub problems: Vec<RuleProblem>,
    /// What spares another worker reading the sources; nothing if this one did not read them either.
    pub kept: Vec<u8>,
}

/// The rules of [`weir_analysis`]. Rule files that were read once are known when they come again among others.
pub struct RuleEngine {
    files: RefCell<RuleFiles>,
    /// Rules that are not in force and were asked about last: those of a file that is being written.
    others: RefCell<Option<(RuleSource, RuleSet)>>,
    fallbacks: RefCell<Fallbacks>,
}

/// Rules are read on no more threads than this: each needs a parser of every language and memory of its own, and what
/// remains for one thread alone weighs more with each.
pub(super) const MAX_THREADS: usize = 8;

impl Default for RuleEngine {
    fn default() -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZero::get);
        Self {
            files: RefCell::new(RuleFiles::with_threads(cores.min(MAX_THREADS), super::STACK)),
            others: RefCell::default(),
            fallbacks: RefCell::default(),
        }
    }
}

impl Analysis for RuleEngine {
    type Rules = RuleSet;

    fn compile(&self, sources: &[RuleSource], disabled: &[Arc<str>], kept: &[u8]) -> Compiled<RuleSet> {
        let mut files = self.files.borrow_mut();
        files.restore(sources, kept);
        let known = files.knows(sources);
        let rules = files.rules(sources, disabled);
        let (infos, problems) = (rules.rules().to_vec(), rules.problems().to_vec());
        let kept = if known { Vec::new() } else { files.keep(sources) };
        Compiled { rules, infos, problems, kept }
    }

    fn analyze(
        &self,
        rules: &RuleSet,
        memo: Option<&mut Memo>,
        unit: &Unit<'_>,
        options: Options,
        budget: &Budget<'_>,
    ) -> weir_analysis::Analysis {
        match memo {
            Some(memo) => weir_analysis::analyze_again(memo, rules, unit, options, budget),
            None => weir_analysis::analyze(rules, unit, options, budget),
        }
    }

    fn answer(
        &self,
        rules: &RuleSet,
        unit: &Unit<'_>,
        question: &Question,
        options: Options,
        budget: &Budget<'_>,
    ) -> Answer {
        match question {
            Question::Line(question) => Answer::Line(weir_analysis::explain(rules, unit, question, options, budget)),
            Question::Repairs(repairs) => Answer::Repairs(weir_analysis::repairs(rules, unit, repairs, budget)),
            Question::Surroundings(findings) => Answer::Surroundings(weir_analysis::surroundings(unit, findings)),
            Question::Together(repairs) => Answer::Together(weir_analysis::together(rules, unit, repairs, budget)),
            Question::Findings => {
                let options = Options { ignore_paths: true, ..options };
                Answer::Findings(weir_analysis::analyze(rules, unit, options, budget).findings)
            }
            Question::RuleFile => Answer::RuleFile(weir_analysis::rule_file(unit.source.text())),
            Question::RuleCursor(at) => Answer::RuleCursor(weir_analysis::rule_cursor(unit.source.text(), *at)),
            Question::Shape(span) => Answer::Shape(weir_analysis::shape(unit, *span, budget)),
            Question::Of(source, question) => {
                let known = self.others.take().filter(|(known, _)| known == source);
                let others =
                    known.unwrap_or_else(|| (source.clone(), RuleSet::compile(std::slice::from_ref(source), &[])));
                let answer = self.answer(&others.1, unit, question, options, budget);
                self.others.replace(Some(others));
                answer
            }
        }
    }

    fn fall_back(&self, rules: &RuleSet, format: Format, text: &str, budget: &Budget<'_>) -> Hits {
        self.fallbacks.borrow_mut().find(rules, format, text, budget)
    }
}
