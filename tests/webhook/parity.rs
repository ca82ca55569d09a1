//! Every case of the library gets the same verdicts from the webhook as from a file.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use soc2gate_engine::{Decision, Enforcement, Status, SubjectKind};
use soc2gate_policies::control_folders;

use crate::service::{LIBRARY, Service, Setup, review};

/// Cases of controls that ask more of a file than of a request: a Secret belongs into the cluster.
const IN_FILES_ONLY: [&str; 2] = [
    "ENC-13 cases/fail-secret-kept-in-source.yaml",
    "ENC-13 cases/unknown-values-that-are-no-strings.yaml",
];

/// The controls of a decision that stand in the way and are not only recorded, and its outcome.
fn told(decision: &Decision) -> (BTreeSet<String>, BTreeSet<String>) {
    let of = |status: Status| {
        let verdicts = decision
            .verdicts
            .iter()
            .filter(|verdict| verdict.status == status);
        verdicts.map(|verdict| verdict.control.0.clone()).collect()
    };
    (of(Status::Fail), of(Status::Unknown))
}

fn listed(response: &Value, key: &str) -> BTreeSet<String> {
    let text = response["auditAnnotations"][key]
        .as_str()
        .unwrap_or_default();
    text.split(',')
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn every_case_of_the_library_gets_the_same_verdicts() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let (mut judged, mut denied, mut differ) = (0, 0, BTreeSet::new());
    for folder in control_folders(&root.join("policies/controls")).unwrap() {
        let file = folder.path.join("control.rego");
        let file = file
            .strip_prefix(root)
            .unwrap()
            .to_string_lossy()
            .into_owned();
        let control = LIBRARY
            .controls()
            .iter()
            .find(|control| *control.file == *file)
            .unwrap_or_else(|| panic!("{file}"));
        let id = control.id.0.as_str();
        for case in &folder.cases {
            let opened = case.open(&LIBRARY, id).unwrap();
            let mut judge = opened.gate.judge(&opened.context);
            let setup = Setup {
                context: opened.context.clone(),
                ..Setup::default()
            };
            let service = Service::new(opened.gate.clone(), setup);
            let service = Service {
                admission: service
                    .admission
                    .with_clock(|| "2026-11-23T09:00:00Z".parse().unwrap()),
                ..service
            };
            for subject in &opened.subjects {
                // Objects without a name are no objects of a cluster.
                if subject.kind != SubjectKind::Kubernetes {
                    continue;
                }
                let mut request = review("CREATE", &subject.document);
                let response = service.ask(&request).await;
                let place = format!("{} {}", case.file.display(), subject.id);
                // The same through the engine, as an object of a request; what that changes is a control's own doing.
                let in_file = judge.judge(subject, opened.now);
                let mut requested = subject.clone();
                let request = request["request"].as_object_mut().unwrap();
                request.retain(|key, _| key != "object" && key != "oldObject");
                requested.request = Some(Value::Object(request.clone()));
                let decision = judge.judge(&requested, opened.now);
                if told(&in_file) != told(&decision) {
                    let case = case.file.strip_prefix(&folder.path).unwrap();
                    differ.insert(format!("{id} {}", case.display()));
                }
                assert!(
                    response["auditAnnotations"]["failure"].is_null(),
                    "{place}: {response:#}"
                );
                assert_eq!(
                    response["auditAnnotations"]["outcome"],
                    decision.outcome.as_str(),
                    "{place}"
                );
                let (failed, unknown) = told(&decision);
                assert_eq!(listed(&response, "failed"), failed, "{place}");
                assert_eq!(listed(&response, "unknown"), unknown, "{place}");
                judged += 1;
                denied += usize::from(response["allowed"] == false);
                let stands = decision
                    .verdicts
                    .iter()
                    .any(|v| v.is_open() && v.enforcement == Enforcement::Deny);
                assert_eq!(response["allowed"] == false, stands, "{place}");
            }
        }
    }
    let differ: Vec<&str> = differ.iter().map(String::as_str).collect();
    assert_eq!(differ, IN_FILES_ONLY);
    assert!(judged > 100 && denied > 30, "{judged} {denied}");
}
