//! Elsewhere than on Linux: limits where there are some, and the plain word that this is not a sandbox.

use super::{Confinement, Lack, Level, Step};

type Take = fn(&Confinement) -> Result<(), Lack>;

pub(super) const STEPS: [(Step, Take); 3] = [(Step::Limits, limits), (Step::Freed, freed), (Step::Calls, calls)];

/// No core dump, no file with something in it, no descriptor beside the three it has and the one of its output.
#[cfg(unix)]
fn limits(_: &Confinement) -> Result<(), Lack> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    for (resource, limit) in [(Resource::Core, 0), (Resource::Fsize, 0), (Resource::Nofile, 4)] {
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) })
            .map_err(|error| Lack::new(Step::Limits, error))?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn limits(_: &Confinement) -> Result<(), Lack> {
    Err(Lack::new(Step::Limits, "not on this system"))
}

fn freed(confinement: &Confinement) -> Result<(), Lack> {
    if confinement.level == Level::Hardened && !Confinement::overwrites_freed() {
        return Err(Lack::new(Step::Freed, "not on this system"));
    }
    Ok(())
}

fn calls(_: &Confinement) -> Result<(), Lack> {
    Err(Lack::new(Step::Calls, "only Linux has them"))
}
