//! What a regex would take to be built, from its syntax alone.
//!
//! The `regex` crate says while it builds a regex whether it can: most of what it refuses it refuses as syntax, the rest for
//! its size, and some for what Unicode has no name for. Of most regexes their syntax shows that only the first may be.

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{Ast, ClassSet, ClassSetItem, Flag, Flags, GroupKind, RepetitionKind, RepetitionRange};

/// A regex up to this weight fits into the crate: 10 MiB is its limit, and what weighs one takes less than 2 kB.
const LIGHT: u64 = 5000;

/// What a class weighs beside what it lists: all characters but some are a dozen sequences of bytes.
const CLASS: u64 = 4;

/// What the syntax of a regex tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The crate can build it.
    Fits,
    /// The crate cannot read it.
    Refused,
    /// Only building it tells.
    Unclear,
}

/// Whether the `regex` crate builds a regex.
pub(super) fn verdict(regex: &str) -> Verdict {
    match Parser::new().parse(regex) {
        Err(_) => Verdict::Refused,
        Ok(ast) if weight(&ast).is_some_and(|weight| weight <= LIGHT) => Verdict::Fits,
        // Repetitions alone make a regex of the length that rules have too large.
        Ok(_) if regex.contains('{') => Verdict::Unclear,
        Ok(_) if regex_syntax::parse(regex).is_ok() => Verdict::Fits,
        Ok(_) => Verdict::Refused,
    }
}

/// Counts what is built of a regex: `None` for what depends on tables of Unicode. The crate's parser bounds the depth.
fn weight(ast: &Ast) -> Option<u64> {
    let sum = |parts: &[Ast]| parts.iter().try_fold(1u64, |sum, part| Some(sum.saturating_add(weight(part)?)));
    match ast {
        Ast::Empty(_) | Ast::Assertion(_) | Ast::Literal(_) => Some(1),
        Ast::Dot(_) => Some(CLASS),
        Ast::Flags(set) => is_plain(&set.flags).then_some(1),
        Ast::ClassUnicode(_) | Ast::ClassPerl(_) => None,
        Ast::ClassBracketed(class) => of_class(&class.kind)?.checked_add(CLASS),
        Ast::Repetition(repetition) => {
            let times = match repetition.op.kind {
                RepetitionKind::ZeroOrOne | RepetitionKind::ZeroOrMore | RepetitionKind::OneOrMore => 1,
                RepetitionKind::Range(RepetitionRange::Exactly(times) | RepetitionRange::Bounded(_, times)) => times,
                RepetitionKind::Range(RepetitionRange::AtLeast(times)) => times.saturating_add(1),
            };
            weight(&repetition.ast)?.saturating_add(1).checked_mul(u64::from(times.max(1)))
        }
        Ast::Group(group) => match &group.kind {
            // A word's end in ASCII.
            GroupKind::NonCapturing(_) if matches!(*group.ast, Ast::Assertion(_)) => Some(1),
            GroupKind::NonCapturing(flags) if !is_plain(flags) => None,
            _ => weight(&group.ast)?.checked_add(1),
        },
        Ast::Alternation(alternation) => sum(&alternation.asts),
        Ast::Concat(concat) => sum(&concat.asts),
    }
}

/// Without Unicode a regex may match what is no text, which is refused.
fn is_plain(flags: &Flags) -> bool {
    flags.flag_state(Flag::Unicode).is_none()
}

/// Other characters than those of ASCII may have many that are the same in the other case.
fn of_class(class: &ClassSet) -> Option<u64> {
    match class {
        ClassSet::BinaryOp(_) => None,
        ClassSet::Item(item) => of_item(item),
    }
}

fn of_item(item: &ClassSetItem) -> Option<u64> {
    match item {
        ClassSetItem::Empty(_) => Some(0),
        ClassSetItem::Literal(literal) => literal.c.is_ascii().then_some(1),
        ClassSetItem::Range(range) => (range.start.c.is_ascii() && range.end.c.is_ascii()).then_some(1),
        ClassSetItem::Ascii(_) => Some(CLASS),
        ClassSetItem::Unicode(_) | ClassSetItem::Perl(_) => None,
        ClassSetItem::Bracketed(class) => of_class(&class.kind)?.checked_add(CLASS),
        ClassSetItem::Union(union) => {
            union.items.iter().try_fold(0u64, |sum, item| Some(sum.saturating_add(of_item(item)?)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_is_built() {
        for part in [
            "a",
            "k",
            "\u{17f}",
            "ß",
            ".",
            "[^a]",
            "[^a-z0-9_]",
            "[ks]",
            r"[^ac-dgiko\x7f]",
            "(a|b)",
            "(?:a?b*)+",
            r"(?-u:\b)a",
            "[[:alpha:]]",
            "[^[:^word:]]",
        ] {
            for flags in ["", "(?i)", "(?s)", "(?im)"] {
                let mut heaviest = String::new();
                for times in 1..LIGHT {
                    let regex = format!("{flags}({part}){{{times}}}");
                    if verdict(&regex) != Verdict::Fits {
                        break;
                    }
                    heaviest = regex;
                }
                assert!(!heaviest.is_empty(), "{part}");
                for regex in [heaviest.clone(), format!("({heaviest})*")] {
                    let built = regex::RegexBuilder::new(&regex).size_limit(LIMIT).multi_line(true).build();
                    assert!(built.is_ok(), "{regex}: {:?}", built.err());
                }
            }
        }
    }

    /// That of the crate.
    const LIMIT: usize = 10 << 20;

    #[test]
    fn what_does_not_fit_is_not_said_to() {
        for (regex, expected) in [
            ("a{1000}", Verdict::Fits),
            ("(a{100}){100}", Verdict::Unclear),
            ("((a{1000}){1000}){1000}", Verdict::Unclear),
            ("[^a]{1000}", Verdict::Unclear),
            (r"\pL", Verdict::Fits),
            (r"[\p{Greek}]", Verdict::Unclear),
            (r"\p{Nothing}", Verdict::Unclear),
            (r"(?-u)\xff", Verdict::Refused),
            (r"(?-u:[^a])", Verdict::Refused),
            (r"(?-u:\B)", Verdict::Fits),
            ("[à-ü]", Verdict::Fits),
            ("(?=a)", Verdict::Refused),
            ("(a", Verdict::Refused),
            (r"\1", Verdict::Refused),
        ] {
            assert_eq!(verdict(regex), expected, "{regex}");
        }
    }
}
