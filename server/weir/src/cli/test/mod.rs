//! `weir test`: rules against their annotated targets.
//!
//! All rules are in force at once and every target meets all of them; what counts for a target are the findings of its
//! own rule file. That is one load of the rules instead of one a file. Rule files that share an id cannot be in force
//! together, as a finding names its rule by id alone: they take turns.

mod print;

use super::engine::{Answer, Engine, File, Found, block_on};
use super::{Exit, autofix, to_stdout};
use crate::args::TestArgs;
use crate::rule_tests::Analysed;
use crate::rule_tests::discover::{self, Suite, Target};
use crate::rule_tests::judge::{self, Check};
use crate::rules_source;
use crate::walk;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use std::{fs, io};
use tokio::sync::mpsc;
use weir_model::{Finding, ForeignMarks, NoteKind, RuleInfo, RuleProblem, RuleSource, ScanOptions};

/// A target of a rule test is small; one that takes longer than this has found a bug.
const DEADLINE: Duration = Duration::from_secs(30);

/// What came out of one rule file.
struct Verdict {
    rules: PathBuf,
    checks: Vec<Check>,
    fixes: Vec<FixCheck>,
    problems: Vec<RuleProblem>,
    has_targets: bool,
}

/// Whether the fixes of a rule file make of a target what they should.
struct FixCheck {
    target: PathBuf,
    expected: String,
    repaired: String,
}

impl FixCheck {
    fn passed(&self) -> bool {
        self.expected == self.repaired
    }
}

impl Verdict {
    fn passed(&self) -> bool {
        self.checks.iter().all(Check::passed)
            && self.fixes.iter().all(FixCheck::passed)
            && !self.problems.iter().any(|problem| !problem.skipped)
    }
}

/// Tests the rule files that the arguments name and prints the verdicts.
pub(crate) fn main(args: &TestArgs) -> anyhow::Result<Exit> {
    let suites = discover::suites(&args.paths)?;
    if suites.iter().all(|suite| suite.targets.is_empty()) {
        anyhow::bail!("no rule file there has a target beside it; see --help for how to name one");
    }
    let verdicts = block_on(run(suites, args.jobs))?;
    to_stdout(&mut io::stdout().lock(), |out| {
        if args.json { print::json(&verdicts, out) } else { print::text(&verdicts, out) }
    })?;
    Ok(if verdicts.iter().all(Verdict::passed) { Exit::Ok } else { Exit::Findings })
}

async fn run(suites: Vec<Suite>, jobs: Option<u16>) -> anyhow::Result<Vec<Verdict>> {
    let (tested, untested): (Vec<_>, Vec<_>) = suites.into_iter().partition(|suite| !suite.targets.is_empty());
    let mut engine = Engine::start(jobs, DEADLINE, ForeignMarks::None);
    let sources = tested.iter().map(|suite| rules_source::read(&suite.rules)).collect::<Result<Vec<_>, _>>()?;
    let mut loaded = engine.load(sources.clone().into()).await?;
    let rounds = rounds(&sources, &loaded.rules);
    let mut verdicts = Vec::new();
    for round in &rounds {
        if rounds.len() > 1 {
            let sources: Vec<RuleSource> = round.iter().map(|index| sources[*index].clone()).collect();
            loaded = engine.load(sources.into()).await?;
        }
        let targets: BTreeSet<&Target> = round.iter().flat_map(|index| &tested[*index].targets).collect();
        let answers = analyse(&mut engine, targets.into_iter().cloned().collect()).await?;
        for index in round {
            let source = &sources[*index];
            let rules = loaded.rules.iter().filter(|rule| rule.source == source.name);
            let problems = loaded.problems.iter().filter(|problem| problem.source == source.name).cloned().collect();
            verdicts.push(judge_suite(&tested[*index], &rules.map(|rule| &*rule.id).collect(), problems, &answers));
        }
    }
    engine.shutdown().await;
    verdicts.extend(untested.into_iter().map(|suite| Verdict {
        rules: suite.rules,
        checks: Vec::new(),
        fixes: Vec::new(),
        problems: Vec::new(),
        has_targets: false,
    }));
    verdicts.sort_by(|a, b| a.rules.cmp(&b.rules));
    Ok(verdicts)
}

