//! What conditions ask of metavariables.

use crate::check::check;

#[test]
fn a_random_string_is_told_from_words() {
    check(
        "python",
        "
        patterns:
        - pattern: key($K)
        - metavariable-analysis: {metavariable: $K, analyzer: entropy}
        ",
        r#"
        KEY = "wJalrXUtnFEMI" + "K7MDENGbPxRfiCY"
        key("3xKq9vTz0bLmW7Rf2Yp")
        ^^^^^^^^^^^^^^^^^^^^^^^^^^
        key(KEY)
        ^^^^^^^^
        key("the key of the house")
        key("xxxxxxxxxxxxxxxxxxxxxxxx")
        key(unknown)
        key(f(3))
        "#,
    );
    check(
        "javascript",
        r#"
        patterns:
        - pattern: '"$TEXT"'
        - metavariable-analysis: {metavariable: $TEXT, analyzer: entropy}
        - focus-metavariable: $TEXT
        "#,
        r#"
        login("Bearer 3xKq9vTz0bLmW7Rf2Yp", "password")
               ^^^^^^^^^^^^^^^^^^^^^^^^^^
        "#,
    );
}

#[test]
fn the_newer_syntax_knows_analyzers_and_their_modes() {
    for (analyzer, expected) in [
        ("entropy", [true, true, true]),
        ("entropy_v2", [false, true, true]),
        ("{kind: entropy_v2, mode: lax}", [true, true, true]),
        ("{kind: entropy_v2, mode: strict}", [false, false, true]),
    ] {
        let rule = format!("match: {{pattern: key($K), where: [{{metavariable: $K, analyzer: {analyzer}}}]}}");
        let keys = ["C7W2D4C5QMT7", "1d8aaa70cb88f1e2", "ghp_16C7e42F292c6912E7710c838347Ae178B4a"];
        let marked = keys.iter().zip(expected).fold(String::new(), |code, (key, found)| {
            let call = format!("key('{key}')");
            let mark = if found { "^".repeat(call.len()) + "\n" } else { String::new() };
            format!("{code}{call}\n{mark}")
        });
        check("python", &rule, &marked);
    }
}

#[test]
fn a_regex_that_may_take_very_long_is_found() {
    check(
        "python",
        "
        patterns:
        - pattern: re.match($RE, ...)
        - metavariable-analysis: {metavariable: $RE, analyzer: redos}
        ",
        r#"
        RE = r"^(\w+\s?)*$"
        re.match(RE, text)
        ^^^^^^^^^^^^^^^^^^
        re.match("^(\\w+\\s?)*$", text)
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        re.match(r"^(\\w+\\s)*$", text)
        re.match(r"^\w+(\s\w+)*$", text)
        re.match(unknown, text)
        "#,
    );
    check(
        "javascript",
        "
        patterns:
        - pattern: $RE.test(...)
        - metavariable-analysis: {metavariable: $RE, analyzer: redos}
        ",
        "
        const re = /(a|a)*$/i;
        re.test(x);
        ^^^^^^^^^^
        /(x+x+)+y/.test(x);
        ^^^^^^^^^^^^^^^^^^
        /x+y+/.test(x);
        ",
    );
}

#[test]
fn dates_are_compared_with_today() {
    // Tests run on the first day of 1970.
    check(
        "python",
        "
        patterns:
        - pattern: expires($DAY)
        - metavariable-comparison: {metavariable: $DAY, comparison: strptime($DAY) < today()}
        ",
        r#"
        expires("1906-12-09")
        ^^^^^^^^^^^^^^^^^^^^^
        expires("1970-01-01")
        expires("3000-01-15")
        expires("one day")
        "#,
    );
}

#[test]
fn a_name_can_be_asked_for_the_module_it_comes_from() {
    check(
        "javascript",
        r#"
        patterns:
        - pattern: $M.parse(...)
        - metavariable-name: {metavariable: $M, module: "@scope/xml"}
        "#,
        r#"
        import * as xml from "@scope/xml";
        import { strict } from "@scope/xml";
        import json from "@scope/xmlish";
        const { lazy: l } = require("@scope/xml");
        xml.parse(a);
        ^^^^^^^^^^^^
        strict.parse(a);
        ^^^^^^^^^^^^^^^
        l.parse(a);
        ^^^^^^^^^^
        json.parse(a);
        JSON.parse(a);
        function f(xml) { xml.parse(a); }
        "#,
    );
    check(
        "python",
        "
        match:
          pattern: $F(...)
          where: [{metavariable: $F, modules: [os.path, shutil]}]
        ",
        "
        import os
        from shutil import copy as c
        os.path.join(a)
        ^^^^^^^^^^^^^^^
        c(a)
        ^^^^
        os.system(a)
        ",
    );
    check(
        "php",
        r"
        patterns:
        - pattern: new $C(...)
        - semgrep-internal-metavariable-name: {metavariable: $C, fqn: 'App\Mail\Message'}
        ",
        r"
        <?php
        use App\Mail\Message as M;
        new M($x);
        ^^^^^^^^^
        new Message($x);
        ",
    );
}
