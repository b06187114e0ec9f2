//! What people configure: one `weir.toml` for a project, and the settings of their editor.
//!
//! Both say the same things in the same words, a [`Layer`] each. The project's file outranks the editor, so that a team sees
//! the same everywhere; what neither says is the default. [`Config`] is what comes of it. Beneath both is what a team has agreed
//! on in its engine, if a user wants that ([`team`]).

mod file;
mod filter;
mod settings;
pub(crate) mod team;

pub(crate) use file::{FILE_NAME, Problem, find, read};
pub(crate) use filter::{Audit, Filter, Folder, Level, Shown};
pub(crate) use settings::{Settings, of_client};

use crate::args::FileArgs;
use crate::baseline::Baseline;
use crate::remote::choice::Wish;
use crate::walk::{folder_of, git_root};
use anyhow::Context as _;
use filter::Scopes;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;
use weir_model::ForeignMarks;

/// The word in `rules` for those that are built in.
const BUILT_IN: &str = "built-in";

/// How long one file of a scan may take if nothing else is said.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Where the baseline lies if nothing else is said.
const BASELINE: &str = ".weir-baseline.json";

/// What one source of configuration says; what it does not say is `None`.
#[derive(Debug, Clone, Default, PartialEq)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[cfg_attr(test, schemars(rename_all = "kebab-case", deny_unknown_fields))]
pub(crate) struct Layer {
    /// Rule files and folders, relative to this file, in place of the built-in rules. "built-in" stands for those.
    pub(crate) rules: Option<Vec<String>>,
    /// Look only at files that match one of these globs (as in .gitignore).
    pub(crate) include: Option<Vec<String>>,
    /// Leave out files and folders that match one of these globs (as in .gitignore).
    pub(crate) exclude: Option<Vec<String>>,
    /// Leave out files of more bytes; 0 means no limit.
    pub(crate) max_target_bytes: Option<u64>,
    /// Seconds the analysis of one file of a scan may take.
    pub(crate) timeout: Option<f64>,
    /// Editor: look at the whole workspace, not only at what is open.
    pub(crate) workspace: Option<bool>,
    /// Editor: show only findings on lines that differ from the commit named by `since`.
    pub(crate) changed_only: Option<bool>,
    /// The commit or branch that `changed-only` compares with.
    pub(crate) since: Option<String>,
    /// Editor: a line above each source that says which sinks it reaches.
    pub(crate) source_lens: Option<bool>,
    /// The baseline file, relative to this file: findings in it are not shown.
    pub(crate) baseline: Option<String>,
    /// Honour comments of other tools (`# nosec`, `NOSONAR`) that name no rule.
    pub(crate) foreign_suppressions: Option<bool>,
    /// Which findings are shown.
    pub(crate) filter: Option<Filter>,
    /// How severe findings are, by the rule's id (a glob): the last that matches counts.
    pub(crate) severity: Option<BTreeMap<String, Level>>,
    /// What is different in some folders; a later one outranks those before it.
    pub(crate) folder: Option<Vec<Folder>>,
    /// "local": code of this project is analysed on the machine it is on, even where an engine is configured. A project can ask for
    /// nothing else.
    pub(crate) engine: Option<Local>,
    /// The engine that an editor's settings name. No file can.
    #[cfg_attr(test, schemars(skip))]
    pub(crate) engine_url: Option<Wish>,
}

/// The one thing that a project may say about engines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Local {
    /// None.
    Local,
}

impl Layer {
    /// The keys, in the order of the documentation.
    const KEYS: [&str; 15] = [
        "rules",
        "include",
        "exclude",
        "max-target-bytes",
        "timeout",
        "workspace",
        "changed-only",
        "since",
        "source-lens",
        "baseline",
        "foreign-suppressions",
        "filter",
        "severity",
        "folder",
        "engine",
    ];

    /// What this says, and where it says nothing what another does.
    pub(crate) fn over(&self, other: &Self) -> Self {
        Self {
            rules: self.rules.clone().or_else(|| other.rules.clone()),
            include: self.include.clone().or_else(|| other.include.clone()),
            exclude: self.exclude.clone().or_else(|| other.exclude.clone()),
            max_target_bytes: self.max_target_bytes.or(other.max_target_bytes),
            timeout: self.timeout.or(other.timeout),
            workspace: self.workspace.or(other.workspace),
            changed_only: self.changed_only.or(other.changed_only),
            since: self.since.clone().or_else(|| other.since.clone()),
            source_lens: self.source_lens.or(other.source_lens),
            baseline: self.baseline.clone().or_else(|| other.baseline.clone()),
            foreign_suppressions: self.foreign_suppressions.or(other.foreign_suppressions),
            filter: self.filter.clone().or_else(|| other.filter.clone()),
            severity: self.severity.clone().or_else(|| other.severity.clone()),
            folder: self.folder.clone().or_else(|| other.folder.clone()),
            engine: self.engine.or(other.engine),
            engine_url: self.engine_url.clone().or_else(|| other.engine_url.clone()),
        }
    }

