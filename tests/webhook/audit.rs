//! The audit beside an API server.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use soc2gate_ledger::record::{Event, Record, Scan};

use crate::audited::Audited;
use crate::cluster::tools;
use crate::process::Prepared;
use crate::report_definitions::report_definitions;

fn settings(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "pay"}, "data": {"colour": "blue"}})
}

fn privileged(name: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "pay"},
        "spec": {"containers": [{"name": "web", "image": "registry.example.com/web:1", "securityContext": {"privileged": true}}]}})
}

fn administrators() -> Value {
    json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "everyone"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": "everyone"}]})
}

fn judged(scan: &Scan, kind: &str) -> u64 {
    let of_kind = scan.kinds.iter().find(|scanned| scanned.kind == kind);
    of_kind.unwrap_or_else(|| panic!("{kind}: {scan:?}")).judged
}

fn thousand() -> Vec<Value> {
    let mut objects: Vec<Value> = (0..1_200).map(|at| settings(&format!("s-{at}"))).collect();
    objects.push(privileged("web"));
    objects
}

#[test]
fn what_exists_is_judged_by_pages_and_recorded_once() {
    let Some(tools) = tools() else { return };
    let audited = Audited::new(
        &tools,
        &json!({"namespaces": ["pay"], "objects": thousand()}),
    );
    let (code, log) = audited.once(&[]);
    assert_eq!(code, Some(1), "{log}");
    assert_eq!(audited.requests("GET", "/api/v1/configmaps?limit=500"), 3);
    let scans = audited.scans();
    let [scan] = &scans[..] else {
        panic!("{scans:?}")
    };
    assert!(scan.complete, "{scan:?}");
    assert_eq!(judged(scan, "ConfigMap"), 1_200);
    assert_eq!(scan.outcomes["deny"], 1);
    assert_eq!(scan.verdicts["WRK-01"]["fail"], 1);
    let decided = audited.decided();
    assert_eq!(decided.len() as u64, scan.recorded);
    assert!(decided.contains(&"kubernetes/Pod/pay/web".to_owned()));
    // Nothing changed: another scan is recorded, and no decision a second time.
    let (code, log) = audited.once(&[]);
    assert_eq!(code, Some(1), "{log}");
    assert_eq!(audited.scans().len(), 2);
    assert_eq!(audited.decided(), decided);
}

