//! `weir engine keys`, `team` and `audit`: they work on the store, beside an engine that runs or without one.

use super::super::engine::Engine;
use super::super::notices::problem_line;
use super::super::{Exit, to_stdout};
use crate::args::{AuditCommand, EngineCommand, KeysAddArgs, KeysCommand, RoleArg, StoreArgs, TeamCommand};
use crate::config::{self, RulePath};
use crate::rules_source;
use anyhow::{Context, ensure};
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use weir_engine::limits::LimitChanges;
use weir_engine::store::{TeamChange, TeamRules, Tenants};
use weir_engine::tenant::{ApiKey, NewTenant, Role, Tenant};
use weir_engine::{Clock, StoreConfig, audit};
use weir_model::{ForeignMarks, RuleProblem, RuleSource};

/// Nothing is scanned: it only has to be some time.
const READING: Duration = Duration::from_secs(10);

/// Does what the command says.
pub(super) async fn run(command: EngineCommand) -> anyhow::Result<Exit> {
    match command {
        EngineCommand::Keys(command) => keys(command).await,
        EngineCommand::Team(command) => team(command).await,
        EngineCommand::Audit(AuditCommand::Verify { data, anchor }) => verify(&data, anchor.as_ref()),
        EngineCommand::Audit(AuditCommand::Anchor { data }) => anchor(&data),
    }
}

async fn open(store: StoreArgs) -> anyhow::Result<Tenants> {
    let config = StoreConfig { redis: store.redis, ..StoreConfig::embedded(store.data.unwrap_or_default()) };
    let tenants = Tenants::open(&config, Clock::system()).await?;
    for loss in tenants.losses() {
        eprintln!("weir: {loss}");
    }
    Ok(tenants)
}

async fn keys(command: KeysCommand) -> anyhow::Result<Exit> {
    match command {
        KeysCommand::Add(args) => add(args).await,
        KeysCommand::List { json, store } => list(&open(store).await?.list().await?, json),
        KeysCommand::Revoke { key, store } => match open(store).await?.revoke(&key).await? {
            Some(tenant) => {
                eprintln!("{} ({}) was revoked.", tenant.name, tenant.id);
                Ok(Exit::Ok)
            }
            None => Ok(unknown("key", &key)),
        },
        KeysCommand::Rotate { key, grace, store } => {
            match open(store).await?.rotate(&key, Duration::from_secs(grace)).await? {
                Some((new, tenant)) => {
                    eprintln!(
                        "The new key of {}; the old one is valid for {grace} s. It is not shown again:",
                        tenant.name
                    );
                    print(&new)
                }
                None => Ok(unknown("key", &key)),
            }
        }
    }
}

async fn add(args: KeysAddArgs) -> anyhow::Result<Exit> {
    let role = match args.role {
        RoleArg::Analyst => Role::Analyst,
        RoleArg::Admin => Role::Admin,
    };
    let limits = LimitChanges {
        per_minute: args.rate,
        concurrent: args.concurrent,
        sessions: args.sessions,
        session_seconds: args.session_lifetime,
        files: args.files,
        file_bytes: args.file_bytes,
        jobs: args.jobs,
        ..LimitChanges::default()
    };
    let new = NewTenant { name: args.name, team: args.team, role, limits };
    let (key, tenant) = open(args.store).await?.add(new).await?;
    eprintln!("The key of {} ({}, team {}). It is not shown again:", tenant.name, tenant.role, tenant.team);
    print(&key)
}

/// Prints a key: the one thing on standard output.
fn print(key: &ApiKey) -> anyhow::Result<Exit> {
    to_stdout(io::stdout().lock(), |out| writeln!(out, "{}", key.reveal()))?;
    Ok(Exit::Ok)
}

fn list(tenants: &[Tenant], json: bool) -> anyhow::Result<Exit> {
    let all: Vec<_> = tenants
        .iter()
        .map(|tenant| {
            json!({
                "id": tenant.id, "name": tenant.name, "team": tenant.team, "role": tenant.role, "limits": tenant.limits,
                "created": tenant.created, "lastUsed": tenant.last_used, "previousUntil": tenant.previous_until,
            })
        })
        .collect();
    to_stdout(io::stdout().lock(), |out| {
        if json {
            return writeln!(out, "{:#}", json!(all));
        }
        writeln!(
            out,
            "{:<16}  {:<24}  {:<16}  {:<7}  {:<9}  {:<9}  LIMITS",
            "ID", "NAME", "TEAM", "ROLE", "CREATED", "USED"
        )?;
        for (tenant, json) in tenants.iter().zip(&all) {
            let limits = json["limits"].as_object().into_iter().flatten();
            let limits: Vec<_> = limits.map(|(name, limit)| format!("{name}={limit}")).collect();
            writeln!(
                out,
                "{:<16}  {:<24}  {:<16}  {:<7}  {:<9}  {:<9}  {}",
                tenant.id,
                tenant.name,
                tenant.team,
                tenant.role,
                ago(Some(tenant.created)),
                ago(tenant.last_used),
                limits.join(" "),
            )?;
        }
        Ok(())
    })?;
    Ok(Exit::Ok)
}

