//! Addresses of servers: `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=ca.pem`. What
//! libpq's parameters for TLS mean here is what they mean there; the others are the client's.

use std::fs;
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::Duration;

use postgres::Config;
use postgres::config::SslMode;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tokio_postgres_rustls::MakeRustlsConnect;

use super::options::PostgresOptions;
use super::session;
use super::tls::{self, Trust};
use crate::store::StoreError;

/// The longest wait for a new connection, where the address says nothing.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a connection that is silent is trusted, and how long what was sent may stay without an answer.
const KEEPALIVE: Duration = Duration::from_secs(10);

/// Where a server is, and how it is reached. It holds a password: it has no `Debug`.
pub(super) struct Address {
    pub(super) config: Config,
    pub(super) tls: MakeRustlsConnect,
}

impl Address {
    /// Reads an address. No error quotes it.
    pub(super) fn parse(address: &str, options: &PostgresOptions) -> Result<Self, StoreError> {
        session::quoted(&options.schema)?;
        let mut parameters = Parameters::default();
        let plain = parameters.take_from(address)?;
        let mut config = Config::from_str(&plain)
            .map_err(|_| refused("it is not in the form postgres://user@host:port/database, or has a parameter that is not known"))?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            return Err(refused("it names no host"));
        }
        if let Some(password) = &options.password {
            config.password(password.as_bytes());
        }
        let roots = parameters.roots()?;
        let (mode, trust) = parameters.trust(roots)?;
        config.ssl_mode(mode);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_application_name().is_none() {
            config.application_name("soc2gate");
        }
        config
            .keepalives(true)
            .keepalives_idle(KEEPALIVE)
            .keepalives_interval(KEEPALIVE / 2)
            .keepalives_retries(2)
            .tcp_user_timeout(KEEPALIVE * 2);
        Ok(Self {
            config,
            tls: tls::connector(trust)?,
        })
    }
}

/// The parameters that are read here.
#[derive(Default)]
struct Parameters {
    mode: Option<String>,
    roots: Option<PathBuf>,
}

impl Parameters {
    /// Takes what is read here out of an address and gives the rest.
    fn take_from(&mut self, address: &str) -> Result<String, StoreError> {
        if !["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| address.starts_with(scheme))
        {
            return Err(refused("it does not begin with postgres://"));
        }
        // A password may hold a question mark.
        let (user, rest) = match address.split_once('@') {
            Some((user, rest)) => (format!("{user}@"), rest),
            None => (String::new(), address),
        };
        let Some((place, query)) = rest.split_once('?') else {
            return Ok(address.to_owned());
        };
        let mut others = Vec::new();
        for parameter in query.split('&') {
            match parameter.split_once('=') {
                Some(("sslmode", mode)) => self.mode = Some(mode.to_owned()),
                Some(("sslrootcert", path)) => {
                    let path = decode(path).ok_or_else(|| refused("sslrootcert is no path"))?;
                    self.roots = Some(PathBuf::from(path));
                }
                _ => others.push(parameter),
            }
        }
        let query = others.join("&");
        let separator = if query.is_empty() { "" } else { "?" };
        Ok(format!("{user}{place}{separator}{query}"))
    }

    /// The certificates of the authorities that are trusted.
    fn roots(&self) -> Result<Option<RootCertStore>, StoreError> {
        let Some(path) = &self.roots else {
            return Ok(None);
        };
        let pem = fs::read(path).map_err(StoreError::io("read the file that sslrootcert names"))?;
        let mut store = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(&pem) {
            let certificate =
                certificate.map_err(|_| refused("the file that sslrootcert names is not PEM"))?;
            store
                .add(certificate)
                .map_err(|_| refused("a certificate in the file that sslrootcert names is none"))?;
        }
        if store.is_empty() {
            return Err(refused(
                "the file that sslrootcert names has no certificate",
            ));
        }
        Ok(Some(store))
    }

    /// As in libpq: `require` verifies the chain where an authority is named.
    fn trust(&self, roots: Option<RootCertStore>) -> Result<(SslMode, Trust), StoreError> {
        let needs = |roots: Option<RootCertStore>| {
            roots.ok_or_else(|| refused("sslmode=verify-ca and verify-full need sslrootcert"))
        };
        Ok(match (self.mode.as_deref(), roots) {
            (Some("disable"), _) => (SslMode::Disable, Trust::Anyone),
            (None | Some("prefer"), None) => (SslMode::Prefer, Trust::Anyone),
            (None | Some("prefer"), Some(roots)) => (SslMode::Prefer, Trust::Chain(roots)),
            (Some("require"), None) => (SslMode::Require, Trust::Anyone),
            (Some("require"), Some(roots)) => (SslMode::Require, Trust::Chain(roots)),
            (Some("verify-ca"), roots) => (SslMode::Require, Trust::Chain(needs(roots)?)),
            (Some("verify-full"), roots) => (SslMode::Require, Trust::ChainAndName(needs(roots)?)),
            (Some(_), _) => {
                return Err(refused(
                    "sslmode must be disable, prefer, require, verify-ca or verify-full",
                ));
            }
        })
    }
}

fn refused(why: &str) -> StoreError {
    StoreError::Database {
        action: "read the address of the database",
        message: why.to_owned(),
    }
}

/// Percent-encoding.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digits = [rest.next()?, rest.next()?].map(char::from);
            let [high, low] = digits.map(|digit| digit.to_digit(16));
            bytes.push(u8::try_from(high? * 16 + low?).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("postgres://a:s3cret@h/d", SslMode::Prefer)]
    #[case("postgresql://a:s3cret@h:1/d?sslmode=disable", SslMode::Disable)]
    #[case(
        "postgres://a:s3?cret@h/d?connect_timeout=3&sslmode=require",
        SslMode::Require
    )]
    #[case("postgres://a@/d?host=/run/postgresql", SslMode::Prefer)]
    fn addresses(#[case] text: &str, #[case] mode: SslMode) {
        let address = Address::parse(text, &PostgresOptions::default())
            .map_err(|error| error.to_string())
            .map(|address| address.config.get_ssl_mode());
        assert_eq!(address, Ok(mode));
    }

    #[rstest]
    #[case::another_scheme("mysql://a:s3cret@h/d", "begin with postgres://")]
    #[case::no_host("postgres:///d", "no host")]
    #[case::a_port("postgres://a:s3cret@h:port/d", "form")]
    #[case::a_broken_password("postgres://a:s3cret@x@h:1/d?a=b", "form")]
    #[case::an_unknown_parameter("postgres://a:s3cret@h/d?password_=s3cret", "form")]
    #[case::an_unknown_mode("postgres://a:s3cret@h/d?sslmode=verify", "sslmode must be")]
    #[case::no_authority("postgres://a:s3cret@h/d?sslmode=verify-full", "need sslrootcert")]
    #[case::no_authority_file(
        "postgres://a:s3cret@h/d?sslmode=verify-full&sslrootcert=/none%2Fsuch",
        "sslrootcert"
    )]
    fn refused_addresses(#[case] text: &str, #[case] why: &str) {
        let error = Address::parse(text, &PostgresOptions::default())
            .err()
            .unwrap();
        assert!(error.to_string().contains(why), "{error}");
        assert!(!format!("{error} {error:?}").contains("s3"), "{error:?}");
    }

    #[test]
    fn a_password_is_in_no_debug() {
        let options = PostgresOptions {
            password: Some("s3cret".to_owned().into()),
            ..PostgresOptions::default()
        };
        assert!(!format!("{options:?}").contains("s3cret"));
    }
}
