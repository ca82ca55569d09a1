//! Policies in the habit of Conftest, unchanged, through the real binary.

use super::*;

/// A deployment policy as people write it: denials, violations with details, warnings, an exception of its own,
/// data from outside, a library.
const POLICY: &str = r#"package main

import data.kubernetes
import data.services

name := input.metadata.name

deny contains msg if {
	kubernetes.is_deployment
	not input.spec.template.spec.securityContext.runAsNonRoot
	msg := sprintf("Containers must not run as root in Deployment %s", [name])
}

deny_ports contains msg if {
	kubernetes.is_service
	some port in input.spec.ports
	not port.port in services.ports
	msg := sprintf("Service %s opens port %d", [name, port.port])
}

violation contains {"msg": msg, "details": {"labels": missing}} if {
	kubernetes.is_deployment
	missing := {"app", "release"} - {label | input.spec.selector.matchLabels[label]}
	count(missing) > 0
	msg := sprintf("Deployment %s must provide app/release labels for pod selectors", [name])
}

warn contains msg if {
	kubernetes.is_service
	msg := sprintf("Found service %s but services are not allowed", [name])
}

exception contains rules if {
	name == "gateway"
	rules := ["ports"]
}
"#;

const LIBRARY: &str = "package kubernetes\n\nis_service if input.kind == \"Service\"\n\nis_deployment if input.kind == \"Deployment\"\n";

const DEPLOYMENT: &str = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: hello\n  namespace: shop\nspec:\n  selector:\n    matchLabels:\n      app: hello\n  template:\n    spec:\n      containers:\n      - name: hello\n        image: example.com/hello@sha256:0000000000000000000000000000000000000000000000000000000000000000\n";

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata:\n  name: hello\n  namespace: shop\nspec:\n  selector:\n    app: hello\n  ports:\n  - port: 8080\n";

fn example() -> tempfile::TempDir {
    folder(&[
        ("policy/deployment.rego", POLICY),
        ("policy/kubernetes.rego", LIBRARY),
        ("exclusions/services.yaml", "services:\n  ports: [22]\n"),
        ("deployment.yaml", DEPLOYMENT),
        ("service.yaml", SERVICE),
    ])
}

/// The verdicts of plain policies as `subject control status message|message`.
fn told(report: &Value, ids: &[&str]) -> Vec<String> {
    let mut lines = Vec::new();
    for decision in report["decisions"].as_array().unwrap() {
        for verdict in decision["verdicts"].as_array().unwrap() {
            let id = verdict["control"].as_str().unwrap();
            if !ids.contains(&id) {
                continue;
            }
            let mut messages: Vec<&str> = verdict["findings"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|finding| finding["message"].as_str().unwrap())
                .collect();
            messages.sort_unstable();
            let line = format!(
                "{} {id} {} {}",
                decision["subject"]["id"].as_str().unwrap(),
                verdict["status"].as_str().unwrap(),
                messages.join("|")
            );
            lines.push(line.trim_end().to_owned());
        }
    }
    lines
}

const IDS: &[&str] = &["main", "main:warn"];

/// Only the plain policies, without the library of soc2gate.
const ONLY: &[&str] = &["--control", "main", "--control", "main:warn"];

#[test]
fn a_conftest_policy_judges_unchanged() {
    let folder = example();
    let arguments = [
        "-p",
        "policy",
        "--data",
        "exclusions",
        "deployment.yaml",
        "service.yaml",
    ];
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!(code, 1);
    assert_eq!(codes(&report), Vec::<String>::new());
    assert_eq!(
        told(&report, IDS),
        [
            "kubernetes/apps/Deployment/shop/hello main fail Containers must not run as root in Deployment hello|Deployment hello must provide app/release labels for pod selectors",
            "kubernetes/apps/Deployment/shop/hello main:warn pass",
            "kubernetes/Service/shop/hello main fail Service hello opens port 8080",
            "kubernetes/Service/shop/hello main:warn fail Found service hello but services are not allowed",
        ]
    );
}

#[test]
fn warnings_alone_do_not_deny() {
    let folder = example();
    std::fs::write(
        folder.path().join("exclusions/services.yaml"),
        "services: {ports: [8080]}\n",
    )
    .unwrap();
    let arguments = [&["-p", "policy", "-d", "exclusions", "service.yaml"], ONLY].concat();
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!(code, 0, "{report:#}");
    let told = told(&report, IDS);
    assert!(told[1].contains("main:warn fail Found service"), "{told:?}");
}

