//! Certificates of the webhook's own making: a CA and a server certificate, renewed before they end.
//!
//! What is to be done is decided by [`Chain::renewed`] alone, which asks nobody: a new CA is trusted first, signs a while
//! later, and the one before is trusted for as long again. So whoever still knows only the old one, or already only the
//! new one, is never turned away.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// How long certificates are good for.
#[derive(Debug, Clone, Copy)]
pub struct Lifetimes {
    /// A CA.
    pub ca: Duration,
    /// A certificate of a server.
    pub server: Duration,
    /// How long a CA is trusted before it signs, and after it no longer does.
    pub overlap: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        Self {
            ca: DAY * 730,
            server: DAY * 90,
            overlap: Duration::from_secs(60 * 60),
        }
    }
}

/// A certificate and its key, in PEM, with its time.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Pair {
    /// The certificate.
    pub certificate: String,
    /// Its private key.
    pub key: String,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
}

/// What is kept in the Secret.
#[derive(Clone, Serialize, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Chain {
    /// The CA that signs.
    ca: Pair,
    /// The CA that will sign.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    next: Option<Pair>,
    /// The certificate of the CA that signed before, and since when it does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<(String, Timestamp)>,
    /// The certificate that is served.
    server: Pair,
    /// The names that it is for.
    names: Vec<String>,
}

/// No certificate could be made.
#[derive(Debug, Error)]
#[error("a certificate cannot be made")]
pub struct NotMade;

impl Chain {
    /// The first CA and the first certificate, for some names or addresses.
    pub fn new(names: &[String], lifetimes: &Lifetimes, now: Timestamp) -> Result<Self, NotMade> {
        let ca = make_ca(lifetimes, now)?;
        Ok(Self {
            server: make_server(&ca, names, lifetimes, now)?,
            ca,
            next: None,
            before: None,
            names: names.to_vec(),
        })
    }

    /// What follows at some time; nothing where all may stay as it is.
    pub fn renewed(
        &self,
        names: &[String],
        lifetimes: &Lifetimes,
        now: Timestamp,
    ) -> Result<Option<Self>, NotMade> {
        let overlap = SignedDuration::try_from(lifetimes.overlap).unwrap_or_default();
        let has_passed = |since: Timestamp| now.duration_since(since) >= overlap;
        let mut chain = self.clone();
        if now >= self.ca.ends || self.names != names {
            // Whoever trusts what has ended trusts nothing.
            if now >= self.ca.ends {
                return Self::new(names, lifetimes, now).map(Some);
            }
            names.clone_into(&mut chain.names);
            chain.server = make_server(&self.ca, names, lifetimes, now)?;
        } else if is_due(&self.server, now) {
            // Whatever else waits.
            chain.server = make_server(&self.ca, names, lifetimes, now)?;
        } else if let Some(next) = &self.next {
            if has_passed(next.made) {
                chain.before = Some((self.ca.certificate.clone(), now));
                chain.ca = next.clone();
                chain.next = None;
                chain.server = make_server(next, names, lifetimes, now)?;
            }
        } else if is_due(&self.ca, now) {
            chain.next = Some(make_ca(lifetimes, now)?);
        } else if self
            .before
            .as_ref()
            .is_some_and(|(_, since)| has_passed(*since))
        {
            chain.before = None;
        }
        Ok((chain != *self).then_some(chain))
    }

    /// The certificates that whoever calls trusts, in PEM.
    pub fn bundle(&self) -> String {
        let next = self.next.as_ref().map(|next| next.certificate.as_str());
        let before = self.before.as_ref().map(|(before, _)| before.as_str());
        [Some(self.ca.certificate.as_str()), next, before]
            .into_iter()
            .flatten()
            .collect()
    }

    /// The certificate that is served.
    pub fn server(&self) -> &Pair {
        &self.server
    }

    /// The data of the Secret: what mounts it finds the usual keys, and this program all that it needs.
    pub fn to_data(&self) -> BTreeMap<String, Vec<u8>> {
        let state = serde_json::to_vec(self).unwrap_or_default();
        BTreeMap::from([
            ("tls.crt".to_owned(), self.server.certificate.clone().into()),
            ("tls.key".to_owned(), self.server.key.clone().into()),
            ("ca.crt".to_owned(), self.bundle().into()),
            (STATE.to_owned(), state),
        ])
    }

    /// What a Secret holds; nothing where it is not of this program's making.
    pub fn from_data(data: &BTreeMap<String, Vec<u8>>) -> Option<Self> {
        let chain: Self = serde_json::from_slice(data.get(STATE)?).ok()?;
        let certificate = data.get("tls.crt")?;
        (certificate == chain.server.certificate.as_bytes()).then_some(chain)
    }
}

/// The key of a Secret under which everything stands.
const STATE: &str = "state.json";

impl std::fmt::Debug for Chain {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Chain")
            .field("names", &self.names)
            .field("ends", &self.server.ends)
            .finish_non_exhaustive()
    }
}

/// Whether two thirds of its time are over.
fn is_due(pair: &Pair, now: Timestamp) -> bool {
    let whole = pair.ends.duration_since(pair.made);
    now.duration_since(pair.made) >= whole * 2 / 3
}

fn make_ca(lifetimes: &Lifetimes, now: Timestamp) -> Result<Pair, NotMade> {
    let key = KeyPair::generate().map_err(|_| NotMade)?;
    let params = ca_params(lifetimes.ca, now)?;
    let certificate = params.self_signed(&key).map_err(|_| NotMade)?;
    Ok(pair(certificate.pem(), &key, lifetimes.ca, now))
}

