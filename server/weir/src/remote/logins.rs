//! The engines that a person has logged in to: who each is, and where its key lies.
//!
//! `engines.json` in the user's configuration folder, and the keys in the system's keyring or, where there is none, in files
//! beside it that nobody else may read. No project can change anything here: that is why nothing but this decides which engines
//! are spoken to.

use super::url::EngineUrl;
use crate::private;
use etcetera::BaseStrategy as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::{fs, str};
use weir_seal::{Padding, PublicIdentity, Zeroizing};

/// What our entries in a keyring are filed under.
const SERVICE: &str = "weir";

/// A key is a line; a larger file is none.
const MAX_KEY: u64 = 4096;

/// An engine that a person has logged in to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Login {
    /// Where it is.
    pub(crate) url: EngineUrl,
    /// Who it must be.
    pub(crate) identity: PublicIdentity,
    /// The proxy on the way, if not what the environment says.
    pub(crate) proxy: Option<String>,
    /// A file of certificates that are trusted beside the system's.
    pub(crate) ca: Option<PathBuf>,
    /// How what is sent there is padded.
    pub(crate) padding: Padding,
    /// What of that which the team has agreed on is wanted.
    pub(crate) team: Wanted,
    /// Where the key is.
    pub(crate) keeper: Keeper,
}

/// What a person wants of that which their team has agreed on: nobody is to have other rules or see other findings than they
/// know of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Its rules, in place of the built-in ones.
    pub(crate) rules: bool,
    /// Its configuration, beneath that of projects and their own.
    pub(crate) config: bool,
}

/// Where a key is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Keeper {
    /// In the system's keyring.
    Keyring,
    /// In a file of its own.
    File,
}

/// Why something about logins cannot be read or written. Holds no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    #[error("there is no folder for configuration")]
    NoFolder,
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{}: not written by `weir login`: {what}", path.display())]
    Malformed { path: PathBuf, what: String },
    #[error("{}: others may read it; `chmod 600` it, and have the key in it replaced", path.display())]
    Exposed { path: PathBuf },
    #[error("the keyring has no key for this engine, or is locked: {0}")]
    Keyring(String),
}

/// Where logins are kept.
#[derive(Debug, Clone)]
pub(crate) struct Logins {
    folder: Option<PathBuf>,
}

#[derive(Default, Serialize, Deserialize)]
struct File {
    default: Option<String>,
    #[serde(default)]
    engines: Vec<Entry>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Entry {
    url: String,
    identity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    proxy: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ca: Option<PathBuf>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    no_padding: bool,
    #[serde(default)]
    team_rules: bool,
    #[serde(default)]
    team_config: bool,
    key: Keeper,
}

impl Login {
    /// One about which no more is said.
    pub(crate) fn new(url: EngineUrl, identity: PublicIdentity) -> Self {
        let (padding, team, keeper) = (Padding::default(), Wanted::default(), Keeper::File);
        Self { url, identity, proxy: None, ca: None, padding, team, keeper }
    }
}

impl Logins {
    /// Those of this user.
    pub(crate) fn of_user() -> Self {
        let strategy = etcetera::base_strategy::choose_native_strategy().ok();
        Self { folder: strategy.map(|strategy| strategy.config_dir().join("weir")) }
    }

    /// Those in a folder.
    #[cfg(test)]
    pub(crate) fn at(folder: &Path) -> Self {
        Self { folder: Some(folder.to_owned()) }
    }

    /// All of them, by address.
    pub(crate) fn all(&self) -> Result<Vec<Login>, LoginError> {
        let Some(path) = self.file() else { return Ok(Vec::new()) };
        let malformed = |what: String| LoginError::Malformed { path: path.clone(), what };
        self.read()?.engines.into_iter().map(|entry| entry.login().map_err(malformed)).collect()
    }

    /// The one for an engine.
    pub(crate) fn get(&self, url: &EngineUrl) -> Result<Option<Login>, LoginError> {
        Ok(self.all()?.into_iter().find(|login| login.url == *url))
    }

    /// The engine that is meant where none is named.
    pub(crate) fn default(&self) -> Result<Option<EngineUrl>, LoginError> {
        Ok(self.read()?.default.and_then(|url| url.parse().ok()))
    }

