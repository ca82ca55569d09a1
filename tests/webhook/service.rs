//! The service in this process, without a network.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use axum::body::Body;
use serde_json::{Value, json};
use soc2gate_engine::{Config, Context, Exceptions, Gate, Library, Siblings};
use soc2gate_webhook::admission::{Admission, Incoming, Limits};
use soc2gate_webhook::args::FailureMode;
use soc2gate_webhook::judging::{Judging, JudgingPool, judge_bytes};
use soc2gate_webhook::metrics::Metrics;
use soc2gate_webhook::policies::{Policies, PolicySnapshot};

/// The uid of every request here.
pub(crate) const UID: &str = "74f94b90-e43f-4c12-8d44-af650f7578c9";

/// The library of controls.
pub(crate) static LIBRARY: LazyLock<Library> =
    LazyLock::new(|| Library::load(&soc2gate_policies::sources()).0);

/// A gate of some controls of the library, with a configuration.
pub(crate) fn gate(controls: &[&str], config: &str) -> Gate {
    let (config, problems) = Config::parse("soc2gate.yaml", config);
    assert_eq!(problems, []);
    let library = LIBRARY.clone().only(&controls.iter().copied().collect());
    let (gate, problems) = Gate::new(&library, &config, Exceptions::default());
    assert_eq!(problems, []);
    gate
}

/// A service that can be asked.
pub(crate) struct Service {
    pub(crate) admission: Admission,
    pub(crate) metrics: Arc<Metrics>,
}

/// How a service is made.
pub(crate) struct Setup {
    pub(crate) judging: Judging,
    pub(crate) in_flight: usize,
    pub(crate) on_failure: FailureMode,
    pub(crate) context: Context,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            judging: judge_bytes,
            in_flight: 16,
            on_failure: FailureMode::Deny,
            context: Context::new(&Siblings::new()),
        }
    }
}

impl Service {
    pub(crate) fn new(gate: Gate, setup: Setup) -> Self {
        let metrics = Arc::new(Metrics::default());
        let snapshot = PolicySnapshot::new(gate, setup.context, LIBRARY.digest().to_owned());
        let policies = Arc::new(Policies::new(Arc::new(snapshot)));
        let pool = JudgingPool::start_with(Some(1), 16, setup.judging).unwrap();
        let limits = Limits {
            in_flight: setup.in_flight,
            on_failure: setup.on_failure,
            on_ledger_failure: FailureMode::Deny,
        };
        let admission = Admission::new(policies, pool, None, Arc::clone(&metrics), limits);
        Self { admission, metrics }
    }

    /// A service that denies privileged workloads.
    pub(crate) fn plain() -> Self {
        Self::new(gate(&["WRK-01"], "version: 1\n"), Setup::default())
    }

    /// What a request is answered: the response, after its frame was looked at.
    pub(crate) async fn ask(&self, request: &Value) -> Value {
        self.ask_body(Body::from(request.to_string())).await
    }

    /// The same of a body.
    pub(crate) async fn ask_body(&self, body: Body) -> Value {
        self.ask_incoming(Incoming {
            content_type: Some("application/json".to_owned()),
            timeout: Some(Duration::from_secs(10)),
            body,
        })
        .await
    }

    /// The same of a whole request.
    pub(crate) async fn ask_incoming(&self, incoming: Incoming) -> Value {
        response(&self.admission.answer(incoming).await)
    }
}

/// The response in an answer, which must be an AdmissionReview and nothing else.
pub(crate) fn response(answer: &[u8]) -> Value {
    let mut review: Value = serde_json::from_slice(answer).unwrap();
    assert_eq!(review["apiVersion"], "admission.k8s.io/v1");
    assert_eq!(review["kind"], "AdmissionReview");
    assert!(review["response"]["uid"].is_string());
    assert!(review["response"]["allowed"].is_boolean());
    review["response"].take()
}

/// The AdmissionReview of an operation on an object.
pub(crate) fn review(operation: &str, object: &Value) -> Value {
    let version = object["apiVersion"].as_str().unwrap();
    let (group, version) = version.split_once('/').unwrap_or(("", version));
    let kind = object["kind"].as_str().unwrap();
    let mut request = json!({
        "uid": UID,
        "kind": {"group": group, "version": version, "kind": kind},
        "resource": {"group": group, "version": version, "resource": format!("{}s", kind.to_lowercase())},
        "operation": operation,
        "userInfo": {"username": "alice", "groups": ["system:authenticated"]},
        "object": object,
        "oldObject": object,
        "dryRun": false,
    });
    for key in ["name", "namespace"] {
        if object["metadata"][key].is_string() {
            request[key] = object["metadata"][key].clone();
        }
    }
    match operation {
        "CREATE" | "CONNECT" => request["oldObject"] = Value::Null,
        "DELETE" => request["object"] = Value::Null,
        _ => {}
    }
    json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request})
}

/// A pod whose one container is privileged, or is not.
pub(crate) fn pod(is_privileged: bool) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "shell", "namespace": "prod"},
        "spec": {"containers": [{
            "name": "shell",
            "image": "example.com/shell:1",
            "securityContext": {"privileged": is_privileged, "allowPrivilegeEscalation": false},
        }]},
    })
}
