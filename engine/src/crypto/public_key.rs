//! Public keys: how they are written (RFC 5280 section 4.1.2.7, RFC 3279, RFC 5480, RFC 8410), and verification.

use ed25519_dalek::Verifier as _;
use p256::ecdsa::signature::hazmat::PrehashVerifier as _;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss};
use sha2::{Sha256, Sha384, Sha512};

use super::algorithm::{Algorithm, Hash, Scheme};
use super::asn1::{Elements, single, tag};
use super::{Malformed, without_zeros};

/// A public key. Numbers are bytes, the most significant first, without leading zeros.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum PublicKey {
    Rsa(RsaPublicKey),
    Ec(EcPublicKey),
    Ed25519(Vec<u8>),
    /// For agreement on a key, not for signatures.
    X25519(Vec<u8>),
    Dsa(DsaPublicKey),
    /// Of an algorithm that is not known.
    Unknown,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RsaPublicKey {
    pub(crate) modulus: Vec<u8>,
    pub(crate) exponent: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DsaPublicKey {
    pub(crate) p: Vec<u8>,
    pub(crate) q: Vec<u8>,
    pub(crate) g: Vec<u8>,
    pub(crate) y: Vec<u8>,
}

/// A point of a curve.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct EcPublicKey {
    pub(crate) curve: Curve,
    pub(crate) x: Vec<u8>,
    pub(crate) y: Vec<u8>,
    key: EcKey,
}

#[derive(Debug, Clone, PartialEq)]
enum EcKey {
    P256(p256::ecdsa::VerifyingKey),
    P384(p384::ecdsa::VerifyingKey),
    P521(p521::ecdsa::VerifyingKey),
}

/// A curve of NIST FIPS 186.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

impl Curve {
    /// The curve of a JSON Web Key (RFC 7518 section 6.2.1.1).
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "P-256" => Some(Self::P256),
            "P-384" => Some(Self::P384),
            "P-521" => Some(Self::P521),
            _ => None,
        }
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::P256 => "P-256",
            Self::P384 => "P-384",
            Self::P521 => "P-521",
        }
    }

    /// The curve that an object identifier names (RFC 5480 section 2.1.1.1).
    pub(crate) fn identified(identifier: &[u64]) -> Result<Self, Malformed> {
        match identifier {
            [1, 2, 840, 10045, 3, 1, 7] => Ok(Self::P256),
            [1, 3, 132, 0, 34] => Ok(Self::P384),
            [1, 3, 132, 0, 35] => Ok(Self::P521),
            _ => Err(Malformed("unsupported elliptic curve")),
        }
    }

    /// How many bytes a coordinate takes.
    pub(crate) const fn width(self) -> usize {
        match self {
            Self::P256 => 32,
            Self::P384 => 48,
            Self::P521 => 66,
        }
    }
}

impl EcPublicKey {
    /// A point that is written without compression (SEC 1 section 2.3.3), where it is on the curve.
    pub(crate) fn from_point(curve: Curve, point: &[u8]) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed("invalid elliptic curve point");
        let Some((4, coordinates)) = point.split_first() else {
            return Err(WRONG);
        };
        let (x, y) = coordinates.split_at_checked(curve.width()).ok_or(WRONG)?;
        let key = match curve {
            Curve::P256 => p256::ecdsa::VerifyingKey::from_sec1_bytes(point).map(EcKey::P256),
            Curve::P384 => p384::ecdsa::VerifyingKey::from_sec1_bytes(point).map(EcKey::P384),
            Curve::P521 => p521::ecdsa::VerifyingKey::from_sec1_bytes(point).map(EcKey::P521),
        };
        Ok(Self {
            curve,
            x: x.to_vec(),
            y: y.to_vec(),
            key: key.map_err(|_| WRONG)?,
        })
    }

    fn verify(&self, digest: &[u8], signature: &[u8]) -> bool {
        match &self.key {
            EcKey::P256(key) => p256::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            EcKey::P384(key) => p384::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
            EcKey::P521(key) => p521::ecdsa::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_prehash(digest, &signature).is_ok()),
        }
    }
}

impl PublicKey {
    /// Reads a `SubjectPublicKeyInfo`.
    pub(crate) fn from_der(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut info = single(bytes, tag::SEQUENCE)?.elements();
        let mut algorithm = info.take(tag::SEQUENCE)?.elements();
        let key = info.take(tag::BIT_STRING)?;
        info.finish()?;
        let identifier = algorithm
            .take(tag::OBJECT_IDENTIFIER)?
            .object_identifier()?;
        match identifier.as_slice() {
            [1, 2, 840, 113_549, 1, 1, 1] => {
                if algorithm.take(tag::NULL)?.content.is_empty() {
                    RsaPublicKey::from_der(key.whole_bytes()?).map(Self::Rsa)
                } else {
                    Err(Malformed("RSA key has parameters"))
                }
            }
            [1, 2, 840, 10045, 2, 1] => {
                let curve = algorithm
                    .take(tag::OBJECT_IDENTIFIER)?
                    .object_identifier()?;
                let curve = Curve::identified(&curve)?;
                EcPublicKey::from_point(curve, key.whole_bytes()?).map(Self::Ec)
            }
            [1, 3, 101, 112] => {
                algorithm.finish()?;
                Self::ed25519(key.whole_bytes()?)
            }
            [1, 3, 101, 110] => Self::x25519(key.whole_bytes()?),
            [1, 2, 840, 10040, 4, 1] => dsa(algorithm, key.whole_bytes()?).map(Self::Dsa),
            _ => Ok(Self::Unknown),
        }
    }

