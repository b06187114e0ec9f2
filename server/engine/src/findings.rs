//! What workers say of files, in the words of the contract.

use crate::contract::{
    AnalysisSummary, AstStats, Breakdown, Fallback, FallbackReason, FileAnalysisResult, FileError, FileNote,
    FileStatus, FindingContext, FindingSeverity, FindingsBySeverity, Location, References, SecurityFinding,
    SummaryPerformance, Timing,
};
use crate::intake::{Named, language_name};
use crate::rulebook::Rulebook;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::time::Duration;
use weir_model::{
    Analysed, AnalysisDepth, Failure, JudgeTiming, Judged, Judgement, NoteKind, Refusal, Remark, Severity, Surroundings,
};

/// What became of a file.
pub(crate) enum Outcome {
    /// A worker answered.
    Judged(Judged),
    /// No worker could.
    Failed(Failure),
    /// No worker could, and one answered with regexes alone.
    FellBack(Failure, Box<Analysed>),
    /// The request ended before.
    TimedOut,
    /// It is larger than the request wants to have looked at.
    TooLarge,
}

/// A confidence by a regex alone is lower than that of its rule by this factor: it follows no data.
const BY_REGEX: f64 = 0.5;

/// What is told of a file, and where its time went.
pub(crate) fn result(file: Named, outcome: Outcome, rules: &Rulebook) -> (FileAnalysisResult, JudgeTiming) {
    let mut result = FileAnalysisResult {
        path: file.path,
        status: FileStatus::Success,
        error: None,
        language: language_name(file.format).to_owned(),
        findings: Vec::new(),
        ast_stats: None,
        raw_ast: None,
        fallback: None,
        notes: Vec::new(),
    };
    let mut timing = JudgeTiming::default();
    match outcome {
        Outcome::Judged(Judged::Analysed(analysed)) => {
            timing = analysed.timing;
            tell(&mut result, *analysed, rules);
        }
        Outcome::FellBack(failure, mut analysed) => {
            if let (Failure::Deadline { .. }, AnalysisDepth::Unparsed { regexes }) = (failure, analysed.depth) {
                analysed.depth = AnalysisDepth::TimedOut { regexes };
            }
            timing = analysed.timing;
            tell(&mut result, *analysed, rules);
        }
        Outcome::Judged(Judged::Refused(Refusal::Unopened)) => {
            error(
                &mut result,
                "DECRYPTION_FAILED",
                "the content does not open with the session's key, this IV and this tag",
            );
        }
        Outcome::Judged(Judged::Refused(Refusal::OtherSize)) => {
            error(&mut result, "SIZE_MISMATCH", "the content is not as long as metadata.size says");
        }
        Outcome::Judged(Judged::Refused(Refusal::OtherHash)) => {
            error(&mut result, "HASH_MISMATCH", "the content does not have the hash that metadata.contentHash says");
        }
        Outcome::Judged(Judged::Refused(Refusal::UnknownLanguage)) => {
            skip(&mut result, "UNKNOWN_LANGUAGE", "neither path nor first line tell a language that is analysed here");
        }
        Outcome::Failed(Failure::Deadline { .. }) | Outcome::TimedOut => {
            result.status = FileStatus::Timeout;
            result.notes.push(note("TIMEOUT", "the analysis took too long and was stopped"));
        }
        Outcome::Failed(Failure::WorkerDied) => {
            error(&mut result, "PARSER_ERROR", "the parser could not cope with this file");
        }
        Outcome::Failed(Failure::Unconfined { .. }) => {
            error(&mut result, "INTERNAL_ERROR", "the analysis process cannot be locked down on this machine");
        }
        Outcome::Failed(Failure::OtherVersion { .. }) => {
            error(&mut result, "INTERNAL_ERROR", "the engine was updated while it runs and must be started again");
        }
        Outcome::TooLarge => {
            skip(&mut result, "FILE_TOO_LARGE", "larger than options.performance.maxFileSize");
        }
    }
    (result, timing)
}

/// Takes a result for one that is too large to be kept.
pub(crate) fn too_many(result: &mut FileAnalysisResult) {
    (result.findings, result.raw_ast) = (Vec::new(), None);
    error(result, "INTERNAL_ERROR", "its result is larger than is kept for a job; have this file analysed by itself");
}

