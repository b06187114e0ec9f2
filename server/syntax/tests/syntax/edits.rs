//! After an edit the tree is that of the text alone, and little is lowered anew.

use super::{check_edit, on_a_large_stack};
use weir_model::{Edit, Language, Span};
use weir_syntax::{Limits, Source};

/// Members of one definition that fills the file, as it often does; `N` is the member's number.
const WHOLES: &[(Language, &str, &str, &str)] = &[
    (
        Language::JavaScript,
        "(function () {\n",
        "  exports.mN = function (a, b) {\n    if (a) {\n      return f(a, [b, N], {k: a});\n    }\n    g(b);\n  };\n",
        "})();\n",
    ),
    (
        Language::Tsx,
        "class C extends D {\n",
        "  mN(a: string, b: number) {\n    const e = <p id={a}>{b}</p>;\n    return f(a, [b, N], e);\n  }\n",
        "}\n",
    ),
    (
        Language::Python,
        "class C:\n",
        "    def mN(self, a, b):\n        if a:\n            return f(a, [b, N], k=a)\n        g(b)\n\n",
        "",
    ),
    (
        Language::Ruby,
        "module M\nclass C\n",
        "  def mN(a, b)\n    return f(a, [b, N], k: a) if a\n    g(b) { |x| h(x, <<~T) }\n      N\n    T\n  end\n",
        "end\nend\n",
    ),
    (
        Language::Php,
        "<?php\nclass C {\n",
        "  function mN($a, $b) {\n    if ($a) {\n      return f($a, [$b, N]);\n    }\n    g($b);\n  }\n",
        "}\n",
    ),
    (
        Language::Java,
        "class C {\n",
        "  // N\n  int mN(int a, int b) {\n    if (a > 0) {\n      return f(a, b, N);\n    }\n    g(b);\n    return N;\n  }\n",
        "}\n",
    ),
    (
        Language::Elixir,
        "defmodule M do\n",
        "  def m(N, a, b) do\n    c = f(a, [b, N], k: a)\n    g(c)\n  end\n\n  def oN(x), do: g(h(x), N, [x, x, x])\n",
        "end\n",
    ),
];

const MEMBERS: usize = 60;

#[test]
fn an_edit_lowers_what_it_touches_at_any_depth() {
    for &(language, before, member, after) in WHOLES {
        let members: String = (100..100 + MEMBERS).map(|n| member.replace('N', &n.to_string())).collect();
        let text = format!("{before}{members}{after}");
        let mut source = Source::parse(language, text.clone(), Limits::NONE);
        assert_eq!(source.notes(), []);
        let whole = source.relowered();
        assert_eq!(whole, source.tree().len());
        // In the middle and at both ends, so that what follows stays in its place, moves to the back or to the front.
        let numbers = ["130", "100", "159"];
        for (number, new) in numbers.into_iter().flat_map(|number| ["999", "9999", "9"].map(|new| (number, new))) {
            let at = source.text().rfind(number).expect("the number is in the text") as u32;
            let there = Edit::new(Span::new(at, at + number.len() as u32), new);
            let back = Edit::new(Span::new(at, at + new.len() as u32), number);
            for edit in [there, back] {
                source.edit(&[edit], Limits::NONE);
                let fresh = Source::parse(language, source.text().to_owned(), Limits::NONE);
                assert!(source.tree() == fresh.tree(), "{}: {number} to {new}", language.name());
                assert_eq!(source.notes(), fresh.notes());
                assert!(
                    source.relowered() < whole / 10,
                    "{}: {} of {whole} nodes",
                    language.name(),
                    source.relowered()
                );
            }
        }
        assert_eq!(source.text(), text);
    }
}

#[test]
fn members_can_be_moved_about() {
    for &(language, before, member, after) in WHOLES {
        let members: Vec<_> = (0..6).map(|n| member.replace('N', &format!("10{n}"))).collect();
        let text = format!("{before}{}{after}", members.concat());
        check_edit(language, &text, &members[2], "");
        check_edit(language, &text, &members[2], &members[2].repeat(3));
        check_edit(language, &text, &members[2], &format!("{}{}", members[4], members[1]));
        check_edit(language, &text, &members[1..5].concat(), &members[3]);
    }
}

#[test]
fn what_depends_on_the_text_around_it_is_not_kept() {
    // Clauses that follow each other have the span of all.
    let clauses = "defmodule M do\n  def f(1, [a, b]), do: g(h(a), i(b), [a, b])\n  x(1)\n  def f(2, [a, b]), do: g(h(a), i(b), [a, b])\nend\n";
    check_edit(Language::Elixir, clauses, "  x(1)\n", "");
    check_edit(Language::Elixir, clauses, "f(2,", "e(2,");
    check_edit(Language::Elixir, clauses, "defmodule M do", "fn ->");
    // What stands behind `<?=` is printed.
    let page = "<?php if ($x): ?>\n<?= f($a, [1, 2, 3], $b, g($c), h($d)) ?>\n<?php endif ?>\n";
    check_edit(Language::Php, page, "<?=", "<?php");
    check_edit(Language::Php, page, "<?=", "<?= ");
    check_edit(Language::Php, page, "<?=", "<?= /* a */ /* b */");
    // The text of a heredoc stands behind the line it begins in.
    let heredocs = "def m\n  f(a, [1, 2, 3], <<~A, k: b) if c\n  #{d}\n  A\n  g(h(1), [2, 3, 4], i)\nend\n";
    check_edit(Language::Ruby, heredocs, "#{d}", "#{e} f");
    check_edit(Language::Ruby, heredocs, "  A\n", "  A\n  B\n");
    check_edit(Language::Ruby, heredocs, "  A\n", "");
}

#[test]
fn code_that_sinks_below_the_greatest_depth_is_left_out() {
    on_a_large_stack(|| {
        let text = format!("f({}x{});\n", "[".repeat(1980), "]".repeat(1980));
        let mut source = Source::parse(Language::JavaScript, text.clone(), Limits::NONE);
        assert_eq!(source.notes(), []);
        let deeper = 40;
        let close = text.len() as u32 - ";\n".len() as u32;
        let wrap =
            [Edit::new(Span::new(close, close), "]".repeat(deeper)), Edit::new(Span::new(0, 0), "[".repeat(deeper))];
        let unwrap =
            [Edit::new(Span::new(0, deeper as u32), ""), Edit::new(Span::new(close, close + deeper as u32), "")];
        for (edits, notes) in [(wrap, 1), (unwrap, 0)] {
            source.edit(&edits, Limits::NONE);
            let fresh = Source::parse(Language::JavaScript, source.text().to_owned(), Limits::NONE);
            assert!(source.tree() == fresh.tree());
            assert_eq!(source.notes(), fresh.notes());
            assert_eq!(source.notes().len(), notes);
        }
    });
}
