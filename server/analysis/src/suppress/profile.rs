//! What a rule says of itself that tells which checks of other tools are like it.

use super::checks;
use serde_json::Value;
use weir_model::{MarkKind, Weakness};

/// What a rule says of itself that tells which checks of other tools are like it.
#[derive(Debug, Default)]
pub(super) struct Profile {
    pub(super) classes: Vec<Weakness>,
    /// Checks of other tools that it says it is, and names under which it is known, in lower case.
    pub(super) names: Vec<String>,
}

impl Profile {
    /// That of a rule: `metadata` is its metadata as JSON.
    pub(super) fn of(rule_id: &str, metadata: &str) -> Self {
        let metadata: Value = serde_json::from_str(metadata).unwrap_or_default();
        let strings = |key: &str| match &metadata[key] {
            Value::String(one) => vec![one.clone()],
            Value::Array(many) => many.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let mut classes: Vec<Weakness> = strings("cwe").iter().filter_map(|cwe| Weakness::read(cwe)).collect();
        let about_secrets = |text: &String| text.eq_ignore_ascii_case("secrets");
        if ["technology", "category", "subcategory"].iter().any(|key| strings(key).iter().any(about_secrets)) {
            classes.push(Weakness::SECRETS);
        }
        let mut names = vec![last_part(rule_id)];
        names.extend(strings("bandit-code"));
        names.extend(strings("source-rule-url").iter().map(|url| file_stem(url)));
        names.extend(
            metadata["weir"]["checks"].as_array().into_iter().flatten().filter_map(|id| Some(id.as_str()?.to_owned())),
        );
        for name in &mut names {
            name.make_ascii_lowercase();
        }
        Self { classes, names }
    }

    /// Whether a rule looks for what a check of another tool looks for.
    pub(super) fn is_like(&self, kind: MarkKind, check: &str) -> bool {
        self.is_check(check) || checks::weaknesses(kind, check).iter().any(|class| self.classes.contains(class))
    }

    /// Whether the rule is the check of that id: by what it says of itself, or by its name.
    pub(super) fn is_check(&self, id: &str) -> bool {
        let id = id.to_ascii_lowercase();
        let short = id.rsplit(['/', ':']).next().unwrap_or_default();
        self.names.iter().any(|name| *name == id || (name == short && !short.is_empty()))
    }
}

fn last_part(rule_id: &str) -> String {
    rule_id.rsplit('.').next().unwrap_or(rule_id).to_owned()
}

fn file_stem(url: &str) -> String {
    let file = url.rsplit('/').next().unwrap_or(url);
    file.split(['.', '#', '?']).next().unwrap_or(file).to_owned()
}
