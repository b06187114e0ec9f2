//! The grammar: `or`, `and`, `not`, comparisons, `|`, `^`, `&`, `+ -`, `* / %`, sign, `**`, atoms; each binds tighter than the one before.

use super::{Expr, Function, Operator, Value};
use crate::rule::regex::Regex;
use weir_syntax::Symbol;

/// Expressions nested deeper than this are refused.
const MAX_DEPTH: usize = 64;

/// Expressions with more operators are refused: a chain of them is as deep as it is long, and is walked by recursion.
const MAX_OPERATORS: usize = 1000;

pub(super) fn expression(text: &str) -> Result<Expr, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, operators: 0 };
    let expr = parser.binary(0)?;
    match parser.tokens.get(parser.at) {
        None => Ok(expr),
        Some(token) => Err(format!("`{}` is out of place", token.show())),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Value(Value),
    Metavariable(Symbol),
    Word(String),
}

impl Token {
    fn show(&self) -> &str {
        match self {
            Self::Value(Value::Str(_)) => "a text",
            Self::Value(_) => "a number",
            Self::Metavariable(name) => name.as_str(),
            Self::Word(word) => word,
        }
    }
}

/// Signs of two characters before their first character.
const SIGNS: [&str; 23] = [
    "==", "!=", "<=", ">=", "**", "//", "<", ">", "+", "-", "*", "/", "%", "&", "|", "^", "~", "(", ")", "[", "]", ",",
    ".",
];

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut out = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let len;
        if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
            out.push(Token::Word((*sign).to_owned()));
            len = sign.len();
        } else if first == '\'' || first == '"' {
            let (string, used) = string(rest, first)?;
            out.push(Token::Value(Value::Str(string)));
            len = used;
        } else if first == '$' {
            let sign = if rest.starts_with("$...") { 4 } else { 1 };
            len = sign + word(&rest[sign..]);
            out.push(Token::Metavariable(Symbol::new(&rest[..len])));
        } else if first.is_ascii_digit() {
            len = word(rest) + rest[word(rest)..].strip_prefix('.').map_or(0, |fraction| 1 + word(fraction));
            out.push(Token::Value(number(&rest[..len]).ok_or_else(|| format!("`{}` is no number", &rest[..len]))?));
        } else if first.is_ascii_alphabetic() || first == '_' {
            len = word(rest);
            out.push(Token::Word(rest[..len].to_owned()));
        } else {
            return Err(format!("`{first}` is not part of the language of comparisons"));
        }
        rest = rest[len..].trim_start();
    }
    Ok(out)
}

fn word(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

/// A number as it is written in rules and in code.
pub(super) fn number(text: &str) -> Option<Value> {
    let digits: String = text.chars().filter(|&c| c != '_').collect();
    let radix = |prefixes: [&str; 2]| prefixes.iter().find_map(|prefix| digits.strip_prefix(prefix));
    let int = if let Some(hex) = radix(["0x", "0X"]) {
        i64::from_str_radix(hex, 16).ok()
    } else if let Some(octal) = radix(["0o", "0O"]) {
        i64::from_str_radix(octal, 8).ok()
    } else if let Some(binary) = radix(["0b", "0B"]) {
        i64::from_str_radix(binary, 2).ok()
    } else {
        digits.trim_end_matches(['l', 'L', 'n']).parse().ok()
    };
    int.map(Value::Int).or_else(|| {
        let float = digits.trim_end_matches(['f', 'F', 'd', 'D']);
        let numeric = float.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+'));
        numeric.then(|| float.parse().ok()).flatten().map(Value::Float)
    })
}

fn string(text: &str, quote: char) -> Result<(String, usize), String> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            c if c == quote => return Ok((out, at + 1)),
            // Only what would end the text is escaped here: regexes keep their backslashes.
            '\\' => match chars.next() {
                Some((_, escaped)) if escaped == quote => out.push(escaped),
                Some((_, '\\')) => out.push_str(r"\\"),
                Some((_, other)) => out.extend(['\\', other]),
                None => break,
            },
            c => out.push(c),
        }
    }
    Err("a text has no end".to_owned())
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    operators: usize,
}

/// Binary operators by how tight they bind.
const LEVELS: [&[(&str, Operator)]; 8] = [
    &[("or", Operator::Or)],
    &[("and", Operator::And)],
    &[
        ("==", Operator::Equal),
        ("!=", Operator::NotEqual),
        ("<", Operator::Less),
        ("<=", Operator::LessEqual),
        (">", Operator::Greater),
        (">=", Operator::GreaterEqual),
        ("in", Operator::In),
        ("not", Operator::NotIn),
    ],
    &[("|", Operator::BitOr)],
    &[("^", Operator::BitXor)],
    &[("&", Operator::BitAnd)],
    &[("+", Operator::Add), ("-", Operator::Subtract)],
    &[("*", Operator::Multiply), ("/", Operator::Divide), ("%", Operator::Modulo)],
];

