//! Marks that ask to ignore findings, ours and those of other tools: what they hide, and what they ask for in vain.

mod foreign;
mod hints;
mod ignore;

use weir_analysis::{Analysis, Budget, Options, RuleSet, Unit, analyze};
use weir_model::{ForeignMarks, Format, Language, RuleSource};
use weir_syntax::{Limits, Source};

/// 2026-11-26.
const TODAY: i64 = 20_783;

/// A rule that finds calls of `hit`, in code of any language, for a weakness.
fn rule(cwe: &str) -> String {
    let languages = "javascript, typescript, python, ruby, php, java, elixir";
    format!(
        "rules:\n- {{id: rule, message: m, severity: ERROR, languages: [{languages}], pattern: hit(...), \
         metadata: {{cwe: '{cwe}: of some kind'}}}}\n"
    )
}

/// A rule that finds the word in any text.
const IN_TEXT: &str = "rules:\n- {id: rule, message: m, severity: ERROR, languages: [regex], pattern-regex: \\bhit\\b, \
                       metadata: {cwe: [CWE-798]}}\n";

/// `language`: that of the code, or the name of a file.
fn run(rules: &str, language: &str, code: &str, foreign: ForeignMarks) -> Analysis {
    let rules = RuleSet::compile(&[RuleSource { name: "rules.yaml".to_owned(), text: rules.to_owned() }], &[]);
    assert!(rules.problems().is_empty(), "{:#?}", rules.problems());
    run_compiled(&rules, language, code, foreign)
}

fn run_compiled(rules: &RuleSet, language: &str, code: &str, foreign: ForeignMarks) -> Analysis {
    let named = Language::from_rule_name(language).last().copied();
    let format = named.map_or_else(|| Format::from_path(std::path::Path::new(language)), Format::from);
    let source = Source::parse(format, code.to_owned(), Limits::NONE);
    assert!(format == Format::Text || source.notes().is_empty(), "{code:?} does not parse: {:?}", source.notes());
    let path = if named.is_some() { "file" } else { language };
    let unit = Unit { path, source: &source };
    let options = Options { foreign_marks: foreign, ..Options::default() };
    analyze(rules, &unit, options, &Budget::unlimited().on_day(TODAY))
}

/// Whether the findings are ignored, one sign each: `+` if it is.
fn ignored(analysis: &Analysis) -> String {
    analysis.findings.iter().map(|finding| if finding.is_suppressed() { '+' } else { '-' }).collect()
}

#[test]
fn nosemgrep_counts_on_its_line_and_on_the_line_after() {
    for (text, expected) in [
        ("hit # nosemgrep", "+"),
        ("hit # nosem", "+"),
        ("hit # NOSEMGREP", "+"),
        ("hit #nosemgrep", "-"),
        ("hit", "-"),
        ("# nosemgrep\nhit", "+"),
        ("x # nosemgrep\nhit", "-"),
        ("  // nosemgrep: rule\n  hit", "+"),
        ("# nosemgrep\n\nhit", "-"),
        ("hit\n# nosemgrep", "-"),
        ("hit # nosemgrep: rule", "+"),
        ("hit # nosemgrep: other", "-"),
        ("hit # nosemgrep: other, rule", "+"),
        ("hit # nosemgrep: other,rule -- a reason", "+"),
        ("hit # nosemgrep: 'rule'", "+"),
        ("hit # nosemgrep= rule", "+"),
        ("hit # nosemgrep:folder.file.rule", "+"),
        ("hit # nosemgrep: ule", "-"),
        ("hit # nosemgrep: rule-longer", "-"),
        ("hit # nosemgrep rule", "+"),
        ("hit # nosemgrep:", "+"),
        ("hit /* nosemgrep: rule */ x", "+"),
        ("hit # noqa: E501  # nosemgrep: rule", "+"),
        ("hit # nosemgrep: rule # noqa", "+"),
        ("hit # nosemgrep: rule -- why (until 2026-11-26)", "+"),
        ("hit # nosemgrep: rule -- why (until 2026-11-25)", "-"),
        ("hit # nosemgrep -- until 2026-02-30, which is no day", "+"),
        ("hit # nosemgrep: rule # until 2001-01-01 is no reason", "+"),
        ("hit 'a nosemgrep in a text counts, as in Semgrep'", "+"),
    ] {
        assert_eq!(ignored(&run(IN_TEXT, "a.txt", text, ForeignMarks::None)), expected, "{text}");
    }
}

#[test]
fn nosemgrep_counts_on_the_first_line_of_a_finding_only() {
    let code = "hit(  # nosemgrep\n    a)\nhit(\n    a)  # nosemgrep\n";
    assert_eq!(ignored(&run(&rule("CWE-89"), "python", code, ForeignMarks::None)), "+-");
}

#[test]
fn a_suppression_says_why_and_until_when() {
    let analysis =
        run(IN_TEXT, "a.txt", "hit # nosemgrep: rule -- the key of tests (until 2027-01-31)", ForeignMarks::None);
    let suppression = analysis.findings[0].suppressed.clone().expect("suppressed");
    assert_eq!(suppression.mark.name(), "nosemgrep");
    assert_eq!(suppression.reason.as_deref(), Some("the key of tests (until 2027-01-31)"));
    assert_eq!(suppression.until.as_deref(), Some("2027-01-31"));
}

#[test]
fn an_id_may_be_the_last_part_of_the_rules_id() {
    let rules = IN_TEXT.replace("id: rule,", "id: a.b,");
    assert_eq!(ignored(&run(&rules, "a.txt", "hit # nosemgrep: b", ForeignMarks::None)), "+");
    assert_eq!(ignored(&run(&rules, "a.txt", "hit # nosemgrep: c.a.b", ForeignMarks::None)), "+");
}
