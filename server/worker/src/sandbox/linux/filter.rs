//! The lists of calls as filters in the kernel.

use super::calls::{ALLOWED, DEADLY, Line, When};
use crate::sandbox::{Confinement, Lack, Step};
use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule, TargetArch, apply_filter_all_threads,
};
use std::collections::BTreeMap;

/// Puts both filters over all threads. The kernel asks both and does the worst of what they say; calls that are always allowed
/// it remembers, and asks no filter about.
pub(super) fn install(_: &Confinement) -> Result<(), Lack> {
    let failed = |error: BackendError| Lack::new(Step::Calls, error);
    let unknown = SeccompAction::Errno(libc::ENOSYS as u32);
    let deadly = program(DEADLY, SeccompAction::Allow, SeccompAction::KillProcess).map_err(failed)?;
    let allowed = program(ALLOWED, unknown, SeccompAction::Allow).map_err(failed)?;
    // In this order: nothing is put over the second.
    for filter in [deadly, allowed] {
        apply_filter_all_threads(&filter).map_err(|error| Lack::new(Step::Calls, error))?;
    }
    Ok(())
}

fn program(lines: &[Line], otherwise: SeccompAction, listed: SeccompAction) -> Result<BpfProgram, BackendError> {
    // A processor for which there is no filter is refused here.
    let processor = TargetArch::try_from(std::env::consts::ARCH)?;
    let mut rules: BTreeMap<i64, Vec<SeccompRule>> = BTreeMap::new();
    for line in lines {
        // A call without rules is listed whatever its arguments are.
        let of_call = rules.entry(line.call).or_default();
        if !line.when.is_empty() {
            let conditions: Result<Vec<_>, _> = line.when.iter().map(|&when| condition(when)).collect();
            of_call.push(SeccompRule::new(conditions?)?);
        }
    }
    SeccompFilter::new(rules, otherwise, listed, processor)?.try_into()
}

fn condition(when: When) -> Result<SeccompCondition, BackendError> {
    use SeccompCmpArgLen::{Dword, Qword};
    let own = || u64::from(std::process::id());
    let (argument, length, operator, value) = match when {
        When::Is(argument, value) => (argument, Dword, SeccompCmpOp::Eq, u64::from(value)),
        When::Bits(argument, mask, value) => (argument, Qword, SeccompCmpOp::MaskedEq(mask), value),
        When::IsSelf(argument) => (argument, Dword, SeccompCmpOp::Eq, own()),
        When::IsNotSelf(argument) => (argument, Dword, SeccompCmpOp::Ne, own()),
    };
    SeccompCondition::new(argument, length, operator, value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_call_is_listed_with_and_without_arguments() {
        for lines in [ALLOWED, DEADLY] {
            for (at, line) in lines.iter().enumerate() {
                let again = lines[at + 1..].iter().find(|other| other.call == line.call);
                let both = again.is_some_and(|again| again.when.is_empty() || line.when.is_empty());
                assert!(!both, "call {} is listed twice", line.call);
            }
        }
    }
}
