//! `textDocument/hover`: what was found here, by which path, and what to write instead.

use crate::config::Level;
use crate::lsp::view::View;
use crate::lsp::{from_proto, to_proto};
use crate::report::rule::{Rule, cwe_page};
use crate::session::OpenDocument;
use std::fmt::Write as _;
use tower_lsp_server::ls_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};
use weir_model::{Finding, Span, Trace};

/// Code of a step longer than this is cut, in characters.
const MAX_CODE: usize = 80;

/// The findings under the cursor, one after the other; `None` where there are none.
pub(crate) fn hover(view: &View<'_>, open: &OpenDocument, params: &HoverParams) -> Option<Hover> {
    let place = &params.text_document_position_params;
    let at = view.client.encoding.offset(view.text, from_proto::position(place.position));
    let here: Vec<(&Finding, Level)> =
        open.visible().filter(|(finding, _)| finding.span.touches(Span::new(at, at))).collect();
    let (first, _) = here.first()?;
    let texts: Vec<String> = here.iter().map(|(finding, _)| text(view, finding)).collect();
    let kind = if view.client.markdown { MarkupKind::Markdown } else { MarkupKind::PlainText };
    Some(Hover {
        contents: HoverContents::Markup(MarkupContent { kind, value: texts.join("\n\n---\n\n") }),
        range: Some(to_proto::range(view.client, view.text, first.span)),
    })
}

fn text(view: &View<'_>, finding: &Finding) -> String {
    let markdown = view.client.markdown;
    let bold = |text: &str| if markdown { format!("**{text}**") } else { text.to_owned() };
    let link = |text: &str, url: Option<String>| match url {
        Some(url) if markdown => format!("[{text}]({url})"),
        _ => text.to_owned(),
    };
    let mut out = format!("{} ({})\n\n{}", bold(&finding.rule_id), finding.severity.name(), finding.message.trim());
    if let Some(trace) = &finding.trace {
        let _ = write!(out, "\n\n{}\n", bold("Path"));
        path(&mut out, view, trace);
    }
    if let Some(rule) = view.rules.get(&finding.rule_id) {
        background(&mut out, rule, bold, link);
    }
    out
}

/// What the rule itself knows: what to write instead, where to read more, how sure it is.
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
    let more: Vec<String> = weaknesses.chain(rule.owasp()).chain(pages).collect();
    if !more.is_empty() {
        let _ = write!(out, "\n\n{}\n\n- {}", bold("More"), more.join("\n- "));
    }
    if let Some(confidence) = rule.confidence() {
        let _ = write!(out, "\n\nConfidence: {}", confidence.to_lowercase());
    }
}

fn path(out: &mut String, view: &View<'_>, trace: &Trace) {
    for (at, step) in trace.steps.iter().enumerate() {
        let line = to_proto::range(view.client, view.text, step.span).start.line + 1;
        let code = code(view, step.span);
        let code = if view.client.markdown { format!("`{}`", code.replace('`', "'")) } else { code };
        let _ = write!(out, "\n{}. line {line}: {code} {}", at + 1, to_proto::step(step.kind));
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
