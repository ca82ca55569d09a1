//! Where GitHub is: github.com, or a server of one's own.

use http::Uri;
use http::uri::{Authority, PathAndQuery, Scheme};
use soc2gate_source::{Code, Diagnostic};

const REST: (&str, &str) = ("GITHUB_API_URL", "https://api.github.com");
const GRAPHQL: (&str, &str) = ("GITHUB_GRAPHQL_URL", "https://api.github.com/graphql");

/// The two addresses of GitHub's interfaces.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    pub(super) rest: Uri,
    pub(super) graphql: Uri,
}

impl Addresses {
    /// The addresses that the variables name, else those of github.com. Where only the REST address of an Enterprise
    /// Server is named, its GraphQL address follows from it.
    pub(crate) fn find(variable: impl Fn(&str) -> Option<String>) -> Result<Self, Diagnostic> {
        let of = |name: &str| variable(name).filter(|text| !text.is_empty());
        let rest = of(REST.0);
        let graphql = of(GRAPHQL.0).or_else(|| rest.as_deref().map(graphql_beside));
        Ok(Self {
            rest: parse(REST.0, rest.as_deref().unwrap_or(REST.1))?,
            graphql: parse(GRAPHQL.0, graphql.as_deref().unwrap_or(GRAPHQL.1))?,
        })
    }

    /// The host that people know: `github.com` for `api.github.com`.
    pub(crate) fn host(&self) -> String {
        match self.rest.host() {
            Some("api.github.com") | None => "github.com".to_owned(),
            Some(host) => host.strip_prefix("api.").unwrap_or(host).to_owned(),
        }
    }
}

fn graphql_beside(rest: &str) -> String {
    let rest = rest.trim_end_matches('/');
    let base = rest.strip_suffix("/v3").unwrap_or(rest);
    format!("{base}/graphql")
}

fn parse(name: &str, text: &str) -> Result<Uri, Diagnostic> {
    let wrong = |what: &str| Diagnostic::new(Code::GitHubAddress, format!("{name} {what}"));
    let uri: Uri = text.parse().map_err(|_| wrong("is not an address"))?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err(wrong("has no host"));
    };
    if authority.as_str().contains('@') {
        return Err(wrong("names a user"));
    }
    if uri.query().is_some() {
        return Err(wrong("has a query"));
    }
    // The token must not cross a network in the clear.
    if *scheme == Scheme::HTTPS || (*scheme == Scheme::HTTP && is_loopback(authority)) {
        return Ok(uri);
    }
    Err(wrong("is not https"))
}

/// Whether a host is this machine, which a test server may be.
pub(super) fn is_loopback(authority: &Authority) -> bool {
    matches!(authority.host(), "127.0.0.1" | "localhost" | "[::1]")
}

/// An address as what every request starts with, and the path of a request.
pub(super) fn split(uri: &Uri) -> (Uri, PathAndQuery) {
    let path = uri
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::from_static("/"));
    (Uri::from_parts(parts).unwrap_or_default(), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(variables: &[(&str, &str)]) -> Result<(String, String, String), Code> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Addresses::find(find)
            .map(|found| {
                let host = found.host();
                (found.rest.to_string(), found.graphql.to_string(), host)
            })
            .map_err(|diagnostic| diagnostic.code)
    }

    #[test]
    fn github_com_is_meant_where_nothing_is_said() {
        let (rest, graphql, host) = addresses(&[]).unwrap();
        assert_eq!(rest, "https://api.github.com/");
        assert_eq!(graphql, "https://api.github.com/graphql");
        assert_eq!(host, "github.com");
    }

    #[test]
    fn a_server_of_ones_own_has_graphql_beside_rest() {
        let server = [("GITHUB_API_URL", "https://git.example.com/api/v3")];
        let (rest, graphql, host) = addresses(&server).unwrap();
        assert_eq!(rest, "https://git.example.com/api/v3");
        assert_eq!(graphql, "https://git.example.com/api/graphql");
        assert_eq!(host, "git.example.com");
        let local = [("GITHUB_API_URL", "http://127.0.0.1:8080")];
        assert_eq!(
            addresses(&local).unwrap().1,
            "http://127.0.0.1:8080/graphql"
        );
    }

    #[test]
    fn a_token_is_not_sent_in_the_clear() {
        for text in [
            "http://git.example.com/api/v3",
            "ftp://git.example.com",
            "git.example.com",
            "/api/v3",
            "",
            "https://someone:secret@git.example.com",
            "https://git.example.com/?a=b",
            "https://[",
        ] {
            let found = addresses(&[("GITHUB_API_URL", text)]);
            if text.is_empty() {
                assert!(found.is_ok(), "an empty variable is not set");
            } else {
                assert_eq!(found, Err(Code::GitHubAddress), "{text}");
            }
        }
    }

    #[test]
    fn the_path_of_an_address_is_kept_apart() {
        let (base, path) = split(&"https://git.example.com/api/graphql".parse().unwrap());
        assert_eq!(base.to_string(), "https://git.example.com/");
        assert_eq!(path.as_str(), "/api/graphql");
    }
}
