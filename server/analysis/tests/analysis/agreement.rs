//! What is alike and what is not, found by running Semgrep and Weir side by side over real code.

use crate::matching::matches;

/// Checks each pattern with its code.
#[track_caller]
fn all(language: &str, cases: &[(&str, &str)]) {
    for (pattern, code) in cases {
        matches(language, pattern, code);
    }
}

#[test]
fn a_place_in_parentheses_begins_with_them_in_python_and_javascript() {
    all(
        "python",
        &[
            ("f(...)", "x = ( # match\n  f(1)\n)\n"),
            ("$A + $B", "x = ((( # match\n  a +\n  b\n)))\n"),
            ("f(...)", "if ( # match\n  f(1)\n): pass\n"),
        ],
    );
    all(
        "javascript",
        &[
            ("f(...)", "const x = () => ( // match\n  f(1)\n);\n"),
            ("<a>...</a>", "function r() { return ( // match\n  <a>x</a>\n); }\n"),
            ("f(...)", "if (\n  f(1) // match\n) { }\n"),
            ("`...`", "x = ( // match\n  `a`\n);\n"),
        ],
    );
    all("java", &[("f(...)", "class A { int x = (\n  f(1) // match\n); }\n")]);
}

#[test]
fn text_and_code_among_an_elements_content_are_two_things() {
    all(
        "javascript",
        &[
            (
                "<$E>$M</$E>",
                "
                a = <p>text</p>; // match
                a = <p>{code}</p>;
                a = <p>text {code}</p>; // match
                a = <p>{code} text</p>;
                a = <p>a&nbsp;b</p>; // match
                a = <p><b /></p>;
                ",
            ),
            (
                "<$E>{$M}</$E>",
                "
                a = <p>text</p>;
                a = <p>{code}</p>; // match
                a = <p>{code} text</p>; // match
                a = <p>text {code}</p>;
                a = <p><b /></p>;
                ",
            ),
            ("<p>{$A}{$B}</p>", "a = <p>{x}{y}</p>; // match\na = <p>{x} {y}</p>;\n"),
            ("\"...\"", "a = <p>text</p>;\na = <p>{\"text\"}</p>; // match\n"),
        ],
    );
}

#[test]
fn what_a_shown_statement_holds_does_not_follow_it() {
    all("python", &[("if $C:\n  ...\n...\nf(...)", "if a: # match\n  f(1)\nif b:\n  f(2)\n")]);
    all(
        "javascript",
        &[("$X = $Y\n...\nf(...)", "function g() { const a = () => { f(1); }; }\nconst b = 1; f(2); // match\n")],
    );
    all("ruby", &[("class $C < $D\n  ...\nend\n...\n$C.f(...)", "class A < B\n  def m\n    A.f(1)\n  end\nend\n")]);
}

#[test]
fn assignments_of_all_kinds() {
    all("python", &[("$X = $Y", "if (n := f()): # match\n  pass\n"), ("($X := $Y)", "n = f() # match\n")]);
    all(
        "javascript",
        &[
            ("$X = 1", "a ??= 1; // match\na ||= 1; // match\na &&= 1; // match\n"),
            ("let $X = $Y", "let a = 1; // match\nfor (let i = 0; i < 1; i++) { }\n"),
        ],
    );
}

#[test]
fn imports_say_how_they_import() {
    all(
        "javascript",
        &[
            ("import * as $X from \"m\"", "import * as a from \"m\"; // match\nconst b = require(\"m\");\n"),
            ("export default $X", "export default a; // match\nexport { a, b };\n"),
            ("\"...\"", "export * from \"m\";\n"),
        ],
    );
    all(
        "python",
        &[
            ("import $X as $Y", "import a as b # match\nfrom a import b as c\n"),
            ("from a import b as c", "from a import b as c # match\nimport a.b as c\nimport a.b\n"),
            ("from $M import $X", "from a import b # match\nfrom a import *\n"),
        ],
    );
}

#[test]
fn exceptions() {
    all(
        "python",
        &[
            ("raise $X", "raise a # match\nraise a from b # match\n"),
            (
                "try:\n  ...\nexcept $E as $N:\n  ...",
                "try: # match\n  f()\nexcept (A, B) as e:\n  pass\ntry: # match\n  f()\nexcept A as e:\n  pass\n",
            ),
            ("try:\n  ...\nexcept:\n  ...", "try: # match\n  f()\nexcept:\n  pass\ntry:\n  f()\nexcept A:\n  pass\n"),
        ],
    );
}

