//! `weir explain`: why a rule reports a line, or why it does not.

mod hiding;

use super::engine::{Engine, File, Loaded, block_on};
use super::marks::Marks;
use super::{Exit, notices, to_stdout};
use crate::args::{ExplainArgs, ExplainFormat, LineArg};
use crate::config::{self, Config, Layer};
use crate::report::explanation::{self, Told};
use crate::report::rule::Rule;
use crate::report::text::Style;
use crate::rules_source;
use crate::walk::{self, folder_of};
use anyhow::{Context, bail};
use hiding::Hiding;
use ropey::Rope;
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;
use weir_model::{Answer, LineQuestion, NoteKind, Question, RuleProblem};

/// So many rules with a similar id are named to who asked for one that is not there.
const MOST_ALIKE: usize = 5;

/// Explains what the arguments ask for.
pub(crate) fn main(args: &ExplainArgs) -> anyhow::Result<Exit> {
    let LineArg { file, line } = &args.line;
    let (target, left_out) = walk::single(file).with_context(|| format!("cannot read {}", file.display()))?;
    let bytes = walk::admit(&target, 0).map_err(|refusal| {
        let detail = if refusal.detail.is_empty() { String::new() } else { format!(" ({})", refusal.detail) };
        anyhow::anyhow!("cannot explain {}: {}{detail}", target.shown, refusal.reason.words())
    })?;
    // As the worker reads it: spans count in this text.
    let text = Rope::from_str(&String::from_utf8_lossy(&bytes));
    let lines = text.len_lines() - usize::from(text.chars().last() == Some('\n'));
    if *line as usize > lines {
        bail!("{} has {}; there is no line {line}", target.shown, notices::plural(lines, "line"));
    }
    let format = walk::format_of(&target.file);
    let folder = folder_of(&target.file);
    let project = target.file.ancestors().nth(target.in_project.split('/').count()).unwrap_or(folder).to_owned();
    // Without configuration it is the project where its files are looked for.
    let configured = if config::find(folder).is_some() { folder } else { &project };
    let (config, problems) = Config::of_folder(configured, &Layer::default(), &args.rules.rules);
    notices::say(&problems.iter().map(|problem| format!("weir: {problem}")).collect::<Vec<_>>());
    let (sources, unreadable) = rules_source::load(&config.rules);
    notices::say(&unreadable.iter().map(|error| format!("weir: {error}")).collect::<Vec<_>>());
    let baseline = config.read_baseline()?;
    let question = LineQuestion { rule_id: args.rule.as_str().into(), line: *line };
    let (loaded, (mut explanations, notes), findings) = block_on(async {
        let mut engine = Engine::start(Some(1), Duration::from_secs_f64(args.timeout), config.foreign_marks());
        let loaded = engine.load(sources).await?;
        let file = |bytes| File { index: 0, path: Arc::clone(&target.in_project), format, bytes };
        // What the baseline knows is known by all findings of the file.
        let all = if baseline.is_empty() {
            None
        } else {
            engine.ask_all(vec![(file(bytes.clone()), Question::Findings)]).await?.remove(&0)
        };
        let answer = engine.explain(file(bytes), question).await?;
        engine.shutdown().await;
        let findings = match all {
            Some(Answer::Findings(findings)) => findings,
            _ => Vec::new(),
        };
        Ok((loaded, answer, findings))
    })?;
    let hiding = Hiding {
        findings: &findings,
        baseline: &baseline,
        baseline_file: &config.baseline,
        file: &target.file,
        in_project: &target.in_project,
        text: &text,
        rules: loaded.rules.iter().map(|info| (Arc::clone(&info.id), Rule::new(info.clone()))).collect(),
    };
    let mut marks = Marks::load(std::slice::from_ref(&project));
    for explanation in &mut explanations {
        hiding.heed(&mut marks, explanation);
    }
    let broken: Vec<&RuleProblem> = loaded.problems.iter().filter(|problem| is_about(problem, &args.rule)).collect();
    if explanations.is_empty() {
        if let Some(note) = notes.iter().find(|note| note.kind == NoteKind::Panic) {
            bail!("{}: {}", target.shown, note.message);
        }
        if broken.is_empty() {
            bail!("{}", unknown(&args.rule, &loaded, !args.rules.rules.is_empty()));
        }
    }
    notices::say(&broken.iter().map(|problem| said(problem)).collect::<Vec<_>>());
    if explanations.is_empty() {
        return Ok(Exit::InvalidRule);
    }
    let told = Told { path: &target.shown, text: &text, line: *line, left_out, explanations, notes };
    write(&told, args.format()).context("writing the explanation")?;
    Ok(Exit::Ok)
}

