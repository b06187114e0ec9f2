//! `weir login` and `weir logout`: which engines are spoken to, and who we are to them.

use super::engine::block_on;
use super::{Exit, notices};
use crate::args::{LoginArgs, LogoutArgs};
use crate::remote::logins::{Keeper, Login, Logins, Wanted};
use crate::remote::{self, ConnectError, EngineUrl, Environment, Target, Way};
use anyhow::{Context as _, bail, ensure};
use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::time::Duration;
use weir_seal::{Padding, PublicIdentity, Zeroizing};

/// An engine that has not answered by then does not.
const PATIENCE: Duration = Duration::from_secs(20);

/// A key is a line.
const MAX_KEY: u64 = 4096;

/// Logs in: nothing is kept unless the engine proves its identity and takes the key.
pub(crate) fn main(args: &LoginArgs) -> anyhow::Result<Exit> {
    let logins = Logins::of_user();
    let Some(url) = args.url.as_deref().filter(|_| !args.status) else { return status(&logins) };
    let url: EngineUrl = url.parse()?;
    let before = logins.get(&url)?;
    let ca = args.ca.as_deref().map(|ca| ca.canonicalize().with_context(|| ca.display().to_string())).transpose()?;
    let way = Way::new(url.clone(), args.proxy.as_deref(), ca.as_deref())?;
    let identity = block_on(async { Ok(within(remote::identity(&way)).await?) })
        .with_context(|| format!("asking {url} who it is"))?;
    trust(&url, &identity, before.as_ref(), args.accept_fingerprint.as_deref())?;
    let key = if args.key_stdin { key_from_stdin()? } else { ask_for_key(&url)? };
    ensure!(!key.is_empty(), "there is no key: it is a line of text");
    let target = way.to(identity, key.clone());
    let customer = block_on(async { Ok(within(remote::check(&target)).await?) })
        .with_context(|| format!("logging in to {url}"))?;
    let team = Wanted { rules: args.team_rules, config: args.team_config };
    let (proxy, padding) = (args.proxy.clone(), if args.no_padding { Padding::Off } else { Padding::Classes });
    let login = Login { proxy, ca, padding, team, ..Login::new(url.clone(), identity) };
    let keeper = logins.put(login, &key, !args.no_keyring)?;
    let place = match keeper {
        Keeper::Keyring => "the system's keyring",
        Keeper::File => "a file that nobody else may read",
    };
    notices::say(&[format!("weir: logged in to {url} as {customer}; the key is kept in {place}")]);
    Ok(Exit::Ok)
}

/// Forgets an engine.
pub(crate) fn logout(args: &LogoutArgs) -> anyhow::Result<Exit> {
    let logins = Logins::of_user();
    let url = match &args.url {
        Some(url) => url.parse()?,
        None => logins.default()?.context("which engine? You are logged in to none by default")?,
    };
    if !logins.remove(&url)? {
        bail!("you are not logged in to {url}");
    }
    notices::say(&[format!("weir: logged out of {url}; whoever runs it can also revoke the key")]);
    Ok(Exit::Ok)
}

/// Says which engines there are and whether they answer.
fn status(logins: &Logins) -> anyhow::Result<Exit> {
    let (all, default) = (logins.all()?, logins.default()?);
    let mut out = io::stdout().lock();
    if all.is_empty() {
        writeln!(out, "not logged in to any engine")?;
    }
    let mut well = true;
    for login in all {
        let is_default = if default.as_ref() == Some(&login.url) { " (default)" } else { "" };
        let answer = block_on(async {
            let (url, logins) = (login.url.clone(), logins.clone());
            let target =
                tokio::task::spawn_blocking(move || Target::load(&url, &logins, &Environment::default())).await?;
            Ok(match target {
                Ok(target) => within(remote::check(&target)).await,
                Err(error) => Err(error),
            })
        })?;
        well &= answer.is_ok();
        let answer = match answer {
            Ok(customer) => format!("answers; you are {customer}"),
            Err(ConnectError::Refused(reason)) => format!("not used: {reason}"),
            Err(error) => format!("away: {error}"),
        };
        let key = match login.keeper {
            Keeper::Keyring => "keyring",
            Keeper::File => "file",
        };
        let rules = if login.team.rules { "run" } else { "not run" };
        let config = if login.team.config { "in force" } else { "not in force" };
        writeln!(
            out,
            "{}{is_default}\n  fingerprint {}\n  key in {key}, rules of the team {rules}, its configuration {config}\n  {answer}",
            login.url,
            login.identity.fingerprint()
        )?;
    }
    Ok(if well { Exit::Ok } else { Exit::Findings })
}

async fn within<T>(work: impl Future<Output = Result<T, ConnectError>>) -> Result<T, ConnectError> {
    let late = || ConnectError::Away(format!("no answer within {} seconds", PATIENCE.as_secs()));
    tokio::time::timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(late()))
}

/// Has a person compare the fingerprint, or compares it with what was given.
fn trust(
    url: &EngineUrl,
    identity: &PublicIdentity,
    before: Option<&Login>,
    accepted: Option<&str>,
) -> anyhow::Result<()> {
    let fingerprint = identity.fingerprint();
    if let Some(accepted) = accepted {
        ensure!(
            same_fingerprint(accepted, &fingerprint),
            "{url} has the fingerprint {fingerprint}, which is not the one that is accepted"
        );
        return Ok(());
    }
    let mut lines = vec![format!("{url} has the fingerprint {fingerprint}")];
    match before {
        Some(login) if login.identity == *identity => return Ok(()),
        Some(login) => lines.push(format!(
            "It was {} when you logged in before. Unless whoever runs it says that it has changed, somebody else answers there.",
            login.identity.fingerprint()
        )),
        None => lines.push("Compare it with the one that whoever runs the engine gave you.".to_owned()),
    }
    notices::say(&lines);
    ensure!(
        io::stdin().is_terminal(),
        "nobody is there to compare it: --accept-fingerprint takes the one that is trusted"
    );
    eprint!("Trust it? Type yes: ");
    let mut answer = String::new();
    io::stdin().lock().take(MAX_KEY).read_line(&mut answer)?;
    ensure!(answer.trim().eq_ignore_ascii_case("yes"), "not trusted; nothing was kept");
    Ok(())
}

/// However it was copied: groups, spaces and case say nothing.
fn same_fingerprint(one: &str, other: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_hexdigit).map(|c| c.to_ascii_lowercase()).collect();
    let (one, other): (String, String) = (digits(one), digits(other));
    !one.is_empty() && one == other
}

fn key_from_stdin() -> anyhow::Result<Zeroizing<String>> {
    let mut line = Zeroizing::new(String::new());
    io::stdin().lock().take(MAX_KEY).read_line(&mut line).context("reading the key")?;
    Ok(Zeroizing::new(line.trim().to_owned()))
}

fn ask_for_key(url: &EngineUrl) -> anyhow::Result<Zeroizing<String>> {
    let typed = rpassword::prompt_password(format!("API key for {url}: "));
    let typed = Zeroizing::new(typed.context("reading the key; --key-stdin takes it from standard input")?);
    Ok(Zeroizing::new(typed.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_the_same_however_it_was_copied() {
        let shown = "0a1b-2c3d";
        for (given, same) in [
            ("0a1b-2c3d", true),
            ("0A1B 2C3D", true),
            ("0a1b2c3d", true),
            ("0a1b-2c3", false),
            ("0a1b-2c3e", false),
            ("", false),
            ("--", false),
        ] {
            assert_eq!(same_fingerprint(given, shown), same, "{given}");
        }
    }
}
