//! Marks of other tools.

use super::{IN_TEXT, ignored, rule, run};
use weir_model::ForeignMarks;

/// Languages, weaknesses, codes with marks, and whether its findings are ignored.
#[track_caller]
fn check(cases: &[(&str, &str, &str, &str)]) {
    for &(language, cwe, code, expected) in cases {
        let found = ignored(&run(&rule(cwe), language, code, ForeignMarks::All));
        assert_eq!(found, expected, "{language}, {cwe}:\n{code}");
    }
}

#[test]
fn python() {
    check(&[
        // Bandit: by number, by name, by any line of the statement; other words are no tests.
        ("python", "CWE-78", "hit(a)  # nosec\n", "+"),
        ("python", "CWE-78", "hit(a)  #nosec B602\n", "+"),
        ("python", "CWE-77", "hit(a)  # nosec: B101, B602\n", "+"),
        ("python", "CWE-89", "hit(a)  # nosec B602\n", "-"),
        ("python", "CWE-89", "hit(a)  # nosec hardcoded_sql_expressions # we know\n", "+"),
        ("python", "CWE-89", "hit(a)  # nosec this is fine\n", "+"),
        ("python", "CWE-78", "hit(\n    a,\n    b)  # nosec B602\nhit(b)\n", "+-"),
        ("python", "CWE-78", "x = f(  # nosec\n    hit(a))\nhit(b)\n", "+-"),
        ("python", "CWE-78", "if hit(a):  # nosec\n    hit(b)\n", "+-"),
        ("python", "CWE-78", "if hit(a):\n    hit(b)  # nosec\n", "-+"),
        ("python", "CWE-78", "# nosec\nhit(a)\n", "-"),
        ("python", "CWE-78", "hit('# nosec')\n", "-"),
        ("python", "CWE-78", "hit('''\n# nosec\n''')\n", "-"),
        ("javascript", "CWE-78", "hit(a) // nosec\n", "-"),
        // Flake8 and Ruff.
        ("python", "CWE-89", "hit(a)  # noqa\n", "+"),
        ("python", "CWE-89", "hit(a)  # noqa: E501,S608\n", "+"),
        ("python", "CWE-89", "hit(a)  # noqa:S6\n", "+"),
        ("python", "CWE-89", "hit(a)  # noqa: E501\n", "-"),
        ("python", "CWE-89", "hit(a)  # NOQA : S608\n", "+"),
        ("python", "CWE-89", "# ruff: noqa: S608\nhit(a)\nhit(b)\n", "++"),
        ("python", "CWE-89", "# ruff: noqa: S101\nhit(a)\n", "-"),
        ("python", "CWE-89", "hit(a)\n# flake8: noqa\n", "+"),
        ("python", "CWE-89", "# ruff: ignore[S608]\nhit(a)\nhit(b)\n", "+-"),
        ("python", "CWE-89", "hit(a)  # ruff: ignore[hardcoded-sql-expression]\n", "+"),
        ("python", "CWE-89", "# ruff: file-ignore[S608]\nhit(a)\n", "+"),
        ("python", "CWE-89", "hit(a)\n# ruff: disable[S608]\nhit(b)\n# ruff: enable[S608]\nhit(c)\n", "-+-"),
        ("python", "CWE-89", "def f():\n    # ruff: disable[S608]\n    hit(b)\n\n    hit(c)\nhit(d)\n", "++-"),
    ]);
}

#[test]
fn elixir_and_ruby() {
    let module = |mark: &str| {
        format!("defmodule A do\n  {mark}\n  def f(x) do\n    hit(x)\n  end\n\n  def g(x), do: hit(x)\nend\n")
    };
    for (mark, expected) in [
        ("# sobelow_skip [\"XSS.Raw\"]", "+-"),
        ("# sobelow_skip [\"SQL.Query\", \"XSS\"]", "+-"),
        ("# sobelow_skip [\"SQL.Query\"]", "--"),
        ("# sobelow_skip \"XSS\"", "--"),
        ("@x \"# sobelow_skip [\\\"XSS\\\"]\"", "--"),
    ] {
        check(&[("elixir", "CWE-79", &module(mark), expected)]);
    }
    check(&[
        ("ruby", "CWE-94", "hit(a) # rubocop:disable Security/Eval\nhit(b)\n", "+-"),
        ("ruby", "CWE-94", "# rubocop:disable Security\nhit(a)\n# rubocop:enable Security\nhit(b)\n", "+-"),
        ("ruby", "CWE-94", "# rubocop:todo Security/Eval, Style/X -- old\nhit(a)\nhit(b)\n", "++"),
        ("ruby", "CWE-94", "hit(a) # rubocop:disable all\n", "+"),
        ("ruby", "CWE-94", "hit(a) # rubocop:disable Style/Eval\n", "-"),
        ("ruby", "CWE-94", "=begin\nNOSONAR\n=end\nhit(a)\n", "-"),
    ]);
}

