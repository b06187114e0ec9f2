//! Where an engine is.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use tokio_tungstenite::tungstenite::http::Uri;

/// The address of an engine: `https://engine.example.com`, or plain HTTP on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct EngineUrl {
    tls: bool,
    /// Without the brackets of an IPv6 address, in lower case.
    host: String,
    port: u16,
    /// What its paths begin with, where it is not at the root: no slash at the end.
    base: String,
}

/// A text that is no address of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum UrlError {
    #[error("expected an address like https://engine.example.com")]
    Form,
    #[error("an engine's address holds no user name and no key: `weir login` asks for the key")]
    Credentials,
    #[error(
        "plain http is for this machine alone (127.0.0.1, ::1, localhost): anywhere else it shows the key to everybody"
    )]
    Plain,
}

impl EngineUrl {
    /// Whether it is spoken to through TLS.
    pub(crate) const fn tls(&self) -> bool {
        self.tls
    }

    /// The host: a name or an address.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub(crate) const fn port(&self) -> u16 {
        self.port
    }

    /// Host and port, as HTTP and proxies write them.
    pub(crate) fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// A path of the engine.
    pub(crate) fn path(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    const fn default_port(tls: bool) -> u16 {
        if tls { 443 } else { 80 }
    }
}

impl FromStr for EngineUrl {
    type Err = UrlError;

    fn from_str(text: &str) -> Result<Self, UrlError> {
        let uri: Uri = text.trim().parse().map_err(|_| UrlError::Form)?;
        let authority = uri.authority().ok_or(UrlError::Form)?;
        if authority.as_str().contains('@') || uri.query().is_some() {
            return Err(UrlError::Credentials);
        }
        let tls = match uri.scheme_str() {
            Some("https" | "wss") => true,
            Some("http" | "ws") => false,
            _ => return Err(UrlError::Form),
        };
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_ascii_lowercase();
        if host.is_empty() {
            return Err(UrlError::Form);
        }
        if !tls && !is_this_machine(&host) {
            return Err(UrlError::Plain);
        }
        let port = authority.port_u16().unwrap_or(Self::default_port(tls));
        Ok(Self { tls, host, port, base: uri.path().trim_end_matches('/').to_owned() })
    }
}

/// The one way to write it, by which it is known.
impl fmt::Display for EngineUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.authority();
        let default = format!(":{}", Self::default_port(self.tls));
        let shown = authority.strip_suffix(&default).unwrap_or(&authority);
        write!(f, "{}://{shown}{}", if self.tls { "https" } else { "http" }, self.base)
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_one_form_and_plain_http_stays_on_this_machine() {
        for (text, expected) in [
            ("https://Engine.Example.com", Ok("https://engine.example.com")),
            ("https://engine.example.com:443/", Ok("https://engine.example.com")),
            ("wss://engine.example.com:8443/weir/", Ok("https://engine.example.com:8443/weir")),
            ("http://127.0.0.1:7000", Ok("http://127.0.0.1:7000")),
            ("http://[::1]:7000/a", Ok("http://[::1]:7000/a")),
            ("http://localhost", Ok("http://localhost")),
            ("http://engine.example.com", Err(UrlError::Plain)),
            ("http://127.0.0.1.example.com", Err(UrlError::Plain)),
            ("https://me:secret@engine.example.com", Err(UrlError::Credentials)),
            ("https://engine.example.com?key=secret", Err(UrlError::Credentials)),
            ("engine.example.com", Err(UrlError::Form)),
            ("ftp://engine.example.com", Err(UrlError::Form)),
            ("https://", Err(UrlError::Form)),
            ("", Err(UrlError::Form)),
        ] {
            let parsed = text.parse::<EngineUrl>().map(|url| url.to_string());
            assert_eq!(parsed.as_deref(), expected.as_ref().map(|url| *url), "{text}");
        }
    }
}