    /// Keeps a login and its key, in the keyring if there is one and it is wanted, and makes it the default.
    pub(crate) fn put(&self, mut login: Login, key: &str, keyring: bool) -> Result<Keeper, LoginError> {
        let name = login.url.to_string();
        let path = self.key_file(&login.url)?;
        login.keeper = if keyring && keyring_entry(&name).and_then(|entry| entry.set_password(key)).is_ok() {
            remove(&path)?;
            Keeper::Keyring
        } else {
            private::write(&path, &[key.as_bytes(), b"\n"]).map_err(|error| LoginError::Io { path, error })?;
            Keeper::File
        };
        let keeper = login.keeper;
        let mut file = self.read()?;
        file.engines.retain(|entry| entry.url != name);
        file.engines.push(Entry::of(login));
        file.engines.sort_by(|a, b| a.url.cmp(&b.url));
        file.default = Some(name);
        self.write(&file)?;
        Ok(keeper)
    }

    /// Forgets a login and its key; `false` if there is none. Another one becomes the default only by logging in again: nobody is to
    /// be surprised by where code goes.
    pub(crate) fn remove(&self, url: &EngineUrl) -> Result<bool, LoginError> {
        let name = url.to_string();
        let mut file = self.read()?;
        let before = file.engines.len();
        let keyring = file.engines.iter().any(|entry| entry.url == name && entry.key == Keeper::Keyring);
        file.engines.retain(|entry| entry.url != name);
        if file.default.as_deref() == Some(&name) {
            file.default = None;
        }
        remove(&self.key_file(url)?)?;
        if keyring {
            let removed = keyring_entry(&name).and_then(|entry| entry.delete_credential());
            if let Err(error) =
                removed.or_else(|error| if matches!(error, keyring::Error::NoEntry) { Ok(()) } else { Err(error) })
            {
                return Err(LoginError::Keyring(described(&error).to_owned()));
            }
        }
        let known = file.engines.len() < before;
        if known {
            self.write(&file)?;
        }
        Ok(known)
    }

    /// The key of a login. May ask a person to unlock the keyring.
    pub(crate) fn key(&self, login: &Login) -> Result<Zeroizing<String>, LoginError> {
        match login.keeper {
            Keeper::Keyring => keyring_entry(&login.url.to_string())
                .and_then(|entry| entry.get_password())
                .map(Zeroizing::new)
                .map_err(|error| LoginError::Keyring(described(&error).to_owned())),
            Keeper::File => read_key(&self.key_file(&login.url)?),
        }
    }

    fn file(&self) -> Option<PathBuf> {
        self.folder.as_ref().map(|folder| folder.join("engines.json"))
    }

    fn key_file(&self, url: &EngineUrl) -> Result<PathBuf, LoginError> {
        let folder = self.folder.as_ref().ok_or(LoginError::NoFolder)?;
        let name = Sha256::digest(url.to_string()).iter().take(16).fold(String::new(), |mut name, byte| {
            let _ = write!(name, "{byte:02x}");
            name
        });
        Ok(folder.join("keys").join(name))
    }

    fn read(&self) -> Result<File, LoginError> {
        let Some(path) = self.file() else { return Ok(File::default()) };
        match fs::read(&path) {
            Ok(text) => {
                serde_json::from_slice(&text).map_err(|error| LoginError::Malformed { path, what: error.to_string() })
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(File::default()),
            Err(error) => Err(LoginError::Io { path, error }),
        }
    }

    fn write(&self, file: &File) -> Result<(), LoginError> {
        let path = self.file().ok_or(LoginError::NoFolder)?;
        let text = serde_json::to_vec_pretty(file).expect("plain data is JSON");
        private::write(&path, &[&text, b"\n"]).map_err(|error| LoginError::Io { path, error })
    }
}

impl Entry {
    fn of(login: Login) -> Self {
        let Login { url, identity, proxy, ca, padding, team: Wanted { rules, config }, keeper } = login;
        let (url, identity, no_padding) = (url.to_string(), identity.to_string(), padding == Padding::Off);
        Self { url, identity, proxy, ca, no_padding, team_rules: rules, team_config: config, key: keeper }
    }

