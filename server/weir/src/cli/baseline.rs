//! `weir baseline`: what is found now is known from here on.

use super::{Exit, notices, scan};
use crate::args::{BaselineArgs, ScanArgs};
use crate::baseline::Baseline;
use anyhow::Context as _;
use std::sync::Arc;

/// Scans as `weir scan` does, and writes down what it would report.
pub(crate) fn main(args: BaselineArgs) -> anyhow::Result<Exit> {
    let BaselineArgs { paths, rules, files, engine, output } = args;
    let args = ScanArgs { paths, rules, files, engine, no_baseline: true, ..ScanArgs::default() };
    let scan::Scanned { report, config, targets, failed, .. } = scan::scan(&args)?;
    let mut baseline = Baseline::default();
    for (file, finding) in report.findings() {
        let path = targets.get(&file.path).unwrap_or(&file.path);
        baseline.add(path, finding);
    }
    let path = output.unwrap_or_else(|| config.baseline.clone());
    baseline.write(&path).with_context(|| format!("writing {}", path.display()))?;
    notices::print(&report, true, false);
    let (findings, files) = baseline.len();
    let (findings, files) = (notices::plural(findings, "finding"), notices::plural(files, "file"));
    notices::say(&[format!("weir: {findings} in {files} written to {}", path.display())]);
    Ok(if failed { Exit::Failed } else { Exit::Ok })
}

/// Paths in the project by the paths that are shown.
pub(super) type Targets = std::collections::HashMap<Arc<str>, Arc<str>>;
