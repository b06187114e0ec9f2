//! `.sobelow-skips`, the list of Sobelow, which checks Phoenix.

use super::{Entry, Files, Where};
use weir_model::MarkKind;
use weir_worker::weaknesses;

/// The entries: a line for each finding, `type: description,file:line,fingerprint`. Older ones have fingerprints alone,
/// which say nothing to anybody else.
pub(super) fn entries(text: &str) -> Vec<Entry> {
    let entry = |(at, line): (u32, &str)| {
        let (rest, _fingerprint) = line.trim().rsplit_once(',')?;
        let (rest, place) = rest.rsplit_once(',')?;
        let (file, number) = place.rsplit_once(':')?;
        let kind = rest.split(':').next()?.trim();
        Some(Entry {
            kind: MarkKind::Sobelow,
            at,
            files: Files::One(file.trim().to_owned()),
            place: Where::At { line: number.parse().ok()?, code: String::new() },
            rule: None,
            weaknesses: weaknesses(MarkKind::Sobelow, kind),
            reason: None,
            until: None,
        })
    };
    (1..).zip(text.lines()).filter_map(entry).collect()
}
