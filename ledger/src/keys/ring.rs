//! All secrets of a ledger in one file.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;
use zeroize::{Zeroize, Zeroizing};

use crate::note::{KeyError, KeyKind, Signer, Verifier};

const SCHEMA: &str = "soc2gate.dev/ledger-keys/v1";

/// A text is no key ring. No message quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyRingError {
    /// It has not the form of one.
    #[error("not the keys of a ledger (JSON, schema {SCHEMA})")]
    Form,
    /// A key in it is none.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The signing keys are not all of one log.
    #[error("the signing keys have more than one name")]
    Names,
}

/// The secrets of a ledger. Never printed: `Debug` shows the public keys.
pub struct KeyRing {
    /// The last one signs; the others signed before it.
    signers: Vec<Signer>,
    commitment: Zeroizing<[u8; 32]>,
    /// The last one wraps; all unwrap.
    bulk: Vec<Zeroizing<[u8; 32]>>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    schema: String,
    /// Private keys of C2SP signed-note, the oldest first.
    signing: Vec<String>,
    /// 32 bytes in base64.
    commitment: String,
    /// 32 bytes in base64 each, the oldest first.
    bulk: Vec<String>,
}

impl Drop for File {
    fn drop(&mut self) {
        self.signing.zeroize();
        self.commitment.zeroize();
        self.bulk.zeroize();
    }
}

impl KeyRing {
    /// New secrets for the ledger of this name.
    pub fn generate(origin: &str) -> Result<Self, KeyRingError> {
        Ok(Self {
            signers: vec![Signer::generate(origin, KeyKind::Log)?],
            commitment: random()?,
            bulk: vec![random()?],
        })
    }

    /// Reads a key ring.
    pub fn parse(text: &str) -> Result<Self, KeyRingError> {
        let file: File = serde_json::from_str(text).map_err(|_| KeyRingError::Form)?;
        let signers = file
            .signing
            .iter()
            .map(|key| Signer::parse(key))
            .collect::<Result<Vec<_>, _>>()?;
        let bulk = file
            .bulk
            .iter()
            .map(|key| secret(key))
            .collect::<Result<Vec<_>, _>>()?;
        let first = signers.first().ok_or(KeyRingError::Form)?;
        if file.schema != SCHEMA || bulk.is_empty() {
            return Err(KeyRingError::Form);
        }
        if signers
            .iter()
            .any(|signer| signer.verifier().kind() != KeyKind::Log)
        {
            return Err(KeyError::Kind.into());
        }
        if signers
            .iter()
            .any(|signer| signer.verifier().name() != first.verifier().name())
        {
            return Err(KeyRingError::Names);
        }
        Ok(Self {
            commitment: secret(&file.commitment)?,
            signers,
            bulk,
        })
    }

    /// The text of the key ring, to be kept where only its owner can read.
    pub fn to_secret(&self) -> Result<Zeroizing<String>, KeyRingError> {
        let file = File {
            schema: SCHEMA.to_owned(),
            signing: self
                .signers
                .iter()
                .map(|signer| signer.to_secret().to_string())
                .collect(),
            commitment: BASE64.encode(self.commitment.as_slice()),
            bulk: self
                .bulk
                .iter()
                .map(|key| BASE64.encode(key.as_slice()))
                .collect(),
        };
        serde_json::to_string_pretty(&file)
            .map(|mut text| {
                text.push('\n');
                Zeroizing::new(text)
            })
            .map_err(|_| KeyRingError::Form)
    }

    /// The name of the ledger.
    pub fn origin(&self) -> &str {
        self.signer().verifier().name()
    }

    /// The key that signs.
    #[expect(
        clippy::missing_panics_doc,
        clippy::expect_used,
        reason = "generate and parse give at least one key, and none is ever taken away"
    )]
    pub fn signer(&self) -> &Signer {
        self.signers.last().expect("a key ring has a signing key")
    }

    /// All keys that signed, the oldest first.
    #[cfg(feature = "postgres")]
    pub(crate) fn signers(&self) -> &[Signer] {
        &self.signers
    }

    /// The public halves of all keys that signed, the oldest first.
    pub fn verifiers(&self) -> Vec<Verifier> {
        self.signers
            .iter()
            .map(|signer| signer.verifier().clone())
            .collect()
    }

    /// Adds keys that sign and seal from now on. The record of the rotation is the caller's.
    pub fn rotate(&mut self) -> Result<(), KeyRingError> {
        let signer = Signer::generate(self.origin(), KeyKind::Log)?;
        self.bulk.push(random()?);
        self.signers.push(signer);
        Ok(())
    }

    /// A commitment to bytes: equal bytes have equal commitments, and without the key nobody can tell which bytes
    /// one stands for. `domain` keeps values of different meaning apart.
    pub fn commit(&self, domain: &str, bytes: &[u8]) -> String {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.commitment.as_slice()) else {
            return "hmac-sha256:".to_owned();
        };
        mac.update(domain.as_bytes());
        mac.update(&[0]);
        mac.update(bytes);
        format!(
            "hmac-sha256:{}",
            HEXLOWER.encode(&mac.finalize().into_bytes())
        )
    }

    /// The keys that wrap the keys of documents; the last one for new ones.
    pub(super) fn bulk_keys(&self) -> &[Zeroizing<[u8; 32]>] {
        &self.bulk
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("KeyRing")
            .field("verifiers", &self.verifiers())
            .finish_non_exhaustive()
    }
}

fn random() -> Result<Zeroizing<[u8; 32]>, KeyError> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(key.as_mut_slice()).map_err(|_| KeyError::Random)?;
    Ok(key)
}

fn secret(text: &str) -> Result<Zeroizing<[u8; 32]>, KeyRingError> {
    let bytes = Zeroizing::new(
        BASE64
            .decode(text.as_bytes())
            .map_err(|_| KeyRingError::Form)?,
    );
    let key = bytes.as_slice().try_into().map_err(|_| KeyRingError::Form)?;
    Ok(Zeroizing::new(key))
}
