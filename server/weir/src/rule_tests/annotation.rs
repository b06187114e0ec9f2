//! Comments in a target that say what a rule is to find on the next line.

use std::collections::{BTreeMap, BTreeSet};

/// What starts a comment in some language; one space may follow.
const COMMENTS: [&str; 5] = ["#", "//", "<!--", "(*", "/*"];
/// What ends one.
const COMMENT_ENDS: [&str; 3] = ["-->", "*)", "*/"];

/// One-based lines.
pub(crate) type Lines = BTreeSet<u32>;

/// The annotations of one target, by rule id.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Annotations {
    /// `ruleid:` these lines must be reported.
    pub(crate) expected: BTreeMap<String, Lines>,
    /// `ok:` these must not. No other line must be either, so this documents, and names the rule as tested.
    pub(crate) clean: BTreeMap<String, Lines>,
    /// `todoruleid:` and `todook:` what is reported on these counts neither way.
    pub(crate) undecided: BTreeMap<String, Lines>,
}

impl Annotations {
    /// Reads the annotations of a target.
    pub(crate) fn read(text: &str) -> Self {
        let mut annotations = Self::default();
        for (line, next) in text.split('\n').zip(2..) {
            let kinds = [
                ("ruleid", &mut annotations.expected),
                ("ok", &mut annotations.clean),
                ("todoruleid", &mut annotations.undecided),
            ];
            for (kind, lines) in kinds {
                for id in ids(line, kind) {
                    lines.entry(id).or_default().insert(next);
                }
            }
            for id in ids(line, "todook") {
                annotations.undecided.entry(id).or_default().insert(next);
            }
        }
        annotations
    }

    /// The ids that are mentioned.
    pub(crate) fn ids(&self) -> impl Iterator<Item = &String> {
        self.expected.keys().chain(self.clean.keys()).chain(self.undecided.keys())
    }
}

/// The rule ids of an annotation of this kind on this line.
fn ids(line: &str, kind: &str) -> Vec<String> {
    let Some(mut rest) = COMMENTS.iter().find_map(|comment| after_annotation(line, comment, kind)) else {
        return Vec::new();
    };
    // `ruleid: deepok: id`: the free engine finds it, a deeper one knows better. We are judged as the free engine.
    for deeper in ["deepok", "prook", "deepruleid", "proruleid"] {
        if let Some(id) = rest.strip_prefix(deeper).and_then(|rest| rest.trim_start().strip_prefix(':')) {
            rest = id;
        }
    }
    let end = COMMENT_ENDS.iter().filter_map(|end| rest.find(end)).min().unwrap_or(rest.len());
    rest[..end].split(',').filter_map(|id| id.split_whitespace().next()).map(str::to_owned).collect()
}

fn after_annotation<'a>(line: &'a str, comment: &str, kind: &str) -> Option<&'a str> {
    line.match_indices(comment).find_map(|(at, _)| {
        let rest = &line[at + comment.len()..];
        let rest = rest.strip_prefix(' ').unwrap_or(rest).strip_prefix(kind)?;
        Some(rest.trim_start().strip_prefix(':')?.trim_start())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        let annotations = Annotations::read(text);
        let show = |kind: &str, lines: &BTreeMap<String, Lines>| {
            lines.iter().map(|(id, lines)| format!("{kind} {id} {:?}", Vec::from_iter(lines))).collect::<Vec<_>>()
        };
        [show("ruleid", &annotations.expected), show("ok", &annotations.clean), show("todo", &annotations.undecided)]
            .concat()
            .join("; ")
    }

    #[test]
    fn an_annotation_speaks_about_the_next_line() {
        assert_eq!(read("# ruleid: a\nx\n  //ok:b\ny"), "ruleid a [2]; ok b [4]");
        assert_eq!(read("<!-- ruleid: a -->\n/* ok: b */\n{/* ruleid: c */}"), "ruleid a [2]; ruleid c [4]; ok b [3]");
    }

    #[test]
    fn several_ids_are_separated_by_commas() {
        assert_eq!(read("# ruleid: a, b.c,d"), "ruleid a [2]; ruleid b.c [2]; ruleid d [2]");
    }

    #[test]
    fn undecided_lines_are_kept_apart() {
        assert_eq!(read("# todoruleid: a\n# todook: a"), "todo a [2, 3]");
    }

    #[test]
    fn what_deeper_engines_find_is_not_asked_of_this_one() {
        assert_eq!(
            read("# deepruleid: a\n# proruleid: a\n# ruleid: deepok: b\n# ok: deepruleid: c"),
            "ruleid b [4]; ok c [5]"
        );
    }

    #[test]
    fn words_that_only_look_like_annotations_are_none() {
        assert_eq!(read("ruleid: a\n# okay: b\n# the ok: c\nx = 'ok: d'"), "");
    }

    #[test]
    fn an_annotation_may_follow_code_with_colons() {
        assert_eq!(read("if x: # ruleid: a"), "ruleid a [2]");
    }
}
