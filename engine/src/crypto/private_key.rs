//! Private keys: how they are written (PKCS #1, PKCS #8, SEC 1), and signing that gives the same signature each time.

use curve25519_dalek::MontgomeryPoint;
use ed25519_dalek::Signer as _;
use p256::ecdsa::signature::hazmat::PrehashSigner as _;
use rsa::traits::PrivateKeyParts as _;
use rsa::{BoxedUint, Pkcs1v15Sign, Pss};
use sha2::{Sha256, Sha384, Sha512};

use super::algorithm::{Algorithm, Hash, Scheme};
use super::asn1::{Element, single, tag};
use super::pem;
use super::public_key::{Curve, EcPublicKey, PublicKey, RsaPublicKey};
use super::seeded::Seeded;
use super::{Malformed, without_zeros};

/// A private key.
pub(crate) enum PrivateKey {
    Rsa(Box<RsaPrivateKey>),
    Ec(Box<EcPrivateKey>),
    Ed25519(Box<ed25519_dalek::SigningKey>),
    X25519([u8; 32]),
}

/// The numbers of a key, and those that speed its use up (RFC 8017 section 3.2).
pub(crate) struct RsaPrivateKey {
    pub(crate) public: RsaPublicKey,
    pub(crate) d: Vec<u8>,
    pub(crate) primes: Vec<Vec<u8>>,
    pub(crate) dp: Vec<u8>,
    pub(crate) dq: Vec<u8>,
    pub(crate) qinv: Vec<u8>,
    key: rsa::PrivateKey,
}

/// A key, with its number as wide as the curve.
pub(crate) struct EcPrivateKey {
    pub(crate) public: EcPublicKey,
    pub(crate) scalar: Vec<u8>,
    key: EcKey,
}

enum EcKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    P521(p521::ecdsa::SigningKey),
}

impl PrivateKey {
    /// The keys of a text in PEM, without blocks that hold something else.
    pub(crate) fn from_pem(text: &str) -> Result<Vec<Self>, Malformed> {
        let mut keys = Vec::new();
        for block in pem::all(text) {
            if keys.len() >= super::MAX_KEYS {
                return Err(Malformed("too many keys"));
            }
            match block.label.as_str() {
                "RSA PRIVATE KEY" => keys.push(Self::from_pkcs1(&block.bytes)?),
                "PRIVATE KEY" => keys.push(Self::from_pkcs8(&block.bytes)?),
                "EC PRIVATE KEY" => keys.push(Self::from_sec1(&block.bytes, None)?),
                _ => {}
            }
        }
        Ok(keys)
    }

    /// Reads an `RSAPrivateKey` (RFC 8017 appendix A.1.2).
    pub(crate) fn from_pkcs1(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut numbers = single(bytes, tag::SEQUENCE)?.elements();
        let version = numbers.take(tag::INTEGER)?.small()?;
        let mut number = || numbers.take(tag::INTEGER)?.unsigned();
        let (modulus, exponent, d) = (number()?, number()?, number()?);
        let primes = [number()?, number()?];
        let speedups = [Some(number()?), Some(number()?), Some(number()?)];
        if version != 0 {
            return Err(Malformed("unsupported version of an RSA private key"));
        }
        let key = RsaPrivateKey::new(modulus, exponent, d, primes)?;
        key.check_speedups(speedups)?;
        Ok(Self::Rsa(Box::new(key)))
    }

    /// Reads a `PrivateKeyInfo` (RFC 5958).
    pub(crate) fn from_pkcs8(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut info = single(bytes, tag::SEQUENCE)?.elements();
        info.take(tag::INTEGER)?.small()?;
        let mut algorithm = info.take(tag::SEQUENCE)?.elements();
        let key = info.take(tag::OCTET_STRING)?.content;
        let identifier = algorithm
            .take(tag::OBJECT_IDENTIFIER)?
            .object_identifier()?;
        match identifier.as_slice() {
            [1, 2, 840, 113_549, 1, 1, 1] => Self::from_pkcs1(key),
            [1, 2, 840, 10045, 2, 1] => {
                let curve = algorithm.optional(tag::OBJECT_IDENTIFIER)?;
                Self::from_sec1(key, curve)
            }
            [1, 3, 101, 112] => Self::ed25519(single(key, tag::OCTET_STRING)?.content),
            [1, 3, 101, 110] => Self::x25519(single(key, tag::OCTET_STRING)?.content),
            _ => Err(Malformed(
                "PKCS#8 wrapping contained private key with unknown algorithm",
            )),
        }
    }

