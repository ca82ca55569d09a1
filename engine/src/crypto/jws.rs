//! JSON Web Signatures in their compact form (RFC 7515).

use std::fmt;

use serde_json::{Map, Value};

use super::Malformed;
use super::algorithm::{Algorithm, Scheme};
use super::base64::{decode_url, encode_url};
use super::jwk::{self, Key, Material};

/// How many bytes a token has at most: enough for one that lists the files of a large bundle.
const MAX_TOKEN: usize = 16 << 20;

/// The three parts of a token, not decoded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Token<'a> {
    header: &'a str,
    payload: &'a str,
    signature: &'a str,
    signed: &'a str,
}

impl<'a> Token<'a> {
    /// Splits a token.
    pub(crate) fn split(token: &'a str) -> Result<Self, Malformed> {
        if token.len() > MAX_TOKEN {
            return Err(Malformed("encoded JWT is too long"));
        }
        let (signed, signature) = token
            .rsplit_once('.')
            .ok_or(Malformed("encoded JWT had no period separators"))?;
        match signed.split_once('.') {
            Some((header, payload)) if !payload.contains('.') => Ok(Self {
                header,
                payload,
                signature,
                signed,
            }),
            _ => Err(Malformed("encoded JWT must have 3 sections")),
        }
    }

    /// What the signature covers.
    pub(crate) const fn signed(&self) -> &'a [u8] {
        self.signed.as_bytes()
    }

    pub(crate) fn signature(&self) -> Result<Vec<u8>, Malformed> {
        decode_url(self.signature).map_err(|_| Malformed("JWT signature had invalid encoding"))
    }

    /// The payload as text, with a replacement character for what is no UTF-8.
    pub(crate) fn payload(&self) -> Result<String, Malformed> {
        decode_url(self.payload)
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .map_err(|_| Malformed("JWT payload had invalid encoding"))
    }

    /// The fields of the header.
    pub(crate) fn header(&self) -> Result<Map<String, Value>, Malformed> {
        let bytes =
            decode_url(self.header).map_err(|_| Malformed("JWT header had invalid encoding"))?;
        let header = object(&String::from_utf8_lossy(&bytes))?;
        if header.contains_key("enc") {
            return Err(Malformed("JWT is a JWE object, which is not supported"));
        }
        Ok(header)
    }
}

/// The fields of a text that is a JSON object.
pub(crate) fn object(text: &str) -> Result<Map<String, Value>, Malformed> {
    match serde_json::from_str(text) {
        Ok(Value::Object(fields)) => Ok(fields),
        Ok(_) => Err(Malformed("decoded JSON type was not an Object")),
        Err(_) => Err(Malformed("invalid JSON")),
    }
}

/// What a header says of the signature and the payload.
#[derive(Debug, Default)]
pub(crate) struct Header {
    pub(crate) algorithm: String,
    pub(crate) key_id: String,
    pub(crate) content_type: String,
    /// Whether it demands that a field is understood that is not.
    critical: bool,
}

impl Header {
    pub(crate) fn read(fields: &Map<String, Value>) -> Result<Self, Malformed> {
        const KNOWN: [&str; 5] = ["alg", "kid", "typ", "cty", "crit"];
        let text = |name| match fields.get(name) {
            None => Ok(String::new()),
            Some(Value::String(text)) => Ok(text.clone()),
            Some(_) => Err(Malformed("a field of the JWT header must be a string")),
        };
        text("typ")?;
        let critical = match fields.get("crit") {
            None => Vec::new(),
            Some(Value::Array(names)) => {
                let names: Vec<&str> = names.iter().map_while(Value::as_str).collect();
                if names.is_empty() {
                    return Err(Malformed("crit: must be a nonempty list"));
                }
                names
            }
            Some(_) => return Err(Malformed("crit: must be a list")),
        };
        Ok(Self {
            algorithm: text("alg")?,
            key_id: text("kid")?,
            content_type: text("cty")?,
            critical: critical
                .into_iter()
                .any(|name| fields.contains_key(name) && !KNOWN.contains(&name)),
        })
    }

    /// Whether a token with this header may be trusted at all (RFC 7515 section 4.1).
    pub(crate) const fn is_valid(&self) -> bool {
        !self.algorithm.is_empty() && !self.critical
    }
}

