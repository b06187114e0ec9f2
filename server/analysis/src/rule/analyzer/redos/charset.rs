//! Sets of characters.

/// The last character.
const LAST: u32 = 0x10_ffff;

/// A set of characters: ranges, sorted, apart from each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct CharSet(Vec<(u32, u32)>);

impl CharSet {
    pub(super) fn of(ranges: &[(char, char)]) -> Self {
        Self::new(ranges.iter().map(|&(first, last)| (u32::from(first), u32::from(last))).collect())
    }

    pub(super) fn one(c: char) -> Self {
        Self::of(&[(c, c)])
    }

    pub(super) fn all() -> Self {
        Self(vec![(0, LAST)])
    }

    /// Letters, digits and `_`, as `\w` without Unicode.
    pub(super) fn word() -> Self {
        Self::of(&[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')])
    }

    pub(super) fn digit() -> Self {
        Self::of(&[('0', '9')])
    }

    pub(super) fn space() -> Self {
        Self::of(&[('\t', '\r'), (' ', ' ')])
    }

    /// What is not ASCII.
    pub(super) fn beyond_ascii() -> Self {
        Self(vec![(0x80, LAST)])
    }

    fn new(mut ranges: Vec<(u32, u32)>) -> Self {
        ranges.sort_unstable();
        let mut out: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match out.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = (*end).max(last),
                _ => out.push((first, last)),
            }
        }
        Self(out)
    }

    pub(super) fn union(&self, other: &Self) -> Self {
        Self::new(self.0.iter().chain(&other.0).copied().collect())
    }

    pub(super) fn complement(&self) -> Self {
        let mut out = Vec::new();
        let mut next = 0;
        for &(first, last) in &self.0 {
            if next < first {
                out.push((next, first - 1));
            }
            next = last + 1;
        }
        if next <= LAST {
            out.push((next, LAST));
        }
        Self(out)
    }

    /// With the other case of each ASCII letter.
    pub(super) fn any_case(&self) -> Self {
        let mut out = self.0.clone();
        for (from, to) in [('a', 'A'), ('A', 'a')] {
            let (from, to) = (u32::from(from), u32::from(to));
            for &(first, last) in &self.0 {
                let (first, last) = (first.max(from), last.min(from + 25));
                if first <= last {
                    out.push((first - from + to, last - from + to));
                }
            }
        }
        Self::new(out)
    }

    pub(super) fn contains(&self, c: u32) -> bool {
        self.0.iter().any(|&(first, last)| (first..=last).contains(&c))
    }

    /// Where the set begins or has just ended.
    pub(super) fn edges(&self) -> impl Iterator<Item = u32> {
        self.0.iter().flat_map(|&(first, last)| [first, last + 1])
    }
}