fn write(told: &Told<'_>, format: ExplainFormat) -> io::Result<()> {
    let stdout = anstream::stdout();
    let colour = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let terminal = if io::stdout().is_terminal() { terminal_size::terminal_size() } else { None };
    let width = terminal.map(|(terminal_size::Width(width), _)| usize::from(width));
    to_stdout(stdout.lock(), |out| match format {
        ExplainFormat::Text => explanation::text(told, Style { colour, width }, out),
        ExplainFormat::Json => explanation::json(told, out),
    })
}

/// Whether something is wrong with the rule that is asked for.
fn is_about(problem: &RuleProblem, asked: &str) -> bool {
    let id = problem.rule_id.as_deref();
    id.is_some_and(|id| id == asked || id.strip_suffix(asked).is_some_and(|before| before.ends_with('.')))
}

fn said(problem: &RuleProblem) -> String {
    let what = if problem.skipped { "not supported, or not known" } else { "error" };
    format!("weir: {}", notices::problem_line(problem, what))
}

/// That there is no such rule, and which there are.
fn unknown(asked: &str, loaded: &Loaded, own_rules: bool) -> String {
    let mut ids: Vec<&str> = loaded.rules.iter().map(|rule| &*rule.id).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut message = format!("there is no rule {asked} among the {} loaded", notices::plural(ids.len(), "rule"));
    let alike = alike(asked, ids);
    if !alike.is_empty() {
        message += &format!("; did you mean {}?", alike.join(", "));
    } else if own_rules {
        message += "; its id is what stands behind `id:` in the rule file";
    } else {
        message += "; --rules PATH loads other rules than the built-in ones";
    }
    message
}

/// The ids most like one: those that hold it, or differ from it in a few letters.
fn alike<'i>(asked: &str, ids: Vec<&'i str>) -> Vec<&'i str> {
    let asked = asked.to_lowercase();
    let mut scored: Vec<(usize, &str)> = ids
        .into_iter()
        .filter_map(|id| {
            let lower = id.to_lowercase();
            let last = lower.rsplit('.').next().unwrap_or(&lower);
            let distance =
                if lower.contains(&asked) { 0 } else { distance(&asked, last).min(distance(&asked, &lower)) };
            let near = distance <= asked.chars().count() / 3;
            let shares = || {
                let words: Vec<&str> = asked.split(['-', '_', '.']).filter(|word| word.len() > 2).collect();
                words.len() > 1 && words.iter().filter(|word| lower.contains(**word)).count() * 2 > words.len()
            };
            (near || shares()).then_some((distance, id))
        })
        .collect();
    scored.sort_unstable();
    scored.into_iter().take(MOST_ALIKE).map(|(_, id)| id).collect()
}

/// How many letters are to be put in, taken out or replaced to make one text the other.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (at, letter) in a.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], at + 1);
        for (column, other) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *other);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_that_are_meant_are_found() {
        let ids = || vec!["python-sql-injection", "python-xss", "java.sql-injection", "weak-hash"];
        for (asked, expected) in [
            ("sql", &["java.sql-injection", "python-sql-injection"][..]),
            ("python-sql-injektion", &["python-sql-injection"]),
            ("weak-hsah", &["weak-hash"]),
            ("sql-injection-python", &["java.sql-injection", "python-sql-injection"]),
            ("nothing-like-it", &[]),
        ] {
            let mut found = alike(asked, ids());
            found.sort_unstable();
            assert_eq!(found, expected, "{asked}");
        }
    }
}
