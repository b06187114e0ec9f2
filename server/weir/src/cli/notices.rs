//! What a scan says on standard error: everything that was not looked at, and one line in sum.

use crate::report::{Incident, IncidentKind, Remark, Report};
use std::io::{self, Write};
use weir_model::{Finding, MarkPlace, RuleProblem};

/// Skipped rules beyond this number are counted, not listed, without `--verbose`: foreign rule sets bring hundreds.
const MAX_SKIPPED_RULES: usize = 20;

/// The same for suppressions of no use.
const MAX_REMARKS: usize = 20;

/// Lists what was left out. Broken syntax is so common that without `verbose` it is only counted; with `quiet` only
/// what failed is said.
pub(crate) fn print(report: &Report, quiet: bool, verbose: bool) {
    let mut lines = rules(&report.problems, quiet, verbose);
    for incident in &report.incidents {
        if incident.kind.is_error() || verbose || (!quiet && incident.kind != IncidentKind::PartialParsing) {
            lines.push(format!("weir: {}", line(incident)));
        }
    }
    if !quiet {
        lines.extend(remarks(report, verbose));
        for skipped in report.skipped.iter().filter(|skipped| verbose || !skipped.reason.is_asked_for()) {
            let detail = if skipped.detail.is_empty() { String::new() } else { format!(" ({})", skipped.detail) };
            lines.push(format!("weir: {}: not scanned: {}{detail}", skipped.path, skipped.reason.words()));
        }
        lines.push(summary(report, verbose));
    }
    say(&lines);
}

/// Writes lines to standard error. Nobody may be reading it any more, and that is no reason to fail.
pub(crate) fn say(lines: &[impl AsRef<str>]) {
    let mut stderr = io::stderr().lock();
    for line in lines {
        if writeln!(stderr, "{}", line.as_ref()).is_err() {
            return;
        }
    }
}

/// What there is to say about marks. An entry of a list that fits no finding may be of use to the tool whose list it is.
fn remarks(report: &Report, verbose: bool) -> Vec<String> {
    let of_texts = report.remarks.iter().map(|Remark { path, place, hint }| {
        let start = place.range.start;
        format!("{path}:{}:{}: {}: {}", start.line + 1, start.column + 1, hint.kind.name(), hint.message)
    });
    let of_lists = report.obsolete.iter().filter(|entry| verbose || entry.is_certain()).map(ToString::to_string);
    let mut lines: Vec<String> = of_texts.chain(of_lists).map(|line| format!("weir: {line}")).collect();
    if !verbose && lines.len() > MAX_REMARKS {
        let more = lines.len() - MAX_REMARKS;
        lines.truncate(MAX_REMARKS);
        lines.push(format!("weir: {more} more such lines about suppressions; --verbose prints them"));
    }
    lines
}

fn rules(problems: &[RuleProblem], quiet: bool, verbose: bool) -> Vec<String> {
    let (skipped, broken): (Vec<_>, Vec<_>) = problems.iter().partition(|problem| problem.skipped);
    let mut lines: Vec<_> =
        broken.into_iter().map(|problem| format!("weir: {}", problem_line(problem, "error"))).collect();
    if quiet {
        return lines;
    }
    let listed = if verbose { skipped.len() } else { skipped.len().min(MAX_SKIPPED_RULES) };
    lines.extend(skipped[..listed].iter().map(|problem| format!("weir: {}", problem_line(problem, "skipped"))));
    if listed < skipped.len() {
        let more = skipped.len() - listed;
        lines.push(format!("weir: {more} more such lines about skipped rules; --verbose prints them"));
    }
    lines
}

/// `file:line:col: error: rule x: what is wrong`, in the form editors and terminals make a link of.
pub(crate) fn problem_line(problem: &RuleProblem, what: &str) -> String {
    let mut line = problem.source.clone();
    if problem.line > 0 {
        line += &format!(":{}:{}", problem.line, problem.column);
    }
    line += &format!(": {what}: ");
    if let Some(id) = &problem.rule_id {
        line += &format!("rule {id}: ");
    }
    line + &problem.message
}

fn line(incident: &Incident) -> String {
    let mut line = String::new();
    if let Some(path) = &incident.path {
        line += path;
        if let Some(place) = incident.place {
            line += &format!(":{}:{}", place.range.start.line + 1, place.range.start.column + 1);
        }
        line += ": ";
    }
    line += incident.kind.name();
    if let Some(rule_id) = &incident.rule_id {
        line += &format!(" (rule {rule_id})");
    }
    format!("{line}: {}", incident.message)
}

fn summary(report: &Report, verbose: bool) -> String {
    let mut counts = String::new();
    for severity in ["CRITICAL", "ERROR", "WARNING", "INFO"] {
        let count = report.findings().filter(|(_, finding)| finding.severity.name() == severity).count();
        if count > 0 {
            let separator = if counts.is_empty() { " (" } else { ", " };
            counts += &format!("{separator}{count} {}", severity.to_ascii_lowercase());
        }
    }
    if !counts.is_empty() {
        counts.push(')');
    }
    let mut summary = format!(
        "{}{counts} in {}; {} scanned with {} in {:.1} s",
        plural(report.findings().count(), "finding"),
        plural(
            report.files.iter().filter(|file| file.findings.iter().any(|finding| !finding.is_suppressed())).count(),
            "file"
        ),
        plural(report.scanned.len(), "file"),
        plural(report.rules.len(), "rule"),
        report.elapsed.as_secs_f64(),
    );
    let suppressed = report.all_findings().filter(|(_, finding)| finding.is_suppressed()).count();
    if suppressed > 0 {
        let is_listed = |finding: &Finding| {
            finding.suppressed.as_ref().is_some_and(|asked| matches!(asked.place, MarkPlace::File { .. }))
        };
        let by = if report.all_findings().any(|(_, finding)| is_listed(finding)) {
            "comments and lists"
        } else {
            "comments"
        };
        summary += &format!("; {} ignored by {by}", plural(suppressed, "finding"));
    }
    if report.known > 0 {
        summary += &format!("; {} in the baseline", plural(report.known, "finding"));
    }
    if report.hidden_by_team > 0 {
        summary += &format!("; {} hidden by your team's configuration", plural(report.hidden_by_team, "finding"));
    }
    let mut partial: Vec<_> = report
        .incidents
        .iter()
        .filter(|incident| incident.kind == IncidentKind::PartialParsing)
        .map(|incident| &incident.path)
        .collect();
    partial.dedup();
    if !partial.is_empty() && !verbose {
        summary += &format!("; {} with syntax errors (--verbose lists them)", plural(partial.len(), "file"));
    }
    let ignored = report.skipped.iter().filter(|skipped| skipped.reason.is_asked_for()).count();
    if ignored > 0 && !verbose {
        summary += &format!("; {} ignored (--verbose lists them, --no-ignore scans them)", plural(ignored, "path"));
    }
    summary
}

/// `1 file`, `2 files`, `2 fixes`.
pub(crate) fn plural(count: usize, noun: &str) -> String {
    let ending = match count {
        1 => "",
        _ if noun.ends_with('x') => "es",
        _ => "s",
    };
    format!("{count} {noun}{ending}")
}
