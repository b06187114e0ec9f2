//! Java's patterns: where `...` needs a type or a semicolon to be legal, typed metavariables, and the contexts.
//!
//! [`rewrite`] reads a pattern as tokens and keeps a stack of the brackets that are open, because the same `...` is an
//! argument, a parameter, a statement, a member or a case depending on them:
//!
//! | where | `...` becomes |
//! | --- | --- |
//! | statements, class members | `... ...;`, a declaration |
//! | parameters | `... ...`, a type and a name; a lone `$X` gets a type that is dropped again |
//! | cases of a switch | `case ...:` |
//! | an annotation's arguments, if several | `... = ...` |
//!
//! The lowering makes one ellipsis of each. `(T $X)` becomes `weir_typed[(T) $X]`, which may stand wherever an expression
//! may, on the left of an assignment too.

use crate::lower::{Context, Lowering, PatternSyntax};
use crate::{Kind, Role};
use tree_sitter as ts;
use weir_model::Span;

pub(super) const SYNTAX: PatternSyntax = PatternSyntax { native_metavars: true, rewrite, contexts: CONTEXTS };

const CONTEXTS: &[Context] = &[
    // Statements, methods and classes.
    Context { before: "", after: "" },
    // An expression.
    Context { before: "", after: ";" },
    // `try { }`
    Context { before: "", after: " finally {}" },
    // `catch (E $X) { }`, `finally { }`
    Context { before: "try {} ", after: "" },
    Context { before: "try {} ", after: " {}" },
    Context { before: "if (weir) {} ", after: "" },
    // Fields, constructors, initialisers. After the above: here the grammar takes `try { }` for a constructor.
    Context { before: "class Weir { ", after: " }" },
    // `if (E)`, `class C`, `void f(...)`: the body is missing and may be any.
    Context { before: "", after: " {}" },
    Context { before: "class Weir { ", after: " {} }" },
    // `super(...)`
    Context { before: "class Weir { Weir() { ", after: " } }" },
    Context { before: "class Weir { Weir() { ", after: "; } }" },
    // Annotations alone.
    Context { before: "public ", after: " class Weir {}" },
    // Types alone.
    Context { before: "final ", after: " weir;" },
    // Cases, parameters, constants of an enum.
    Context { before: "switch (weir) { ", after: " }" },
    Context { before: "void weir(int weir, ", after: ") {}" },
    Context { before: "enum Weir { ", after: " }" },
];

const TYPED: &str = "weir_typed";
const UNTYPED: &str = "weir_untyped";

/// Whether a parameter's type is there only because the grammar wants one: the pattern has the name alone.
pub(super) fn is_untyped(l: &Lowering<'_>, parameter: ts::Node<'_>) -> bool {
    l.in_pattern() && parameter.child_by_field_name("type").is_some_and(|declared| l.text(declared) == UNTYPED)
}

/// Emits the typed metavariable that an array access stands for, if it does.
pub(super) fn typed_metavariable<'t>(l: &mut Lowering<'t>, node: ts::Node<'t>, role: Role) -> bool {
    let is_typed = l.in_pattern() && node.child_by_field_name("array").is_some_and(|array| l.text(array) == TYPED);
    let cast = node.child_by_field_name("index").filter(|_| is_typed);
    let Some((declared, metavariable)) =
        cast.and_then(|cast| Some((cast.child_by_field_name("type")?, cast.child_by_field_name("value")?)))
    else {
        return false;
    };
    let sym = l.sym(l.text(metavariable));
    l.node_sym(Kind::TypedMetavar, role, sym, Span::from(node.byte_range()), |l| l.visit(declared, Role::Type));
    true
}

/// What an open bracket means for the ellipses in it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Frame {
    Statements,
    Switch { arrows: bool },
    Enum,
    Parameters,
    Annotation,
    Other,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Token {
    /// Identifiers, keywords, metavariables, numbers.
    Word,
    /// `$...X`
    Sequence,
    /// `...`
    Ellipsis,
    Text,
    Arrow,
    Sign(u8),
}

struct Tokens<'p> {
    text: &'p str,
    list: Vec<(Token, Span)>,
    /// For each opening bracket its closing one and the other way round; other tokens have themselves.
    partner: Vec<usize>,
}

