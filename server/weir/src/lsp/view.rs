//! A text as the client sees it: what is needed to put its findings into the protocol's words.

use crate::changed::{Base, Changed};
use crate::config::{Audit, Level, Shown};
use crate::engines::Rules;
use crate::lsp::Client;
use crate::notebooks::Notebook;
use crate::project::Project;
use crate::report::rule::Rule;
use ropey::Rope;
use tower_lsp_server::ls_types::Uri;
use weir_model::{Finding, Span};

/// A text, open or on disk.
pub(crate) struct View<'a> {
    pub(crate) client: &'a Client,
    pub(crate) uri: &'a Uri,
    /// The editor's number for it, if it is open.
    pub(crate) version: Option<i32>,
    pub(crate) text: &'a Rope,
    /// The rules that ran over it.
    pub(crate) rules: &'a Rules,
    /// Whose cells the text is put together of, if it is.
    pub(crate) notebook: Option<&'a Notebook>,
}

impl View<'_> {
    /// Where a span begins, in words.
    pub(crate) fn line(&self, span: Span) -> String {
        let line = self.client.encoding.position(self.text, span.start).line;
        match self.notebook.and_then(|notebook| notebook.line(line)) {
            Some((cell, line)) => format!("cell {cell} line {line}"),
            None => format!("line {}", line + 1),
        }
    }

    /// Whether a finding's repair needs nobody's consent: its rule is sure, and does not say otherwise.
    pub(crate) fn is_fix_safe(&self, finding: &Finding) -> bool {
        self.rules.get(&finding.rule_id).is_none_or(Rule::is_fix_safe)
    }
}

/// Which findings of a file (relative to its project's root) an editor shows, and as what. `base`: what it was in the commit that
/// is compared with, where that is known; while it is not, nothing is shown.
pub(crate) fn visible(
    project: &Project,
    rules: &Rules,
    path: &str,
    text: &Rope,
    base: Option<&Base>,
    findings: &[Finding],
) -> Vec<(usize, Level)> {
    let changed = match (&project.commit, base) {
        (None, _) => Changed::All,
        (Some(_), Some(base)) if !findings.is_empty() => base.changed(text),
        (Some(_), _) => Changed::Lines(Vec::new()),
    };
    let level = |finding: &Finding| {
        let rule_id = &*finding.rule_id;
        let shown = Shown { rule: rules.get(rule_id), rule_id, severity: finding.severity, path };
        let level = project.config.shows(&shown, Audit::Hide)?;
        (!project.baseline.holds(path, finding) && changed.touches(text, finding)).then_some(level)
    };
    let each = findings.iter().enumerate().filter(|(_, finding)| !finding.is_suppressed());
    each.filter_map(|(at, finding)| Some((at, level(finding)?))).collect()
}
