//! Lists the built-in rules and the demo applications, so that a fresh checkout builds them in without network or tools.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let rules = |file: &Path| file.extension().is_some_and(|extension| extension == "yaml");
    list("../../patterns", rules, "builtin_rules.rs")?;
    list("../../tests/apps", |_| true, "demo_apps.rs")
}

/// Writes a list of the files in a folder: their names in it and their texts.
fn list(folder: &str, wanted: impl Fn(&Path) -> bool, output: &str) -> io::Result<()> {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join(folder);
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(&folder, &mut files)?;
    }
    files.retain(|file| wanted(file));
    files.sort();
    let mut code = String::from("&[\n");
    for file in files {
        let name: Vec<_> =
            file.strip_prefix(&folder).unwrap_or(&file).iter().map(|part| part.to_string_lossy()).collect();
        let file = file.canonicalize()?;
        let _ = writeln!(code, "    ({:?}, include_str!({:?})),", name.join("/"), file.display().to_string());
    }
    code.push_str("]\n");
    fs::write(PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join(output), code)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    println!("cargo::rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
