//! Rules against their annotated targets: which files belong to a rule file, what comments in them expect, and whether that is
//! what was found. `weir test` prints it, an editor shows it while rules are written.

pub(crate) mod annotation;
pub(crate) mod discover;
pub(crate) mod judge;

use annotation::Lines;
use judge::Seen;
use ropey::Rope;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use weir_model::Finding;

/// What the workers say of one target.
pub(crate) struct Analysed {
    pub(crate) text: Arc<str>,
    pub(crate) findings: Vec<Finding>,
    /// Why there are no findings, if there are none for a reason.
    pub(crate) failure: Option<String>,
}

impl Analysed {
    /// The findings of a rule file's own rules, as they are judged.
    pub(crate) fn seen<'f>(&self, file: &Path, own: impl Iterator<Item = &'f Finding>) -> Seen {
        let mut reported: BTreeMap<String, Lines> = BTreeMap::new();
        let lines = Rope::from_str(&self.text);
        for finding in own {
            reported.entry(finding.rule_id.to_string()).or_default().insert(line_of(&lines, finding));
        }
        Seen { file: file.to_owned(), text: Arc::clone(&self.text), reported, failure: self.failure.clone() }
    }
}

/// The one-based line on which a finding starts.
pub(crate) fn line_of(text: &Rope, finding: &Finding) -> u32 {
    text.byte_to_line((finding.span.start as usize).min(text.len_bytes())) as u32 + 1
}
