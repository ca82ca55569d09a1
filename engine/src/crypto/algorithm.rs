//! The algorithms that sign tokens (RFC 7518 section 3.1 and RFC 8037) and certificates.

use hmac::Hmac;
use sha2::{Digest as _, Sha256, Sha384, Sha512};

/// A hash function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

/// How a hash becomes a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Hmac,
    Pkcs1,
    /// RSASSA-PSS with a salt as long as the hash.
    Pss,
    /// RSASSA-PSS with a salt of any length, for verification only.
    PssAnySalt,
    Ecdsa,
    /// Ed25519, which has its own hash.
    EdDsa,
}

/// A scheme and its hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Algorithm {
    pub(crate) scheme: Scheme,
    pub(crate) hash: Hash,
}

impl Algorithm {
    pub(crate) const fn new(scheme: Scheme, hash: Hash) -> Self {
        Self { scheme, hash }
    }

    /// The algorithm of a token that has this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        if name == "EdDSA" {
            return Some(Self::new(Scheme::EdDsa, Hash::Sha512));
        }
        let (scheme, size) = name.split_at_checked(2)?;
        let scheme = match scheme {
            "HS" => Scheme::Hmac,
            "RS" => Scheme::Pkcs1,
            "PS" => Scheme::Pss,
            "ES" => Scheme::Ecdsa,
            _ => return None,
        };
        let hash = match size {
            "256" => Hash::Sha256,
            "384" => Hash::Sha384,
            "512" => Hash::Sha512,
            _ => return None,
        };
        Some(Self::new(scheme, hash))
    }
}

impl Hash {
    /// The hash of a message.
    pub(crate) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(message).to_vec(),
            Self::Sha384 => Sha384::digest(message).to_vec(),
            Self::Sha512 => Sha512::digest(message).to_vec(),
        }
    }

    /// The HMAC of a message (RFC 2104).
    pub(crate) fn hmac(self, secret: &[u8], message: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => hmac::<Hmac<Sha256>>(secret, message),
            Self::Sha384 => hmac::<Hmac<Sha384>>(secret, message),
            Self::Sha512 => hmac::<Hmac<Sha512>>(secret, message),
        }
    }

    /// Whether this is the HMAC of a message; takes the same time wherever they differ.
    pub(crate) fn verify_hmac(self, secret: &[u8], message: &[u8], code: &[u8]) -> bool {
        same(&self.hmac(secret, message), code)
    }
}

/// An HMAC with any hash.
pub(crate) fn hmac<M: hmac::Mac + hmac::KeyInit>(secret: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes keys of every length, so there is always one.
    <M as hmac::KeyInit>::new_from_slice(secret)
        .map(|mac| mac.chain_update(message).finalize().into_bytes().to_vec())
        .unwrap_or_default()
}

/// Whether two texts are equal, in a time that depends on their lengths only.
pub(crate) fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .zip(other)
            .fold(0, |differences, (one, other)| differences | (one ^ other))
            == 0
}

#[cfg(test)]
mod tests {
    use data_encoding::HEXLOWER;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("RS256", Some((Scheme::Pkcs1, Hash::Sha256)))]
    #[case("PS384", Some((Scheme::Pss, Hash::Sha384)))]
    #[case("ES512", Some((Scheme::Ecdsa, Hash::Sha512)))]
    #[case("HS256", Some((Scheme::Hmac, Hash::Sha256)))]
    #[case("EdDSA", Some((Scheme::EdDsa, Hash::Sha512)))]
    #[case("none", None)]
    #[case("", None)]
    #[case("ü", None)]
    #[case("ES256K", None)]
    #[case("rs256", None)]
    fn names(#[case] name: &str, #[case] wanted: Option<(Scheme, Hash)>) {
        let wanted = wanted.map(|(scheme, hash)| Algorithm::new(scheme, hash));
        assert_eq!(Algorithm::named(name), wanted);
    }

    /// RFC 4231, test case 2.
    #[test]
    fn hmac_vectors() {
        let hex =
            |hash: Hash| HEXLOWER.encode(&hash.hmac(b"Jefe", b"what do ya want for nothing?"));
        assert_eq!(
            hex(Hash::Sha256),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(Hash::Sha384),
            "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649"
        );
        assert!(
            hex(Hash::Sha512)
                .starts_with("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554")
        );
        assert!(Hash::Sha256.verify_hmac(b"", b"", &Hash::Sha256.hmac(b"", b"")));
        assert!(!Hash::Sha256.verify_hmac(b"", b"", &[]));
        assert!(!Hash::Sha256.verify_hmac(b"", b"", &[0; 32]));
    }
}
