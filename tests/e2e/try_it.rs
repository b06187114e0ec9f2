//! `weir try`, run without an editor, and with editors that note down how they are started.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use tempfile::TempDir;
use weir_tests::binary;

/// A place with a search path of its own.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        fs::create_dir(place.bin()).expect("a writable folder");
        place
    }

    fn bin(&self) -> PathBuf {
        self.folder.path().join("bin")
    }

    /// Where the demo project goes.
    fn demo(&self) -> PathBuf {
        self.folder.path().canonicalize().expect("it is there").join("demo")
    }

    /// Puts an editor on the search path that answers if this is among its arguments, and else notes down its folder and
    /// arguments.
    fn editor(&self, name: &str, option: &str, answer: &str) {
        let noted = self.noted();
        let script = format!(
            "#!/bin/sh\ncase \" $* \" in *' {option} '*) echo '{answer}'; exit;; esac\n\
             {{ pwd; echo \"config=$XDG_CONFIG_HOME\"; for each in \"$@\"; do echo \"$each\"; done; }} > '{}'\n",
            noted.display()
        );
        let file = self.bin().join(name);
        fs::write(&file, script).expect("a writable folder");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).expect("a file of ours");
    }

    fn noted(&self) -> PathBuf {
        self.folder.path().join("noted")
    }

    /// The folder, the configuration folder and the arguments that an editor was started with.
    fn started_with(&self) -> Vec<String> {
        fs::read_to_string(self.noted()).expect("an editor was started").lines().map(str::to_owned).collect()
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let Output { status, stdout, stderr } = Command::new(binary::weir())
            .arg("try")
            .arg("--folder")
            .arg(self.demo())
            .args(args)
            .env("PATH", self.bin())
            .env("XDG_CACHE_HOME", self.folder.path().join("cache"))
            .env_remove("XDG_CONFIG_HOME")
            .output()
            .expect("weir runs");
        let text = |bytes| String::from_utf8(bytes).expect("weir writes UTF-8");
        (status.code().expect("weir ends by itself"), text(stdout), text(stderr))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.demo().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }
}

/// Every file below a folder, relative to it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).expect("a readable folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("it lies below").to_owned());
            }
        }
    }
    found
}

#[test]
fn without_an_editor_the_typing_is_replayed() {
    let place = Place::new();
    let (code, shown, stderr) = place.run(&[]);
    assert_eq!((code, &*stderr), (0, ""), "{shown}");
    let finding = "     = python-sql-injection: ";
    // The line as typed, and what was found in it, in turn.
    let lines: Vec<&str> = shown.lines().collect();
    let steps: Vec<(&str, bool)> = lines
        .windows(2)
        .filter(|pair| pair[1].starts_with("     = "))
        .filter(|pair| pair[0].contains(" | "))
        .map(|pair| (pair[0], pair[1].starts_with(finding)))
        .collect();
    let tainted = r#"  17 |     get_db().execute("SELECT * FROM tickets WHERE title = '" + title + "'")"#;
    let mended = r#"  17 |     get_db().execute("SELECT * FROM tickets WHERE title = ?", (title,))"#;
    assert_eq!(steps.first(), Some(&("  16 |  ", false)), "{shown}");
    let end = &steps[steps.len() - 3..];
    assert_eq!(end, [(tainted, true), (mended, false), (tainted, true)], "{shown}");
    // It ends with the path, as a scan of what was saved draws it.
    let drawn = Command::new(binary::weir())
        .args(["scan", "--quiet", "python/helpdesk/views/tickets.py"])
        .current_dir(place.demo())
        .output()
        .expect("weir runs");
    let drawn = String::from_utf8(drawn.stdout).expect("weir writes UTF-8");
    let (_, last) = shown.split_once("says of it:\n\n").expect("the path is drawn");
    assert!(last.contains("--> python/helpdesk/views/tickets.py:17:"), "{last}");
    assert!(last.contains("reaches its sink") && drawn.contains(last.trim_end()), "{last}\nin\n{drawn}");
    assert_eq!(last.matches("--> ").count(), 1, "{last}");
    // It says the same every time, but for the folder.
    let again = Place::new().run(&["--terminal"]).1;
    assert!(again.lines().skip(1).eq(shown.lines().skip(1)), "{again}");
}