/// The level above which `not` stands.
const COMPARISON: usize = 2;

impl Parser {
    fn binary(&mut self, level: usize) -> Result<Expr, String> {
        if level == COMPARISON && self.take("not") {
            self.deeper()?;
            let inner = self.binary(level)?;
            self.depth -= 1;
            return Ok(Expr::Not(Box::new(inner)));
        }
        let Some(operators) = LEVELS.get(level) else { return self.sign() };
        let mut left = self.binary(level + 1)?;
        while let Some(&(_, operator)) = operators.iter().find(|(word, _)| self.take(word)) {
            if operator == Operator::NotIn && !self.take("in") {
                return Err("`not` is out of place".to_owned());
            }
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                return Err(format!("more than {MAX_OPERATORS} operators"));
            }
            let right = self.binary(level + 1)?;
            left = Expr::Binary(operator, Box::new(left), Box::new(right));
        }
        Ok(left)
    }

    fn sign(&mut self) -> Result<Expr, String> {
        for (sign, of) in [("-", Expr::Negative as fn(_) -> _), ("~", Expr::Complement)] {
            if self.take(sign) {
                self.deeper()?;
                let inner = self.sign()?;
                self.depth -= 1;
                return Ok(of(Box::new(inner)));
            }
        }
        let base = self.atom()?;
        if !self.take("**") {
            return Ok(base);
        }
        self.deeper()?;
        let exponent = self.sign()?;
        self.depth -= 1;
        Ok(Expr::Binary(Operator::Power, Box::new(base), Box::new(exponent)))
    }

    fn atom(&mut self) -> Result<Expr, String> {
        let Some(token) = self.tokens.get(self.at).cloned() else { return Err("a value is missing".to_owned()) };
        self.at += 1;
        let word = match token {
            Token::Value(value) => return Ok(Expr::Value(value)),
            Token::Metavariable(name) => return Ok(Expr::Metavariable(name)),
            Token::Word(word) => word,
        };
        self.deeper()?;
        let expr = match word.as_str() {
            "True" | "true" => Expr::Value(Value::Bool(true)),
            "False" | "false" => Expr::Value(Value::Bool(false)),
            "(" => {
                let inner = self.binary(0)?;
                self.expect(")")?;
                inner
            }
            "[" => Expr::List(self.list("]")?),
            "re" => {
                self.expect(".")?;
                self.expect("match")?;
                self.expect("(")?;
                let regex = self.text("the first argument of `re.match`")?;
                self.expect(",")?;
                let value = self.binary(0)?;
                self.expect(")")?;
                Expr::Match(Regex::value(&regex).map_err(|error| error.to_string())?, Box::new(value))
            }
            "today" => {
                self.expect("(")?;
                self.expect(")")?;
                Expr::Today
            }
            "strptime" => {
                self.expect("(")?;
                let value = self.binary(0)?;
                let format = if self.take(",") { Some(self.text("the second argument of `strptime`")?) } else { None };
                self.expect(")")?;
                Expr::Date(Box::new(value), format)
            }
            name => {
                let function = match name {
                    "int" => Function::Int,
                    "str" => Function::Str,
                    "lower" => Function::Lower,
                    "upper" => Function::Upper,
                    _ => return Err(format!("`{name}` is not part of the language of comparisons")),
                };
                self.expect("(")?;
                let value = self.binary(0)?;
                self.expect(")")?;
                Expr::Call(function, Box::new(value))
            }
        };
        self.depth -= 1;
        Ok(expr)
    }

    /// A text in quotes; `what` it is for.
    fn text(&mut self, what: &str) -> Result<String, String> {
        let Some(Token::Value(Value::Str(text))) = self.tokens.get(self.at).cloned() else {
            return Err(format!("{what} must be a text in quotes"));
        };
        self.at += 1;
        Ok(text)
    }

    fn list(&mut self, end: &str) -> Result<Vec<Expr>, String> {
        let mut items = Vec::new();
        while !self.take(end) {
            items.push(self.binary(0)?);
            if !self.take(",") {
                self.expect(end)?;
                break;
            }
        }
        Ok(items)
    }

    fn deeper(&mut self) -> Result<(), String> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(format!("nested more than {MAX_DEPTH} levels deep")) } else { Ok(()) }
    }

    fn take(&mut self, expected: &str) -> bool {
        let found = matches!(self.tokens.get(self.at), Some(Token::Word(word)) if word == expected);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, expected: &str) -> Result<(), String> {
        if self.take(expected) { Ok(()) } else { Err(format!("`{expected}` is missing")) }
    }
}
