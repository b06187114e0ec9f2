//! `weir scan`: files in, findings out.

use super::engine::{Answer, Engine, File, block_on};
use super::walk::{self, Selection, Skipped, Target};
use super::{Exit, autofix, notices, to_stdout};
use crate::args::{Format, ScanArgs, SeverityArg};
use crate::report::rule::Rule;
use crate::report::{self, FileReport, Incident, IncidentKind, Place, Report};
use crate::rules_source;
use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ropey::Rope;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use weir_model::{Failure, Finding, Language, NoteKind, RuleInfo, ScanOptions, Severity};

/// Scans what the arguments name and writes the report.
pub(crate) fn main(args: &ScanArgs) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let (sources, unreadable) = rules_source::load(&args.rules);
    notices::say(&unreadable.iter().map(|error| format!("weir: {error}")).collect::<Vec<_>>());
    let (mut report, missing) = block_on(async {
        let mut engine = Engine::start(args.jobs, Duration::from_secs_f64(args.timeout));
        let loaded = engine.load(sources).await?;
        let kinds = Kinds::of(&loaded.rules);
        let mut report = Report {
            rules: loaded.rules.into_iter().map(|info| (Arc::clone(&info.id), Rule::new(info))).collect(),
            problems: loaded.problems,
            ..Report::default()
        };
        let selection = walk::select(&args.paths, &args.files, &|path| kinds.want(walk::language_of(path)))
            .context("--include or --exclude is not a glob")?;
        let missing = selection.missing.len();
        if !report.rules.is_empty() {
            run(&mut engine, args, &kinds, selection, &mut report).await?;
        }
        engine.shutdown().await;
        Ok((report, missing))
    })?;
    if args.autofix {
        autofix::apply(&report, args.dryrun, args.output.quiet);
    }
    report.elapsed = started.elapsed();
    write(&report, args).context("writing the report")?;
    notices::print(&report, args.output.quiet, args.output.verbose);

    let broken_rules = !unreadable.is_empty() || report.problems.iter().any(|problem| !problem.skipped);
    Ok(if report.rules.is_empty() || broken_rules {
        Exit::InvalidRule
    } else if missing > 0 {
        Exit::Failed
    } else if args.strict && !report.incidents.is_empty() {
        Exit::Unparsable
    } else if args.error && report.findings().next().is_some() {
        Exit::Findings
    } else {
        Exit::Ok
    })
}

/// The kinds of files the rules look at.
struct Kinds {
    languages: HashSet<Language>,
    any_text: bool,
}

impl Kinds {
    fn of(rules: &[RuleInfo]) -> Self {
        let names = || rules.iter().flat_map(|rule| &rule.languages);
        Self {
            languages: names().flat_map(|name| Language::from_rule_name(name)).copied().collect(),
            any_text: names().any(|name| matches!(name.as_str(), "regex" | "generic" | "none")),
        }
    }

    fn want(&self, language: Option<Language>) -> bool {
        self.any_text || language.is_some_and(|language| self.languages.contains(&language))
    }
}

/// Sends the files through the workers and sorts what comes back into the report.
async fn run(
    engine: &mut Engine,
    args: &ScanArgs,
    kinds: &Kinds,
    selection: Selection,
    report: &mut Report,
) -> anyhow::Result<()> {
    let targets: Arc<[Target]> = selection.targets.into();
    let wanted: HashSet<usize> = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| !target.explicit || kinds.want(walk::language_of(&target.file)))
        .map(|(index, _)| index)
        .collect();
    report.skipped = selection.skipped;
    report.incidents = selection.missing.into_iter().map(|missing| unreadable(&missing)).collect();

    let (send, files) = mpsc::channel(engine.capacity());
    let reader = tokio::task::spawn_blocking({
        let (targets, max_bytes) = (Arc::clone(&targets), args.files.max_target_bytes);
        move || read_all(&targets, &wanted, max_bytes, &send)
    });
    let progress = progress_bar(targets.len() as u64, args.output.quiet);
    let mut files_by_path = BTreeMap::new();
    let filter = Filter::new(args);
    let options = ScanOptions { ignore_paths: false, ignore_suppressions: args.no_suppress };
    let cut_off = engine
        .analyse(files, options, |answer| {
            progress.inc(1);
            let target = &targets[answer.index];
            if let Some(file) = sort_in(answer, target, &filter, report) {
                files_by_path.insert(Arc::clone(&target.shown), file);
            }
        })
        .await?;
    progress.finish_and_clear();

    let refused = reader.await.context("reading the files")?;
    report
        .incidents
        .extend(refused.iter().filter(|refused| refused.reason == walk::SkipReason::Unreadable).map(unreadable));
    report.skipped.extend(refused);
    report.skipped.sort_by(|a, b| a.path.cmp(&b.path));
    report.files = files_by_path.into_values().collect();
    report.scanned.sort();
    report.incidents.extend(cut_off.into_iter().map(|rule_id| Incident {
        path: None,
        place: None,
        message: format!("rule {rule_id} took too long and was left out of the rest of the scan"),
        rule_id: Some(rule_id),
        kind: IncidentKind::RuleTimeout,
    }));
    report.incidents.sort_by(|a, b| {
        (&a.path, a.kind, a.place.map(|at| at.span)).cmp(&(&b.path, b.kind, b.place.map(|at| at.span)))
    });
    Ok(())
}

