//! From an address to a stream that only the engine's host can read: TCP, a proxy's tunnel, TLS.

use super::error::ConnectError;
use super::proxy::{self, Proxy};
use super::url::EngineUrl;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{CertificateError, ClientConfig, RootCertStore};
use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpSocket, TcpStream, lookup_host};
use tokio_rustls::TlsConnector;

/// What the system may hold back of what is sent. More would hide for seconds that nothing gets through.
const SEND_BUFFER: u32 = 256 << 10;

/// A stream to an engine.
pub(super) type Stream = Box<dyn Io>;

/// What a stream can.
pub(super) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Counts what goes through a stream: what moves is not dead.
#[derive(Clone, Debug, Default)]
pub(super) struct Traffic(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    received: AtomicU64,
    sent: AtomicU64,
}

impl Traffic {
    /// Bytes that came.
    pub(super) fn received(&self) -> u64 {
        self.0.received.load(Ordering::Relaxed)
    }

    /// Bytes that the system has taken to send them.
    pub(super) fn sent(&self) -> u64 {
        self.0.sent.load(Ordering::Relaxed)
    }
}

/// Which certificates are trusted: the system's, and those of a file.
pub(super) fn roots(extra: Option<&Path>) -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    // Some of a system's certificates are always of a kind that nobody reads.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = extra {
        let unreadable = |error: rustls::pki_types::pem::Error| format!("{}: {error}", path.display());
        for certificate in CertificateDer::pem_file_iter(path).map_err(unreadable)? {
            let added = roots.add(certificate.map_err(unreadable)?);
            added.map_err(|_| format!("{}: not a certificate", path.display()))?;
        }
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Connects.
pub(super) async fn dial(
    url: &EngineUrl,
    proxy: Option<&Proxy>,
    tls: Arc<ClientConfig>,
    traffic: Traffic,
) -> Result<Stream, ConnectError> {
    let (host, port) = proxy.map_or((url.host(), url.port()), |proxy| (&proxy.host, proxy.port));
    let tcp = connect(host, port).await.map_err(|error| ConnectError::away(format!("{host}: {}", reason(&error))))?;
    let mut stream = Counted { inner: tcp, traffic };
    if let Some(proxy) = proxy {
        proxy::tunnel(&mut stream, proxy, &url.authority()).await?;
    }
    if !url.tls() {
        return Ok(Box::new(stream));
    }
    let name = ServerName::try_from(url.host().to_owned())
        .map_err(|_| ConnectError::refused(format!("{} is no name that a certificate can have", url.host())))?;
    let stream = TlsConnector::from(tls).connect(name, stream).await.map_err(|error| tls_error(&error))?;
    Ok(Box::new(stream))
}

async fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in lookup_host((host, port)).await? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_send_buffer_size(SEND_BUFFER)?;
        match socket.connect(address).await {
            Ok(stream) => {
                // An edit is a small packet that somebody waits for.
                stream.set_nodelay(true)?;
                return Ok(stream);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// What went wrong, in a few words.
pub(super) fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::Other => error.to_string(),
        kind => kind.to_string(),
    }
}

/// A lost connection is the network's doing; all else means that somebody answers who is not who was asked for.
fn tls_error(error: &io::Error) -> ConnectError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        None => ConnectError::away(format!("TLS: {}", reason(error))),
        Some(rustls::Error::InvalidCertificate(error)) => ConnectError::refused(format!("TLS: {}", untrusted(error))),
        Some(rustls::Error::InvalidMessage(_)) => ConnectError::refused("TLS: no TLS is spoken there"),
        Some(error) => ConnectError::refused(format!("TLS: {error}")),
    }
}

/// What is wrong with a certificate, and what can be done about it.
fn untrusted(error: &CertificateError) -> String {
    match error {
        CertificateError::UnknownIssuer => {
            "nobody whom this machine trusts has issued its certificate. `weir login --ca FILE` trusts who has"
                .to_owned()
        }
        CertificateError::NotValidForNameContext { expected, presented } => {
            let names = if presented.is_empty() { "no name".to_owned() } else { presented.join(", ") };
            format!("its certificate is not for {} but for {names}", expected.to_str())
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has expired, or the clock of this machine is wrong".to_owned()
        }
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            "its certificate is not valid yet, or the clock of this machine is wrong".to_owned()
        }
        // The error is of a crate below rustls, which says it in no other way. It is what `openssl req -x509` makes if nobody
        // asks for anything else.
        CertificateError::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => {
            "its certificate is one to issue others with, which no server may show. \
             `openssl req -x509 -addext basicConstraints=critical,CA:FALSE` makes one for a server"
                .to_owned()
        }
        error => format!("its certificate is not taken: {error}"),
    }
}

/// A stream whose bytes are counted.
struct Counted<S> {
    inner: S,
    traffic: Traffic,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(cx, buf);
        self.traffic.0.received.fetch_add((buf.filled().len() - before) as u64, Ordering::Relaxed);
        read
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let written = Pin::new(&mut self.inner).poll_write(cx, buf);
        if let Poll::Ready(Ok(bytes)) = written {
            self.traffic.0.sent.fetch_add(bytes as u64, Ordering::Relaxed);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}
