//! A text with signatures.

use std::fmt;

use data_encoding::BASE64;
use thiserror::Error;

use super::key::Verifier;

/// The longest note that is read. A checkpoint with a hundred witnesses has about 12 kB.
const MAX_BYTES: usize = 64 * 1024;
/// The most signatures that a note may carry.
const MAX_SIGNATURES: usize = 100;

/// A text is no note, or not signed as it should be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NoteError {
    /// It has not the form of a signed note.
    #[error("not a signed note")]
    Form,
    /// It is no checkpoint.
    #[error("not a checkpoint (origin, size and root, a line each)")]
    Checkpoint,
    /// It is a checkpoint of another log.
    #[error("a checkpoint of another log")]
    Origin,
    /// No signature is by a key that is asked for.
    #[error("not signed by a known key")]
    UnknownKey,
    /// A signature by a known key does not verify.
    #[error("a signature does not verify")]
    Signature,
}

/// A signature line: `— name base64(id || signature)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name of the key.
    pub name: String,
    /// The first four bytes of the key's hash.
    pub id: [u8; 4],
    /// The signature, for a witness after the time.
    pub bytes: Vec<u8>,
}

impl Signature {
    fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix("\u{2014} ")?.split_once(' ')?;
        let decoded = BASE64.decode(encoded.as_bytes()).ok()?;
        let (id, bytes) = decoded.split_first_chunk::<4>()?;
        (!name.is_empty() && !name.contains('+') && !bytes.is_empty()).then(|| Self {
            name: name.to_owned(),
            id: *id,
            bytes: bytes.to_vec(),
        })
    }
}

impl fmt::Display for Signature {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = self.id.to_vec();
        bytes.extend(&self.bytes);
        write!(
            formatter,
            "\u{2014} {} {}",
            self.name,
            BASE64.encode(&bytes)
        )
    }
}

/// A text that ends with a line break, and signatures over it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedNote {
    text: String,
    signatures: Vec<Signature>,
}

impl SignedNote {
    /// A note of a text that ends with a line break.
    pub(super) fn new(text: String) -> Self {
        Self {
            text,
            signatures: Vec::new(),
        }
    }

    /// Reads a note. No signature is checked yet.
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_BYTES
            || note
                .chars()
                .any(|letter| letter.is_control() && letter != '\n')
        {
            return Err(NoteError::Form);
        }
        let (text, signatures) = note.rsplit_once("\n\n").ok_or(NoteError::Form)?;
        let signatures = signatures.strip_suffix('\n').ok_or(NoteError::Form)?;
        let signatures: Option<Vec<_>> = signatures.split('\n').map(Signature::parse).collect();
        let signatures = signatures.ok_or(NoteError::Form)?;
        if text.is_empty() || signatures.len() > MAX_SIGNATURES {
            return Err(NoteError::Form);
        }
        Ok(Self {
            text: format!("{text}\n"),
            signatures,
        })
    }

    /// What is signed.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, by whomever.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature, in place of an older one by the same key.
    pub fn add(&mut self, signature: Signature) {
        self.signatures
            .retain(|other| (&other.name, other.id) != (&signature.name, signature.id));
        self.signatures.push(signature);
    }

    /// Checks the signature by a key: it must be there and verify. A witness's gives its time.
    pub fn verify(&self, key: &Verifier) -> Result<Option<u64>, NoteError> {
        let mut by_key = self
            .signatures
            .iter()
            .filter(|signature| key.is_of(signature));
        let first = by_key.next().ok_or(NoteError::UnknownKey)?;
        let time = key.verify(&self.text, first)?;
        // Every signature that says it is by this key must be.
        for other in by_key {
            key.verify(&self.text, other)?;
        }
        Ok(time)
    }
}

impl fmt::Display for SignedNote {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{}", self.text)?;
        for signature in &self.signatures {
            writeln!(formatter, "{signature}")?;
        }
        Ok(())
    }
}
