//! Which findings are shown, and as what.

use crate::report::rule::Rule;
use crate::walk::fits;
use globset::{Glob, GlobSet, GlobSetBuilder};
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use serde::Deserialize;
use serde_json::Value;
use std::collections::BTreeMap;
use weir_model::Severity;

use super::Layer;

/// What a finding must have to be shown. What a rule does not say of itself never hides its findings, but for the three ranks,
/// where saying nothing counts as medium.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields, default)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) struct Filter {
    /// At least this severe.
    pub(crate) severity: Option<Level>,
    /// At least this sure.
    pub(crate) confidence: Option<Rank>,
    /// At least this likely to be exploited.
    pub(crate) likelihood: Option<Rank>,
    /// At least this harmful.
    pub(crate) impact: Option<Rank>,
    /// Only rules of these categories, such as "security".
    pub(crate) category: Option<Vec<String>>,
    /// Only rules of these subcategories, such as "vuln".
    pub(crate) subcategory: Option<Vec<String>>,
    /// Only rules about these technologies, such as "django".
    pub(crate) technology: Option<Vec<String>>,
    /// Only rules with ids that match one of these globs.
    #[serde(deserialize_with = "some_globs")]
    pub(crate) rules: Option<Vec<String>>,
    /// No rules with ids that match one of these globs.
    #[serde(deserialize_with = "some_globs")]
    pub(crate) exclude_rules: Option<Vec<String>>,
    /// What becomes of rules of the subcategory "audit", which ask for a review rather than name a hole. If nothing is said, the
    /// editor hides them and the terminal shows them.
    pub(crate) audit: Option<Audit>,
}

impl Filter {
    /// The keys that say something.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        let Self { severity, confidence, likelihood, impact, category, subcategory, technology, .. } = self;
        let Self { rules, exclude_rules, audit, .. } = self;
        let all = [
            ("severity", severity.is_some()),
            ("confidence", confidence.is_some()),
            ("likelihood", likelihood.is_some()),
            ("impact", impact.is_some()),
            ("category", category.is_some()),
            ("subcategory", subcategory.is_some()),
            ("technology", technology.is_some()),
            ("rules", rules.is_some()),
            ("exclude-rules", exclude_rules.is_some()),
            ("audit", audit.is_some()),
        ];
        all.into_iter().filter(|(_, said)| *said).map(|(key, _)| key)
    }
}

/// What is different in some folders.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename_all = "kebab-case", deny_unknown_fields))]
pub(crate) struct Folder {
    /// Globs of files and folders (as in .gitignore), relative to the project's root.
    #[serde(deserialize_with = "globs")]
    pub(crate) paths: Vec<String>,
    /// What must hold there: each key takes the place of the one above.
    #[serde(default)]
    pub(crate) filter: Filter,
    /// Severities there, before those above.
    #[serde(default)]
    pub(crate) severity: BTreeMap<String, Level>,
}

/// How a finding is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Level {
    /// Not at all.
    Off,
    /// As a hint.
    Hint,
    /// As information.
    #[serde(alias = "low")]
    Info,
    /// As a warning.
    #[serde(alias = "medium")]
    Warning,
    /// As an error.
    #[serde(alias = "high")]
    Error,
    /// As an error of the worst kind.
    Critical,
}

/// How sure, likely or harmful.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Rank {
    /// Little.
    Low,
    /// Somewhat.
    Medium,
    /// Very.
    High,
}

/// What becomes of rules that ask for a review.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub(crate) enum Audit {
    /// They are not shown.
    Hide,
    /// They are hints.
    Hint,
    /// They are shown as others are.
    Show,
}

/// What is asked about.
pub(crate) struct Shown<'a> {
    /// The rule of the finding, if it is known.
    pub(crate) rule: Option<&'a Rule>,
    /// The rule's id.
    pub(crate) rule_id: &'a str,
    /// The finding's own severity.
    pub(crate) severity: Severity,
    /// The file, relative to the project's root.
    pub(crate) path: &'a str,
}

