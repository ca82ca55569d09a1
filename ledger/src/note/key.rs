//! Keys that sign notes. Ed25519, in the encodings of C2SP signed-note and tlog-cosignature.

use std::fmt;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signature as Ed25519Signature, Signer as _, SigningKey, VerifyingKey};
use sha2::{Digest, Sha256};
use thiserror::Error;
use zeroize::Zeroizing;

use super::signed::{NoteError, Signature};

/// What a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum KeyKind {
    /// The text of a note: the log's own key.
    Log,
    /// The text of a checkpoint with a time: a witness.
    Witness,
}

impl KeyKind {
    /// The signature type of C2SP signed-note.
    fn byte(self) -> u8 {
        match self {
            Self::Log => 0x01,
            Self::Witness => 0x04,
        }
    }
}

/// A text is no key. No message quotes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum KeyError {
    /// It has not the form of a key.
    #[error("not a key in the form of a signed note's (name+id+key)")]
    Form,
    /// It is a key of another kind.
    #[error("a key of a kind that is not known here; Ed25519 is")]
    Kind,
    /// The id is not that of the key.
    #[error("the id in the key is not the key's")]
    Id,
    /// A name is empty or holds a space or a plus sign.
    #[error("the name of a key must not be empty or hold spaces or plus signs")]
    Name,
    /// The system gave no random numbers.
    #[error("the system gave no random numbers")]
    Random,
}

/// The public half: `name+id+base64(type || key)`.
#[derive(Clone, PartialEq, Eq)]
pub struct Verifier {
    name: String,
    id: [u8; 4],
    kind: KeyKind,
    key: VerifyingKey,
}

impl Verifier {
    fn new(name: &str, kind: KeyKind, key: VerifyingKey) -> Result<Self, KeyError> {
        check_name(name)?;
        let digest = Sha256::new()
            .chain_update(name)
            .chain_update([b'\n', kind.byte()])
            .chain_update(key.as_bytes())
            .finalize();
        let mut id = [0; 4];
        id.copy_from_slice(digest.get(..4).unwrap_or(&[0; 4]));
        Ok(Self {
            name: name.to_owned(),
            id,
            kind,
            key,
        })
    }

    /// Reads a verifier key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        // The last field is base64, which may hold plus signs; names and ids hold none.
        let mut fields = text.trim().splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(KeyError::Form);
        };
        let (kind, key) = key_bytes(key)?;
        let key = VerifyingKey::from_bytes(&key).map_err(|_| KeyError::Form)?;
        let verifier = Self::new(name, kind, key)?;
        if HEXLOWER.encode(&verifier.id) == id {
            Ok(verifier)
        } else {
            Err(KeyError::Id)
        }
    }

    /// The name that signatures carry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The first four bytes of the key's hash, which signatures carry.
    pub fn id(&self) -> [u8; 4] {
        self.id
    }

    /// What the key signs.
    pub fn kind(&self) -> KeyKind {
        self.kind
    }

    /// The 32 bytes of the public key.
    pub fn public_key(&self) -> [u8; 32] {
        self.key.to_bytes()
    }

    /// Whether a signature is by this key, as it says.
    pub fn is_of(&self, signature: &Signature) -> bool {
        signature.name == self.name && signature.id == self.id
    }

    /// Checks a signature over the text of a note. A witness's gives the time that it states, in seconds since
    /// 1970.
    pub fn verify(&self, text: &str, signature: &Signature) -> Result<Option<u64>, NoteError> {
        if !self.is_of(signature) {
            return Err(NoteError::UnknownKey);
        }
        let (time, bytes) = match self.kind {
            KeyKind::Log => (None, signature.bytes.as_slice()),
            KeyKind::Witness => {
                let (time, rest) = signature
                    .bytes
                    .split_first_chunk::<8>()
                    .ok_or(NoteError::Signature)?;
                (Some(u64::from_be_bytes(*time)), rest)
            }
        };
        let parsed = Ed25519Signature::from_slice(bytes).map_err(|_| NoteError::Signature)?;
        let message = message(text, time);
        self.key
            .verify_strict(message.as_bytes(), &parsed)
            .map_err(|_| NoteError::Signature)?;
        Ok(time)
    }

    /// Checks an Ed25519 signature over other bytes than a note's, such as those of a DSSE envelope.
    pub fn verify_bytes(&self, message: &[u8], signature: &[u8]) -> Result<(), NoteError> {
        let parsed = Ed25519Signature::from_slice(signature).map_err(|_| NoteError::Signature)?;
        self.key
            .verify_strict(message, &parsed)
            .map_err(|_| NoteError::Signature)
    }
}

