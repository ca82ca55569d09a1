//! The certificate of the server, from files that others replace.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};
use soc2gate_source::{Code, Diagnostic};

/// A certificate that can be served.
#[derive(Debug, Clone)]
pub struct Certificate {
    /// What rustls needs.
    pub config: Arc<ServerConfig>,
    /// When it ends, where that can be read.
    pub expiry: Option<Timestamp>,
    /// What stands for the content of the files.
    pub content: [u8; 32],
}

impl Certificate {
    /// From PEM; else what is wrong with it, which does not quote it.
    pub fn from_pem(chain: &[u8], key: &[u8]) -> Result<Self, String> {
        let content = content(chain, key);
        let certificates: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
            .collect::<Result<_, _>>()
            .map_err(|_| "the certificate is no PEM")?;
        if certificates.is_empty() {
            return Err("there is no certificate in it".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(key)
            .map_err(|_| "there is no private key in PEM beside it")?;
        let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|_| "TLS cannot be set up")?
            .with_no_client_auth()
            .with_single_cert(certificates, key)
            .map_err(|error| match error {
                rustls::Error::InconsistentKeys(_) => "the key is not the key of the certificate",
                _ => "certificate or key are of a kind that is not known",
            })?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(Self {
            config: Arc::new(config),
            expiry: soc2gate_engine::certificate_expiry(&String::from_utf8_lossy(chain)),
            content,
        })
    }
}

/// Where a certificate is.
#[derive(Debug, Clone)]
pub struct CertificateFiles {
    /// The certificate with those that lead to its CA, in PEM.
    pub certificate: PathBuf,
    /// Its private key, in PEM.
    pub key: PathBuf,
}

impl CertificateFiles {
    /// Reads the files. No message quotes them.
    pub fn read(&self) -> Result<Certificate, Diagnostic> {
        let (chain, key) = self.bytes()?;
        Certificate::from_pem(&chain, &key).map_err(|what| unusable(&self.certificate, &what))
    }

    /// What stands for the content of the files; nothing where they cannot be read.
    pub fn content(&self) -> Option<[u8; 32]> {
        let (chain, key) = self.bytes().ok()?;
        Some(content(&chain, &key))
    }

    fn bytes(&self) -> Result<(Vec<u8>, Vec<u8>), Diagnostic> {
        let read = |path: &Path| {
            fs::read(path).map_err(|error| unusable(path, &format!("it cannot be read: {error}")))
        };
        Ok((read(&self.certificate)?, read(&self.key)?))
    }
}

fn content(chain: &[u8], key: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    // Lengths keep the border between the two.
    hasher.update(chain.len().to_le_bytes());
    hasher.update(chain);
    hasher.update(key);
    hasher.finalize().into()
}

fn unusable(path: &Path, what: &str) -> Diagnostic {
    Diagnostic::new(
        Code::CertificateUnusable,
        format!("{}: {what}", path.display()),
    )
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn pem() -> (String, String) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        (made.cert.pem(), made.signing_key.serialize_pem())
    }

    fn read(certificate: &str, key: &str) -> Result<Certificate, Diagnostic> {
        let folder = tempfile::tempdir().unwrap();
        let files = CertificateFiles {
            certificate: folder.path().join("tls.crt"),
            key: folder.path().join("tls.key"),
        };
        fs::write(&files.certificate, certificate).unwrap();
        fs::write(&files.key, key).unwrap();
        files.read()
    }

    #[test]
    fn a_certificate_is_read_with_its_end() {
        let (certificate, key) = pem();
        let read = read(&certificate, &key).unwrap();
        assert!(read.expiry.unwrap() > Timestamp::now());
        assert_eq!(read.config.alpn_protocols.len(), 2);
    }

    #[rstest]
    #[case::of_another(pem().0, pem().1, "not the key")]
    #[case::no_certificate(String::new(), pem().1, "there is no certificate")]
    #[case::no_key(pem().0, "hunter2".to_owned(), "no private key")]
    #[case::cut_off(pem().0.chars().take(200).collect(), pem().1, "tls.crt")]
    fn what_cannot_be_served_is_told(
        #[case] certificate: String,
        #[case] key: String,
        #[case] told: &str,
    ) {
        let text = read(&certificate, &key).unwrap_err().to_string();
        assert!(text.contains(told) && text.contains("SG8001"), "{text}");
        assert!(!text.contains("hunter2"), "{text}");
    }
}
