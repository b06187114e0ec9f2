//! `config/brakeman.ignore`, the list of Brakeman, which checks Ruby on Rails.

use super::{Entry, Files, Where, letters};
use serde_json::Value;
use weir_model::{MarkKind, Weakness};
use weir_worker::weaknesses;

/// The entries: JSON with a warning for each finding, its reason as `note`.
pub(super) fn entries(text: &str) -> Result<Vec<Entry>, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let warnings = value["ignored_warnings"].as_array().ok_or("there is no list `ignored_warnings`")?;
    let entry = |warning: &Value| {
        let string = |key: &str| warning[key].as_str().unwrap_or_default().to_owned();
        let numbers = warning["cwe_id"].as_array().into_iter().flatten().filter_map(Value::as_u64);
        let mut found: Vec<Weakness> = numbers.filter_map(|cwe| u16::try_from(cwe).ok()).map(Weakness::of).collect();
        found.extend(weaknesses(MarkKind::Brakeman, &string("warning_type")));
        Entry {
            kind: MarkKind::Brakeman,
            at: line_of(text, &string("fingerprint")),
            files: Files::One(string("file")),
            place: Where::At {
                line: warning["line"].as_u64().and_then(|line| u32::try_from(line).ok()).unwrap_or(0),
                code: letters(string("code").chars()),
            },
            rule: None,
            weaknesses: found,
            reason: Some(string("note")).filter(|note| !note.is_empty()),
            until: None,
        }
    };
    Ok(warnings.iter().map(entry).collect())
}

/// The line of a text that a fingerprint stands on, from one.
fn line_of(text: &str, fingerprint: &str) -> u32 {
    let at = text.find(fingerprint).unwrap_or(0);
    text[..at].bytes().filter(|&byte| byte == b'\n').count() as u32 + 1
}
