//! One file a request. Each reads a snapshot of the session and changes nothing.

pub(crate) mod code_action;
mod comment;
pub(crate) mod diagnostic;
pub(crate) mod hover;