#[test]
fn javascript_and_typescript() {
    check(&[
        ("javascript", "CWE-95", "// eslint-disable-next-line no-eval\nhit(a)\nhit(b)\n", "+-"),
        ("javascript", "CWE-95", "// eslint-disable-next-line no-eval -- a reason, no-alert\nhit(a)\n", "+"),
        ("javascript", "CWE-95", "// eslint-disable-next-line no-alert -- no-eval\nhit(a)\n", "-"),
        ("javascript", "CWE-78", "hit(a) // eslint-disable-line foo/bar, security/detect-child-process\n", "+"),
        ("javascript", "CWE-78", "hit(a) // eslint-disable-line\n", "+"),
        (
            "javascript",
            "CWE-78",
            "/* eslint-disable no-alert, security/detect-child-process */\nhit(a)\n/* eslint-enable */\nhit(b)\n",
            "+-",
        ),
        (
            "javascript",
            "CWE-78",
            "/* eslint-disable security/detect-child-process */\nhit(a)\n/* eslint-enable security/detect-child-process */\nhit(b)\n",
            "+-",
        ),
        (
            "javascript",
            "CWE-78",
            "/* eslint-disable security/detect-child-process */\nhit(a)\n/* eslint-enable no-alert */\nhit(b)\n",
            "++",
        ),
        ("javascript", "CWE-78", "// eslint-disable security/detect-child-process\nhit(a)\n", "-"),
        ("javascript", "CWE-78", "hit(a)\n/* eslint-disable */\nhit(b)\n", "-+"),
        ("javascript", "CWE-78", "const s = `\n// eslint-disable-next-line\n${hit(a)}`\n", "-"),
        ("typescript", "CWE-79", "// biome-ignore lint/security/noDangerouslySetInnerHtml: trusted\nhit(a)\n", "+"),
        ("typescript", "CWE-79", "// biome-ignore lint/security: trusted\nhit(a)\n", "+"),
        ("typescript", "CWE-79", "// biome-ignore lint: trusted\nhit(a)\nhit(b)\n", "+-"),
        ("typescript", "CWE-79", "// biome-ignore lint/style/useConst: trusted\nhit(a)\n", "-"),
        (
            "typescript",
            "CWE-79",
            "// biome-ignore-start lint/security: x\nhit(a)\n// biome-ignore-end lint/security: x\nhit(b)\n",
            "+-",
        ),
        ("typescript", "CWE-79", "// biome-ignore-all lint/security: x\nhit(a)\n", "+"),
        ("tsx", "CWE-79", "const x = <p>\n  {/* eslint-disable-next-line react/no-danger */}\n  {hit(a)}\n</p>\n", "+"),
        // What goes on below a function that is handed over is another statement.
        ("javascript", "CWE-78", "hit(a, () => { // NOSONAR\n  hit(b)\n  hit(c)\n})\n", "+--"),
    ]);
}

