//! What the documentation says of the tests is true.

use std::fs;
use std::path::Path;
use weir_tests::binary;

fn sources(folder: &Path, out: &mut String) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        if path.is_dir() && path.file_name().is_some_and(|name| name != "target" && name != "node_modules") {
            sources(&path, out);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            *out += &fs::read_to_string(path).expect("a readable file");
        }
    }
}

#[test]
fn every_test_that_the_comparison_names_is_there() {
    let text = fs::read_to_string(binary::root().join("docs/comparison.md")).expect("the comparison is there");
    let mut code = String::new();
    for folder in ["server", "tests"] {
        sources(&binary::root().join(folder), &mut code);
    }
    let rows = text.lines().filter(|line| line.starts_with("| ") && line.contains("yes"));
    let last = rows.filter_map(|line| line.trim_end_matches('|').rsplit('|').next());
    let names: Vec<&str> = last.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(code.contains(&format!("fn {name}(")), "there is no test {name}");
    }
}

#[test]
fn every_picture_of_an_editor_is_taken_by_a_test() {
    let mut code = String::new();
    sources(&binary::root().join("tests/e2e"), &mut code);
    let mut pictures = 0;
    for editor in fs::read_dir(binary::root().join("editors")).expect("the editors are there").flatten() {
        let Ok(text) = fs::read_to_string(editor.path().join("README.md")) else { continue };
        for picture in text.split("![").skip(1).filter_map(|rest| rest.split_once("](")?.1.split(')').next()) {
            let name = picture.rsplit_once('.').map_or(picture, |(name, _)| name);
            assert!(editor.path().join(picture).is_file(), "{picture} is missing");
            pictures += 1;
            // Its own was taken by hand, as its page says: Zed draws with the graphics card.
            if editor.file_name() == "zed" {
                continue;
            }
            assert!(code.contains(&format!(".screenshot(\"{name}\")")), "no test takes {picture}");
        }
    }
    assert!(pictures >= 5, "{pictures} pictures");
}
