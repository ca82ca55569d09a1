//! Keys, signatures, certificates and tokens: what the cryptographic built-ins and the check of signed bundles share.
//! It knows nothing of Rego, no clock and no chance: who verifies says at what time, who signs gives the seed.

pub(crate) mod algorithm;
pub(crate) mod asn1;
pub(crate) mod base64;
pub(crate) mod jwk;
pub(crate) mod jws;
pub(crate) mod pem;
pub(crate) mod private_key;
pub(crate) mod public_key;
mod seeded;
pub(crate) mod x509;

/// What is wrong with a key, a certificate or a token. It quotes none of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) &'static str);

/// How many bytes of text with keys or certificates are read at most: a bound on the work, far above what is met.
pub(crate) const MAX_TEXT: usize = 1 << 20;

/// How many keys of one text are read at most; each private one takes milliseconds to check.
pub(crate) const MAX_KEYS: usize = 100;

/// A number's bytes as decimal digits.
pub(crate) fn decimal(magnitude: &[u8]) -> String {
    rsa::BoxedUint::from_be_slice_vartime(magnitude).to_string_radix_vartime(10)
}

/// A number's bytes without leading zeros.
pub(crate) fn without_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    bytes.get(zeros..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_digits() {
        assert_eq!(decimal(&[]), "0");
        assert_eq!(decimal(&[1, 0]), "256");
        assert_eq!(
            decimal(&[0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
            "18446744073709551616"
        );
        assert_eq!(without_zeros(&[0, 0, 1, 0]), [1, 0]);
        assert!(without_zeros(&[0]).is_empty());
    }
}
