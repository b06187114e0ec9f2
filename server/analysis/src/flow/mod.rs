//! What happens in a function: control flow, scopes, constants.

mod constant;
mod frames;
mod interpret;
mod pure;
mod scope;

pub(crate) use constant::{Constants, Value};
pub(crate) use frames::Flow;
pub(crate) use interpret::Interpret;
pub(crate) use scope::is_this;
