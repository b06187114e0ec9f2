//! `weir engine keys`, `team` and `audit`, beside an engine that runs.

use super::{Engine, Sealer};
use serde_json::Value;
use std::process::{Command, Output};
use weir_tests::binary::weir;

fn run(engine: &Engine, args: &[&str]) -> Output {
    let ran = Command::new(weir()).arg("engine").args(args).arg("--data").arg(engine.data.path()).output();
    ran.expect("weir runs")
}

/// What a command that went well printed.
#[track_caller]
fn printed(engine: &Engine, args: &[&str]) -> String {
    let ran = run(engine, args);
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).expect("text")
}

#[test]
fn keys_made_and_revoked_by_the_command_line_count_in_a_running_engine() {
    let mut engine = Engine::start();
    let status = |engine: &Engine| {
        let sealer = Sealer::new(1);
        engine.analyze(&sealer, &sealer.request(&[("a.py", "x = 1\n")])).status
    };
    let made = printed(&engine, &["keys", "add", "ci", "--role", "admin", "--rate", "600"]);
    let old = made.strip_suffix('\n').expect("a line").to_owned();
    assert!(old.starts_with("weir_") && !old.contains('\n'));
    engine.key = old.clone();
    assert_eq!(status(&engine), 200);
    let again = run(&engine, &["keys", "add", "ci"]);
    assert_eq!((again.status.code(), again.stdout.as_slice()), (Some(2), b"".as_slice()));

    engine.key = printed(&engine, &["keys", "rotate", "ci", "--grace", "0"]).trim().to_owned();
    assert_eq!(status(&engine), 200);
    let new = std::mem::replace(&mut engine.key, old.clone());
    assert_eq!(status(&engine), 401);
    engine.key = new.clone();

    let listed: Value = serde_json::from_str(&printed(&engine, &["keys", "list", "--json"])).expect("JSON");
    let ci = listed.as_array().expect("a list").iter().find(|key| key["name"] == "ci").expect("ci");
    assert_eq!((&ci["role"], &ci["limits"]["per_minute"], &ci["team"]), (&"admin".into(), &600.into(), &"ci".into()));
    let text = printed(&engine, &["keys", "list"]);
    for key in [&old, &new] {
        assert!(!text.contains(&key[22..]) && !listed.to_string().contains(&key[22..]));
    }
    assert!(text.contains(ci["id"].as_str().expect("an id")) && text.contains("per_minute=600"));

    assert_eq!(run(&engine, &["keys", "revoke", "ci"]).status.code(), Some(0));
    assert_eq!(run(&engine, &["keys", "revoke", "ci"]).status.code(), Some(1));
    assert_eq!(status(&engine), 401);
}

#[test]
fn a_team_is_given_rules_and_a_configuration_and_loses_them_again() {
    let engine = Engine::start();
    let file = |name: &str, text: &str| {
        let path = engine.data.path().join(name);
        std::fs::write(&path, text).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let rule = "rules: [{id: r, message: m, severity: ERROR, languages: [python], pattern: f()}]\n";
    let rules = file("rules.yaml", rule);
    for (text, part) in [
        ("rules: [", "broken.yaml:"),
        ("", "there is no rule"),
        ("rules: []\n", "there is no rule"),
        (&rule.replace("f()", "\"f((\""), "broken.yaml:1:"),
    ] {
        let set = run(&engine, &["team", "set", "red", "--rules", &file("broken.yaml", text)]);
        let said = String::from_utf8_lossy(&set.stderr);
        assert!(
            set.status.code() == Some(2) && said.contains(part) && said.contains("nothing was changed"),
            "{text}: {said}"
        );
    }
    let config = file("weir.toml", "filter.severity = \"error\"\n");
    assert_eq!(run(&engine, &["team", "show", "red"]).status.code(), Some(1));
    for (text, place) in [
        ("[filter\n", "1:8: "),
        ("[filter]\nseverity = \"bad\"\n", "2:12: unknown variant `bad`"),
        ("\nrules = [\"/etc\"]\n", "2:1: `rules` is not for a team to set"),
    ] {
        let wrong = file("wrong.toml", text);
        let set = run(&engine, &["team", "set", "red", "--rules", &rules, "--config", &wrong]);
        let said = String::from_utf8_lossy(&set.stderr);
        assert!(set.status.code() == Some(2) && said.contains(&format!("wrong.toml:{place}")), "{text}: {said}");
    }
    assert_eq!(run(&engine, &["team", "show", "red"]).status.code(), Some(1), "nothing was changed");
    printed(&engine, &["team", "set", "red", "--rules", &rules]);
    let stale = run(&engine, &["team", "set", "red", "--config", &config, "--if-version", "0"]);
    let said = String::from_utf8_lossy(&stale.stderr);
    assert!(stale.status.code() == Some(2) && said.contains("somebody else has changed it"), "{said}");
    let version = serde_json::from_str::<Value>(&printed(&engine, &["team", "show", "red"])).expect("JSON")["version"]
        .to_string();
    printed(&engine, &["team", "set", "red", "--config", &config, "--if-version", &version]);
    let team: Value = serde_json::from_str(&printed(&engine, &["team", "show", "red"])).expect("JSON");
    assert_eq!((&team["config"], &team["rules"][0]["text"]), (&"filter.severity = \"error\"\n".into(), &rule.into()));
    assert_eq!(team["rules"][0]["name"], "rules.yaml", "no folder of this machine is told to a team");
    assert_eq!(run(&engine, &["team", "clear", "red"]).status.code(), Some(0));
    assert_eq!(run(&engine, &["team", "clear", "red"]).status.code(), Some(1));
}