#[test]
fn a_decorator_is_a_call() {
    all(
        "python",
        &[
            ("d(...)", "@d # match\ndef f(): pass\n@d(1) # match\ndef g(): pass\n"),
            ("$X.y()", "@a.y # match\nclass A: pass\n"),
        ],
    );
}

#[test]
fn keys_slices_and_comprehensions() {
    all("javascript", &[("\"...\"", "a = {\"k\": 1};\nconst {b: c} = a;\na = [\"k\"]; // match\n")]);
    all("php", &[("\"...\"", "<?php\n$a = [\n  \"k\" => 1 // match\n];\n".trim_start())]);
    all(
        "python",
        &[
            ("$X[$I]", "a[1] # match\na[1:2]\na[:]\n"),
            ("$X[1:]", "a[1:] # match\na[1]\n"),
            ("{...}", "x = {a: b for a in c} # match\nx = {a for a in c} # match\nx = [a for a in c]\n"),
        ],
    );
    all("javascript", &[("[$A, $B]", "function f([a, b]) { } // match\n")]);
}

#[test]
fn functions_and_branches() {
    all(
        "javascript",
        &[("async (...) => { ... }", "f(async () => { a(); }); // match\nf(() => { a(); }); // match\n")],
    );
    all(
        "javascript",
        &[(
            "if ($X) { ... } else { ... }",
            "if (a) b();\nif (a) b(); else c(); // match\nif (a) b(); else if (c) d(); // match\n",
        )],
    );
    all("javascript", &[("debugger", "debugger; // match\n")]);
    all(
        "python",
        &[(
            "class A:\n  ...\n  def $F(...): ...\n  ...",
            "class A: # match\n  def f(self): pass\nclass B:\n  def f(self): pass\n",
        )],
    );
    all("php", &[("f(...);", "<?php\nthrow f(1); // match\n")]);
}

#[test]
fn numbers_are_of_a_type() {
    all("python", &[("f(5)", "f(5) # match\nf(0x5) # match\nf(5.0)\nf(5j)\n")]);
    all("javascript", &[("f(5)", "f(5) // match\nf(5.0) // match\nf(5n)\n")]);
    all("java", &[("f(8)", "class A { void g() {\n  f(8); // match\n  f(010); // match\n  f(8L);\n  f(8.0);\n} }\n")]);
    all("java", &[("f(1.0)", "class A { void g() {\n  f(1f); // match\n  f(1.00); // match\n  f(1);\n} }\n")]);
}

#[test]
fn methods_of_interfaces_and_singletons() {
    all(
        "java",
        &[(
            "$T $M(...) { ... }",
            "interface I {\n  int a();\n}\nabstract class A {\n  abstract int b(); // match\n  int c() { return 1; } // match\n}\n",
        )],
    );
    all(
        "ruby",
        &[
            ("def $F\n  ...\nend", "def a # match\n  1\nend\ndef self.b\n  1\nend\n"),
            ("def self.$F\n  ...\nend", "def a\n  1\nend\ndef self.b # match\n  1\nend\n"),
            ("class $C\nend", "class A # match\nend\nclass B\n  x\nend\n"),
            ("return $X", "def a\n  x = 1\nend\ndef b\n  f(1) # match\nend\n"),
        ],
    );
}

#[test]
fn the_parts_of_try_new_and_case() {
    all(
        "java",
        &[
            ("try { ... }", "class A { void f() {\ntry { a(); } catch (A | B e) { } finally { } // match\n} }\n"),
            (
                "try { ... } catch ($E $X) { ... }",
                "class A { void f() {\ntry (X x = y()) { a(); } catch (A e) { } // match\ntry { a(); } finally { }\n} }\n",
            ),
            ("new F(...)", "class A { void f() {\nnew F(1); // match\nnew F(1) { };\n} }\n"),
            ("$X = $Y", "class A { void f() {\nint a = 1; // match\nfor (int i = 0; i < 1; i++) { }\n} }\n"),
            ("g((String $X))", "class A { void f(String s) {\ng(s); // match\ng(\"a\"); // match\ng(s + x);\n} }\n"),
        ],
    );
    all("javascript", &[("\"...\"", "switch (x) {\n  case \"a\": y = \"b\"; // match\n  case \"c\": break;\n}\n")]);
    all("python", &[("A", "try:\n  f()\nexcept A: # match\n  pass\n")]);
}

#[test]
fn what_a_block_an_array_with_keys_and_a_scope_are_not() {
    all("ruby", &[("f($X, ...)", "f { 1 }\nf(1) { 2 } # match\n"), ("f(...)", "f { 1 } # match\n")]);
    all("php", &[("[...]", "<?php\n$a = [1]; // match\n$a = ['k' => 1]; // match\n")]);
    all("java", &[("$A::$B", "import x.Foo;\nclass A { Object f = new Foo();\nObject g = Foo::bar; // match\n}\n")]);
}

