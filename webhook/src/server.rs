//! HTTP: the webhook with TLS, and the probes without.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use jiff::SignedDuration;

use crate::admission::{Admission, Incoming};
use crate::health::Health;
use crate::metrics::Metrics;

/// How long a connection may take to say what it wants.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a connection may be idle: longer than the API server keeps one, which sends nothing into one that it closes.
const IDLE: Duration = Duration::from_secs(120);
/// Requests that one connection of HTTP/2 may have in work.
const STREAMS: u32 = 256;

/// What the webhook answers.
pub fn admission_routes(admission: Arc<Admission>) -> Router {
    Router::new()
        .route("/validate", post(validate))
        .with_state(admission)
}

/// What the probes answer.
pub fn probe_routes(health: Arc<Health>, metrics: Arc<Metrics>) -> Router {
    let ready = move || async move {
        let (is_ready, detail) = health.ready(jiff::Timestamp::now());
        let status = if is_ready {
            StatusCode::OK
        } else {
            StatusCode::SERVICE_UNAVAILABLE
        };
        (
            status,
            [(CONTENT_TYPE, "application/json")],
            detail.to_string(),
        )
    };
    let shown = move || async move {
        let media_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
        ([(CONTENT_TYPE, media_type)], metrics.to_text())
    };
    Router::new()
        .route("/livez", get(|| async { "ok" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(shown))
}

async fn validate(State(admission): State<Arc<Admission>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let content_type = parts
        .headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let incoming = Incoming {
        content_type: content_type.map(str::to_owned),
        timeout: parts.uri.query().and_then(timeout),
        body,
    };
    let answer = admission.answer(incoming).await;
    ([(CONTENT_TYPE, "application/json")], answer).into_response()
}

/// How long the API server waits, from the query of its call: `timeout=10s`.
fn timeout(query: &str) -> Option<Duration> {
    let value = query
        .split('&')
        .find_map(|part| part.strip_prefix("timeout="))?;
    let duration: SignedDuration = value.parse().ok()?;
    Duration::try_from(duration).ok()
}

/// Serves the webhook until its handle says otherwise.
pub async fn serve_admission(
    listener: TcpListener,
    routes: Router,
    tls: RustlsConfig,
    handle: Handle<SocketAddr>,
) -> io::Result<()> {
    let acceptor = RustlsAcceptor::new(tls).handshake_timeout(HEADER_TIMEOUT);
    let mut server = axum_server::from_tcp(listener)?
        .acceptor(acceptor)
        .handle(handle)
        .first_request_timeout(HEADER_TIMEOUT);
    let http = server.http_builder();
    http.http1().header_read_timeout(Some(IDLE));
    http.http2()
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(Some(Duration::from_secs(30)));
    server.serve(routes.into_make_service()).await
}

/// Serves the probes until its handle says otherwise.
pub async fn serve_probes(
    listener: TcpListener,
    routes: Router,
    handle: Handle<SocketAddr>,
) -> io::Result<()> {
    axum_server::from_tcp(listener)?
        .handle(handle)
        .first_request_timeout(HEADER_TIMEOUT)
        .serve(routes.into_make_service())
        .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_that_the_api_server_waits_is_read() {
        assert_eq!(timeout("timeout=10s"), Some(Duration::from_secs(10)));
        assert_eq!(timeout("a=b&timeout=1m30s"), Some(Duration::from_secs(90)));
        assert_eq!(timeout("timeout=500ms"), Some(Duration::from_millis(500)));
        assert_eq!(timeout("timeout=soon"), None);
        assert_eq!(timeout("timeout=-1s"), None);
        assert_eq!(timeout(""), None);
    }
}
