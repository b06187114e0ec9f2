//! How all tests here are written.

use std::fmt::Write as _;
use std::path::Path;
use weir_analysis::{Analysis, Budget, Options, RuleSet, Unit, analyze, explain};
use weir_model::{Explanation, Finding, Format, Language, LineQuestion, Outcome, Reason, RuleSource, Verdict};
use weir_syntax::{Limits, Source};

/// Runs a rule over code and compares with the marks in the code.
///
/// `rule` holds the keys of one rule (`pattern: ...`; id `rule`, severity and language are added), or a whole file from
/// `rules:` on. A mark is a line of `^` under what is found, one line a finding; ` ...` follows if the finding goes on over
/// further lines, then the message, if the rule has one:
///
/// ```text
/// eval(x)
/// ^^^^^^^ do not
/// ```
#[track_caller]
pub(crate) fn check(language: &str, rule: &str, marked: &str) {
    let marked = dedent(marked);
    let code: String = marked.lines().filter(|line| !is_mark(line)).flat_map(|line| [line, "\n"]).collect();
    let analysis = run(language, rule, &code);
    assert!(analysis.notes.is_empty(), "{:?}", analysis.notes);
    let found = mark(&code, &analysis.findings);
    assert!(found == marked, "the rule\n{rule}\nshould find\n{marked}\nbut finds\n{found}");
}

/// Runs a rule, written as for [`check`], over code.
#[track_caller]
pub(crate) fn run(language: &str, rule: &str, code: &str) -> Analysis {
    let rules = RuleSet::compile(&[RuleSource { name: "rule.yaml".to_owned(), text: whole(language, rule) }], &[]);
    assert!(rules.problems().is_empty(), "{:#?}", rules.problems());
    let source = parse(language, code);
    assert!(source.notes().is_empty(), "the code does not parse: {:?}", source.notes());
    let unit = Unit { path: "file", source: &source };
    let analysis = analyze(&rules, &unit, Options::default(), &Budget::unlimited());
    for line in 1..=code.lines().count() {
        explanations_agree(&rules, &unit, line as u32, &analysis.findings);
    }
    let tried_everywhere = analyze(&rules.without_prefilter(), &unit, Options::default(), &Budget::unlimited());
    assert_eq!(analysis.findings, tried_everywhere.findings, "the prefilter changes what is found");
    analysis
}

/// Parses what a rule in a language looks at. `ruby in show.html.erb` is a rule for Ruby and a file of that name.
fn parse(language: &str, code: &str) -> Source {
    let format = match language.split_once(" in ") {
        Some((_, file)) => Format::from_path(Path::new(file)),
        None => Language::from_rule_name(language).last().copied().into(),
    };
    Source::parse(format, code.to_owned(), Limits::NONE)
}

/// What explanations say of a line must be what the analysis finds: their steps, and not only their verdict.
#[track_caller]
fn explanations_agree(rules: &RuleSet, unit: &Unit<'_>, line: u32, findings: &[Finding]) {
    for rule in rules.rules() {
        let question = LineQuestion { rule_id: rule.id.clone(), line };
        for told in explain(rules, unit, &question, Options::default(), &Budget::unlimited()) {
            let here = |finding: &&Finding| finding.rule_id == told.rule_id && finding.span.touches(told.span);
            let found: Vec<&Finding> = findings.iter().filter(here).collect();
            let reported = matches!(told.verdict, Verdict::Reported | Verdict::Suppressed);
            assert_eq!(reported, !found.is_empty(), "line {line}: {told:#?}");
            if told.verdict == Verdict::NotRun {
                continue;
            }
            // The formula of a search rule; the sinks of a taint rule, where findings stand at those.
            let is_tree = |reason: &&Reason| reason.rule.is_some();
            let is_about_sinks =
                |reason: &&Reason| ["the line has", "no sink"].iter().any(|start| reason.message.starts_with(start));
            if let Some(tree) = told.reasons.iter().find(is_tree) {
                assert_eq!(tree.outcome == Outcome::Holds, reported, "line {line}: {told:#?}");
            } else if let Some(sinks) = told.reasons.iter().find(is_about_sinks) {
                let reached = sinks.below.iter().any(|sink| sink.outcome == Outcome::Holds);
                let stands_at_source =
                    |finding: &Finding| finding.trace.as_ref().is_some_and(|trace| trace.steps[0].span == finding.span);
                let at_source = findings.iter().any(stands_at_source);
                assert!(reached == reported || at_source, "line {line}: {told:#?}");
            }
        }
    }
}

/// Explains one line of code for a rule that is written as for [`check`].
#[track_caller]
pub(crate) fn explained(language: &str, rule: &str, code: &str, line: u32) -> Explanation {
    let rules = RuleSet::compile(&[RuleSource { name: "rule.yaml".to_owned(), text: whole(language, rule) }], &[]);
    assert!(rules.problems().is_empty(), "{:#?}", rules.problems());
    let source = parse(language, code);
    let unit = Unit { path: "src/file", source: &source };
    let question = LineQuestion { rule_id: "rule".into(), line };
    explain(&rules, &unit, &question, Options::default(), &Budget::unlimited()).pop().expect("the rule is there")
}

/// A whole rule file around the keys of one rule.
pub(crate) fn whole(language: &str, rule: &str) -> String {
    let rule = dedent(rule);
    if rule.starts_with("rules:") {
        return rule;
    }
    let language = language.split(" in ").next().unwrap_or_default();
    let mut text = format!("rules:\n- id: rule\n  severity: ERROR\n  languages: [{language}]\n");
    for line in rule.lines() {
        let _ = writeln!(text, "  {line}");
    }
    text
}

/// The code with its findings marked.
fn mark(code: &str, findings: &[Finding]) -> String {
    let mut out = String::new();
    let mut start = 0;
    for line in code.split_inclusive('\n') {
        out.push_str(line);
        let end = start + line.trim_end().len();
        for finding in
            findings.iter().filter(|finding| (start..start + line.len()).contains(&(finding.span.start as usize)))
        {
            let (from, to) = (finding.span.start as usize, finding.span.end as usize);
            let column = code[start..from].chars().count();
            let width = code[from..to.min(end).max(from)].chars().count().max(1);
            let on = if to > end { " ..." } else { "" };
            let message = if finding.message.is_empty() { String::new() } else { format!(" {}", finding.message) };
            let _ = writeln!(out, "{}{}{on}{message}", " ".repeat(column), "^".repeat(width));
        }
        start += line.len();
    }
    out
}

fn is_mark(line: &str) -> bool {
    line.trim_start().starts_with('^')
}

/// The text without its common indentation and without empty lines at both ends.
pub(crate) fn dedent(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let full = |line: &&&str| !line.trim().is_empty();
    let indent = lines.iter().filter(full).map(|line| line.len() - line.trim_start().len()).min();
    let from = lines.iter().position(|line| !line.trim().is_empty()).unwrap_or(0);
    let to = lines.iter().rposition(|line| !line.trim().is_empty()).map_or(0, |last| last + 1);
    lines[from..to.max(from)].iter().fold(String::new(), |mut out, line| {
        out.push_str(line.get(indent.unwrap_or(0)..).unwrap_or("").trim_end());
        out.push('\n');
        out
    })
}
