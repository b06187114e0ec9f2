//! A text as aliengrep sees it.

use super::braces::{self, Step};
use super::pattern::Pattern;
use crate::budget::{Budget, Stop};
use weir_model::Span;

/// A word, or one character of another kind.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token {
    pub(super) span: Span,
    pub(super) kind: TokenKind,
}

/// The kinds of token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TokenKind {
    Word,
    Char(char),
    /// A line end, where lines count.
    LineEnd,
    /// White space that is neither a blank nor a line end, where lines count.
    Space,
}

/// A text, read as a pattern wants it.
pub(super) struct Text {
    pub(super) tokens: Vec<Token>,
    /// Where braces close for an ellipsis that passes line ends, and for one that does not.
    long: Vec<u32>,
    short: Vec<u32>,
}

impl Text {
    pub(super) fn read(text: &str, pattern: &Pattern, budget: &Budget<'_>) -> Result<Self, Stop> {
        let config = &pattern.config;
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(first) = text[at..].chars().next() {
            budget.tick()?;
            let (kind, len) = if config.is_word(first) {
                (Some(TokenKind::Word), text[at..].find(|c| !config.is_word(c)).unwrap_or(text.len() - at))
            } else if first.is_ascii_whitespace() || first == '\x0B' {
                let len = 1 + usize::from(text[at..].starts_with("\r\n"));
                let kind = match first {
                    _ if config.multiline => None,
                    ' ' | '\t' => None,
                    _ if first == '\n' || len == 2 => Some(TokenKind::LineEnd),
                    _ => Some(TokenKind::Space),
                };
                (kind, len)
            } else {
                (Some(TokenKind::Char(first)), first.len_utf8())
            };
            if let Some(kind) = kind {
                tokens.push(Token { span: Span::new(at as u32, (at + len) as u32), kind });
            }
            at += len;
        }
        let closings = |white| {
            let step = |at: usize| match tokens[at].kind {
                TokenKind::Char(c) => Step::Char(c),
                TokenKind::Word => Step::Other,
                TokenKind::LineEnd | TokenKind::Space => white,
            };
            braces::closings(tokens.len(), step, &pattern.braces, budget)
        };
        let long = if pattern.has_long_ellipsis() { closings(Step::Other)? } else { Vec::new() };
        let short = if config.multiline { Vec::new() } else { closings(Step::Wall)? };
        Ok(Self { tokens, long, short })
    }

    /// The token after the one at a place that an ellipsis passes, or after the group that opens there.
    pub(super) fn next(&self, at: usize, long: bool) -> Option<usize> {
        let is_white = matches!(self.tokens.get(at)?.kind, TokenKind::LineEnd | TokenKind::Space);
        if is_white && !long {
            return None;
        }
        let closings = if long { &self.long } else { &self.short };
        Some(braces::closing(closings, at).unwrap_or(at) + 1)
    }

    /// Whether the token at a place is white space.
    pub(super) fn is_white(&self, at: usize) -> bool {
        matches!(self.tokens[at].kind, TokenKind::LineEnd | TokenKind::Space)
    }
}
