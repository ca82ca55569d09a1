use std::collections::BTreeMap;

use rstest::rstest;
use soc2gate_engine::Subject;
use soc2gate_source::Severity;

use super::*;
use crate::{Reading, SourceFile, units};

fn read_text(text: &str) -> Read {
    let file = SourceFile {
        name: "m.yaml".into(),
        text: text.into(),
    };
    let mut all = Read::default();
    for unit in units(&file, Reading::default()) {
        let one = crate::read(&unit, Reading::default());
        all.subjects.extend(one.subjects);
        all.diagnostics.extend(one.diagnostics);
    }
    all
}

fn ids(text: &str) -> Vec<String> {
    read_text(text)
        .subjects
        .into_iter()
        .map(|subject| subject.id)
        .collect()
}

#[test]
fn ids_name_group_kind_namespace_and_name() {
    let text = "\
apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, namespace: shop}\n---
apiVersion: v1\nkind: Pod\nmetadata: {name: one}\n---
apiVersion: batch/v1\nkind: Job\nmetadata: {generateName: migrate-}\n---
apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources: []\n";
    assert_eq!(
        ids(text),
        [
            "kubernetes/apps/Deployment/shop/web",
            "kubernetes/Pod/one",
            "kubernetes/batch/Job/migrate-*",
            "kubernetes/apiserver.config.k8s.io/EncryptionConfiguration/(unnamed)",
        ]
    );
}

#[test]
fn lists_are_opened_and_their_items_keep_their_lines() {
    let text = "apiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata:\n    name: a\n- apiVersion: v1\n  kind: Service\n  metadata: {name: b}\n";
    let read = read_text(text);
    let lines: Vec<(String, u32)> = read
        .subjects
        .iter()
        .map(|subject| {
            (
                subject.id.clone(),
                subject.source.locate(&["metadata".into()]).unwrap().line,
            )
        })
        .collect();
    assert_eq!(
        lines,
        [
            ("kubernetes/Pod/a".to_owned(), 6),
            ("kubernetes/Service/b".to_owned(), 10)
        ]
    );
}

#[test]
fn items_of_a_typed_list_have_its_type() {
    let text = r#"{"apiVersion":"v1","kind":"PodList","items":[{"metadata":{"name":"a"}}]}"#;
    let read = read_text(text);
    assert_eq!(read.subjects[0].resource.as_deref(), Some("Pod"));
    assert_eq!(read.subjects[0].document["kind"], "Pod");
}

#[rstest]
#[case(
    "kind: Deployment\nmetadata: {name: web}\n",
    "an object without apiVersion"
)]
#[case("apiVersion: v1\nmetadata: {name: web}\n", "an object without kind")]
#[case(
    "apiVersion: 1\nkind: Pod\nmetadata: {}\n",
    "apiVersion must be a version like v1 or apps/v1"
)]
#[case(
    "apiVersion: v1\nkind: Pod\nmetadata: 3\n",
    "metadata must be a mapping"
)]
#[case(
    "apiVersion: v1\nkind: Pod\nmetadata: {name: 3}\n",
    "metadata.name, generateName and namespace must be texts"
)]
#[case(
    "apiVersion: v1\nkind: List\nitems: [3]\n",
    "an object must be a mapping"
)]
fn broken_objects_are_errors(#[case] text: &str, #[case] message: &str) {
    let read = read_text(text);
    assert!(read.subjects.is_empty());
    assert_eq!(read.diagnostics.len(), 1);
    assert_eq!(
        (
            read.diagnostics[0].message.as_str(),
            read.diagnostics[0].severity
        ),
        (message, Severity::Error)
    );
}

#[rstest]
#[case("apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n")]
#[case("apiVersion: v1\nkind: Config\nusers: [{name: a, user: {token: hunter2}}]\n")]
#[case("apiVersion: v2\nname: chart\nversion: 0.1.0\n")]
#[case("services: {web: {image: nginx}}\n")]
#[case("- just\n- a list\n")]
#[case("a text\n")]
fn other_files_are_skipped_with_a_note(#[case] text: &str) {
    let read = read_text(text);
    assert!(read.subjects.is_empty());
    assert_eq!(read.diagnostics.len(), 1);
    assert_eq!(read.diagnostics[0].severity, Severity::Note);
    assert!(!read.diagnostics[0].message.contains("hunter2"));
}

#[test]
fn siblings_are_sorted_by_type_and_namespace() {
    let text = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a, namespace: shop}\n---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: b}\n---\napiVersion: v1\nkind: Pod\nmetadata: {name: NetworkPolicy}\n";
    let file = SourceFile {
        name: "m.yaml".into(),
        text: text.into(),
    };
    let mut found = Siblings::new();
    for unit in units(&file, Reading::default()) {
        siblings(
            &unit,
            &BTreeSet::from(["networking.k8s.io/NetworkPolicy"]),
            &mut found,
        );
    }
    let names: BTreeMap<&String, usize> = found["networking.k8s.io/NetworkPolicy"]
        .iter()
        .map(|(namespace, list)| (namespace, list.len()))
        .collect();
    assert_eq!(
        names,
        BTreeMap::from([(&"default".to_owned(), 1), (&"shop".to_owned(), 1)])
    );
    assert_eq!(found.len(), 1);
}

#[test]
fn excerpts_never_show_what_may_be_secret() {
    let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p, annotations: {name: hunter2}}\nspec:\n  containers:\n  - {name: c, image: nginx, args: [hunter2], env: [{name: PW, value: hunter2}]} # hunter2\n";
    let read = read_text(text);
    let subject: &Subject = &read.subjects[0];
    for path in [
        vec!["spec".into(), "containers".into(), 0.into()],
        vec!["metadata".into()],
    ] {
        let location = subject.source.locate(&path).unwrap();
        let excerpt = subject.source.excerpt(&location).unwrap();
        assert!(!excerpt.text.contains("hunter2"), "{}", excerpt.text);
    }
    let location = subject
        .source
        .locate(&["spec".into(), "containers".into(), 0.into(), "image".into()])
        .unwrap();
    let excerpt = subject.source.excerpt(&location).unwrap();
    assert_eq!(
        excerpt.text,
        "  - {name: c, image: nginx, args: [•••], env: [{name: PW, value: •••}]}"
    );
}