#[test]
fn php_and_java() {
    check(&[
        (
            "php",
            "CWE-79",
            "<?php\nhit($a); // phpcs:ignore WordPress.Security.EscapeOutput.OutputNotEscaped -- ok\n",
            "+",
        ),
        ("php", "CWE-79", "<?php\n// phpcs:ignore WordPress.Security.EscapeOutput\nhit($a);\nhit($b);\n", "+-"),
        ("php", "CWE-79", "<?php\nhit($a); // phpcs:ignore\n", "+"),
        ("php", "CWE-89", "<?php\nhit($a); # phpcs:ignore WordPress.Security.EscapeOutput\n", "-"),
        ("php", "CWE-89", "<?php\n/** @psalm-suppress TaintedSql */\nfunction f($x) {\n  hit($x);\n}\nhit(1);\n", "+-"),
        (
            "java",
            "CWE-78",
            "class A { @SuppressWarnings(\"java:S2076\") void f() { hit(1); } void g() { hit(2); } }\n",
            "+-",
        ),
        (
            "java",
            "CWE-78",
            "@SuppressWarnings({\"unchecked\", \"squid:S2076\"})\nclass A { void f() { hit(1); } }\n",
            "+",
        ),
        ("java", "CWE-89", "class A { @SuppressWarnings(\"java:S2076\") void f() { hit(1); } }\n", "-"),
        ("java", "CWE-89", "class A { @SuppressWarnings(\"all\") void f() { hit(1); } }\n", "+"),
        (
            "java",
            "CWE-89",
            "class A { void f() { @SuppressWarnings(value = \"S3649\") int a = hit(1); hit(2); } }\n",
            "+-",
        ),
        (
            "java",
            "CWE-89",
            "class A { @SuppressFBWarnings(value = {\"SQL_INJECTION_JDBC\"}, justification = \"COMMAND_INJECTION\") void f() { hit(1); } }\n",
            "+",
        ),
        (
            "java",
            "CWE-78",
            "class A { @SuppressFBWarnings(value = {\"SQL_INJECTION_JDBC\"}, justification = \"COMMAND_INJECTION\") void f() { hit(1); } }\n",
            "-",
        ),
    ]);
}

#[test]
fn any_language() {
    check(&[
        ("javascript", "CWE-95", "hit(a) // DevSkim: ignore DS189424\n", "+"),
        ("javascript", "CWE-95", "hit(a) /* DevSkim: ignore DS137138,DS189424 until 2026-11-26 by me */\n", "+"),
        ("javascript", "CWE-95", "hit(a) /* DevSkim: ignore DS189424 until 2026-11-25 */\n", "-"),
        ("javascript", "CWE-89", "hit(a) // DevSkim: ignore DS189424\n", "-"),
        ("python", "CWE-89", "hit(a) # DevSkim: ignore all\n", "+"),
        ("python", "CWE-89", "# deepcode ignore Sqli: a reason\nhit(a)\nhit(b)\n", "+-"),
        ("python", "CWE-89", "# deepcode ignore PT: a reason\nhit(a)\n", "-"),
        ("java", "CWE-89", "// file deepcode ignore Sqli/test: a reason\nclass A { void f() { hit(1); } }\n", "+"),
        ("python", "CWE-1", "hit(a)  # NOSONAR because\nhit(b)\n", "+-"),
        ("python", "CWE-1", "hit(a)  # nosonar\n", "-"),
        ("python", "CWE-1", "# ast-grep-ignore\nhit(a)\nhit(b)\n", "+-"),
        ("python", "CWE-1", "hit(a)  # ast-grep-ignore: rule\n", "+"),
        ("python", "CWE-1", "hit(a)  # ast-grep-ignore: other\n", "-"),
        ("python", "CWE-1", "# ast-grep-ignore: rule\n\nhit(a)\nhit(b)\n", "++"),
        ("python", "CWE-89", "hit(a)  # lgtm[py/sql-injection]\nhit(b)\n", "+-"),
        ("python", "CWE-89", "hit(a)  # lgtm\n", "+"),
        ("python", "CWE-89", "hit(a)  # all looks good, lgtm\n", "-"),
        ("python", "CWE-89", "# codeql[py/sql-injection]\nhit(a)\nhit(b)\n", "+-"),
        ("python", "CWE-89", "# codeql[py/path-injection]\nhit(a)\n", "-"),
        ("python", "CWE-943", "# codeql[py/nosql-injection]\nhit(a)\n", "+"),
        ("python", "CWE-89", "# codeql[py/nosql-injection]\nhit(a)\n", "-"),
        (
            "ruby",
            "CWE-89",
            "# bearer:disable ruby_lang_weak_hash_md5, ruby_rails_sql_injection\nhit(a)\nhit(b)\n",
            "+-",
        ),
        ("python", "CWE-798", "hit(a)  # pragma: allowlist secret\n", "+"),
        ("python", "CWE-798", "# pragma: allowlist nextline secret\nhit(a)\n", "+"),
        ("python", "CWE-798", "hit(a)  # gitleaks:allow\nhit(b)  # trufflehog:ignore\n", "++"),
        ("python", "CWE-89", "hit(a)  # gitleaks:allow\n", "-"),
        // Marks one under the other are about the code below.
        ("python", "CWE-89", "# deepcode ignore Sqli: x\n# another comment\nhit(a)\n", "+"),
    ]);
}

