//! What rules say: keys, messages, fixes, suppressions, errors.

use crate::check::{check, run};

#[test]
fn a_regex_finds_text_and_binds_groups() {
    check(
        "python",
        r"
        message: a token for $WHO
        pattern-regex: token_(?P<WHO>\w+)
        ",
        "
        x = token_bob
            ^^^^^^^^^ a token for bob
        # token_eve
          ^^^^^^^^^ a token for eve
        ",
    );
}

#[test]
fn an_inline_comment_marks_a_finding_as_suppressed() {
    let found = run("python", "pattern-regex: secret", "secret # nosemgrep\nsecret\n");
    assert_eq!(found.findings.iter().map(|finding| finding.suppressed).collect::<Vec<_>>(), [true, false]);
}

#[test]
fn a_comparison_asks_the_constants_that_metavariables_are() {
    check(
        "python",
        "
        patterns:
        - pattern: bits($N)
        - metavariable-comparison:
            comparison: $N < 2048 and $N % 8 == 0
        ",
        "
        LENGTH = 1024
        bits(1024)
        ^^^^^^^^^^
        bits(4096)
        bits(LENGTH)
        ^^^^^^^^^^^^
        bits(2 ** 10)
        ^^^^^^^^^^^^^
        bits(-8)
        ^^^^^^^^
        bits(unknown)
        bits('8')
        ",
    );
}
