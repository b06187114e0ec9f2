//! The way out of a network that has one door: an HTTP proxy, asked for a tunnel by CONNECT.

use super::error::ConnectError;
use super::http;
use super::url::EngineUrl;
use base64ct::{Base64, Encoding as _};
use std::fmt;
use std::str::FromStr;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::http::Uri;
use weir_seal::Zeroizing;

/// A proxy, and how it is told who asks.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Proxy {
    pub(super) host: String,
    pub(super) port: u16,
    /// `user:password`
    user: Option<Zeroizing<String>>,
}

/// A text that is no address of a proxy. Says nothing of what it was: it may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("expected a proxy's address like http://proxy.example.com:3128 (other kinds of proxies are not spoken to)")]
pub(crate) struct ProxyError;

impl FromStr for Proxy {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let text = text.trim();
        let text = if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
        let uri: Uri = text.parse().map_err(|_| ProxyError)?;
        let authority = uri.authority().filter(|_| uri.scheme_str() == Some("http")).ok_or(ProxyError)?;
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        let user = authority.as_str().rsplit_once('@').map(|(user, _)| Zeroizing::new(decode(user)));
        if host.is_empty() {
            return Err(ProxyError);
        }
        Ok(Self { host, port: authority.port_u16().unwrap_or(80), user })
    }
}

/// Without the password.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({}:{})", self.host, self.port)
    }
}

