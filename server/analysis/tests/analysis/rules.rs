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

#[test]
fn the_newer_syntax_says_the_same_in_other_words() {
    check(
        "python",
        "
        match:
          all:
          - run($X, ...)
          - any: [\"run(..., unsafe=True)\", \"run(..., unsafe=1)\"]
          - not: run('fixed', ...)
          - not:
              any:
              - inside: |
                  with trusted(): ...
              - inside: 'def test(): ...'
          where:
          - metavariable: $X
            regex: user_.*
          - focus: $X
        ",
        "
        run(user_name, unsafe=True)
            ^^^^^^^^^
        run(name, unsafe=True)
        run(user_name, unsafe=False)
        with trusted():
            run(user_name, unsafe=1)
        def test():
            run(user_name, unsafe=1)
        run(user_id, 2, unsafe=1)
            ^^^^^^^
        ",
    );
    check(
        "python",
        "
        taint:
          sources: [source()]
          sinks:
          - pattern: sink($X)
            where: [{focus: $X}]
          sanitizers: [clean(...)]
        ",
        "
        sink(source())
             ^^^^^^^^
        sink(clean(source()))
        ",
    );
}

#[test]
fn a_type_can_be_asked_of_a_metavariable() {
    check(
        "java",
        "
        patterns:
        - pattern: $X.run($Y)
        - metavariable-type: {metavariable: $Y, types: [String, Text]}
        ",
        "
        class A {
            void f(String a, int b, Text c) {
                x.run(a);
                ^^^^^^^^
                x.run(b);
                x.run(c);
                ^^^^^^^^
            }
        }
        ",
    );
}

#[test]
fn names_behind_aliases_and_types_behind_literals_are_not_filtered_out() {
    check(
        "python",
        "pattern: os.system(...)",
        "
        from os import system as run
        run('ls')
        ^^^^^^^^^
    ",
    );
    check(
        "java",
        "pattern: run((String $X))",
        "
        class A {
            void f() {
                run(\"a\");
                ^^^^^^^^
            }
        }
    ",
    );
    check(
        "python",
        "pattern-either: [{pattern: nothing()}, {pattern-regex: 'l+'}]",
        "
        hello
          ^^
    ",
    );
}

#[test]
fn a_strings_content_can_be_read_as_any_text() {
    check(
        "python",
        "
        patterns:
        - pattern: $S % $X
        - metavariable-pattern:
            metavariable: $S
            language: generic
            patterns:
            - pattern: <$TAG ...
            - pattern-not: <b>...
        ",
        r#"
        "<a href=%s>" % x
        ^^^^^^^^^^^^^^^^^
        "<b>%s</b>" % x
        "a %s" % x
        "#,
    );
    check(
        "python",
        "
        patterns:
        - pattern: 'key = $V'
        - metavariable-pattern:
            metavariable: $V
            language: regex
            pattern-regex: ^AK
        ",
        "
        key = 'AKxx'
        ^^^^^^^^^^^^
        key = 'xAKx'
        ",
    );
}

#[test]
fn generic_rules_read_any_text() {
    check(
        "generic",
        "pattern: password = $X",
        "
        # password = abc
          ^^^^^^^^^^^^^^
        password =
        ^^^^^^^^^^ ...
            def
        ",
    );
}
