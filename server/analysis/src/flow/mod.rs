//! What happens in a function: control flow, scopes, constants.

mod constant;
mod fold;
mod frames;
mod functions;
mod interpret;
mod pure;
mod scope;

pub(crate) use constant::{Constants, Value};
pub(crate) use fold::number;
pub(crate) use frames::Flow;
pub(crate) use functions::{Functions, Reached, class_around, last_name};
pub(crate) use interpret::Interpret;
pub(crate) use scope::{Scopes, is_this};