/// What stands in the certificate of a CA that was made at some time; its name follows from that.
fn ca_params(lifetime: Duration, made: Timestamp) -> Result<CertificateParams, NotMade> {
    let mut params = params(&[], lifetime, made)?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    // CAs that are trusted at once must differ in name, or a chain may be built on the wrong one.
    let name = format!("soc2gate-webhook CA {made}");
    params.distinguished_name.push(DnType::CommonName, name);
    Ok(params)
}

fn make_server(
    ca: &Pair,
    names: &[String],
    lifetimes: &Lifetimes,
    now: Timestamp,
) -> Result<Pair, NotMade> {
    // Nothing outlives what it is signed by.
    let left = Duration::try_from(ca.ends.duration_since(now)).map_err(|_| NotMade)?;
    let lifetime = lifetimes.server.min(left);
    let mut params = params(names, lifetime, now)?;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params
        .distinguished_name
        .push(DnType::CommonName, "soc2gate-webhook");
    let ca_key = KeyPair::from_pem(&ca.key).map_err(|_| NotMade)?;
    let issuer = Issuer::new(ca_params(lifetimes.ca, ca.made)?, ca_key);
    let key = KeyPair::generate().map_err(|_| NotMade)?;
    let certificate = params.signed_by(&key, &issuer).map_err(|_| NotMade)?;
    Ok(pair(certificate.pem(), &key, lifetime, now))
}

fn params(
    names: &[String],
    lifetime: Duration,
    now: Timestamp,
) -> Result<CertificateParams, NotMade> {
    let mut params = CertificateParams::new(names.to_vec()).map_err(|_| NotMade)?;
    params.distinguished_name = rcgen::DistinguishedName::new();
    // Clocks differ a little.
    params.not_before = (std::time::SystemTime::from(now) - Duration::from_secs(300)).into();
    params.not_after = (std::time::SystemTime::from(now) + lifetime).into();
    Ok(params)
}

fn pair(certificate: String, key: &KeyPair, lifetime: Duration, now: Timestamp) -> Pair {
    Pair {
        certificate,
        key: key.serialize_pem(),
        made: now,
        ends: now.saturating_add(lifetime).unwrap_or(now),
    }
}

/// The names that a Service has within its cluster.
pub fn service_names(service: &str, namespace: &str) -> Vec<String> {
    vec![
        format!("{service}.{namespace}.svc"),
        format!("{service}.{namespace}.svc.cluster.local"),
        format!("{service}.{namespace}"),
    ]
}

/// The name of a URL's host, an address without its brackets.
pub fn host_name(url: &http::Uri) -> Option<String> {
    let host = url.host()?;
    let address = host.trim_start_matches('[').trim_end_matches(']');
    Some(if address.parse::<IpAddr>().is_ok() {
        address.to_owned()
    } else {
        host.to_owned()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn lifetimes() -> Lifetimes {
        Lifetimes {
            ca: Duration::from_secs(120),
            server: Duration::from_secs(60),
            overlap: Duration::from_secs(20),
        }
    }

    fn names() -> Vec<String> {
        service_names("gate", "soc2gate")
    }

    #[test]
    fn a_new_ca_is_trusted_before_it_signs_and_the_old_one_after() {
        let mut chain = Chain::new(&names(), &lifetimes(), at(0)).unwrap();
        let mut issuers = vec![chain.ca.certificate.clone()];
        let mut bundles = vec![(at(0), chain.bundle())];
        for second in 0..600 {
            let now = at(second);
            if let Some(renewed) = chain.renewed(&names(), &lifetimes(), now).unwrap() {
                chain = renewed;
                bundles.push((now, chain.bundle()));
            }
            assert!(chain.server.ends > now && chain.ca.ends > now);
            if issuers.last() != Some(&chain.ca.certificate) {
                issuers.push(chain.ca.certificate.clone());
            }
            // Whoever has not looked for as long as the overlap lasts still trusts what is served.
            for (since, bundle) in &bundles {
                let is_recent = bundles
                    .iter()
                    .find(|(later, _)| later > since)
                    .is_none_or(|(later, _)| now.duration_since(*later).as_secs() < 20);
                assert!(
                    !is_recent || bundle.contains(&chain.ca.certificate),
                    "{second}"
                );
            }
        }
        assert!(issuers.len() >= 4, "{}", issuers.len());
    }

    #[test]
    fn what_has_ended_or_is_for_other_names_is_made_anew() {
        let chain = Chain::new(&names(), &lifetimes(), at(0)).unwrap();
        let later = chain
            .renewed(&names(), &lifetimes(), at(10_000))
            .unwrap()
            .unwrap();
        assert!(later.server.ends > at(10_000) && later.ca != chain.ca);
        let other = vec!["127.0.0.1".to_owned()];
        let other = chain.renewed(&other, &lifetimes(), at(1)).unwrap().unwrap();
        assert!(other.ca == chain.ca && other.server != chain.server);
        assert_eq!(chain.renewed(&names(), &lifetimes(), at(1)).unwrap(), None);
    }

    #[test]
    fn a_secret_gives_the_same_again_and_shows_no_key() {
        let chain = Chain::new(&names(), &lifetimes(), at(0)).unwrap();
        let mut data = chain.to_data();
        assert_eq!(Chain::from_data(&data), Some(chain.clone()));
        assert!(!format!("{chain:?}").contains("PRIVATE"));
        data.insert("tls.crt".to_owned(), b"another".to_vec());
        assert_eq!(Chain::from_data(&data), None);
    }

    #[test]
    fn hosts_of_urls_are_names_or_addresses() {
        for (url, host) in [
            ("https://127.0.0.1:8443", "127.0.0.1"),
            ("https://[::1]:8443/x", "::1"),
            ("https://gate.example:8443", "gate.example"),
        ] {
            assert_eq!(host_name(&url.parse().unwrap()).as_deref(), Some(host));
        }
    }
}