#[test]
fn the_project_holds_the_applications_and_a_guide_that_is_true() {
    let place = Place::new();
    place.editor("hx", "--version", "helix 25.07");
    assert_eq!(place.run(&["--editor", "hx"]).0, 0);
    let apps = binary::root().join("tests/apps");
    for file in files(&apps) {
        let expected = fs::read_to_string(apps.join(&file)).expect("a readable file");
        assert_eq!(place.read(&file.display().to_string()), expected, "{}", file.display());
    }
    let scan = || {
        let run = Command::new(binary::weir()).args(["scan", "--json", "."]).current_dir(place.demo()).output();
        let json: serde_json::Value = serde_json::from_slice(&run.expect("weir runs").stdout).expect("JSON");
        let results = json["results"].as_array().cloned().unwrap_or_default();
        let place = |found: &serde_json::Value| {
            let path = found["path"].as_str().unwrap_or_default().trim_start_matches("./").to_owned();
            let rule = found["check_id"].as_str().unwrap_or_default().to_owned();
            (format!("{path}:{}", found["start"]["line"]), rule)
        };
        results.iter().map(place).collect::<Vec<_>>()
    };
    let found = scan();
    let guide = place.read("GUIDE.md");
    for (place, rule) in [
        ("python/helpdesk/views/tickets.py:31", "python-sql-injection"),
        ("ruby/bookshop/app/controllers/office/reports_controller.rb:27", "ruby-yaml-load"),
        ("python/helpdesk/views/admin.py:47", "python-code-injection"),
    ] {
        assert!(guide.contains(&format!("`{place}`")) && guide.contains(rule), "{place}");
        assert!(found.contains(&(place.to_owned(), rule.to_owned())), "{place}: {found:?}");
    }
    // The fifth thing to do.
    let configuration = place.read("weir.toml");
    let changed = configuration.replace("\n# \"", "\n\"");
    assert_ne!(changed, configuration);
    fs::write(place.demo().join("weir.toml"), changed).expect("a writable folder");
    let left: Vec<_> = found.into_iter().filter(|(_, rule)| rule != "python-sql-injection").collect();
    assert_eq!(scan(), left);
}

#[test]
fn editors_get_the_server_and_the_guide_and_no_configuration_of_the_user() {
    let place = Place::new();
    let first = "python/helpdesk/views/tickets.py";
    let demo = place.demo().display().to_string();
    let server = binary::weir().canonicalize().expect("it is there").display().to_string();

    place.editor("nvim", "--version", "NVIM v0.11.5");
    let (code, said, stderr) = place.run(&["--editor", "nvim"]);
    assert_eq!((code, &*stderr), (0, ""), "{said}");
    assert!(said.contains(&demo), "{said}");
    let init = format!("{demo}/.editor/init.lua");
    let split = ["-c", "leftabove vsplit GUIDE.md", "-c", "wincmd p"];
    assert_eq!(place.started_with(), [&[&*demo, "config=", "-u", &init, "+16", first][..], &split].concat());
    assert!(place.read(".editor/init.lua").contains(&format!("cmd = {{ \"{server}\", 'lsp' }}")));

    let place = Place::new();
    let demo = place.demo().display().to_string();
    place.editor("hx", "--version", "helix 25.07");
    assert_eq!(place.run(&["--editor", "hx"]).0, 0);
    let config = format!("config={demo}/.editor/config");
    assert_eq!(place.started_with(), [&*demo, &config, "--vsplit", "GUIDE.md", &format!("{first}:16")]);
    let languages = place.read(".editor/config/helix/languages.toml");
    assert!(languages.contains(&format!("command = \"{server}\"")), "{languages}");

    for (installed, told) in [("weir.weir", false), ("other.extension", true)] {
        let place = Place::new();
        let demo = place.demo().display().to_string();
        place.editor("code", "--list-extensions", installed);
        let (code, said, _) = place.run(&["--editor", "code"]);
        assert_eq!((code, said.contains("code --install-extension weir.vsix")), (0, told), "{said}");
        let expected = ["--new-window", "--goto", &*demo, "GUIDE.md", &format!("{first}:16")];
        assert_eq!(place.started_with()[2..], expected);
    }

    let place = Place::new();
    let demo = place.demo().display().to_string();
    place.editor("emacs", "--batch", "");
    let (code, said, stderr) = place.run(&["--editor", "emacs"]);
    assert_eq!((code, &*stderr), (0, ""), "{said}");
    assert_eq!(place.started_with()[2..], ["-q", "-l", &format!("{demo}/.editor/init.el"), "GUIDE.md", first]);
}

#[test]
fn what_is_missing_is_said_and_nothing_is_written() {
    let place = Place::new();
    let (code, _, stderr) = place.run(&["--editor", "nvim"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("no `nvim` on the search path"), "{stderr}");
    place.editor("nvim", "--version", "NVIM v0.10.4");
    let (code, _, stderr) = place.run(&["--editor", "nvim"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("0.11 or newer, and says: NVIM v0.10.4"), "{stderr}");
    assert!(!place.demo().exists());

    fs::create_dir(place.demo()).expect("a writable folder");
    fs::write(place.demo().join("mine"), "").expect("a writable folder");
    let (code, _, stderr) = place.run(&["--terminal"]);
    assert_eq!(code, 2);
    assert!(stderr.contains("is not empty"), "{stderr}");
    assert_eq!(files(&place.demo()), [PathBuf::from("mine")]);
}
