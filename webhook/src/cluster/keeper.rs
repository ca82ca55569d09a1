//! Keeps the certificate of the webhook's own making, and what the API server knows of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum_server::tls_rustls::RustlsConfig;
use jiff::Timestamp;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{Namespace, Secret};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::Api;
use kube::api::PostParams;
use soc2gate_source::{Code, Diagnostic};
use tokio::time::timeout;

use super::Connection;
use super::certificates::{Chain, Lifetimes};
use super::connection::reason;
use super::lease::{self, Leadership};
use super::registration::{Kept, Registration};
use crate::certificate::Certificate;
use crate::health::Health;
use crate::metrics::Metrics;
use crate::reload::{expires, say};

/// How long one request to the API server may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// Whose Secret it is.
const LABEL: (&str, &str) = ("app.kubernetes.io/managed-by", "soc2gate-webhook");
/// The Lease of whoever writes.
const LEASE: &str = "soc2gate-webhook-certificates";

/// A Secret that holds the certificate.
#[derive(Clone)]
pub struct CertificateSecret {
    api: Api<Secret>,
    name: String,
    names: Vec<String>,
    lifetimes: Lifetimes,
}

impl CertificateSecret {
    /// Of a name in the webhook's own namespace, for servers with some names.
    pub fn new(
        connection: &Connection,
        name: &str,
        names: Vec<String>,
        lifetimes: Lifetimes,
    ) -> Self {
        Self {
            api: Api::namespaced(connection.client.clone(), &connection.namespace),
            name: name.to_owned(),
            names,
            lifetimes,
        }
    }

    /// The certificate that is there, or a first one.
    pub async fn begin(&self, now: Timestamp) -> Result<Chain, Diagnostic> {
        // Of several replicas that begin at once one makes it, and the others find it.
        for _ in 0..3 {
            if let Some((chain, _)) = self.read().await? {
                return Ok(chain);
            }
            let chain = Chain::new(&self.names, &self.lifetimes, now)
                .map_err(|error| unusable(&self.name, &error.to_string()))?;
            match timeout(
                PATIENCE,
                self.api
                    .create(&PostParams::default(), &self.secret(&chain, None)),
            )
            .await
            {
                Ok(Ok(_)) => return Ok(chain),
                Ok(Err(kube::Error::Api(status))) if status.code == 409 => {}
                Ok(Err(error)) => return Err(unusable(&self.name, &reason(&error))),
                Err(_) => return Err(unusable(&self.name, "the API server took too long")),
            }
        }
        Err(unusable(&self.name, "others write it all the time"))
    }

    /// The certificate with the version of the Secret; nothing where there is none.
    async fn read(&self) -> Result<Option<(Chain, Option<String>)>, Diagnostic> {
        let found = timeout(PATIENCE, self.api.get_opt(&self.name)).await;
        let found = found.map_err(|_| unusable(&self.name, "the API server took too long"))?;
        let Some(secret) = found.map_err(|error| unusable(&self.name, &reason(&error)))? else {
            return Ok(None);
        };
        let labels = secret.metadata.labels.unwrap_or_default();
        let data: BTreeMap<String, Vec<u8>> = secret
            .data
            .unwrap_or_default()
            .into_iter()
            .map(|(key, bytes)| (key, bytes.0))
            .collect();
        let chain = Chain::from_data(&data)
            .filter(|_| labels.get(LABEL.0).map(String::as_str) == Some(LABEL.1));
        let foreign = "it was not made by this program; remove it, or name another";
        let chain = chain.ok_or_else(|| unusable(&self.name, foreign))?;
        Ok(Some((chain, secret.metadata.resource_version)))
    }

    /// Renews what is due. Whether it was written.
    async fn renew(
        &self,
        chain: &Chain,
        version: Option<String>,
        now: Timestamp,
    ) -> Result<Option<Chain>, Diagnostic> {
        let renewed = chain
            .renewed(&self.names, &self.lifetimes, now)
            .map_err(|error| unusable(&self.name, &error.to_string()))?;
        let Some(renewed) = renewed else {
            return Ok(None);
        };
        let secret = self.secret(&renewed, version);
        let parameters = PostParams::default();
        let replace = self.api.replace(&self.name, &parameters, &secret);
        match timeout(PATIENCE, replace).await {
            Ok(Ok(_)) => Ok(Some(renewed)),
            Ok(Err(error)) => Err(unusable(&self.name, &reason(&error))),
            Err(_) => Err(unusable(&self.name, "the API server took too long")),
        }
    }

    fn secret(&self, chain: &Chain, version: Option<String>) -> Secret {
        let data = chain.to_data().into_iter();
        Secret {
            metadata: ObjectMeta {
                name: Some(self.name.clone()),
                resource_version: version,
                labels: Some(BTreeMap::from([(LABEL.0.to_owned(), LABEL.1.to_owned())])),
                ..ObjectMeta::default()
            },
            type_: Some("kubernetes.io/tls".to_owned()),
            data: Some(data.map(|(key, bytes)| (key, ByteString(bytes))).collect()),
            ..Secret::default()
        }
    }
}

