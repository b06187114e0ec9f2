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
fn a_type_is_known_where_an_object_is_made_or_handed_to_a_constructor() {
    check(
        "php",
        "
        patterns:
        - pattern: $X->run(...)
        - metavariable-type: {metavariable: $X, type: Shell}
        ",
        "
        <?php
        $a = new Shell($x);
        $a->run();
        ^^^^^^^^^
        $b = new Other($x);
        $b->run();
        $c = new Shell();
        $c = new Other();
        $c->run();
        ",
    );
    check(
        "typescript",
        "pattern: '($X: Client).get(...)'",
        "
        class A {
          constructor(private http: Client, other: Client) {}
          f() { this.http.get(1); this.other.get(1); }
                ^^^^^^^^^^^^^^^^
        }
        @Injectable()
        class B {
          constructor(http: Client) {}
          f() { this.http.get(1); }
                ^^^^^^^^^^^^^^^^
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

#[test]
fn groups_of_a_condition_bind_metavariables() {
    check(
        "python",
        "
        message: $KIND key
        patterns:
        - pattern: key($K)
        - metavariable-regex: {metavariable: $K, regex: '\"(?<KIND>[a-z]+)_'}
        - metavariable-regex: {metavariable: $KIND, regex: live|test}
        - focus-metavariable: $KIND
        ",
        r#"
        key("live_1")
             ^^^^ live key
        key("dead_1")
        "#,
    );
}

#[test]
fn numbered_groups_of_two_regexes_have_nothing_to_do_with_each_other() {
    check(
        "python",
        "patterns: [{pattern-regex: 'a(.)b.'}, {pattern-regex: 'a.b(.)'}]",
        "
        a1b2
        ^^^^
    ",
    );
}

#[test]
fn types_are_asked_in_every_language() {
    check(
        "python",
        "
        patterns:
        - pattern: $X is $Y
        - metavariable-type: {metavariable: $Y, type: str}
        ",
        r#"
        def f(a: str):
            b is "x"
            ^^^^^^^^
            b is a
            ^^^^^^
            b is 2
        "#,
    );
}

#[test]
fn a_match_can_be_named_and_asked() {
    check(
        "python",
        "
        match:
          all:
          - pattern: |
              def $F(...): ...
            as: $BODY
          where:
          - {metavariable: $BODY, pattern: danger()}
        ",
        "
        def f():
        ^^^^^^^^ ...
            danger()
        def g():
            safe()
        ",
    );
}

#[test]
fn a_taint_finding_can_stand_at_its_source() {
    check(
        "python",
        "
        mode: taint
        options: {taint_focus_on: source}
        pattern-sources: [{pattern: source()}]
        pattern-sinks: [{pattern: sink(...)}]
        ",
        "
        x = source()
            ^^^^^^^^
        sink(x)
        ",
    );
}

#[test]
fn in_rules_for_any_text_patterns_are_regexes() {
    check(
        "regex",
        "patterns: [{pattern: 'ws://\\S+'}, {pattern-not: 'ws://localhost'}, {pattern-not-regex: 'x$'}]",
        "
        ws://a ws://localhost
        ^^^^^^
        ws://x
        ",
    );
}

#[test]
fn an_end_that_a_fix_says_twice_is_said_once() {
    let code = "f(fn x -> x end)\n";
    for (fix, expected) in [
        ("g($F end)", "g(fn x -> x end)\n"),
        ("g($F)", "g(fn x -> x end)\n"),
        ("if y do $F end", "if y do fn x -> x end end\n"),
    ] {
        let found = run("elixir", &format!("pattern: f($F)\nfix: {fix}"), code);
        let fixes: Vec<_> = found.findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
        assert_eq!(weir_analysis::apply_fixes(code, fixes), expected, "{fix}");
    }
}
