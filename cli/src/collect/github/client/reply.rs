//! What an answer means: facts, a reason to ask again, or a failure.

use std::time::Duration;

use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use serde::Deserialize;

use super::failure::Failure;

/// An answer of GitHub that arrived in full.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// The body of a refusal.
#[derive(Deserialize)]
struct Refusal {
    message: String,
}

/// What is to be done about an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Meaning {
    /// It holds what was asked for.
    Facts,
    /// The thing has moved to another address.
    Elsewhere,
    /// It may be better soon.
    Retry(String),
    /// The rate limit is used up; it ends after this long.
    RateLimit { secondary: bool, wait: Duration },
    /// It will not become better.
    Failed(Failure),
}

/// What GitHub asks clients to wait after a secondary rate limit that names no time.
const SECONDARY_WAIT: Duration = Duration::from_secs(60);

impl Reply {
    /// Reads the status line and the headers.
    pub(super) fn meaning(&self, what: &str, now: Timestamp) -> Meaning {
        if let Some(limit) = self.rate_limit(now) {
            return limit;
        }
        let what = what.to_owned();
        let permission = permission(&self.headers);
        match self.status.as_u16() {
            200..=299 => Meaning::Facts,
            301 | 302 | 307 | 308 => Meaning::Elsewhere,
            401 => Meaning::Failed(Failure::Unauthorized { what }),
            403 => Meaning::Failed(Failure::Forbidden { what, permission }),
            404 | 410 => Meaning::Failed(Failure::NotFound { what, permission }),
            500 | 502 | 503 | 504 => {
                Meaning::Retry(format!("GitHub answered {}", self.status.as_u16()))
            }
            status => Meaning::Failed(Failure::Status { what, status }),
        }
    }

    /// What a refusal says. It is compared, never shown.
    pub(super) fn message(&self) -> String {
        let body: Option<Refusal> = serde_json::from_slice(&self.body).ok();
        body.map_or_else(String::new, |body| body.message)
    }

    /// The wait that a used up rate limit asks for.
    fn rate_limit(&self, now: Timestamp) -> Option<Meaning> {
        if !matches!(self.status.as_u16(), 403 | 429) {
            return None;
        }
        let after = number(&self.headers, "retry-after").map(Duration::from_secs);
        let primary = self.primary_wait(now);
        let secondary = primary.is_none();
        let wait = match (after, primary) {
            (Some(after), _) => after,
            (None, Some(wait)) => wait,
            (None, None) if self.status == StatusCode::TOO_MANY_REQUESTS || self.names_limit() => {
                SECONDARY_WAIT
            }
            (None, None) => return None,
        };
        Some(Meaning::RateLimit { secondary, wait })
    }

    /// How long the ordinary rate limit lasts, where it is used up.
    pub(super) fn primary_wait(&self, now: Timestamp) -> Option<Duration> {
        let limits = Limits::of(&self.headers)?;
        if limits.remaining > 0 {
            return None;
        }
        let seconds = limits.resets.as_second().saturating_sub(now.as_second());
        // A second more, since GitHub's clock may be behind ours.
        Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0) + 1))
    }

    /// Whether the body of a refusal speaks of a rate limit.
    fn names_limit(&self) -> bool {
        String::from_utf8_lossy(&self.body)
            .to_ascii_lowercase()
            .contains("rate limit")
    }
}

/// What is left of a rate limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Limits {
    pub(crate) limit: u64,
    pub(crate) remaining: u64,
    pub(crate) resets: Timestamp,
}

impl Limits {
    /// What the headers of an answer say.
    pub(super) fn of(headers: &HeaderMap) -> Option<Self> {
        let resets = number(headers, "x-ratelimit-reset")?;
        Some(Self {
            limit: number(headers, "x-ratelimit-limit").unwrap_or(0),
            remaining: number(headers, "x-ratelimit-remaining")?,
            resets: Timestamp::from_second(i64::try_from(resets).ok()?).ok()?,
        })
    }
}

fn number(headers: &HeaderMap, name: &str) -> Option<u64> {
    headers.get(name)?.to_str().ok()?.trim().parse().ok()
}