fn rewrite(text: &str) -> String {
    let tokens = Tokens::new(text);
    let mut out = String::with_capacity(text.len() + 32);
    let mut frames: Vec<(Frame, usize)> = Vec::new();
    let mut copied = 0;
    for at in 0..tokens.list.len() {
        let (token, span) = tokens.list[at];
        let frame = frames.last().map_or(Frame::Statements, |&(frame, _)| frame);
        let replacement: Option<String> = match token {
            Token::Sign(b'(') if tokens.typed_metavariable(at) => {
                frames.push((Frame::Other, at));
                Some(format!("{TYPED}[("))
            }
            Token::Sign(b'(' | b'[' | b'{' | b'<') if tokens.partner[at] != at => {
                frames.push((tokens.frame(at, frame), at));
                // Apart from its dots, `<` is not taken for the start of `<... E ...>`.
                let is_type = token == Token::Sign(b'<') && tokens.token(at + 1) == Some(Token::Ellipsis);
                is_type.then(|| "< ".to_owned())
            }
            Token::Sign(b')') if frames.last().is_some_and(|&(_, open)| tokens.typed_metavariable(open)) => {
                frames.pop();
                Some("]".to_owned())
            }
            Token::Sign(b')' | b']' | b'}' | b'>') if frames.last().is_some_and(|f| f.1 == tokens.partner[at]) => {
                frames.pop();
                None
            }
            Token::Word if frame == Frame::Parameters && tokens.is_untyped_parameter(at) => {
                Some(format!("{UNTYPED} {}", span.text(text)))
            }
            Token::Word if tokens.is_typed_name(at) => Some(format!(") {}", span.text(text))),
            Token::Sign(b';') => {
                if let Some((frame @ Frame::Enum, _)) = frames.last_mut() {
                    *frame = Frame::Statements;
                }
                None
            }
            Token::Ellipsis if frame == Frame::Parameters && tokens.is_variadic(at) => {
                // Glued to the name, the dots are not taken for an ellipsis.
                out.push_str(&text[copied..span.end as usize]);
                copied = tokens.list[at + 1].1.start as usize;
                None
            }
            Token::Ellipsis | Token::Sequence => {
                tokens.ellipsis(at, frame, frames.last().map(|&(_, open)| open), span.text(text))
            }
            _ => None,
        };
        if let Some(replacement) = replacement {
            out.push_str(&text[copied..span.start as usize]);
            out.push_str(&replacement);
            copied = span.end as usize;
        }
    }
    out.push_str(&text[copied..]);
    out
}

