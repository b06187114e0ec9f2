//! The analysis processes of an editor: one pool for each set of rules that a folder of its workspace runs.

use crate::config::{Config, Layer, RulePath};
use crate::main_loop::Message;
use crate::remote::choice::Choice;
use crate::remote::{EngineUrl, Remote};
use crate::report::rule::Rule;
use crate::rules_cache::RulesCache;
use crate::rules_source::{self, RulesError};
use futures_util::future::join_all;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use weir_model::{ForeignMarks, RuleInfo, RuleProblem, RuleSource};
use weir_worker::{Pool, PoolConfig};

/// Analysis processes of one pool: typing needs one, the second keeps other documents, and files that are not open, from
/// waiting for it.
pub(crate) const WORKERS: usize = 2;

/// The rules in force, by id.
pub(crate) type Rules = HashMap<Arc<str>, Rule>;

/// A pool of an editor. Never given out twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct EngineId(u64);

/// What makes two folders share a pool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct EngineKey {
    /// Where the rules come from.
    pub(crate) rules: Vec<RulePath>,
    /// How long one file of a scan may take.
    pub(crate) timeout: Duration,
    /// Which marks of other tools suppress findings.
    pub(crate) foreign_marks: ForeignMarks,
    /// Whose workers analyse; `None`: this machine's.
    pub(crate) remote: Option<EngineUrl>,
}

/// One pool with its rules.
pub(crate) struct Engine {
    pub(crate) id: EngineId,
    key: EngineKey,
    pub(crate) pool: Pool,
    /// The rules that run; none before they are loaded.
    pub(crate) rules: Rules,
    /// What is wrong with the others.
    pub(crate) problems: Vec<RuleProblem>,
    /// What could not be read.
    pub(crate) unreadable: Vec<RulesError>,
    /// Whether the workers have the rules that were asked for last.
    pub(crate) is_loaded: bool,
    sources: Option<Arc<[RuleSource]>>,
    /// Rules of a team, in place of those that are built in.
    team: Option<Arc<[RuleSource]>>,
    generation: u64,
    cache: Option<RulesCache>,
}

/// All pools of an editor.
pub(crate) struct Engines {
    list: Vec<Engine>,
    started: u64,
    messages: mpsc::WeakUnboundedSender<Message>,
    choice: Choice,
    /// The remote engines that pools have workers of.
    remotes: Vec<Remote>,
    /// Rules of their teams, where they are wanted.
    teams: HashMap<EngineUrl, Arc<[RuleSource]>>,
    /// And configurations. What was told last counts as long as the engine is away.
    configs: HashMap<EngineUrl, Layer>,
}

impl Engines {
    /// None yet. What pools say goes to `messages`, for as long as somebody else holds its sender.
    pub(crate) fn new(choice: Choice, messages: mpsc::WeakUnboundedSender<Message>) -> Self {
        Self {
            list: Vec::new(),
            started: 0,
            messages,
            choice,
            remotes: Vec::new(),
            teams: HashMap::new(),
            configs: HashMap::new(),
        }
    }

    /// Why nobody knows to which engine the user logged in, if that is so: analysis goes on on this machine.
    pub(crate) fn unknown_login(&self) -> Option<String> {
        self.choice.engine(None).err()
    }

    /// The engine of a project.
    fn url(&self, config: &Config) -> Option<EngineUrl> {
        self.choice.engine(config.engine.as_ref()).ok().flatten()
    }

    /// The pool for what a project is configured to.
    pub(crate) fn for_config(&mut self, config: &Config) -> EngineId {
        self.for_key(&EngineKey {
            rules: config.rules.clone(),
            timeout: config.timeout,
            foreign_marks: config.foreign_marks(),
            remote: self.url(config),
        })
    }

    /// The pool for these rules; started, its rules being read, if there was none.
    fn for_key(&mut self, key: &EngineKey) -> EngineId {
        if let Some(engine) = self.list.iter().find(|engine| engine.key == *key) {
            return engine.id;
        }
        self.started += 1;
        let id = EngineId(self.started);
        let mut config = PoolConfig::this_program(WORKERS);
        config.scan_deadline = key.timeout;
        config.foreign_marks = key.foreign_marks;
        if let Some(url) = &key.remote {
            config.place = self.remote(url).place();
        }
        let (pool, mut updates) = Pool::start(config);
        let messages = self.messages.clone();
        tokio::spawn(async move {
            while let Some(update) = updates.recv().await {
                let Some(messages) = messages.upgrade() else { break };
                let _ = messages.send(Message::Worker(id, update));
            }
        });
        self.list.push(Engine {
            id,
            key: key.clone(),
            pool,
            rules: Rules::new(),
            problems: Vec::new(),
            unreadable: Vec::new(),
            is_loaded: false,
            sources: None,
            team: key.remote.as_ref().and_then(|url| self.teams.get(url)).cloned(),
            generation: 0,
            cache: None,
        });
        self.read_rules(id);
        id
    }

    /// A remote engine: one for all pools, so that they know of one another how it stands.
    fn remote(&mut self, url: &EngineUrl) -> &Remote {
        if let Some(at) = self.remotes.iter().position(|remote| remote.url() == url) {
            return &self.remotes[at];
        }
        let (logins, environment) = (self.choice.logins.clone(), self.choice.environment.clone());
        let (remote, mut notices) = Remote::new(url.clone(), logins, environment);
        let (messages, url) = (self.messages.clone(), url.clone());
        tokio::spawn(async move {
            while let Some(notice) = notices.recv().await {
                let Some(messages) = messages.upgrade() else { break };
                let _ = messages.send(Message::Remote(url.clone(), notice));
            }
        });
        self.remotes.push(remote);
        let last = self.remotes.len() - 1;
        &self.remotes[last]
    }

