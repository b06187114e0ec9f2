use super::{Anchor, Audit, AuditConfig, Broken, Entry, MOST_BROKEN, anchor, verify};
use crate::Clock;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tempfile::TempDir;

fn entry(number: u64) -> Entry {
    Entry {
        tenant: "0123456789abcdef".to_owned(),
        request: format!("request {number} \"\u{e9}\n"),
        action: "analyze".to_owned(),
        status: "ok".to_owned(),
        counts: BTreeMap::from([("files".to_owned(), number), ("findings".to_owned(), 2)]),
    }
}

/// A log of so many lines in small files, and the clock it was written by.
fn written(lines: u64, files: usize) -> (TempDir, Clock) {
    let (folder, clock) = (tempfile::tempdir().expect("a folder"), Clock::standing_at(1_795_000_000_000));
    let config = AuditConfig { file_bytes: 2000, files };
    let (audit, losses) = Audit::open(&data(&folder), config, clock.clone()).expect("opened");
    assert!(losses.is_empty());
    // The first line says that the log was opened.
    for number in 2..=lines {
        clock.advance(Duration::from_secs(1));
        audit.append(entry(number)).expect("written");
    }
    assert_eq!(audit.flush().expect("flushed").seq, lines);
    (folder, clock)
}

fn data(folder: &TempDir) -> PathBuf {
    folder.path().join("data")
}

fn files(data: &Path) -> Vec<PathBuf> {
    super::files(&super::folder(data)).expect("listed").into_iter().map(|(_, path)| path).collect()
}

fn broken(data: &Path) -> Vec<Broken> {
    verify(data, None).expect("read").broken
}

#[test]
fn a_log_that_nobody_touched_is_intact_over_files_days_and_restarts() {
    let (folder, clock) = written(40, 100);
    let data = data(&folder);
    assert!(files(&data).len() > 3);
    for start in 1..4 {
        clock.advance(Duration::from_hours(24));
        let (audit, losses) = Audit::open(&data, AuditConfig::default(), clock.clone()).expect("opened");
        assert!(losses.is_empty());
        audit.append(entry(9)).expect("written");
        let anchor = audit.flush().expect("flushed");
        // Also while it is open.
        let verified = verify(&data, Some(&anchor)).expect("read");
        assert_eq!((verified.broken, verified.range), (vec![], Some((1, 40 + 2 * start))));
    }
}

#[test]
fn files_that_are_too_many_are_removed_and_not_missed() {
    let (folder, _) = written(60, 3);
    let data = data(&folder);
    assert_eq!(files(&data).len(), 3);
    let verified = verify(&data, None).expect("read");
    assert_eq!(verified.broken, []);
    let (first, last) = verified.range.expect("lines");
    assert!(first > 1 && last == 60 && verified.lines == 61 - first);
}

/// Changes the lines of a file in the middle of the log.
fn change(data: &Path, change: impl Fn(&mut Vec<String>)) {
    let path = &files(data)[1];
    let text = fs::read_to_string(path).expect("read");
    let mut lines = text.lines().map(str::to_owned).collect();
    change(&mut lines);
    fs::write(path, lines.join("\n") + "\n").expect("written");
}

#[test]
fn whoever_changes_a_line_is_found_out() {
    type Change = fn(&mut Vec<String>);
    type Expected = fn(&Broken) -> bool;
    let cases: [(&str, Change, Expected); 6] = [
        (
            "edited",
            |lines| lines[2] = lines[2].replace("\"findings\":2", "\"findings\":0"),
            |broken| matches!(broken, Broken::Edited { line: 3, .. }),
        ),
        ("garbage", |lines| lines[2] = "hello".to_owned(), |broken| matches!(broken, Broken::Edited { line: 3, .. })),
        ("removed", |lines| drop(lines.remove(2)), |broken| matches!(broken, Broken::Missing { line: 3, .. })),
        ("swapped", |lines| lines.swap(2, 3), |broken| matches!(broken, Broken::Missing { line: 3, .. })),
        (
            "repeated",
            |lines| lines.insert(2, lines[1].clone()),
            |broken| matches!(broken, Broken::OutOfOrder { line: 3, .. }),
        ),
        ("cut", |lines| lines.truncate(2), |broken| matches!(broken, Broken::Missing { line: 1, .. })),
    ];
    for (what, how, expected) in cases {
        let (folder, _) = written(30, 100);
        change(&data(&folder), how);
        let broken = broken(&data(&folder));
        assert!(!broken.is_empty() && broken.len() < MOST_BROKEN && expected(&broken[0]), "{what}: {broken:?}");
    }
}

