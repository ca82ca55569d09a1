//! Requests to the API server: each bounded in time and size, and tried again where that may help.

use std::time::Duration;

use axum::http::{Method, Request, StatusCode, header};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use kube::Client;
use kube::client::Body;
use serde_json::Value;

/// How long a request may take, with what the client tries again by itself: 429, 503 and 504, when the server says.
const TIMEOUT: Duration = Duration::from_secs(60);
/// How often a request is tried that fails otherwise.
const TRIES: u32 = 3;
/// The wait before the second try; each further one is twice as long.
const WAIT: Duration = Duration::from_millis(250);
/// The most bytes of an answer.
pub const ANSWER: usize = 16 * 1024 * 1024;

/// Why a request has no answer that can be used. It quotes nothing of an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The API server says so.
    Status(StatusCode),
    /// It does not answer in time.
    Timeout,
    /// There is no connection, or it was cut.
    Unreachable,
    /// It says too much at once.
    TooLarge,
    /// What it says is not what was asked for.
    Unreadable,
}

impl Failure {
    /// What happened, in a few words.
    pub fn reason(self) -> String {
        match self {
            Self::Status(status) => status.to_string(),
            Self::Timeout => "the API server took too long, or has too much to do".to_owned(),
            Self::Unreachable => "no connection to the API server, or it was cut".to_owned(),
            Self::TooLarge => "an answer that is too large".to_owned(),
            Self::Unreadable => "an answer that is not what was asked for".to_owned(),
        }
    }

    fn may_pass(self) -> bool {
        match self {
            Self::Status(status) => status.is_server_error(),
            Self::Unreachable => true,
            Self::Timeout | Self::TooLarge | Self::Unreadable => false,
        }
    }
}

/// What is sent with a request.
#[derive(Debug, Clone)]
pub struct Content {
    /// Its media type.
    pub media_type: &'static str,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// Asks for a path.
pub async fn get(client: &Client, path: &str) -> Result<Vec<u8>, Failure> {
    request(client, Method::GET, path, None).await
}

/// Asks for a path, for an answer that is one document.
pub async fn get_json(client: &Client, path: &str) -> Result<Value, Failure> {
    let bytes = get(client, path).await?;
    serde_json::from_slice(&bytes).map_err(|_| Failure::Unreadable)
}

/// Sends a request until it has an answer, or another try would be in vain.
pub async fn request(
    client: &Client,
    method: Method,
    path: &str,
    content: Option<&Content>,
) -> Result<Vec<u8>, Failure> {
    let mut wait = WAIT;
    let mut tries = 1;
    loop {
        let answer = tokio::time::timeout(TIMEOUT, once(client, &method, path, content));
        match answer.await.unwrap_or(Err(Failure::Timeout)) {
            Err(failure) if failure.may_pass() && tries < TRIES => {
                tracing::debug!(path, reason = failure.reason(), "asked again");
                tokio::time::sleep(wait).await;
                wait *= 2;
                tries += 1;
            }
            other => return other,
        }
    }
}

async fn once(
    client: &Client,
    method: &Method,
    path: &str,
    content: Option<&Content>,
) -> Result<Vec<u8>, Failure> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::ACCEPT, "application/json");
    if let Some(content) = content {
        request = request.header(header::CONTENT_TYPE, content.media_type);
    }
    let body = content.map_or_else(Body::empty, |content| Body::from(content.bytes.clone()));
    let request = request.body(body).map_err(|_| Failure::Unreadable)?;
    let response = client.send(request).await.map_err(|error| match error {
        kube::Error::Api(status) => {
            StatusCode::from_u16(status.code).map_or(Failure::Unreachable, Failure::Status)
        }
        _ => Failure::Unreachable,
    })?;
    let status = response.status();
    if !status.is_success() {
        return Err(Failure::Status(status));
    }
    let body = Limited::new(response.into_body(), ANSWER).collect().await;
    let body = body.map_err(|error| {
        if error.is::<LengthLimitError>() {
            Failure::TooLarge
        } else {
            Failure::Unreachable
        }
    })?;
    Ok(body.to_bytes().into())
}

/// A name as a part of a query.
pub fn encoded(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_query_cannot_hold_is_encoded() {
        assert_eq!(encoded("eyJ2=/+a b"), "eyJ2%3D%2F%2Ba%20b");
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        assert!(Failure::Status(StatusCode::INTERNAL_SERVER_ERROR).may_pass());
        assert!(Failure::Unreachable.may_pass());
        assert!(!Failure::Timeout.may_pass());
        assert!(!Failure::Status(StatusCode::FORBIDDEN).may_pass());
        assert!(!Failure::Status(StatusCode::GONE).may_pass());
    }
}