    /// Takes one key. `None` if there is no such key.
    fn set<'de, D: serde::Deserializer<'de>>(&mut self, key: &str, value: D) -> Option<Result<(), D::Error>> {
        fn put<'de, D, T>(field: &mut Option<T>, value: D) -> Result<(), D::Error>
        where
            D: serde::Deserializer<'de>,
            T: Deserialize<'de>,
        {
            *field = Some(T::deserialize(value)?);
            Ok(())
        }
        Some(match key {
            "rules" => put(&mut self.rules, value),
            "include" => put(&mut self.include, value),
            "exclude" => put(&mut self.exclude, value),
            "max-target-bytes" => put(&mut self.max_target_bytes, value),
            "timeout" => put(&mut self.timeout, value),
            "workspace" => put(&mut self.workspace, value),
            "changed-only" => put(&mut self.changed_only, value),
            "since" => put(&mut self.since, value),
            "source-lens" => put(&mut self.source_lens, value),
            "baseline" => put(&mut self.baseline, value),
            "foreign-suppressions" => put(&mut self.foreign_suppressions, value),
            "filter" => put(&mut self.filter, value),
            "severity" => put(&mut self.severity, value),
            "folder" => put(&mut self.folder, value),
            "engine" => put(&mut self.engine, value),
            _ => return None,
        })
    }
}

/// One place that rules come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum RulePath {
    /// Those in the binary.
    BuiltIn,
    /// A file or folder.
    Path(PathBuf),
}

impl RulePath {
    /// What a path on the command line means.
    fn of(path: &Path) -> Self {
        match path.to_str() {
            Some(BUILT_IN) => Self::BuiltIn,
            _ => Self::Path(path.to_owned()),
        }
    }

    /// What the paths on a command line mean; the built-in rules if there is none.
    pub(crate) fn named(paths: &[PathBuf]) -> Vec<Self> {
        if paths.is_empty() { vec![Self::BuiltIn] } else { paths.iter().map(|path| Self::of(path)).collect() }
    }
}

/// What is in force for a project.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    /// Where rules come from; never empty.
    pub(crate) rules: Vec<RulePath>,
    /// Which files a scan looks at.
    pub(crate) files: FileArgs,
    /// How long one file of a scan may take.
    pub(crate) timeout: Duration,
    /// Whether the editor looks at files that are not open.
    pub(crate) workspace: bool,
    /// The commit whose changes alone are shown in the editor.
    pub(crate) changed_since: Option<String>,
    /// Whether the editor shows what a source reaches.
    pub(crate) source_lens: bool,
    /// The baseline file.
    pub(crate) baseline: PathBuf,
    /// Where it is analysed, if anybody says so.
    pub(crate) engine: Option<Wish>,
    /// Whether other tools' comments that name no rule are honoured.
    foreign_suppressions: bool,
    scopes: Scopes,
    /// What the team's configuration says, beneath all of these.
    team: Scopes,
}

impl Config {
    /// What comes of the project's file (in `folder`) and the editor's settings. `rules`: from the command line, outranks both.
    pub(crate) fn new(folder: &Path, file: &Layer, client: &Layer, rules: &[PathBuf]) -> Self {
        let said = file.over(client);
        let own: Vec<RulePath> = rules.iter().map(|path| RulePath::of(path)).collect();
        let named = said.rules.unwrap_or_default().into_iter().map(|rule| match rule.as_str() {
            BUILT_IN => RulePath::BuiltIn,
            path => RulePath::Path(folder.join(path)),
        });
        let named: Vec<RulePath> = if own.is_empty() { named.collect() } else { own };
        Self {
            rules: if named.is_empty() { vec![RulePath::BuiltIn] } else { named },
            files: FileArgs {
                include: said.include.unwrap_or_default(),
                exclude: said.exclude.unwrap_or_default(),
                max_target_bytes: said.max_target_bytes,
                ..FileArgs::default()
            },
            timeout: said
                .timeout
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .filter(|timeout| !timeout.is_zero())
                .unwrap_or(TIMEOUT),
            workspace: said.workspace.unwrap_or(true),
            changed_since: said.changed_only.unwrap_or(false).then(|| said.since.unwrap_or_else(|| "HEAD".to_owned())),
            source_lens: said.source_lens.unwrap_or(false),
            baseline: folder.join(said.baseline.as_deref().unwrap_or(BASELINE)),
            engine: said.engine.map(|Local::Local| Wish::Local).or(said.engine_url),
            foreign_suppressions: said.foreign_suppressions.unwrap_or(true),
            scopes: Scopes::new([client, file]),
            team: Scopes::default(),
        }
    }

    /// What is in force in a folder: what the `weir.toml` that speaks for it says, and the rest.
    pub(crate) fn of_folder(folder: &Path, client: &Layer, rules: &[PathBuf]) -> (Self, Vec<Problem>) {
        match find(folder) {
            Some(path) => {
                let (file, problems) = read(&path);
                (Self::new(path.parent().unwrap_or(folder), &file, client, rules), problems)
            }
            None => (Self::new(folder, &Layer::default(), client, rules), Vec::new()),
        }
    }

