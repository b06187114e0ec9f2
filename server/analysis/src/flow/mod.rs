//! What happens in a function: control flow, scopes, constants.

mod constant;
pub(crate) mod interpret;
mod scope;

pub(crate) use constant::{Constants, Value};
pub(crate) use interpret::{Flow, Interpret};
pub(crate) use scope::is_this;
