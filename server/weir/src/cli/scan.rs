//! `weir scan`: files in, findings out.

use super::baseline::Targets;
use super::engine::{Answer, Engine, File, Found, block_on};
use super::marks::Marks;
use super::{Exit, autofix, notices, to_stdout};
use crate::args::{FileArgs, Format, ScanArgs, SeverityArg};
use crate::baseline::{Baseline, Names};
use crate::changed::{Changed, Commit};
use crate::config::team::{self, TeamConfig};
use crate::config::{Audit, Config, Layer, Level, Problem, Shown, baseline_root};
use crate::remote::choice::{Choice, Wish};
use crate::remote::{Notice, Remote, State, Team};
use crate::report::rule::Rule;
use crate::report::{self, FileReport, Incident, IncidentKind, Place, Remark, Report};
use crate::rules_source;
use crate::walk::{self, Kinds, Selection, Skipped, Target, folder_of};
use anyhow::Context;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use ropey::Rope;
use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::mpsc;
use weir_model::{Failure, Finding, Hint, NoteKind, ScanOptions, Severity};

/// Scans what the arguments name and writes the report.
pub(crate) fn main(args: &ScanArgs) -> anyhow::Result<Exit> {
    let started = Instant::now();
    let Scanned { mut report, fixes, broken_rules, failed, .. } = scan(args)?;
    autofix::apply(&report, &fixes, args.dryrun, args.output.quiet, args.output.verbose);
    report.elapsed = started.elapsed();
    write(&report, args).context("writing the report")?;
    notices::print(&report, args.output.quiet, args.output.verbose);
    Ok(if report.rules.is_empty() || broken_rules {
        Exit::InvalidRule
    } else if failed {
        Exit::Failed
    } else if args.strict && !report.incidents.is_empty() {
        Exit::Unparsable
    } else if args.error && report.findings().next().is_some() {
        Exit::Findings
    } else {
        Exit::Ok
    })
}

/// What came of a scan.
pub(super) struct Scanned {
    pub(super) report: Report,
    pub(super) targets: Targets,
    /// What is to be repaired, if that was asked for.
    fixes: Vec<autofix::Plan>,
    /// A rule or rule file could not be loaded.
    pub(super) broken_rules: bool,
    /// A path does not exist, or the configuration has mistakes.
    pub(super) failed: bool,
}

/// Scans what the arguments name.
pub(super) fn scan(args: &ScanArgs) -> anyhow::Result<Scanned> {
    Ok(scan_and(args, async |_, _| Ok(()))?.0)
}

/// Scans what the arguments name, and does something with what came of it while the engine is still there.
pub(super) fn scan_and<T>(
    args: &ScanArgs,
    then: impl AsyncFnOnce(&Scanned, Option<&Remote>) -> anyhow::Result<T>,
) -> anyhow::Result<(Scanned, T)> {
    let (mut config, misconfigured) = configuration(args);
    notices::say(&misconfigured.iter().map(|problem| format!("weir: {problem}")).collect::<Vec<_>>());
    let (sources, unreadable) = rules_source::load(&config.rules);
    notices::say(&unreadable.iter().map(|error| format!("weir: {error}")).collect::<Vec<_>>());
    let mut targets = Targets::new();
    let choice = Choice::new(args.engine.engine.as_deref(), Wish::Local)?;
    block_on(async {
        let remote = remote(&choice, &config);
        let mut engine = Engine::start_at(remote.as_ref(), args.jobs, config.timeout, config.foreign_marks());
        let done = async {
            let loaded = engine.load(sources).await?;
            if let Some(remote) = &remote {
                take_team(remote, &mut config);
            }
            let filter = Filter::new(args, &config)?;
            let kinds = Kinds::of(loaded.rules.iter());
            let mut report = Report {
                rules: loaded.rules.into_iter().map(|info| (Arc::clone(&info.id), Rule::new(info))).collect(),
                problems: loaded.problems,
                ..Report::default()
            };
            let selection = walk::select(&args.paths, &config.files, &|path| kinds.want(walk::format_of(path)))
                .context("--include or --exclude is not a glob")?;
            let missing = selection.missing.len();
            let pairs = |target: &Target| (Arc::clone(&target.shown), Arc::clone(&target.in_project));
            targets.extend(selection.targets.iter().map(pairs));
            if !report.rules.is_empty() {
                run(&mut engine, args, &filter, &kinds, selection, &mut report).await?;
            }
            let fixes = if args.autofix { autofix::plan(&mut engine, &report, &targets).await? } else { Vec::new() };
            let broken_rules = !unreadable.is_empty() || report.problems.iter().any(|problem| !problem.skipped);
            let failed = missing > 0 || !misconfigured.is_empty();
            let scanned = Scanned { report, targets, fixes, broken_rules, failed };
            let done = then(&scanned, remote.as_ref()).await?;
            Ok((scanned, done))
        }
        .await;
        engine.shutdown().await;
        if let Some(remote) = &remote {
            remote.leave().await;
        }
        done
    })
}

