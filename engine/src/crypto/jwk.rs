//! JSON Web Keys and sets of them (RFC 7517, RFC 7518 section 6, RFC 8037 section 2).

use serde_json::{Map, Value};

use super::algorithm::{Algorithm, Scheme};
use super::base64::{decode_standard, decode_url};
use super::pem;
use super::private_key::{EcPrivateKey, PrivateKey, RsaPrivateKey};
use super::public_key::{Curve, EcPublicKey, PublicKey, RsaPublicKey};
use super::x509::Certificate;
use super::{MAX_KEYS, MAX_TEXT, Malformed};

/// A key, and what its owner says of it.
pub(crate) struct Key {
    pub(crate) material: Material,
    /// `alg`: the only algorithm that it is for.
    pub(crate) algorithm: Option<String>,
    /// `kid`: its name.
    pub(crate) id: Option<String>,
}

/// What a key is made of.
pub(crate) enum Material {
    Public(Box<PublicKey>),
    Private(PrivateKey),
    Secret(Vec<u8>),
}

impl Material {
    /// Whether a signature of a message is by this key.
    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Public(key) => key.verify(algorithm, message, signature),
            Self::Private(key) => key.public().verify(algorithm, message, signature),
            Self::Secret(secret) => {
                algorithm.scheme == Scheme::Hmac
                    && algorithm.hash.verify_hmac(secret, message, signature)
            }
        }
    }

    /// Signs a message; the seed is for schemes that ask for chance.
    pub(crate) fn sign(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        seed: &[u8],
    ) -> Result<Vec<u8>, Malformed> {
        match (self, algorithm.scheme) {
            (Self::Private(key), _) => key.sign(algorithm, message, seed),
            (Self::Secret(secret), Scheme::Hmac) => Ok(algorithm.hash.hmac(secret, message)),
            _ => Err(Malformed("the key does not fit the algorithm")),
        }
    }
}

impl Key {
    fn unnamed(key: PublicKey) -> Self {
        Self {
            material: Material::Public(Box::new(key)),
            algorithm: None,
            id: None,
        }
    }
}

/// The keys that verify tokens: a certificate or a public key in PEM, a JSON Web Key or a set. Keys for algorithms
/// that sign no tokens are left out.
pub(crate) fn verification_keys(text: &str) -> Result<Vec<Key>, Malformed> {
    if text.len() > MAX_TEXT {
        return Err(Malformed("the key is too long"));
    }
    let Some((block, rest)) = pem::first(text) else {
        let mut keys = key_set(text)?;
        keys.retain(|key| {
            key.algorithm
                .as_deref()
                .is_none_or(|name| Algorithm::named(name).is_some())
        });
        return Ok(keys);
    };
    if !rest.is_empty() {
        return Err(Malformed("extra data after a PEM certificate block"));
    }
    match block.label.as_str() {
        "CERTIFICATE" => Ok(vec![Key::unnamed(
            Certificate::from_der(&block.bytes)?.public_key,
        )]),
        "PUBLIC KEY" => match PublicKey::from_der(&block.bytes)? {
            PublicKey::Unknown => Err(Malformed("failed to parse a PEM public key")),
            key => Ok(vec![Key::unnamed(key)]),
        },
        _ => Err(Malformed(
            "failed to extract a Key from the PEM certificate",
        )),
    }
}

/// The keys of a set, or the one key of a text without one. What follows the JSON value does not matter.
pub(crate) fn key_set(text: &str) -> Result<Vec<Key>, Malformed> {
    if text.len() > MAX_TEXT {
        return Err(Malformed("the key is too long"));
    }
    let value = serde_json::Deserializer::from_str(text)
        .into_iter::<Value>()
        .next();
    let Some(Ok(Value::Object(fields))) = value else {
        return Err(Malformed("failed to parse a JWK key (set)"));
    };
    match fields.get("keys") {
        None => Ok(vec![key(&fields)?]),
        Some(Value::Array(keys)) if keys.len() <= MAX_KEYS => keys
            .iter()
            .map(|fields| match fields {
                Value::Object(fields) => key(fields),
                _ => Err(Malformed("failed to parse a JWK key (set)")),
            })
            .collect(),
        Some(_) => Err(Malformed("failed to parse a JWK key (set)")),
    }
}

fn key(fields: &Map<String, Value>) -> Result<Key, Malformed> {
    let material = match text(fields, "kty")? {
        Some("RSA") => rsa(fields)?,
        Some("EC") => elliptic(fields)?,
        Some("OKP") => octet_pair(fields)?,
        Some("oct") => Material::Secret(bytes(fields, "k")?),
        _ => return Err(Malformed("unknown type of a JWK")),
    };
    let algorithm = match fields.get("alg") {
        None => None,
        Some(Value::String(name)) if is_algorithm(name) => Some(name.clone()),
        Some(_) => return Err(Malformed("unknown algorithm of a JWK")),
    };
    for name in ["use", "x5u", "x5t", "x5t#S256"] {
        text(fields, name)?;
    }
    let certificates = texts(fields, "x5c")?;
    if certificates
        .into_iter()
        .any(|text| decode_standard(text).is_err())
    {
        return Err(Malformed("invalid certificate chain of a JWK"));
    }
    texts(fields, "key_ops")?;
    Ok(Key {
        material,
        algorithm,
        id: text(fields, "kid")?.map(str::to_owned),
    })
}

