//! Repairs, tried before anybody is offered one.

use crate::check::{run, whole};
use weir_analysis::{Budget, RuleSet, Unit, apply_fixes, repairs, together};
use weir_model::{Fix, Language, Mended, Repair, RuleSource};
use weir_syntax::{Limits, Source};

/// What the fix of each finding of a rule does alone, which can be made together, and the text after those.
fn tried(language: &str, rule: &str, code: &str) -> (Vec<Mended>, Vec<u32>, String) {
    let rules = RuleSet::compile(&[RuleSource { name: "rule.yaml".to_owned(), text: whole(language, rule) }], &[]);
    let language_read = Language::from_rule_name(language)[0];
    let source = Source::parse(language_read, code.to_owned(), Limits::NONE);
    let unit = Unit { path: "file", source: &source };
    let of = |finding: weir_model::Finding| Repair {
        rule_id: finding.rule_id.clone(),
        edits: finding.fix.expect("the rule has a fix").edits,
    };
    let wanted: Vec<Repair> = run(language, rule, code).findings.into_iter().map(of).collect();
    let alone = repairs(&rules, &unit, &wanted, &Budget::unlimited());
    let joined = together(&rules, &unit, &wanted, &Budget::unlimited());
    let fixes: Vec<Fix> = joined.iter().map(|&at| Fix { edits: wanted[at as usize].edits.clone() }).collect();
    let text = apply_fixes(code, &fixes);
    (alone, joined, text)
}

#[test]
fn a_repair_is_good_if_the_finding_goes_and_the_syntax_stays() {
    let good = "message: ''\npattern: yaml.load($X)\nfix: yaml.safe_load($X)";
    let (alone, joined, text) = tried("python", good, "yaml.load(a)\nyaml.load(b)\n");
    assert_eq!((alone, joined), (vec![Mended::Yes, Mended::Yes], vec![0, 1]));
    assert_eq!(text, "yaml.safe_load(a)\nyaml.safe_load(b)\n");
}

#[test]
fn a_repair_that_breaks_the_syntax_is_none() {
    let broken = "message: ''\npattern: yaml.load($X)\nfix: yaml.load($X";
    let (alone, joined, text) = tried("python", broken, "yaml.load(a)\n");
    assert_eq!((alone, joined), (vec![Mended::BreaksSyntax], vec![]));
    assert_eq!(text, "yaml.load(a)\n");
}

#[test]
fn a_repair_after_which_the_rule_reports_as_much_is_none() {
    let same = "message: ''\npattern: yaml.load($X, ...)\nfix: yaml.load($X, safe=True)";
    let (alone, joined, _) = tried("python", same, "yaml.load(a)\n");
    assert_eq!((alone, joined), (vec![Mended::FindingStays], vec![]));
    let two = "message: ''\npattern: yaml.load($X)\nfix: f(yaml.load(1), yaml.load(2))";
    assert_eq!(tried("python", two, "yaml.load(a)\n").0, [Mended::FindingStays]);
}

#[test]
fn of_repairs_that_overlap_the_first_is_made() {
    let (alone, joined, text) = tried("python", "message: ''\npattern: f($X)\nfix: g($X)", "f(f(a))\nf(b)\n");
    assert_eq!(alone, [Mended::Yes, Mended::Yes, Mended::Yes]);
    assert_eq!(joined, [0, 2]);
    assert_eq!(text, "g(f(a))\ng(b)\n");
}

/// One that does not go with the others is left out, and costs no other.
#[test]
fn repairs_that_are_good_alone_need_not_be_so_together() {
    let rule = "message: ''\npattern: f($X)\nfix: $X";
    let (alone, joined, text) = tried("python", rule, "f(a)\nf(f)\nf(b)\n");
    assert_eq!(alone, [Mended::Yes, Mended::Yes, Mended::Yes]);
    assert_eq!((joined, text.as_str()), (vec![0, 1, 2], "a\nf\nb\n"));
    let (alone, joined, text) = tried("python", "message: ''\npattern: f($X)\nfix: $X(", "f(a)\nx = 1\nf(b)\n");
    assert_eq!((alone, joined), (vec![Mended::BreaksSyntax, Mended::BreaksSyntax], vec![]));
    assert_eq!(text, "f(a)\nx = 1\nf(b)\n");
}

/// The first of two that overlap is of no use: the other one is made.
#[test]
fn a_bad_repair_keeps_no_good_one_away() {
    let rule =
        "message: ''\npattern-either: [{pattern: f($X)}, {pattern: h($X)}]\nfix-regex: {regex: '^f', replacement: g}";
    let (alone, joined, text) = tried("python", rule, "h(f(a))\nf(b)\n");
    assert_eq!(alone, [Mended::FindingStays, Mended::Yes, Mended::Yes]);
    assert_eq!((joined, text.as_str()), (vec![1, 2], "h(g(a))\ng(b)\n"));
}

/// Text that was broken before may stay as broken.
#[test]
fn broken_text_can_be_repaired() {
    let code = "yaml.load(a)\ndef (:\n";
    let rules = RuleSet::compile(
        &[RuleSource {
            name: "rule.yaml".to_owned(),
            text: whole("python", "message: ''\npattern: yaml.load($X)\nfix: yaml.safe_load($X)"),
        }],
        &[],
    );
    let source = Source::parse(Language::Python, code.to_owned(), Limits::NONE);
    let unit = Unit { path: "file", source: &source };
    let edit = weir_model::Edit::new(weir_model::Span::new(0, 9), "yaml.safe_load");
    let repair = Repair { rule_id: "rule".into(), edits: vec![edit] };
    assert_eq!(repairs(&rules, &unit, &[repair], &Budget::unlimited()), [Mended::Yes]);
}