    /// Rules of a team are to be run by the pools that have workers of an engine, or no longer; answers which these are.
    pub(crate) fn set_team(&mut self, url: &EngineUrl, rules: Option<Vec<RuleSource>>) -> Vec<EngineId> {
        // Whatever a team calls its files, they are none of here.
        let name = |rule: RuleSource| RuleSource { name: format!("team:{}", rule.name), text: rule.text };
        let rules: Option<Arc<[RuleSource]>> = rules.map(|rules| rules.into_iter().map(name).collect());
        match &rules {
            Some(rules) => self.teams.insert(url.clone(), Arc::clone(rules)),
            None => self.teams.remove(url),
        };
        let of_it = self.list.iter_mut().filter(|engine| engine.key.remote.as_ref() == Some(url));
        of_it
            .map(|engine| {
                engine.team.clone_from(&rules);
                engine.id
            })
            .collect()
    }

    /// The configuration of a team is to count in projects that its engine analyses, or no longer.
    pub(crate) fn set_team_config(&mut self, url: &EngineUrl, config: Option<Layer>) {
        match config {
            Some(config) => self.configs.insert(url.clone(), config),
            None => self.configs.remove(url),
        };
    }

    /// The team's configuration that counts beneath a project's.
    pub(crate) fn team_config(&self, config: &Config) -> Option<&Layer> {
        self.configs.get(&self.url(config)?)
    }

    /// The engine that analyses a project, if any.
    pub(crate) fn remote_of(&self, config: &Config) -> Option<Remote> {
        let url = self.url(config)?;
        self.remotes.iter().find(|remote| *remote.url() == url).cloned()
    }

    /// Ends the pools that nobody uses any more.
    pub(crate) fn keep(&mut self, used: &[EngineId]) {
        for engine in self.list.extract_if(.., |engine| !used.contains(&engine.id)) {
            tokio::spawn(engine.pool.shutdown());
        }
    }

    /// The pool with this id, if it still runs.
    pub(crate) fn get(&self, id: EngineId) -> Option<&Engine> {
        self.list.iter().find(|engine| engine.id == id)
    }

    /// As [`get`](Self::get).
    pub(crate) fn get_mut(&mut self, id: EngineId) -> Option<&mut Engine> {
        self.list.iter_mut().find(|engine| engine.id == id)
    }

    /// All pools.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Engine> {
        self.list.iter()
    }

    /// Has the rule files of a pool read (again), and its rules replaced if they say something else than before.
    pub(crate) fn read_rules(&self, id: EngineId) {
        let Some(engine) = self.get(id) else { return };
        let (mut places, team, messages) = (engine.key.rules.clone(), engine.team.clone(), self.messages.clone());
        tokio::task::spawn_blocking(move || {
            if team.is_some() {
                places.retain(|place| *place != RulePath::BuiltIn);
            }
            let (mut sources, unreadable) = rules_source::load(&places);
            if let Some(team) = team {
                sources = sources.iter().chain(team.iter()).cloned().collect();
            }
            if let Some(messages) = messages.upgrade() {
                let _ = messages.send(Message::RulesRead { engine: id, sources, unreadable });
            }
        });
    }

    /// Ends all pools and waits until they are gone.
    pub(crate) async fn shutdown(&mut self) {
        for engine in self.list.drain(..) {
            engine.pool.shutdown().await;
        }
        join_all(self.remotes.iter().map(Remote::leave)).await;
    }
}

impl Engine {
    /// The files and folders its rules come from.
    pub(crate) fn places(&self) -> impl Iterator<Item = &Path> {
        self.key.rules.iter().filter_map(|place| match place {
            RulePath::Path(path) => Some(path.as_path()),
            RulePath::BuiltIn => None,
        })
    }

    /// The text of a rule file, as it was read last.
    pub(crate) fn text_of(&self, name: &str) -> Option<&str> {
        self.sources.iter().flat_map(|sources| sources.iter()).find(|source| source.name == name).map(|s| &*s.text)
    }

    /// Puts rules in force. `false` if they are those that are.
    pub(crate) fn load(&mut self, sources: Arc<[RuleSource]>, unreadable: Vec<RulesError>) -> bool {
        self.unreadable = unreadable;
        if self.sources.as_ref() == Some(&sources) {
            return false;
        }
        self.generation += 1;
        self.is_loaded = false;
        let cache = RulesCache::of(&sources);
        self.pool.rules(self.generation, Arc::clone(&sources), cache.read());
        self.cache = Some(cache);
        self.sources = Some(sources);
        true
    }

    /// Takes the workers' answer; `false` if it is about rules that were replaced since.
    pub(crate) fn loaded(
        &mut self,
        generation: u64,
        rules: Vec<RuleInfo>,
        problems: Vec<RuleProblem>,
        kept: Arc<[u8]>,
    ) -> bool {
        if generation != self.generation {
            return false;
        }
        if let Some(cache) = self.cache.take() {
            // Nobody waits for it.
            tokio::task::spawn_blocking(move || cache.write(&kept));
        }
        self.rules = rules.into_iter().map(|rule| (Arc::clone(&rule.id), Rule::new(rule))).collect();
        self.problems = problems;
        self.is_loaded = true;
        true
    }
}