fn rsa(fields: &Map<String, Value>) -> Result<Material, Malformed> {
    let (modulus, exponent) = (bytes(fields, "n")?, bytes(fields, "e")?);
    if text(fields, "d")?.is_none() {
        let exponent = super::without_zeros(&exponent);
        let exponent = match exponent.len() {
            0..=4 => exponent
                .iter()
                .fold(0, |number, byte| (number << 8) | u32::from(*byte)),
            _ => return Err(Malformed("the exponent of a JWK is too large")),
        };
        let key = RsaPublicKey::new(&modulus, exponent)?;
        return Ok(Material::Public(Box::new(PublicKey::Rsa(key))));
    }
    let (p, q) = (bytes(fields, "p")?, bytes(fields, "q")?);
    let key = RsaPrivateKey::new(&modulus, &exponent, &bytes(fields, "d")?, [&p, &q])?;
    let speedups: Vec<Option<Vec<u8>>> = ["dp", "dq", "qi"]
        .into_iter()
        .map(|name| text(fields, name)?.map(|_| bytes(fields, name)).transpose())
        .collect::<Result<_, _>>()?;
    if let [dp, dq, qinv] = speedups.as_slice() {
        key.check_speedups([dp.as_deref(), dq.as_deref(), qinv.as_deref()])?;
    }
    Ok(Material::Private(PrivateKey::Rsa(Box::new(key))))
}

fn elliptic(fields: &Map<String, Value>) -> Result<Material, Malformed> {
    let curve = text(fields, "crv")?
        .and_then(Curve::named)
        .ok_or(Malformed("unknown curve of a JWK"))?;
    let wide = |name| {
        bytes(fields, name).and_then(|bytes| {
            if bytes.len() == curve.width() {
                Ok(bytes)
            } else {
                Err(Malformed("a number of a JWK is not as wide as its curve"))
            }
        })
    };
    let point = [vec![4], wide("x")?, wide("y")?].concat();
    let public = EcPublicKey::from_point(curve, &point)?;
    if text(fields, "d")?.is_none() {
        return Ok(Material::Public(Box::new(PublicKey::Ec(public))));
    }
    EcPrivateKey::new(curve, &wide("d")?)
        .map(|key| Material::Private(PrivateKey::Ec(Box::new(key))))
}

fn octet_pair(fields: &Map<String, Value>) -> Result<Material, Malformed> {
    let x = bytes(fields, "x")?;
    let public = match text(fields, "crv")? {
        Some("Ed25519") => PublicKey::ed25519(&x)?,
        Some("X25519") => PublicKey::x25519(&x)?,
        _ => return Err(Malformed("unknown curve of a JWK")),
    };
    if text(fields, "d")?.is_none() {
        return Ok(Material::Public(Box::new(public)));
    }
    let private = match public {
        PublicKey::Ed25519(_) => PrivateKey::ed25519(&bytes(fields, "d")?)?,
        _ => PrivateKey::x25519(&bytes(fields, "d")?)?,
    };
    if private.public() == public {
        Ok(Material::Private(private))
    } else {
        Err(Malformed("the parts of a JWK do not fit each other"))
    }
}

/// A field that is a text; None where it is absent or null.
fn text<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Option<&'a str>, Malformed> {
    match fields.get(name) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Malformed("a field of a JWK is no text")),
    }
}

/// A field that is a list of texts; empty where it is absent or null.
fn texts<'a>(fields: &'a Map<String, Value>, name: &str) -> Result<Vec<&'a str>, Malformed> {
    const WRONG: Malformed = Malformed("a field of a JWK is no list of texts");
    match fields.get(name) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(items)) => items
            .iter()
            .map(|item| item.as_str().ok_or(WRONG))
            .collect(),
        Some(_) => Err(WRONG),
    }
}

/// A field that must be bytes in one of the alphabets of base64, and not empty.
fn bytes(fields: &Map<String, Value>, name: &str) -> Result<Vec<u8>, Malformed> {
    let text = text(fields, name)?.unwrap_or_default();
    let bytes = decode_url(&text.replace('+', "-").replace('/', "_"))?;
    if bytes.is_empty() {
        return Err(Malformed("a field of a JWK is missing"));
    }
    Ok(bytes)
}

/// Whether this is the name of an algorithm that a key may be for (the registry of RFC 7518 section 7.1).
fn is_algorithm(name: &str) -> bool {
    const OTHERS: &[&str] = &[
        "none",
        "ES256K",
        "Ed25519",
        "Ed448",
        "dir",
        "RSA1_5",
        "RSA-OAEP",
        "RSA-OAEP-256",
        "RSA-OAEP-384",
        "RSA-OAEP-512",
        "A128KW",
        "A192KW",
        "A256KW",
        "A128GCMKW",
        "A192GCMKW",
        "A256GCMKW",
        "ECDH-ES",
        "ECDH-ES+A128KW",
        "ECDH-ES+A192KW",
        "ECDH-ES+A256KW",
        "PBES2-HS256+A128KW",
        "PBES2-HS384+A192KW",
        "PBES2-HS512+A256KW",
        "A128GCM",
        "A192GCM",
        "A256GCM",
        "A128CBC-HS256",
        "A192CBC-HS384",
        "A256CBC-HS512",
    ];
    Algorithm::named(name).is_some() || OTHERS.contains(&name)
}