/// Reads the files in order; returns those that are not to be scanned. Waits while the workers are busy, so that a few
/// files at most are in memory.
fn read_all(targets: &[Target], wanted: &HashSet<usize>, max_bytes: u64, send: &mpsc::Sender<File>) -> Vec<Skipped> {
    let mut refused = Vec::new();
    for (index, target) in targets.iter().enumerate() {
        let refusal = if wanted.contains(&index) {
            match walk::admit(target, max_bytes) {
                Ok(bytes) => {
                    let language = walk::language_of(&target.file);
                    let path = Arc::clone(&target.in_project);
                    if send.blocking_send(File { index, path, language, bytes }).is_err() {
                        break;
                    }
                    continue;
                }
                Err(refusal) => refusal,
            }
        } else {
            walk::Refusal { reason: walk::SkipReason::NoLanguage, detail: String::new() }
        };
        refused.push(Skipped { path: target.shown.to_string(), reason: refusal.reason, detail: refusal.detail });
    }
    refused
}

/// Puts one answer into the report; returns the file if it has findings.
fn sort_in(answer: Answer, target: &Target, filter: &Filter, report: &mut Report) -> Option<FileReport> {
    let path = &target.shown;
    let text = Rope::from_str(&answer.text);
    let incident = |kind, message| Incident { path: Some(Arc::clone(path)), place: None, rule_id: None, kind, message };
    let (mut findings, notes) = match answer.outcome {
        Ok(found) => found,
        Err(failure) => {
            let kind =
                if matches!(failure, Failure::Deadline { .. }) { IncidentKind::Timeout } else { IncidentKind::Failed };
            report.incidents.push(incident(kind, failure.to_string()));
            return None;
        }
    };
    report.scanned.push(Arc::clone(path));
    report.incidents.extend(notes.into_iter().map(|note| Incident {
        place: note.span.map(|span| Place::of(&text, span)),
        rule_id: note.rule_id,
        ..incident(kind_of(note.kind), note.message)
    }));
    findings.retain(|finding| filter.keeps(finding));
    (!findings.is_empty()).then(|| FileReport { file: target.file.clone(), path: Arc::clone(path), text, findings })
}

const fn kind_of(note: NoteKind) -> IncidentKind {
    match note {
        NoteKind::SyntaxError => IncidentKind::PartialParsing,
        NoteKind::InvalidUtf8 | NoteKind::TooDeep => IncidentKind::Partial,
        NoteKind::Timeout => IncidentKind::Timeout,
        NoteKind::RuleTimeout => IncidentKind::RuleTimeout,
        NoteKind::Panic | NoteKind::TooLarge | NoteKind::Skipped => IncidentKind::Failed,
        NoteKind::Unreadable => IncidentKind::Unreadable,
    }
}

fn unreadable(skipped: &Skipped) -> Incident {
    Incident {
        path: Some(skipped.path.as_str().into()),
        place: None,
        rule_id: None,
        kind: IncidentKind::Unreadable,
        message: skipped.detail.clone(),
    }
}

/// `--severity` and `--exclude-rule`.
struct Filter<'a> {
    severities: Vec<Severity>,
    excluded: &'a [String],
}

impl<'a> Filter<'a> {
    fn new(args: &'a ScanArgs) -> Self {
        let severities = args.severity.iter().map(|severity| match severity {
            SeverityArg::Info => Severity::Info,
            SeverityArg::Warning => Severity::Warning,
            SeverityArg::Error => Severity::Error,
            SeverityArg::Critical => Severity::Critical,
        });
        Self { severities: severities.collect(), excluded: &args.exclude_rule }
    }

    fn keeps(&self, finding: &Finding) -> bool {
        (self.severities.is_empty() || self.severities.contains(&finding.severity))
            && !self.excluded.iter().any(|id| **id == *finding.rule_id)
    }
}

fn progress_bar(files: u64, quiet: bool) -> ProgressBar {
    // indicatif draws nothing where standard error is no terminal.
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let bar = ProgressBar::with_draw_target(Some(files), target);
    match ProgressStyle::with_template("{bar:40} {pos}/{len} files, {elapsed}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn write(report: &Report, args: &ScanArgs) -> io::Result<()> {
    if let Some(path) = &args.output.output {
        return write_to_file(report, args, path);
    }
    let stdout = anstream::stdout();
    let colour = anstream::AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never;
    let width = if io::stdout().is_terminal() {
        terminal_size::terminal_size().map(|(terminal_size::Width(width), _)| usize::from(width))
    } else {
        None
    };
    to_stdout(stdout.lock(), |out| write_as(report, args, report::text::Style { colour, width }, out))
}

fn write_to_file(report: &Report, args: &ScanArgs, path: &Path) -> io::Result<()> {
    let mut out = BufWriter::new(fs::File::create(path)?);
    write_as(report, args, report::text::Style { colour: false, width: None }, &mut out)?;
    out.flush()
}

fn write_as(report: &Report, args: &ScanArgs, style: report::text::Style, out: &mut dyn Write) -> io::Result<()> {
    match args.output.format() {
        Format::Text => report::text::write(report, style, out),
        Format::Json => report::json::write(report, args.output.verbose, out),
        Format::Sarif => report::sarif::write(report, out),
    }
}
