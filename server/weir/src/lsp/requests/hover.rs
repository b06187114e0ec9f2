//! `textDocument/hover`: what was found here, by which path, and what to write instead.

use crate::lsp::view::View;
use crate::lsp::{from_proto, to_proto};
use crate::repairs::Trial;
use crate::report::rule::{Rule, cwe_page, owasp_page};
use crate::session::OpenDocument;
use std::fmt::Write as _;
use tower_lsp_server::ls_types::{Hover, HoverContents, MarkupContent, MarkupKind, Position};
use weir_model::{Finding, Span, Surroundings, Trace};

/// Code of a step longer than this is cut, in characters.
const MAX_CODE: usize = 80;

/// What must be looked at before the findings under the cursor can be told about.
pub(crate) fn trials(view: &View<'_>, open: &OpenDocument, position: Position) -> Vec<Trial> {
    let unknown = here(view, open, position).into_iter().filter(|&at| open.repairs.around(at).is_none());
    let unknown: Vec<usize> = unknown.collect();
    if unknown.is_empty() { Vec::new() } else { vec![Trial::Around(unknown)] }
}

/// The findings under the cursor, one after the other; `None` where there are none.
pub(crate) fn hover(view: &View<'_>, open: &OpenDocument, position: Position) -> Option<Hover> {
    let here = here(view, open, position);
    let first = &open.findings[*here.first()?];
    let texts: Vec<String> = here.iter().map(|&at| text(view, &open.findings[at], open.repairs.around(at))).collect();
    let kind = if view.client.markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind, value: texts.join("\n\n---\n\n") }),
        range: Some(to_proto::range(view.client, view.text, first.span)),
    })
}

/// The shown findings under the cursor, by their places in the list.
fn here(view: &View<'_>, open: &OpenDocument, position: Position) -> Vec<usize> {
    let at = view.client.encoding.offset(view.text, from_proto::position(position));
    let shown = open.shown.iter().map(|&(at, _)| at);
    shown.filter(|&finding| open.findings[finding].span.touches(Span::new(at, at))).collect()
}

fn text(view: &View<'_>, finding: &Finding, around: Option<&Surroundings>) -> String {
    let markdown = view.client.markdown;
    let bold = |text: &str| if markdown { format!("**{text}**") } else { text.to_owned() };
    let link = |text: &str, url: Option<String>| match url {
        Some(url) if markdown => format!("[{text}]({url})"),
        _ => text.to_owned(),
    };
    let message = if markdown { without_links(finding) } else { finding.message.clone() };
    let mut out = format!("{} ({})\n\n{}", bold(&finding.rule_id), finding.severity.name(), message.trim());
    if let Some(trace) = &finding.trace {
        let _ = write!(out, "\n\n{}\n", bold("Path"));
        path(&mut out, view, trace);
    }
    if let Some(rule) = view.rules.get(&finding.rule_id) {
        background(&mut out, rule, bold, link);
        confidence(&mut out, rule, around);
    }
    out
}

/// The message, in which code that was put into it makes no links and shows no pictures: it may be anybody's.
fn without_links(finding: &Finding) -> String {
    let mut message = finding.message.clone();
    for (_, value) in &finding.metavars {
        for code in
            [Some(&value.content), value.constant.as_ref()].into_iter().flatten().filter(|code| code.contains("]("))
        {
            message = message.replace(code.as_str(), &code.replace("](", "]\u{200b}("));
        }
    }
    message
}

/// How sure it is, and what makes it less so.
fn confidence(out: &mut String, rule: &Rule, around: Option<&Surroundings>) {
    let Some(said) = rule.confidence() else { return };
    let _ = write!(out, "\n\nConfidence: {}", said.to_lowercase());
    let Some(around) = around else { return };
    let lowered = [
        (around.in_test_file, "this is a test"),
        (around.has_validation, "the value seems to be looked at before"),
        (around.uses_secure_pattern, "something here may make it harmless"),
    ];
    let reasons: Vec<&str> = lowered.into_iter().filter(|(is_so, _)| *is_so).map(|(_, reason)| reason).collect();
    if !reasons.is_empty() {
        let _ = write!(out, ", less so because {}", reasons.join(", and "));
    }
}

/// What the rule itself knows: what to write instead, where to read more.
fn background(
    out: &mut String,
    rule: &Rule,
    bold: impl Fn(&str) -> String,
    link: impl Fn(&str, Option<String>) -> String,
) {
    if let Some(recommendation) = rule.recommendation() {
        let _ = write!(out, "\n\n{}\n\n{recommendation}", bold("What to write instead"));
    }
    let weaknesses = rule.cwe().into_iter().map(|cwe| link(&cwe, cwe_page(&cwe)));
    let pages = rule.references().into_iter().map(|url| link(&url, Some(url.clone())));
    let categories = rule.owasp().into_iter().map(|owasp| link(&owasp, owasp_page(&owasp)));
    let more: Vec<String> = weaknesses.chain(categories).chain(pages).collect();
    if !more.is_empty() {
        let _ = write!(out, "\n\n{}\n\n- {}", bold("More"), more.join("\n- "));
    }
}

fn path(out: &mut String, view: &View<'_>, trace: &Trace) {
    for (at, step) in trace.steps.iter().enumerate() {
        let line = view.line(step.span);
        let code = code(view, step.span);
        let code = if view.client.markdown { format!("`{}`", code.replace('`', "'")) } else { code };
        let _ = write!(out, "\n{}. {line}: {code} {}", at + 1, to_proto::step(step.kind));
    }
}

/// The code of a span on one line.
fn code(view: &View<'_>, span: Span) -> String {
    let end = (span.end as usize).min(view.text.len_bytes());
    let text = view.text.byte_slice((span.start as usize).min(end)..end).to_string();
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MAX_CODE) {
        Some((cut, _)) => format!("{}…", &line[..cut]),
        None => line,
    }
}
