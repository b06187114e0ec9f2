//! Weaknesses, so far as tools tell them apart: what one calls CWE-77, another calls CWE-78.

/// A class of weaknesses that tools take for one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weakness(u16);

impl Weakness {
    /// Hard-coded passwords, keys and tokens.
    pub const SECRETS: Self = Self::of(798);

    /// The class of a weakness, by its number.
    pub const fn of(cwe: u16) -> Self {
        Self(match cwe {
            77 | 78 | 88 => 78,
            94 | 95 | 96 | 97 | 913 | 917 | 1336 => 94,
            22 | 23 | 24 | 35 | 36 | 73 => 22,
            79 | 80 | 83 | 87 | 116 => 79,
            89 | 564 => 89,
            326 | 327 | 328 | 759 | 760 | 780 | 916 => 327,
            330 | 331 | 332 | 335 | 336 | 337 | 338 => 330,
            295..=299 => 295,
            611 | 776 | 827 => 611,
            259 | 321 | 522 | 540 | 798 => 798,
            185 | 400 | 407 | 730 | 770 | 1333 => 400,
            614 | 1004 | 1275 => 614,
            311 | 319 => 319,
            915 | 1321 => 915,
            276 | 732 => 732,
            377..=379 => 377,
            93 | 113 => 113,
            346 | 942 => 942,
            other => other,
        })
    }

    /// That of `CWE-89` and of `CWE-89: ...`.
    pub fn read(cwe: &str) -> Option<Self> {
        let digits = cwe.trim().strip_prefix("CWE-")?;
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok().map(Self::of)
    }
}
