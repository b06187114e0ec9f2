//! Rules for any text: generic patterns in formulas, and in what other languages bind.

use crate::check::{check, run, whole};
use weir_analysis::RuleSet;
use weir_model::RuleSource;

const NGINX: &str = "
    http {
      server {
        listen 80;
        location /a { proxy_pass http://$host; }
      }
      server {
        listen 443;
        keepalive_timeout 300;
        # proxy_pass http://old;
      }
    }
";

/// The text with a line of marks under one of its lines.
fn marked(line: &str, mark: &str) -> String {
    assert!(NGINX.contains(line));
    NGINX.replace(line, &format!("{line}\n{}{mark}", " ".repeat(line.len() - line.trim_start().len())))
}

#[test]
fn patterns_of_text_are_joined_like_others() {
    check(
        "generic",
        r"
        patterns:
        - pattern: proxy_pass $SCHEME://$...REST;
        - pattern-not: proxy_pass $SCHEME://old;
        - pattern-inside: |
            server {
              ...
            }
        - focus-metavariable: $SCHEME
        ",
        &marked("        location /a { proxy_pass http://$host; }", "                         ^^^^"),
    );
    check(
        "generic",
        r"
        patterns:
        - pattern: listen $PORT;
        - pattern-not-inside: |
            server {
              ...
              keepalive_timeout $T;
              ...
            }
        ",
        &marked("        listen 80;", "^^^^^^^^^^"),
    );
    check(
        "generic",
        r"
        options: {generic_comment_style: shell}
        pattern-either:
        - pattern: proxy_pass http://old
        - pattern: $X 443
        ",
        &marked("        listen 443;", "^^^^^^^^^^"),
    );
}

#[test]
fn what_spells_a_number_is_one_to_a_comparison() {
    check(
        "generic",
        r"
        patterns:
        - pattern: keepalive_timeout $T
        - metavariable-comparison: {comparison: $T > 75}
        ",
        "
        keepalive_timeout 300;
        ^^^^^^^^^^^^^^^^^^^^^
        keepalive_timeout 65;
        keepalive_timeout off;
        ",
    );
}

#[test]
fn a_named_ellipsis_holds_the_white_space_before_it() {
    check(
        "generic",
        r"
        message: do$...WHAT
        options: {generic_ellipsis_max_span: 0}
        patterns:
        - pattern: TODO $...WHAT
        - metavariable-regex: {metavariable: $...WHAT, regex: ' [a-z]'}
        - pattern-not: TODO ... later ...
        ",
        "
        # TODO write it
          ^^^^^^^^^^^^^ do write it
        # TODO Write it
        # TODO write it later on
        ",
    );
}

#[test]
fn what_text_binds_can_be_read_in_a_language() {
    check(
        "generic",
        r"
        patterns:
        - pattern: <?php $...CODE ?>
        - metavariable-pattern:
            metavariable: $...CODE
            language: php
            pattern: echo $_GET[...]
        ",
        "
        <p><?php echo $_GET['a']; ?></p>
           ^^^^^^^^^^^^^^^^^^^^^^^^^
        <p><?php echo '$_GET[1]'; ?></p>
        ",
    );
    check(
        "generic",
        r#"
        patterns:
        - pattern: key = "$...V"
        - metavariable-pattern:
            metavariable: $...V
            patterns:
            - pattern-not: none
            - pattern-not-regex: ^\{
        "#,
        r#"
        key = "a none"
        ^^^^^^^^^^^^^^
        key = "none"
        key = "{a}"
        "#,
    );
}

#[test]
fn code_of_any_language_can_be_read_as_text() {
    for (language, expected) in [("generic", true), ("spacegrep", true), ("aliengrep", false)] {
        let rule = format!(
            "
            patterns:
            - pattern: 'run($X)'
            - metavariable-pattern: {{metavariable: $X, language: {language}, pattern: 'a ... c'}}
            "
        );
        let found = run("python", &rule, "run(a(b, c).d)\n").findings.len();
        assert_eq!(found == 1, expected, "{language}");
    }
}

#[test]
fn a_rule_chooses_its_engine() {
    check(
        "generic",
        r#"
        options:
          generic_engine: aliengrep
          generic_multiline: false
          generic_extra_word_characters: ["-"]
          generic_extra_braces: [["<", ">"]]
          generic_caseless: true
        pattern: set-header <...> $X
        "#,
        "
        Set-Header <a <b> c> X-Forwarded-For
        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
        set-header <a
          b> x
        ",
    );
}

#[test]
fn a_fix_fills_in_what_text_bound() {
    let found = run("generic", "pattern: a $...X c\nfix: a($...X )", "a 1 b c\n");
    let fixes: Vec<_> = found.findings.iter().filter_map(|finding| finding.fix.as_ref()).collect();
    assert_eq!(weir_analysis::apply_fixes("a 1 b c\n", fixes), "a( 1 b )\n");
}

#[test]
fn what_is_wrong_with_a_rule_for_text_is_said() {
    for (rule, expected) in [
        ("pattern: a ... $...X", "`pattern`: a named ellipsis cannot follow another ellipsis"),
        ("pattern: a\noptions: {generic_engine: grep}", "the option `generic_engine` must be spacegrep or aliengrep"),
        (
            "pattern: a\noptions: {generic_ellipsis_max_span: -1}",
            "the option `generic_ellipsis_max_span` must be a number of lines",
        ),
        (
            "pattern: a\noptions: {generic_comment_style: lisp}",
            "the option `generic_comment_style` must be none, c, cpp or shell",
        ),
        (
            "pattern: a\noptions: {generic_braces: [\"()\"]}",
            "the option `generic_braces` must be a list of pairs of characters",
        ),
        (
            "mode: taint\npattern-sources: [{pattern: a}]\npattern-sinks: [{pattern: b}]",
            "a taint rule needs a language that is parsed: in any text there is no data to follow",
        ),
    ] {
        let source = RuleSource { name: "rules.yaml".to_owned(), text: whole("generic", rule) };
        let rules = RuleSet::compile(&[source], &[]);
        let messages: Vec<_> = rules.problems().iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, [expected], "{rule}");
    }
}