/// Which proxy the environment names for an engine, by the rules that other programs have for it.
pub(crate) fn of_environment(
    url: &EngineUrl,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Proxy>, ProxyError> {
    let said = |names: &[&str]| names.iter().find_map(|name| variable(name).filter(|value| !value.is_empty()));
    // Plain HTTP stays on this machine, where no proxy is.
    if !url.tls() || said(&["NO_PROXY", "no_proxy"]).is_some_and(|list| spares(&list, url)) {
        return Ok(None);
    }
    let named = said(&["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"]);
    named.map(|proxy| proxy.parse()).transpose()
}

/// Whether a list like `localhost,.example.com,10.0.0.1:8443` says that an engine is reached without a proxy.
fn spares(list: &str, url: &EngineUrl) -> bool {
    list.split([',', ' ']).map(str::trim).filter(|entry| !entry.is_empty()).any(|entry| {
        if entry == "*" {
            return true;
        }
        let (name, port) = match entry.rsplit_once(':') {
            Some((name, port)) if !name.contains(':') => (name, port.parse::<u16>().ok()),
            _ => (entry, None),
        };
        let name = name.trim_start_matches("*.").trim_start_matches('.').to_ascii_lowercase();
        let within =
            || url.host().strip_suffix(name.as_str()).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        port.is_none_or(|port| port == url.port()) && within()
    })
}

/// Asks a proxy for a tunnel to an engine.
pub(super) async fn tunnel(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    proxy: &Proxy,
    to: &str,
) -> Result<(), ConnectError> {
    let mut request = Zeroizing::new(format!("CONNECT {to} HTTP/1.1\r\nHost: {to}\r\n"));
    if let Some(user) = &proxy.user {
        request.push_str("Proxy-Authorization: Basic ");
        request.push_str(&Zeroizing::new(Base64::encode_string(user.as_bytes())));
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    let lost = |error: std::io::Error| ConnectError::away(format!("the proxy: {}", error.kind()));
    stream.write_all(request.as_bytes()).await.map_err(lost)?;
    let head = match http::read_head(stream).await {
        Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Vec::new(),
        head => head.map_err(lost)?,
    };
    match http::status(&head) {
        Some(200..=299) => Ok(()),
        // It will say the same until somebody sets it right.
        Some(407) => Err(ConnectError::refused("the proxy wants another user name or password")),
        Some(status) => Err(ConnectError::away(format!("the proxy answers with status {status}"))),
        None => Err(ConnectError::away("the proxy does not answer as HTTP proxies do")),
    }
}

/// `%40` and the like, as user names and passwords in addresses are written.
fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let escaped = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        if let Some(byte) = escaped.and_then(|hex| u8::from_str_radix(hex, 16).ok()) {
            out.push(byte);
            at += 3;
        } else {
            out.push(bytes[at]);
            at += 1;
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, duplex};

    #[test]
    fn the_environment_is_read_as_other_programs_read_it() {
        let url: EngineUrl = "https://engine.example.com:8443".parse().expect("an address");
        for (variables, expected) in [
            (&[][..], Ok(None)),
            (&[("HTTPS_PROXY", "http://proxy:3128")], Ok(Some(("proxy", 3128)))),
            (&[("https_proxy", "proxy:3128")], Ok(Some(("proxy", 3128)))),
            (&[("HTTPS_PROXY", ""), ("ALL_PROXY", "proxy")], Ok(Some(("proxy", 80)))),
            (&[("HTTP_PROXY", "http://proxy:3128")], Ok(None)),
            (&[("HTTPS_PROXY", "socks5://proxy:1080")], Err(ProxyError)),
            (&[("HTTPS_PROXY", "http://proxy"), ("NO_PROXY", "*")], Ok(None)),
            (&[("HTTPS_PROXY", "http://proxy"), ("NO_PROXY", "a.com, .example.com")], Ok(None)),
            (&[("HTTPS_PROXY", "http://proxy"), ("no_proxy", "*.Example.com")], Ok(None)),
            (&[("HTTPS_PROXY", "http://proxy"), ("NO_PROXY", "engine.example.com:8443")], Ok(None)),
            (&[("HTTPS_PROXY", "http://proxy"), ("NO_PROXY", "engine.example.com:443")], Ok(Some(("proxy", 80)))),
            (&[("HTTPS_PROXY", "http://proxy"), ("NO_PROXY", "ample.com")], Ok(Some(("proxy", 80)))),
        ] {
            let variable =
                |name: &str| variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
            let found = of_environment(&url, variable);
            let found = found.map(|proxy| proxy.map(|proxy| (proxy.host, proxy.port)));
            assert_eq!(
                found,
                expected.map(|e| e.map(|(host, port): (&str, u16)| (host.to_owned(), port))),
                "{variables:?}"
            );
        }
    }

    #[tokio::test]
    async fn a_proxy_is_asked_for_a_tunnel_and_told_who_asks() {
        for (answer, expected) in [
            ("HTTP/1.1 200 Connection established\r\n\r\n", Ok(())),
            ("HTTP/1.0 200 OK\r\nVia: x\r\n\r\n", Ok(())),
            ("HTTP/1.1 407 Who?\r\n\r\n", Err("user name")),
            ("HTTP/1.1 503 Busy\r\n\r\n", Err("503")),
            ("what?\r\n\r\n", Err("HTTP")),
            ("HTTP/1.1 200", Err("the proxy: ")),
        ] {
            let (mut ours, mut theirs) = duplex(4096);
            let proxy: Proxy = "http://me:p%40ss@proxy:3128".parse().expect("a proxy");
            let served = tokio::spawn(async move {
                let mut request = vec![0; 4096];
                let len = theirs.read(&mut request).await.expect("a request");
                theirs.write_all(answer.as_bytes()).await.expect("a reader");
                String::from_utf8_lossy(&request[..len]).into_owned()
            });
            let tunnel = tunnel(&mut ours, &proxy, "engine.example.com:443").await;
            match (tunnel, expected) {
                (Ok(()), Ok(())) => {}
                (Err(error), Err(part)) => assert!(error.to_string().contains(part), "{error}"),
                (tunnel, _) => panic!("{answer}: {tunnel:?}"),
            }
            let request = served.await.expect("served");
            assert!(request.starts_with("CONNECT engine.example.com:443 HTTP/1.1\r\n"), "{request}");
            assert!(request.contains("Proxy-Authorization: Basic bWU6cEBzcw==\r\n"), "{request}");
        }
    }

    #[test]
    fn a_password_is_not_shown() {
        let proxy: Proxy = "http://me:secret@proxy:3128".parse().expect("a proxy");
        assert_eq!(format!("{proxy:?}"), "Proxy(proxy:3128)");
    }
}
