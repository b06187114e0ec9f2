//! `weir baseline`: what is found now is known from here on.

use super::{Exit, notices, scan};
use crate::args::{BaselineArgs, ScanArgs};
use crate::baseline::{Baseline, Names};
use crate::config::baseline_root;
use crate::shared_baseline::{self, Changed};
use anyhow::Context as _;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Who writes a baseline is done in a moment; who waited for this long has met somebody who is not.
const PATIENCE: Duration = Duration::from_mins(1);

/// Scans as `weir scan` does, and writes down what it would report. What is known of files that are not scanned stays.
pub(crate) fn main(args: BaselineArgs) -> anyhow::Result<Exit> {
    let BaselineArgs { paths, rules, files, engine, output } = args;
    let args = ScanArgs { paths, rules, files, engine, no_baseline: true, ..ScanArgs::default() };
    let (config, _) = scan::configuration(&args);
    let path = output.unwrap_or(config.baseline);
    let root = baseline_root(&path);
    let names = Names::under(&root);
    let scope: Vec<PathBuf> = args.paths.iter().filter_map(|path| path.canonicalize().ok()).collect();
    // One that cannot be read is written anew.
    let before = Baseline::read(&path, &root).unwrap_or_default();
    let (scanned, changed) = scan::scan_and(&args, async |scanned, remote| {
        // A mistyped path, or a configuration with mistakes, is not what is to be known from here on.
        if scanned.failed {
            return Ok(None);
        }
        let mut found = Baseline::default();
        found.keep(&before, |name| !scope.iter().any(|scanned| names.path(name).starts_with(scanned)));
        for (file, finding) in scanned.report.findings() {
            let in_project = scanned.targets.get(&file.path).unwrap_or(&file.path);
            found.add(&names.of(&file.file, in_project), finding);
        }
        let write = move |now: io::Result<Baseline>| {
            let mut found = found.clone();
            found.add_news(&before, &now.unwrap_or_default());
            Ok(found)
        };
        let changed = shared_baseline::change(remote, &path, &root, PATIENCE, write).await;
        changed.map(Some).with_context(|| format!("writing {}", path.display()))
    })?;
    let Some(Changed { baseline, alone }) = changed else {
        notices::print(&scanned.report, true, false);
        notices::say(&[format!("weir: nothing was written to {}", path.display())]);
        return Ok(Exit::Failed);
    };
    let report = scanned.report;
    if let Some(reason) = alone {
        notices::say(&[format!("weir: written without asking the engine whether somebody else writes it: {reason}")]);
    }
    notices::print(&report, true, false);
    let (findings, files) = baseline.len();
    let (findings, files) = (notices::plural(findings, "finding"), notices::plural(files, "file"));
    notices::say(&[format!("weir: {findings} in {files} written to {}", path.display())]);
    Ok(Exit::Ok)
}

/// Paths in the project by the paths that are shown.
pub(super) type Targets = std::collections::HashMap<Arc<str>, Arc<str>>;