/// The rule files in groups within which every rule id is that of one file.
fn rounds(sources: &[RuleSource], rules: &[RuleInfo]) -> Vec<Vec<usize>> {
    let mut ids_of: HashMap<&str, HashSet<&str>> = HashMap::new();
    for rule in rules {
        ids_of.entry(&rule.source).or_default().insert(&rule.id);
    }
    let mut rounds: Vec<(Vec<usize>, HashSet<&str>)> = Vec::new();
    for (index, source) in sources.iter().enumerate() {
        let ids = ids_of.remove(source.name.as_str()).unwrap_or_default();
        match rounds.iter_mut().find(|(_, taken)| taken.is_disjoint(&ids)) {
            Some((round, taken)) => {
                round.push(index);
                taken.extend(ids);
            }
            None => rounds.push((vec![index], ids)),
        }
    }
    rounds.into_iter().map(|(round, _)| round).collect()
}

async fn analyse(engine: &mut Engine, targets: Vec<Target>) -> anyhow::Result<HashMap<PathBuf, Analysed>> {
    let targets: Arc<[Target]> = targets.into();
    let (send, files) = mpsc::channel(engine.capacity());
    let reader = tokio::task::spawn_blocking({
        let targets = Arc::clone(&targets);
        move || read_all(&targets, &send)
    });
    let mut analysed = HashMap::new();
    let options = ScanOptions { ignore_paths: true, ..ScanOptions::default() };
    let cut_off = engine
        .analyse(files, options, |answer| {
            analysed.insert(targets[answer.index].file.clone(), sort_in(answer));
        })
        .await?;
    for (file, failure) in reader.await? {
        analysed.insert(file, Analysed { text: "".into(), findings: Vec::new(), failure: Some(failure) });
    }
    for rule_id in cut_off {
        tracing::warn!(%rule_id, "rule took too long and was left out of the rest of the tests");
    }
    Ok(analysed)
}

fn read_all(targets: &[Target], send: &mpsc::Sender<File>) -> Vec<(PathBuf, String)> {
    let mut unreadable = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        match fs::read(&target.file) {
            Ok(bytes) => {
                let path = target.file.to_string_lossy().into();
                let format = walk::format_of(&target.file);
                if send.blocking_send(File { index, path, format, bytes }).is_err() {
                    break;
                }
            }
            Err(error) => unreadable.push((target.file.clone(), error.to_string())),
        }
    }
    unreadable
}

fn sort_in(answer: Answer) -> Analysed {
    let text = answer.text.into();
    match answer.outcome {
        Ok(Found { findings, notes, .. }) => {
            let fatal =
                |kind| matches!(kind, NoteKind::Panic | NoteKind::Timeout | NoteKind::TooLarge | NoteKind::Skipped);
            let failure = notes.into_iter().find(|note| fatal(note.kind)).map(|note| note.message);
            Analysed { text, findings, failure }
        }
        Err(failure) => Analysed { text, findings: Vec::new(), failure: Some(failure.to_string()) },
    }
}

fn judge_suite(
    suite: &Suite,
    ids: &BTreeSet<&str>,
    problems: Vec<RuleProblem>,
    answers: &HashMap<PathBuf, Analysed>,
) -> Verdict {
    let own = |finding: &&Finding| ids.contains(&*finding.rule_id) && !finding.is_suppressed();
    let mut seen = Vec::new();
    let mut fixes = Vec::new();
    for target in &suite.targets {
        let Some(analysed) = answers.get(&target.file) else { continue };
        if let Some(fixed) = &target.fixed {
            let (repaired, _) = autofix::repaired(&analysed.text, analysed.findings.iter().filter(own));
            fixes.push(FixCheck { target: target.file.clone(), expected: read_lossy(fixed), repaired });
        }
        seen.push(analysed.seen(&target.file, analysed.findings.iter().filter(own)));
    }
    let broken = problems
        .iter()
        .filter_map(|problem| Some((problem.rule_id.clone()?, super::notices::problem_line(problem, "not run"))))
        .collect();
    let ids = ids.iter().map(|id| (*id).to_owned()).collect();
    let checks = judge::checks(&ids, &broken, &seen);
    Verdict { rules: suite.rules.clone(), checks, fixes, problems, has_targets: true }
}

fn read_lossy(path: &Path) -> String {
    fs::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
}
