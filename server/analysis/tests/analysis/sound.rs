//! What holds of every tree and every analysis, whatever the text.

use weir_analysis::{Analysis, apply_fixes};
use weir_model::{Finding, Span};
use weir_syntax::{ParseNote, Tree};

/// Every node stands in its parent, in the text and on whole characters.
pub(crate) fn tree(text: &str, tree: &Tree) -> Result<(), String> {
    for node in tree.ids() {
        let span = tree.span(node);
        fits(text, span, || format!("{:?}", tree.kind(node)))?;
        if let Some(parent) = tree.parent(node)
            && !(tree.is_within(node, parent) && tree.end(node) <= tree.end(parent))
        {
            return Err(format!("{:?} at {span:?} is not below its parent\n", tree.kind(node)));
        }
    }
    tree.comments().iter().try_for_each(|&span| fits(text, span, || "a comment".to_owned()))
}

/// What could not be read stands in the text.
pub(crate) fn notes(text: &str, notes: &[ParseNote]) -> Result<(), String> {
    notes.iter().try_for_each(|note| match *note {
        ParseNote::Syntax(span) | ParseNote::TooDeep(span) | ParseNote::NotJson(span) => {
            fits(text, span, || format!("{note:?}"))
        }
        ParseNote::Stopped => Ok(()),
    })
}

/// Findings are sorted, told once, all their places are in the text, and what they would change can be changed.
pub(crate) fn analysis(text: &str, analysis: &Analysis) -> Result<(), String> {
    let key = |finding: &Finding| (finding.span, finding.rule_id.clone(), finding.message.clone());
    if let Some(pair) = analysis.findings.windows(2).find(|pair| key(&pair[0]) >= key(&pair[1])) {
        return Err(format!("not in order: {pair:#?}\n"));
    }
    for finding in &analysis.findings {
        let what = || format!("a finding of {}", finding.rule_id);
        let steps = finding.trace.iter().flat_map(|trace| &trace.steps).map(|step| step.span);
        let bound = finding.metavars.iter().map(|(_, value)| value.span);
        let mut spans = [finding.span].into_iter().chain(steps).chain(bound);
        spans.try_for_each(|span| fits(text, span, what))?;
        let edits = finding.fix.iter().flat_map(|fix| &fix.edits);
        edits.clone().try_for_each(|edit| fits(text, edit.span, what))?;
        if !edits.map(|edit| edit.span).is_sorted_by(|a, b| a.end <= b.start) {
            return Err(format!("a fix of {} changes a place twice\n", finding.rule_id));
        }
    }
    for hint in &analysis.hints {
        let what = || format!("{hint:?}");
        fits(text, hint.span, what)?;
        hint.removal.iter().try_for_each(|edit| fits(text, edit.span, what))?;
    }
    let grown: usize = fixes(analysis).flat_map(|fix| &fix.edits).map(|edit| edit.text.len()).sum();
    let fixed = apply_fixes(text, fixes(analysis));
    if fixed.len() > text.len() + grown {
        return Err("fixes repeat text\n".to_owned());
    }
    analysis.notes.iter().filter_map(|note| note.span).try_for_each(|span| fits(text, span, || "a note".to_owned()))
}

fn fixes(analysis: &Analysis) -> impl Iterator<Item = &weir_model::Fix> {
    analysis.findings.iter().filter_map(|finding| finding.fix.as_ref())
}

fn fits(text: &str, span: Span, what: impl Fn() -> String) -> Result<(), String> {
    if span.start <= span.end && text.get(span.range()).is_some() {
        return Ok(());
    }
    Err(format!("{} at {span:?} does not fit the text\n", what()))
}