impl<'p> Tokens<'p> {
    fn new(text: &'p str) -> Self {
        let bytes = text.as_bytes();
        let mut list = Vec::new();
        let (mut at, mut deep) = (0, 0u32);
        while at < bytes.len() {
            let rest = &bytes[at..];
            let (token, len) = match rest {
                [b'/', b'/', ..] => (None, rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len())),
                [b'/', b'*', ..] => (None, text[at..].find("*/").map_or(rest.len(), |end| end + 2)),
                [b'"', b'"', b'"', ..] => {
                    (Some(Token::Text), text[at + 3..].find("\"\"\"").map_or(rest.len(), |end| end + 6))
                }
                [quote @ (b'"' | b'\''), ..] => (Some(Token::Text), quoted(rest, *quote)),
                [b'$', b'.', b'.', b'.', tail @ ..] => (Some(Token::Sequence), 4 + word(tail)),
                // `<...>` and `<..., T>` are type arguments.
                [b'<', b'.', b'.', b'.', next, ..] if !matches!(next, b'>' | b',') => {
                    deep += 1;
                    (Some(Token::Sign(b'(')), 4)
                }
                [b'.', b'.', b'.', b'>', ..] if deep > 0 => {
                    deep -= 1;
                    (Some(Token::Sign(b')')), 4)
                }
                [b'.', b'.', b'.', ..] => (Some(Token::Ellipsis), 3),
                [b'-', b'>', ..] => (Some(Token::Arrow), 2),
                [first, ..] if is_word(*first) => (Some(Token::Word), word(rest)),
                [first, ..] if first.is_ascii_whitespace() => (None, 1),
                [first, ..] => (Some(Token::Sign(*first)), 1),
                [] => break,
            };
            if let Some(token) = token {
                list.push((token, Span::new(at as u32, (at + len) as u32)));
            }
            at += len;
        }
        let partner = partners(&list);
        Self { text, list, partner }
    }

    fn token(&self, at: usize) -> Option<Token> {
        self.list.get(at).map(|&(token, _)| token)
    }

    fn word(&self, at: usize) -> &'p str {
        self.list.get(at).map_or("", |&(_, span)| span.text(self.text))
    }

    fn before(&self, at: usize) -> (Option<Token>, &'p str) {
        at.checked_sub(1).map_or((None, ""), |at| (self.token(at), self.word(at)))
    }

    /// What the bracket opened at `open` holds, inside `outer`.
    fn frame(&self, open: usize, outer: Frame) -> Frame {
        let (previous, word) = self.before(open);
        match self.list[open].0 {
            Token::Sign(b'{') => match previous {
                Some(Token::Sign(b'=' | b']' | b'(' | b',')) => Frame::Other,
                Some(Token::Sign(b'{')) if outer == Frame::Other => Frame::Other,
                Some(Token::Sign(b')')) if self.before(self.partner[open - 1]).1 == "switch" => {
                    let inside = open + 1..self.partner[open];
                    Frame::Switch { arrows: self.is_arrow_switch(inside) }
                }
                _ if self.header_has(open, "enum") => Frame::Enum,
                _ => Frame::Statements,
            },
            Token::Sign(b'(') if self.word(open) == "(" => match word {
                "for" => Frame::Other,
                "catch" => Frame::Parameters,
                _ if previous == Some(Token::Word) => self.named_parentheses(open),
                _ if self.token(self.partner[open] + 1) == Some(Token::Arrow) => self.lambda_parameters(open),
                _ => Frame::Other,
            },
            _ => Frame::Other,
        }
    }

    /// `name(`: a call's arguments, a method's parameters or an annotation's arguments.
    fn named_parentheses(&self, open: usize) -> Frame {
        let mut name = open - 1;
        while name >= 2 && self.token(name - 1) == Some(Token::Sign(b'.')) && self.token(name - 2) == Some(Token::Word)
        {
            name -= 2;
        }
        let (previous, word) = self.before(name);
        let dotted = name + 1 < open;
        let following = self.word(self.partner[open] + 1);
        let is_control =
            matches!(self.word(open - 1), "if" | "while" | "switch" | "try" | "synchronized" | "super" | "this");
        match previous {
            Some(Token::Sign(b'@')) => Frame::Annotation,
            _ if dotted || is_control || word == "new" => Frame::Other,
            _ if matches!(following, "{" | "throws") => Frame::Parameters,
            Some(Token::Word) if !matches!(word, "return" | "throw" | "else" | "assert" | "yield" | "case" | "do") => {
                Frame::Parameters
            }
            Some(Token::Sign(b']')) => Frame::Parameters,
            Some(Token::Sign(b'>')) if self.partner[name - 1] != name - 1 => Frame::Parameters,
            _ => Frame::Other,
        }
    }

    /// Parameters with types need `...` to have one too.
    fn lambda_parameters(&self, open: usize) -> Frame {
        let words = |at: usize| self.token(at) == Some(Token::Word) && self.token(at + 1) == Some(Token::Word);
        if (open + 1..self.partner[open]).any(words) { Frame::Parameters } else { Frame::Other }
    }

    /// Whether this word stands between the bracket and the statement or member before.
    fn header_has(&self, open: usize, keyword: &str) -> bool {
        (0..open)
            .rev()
            .take_while(|&at| !matches!(self.list[at].0, Token::Sign(b';' | b'{' | b'}')))
            .any(|at| self.word(at) == keyword)
    }

    fn is_arrow_switch(&self, mut inside: std::ops::Range<usize>) -> bool {
        inside.any(|at| self.token(at) == Some(Token::Arrow))
    }

    /// `(T $X)` where an expression is.
    fn typed_metavariable(&self, open: usize) -> bool {
        let close = self.partner[open];
        if self.list[open].0 != Token::Sign(b'(') || self.word(open) != "(" || close < open + 3 {
            return false;
        }
        let (previous, word) = self.before(open);
        let is_call = match previous {
            Some(Token::Word) => {
                !matches!(word, "return" | "throw" | "assert" | "yield" | "case" | "else" | "instanceof")
            }
            Some(Token::Sign(b')' | b']')) => true,
            Some(Token::Sign(b'>')) => self.partner[open - 1] != open - 1,
            _ => false,
        };
        let is_type = |at: usize| {
            matches!(
                self.list[at].0,
                Token::Word | Token::Ellipsis | Token::Sign(b'.' | b'<' | b'>' | b',' | b'?' | b'[' | b']')
            )
        };
        !is_call
            && self.token(close + 1) != Some(Token::Arrow)
            && is_metavariable(self.word(close - 1))
            && (open + 1..close).all(is_type)
            && self.list[open + 1].0 == Token::Word
            && matches!(self.list[close - 2].0, Token::Word | Token::Sign(b'>' | b']'))
            && !matches!(self.word(close - 2), "new" | "instanceof")
    }

    /// The `$X` of `(T $X)`.
    fn is_typed_name(&self, at: usize) -> bool {
        self.token(at + 1) == Some(Token::Sign(b')')) && self.typed_metavariable(self.partner[at + 1])
    }

    /// `$X` alone among parameters.
    fn is_untyped_parameter(&self, at: usize) -> bool {
        is_metavariable(self.word(at))
            && matches!(self.before(at).0, Some(Token::Sign(b'(' | b',')))
            && matches!(self.token(at + 1), Some(Token::Sign(b')' | b',')))
    }

    /// The dots of `T... $XS`.
    fn is_variadic(&self, at: usize) -> bool {
        self.token(at + 1) == Some(Token::Word)
            && matches!(self.before(at).0, Some(Token::Word | Token::Sign(b'>' | b']')))
    }

    /// What `...` or `$...X` must be written as where it stands; `None`: it may stay.
    fn ellipsis(&self, at: usize, frame: Frame, open: Option<usize>, dots: &str) -> Option<String> {
        let (previous, word) = self.before(at);
        let next = self.token(at + 1);
        let alone = open.is_some_and(|open| open + 1 == at && self.partner[open] == at + 1);
        match frame {
            Frame::Switch { arrows } if previous == Some(Token::Sign(b'{')) => {
                Some(if arrows { format!("case {dots} -> {dots};") } else { format!("case {dots}:") })
            }
            Frame::Switch { .. } if previous == Some(Token::Arrow) => Some(format!("{dots};")),
            Frame::Statements | Frame::Switch { .. } => {
                let starts = match previous {
                    None | Some(Token::Sign(b'{' | b'}' | b';') | Token::Ellipsis | Token::Sequence) => true,
                    Some(Token::Sign(b':')) => matches!(frame, Frame::Switch { .. }),
                    Some(Token::Sign(b')')) => {
                        matches!(self.before(self.partner[at - 1]).1, "if" | "while" | "for" | "switch")
                    }
                    Some(Token::Word) => matches!(word, "else" | "do"),
                    _ => false,
                };
                let ends = match next {
                    None | Some(Token::Word | Token::Text | Token::Ellipsis | Token::Sequence) => true,
                    Some(Token::Sign(sign)) => matches!(sign, b'}' | b'{' | b'(' | b'@' | b';'),
                    Some(Token::Arrow) => false,
                };
                (starts && ends).then(|| {
                    let semicolon = if next == Some(Token::Sign(b';')) { "" } else { ";" };
                    format!("{dots} {dots}{semicolon}")
                })
            }
            Frame::Parameters => Some(format!("{dots} {dots}")),
            Frame::Annotation => (!alone).then(|| format!("{dots} = {dots}")),
            Frame::Enum | Frame::Other => None,
        }
    }
}

