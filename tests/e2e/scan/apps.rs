//! The applications under `tests/apps`: every planted hole is found, every look-alike left alone.

use serde_json::Value;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use weir_tests::binary;

/// What each application must hold of both, to be worth its place.
const AT_LEAST: usize = 10;

/// A rule at a line of a file.
type Place = (String, u64, String);

#[test]
fn all_planted_holes_are_found_and_nothing_else() {
    let output = Command::new(binary::weir())
        .args(["scan", "--json", "--quiet", "tests/apps"])
        .current_dir(binary::root())
        .output()
        .expect("weir runs");
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let found: BTreeSet<Place> = report["results"]
        .as_array()
        .expect("results")
        .iter()
        .map(|result| {
            let text = |value: &Value| value.as_str().expect("text").to_owned();
            (text(&result["path"]), result["start"]["line"].as_u64().expect("a line"), text(&result["check_id"]))
        })
        .collect();
    let (planted, undecided) = (annotated("ruleid"), annotated("todoruleid"));
    let wrong: Vec<_> = found.difference(&planted).filter(|place| !undecided.contains(*place)).collect();
    let missed: Vec<_> = planted.difference(&found).collect();
    assert!(wrong.is_empty() && missed.is_empty(), "false findings: {wrong:#?}\nmissed: {missed:#?}");
}

#[test]
fn every_application_has_holes_and_look_alikes() {
    // A hole that no rule finds yet is a hole.
    let (mut holes, look_alikes) = (annotated("ruleid"), annotated("ok"));
    holes.extend(annotated("todoruleid"));
    for app in fs::read_dir(binary::root().join("tests/apps")).expect("the applications") {
        let app = format!("tests/apps/{}/", app.expect("a folder").file_name().to_string_lossy());
        let in_app = |places: &BTreeSet<Place>| places.iter().filter(|(path, ..)| path.starts_with(&app)).count();
        let (holes, look_alikes) = (in_app(&holes), in_app(&look_alikes));
        assert!(holes >= AT_LEAST && look_alikes >= AT_LEAST, "{app}: {holes} holes, {look_alikes} look-alikes");
    }
}

/// The places that comments `<kind>: <rule>[, <rule>]` speak about: the line after each.
fn annotated(kind: &str) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    collect(&binary::root().join("tests/apps"), kind, &mut places);
    places
}

fn collect(folder: &Path, kind: &str, places: &mut BTreeSet<Place>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            collect(&path, kind, places);
            continue;
        }
        let name = path.strip_prefix(binary::root()).expect("inside").to_string_lossy().into_owned();
        let text = fs::read_to_string(&path).expect("a text");
        for (line, next) in text.lines().zip(2..) {
            let comment =
                line.trim_start().trim_start_matches(['#', '/', '*', '<', '!', '-', '%', '{', '?']).trim_start();
            let Some(ids) = comment.strip_prefix(kind).and_then(|rest| rest.strip_prefix(':')) else { continue };
            let is_id = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
            let ids = ids.split(',').map(|id| id.trim().split(|c| !is_id(c)).next().unwrap_or_default());
            places.extend(ids.map(|id| (name.clone(), next, id.to_owned())));
        }
    }
}