impl fmt::Display for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = vec![self.kind.byte()];
        bytes.extend(self.key.as_bytes());
        write!(
            formatter,
            "{}+{}+{}",
            self.name,
            HEXLOWER.encode(&self.id),
            BASE64.encode(&bytes)
        )
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// The private half: `PRIVATE+KEY+name+id+base64(type || seed)`. It is never printed; `Debug` shows the public
/// half.
pub struct Signer {
    verifier: Verifier,
    key: SigningKey,
}

impl Signer {
    /// Makes a key.
    pub fn generate(name: &str, kind: KeyKind) -> Result<Self, KeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        getrandom::fill(seed.as_mut_slice()).map_err(|_| KeyError::Random)?;
        Self::from_seed(name, kind, &seed)
    }

    /// The key with a given seed of 32 bytes.
    pub fn from_seed(name: &str, kind: KeyKind, seed: &[u8; 32]) -> Result<Self, KeyError> {
        let key = SigningKey::from_bytes(seed);
        Ok(Self {
            verifier: Verifier::new(name, kind, key.verifying_key())?,
            key,
        })
    }

    /// Reads a private key.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let rest = text
            .trim()
            .strip_prefix("PRIVATE+KEY+")
            .ok_or(KeyError::Form)?;
        let mut fields = rest.splitn(3, '+');
        let (Some(name), Some(id), Some(key)) = (fields.next(), fields.next(), fields.next())
        else {
            return Err(KeyError::Form);
        };
        let (kind, seed) = key_bytes(key)?;
        let seed = Zeroizing::new(seed);
        let signer = Self::from_seed(name, kind, &seed)?;
        if HEXLOWER.encode(&signer.verifier.id) == id {
            Ok(signer)
        } else {
            Err(KeyError::Id)
        }
    }

    /// The text of the private key, to be kept where only its owner can read.
    pub fn to_secret(&self) -> Zeroizing<String> {
        let mut bytes = Zeroizing::new(vec![self.verifier.kind.byte()]);
        bytes.extend(Zeroizing::new(self.key.to_bytes()).as_slice());
        let key = Zeroizing::new(BASE64.encode(&bytes));
        Zeroizing::new(format!(
            "PRIVATE+KEY+{}+{}+{}",
            self.verifier.name,
            HEXLOWER.encode(&self.verifier.id),
            *key
        ))
    }

    /// The public half.
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Signs the text of a note: a log's key the text alone, a witness's the text and the time, in seconds since
    /// 1970.
    pub fn sign(&self, text: &str, time: u64) -> Signature {
        let mut bytes = Vec::new();
        let time = match self.verifier.kind {
            KeyKind::Log => None,
            KeyKind::Witness => {
                bytes.extend(time.to_be_bytes());
                Some(time)
            }
        };
        bytes.extend(self.key.sign(message(text, time).as_bytes()).to_bytes());
        Signature {
            name: self.verifier.name.clone(),
            id: self.verifier.id,
            bytes,
        }
    }

    /// Signs other bytes than a note's, such as those of a DSSE envelope.
    pub fn sign_bytes(&self, message: &[u8]) -> [u8; 64] {
        self.key.sign(message).to_bytes()
    }
}

impl fmt::Debug for Signer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.verifier, formatter)
    }
}

/// What is signed: the note, or, with a time, what C2SP tlog-cosignature says.
fn message(text: &str, time: Option<u64>) -> String {
    match time {
        None => text.to_owned(),
        Some(time) => format!("cosignature/v1\ntime {time}\n{text}"),
    }
}

fn check_name(name: &str) -> Result<(), KeyError> {
    let sound = !name.is_empty()
        && !name
            .chars()
            .any(|letter| letter.is_whitespace() || letter.is_control() || letter == '+');
    if sound { Ok(()) } else { Err(KeyError::Name) }
}

/// The type and the 32 bytes of an encoded key.
fn key_bytes(text: &str) -> Result<(KeyKind, [u8; 32]), KeyError> {
    let bytes = Zeroizing::new(BASE64.decode(text.as_bytes()).map_err(|_| KeyError::Form)?);
    let (kind, key) = bytes.split_first().ok_or(KeyError::Form)?;
    let kind = match kind {
        0x01 => KeyKind::Log,
        0x04 => KeyKind::Witness,
        _ => return Err(KeyError::Kind),
    };
    let key = key.try_into().map_err(|_| KeyError::Form)?;
    Ok((kind, key))
}