    fn login(self) -> Result<Login, String> {
        let Self { url, identity, proxy, ca, no_padding, team_rules, team_config, key } = self;
        let padding = if no_padding { Padding::Off } else { Padding::Classes };
        let team = Wanted { rules: team_rules, config: team_config };
        let url = url.parse().map_err(|error: super::url::UrlError| error.to_string())?;
        let identity = identity.parse().map_err(|error: weir_seal::KeyError| error.to_string())?;
        Ok(Login { url, identity, proxy, ca, padding, team, keeper: key })
    }
}

fn keyring_entry(url: &str) -> keyring::Result<keyring::Entry> {
    keyring::Entry::new(SERVICE, url)
}

/// In our words: theirs may hold what the store said.
fn described(error: &keyring::Error) -> &'static str {
    match error {
        keyring::Error::NoEntry => "no entry",
        keyring::Error::NoStorageAccess(_) => "no access",
        _ => "it cannot be used",
    }
}

fn read_key(path: &Path) -> Result<Zeroizing<String>, LoginError> {
    let failed = |error: io::Error| LoginError::Io { path: path.to_owned(), error };
    let about = fs::metadata(path).map_err(failed)?;
    if !private::is_private(&about) {
        return Err(LoginError::Exposed { path: path.to_owned() });
    }
    if !about.is_file() || about.len() > MAX_KEY {
        return Err(LoginError::Malformed { path: path.to_owned(), what: "no key".to_owned() });
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(failed)?);
    Ok(Zeroizing::new(text.trim().to_owned()))
}

fn remove(path: &Path) -> Result<(), LoginError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(LoginError::Io { path: path.to_owned(), error }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use weir_seal::Identity;

    fn login(url: &str) -> Login {
        let identity = Identity::generate().expect("randomness").public();
        Login { team: Wanted { rules: false, config: true }, ..Login::new(url.parse().expect("an address"), identity) }
    }

    #[test]
    fn what_is_kept_is_read_back_until_it_is_forgotten() {
        let folder = tempfile::tempdir().expect("a folder");
        let logins = Logins::at(&folder.path().join("weir"));
        assert_eq!(logins.all().expect("none"), []);
        let (one, two) = (login("https://one.example.com"), login("https://two.example.com:8443/weir"));
        for login in [&two, &one] {
            assert_eq!(logins.put(login.clone(), "the key", false).expect("kept"), Keeper::File);
        }
        assert_eq!(logins.all().expect("both"), [one.clone(), two.clone()]);
        assert_eq!(logins.default().expect("read"), Some(one.url.clone()));
        assert_eq!(*logins.key(&two).expect("a key"), "the key");
        // Logged in again, it is the same login with another key.
        logins.put(two.clone(), "another key", false).expect("kept");
        assert_eq!((logins.all().expect("both").len(), &**logins.key(&two).expect("a key")), (2, "another key"));
        assert!(logins.remove(&two.url).expect("forgotten"));
        assert!(!logins.remove(&two.url).expect("not there"));
        assert!(matches!(logins.key(&two), Err(LoginError::Io { .. })));
        assert_eq!(logins.default().expect("read"), None, "no other engine takes its place by itself");
    }

    #[cfg(unix)]
    #[test]
    fn a_key_that_others_may_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let logins = Logins::at(folder.path());
        let login = login("https://one.example.com");
        logins.put(login.clone(), "k-4711", false).expect("kept");
        let path = logins.key_file(&login.url).expect("a place");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(&path), mode(path.parent().expect("a folder"))), (0o600, 0o700));
        assert_eq!(mode(&folder.path().join("engines.json")), 0o600);
        for exposed in [0o640, 0o604, 0o644] {
            fs::set_permissions(&path, fs::Permissions::from_mode(exposed)).expect("ours");
            let error = logins.key(&login).expect_err("exposed");
            assert!(matches!(error, LoginError::Exposed { .. }) && !error.to_string().contains("k-4711"), "{error}");
        }
    }

    #[test]
    fn a_file_of_somebody_else_is_no_login() {
        let folder = tempfile::tempdir().expect("a folder");
        for text in ["{", r#"{"engines": [{"url": "https://e", "identity": "x", "key": "file"}]}"#] {
            fs::write(folder.path().join("engines.json"), text).expect("written");
            assert!(matches!(Logins::at(folder.path()).all(), Err(LoginError::Malformed { .. })), "{text}");
        }
    }
}