fn tell(result: &mut FileAnalysisResult, analysed: Analysed, rules: &Rulebook) {
    language_name(Some(analysed.format)).clone_into(&mut result.language);
    result.ast_stats = analysed.stats.map(|stats| AstStats {
        node_count: stats.nodes,
        max_depth: stats.depth,
        parse_time_ms: milliseconds(analysed.timing.parse_us),
    });
    result.raw_ast = analysed.raw_ast.and_then(|json| RawValue::from_string(json).ok());
    result.findings = analysed.findings.into_iter().map(|judgement| finding(judgement, rules)).collect();
    match analysed.depth {
        AnalysisDepth::Whole => {}
        AnalysisDepth::TimedOut { regexes } => {
            result.status = FileStatus::Timeout;
            result.notes.push(note("TIMEOUT", "parsing or analysis took too long and was stopped"));
            if regexes > 0 {
                let message = "what the analysis had no time for was looked for with regular expressions".to_owned();
                result.fallback = Some(fallback(FallbackReason::Timeout, message));
            }
        }
        AnalysisDepth::Unparsed { regexes } if regexes > 0 => {
            let message = "the text could not be parsed; regular expressions were looked for instead".to_owned();
            result.fallback = Some(fallback(FallbackReason::ParserError, message));
        }
        AnalysisDepth::Unparsed { .. } => {
            let place = analysed.notes.iter().find_map(|remark| remark.range).map(|range| Location::from(range).start);
            error(result, "PARSER_ERROR", "the text could not be parsed");
            if let (Some(error), Some(place)) = (&mut result.error, place) {
                (error.line, error.column) = (Some(place.line), Some(place.column));
            }
        }
    }
    result.notes.extend(analysed.notes.into_iter().map(remark));
}

fn finding(judgement: Judgement, rules: &Rulebook) -> SecurityFinding {
    let Judgement { rule_id, severity, range, around, snippet } = judgement;
    let pattern = rules.pattern(&rule_id);
    let rule = pattern.map_or(BY_REGEX, |pattern| pattern.confidence);
    let sure = around.as_ref().map_or(rule * BY_REGEX, |around| around.confidence(rule));
    let (cwe, owasp) = pattern.map_or((None, None), |pattern| (pattern.cwe.clone(), pattern.owasp.clone()));
    SecurityFinding {
        pattern_name: pattern.map_or_else(|| rule_id.to_string(), |pattern| pattern.name.clone()),
        kind: pattern.map_or_else(|| "other".to_owned(), |pattern| pattern.kind.clone()),
        severity: severity_of(severity),
        location: range.into(),
        encrypted_snippet: (!snippet.is_empty()).then_some(snippet),
        // Two places are more than a guess deserves.
        confidence: (sure.clamp(0.0, 1.0) * 100.0).round() / 100.0,
        context: around.map(context),
        recommendation: pattern.map(|pattern| pattern.recommendation.clone()).unwrap_or_default(),
        references: (cwe.is_some() || owasp.is_some()).then_some(References { cwe, owasp }),
        pattern_id: rule_id.to_string(),
    }
}

fn context(around: Surroundings) -> FindingContext {
    FindingContext {
        node_type: around.node,
        parent_node_type: around.parent,
        in_test_file: around.in_test_file,
        has_validation: around.has_validation,
        uses_secure_pattern: around.uses_secure_pattern,
    }
}

/// The contract's scale has the same four steps.
pub(crate) fn severity_of(severity: Severity) -> FindingSeverity {
    match severity {
        Severity::Info => FindingSeverity::Low,
        Severity::Warning => FindingSeverity::Medium,
        Severity::Error => FindingSeverity::High,
        Severity::Critical => FindingSeverity::Critical,
    }
}

fn remark(remark: Remark) -> FileNote {
    let kind = match remark.kind {
        NoteKind::SyntaxError => "SYNTAX_ERROR",
        NoteKind::InvalidUtf8 => "INVALID_UTF8",
        NoteKind::TooDeep => "TOO_DEEP",
        NoteKind::TooLarge => "TOO_LARGE",
        NoteKind::Timeout => "TIMEOUT",
        NoteKind::RuleTimeout => "RULE_TIMEOUT",
        NoteKind::Panic => "PARSER_ERROR",
        NoteKind::Skipped => "SKIPPED",
        NoteKind::Unreadable => "UNREADABLE",
    };
    let pattern_id = remark.rule_id.map(|id| id.to_string());
    FileNote { location: remark.range.map(Location::from), pattern_id, ..note(kind, &remark.message) }
}

