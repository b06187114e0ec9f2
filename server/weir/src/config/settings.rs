//! What an editor says: `initializationOptions` and the answer to `workspace/configuration`.
//!
//! The keys are those of `weir.toml`, in kebab or camel case, bare or under `weir`. Semgrep's own settings (`scan.*`, bare or under
//! `semgrep`) are understood too, so that a client set up for Semgrep need not change. Keys of anybody else are left alone:
//! clients keep their own there.

use super::Layer;
use serde_json::{Map, Value};

/// What an editor says.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Settings {
    /// In the words of `weir.toml`.
    pub(crate) layer: Layer,
    /// What is wrong with it, for people.
    pub(crate) problems: Vec<String>,
}

/// Reads settings of a client: an object, or anything else for none.
pub(crate) fn of_client(value: &Value) -> Settings {
    let mut settings = Settings::default();
    for part in [value.get("semgrep").unwrap_or(value), value] {
        if let Some(scan) = part.get("scan").and_then(Value::as_object) {
            settings.semgrep(scan);
        }
    }
    for part in [value, value.get("weir").unwrap_or(&Value::Null)] {
        for (key, value) in part.as_object().into_iter().flatten() {
            // Editors send what is not set as null.
            if !value.is_null() {
                settings.set(&kebab(key), inner_kebab(key, value));
            }
        }
    }
    settings
}

impl Settings {
    fn set(&mut self, key: &str, value: Value) {
        // What a project can say about engines an editor can, too, and which one beside.
        if key == "engine" && value.is_object() {
            return self.engine(&value["url"]);
        }
        if let Some(Err(error)) = self.layer.set(key, value) {
            self.problems.push(format!("setting `{key}`: {error}"));
        }
    }

    fn engine(&mut self, url: &Value) {
        // Editors send what is not set as null, or empty.
        let Some(url) = url.as_str().filter(|url| !url.is_empty()) else { return };
        match url.parse() {
            Ok(wish) => self.layer.engine_url = Some(wish),
            Err(error) => self.problems.push(format!("setting `engine.url`: {error}")),
        }
    }

