//! The algorithms that sign certificates (RFC 3279, RFC 4055, RFC 5758, RFC 8410).

use crate::crypto::Malformed;
use crate::crypto::algorithm::{Algorithm, Hash, Scheme};
use crate::crypto::asn1::{Element, Elements, tag};

/// An algorithm by the number that Go gives it; zero is one that is not known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SignatureAlgorithm {
    pub(crate) number: u8,
    /// None where it is not known, or too weak to be trusted.
    pub(super) trusted: Option<Algorithm>,
}

impl SignatureAlgorithm {
    /// Reads an `AlgorithmIdentifier`.
    pub(super) fn read(algorithm: Element<'_>) -> Result<Self, Malformed> {
        let mut parts = algorithm.elements();
        let identifier = parts.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
        let mut parameters = parts;
        if !parameters.is_empty() {
            parameters.next()?;
        }
        let trusted = |number, scheme, hash| Self {
            number,
            trusted: Some(Algorithm::new(scheme, hash)),
        };
        let weak = |number| Self {
            number,
            trusted: None,
        };
        Ok(match identifier.as_slice() {
            [1, 2, 840, 113_549, 1, 1, 4] => weak(2),
            [1, 2, 840, 113_549, 1, 1, 5] | [1, 3, 14, 3, 2, 29] => weak(3),
            [1, 2, 840, 113_549, 1, 1, 11] => trusted(4, Scheme::Pkcs1, Hash::Sha256),
            [1, 2, 840, 113_549, 1, 1, 12] => trusted(5, Scheme::Pkcs1, Hash::Sha384),
            [1, 2, 840, 113_549, 1, 1, 13] => trusted(6, Scheme::Pkcs1, Hash::Sha512),
            [1, 2, 840, 10040, 4, 3] => weak(7),
            [2, 16, 840, 1, 101, 3, 4, 3, 2] => weak(8),
            [1, 2, 840, 10045, 4, 1] => weak(9),
            [1, 2, 840, 10045, 4, 3, 2] => trusted(10, Scheme::Ecdsa, Hash::Sha256),
            [1, 2, 840, 10045, 4, 3, 3] => trusted(11, Scheme::Ecdsa, Hash::Sha384),
            [1, 2, 840, 10045, 4, 3, 4] => trusted(12, Scheme::Ecdsa, Hash::Sha512),
            [1, 2, 840, 113_549, 1, 1, 10] => match pss_hash(parts) {
                Ok(hash @ Hash::Sha256) => trusted(13, Scheme::Pss, hash),
                Ok(hash @ Hash::Sha384) => trusted(14, Scheme::Pss, hash),
                Ok(hash @ Hash::Sha512) => trusted(15, Scheme::Pss, hash),
                Err(_) => weak(0),
            },
            [1, 3, 101, 112] if parts.is_empty() => trusted(16, Scheme::EdDsa, Hash::Sha512),
            _ => weak(0),
        })
    }
}

/// The hash of RSASSA-PSS where its parameters are those of RFC 8446 section 4.2.3: the same hash for the mask, a salt
/// of its length, the usual trailer.
fn pss_hash(mut parameters: Elements<'_>) -> Result<Hash, Malformed> {
    const UNUSUAL: Malformed = Malformed("unusual parameters of RSASSA-PSS");
    let mut parts = parameters.take(tag::SEQUENCE)?.elements();
    let mut hash = parts.take(tag::constructed(0))?.elements();
    let (hash, length) = hash_algorithm(hash.take(tag::SEQUENCE)?)?;
    let mut mask = parts.take(tag::constructed(1))?.elements();
    let mut mask = mask.take(tag::SEQUENCE)?.elements();
    let mask_identifier = mask.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
    let (mask_hash, _) = hash_algorithm(mask.take(tag::SEQUENCE)?)?;
    let mut salt = parts.take(tag::constructed(2))?.elements();
    let salt = salt.take(tag::INTEGER)?.small()?;
    let trailer = match parts.optional(tag::constructed(3))? {
        Some(trailer) => trailer.elements().take(tag::INTEGER)?.small()?,
        None => 1,
    };
    let usual = mask_identifier == [1, 2, 840, 113_549, 1, 1, 8]
        && mask_hash == hash
        && salt == length
        && trailer == 1;
    if usual { Ok(hash) } else { Err(UNUSUAL) }
}

fn hash_algorithm(algorithm: Element<'_>) -> Result<(Hash, u32), Malformed> {
    let mut parts = algorithm.elements();
    let identifier = parts.take(tag::OBJECT_IDENTIFIER)?.object_identifier()?;
    parts.optional(tag::NULL)?;
    parts.finish()?;
    match identifier.as_slice() {
        [2, 16, 840, 1, 101, 3, 4, 2, 1] => Ok((Hash::Sha256, 32)),
        [2, 16, 840, 1, 101, 3, 4, 2, 2] => Ok((Hash::Sha384, 48)),
        [2, 16, 840, 1, 101, 3, 4, 2, 3] => Ok((Hash::Sha512, 64)),
        _ => Err(Malformed("unknown hash")),
    }
}
