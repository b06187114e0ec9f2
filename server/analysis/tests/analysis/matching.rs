//! What patterns match: a pattern, code, and the lines on which a match starts.

use crate::check::{check, dedent, run};

/// Runs bare patterns over code; the lines with a comment that says `match` must be exactly those where a match starts.
#[track_caller]
pub(crate) fn matches(language: &str, pattern: &str, code: &str) {
    let pattern = format!("  {}", dedent(pattern).trim_end().replace('\n', "\n  "));
    let code = dedent(code);
    let analysis = run(language, &format!("message: m\npattern: |\n{pattern}\n"), &code);
    let line_of = |at: u32| code[..at as usize].matches('\n').count() + 1;
    let mut found: Vec<usize> = analysis.findings.iter().map(|finding| line_of(finding.span.start)).collect();
    found.dedup();
    let is_marked = |line: &str| line.ends_with("# match") || line.ends_with("// match");
    let expected: Vec<usize> =
        code.lines().enumerate().filter(|(_, line)| is_marked(line)).map(|(at, _)| at + 1).collect();
    assert_eq!(found, expected, "the pattern\n{pattern}\nin\n{code}");
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
        b'x' == 'x'
        ",
    );
    matches(
        "javascript",
        "$X = $Y;\n...\nuse($X);",
        "
        let a = 1; // match
        use(a);
        ",
    );
    // The inner `a` is another one.
    matches(
        "javascript",
        "f($X, () => $X)",
        "
        f(a, () => a); // match
        f(a, () => b);
        ",
    );
}

#[test]
fn an_ellipsis_stands_for_any_arguments() {
    for (pattern, code) in [
        ("f(...)", "f() # match\nf(1, 2) # match\ng(f) \n"),
        ("f(..., $X)", "f(1) # match\nf(1, 2) # match\nf()\n"),
        ("f($X)", "f(1) # match\nf(k=1)\nf(1, 2)\nf(*x) # match\n"),
        ("f(k=$X, ...)", "f(1, j=2, k=3) # match\nf(j=1)\n"),
        ("f(a=1, b=2)", "f(b=2, a=1) # match\nf(a=1)\n"),
        ("f($...ARGS, 3)", "f(3) # match\nf(1, 2, 3) # match\nf(1)\n"),
        ("[..., 1, ...]", "x = [0, 1] # match\ny = [0]\n"),
    ] {
        matches("python", pattern, code);
    }
}

#[test]
fn an_ellipsis_between_statements_reaches_inner_blocks_but_not_outer_ones() {
    matches(
        "python",
        "
        a()
        ...
        b()
        ",
        "
        a() # match
        if c:
            x = b()
        if c:
            a()
        def f():
            a() # match
            return b()
        b
        ",
    );
}

#[test]
fn an_ellipsis_between_statements_passes_functions_but_not_members() {
    matches(
        "javascript",
        "
        a()
        ...
        b()
        ",
        "
        function f1() { a(); g(function () { if (c) b() }) } // match
        function f2() { a(); x.y = () => { b() } } // match
        function f3() { a(); g({ k: h(() => { b() }) }) } // match
        function f4() { a(); g({ k() { b() } }) }
        function f5() { a(); g({ k: function () { b() } }) }
        function f6() { a(); g({ k: { l: () => { b() } } }) }
        function f7() { a(); g(class { m() { b() } }) }
        function f8() { a(); g({ k() { h(() => { b() }) } }) } // match
        function f9() { a(); class C { m() { b() } } } // match
        ",
    );
    matches(
        "java",
        "
        a();
        ...
        b();
        ",
        "
        class C {
          void m1() { a(); g(() -> { b(); }); } // match
          void m2() { a(); g(new D() { void m() { b(); } }); }
        }
        ",
    );
}

#[test]
fn what_is_bound_is_found_behind_an_ellipsis_by_all_that_it_stands_for() {
    let others = "g(1)\n".repeat(9);
    let between = |before: &str, after: &str| format!("{before}\n{others}{after}\n");
    matches("python", "$X = f()\n...\n$X.h($Y)", &between("a = f() # match", "if c:\n    d = [b(a.h(1))]\nb.h()"));
    matches("python", "$X = f()\n...\n$X.h($Y)", &between("a = f()", "b.h(a)\na.h()"));
    // A name in the place of what it holds.
    matches("python", "f($X)\n...\nh($X)", &between("a = 2\nf(a) # match", "h(2)"));
    matches("python", "f($X)\n...\nh($X)", &between("a = 2\nf(2) # match", "h(a)"));
    matches("python", "f($X)\n...\nh($X)", &between("a = 's'\nf(a) # match", "if c:\n    h('s')"));
    matches("python", "f($X)\n...\nh($X)", &between("a = 's' + 't'\nf(a) # match", "h('st')"));
    // Another name for what is imported.
    matches("python", "$X.f()\n...\n$X.h()", &between("from m import a, a as b\na.f() # match", "b.h()"));
    matches("typescript", "$X = f();\n...\n$X.h();", &between("a = f(); // match", ";(a as T).h();"));
}

