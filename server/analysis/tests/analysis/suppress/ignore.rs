//! The comment that has a finding ignored: where it is written, and that it does what it is for and breaks nothing.

use super::rule;
use crate::incremental::{self, CORPUS};
use proptest::prelude::*;
use std::sync::LazyLock;
use weir_analysis::{Analysis, Budget, Habit, Options, RuleSet, Unit, analyze, offer_ignores};
use weir_model::{Edit, Engine, Finding, Format, Host, Language, RuleSource};
use weir_syntax::{Limits, Source};

fn parsed(format: impl Into<Format>, code: &str) -> Source {
    Source::parse(format, code.to_owned(), Limits::NONE)
}

fn analysis(rules: &RuleSet, source: &Source) -> Analysis {
    let unit = Unit { path: "file", source };
    let options = Options { ignore_paths: true, ..Options::default() };
    analyze(rules, &unit, options, &Budget::unlimited().on_day(super::TODAY))
}

fn offered(rules: &RuleSet, source: &Source, elsewhere: Habit) -> (Vec<Finding>, Habit) {
    let mut findings = analysis(rules, source).findings;
    let habit = offer_ignores(source, &mut findings, elsewhere);
    (findings, habit)
}

/// Applies the edit that ignores the first finding nobody ignores.
fn ignore_first(language: Language, code: &str, elsewhere: Habit) -> Option<String> {
    let text = rule("CWE-89");
    let rules = RuleSet::compile(&[RuleSource { name: "r".to_owned(), text }], &[]);
    let source = parsed(language, code);
    assert!(source.notes().is_empty(), "{code}");
    let (findings, _) = offered(&rules, &source, elsewhere);
    let first = findings
        .iter()
        .find(|finding| !finding.is_suppressed())
        .unwrap_or_else(|| panic!("nothing is found in {code}"));
    let edit = first.ignore.as_ref()?;
    let mut text = code.to_owned();
    text.replace_range(edit.span.range(), &edit.text);
    Some(text)
}

#[track_caller]
fn check(language: Language, code: &str, expected: &str) {
    assert_eq!(ignore_first(language, code, Habit::default()).as_deref(), Some(expected), "{code}");
}

#[test]
fn it_stands_on_the_line_before() {
    use Language::{Elixir, Java, JavaScript, Php, Python, Ruby};
    check(Python, "if a:\n    hit(a)\n", "if a:\n    # nosemgrep: rule -- reason\n    hit(a)\n");
    check(Ruby, "\thit(a)\r\n", "\t# nosemgrep: rule -- reason\r\n\thit(a)\r\n");
    check(Elixir, "hit(a)", "# nosemgrep: rule -- reason\nhit(a)");
    check(JavaScript, "f(\n  hit(a))\n", "f(\n  // nosemgrep: rule -- reason\n  hit(a))\n");
    check(Php, "<?php\nhit($a);\n", "<?php\n// nosemgrep: rule -- reason\nhit($a);\n");
    check(
        Java,
        "class A { int f() {\n  return\n    hit(1);\n} }\n",
        "class A { int f() {\n  return\n    // nosemgrep: rule -- reason\n    hit(1);\n} }\n",
    );
}

#[test]
fn it_stands_where_the_files_other_marks_do() {
    use Language::{JavaScript, Python};
    check(Python, "hit(a)  # nosec\nhit(b)\n", "hit(a)  # nosec\nhit(b)  # nosemgrep: rule -- reason\n");
    check(
        JavaScript,
        "f(a) // DevSkim: ignore DS189424\nhit(b)\n",
        "f(a) // DevSkim: ignore DS189424\nhit(b) // nosemgrep: rule -- reason\n",
    );
    check(
        JavaScript,
        "// eslint-disable-next-line no-eval\nf(a)\nf(b) // NOSONAR\n// biome-ignore lint/security: x\nf(c)\nhit(b)\n",
        "// eslint-disable-next-line no-eval\nf(a)\nf(b) // NOSONAR\n// biome-ignore lint/security: x\nf(c)\n// nosemgrep: rule -- reason\nhit(b)\n",
    );
    let python = |code| offered(&EVERYWHERE, &parsed(Python, code), Habit::default()).1;
    let elsewhere = python("f(a)  # nosec\n");
    assert_eq!(ignore_first(Python, "hit(b)\n", elsewhere).as_deref(), Some("hit(b)  # nosemgrep: rule -- reason\n"));
    let both = elsewhere.and(python("# nosemgrep\nf(a)\n"));
    assert_eq!(ignore_first(Python, "hit(b)\n", both).as_deref(), Some("# nosemgrep: rule -- reason\nhit(b)\n"));
}

