//! The steps on Linux.

mod calls;
mod filter;

use super::{Confinement, Lack, Level, Step};
use crate::child::STACKS;
use landlock::{
    ABI, Access as _, AccessFs, AccessNet, Ruleset, RulesetAttr as _, RulesetCreated, RulesetError, RulesetStatus,
    Scope,
};
use rustix::io::Errno;
use rustix::mm::{MlockAllFlags, mlockall};
use rustix::process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit};
use rustix::thread::{CapabilitySet, capabilities, set_no_new_privs};
use std::fmt;

type Take = fn(&Confinement) -> Result<(), Lack>;

/// The filter of calls is the last: it leaves none by which another step could be taken, or taken back.
pub(super) const STEPS: [(Step, Take); 8] = [
    (Step::Descriptors, descriptors),
    (Step::Privileges, privileges),
    (Step::Dumps, dumps),
    (Step::Freed, freed),
    (Step::Files, files),
    (Step::Swap, swap),
    (Step::Limits, limits),
    (Step::Calls, filter::install),
];

/// The descriptors of a worker: standard input, output and error,
const STANDARD: i32 = 3;

/// and one more, by which it writes whole frames.
const MAX_DESCRIPTORS: u64 = 4;

/// The newest things that are given up where the kernel knows them: signals and abstract sockets are of Linux 6.12.
const LANDLOCK: ABI = ABI::V6;

fn at<E: fmt::Display>(step: Step) -> impl Fn(E) -> Lack {
    move |error| Lack::new(step, error)
}

/// Programs start others with descriptors that they forgot to close, and an editor starts its language server so.
fn descriptors(_: &Confinement) -> Result<(), Lack> {
    let names = std::fs::read_dir("/proc/self/fd").map_err(at(Step::Descriptors))?;
    // The list is open while it is read, and its own descriptor is in it: gone when the others are closed.
    let open: Vec<i32> = names.flatten().filter_map(|name| name.file_name().to_str()?.parse().ok()).collect();
    for descriptor in open.into_iter().filter(|&descriptor| descriptor >= STANDARD) {
        match nix::unistd::close(descriptor) {
            Ok(()) | Err(nix::errno::Errno::EBADF) => {}
            Err(error) => return Err(Lack::new(Step::Descriptors, error)),
        }
    }
    Ok(())
}

fn privileges(_: &Confinement) -> Result<(), Lack> {
    set_no_new_privs(true).map_err(at(Step::Privileges))
}

/// Also closes `/proc/PID/mem` and `process_vm_readv` to all but root, and leaves no core dump to a program that is given them,
/// which no limit does.
fn dumps(_: &Confinement) -> Result<(), Lack> {
    set_dumpable_behavior(DumpableBehavior::NotDumpable).map_err(at(Step::Dumps))
}

fn freed(confinement: &Confinement) -> Result<(), Lack> {
    if confinement.level == Level::Hardened && !Confinement::overwrites_freed() {
        return Err(Lack::new(Step::Freed, "the allocator was not told to"));
    }
    Ok(())
}

fn files(_: &Confinement) -> Result<(), Lack> {
    let ruleset = || -> Result<RulesetCreated, RulesetError> {
        Ruleset::default()
            .handle_access(AccessFs::from_all(LANDLOCK))?
            .handle_access(AccessNet::from_all(LANDLOCK))?
            .scope(Scope::from_all(LANDLOCK))?
            .create()
    };
    let status = ruleset().and_then(RulesetCreated::restrict_self).map_err(at(Step::Files))?;
    match status.ruleset {
        RulesetStatus::NotEnforced => Err(Lack::new(Step::Files, "the kernel has no Landlock")),
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
    }
}

/// Pages are locked as they are touched: the stacks, which are large and hardly used, cost nothing. Where less may be locked than
/// the worker may take, a lock would make memory that it may have memory that it does not get.
fn swap(confinement: &Confinement) -> Result<(), Lack> {
    if confinement.level != Level::Hardened {
        return Ok(());
    }
    let failed = at::<Errno>(Step::Swap);
    let allowed = getrlimit(Resource::Memlock).maximum;
    setrlimit(Resource::Memlock, Rlimit { current: allowed, maximum: allowed }).map_err(&failed)?;
    let may_lock_all = allowed.is_none_or(|allowed| allowed >= data(confinement));
    let has_the_right = || capabilities(None).is_ok_and(|own| own.effective.contains(CapabilitySet::IPC_LOCK));
    if !may_lock_all && !has_the_right() {
        return Err(Lack::new(Step::Swap, "too little memory may be locked"));
    }
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT).map_err(failed)
}

/// What a process is limited in counts for it alone, but for the number of processes, which counts those of the whole user: no
/// limit for what a person starts. There is no call left to start one with.
fn limits(confinement: &Confinement) -> Result<(), Lack> {
    let limits = [
        (Resource::Core, 0),
        // A worker whose standard output or error is a file is ended by what it writes. Its parent gives it pipes.
        (Resource::Fsize, 0),
        (Resource::Nofile, MAX_DESCRIPTORS),
        (Resource::Data, data(confinement)),
    ];
    for (resource, limit) in limits {
        // A limit that is lower already stays.
        let limit = getrlimit(resource).maximum.map_or(limit, |hard| hard.min(limit));
        setrlimit(resource, Rlimit { current: Some(limit), maximum: Some(limit) }).map_err(at(Step::Limits))?;
    }
    Ok(())
}

/// Stacks count as data from their first byte to their last, whether used or not.
fn data(confinement: &Confinement) -> u64 {
    confinement.memory.saturating_add(STACKS)
}