#[test]
fn an_expression_between_statements_stands_for_a_simple_statement_around_it() {
    matches(
        "python",
        "
        a()
        b()
        ",
        "
        x = a() # match
        return b()
        a()
        x = lambda: b()
        a()
        for x in b(): pass
        ",
    );
}

#[test]
fn a_match_of_statements_goes_from_the_first_to_the_last() {
    check(
        "python",
        "message: ''\npattern: |\n  a()\n  ...\n  b()",
        "
        z()
        a()
        ^^^ ...
        z()
        b()
        z()
        ",
    );
    check(
        "javascript",
        "
        pattern: |
          $X = 2
          ...
          f($X)
        ",
        "
        var a = 1,
        ^^^^^^^^^^ ...
          b = 2;
        f(b);
        ",
    );
}

#[test]
fn a_body_without_ellipsis_is_the_whole_body() {
    matches(
        "javascript",
        "if ($X) { f(); }",
        "
        if (a) { f(); } // match
        if (a) f(); // match
        if (a) { f(); } else { g(); } // match
        if (a) { f(); g(); }
        ",
    );
}

#[test]
fn names_are_what_imports_make_of_them() {
    matches(
        "python",
        "m.f($X)",
        "
        f(0)
        import m as n
        n.f(1) # match
        from m import f
        f(2) # match
        from m import f as g
        g(3) # match
        def h(f):
            f(4)
        from m.k import f
        f(5)
        ",
    );
    matches(
        "javascript",
        "m.f($X)",
        "
        import * as a from 'm';
        import {f as b} from 'm';
        import d from 'm';
        const c = require('m');
        const {f: e} = require('m');
        a.f(1); // match
        b(2); // match
        c.f(3); // match
        d.f(4);
        e(5); // match
        ",
    );
    matches(
        "java",
        "java.util.Random.ints()",
        "
        import java.util.Random;
        class A { void f() {
            Random.ints(); // match
            java.util.Random.ints(); // match
            other.Random.ints();
        } }
        ",
    );
}

#[test]
fn imports_of_one_thing_are_one() {
    matches(
        "python",
        "import a.b",
        "
        import a.b # match
        import a.b as c # match
        from a import b # match
        from a import c
        ",
    );
    matches(
        "javascript",
        "import {x, y} from 'm'",
        "
        import {y, z, x} from 'm'; // match
        import {x} from 'm';
        const {x, y} = require('m'); // match
        ",
    );
}

#[test]
fn strings_match_by_content() {
    for (pattern, code) in [
        ("f(\"...\")", "f('a') # match\nf('a' 'b') # match\nf(f'{a}')\nx = 'a'\nf(x) # match\n"),
        ("f(\"a\")", "f('a') # match\nf('b')\nf('''a''') # match\n"),
        ("f(\"=~/^a+$/\")", "f('aa') # match\nf('ab')\n"),
        ("f(f\"...{$X}...\")", "f(f'{a}') # match\nf(f'a {b} c {d}') # match\nf('a')\nf(f'a')\n"),
        ("f(\"$X\", $X)", "f('a', a) # match\nf('a', b)\n"),
    ] {
        matches("python", pattern, code);
    }
}

#[test]
fn operators_match_in_the_orders_and_groupings_they_allow() {
    for (pattern, code) in [
        ("a & b", "a & b # match\nb & a # match\na & (c & b) # match\na & c\n"),
        ("a and b", "a and b # match\nb and a\n"),
        ("a and ...", "a and b and c # match\nb and a\n"),
        ("$X + 1 + ...", "a + 1 + 2 # match\na + 1\n"),
        ("a == $X", "a == 1 # match\n1 == a\n"),
    ] {
        matches("python", pattern, code);
    }
}

#[test]
fn a_deep_ellipsis_finds_what_is_anywhere_within() {
    matches(
        "python",
        "f(<... g() ...>)",
        "
        f(g()) # match
        f(1 + h(lambda: g())) # match
        f(h())
        ",
    );
}

#[test]
fn a_deep_ellipsis_leaves_what_functions_in_an_expression_do() {
    matches(
        "javascript",
        "f(<... x ...>)",
        "
        f([h({ a: x })]) // match
        f(x => 3)
        f(() => x)
        f(h(function () { g(x) }))
        f({ a() { return x } })
        f(class { a() { x } })
        ",
    );
    matches(
        "java",
        "f(<... x ...>)",
        "
        class C { void m() {
          f(h(y -> g(x))); // match
          f(y -> { return x; });
          f(new B() { int m() { return x; } });
        } }
        ",
    );
    matches("php", "f(<... $x ...>)", "<?php\nf(fn() => $x); // match\nf(function () { return $x; });\n");
    matches("ruby", "f(<... x ...>)", "f(h(x)) # match\nf(h { x })\nf(-> { x })\n");
    // Of a statement it finds all that is in there.
    matches("javascript", "x = 1\n...\n<... f(x) ...>", "x = 1 // match\ng(() => { f(x) })\n");
}

