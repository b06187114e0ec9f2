//! SARIF 2.1.0, as code hosts and dashboards read it. Rule properties follow Semgrep's: tags `CWE-89: ...`, `OWASP-...`,
//! `HIGH CONFIDENCE`, `security`. Columns count UTF-16 code units, and the log says so.

use super::rule::Rule;
use super::{FileReport, Incident, Report, in_cell, lines_of, one_based, text_of};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::io::{self, Write};
use std::sync::Arc;
use weir_model::{Finding, Fix, MarkPlace, PositionEncoding, RuleProblem, Severity, Span, Step, StepKind, Suppression};

const SCHEMA: &str = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

/// Writes the report. Suppressed findings are in it, marked as such.
pub(crate) fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let index: HashMap<&Arc<str>, usize> = report.rules.keys().enumerate().map(|(at, id)| (id, at)).collect();
    let results: Vec<Value> = report.all_findings().map(|(file, finding)| result(&index, file, finding)).collect();
    let skipped = report.skipped.iter().filter(|skipped| !skipped.reason.is_asked_for()).map(|skipped| {
        let text = format!("not scanned: {}", join(skipped.reason.words(), &skipped.detail));
        notification(skipped.reason.name(), "warning", &text, Some(&skipped.path), None)
    });
    let notifications: Vec<Value> = report.incidents.iter().map(incident).chain(skipped).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "Weir",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": report.rules.values().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "utf16CodeUnits",
            "invocations": [{
                "executionSuccessful": !report.incidents.iter().any(|incident| incident.kind.is_error()),
                "toolExecutionNotifications": notifications,
                "toolConfigurationNotifications": report.problems.iter().map(rule_problem).collect::<Vec<_>>(),
            }],
            "results": results,
        }],
    });
    serde_json::to_writer(&mut *out, &log)?;
    out.write_all(b"\n")
}

fn rule(rule: &Rule) -> Value {
    let cwe = rule.cwe();
    let mut tags = cwe.clone();
    tags.extend(rule.owasp().into_iter().map(|owasp| format!("OWASP-{owasp}")));
    tags.extend(rule.confidence().map(|confidence| format!("{} CONFIDENCE", confidence.to_ascii_uppercase())));
    let mut properties = json!({});
    // GitHub shows the number for rules tagged `security` only; a rule without a weakness may be about style.
    if !cwe.is_empty() {
        tags.push("security".to_owned());
        properties["security-severity"] = json!(rule.security_severity());
    }
    properties["tags"] = json!(tags);
    if let Some(precision) = rule.precision() {
        properties["precision"] = json!(precision);
    }
    let message = rule.info.message.trim();
    let mut value = json!({
        "id": rule.info.id,
        "name": rule.info.id,
        "shortDescription": { "text": first_sentence(message) },
        "fullDescription": { "text": message },
        "defaultConfiguration": { "level": level(rule.info.severity) },
        "help": { "text": help_text(rule), "markdown": help_markdown(rule) },
        "properties": properties,
    });
    if let Some(page) = rule.page() {
        value["helpUri"] = json!(page);
    }
    value
}

fn help_text(rule: &Rule) -> String {
    join(rule.info.message.trim(), rule.recommendation().unwrap_or_default())
}

fn help_markdown(rule: &Rule) -> String {
    let mut help = rule.info.message.trim().to_owned();
    if let Some(recommendation) = rule.recommendation() {
        help += &format!("\n\n## Recommendation\n\n{recommendation}");
    }
    let references = rule.references();
    if !references.is_empty() {
        help += "\n\n## References\n";
        for reference in references {
            help += &format!("\n- <{reference}>");
        }
    }
    help
}

fn result(index: &HashMap<&Arc<str>, usize>, file: &FileReport, finding: &Finding) -> Value {
    let mut result = json!({
        "ruleId": finding.rule_id,
        "level": level(finding.severity),
        "message": { "text": finding.message },
        "locations": [location(file, finding.span, &lines_of(&file.text, finding.span))],
        "fingerprints": { "weir/v1": finding.fingerprint },
        "properties": {},
    });
    if let Some(at) = index.get(&finding.rule_id) {
        result["ruleIndex"] = json!(at);
    }
    if let Some(asked) = &finding.suppressed {
        result["suppressions"] = json!([suppression(file, asked)]);
    }
    if let Some(trace) = &finding.trace {
        let steps: Vec<Value> = trace.steps.iter().enumerate().map(|(at, step)| flow_step(file, at, step)).collect();
        if !steps.is_empty() {
            result["codeFlows"] = json!([{
                "message": { "text": "Untrusted data flows from its source to where it does harm" },
                "threadFlows": [{ "locations": steps }],
            }]);
        }
    }
    if let Some(fix) = &finding.fix {
        result["fixes"] = json!([repair(file, finding, fix)]);
    }
    result
}

fn suppression(file: &FileReport, asked: &Suppression) -> Value {
    let (kind, location) = match &asked.place {
        MarkPlace::Text(span) => ("inSource", location(file, *span, &text_of(&file.text, *span))),
        MarkPlace::File { path, line } => {
            let mut place = json!({ "artifactLocation": artifact(path) });
            if *line > 0 {
                place["region"] = json!({ "startLine": line });
            }
            ("external", json!({ "physicalLocation": place }))
        }
    };
    let mut value = json!({ "kind": kind, "location": location, "properties": { "mark": asked.mark.name() } });
    if let Some(reason) = &asked.reason {
        value["justification"] = json!(reason);
    }
    if let Some(until) = &asked.until {
        value["properties"]["until"] = json!(until);
    }
    value
}

