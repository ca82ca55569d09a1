//! Documents sealed with a key each, so that destroying the key destroys the document and nothing else.
//!
//! ChaCha20-Poly1305 (RFC 8439). A document's key is random and used once, hence a nonce of zeros. The key is
//! wrapped by the ledger's bulk key under a random nonce.

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::ring::KeyRing;
use crate::Hash;

/// Bytes of a wrapped key: the id of the bulk key (4), the nonce (12), the key (32) and its tag (16).
pub const WRAPPED_KEY: usize = 64;

const ID: usize = 4;
const NONCE: usize = 12;

/// A document cannot be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum SealError {
    /// Its key was destroyed: the document is erased.
    #[error("the document was erased")]
    Erased,
    /// The key ring does not hold the key that wrapped its key.
    #[error("the keys at hand do not open the document")]
    OtherKey,
    /// The sealed bytes were changed.
    #[error("the sealed document was changed")]
    Changed,
    /// The system gave no random numbers.
    #[error("the system gave no random numbers")]
    Random,
}

/// A sealed document and its wrapped key, which are kept apart in what follows: the record names the hash of the
/// former, the latter is overwritten to erase it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SealedDocument {
    /// The key, wrapped; zeros once the document is erased.
    pub wrapped_key: [u8; WRAPPED_KEY],
    /// The document, sealed.
    pub bytes: Vec<u8>,
}

impl SealedDocument {
    /// Seals a document.
    pub fn seal(document: &[u8], ring: &KeyRing) -> Result<Self, SealError> {
        let mut key = Zeroizing::new([0; 32]);
        let mut nonce = [0; NONCE];
        getrandom::fill(key.as_mut_slice()).map_err(|_| SealError::Random)?;
        getrandom::fill(&mut nonce).map_err(|_| SealError::Random)?;
        let bytes = cipher(&key)
            .encrypt(&Nonce::default(), document)
            .map_err(|_| SealError::Changed)?;
        let bulk = ring.bulk_keys().last().ok_or(SealError::OtherKey)?;
        let id = key_id(bulk);
        let wrapped = cipher(bulk)
            .encrypt(
                &nonce.into(),
                Payload {
                    msg: key.as_slice(),
                    aad: &aad(ring, &bytes),
                },
            )
            .map_err(|_| SealError::Changed)?;
        let mut wrapped_key = [0; WRAPPED_KEY];
        for (place, byte) in wrapped_key
            .iter_mut()
            .zip(id.iter().chain(&nonce).chain(&wrapped))
        {
            *place = *byte;
        }
        Ok(Self { wrapped_key, bytes })
    }

    /// The document.
    pub fn open(&self, ring: &KeyRing) -> Result<Vec<u8>, SealError> {
        if self.wrapped_key == [0; WRAPPED_KEY] {
            return Err(SealError::Erased);
        }
        let (id, rest) = self.wrapped_key.split_at(ID);
        let (nonce, wrapped) = rest.split_at(NONCE);
        let nonce: [u8; NONCE] = nonce.try_into().map_err(|_| SealError::Changed)?;
        let bulk = ring
            .bulk_keys()
            .iter()
            .find(|key| key_id(key) == id)
            .ok_or(SealError::OtherKey)?;
        let payload = Payload {
            msg: wrapped,
            aad: &aad(ring, &self.bytes),
        };
        let key = Zeroizing::new(
            cipher(bulk)
                .decrypt(&nonce.into(), payload)
                .map_err(|_| SealError::Changed)?,
        );
        let key: Zeroizing<[u8; 32]> =
            Zeroizing::new(key.as_slice().try_into().map_err(|_| SealError::Changed)?);
        cipher(&key)
            .decrypt(&Nonce::default(), self.bytes.as_slice())
            .map_err(|_| SealError::Changed)
    }

    /// The name by which it is stored: the hash of the sealed bytes.
    pub fn hash(&self) -> Hash {
        Hash::of(&self.bytes)
    }
}

fn cipher(key: &[u8; 32]) -> ChaCha20Poly1305 {
    ChaCha20Poly1305::new(key.into())
}

/// What a wrapped key is bound to: the ledger and the sealed bytes.
fn aad(ring: &KeyRing, sealed: &[u8]) -> Vec<u8> {
    let mut aad = ring.origin().as_bytes().to_vec();
    aad.push(0);
    aad.extend(Hash::of(sealed).0);
    aad
}

fn key_id(key: &[u8; 32]) -> [u8; ID] {
    let digest = Sha256::new()
        .chain_update(b"soc2gate bulk key\n")
        .chain_update(key)
        .finalize();
    let mut id = [0; ID];
    for (place, byte) in id.iter_mut().zip(digest) {
        *place = byte;
    }
    id
}
