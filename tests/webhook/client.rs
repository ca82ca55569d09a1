//! A client that trusts one certificate, of HTTP/1.1 or HTTP/2.

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::pki_types::CertificateDer;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;

use axum::body::Bytes;
use axum::http::{Method, Request, StatusCode};

/// A client.
#[derive(Clone)]
pub(crate) struct Client(HyperClient<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Client {
    /// A client of HTTP/1.1 that keeps its connections.
    pub(crate) fn new(trusted: &[CertificateDer<'static>]) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(trusted))
            .https_or_http();
        Self(HyperClient::builder(TokioExecutor::new()).build(connector.enable_http1().build()))
    }

    /// A client of HTTP/2, as the API server is one.
    pub(crate) fn http2(trusted: &[CertificateDer<'static>]) -> Self {
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(tls(trusted))
            .https_only();
        let mut builder = HyperClient::builder(TokioExecutor::new());
        Self(
            builder
                .http2_only(true)
                .build(connector.enable_http2().build()),
        )
    }

    /// The answer to a request: its status and its body.
    pub(crate) async fn get(&self, url: &str) -> Option<(StatusCode, String)> {
        let request = Request::builder().uri(url).body(Full::default()).unwrap();
        let (status, body) = self.send(request).await?;
        Some((status, String::from_utf8(body.to_vec()).unwrap()))
    }

    /// The response to an AdmissionReview; none where the connection failed.
    pub(crate) async fn ask(&self, url: &str, review: &Value) -> Option<Value> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(format!("{url}?timeout=10s"))
            .header("content-type", "application/json")
            .body(Full::from(review.to_string()))
            .unwrap();
        let (status, body) = self.send(request).await?;
        assert_eq!(status, StatusCode::OK);
        Some(crate::service::response(&body))
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Option<(StatusCode, Bytes)> {
        let send = async {
            let response = self.0.request(request).await.ok()?;
            let status = response.status();
            let body = response.into_body().collect().await.ok()?.to_bytes();
            Some((status, body))
        };
        tokio::time::timeout(Duration::from_secs(20), send)
            .await
            .ok()
            .flatten()
    }
}

fn tls(trusted: &[CertificateDer<'static>]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for certificate in trusted {
        roots.add(certificate.clone()).unwrap();
    }
    ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth()
}
