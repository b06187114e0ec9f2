//! Applies the rules' fixes to files.

use super::notices;
use crate::report::{FileReport, Report};
use serde::de::IgnoredAny;
use std::path::Path;
use std::{fs, io};
use weir_model::{Edit, Finding, Span};

/// Repairs the files of the report in place, or with `dry_run` says what would be done. A file that is not valid UTF-8
/// or has changed since it was analysed is left alone, and so is a notebook that would be none any more.
pub(crate) fn apply(report: &Report, dry_run: bool, quiet: bool) {
    for file in &report.files {
        let text = file.text.to_string();
        let (repaired, count) = repaired(&text, file.findings.iter().filter(|finding| !finding.is_suppressed()));
        if count == 0 {
            continue;
        }
        let fixes = notices::plural(count, "fix");
        let said = if dry_run {
            Ok(format!("{fixes} would be applied"))
        } else {
            let written = check(file, &repaired).and_then(|()| replace(&file.file, &text, &repaired));
            written.map(|()| format!("{fixes} applied"))
        };
        match said {
            Ok(said) if !quiet => notices::say(&[format!("weir: {}: {said}", file.path)]),
            Ok(_) => {}
            Err(error) => notices::say(&[format!("weir: {}: fixes not applied: {error}", file.path)]),
        }
    }
}

/// A notebook must stay one: a fix of a rule for any text knows nothing of the strings that it changes.
fn check(file: &FileReport, repaired: &str) -> io::Result<()> {
    if file.cells.is_some() && serde_json::from_str::<IgnoredAny>(repaired).is_err() {
        return Err(io::Error::other("the notebook would not be valid JSON any more"));
    }
    Ok(())
}

fn replace(path: &Path, analysed: &str, repaired: &str) -> io::Result<()> {
    if fs::read(path)? != analysed.as_bytes() {
        return Err(io::Error::other("the file changed meanwhile, or is not valid UTF-8; scan it again"));
    }
    fs::write(path, repaired)
}

/// The text with all fixes applied, and how many were. Where fixes overlap the first finding's wins, whole: half a fix
/// is none.
pub(crate) fn repaired<'a>(text: &str, findings: impl Iterator<Item = &'a Finding>) -> (String, usize) {
    let mut taken: Vec<&Edit> = Vec::new();
    let mut count = 0;
    for fix in findings.filter_map(|finding| finding.fix.as_ref()) {
        let fits = |edit: &Edit| text.get(edit.span.range()).is_some();
        let free = |edit: &Edit| !taken.iter().any(|other| collide(edit.span, other.span));
        if fix.edits.iter().all(|edit| fits(edit) && free(edit)) {
            taken.extend(&fix.edits);
            count += 1;
        }
    }
    taken.sort_by_key(|edit| edit.span);
    let mut repaired = String::with_capacity(text.len());
    let mut at = 0;
    for edit in taken {
        repaired += &text[at..edit.span.start as usize];
        repaired += &edit.text;
        at = edit.span.end as usize;
    }
    repaired += &text[at..];
    (repaired, count)
}

/// Two insertions at one place have no order, so they collide too.
fn collide(a: Span, b: Span) -> bool {
    a.overlaps(b) || a == b || (a.is_empty() && b.contains(a)) || (b.is_empty() && a.contains(b))
}