#[test]
fn a_choice_of_strings_is_a_string() {
    check(
        "javascript",
        r#"
        patterns:
        - pattern: $O[$X]()
        - metavariable-pattern:
            metavariable: $X
            patterns: [{pattern-not: '"..."'}]
        "#,
        "
        a[b ? 'c' : 'd']()
        a[b ? 'c' : d]()
        ^^^^^^^^^^^^^^^^
        ",
    );
}

#[test]
fn a_chain_may_have_anything_in_between() {
    matches(
        "javascript",
        "$X.a(). ... .b()",
        "
        x.a().b(); // match
        x.a().c.d(1).b(); // match
        x.b();
        ",
    );
}

#[test]
fn typed_metavariables_ask_for_declared_types() {
    matches(
        "java",
        "(Request $R).get(...)",
        "
        class A {
            Request field;
            void f(Request r, Other o) {
                r.get(); // match
                o.get();
                this.field.get(); // match
                var n = new Request();
                n.get(); // match
                ((Request) o).get(); // match
            }
        }
        ",
    );
    matches("python", "f($X: int)", "f(1) # match\nf(1.0)\nf('a')\n");
}

#[test]
fn parts_of_definitions_that_the_pattern_leaves_out_may_be_anything() {
    matches(
        "python",
        "
        @d
        def $F(...): ...
        ",
        "
        @e # match
        @d
        async def f(a: int) -> int: return 1
        @e
        def g(): pass
        @d() # match
        def h(): pass
        @d(1)
        def i(): pass
        ",
    );
    matches(
        "python",
        "
        class $C:
            def f(...): ...
        ",
        "
        class A(B): # match
            x = 1
            def f(self): pass
        class D:
            def g(self): pass
        ",
    );
}

#[test]
fn objects_are_open_in_javascript_and_closed_in_python() {
    matches("javascript", "f({a: $X})", "f({b: 1, a: 2}); // match\nf({b: 1});\n");
    matches("python", "f({'a': $X})", "f({'a': 1}) # match\nf({'b': 1, 'a': 2})\n");
    matches("python", "f({..., 'a': $X, ...})", "f({'b': 1, 'a': 2}) # match\n");
}

#[test]
fn attributes_of_markup_stand_in_any_order() {
    matches(
        "javascript",
        "<a href={$X} />",
        "
        x = <a id='1' href={y}>z</a>; // match
        x = <b href={y} />;
        ",
    );
}

#[test]
fn for_with_an_ellipsis_is_any_loop() {
    matches(
        "javascript",
        "for (...) { ... }",
        "
        for (let i = 0; i < 2; i++) { f(); } // match
        for (const x of xs) f(); // match
        while (a) { f(); }
        ",
    );
}

#[test]
fn ruby_returns_what_stands_last() {
    matches(
        "ruby",
        "return $X",
        "
        def f(x)
          g
          if x
            1 # match
          else
            2 # match
          end
        end
        ",
    );
}

#[test]
fn positives_intersect_and_negatives_drop() {
    check(
        "python",
        r#"
        message: found $X
        patterns:
          - pattern: f($X)
          - pattern-inside: |
              def $F(...):
                ...
          - pattern-not: f("...")
          - pattern-not-inside: safe(...)
        "#,
        "
        f(a)
        def g():
            f(a)
            ^^^^ found a
            f('a')
            safe(f(a))
        ",
    );
}

#[test]
fn negatives_unify_with_what_was_found() {
    check(
        "python",
        "
        message: ''
        patterns:
          - pattern: f($X)
          - pattern-not-inside: |
              check($X)
              ...
        ",
        "
        check(a)
        f(a)
        f(b)
        ^^^^
        ",
    );
}

#[test]
fn focus_moves_the_match_and_several_intersect() {
    check(
        "python",
        "
        message: ''
        patterns:
          - pattern: f($X, $Y)
          - focus-metavariable: [$X, $Y]
        ",
        "
        f(a, b)
          ^
             ^
        ",
    );
}

#[test]
fn conditions_on_metavariables_see_names_and_outer_bindings() {
    check(
        "python",
        "
        message: ''
        patterns:
          - pattern: m.$F($A, $B)
          - metavariable-regex: {metavariable: $F, regex: ^run}
          - metavariable-pattern:
              metavariable: $F
              pattern: run
          - metavariable-pattern:
              metavariable: $B
              patterns:
                - pattern-not: $A
        ",
        "
        m.run(a, b)
        ^^^^^^^^^^^
        m.run(a, a)
        m.runs(a, b)
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
        - patterns:
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

#[test]
fn parts_of_an_imported_name_are_in_focus_where_it_is_used() {
    check(
        "python",
        "
        patterns:
        - pattern: os.$F(...)
        - focus-metavariable: $F
        ",
        "
        from os import system as run
        def f(x):
            run(x)
            ^^^
        ",
    );
    check(
        "python",
        "
        patterns:
        - pattern: from os import $F
        - focus-metavariable: $F
        ",
        "
        from os import system
                       ^^^^^^
        ",
    );
}