#[test]
fn what_is_left_out_is_said() {
    let Some(tools) = tools() else { return };
    let objects = [settings("a"), privileged("web"), administrators()];
    let audited = Audited::new(&tools, &json!({"namespaces": ["pay"], "objects": objects}));
    let exclusions = [
        "--exclude-namespace",
        "pay",
        "--exclude-kind",
        "rbac.authorization.k8s.io/ClusterRoleBinding",
    ];
    let (code, log) = audited.once(&exclusions);
    assert_eq!(code, Some(0), "{log}");
    assert!(log.contains(r#""excluded_namespaces":"pay""#), "{log}");
    let scan = audited.scans().remove(0);
    assert_eq!(scan.excluded_namespaces, ["pay"]);
    assert_eq!(
        scan.excluded_kinds,
        ["rbac.authorization.k8s.io/ClusterRoleBinding"]
    );
    let pods = scan.kinds.iter().find(|kind| kind.kind == "Pod").unwrap();
    assert_eq!((pods.judged, pods.excluded), (0, 1));
}

#[test]
fn a_kind_that_cannot_be_listed_makes_a_scan_incomplete() {
    let Some(tools) = tools() else { return };
    let mut objects = report_definitions();
    objects.push(privileged("web"));
    for (status, said) in [(403, "403 Forbidden"), (500, "500 Internal Server Error")] {
        let audited = Audited::new(
            &tools,
            &json!({"namespaces": ["pay"], "objects": objects, "faults": [{"match": "GET /api/v1/secrets*", "status": status}]}),
        );
        let (code, log) = audited.once(&[]);
        assert_eq!(code, Some(2), "{log}");
        let problem = format!("Secret could not be listed: {said}");
        assert!(log.contains("SG8016") && log.contains(&problem), "{log}");
        let scan = audited.scans().remove(0);
        assert!(
            !scan.complete && scan.problems.contains(&problem),
            "{scan:?}"
        );
        let secrets = scan
            .kinds
            .iter()
            .find(|kind| kind.kind == "Secret")
            .unwrap();
        assert!(!secrets.listed);
        let is_gap = |record: &Record| matches!(&record.event, Event::Gap(gap) if gap.reason.contains(&problem));
        assert!(audited.records().iter().any(is_gap));
        // What could be listed is judged all the same.
        assert_eq!(judged(&scan, "Pod"), 1);
        let reports = audited.reports("clusterreports.openreports.io");
        let (_, whole) = reports.iter().find(|(name, _)| name == "the scan").unwrap();
        assert_eq!(whole["results"][0]["result"], "error", "{whole}");
        assert!(whole.to_string().contains(&problem), "{whole}");
        let events = audited.get(&["events", "--all-namespaces"]);
        assert!(events.to_string().contains("AuditIncomplete"), "{events}");
    }
}

#[test]
fn siblings_that_cannot_be_read_are_unknown() {
    let Some(tools) = tools() else { return };
    let faults =
        json!([{"match": "GET /apis/networking.k8s.io/v1/networkpolicies*", "status": 403}]);
    let audited = Audited::new(
        &tools,
        &json!({"namespaces": ["pay"], "objects": [privileged("web")], "faults": faults}),
    );
    let (code, log) = audited.once(&[]);
    assert_eq!(code, Some(2), "{log}");
    let scan = audited.scans().remove(0);
    assert_eq!(scan.verdicts["NET-05"].get("unknown"), Some(&1), "{scan:?}");
    assert!(
        log.contains("networking.k8s.io/NetworkPolicy, which controls look at"),
        "{log}"
    );
}

#[test]
fn a_past_that_is_forgotten_starts_a_kind_anew() {
    let Some(tools) = tools() else { return };
    let faults = |times| json!([{"match": "GET /api/v1/configmaps?*continue=*", "nth": 2, "times": times, "status": 410, "reason": "Expired"}]);
    let audited = Audited::new(
        &tools,
        &json!({"namespaces": ["pay"], "objects": thousand(), "faults": faults(1)}),
    );
    let (code, log) = audited.once(&[]);
    assert_eq!(code, Some(1), "{log}");
    let scan = audited.scans().remove(0);
    assert!(scan.complete && log.contains("listed anew"), "{log}");
    assert_eq!(judged(&scan, "ConfigMap"), 1_200);
    let mut decided = audited.decided();
    let all = decided.len();
    decided.sort();
    decided.dedup();
    assert_eq!(decided.len(), all);
}

#[test]
fn a_past_that_is_always_forgotten_ends() {
    let Some(tools) = tools() else { return };
    let objects: Vec<Value> = (0..3).map(|at| settings(&format!("s-{at}"))).collect();
    let faults = json!([{"match": "GET /api/v1/configmaps?*continue=*", "status": 410, "reason": "Expired"}]);
    let audited = Audited::new(
        &tools,
        &json!({"namespaces": ["pay"], "objects": objects, "faults": faults}),
    );
    let (code, log) = audited.once(&["--page-size", "1"]);
    assert_eq!(code, Some(2), "{log}");
    assert!(
        log.contains("ConfigMap could not be listed: 410 Gone"),
        "{log}"
    );
}

#[tokio::test]
async fn reports_say_what_is_and_are_kept_so() {
    let Some(tools) = tools() else { return };
    let mut objects = report_definitions();
    objects.extend([
        privileged("web"),
        privileged("shop"),
        administrators(),
        settings("a"),
    ]);
    let audited = Audited::new(&tools, &json!({"namespaces": ["pay"], "objects": objects}));
    let audit = audited.scheduled(&["--interval", "1s"], "log");
    audit.scanned(1.0).await;
    for (namespaced, cluster) in [
        (
            "policyreports.wgpolicyk8s.io",
            "clusterpolicyreports.wgpolicyk8s.io",
        ),
        ("reports.openreports.io", "clusterreports.openreports.io"),
    ] {
        let reports = audited.reports(namespaced);
        let mut names: Vec<&str> = reports.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["shop", "web"]);
        let report = &reports[0].1;
        assert_eq!(
            report["metadata"]["ownerReferences"][0]["uid"],
            report["scope"]["uid"]
        );
        let results = report["results"].as_array().unwrap();
        let failing = results
            .iter()
            .find(|result| result["policy"] == "WRK-01")
            .unwrap();
        assert_eq!(failing["result"], "fail");
        assert!(failing["timestamp"]["seconds"].is_i64() && failing["timestamp"]["nanos"].is_i64());
        assert!(results.iter().all(|result| result["result"] != "pass"));
        assert!(report["summary"]["pass"].is_i64());
        let cluster = audited.reports(cluster);
        assert!(
            cluster.iter().any(|(name, _)| name == "everyone"),
            "{cluster:?}"
        );
        assert!(
            cluster.iter().any(|(name, _)| name == "the scan"),
            "{cluster:?}"
        );
    }
    // What is as it should be is not written again.
    let written = audited.requests("PATCH", "soc2gate-");
    audit.scanned(3.0).await;
    assert_eq!(
        audited.requests("PATCH", "soc2gate-"),
        written,
        "{}",
        audit.log()
    );

    let uid = audited.get(&["pod", "web", "--namespace", "pay"])["metadata"]["uid"].clone();
    let name = format!("soc2gate-{}", uid.as_str().unwrap());
    let whole = audited.get(&["reports", &name, "--namespace", "pay"]);
    let patch = r#"{"results": [], "summary": {"fail": 0}}"#;
    let (done, said) = audited.cluster.kubectl(&[
        "patch",
        "reports",
        &name,
        "--namespace",
        "pay",
        "--type",
        "merge",
        "--patch",
        patch,
    ]);
    assert!(done, "{said}");
    audit
        .until("it is restored", async || {
            let report = audited.get(&["reports", &name, "--namespace", "pay"]);
            report["summary"] == whole["summary"]
                && report["results"].as_array().map(Vec::len)
                    == whole["results"].as_array().map(Vec::len)
        })
        .await;
    audit
        .until("it is told", async || audit.log().contains("SG8017"))
        .await;
    assert_eq!(
        audit.metric("soc2gate_audit_reports_altered_total").await,
        Some(1.0)
    );
    let events = audited.get(&["events", "--all-namespaces"]);
    assert!(events.to_string().contains("ReportAltered"), "{events}");

    // A report whose object went, and that was not collected with it.
    let patch = r#"[{"op": "remove", "path": "/metadata/ownerReferences"}]"#;
    let (done, said) = audited.cluster.kubectl(&[
        "patch",
        "reports",
        &name,
        "--namespace",
        "pay",
        "--type",
        "json",
        "--patch",
        patch,
    ]);
    assert!(done, "{said}");
    let (done, said) =
        audited
            .cluster
            .kubectl(&["delete", "pod", "web", "--namespace", "pay", "--now"]);
    assert!(done, "{said}");
    audit
        .until("its report is removed", async || {
            audited.reports("reports.openreports.io").len() == 1
        })
        .await;
}

#[test]
fn a_restart_tells_what_others_changed() {
    let Some(tools) = tools() else { return };
    let mut objects = report_definitions();
    objects.push(privileged("web"));
    let audited = Audited::new(&tools, &json!({"namespaces": ["pay"], "objects": objects}));
    audited.once(&[]);
    let (code, log) = audited.once(&[]);
    assert_eq!(code, Some(1), "{log}");
    assert!(!log.contains("SG8017"), "{log}");
    let patch = r#"{"summary": {"fail": 0}}"#;
    let (_, report) = audited.reports("reports.openreports.io").remove(0);
    let name = report["metadata"]["name"].as_str().unwrap();
    let (done, said) = audited.cluster.kubectl(&[
        "patch",
        "reports",
        name,
        "--namespace",
        "pay",
        "--type",
        "merge",
        "--patch",
        patch,
    ]);
    assert!(done, "{said}");
    let (_, log) = audited.once(&[]);
    assert!(log.contains("SG8017"), "{log}");
    assert_eq!(
        audited.reports("reports.openreports.io")[0].1["summary"],
        report["summary"]
    );
}

#[test]
fn there_is_a_most_of_reports() {
    let Some(tools) = tools() else { return };
    let mut objects = report_definitions();
    objects.extend((0..5).map(|at| privileged(&format!("web-{at}"))));
    let audited = Audited::new(&tools, &json!({"namespaces": ["pay"], "objects": objects}));
    let (code, log) = audited.once(&["--max-reports", "3"]);
    assert_eq!(code, Some(1), "{log}");
    assert_eq!(audited.reports("reports.openreports.io").len(), 3);
    assert!(log.contains("reports are left out"), "{log}");
}

#[tokio::test]
async fn other_policies_are_a_reason_to_scan() {
    let Some(tools) = tools() else { return };
    let audited = Audited::new(
        &tools,
        &json!({"namespaces": ["pay"], "objects": [privileged("web")]}),
    );
    let audit = audited.scheduled(&["--interval", "1h"], "log");
    audit.scanned(1.0).await;
    let config =
        "version: 1\nledger: {location: ledger}\ncontrols: {WRK-01: {enforcement: record}}\n";
    fs::write(audited.folder.path().join("soc2gate.yaml"), config).unwrap();
    audit.scanned(2.0).await;
    assert!(audit.log().contains("other policies judge"));
    let verdicts = audit.metric(r#"soc2gate_audit_verdicts{control="WRK-01",status="fail"}"#);
    assert_eq!(verdicts.await, Some(1.0));
    assert!(
        audit
            .metric("soc2gate_audit_last_complete_timestamp_seconds")
            .await
            > Some(0.0)
    );
}

#[tokio::test]
async fn what_is_denied_is_held_against_what_was_admitted() {
    let Some(tools) = tools() else { return };
    let audited = Audited::new(
        &tools,
        &json!({"namespaces": ["pay"], "objects": [privileged("old")]}),
    );
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    let lenient: Vec<String> = [
        "ACC-18", "ENC-13", "NET-05", "SUP-01", "SUP-02", "WRK-01", "WRK-02",
    ]
    .iter()
    .map(|control| format!("  {control}: {{enforcement: record}}\n"))
    .collect();
    let prepared = Prepared::new();
    let config = format!(
        "version: 1\nledger: {{location: ledger}}\ncontrols:\n{}",
        lenient.concat()
    );
    fs::write(prepared.path().join("soc2gate.yaml"), config).unwrap();
    let mut webhook = prepared.start().await;
    let mut object = privileged("admitted");
    object["metadata"]["uid"] = json!("1-2");
    let review = json!({"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "7", "operation": "CREATE", "namespace": "pay", "name": "admitted", "userInfo": {"username": "ann"},
        "kind": {"group": "", "version": "v1", "kind": "Pod"}, "resource": {"group": "", "version": "v1", "resource": "pods"},
        "object": object}});
    let answer = webhook.client().ask(&webhook.url(), &review).await.unwrap();
    assert_eq!(answer["allowed"], true, "{answer}");
    webhook.signal("TERM");
    webhook.signal("TERM");
    webhook.ended().await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    for name in ["admitted", "sneaked"] {
        let (done, said) = audited.cluster.apply(&privileged(name).to_string());
        assert!(done, "{said}");
    }
    let of_webhook = webhook.path().join("ledger");
    let (code, log) = audited.once(&["--admission-ledger", &of_webhook.to_string_lossy()]);
    assert_eq!(code, Some(1), "{log}");
    let scan = audited.scans().remove(0);
    let drift: Vec<(&str, u64)> = scan
        .drift
        .iter()
        .map(|(reason, count)| (reason.as_str(), *count))
        .collect();
    assert_eq!(
        drift,
        [
            ("bypassed", 1),
            ("older_than_gate", 1),
            ("policy_changed", 1)
        ],
        "{log}"
    );
}

#[tokio::test]
async fn of_two_replicas_one_scans() {
    let Some(tools) = tools() else { return };
    let audited = Audited::new(
        &tools,
        &json!({"namespaces": ["pay"], "objects": [privileged("web")]}),
    );
    let of = |name: &'static str| ["--interval", "1s", "--no-ledger", "--replica", name];
    let first = audited.scheduled(&of("first"), "first");
    first.scanned(1.0).await;
    let second = audited.scheduled(&of("second"), "second");
    second
        .until("it answers", async || {
            second.metric("soc2gate_audit_leader").await.is_some()
        })
        .await;
    first.scanned(4.0).await;
    assert_eq!(second.metric("soc2gate_audit_leader").await, Some(0.0));
    assert!(!second.log().contains("a scan begins"), "{}", second.log());
    let id = first.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-s", "TERM", &id])
            .status()
            .unwrap()
            .success()
    );
    // The lease is left, so nobody waits until it ends.
    let began = Instant::now();
    second.scanned(1.0).await;
    assert!(
        began.elapsed() < Duration::from_secs(10),
        "{}",
        second.log()
    );
    let lease = audited.get(&["leases", "soc2gate-audit"]);
    assert_eq!(lease["spec"]["holderIdentity"], "second");
}

#[tokio::test]
async fn a_leader_that_cannot_renew_its_lease_scans_no_more() {
    let Some(tools) = tools() else { return };
    let faults = json!([{"match": "PUT /apis/coordination.k8s.io/*", "status": 403}]);
    let audited = Audited::new(
        &tools,
        &json!({"namespaces": ["pay"], "objects": [privileged("web")], "faults": faults}),
    );
    let audit = audited.scheduled(&["--interval", "1s", "--no-ledger"], "log");
    audit.scanned(1.0).await;
    audit
        .until("it gives up", async || {
            audit.metric("soc2gate_audit_leader").await == Some(0.0)
        })
        .await;
}

#[test]
fn without_a_cluster_it_does_not_scan() {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_soc2gate-webhook"))
        .current_dir(folder.path())
        .env_clear()
        .args(["audit", "--once", "--no-ledger"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("SG8005"));
}
