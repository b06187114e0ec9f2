//! A real Helix with the languages.toml we ship. It counts columns in UTF-8.

use crate::terminal::Terminal;
use crate::workplace::{Workplace, read, tool};
use std::process::Command;
use weir_tests::binary;

/// Findings beside their lines: that is off in a new Helix.
const CONFIG: &str = r#"
theme = "default"
[editor]
true-color = true
end-of-line-diagnostics = "hint"
"#;

#[test]
fn a_finding_typed_into_helix_shows_unsaved_and_its_fix_lands_behind_wide_characters() {
    let workplace = Workplace::new();
    workplace.write("home/config/helix/config.toml", CONFIG);
    workplace.write("home/config/helix/languages.toml", &read(&binary::root().join("editors/helix/languages.toml")));
    // Helix writes brackets into addresses as they are.
    let before = "function show(el, name) {\n  const face = '👩🏽e\u{301}'; \n}\n";
    let file = workplace.write("project/[id]/page.js", before);

    let helix = Terminal::start(&tool("helix/hx"), &["[id]/page.js"], &workplace);
    helix.wait_for("Loaded 1 file");
    helix.type_text(":2");
    helix.press(&["Enter"]);
    helix.type_text("A");
    helix.wait_for("INS");
    helix.type_text("el.innerHTML = name;");
    helix.press(&["Escape"]);
    // Before the next key: an escape just before a key is one key to a terminal.
    helix.wait_for("NOR");
    helix.wait_for("A value that is not constant");
    assert_eq!(read(&file), before, "the finding is in what is typed, not in what is saved");

    // To the next finding, which is selected, and to the other end of it: where both are, Helix knows from us alone.
    helix.type_text("gg]d");
    helix.wait_for("2:40");
    helix.press(&["M-;"]);
    helix.wait_for("2:22");
    helix.press(&["Space", "a"]);
    let menu = helix.wait_for("Fix javascript-inner-html");
    choose(&helix, &menu, "Fix javascript-inner-html");
    helix.wait_for("el.textContent = name;");
    helix.wait_until_gone("A value that is not constant");
    helix.type_text(":write");
    helix.press(&["Enter"]);
    helix.wait_for("written");
    assert_eq!(read(&file), before.replace("; \n", "; el.textContent = name;\n"));
}

/// Hover, as a picture for the README.
#[test]
fn the_path_of_a_finding_shows_in_helix_on_hover() {
    let workplace = Workplace::new();
    workplace.write("home/config/helix/config.toml", CONFIG);
    workplace.write("home/config/helix/languages.toml", &read(&binary::root().join("editors/helix/languages.toml")));
    workplace.write("project/app.js", "app.get('/find', (req, res) => {\n  \n});\n");

    let helix = Terminal::start(&tool("helix/hx"), &["app.js"], &workplace);
    helix.wait_for("Loaded 1 file");
    helix.type_text(":2");
    helix.press(&["Enter"]);
    helix.type_text("A");
    helix.wait_for("INS");
    helix.type_text("db.all('SELECT * FROM t WHERE n = ' + req.query.n, send);");
    helix.press(&["Escape"]);
    helix.wait_for("NOR");
    helix.wait_for("Data from the request becomes");
    helix.type_text("gg]d");
    helix.wait_for("2:51");
    helix.press(&["Space", "k"]);
    helix.wait_for("untrusted data enters here");
    helix.screenshot("helix");
}

/// Helix says nothing of a server it does not know, neither when it starts nor in its own check of a language.
#[test]
fn each_server_that_our_languages_name_is_one_that_helix_knows() {
    let workplace = Workplace::new();
    let languages = read(&binary::root().join("editors/helix/languages.toml"));
    workplace.write("home/config/helix/languages.toml", &languages);
    let value = |line: &str, key: &str| Some(line.strip_prefix(key)?.strip_prefix(" = ")?.to_owned());
    let names: Vec<_> = languages.lines().filter_map(|line| value(line, "name")).collect();
    let servers: Vec<_> = languages.lines().filter_map(|line| value(line, "language-servers")).collect();
    assert_eq!(names.len(), servers.len());
    for (name, servers) in names.iter().zip(servers) {
        let output = Command::new(tool("helix/hx"))
            .args(["--health", name.trim_matches('"')])
            .env("HOME", workplace.home())
            .env("XDG_CONFIG_HOME", workplace.home().join("config"))
            .output()
            .expect("Helix starts");
        let health = String::from_utf8_lossy(&output.stdout).into_owned();
        let known = health.lines().skip_while(|line| !line.starts_with("Configured language servers"));
        let known = known.skip(1).take_while(|line| line.starts_with("  ")).count();
        assert_eq!(known, servers.split(',').count(), "{name}: {servers}\n{health}");
    }
}

/// Chooses an entry of the menu, which opens below the line with the cursor, its first entry selected.
fn choose(helix: &Terminal, menu: &str, title: &str) {
    let row = |text: &str| menu.lines().position(|line| line.contains(text)).expect("on the screen");
    for _ in 0..row(title) - row("el.innerHTML = name") - 1 {
        helix.press(&["Tab"]);
    }
    helix.press(&["Enter"]);
}