    /// What was known before.
    pub(crate) fn read_baseline(&self) -> anyhow::Result<Baseline> {
        Baseline::read(&self.baseline, &baseline_root(&self.baseline))
            .with_context(|| format!("reading {}", self.baseline.display()))
    }

    /// Which marks of other tools suppress findings: those that name a check that is ours always do.
    pub(crate) const fn foreign_marks(&self) -> ForeignMarks {
        if self.foreign_suppressions { ForeignMarks::Lines } else { ForeignMarks::Named }
    }

    /// How a finding of a rule in a file (relative to the project's root) is shown, if at all. `audit`: what becomes of rules that
    /// ask for a review where nothing is said about them.
    pub(crate) fn shows(&self, shown: &Shown<'_>, audit: Audit) -> Option<Level> {
        self.scopes.shows(&self.team, shown, audit)
    }

    /// The same, if it were not for the team's configuration.
    pub(crate) fn shows_by_itself(&self, shown: &Shown<'_>, audit: Audit) -> Option<Level> {
        self.scopes.shows(&Scopes::default(), shown, audit)
    }

    /// Puts a team's configuration beneath this one.
    pub(crate) fn set_team(&mut self, team: &Layer) {
        self.team = Scopes::new([team]);
    }
}

/// What the paths in a baseline file are relative to.
pub(crate) fn baseline_root(path: &Path) -> PathBuf {
    let folder = folder_of(path);
    git_root(folder).unwrap_or_else(|| folder.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_projects_file_outranks_the_editor_and_the_command_line_both() {
        let layer = |rules: &str, workspace| Layer {
            rules: Some(vec![rules.to_owned()]),
            workspace: Some(workspace),
            ..Layer::default()
        };
        let (file, client) = (layer("team", false), layer("mine", true));
        let config = Config::new(Path::new("/p"), &file, &client, &[]);
        assert_eq!(config.rules, [RulePath::Path("/p/team".into())]);
        assert!(!config.workspace);
        let config = Config::new(Path::new("/p"), &Layer::default(), &client, &[]);
        assert_eq!(config.rules, [RulePath::Path("/p/mine".into())]);
        let config = Config::new(Path::new("/p"), &file, &client, &["/r".into(), "built-in".into()]);
        assert_eq!(config.rules, [RulePath::Path("/r".into()), RulePath::BuiltIn]);
        let config = Config::new(Path::new("/p"), &Layer::default(), &Layer::default(), &[]);
        assert_eq!(config.rules, [RulePath::BuiltIn]);
    }

    #[test]
    fn a_project_can_keep_its_code_here_and_cannot_send_it_anywhere() {
        let (file, problems) = file::parse(Path::new("weir.toml"), "engine = \"local\"");
        assert_eq!(problems, []);
        let client = Layer { engine_url: Some("https://engine".parse().unwrap()), ..Layer::default() };
        let engine = |file: &Layer| Config::new(Path::new("/p"), file, &client, &[]).engine;
        assert_eq!(engine(&file), Some(Wish::Local));
        assert_eq!(engine(&Layer::default()), client.engine_url);
        for text in [
            "engine = \"https://evil\"",
            "engine = { url = \"https://evil\" }",
            "engine-url = \"https://evil\"",
            "engine_url = \"https://evil\"",
            "[engine]\nurl = \"https://evil\"",
        ] {
            let (file, problems) = file::parse(Path::new("weir.toml"), text);
            assert_eq!((problems.len(), engine(&file)), (1, client.engine_url.clone()), "{text}");
        }
    }

    #[test]
    fn every_key_is_known_to_the_reader() {
        for key in Layer::KEYS {
            let mut layer = Layer::default();
            assert!(layer.set(key, serde_json::Value::Null).is_some(), "{key}");
        }
    }

    /// `WEIR_UPDATE=1 cargo nextest run -p weir the_schema` writes it anew.
    #[test]
    fn the_schema_is_published_as_it_is() {
        let mut schema = serde_json::to_value(schemars::schema_for!(Layer)).expect("a schema is JSON");
        schema["title"] = "weir.toml".into();
        schema["description"] = "What Weir looks at in a project and what it shows. Every key may be left out.".into();
        let text = serde_json::to_string_pretty(&schema).expect("a schema is JSON") + "\n";
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/weir.schema.json");
        if std::env::var_os("WEIR_UPDATE").is_some() {
            std::fs::write(&path, &text).expect("the documentation can be written");
        }
        assert!(std::fs::read_to_string(&path).is_ok_and(|published| published == text), "run with WEIR_UPDATE=1");
        let keys: Vec<&str> = schema["properties"].as_object().expect("an object").keys().map(String::as_str).collect();
        let mut known = Layer::KEYS;
        known.sort_unstable();
        assert_eq!(keys, known);
    }
}
