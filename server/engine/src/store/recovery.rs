//! What recovery did, for people.

use std::fmt;

/// A part of the store that was found damaged, and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loss {
    /// What was damaged: "the keys".
    pub what: &'static str,
    /// How it was brought back.
    pub how: Recovery,
}

/// The ways in which something damaged is brought back, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recovery {
    /// The store's own record of its last transactions made it whole: nothing committed was lost.
    Log,
    /// A copy took its place; what was written after the copy was made is lost.
    Backup,
    /// What could be read was kept, and what could not was taken from the copy where that has it.
    Reconstructed {
        /// Entries read and found whole.
        kept: u64,
        /// Entries out of the copy.
        from_backup: u64,
        /// Entries seen to be damaged, of which there is no copy.
        lost: u64,
    },
    /// Nothing could be kept.
    Empty,
}

impl Loss {
    pub(crate) fn new(what: &'static str, how: Recovery) -> Self {
        Self { what, how }
    }
}

impl fmt::Display for Loss {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} were damaged: ", self.what)?;
        match self.how {
            Recovery::Log => write!(out, "the last complete transaction is in force, nothing is lost"),
            Recovery::Backup => write!(out, "the copy is in force; what was changed after it was made is lost"),
            Recovery::Reconstructed { kept, from_backup, lost } => {
                write!(out, "{kept} entries were saved, {from_backup} come from the copy, {lost} or more are lost")
            }
            Recovery::Empty => write!(out, "nothing could be saved, they are empty now"),
        }?;
        write!(out, " (the damaged file is kept beside it)")
    }
}
