//! `metavariable-comparison`: a small expression language in Python's syntax, over the constants that metavariables hold.
//!
//! What cannot be evaluated (an unbound metavariable, a text less than a number) makes the whole comparison false.

mod date;
mod eval;
mod parse;

use crate::rule::regex::Regex;
use weir_syntax::Symbol;

/// The day that a text names as `YYYY-MM-DD`, in days since 1970-01-01.
pub fn day(text: &str) -> Option<i64> {
    Some(date::parse(text, "%Y-%m-%d")? / date::DAY)
}

/// A comparison, ready to be evaluated.
#[derive(Debug)]
pub(crate) struct Comparison {
    expr: Expr,
    number: Option<Number>,
    /// Text that spells a number is one.
    text_is_number: bool,
}

/// `metavariable`, `strip` and `base`: a text that is read as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Number {
    pub(crate) metavariable: Symbol,
    pub(crate) base: u32,
}

/// A value of the language.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Int(i64),
    Float(f64),
    Bool(bool),
    Str(String),
    List(Vec<Value>),
    /// The text of code that is no constant: only `str()` takes it.
    Code(String),
}

#[derive(Debug)]
enum Expr {
    Value(Value),
    Metavariable(Symbol),
    List(Vec<Expr>),
    Not(Box<Expr>),
    Negative(Box<Expr>),
    /// `~`.
    Complement(Box<Expr>),
    Binary(Operator, Box<Expr>, Box<Expr>),
    Call(Function, Box<Expr>),
    /// `re.match(REGEX, value)`.
    Match(Regex, Box<Expr>),
    /// `today()`: when the day began.
    Today,
    /// `strptime(text)`, `strptime(text, FORMAT)`: when the day or second that a text names began.
    Date(Box<Expr>, Option<String>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    In,
    NotIn,
    BitOr,
    BitXor,
    BitAnd,
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Function {
    Int,
    Str,
    Lower,
    Upper,
}

impl Comparison {
    /// Reads a comparison.
    pub(crate) fn parse(text: &str, number: Option<Number>) -> Result<Self, String> {
        Ok(Self { expr: parse::expression(text)?, number, text_is_number: false })
    }

    /// The same for metavariables of generic patterns: they have no types, so that what spells a number is one.
    pub(crate) fn of_text(self) -> Self {
        Self { text_is_number: true, ..self }
    }

    /// Whether the comparison holds. `value` tells what constant a metavariable is, `today` the day in days since 1970-01-01.
    pub(crate) fn holds(&self, today: i64, value: &dyn Fn(Symbol) -> Option<Value>) -> bool {
        let read = |name: Symbol| {
            let value = value(name)?;
            match self.number.filter(|number| number.metavariable == name) {
                Some(number) => eval::number(&value, number.base),
                None if self.text_is_number => Some(match value {
                    Value::Str(text) => parse::number(&text).unwrap_or(Value::Str(text)),
                    other => other,
                }),
                None => Some(value),
            }
        };
        eval::eval(&self.expr, &eval::Given { today, read: &read }) == Some(Value::Bool(true))
    }
}

/// A number as it is written in code.
pub(crate) fn number(text: &str) -> Option<Value> {
    parse::number(text)
}

/// An arithmetic sign before a constant.
pub(crate) fn unary(operator: &str, operand: Value) -> Option<Value> {
    match operator {
        "-" => eval::negative(&operand),
        "+" => matches!(operand, Value::Int(_) | Value::Float(_)).then_some(operand),
        _ => None,
    }
}

/// Arithmetic on two constants.
pub(crate) fn binary(operator: &str, left: &Value, right: &Value) -> Option<Value> {
    let operator = match operator {
        "+" => Operator::Add,
        "-" => Operator::Subtract,
        "*" => Operator::Multiply,
        "/" => Operator::Divide,
        "%" => Operator::Modulo,
        "**" => Operator::Power,
        _ => return None,
    };
    eval::binary(operator, left, right)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2024-02-29.
    const DAY: i64 = 19_782;

    fn holds(text: &str, x: &Value) -> bool {
        let comparison = Comparison::parse(text, None).unwrap_or_else(|error| panic!("{text}: {error}"));
        comparison.holds(DAY, &|name| (name.as_str() == "$X").then(|| x.clone()))
    }

    #[test]
    fn comparisons_hold_for_numbers() {
        let seven = Value::Int(7);
        for (text, expected) in [
            ("$X > 5", true),
            ("$X > 7.5", false),
            ("$X == 7 and not $X < 2", true),
            ("$X in [1, 7]", true),
            ("$X not in [1, 7]", false),
            ("$X + 2 * 3 == 13", true),
            ("($X + 2) * 3 == 27", true),
            ("$X % 2 == 1", true),
            ("$X / 2 == 3", true),
            ("$X ** 2 == 49", true),
            ("-$X == -7", true),
            ("$X != 'a'", true),
            ("str($X) == '7'", true),
            ("$X == 0x7", true),
            ("$X & 3 == 3", true),
            ("$X | 8 == 15 and $X ^ 2 == 5", true),
            ("~$X == -8", true),
            ("$X / 0 == 1", false),
            ("$X / 0 != 1", false),
            ("$X < 'a'", false),
            ("$Y == 7", false),
            ("not ($Y == 7)", false),
            ("$X == 7 or $Y == 7", false),
            ("$X", false),
        ] {
            assert_eq!(holds(text, &seven), expected, "{text}");
        }
    }

    #[test]
    fn comparisons_hold_for_texts() {
        let text = Value::Str("aAb".to_owned());
        for (comparison, expected) in [
            ("$X == 'aAb'", true),
            ("$X == \"aAb\"", true),
            ("lower($X) == 'aab'", true),
            ("upper($X) == 'AAB'", true),
            ("'A' in $X", true),
            ("'c' in $X", false),
            ("re.match('a+', $X)", true),
            ("re.match('b', $X)", false),
            ("not re.match('.*b$', $X)", false),
            ("$X > 5", false),
            ("int($X) == 5", false),
        ] {
            assert_eq!(holds(comparison, &text), expected, "{comparison}");
        }
        assert!(holds("int($X) > 5", &Value::Str("15".to_owned())));
        assert!(holds("str($X) == 'f()'", &Value::Code("f()".to_owned())));
        assert!(!holds("$X != 1", &Value::Code("f()".to_owned())));
        assert!(holds("$X == True", &Value::Bool(true)));
    }

    #[test]
    fn days_are_compared() {
        for (comparison, x, expected) in [
            ("strptime($X) < today()", "2024-02-28", true),
            ("strptime($X) == today()", "2024-02-29", true),
            ("strptime($X) > today()", "3000-01-15", true),
            ("strptime($X) < today()", "1906-12-09", true),
            ("today() - strptime($X) == 86400 * 366", "2023-02-28", true),
            ("strptime($X, '%d.%m.%Y %H:%M') > today()", "29.02.2024 00:01", true),
            ("strptime($X) < today()", "this is not a date", false),
            ("strptime($X) < today()", "2023-02-29", false),
            ("strptime($X) < today()", "2023-01-01T10:00", false),
            ("not strptime($X) < today()", "", false),
        ] {
            assert_eq!(holds(comparison, &Value::Str(x.to_owned())), expected, "{comparison} {x}");
        }
    }

    #[test]
    fn a_metavariable_is_read_as_a_number_in_its_base() {
        let metavariable = Symbol::new("$X");
        for (text, base, value, expected) in [
            ("$X == 8", 8, "0o10", true),
            ("$X == 8", 8, "10", true),
            ("$X > 5", 10, "15", true),
            ("$X > 5", 10, "x", false),
        ] {
            let comparison = Comparison::parse(text, Some(Number { metavariable, base })).unwrap();
            assert_eq!(comparison.holds(DAY, &|_| Some(Value::Str(value.to_owned()))), expected, "{text} {value}");
        }
    }

    #[test]
    fn what_is_no_comparison_is_an_error() {
        for text in [
            "",
            "$X >",
            "$X > 5 5",
            "foo($X)",
            "$X // 2",
            "(1",
            "re.match('(', $X)",
            "today(1)",
            "strptime($X, 1)",
            &"(".repeat(10_000),
        ] {
            assert!(Comparison::parse(text, None).is_err(), "{text}");
        }
    }
}
