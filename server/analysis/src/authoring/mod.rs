//! For who writes rules: what is wrong in a rule file that is being typed, what may stand at the cursor, what stands there, and
//! what code looks like to a pattern.
//!
//! Whether a rule is right is told by the reader that compiles it ([`crate::rule`]). What is added here works on half-written
//! text as well: an outline by indentation, and a table of the keys there are.

mod cursor;
mod keys;
mod marks;
mod metavariables;
mod outline;
mod shape;

pub use cursor::rule_cursor;
pub use marks::rule_file;
pub use shape::shape;
