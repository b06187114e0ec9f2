//! One file a request. Each reads a snapshot of the session and changes nothing.

pub(crate) mod code_action;
pub(crate) mod command;
mod comment;
pub(crate) mod diagnostic;
pub(crate) mod hover;
pub(crate) mod project_file;
