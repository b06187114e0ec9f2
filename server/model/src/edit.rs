//! One change to a text.

use crate::Span;
use serde::{Deserialize, Serialize};

/// Replace the bytes of `span` by `text`. Offsets are in bytes of the UTF-8 text before this edit; the edits of one
/// batch apply one after the other, each to the result of the one before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edit {
    /// What is replaced. Both ends lie on character boundaries.
    pub span: Span,
    /// What stands there afterwards.
    pub text: String,
}

impl Edit {
    /// Replace `span` by `text`.
    pub fn new(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into() }
    }
}