#[test]
fn what_ruby_gives_back_brings_in_and_names() {
    all(
        "ruby",
        &[
            (
                "return $X",
                "
def a
  x = f(1) # match
end
def b
  x.y = f(1)
end
def c
  x ? 1 : 2
end
g do
  f(2) # match
end
l = -> { 1 } # match
",
            ),
            ("require $X", "require 'a' # match\nrequire_relative 'b' # match\nx = require 'c'\nrequire f('d')\n"),
            ("require 'a'", "require 'a' # match\nrequire 'b'\n"),
            ("$F(...)", "require 'a'\nrequire f('a') # match\n"),
            ("$X", "require 'a'\nalias b c\nd # match\n"),
            ("x", "require 'x'\nx # match\n"),
            ("{..., $K: $V, ...}", "a = {b: 1} # match\na = {:b => 1} # match\na = {'b' => 1}\na = {b => 1}\n"),
            ("{..., $K => $V, ...}", "a = {b: 1} # match\na = {'b' => 1} # match\n"),
            ("/.../", "a = /x/ # match\nf(a)\n"),
            ("/$X/", "a = /x/ # match\nf(a) # match\n"),
        ],
    );
}

#[test]
fn names_and_types_are_no_expressions() {
    all(
        "typescript",
        &[
            (
                "B",
                "
class K extends B.C implements B { }
class L extends B(1) { } // match
interface I extends B { x: B }
type T = B | C;
enum E { A = B }
export { B };
let x: B = B; // match
",
            ),
            ("$X", "type T = B;\ntype U = \"u\"; // match\nexport type V = B;\n"),
            ("type $T = $U", "type T = B; // match\nexport type V = B; // match\n"),
        ],
    );
    all("java", &[("B", "class K extends B implements A.B { }\nclass L { Object b = B.c; } // match\n")]);
    all("java", &[("$X", "package a.b;\nclass K {\nvoid f() throws B {\nreturn c; // match\n} }\n")]);
    all("ruby", &[("A::B", "A::B # match\nA::B.c # match\nA::B::C\nmodule A::B\nend\n")]);
    all("python", &[("B", "class K(B): # match\n    pass\n"), ("$X", "def f():\n    pass\n")]);
}

#[test]
fn an_assignment_that_computes_is_what_it_computes_in_javascript() {
    all(
        "javascript",
        &[
            ("$A + $B", "x += 1; // match\na.b += c; // match\nx -= 1;\nx = y;\n"),
            ("$A || $B", "x ||= y; // match\nx |= y;\n"),
            ("x + ...", "x += a + b; // match\ny += x;\n"),
            ("\"...\" + $X", "let s = \"q\";\ns += b; // match\n"),
            ("$X += $Y", "x += y; // match\nx = x + y; // match\nx = y + x;\nx = x - y;\n"),
        ],
    );
    all("python", &[("$A + $B", "x += 1\nx = x + 1 # match\n"), ("$X += $Y", "x += 1 # match\nx = x + 1\n")]);
}

#[test]
fn a_chain_that_may_go_on_is_one_already() {
    for language in ["python", "ruby"] {
        all(
            language,
            &[
                ("a. ...", "a\nf(a)\nf(a(1))\nf(a[1])\na.b # match\na.b(1).c # match\nx = a.b(1) # match\n"),
                ("a.$F($X). ...", "a.b\na.b(1) # match\na.b(1).c # match\nb.c(1)\n"),
                ("f(1). ... .c(2)", "f(1).c(2) # match\nf(1).b(3).c(2) # match\nf(1)[3].c(2)\n"),
            ],
        );
    }
}

#[test]
fn code_of_another_object_does_not_follow() {
    let within = |head: &str, marked: &str| format!("f(1){marked}\n{head}\n  g(2)\nend\n");
    for head in ["def a", "class A", "a do", "if a", "begin", "while a"] {
        all("ruby", &[("f($X)\n...\ng($Y)", &within(head, " # match"))]);
    }
    for head in ["def self.a", "def a.b", "module A", "class << self"] {
        all("ruby", &[("f($X)\n...\ng($Y)", &within(head, ""))]);
    }
}

#[test]
fn signatures_and_templates_of_typescript() {
    all(
        "typescript",
        &[
            ("function $F(...) { ... }", "declare function a(): void;\nfunction b() { } // match\n"),
            ("f(($X: string))", "f(`a`); // match\nf(`a${x}`);\n"),
        ],
    );
}
