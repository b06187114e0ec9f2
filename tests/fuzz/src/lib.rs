//! What must hold for any input whatever. Each target is a function here; `targets/` hands them what libFuzzer makes up.

mod code;
mod conditions;
mod edits;
mod frames;
mod patterns;
mod rules;
mod run;
mod seal;
#[path = "../../../server/analysis/tests/analysis/sound.rs"]
mod sound;

pub use code::code;
pub use conditions::{Conditions, conditions};
pub use edits::{Session, edits};
pub use frames::frames;
pub use patterns::patterns;
pub use rules::rules;
pub use run::prepare;
pub use seal::seal;
