//! What a worker gives up before it reads its first request: a parser that is taken over by the code it reads has nothing to
//! take it further.
//!
//! [`enter`] is called while the process has one thread. What it gives up is listed in [`Step`], which system calls are left in
//! `linux/calls.rs`. The parent asks for it in the worker's environment ([`Confinement`]).

mod confinement;
#[cfg(target_os = "linux")]
mod linux;
#[cfg(not(target_os = "linux"))]
mod other;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use other as platform;

pub use confinement::{Confinement, Level};

use std::fmt;

/// What a worker gives up, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Descriptors that its parent had open by chance.
    Descriptors,
    /// To be given rights by a program that it starts.
    Privileges,
    /// To be read by others of the same user, and to leave a core dump.
    Dumps,
    /// To leave what it freed in its memory. Asked of hardened workers only.
    Freed,
    /// All files, as far as the kernel knows how.
    Files,
    /// Space on swap. Asked of hardened workers only.
    Swap,
    /// Memory over its limit, files with something in them, more descriptors.
    Limits,
    /// All system calls but a few.
    Calls,
}

impl Step {
    /// Whether a hardened worker refuses to start without it. The others stand behind one that is not optional: no call is left
    /// that opens a file, and what may be on swap is a question of the machine as much as of the worker.
    fn is_optional(self) -> bool {
        matches!(self, Self::Files | Self::Swap)
    }

    /// What whoever runs the machine can do.
    fn help(self) -> &'static str {
        match self {
            Self::Descriptors => "mount /proc",
            Self::Privileges | Self::Dumps => "use Linux 3.5 or newer",
            Self::Freed => "use a build for glibc, and let Weir start its workers itself",
            Self::Files => {
                "use a kernel with Landlock (Linux 5.13), and have it among those in /sys/kernel/security/lsm"
            }
            Self::Swap => "allow as much locked memory as a worker may take (LimitMEMLOCK=infinity), or turn swap off",
            Self::Limits => "let the hard limits stand as high as a worker's limit of memory",
            Self::Calls => "allow seccomp filters (Linux 3.17; in a container, its seccomp profile)",
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Descriptors => "closing inherited descriptors",
            Self::Privileges => "giving up new privileges",
            Self::Dumps => "closing its memory to others",
            Self::Freed => "overwriting freed memory",
            Self::Files => "giving up files",
            Self::Swap => "keeping its memory off swap",
            Self::Limits => "limiting itself",
            Self::Calls => "filtering system calls",
        })
    }
}

/// A step that could not be taken. Says nothing of what the worker reads: it has not read anything.
#[derive(Debug, thiserror::Error)]
#[error("{step} failed ({reason}): {}", step.help())]
pub struct Lack {
    step: Step,
    reason: String,
}

impl Lack {
    fn new(step: Step, reason: impl fmt::Display) -> Self {
        Self { step, reason: reason.to_string() }
    }
}

/// Proof that this process has given up what it was asked to, as far as it could. The worker's loop asks for it.
#[derive(Debug)]
pub struct Sandboxed {
    lacks: Vec<String>,
}

impl Sandboxed {
    /// What the worker should have given up and did not, for the log.
    pub fn lacks(&self) -> &[String] {
        &self.lacks
    }
}

/// Gives up all that [`Step`] lists, for good. A usual worker goes on without what cannot be had; a hardened one does not, but
/// for optional steps.
pub fn enter(confinement: &Confinement) -> Result<Sandboxed, Lack> {
    if confinement.level == Level::Off {
        return Ok(Sandboxed { lacks: vec![format!("{}=off", Confinement::VARIABLE)] });
    }
    let hardened = confinement.level == Level::Hardened;
    let mut lacks = Vec::new();
    for (step, take) in platform::STEPS {
        match take(confinement) {
            Ok(()) => {}
            Err(lack) if hardened && !step.is_optional() => return Err(lack),
            Err(lack) if hardened || !step.is_optional() => lacks.push(lack.to_string()),
            // Nobody is to be told of what another step makes up for on a person's own machine.
            Err(_) => {}
        }
    }
    Ok(Sandboxed { lacks })
}