/// The permissions of which GitHub asks for one, in the words of our messages: `contents:read`.
fn permission(headers: &HeaderMap) -> Option<String> {
    let text = headers
        .get("x-accepted-github-permissions")?
        .to_str()
        .ok()?;
    let is_plain = |c: char| c.is_ascii_lowercase() || "_=,; ".contains(c);
    if text.is_empty() || text.len() > 200 || !text.chars().all(is_plain) {
        return None;
    }
    let choices = text
        .split(';')
        .map(|choice| choice.trim().replace('=', ":").replace(',', " and "));
    Some(choices.collect::<Vec<_>>().join(" or "))
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};
    use rstest::rstest;

    use super::*;

    const NOW: &str = "2026-11-23T09:00:00Z";
    const RESET: &str = "1795424430";

    fn reply(status: u16, headers: &[(&str, &str)], body: &str) -> Reply {
        Reply {
            status: StatusCode::from_u16(status).unwrap(),
            headers: headers
                .iter()
                .map(|(name, value)| {
                    let name: HeaderName = name.parse().unwrap();
                    (name, HeaderValue::from_str(value).unwrap())
                })
                .collect(),
            body: body.as_bytes().to_vec(),
        }
    }

    fn meaning(status: u16, headers: &[(&str, &str)], body: &str) -> Meaning {
        reply(status, headers, body).meaning("reviews", NOW.parse().unwrap())
    }

    fn wait(secondary: bool, seconds: u64) -> Meaning {
        Meaning::RateLimit {
            secondary,
            wait: Duration::from_secs(seconds),
        }
    }

    #[test]
    fn the_reset_of_the_tests_is_thirty_seconds_away() {
        let reset: i64 = RESET.parse().unwrap();
        let now: Timestamp = NOW.parse().unwrap();
        assert_eq!(reset - now.as_second(), 30);
    }

    #[rstest]
    #[case(403, &[("retry-after", "7")], "", wait(true, 7))]
    #[case(429, &[("retry-after", "7")], "", wait(true, 7))]
    #[case(429, &[], "", wait(true, 60))]
    #[case(403, &[], "You have exceeded a secondary rate limit.", wait(true, 60))]
    #[case(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", RESET)], "", wait(false, 31))]
    #[case(403, &[("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", "1")], "", wait(false, 1))]
    #[case(403, &[("retry-after", "7"), ("x-ratelimit-remaining", "0"), ("x-ratelimit-reset", RESET)], "", wait(false, 7))]
    fn a_rate_limit_says_how_long_it_lasts(
        #[case] status: u16,
        #[case] headers: &[(&str, &str)],
        #[case] body: &str,
        #[case] expected: Meaning,
    ) {
        assert_eq!(meaning(status, headers, body), expected);
    }

    #[rstest]
    #[case(403, &[("x-ratelimit-remaining", "9"), ("x-ratelimit-reset", RESET)])]
    #[case(403, &[("retry-after", "soon")])]
    #[case(403, &[])]
    fn another_refusal_is_no_rate_limit(#[case] status: u16, #[case] headers: &[(&str, &str)]) {
        let refused = Failure::Forbidden {
            what: "reviews".to_owned(),
            permission: None,
        };
        assert_eq!(
            meaning(status, headers, "Not allowed."),
            Meaning::Failed(refused)
        );
    }

    #[test]
    fn the_permission_that_helps_is_told() {
        let of = |text: &str| {
            let header = [("x-accepted-github-permissions", text)];
            match meaning(403, &header, "") {
                Meaning::Failed(Failure::Forbidden { permission, .. }) => permission,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(of("contents=read").as_deref(), Some("contents:read"));
        assert_eq!(
            of("issues=read,members=read; administration=write").as_deref(),
            Some("issues:read and members:read or administration:write")
        );
        assert_eq!(
            of("Bearer ghp_1234"),
            None,
            "only what looks like permissions"
        );
        assert_eq!(of(&"a".repeat(201)), None);
    }

    #[rstest]
    #[case(200, Meaning::Facts)]
    #[case(301, Meaning::Elsewhere)]
    #[case(500, Meaning::Retry("GitHub answered 500".to_owned()))]
    #[case(504, Meaning::Retry("GitHub answered 504".to_owned()))]
    fn a_status_has_a_meaning(#[case] status: u16, #[case] expected: Meaning) {
        assert_eq!(meaning(status, &[], ""), expected);
    }

    #[rstest]
    #[case(401)]
    #[case(404)]
    #[case(410)]
    #[case(418)]
    #[case(422)]
    #[case(501)]
    fn a_refusal_is_final(#[case] status: u16) {
        assert!(matches!(meaning(status, &[], ""), Meaning::Failed(_)));
    }
}