#[test]
fn exceptions_of_the_policy_and_of_soc2gate_permit() {
    let folder = example();
    let gateway = SERVICE.replace("name: hello", "name: gateway");
    std::fs::write(folder.path().join("gateway.yaml"), gateway).unwrap();
    let arguments = [&["-p", "policy", "-d", "exclusions", "gateway.yaml"], ONLY].concat();
    assert_eq!(check(folder.path(), &arguments).1, 0);
    let settings = "version: 1\npolicies: [policy]\nexceptions: exceptions.yaml\n";
    let exceptions = "version: 1\nexceptions:\n- id: EXC-1\n  control: main\n  subjects: [kubernetes/Service/shop/hello]\n  reason: legacy\n  compensating_control: firewall\n  ticket: OPS-1\n  requested_by: ann\n  approved_by: bo\n  approved_at: 2026-11-01\n  expires_at: 2027-01-01\n";
    std::fs::write(folder.path().join("soc2gate.yaml"), settings).unwrap();
    std::fs::write(folder.path().join("exceptions.yaml"), exceptions).unwrap();
    let arguments = [&["-d", "exclusions", "service.yaml"], ONLY].concat();
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!(code, 0, "{report:#}");
    let verdict = &report["decisions"][0]["verdicts"][0];
    assert_eq!(verdict["exception"]["id"], "EXC-1");
}

#[test]
fn the_configuration_sets_the_enforcement() {
    let folder = example();
    let settings = "version: 1\npolicies: [policy]\ncontrols:\n  main: {enforcement: record}\n  main:warn: {enforcement: deny}\n";
    std::fs::write(folder.path().join("soc2gate.yaml"), settings).unwrap();
    let (report, code) = check(folder.path(), &[&["service.yaml"], ONLY].concat());
    assert_eq!(code, 1, "{report:#}");
    let (report, code) = check(folder.path(), &[&["deployment.yaml"], ONLY].concat());
    assert_eq!(code, 0, "{report:#}");
}

#[test]
fn all_files_may_be_one_list() {
    let policy = "package main\n\ndeny[msg] {\n  input[i].contents.kind == \"Deployment\"\n  deployment := input[i].contents\n  not service_selects_app(deployment.spec.selector.matchLabels.app)\n  msg := sprintf(\"Deployment %v in %v does not match any Services\", [deployment.metadata.name, input[i].path])\n}\n\nservice_selects_app(app) {\n  input[service].contents.kind == \"Service\"\n  input[service].contents.spec.selector.app == app\n}\n";
    let both = format!(
        "{SERVICE}---\n{}",
        DEPLOYMENT.replace("app: hello", "app: other")
    );
    let folder = folder(&[
        ("policy/combine.rego", policy),
        ("deploy/manifests.yaml", &both),
        (
            "deploy/more.json",
            "[{\"kind\": \"Deployment\", \"metadata\": {\"name\": \"third\"}, \"spec\": {\"selector\": {\"matchLabels\": {\"app\": \"hello\"}}}}]",
        ),
    ]);
    let arguments = ["-p", "policy", "--combine", "--control", "main", "deploy"];
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(
        told(&report, IDS),
        [
            "document/combined main fail Deployment hello in deploy/manifests.yaml does not match any Services"
        ]
    );
    assert_eq!(
        report["decisions"].as_array().unwrap().last().unwrap()["subject"]["location"]["file"],
        "deploy/manifests.yaml"
    );
    let fine = both.replace("app: other", "app: hello");
    std::fs::write(folder.path().join("deploy/manifests.yaml"), fine).unwrap();
    assert_eq!(check(folder.path(), &arguments).1, 0);
}

#[test]
fn an_old_policy_is_read_as_such_and_said() {
    let folder = folder(&[
        (
            "policy/a.rego",
            "package main\n\ndeny[msg] {\n  input.kind == \"ConfigMap\"\n  msg := \"no config\"\n}\n",
        ),
        ("a.yaml", POD),
    ]);
    let arguments = ["-p", "policy", "--control", "main", "a.yaml"];
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!(code, 1);
    assert_eq!(codes(&report), ["SG4021 policy/a.rego:1:1"]);
    let arguments = [&arguments[..], &["--rego-version", "v0"]].concat();
    assert_eq!(
        codes(&check(folder.path(), &arguments).0),
        Vec::<String>::new()
    );
    let v1 = [&arguments[..5], &["--rego-version", "v1"]].concat();
    let (report, code) = check(folder.path(), &v1);
    assert_eq!(code, 2);
    assert!(codes(&report)[0].starts_with("SG4003 policy/a.rego:3:"));
}

#[test]
fn namespaces_choose_packages() {
    let rule = |package: &str| {
        format!("package {package}\n\ndeny contains \"{package}\" if input.kind == \"ConfigMap\"\n")
    };
    let folder = folder(&[
        ("policy/a.rego", &rule("main")),
        ("policy/b.rego", &rule("kubernetes.security")),
        ("a.yaml", POD),
    ]);
    let ids = ["main", "kubernetes.security"];
    let run = |namespace: &[&str]| {
        let arguments = [&["-p", "policy", "a.yaml"], namespace].concat();
        let (report, code) = check(folder.path(), &arguments);
        (told(&report, &ids).len(), codes(&report), code)
    };
    assert_eq!(run(&[]), (2, vec![], 1));
    assert_eq!(run(&["--namespace", "main"]), (1, vec![], 1));
    assert_eq!(
        run(&["-n", "main", "-n", "kubernetes.security"]),
        (2, vec![], 1)
    );
    let (verdicts, found, code) = run(&["--namespace", "mian"]);
    assert_eq!((verdicts, code), (0, 2));
    assert_eq!(found, ["SG4020 policy:1:1", "SG4022"]);
}

