//! DSSE: bytes of a named type, and signatures over both (DSSE 1.0.2, Ed25519).

use data_encoding::{BASE64, BASE64URL, HEXLOWER};
use serde::{Deserialize, Serialize};

use super::AttestError;
use crate::note::{KeyKind, Signer, Verifier};
use crate::record::canonical;

/// An envelope: canonical JSON where we write it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    /// The payload in base64.
    pub payload: String,
    /// The type of the payload.
    pub payload_type: String,
    /// Signatures.
    pub signatures: Vec<EnvelopeSignature>,
}

/// A signature of an envelope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvelopeSignature {
    /// A hint which key it is by.
    #[serde(default)]
    pub keyid: String,
    /// The signature in base64.
    pub sig: String,
}

/// How envelopes name a key: the name and the id of its verifier key.
pub fn key_id(key: &Verifier) -> String {
    format!("{}+{}", key.name(), HEXLOWER.encode(&key.id()))
}

impl Envelope {
    /// Signs a payload.
    pub fn sign(payload_type: &str, payload: &[u8], signer: &Signer) -> Self {
        let signature = signer.sign_bytes(&encode(payload_type, payload));
        Self {
            payload: BASE64.encode(payload),
            payload_type: payload_type.to_owned(),
            signatures: vec![EnvelopeSignature {
                keyid: key_id(signer.verifier()),
                sig: BASE64.encode(&signature),
            }],
        }
    }

    /// Reads an envelope. No signature is checked yet.
    pub fn parse(text: &[u8]) -> Result<Self, AttestError> {
        serde_json::from_slice(text).map_err(|_| AttestError::Form)
    }

    /// The envelope as canonical JSON, without a line break.
    pub fn to_json(&self) -> Result<Vec<u8>, AttestError> {
        Ok(canonical(self)?)
    }

    /// The payload, once it is found to be of this type and signed by one of the keys.
    pub fn verify(&self, payload_type: &str, keys: &[Verifier]) -> Result<Vec<u8>, AttestError> {
        if self.payload_type != payload_type {
            return Err(AttestError::PayloadType);
        }
        let payload = decode(&self.payload)?;
        let message = encode(payload_type, &payload);
        let mut outcome = AttestError::UnknownKey;
        for signature in &self.signatures {
            let bytes = decode(&signature.sig)?;
            for key in keys.iter().filter(|key| key.kind() == KeyKind::Log) {
                if key.verify_bytes(&message, &bytes).is_ok() {
                    return Ok(payload);
                }
                if signature.keyid == key_id(key) {
                    outcome = AttestError::Signature;
                }
            }
        }
        Err(outcome)
    }
}

/// What is signed: `PAE(type, payload)`.
pub(super) fn encode(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut message = format!(
        "DSSEv1 {} {payload_type} {} ",
        payload_type.len(),
        payload.len()
    )
    .into_bytes();
    message.extend(payload);
    message
}

/// Either alphabet of base64, as the specification allows.
fn decode(text: &str) -> Result<Vec<u8>, AttestError> {
    BASE64
        .decode(text.as_bytes())
        .or_else(|_| BASE64URL.decode(text.as_bytes()))
        .map_err(|_| AttestError::Form)
}
