//! Applies the rules' fixes to files. As in the editor nothing is applied that was not tried: a worker makes the fixes of a
//! file on a copy, all that go together, and says which leave the text as readable as it was and their findings gone.

use super::engine::{Engine, File};
use super::notices;
use crate::report::{FileReport, Report};
use crate::walk::format_of;
use imara_diff::{Algorithm, BasicLineDiffPrinter, Diff, InternedInput, UnifiedDiffConfig};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::{fs, io};
use weir_model::{Answer, Edit, Finding, Mended, Question, Repair, Span};

/// What becomes of the fixes of one file.
pub(super) struct Plan {
    /// The file's place in the report.
    file: usize,
    /// The places of the findings whose fixes are made.
    good: Vec<usize>,
    /// Those of the others, and why.
    left: Vec<(usize, Obstacle)>,
}

/// Why a fix is not made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Obstacle {
    BreaksSyntax,
    FindingStays,
    /// Alone it would be made.
    Collides,
    Untried,
}

/// Has the fixes of a report tried. `in_project`: the paths in the project by those that are shown.
pub(super) async fn plan(
    engine: &mut Engine,
    report: &Report,
    in_project: &HashMap<Arc<str>, Arc<str>>,
) -> anyhow::Result<Vec<Plan>> {
    let mut plans = Vec::new();
    for (file, FileReport { findings, .. }) in report.files.iter().enumerate() {
        let has_fix = |finding: &Finding| finding.fix.is_some() && !finding.is_suppressed();
        let good: Vec<usize> = (0..findings.len()).filter(|&at| has_fix(&findings[at])).collect();
        if !good.is_empty() {
            plans.push(Plan { file, good, left: Vec::new() });
        }
    }
    let question = |plan: &Plan, places: &[usize], ask: fn(Vec<Repair>) -> Question| {
        let file = &report.files[plan.file];
        let path = in_project.get(&file.path).unwrap_or(&file.path);
        let bytes = file.text.to_string().into_bytes();
        let file_to_ask = File { index: plan.file, path: Arc::clone(path), format: format_of(&file.file), bytes };
        let repairs = places.iter().filter_map(|&at| repair(&file.findings[at])).collect();
        (file_to_ask, ask(repairs))
    };
    let questions = plans.iter().map(|plan| question(plan, &plan.good, Question::Together)).collect();
    let mut answers = engine.ask_all(questions).await?;
    for plan in &mut plans {
        let together = match answers.remove(&plan.file) {
            Some(Answer::Together(places)) => places,
            _ => Vec::new(),
        };
        let is_good = |at: usize| together.binary_search(&(at as u32)).is_ok();
        let tried = std::mem::take(&mut plan.good);
        for (at, place) in tried.into_iter().enumerate() {
            if is_good(at) { plan.good.push(place) } else { plan.left.push((place, Obstacle::Untried)) }
        }
    }
    // Why the others were not good is asked for each alone.
    let incomplete = plans.iter().filter(|plan| !plan.left.is_empty());
    let places = |plan: &Plan| plan.left.iter().map(|&(at, _)| at).collect::<Vec<_>>();
    let questions = incomplete.map(|plan| question(plan, &places(plan), Question::Repairs)).collect();
    let mut answers = engine.ask_all(questions).await?;
    for plan in &mut plans {
        if let Some(Answer::Repairs(mended)) = answers.remove(&plan.file) {
            for ((_, why), mended) in plan.left.iter_mut().zip(mended) {
                *why = Obstacle::of(mended);
            }
        }
    }
    Ok(plans)
}

fn repair(finding: &Finding) -> Option<Repair> {
    Some(Repair { rule_id: Arc::clone(&finding.rule_id), edits: finding.fix.as_ref()?.edits.clone() })
}

impl Obstacle {
    const fn of(mended: Mended) -> Self {
        match mended {
            Mended::Yes => Self::Collides,
            Mended::BreaksSyntax => Self::BreaksSyntax,
            Mended::FindingStays => Self::FindingStays,
            Mended::Unknown => Self::Untried,
        }
    }

    const fn words(self) -> &'static str {
        match self {
            Self::BreaksSyntax => "the code would not parse any more",
            Self::FindingStays => "the rule would still report it",
            Self::Collides => "another fix changes the same code",
            Self::Untried => "it could not be tried",
        }
    }
}