/// Whether one of the keys made a signature. The key that the header names decides where there is one; else every
/// key that is for the header's algorithm is tried.
pub(crate) fn verified_by(
    keys: &[Key],
    header: &Header,
    verify: impl Fn(&Material) -> bool,
) -> bool {
    let named = keys.iter().find(|key| {
        !header.key_id.is_empty() && key.id.as_deref().unwrap_or_default() == header.key_id
    });
    match named {
        Some(key) => verify(&key.material),
        None => keys
            .iter()
            .filter(|key| {
                key.algorithm
                    .as_deref()
                    .is_none_or(|name| name == header.algorithm)
            })
            .any(|key| verify(&key.material)),
    }
}

/// Signs a header and a payload, given as they shall stand in the token. The seed is for schemes that ask for chance.
pub(crate) fn sign(
    header: &str,
    payload: &str,
    algorithm: Algorithm,
    key: &Key,
    seed: &[u8],
) -> Result<String, Malformed> {
    let signed = format!(
        "{}.{}",
        encode_url(header.as_bytes()),
        encode_url(payload.as_bytes())
    );
    let signature = key.material.sign(algorithm, signed.as_bytes(), seed)?;
    Ok(format!("{signed}.{}", encode_url(&signature)))
}

/// Why the payload of a signed text is not given. It quotes neither the text nor the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum JwsError {
    /// The text is no JSON Web Signature. Who signed it must sign it again.
    Token(&'static str),
    /// The key cannot be read. Who configured it must correct it.
    Key(&'static str),
    /// No algorithm of this name is known. Who configured it must correct it.
    Algorithm,
    /// The text says that it is signed with another algorithm than the one that is trusted, or demands what is not
    /// understood.
    Header,
    /// The signature is not by this key.
    Signature,
}

impl fmt::Display for JwsError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Token(problem) => write!(formatter, "the signed text cannot be read: {problem}"),
            Self::Key(problem) => write!(formatter, "the key cannot be read: {problem}"),
            Self::Algorithm => formatter.write_str("the algorithm is not known"),
            Self::Header => formatter.write_str(
                "the signed text is for another algorithm or demands what is not understood",
            ),
            Self::Signature => formatter.write_str("the signature does not verify"),
        }
    }
}

impl std::error::Error for JwsError {}

/// Checks a JSON Web Signature in its compact form and gives its payload.
///
/// `key` is a public key or a certificate in PEM, a JSON Web Key or a set of them; for `HS256`, `HS384` and `HS512` it
/// is the secret itself. `algorithm` is the only one that is trusted, by its name in RFC 7518, such as `RS256`: the
/// header must name it too. Times in the payload and of a certificate are not checked.
///
/// # Errors
/// Where anything but a valid signature by the key is met.
pub fn verify_jws(token: &str, key: &str, algorithm: &str) -> Result<Value, JwsError> {
    let trusted = Algorithm::named(algorithm).ok_or(JwsError::Algorithm)?;
    let keys = if trusted.scheme == Scheme::Hmac {
        if key.is_empty() {
            return Err(JwsError::Key("the secret is empty"));
        }
        vec![Key {
            material: Material::Secret(key.as_bytes().to_vec()),
            algorithm: None,
            id: None,
        }]
    } else {
        jwk::verification_keys(key).map_err(|problem| JwsError::Key(problem.0))?
    };
    let unreadable = |problem: Malformed| JwsError::Token(problem.0);
    let token = Token::split(token).map_err(unreadable)?;
    let header = Header::read(&token.header().map_err(unreadable)?).map_err(unreadable)?;
    if !header.is_valid() || header.algorithm != algorithm {
        return Err(JwsError::Header);
    }
    let signature = token.signature().map_err(unreadable)?;
    if !verified_by(&keys, &header, |material| {
        material.verify(trusted, token.signed(), &signature)
    }) {
        return Err(JwsError::Signature);
    }
    let payload = token.payload().map_err(unreadable)?;
    serde_json::from_str(&payload).map_err(|_| JwsError::Token("the payload is no JSON"))
}

#[cfg(test)]
mod tests;