fn note(kind: &str, message: &str) -> FileNote {
    FileNote { kind: kind.to_owned(), message: message.to_owned(), location: None, pattern_id: None }
}

fn fallback(reason: FallbackReason, message: String) -> Fallback {
    Fallback { pattern_format: "standard".to_owned(), reason, message }
}

fn error(result: &mut FileAnalysisResult, kind: &str, message: &str) {
    result.status = FileStatus::Error;
    result.error = Some(FileError { kind: kind.to_owned(), message: message.to_owned(), line: None, column: None });
}

fn skip(result: &mut FileAnalysisResult, kind: &str, message: &str) {
    result.status = FileStatus::Skipped;
    result.notes.push(note(kind, message));
}

/// All results together.
pub(crate) fn summary(results: &[(FileAnalysisResult, JudgeTiming)], took: Duration) -> AnalysisSummary {
    let mut summary = AnalysisSummary {
        files_analyzed: 0,
        files_with_findings: 0,
        total_findings: 0,
        findings_by_severity: FindingsBySeverity::default(),
        findings_by_language: BTreeMap::new(),
        performance: SummaryPerformance::default(),
    };
    let mut parsed = Vec::new();
    for (result, _) in results {
        summary.files_analyzed += u32::from(result.status == FileStatus::Success);
        summary.files_with_findings += u32::from(!result.findings.is_empty());
        let found = result.findings.len() as u32;
        summary.total_findings += found;
        if matches!(result.status, FileStatus::Success | FileStatus::Timeout) {
            *summary.findings_by_language.entry(result.language.clone()).or_default() += found;
        }
        for finding in &result.findings {
            let by_severity = &mut summary.findings_by_severity;
            *match finding.severity {
                FindingSeverity::Critical => &mut by_severity.critical,
                FindingSeverity::High => &mut by_severity.high,
                FindingSeverity::Medium => &mut by_severity.medium,
                FindingSeverity::Low => &mut by_severity.low,
            } += 1;
        }
        parsed.extend(result.ast_stats.map(|stats| stats.parse_time_ms));
    }
    let average = if parsed.is_empty() { 0.0 } else { parsed.iter().sum::<f64>() / parsed.len() as f64 };
    summary.performance = SummaryPerformance { avg_parse_time_ms: rounded(average), total_time_ms: of(took) };
    summary
}

/// Where the time of all results went.
pub(crate) fn timing(results: &[(FileAnalysisResult, JudgeTiming)], took: Duration) -> Timing {
    let sum = |part: fn(&JudgeTiming) -> u32| {
        let all: u64 = results.iter().map(|(_, timing)| u64::from(part(timing))).sum();
        rounded(all as f64 / 1000.0)
    };
    Timing {
        total_ms: of(took),
        breakdown: Breakdown {
            decryption: sum(|timing| timing.decrypt_us),
            parsing: sum(|timing| timing.parse_us),
            analysis: sum(|timing| timing.analyze_us),
            encryption: sum(|timing| timing.encrypt_us),
        },
    }
}

/// Counts what became of a file.
pub(crate) fn count(result: &FileAnalysisResult, size: u64) {
    let (language, status) = (result.language.clone(), result.status.name());
    metrics::counter!("weir_engine_files_total", "language" => language.clone(), "status" => status).increment(1);
    metrics::counter!("weir_engine_sealed_bytes_total").increment(size);
    for finding in &result.findings {
        let severity = match finding.severity {
            FindingSeverity::Low => "low",
            FindingSeverity::Medium => "medium",
            FindingSeverity::High => "high",
            FindingSeverity::Critical => "critical",
        };
        metrics::counter!("weir_engine_findings_total", "language" => language.clone(), "severity" => severity)
            .increment(1);
    }
    if let Some(stats) = result.ast_stats {
        let class = match size {
            0..10_000 => "under_10kB",
            10_000..100_000 => "under_100kB",
            100_000..1_000_000 => "under_1MB",
            _ => "1MB_and_more",
        };
        metrics::histogram!("weir_engine_parse_seconds", "language" => language, "size" => class)
            .record(stats.parse_time_ms / 1000.0);
    }
}

fn milliseconds(microseconds: u32) -> f64 {
    rounded(f64::from(microseconds) / 1000.0)
}

fn of(duration: Duration) -> f64 {
    rounded(duration.as_secs_f64() * 1000.0)
}

/// To microseconds.
fn rounded(milliseconds: f64) -> f64 {
    (milliseconds * 1000.0).round() / 1000.0
}
