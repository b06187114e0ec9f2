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