/// The engine that is to analyse, if any; how it stands with that is said on standard error.
fn remote(choice: &Choice, config: &Config) -> Option<Remote> {
    let engine = choice.engine(config.engine.as_ref()).unwrap_or_else(|reason| {
        notices::say(&[format!("weir: {reason}; this machine analyses")]);
        None
    });
    let Some(url) = engine else {
        if choice.is_asked_for() {
            notices::say(&["weir: weir.toml asks for analysis on this machine; no engine is used"]);
        }
        return None;
    };
    let (remote, mut notices) = Remote::new(url.clone(), choice.logins.clone(), choice.environment.clone());
    tokio::spawn(async move {
        while let Some(notice) = notices.recv().await {
            if let Some(line) = engine_line(&url.to_string(), &notice) {
                notices::say(&[line]);
            }
        }
    });
    Some(remote)
}

/// Puts the configuration of the team in force, if that is wanted: as it is when the scan begins. Every link tells of it before it
/// is made, so where an engine has loaded the rules it is known.
fn take_team(remote: &Remote, config: &mut Config) {
    let Some((Team { config: Some(text), .. }, wanted)) = remote.team() else { return };
    if wanted.config {
        config.set_team(&TeamConfig::read(&text).layer);
    }
    if let Some(told) = team::told(remote.url(), Some(&text), wanted.config) {
        notices::say(&[format!("weir: {told}")]);
    }
}

/// What a person is told about an engine.
fn engine_line(url: &str, notice: &Notice) -> Option<String> {
    match notice {
        Notice::State(State::Linked) => Some(format!("weir: {url} analyses")),
        Notice::State(State::Away(reason)) => Some(format!("weir: {url} is away, this machine analyses: {reason}")),
        Notice::State(State::Refused(reason)) => {
            Some(format!("weir: error: {url} is not used, this machine analyses: {reason}"))
        }
        Notice::Team { team, .. } if team.rules.is_some() => {
            Some(format!("weir: {url} offers rules of your team; a scan runs those of the project"))
        }
        Notice::Team { .. } | Notice::Sending { .. } => None,
    }
}

