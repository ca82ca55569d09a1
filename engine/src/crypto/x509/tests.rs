use jiff::civil::{DateTime, date};
use rstest::rstest;

use super::*;
use crate::crypto::pem;

const CHAIN: &str = include_str!("../testdata/chain.pem");
const OUTSIDE: &str = include_str!("../testdata/outside.pem");

/// A root, an intermediate that permits `example.com` only, and a server's certificate for `*.example.com`.
fn chain() -> Vec<Certificate> {
    Certificate::from_text(CHAIN).unwrap()
}

fn options() -> Options {
    Options {
        time: date(2026, 6, 1).at(0, 0, 0, 0),
        host: String::new(),
        usages: Vec::new(),
    }
}

fn holds(certificates: &[Certificate], options: &Options) -> bool {
    verify_chain(certificates, options).is_ok()
}

#[test]
fn a_chain_is_given_from_the_leaf_to_the_root() {
    let certificates = chain();
    let verified = verify_chain(&certificates, &options()).unwrap();
    let names: Vec<&str> = verified
        .iter()
        .flat_map(|certificate| certificate.subject.values(3))
        .collect();
    assert_eq!(names, ["leaf", "intermediate", "root"]);
}

#[rstest]
#[case(date(2025, 12, 31).at(23, 59, 59, 0), false)]
#[case(date(2026, 1, 1).at(0, 0, 0, 0), true)]
#[case(date(2027, 1, 1).at(0, 0, 0, 0), true)]
#[case(date(2027, 1, 1).at(0, 0, 0, 1), false)]
fn moments(#[case] time: DateTime, #[case] wanted: bool) {
    assert_eq!(holds(&chain(), &Options { time, ..options() }), wanted);
}

#[rstest]
#[case("a.example.com", true)]
#[case("10.0.0.1", true)]
#[case("example.com", false)]
#[case("10.0.0.2", false)]
fn names_of_hosts(#[case] host: &str, #[case] wanted: bool) {
    let host = host.to_owned();
    assert_eq!(holds(&chain(), &Options { host, ..options() }), wanted);
}

#[rstest]
#[case(vec![1], true)]
#[case(vec![2], false)]
#[case(vec![2, 1], true)]
#[case(vec![0], true)]
fn permitted_usages(#[case] usages: Vec<u8>, #[case] wanted: bool) {
    assert_eq!(
        holds(
            &chain(),
            &Options {
                usages,
                ..options()
            }
        ),
        wanted
    );
}

#[test]
fn what_does_not_lead_to_the_root_is_refused() {
    let [root, intermediate, leaf] = <[Certificate; 3]>::try_from(chain()).unwrap();
    let without = [root.clone(), leaf.clone()];
    let turned = [leaf.clone(), intermediate.clone(), root.clone()];
    let mut forged = leaf.clone();
    forged.raw_signed.push(0);
    let forged = [root.clone(), intermediate.clone(), forged];
    let mut no_authority = intermediate.clone();
    no_authority.says.basic_constraints = None;
    let no_authority = [root.clone(), no_authority, leaf.clone()];
    let mut critical = leaf.clone();
    critical.says.unhandled_critical.push(vec![1, 2, 3]);
    let critical = [root.clone(), intermediate.clone(), critical];
    for certificates in [
        &without[..],
        &turned,
        &forged,
        &no_authority,
        &critical,
        std::slice::from_ref(&root),
        &[],
    ] {
        assert!(!holds(certificates, &options()));
    }
    let repeated = [vec![root], vec![intermediate; 200], vec![leaf]].concat();
    assert!(holds(&repeated, &options()));
}

#[test]
fn names_outside_of_the_constraints_are_refused() {
    let mut certificates = chain();
    certificates.pop();
    certificates.extend(Certificate::from_text(OUTSIDE).unwrap());
    assert!(!holds(&certificates, &options()));
}

#[test]
fn a_root_leads_to_itself() {
    let root = chain().swap_remove(0);
    let mut client = root.clone();
    client.says.extended_key_usage.push(2);
    assert!(holds(&[root.clone(), root], &options()));
    assert!(!holds(&[client.clone(), client], &options()));
}

#[test]
fn a_search_that_leads_nowhere_ends() {
    let [root, intermediate, leaf] = <[Certificate; 3]>::try_from(chain()).unwrap();
    let twin = |number: u8| {
        let mut twin = intermediate.clone();
        twin.raw_issuer.clone_from(&twin.raw_subject);
        twin.raw_public_key.push(number);
        twin
    };
    let twins: Vec<Certificate> = (0..=255).map(twin).collect();
    let certificates = [vec![root], twins, vec![leaf]].concat();
    assert!(!holds(&certificates, &options()));
}

/// Changed and cut certificates are refused or read; none panics, and none passes for what was signed.
#[rstest]
#[case(include_str!("../testdata/rich.pem"))]
#[case(CHAIN)]
fn broken_certificates(#[case] text: &str) {
    let block = pem::all(text).last().unwrap();
    let certificate = Certificate::from_der(&block.bytes).unwrap();
    for at in 0..block.bytes.len() {
        assert!(Certificate::from_der(&block.bytes[..at]).is_err());
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = block.bytes.clone();
            bytes[at] ^= change;
            if let Ok(changed) = Certificate::from_der(&bytes) {
                assert_ne!(changed, certificate);
                let certificates = [&chain()[..2], &[changed]].concat();
                assert!(!holds(&certificates, &options()));
            }
        }
    }
}

#[test]
fn broken_requests() {
    let text = include_str!("../testdata/request.pem");
    let block = pem::all(text).last().unwrap();
    let request = CertificateRequest::from_text(text).unwrap();
    for at in 0..block.bytes.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut bytes = block.bytes.clone();
            bytes[at] ^= change;
            let text = data_encoding::BASE64.encode(&bytes);
            assert_ne!(CertificateRequest::from_text(&text), Ok(request.clone()));
        }
    }
}

#[test]
fn texts_without_bounds_are_refused() {
    let long = "A".repeat(crate::crypto::MAX_TEXT + 1);
    assert!(Certificate::from_text(&long).is_err());
    assert!(CertificateRequest::from_text(&long).is_err());
    let many = pem::all(CHAIN).next().unwrap().bytes.repeat(1001);
    assert!(Certificate::from_text(&data_encoding::BASE64.encode(&many)).is_err());
}

#[rstest]
#[case(&[0x30, 0x0a, 0x30, 0x08, 6, 1, 0x2a, 1, 1, 0xff, 4, 0], Some(true))]
#[case(&[0x30, 0x0a, 0x30, 0x08, 6, 1, 0x2a, 1, 1, 0x00, 4, 0], Some(false))]
#[case(&[0x30, 0x07, 0x30, 0x05, 6, 1, 0x2a, 4, 0], Some(false))]
#[case(&[0x30, 0x0a, 0x30, 0x08, 6, 1, 0x2a, 1, 1, 0x01, 4, 0], None)]
#[case(&[0x30, 0x0e, 0x30, 5, 6, 1, 0x2a, 4, 0, 0x30, 5, 6, 1, 0x2a, 4, 0], None)]
fn extensions_are_critical_or_not(#[case] bytes: &[u8], #[case] wanted: Option<bool>) {
    let found = Extension::read_all(bytes).map(|extensions| extensions[0].critical);
    assert_eq!(found.ok(), wanted);
}
