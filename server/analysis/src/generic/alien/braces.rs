//! Which braces belong together, in patterns as in texts.

use crate::budget::{Budget, Stop};

/// What stands at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// A character that may be a brace.
    Char(char),
    /// What is passed over.
    Other,
    /// What ends a group that is open.
    Wall,
}

/// No place.
const NONE: u32 = u32::MAX;

/// For each opening brace, where it is closed: by the first brace of its kind that is reached when inner groups are passed
/// over whole. A brace that is not closed is a character like another; so is one that closes what was not opened.
pub(super) fn closings(
    count: usize,
    step: impl Fn(usize) -> Step,
    braces: &[(char, char)],
    budget: &Budget<'_>,
) -> Result<Vec<u32>, Stop> {
    let mut closings = vec![NONE; count];
    // For each kind, the first closing brace that is reached from a place on.
    let mut reached = vec![vec![NONE; count + 1]; braces.len()];
    for at in (0..count).rev() {
        budget.tick()?;
        let step = step(at);
        let Step::Char(c) = step else {
            for reached in &mut reached {
                reached[at] = if step == Step::Wall { NONE } else { reached[at + 1] };
            }
            continue;
        };
        if let Some(kind) = braces.iter().position(|(open, _)| *open == c) {
            closings[at] = reached[kind][at + 1];
        }
        let next = if closings[at] == NONE { at + 1 } else { closings[at] as usize + 1 };
        for (reached, (_, close)) in reached.iter_mut().zip(braces) {
            reached[at] = if *close == c { at as u32 } else { reached[next] };
        }
    }
    Ok(closings)
}

/// Where a brace is closed.
pub(super) fn closing(closings: &[u32], at: usize) -> Option<usize> {
    closings.get(at).filter(|closing| **closing != NONE).map(|closing| *closing as usize)
}
