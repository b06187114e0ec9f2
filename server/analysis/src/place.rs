//! From places in a program to places in the file that the program is a part of.

use weir_model::{Finding, Fix, Hint, MetavarValue, Reason};
use weir_syntax::Part;

/// A finding in a part as one in the file; `None` for what nobody wrote.
pub(crate) fn finding(part: &Part<'_>, mut finding: Finding) -> Option<Finding> {
    if part.is_made_up(finding.span) {
        return None;
    }
    finding.fix = finding.fix.and_then(|fix| self::fix(part, fix));
    finding.span = part.place(finding.span);
    metavars(part, &mut finding.metavars);
    for step in finding.trace.iter_mut().flat_map(|trace| &mut trace.steps) {
        step.span = part.place(step.span);
    }
    Some(finding)
}

/// What there is to say about a mark in a part, as said of the file.
pub(crate) fn hint(part: &Part<'_>, hint: Hint) -> Hint {
    let removal = hint.removal.iter().map(|edit| part.edit(edit)).collect::<Option<_>>();
    Hint { span: part.place(hint.span), removal: removal.unwrap_or_default(), ..hint }
}

/// The same of what an explanation says.
pub(crate) fn reason(part: &Part<'_>, reason: &mut Reason) {
    for place in &mut reason.places {
        place.span = part.place(place.span);
        metavars(part, &mut place.metavars);
    }
    reason.below.iter_mut().for_each(|below| self::reason(part, below));
}

fn metavars(part: &Part<'_>, metavars: &mut [(String, MetavarValue)]) {
    for (_, value) in metavars {
        value.span = part.place(value.span);
    }
}

/// The fix in the file, unless it would change what stands between the pieces of the program.
fn fix(part: &Part<'_>, mut fix: Fix) -> Option<Fix> {
    for edit in &mut fix.edits {
        *edit = part.edit(edit)?;
    }
    Some(fix)
}