    /// Semgrep's names. Those that have no meaning here (memory limits, the choice of its engine) say nothing.
    fn semgrep(&mut self, scan: &Map<String, Value>) {
        for (theirs, ours) in [
            ("include", "include"),
            ("exclude", "exclude"),
            ("maxTargetBytes", "max-target-bytes"),
            ("timeout", "timeout"),
            ("onlyGitDirty", "changed-only"),
        ] {
            if let Some(value) = scan.get(theirs).filter(|value| !value.is_null()) {
                self.set(ours, value.clone());
            }
        }
        let named = match scan.get("configuration") {
            Some(Value::String(one)) => vec![one.clone()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        // Rules of a registry would have to be fetched, and Weir asks nobody: those that are built in stand for them.
        let (remote, local): (Vec<String>, Vec<String>) = named.into_iter().partition(|name| is_remote(name));
        if !remote.is_empty() {
            self.problems.push(format!(
                "setting `scan.configuration`: {} would have to be fetched; the built-in rules run in their place",
                remote.join(", ")
            ));
        }
        if !local.is_empty() {
            let built_in = if remote.is_empty() { None } else { Some(super::BUILT_IN.to_owned()) };
            self.layer.rules = Some(local.into_iter().chain(built_in).collect());
        }
    }
}

fn is_remote(name: &str) -> bool {
    matches!(name, "auto" | "policy" | "supply-chain" | "secrets" | "code")
        || ["p/", "r/", "s/", "http://", "https://"].iter().any(|prefix| name.starts_with(prefix))
}

/// Keys within settings as `weir.toml` writes them; ids of rules and values stay as they are.
fn inner_kebab(key: &str, value: &Value) -> Value {
    match (key, value) {
        ("filter", Value::Object(map)) => {
            map.iter().map(|(key, value)| (kebab(key), value.clone())).collect::<Map<_, _>>().into()
        }
        ("folder", Value::Array(folders)) => folders
            .iter()
            .map(|folder| match folder.as_object() {
                Some(map) => {
                    let inner = map.iter().map(|(key, value)| (kebab(key), inner_kebab(key, value)));
                    Value::Object(inner.collect())
                }
                None => folder.clone(),
            })
            .collect(),
        _ => value.clone(),
    }
}

fn kebab(key: &str) -> String {
    let mut out = String::with_capacity(key.len() + 2);
    for c in key.chars() {
        if c.is_ascii_uppercase() {
            out.push('-');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Level;
    use crate::config::filter::Rank;
    use serde_json::json;

    #[test]
    fn settings_may_be_wrapped_or_not_and_in_either_case() {
        for value in [
            json!({ "changedOnly": true, "filter": { "excludeRules": ["a*"], "confidence": "high" } }),
            json!({ "weir": { "changed-only": true, "filter": { "exclude-rules": ["a*"], "confidence": "high" } } }),
            json!({ "weir": { "changedOnly": true, "filter": { "excludeRules": ["a*"], "confidence": "high" } }, "x": 1 }),
        ] {
            let settings = of_client(&value);
            assert_eq!(settings.problems, [] as [String; 0], "{value}");
            assert_eq!(settings.layer.changed_only, Some(true), "{value}");
            let filter = settings.layer.filter.unwrap();
            assert_eq!((filter.exclude_rules, filter.confidence), (Some(vec!["a*".into()]), Some(Rank::High)));
        }
    }

    #[test]
    fn what_is_no_settings_says_nothing() {
        for value in
            [json!(null), json!({}), json!([]), json!("x"), json!({ "weir": null, "trace": { "server": "off" } })]
        {
            assert_eq!(of_client(&value), Settings::default(), "{value}");
        }
    }

    #[test]
    fn a_setting_of_the_wrong_kind_is_named_and_the_others_hold() {
        let settings = of_client(&json!({ "workspace": "yes", "severity": { "myRule": "hint" } }));
        assert_eq!(settings.problems.len(), 1);
        assert!(settings.problems[0].starts_with("setting `workspace`: "), "{}", settings.problems[0]);
        assert_eq!(settings.layer.severity.unwrap()["myRule"], Level::Hint);
    }

    #[test]
    fn an_editor_may_name_an_engine_or_want_none() {
        for (value, url, local) in [
            (json!({ "engine": { "url": "https://engine" } }), Some("https://engine"), false),
            (json!({ "weir": { "engine": { "url": "local" } } }), Some("local"), false),
            (json!({ "engine": { "url": "" } }), None, false),
            (json!({ "engine": "local" }), None, true),
        ] {
            let settings = of_client(&value);
            assert_eq!(settings.problems, [] as [String; 0], "{value}");
            assert_eq!(settings.layer.engine_url, url.map(|url| url.parse().unwrap()), "{value}");
            assert_eq!(settings.layer.engine.is_some(), local, "{value}");
        }
        let settings = of_client(&json!({ "engine": { "url": "http://engine.example.com" } }));
        assert!(settings.problems[0].contains("plain http"), "{}", settings.problems[0]);
        assert_eq!(settings.layer.engine_url, None);
    }

    #[test]
    fn semgreps_settings_are_understood() {
        let scan = json!({
            "configuration": ["p/default", "rules.yaml"], "exclude": ["gen/"], "include": [], "jobs": 2, "maxMemory": 0,
            "maxTargetBytes": 1000, "timeout": 30, "timeoutThreshold": 3, "onlyGitDirty": false
        });
        for value in [json!({ "scan": scan }), json!({ "semgrep": { "scan": scan } })] {
            let settings = of_client(&value);
            assert_eq!(settings.layer.rules.as_deref(), Some(["rules.yaml".into(), "built-in".into()].as_slice()));
            assert_eq!(settings.layer.exclude.as_deref(), Some(["gen/".into()].as_slice()));
            assert_eq!((settings.layer.max_target_bytes, settings.layer.timeout), (Some(1000), Some(30.0)));
            assert_eq!(settings.layer.changed_only, Some(false));
            assert!(settings.problems[0].contains("p/default"), "{}", settings.problems[0]);
        }
    }
}