    /// An Ed25519 key (RFC 8032).
    pub(crate) fn ed25519(bytes: &[u8]) -> Result<Self, Malformed> {
        match bytes.len() {
            32 => Ok(Self::Ed25519(bytes.to_vec())),
            _ => Err(Malformed("wrong Ed25519 key size")),
        }
    }

    /// An X25519 key (RFC 7748).
    pub(crate) fn x25519(bytes: &[u8]) -> Result<Self, Malformed> {
        match bytes.len() {
            32 => Ok(Self::X25519(bytes.to_vec())),
            _ => Err(Malformed("wrong X25519 key size")),
        }
    }

    /// Whether a signature of a message is by this key. Signatures of ECDSA are two numbers as wide as the curve.
    pub(crate) fn verify(&self, algorithm: Algorithm, message: &[u8], signature: &[u8]) -> bool {
        match (algorithm.scheme, self) {
            (Scheme::Pkcs1 | Scheme::Pss | Scheme::PssAnySalt, Self::Rsa(key)) => {
                key.verify(algorithm, &algorithm.hash.digest(message), signature)
            }
            (Scheme::Ecdsa, Self::Ec(key)) => {
                key.verify(&algorithm.hash.digest(message), signature)
            }
            (Scheme::EdDsa, Self::Ed25519(key)) => verify_ed25519(key, message, signature),
            _ => false,
        }
    }

    /// The same, with ECDSA's signature as in certificates: a sequence of two numbers.
    pub(crate) fn verify_der(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
    ) -> bool {
        match self {
            Self::Ec(key) => two_numbers(signature, key.curve.width())
                .is_ok_and(|signature| self.verify(algorithm, message, &signature)),
            _ => self.verify(algorithm, message, signature),
        }
    }
}

impl RsaPublicKey {
    fn from_der(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut numbers = single(bytes, tag::SEQUENCE)?.elements();
        let modulus = numbers.take(tag::INTEGER)?.unsigned()?;
        let exponent = numbers.take(tag::INTEGER)?.small()?;
        numbers.finish()?;
        Self::new(modulus, exponent)
    }

    /// A key with numbers above zero. Whether it is strong enough is asked when it is used.
    pub(crate) fn new(modulus: &[u8], exponent: u32) -> Result<Self, Malformed> {
        let modulus = without_zeros(modulus).to_vec();
        if modulus.is_empty() || exponent == 0 {
            return Err(Malformed("RSA key is not positive"));
        }
        Ok(Self { modulus, exponent })
    }

    /// The key where its modulus has 1024 to 8192 bits and its exponent is odd.
    fn usable(&self) -> Option<rsa::PublicKey> {
        if self.modulus.len() > rsa::PublicKey::MAX_SIZE / 8 {
            return None;
        }
        let modulus = BoxedUint::from_be_slice_vartime(&self.modulus);
        rsa::PublicKey::new(modulus, BoxedUint::from(u64::from(self.exponent))).ok()
    }

    fn verify(&self, algorithm: Algorithm, digest: &[u8], signature: &[u8]) -> bool {
        let Some(key) = self.usable() else {
            return false;
        };
        let salt = |length| (algorithm.scheme == Scheme::Pss).then_some(length);
        let verified = match (algorithm.scheme, algorithm.hash) {
            (Scheme::Pkcs1, Hash::Sha256) => {
                key.verify(Pkcs1v15Sign::new::<Sha256>(), digest, signature)
            }
            (Scheme::Pkcs1, Hash::Sha384) => {
                key.verify(Pkcs1v15Sign::new::<Sha384>(), digest, signature)
            }
            (Scheme::Pkcs1, Hash::Sha512) => {
                key.verify(Pkcs1v15Sign::new::<Sha512>(), digest, signature)
            }
            (_, Hash::Sha256) => key.verify(pss::<Sha256>(salt(32)), digest, signature),
            (_, Hash::Sha384) => key.verify(pss::<Sha384>(salt(48)), digest, signature),
            (_, Hash::Sha512) => key.verify(pss::<Sha512>(salt(64)), digest, signature),
        };
        verified.is_ok()
    }
}

fn pss<D: sha2::Digest>(salt_len: Option<usize>) -> Pss<D> {
    Pss {
        blinded: false,
        digest: D::new(),
        salt_len,
    }
}

fn verify_ed25519(key: &[u8], message: &[u8], signature: &[u8]) -> bool {
    let (Ok(key), Ok(signature)) = (
        ed25519_dalek::VerifyingKey::try_from(key),
        ed25519_dalek::Signature::from_slice(signature),
    ) else {
        return false;
    };
    key.verify(message, &signature).is_ok()
}

/// The two numbers of a signature (RFC 3279 section 2.2.3), each as wide as the curve.
fn two_numbers(signature: &[u8], width: usize) -> Result<Vec<u8>, Malformed> {
    let mut numbers = single(signature, tag::SEQUENCE)?.elements();
    let mut signature = Vec::with_capacity(2 * width);
    for _ in 0..2 {
        let number = numbers.take(tag::INTEGER)?.unsigned()?;
        let zeros = width
            .checked_sub(number.len())
            .ok_or(Malformed("signature is too long"))?;
        signature.resize(signature.len() + zeros, 0);
        signature.extend_from_slice(number);
    }
    numbers.finish()?;
    Ok(signature)
}

fn dsa(mut parameters: Elements<'_>, key: &[u8]) -> Result<DsaPublicKey, Malformed> {
    let mut numbers = parameters.take(tag::SEQUENCE)?.elements();
    let mut number = || Ok(numbers.take(tag::INTEGER)?.unsigned()?.to_vec());
    Ok(DsaPublicKey {
        p: number()?,
        q: number()?,
        g: number()?,
        y: single(key, tag::INTEGER)?.unsigned()?.to_vec(),
    })
}
