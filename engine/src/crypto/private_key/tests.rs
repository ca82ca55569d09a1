use data_encoding::HEXLOWER_PERMISSIVE;
use rstest::rstest;

use super::*;
use crate::crypto::jwk::{Material, key_set};

fn hex(text: &str) -> Vec<u8> {
    HEXLOWER_PERMISSIVE.decode(text.as_bytes()).unwrap()
}

fn named(name: &str) -> Algorithm {
    Algorithm::named(name).unwrap()
}

/// RFC 6979 appendix A.2.5 and A.2.7: the message `sample`.
#[rstest]
#[case(
    Curve::P256,
    "ES256",
    "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721",
    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
)]
#[case(
    Curve::P521,
    "ES512",
    "00FAD06DAA62BA3B25D2FB40133DA757205DE67F5BB0018FEE8C86E1B68C7E75CAA896EB32F1F47C70855836A6D16FCC1466F6D8FBEC67DB89EC0C08B0E996B83538",
    "00C328FAFCBD79DD77850370C46325D987CB525569FB63C5D3BC53950E6D4C5F174E25A1EE9017B5D450606ADD152B534931D7D4E8455CC91F9B15BF05EC36E377FA00617CCE7CF5064806C467F678D3B4080D6F1CC50AF26CA209417308281B68AF282623EAA63E5B5C0723D8B8C37FF0777B1A20F8CCB1DCCC43997F1EE0E44DA4A67A"
)]
fn signatures_of_ecdsa_are_deterministic(
    #[case] curve: Curve,
    #[case] name: &str,
    #[case] scalar: &str,
    #[case] wanted: &str,
) {
    let key = EcPrivateKey::new(curve, &hex(scalar)).unwrap();
    let key = PrivateKey::Ec(Box::new(key));
    let signature = key.sign(named(name), b"sample", b"seed").unwrap();
    assert_eq!(signature, hex(wanted));
    assert!(key.public().verify(named(name), b"sample", &signature));
    assert!(!key.public().verify(named(name), b"samples", &signature));
}

/// Each curve signs with each hash, also with one that is shorter or longer than its order.
#[rstest]
fn curves_and_hashes(
    #[values(Curve::P256, Curve::P384, Curve::P521)] curve: Curve,
    #[values("ES256", "ES384", "ES512")] name: &str,
) {
    let key = PrivateKey::Ec(Box::new(EcPrivateKey::new(curve, &[7]).unwrap()));
    let signature = key.sign(named(name), b"message", b"").unwrap();
    assert!(key.public().verify(named(name), b"message", &signature));
}

/// RFC 8032 section 7.1, test 2.
#[test]
fn signatures_of_ed25519() {
    let seed = hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb");
    let key = PrivateKey::ed25519(&seed).unwrap();
    let public = hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
    assert_eq!(key.public(), PublicKey::Ed25519(public));
    let signature = key.sign(named("EdDSA"), &[0x72], b"").unwrap();
    assert_eq!(
        signature,
        hex(
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        )
    );
}

/// The key of RFC 7515 appendix A.2.
fn rsa() -> PrivateKey {
    let key = r#"{"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB","d":"Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYTCBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ","p":"4BzEEOtIpmVdVEZNCqS7baC4crd0pqnRH_5IB3jw3bcxGn6QLvnEtfdUdiYrqBdss1l58BQ3KhooKeQTa9AB0Hw_Py5PJdTJNPY8cQn7ouZ2KKDcmnPGBY5t7yLc1QlQ5xHdwW1VhvKn-nXqhJTBgIPgtldC-KDV5z-y2XDwGUc","q":"uQPEfgmVtjL0Uyyx88GZFF1fOunH3-7cepKmtH4pxhtCoHqpWmT8YAmZxaewHgHAjLYsp1ZSe7zFYHj7C6ul7TjeLQeZD_YwD66t62wDmpe_HlB-TnBA-njbglfIsRLtXlnDzQkv5dTltRJ11BKBBypeeF6689rjcJIDEz9RWdc"}"#;
    match key_set(key).unwrap().remove(0).material {
        Material::Private(key) => key,
        _ => panic!("no private key"),
    }
}

