//! One file a request. Each reads a snapshot of the session and changes nothing.

pub(crate) mod author_action;
pub(crate) mod code_action;
pub(crate) mod code_lens;
pub(crate) mod command;
pub(crate) mod completion;
pub(crate) mod diagnostic;
pub(crate) mod hover;
pub(crate) mod project_file;
pub(crate) mod rule_hover;
pub(crate) mod source_lens;