fn flow_step(file: &FileReport, at: usize, step: &Step) -> Value {
    let code = text_of(&file.text, step.span);
    let what = match step.kind {
        StepKind::Source => "Source",
        StepKind::Assign => "Stored in",
        StepKind::Call => "Passed through",
        StepKind::Return => "Returned",
        StepKind::Parameter => "Parameter",
        StepKind::Sink => "Sink",
    };
    let mut location = location(file, step.span, &code);
    location["message"] = json!({ "text": format!("{what}: '{code}'") });
    json!({
        "location": location,
        "executionOrder": at,
        "nestingLevel": 0,
        "importance": if matches!(step.kind, StepKind::Source | StepKind::Sink) { "essential" } else { "important" },
    })
}

fn repair(file: &FileReport, finding: &Finding, fix: &Fix) -> Value {
    let replacements: Vec<Value> = fix
        .edits
        .iter()
        .map(|edit| json!({ "deletedRegion": region(file, edit.span), "insertedContent": { "text": edit.text } }))
        .collect();
    json!({
        "description": { "text": finding.message },
        "artifactChanges": [{ "artifactLocation": artifact(&file.path), "replacements": replacements }],
    })
}

fn location(file: &FileReport, span: Span, snippet: &str) -> Value {
    let mut region = region(file, span);
    region["snippet"] = json!({ "text": snippet });
    let mut location = json!({ "physicalLocation": { "artifactLocation": artifact(&file.path), "region": region } });
    if let Some(cell) = in_cell(file.cells.as_ref(), span) {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": cell }]);
    }
    location
}

fn region(file: &FileReport, span: Span) -> Value {
    let range = PositionEncoding::Utf16.range(&file.text, span);
    let ((start_line, start_column), (end_line, end_column)) = (one_based(range.start), one_based(range.end));
    json!({
        "startLine": start_line, "startColumn": start_column, "endLine": end_line, "endColumn": end_column,
    })
}

/// A relative path counts from the root of the sources; an absolute one stands for itself.
fn artifact(path: &str) -> Value {
    let relative = path.strip_prefix("./").unwrap_or(path);
    if relative.starts_with('/') {
        return json!({ "uri": format!("file://{}", percent_encoded(relative)) });
    }
    if relative.as_bytes().get(1) == Some(&b':') {
        return json!({ "uri": format!("file:///{}", percent_encoded(relative)) });
    }
    json!({ "uri": percent_encoded(relative), "uriBaseId": "%SRCROOT%" })
}

/// Everything but what RFC 3986 allows in a path, where a colon would start a scheme.
fn percent_encoded(path: &str) -> String {
    use std::fmt::Write as _;
    let mut uri = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'@' | b'+' | b',' | b'=' => {
                uri.push(byte as char);
            }
            _ => {
                let _ = write!(uri, "%{byte:02X}");
            }
        }
    }
    uri
}

fn incident(incident: &Incident) -> Value {
    let level = if incident.kind.is_error() { "error" } else { "warning" };
    let mut value = notification(incident.kind.name(), level, &incident.message, incident.path.as_deref(), None);
    if let Some(rule_id) = &incident.rule_id {
        value["associatedRule"] = json!({ "id": rule_id });
    }
    if let Some(place) = incident.place
        && let Some(location) = value.pointer_mut("/locations/0/physicalLocation")
    {
        location["region"] = json!({ "startLine": place.range.start.line + 1 });
    }
    value
}

fn rule_problem(problem: &RuleProblem) -> Value {
    let kind = if problem.skipped { "Rule skipped" } else { "Rule parse error" };
    let level = if problem.skipped { "note" } else { "error" };
    let text = match &problem.rule_id {
        Some(id) => format!("rule {id}: {}", problem.message),
        None => problem.message.clone(),
    };
    notification(kind, level, &text, Some(&problem.source), Some((problem.line, problem.column)))
}

fn notification(kind: &str, level: &str, text: &str, path: Option<&str>, at: Option<(u32, u32)>) -> Value {
    let mut value = json!({ "descriptor": { "id": kind }, "level": level, "message": { "text": text } });
    if let Some(path) = path {
        let mut location = json!({ "artifactLocation": artifact(path) });
        if let Some((line, column)) = at.filter(|(line, column)| *line > 0 && *column > 0) {
            location["region"] = json!({ "startLine": line, "startColumn": column });
        }
        value["locations"] = json!([{ "physicalLocation": location }]);
    }
    value
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical | Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Up to the first full stop that ends a sentence, on one line.
fn first_sentence(message: &str) -> String {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    line.find(". ").map_or(line.clone(), |end| line[..=end].to_owned())
}

fn join(first: &str, second: &str) -> String {
    if second.is_empty() { first.to_owned() } else { format!("{first}: {second}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(artifact("./a b/ü#.py"), json!({ "uri": "a%20b/%C3%BC%23.py", "uriBaseId": "%SRCROOT%" }));
        assert_eq!(artifact("/srv/a.py"), json!({ "uri": "file:///srv/a.py" }));
        assert_eq!(artifact("C:/src/a.py"), json!({ "uri": "file:///C%3A/src/a.py" }));
    }

    #[test]
    fn the_short_description_is_one_sentence() {
        assert_eq!(first_sentence("Do not use\n  e.g.eval here. It runs code."), "Do not use e.g.eval here.");
        assert_eq!(first_sentence("No stop"), "No stop");
    }
}
