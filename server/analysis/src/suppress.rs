//! Inline comments that ask to ignore a finding: `nosemgrep`, `nosem`, with or without ids.

use regex::Regex;
use std::sync::LazyLock;
use weir_model::Span;

/// After white space anywhere in the line; the ids end where the line does.
static ON_LINE: LazyLock<Regex> = LazyLock::new(|| mark(r"\s"));

/// On a line before: nothing that is code stands before it.
static ON_LINE_BEFORE: LazyLock<Regex> = LazyLock::new(|| mark(r"^[^a-zA-Z0-9]*\s"));

fn mark(before: &str) -> Regex {
    let mark = format!(r"(?i){before}nosem(?:grep)?(?:\s*[:=]\s*(?P<ids>[^\s,](?:[^\r\n]*)))?");
    Regex::new(&mark).expect("a constant regex")
}

/// Whether a comment on the finding's first line, or on the line before that, suppresses a rule there.
pub(crate) fn is_suppressed(text: &str, finding: Span, rule_id: &str) -> bool {
    mark_at(text, finding, rule_id).is_some()
}

/// The line with the comment that suppresses a rule at a finding.
pub(crate) fn mark_at(text: &str, finding: Span, rule_id: &str) -> Option<Span> {
    let bytes = text.as_bytes();
    let at = (finding.start as usize).min(bytes.len());
    let start = bytes[..at].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    let end = bytes[at..].iter().position(|&byte| byte == b'\n').map_or(bytes.len(), |newline| at + newline);
    let line = &text[start..end];
    if applies(&ON_LINE, line, rule_id) {
        return Some(Span::from(start..end));
    }
    let before = start.checked_sub(1)?;
    let begin = bytes[..before].iter().rposition(|&byte| byte == b'\n').map_or(0, |newline| newline + 1);
    applies(&ON_LINE_BEFORE, &text[begin..before], rule_id).then(|| Span::from(begin..before))
}

fn applies(mark: &Regex, line: &str, rule_id: &str) -> bool {
    if !line.as_bytes().windows(5).any(|window| window.eq_ignore_ascii_case(b"nosem")) {
        return false;
    }
    mark.captures(line).is_some_and(|captures| match captures.name("ids") {
        None => true,
        Some(ids) => ids.as_str().split(',').any(|id| names(id, rule_id)),
    })
}

/// An id names a rule if one is the other's last part: reports put the rule file's folder before the id.
pub(crate) fn names(id: &str, rule_id: &str) -> bool {
    let id = id.split_whitespace().next().unwrap_or("").trim_matches(['"', '\'']);
    let ends = |long: &str, short: &str| long.strip_suffix(short).is_some_and(|before| before.ends_with('.'));
    !id.is_empty() && (id == rule_id || ends(id, rule_id) || ends(rule_id, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_suppress_on_the_line_and_on_the_line_before() {
        for (text, expected) in [
            ("hit # nosemgrep", true),
            ("hit # nosem", true),
            ("hit # NOSEMGREP", true),
            ("hit #nosemgrep", false),
            ("hit", false),
            ("# nosemgrep\nhit", true),
            ("x # nosemgrep\nhit", false),
            ("  // nosemgrep: rule\n  hit", true),
            ("# nosemgrep\n\nhit", false),
            ("hit\n# nosemgrep", false),
            ("hit # nosemgrep: rule", true),
            ("hit # nosemgrep: other", false),
            ("hit # nosemgrep: other, rule", true),
            ("hit # nosemgrep: other,rule -- a reason", true),
            ("hit # nosemgrep: 'rule'", true),
            ("hit # nosemgrep= rule", true),
            ("hit # nosemgrep:folder.file.rule", true),
            ("hit # nosemgrep: ule", false),
            ("hit # nosemgrep: rule-longer", false),
            ("hit # nosemgrep rule", true),
            ("hit # nosemgrep:", true),
        ] {
            let at = text.find("hit").unwrap() as u32;
            assert_eq!(is_suppressed(text, Span::new(at, at + 3), "rule"), expected, "{text}");
        }
    }

    #[test]
    fn an_id_may_be_the_last_part_of_the_rules_id() {
        assert!(is_suppressed("x # nosemgrep: b", Span::new(0, 1), "a.b"));
    }
}
