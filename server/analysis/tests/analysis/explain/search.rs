//! Search rules: what each operator did.

use super::check;
use crate::check::explained;

/// What a pattern that matches nothing on the line says of the line.
#[track_caller]
fn differs(language: &str, pattern: &str, code: &str, expected: &str) {
    let rule = format!("pattern: {}", serde_json::to_string(pattern).expect("a text"));
    let told = explained(language, &rule, code, 1);
    let message = &told.reasons.last().expect("the pattern").message;
    let difference = message.split_once(": ").map_or(message.as_str(), |(_, rest)| rest);
    assert_eq!(difference, expected, "{pattern} against {code}");
}

#[test]
fn the_first_difference_to_the_closest_code_is_told() {
    for (pattern, code, expected) in [
        ("f($X)", "f(1, 2)", "`f` has 2 arguments where the pattern has 1"),
        ("f($X, $Y)", "f(1)", "`f` has 1 argument where the pattern has 2"),
        ("f(1, $X)", "f(2, x)", "argument 1: `2` where the pattern has `1`"),
        ("f(..., 1)", "f(2, x)", "none of its arguments is `1`"),
        ("f(..., shell=True, ...)", "f(x)", "the argument `shell` that the pattern has is not given"),
        ("f(..., shell=True, ...)", "f(x, shell=False)", "`False` where the pattern has `true`"),
        ("$X.execute($Q)", "db.query(q)", "`query` where the pattern has `execute`"),
        ("$X.execute($Q)", "db.x = execute", "there is no call on the line"),
        ("os.system($X)", "from os import path; path(x)", "`path` where the pattern has `os.system`"),
        ("f(\"...\")", "f(x)", "argument 1: `x` is not known to hold `\"...\"` here"),
        (
            "$X == $X",
            "a == b",
            "its parts match one by one, but not together: a metavariable that stands more than once is not the same code each time, or they stand in another order",
        ),
        ("$X == 1", "a != 1", "`a != 1` where the pattern has an operation"),
        ("$X = f()", "x = g()", "`g` where the pattern has `f`"),
        ("a()\n...\nb()", "a(); c()", "part 3 of the pattern's 3 matches nowhere: `a` where the pattern has `b`"),
        (
            "a()\n...\nb()",
            "b(); a()",
            "every part of the pattern matches somewhere, but here they do not follow each other in one block with the same code for each metavariable",
        ),
    ] {
        differs("python", pattern, code, expected);
    }
    differs(
        "java",
        "(String $X).trim()",
        "class A { void f(Foo s) { s.trim(); } }",
        "the type of `s` is not known to be `String`",
    );
    differs("javascript", "f(`...`)", "f(x)", "argument 1: `x` where the pattern has a string");
}

#[test]
fn a_match_shows_what_is_bound() {
    check(
        "python",
        "pattern: f($X, $Y)",
        "f(1, a)  # HERE",
        "
        Reported: all that the rule asks for is there
        + [pattern] f($X, $Y): matches
            1: f(1, a)  $X=1  $Y=a
        ",
    );
}

