//! What patterns match: a pattern, code, and the lines on which a match starts.

use crate::check::{dedent, run};

/// Runs a bare pattern over code; the lines with a comment that says `match` must be exactly those where a match starts.
#[track_caller]
fn matches(language: &str, pattern: &str, code: &str) {
    let pattern = dedent(pattern).lines().map(|line| format!("  {line}\n")).collect::<String>();
    let code = dedent(code);
    let analysis = run(language, &format!("message: m\npattern: |\n{pattern}"), &code);
    let line_of = |at: u32| code[..at as usize].matches('\n').count() + 1;
    let mut found: Vec<usize> = analysis.findings.iter().map(|finding| line_of(finding.span.start)).collect();
    found.dedup();
    let is_marked = |line: &str| line.ends_with("# match") || line.ends_with("// match");
    let expected: Vec<usize> =
        code.lines().enumerate().filter(|(_, line)| is_marked(line)).map(|(at, _)| at + 1).collect();
    assert_eq!(found, expected, "the pattern\n{pattern}in\n{code}");
}

#[test]
fn a_metavariable_used_twice_stands_for_the_same_code() {
    matches(
        "python",
        "$X == $X",
        "
        a == a # match
        a.b(1) == a.b( 1 ) # match
        a == b
        ",
    );
}