#[test]
fn texts_in_no_language_of_ours() {
    for (path, text, expected) in [
        ("a.env", "hit # gitleaks:allow\nhit\n", "+-"),
        ("a.env", "hit gitleaks:allow\n", "-"),
        ("a.sql", "hit -- NOSONAR\n", "+"),
        ("a.html", "hit <!-- pragma: allowlist secret -->\n", "+"),
        ("a.html", "hit # NOSONAR\n", "-"),
        ("a.go", "hit // #nosec G101 -- a test's\n", "+"),
        ("a.go", "hit // #nosec G204\n", "-"),
        ("a.go", "hit // #nosec\n", "+"),
        ("a.rb", "hit // #nosec\n", "-"),
        ("a.tf", "#tfsec:ignore:rule\nhit\n", "+"),
        ("a.tf", "hit #tfsec:ignore:*:exp:2020-01-01\n", "-"),
        ("a.tf", "hit #tfsec:ignore:*:exp:2030-01-01\n", "+"),
        ("a.tf", "a {\n  #checkov:skip=rule:why\n  b {\n    hit\n  }\n}\nhit\n", "+-"),
        ("a.tf", "# kics-scan ignore-block\na {\n  hit\n}\nhit\n", "+-"),
        ("a.tf", "# kics-scan ignore-line\nhit\nhit\n", "+-"),
        ("a.tf", "# kics-scan ignore\nhit\nhit\n", "++"),
    ] {
        assert_eq!(ignored(&run(IN_TEXT, path, text, ForeignMarks::All)), expected, "{path}: {text}");
    }
}

