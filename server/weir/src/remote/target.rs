//! Everything that is needed to speak to an engine.

use super::dial;
use super::error::ConnectError;
use super::logins::{Login, Logins, Wanted};
use super::proxy::{self, Proxy};
use super::url::EngineUrl;
use rustls::ClientConfig;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use weir_seal::{Padding, PublicIdentity, Zeroizing};

/// The way to an engine, whoever goes it.
#[derive(Clone)]
pub(crate) struct Way {
    pub(super) url: EngineUrl,
    pub(super) proxy: Option<Proxy>,
    pub(super) tls: Arc<ClientConfig>,
}

/// An engine that we may speak to: the way, who it must be, and who we are.
#[derive(Clone)]
pub(crate) struct Target {
    pub(super) url: EngineUrl,
    pub(super) proxy: Option<Proxy>,
    pub(super) tls: Arc<ClientConfig>,
    pub(super) identity: PublicIdentity,
    pub(super) key: Zeroizing<String>,
    /// How what is sent there is padded.
    pub(super) padding: Padding,
    /// What of that which the team has agreed on is wanted.
    pub(super) team: Wanted,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({}, {})", self.url, self.identity.fingerprint())
    }
}

impl Way {
    /// The way to an engine: through a proxy if one is named here or in the environment; TLS by the system's certificates and those
    /// of a file.
    pub(crate) fn new(url: EngineUrl, proxy: Option<&str>, ca: Option<&Path>) -> Result<Self, ConnectError> {
        let proxy = match proxy {
            Some(proxy) => Some(proxy.parse()),
            None => proxy::of_environment(&url, |name| std::env::var(name).ok()).transpose(),
        };
        let proxy = proxy.transpose().map_err(|error: proxy::ProxyError| ConnectError::refused(error.to_string()))?;
        let tls = dial::roots(ca).map_err(ConnectError::refused)?;
        Ok(Self { url, proxy, tls })
    }

    /// With who it must be, and who we are.
    pub(crate) fn to(self, identity: PublicIdentity, key: Zeroizing<String>) -> Target {
        let Self { url, proxy, tls } = self;
        Target { url, proxy, tls, identity, key, padding: Padding::default(), team: Wanted::default() }
    }
}

impl Target {
    /// What is known of an engine by who has logged in to it. Nobody else's word counts: an address alone, wherever it comes
    /// from, leads nowhere. Reads files and asks the keyring, which may ask a person.
    pub(crate) fn load(url: &EngineUrl, logins: &Logins, environment: &Environment) -> Result<Self, ConnectError> {
        let login = logins.get(url).map_err(|error| ConnectError::refused(error.to_string()))?;
        let given = environment.is_for(url);
        let identity = match (given.then_some(environment.identity.as_deref()).flatten(), &login) {
            (Some(identity), _) => {
                identity.parse().map_err(|error| ConnectError::refused(format!("WEIR_ENGINE_IDENTITY: {error}")))?
            }
            (None, Some(login)) => login.identity,
            (None, None) => return Err(ConnectError::refused(format!("not logged in to it: run `weir login {url}`"))),
        };
        let key = match (given.then_some(environment.key.as_ref()).flatten(), &login) {
            (Some(key), _) => key.clone(),
            (None, Some(login)) => logins.key(login).map_err(|error| ConnectError::refused(error.to_string()))?,
            (None, None) => return Err(ConnectError::refused("WEIR_ENGINE_KEY holds no key for it")),
        };
        let Login { proxy, ca, padding, mut team, .. } = login.unwrap_or_else(|| Login::new(url.clone(), identity));
        let way = Way::new(url.clone(), proxy.as_deref(), ca.as_deref())?;
        team.config |= given && environment.team_config;
        Ok(Self { padding, team, ..way.to(identity, key) })
    }
}

/// What the environment says, for where nobody can log in: all three, or the address of an engine that somebody has logged in to.
#[derive(Clone, Default)]
pub(crate) struct Environment {
    /// `WEIR_ENGINE_URL`
    pub(crate) url: Option<String>,
    /// `WEIR_ENGINE_IDENTITY`
    pub(super) identity: Option<String>,
    /// `WEIR_ENGINE_KEY`
    pub(super) key: Option<Zeroizing<String>>,
    /// `WEIR_ENGINE_TEAM_CONFIG`: the team's configuration is wanted.
    pub(super) team_config: bool,
}

impl Environment {
    /// Reads it.
    pub(crate) fn read() -> Self {
        let variable = |name: &str| std::env::var(name).ok();
        Self {
            url: variable("WEIR_ENGINE_URL"),
            identity: variable("WEIR_ENGINE_IDENTITY").filter(|text| !text.is_empty()),
            key: variable("WEIR_ENGINE_KEY").filter(|text| !text.is_empty()).map(Zeroizing::new),
            team_config: variable("WEIR_ENGINE_TEAM_CONFIG").is_some_and(|text| !matches!(text.as_str(), "" | "0")),
        }
    }

    /// Whether its key and identity are those of an engine: no key goes to another engine than it was given for.
    fn is_for(&self, url: &EngineUrl) -> bool {
        self.url.as_deref().and_then(|named| named.parse().ok()).as_ref() == Some(url)
    }
}
