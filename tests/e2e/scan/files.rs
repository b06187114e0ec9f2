//! Which files are scanned, and that nothing is left out in silence.

use super::{BAD, Project};

#[test]
fn ignore_files_are_honoured_and_can_be_switched_off() {
    let project = Project::new(&[
        ("a.py", BAD),
        ("gitignored.py", BAD),
        ("kept/semgrepignored.py", BAD),
        ("kept/b.py", BAD),
        ("generated/c.py", BAD),
        (".gitignore", "gitignored.py\ngenerated/\n"),
        (".semgrepignore", ":include more-ignores\n"),
        ("more-ignores", "semgrepignored.py\n"),
    ])
    .git();
    assert_eq!(project.found_in(&["."]), "a.py kept/b.py");
    assert_eq!(project.found_in(&[".", "--no-git-ignore"]), "a.py generated/c.py gitignored.py kept/b.py");
    let all = "a.py generated/c.py gitignored.py kept/b.py kept/semgrepignored.py";
    assert_eq!(project.found_in(&[".", "--no-ignore"]), all);
}

#[test]
fn semgrepignore_brings_back_what_git_ignores() {
    let project = Project::new(&[("a.py", BAD), (".gitignore", "a.py\n"), (".semgrepignore", "!a.py\n")]).git();
    assert_eq!(project.found_in(&[]), "a.py");
}

#[test]
fn a_deeper_ignore_file_outranks_one_above() {
    let project = Project::new(&[
        ("x/a.py", BAD),
        ("y/a.py", BAD),
        (".semgrepignore", "a.py\n"),
        ("x/.semgrepignore", "!a.py\n"),
    ]);
    assert_eq!(project.found_in(&[]), "x/a.py");
}

#[test]
fn without_a_semgrepignore_a_default_set_stands_in() {
    let project = Project::new(&[("a.py", BAD), ("node_modules/b.py", BAD), ("src/tests/c.py", BAD)]);
    assert_eq!(project.found_in(&[]), "a.py");
    project.write(".semgrepignore", "");
    assert_eq!(project.found_in(&[]), "a.py node_modules/b.py src/tests/c.py");
}

#[test]
fn what_is_named_is_scanned_even_if_it_is_ignored() {
    let project = Project::new(&[("tests/apps/a.py", BAD), ("b.py", BAD), (".gitignore", "b.py\n")]).git();
    assert_eq!(project.found_in(&["."]), "");
    assert_eq!(project.found_in(&["tests/apps"]), "tests/apps/a.py");
    assert_eq!(project.found_in(&["b.py"]), "b.py");
}

#[test]
fn globs_of_the_command_line_include_and_exclude() {
    let project = Project::new(&[("a.py", BAD), ("api/b.py", BAD), ("api/old/c.py", BAD)]);
    assert_eq!(project.found_in(&["--include", "api"]), "api/b.py api/old/c.py");
    assert_eq!(project.found_in(&["--exclude", "old", "--exclude", "/a.py"]), "api/b.py");
    assert_eq!(project.found_in(&["--include", "*.py", "--exclude", "old/"]), "a.py api/b.py");
}

#[test]
fn overlapping_paths_give_each_file_once() {
    let project = Project::new(&[("a.py", BAD), ("b/c.py", BAD)]);
    let results = project.scan(&[".", "b", "a.py", "--json"]).json();
    assert_eq!(results["results"].as_array().map(Vec::len), Some(2));
}

#[test]
fn files_without_extension_are_read_by_their_interpreter() {
    let project = Project::new(&[("manage", "#!/usr/bin/env python3\nyaml.load(x)\n"), ("notes", BAD)]);
    assert_eq!(project.found_in(&[]), "manage");
}

#[test]
fn every_file_that_is_not_scanned_is_listed() {
    let project = Project::new(&[("ok.py", BAD), ("large.py", &"x = 1\n".repeat(200))]);
    project.write("bytes.py", [0_u8, 1, 2, 3].repeat(64));
    project.write("utf16.py", b"\xFF\xFEx\0=\x001\0");
    let run = project.scan(&[".", "--json", "--max-target-bytes", "1000"]);
    let skipped = run.json()["paths"]["skipped"].clone();
    let reasons: Vec<String> = skipped
        .as_array()
        .expect("a list")
        .iter()
        .map(|entry| format!("{} {}", entry["path"].as_str().unwrap_or(""), entry["reason"].as_str().unwrap_or("")))
        .collect();
    assert_eq!(reasons, ["bytes.py binary", "large.py exceeded_size_limit", "utf16.py binary"]);
    for name in ["bytes.py", "large.py", "utf16.py"] {
        assert!(run.stderr.contains(&format!("{name}: not scanned")), "{}", run.stderr);
    }
    assert_eq!(run.json()["paths"]["scanned"], serde_json::json!(["ok.py"]));
}

#[cfg(unix)]
#[test]
fn symbolic_links_are_not_followed_and_pipes_not_opened() {
    let project = Project::new(&[("a.py", BAD), ("elsewhere/b.py", BAD), (".semgrepignore", "elsewhere/\n")]);
    std::os::unix::fs::symlink("elsewhere", project.root().join("link")).expect("a link");
    std::os::unix::fs::symlink("..", project.root().join("loop")).expect("a link");
    rustix::fs::mknodat(
        rustix::fs::CWD,
        project.root().join("pipe.py"),
        rustix::fs::FileType::Fifo,
        rustix::fs::Mode::RUSR,
        0,
    )
    .expect("a pipe");
    assert_eq!(project.found_in(&[]), "a.py");
    assert!(project.scan(&[]).stderr.contains("pipe.py: not scanned: not a regular file"));
}

#[test]
fn a_path_that_does_not_exist_is_named_and_the_others_are_scanned() {
    let project = Project::new(&[("a.py", BAD)]);
    let run = project.scan(&["a.py", "missing.py", "--json"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("missing.py"), "{}", run.stderr);
    assert_eq!(run.json()["results"].as_array().map(Vec::len), Some(1));
}

#[test]
fn hostile_files_cost_only_themselves() {
    let project = Project::new(&[("a.py", BAD)]);
    project.write("deep.py", "(".repeat(100_000));
    project.write("invalid.py", b"x = '\xFF\xFE'\nyaml.load(x)\n");
    project.write("nul.py", b"yaml.load('\0')\n");
    project.write("line.py", format!("x = '{}'\nyaml.load(x)\n", "a".repeat(900_000)));
    assert_eq!(project.found_in(&["."]), "a.py invalid.py line.py nul.py");
}