/// Makes the webhook's own namespace where it is not there.
pub async fn ensure_namespace(connection: &Connection) -> Result<(), Diagnostic> {
    let api: Api<Namespace> = Api::all(connection.client.clone());
    let name = &connection.namespace;
    let unusable = |why: &str| {
        let what = format!("the namespace {name}: {why}");
        Diagnostic::new(Code::ClusterUnreachable, what)
    };
    let make = async {
        if api.get_opt(name).await?.is_some() {
            return Ok(());
        }
        let namespace = Namespace {
            metadata: ObjectMeta {
                name: Some(name.clone()),
                ..ObjectMeta::default()
            },
            ..Namespace::default()
        };
        match api.create(&PostParams::default(), &namespace).await {
            Err(kube::Error::Api(status)) if status.code == 409 => Ok(()),
            made => made.map(|_| ()),
        }
    };
    timeout(PATIENCE, make)
        .await
        .map_err(|_| unusable("the API server took too long"))?
        .map_err(|error| unusable(&reason(&error)))
}

/// What is kept.
pub struct Keeper {
    /// The Secret; none where the certificate is brought.
    pub secret: Option<CertificateSecret>,
    /// The certificates that the API server trusts, where they are not of this program's making.
    pub bundle: Option<String>,
    /// What the API server knows; none where that is left to others.
    pub registration: Option<Registration>,
    /// What is served.
    pub tls: RustlsConfig,
    /// What was said last: nothing is said again and again.
    pub said: Option<String>,
    /// Who is told.
    pub health: Arc<Health>,
    /// Who counts.
    pub metrics: Arc<Metrics>,
}

impl Keeper {
    /// Keeps everything from now on; looks as often as asked for.
    pub async fn run(mut self, connection: Connection, mut served: Option<Chain>, every: Duration) {
        let leadership = lease::follow(&connection, LEASE, lease::DURATION);
        let mut is_registered = false;
        loop {
            self.look(&leadership, &mut served, &mut is_registered)
                .await;
            tokio::time::sleep(every).await;
        }
    }

    async fn look(
        &mut self,
        leadership: &Leadership,
        served: &mut Option<Chain>,
        is_registered: &mut bool,
    ) {
        if let Some(secret) = self.secret.clone() {
            match self.look_at_secret(&secret, leadership, served).await {
                Ok(()) => self.health.certificate_trouble.set(None),
                Err(problem) => {
                    self.metrics.certificate_broken.set(1);
                    let text = format!("{}: {}", problem.code.id(), problem.message);
                    self.health.certificate_trouble.set(Some(text));
                    self.say_once(&problem);
                }
            }
        }
        let Some(registration) = &mut self.registration else {
            return;
        };
        // The first time whoever serves registers; afterwards one keeps it for all.
        if *is_registered && !leadership.is_held() {
            return;
        }
        let bundle = served
            .as_ref()
            .map(Chain::bundle)
            .or_else(|| self.bundle.clone());
        match timeout(PATIENCE, registration.keep(bundle.as_deref())).await {
            Ok(Ok(kept)) => {
                match kept {
                    Kept::Same => {}
                    Kept::Written => tracing::info!("the webhook is registered"),
                    Kept::Restored => say(&unregistered(
                        "somebody changed the registration; it is as it was again",
                    )),
                    Kept::Absent => {
                        self.say_once(&unregistered("there is no such configuration yet"));
                    }
                }
                *is_registered = kept != Kept::Absent;
                let missing = (kept == Kept::Absent).then(|| "not there".to_owned());
                self.health.registration_trouble.set(missing);
            }
            failed => {
                let why = match failed {
                    Ok(Err(error)) => reason(&error),
                    _ => "the API server took too long".to_owned(),
                };
                let problem = unregistered(&why);
                self.health.registration_trouble.set(Some(why));
                self.say_once(&problem);
            }
        }
    }

    /// Says what is not what was said last.
    fn say_once(&mut self, problem: &Diagnostic) {
        if self.said.as_deref() != Some(&*problem.message) {
            self.said = Some(problem.message.clone());
            say(problem);
        }
    }

    async fn look_at_secret(
        &self,
        secret: &CertificateSecret,
        leadership: &Leadership,
        served: &mut Option<Chain>,
    ) -> Result<(), Diagnostic> {
        let now = Timestamp::now();
        let (mut chain, version) = match secret.read().await? {
            Some(found) => found,
            // Somebody removed it: whoever serves goes on, and one makes it again.
            None if leadership.is_held() => (secret.begin(now).await?, None),
            None => return Ok(()),
        };
        if leadership.is_held()
            && version.is_some()
            && let Some(renewed) = secret.renew(&chain, version, now).await?
        {
            chain = renewed;
        }
        let serves_another = served
            .as_ref()
            .is_none_or(|served| served.server() != chain.server());
        if serves_another {
            let certificate = certificate(&chain)?;
            self.tls.reload_from_config(certificate.config);
            expires(&self.metrics, &self.health, certificate.expiry);
            self.metrics.certificate_reloads.inc();
            tracing::info!("another certificate is served");
        }
        self.metrics.certificate_broken.set(0);
        *served = Some(chain);
        Ok(())
    }
}

/// The certificate of a chain as it is served.
pub fn certificate(chain: &Chain) -> Result<Certificate, Diagnostic> {
    let server = chain.server();
    Certificate::from_pem(server.certificate.as_bytes(), server.key.as_bytes())
        .map_err(|what| unusable("the Secret", &what))
}

fn unusable(name: &str, what: &str) -> Diagnostic {
    Diagnostic::new(Code::CertificateSecretUnusable, format!("{name}: {what}"))
}

fn unregistered(what: &str) -> Diagnostic {
    Diagnostic::new(Code::NotRegistered, what.to_owned())
}