/// Pairs the brackets. A `<` has a partner only if what is between is made of types.
fn partners(list: &[(Token, Span)]) -> Vec<usize> {
    let mut partner: Vec<usize> = (0..list.len()).collect();
    let mut open: Vec<(u8, usize)> = Vec::new();
    for (at, &(token, _)) in list.iter().enumerate() {
        match token {
            Token::Sign(sign @ (b'(' | b'[' | b'{' | b'<')) => open.push((sign, at)),
            Token::Sign(sign @ (b')' | b']' | b'}' | b'>')) => {
                let wanted = match sign {
                    b')' => b'(',
                    b']' => b'[',
                    b'}' => b'{',
                    _ => b'<',
                };
                while wanted != b'<' && open.last().is_some_and(|&(sign, _)| sign == b'<') {
                    open.pop();
                }
                if open.last().is_some_and(|&(sign, _)| sign == wanted) {
                    let (_, start) = open.pop().expect("just seen");
                    (partner[start], partner[at]) = (at, start);
                }
            }
            Token::Word | Token::Ellipsis | Token::Sequence | Token::Sign(b'.' | b',' | b'?' | b'@' | b'&') => {}
            _ => {
                while open.last().is_some_and(|&(sign, _)| sign == b'<') {
                    open.pop();
                }
            }
        }
    }
    partner
}

fn is_metavariable(word: &str) -> bool {
    word.strip_prefix('$').is_some_and(|name| {
        name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') && !name.bytes().any(|b| b.is_ascii_lowercase())
    })
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$') || !byte.is_ascii()
}

/// Length of the word at the start.
fn word(bytes: &[u8]) -> usize {
    bytes.iter().take_while(|&&byte| is_word(byte)).count()
}

/// Length of the quoted text at the start.
fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() && bytes[at] != quote && bytes[at] != b'\n' {
        at += if bytes[at] == b'\\' { 2 } else { 1 };
    }
    (at + 1).min(bytes.len())
}
