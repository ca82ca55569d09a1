//! Requests that got no answer, in words that repeat nothing.

use std::error::Error;
use std::io;

use http_body_util::LengthLimitError;

use super::connector::UnsupportedProxy;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// There was no connection.
    NoConnection(&'static str),
    /// There is none to be had, however often it is tried.
    NeverConnection(&'static str),
    /// The connection broke.
    Cut,
    /// The answer is longer than is read.
    TooLong,
    /// The answer did not come in time.
    Slow,
}

impl Trouble {
    /// What an error of the client means.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        let chain = || std::iter::successors(Some(error), |error| (*error).source());
        if chain().any(<dyn Error + 'static>::is::<LengthLimitError>) {
            return Self::TooLong;
        }
        if chain().any(<dyn Error + 'static>::is::<UnsupportedProxy>) {
            return Self::NeverConnection("only proxies at http:// addresses are supported");
        }
        if let Some(tls) = chain().find_map(tls_error) {
            return match tls {
                rustls::Error::InvalidCertificate(_) => {
                    Self::NeverConnection("its certificate is not trusted")
                }
                _ => Self::NoConnection("TLS could not be agreed on"),
            };
        }
        let text =
            |error: &(dyn Error + 'static), start: &str| error.to_string().starts_with(start);
        if chain().any(|error| text(error, "tunnel error: proxy authorization")) {
            return Self::NeverConnection("the proxy asks for a name and a password");
        }
        if chain().any(|error| text(error, "tunnel error")) {
            return Self::NoConnection("the proxy does not let it through");
        }
        if chain().any(|error| text(error, "dns error")) {
            return Self::NoConnection("its name is not known");
        }
        let is_connect = chain().any(|error| {
            error
                .downcast_ref::<hyper_util::client::legacy::Error>()
                .is_some_and(hyper_util::client::legacy::Error::is_connect)
        });
        if !is_connect {
            return Self::Cut;
        }
        let kind = chain().find_map(|error| error.downcast_ref::<io::Error>().map(io::Error::kind));
        Self::NoConnection(match kind {
            Some(io::ErrorKind::ConnectionRefused) => "it refuses the connection",
            Some(io::ErrorKind::TimedOut) => "there was no connection in time",
            _ => "there is no connection",
        })
    }
}

/// The TLS error that an error is, or that it carries.
fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a rustls::Error> {
    error.downcast_ref::<rustls::Error>().or_else(|| {
        let inner = error.downcast_ref::<io::Error>()?.get_ref()?;
        inner.downcast_ref::<rustls::Error>()
    })
}