#[test]
fn pages() {
    check(&[
        // Programs' own comments.
        ("a.html", "CWE-95", "<script>\nhit(a) // DevSkim: ignore DS189424\nhit(b)\n</script>\n", "+-"),
        ("a.html", "CWE-95", "<script>\n// eslint-disable-next-line no-eval\nhit(a)\nhit(b)</script>\n", "+-"),
        ("a.html", "CWE-95", "<script>\n/* eslint-disable no-eval */\nhit(a)\n</script><a onclick='hit(b)'>", "++"),
        (
            "a.html",
            "CWE-95",
            "<script>/* eslint-disable no-eval */\nhit(a)\n/* eslint-enable */</script><script>hit(b)</script>",
            "+-",
        ),
        ("a.html.erb", "CWE-95", "<% hit(a) # rubocop:disable Security/Eval %>\n<% hit(b) %>\n", "+-"),
        (
            "a.html.erb",
            "CWE-95",
            "<% # rubocop:disable Security/Eval %>\n<%= hit(a) %>\n<% # rubocop:enable all %>\n<% hit(b) %>\n",
            "+-",
        ),
        ("a.html.erb", "CWE-95", "<script>\nhit('<%= hit(x) %>') // NOSONAR\n</script>\n", "++"),
        ("a.html.erb", "CWE-95", "<%= hit(\n  a,\n  b) # NOSONAR\n%>\n<%= hit(b) %>\n", "+-"),
        ("a.html.heex", "CWE-79", "<%= # sobelow_skip [\"XSS.Raw\"]\n hit(a) %>\n<p>{hit(b)}</p>\n", "+-"),
        ("a.vue", "CWE-95", "<template><p>{{ hit(a /* NOSONAR */) }}</p>\n{{ hit(b) }}</template>\n", "+-"),
        // Those of the page and of its template.
        ("a.html", "CWE-95", "<!-- NOSONAR --><a onclick='hit(a)'></a>\n<a onclick='hit(b)'></a>\n", "+-"),
        ("a.html", "CWE-95", "<!-- eslint-disable no-eval -->\n<a onclick='hit(a)'></a>\n", "+"),
        (
            "a.vue",
            "CWE-79",
            "<template>\n<!-- eslint-disable-next-line vue/no-v-html -->\n<p v-html='hit(a)'/>\n<p v-html='hit(b)'/></template>",
            "+-",
        ),
        ("a.html.erb", "CWE-79", "<%# deepcode ignore XSS: why %>\n<%= hit(a) %>\n<%= hit(b) %>\n", "+-"),
        ("a.html.erb", "CWE-95", "<%# rubocop:disable Security/Eval -%>\n<%= hit(a) %>\n", "+"),
        ("a.html.erb", "CWE-95", "<!-- <%# NOSONAR %> --><%= hit(a) %>\n", "+"),
        ("a.html.heex", "CWE-79", "<%!-- # sobelow_skip [\"XSS.Raw\"] --%>\n<p>{hit(a)}</p>\n<p>{hit(b)}</p>\n", "+-"),
        ("a.html.j2", "CWE-78", "{# nosec B602 #}\n{{ hit(a) }} {# nosec B602 #}\n{{ hit(b) }}\n", "+-"),
        ("a.html.j2", "CWE-89", "{{ hit(a) }} {# noqa: S608 #}\n{{ hit(b) }} {# noqa: S602 #}\n", "+-"),
        (
            "a.ex",
            "CWE-79",
            "def a(b) do\n  ~H'''\n  <%!-- deepcode ignore XSS: why --%>\n  <p>{hit(a)}</p>\n  <p>{hit(b)}</p>\n  '''\nend\n",
            "+-",
        ),
        // Text is none, nor are strings and what another language calls a comment.
        ("a.html", "CWE-95", "<p>NOSONAR</p><a onclick='hit(a)'>\n<a onclick='hit(\"// NOSONAR\")'>", "--"),
        ("a.html.erb", "CWE-95", "<script>\nhit(a) // rubocop:disable Security/Eval\n</script>", "-"),
    ]);
}

#[test]
fn which_of_them_count_is_asked_for() {
    use ForeignMarks::{All, Lines, Named, None};
    for (code, expected) in [
        ("hit(a)  # nosec B608\n", [(None, "-"), (Named, "+"), (Lines, "+"), (All, "+")]),
        ("hit(a)  # nosec\n", [(None, "-"), (Named, "-"), (Lines, "+"), (All, "+")]),
        ("# flake8: noqa\nhit(a)\n", [(None, "-"), (Named, "-"), (Lines, "-"), (All, "+")]),
        ("hit(a)  # nosemgrep\n", [(None, "+"), (Named, "+"), (Lines, "+"), (All, "+")]),
    ] {
        for (foreign, expected) in expected {
            assert_eq!(ignored(&run(&rule("CWE-89"), "python", code, foreign)), expected, "{foreign:?}: {code}");
        }
    }
}

#[test]
fn a_rule_may_say_which_check_it_is() {
    let rules = |metadata: &str| rule("CWE-1").replace("metadata: {", &format!("metadata: {{{metadata}, "));
    for (metadata, code, expected) in [
        ("bandit-code: B999", "hit(a)  # nosec B999\n", "+"),
        ("bandit-code: B999", "hit(a)  # nosec B998\n", "-"),
        ("weir: {checks: [S999]}", "hit(a)  # noqa: S999\n", "+"),
        ("category: x", "hit(a)  # noqa: S999\n", "-"),
        ("technology: [secrets]", "hit(a)  # gitleaks:allow\n", "+"),
    ] {
        let found = run(&rules(metadata), "python", code, ForeignMarks::Lines);
        assert_eq!(ignored(&found), expected, "{metadata}: {code}");
    }
    let rules = rule("CWE-1").replace("id: rule", "id: detect-eval-with-expression");
    let found = run(
        &rules,
        "javascript",
        "hit(a) // eslint-disable-line security/detect-eval-with-expression\n",
        ForeignMarks::Lines,
    );
    assert_eq!(ignored(&found), "+");
}