#[test]
fn a_mark_that_is_there_gets_one_more_id() {
    use Language::{JavaScript, Python, Tsx};
    check(Python, "hit(a)  # nosemgrep: other\n", "hit(a)  # nosemgrep: other, rule\n");
    check(Python, "hit(a)  # nosemgrep: other -- why\n", "hit(a)  # nosemgrep: other, rule -- why\n");
    check(JavaScript, "/* nosemgrep: a, b */\nhit(a)\n", "/* nosemgrep: a, b, rule */\nhit(a)\n");
    check(
        Tsx,
        "x = <p>\n  {/* nosemgrep: a */}\n  {hit(a)}\n</p>\n",
        "x = <p>\n  {/* nosemgrep: a, rule */}\n  {hit(a)}\n</p>\n",
    );
    // One that is over is written anew.
    check(
        Python,
        "hit(a)  # nosemgrep: a, rule -- old (until 2020-01-01)\n",
        "hit(a)  # nosemgrep: a, rule -- reason\n",
    );
    check(Python, "hit(a)  # nosemgrep -- until 2020-01-01\n", "hit(a)  # nosemgrep: rule -- reason\n");
}

#[test]
fn it_stands_where_a_comment_may() {
    use Language::{Elixir, JavaScript, Php, Python, Ruby, Tsx};
    // Between a mark for the next line and that line it would take the mark's effect.
    check(
        JavaScript,
        "// eslint-disable-next-line no-x\nhit(a)\n",
        "// eslint-disable-next-line no-x\nhit(a) // nosemgrep: rule -- reason\n",
    );
    // Behind ESLint's list it would be one more rule.
    check(
        JavaScript,
        "f(1) // NOSONAR\nhit(a) // eslint-disable-line no-x\n",
        "f(1) // NOSONAR\n/* nosemgrep: rule -- reason */ hit(a) // eslint-disable-line no-x\n",
    );
    check(Python, "x = a + \\\n  hit(a)\n", "x = a + \\\n  hit(a)  # nosemgrep: rule -- reason\n");
    check(Python, "x = f'''a\n{hit(a)}''', 1\n", "x = f'''a\n{hit(a)}''', 1  # nosemgrep: rule -- reason\n");
    check(JavaScript, "x = `a\n${hit(a)}\n`\n", "x = `a\n${/* nosemgrep: rule -- reason */ hit(a)}\n`\n");
    check(JavaScript, "x = `a\n${hit(a)}`\n", "x = `a\n${/* nosemgrep: rule -- reason */ hit(a)}`\n");
    check(Tsx, "x = <p>\n  {hit(a)}\n</p>\n", "x = <p>\n  {/* nosemgrep: rule -- reason */}\n  {hit(a)}\n</p>\n");
    check(Tsx, "x = <p\n  a={hit(a)}\n/>\n", "x = <p\n  // nosemgrep: rule -- reason\n  a={hit(a)}\n/>\n");
    check(Php, "<p>\n<?= hit($a) ?>\n</p>\n", "<p>\n<?= /* nosemgrep: rule -- reason */ hit($a) ?>\n</p>\n");
    check(Php, "<?php hit($a);\n", "<?php /* nosemgrep: rule -- reason */ hit($a);\n");
    check(Ruby, "x = <<~S\n  a\nS\nhit(a)\n", "x = <<~S\n  a\nS\n# nosemgrep: rule -- reason\nhit(a)\n");
    check(Ruby, "f(<<~S, hit(a))\n  a\nS\n", "# nosemgrep: rule -- reason\nf(<<~S, hit(a))\n  a\nS\n");
    check(Ruby, "a\n  .b\n  .c(hit(a))\n", "a\n  .b\n  # nosemgrep: rule -- reason\n  .c(hit(a))\n");
    for (language, code) in [
        (Python, "x = f'''a\n{hit(a)}\n'''\n"),
        (Ruby, "x = <<~S\n  a\n  #{hit(a)}\n  b\nS\n"),
        (Elixir, "x = \"\"\"\n  a\n  #{hit(a)}\n  b\n\"\"\"\n"),
        (Elixir, "x = ~s\"\"\"\n  a\n  #{hit(a)}\n  b\n\"\"\"\n"),
    ] {
        assert_eq!(ignore_first(language, code, Habit::default()), None, "{code}");
    }
}

/// Rules that find something everywhere.
static EVERYWHERE: LazyLock<RuleSet> = LazyLock::new(|| {
    let languages = "javascript, typescript, python, ruby, php, java, elixir";
    let rule = |id: &str, pattern: &str| {
        format!("- {{id: {id}, message: m, severity: ERROR, languages: [{languages}], pattern: '{pattern}'}}\n")
    };
    let words = "- {id: words, message: m, severity: ERROR, languages: [regex], pattern-regex: '[a-zA-Z_]+'}\n";
    let rules = [
        rule("never", "__never__()"),
        rule("calls", "$F(...)"),
        rule("texts", "\"...\""),
        rule("sets", "$X = $Y"),
        words.to_owned(),
    ];
    let text = format!("rules:\n{}", rules.concat());
    RuleSet::compile(&[RuleSource { name: "r".to_owned(), text }], &[])
});

