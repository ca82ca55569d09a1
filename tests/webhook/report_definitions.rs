//! The kinds of report that clusters have, as their groups publish them: what they do not name is refused.

use serde_json::{Value, json};

/// The four kinds of both groups.
pub(crate) fn report_definitions() -> Vec<Value> {
    let older = ["critical", "high", "low", "medium", "info"];
    // The first schema of the group knew fewer severities.
    let oldest = ["high", "low", "medium"];
    vec![
        definition(
            ("wgpolicyk8s.io", "v1alpha2"),
            ("PolicyReport", "policyreports", "Namespaced"),
            &oldest,
        ),
        definition(
            ("wgpolicyk8s.io", "v1alpha2"),
            ("ClusterPolicyReport", "clusterpolicyreports", "Cluster"),
            &oldest,
        ),
        definition(
            ("openreports.io", "v1alpha1"),
            ("Report", "reports", "Namespaced"),
            &older,
        ),
        definition(
            ("openreports.io", "v1alpha1"),
            ("ClusterReport", "clusterreports", "Cluster"),
            &older,
        ),
    ]
}

fn definition(
    (group, version): (&str, &str),
    (kind, plural, scope): (&str, &str, &str),
    severities: &[&str],
) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": scope,
            "names": {"kind": kind, "listKind": format!("{kind}List"), "plural": plural, "singular": kind.to_lowercase()},
            "versions": [{
                "name": version,
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": schema(severities)},
            }],
        },
    })
}

fn schema(severities: &[&str]) -> Value {
    let text = json!({"type": "string"});
    let number = json!({"type": "integer"});
    let reference = json!({"type": "object", "properties": {"apiVersion": text, "fieldPath": text, "kind": text, "name": text,
        "namespace": text, "resourceVersion": text, "uid": text}});
    let result = json!({
        "type": "object",
        "required": ["policy"],
        "properties": {
            "category": text,
            "message": text,
            "policy": text,
            "properties": {"type": "object", "additionalProperties": text},
            "resources": {"type": "array", "items": reference},
            "result": {"type": "string", "enum": ["pass", "fail", "warn", "error", "skip"]},
            "rule": text,
            "scored": {"type": "boolean"},
            "severity": {"type": "string", "enum": severities},
            "source": text,
            "timestamp": {"type": "object", "required": ["nanos", "seconds"], "properties": {
                "nanos": {"type": "integer", "format": "int32"}, "seconds": {"type": "integer", "format": "int64"}}},
        },
    });
    json!({
        "type": "object",
        "properties": {
            "apiVersion": text,
            "kind": text,
            "metadata": {"type": "object"},
            "results": {"type": "array", "items": result},
            "scope": reference,
            "summary": {"type": "object", "properties": {"error": number, "fail": number, "pass": number, "skip": number, "warn": number}},
        },
    })
}
