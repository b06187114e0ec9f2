//! What happens in a function: control flow, scopes, constants.

mod constant;
mod earlier;
mod fold;
mod frames;
mod functions;
mod interpret;
mod literal;
mod pure;
mod scope;

pub(crate) use constant::Constants;
pub(crate) use fold::number;
pub(crate) use frames::Flow;
pub(crate) use functions::{Functions, Reached, class_around, last_name};
pub(crate) use interpret::Interpret;
pub(crate) use literal::Value;
pub(crate) use scope::{Scopes, is_this};
