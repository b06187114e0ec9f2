//! Semgrep's JSON: same keys, same counting (lines and columns from one, columns and offsets in bytes), so that what
//! reads Semgrep's results reads ours. `metavars`, `dataflow_trace`, `fingerprint` and `lines` are always there.

use super::{FileReport, Incident, Place, Report, line_in, lines_of, one_based, text_of};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use weir_model::{Finding, RuleProblem, StepKind, Trace};

/// Writes the report. `verbose` lists skipped files that the user asked to skip as well.
pub(crate) fn write(report: &Report, verbose: bool, out: &mut dyn Write) -> io::Result<()> {
    let errors: Vec<Value> = report
        .problems
        .iter()
        .filter(|problem| !problem.skipped)
        .map(rule_error)
        .chain(report.incidents.iter().map(incident))
        .collect();
    let skipped: Vec<Value> = report
        .skipped
        .iter()
        .filter(|skipped| verbose || !skipped.reason.is_asked_for())
        .map(|skipped| json!({ "path": skipped.path, "reason": skipped.reason.name(), "details": skipped.detail }))
        .collect();
    let skipped_rules: Vec<Value> =
        report.problems.iter().filter(|problem| problem.skipped).map(skipped_rule).collect();
    let value = json!({
        "version": env!("CARGO_PKG_VERSION"),
        "results": report.findings().map(|(file, finding)| result(report, file, finding)).collect::<Vec<_>>(),
        "errors": errors,
        "paths": { "scanned": report.scanned, "skipped": skipped },
        "skipped_rules": skipped_rules,
        "time": { "total_time": report.elapsed.as_secs_f64() },
    });
    serde_json::to_writer(&mut *out, &value)?;
    out.write_all(b"\n")
}

fn result(report: &Report, file: &FileReport, finding: &Finding) -> Value {
    let mut extra = Map::new();
    let mut put = |key: &str, value: Value| extra.insert(key.to_owned(), value);
    put("message", json!(finding.message));
    put("severity", json!(finding.severity.name()));
    put("metadata", report.rules.get(&finding.rule_id).map_or_else(|| json!({}), |rule| rule.metadata.clone()));
    put("metavars", metavars(file, finding));
    put("fingerprint", json!(finding.fingerprint));
    put("lines", json!(lines_of(&file.text, finding.span)));
    put("is_ignored", json!(finding.is_suppressed()));
    put("validation_state", json!("NO_VALIDATOR"));
    put("engine_kind", json!("OSS"));
    if let Some(fix) = fix_text(file, finding) {
        put("fix", json!(fix));
    }
    if let Some(trace) = &finding.trace {
        put("dataflow_trace", dataflow(file, trace));
    }
    if let Some((cell, within)) = file.cell(finding.span) {
        put("cell", json!({ "number": cell.number, "line": line_in(cell, within) }));
    }
    let place = Place::of(&file.text, finding.span);
    json!({
        "check_id": finding.rule_id,
        "path": file.path,
        "start": start(place),
        "end": end(place),
        "extra": extra,
    })
}

/// The text that replaces the whole finding, which is how Semgrep states a fix. Edits outside of the finding cannot be
/// stated so.
fn fix_text(file: &FileReport, finding: &Finding) -> Option<String> {
    let fix = finding.fix.as_ref()?;
    let mut text = String::new();
    let mut at = finding.span.start;
    for edit in &fix.edits {
        if !finding.span.contains(edit.span) || edit.span.start < at {
            return None;
        }
        text += &text_of(&file.text, weir_model::Span::new(at, edit.span.start));
        text += &edit.text;
        at = edit.span.end;
    }
    text += &text_of(&file.text, weir_model::Span::new(at, finding.span.end));
    Some(text)
}

fn metavars(file: &FileReport, finding: &Finding) -> Value {
    let entries = finding.metavars.iter().map(|(name, value)| {
        let place = Place::of(&file.text, value.span);
        let mut entry = json!({ "start": start(place), "end": end(place), "abstract_content": value.content.as_str() });
        if let Some(constant) = &value.constant {
            entry["propagated_value"] =
                json!({ "svalue_start": start(place), "svalue_end": end(place), "svalue_abstract_content": constant });
        }
        (name.clone(), entry)
    });
    Value::Object(entries.collect())
}

fn dataflow(file: &FileReport, trace: &Trace) -> Value {
    let step = |span| {
        let place = Place::of(&file.text, span);
        let location = json!({ "path": file.path, "start": start(place), "end": end(place) });
        json!({ "content": text_of(&file.text, span), "location": location })
    };
    // An end of the path: Semgrep writes the tag `CliLoc`, then the location and the code.
    let end_of = |span| {
        let step = step(span);
        json!(["CliLoc", [step["location"], step["content"]]])
    };
    let mut value = Map::new();
    if let Some(first) = trace.steps.first() {
        value.insert("taint_source".to_owned(), end_of(first.span));
    }
    let between = trace.steps.iter().filter(|step| !matches!(step.kind, StepKind::Source | StepKind::Sink));
    value.insert("intermediate_vars".to_owned(), between.map(|between| step(between.span)).collect());
    if let Some(last) = trace.steps.last() {
        value.insert("taint_sink".to_owned(), end_of(last.span));
    }
    Value::Object(value)
}

fn incident(incident: &Incident) -> Value {
    let mut value = json!({
        "code": if incident.kind.is_error() { 2 } else { 3 },
        "level": if incident.kind.is_error() { "error" } else { "warn" },
        "type": incident.kind.name(),
        "message": incident.message,
    });
    if let Some(path) = &incident.path {
        value["path"] = json!(path);
        if let Some(place) = incident.place {
            value["spans"] = json!([{ "file": path, "start": start(place), "end": end(place) }]);
        }
    }
    if let Some(rule_id) = &incident.rule_id {
        value["rule_id"] = json!(rule_id);
    }
    value
}

fn rule_error(problem: &RuleProblem) -> Value {
    let at = json!({ "line": problem.line, "col": problem.column });
    json!({
        "code": 7,
        "level": "error",
        "type": "Rule parse error",
        "rule_id": problem.rule_id,
        "path": problem.source,
        "spans": [{ "file": problem.source, "start": at, "end": at }],
        "message": problem.message,
    })
}

fn skipped_rule(problem: &RuleProblem) -> Value {
    json!({
        "rule_id": problem.rule_id,
        "path": problem.source,
        "position": { "line": problem.line, "col": problem.column },
        "details": problem.message,
    })
}

fn start(place: Place) -> Value {
    position(place.range.start, place.span.start)
}

fn end(place: Place) -> Value {
    position(place.range.end, place.span.end)
}

fn position(position: weir_model::Position, offset: u32) -> Value {
    let (line, col) = one_based(position);
    json!({ "line": line, "col": col, "offset": offset })
}
