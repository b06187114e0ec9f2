//! An authority of a test's own, and certificates by it.

use super::harness::{Engine, Stopped};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Who signs, and a folder for what is signed.
pub(crate) struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
    folder: TempDir,
}

/// Where a certificate and its key are.
pub(crate) struct Certificate {
    pub(crate) cert: PathBuf,
    pub(crate) key: PathBuf,
}

impl Authority {
    /// Of another name it is another authority.
    pub(crate) fn new(name: &str) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let pem = params.self_signed(&key).unwrap().pem();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &pem).unwrap();
        Self { issuer: Issuer::new(params, key), pem, folder }
    }

    /// Its certificate, for who is to trust it.
    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// Where that is, as an argument.
    pub(crate) fn path(&self) -> String {
        self.file().to_str().unwrap().to_owned()
    }

    /// The same as text.
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    /// A certificate for a host.
    pub(crate) fn issue(&self, host: &str) -> Certificate {
        self.issue_with(host, |_| {})
    }

    /// One that is otherwise than it should be.
    pub(crate) fn issue_with(&self, host: &str, change: impl FnOnce(&mut CertificateParams)) -> Certificate {
        let number = std::fs::read_dir(self.folder.path()).unwrap().count();
        let files = Certificate {
            cert: self.folder.path().join(format!("{number}.pem")),
            key: self.folder.path().join(format!("{number}.key")),
        };
        self.sign(host, change, &files);
        files
    }

    /// Another one with another key, in the same files.
    pub(crate) fn renew(&self, host: &str, files: &Certificate) {
        self.sign(host, |_| {}, files);
    }

    fn sign(&self, host: &str, change: impl FnOnce(&mut CertificateParams), files: &Certificate) {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([host.to_owned()]).unwrap();
        change(&mut params);
        replace(&files.cert, &params.signed_by(&key, &self.issuer).unwrap().pem());
        replace(&files.key, &key.serialize_pem());
    }
}

impl Engine {
    /// One that speaks TLS, and clients that trust an authority.
    pub(crate) fn with_tls(certificate: &Certificate, authority: &Authority) -> Self {
        Self::with(&certificate.args().each_ref().map(String::as_str)).trusting(authority)
    }

    /// The same engine, with clients that trust another authority.
    pub(crate) fn trusting(mut self, authority: &Authority) -> Self {
        self.trusts = Some(authority.pem.clone());
        self
    }
}

impl Stopped {
    /// Another one where the one before listened, with its data.
    pub(crate) fn start_again_with_tls(
        mut self,
        url: &str,
        certificate: &Certificate,
        authority: &Authority,
    ) -> Engine {
        self.args = certificate.args().to_vec();
        self.trusts = Some(authority.pem.clone());
        self.start_again_at(url)
    }
}

impl Certificate {
    fn args(&self) -> [String; 4] {
        let path = |path: &Path| path.to_str().expect("a path of ours").to_owned();
        ["--tls-cert".to_owned(), path(&self.cert), "--tls-key".to_owned(), path(&self.key)]
    }
}

/// As who renews certificates does: whoever reads sees the one or the other.
fn replace(path: &Path, text: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, text).unwrap();
    std::fs::rename(&new, path).unwrap();
}