#[test]
fn an_end_that_is_missing_is_missed_also_after_the_engine_went_on() {
    let (folder, clock) = written(30, 100);
    let data = data(&folder);
    let last = files(&data).pop().expect("files");
    fs::remove_file(&last).expect("removed");
    let missing = broken(&data);
    assert!(matches!(missing[..], [Broken::Truncated { known: 30, .. }]), "{missing:?}");
    let (audit, losses) = Audit::open(&data, AuditConfig::default(), clock).expect("opened");
    assert_eq!(losses.len(), 1);
    audit.append(entry(1)).expect("written");
    audit.flush().expect("flushed");
    let missing = broken(&data);
    assert!(matches!(missing[..], [Broken::Missing { found: 31, .. }]), "{missing:?}");
    // Where somebody else knows more, or what is written down was changed, that is told as well.
    fs::write(data.join("audit.anchor"), "x").expect("written");
    assert!(broken(&data).contains(&Broken::NoAnchor));
}

#[test]
fn a_start_does_not_mend_what_was_tampered_with() {
    type Tamper = fn(&Path);
    let cases: [Tamper; 3] = [
        |data| {
            change(data, |lines| lines.truncate(2));
            fs::write(data.join("audit.anchor"), "x").expect("written");
        },
        |data| fs::remove_file(data.join("audit.anchor")).expect("removed"),
        |data| {
            fs::remove_dir_all(data.join("audit")).expect("removed");
            fs::remove_file(data.join("audit.anchor")).expect("removed");
        },
    ];
    for (number, tamper) in cases.into_iter().enumerate() {
        let (folder, clock) = written(30, 100);
        let data = data(&folder);
        tamper(&data);
        for start in 0..2 {
            let (audit, losses) = Audit::open(&data, AuditConfig::default(), clock.clone()).expect("opened");
            assert_eq!(losses.is_empty(), start > 0, "{number}: said once");
            audit.append(entry(1)).expect("written");
            audit.flush().expect("flushed");
            let broken = broken(&data);
            assert!(broken.iter().any(|broken| matches!(broken, Broken::Unproven { .. })), "{number}: {broken:?}");
        }
    }
}

#[test]
fn looking_at_a_log_that_is_not_there_begins_none() {
    let folder = tempfile::tempdir().expect("a folder");
    assert_eq!(anchor(folder.path()), Ok(None));
    assert_eq!(broken(folder.path()), []);
    assert_eq!(fs::read_dir(folder.path()).expect("readable").count(), 0);
}

#[test]
fn a_log_that_was_written_anew_is_not_what_an_anchor_kept_elsewhere_says() {
    let (folder, clock) = written(30, 100);
    let data = data(&folder);
    let kept = anchor(&data).expect("read").expect("a log");
    assert_eq!(kept.to_string().parse(), Ok(kept.clone()));
    for wrong in ["", "30", "30:", "30:xyz", "x:00"] {
        assert!(wrong.parse::<Anchor>().is_err(), "{wrong}");
    }
    // By whoever may write everything, the machine's secret as well.
    fs::remove_dir_all(&data).expect("removed");
    let (audit, _) = Audit::open(&data, AuditConfig::default(), clock).expect("opened");
    for number in 2..40 {
        audit.append(entry(number * 2)).expect("written");
    }
    audit.flush().expect("flushed");
    assert_eq!(broken(&data), []);
    let against = |anchor: &Anchor| verify(&data, Some(anchor)).expect("read").broken;
    assert!(matches!(against(&kept)[..], [Broken::Rewritten { line: 30, .. }]));
    let ahead = Anchor { seq: 99, ..kept };
    assert!(matches!(against(&ahead)[..], [Broken::Truncated { known: 99, .. }]));
}

#[test]
fn a_line_that_was_torn_by_a_power_failure_is_told_and_the_log_goes_on() {
    let (folder, clock) = written(30, 100);
    let data = data(&folder);
    let last = files(&data).pop().expect("files");
    let text = fs::read(&last).expect("read");
    fs::write(&last, &text[..text.len() - 10]).expect("written");
    let (_, losses) = Audit::open(&data, AuditConfig::default(), clock).expect("opened");
    assert_eq!(losses.len(), 1);
    let broken = broken(&data);
    assert!(matches!(broken[..], [Broken::Edited { .. }]), "{broken:?}");
}

#[test]
fn half_a_line_that_nobody_was_told_is_safe_is_no_break() {
    let (folder, clock) = written(30, 100);
    let data = data(&folder);
    let last = files(&data).pop().expect("files");
    let mut text = fs::read(&last).expect("read");
    text.extend_from_slice(b"{\"seq\":31,\"ti");
    fs::write(&last, text).expect("written");
    let (_, losses) = Audit::open(&data, AuditConfig::default(), clock).expect("opened");
    assert_eq!(losses.len(), 1);
    assert_eq!(broken(&data), []);
}