    /// Reads an `ECPrivateKey` (RFC 5915), whose curve may be named around it.
    pub(crate) fn from_sec1(bytes: &[u8], curve: Option<Element<'_>>) -> Result<Self, Malformed> {
        let mut parts = single(bytes, tag::SEQUENCE)?.elements();
        if parts.take(tag::INTEGER)?.small()? != 1 {
            return Err(Malformed("unknown EC private key version"));
        }
        let scalar = parts.take(tag::OCTET_STRING)?.content;
        let named = parts.optional(tag::constructed(0))?;
        let within = named.map(|named| single(named.content, tag::OBJECT_IDENTIFIER));
        let curve = curve
            .map_or_else(|| within, |curve| Some(Ok(curve)))
            .ok_or(Malformed("unknown elliptic curve"))??;
        let curve = Curve::identified(&curve.object_identifier()?)?;
        EcPrivateKey::new(curve, scalar).map(|key| Self::Ec(Box::new(key)))
    }

    /// An Ed25519 key (RFC 8032), given its seed.
    pub(crate) fn ed25519(seed: &[u8]) -> Result<Self, Malformed> {
        ed25519_dalek::SigningKey::try_from(seed)
            .map(|key| Self::Ed25519(Box::new(key)))
            .map_err(|_| Malformed("invalid Ed25519 private key length"))
    }

    /// An X25519 key (RFC 7748).
    pub(crate) fn x25519(bytes: &[u8]) -> Result<Self, Malformed> {
        bytes
            .try_into()
            .map(Self::X25519)
            .map_err(|_| Malformed("invalid X25519 private key length"))
    }

    pub(crate) fn public(&self) -> PublicKey {
        match self {
            Self::Rsa(key) => PublicKey::Rsa(key.public.clone()),
            Self::Ec(key) => PublicKey::Ec(key.public.clone()),
            Self::Ed25519(key) => PublicKey::Ed25519(key.verifying_key().to_bytes().to_vec()),
            Self::X25519(key) => {
                PublicKey::X25519(MontgomeryPoint::mul_base_clamped(*key).to_bytes().to_vec())
            }
        }
    }

    /// Signs a message. ECDSA takes its nonce from the key and the message (RFC 6979), PSS its salt from the seed and
    /// these.
    pub(crate) fn sign(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        seed: &[u8],
    ) -> Result<Vec<u8>, Malformed> {
        match (algorithm.scheme, self) {
            (Scheme::Pkcs1 | Scheme::Pss, Self::Rsa(key)) => key.sign(algorithm, message, seed),
            (Scheme::Ecdsa, Self::Ec(key)) => key.sign(&algorithm.hash.digest(message)),
            (Scheme::EdDsa, Self::Ed25519(key)) => Ok(key.sign(message).to_bytes().to_vec()),
            _ => Err(Malformed("the key does not fit the algorithm")),
        }
    }
}

