//! What names are known to hold: patterns with literals match names that hold them.

use crate::check::run;

/// Every `known(..)` in the code must hold the string `v`, every `any(..)` some string, and no `lost(..)` any.
#[track_caller]
fn hold(language: &str, code: &str) {
    let rule = r#"
        message: found
        pattern-either:
        - pattern: known("v")
        - pattern: any("...")
        - pattern: lost("...")
    "#;
    let analysis = run(language, rule, code);
    assert!(analysis.notes.is_empty(), "{:?}", analysis.notes);
    let found: Vec<_> = analysis.findings.iter().map(|finding| finding.span.start as usize).collect();
    let mut expected: Vec<_> = ["known(", "any("].iter().flat_map(|name| code.match_indices(name)).collect();
    expected.sort_unstable();
    let expected: Vec<_> = expected.into_iter().map(|(at, _)| at).collect();
    let calls = |places: &[usize]| {
        places.iter().map(|&at| code[at..].lines().next().unwrap_or("")).collect::<Vec<_>>().join("\n")
    };
    assert!(found == expected, "should match\n{}\nbut matches\n{}", calls(&expected), calls(&found));
}

#[test]
fn constants_follow_the_statements_of_a_function() {
    hold(
        "python",
        r#"
def f(c, p):
    x = "v"
    known(x)
    if c:
        x = "w"
    any(x)
    x = c
    lost(x)
    y = "v"
    for i in c:
        lost(z)
        any(y)
        y = "w"
        z = i
    lost(p)
    w = "v"
    w += c
    lost(w)
    try:
        t = "v"
        c()
        t = c
    except E:
        known(t)
    q, r = "v", "v"
    lost(q)
"#,
    );
}

#[test]
fn names_assigned_once_are_known_in_functions() {
    hold(
        "python",
        r#"
ONCE = "v"
often = "v"
often = "w"

def f():
    known(ONCE)
    lost(often)
    global elsewhere
    elsewhere = "w"

def g(ONCE):
    lost(ONCE)

elsewhere = "v"

def h():
    lost(elsewhere)
"#,
    );
    hold(
        "javascript",
        "const ONCE = 'v';\nlet x = 'v';\nconst f = () => { known(ONCE); lost(x); x = 1; };\nfunction g() { lost(ONCE2); let ONCE2; }\n",
    );
    // A conditional is one of two; a static field may be assigned anywhere.
    hold(
        "javascript",
        "const x = c ? 'v' : 'w';\nfunction f() { any(x); any(c ? 'v' : x); lost(c ? 'v' : y); }\nclass C { static a = 'v'; static b = 'v'; m() { known(C.a); lost(C.b); C.b = x; } }\n",
    );
    hold("ruby", "ONCE = \"v\"\nlocal = \"v\"\ndef f\n  known(ONCE)\n  known(local)\nend\n");
    hold(
        "php",
        "<?php\nconst ONCE = 'v';\ndefine('TWO', 'v');\n$x = 'v';\nfunction f() { known(ONCE); known(TWO); lost($x); }\n",
    );
    hold(
        "java",
        "class C { static final String A = \"v\"; String b = \"v\"; void m() { known(A); known(this.A); known(C.A); lost(b); b = m(); } }\n",
    );
}

#[test]
fn what_is_known_in_functions_declared_behind_a_return() {
    hold(
        "javascript",
        "function f(c) { const y = 'v'; return g; function g() { let x = 'v'; known(x); known(y); x = c; lost(x); } }\n",
    );
}

#[test]
fn strings_put_together_of_constants_are_constants() {
    hold("python", "a = \"v\"\nb = \"\"\nknown(b + a)\nknown(f\"{a}{b}\")\nany(a + \"w\")\nlost(a + c)\nany(a * n)\n");
    hold("javascript", "const a = 'v';\nknown(a + '');\nknown(`${a}`);\nlost(`${a}${c}`);\n");
    hold("php", "<?php\n$a = 'v';\nknown($a . '');\nlost($a . $c);\n");
}

#[test]
fn functions_that_assign_a_captured_name_make_it_unknown() {
    hold("javascript", "let x = 'v';\nknown(x);\nlater(() => { x = read(); });\nlost(x);\n");
    hold("ruby", "x = \"v\"\nlist.each { |e| x = e }\nlost(x)\n");
}