/// Repairs the files of the report in place, or with `dry_run` says what would be done. A file that is not valid UTF-8
/// or has changed since it was analysed is left alone, and so is a notebook that would be none any more.
pub(super) fn apply(report: &Report, plans: &[Plan], dry_run: bool, quiet: bool, verbose: bool) {
    let mut said = Vec::new();
    let (mut applied, mut files) = (0, 0);
    let mut left: BTreeMap<Obstacle, usize> = BTreeMap::new();
    for plan in plans {
        let file = &report.files[plan.file];
        for &(at, why) in &plan.left {
            *left.entry(why).or_default() += 1;
            if verbose {
                let finding = &file.findings[at];
                let line = file.text.byte_to_line(finding.span.start as usize) + 1;
                let (path, rule, why) = (&file.path, &finding.rule_id, why.words());
                said.push(format!("weir: {path}:{line}: the fix of {rule} is not applied: {why}"));
            }
        }
        let text = file.text.to_string();
        let (repaired, count) = repaired(&text, plan.good.iter().map(|&at| &file.findings[at]));
        if count == 0 {
            continue;
        }
        let fixes = notices::plural(count, "fix");
        let done = if dry_run {
            said.push(difference(&file.path, &text, &repaired));
            Ok(format!("{fixes} would be applied"))
        } else {
            replace(&file.file, &text, &repaired).map(|()| format!("{fixes} applied"))
        };
        match done {
            Ok(done) => {
                (applied, files) = (applied + count, files + 1);
                said.push(format!("weir: {}: {done}", file.path));
            }
            // Whatever else is said or not, what was asked for was not done.
            Err(error) => notices::say(&[format!("weir: {}: fixes not applied: {error}", file.path)]),
        }
    }
    if !quiet && !plans.is_empty() {
        said.push(summary(applied, files, &left, dry_run));
        notices::say(&said);
    }
}

fn summary(applied: usize, files: usize, left: &BTreeMap<Obstacle, usize>, dry_run: bool) -> String {
    let would = if dry_run { "would be applied" } else { "applied" };
    let mut summary =
        format!("weir: {} {would} in {}", notices::plural(applied, "fix"), notices::plural(files, "file"));
    if !left.is_empty() {
        let reasons: Vec<String> = left.iter().map(|(why, count)| format!("{count} as {}", why.words())).collect();
        summary += &format!("; {} not: {}", left.values().sum::<usize>(), reasons.join(", "));
    }
    summary
}

/// What becomes of a text, as a patch.
fn difference(path: &str, before: &str, after: &str) -> String {
    let input = InternedInput::new(before, after);
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_lines(&input);
    let printer = BasicLineDiffPrinter(&input.interner);
    let hunks = diff.unified_diff(&printer, UnifiedDiffConfig::default(), &input);
    format!("--- {path}\n+++ {path}\n{hunks}").trim_end().to_owned()
}

fn replace(path: &Path, analysed: &str, repaired: &str) -> io::Result<()> {
    if fs::read(path)? != analysed.as_bytes() {
        return Err(io::Error::other("the file changed meanwhile, or is not valid UTF-8; scan it again"));
    }
    fs::write(path, repaired)
}

/// The text with all fixes applied, and how many were. Where fixes overlap the first finding's wins, whole: half a fix
/// is none.
pub(crate) fn repaired<'a>(text: &str, findings: impl Iterator<Item = &'a Finding>) -> (String, usize) {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for fix in findings.filter_map(|finding| finding.fix.as_ref()) {
        let fits = |edit: &Edit| text.get(edit.span.range()).is_some();
        let free = |edit: &Edit| !taken.iter().any(|other| collide(edit.span, other.span));
        if fix.edits.iter().all(|edit| fits(edit) && free(edit)) {
            taken.extend(&fix.edits);
            count += 1;
        }
    }
    taken.sort_by_key(|edit| edit.span);
    let mut repaired = String::with_capacity(text.len());
    let mut at = 0;
    for edit in taken {
        repaired += &text[at..edit.span.start as usize];
        repaired += &edit.text;
        at = edit.span.end as usize;
    }
    repaired += &text[at..];
    (repaired, count)
}

/// Two insertions at one place have no order, so they collide too.
fn collide(a: Span, b: Span) -> bool {
    a.overlaps(b) || a == b || (a.is_empty() && b.contains(a)) || (b.is_empty() && a.contains(b))
}
