//! Arithmetic on constants: what operators make of numbers and truth values that are known.

use weir_model::Language;

/// A number as a language reads its literal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Fraction(f64),
}

/// A value that is no text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Bool(bool),
    Integer(i64),
}

/// The number a literal writes down; none where its suffix gives it a type of its own (`5L`, `5n`, `5j`).
///
/// JavaScript has one type of number; everywhere else `5` and `5.0` are different things.
pub(crate) fn number(literal: &str, language: Language) -> Option<Number> {
    let integer = integer(literal, language);
    if matches!(language, Language::JavaScript | Language::TypeScript | Language::Tsx) {
        let fraction = || plain(literal).parse().ok();
        return integer.map(|integer| integer as f64).or_else(fraction).map(Number::Fraction);
    }
    let fraction = || {
        let text = plain(literal);
        let text = if language == Language::Java { text.trim_end_matches(['f', 'd']) } else { &text };
        text.parse().ok().map(Number::Fraction)
    };
    integer.map(Number::Integer).or_else(fraction)
}

fn plain(literal: &str) -> String {
    literal.chars().filter(|&c| c != '_').collect::<String>().to_ascii_lowercase()
}

/// The whole number a literal writes down.
pub(super) fn integer(literal: &str, language: Language) -> Option<i64> {
    let text = plain(literal);
    for (prefix, radix) in [("0x", 16), ("0o", 8), ("0b", 2)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            return i64::from_str_radix(digits, radix).ok();
        }
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() && language == Language::Java => i64::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

impl Scalar {
    /// What an operator makes of one value.
    pub(super) fn unary(self, operator: &str) -> Option<Self> {
        Some(match (operator, self) {
            ("!", Self::Bool(value)) => Self::Bool(!value),
            ("-", Self::Integer(value)) => Self::Integer(value.checked_neg()?),
            ("+", Self::Integer(value)) => Self::Integer(value),
            _ => return None,
        })
    }

    /// What an operator makes of two values.
    pub(super) fn binary(self, operator: &str, other: Self) -> Option<Self> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(Self::Bool(match operator {
                "&&" => a && b,
                "||" => a || b,
                "==" | "===" => a == b,
                "!=" | "!==" => a != b,
                _ => return None,
            })),
            (Self::Integer(a), Self::Integer(b)) => integers(a, operator, b),
            _ => None,
        }
    }
}

fn integers(a: i64, operator: &str, b: i64) -> Option<Scalar> {
    let shift = || u32::try_from(b).ok().filter(|&by| by < i64::BITS - 1);
    Some(match operator {
        "==" | "===" => Scalar::Bool(a == b),
        "!=" | "!==" => Scalar::Bool(a != b),
        "<" => Scalar::Bool(a < b),
        "<=" => Scalar::Bool(a <= b),
        ">" => Scalar::Bool(a > b),
        ">=" => Scalar::Bool(a >= b),
        "+" => Scalar::Integer(a.checked_add(b)?),
        "-" => Scalar::Integer(a.checked_sub(b)?),
        "*" => Scalar::Integer(a.checked_mul(b)?),
        // What languages make of a rest differs.
        "/" if a.checked_rem(b)? == 0 => Scalar::Integer(a / b),
        "//" => Scalar::Integer(a.checked_div_euclid(b).filter(|_| b > 0)?),
        "%" if a >= 0 && b > 0 => Scalar::Integer(a % b),
        "**" => Scalar::Integer(a.checked_pow(u32::try_from(b).ok()?)?),
        "&" => Scalar::Integer(a & b),
        "|" => Scalar::Integer(a | b),
        "^" => Scalar::Integer(a ^ b),
        "<<" => Scalar::Integer(a.checked_mul(1_i64.checked_shl(shift()?)?)?),
        ">>" => Scalar::Integer(a >> shift()?),
        ">>>" if a >= 0 => Scalar::Integer(a >> shift()?),
        _ => return None,
    })
}
