//! TLS by a certificate in two files, which are read again when they are renewed.

use crate::config::StartError;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio_rustls::TlsAcceptor;
use zeroize::Zeroizing;

/// How often it is looked whether the files were renewed. Certificates last for weeks; who waits for one waits no longer than this.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A certificate, its key, and what is made of them.
pub(super) struct Tls {
    cert: PathBuf,
    key: PathBuf,
    acceptor: RwLock<TlsAcceptor>,
    /// Of the files' bytes that were looked at last.
    seen: RwLock<[u8; 32]>,
}

impl Tls {
    /// Reads both files.
    pub(super) fn read(cert: PathBuf, key: PathBuf) -> Result<Arc<Self>, StartError> {
        let files = Files::read(&cert, &key).map_err(StartError::Tls)?;
        let acceptor = files.acceptor().map_err(StartError::Tls)?;
        Ok(Arc::new(Self { cert, key, acceptor: RwLock::new(acceptor), seen: RwLock::new(files.hash()) }))
    }

    /// For the next connection.
    pub(super) fn acceptor(&self) -> TlsAcceptor {
        self.acceptor.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Takes what was renewed, for ever. Connections that are there go on.
    pub(super) async fn renew(self: &Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let this = Arc::clone(self);
            if let Ok(Some(outcome)) = tokio::task::spawn_blocking(move || this.look()).await {
                match outcome {
                    Ok(()) => tracing::info!("the certificate was renewed"),
                    Err(reason) => tracing::warn!("the old certificate stays in use: {reason}"),
                }
            }
        }
    }

    /// What came of files that are not those that were looked at last.
    fn look(&self) -> Option<Result<(), String>> {
        // Files that are being replaced may be away for a moment.
        let files = Files::read(&self.cert, &self.key).ok()?;
        let hash = files.hash();
        if std::mem::replace(&mut *self.seen.write().unwrap_or_else(PoisonError::into_inner), hash) == hash {
            return None;
        }
        let made = files.acceptor();
        Some(made.map(|acceptor| *self.acceptor.write().unwrap_or_else(PoisonError::into_inner) = acceptor))
    }
}

/// What stands in the files.
struct Files {
    cert: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl Files {
    fn read(cert: &Path, key: &Path) -> Result<Self, String> {
        let cert = std::fs::read(cert).map_err(|error| format!("--tls-cert: {error}"))?;
        let key = std::fs::read(key).map_err(|error| format!("--tls-key: {error}"))?;
        Ok(Self { cert, key: Zeroizing::new(key) })
    }

    fn hash(&self) -> [u8; 32] {
        Sha256::new_with_prefix(&self.cert).chain_update([0]).chain_update(&*self.key).finalize().into()
    }

    /// Fails if they do not belong together.
    fn acceptor(&self) -> Result<TlsAcceptor, String> {
        let chain: Vec<_> = CertificateDer::pem_slice_iter(&self.cert)
            .collect::<Result<_, _>>()
            .map_err(|error| format!("--tls-cert: {error}"))?;
        if chain.is_empty() {
            return Err("--tls-cert: there is no certificate in it".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|error| format!("--tls-key: {error}"))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key))
            .map_err(|error| format!("certificate and key: {error}"))?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