#[test]
fn a_field_of_java_is_a_constant_if_nobody_can_change_it_before_it_is_read() {
    hold(
        "java",
        r#"
class A {
    private String a = "v";
    public String b = "v";
    public static final String c = "v";
    private static String d;
    private String e;
    private String f;
    static { d = "v"; }
    A() { this.e = "v"; f = "v"; }
    void set() { f = "w"; }
    void read() { known(a); known(this.a); lost(b); known(c); known(d); known(e); lost(f); }
}
class B {
    private String g;
    private String h;
    B() { this.g = "v"; }
    B(int x) {}
    void set() { this.h = "v"; }
    void read() { lost(g); lost(h); lost(this.h); }
}
"#,
    );
}

#[test]
fn what_php_makes_of_constants_is_constant() {
    hold("php", "<?php\n$a = 'v';\nany(trim($a) . 'x');\nlost(trim($b));\nlost(other($a));\n");
}

#[test]
fn operators_make_constants_of_constants() {
    let calls = |language: &str, code: &str| {
        let rule = r"
            message: found
            pattern-either:
            - pattern: yes(True)
            - pattern: no(False)
            - pattern: lost(True)
            - pattern: yes(true)
            - pattern: no(false)
            - pattern: six(6)
            - pattern: minus(-2)
            - pattern: lost(true)
            - pattern: lost(false)
            - pattern: lost(6)
        ";
        let analysis = run(language, rule, code);
        assert!(analysis.notes.is_empty(), "{:?}", analysis.notes);
        let found: Vec<_> = analysis.findings.iter().map(|finding| finding.span.start as usize).collect();
        let mut expected: Vec<_> =
            ["yes(", "no(", "six(", "minus("].iter().flat_map(|name| code.match_indices(name)).collect();
        expected.sort_unstable();
        let expected: Vec<_> = expected.into_iter().map(|(at, _)| at).collect();
        assert_eq!(found, expected, "in {code}");
    };
    calls(
        "java",
        "class A { void f(boolean q) { boolean t = true; int i = 2; int j = 3; no(!t); yes(t || !t); lost(t && q); yes(i < j); no(i == j); six(i * j); six(12 / i); lost(13 / i); six(i | 4); six(3 << 1); minus(1 - 3); minus(-i); six(8 % 10 - i); lost(i / 0); i += 4; six(i); six((int) i); } }",
    );
    calls(
        "python",
        "t = True\ni = 2\nno(not t)\nyes(i >= 2)\nyes(i == 2 and t)\nsix(13 // i)\nsix(i ** 3 - i)\nlost(q and True)\ni *= 3\nsix(i)\n",
    );
    calls("javascript", "const t = true; no(!t); yes(!!t); no(t && false); yes(t == true); lost(q || true);");
    calls("ruby", "t = true\nno(!t)\nsix(2 + 4)\nsix(2 | 4)\n");
    calls("php", "<?php\n$t = true;\nno(!$t);\nsix(12 / 2);\nlost(13 / 2);\nyes($t != false);\n");
}

#[test]
fn fields_of_java_are_known_if_nobody_else_can_assign_them() {
    hold(
        "java",
        "class C { private String a = \"v\"; final String b = \"v\"; String c = \"v\"; private String d; private String e; C() { this.d = \"v\"; } void set() { e = \"v\"; } void m() { known(a); known(this.b); lost(c); known(d); lost(e); } }\n",
    );
    hold("java", "class C { private String d; C() { d = \"v\"; } C(int other) { } void m() { lost(d); } }\n");
}

#[test]
fn a_method_called_for_its_effect_may_change_what_it_is_called_on() {
    hold("python", "def f():\n    x = \"v\"\n    x.m()\n    lost(x)\n    x = \"v\"\n    y = x.m()\n    known(x)\n");
    hold("java", "class C { void f() { String x = \"v\"; x.m(); lost(x); } }\n");
    hold("javascript", "function f() { let x = 'v'; x.m(); known(x); let y = 'v'; y.m(); lost(y); y = read(); }\n");
    // Each block may have a constant of the name.
    hold(
        "javascript",
        "function f() { if (c) { const x = 'v'; x.m(); known(x); } else { const x = 'w'; x.m(); any(x); } }\n",
    );
}

#[test]
fn a_name_that_a_file_assigns_once_is_known_wherever_that_is() {
    hold("php", "<?php\nif ($q) { $x = 'v'; }\nknown($x);\n");
    hold("javascript", "let x;\nif (q) { x = 'v'; }\nknown(x);\nif (q) { y = 'v'; y = 'w'; }\nlost(y);\n");
}
