//! Between which characters of a text a regex looks at nothing but what stands between them.

use super::{Looks, translate};
use regex_syntax::hir::{Hir, HirKind, Look};
use weir_model::Span;

/// The ASCII characters that no part of a regex matches: no match holds one, and what looks ahead or behind does not pass
/// one either. So what is found between two of them depends on nothing else, and one search after the other is as one
/// over all. A line end is one for most regexes; for others brackets or commas are. One bit for each.
#[derive(Debug)]
pub(super) struct Barriers(u128);

/// A barrier is looked for up to so far from a change: searching is faster than looking for what hardly ever stands there.
const FARTHEST: usize = 16 << 10;

impl Barriers {
    /// Those of a regex; `None` where that cannot be told. `looks`: whether it is written for an engine that looks around.
    pub(super) fn of(text: &str, multi_line: bool, looks: Looks) -> Option<Self> {
        let plain = translate(text, looks)?;
        let hir = regex_syntax::ParserBuilder::new().multi_line(multi_line).build().parse(&plain).ok()?;
        // To PCRE, `$` may also stand before the last line end of a text: a part of it ends otherwise.
        if looks == Looks::Dropped && hir.properties().look_set().contains(Look::End) {
            return None;
        }
        let mut matched = 0;
        mark(&hir, &mut matched);
        Some(Self(!matched))
    }

    fn has(&self, byte: u8) -> bool {
        byte.is_ascii() && self.0 >> byte & 1 == 1
    }

    /// What stands between the last barrier before a place and the first one behind it, both taken in; `None` if one of
    /// them is far away.
    pub(super) fn around(&self, text: &str, place: Span) -> Option<Span> {
        let is_barrier = |&byte: &u8| self.has(byte);
        let (before, behind) = (&text.as_bytes()[..place.start as usize], &text.as_bytes()[place.end as usize..]);
        let start = match before.iter().rev().take(FARTHEST).position(is_barrier) {
            Some(at) => before.len() - 1 - at,
            None if before.len() <= FARTHEST => 0,
            None => return None,
        };
        let end = match behind.iter().take(FARTHEST).position(is_barrier) {
            Some(at) => place.end as usize + at + 1,
            None if behind.len() <= FARTHEST => text.len(),
            None => return None,
        };
        Some(Span::from(start..end))
    }
}

/// Marks what a part of a regex may match.
fn mark(hir: &Hir, matched: &mut u128) {
    let mut range = |start: u32, end: u32| {
        for byte in start..=end.min(127) {
            *matched |= 1 << byte;
        }
    };
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => literal.0.iter().for_each(|&byte| range(byte.into(), byte.into())),
        HirKind::Class(regex_syntax::hir::Class::Unicode(class)) => {
            class.iter().for_each(|part| range(part.start().into(), part.end().into()));
        }
        HirKind::Class(regex_syntax::hir::Class::Bytes(class)) => {
            class.iter().for_each(|part| range(part.start().into(), part.end().into()));
        }
        HirKind::Repetition(repetition) => mark(&repetition.sub, matched),
        HirKind::Capture(capture) => mark(&capture.sub, matched),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().for_each(|part| mark(part, matched)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Which of some characters are barriers.
    fn barriers(regex: &str, looks: Looks) -> Option<String> {
        let barriers = Barriers::of(regex, true, looks)?;
        Some("a(,\n".chars().filter(|c| barriers.has(*c as u8)).map(|c| if c == '\n' { 'n' } else { c }).collect())
    }

    #[test]
    fn what_nothing_in_a_regex_matches_is_a_barrier() {
        for (regex, kept, dropped) in [
            ("a.*b", Some("n"), Some("n")),
            ("(?s)a.*b", Some(""), Some("")),
            ("[^b]", Some(""), Some("")),
            (r"b\s+", Some("a(,"), Some("a(,")),
            ("(?i)A", Some("(,n"), Some("(,n")),
            ("^b$", Some("a(,n"), Some("a(,n")),
            ("(?-m)^b$", Some("a(,n"), None),
            ("(?=b.)b", None, Some("n")),
            (r"(?<![a\n])b", None, Some("(,")),
            ("(?>b+)(?!,)", None, Some("a(n")),
            (r"(b)\1", None, Some("a(,n")),
            (r"[(](b)\1", None, Some("a,n")),
            (r"(b)\11", None, None),
            (r"b\Z", None, None),
            (r"b\R", None, None),
            (r"(b(?R))", Some("a(,n"), None),
            (r"(?=b)b\K", None, None),
        ] {
            assert_eq!(barriers(regex, Looks::Kept).as_deref(), kept, "{regex}");
            assert_eq!(barriers(regex, Looks::Dropped).as_deref(), dropped, "{regex}");
        }
    }

    #[test]
    fn a_part_of_a_text_ends_with_barriers() {
        let lines = Barriers::of("a.*", true, Looks::Kept).expect("a plain regex");
        for (text, place, expected) in [
            ("a\nb\nc", 2..3, "\nb\n"),
            ("a\nb\nc", 2..2, "\nb\n"),
            ("ab", 1..1, "ab"),
            ("a\nb\n", 4..4, "\n"),
            ("\n", 0..0, "\n"),
        ] {
            let part = lines.around(text, Span::from(place.clone())).map(|part| part.text(text));
            assert_eq!(part, Some(expected), "{text:?} {place:?}");
        }
        let far = "a".repeat(FARTHEST + 1);
        assert_eq!(lines.around(&far, Span::default()), None);
    }
}