/// The comment hides the finding, and no more of the text does not parse than before.
fn ignores(format: Format, seed: u16, which: u16, elsewhere: Habit, crlf: bool) -> Result<(), TestCaseError> {
    let seeds = CORPUS.seeds(format);
    // Every other text is the language's first, which is full of what is rare.
    let seed = if seed.is_multiple_of(2) { seeds[0] } else { seeds[seed as usize % seeds.len()] };
    let code = if crlf { seed.replace('\n', "\r\n") } else { seed.to_owned() };
    let source = parsed(format, &code);
    let (findings, _) = offered(&EVERYWHERE, &source, elsewhere);
    let visible: Vec<&Finding> = findings.iter().filter(|finding| !finding.is_suppressed()).collect();
    // Words stand in texts and comments as well.
    let of_code = visible.iter().copied().filter(|finding| &*finding.rule_id != "words");
    let (offered, left) = of_code.partition::<Vec<&Finding>, _>(|finding| finding.ignore.is_some());
    // A page has many places where nothing may stand.
    let most = if matches!(format, Format::Host(_)) { 1 } else { 4 };
    prop_assert!(offered.len() >= most * left.len(), "{} can be ignored, {} cannot", offered.len(), left.len());
    let Some(finding) = visible.get(which as usize % visible.len().max(1)) else { return Ok(()) };
    let Some(edit) = &finding.ignore else { return Ok(()) };
    let mut text = code.clone();
    text.replace_range(edit.span.range(), &edit.text);
    let told = || format!("{:?} at {} for {:?}\nin\n{text}", edit.text, edit.span.start, finding.span.text(&code));
    let after = parsed(format, &text);
    prop_assert!(after.notes().len() <= source.notes().len(), "breaks the syntax: {}", told());
    let grown = if edit.span.start <= finding.span.start { edit.text.len() as u32 - edit.span.len() } else { 0 };
    let now = analysis(&EVERYWHERE, &after).findings;
    // What stands for more than its text, as PHP's `<?=` does for a call, may begin with the comment.
    let is_same = |now: &&Finding| {
        let (start, end) = (finding.span.start + grown, finding.span.end + grown);
        now.rule_id == finding.rule_id && (now.span.start == start || now.span.end == end)
    };
    let now = now.iter().find(is_same);
    prop_assert!(now.is_some_and(Finding::is_suppressed), "does not ignore: {}", told());
    removes(&source, finding, edit)
}

/// A mark that was written for a rule which finds nothing is of no use, and removing it gives the text before it.
fn removes(source: &Source, finding: &Finding, edit: &Edit) -> Result<(), TestCaseError> {
    let rule = format!("nosemgrep: {}", finding.rule_id);
    if !edit.text.contains(&rule) || !source.notes().is_empty() {
        return Ok(());
    }
    let mut text = source.text().to_owned();
    text.replace_range(edit.span.range(), &edit.text.replace(&rule, "nosemgrep: never"));
    let hints = analysis(&EVERYWHERE, &parsed(source.format(), &text)).hints;
    let Some(hint) = hints.iter().find(|hint| hint.span.text(&text).contains("never")) else {
        return Err(TestCaseError::fail(format!("the mark is of no use, and nobody says so:\n{text}")));
    };
    let without = &hint.removal[0];
    let told = format!("{:?} is removed from\n{text}", without.span.text(&text));
    text.replace_range(without.span.range(), "");
    prop_assert!(text == source.text(), "{told}");
    Ok(())
}

macro_rules! every_finding_can_be_ignored {
    ($($name:ident: $language:expr;)*) => {
        proptest! {
            #![proptest_config(incremental::config())]
            $(
                #[test]
                fn $name(seed: u16, which: u16, behind: bool, crlf: bool) {
                    let mark = if behind { "f(a)  # nosec\n" } else { "a\n" };
                    let elsewhere = offered(&EVERYWHERE, &parsed(Language::Python, mark), Habit::default()).1;
                    ignores(Format::from($language), seed, which, elsewhere, crlf)?;
                }
            )*
        }
    };
}

every_finding_can_be_ignored! {
    javascript: Language::JavaScript;
    typescript: Language::TypeScript;
    tsx: Language::Tsx;
    python: Language::Python;
    ruby: Language::Ruby;
    php: Language::Php;
    java: Language::Java;
    elixir: Language::Elixir;
    html: Host::page(Engine::Html);
    vue: Host::page(Engine::Vue);
    svelte: Host::page(Engine::Svelte);
    erb: Host::page(Engine::Erb);
    heex: Host::page(Engine::Heex);
    jinja: Host::page(Engine::Jinja);
}
