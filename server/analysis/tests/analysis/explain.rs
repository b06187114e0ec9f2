//! Why a rule reports a line, or why it does not.

use crate::check::{dedent, explained};
use std::fmt::Write as _;
use weir_model::{Explanation, Outcome, Reason};

/// Explains the line that ends with `HERE` and compares. An explanation is its verdict and summary, then its steps: `+` for
/// one that the line passes, `-` for one at which it is lost, `.` for others; with the part of the rule, and places as
/// `line:code label $X=binding`.
#[track_caller]
fn check(language: &str, rule: &str, code: &str, expected: &str) {
    let code = dedent(code);
    let line = code.lines().position(|line| line.ends_with("HERE")).expect("a line ends with HERE") as u32 + 1;
    let told = show(&explained(language, rule, &code, line), &code);
    let expected = dedent(expected);
    assert!(told == expected, "should be\n{expected}\nbut is\n{told}");
}

fn show(told: &Explanation, code: &str) -> String {
    let mut out = format!("{:?}: {}\n", told.verdict, told.summary);
    for reason in &told.reasons {
        show_reason(reason, code, 0, &mut out);
    }
    out
}

fn show_reason(reason: &Reason, code: &str, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    let sign = match reason.outcome {
        Outcome::Holds => '+',
        Outcome::Fails => '-',
        Outcome::Neutral => '.',
    };
    let part = reason.rule.as_ref().map(|part| format!("{} {}: ", part.key, part.text.replace('\n', "\\n")));
    let _ = writeln!(out, "{indent}{sign} {}{}", part.unwrap_or_default(), reason.message);
    for place in &reason.places {
        let line = code[..place.span.start as usize].matches('\n').count() + 1;
        let text = place.span.text(code).lines().next().unwrap_or_default();
        let _ = write!(out, "{indent}    {line}:{text}");
        if !place.label.is_empty() {
            let _ = write!(out, " {}", place.label);
        }
        for (name, value) in &place.metavars {
            let _ = write!(out, " {name}={}", value.content.replace('\n', "\\n"));
        }
        out.push('\n');
    }
    for below in &reason.below {
        show_reason(below, code, depth + 1, out);
    }
}

#[test]
fn try_out() {
    let mut out = String::new();
    for (rule, code) in [
        ("pattern: f($X)", "f(1)  # HERE\n"),
        ("pattern: f($X)", "f(1, 2)  # HERE\n"),
        ("pattern: f($X)", "f(3)\ng(1)  # HERE\n"),
        ("pattern: f($X)", "x = 1  # HERE\nf(2)\n"),
        (
            "patterns:\n- pattern: $C.execute($Q, ...)\n- pattern-not: $C.execute(\"...\", ...)\n- pattern-inside: |\n    def $F(...):\n      ...\n- metavariable-regex:\n    metavariable: $C\n    regex: ^db",
            "def g():\n  db.execute('a')  # HERE\n",
        ),
        (
            "patterns:\n- pattern: $C.execute($Q, ...)\n- pattern-not: $C.execute(\"...\", ...)\n- pattern-inside: |\n    def $F(...):\n      ...\n- metavariable-regex:\n    metavariable: $C\n    regex: ^db",
            "db.execute(a)  # HERE\n",
        ),
        (
            "patterns:\n- pattern: $C.execute($Q, ...)\n- pattern-not: $C.execute(\"...\", ...)\n- pattern-inside: |\n    def $F(...):\n      ...\n- metavariable-regex:\n    metavariable: $C\n    regex: ^db\n- focus-metavariable: $Q",
            "def g():\n  cur.execute(a)  # HERE\n",
        ),
        (
            "patterns:\n- pattern: $C.execute($Q, ...)\n- pattern-not: $C.execute(\"...\", ...)\n- pattern-not-inside: |\n    def $F(...):\n      ...\n- focus-metavariable: $Q",
            "def g():\n  cur.execute(a)  # HERE\n",
        ),
        (
            "pattern-either:\n- pattern: f($X)\n- patterns:\n  - pattern: g($X)\n  - metavariable-comparison: {comparison: $X > 3, metavariable: $X}",
            "g(2)  # HERE\nf(1)\n",
        ),
        ("patterns:\n- pattern: f($X)\n- pattern-inside: |\n    $X = 1\n    ...\n", "a = 1\nf(b)  # HERE\n"),
        ("pattern: |\n  a()\n  ...\n  b($X)", "a()\nb()  # HERE\n"),
        (
            "mode: taint\npattern-sources: [pattern: source()]\npattern-sinks: [pattern: sink(...)]\npattern-sanitizers: [pattern: clean(...)]",
            "def f():\n  x = source()\n  y = clean(x)\n  sink(y)  # HERE\n",
        ),
        (
            "mode: taint\npattern-sources: [pattern: source()]\npattern-sinks: [pattern: sink(...)]\npattern-sanitizers: [pattern: clean(...)]",
            "def f():\n  x = source()\n  y = x + 'a'\n  sink(y)  # HERE\n",
        ),
        (
            "mode: taint\npattern-sources: [pattern: source()]\npattern-sinks: [pattern: sink(...)]\npattern-sanitizers: [pattern: clean(...)]",
            "def f():\n  x = source()\n  log(x)\n  x = 1\n  sink(x)  # HERE\n",
        ),
        (
            "mode: taint\npattern-sources: [pattern: source()]\npattern-sinks: [pattern: sink(...)]\npattern-sanitizers: [pattern: clean(...)]",
            "def f():\n  x = source()\n  return x\ndef g():\n  sink(f())  # HERE\n",
        ),
        (
            "mode: taint\npattern-sources: [pattern: source()]\npattern-sinks: [pattern: sink($X)]\noptions: {taint_assume_safe_numbers: true}",
            "def f():\n  x = int(source())\n  sink(x, 2)  # HERE\n",
        ),
        (
            "mode: taint\npattern-sources: [{pattern: source(), label: A}]\npattern-sinks: [{pattern: sink($X), requires: A and B}]",
            "def f():\n  x = source()\n  sink(x) # HERE\n",
        ),
    ] {
        let line = code.lines().position(|line| line.ends_with("HERE")).unwrap() as u32 + 1;
        let _ = writeln!(out, "=== {rule}\n--- {code}\n>>> {}", show(&explained("python", rule, code, line), code));
    }
    panic!("{out}");
}
