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

#[test]
fn a_semicolon_makes_an_expression_the_statement_it_is_in() {
    let code = "
        class A {
          int field = // match
              f(1);
          void run() {
            int local = // match
                f(2);
            g( // match
                f(3));
            if (
                f(4)) { }
            try (R r = // match
                f(5)) { }
            return // match
                f(6);
          }
        }
        ";
    matches("java", "f(...);", code);
    let by_themselves = code.replace(" // match", "").replace(");", "); // match").replace(")) {", ")) { // match\n");
    matches("java", "f(...)", &by_themselves);
}

#[test]
fn what_a_definition_leaves_out_may_be_there() {
    matches(
        "java",
        "$T $F(String $X) { ... }",
        "
        class A {
          @Get void f(final String a) throws E { } // match
          static <T> int g(String b) { return 1; } // match
          int h(int c) { return 1; }
        }
        ",
    );
    matches(
        "elixir",
        "def $F($X) do\n  ...\nend",
        "
        def f(a) when a > 1 do # match
          a
        end

        defp g(a), do: a # match
        def h(a, b), do: a
        ",
    );
}

#[test]
fn a_name_alone_may_be_a_call_in_ruby() {
    matches(
        "ruby",
        "f(...)",
        "
        f(1) # match
        f # match
        x = f
        ",
    );
}

#[test]
fn strings_that_change_in_place_are_no_longer_known() {
    matches(
        "ruby",
        "f(\"...\")",
        "
        def g(x)
          a = 'b'
          f(a) # match
          a << 'c'
          f(a) # match
          a << x
          f(a)
          d = 'e'
          d.upcase!
          f(d)
        end
        ",
    );
}

#[test]
fn python_computes_strings_and_numbers() {
    matches(
        "python",
        "f(\"...\")",
        "
        f('a' * n) # match
        f(c and 'a' or 'b') # match
        f(c and a or 'b')
        f('a' + 1)
        ",
    );
    matches(
        "python",
        "f(6)",
        "
        x = 2 * 3
        f(x) # match
        f(x + 1 - 1) # match
        f(x + 1)
        ",
    );
}

#[test]
fn what_is_put_into_an_f_string_is_not_its_text() {
    matches(
        "python",
        "f(f'...{$X}...')",
        "
        f(f'a{b}') # match
        f(f'a')
        ",
    );
}

#[test]
fn statements_named_at_the_end_of_a_pattern_are_all_that_follow() {
    let code = "
        def f():
          a()
        def g():
          a()
          b()
        ";
    let analysis = run(
        "python",
        r"
        message: m
        patterns:
        - pattern: |
            def $F(...):
              $...BODY
        - metavariable-pattern:
            metavariable: $...BODY
            patterns:
            - pattern-not: |
                ...
                b()
        ",
        &dedent(code),
    );
    let starts: Vec<_> = analysis.findings.iter().map(|finding| finding.span.start).collect();
    assert_eq!(starts, [0]);
}

#[test]
fn any_of_several_insides_is_an_inside_and_meets_others_within_it() {
    let code = dedent(
        "
        class A(B):
          def f(self, x):
            g(x)
        class C:
          def f(self, x):
            g(x)
        ",
    );
    let rule = r"
        message: m
        patterns:
        - pattern-either:
          - pattern-inside: |
              class $C(B):
                ...
          - pattern-inside: |
              class $C(D):
                ...
        - pattern-inside: |
            def $F(self, $X):
              ...
        - pattern: g($X)
    ";
    let starts: Vec<_> =
        run("python", rule, &code).findings.iter().map(|finding| finding.span.start as usize).collect();
    assert_eq!(starts, [code.find("g(x)").expect("the call in the first class")]);
}