impl From<Severity> for Level {
    fn from(severity: Severity) -> Self {
        match severity {
            Severity::Info => Self::Info,
            Severity::Warning => Self::Warning,
            Severity::Error => Self::Error,
            Severity::Critical => Self::Critical,
        }
    }
}

impl Level {
    /// As a severity; none if it is not shown. A hint is the least severity there is.
    pub(crate) const fn severity(self) -> Option<Severity> {
        Some(match self {
            Self::Off => return None,
            Self::Hint | Self::Info => Severity::Info,
            Self::Warning => Severity::Warning,
            Self::Error => Severity::Error,
            Self::Critical => Severity::Critical,
        })
    }
}

/// The filters of a project, from the weakest to the strongest.
#[derive(Debug, Clone, Default)]
pub(super) struct Scopes(Vec<Scope>);

#[derive(Debug, Clone)]
struct Scope {
    /// `None`: everywhere.
    paths: Option<Gitignore>,
    filter: Filter,
    only: Option<GlobSet>,
    not: Option<GlobSet>,
    severity: Vec<(GlobSet, Level)>,
}

impl Scopes {
    /// What layers say, the weakest first.
    pub(super) fn new<'a>(layers: impl IntoIterator<Item = &'a Layer>) -> Self {
        let mut scopes = Vec::new();
        for layer in layers {
            let (filter, severity) = (layer.filter.clone().unwrap_or_default(), layer.severity.as_ref());
            scopes.push(Scope::new(None, filter, severity.into_iter().flatten()));
            for folder in layer.folder.iter().flatten() {
                let paths = Some(files(&folder.paths));
                scopes.push(Scope::new(paths, folder.filter.clone(), folder.severity.iter()));
            }
        }
        Self(scopes)
    }

    /// `under`: what counts where these say nothing.
    pub(super) fn shows(&self, under: &Self, shown: &Shown<'_>, audit: Audit) -> Option<Level> {
        let here: Vec<&Scope> = under
            .0
            .iter()
            .chain(&self.0)
            .rev()
            .filter(|scope| {
                scope
                    .paths
                    .as_ref()
                    .is_none_or(|paths| paths.matched_path_or_any_parents(shown.path, false).is_ignore())
            })
            .collect();
        let overridden = said(&here, |scope| {
            scope.severity.iter().rev().find(|(rules, _)| rules.is_match(shown.rule_id)).map(|&(_, level)| level)
        });
        let mut level = overridden.unwrap_or_else(|| shown.severity.into());
        let metadata = |key: &str| shown.rule.map_or_else(Vec::new, |rule| words(rule.metadata.get(key)));
        if overridden.is_none() && metadata("subcategory").iter().any(|word| word == "audit") {
            match said(&here, |scope| scope.filter.audit).unwrap_or(audit) {
                Audit::Hide => return None,
                Audit::Hint => level = Level::Hint,
                Audit::Show => {}
            }
        }
        let one_of = |key: &str, allowed: Option<&Vec<String>>| {
            let own = metadata(key);
            allowed.is_none_or(|allowed| {
                own.is_empty() || own.iter().any(|word| allowed.iter().any(|a| a.eq_ignore_ascii_case(word)))
            })
        };
        let at_least = |key: &str, least: Option<Rank>| {
            least.is_none_or(|least| metadata(key).first().map_or(Rank::Medium, |word| rank(word)) >= least)
        };
        let shows = level > Level::Off
            && said(&here, |scope| scope.filter.severity).is_none_or(|least| level >= least)
            && at_least("confidence", said(&here, |scope| scope.filter.confidence))
            && at_least("likelihood", said(&here, |scope| scope.filter.likelihood))
            && at_least("impact", said(&here, |scope| scope.filter.impact))
            && one_of("category", said(&here, |scope| scope.filter.category.as_ref()))
            && one_of("subcategory", said(&here, |scope| scope.filter.subcategory.as_ref()))
            && one_of("technology", said(&here, |scope| scope.filter.technology.as_ref()))
            && said(&here, |scope| scope.only.as_ref()).is_none_or(|only| only.is_match(shown.rule_id))
            && !said(&here, |scope| scope.not.as_ref()).is_some_and(|not| not.is_match(shown.rule_id));
        shows.then_some(level)
    }
}

