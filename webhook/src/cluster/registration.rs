//! How the API server knows the webhook: its `ValidatingWebhookConfiguration`.

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{
    ServiceReference, ValidatingWebhook, ValidatingWebhookConfiguration, WebhookClientConfig,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::api::{DeleteParams, PostParams};
use kube::{Api, Client};
use soc2gate_source::{parse_yaml, split_yaml};

/// The plain manifest, of which the configuration is taken: the same requests are asked for however it is installed.
const MANIFEST: &str = include_str!("../../install.yaml");
/// The namespace that the manifest is written for.
const MANIFEST_NAMESPACE: &str = "soc2gate-system";
/// Where requests go.
const PATH: &str = "/validate";
/// How often a write is tried again that another one came before.
const ATTEMPTS: usize = 5;

/// Whom the API server calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// A URL, outside of the cluster. The whole configuration is this program's.
    Url {
        /// The address, without a path.
        url: String,
        /// The namespace of the webhook's own objects, which it does not judge.
        own_namespace: String,
    },
    /// A Service. The configuration is the chart's, and only the CA in it is this program's.
    Service,
}

/// Keeps a configuration as it should be.
pub struct Registration {
    api: Api<ValidatingWebhookConfiguration>,
    name: String,
    caller: Caller,
    /// What the API server made of the webhooks that were written last.
    written: Option<Vec<ValidatingWebhook>>,
}

/// What keeping came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// All is as it was written.
    Same,
    /// It was written.
    Written,
    /// Somebody had changed it, and it was written again.
    Restored,
    /// There is none, and it is not this program's to make one.
    Absent,
}

impl Registration {
    /// Of a name; nothing is asked or written yet.
    pub fn new(client: Client, name: &str, caller: Caller) -> Self {
        Self {
            api: Api::all(client),
            name: name.to_owned(),
            caller,
            written: None,
        }
    }

    /// Writes the configuration where it is not as it should be.
    pub async fn keep(&mut self, bundle: Option<&str>) -> kube::Result<Kept> {
        let mut attempts = 0;
        loop {
            attempts += 1;
            match self.keep_once(bundle).await {
                Err(kube::Error::Api(status)) if status.code == 409 && attempts < ATTEMPTS => {}
                outcome => return outcome,
            }
        }
    }

    async fn keep_once(&mut self, bundle: Option<&str>) -> kube::Result<Kept> {
        let found = self.api.get_opt(&self.name).await?;
        let is_ours = matches!(self.caller, Caller::Url { .. });
        let Some(mut configuration) = found else {
            if !is_ours {
                return Ok(Kept::Absent);
            }
            let made = ValidatingWebhookConfiguration {
                metadata: ObjectMeta {
                    name: Some(self.name.clone()),
                    ..ObjectMeta::default()
                },
                webhooks: Some(self.wanted(None, bundle)),
            };
            let made = self.api.create(&PostParams::default(), &made).await?;
            return Ok(self.remember(made));
        };
        let found = configuration.webhooks.take().unwrap_or_default();
        let wanted = if is_ours && self.written.as_ref() == Some(&found) && has(&found, bundle) {
            return Ok(Kept::Same);
        } else {
            self.wanted(Some(&found), bundle)
        };
        if !is_ours && wanted == found {
            self.written = Some(found);
            return Ok(Kept::Same);
        }
        configuration.webhooks = Some(wanted);
        let replaced = self
            .api
            .replace(&self.name, &PostParams::default(), &configuration)
            .await?;
        let was_changed = self
            .written
            .as_ref()
            .is_some_and(|written| *written != found);
        self.remember(replaced);
        Ok(if was_changed {
            Kept::Restored
        } else {
            Kept::Written
        })
    }

    fn remember(&mut self, configuration: ValidatingWebhookConfiguration) -> Kept {
        self.written = configuration.webhooks;
        Kept::Written
    }

    /// The webhooks as they should be.
    fn wanted(
        &self,
        found: Option<&[ValidatingWebhook]>,
        bundle: Option<&str>,
    ) -> Vec<ValidatingWebhook> {
        match &self.caller {
            Caller::Url { url, own_namespace } => webhooks_for(url, own_namespace, bundle),
            Caller::Service => {
                let mut webhooks = found.unwrap_or_default().to_vec();
                for webhook in &mut webhooks {
                    webhook.client_config.ca_bundle = bundle_of(bundle);
                }
                webhooks
            }
        }
    }
}

/// Removes a configuration. Whether there was one.
pub async fn remove(client: Client, name: &str) -> kube::Result<bool> {
    let api: Api<ValidatingWebhookConfiguration> = Api::all(client);
    match api.delete(name, &DeleteParams::default()).await {
        Ok(_) => Ok(true),
        Err(kube::Error::Api(status)) if status.code == 404 => Ok(false),
        Err(error) => Err(error),
    }
}

fn has(webhooks: &[ValidatingWebhook], bundle: Option<&str>) -> bool {
    let bundle = bundle_of(bundle);
    webhooks
        .iter()
        .all(|webhook| webhook.client_config.ca_bundle == bundle)
}

fn bundle_of(bundle: Option<&str>) -> Option<ByteString> {
    bundle.map(|bundle| ByteString(bundle.as_bytes().to_vec()))
}

/// The webhooks of the manifest, called by a URL.
fn webhooks_for(url: &str, own_namespace: &str, bundle: Option<&str>) -> Vec<ValidatingWebhook> {
    let mut webhooks = manifest_webhooks();
    for webhook in &mut webhooks {
        webhook.client_config = WebhookClientConfig {
            ca_bundle: bundle_of(bundle),
            service: None::<ServiceReference>,
            url: Some(format!("{}{PATH}", url.trim_end_matches('/'))),
        };
        let selector = webhook.namespace_selector.iter_mut();
        let expressions = selector.filter_map(|selector| selector.match_expressions.as_mut());
        for value in expressions
            .flatten()
            .filter_map(|expression| expression.values.as_mut())
            .flatten()
        {
            if value == MANIFEST_NAMESPACE {
                own_namespace.clone_into(value);
            }
        }
    }
    webhooks
}

/// The webhooks of the manifest. It is a part of this program, and a test reads it.
fn manifest_webhooks() -> Vec<ValidatingWebhook> {
    split_yaml(MANIFEST)
        .into_iter()
        .filter_map(|document| parse_yaml(document).ok().flatten())
        .map(|document| document.value)
        .filter(|value| value["kind"] == "ValidatingWebhookConfiguration")
        .filter_map(|value| {
            serde_json::from_value::<ValidatingWebhookConfiguration>(value)
                .ok()?
                .webhooks
        })
        .flatten()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_webhooks_of_the_manifest_are_called_by_a_url() {
        let webhooks = webhooks_for("https://127.0.0.1:8443/", "gate", Some("PEM"));
        assert_eq!(webhooks.len(), 2);
        for webhook in &webhooks {
            let client = &webhook.client_config;
            assert_eq!(
                client.url.as_deref(),
                Some("https://127.0.0.1:8443/validate")
            );
            assert!(client.service.is_none() && client.ca_bundle.is_some());
            let text = serde_json::to_string(&webhook.namespace_selector).unwrap();
            assert!(
                text.contains("\"gate\"") && !text.contains(MANIFEST_NAMESPACE),
                "{text}"
            );
            assert!(!webhook.rules.as_ref().unwrap().is_empty());
        }
        assert_eq!(webhooks[0].failure_policy.as_deref(), Some("Fail"));
    }
}
