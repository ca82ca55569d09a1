//! GitHub's interfaces: requests that are retried, paced and bounded, and answers that are held to their shape.

mod address;
mod connector;
mod failure;
mod graphql;
mod pace;
mod reply;
mod token;
mod trouble;
mod write;

use std::cell::Cell;
use std::time::Duration;

use http::header::{ACCEPT, LINK, LOCATION, USER_AGENT};
use http::request::Builder;
use http::uri::PathAndQuery;
use http::{Method, Request, Uri};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Limited};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::{AuthState, OctoBody, Octocrab, OctocrabBuilder};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::runtime::{self, Runtime};

pub(crate) use address::Addresses;
pub(crate) use failure::Failure;
pub(crate) use graphql::{ErrorKind, GraphQlAnswer, GraphQlError};
pub(crate) use pace::{Pace, SystemPace};
pub(crate) use reply::{Limits, Reply};
pub(crate) use token::Token;

use reply::Meaning;
use trouble::Trouble;

/// Largest answer that is read, in bytes.
const MAX_BYTES: usize = 32 * 1024 * 1024;
/// How often a request is sent that GitHub fails to answer.
const MAX_ATTEMPTS: u32 = 6;
/// How often a connection is tried.
const MAX_CONNECTIONS: u32 = 4;
/// How long one answer may take.
const ATTEMPT_TIME: Duration = Duration::from_secs(30);
/// The first wait between two attempts; each is twice as long as the one before.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// How often an answer may lead to another address.
const MAX_REDIRECTS: u32 = 3;

/// What stands as it is in a segment of a path.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A connection to GitHub, for one run.
pub(crate) struct GitHub {
    // Before the runtime on which their tasks run, so that they end first.
    rest: Octocrab,
    graphql: Octocrab,
    runtime: Runtime,
    addresses: Addresses,
    graphql_path: PathAndQuery,
    timeout: Duration,
    pace: Box<dyn Pace>,
    /// When the time began to run.
    begun: Cell<Duration>,
    limits: Cell<Option<Limits>>,
}

/// Says of a refusal, by its status and message, that it is an answer in itself.
pub(crate) type SaysNo<'a> = dyn Fn(u16, &str) -> bool + 'a;

