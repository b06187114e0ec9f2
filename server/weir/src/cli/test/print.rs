//! The verdicts of `weir test`, for people and for programs.

use super::{FixCheck, Verdict};
use crate::cli::notices::{plural, problem_line};
use crate::rule_tests::judge::{Check, Match};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Prints every failure with the lines it is about, then the totals.
pub(super) fn text(verdicts: &[Verdict], out: &mut dyn Write) -> io::Result<()> {
    for verdict in verdicts {
        for problem in verdict.problems.iter().filter(|problem| problem.rule_id.is_none()) {
            writeln!(out, "{}", problem_line(problem, if problem.skipped { "skipped" } else { "error" }))?;
        }
        for check in verdict.checks.iter().filter(|check| !check.passed()) {
            failed_check(verdict, check, out)?;
        }
        for fix in verdict.fixes.iter().filter(|fix| !fix.passed()) {
            failed_fix(verdict, fix, out)?;
        }
    }
    let checks = || verdicts.iter().flat_map(|verdict| &verdict.checks);
    let fixes = || verdicts.iter().flat_map(|verdict| &verdict.fixes);
    let untested = verdicts.iter().filter(|verdict| !verdict.has_targets).count();
    writeln!(
        out,
        "{} of {} passed, {} of {}",
        checks().filter(|check| check.passed()).count(),
        plural(checks().count(), "check"),
        fixes().filter(|fix| fix.passed()).count(),
        plural(fixes().count(), "fix test"),
    )?;
    if untested > 0 {
        writeln!(out, "{} without a target", plural(untested, "rule file"))?;
    }
    Ok(())
}

fn failed_check(verdict: &Verdict, check: &Check, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "FAIL {} ({})", check.rule_id, verdict.rules.display())?;
    for error in &check.errors {
        writeln!(out, "  {error}")?;
    }
    for (file, found) in check.matches.iter().filter(|(_, found)| found.expected != found.reported) {
        writeln!(out, "  {}", file.display())?;
        let mut lines: Vec<(u32, &str)> =
            found.expected.difference(&found.reported).map(|line| (*line, "missing")).collect();
        lines.extend(found.reported.difference(&found.expected).map(|line| (*line, "extra  ")));
        lines.sort_unstable();
        for (line, what) in lines {
            writeln!(out, "    {what} {line:>5} | {}", code(&found.text, line))?;
        }
    }
    writeln!(out)
}

fn failed_fix(verdict: &Verdict, fix: &FixCheck, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "FAIL fixes of {} ({})", verdict.rules.display(), fix.target.display())?;
    let (expected, repaired): (Vec<_>, Vec<_>) =
        (fix.expected.split('\n').collect(), fix.repaired.split('\n').collect());
    let same = expected.iter().zip(&repaired).take_while(|(expected, repaired)| expected == repaired).count();
    writeln!(out, "    first difference in line {}", same + 1)?;
    writeln!(out, "    expected | {}", expected.get(same).unwrap_or(&"(end of file)"))?;
    writeln!(out, "    repaired | {}", repaired.get(same).unwrap_or(&"(end of file)"))?;
    writeln!(out)
}

fn code(text: &str, line: u32) -> &str {
    text.split('\n').nth(line as usize - 1).unwrap_or_default().trim_end()
}

/// Prints the shape of Semgrep's `test --json`.
pub(super) fn json(verdicts: &[Verdict], out: &mut dyn Write) -> io::Result<()> {
    let mut results = json!({});
    let mut fixes = json!({});
    for verdict in verdicts.iter().filter(|verdict| verdict.has_targets) {
        let checks = verdict.checks.iter().map(|check| (check.rule_id.clone(), check_json(check)));
        results[verdict.rules.display().to_string()] = json!({ "checks": Value::Object(checks.collect()) });
        for fix in &verdict.fixes {
            fixes[fix.target.display().to_string()] = json!({ "passed": fix.passed() });
        }
    }
    let errors: Vec<Value> = verdicts
        .iter()
        .flat_map(|verdict| &verdict.problems)
        .filter(|problem| !problem.skipped)
        .map(|problem| json!({ "config": problem.source, "error": problem_line(problem, "error") }))
        .collect();
    let missing = verdicts.iter().filter(|verdict| !verdict.has_targets);
    let value = json!({
        "results": results,
        "fixtest_results": fixes,
        "config_missing_tests": missing.map(|verdict| verdict.rules.display().to_string()).collect::<Vec<_>>(),
        "config_with_errors": errors,
    });
    writeln!(out, "{value}")
}

fn check_json(check: &Check) -> Value {
    let lines = |found: &Match| json!({ "expected_lines": found.expected, "reported_lines": found.reported });
    let matches = check.matches.iter().map(|(file, found)| (file.display().to_string(), lines(found)));
    json!({ "passed": check.passed(), "matches": Value::Object(matches.collect()), "errors": check.errors })
}
