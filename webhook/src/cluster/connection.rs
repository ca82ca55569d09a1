//! The way to the API server: from within a pod, or by a kubeconfig file from anywhere.

use std::path::PathBuf;
use std::time::Duration;

use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::{Client, Config};
use thiserror::Error;

use crate::args::ClusterArgs;

/// How long a connection to the API server may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the API server may take to say who it is.
const GREETING_TIMEOUT: Duration = Duration::from_secs(20);

/// A cluster that answers.
#[derive(Clone)]
pub struct Connection {
    /// Asks its API server.
    pub client: Client,
    /// Where the webhook keeps what is its own: certificates, leases.
    pub namespace: String,
    /// Who this replica is among others.
    pub identity: String,
}

/// Why a cluster cannot be asked. No text of a kubeconfig file is in it.
#[derive(Debug, Error)]
pub enum Unreachable {
    /// The kubeconfig file cannot be used.
    #[error("{}: no usable kubeconfig file: is it there, is it YAML, does its context name a cluster and a user?", .0.display())]
    Kubeconfig(PathBuf),
    /// There is no service account.
    #[error("not in a pod of a cluster, or without the token of its service account: {0}")]
    NoServiceAccount(String),
    /// The client could not be made.
    #[error("a certificate or key of the kubeconfig file cannot be used")]
    Client,
    /// The API server does not answer.
    #[error("the API server does not answer: {0}")]
    Silent(String),
}

impl Connection {
    /// Connects where the command line names a cluster. The own namespace is that of the command line, the one that is
    /// given here, or that of the credentials.
    pub async fn open(
        args: &ClusterArgs,
        own_namespace: Option<&str>,
    ) -> Result<Option<Self>, Unreachable> {
        let mut config = if let Some(path) = &args.kubeconfig {
            let unusable = |_| Unreachable::Kubeconfig(path.clone());
            let kubeconfig = Kubeconfig::read_from(path).map_err(unusable)?;
            let options = KubeConfigOptions {
                context: args.context.clone(),
                ..KubeConfigOptions::default()
            };
            Config::from_custom_kubeconfig(kubeconfig, &options)
                .await
                .map_err(unusable)?
        } else if args.in_cluster {
            Config::incluster().map_err(|error| Unreachable::NoServiceAccount(error.to_string()))?
        } else {
            return Ok(None);
        };
        config.connect_timeout = Some(CONNECT_TIMEOUT);
        let namespace = args
            .namespace
            .as_deref()
            .or(own_namespace)
            .unwrap_or(&config.default_namespace)
            .to_owned();
        let client = Client::try_from(config).map_err(|_| Unreachable::Client)?;
        let silent = |why: String| Unreachable::Silent(why);
        let version = tokio::time::timeout(GREETING_TIMEOUT, client.apiserver_version())
            .await
            .map_err(|_| silent("it took too long".to_owned()))?
            .map_err(|error| silent(reason(&error)))?;
        tracing::info!(
            version = version.git_version,
            namespace,
            "connected to a cluster"
        );
        Ok(Some(Self {
            client,
            namespace,
            identity: args.identity(),
        }))
    }
}

/// What went wrong with a request to the API server, without what the request or the answer held.
pub fn reason(error: &kube::Error) -> String {
    match error {
        kube::Error::Api(status) => format!("{} {}", status.code, status.reason),
        kube::Error::Auth(_) => "the credentials cannot be used".to_owned(),
        kube::Error::SerdeError(_) => "an answer that is not what was asked for".to_owned(),
        kube::Error::HyperError(_) | kube::Error::Service(_) => {
            "no connection, or it was cut".to_owned()
        }
        _ => "the request failed".to_owned(),
    }
}
