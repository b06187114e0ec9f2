//! `weir baseline`: what is found now is known from here on.

use super::{Exit, notices, scan};
use crate::args::{BaselineArgs, ScanArgs};
use crate::baseline::Baseline;
use crate::config::baseline_root;
use crate::shared_baseline::{self, Changed};
use anyhow::Context as _;
use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Who writes a baseline is done in a moment; who waited for this long has met somebody who is not.
const PATIENCE: Duration = Duration::from_mins(1);

/// Scans as `weir scan` does, and writes down what it would report.
pub(crate) fn main(args: BaselineArgs) -> anyhow::Result<Exit> {
    let BaselineArgs { paths, rules, files, engine, output } = args;
    let args = ScanArgs { paths, rules, files, engine, no_baseline: true, ..ScanArgs::default() };
    let (config, _) = scan::configuration(&args);
    let path = output.unwrap_or(config.baseline);
    let root = baseline_root(&path);
    // One that cannot be read is written anew.
    let before = Baseline::read(&path, &root).unwrap_or_default();
    let (scanned, changed) = scan::scan_and(&args, async |scanned, remote| {
        let mut found = Baseline::default();
        for (file, finding) in scanned.report.findings() {
            found.add(scanned.targets.get(&file.path).unwrap_or(&file.path), finding);
        }
        let write = move |now: io::Result<Baseline>| {
            let mut found = found.clone();
            found.add_news(&before, &now.unwrap_or_default());
            Ok(found)
        };
        let changed = shared_baseline::change(remote, &path, &root, PATIENCE, write).await;
        changed.with_context(|| format!("writing {}", path.display()))
    })?;
    let (report, failed) = (scanned.report, scanned.failed);
    let Changed { baseline, alone } = changed;
    if let Some(reason) = alone {
        notices::say(&[format!("weir: written without asking the engine whether somebody else writes it: {reason}")]);
    }
    notices::print(&report, true, false);
    let (findings, files) = baseline.len();
    let (findings, files) = (notices::plural(findings, "finding"), notices::plural(files, "file"));
    notices::say(&[format!("weir: {findings} in {files} written to {}", path.display())]);
    Ok(if failed { Exit::Failed } else { Exit::Ok })
}

/// Paths in the project by the paths that are shown.
pub(super) type Targets = std::collections::HashMap<Arc<str>, Arc<str>>;