impl Scope {
    fn new<'a>(
        paths: Option<Gitignore>,
        filter: Filter,
        severity: impl Iterator<Item = (&'a String, &'a Level)>,
    ) -> Self {
        Self {
            paths,
            only: filter.rules.as_deref().map(set),
            not: filter.exclude_rules.as_deref().map(set),
            severity: severity.map(|(rule, &level)| (set(std::slice::from_ref(rule)), level)).collect(),
            filter,
        }
    }
}

/// What the strongest scope says that says something.
fn said<'s, T>(here: &[&'s Scope], of: impl Fn(&'s Scope) -> Option<T>) -> Option<T> {
    here.iter().copied().find_map(of)
}

/// Globs of rules as one set; those that are none were refused when they were read.
fn set(globs: &[String]) -> GlobSet {
    let mut builder = GlobSetBuilder::new();
    for glob in globs.iter().filter(|text| fits(text)).filter_map(|text| Glob::new(text).ok()) {
        builder.add(glob);
    }
    builder.build().unwrap_or_default()
}

/// Globs of files as ignore files have them.
fn files(globs: &[String]) -> Gitignore {
    let mut builder = GitignoreBuilder::new("");
    for glob in globs.iter().filter(|glob| fits(glob)) {
        let _ = builder.add_line(None, glob.trim_start_matches("./"));
    }
    builder.build().unwrap_or_else(|_| Gitignore::empty())
}

fn some_globs<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    globs(deserializer).map(Some)
}

fn globs<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let globs = Vec::<String>::deserialize(deserializer)?;
    if globs.iter().any(|text| !fits(text)) {
        return Err(serde::de::Error::custom("too long for a glob"));
    }
    // Ignore files take what is no glob at its word; a person who configures wants to know.
    match globs.iter().find_map(|text| Glob::new(text).err()) {
        Some(error) => Err(serde::de::Error::custom(error)),
        None => Ok(globs),
    }
}

/// One word of the metadata or several.
fn words(value: Option<&Value>) -> Vec<String> {
    match value {
        Some(Value::String(one)) => vec![one.to_ascii_lowercase()],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).map(str::to_ascii_lowercase).collect(),
        _ => Vec::new(),
    }
}