#[test]
fn options_of_plain_policies_without_one_are_said_to_change_nothing() {
    let folder = example();
    let arguments = [
        "service.yaml",
        "--combine",
        "-d",
        "exclusions",
        "--rego-version",
        "v1",
    ];
    let (report, _) = check(folder.path(), &arguments);
    assert_eq!(codes(&report), ["SG4037", "SG4037", "SG4037"], "{report:#}");
    let (report, _) = check(
        folder.path(),
        &[&arguments[..], &["--policies", "policy"]].concat(),
    );
    assert_eq!(codes(&report), Vec::<String>::new(), "{report:#}");
}

#[test]
fn a_folder_that_judges_nothing_is_an_error() {
    let folder = folder(&[
        ("library/a.rego", "package lib\n\nis_bad if input.bad\n"),
        ("allow/a.rego", "package main\n\ndefault allow := false\n"),
        ("yaml/a.yaml", "a: 1\n"),
        ("empty/readme.txt", "nothing\n"),
        (
            "policy/a.rego",
            "package main\n\ndeny contains \"x\" if data.lib.is_bad\n",
        ),
        ("a.yaml", POD),
    ]);
    let run = |folders: &[&str]| {
        let folders = folders.iter().flat_map(|name| ["-p", name]);
        let arguments: Vec<&str> = folders.chain(["a.yaml"]).collect();
        let (report, code) = check(folder.path(), &arguments);
        let errors: Vec<String> = codes(&report)
            .into_iter()
            .filter(|c| !c.starts_with("SG4024"))
            .collect();
        (errors, code)
    };
    for name in ["library", "allow", "yaml"] {
        assert_eq!(run(&[name]), (vec![format!("SG4020 {name}:1:1")], 2));
    }
    assert_eq!(run(&["empty"]), (vec!["SG1001 empty:1:1".to_owned()], 2));
    assert_eq!(run(&["policy", "library"]), (vec![], 0));
}

#[test]
fn data_that_cannot_be_used_is_an_error() {
    let folder = example();
    let run = |text: &str| {
        std::fs::write(folder.path().join("data.yaml"), text).unwrap();
        let arguments = ["-p", "policy", "--data", "data.yaml", "service.yaml"];
        let (report, code) = check(folder.path(), &arguments);
        assert_eq!(code, 2);
        codes(&report)
    };
    assert_eq!(run("parameters: {a: 1}\n"), ["SG4023 data.yaml:1:1"]);
    assert_eq!(run("soc2: {a: 1}\n"), ["SG4023 data.yaml:1:1"]);
    assert_eq!(run("- 1\n"), ["SG4023 data.yaml:1:1"]);
    assert_eq!(run("a: 1\n---\nb: 1\n"), ["SG4023 data.yaml:1:1"]);
    assert_eq!(
        run("main: {deny: []}\n"),
        ["SG4023 policy/deployment.rego:1:1"]
    );
    assert_eq!(run("a: [\n"), ["SG1006 data.yaml:2:1"]);
    let arguments = ["-p", "policy", "--data", "nowhere", "service.yaml"];
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!(
        (codes(&report), code),
        (vec!["SG1001 nowhere:1:1".to_owned()], 2)
    );
}

#[test]
fn every_format_tells_of_plain_policies() {
    let folder = example();
    for (format, expected) in [
        ("human", "main:warn"),
        ("json", "\"control\":\"main\""),
        ("sarif", "main:warn"),
        ("junit", "main"),
        ("markdown", "main"),
    ] {
        let mut command = soc2gate(folder.path());
        let output = command
            .args([
                "check",
                "-p",
                "policy",
                "-d",
                "exclusions",
                "--format",
                format,
                "--now",
                NOW,
            ])
            .args(ONLY)
            .args(["deployment.yaml", "service.yaml"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(expected), "{format}: {text}");
        assert!(text.contains("opens port 8080"), "{format}: {text}");
        assert!(!text.contains("SOC 2 criteria"), "{format}: {text}");
    }
}

#[test]
fn reports_follow_their_schema() {
    let folder = example();
    let (report, _) = check(
        folder.path(),
        &["-p", "policy", "service.yaml", "deployment.yaml"],
    );
    let schema = soc2gate(folder.path())
        .args(["schema", "report"])
        .output()
        .unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert!(jsonschema::is_valid(&schema, &report));
}

#[test]
fn plain_policies_are_listed() {
    let folder = example();
    let output = soc2gate(folder.path())
        .args(["control", "show", "main:warn", "-p", "policy"])
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with("main:warn  Policy main, warnings\n"),
        "{text}"
    );
    assert!(text.contains("enforcement  warn unless"), "{text}");
    assert_eq!(output.status.code(), Some(0));
}
