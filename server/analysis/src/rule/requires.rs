//! Conditions over taint labels: `A and (B or not C)`.

use super::Requires;
use std::fmt;
use weir_syntax::Symbol;

/// Parentheses and negations nested deeper than this are refused.
const MAX_DEPTH: usize = 64;

/// Conditions with more parts are refused: a chain of them is as deep as it is long, and is walked by recursion.
const MAX_PARTS: usize = 1000;

/// Reads a condition.
pub(crate) fn parse(text: &str) -> Result<Requires, String> {
    let mut parser = Parser { rest: text, depth: 0, parts: 0 };
    let requires = parser.or()?;
    match parser.next() {
        None => Ok(requires),
        Some(token) => Err(format!("`{token}` is out of place; join labels by `and`, `or` and `not`")),
    }
}

impl fmt::Display for Requires {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Any => write!(out, "any"),
            Self::Label(label) => write!(out, "{}", label.as_str()),
            Self::Not(inner) => write!(out, "not {inner}"),
            Self::And(a, b) => write!(out, "({a} and {b})"),
            Self::Or(a, b) => write!(out, "({a} or {b})"),
            Self::Constant(value) => write!(out, "{value}"),
        }
    }
}

struct Parser<'t> {
    rest: &'t str,
    depth: usize,
    parts: usize,
}

impl<'t> Parser<'t> {
    fn or(&mut self) -> Result<Requires, String> {
        let mut left = self.and()?;
        while self.take("or") || self.take("||") {
            left = Requires::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Result<Requires, String> {
        let mut left = self.not()?;
        while self.take("and") || self.take("&&") {
            left = Requires::And(Box::new(left), Box::new(self.not()?));
        }
        Ok(left)
    }

    fn not(&mut self) -> Result<Requires, String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(format!("nested more than {MAX_DEPTH} levels deep"));
        }
        self.parts += 1;
        if self.parts > MAX_PARTS {
            return Err(format!("more than {MAX_PARTS} parts"));
        }
        let requires = if self.take("not") || self.take("!") {
            Requires::Not(Box::new(self.not()?))
        } else if self.take("(") {
            let inner = self.or()?;
            if !self.take(")") {
                return Err("a `)` is missing".to_owned());
            }
            inner
        } else {
            match self.next() {
                Some("true" | "True") => Requires::Constant(true),
                Some("false" | "False") => Requires::Constant(false),
                Some(label) if is_name(label) && !matches!(label, "and" | "or" | "not") => {
                    Requires::Label(Symbol::new(label))
                }
                Some(token) => return Err(format!("a label is expected, not `{token}`")),
                None => return Err("a label is missing at the end".to_owned()),
            }
        };
        self.depth -= 1;
        Ok(requires)
    }

    fn take(&mut self, expected: &str) -> bool {
        let before = self.rest;
        let found = self.next() == Some(expected);
        if !found {
            self.rest = before;
        }
        found
    }

    fn next(&mut self) -> Option<&'t str> {
        let rest = self.rest.trim_start();
        let first = rest.chars().next()?;
        let len = if is_name_char(first) {
            rest.find(|c| !is_name_char(c)).unwrap_or(rest.len())
        } else if rest.starts_with("&&") || rest.starts_with("||") {
            2
        } else {
            first.len_utf8()
        };
        let (token, rest) = rest.split_at(len);
        self.rest = rest;
        Some(token)
    }
}

fn is_name(token: &str) -> bool {
    token.chars().all(is_name_char)
}

fn is_name_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_read_with_the_usual_precedence() {
        for (text, expected) in [
            ("A", "A"),
            ("A and B or C", "((A and B) or C)"),
            ("A and not (B or C)", "(A and not (B or C))"),
            ("not A and B", "(not A and B)"),
            ("True", "true"),
        ] {
            assert_eq!(parse(text).map(|requires| requires.to_string()), Ok(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_is_no_condition_is_an_error() {
        for text in ["", "A B", "(A", "A and", "and", "A + B", &"(".repeat(10_000)] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