fn rank(word: &str) -> Rank {
    match word {
        "low" => Rank::Low,
        "high" => Rank::High,
        _ => Rank::Medium,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::file::parse;
    use serde_json::json;
    use std::path::Path;
    use weir_model::RuleInfo;

    fn rule(id: &str, metadata: &Value) -> Rule {
        Rule::new(RuleInfo {
            id: id.into(),
            source: String::new(),
            message: String::new(),
            severity: Severity::Warning,
            languages: Vec::new(),
            metadata: metadata.to_string(),
        })
    }

    /// A file's text, the metadata of a rule `team.sqli` of severity WARNING, the file it found something in, how it is shown.
    #[test]
    fn findings_are_shown_as_configured() {
        let high = json!({ "confidence": "HIGH", "category": "security", "technology": ["django", "flask"] });
        let audit = json!({ "subcategory": ["audit"], "confidence": "LOW" });
        for (text, metadata, path, expected) in [
            ("", &high, "a.py", Some(Level::Warning)),
            ("", &audit, "a.py", None),
            ("filter.audit = \"hint\"", &audit, "a.py", Some(Level::Hint)),
            ("filter.audit = \"show\"", &audit, "a.py", Some(Level::Warning)),
            ("severity.\"team.*\" = \"error\"", &audit, "a.py", Some(Level::Error)),
            ("filter.severity = \"error\"", &high, "a.py", None),
            ("filter.severity = \"warning\"", &high, "a.py", Some(Level::Warning)),
            ("filter.confidence = \"high\"", &high, "a.py", Some(Level::Warning)),
            ("filter.confidence = \"high\"", &json!({}), "a.py", None),
            ("filter.confidence = \"medium\"", &json!({}), "a.py", Some(Level::Warning)),
            ("filter.impact = \"high\"", &high, "a.py", None),
            ("filter.technology = [\"Flask\"]", &high, "a.py", Some(Level::Warning)),
            ("filter.technology = [\"rails\"]", &high, "a.py", None),
            ("filter.technology = [\"rails\"]", &json!({}), "a.py", Some(Level::Warning)),
            ("filter.category = [\"correctness\"]", &high, "a.py", None),
            ("filter.rules = [\"team.*\"]", &high, "a.py", Some(Level::Warning)),
            ("filter.rules = [\"other.*\"]", &high, "a.py", None),
            ("filter.exclude-rules = [\"*sqli\"]", &high, "a.py", None),
            ("severity.\"*\" = \"off\"", &high, "a.py", None),
            ("severity.\"*\" = \"off\"\nseverity.\"team.sqli\" = \"info\"", &high, "a.py", Some(Level::Info)),
            ("[[folder]]\npaths = [\"tests/\"]\nfilter.severity = \"error\"", &high, "tests/deep/a.py", None),
            ("[[folder]]\npaths = [\"tests/\"]\nfilter.severity = \"error\"", &high, "src/a.py", Some(Level::Warning)),
            (
                "filter.severity = \"error\"\n[[folder]]\npaths = [\"core\"]\nfilter.severity = \"info\"",
                &high,
                "core/a.py",
                Some(Level::Warning),
            ),
            ("[[folder]]\npaths = [\"old/**\"]\nseverity.\"*\" = \"hint\"", &high, "old/a.py", Some(Level::Hint)),
        ] {
            let (layer, problems) = parse(Path::new("weir.toml"), text);
            assert_eq!(problems, [], "{text}");
            let rule = rule("team.sqli", metadata);
            let shown = Shown { rule: Some(&rule), rule_id: "team.sqli", severity: Severity::Warning, path };
            let shown = Scopes::new([&layer]).shows(&Scopes::default(), &shown, Audit::Hide);
            assert_eq!(shown, expected, "{text} {metadata} {path}");
        }
    }

    /// Each brace would cost the stack of whoever reads it.
    #[test]
    fn globs_that_are_nested_without_end_are_none() {
        let nested = format!("{}{}", "{*,".repeat(300_000), "}".repeat(300_000));
        let (layer, problems) = parse(Path::new("weir.toml"), &format!("filter.rules = [\"{nested}\"]"));
        assert!(problems.len() == 1 && problems[0].message.contains("too long"), "{:?}", problems.first());
        assert_eq!(layer.filter, None);
        let (layer, _) = parse(Path::new("weir.toml"), &format!("severity.\"{nested}\" = \"off\""));
        let shown = Shown { rule: None, rule_id: "r", severity: Severity::Warning, path: "a.py" };
        assert_eq!(Scopes::new([&layer]).shows(&Scopes::default(), &shown, Audit::Show), Some(Level::Warning));
    }

    #[test]
    fn a_stronger_layer_takes_the_place_of_a_weaker_one_key_by_key() {
        let layer = |text| parse(Path::new("weir.toml"), text).0;
        let client = layer("filter.severity = \"error\"\nfilter.confidence = \"low\"");
        let file = layer("filter.severity = \"info\"");
        let shown = |confidence: &str| {
            let rule = rule("r", &json!({ "confidence": confidence }));
            let shown = Shown { rule: Some(&rule), rule_id: "r", severity: Severity::Warning, path: "a.py" };
            let together = Scopes::new([&client, &file]).shows(&Scopes::default(), &shown, Audit::Show);
            assert_eq!(Scopes::new([&file]).shows(&Scopes::new([&client]), &shown, Audit::Show), together);
            together
        };
        assert_eq!(shown("LOW"), Some(Level::Warning));
    }
}
