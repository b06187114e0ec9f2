//! Why a rule reports a line, or why it does not.

mod search;
mod taint;

use crate::check::{dedent, explained};
use std::fmt::Write as _;
use weir_model::{Explanation, Outcome, Reason, Verdict};

/// Explains the line that ends with `HERE` and compares. An explanation is its verdict and summary, then its steps: `+` for
/// one that the line passes, `x` for one at which it is lost, `-` for others; with the part of the rule, and places as
/// `line: code <- label  $X=binding`. Whether the rule looks at the file is left out where it does.
#[track_caller]
fn check(language: &str, rule: &str, code: &str, expected: &str) {
    let code = dedent(code);
    let line = code.lines().position(|line| line.ends_with("HERE")).expect("a line ends with HERE") as u32 + 1;
    let told = show(&explained(language, rule, &code, line), &code);
    let expected = dedent(expected);
    assert!(told == expected, "the rule\n{rule}\nover\n{code}\nshould be explained as\n{expected}\nbut is as\n{told}");
}

fn show(told: &Explanation, code: &str) -> String {
    let mut out = format!("{:?}: {}\n", told.verdict, told.summary);
    let applies = |reason: &&Reason| told.verdict == Verdict::NotRun || !is_about_applying(reason);
    for reason in told.reasons.iter().filter(applies) {
        show_reason(reason, code, 0, &mut out);
    }
    out
}

fn is_about_applying(reason: &Reason) -> bool {
    reason.outcome == Outcome::Holds
        && ["the rule reads", "every name that", "`paths`"].iter().any(|start| reason.message.starts_with(start))
}

fn show_reason(reason: &Reason, code: &str, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let sign = match reason.outcome {
        Outcome::Holds => '+',
        Outcome::Fails => 'x',
        Outcome::Neutral => '-',
    };
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let part = reason.rule.as_ref().map(|part| format!("[{}] {}: ", part.key, one_line(&part.text)));
    let _ = writeln!(out, "{indent}{sign} {}{}", part.unwrap_or_default(), reason.message);
    for place in &reason.places {
        let line = code[..place.span.start as usize].matches('\n').count() + 1;
        let _ = write!(out, "{indent}    {line}: {}", place.span.text(code).lines().next().unwrap_or_default());
        if !place.label.is_empty() {
            let _ = write!(out, " <- {}", place.label);
        }
        for (name, value) in &place.metavars {
            let _ = write!(out, "  {name}={}", one_line(&value.content));
        }
        out.push('\n');
    }
    for below in &reason.below {
        show_reason(below, code, depth + 1, out);
    }
}
