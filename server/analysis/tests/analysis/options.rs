//! What `options` of a rule change.

use crate::check::check;

#[test]
fn a_function_may_have_to_be_an_arrow() {
    check(
        "javascript",
        "
        pattern: $F = (...) => { ... }
        options: {arrow_is_function: false}
        ",
        "
        class A {
          a = () => 1
          ^^^^^^^^^^^
          b = function () {}
        }
        const c = x => { return x; };
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        const d = function () {};
        ",
    );
    check(
        "javascript",
        "pattern: function $F(...) { ... }",
        "
        class A { a = () => 1; b = function () {}; }
                  ^^^^^^^^^^^
                               ^^^^^^^^^^^^^^^^^^
        ",
    );
    check(
        "javascript",
        "
        pattern: function $F(...) { ... }
        options: {arrow_is_function: false}
        ",
        "
        class A { a = () => 1; b = function () {}; }
                               ^^^^^^^^^^^^^^^^^^
        ",
    );
}

#[test]
fn decorators_may_have_to_stand_in_order() {
    check(
        "python",
        "
        pattern: |
          @first
          @second(...)
          def $F(...): ...
        options: {decorators_order_matters: true}
        ",
        "
        @first
        ^^^^^^ ...
        @other
        @second(1)
        def f(): pass

        @second(1)
        @first
        def g(): pass
        ",
    );
}

#[test]
fn comparisons_for_equality_may_be_turned_round() {
    check(
        "javascript",
        "
        pattern: $X == null
        options: {commutative_compop: true}
        ",
        "
        a == null;
        ^^^^^^^^^
        null == a;
        ^^^^^^^^^
        ",
    );
}

#[test]
fn what_is_returned_without_the_word_may_be_no_match() {
    let code = "
        def f(x)
          x
        end
    ";
    check("ruby", "pattern: return $X\noptions: {implicit_return: false}", code);
}

#[test]
fn children_of_an_element_may_stand_in_any_order() {
    let code = |marks: [&str; 2]| {
        let [first, second] = marks;
        format!("x = <ul><a /><b /></ul>;\n{first}y = <ul><b /><a /></ul>;\n{second}z = <ul><b /></ul>;\n")
    };
    let mark = "    ^^^^^^^^^^^^^^^^^^^\n";
    check("javascript", "pattern: <ul><b /><a /></ul>", &code(["", mark]));
    let unordered = "pattern: <ul><b /><a /></ul>\noptions: {xml_children_ordered: false}";
    check("javascript", unordered, &code([mark, mark]));
}

#[test]
fn an_assignment_may_match_fields_only() {
    check(
        "javascript",
        "
        pattern: $X = f()
        options: {vardef_assign: false, flddef_assign: true}
        ",
        "
        class A { a = f(); }
                  ^^^^^^^
        let b = f();
        c = f();
        ^^^^^^^
        ",
    );
}

#[test]
fn what_a_name_stands_for_is_looked_into() {
    check(
        "javascript",
        "
        pattern: open(<... secret() ...>)
        options: {symbolic_propagation: true}
        ",
        "
        const x = !secret();
        open(y && x);
        ^^^^^^^^^^^^
        function f() { open(x); open(y); }
                       ^^^^^^^
        ",
    );
}

#[test]
fn names_stand_for_expressions_that_are_the_same_wherever_they_are() {
    for (language, code) in [
        (
            "javascript",
            "
            function f(x) {
              const a = make(x.y + `${x}`, { k: x }); use(a); // match
              const b = make([x]); use(b);
              const c = make({ k() {} }); use(c);
              const d = make({ ...x }); use(d);
              const e = make(() => x); use(e);
              const g = make(x ? 1 : 2); use(g);
              const h = make(await x); use(h);
              const i = make(make(!x), x[0]).z; use(i.z);
            }
            ",
        ),
        (
            "python",
            "
            def f(x):
                a = make(f'{x}', *x, k=x[0]); use(a) # match
                b = make([x]); use(b)
                c = make({'k': x}); use(c)
                d = make((x, x)); use(d)
                e = make(lambda: x); use(e)
                g = make(1 if x else 2); use(g)
                h = make(y for y in x); use(h)
                i = make(x[1:]); use(i)
            ",
        ),
    ] {
        let marked: String = code
            .lines()
            .map(|line| match line.find("use(").filter(|_| line.contains("match")) {
                Some(at) => format!("{line}\n{}^^^^^^\n", " ".repeat(at)),
                None => format!("{line}\n"),
            })
            .collect();
        check(language, "\npattern: use(make(...))\noptions: {symbolic_propagation: true}\n", &marked);
    }
}

#[test]
fn a_part_of_a_statement_may_be_a_definition() {
    check(
        "javascript",
        "pattern: <... x = 1 ...>",
        "
        var x = 1;
        ^^^^^^^^^
        var y = 1;
        ",
    );
}