/// How long ago something was, in the largest unit of which it is at least one.
fn ago(at: Option<u64>) -> String {
    let Some(at) = at else { return "never".to_owned() };
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = now.saturating_sub(Duration::from_millis(at)).as_secs();
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}

async fn team(command: TeamCommand) -> anyhow::Result<Exit> {
    match command {
        TeamCommand::Set { name, rules, config, if_version, store } => {
            let config = config.as_deref().map(read_config).transpose()?;
            let change = TeamChange { rules: read_rules(&rules).await?, config, expected: if_version };
            let team = open(store).await?.set_team(&name, change).await?;
            let files = team.rules.as_ref().map_or(0, Vec::len);
            eprintln!(
                "{name} is at version {}: {files} rule files{}.",
                team.version,
                match team.config {
                    Some(_) => " and a configuration",
                    None => "",
                }
            );
            Ok(Exit::Ok)
        }
        TeamCommand::Show { name, store } => match open(store).await?.team(&name).await? {
            Some(team) => {
                to_stdout(io::stdout().lock(), |out| writeln!(out, "{:#}", json!(*team)))?;
                Ok(Exit::Ok)
            }
            None => Ok(unknown("team with something of its own", &name)),
        },
        TeamCommand::Clear { name, store } => {
            if open(store).await?.clear_team(&name).await? {
                eprintln!("{name} has the engine's rules and no configuration.");
                Ok(Exit::Ok)
            } else {
                Ok(unknown("team with something of its own", &name))
            }
        }
    }
}

/// The rules of a team, which must be rules: what is wrong with them nobody would see in an engine.
async fn read_rules(paths: &[PathBuf]) -> anyhow::Result<Option<Vec<TeamRules>>> {
    if paths.is_empty() {
        return Ok(None);
    }
    let mut sources = Vec::new();
    for path in paths {
        let (files, errors) = rules_source::load(&RulePath::named(std::slice::from_ref(path)));
        if let Some(error) = errors.into_iter().next() {
            return Err(error.into());
        }
        sources.extend(files.iter().map(|file| RuleSource { name: told(path, &file.name), text: file.text.clone() }));
    }
    let mut engine = Engine::start(Some(1), READING, ForeignMarks::None);
    let loaded = engine.load(sources.as_slice().into()).await;
    engine.shutdown().await;
    let loaded = loaded?;
    let (skipped, broken): (Vec<_>, Vec<_>) = loaded.problems.iter().partition(|problem| problem.skipped);
    let lines = |problems: &[&RuleProblem], what| {
        problems.iter().map(|problem| problem_line(problem, what)).collect::<Vec<_>>().join("\n")
    };
    ensure!(broken.is_empty(), "these are no rules, and nothing was changed:\n{}", lines(&broken, "error"));
    ensure!(!loaded.rules.is_empty(), "there is no rule that could run in them, and nothing was changed");
    if !skipped.is_empty() {
        eprintln!("{}", lines(&skipped, "skipped"));
    }
    Ok(Some(sources.into_iter().map(|RuleSource { name, text }| TeamRules { name, text }).collect()))
}

/// How a rule file is named to the team: by its place in the folder that was said, and not by that of this machine.
fn told(said: &Path, file: &str) -> String {
    let file = Path::new(file);
    let inside = file.strip_prefix(said).ok().filter(|inside| !inside.as_os_str().is_empty());
    let named = inside.or_else(|| file.file_name().map(Path::new)).unwrap_or(file);
    named.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read_config(path: &Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let problems: Vec<String> = config::team::problems(path, &text).iter().map(ToString::to_string).collect();
    ensure!(
        problems.is_empty(),
        "it is no configuration for a team, and nothing was changed:\n{}",
        problems.join("\n")
    );
    Ok(text)
}

fn anchor(data: &Path) -> anyhow::Result<Exit> {
    let Some(anchor) = audit::anchor(data)? else {
        eprintln!("weir: there is no audit log in {}, or `audit.anchor` is damaged", data.display());
        return Ok(Exit::Findings);
    };
    to_stdout(io::stdout().lock(), |out| writeln!(out, "{anchor}"))?;
    Ok(Exit::Ok)
}

fn verify(data: &Path, elsewhere: Option<&audit::Anchor>) -> anyhow::Result<Exit> {
    let verified = audit::verify(data, elsewhere)?;
    for broken in &verified.broken {
        eprintln!("{broken}");
    }
    let range = verified.range.map_or(String::new(), |(first, last)| format!(", {first} to {last}"));
    let (lines, intact) = (verified.lines, verified.broken.is_empty());
    to_stdout(io::stdout().lock(), |out| {
        writeln!(out, "{}: {lines} entries in order{range}", if intact { "intact" } else { "BROKEN" })
    })?;
    Ok(if intact { Exit::Ok } else { Exit::Findings })
}

fn unknown(what: &str, name: &str) -> Exit {
    eprintln!("weir: there is no {what} called {name}");
    Exit::Findings
}