#[test]
fn signatures_of_rsa_are_functions_of_their_operands() {
    let key = rsa();
    let signed = |name, seed: &[u8]| key.sign(named(name), b"message", seed).unwrap();
    for name in ["RS256", "RS384", "RS512"] {
        assert_eq!(signed(name, b"a"), signed(name, b"b"));
        assert!(
            key.public()
                .verify(named(name), b"message", &signed(name, b"a"))
        );
    }
    for name in ["PS256", "PS384", "PS512"] {
        assert_eq!(signed(name, b"a"), signed(name, b"a"));
        assert_ne!(signed(name, b"a"), signed(name, b"b"));
        assert!(
            key.public()
                .verify(named(name), b"message", &signed(name, b"a"))
        );
    }
}

#[test]
fn keys_sign_with_their_own_algorithms_only() {
    let edwards = PrivateKey::ed25519(&[1; 32]).unwrap();
    let agreement = PrivateKey::x25519(&[1; 32]).unwrap();
    for (key, name) in [
        (&edwards, "ES256"),
        (&agreement, "EdDSA"),
        (&rsa(), "EdDSA"),
        (&rsa(), "HS256"),
    ] {
        assert!(key.sign(named(name), b"message", b"").is_err());
    }
}

#[test]
fn numbers_that_do_not_fit_are_no_rsa_key() {
    let PrivateKey::Rsa(key) = rsa() else {
        panic!("no RSA key");
    };
    let (n, primes) = (key.public.modulus.as_slice(), key.primes.as_slice());
    let new = |n: &[u8], e: &[u8], d: &[u8], p: &[u8], q: &[u8]| {
        RsaPrivateKey::new(n, e, d, [p, q]).is_ok()
    };
    let e = [1, 0, 1];
    assert!(new(n, &e, &key.d, &primes[0], &primes[1]));
    assert!(!new(n, &e, &key.d, &primes[0], &primes[0]));
    assert!(!new(n, &e, &key.d, &[1], n));
    assert!(!new(n, &e, &key.d, &[], &[]));
    assert!(!new(n, &e, &[1], &primes[0], &primes[1]));
    assert!(!new(n, &e, &[], &primes[0], &primes[1]));
    assert!(!new(n, &[3], &key.d, &primes[0], &primes[1]));
    assert!(!new(&[15], &[3], &[3], &[3], &[5]));
    assert!(!new(&[0xff; 2000], &e, &[1], &[3], &[5]));
    assert!(
        key.check_speedups([Some(&key.dp), None, Some(&key.qinv)])
            .is_ok()
    );
    assert!(key.check_speedups([Some(&[1]), None, None]).is_err());
}

#[rstest]
#[case(&[])]
#[case(&[0])]
#[case(&[0xff; 32])]
#[case(&[1; 33])]
fn numbers_outside_of_the_order_are_no_key(#[case] scalar: &[u8]) {
    assert!(EcPrivateKey::new(Curve::P256, scalar).is_err());
}

#[test]
fn changed_numbers_are_no_rsa_key() {
    let PrivateKey::Rsa(key) = rsa() else {
        panic!("no RSA key");
    };
    let whole = [&key.public.modulus, &key.d, &key.primes[0], &key.primes[1]].map(Vec::clone);
    for number in 0..whole.len() {
        for at in (0..whole[number].len())
            .step_by(31)
            .chain([whole[number].len() - 1])
        {
            for change in [1, 0x80] {
                let mut parts = whole.clone();
                parts[number][at] ^= change;
                let [n, d, p, q] = &parts;
                assert!(RsaPrivateKey::new(n, &[1, 0, 1], d, [p, q]).is_err());
            }
        }
    }
}
