//! Code.

use crate::run;

/// A language or kind of page on the first line, then any text as code of it, under all rules we ship.
pub fn code(data: &[u8]) {
    let Some((format, text)) = run::split(data) else { return };
    run::analyze(&run::SHIPPED, &run::parse(format, text));
}
