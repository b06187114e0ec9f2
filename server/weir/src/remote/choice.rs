//! Which engine analyses a project, if any.
//!
//! A repository must not be able to send its readers' code to somebody's server. So `weir.toml` can ask for analysis on this
//! machine and for nothing else, and all others (a command line, the environment, an editor's settings, which may come out of
//! the repository, too) can only choose among the engines that the user has logged in to.

use super::logins::Logins;
use super::target::Environment;
use super::url::EngineUrl;
use std::str::FromStr;

/// What one source says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wish {
    /// Analysis on this machine.
    Local,
    /// The engine that the user logged in to last.
    Default,
    /// This engine.
    At(EngineUrl),
}

impl FromStr for Wish {
    type Err = super::url::UrlError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text.trim() {
            "" | "local" => Ok(Self::Local),
            "default" => Ok(Self::Default),
            url => url.parse().map(Self::At),
        }
    }
}

/// What counts for this process, whatever is configured.
#[derive(Clone)]
pub(crate) struct Choice {
    pub(crate) logins: Logins,
    pub(crate) environment: Environment,
    /// What the command line says, or else the environment.
    first: Option<Wish>,
    /// What counts where nobody says anything.
    last: Wish,
    /// The engine that the user logged in to last, or why nobody knows.
    default: Result<Option<EngineUrl>, String>,
}

impl Choice {
    /// What a command line says, and the environment. Where neither does, and no setting either, `last` counts.
    pub(crate) fn new(said: Option<&str>, last: Wish) -> anyhow::Result<Self> {
        let (logins, environment) = (Logins::of_user(), Environment::read());
        Self::with(logins, environment, said, last)
    }

    fn with(logins: Logins, environment: Environment, said: Option<&str>, last: Wish) -> anyhow::Result<Self> {
        let named = |name: &str, text: &str| text.parse().map_err(|error| anyhow::anyhow!("{name}: {error}"));
        let first = match (said, &environment.url) {
            (Some(said), _) => Some(named("--engine", said)?),
            (None, Some(url)) => Some(named("WEIR_ENGINE_URL", url)?),
            (None, None) => None,
        };
        let default = logins.default().map_err(|error| error.to_string());
        if first == Some(Wish::Default) {
            let engine = default.as_ref().map_err(|error| anyhow::anyhow!("--engine default: {error}"))?;
            anyhow::ensure!(
                engine.is_some(),
                "--engine default: there is none. `weir login URL` makes an engine the default"
            );
        }
        Ok(Self { logins, environment, first, last, default })
    }

    /// The engine for a project: `configured` is what its configuration says. Whoever wants analysis on this machine gets it.
    /// An error is why nobody knows to which engine the user logged in.
    pub(crate) fn engine(&self, configured: Option<&Wish>) -> Result<Option<EngineUrl>, String> {
        if configured == Some(&Wish::Local) {
            return Ok(None);
        }
        match self.first.as_ref().or(configured).unwrap_or(&self.last) {
            Wish::Local => Ok(None),
            Wish::Default => self.default.clone(),
            Wish::At(url) => Ok(Some(url.clone())),
        }
    }

    /// Whether the command line or the environment asks for an engine.
    pub(crate) fn is_asked_for(&self) -> bool {
        self.first.as_ref().is_some_and(|wish| *wish != Wish::Local)
    }
}

#[cfg(test)]
mod tests {
    use super::super::logins::Login;
    use super::*;
    use weir_seal::Identity;

    #[test]
    fn the_nearest_word_counts_but_whoever_wants_this_machine_gets_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let logins = Logins::at(folder.path());
        let identity = Identity::generate().expect("randomness").public();
        logins.put(Login::new("https://saved".parse().expect("an address"), identity), "key", false).expect("kept");
        let chosen = |said: Option<&str>, environment: Option<&str>, configured: Option<&str>, last: Wish| {
            let environment = Environment { url: environment.map(str::to_owned), ..Environment::default() };
            let choice = Choice::with(logins.clone(), environment, said, last).expect("well said");
            let configured: Option<Wish> = configured.map(|wish| wish.parse().expect("a wish"));
            choice.engine(configured.as_ref()).expect("readable").map(|url| url.to_string())
        };
        for (said, environment, configured, last, expected) in [
            (None, None, None, Wish::Local, None),
            (None, None, None, Wish::Default, Some("https://saved")),
            (None, None, Some("https://settings"), Wish::Default, Some("https://settings")),
            (None, Some("https://variable"), Some("https://settings"), Wish::Local, Some("https://variable")),
            (None, Some(""), Some("https://settings"), Wish::Default, None),
            (Some("https://said"), Some("https://variable"), None, Wish::Local, Some("https://said")),
            (Some("default"), Some("https://variable"), None, Wish::Local, Some("https://saved")),
            (Some("local"), None, Some("https://settings"), Wish::Default, None),
            (Some("https://said"), None, Some("local"), Wish::Default, None),
            (None, None, Some("local"), Wish::Default, None),
        ] {
            let case = format!("{said:?} {environment:?} {configured:?} {last:?}");
            assert_eq!(chosen(said, environment, configured, last).as_deref(), expected, "{case}");
        }
    }
    #[test]
    fn logins_that_cannot_be_read_trouble_nobody_who_wants_none() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("engines.json"), "{").expect("written");
        let choice = |said, last| Choice::with(Logins::at(folder.path()), Environment::default(), said, last);
        assert_eq!(choice(None, Wish::Local).expect("well said").engine(None), Ok(None));
        let at = choice(Some("https://said"), Wish::Local).expect("well said");
        assert!(at.engine(None).is_ok_and(|url| url.is_some()));
        let reason = choice(None, Wish::Default).expect("well said").engine(None).expect_err("nobody knows");
        assert!(reason.contains("engines.json"), "{reason}");
        assert!(choice(Some("default"), Wish::Local).is_err());
    }
}