/// Sends the files through the workers and sorts what comes back into the report.
async fn run(
    engine: &mut Engine,
    args: &ScanArgs,
    filter: &Filter<'_>,
    kinds: &Kinds,
    selection: Selection,
    report: &mut Report,
) -> anyhow::Result<()> {
    let targets: Arc<[Target]> = selection.targets.into();
    let wanted: HashSet<usize> = targets
        .iter()
        .enumerate()
        .filter(|(_, target)| !target.explicit || kinds.want(walk::format_of(&target.file)))
        .map(|(index, _)| index)
        .collect();
    report.skipped = selection.skipped;
    report.incidents = selection.missing.into_iter().map(|missing| unreadable(&missing)).collect();

    let (send, files) = mpsc::channel(engine.capacity());
    let reader = tokio::task::spawn_blocking({
        let (targets, max_bytes) = (Arc::clone(&targets), filter.config.files.max_bytes());
        move || read_all(&targets, &wanted, max_bytes, &send)
    });
    let progress = progress_bar(targets.len() as u64, args.output.quiet);
    let mut files_by_path = BTreeMap::new();
    let mut marks = (!args.no_suppress).then(|| Marks::load(&args.paths));
    let options = ScanOptions { ignore_paths: false, ignore_suppressions: args.no_suppress };
    let cut_off = engine
        .analyse(files, options, |answer| {
            progress.inc(1);
            let target = &targets[answer.index];
            if let Some(file) = sort_in(answer, target, filter, marks.as_mut(), report) {
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
    report.remarks.sort_by(|a, b| (&a.path, a.place.span).cmp(&(&b.path, b.place.span)));
    report.obsolete = marks.map(|marks| marks.obsolete(&args.paths)).unwrap_or_default();
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
                    let format = walk::format_of(&target.file);
                    let path = Arc::clone(&target.in_project);
                    if send.blocking_send(File { index, path, format, bytes }).is_err() {
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
fn sort_in(
    answer: Answer,
    target: &Target,
    filter: &Filter,
    marks: Option<&mut Marks>,
    report: &mut Report,
) -> Option<FileReport> {
    let path = &target.shown;
    let text = Rope::from_str(&answer.text);
    let incident = |kind, message| Incident { path: Some(Arc::clone(path)), place: None, rule_id: None, kind, message };
    let Found { mut findings, hints, notes, cells } = match answer.outcome {
        Ok(found) => found,
        Err(failure) => {
            let kind =
                if matches!(failure, Failure::Deadline { .. }) { IncidentKind::Timeout } else { IncidentKind::Failed };
            report.incidents.push(incident(kind, failure.to_string()));
            return None;
        }
    };
    report.scanned.push(Arc::clone(path));
    // A person looks for it in the notebook, and not in its file.
    let told = |message: String, span| match report::in_cell(cells.as_ref(), span) {
        Some(place) => format!("{message} ({place})"),
        None => message,
    };
    report.incidents.extend(notes.into_iter().map(|note| Incident {
        place: note.span.map(|span| Place::of(&text, span)),
        rule_id: note.rule_id,
        ..incident(kind_of(note.kind), note.span.map_or(note.message.clone(), |span| told(note.message, span)))
    }));
    let remark = |hint: Hint| Remark {
        path: Arc::clone(path),
        place: Place::of(&text, hint.span),
        hint: Hint { message: told(hint.message, hint.span), ..hint },
    };
    report.remarks.extend(hints.into_iter().map(remark));
    if let Some(marks) = marks {
        marks.apply(&target.file, &text, &mut findings, &report.rules);
    }
    let base = filter.commit.as_ref().filter(|_| !findings.is_empty()).map(|commit| commit.base(&target.file));
    let changed = base.map_or(Changed::All, |base| base.changed(&text));
    findings.retain_mut(|finding| {
        let kept = filter.keeps(finding, &target.in_project, &report.rules);
        report.hidden_by_team += usize::from(kept == Kept::ButForTheTeam && !finding.is_suppressed());
        let shown = kept == Kept::Yes && changed.touches(&text, finding);
        let known = shown && filter.baseline.holds(&filter.names.of(&target.file, &target.in_project), finding);
        report.known += usize::from(known && !finding.is_suppressed());
        shown && !known
    });
    let (file, path) = (target.file.clone(), Arc::clone(path));
    (!findings.is_empty()).then_some(FileReport { file, path, text, cells, findings })
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

/// What the project's `weir.toml` says, and before that what the command line does. Of several projects the first path's counts.
pub(super) fn configuration(args: &ScanArgs) -> (Config, Vec<Problem>) {
    let first = args.paths.first().map_or(Path::new("."), PathBuf::as_path);
    let folder = if first.is_dir() { first } else { folder_of(first) };
    let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
    let (mut config, problems) = Config::of_folder(&folder, &Layer::default(), &args.rules.rules);
    let of = |own: &[String], configured: Vec<String>| if own.is_empty() { configured } else { own.to_vec() };
    config.files = FileArgs {
        include: of(&args.files.include, config.files.include),
        exclude: config.files.exclude.into_iter().chain(args.files.exclude.iter().cloned()).collect(),
        max_target_bytes: args.files.max_target_bytes.or(config.files.max_target_bytes),
        no_ignore: args.files.no_ignore,
        no_git_ignore: args.files.no_git_ignore,
    };
    if let Some(seconds) = args.timeout {
        config.timeout = Duration::from_secs_f64(seconds);
    }
    (config, problems)
}

/// What is shown: the configured filters, `--severity` and `--exclude-rule`, and what is new.
struct Filter<'a> {
    config: &'a Config,
    severities: Vec<Severity>,
    excluded: &'a [String],
    /// What was known before, and how files are called in it.
    baseline: Baseline,
    names: Names,
    /// What is compared with, if only what was changed counts.
    commit: Option<Commit>,
}

impl<'a> Filter<'a> {
    fn new(args: &'a ScanArgs, config: &'a Config) -> anyhow::Result<Self> {
        let folder = folder_of(&config.baseline);
        let baseline = if args.no_baseline { Baseline::default() } else { config.read_baseline()? };
        let commit = args.baseline_commit.as_deref().map(|name| Commit::of(folder, name));
        let commit = commit.transpose().map_err(|error| anyhow::anyhow!("--baseline-commit: {error}"))?;
        let severities = args.severity.iter().map(|severity| match severity {
            SeverityArg::Info => Severity::Info,
            SeverityArg::Warning => Severity::Warning,
            SeverityArg::Error => Severity::Error,
            SeverityArg::Critical => Severity::Critical,
        });
        let names = Names::under(&baseline_root(&config.baseline));
        Ok(Self { config, severities: severities.collect(), excluded: &args.exclude_rule, baseline, names, commit })
    }

    /// Whether a finding is reported; it gets the severity it is reported with.
    fn keeps(&self, finding: &mut Finding, path: &str, rules: &BTreeMap<Arc<str>, Rule>) -> Kept {
        let rule_id = &*finding.rule_id;
        let shown = Shown { rule: rules.get(rule_id), rule_id, severity: finding.severity, path };
        let asked_for = |level: Option<Level>| {
            let severity = level.and_then(Level::severity)?;
            let wanted = (self.severities.is_empty() || self.severities.contains(&severity))
                && !self.excluded.iter().any(|id| **id == *rule_id);
            wanted.then_some(severity)
        };
        if let Some(severity) = asked_for(self.config.shows(&shown, Audit::Show)) {
            finding.severity = severity;
            Kept::Yes
        } else if asked_for(self.config.shows_by_itself(&shown, Audit::Show)).is_some() {
            Kept::ButForTheTeam
        } else {
            Kept::No
        }
    }
}

/// Whether a finding is reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kept {
    Yes,
    No,
    /// Not because of what the team's configuration says.
    ButForTheTeam,
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
