//! Hashes and message authentication codes: `crypto.md5`, `crypto.hmac.sha256` and the like.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use md5::Md5;
use regorus::Value;
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};

use super::operand::string;
use super::{Builtin, Failure, builtin};
use crate::crypto::algorithm;

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("crypto.md5", 1, hash::<Md5>),
    builtin("crypto.sha1", 1, hash::<Sha1>),
    builtin("crypto.sha256", 1, hash::<Sha256>),
    builtin("crypto.hmac.md5", 2, code::<Hmac<Md5>>),
    builtin("crypto.hmac.sha1", 2, code::<Hmac<Sha1>>),
    builtin("crypto.hmac.sha256", 2, code::<Hmac<Sha256>>),
    builtin("crypto.hmac.sha512", 2, code::<Hmac<Sha512>>),
    builtin("crypto.hmac.equal", 2, equal),
];

fn hash<D: Digest>(operands: &[Value]) -> Result<Value, Failure> {
    let digest = D::digest(string(operands, 0)?.as_bytes()).to_vec();
    Ok(Value::from(HEXLOWER.encode(&digest)))
}

/// The code of a message, the first operand, with a key.
fn code<M: Mac + KeyInit>(operands: &[Value]) -> Result<Value, Failure> {
    let (message, key) = (string(operands, 0)?, string(operands, 1)?);
    let code = algorithm::hmac::<M>(key.as_bytes(), message.as_bytes());
    Ok(Value::from(HEXLOWER.encode(&code)))
}

fn equal(operands: &[Value]) -> Result<Value, Failure> {
    let (one, other) = (string(operands, 0)?, string(operands, 1)?);
    Ok(Value::from(algorithm::same(
        one.as_bytes(),
        other.as_bytes(),
    )))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::super::all;
    use super::*;

    fn call(name: &str, operands: &[Value]) -> Result<Value, Failure> {
        let builtin = all().find(|builtin| builtin.name == name).unwrap();
        (builtin.call)(operands)
    }

    #[rstest]
    #[case("crypto.md5", "900150983cd24fb0d6963f7d28e17f72")]
    #[case("crypto.sha1", "a9993e364706816aba3e25717850c26c9cd0d89d")]
    #[case(
        "crypto.sha256",
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )]
    fn hashes_of_abc(#[case] name: &str, #[case] wanted: &str) {
        assert_eq!(call(name, &["abc".into()]), Ok(wanted.into()));
        assert!(matches!(call(name, &[1.into()]), Err(Failure::Type(_))));
    }

    /// RFC 2202 and RFC 4231, test case 2.
    #[rstest]
    #[case("crypto.hmac.md5", "750c783e6ab0b503eaa86e310a5db738")]
    #[case("crypto.hmac.sha1", "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79")]
    #[case(
        "crypto.hmac.sha256",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )]
    #[case(
        "crypto.hmac.sha512",
        "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737"
    )]
    fn codes(#[case] name: &str, #[case] wanted: &str) {
        let message = Value::from("what do ya want for nothing?");
        assert_eq!(
            call(name, &[message.clone(), "Jefe".into()]),
            Ok(wanted.into())
        );
        assert!(matches!(
            call(name, &[message, Value::Null]),
            Err(Failure::Type(_))
        ));
    }

    #[rstest]
    #[case("ab", "ab", true)]
    #[case("ab", "ac", false)]
    #[case("ab", "abc", false)]
    fn equality(#[case] one: &str, #[case] other: &str, #[case] wanted: bool) {
        let equal = call("crypto.hmac.equal", &[one.into(), other.into()]);
        assert_eq!(equal, Ok(wanted.into()));
    }
}