impl GitHub {
    /// A client that gives up after `timeout`, counted from now over all its requests, or from where [`Self::begin`] says.
    pub(crate) fn new(
        addresses: Addresses,
        token: &Token,
        timeout: Duration,
        pace: Box<dyn Pace>,
    ) -> Result<Self, Failure> {
        let failed = |why: String| Failure::Client { why };
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|error| failed(error.kind().to_string()))?;
        let connector = connector::connector(&addresses)
            .map_err(|_| failed("the system has no certificates to trust".to_owned()))?;
        let http: Client<_, OctoBody> = Client::builder(TokioExecutor::new()).build(connector);
        let (graphql_base, graphql_path) = address::split(&addresses.graphql);
        // octocrab starts a task.
        let entered = runtime.enter();
        let octocrab = |base: &Uri| {
            let built = OctocrabBuilder::new_empty()
                .with_service(http.clone())
                .with_layer(&BaseUriLayer::new(base.clone()))
                .with_auth(AuthState::AccessToken {
                    token: token.expose().to_owned().into(),
                })
                .build();
            built.map_err(|never| match never {})
        };
        let rest = octocrab(&addresses.rest)?;
        let graphql = octocrab(&graphql_base)?;
        drop(entered);
        Ok(Self {
            rest,
            graphql,
            runtime,
            addresses,
            graphql_path,
            timeout,
            pace,
            begun: Cell::new(Duration::ZERO),
            limits: Cell::new(None),
        })
    }

    /// The host that people know.
    pub(crate) fn host(&self) -> String {
        self.addresses.host()
    }

    /// The time of day.
    pub(crate) fn now(&self) -> jiff::Timestamp {
        self.pace.now()
    }

    /// Counts the time anew, for the next of several things that are read.
    pub(crate) fn begin(&self) {
        self.begun.set(self.pace.elapsed());
    }

    /// What the last answer says of the rate limit.
    pub(crate) fn limits(&self) -> Option<Limits> {
        self.limits.get()
    }

    /// Asks the REST interface for JSON; the path is below the address of the interface. Gives the path of the next
    /// page too, where there is one.
    pub(crate) fn get<T: DeserializeOwned>(
        &self,
        what: &str,
        path: &str,
    ) -> Result<(T, Option<String>), Failure> {
        self.get_unless(what, path, &|_, _| false)?
            .ok_or_else(|| elsewhere(what))
    }

    /// As [`Self::get`]; `None` where a refusal is an answer in itself.
    pub(crate) fn get_unless<T: DeserializeOwned>(
        &self,
        what: &str,
        path: &str,
        says_no: &SaysNo<'_>,
    ) -> Result<Option<(T, Option<String>)>, Failure> {
        let reply = self.get_reply(what, path, "application/vnd.github+json", says_no)?;
        if !reply.status.is_success() {
            return Ok(None);
        }
        let value = serde_json::from_slice(&reply.body).map_err(|_| Failure::Answer {
            what: what.to_owned(),
            why: "does not have the shape that it should".to_owned(),
        })?;
        let next = self.next_page(&reply, what)?;
        Ok(Some((value, next)))
    }

    /// Asks whether something is there that has no content; `false` where a refusal says that it is not.
    pub(crate) fn is_there(
        &self,
        what: &str,
        path: &str,
        says_no: &SaysNo<'_>,
    ) -> Result<bool, Failure> {
        let reply = self.get_reply(what, path, "application/vnd.github+json", says_no)?;
        Ok(reply.status.is_success())
    }

    /// Asks the REST interface for a file as it is.
    pub(crate) fn get_raw(&self, what: &str, path: &str) -> Result<Vec<u8>, Failure> {
        let accept = "application/vnd.github.raw+json";
        let reply = self.get_reply(what, path, accept, &|_, _| false)?;
        Ok(reply.body)
    }

    fn get_reply(
        &self,
        what: &str,
        path: &str,
        accept: &str,
        says_no: &SaysNo<'_>,
    ) -> Result<Reply, Failure> {
        let mut path = path.to_owned();
        for _ in 0..=MAX_REDIRECTS {
            let build = || {
                let builder = request(Method::GET, &path).header(ACCEPT, accept);
                self.rest.build_request(builder, None::<&()>)
            };
            let reply = self.exchange(what, &self.rest, MAX_ATTEMPTS, &build, &|reply| {
                let is_refused = reply.status.is_client_error();
                if is_refused && says_no(reply.status.as_u16(), &reply.message()) {
                    return Meaning::Facts;
                }
                reply.meaning(what, self.pace.now())
            })?;
            if !reply.status.is_redirection() {
                return Ok(reply);
            }
            let location = reply.headers.get(LOCATION);
            let location = location.and_then(|value| value.to_str().ok());
            path = location
                .and_then(|location| self.below_rest(location))
                .ok_or_else(|| elsewhere(what))?;
        }
        Err(elsewhere(what))
    }

    /// Asks the GraphQL interface. Errors that leave some of the data are part of the answer.
    pub(crate) fn query(
        &self,
        what: &str,
        query: &str,
        variables: &Value,
    ) -> Result<GraphQlAnswer, Failure> {
        let body = json!({"query": query, "variables": variables});
        let build = || {
            let builder = request(Method::POST, self.graphql_path.as_str());
            self.graphql.build_request(builder, Some(&body))
        };
        let reply = self.exchange(what, &self.graphql, MAX_ATTEMPTS, &build, &|reply| {
            self.graphql_meaning(reply, what)
        })?;
        let answer = GraphQlAnswer::read(&reply.body).ok_or_else(|| Failure::Answer {
            what: what.to_owned(),
            why: "is no answer of GraphQL".to_owned(),
        })?;
        match answer.failure(what) {
            Some(failure) => Err(failure),
            None => Ok(answer),
        }
    }

    /// GraphQL says 200 where its rate limit is used up, and where it failed.
    fn graphql_meaning(&self, reply: &Reply, what: &str) -> Meaning {
        let now = self.pace.now();
        match reply.meaning(what, now) {
            Meaning::Facts => {}
            Meaning::Elsewhere => return Meaning::Failed(elsewhere(what)),
            other => return other,
        }
        let Some(answer) = GraphQlAnswer::read(&reply.body) else {
            return Meaning::Facts;
        };
        if answer.has(ErrorKind::RateLimited) {
            let primary = reply.primary_wait(now);
            return Meaning::RateLimit {
                secondary: primary.is_none(),
                wait: primary.unwrap_or(Duration::from_secs(60)),
            };
        }
        if answer.has(ErrorKind::Failed) {
            return Meaning::Retry("GitHub could not run the query".to_owned());
        }
        Meaning::Facts
    }

    /// Sends a request until it is answered, or no answer is to be expected any more.
    fn exchange(
        &self,
        what: &str,
        through: &Octocrab,
        most_attempts: u32,
        build: &dyn Fn() -> octocrab::Result<Request<OctoBody>>,
        meaning: &dyn Fn(&Reply) -> Meaning,
    ) -> Result<Reply, Failure> {
        let mut attempts = 0;
        loop {
            let left = self.left(what)?;
            attempts += 1;
            let request = build().map_err(|_| Failure::Client {
                why: "a request cannot be written".to_owned(),
            })?;
            let sent = self.runtime.block_on(async {
                let time = left.min(ATTEMPT_TIME);
                tokio::time::timeout(time, send(through, request)).await
            });
            let failure = match sent.unwrap_or(Err(Trouble::Slow)) {
                Ok(reply) => {
                    self.limits
                        .set(Limits::of(&reply.headers).or(self.limits.get()));
                    match meaning(&reply) {
                        Meaning::Facts | Meaning::Elsewhere => return Ok(reply),
                        Meaning::Failed(failure) => return Err(failure),
                        Meaning::RateLimit { secondary, wait } => {
                            self.wait_out(secondary, wait)?;
                            continue;
                        }
                        Meaning::Retry(why) => Failure::Failed {
                            what: what.to_owned(),
                            why,
                            attempts,
                        },
                    }
                }
                Err(trouble) => self.failure(trouble, what, attempts)?,
            };
            let most = match failure {
                Failure::Unreachable { .. } => MAX_CONNECTIONS,
                _ => most_attempts,
            };
            if attempts >= most {
                return Err(failure);
            }
            self.wait_before(attempts, what, &failure)?;
        }
    }

    /// What trouble comes to when it does not end; `Err` where trying again is of no use.
    fn failure(&self, trouble: Trouble, what: &str, attempts: u32) -> Result<Failure, Failure> {
        let what = what.to_owned();
        let host = self.addresses.rest.host().unwrap_or_default().to_owned();
        match trouble {
            Trouble::NoConnection(why) => Ok(Failure::Unreachable { host, why }),
            Trouble::NeverConnection(why) => Err(Failure::Unreachable { host, why }),
            Trouble::Cut => Ok(Failure::Failed {
                what,
                why: "the answer was cut short".to_owned(),
                attempts,
            }),
            Trouble::Slow => {
                self.left(&what)?;
                Ok(Failure::Failed {
                    what,
                    why: "no answer came".to_owned(),
                    attempts,
                })
            }
            Trouble::TooLong => Err(Failure::Answer {
                what,
                why: format!("is longer than {MAX_BYTES} bytes"),
            }),
        }
    }

    /// The time since it began to run.
    fn spent(&self) -> Duration {
        self.pace.elapsed().saturating_sub(self.begun.get())
    }

    /// The time that is left.
    fn left(&self, what: &str) -> Result<Duration, Failure> {
        match self.timeout.checked_sub(self.spent()) {
            Some(left) if !left.is_zero() => Ok(left),
            _ => Err(Failure::TimedOut {
                what: what.to_owned(),
                limit: self.timeout,
            }),
        }
    }

    /// Waits for the end of a rate limit, unless the deadline comes first.
    fn wait_out(&self, secondary: bool, wait: Duration) -> Result<(), Failure> {
        let wait = wait.max(Duration::from_secs(1));
        if self.spent() + wait >= self.timeout {
            let resets = self.pace.now().checked_add(wait).ok();
            return Err(Failure::RateLimit { secondary, resets });
        }
        let kind = if secondary { "secondary " } else { "" };
        self.wait(wait, &format!("the end of GitHub's {kind}rate limit"));
        Ok(())
    }

    /// Waits before the next attempt: longer each time, and not as long as others that failed with it.
    fn wait_before(&self, attempts: u32, what: &str, failure: &Failure) -> Result<(), Failure> {
        let longest = FIRST_WAIT.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
        let share = 128 + u32::from(self.pace.chance()) / 2;
        let wait = longest.saturating_mul(share) / 256;
        if self.spent() + wait >= self.timeout {
            return match failure {
                Failure::Unreachable { .. } | Failure::Failed { .. } => Err(failure.clone()),
                _ => self.left(what).map(|_| ()),
            };
        }
        self.wait(wait, &format!("another attempt: {failure}"));
        Ok(())
    }

    fn wait(&self, time: Duration, reason: &str) {
        if time > Duration::from_secs(1) {
            let seconds = time.as_secs_f64().ceil();
            self.pace.tell(&format!("waiting {seconds} s for {reason}"));
        }
        self.pace.wait(time);
    }

    /// The path of the next page of a list.
    fn next_page(&self, reply: &Reply, what: &str) -> Result<Option<String>, Failure> {
        let Some(links) = reply
            .headers
            .get(LINK)
            .and_then(|links| links.to_str().ok())
        else {
            return Ok(None);
        };
        let next = links.split(',').find_map(|link| {
            let (address, rest) = link.trim().strip_prefix('<')?.split_once('>')?;
            rest.contains("rel=\"next\"").then_some(address)
        });
        match next {
            None => Ok(None),
            Some(address) => match self.below_rest(address) {
                Some(path) => Ok(Some(path)),
                None => Err(elsewhere(what)),
            },
        }
    }

    /// An address as a path below that of the REST interface; `None` where it leads to another host.
    fn below_rest(&self, address: &str) -> Option<String> {
        let uri: Uri = address.parse().ok()?;
        let base = &self.addresses.rest;
        let is_elsewhere = uri.authority().is_some_and(|authority| {
            Some(authority) != base.authority() || uri.scheme() != base.scheme()
        });
        let path = uri.path_and_query()?.as_str();
        let path = path.strip_prefix(base.path().trim_end_matches('/'))?;
        (!is_elsewhere && path.starts_with('/')).then(|| path.to_owned())
    }
}

/// A text as one segment of a path, or one value of a query.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

fn request(method: Method, path: &str) -> Builder {
    Request::builder()
        .method(method)
        .uri(path)
        .header(USER_AGENT, concat!("soc2gate/", env!("CARGO_PKG_VERSION")))
}

fn elsewhere(what: &str) -> Failure {
    Failure::Answer {
        what: what.to_owned(),
        why: "leads to another address".to_owned(),
    }
}

/// Sends a request once.
async fn send(through: &Octocrab, request: Request<OctoBody>) -> Result<Reply, Trouble> {
    let response = through
        .execute(request)
        .await
        .map_err(|error| Trouble::of(&error))?;
    let (parts, body) = response.into_parts();
    if body.size_hint().lower() > MAX_BYTES as u64 {
        return Err(Trouble::TooLong);
    }
    let body = Limited::new(body, MAX_BYTES)
        .collect()
        .await
        .map_err(|error| Trouble::of(&*error))?;
    Ok(Reply {
        status: parts.status,
        headers: parts.headers,
        body: body.to_bytes().to_vec(),
    })
}

#[cfg(test)]
pub(crate) mod stand_in;
#[cfg(test)]
mod tests;
