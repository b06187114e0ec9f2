//! A text as the client sees it: what is needed to put its findings into the protocol's words.

use crate::config::{Audit, Level, Shown};
use crate::engines::Rules;
use crate::lsp::Client;
use crate::project::Project;
use crate::report::rule::Rule;
use ropey::Rope;
use tower_lsp_server::ls_types::Uri;
use weir_model::Finding;

/// A text, open or on disk.
pub(crate) struct View<'a> {
    pub(crate) client: &'a Client,
    pub(crate) uri: &'a Uri,
    /// The editor's number for it, if it is open.
    pub(crate) version: Option<i32>,
    pub(crate) text: &'a Rope,
    /// The rules that ran over it.
    pub(crate) rules: &'a Rules,
}

impl View<'_> {
    /// Whether a finding's repair needs nobody's consent: its rule is sure, and does not say otherwise.
    pub(crate) fn is_fix_safe(&self, finding: &Finding) -> bool {
        self.rules.get(&finding.rule_id).is_none_or(Rule::is_fix_safe)
    }
}

/// Which findings of a file (relative to its project's root) an editor shows, and as what.
pub(crate) fn visible(project: &Project, rules: &Rules, path: &str, findings: &[Finding]) -> Vec<(usize, Level)> {
    let shown = |finding: &Finding| {
        let rule_id = &*finding.rule_id;
        let shown = Shown { rule: rules.get(rule_id), rule_id, severity: finding.severity, path };
        project.config.shows(&shown, Audit::Hide)
    };
    let each = findings.iter().enumerate().filter(|(_, finding)| !finding.suppressed);
    each.filter_map(|(at, finding)| Some((at, shown(finding)?))).collect()
}
