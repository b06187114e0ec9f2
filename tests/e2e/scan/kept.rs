//! Rules from the cache find and say what rules that were just read find and say.

use super::{BAD, Project};
use std::fs;
use std::path::PathBuf;

/// The files in the project's cache.
fn kept(project: &Project) -> Vec<PathBuf> {
    let entries = fs::read_dir(project.cache().join("weir/rules")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

#[test]
fn the_second_start_finds_what_the_first_found() {
    let project = Project::new(&[("a.py", BAD), ("b.js", "eval(location.hash)\n")]);
    // So many that they are worth keeping, one of them broken.
    let rules = (0..1000).fold("rules:\n".to_owned(), |rules, number| {
        let pattern = if number == 7 { "f(" } else { "yaml.load($X)" };
        format!(
            "{rules}- {{id: r{number}, message: 'message {number} of $X', severity: ERROR, languages: [python], pattern: {pattern}}}\n"
        )
    });
    project.write("../many.yaml", rules);
    let scan = || project.weir(&["scan", "--rules", "../many.yaml", "-q", "--sarif"]);
    let first = scan();
    assert!(first.stdout.contains("message 999 of x"), "{}", first.stderr);
    assert!(first.stderr.contains("many.yaml:9:"), "{}", first.stderr);
    let same = |what: &str| {
        let again = scan();
        assert_eq!((&again.stdout, &again.stderr, again.code), (&first.stdout, &first.stderr, first.code), "{what}");
    };
    let [file] = &kept(&project)[..] else { panic!("one file is kept") };
    let written = fs::metadata(file).unwrap().modified().unwrap();
    same("from the cache");
    assert_eq!(fs::metadata(file).unwrap().modified().unwrap(), written, "it is not written again");
    let whole = fs::read(file).unwrap();
    for (what, bytes) in
        [("damaged", [&whole[..500], b"x", &whole[501..]].concat()), ("cut off", whole[..500].to_vec())]
    {
        fs::write(file, &bytes).unwrap();
        same(what);
        assert_ne!(fs::read(file).unwrap(), bytes, "{what}: it is mended");
    }
}

#[test]
fn without_a_cache_folder_all_is_as_ever() {
    let project = Project::new(&[("a.py", BAD)]);
    fs::write(project.cache(), "no folder").unwrap();
    let run = project.weir(&["scan", "--json"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(run.stdout.contains("yaml"), "{}", run.stdout);
}

#[test]
fn a_few_rules_are_not_worth_a_file() {
    let project = Project::new(&[("a.py", BAD)]);
    project.scan(&[]);
    assert!(kept(&project).is_empty());
}
