//! What checks of other tools look for, as weaknesses (CWE). Written from the tools' public documentation; a check that is
//! not here is one that no rule is known to be like.

mod linters;
mod python;
mod scanners;

pub(super) use python::is_bandit_test;

use weir_model::{MarkKind, Weakness};

/// Checks by their ids, each with the weaknesses (CWE) that it looks for.
type Checks = &'static [(&'static str, &'static [u16])];

/// The weaknesses that a check looks for.
pub fn weaknesses(kind: MarkKind, id: &str) -> Vec<Weakness> {
    let table: Checks = match kind {
        MarkKind::Bandit => return python::bandit(id),
        MarkKind::Noqa | MarkKind::Ruff => return python::ruff(id),
        MarkKind::Gosec => scanners::GOSEC,
        MarkKind::Sobelow => return in_families(linters::SOBELOW, id, '.'),
        MarkKind::Brakeman => linters::BRAKEMAN,
        MarkKind::DevSkim => scanners::DEVSKIM,
        MarkKind::Snyk => return exact(scanners::SNYK, id.strip_suffix("/test").unwrap_or(id)),
        MarkKind::Sonar | MarkKind::Java => return scanners::sonar(id),
        MarkKind::SpotBugs => return scanners::spotbugs(id),
        MarkKind::Eslint => return linters::eslint(id),
        MarkKind::Biome => return in_families(linters::BIOME, id, '/'),
        MarkKind::Rubocop => return in_families(linters::RUBOCOP, id, '/'),
        MarkKind::Phpcs => return in_families(linters::PHPCS, id, '.'),
        MarkKind::Psalm => linters::PSALM,
        MarkKind::Bearer => return scanners::bearer(id),
        MarkKind::CodeQl => return scanners::codeql(id),
        _ => &[],
    };
    exact(table, id)
}

fn exact(table: Checks, id: &str) -> Vec<Weakness> {
    let found = table.iter().find(|(name, _)| name.eq_ignore_ascii_case(id));
    found.map_or_else(Vec::new, |(_, cwes)| classes(cwes))
}

fn classes(cwes: &[u16]) -> Vec<Weakness> {
    cwes.iter().map(|&cwe| Weakness::of(cwe)).collect()
}

/// A name may be that of a family: `XSS` is `XSS.Raw` and all others.
fn in_families(table: Checks, id: &str, separator: char) -> Vec<Weakness> {
    let is_in = |name: &str| {
        let mut rest = name.strip_prefix(id);
        if let Some(after) = &mut rest {
            return after.is_empty() || after.starts_with(separator);
        }
        // A check below one of the table.
        id.strip_prefix(name).is_some_and(|after| after.starts_with(separator))
    };
    table.iter().filter(|(name, _)| is_in(name)).flat_map(|(_, cwes)| classes(cwes)).collect()
}