impl RsaPrivateKey {
    /// A key of 1024 to 8192 bits whose numbers fit each other.
    pub(crate) fn new(
        modulus: &[u8],
        exponent: &[u8],
        d: &[u8],
        primes: [&[u8]; 2],
    ) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed("invalid RSA private key");
        let exponent = without_zeros(exponent);
        if exponent.len() > 4
            || [modulus, d]
                .into_iter()
                .chain(primes)
                .any(|number| without_zeros(number).len() > rsa::PublicKey::MAX_SIZE / 8)
        {
            return Err(WRONG);
        }
        let e = exponent
            .iter()
            .fold(0, |number, byte| (number << 8) | u32::from(*byte));
        let public = RsaPublicKey::new(modulus, e)?;
        let number = |bytes: &[u8]| BoxedUint::from_be_slice_vartime(without_zeros(bytes));
        if number(modulus).bit_width_vartime() < 1024 {
            return Err(Malformed("RSA key is too short"));
        }
        let key = rsa::PrivateKey::from_components(
            number(modulus),
            BoxedUint::from(u64::from(e)),
            number(d),
            primes.into_iter().map(number).collect(),
        )
        .map_err(|_| WRONG)?;
        let bytes = |number: &BoxedUint| number.to_be_bytes_trimmed_vartime().to_vec();
        Ok(Self {
            d: bytes(key.d()),
            primes: key.primes().iter().map(|prime| bytes(prime)).collect(),
            dp: key.dp().map(bytes).unwrap_or_default(),
            dq: key.dq().map(bytes).unwrap_or_default(),
            qinv: key
                .crt_coefficient()
                .as_ref()
                .map(bytes)
                .unwrap_or_default(),
            public,
            key,
        })
    }

    /// Refuses numbers for speed that are not those of the key.
    pub(crate) fn check_speedups(&self, given: [Option<&[u8]>; 3]) -> Result<(), Malformed> {
        let own = [&self.dp, &self.dq, &self.qinv];
        let fit = own
            .into_iter()
            .zip(given)
            .all(|(own, given)| given.is_none_or(|given| without_zeros(given) == own.as_slice()));
        if fit {
            Ok(())
        } else {
            Err(Malformed("invalid CRT exponent or coefficient"))
        }
    }

    fn sign(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        seed: &[u8],
    ) -> Result<Vec<u8>, Malformed> {
        let digest = algorithm.hash.digest(message);
        let mut random = Seeded::new(&[seed, &self.d, message]);
        let signed = match (algorithm.scheme, algorithm.hash) {
            (Scheme::Pkcs1, Hash::Sha256) => self.key.sign(Pkcs1v15Sign::new::<Sha256>(), &digest),
            (Scheme::Pkcs1, Hash::Sha384) => self.key.sign(Pkcs1v15Sign::new::<Sha384>(), &digest),
            (Scheme::Pkcs1, Hash::Sha512) => self.key.sign(Pkcs1v15Sign::new::<Sha512>(), &digest),
            (_, Hash::Sha256) => self
                .key
                .sign_with_rng(&mut random, Pss::<Sha256>::new(), &digest),
            (_, Hash::Sha384) => self
                .key
                .sign_with_rng(&mut random, Pss::<Sha384>::new(), &digest),
            (_, Hash::Sha512) => self
                .key
                .sign_with_rng(&mut random, Pss::<Sha512>::new(), &digest),
        };
        signed.map_err(|_| Malformed("the RSA key cannot sign"))
    }
}

impl EcPrivateKey {
    /// A key, given its number, which may have leading zeros.
    pub(crate) fn new(curve: Curve, scalar: &[u8]) -> Result<Self, Malformed> {
        const WRONG: Malformed = Malformed("invalid elliptic curve private key value");
        let number = without_zeros(scalar);
        let zeros = curve.width().checked_sub(number.len()).ok_or(WRONG)?;
        let mut scalar = vec![0; zeros];
        scalar.extend_from_slice(number);
        let (key, point) = match curve {
            Curve::P256 => {
                let key = p256::ecdsa::SigningKey::from_slice(&scalar).map_err(|_| WRONG)?;
                let point = key.verifying_key().to_sec1_point(false).to_bytes();
                (EcKey::P256(key), point)
            }
            Curve::P384 => {
                let key = p384::ecdsa::SigningKey::from_slice(&scalar).map_err(|_| WRONG)?;
                let point = key.verifying_key().to_sec1_point(false).to_bytes();
                (EcKey::P384(key), point)
            }
            Curve::P521 => {
                let key = p521::ecdsa::SigningKey::from_slice(&scalar).map_err(|_| WRONG)?;
                let point = key.verifying_key().to_sec1_point(false).to_bytes();
                (EcKey::P521(key), point)
            }
        };
        Ok(Self {
            public: EcPublicKey::from_point(curve, &point)?,
            scalar,
            key,
        })
    }

    fn sign(&self, digest: &[u8]) -> Result<Vec<u8>, Malformed> {
        let signed = match &self.key {
            EcKey::P256(key) => key
                .sign_prehash(digest)
                .map(|signature: p256::ecdsa::Signature| signature.to_vec()),
            EcKey::P384(key) => key
                .sign_prehash(digest)
                .map(|signature: p384::ecdsa::Signature| signature.to_vec()),
            EcKey::P521(key) => key
                .sign_prehash(digest)
                .map(|signature: p521::ecdsa::Signature| signature.to_vec()),
        };
        signed.map_err(|_| Malformed("the elliptic curve key cannot sign"))
    }
}

#[cfg(test)]
mod tests;