#[test]
fn negatives_show_what_they_take_away_and_why() {
    let rule = "
        patterns:
        - pattern: $C.execute($Q, ...)
        - pattern-not: $C.execute(\"...\", ...)
        - pattern-not-inside: |
            def safe(...):
              ...
        - pattern-not-regex: noscan
        ";
    check(
        "python",
        rule,
        "db.execute('a')  # HERE",
        r#"
        NotReported: `pattern-not: $C.execute("...", ...)` (line 7 of the rule file): takes the match away: it removes what it matches itself
        x [patterns] : leaves nothing in the file
          + [pattern] $C.execute($Q, ...): matches
              1: db.execute('a')  $C=db  $Q='a'
          x [pattern-not] $C.execute("...", ...): takes the match away: it removes what it matches itself
              1: db.execute('a') <- is taken away  $C=db  $Q='a'
          - [pattern-not-inside] def safe(...): ...: was not asked: nothing was left
          - [pattern-not-regex] noscan: was not asked: nothing was left
        "#,
    );
    check(
        "python",
        rule,
        "def safe():\n  db.execute(a)  # HERE",
        r#"
        NotReported: `pattern-not-inside: def safe(...): ...` (line 8 of the rule file): takes the match away: it removes what lies within what it matches
        x [patterns] : leaves nothing in the file
          + [pattern] $C.execute($Q, ...): matches
              2: db.execute(a)  $C=db  $Q=a
          + [pattern-not] $C.execute("...", ...): takes nothing away: it matches nothing here
          x [pattern-not-inside] def safe(...): ...: takes the match away: it removes what lies within what it matches
              2: db.execute(a) <- is taken away
              1: def safe(): <- because of this  $C=db  $Q=a
          - [pattern-not-regex] noscan: was not asked: nothing was left
        "#,
    );
    check(
        "python",
        rule,
        "db.execute(noscan)  # HERE",
        r#"
        NotReported: `pattern-not-regex: noscan` (line 11 of the rule file): takes the match away: it removes what it matches itself
        x [patterns] : leaves nothing in the file
          + [pattern] $C.execute($Q, ...): matches
              1: db.execute(noscan)  $C=db  $Q=noscan
          + [pattern-not] $C.execute("...", ...): takes nothing away: it matches nothing here
          + [pattern-not-inside] def safe(...): ...: takes nothing away: it matches nothing here
          x [pattern-not-regex] noscan: takes the match away: it removes what it matches itself
              1: db.execute(noscan) <- is taken away
              1: noscan <- because of this
        "#,
    );
    check(
        "python",
        rule,
        "db.execute(a); db.execute('b')  # HERE",
        r#"
        Reported: all that the rule asks for is there
        + [patterns] : leaves 1 match on the line
            1: db.execute(a)  $C=db  $Q=a
          + [pattern] $C.execute($Q, ...): matches
              1: db.execute(a)  $C=db  $Q=a
              1: db.execute('b')  $C=db  $Q='b'
          + [pattern-not] $C.execute("...", ...): takes 1 of 2 matches away: it removes what it matches itself
              1: db.execute('b') <- is taken away  $C=db  $Q='b'
          + [pattern-not-inside] def safe(...): ...: takes nothing away: it matches nothing here
          + [pattern-not-regex] noscan: takes nothing away: it matches nothing here
        "#,
    );
    let rule = "
        patterns:
        - pattern: f($X)
        - pattern-not: f($X).g()
        - pattern-not-inside: $X = f($X)
        ";
    check(
        "python",
        rule,
        "a = f(b).g()  # HERE",
        "
        Reported: all that the rule asks for is there
        + [patterns] : leaves 1 match on the line
            1: f(b)  $X=b
          + [pattern] f($X): matches
              1: f(b)  $X=b
          + [pattern-not] f($X).g(): takes nothing away: what it matches is another range than the match
              1: f(b).g()  $X=b
          + [pattern-not-inside] $X = f($X): takes nothing away: it matches nothing here
        ",
    );
}

#[test]
fn a_positive_shows_whether_and_where_it_lies_around_the_match() {
    let rule = "
        patterns:
        - pattern: f($X)
        - pattern-inside: |
            $X = 1
            ...
        ";
    check(
        "python",
        rule,
        "a = 1\nf(a)  # HERE",
        "
        Reported: all that the rule asks for is there
        + [patterns] : leaves 1 match on the line
            2: f(a)  $X=a
          + [pattern] f($X): matches
              2: f(a)  $X=a
          + [pattern-inside] $X = 1 ...: lies within what it matches
              1: a = 1  $X=a
        ",
    );
    check(
        "python",
        rule,
        "a = 1\nf(b)  # HERE",
        "
        NotReported: `pattern-inside: $X = 1 ...` (line 7 of the rule file): what it matches does not go together with the rest: `$X` is `b` here and `a` there
        x [patterns] : leaves nothing in the file
          + [pattern] f($X): matches
              2: f(b)  $X=b
          x [pattern-inside] $X = 1 ...: what it matches does not go together with the rest: `$X` is `b` here and `a` there
              1: a = 1  $X=a
        ",
    );
    check(
        "python",
        rule,
        "f(b)  # HERE\na = 1",
        "
        NotReported: `pattern-inside: $X = 1 ...` (line 7 of the rule file): matches nothing around the line, only in line 2
        x [patterns] : leaves nothing in the file
          + [pattern] f($X): matches
              1: f(b)  $X=b
          x [pattern-inside] $X = 1 ...: matches nothing around the line, only in line 2
        ",
    );
    let rule = "
        patterns:
        - pattern: f(...)
        - pattern: $F(1)
        ";
    check(
        "python",
        rule,
        "f(2)  # HERE",
        "
        NotReported: `pattern: $F(1)` (line 7 of the rule file): matches nothing in the file: argument 1: `2` where the pattern has `1`
        x [patterns] : leaves nothing in the file
          + [pattern] f(...): matches
              1: f(2)
          x [pattern] $F(1): matches nothing in the file: argument 1: `2` where the pattern has `1`
              1: 2 <- comes closest
        ",
    );
    let rule = "
        patterns:
        - pattern: f($X)
        - semgrep-internal-pattern-anywhere: g($X)
        ";
    check(
        "python",
        rule,
        "f(a)  # HERE\ng(b)",
        "
        NotReported: `semgrep-internal-pattern-anywhere: g($X)` (line 7 of the rule file): what it matches does not go together with the rest: `$X` is `a` here and `b` there
        x [patterns] : leaves nothing in the file
          + [pattern] f($X): matches
              1: f(a)  $X=a
          x [semgrep-internal-pattern-anywhere] g($X): what it matches does not go together with the rest: `$X` is `a` here and `b` there
        ",
    );
}

#[test]
fn conditions_show_what_did_not_meet_them() {
    let rule = |condition: &str| format!("patterns:\n- pattern: f($X)\n- {condition}\n");
    check(
        "python",
        &rule("metavariable-regex: {metavariable: $X, regex: ^b}"),
        "f(a)  # HERE",
        "
        NotReported: `metavariable-regex: metavariable: $X, regex: ^b` (line 7 of the rule file): `$X` is `a`, which does not match the regex from its start
        x [patterns] : leaves nothing in the file
          + [pattern] f($X): matches
              1: f(a)  $X=a
          x [metavariable-regex] metavariable: $X, regex: ^b: `$X` is `a`, which does not match the regex from its start
              1: f(a)  $X=a
        ",
    );
    check(
        "python",
        &rule("metavariable-regex: {metavariable: $Y, regex: ^b}"),
        "f(a)  # HERE",
        "
        NotReported: `metavariable-regex: metavariable: $Y, regex: ^b` (line 7 of the rule file): `$Y` is bound to nothing: no part that matches here has it
        x [patterns] : leaves nothing in the file
          + [pattern] f($X): matches
              1: f(a)  $X=a
          x [metavariable-regex] metavariable: $Y, regex: ^b: `$Y` is bound to nothing: no part that matches here has it
              1: f(a)  $X=a
        ",
    );
    check(
        "python",
        &rule("metavariable-comparison: {comparison: $X > 3}"),
        "f(a)  # HERE",
        "
        NotReported: `metavariable-comparison: comparison: $X > 3` (line 7 of the rule file): is not true of what its metavariables are bound to, or cannot be computed
        x [patterns] : leaves nothing in the file
          + [pattern] f($X): matches
              1: f(a)  $X=a
          x [metavariable-comparison] comparison: $X > 3: is not true of what its metavariables are bound to, or cannot be computed
              1: f(a)  $X=a
        ",
    );
    check(
        "python",
        &rule("metavariable-pattern: {metavariable: $X, pattern: b}"),
        "f(a)  # HERE",
        "
        NotReported: `metavariable-pattern: metavariable: $X, pattern: b` (line 7 of the rule file): `$X` is `a`, which its formula does not match
        x [patterns] : leaves nothing in the file
          + [pattern] f($X): matches
              1: f(a)  $X=a
          x [metavariable-pattern] metavariable: $X, pattern: b: `$X` is `a`, which its formula does not match
              1: f(a)  $X=a
        ",
    );
    check(
        "python",
        &rule("metavariable-type: {metavariable: $X, type: str}"),
        "f(a)  # HERE",
        "
        NotReported: `metavariable-type: metavariable: $X, type: str` (line 7 of the rule file): `$X` is `a`, which is not known to be of such a type
        x [patterns] : leaves nothing in the file
          + [pattern] f($X): matches
              1: f(a)  $X=a
          x [metavariable-type] metavariable: $X, type: str: `$X` is `a`, which is not known to be of such a type
              1: f(a)  $X=a
        ",
    );
}

#[test]
fn focus_shows_where_the_match_is_then() {
    let rule = "
        patterns:
        - pattern: f($X, $Y)
        - focus-metavariable: $Y
        ";
    check(
        "python",
        rule,
        "f(a, b)  # HERE",
        "
        Reported: all that the rule asks for is there
        + [patterns] : leaves 1 match on the line
            1: b  $X=a  $Y=b
          + [pattern] f($X, $Y): matches
              1: f(a, b)  $X=a  $Y=b
          + [focus-metavariable] $Y: the match is now the place of $Y
              1: b  $X=a  $Y=b
        ",
    );
    check(
        "python",
        rule,
        "f(a,  # HERE\n  b)",
        "
        NotReported: `focus-metavariable: $Y` (line 7 of the rule file): the match is now the place of $Y, which is in line 2
        x [patterns] : leaves nothing on the line, only in line 2
          + [pattern] f($X, $Y): matches
              1: f(a,  # HERE  $X=a  $Y=b
          x [focus-metavariable] $Y: the match is now the place of $Y, which is in line 2
              2: b
        ",
    );
}

#[test]
fn of_alternatives_the_one_that_got_furthest_says_why() {
    let rule = "
        pattern-either:
        - pattern: f($X)
        - patterns:
          - pattern: g($X)
          - metavariable-comparison: {comparison: $X > 3}
        - pattern: h($X)
        ";
    check(
        "python",
        rule,
        "g(2)  # HERE\nf(1)",
        "
        NotReported: `metavariable-comparison: comparison: $X > 3` (line 9 of the rule file): is not true of what its metavariables are bound to, or cannot be computed
        x [pattern-either] : matches nothing on the line, only in line 2: none of its 3 alternatives does
          x [pattern] f($X): matches nothing on the line, only in line 2: `g` where the pattern has `f`
              1: g <- comes closest
          x [patterns] : leaves nothing in the file
            + [pattern] g($X): matches
                1: g(2)  $X=2
            x [metavariable-comparison] comparison: $X > 3: is not true of what its metavariables are bound to, or cannot be computed
                1: g(2)  $X=2
          x [pattern] h($X): matches nothing in the file: `g` where the pattern has `h`
              1: g <- comes closest
        ",
    );
    check(
        "python",
        rule,
        "h(2)  # HERE\nf(1)",
        "
        Reported: all that the rule asks for is there
        + [pattern-either] : leaves 1 match on the line
          - [pattern] f($X): matches nothing on the line, only in line 2: `h` where the pattern has `f`
              1: h <- comes closest
          - [patterns] : leaves nothing in the file
            x [pattern] g($X): matches nothing in the file: `h` where the pattern has `g`
                1: h <- comes closest
            - [metavariable-comparison] comparison: $X > 3: was not asked: nothing was left
          + [pattern] h($X): matches
              1: h(2)  $X=2
        ",
    );
    check(
        "python",
        rule,
        "k(2)  # HERE\nf(1)",
        "
        NotReported: `pattern-either` (line 5 of the rule file): matches nothing on the line, only in line 2: none of its 3 alternatives does
        x [pattern-either] : matches nothing on the line, only in line 2: none of its 3 alternatives does
          x [pattern] f($X): matches nothing on the line, only in line 2: `k` where the pattern has `f`
              1: k <- comes closest
          x [patterns] : leaves nothing in the file
            x [pattern] g($X): matches nothing in the file: `k` where the pattern has `g`
                1: k <- comes closest
            - [metavariable-comparison] comparison: $X > 3: was not asked: nothing was left
          x [pattern] h($X): matches nothing in the file: `k` where the pattern has `h`
              1: k <- comes closest
        ",
    );
}

#[test]
fn the_newer_syntax_is_told_in_its_own_words() {
    let rule = "
        match:
          all:
          - f($X)
          - inside: |
              def $F(...):
                ...
          - not: f(1)
          where:
          - metavariable: $X
            regex: ^a
        ";
    check(
        "python",
        rule,
        "def g():\n  f(b)  # HERE",
        "
        NotReported: `where: metavariable: $X, regex: ^a` (line 13 of the rule file): `$X` is `b`, which does not match the regex from its start
        x [all] : leaves nothing in the file
          + [pattern] f($X): matches
              2: f(b)  $X=b
          + [inside] def $F(...): ...: lies within what it matches
              1: def g():  $F=g
          + [not] f(1): takes nothing away: it matches nothing here
          x [where] metavariable: $X, regex: ^a: `$X` is `b`, which does not match the regex from its start
              2: f(b)  $F=g  $X=b
        ",
    );
}

#[test]
fn rules_of_regexes_say_where_else_they_match() {
    check(
        "regex",
        "pattern-regex: secret_[a-z]+",
        "secret_a\nsecret_1  # HERE",
        "
        NotReported: `pattern-regex: secret_[a-z]+` (line 5 of the rule file): matches nothing on the line, only in line 1
        x [pattern-regex] secret_[a-z]+: matches nothing on the line, only in line 1
        ",
    );
    check(
        "generic",
        "pattern: password = $X",
        "password = x  # HERE",
        "
        Reported: all that the rule asks for is there
        + [pattern] password = $X: matches
            1: password = x  $X=x
        ",
    );
}

#[test]
fn what_keeps_a_rule_from_a_file_is_told() {
    let rule = |keys: &str| {
        format!("rules:\n- id: rule\n  severity: ERROR\n  languages: [python]\n  pattern: f($X)\n  {keys}\n")
    };
    check(
        "javascript",
        &rule("message: m"),
        "f(1)  // HERE",
        "
        NotRun: the rule reads python, and the file is javascript
        x the rule reads python, and the file is javascript
        ",
    );
    check(
        "python",
        &rule("message: m"),
        "g(1)  # HERE",
        "
        NotRun: the rule is not tried on the file: `f` does not occur in it
        + the rule reads python
        x the rule is not tried on the file: `f` does not occur in it
        x [pattern] f($X): matches nothing in the file: `g` where the pattern has `f`
            1: g <- comes closest
        ",
    );
    check(
        "python",
        &rule("paths: {include: ['*.py', lib/]}"),
        "f(1)  # HERE",
        "
        NotRun: `paths` of the rule includes only `*.py`, `lib/`, and not src/file
        + the rule reads python
        x `paths` of the rule includes only `*.py`, `lib/`, and not src/file
        + every name that the rule cannot do without occurs in the file
        + [pattern] f($X): matches
            1: f(1)  $X=1
        ",
    );
    check(
        "python",
        &rule("paths: {exclude: [src]}"),
        "f(1)  # HERE",
        "
        NotRun: `paths` of the rule excludes src/file by `src`
        + the rule reads python
        x `paths` of the rule excludes src/file by `src`
        + every name that the rule cannot do without occurs in the file
        + [pattern] f($X): matches
            1: f(1)  $X=1
        ",
    );
    check(
        "python",
        &rule("min-version: 9.0.0"),
        "f(1)  # HERE",
        "
        NotRun: the rule is for other versions: this one counts as Semgrep 1.182.0
        x [min-version] 9.0.0: the rule is for other versions: this one counts as Semgrep 1.182.0
        ",
    );
    let rule = "
        pattern-either:
        - pattern: a.b($X)
        - pattern: c($X)
        ";
    check(
        "python",
        rule,
        "g(1)  # HERE",
        "
        NotRun: the rule is not tried on the file: each of its alternatives needs one of `a`, `b`, `c`, and none of these occurs in it
        + the rule reads python
        x the rule is not tried on the file: each of its alternatives needs one of `a`, `b`, `c`, and none of these occurs in it
        x [pattern-either] : matches nothing in the file: none of its 2 alternatives does
          x [pattern] a.b($X): matches nothing in the file: `g` where the pattern has `a.b`
              1: g <- comes closest
          x [pattern] c($X): matches nothing in the file: `g` where the pattern has `c`
              1: g <- comes closest
        ",
    );
}

#[test]
fn a_comment_that_hides_a_finding_is_shown() {
    check(
        "python",
        "pattern: f($X)",
        "# nosemgrep: rule\nf(1)  # HERE",
        "
        Suppressed: a comment asks to ignore it
        + [pattern] f($X): matches
            2: f(1)  $X=1
        x line 1 asks to ignore the finding (nosemgrep)
            1: # nosemgrep: rule
        ",
    );
}

#[test]
fn what_analyzers_and_full_names_do_not_find_is_told() {
    for (condition, asks) in [
        ("metavariable-analysis: {metavariable: $X, analyzer: entropy}", "is no known text that looks random"),
        ("metavariable-analysis: {metavariable: $X, analyzer: redos}", "is no known regex that may take very long"),
        ("metavariable-name: {metavariable: $X, module: os}", "is not known to stand for such a name"),
    ] {
        let told = explained("python", &format!("patterns: [{{pattern: f($X)}}, {{{condition}}}]"), "f(a)\n", 1);
        assert!(told.summary.ends_with(&format!("`$X` is `a`, which {asks}")), "{told:#?}");
    }
}

#[test]
fn a_rule_for_any_text_is_told_like_others() {
    let rule = "
        options: {generic_caseless: true}
        patterns:
        - pattern: password = $VALUE
        - pattern-not: password = env
        ";
    check(
        "generic",
        rule,
        "password = secret HERE\npassword = env",
        "
        Reported: all that the rule asks for is there
        + [patterns] : leaves 1 match on the line
            1: password = secret  $VALUE=secret
          + [pattern] password = $VALUE: matches
              1: password = secret  $VALUE=secret
          + [pattern-not] password = env: takes nothing away: it matches nothing here
        ",
    );
    check(
        "generic",
        rule,
        "password = secret\npassword = env HERE",
        "
        NotReported: `pattern-not: password = env` (line 8 of the rule file): takes the match away: it removes what it matches itself
        x [patterns] : leaves nothing on the line, only in line 1
          + [pattern] password = $VALUE: matches
              2: password = env  $VALUE=env
          x [pattern-not] password = env: takes the match away: it removes what it matches itself
              2: password = env <- is taken away
        ",
    );
}
