//! What an expression is worth; `None` if it is worth nothing.

use super::{Expr, Function, Operator, Value, date, parse};
use weir_syntax::Symbol;

/// What is known from outside.
pub(super) struct Given<'a> {
    /// Days since 1970-01-01.
    pub(super) today: i64,
    /// What a metavariable is.
    pub(super) read: &'a dyn Fn(Symbol) -> Option<Value>,
}

pub(super) fn eval(expr: &Expr, given: &Given<'_>) -> Option<Value> {
    Some(match expr {
        Expr::Value(value) => value.clone(),
        Expr::Metavariable(name) => (given.read)(*name)?,
        Expr::List(items) => Value::List(items.iter().map(|item| eval(item, given)).collect::<Option<_>>()?),
        Expr::Not(inner) => match eval(inner, given)? {
            Value::Bool(value) => Value::Bool(!value),
            _ => return None,
        },
        Expr::Negative(inner) => negative(&eval(inner, given)?)?,
        Expr::Complement(inner) => match eval(inner, given)? {
            Value::Int(value) => Value::Int(!value),
            _ => return None,
        },
        Expr::Binary(operator, left, right) => binary(*operator, &eval(left, given)?, &eval(right, given)?)?,
        Expr::Call(function, value) => call(*function, &eval(value, given)?)?,
        Expr::Match(regex, value) => {
            Value::Bool(regex.is_match_at_start(&text(&eval(value, given)?)?).unwrap_or(false))
        }
        Expr::Today => Value::Int(given.today.checked_mul(date::DAY)?),
        Expr::Date(value, format) => {
            let text = text(&eval(value, given)?)?;
            Value::Int(date::parse(text.trim(), format.as_deref().unwrap_or("%Y-%m-%d"))?)
        }
    })
}

pub(super) fn negative(value: &Value) -> Option<Value> {
    match value {
        Value::Int(value) => value.checked_neg().map(Value::Int),
        Value::Float(value) => Some(Value::Float(-value)),
        _ => None,
    }
}

pub(super) fn binary(operator: Operator, left: &Value, right: &Value) -> Option<Value> {
    use Operator as O;
    use Value as V;
    Some(match (operator, left, right) {
        (_, V::Code(_), _) | (_, _, V::Code(_)) => return None,
        (O::And, V::Bool(a), V::Bool(b)) => V::Bool(*a && *b),
        (O::Or, V::Bool(a), V::Bool(b)) => V::Bool(*a || *b),
        (O::Equal, a, b) => V::Bool(equal(a, b)),
        (O::NotEqual, a, b) => V::Bool(!equal(a, b)),
        (O::In | O::NotIn, a, b) => V::Bool(contains(a, b)? == (operator == O::In)),
        (O::Less | O::LessEqual | O::Greater | O::GreaterEqual, a, b) => {
            let (a, b) = (float(a)?, float(b)?);
            V::Bool(match operator {
                O::Less => a < b,
                O::LessEqual => a <= b,
                O::Greater => a > b,
                _ => a >= b,
            })
        }
        (O::Add, V::Str(a), V::Str(b)) => V::Str(format!("{a}{b}")),
        (O::Add, V::Int(a), V::Int(b)) => V::Int(a.checked_add(*b)?),
        (O::Subtract, V::Int(a), V::Int(b)) => V::Int(a.checked_sub(*b)?),
        (O::Multiply, V::Int(a), V::Int(b)) => V::Int(a.checked_mul(*b)?),
        (O::Divide, V::Int(a), V::Int(b)) => V::Int(a.checked_div(*b)?),
        (O::Modulo, V::Int(a), V::Int(b)) => V::Int(a.checked_rem(*b)?),
        (O::Power, V::Int(a), V::Int(b)) => V::Int(a.checked_pow(u32::try_from(*b).ok()?)?),
        (O::Add, a, b) => V::Float(float(a)? + float(b)?),
        (O::Subtract, a, b) => V::Float(float(a)? - float(b)?),
        (O::Multiply, a, b) => V::Float(float(a)? * float(b)?),
        (O::Divide, a, b) => V::Float(float(a)? / float(b)?),
        (O::Modulo, a, b) => V::Float(float(a)? % float(b)?),
        (O::Power, a, b) => V::Float(float(a)?.powf(float(b)?)),
        (O::BitOr, V::Int(a), V::Int(b)) => V::Int(a | b),
        (O::BitXor, V::Int(a), V::Int(b)) => V::Int(a ^ b),
        (O::BitAnd, V::Int(a), V::Int(b)) => V::Int(a & b),
        (O::And | O::Or | O::BitOr | O::BitXor | O::BitAnd, _, _) => return None,
    })
}

fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(_), Value::Float(_)) | (Value::Float(_), Value::Int(_)) => float(left) == float(right),
        _ => left == right,
    }
}

fn contains(item: &Value, container: &Value) -> Option<bool> {
    match (item, container) {
        (_, Value::List(items)) => Some(items.iter().any(|other| equal(item, other))),
        (Value::Str(part), Value::Str(whole)) => Some(whole.contains(part.as_str())),
        _ => None,
    }
}

fn float(value: &Value) -> Option<f64> {
    match value {
        Value::Int(value) => Some(*value as f64),
        Value::Float(value) => Some(*value),
        _ => None,
    }
}

fn call(function: Function, value: &Value) -> Option<Value> {
    match function {
        Function::Int => match number(value, 10)? {
            Value::Float(value) => Some(Value::Int(value as i64)),
            value => Some(value),
        },
        Function::Str => match value {
            Value::Code(code) => Some(Value::Str(code.clone())),
            value => text(value).map(Value::Str),
        },
        Function::Lower => text(value).map(|text| Value::Str(text.to_lowercase())),
        Function::Upper => text(value).map(|text| Value::Str(text.to_uppercase())),
    }
}

fn text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Int(value) => value.to_string(),
        Value::Float(value) => value.to_string(),
        Value::Bool(value) => value.to_string(),
        Value::Str(value) => value.clone(),
        Value::List(_) | Value::Code(_) => return None,
    })
}

/// A value as a number; a text is read in a base.
pub(super) fn number(value: &Value, base: u32) -> Option<Value> {
    let Value::Str(text) = value else {
        return matches!(value, Value::Int(_) | Value::Float(_)).then(|| value.clone());
    };
    let text = text.trim();
    if base == 10 {
        return parse::number(text);
    }
    let digits = ["0x", "0o", "0b"].iter().find_map(|prefix| text.strip_prefix(prefix)).unwrap_or(text);
    i64::from_str_radix(digits, base).ok().map(Value::Int)
}
