//! Settings of GitHub and workflows, judged as people run it.

use super::*;

const WORKFLOW: &str = "\
name: release
on:
  pull_request_target:
permissions: write-all
env:
  API_KEY: hunter2-canary
jobs:
  deploy:
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v5
        with:
          ref: ${{ github.event.pull_request.head.sha }}
          token: hunter2-canary
      - name: Greet
        run: |
          curl -H 'Authorization: hunter2-canary' https://example.com
          echo ${{ github.event.pull_request.title }}
";

/// `control line` of every finding and unknown, in order.
fn findings(report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for decision in report["decisions"].as_array().unwrap() {
        for verdict in decision["verdicts"].as_array().unwrap() {
            let control = verdict["control"].as_str().unwrap();
            for list in ["findings", "unknowns"] {
                for finding in verdict[list].as_array().into_iter().flatten() {
                    found.push(format!("{control} {}", finding["location"]["line"]));
                }
            }
        }
    }
    found.sort();
    found
}

#[test]
fn a_workflow_is_judged_with_its_lines() {
    let folder = folder(&[(".github/workflows/release.yml", WORKFLOW)]);
    let (report, code) = check(folder.path(), &["."]);
    assert_eq!((codes(&report), code), (vec![], 1), "{report:#}");
    let id = &report["decisions"][0]["subject"]["id"];
    assert_eq!(id, "github_workflow/.github/workflows/release.yml");
    assert_eq!(
        findings(&report),
        [
            "ACC-19 4",
            "SOD-02 8",
            "SUP-05 11",
            "SUP-05 13",
            "SUP-05 16",
            "SUP-05 4",
        ]
    );
    for format in ["human", "sarif", "markdown", "junit"] {
        let output = soc2gate(folder.path())
            .args(["check", ".", "--format", format, "--now", NOW])
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(!text.contains("hunter2"), "{format}: {text}");
        assert!(text.contains("SUP-05"), "{format}: {text}");
    }
}

#[test]
fn a_broken_workflow_is_an_error_and_hides_no_other() {
    let folder = folder(&[
        (".github/workflows/a.yml", "on: [push\njobs: {}\n"),
        (".github/workflows/b.yml", "- on\n- jobs\n"),
        (".github/workflows/release.yml", WORKFLOW),
    ]);
    let (report, code) = check(folder.path(), &["."]);
    assert_eq!(code, 2);
    assert_eq!(
        codes(&report),
        [
            "SG1006 .github/workflows/a.yml:2:5",
            "SG1013 .github/workflows/b.yml:1:1"
        ]
    );
    assert_eq!(findings(&report).len(), 6);
}

#[test]
fn plain_policies_see_a_workflow_as_they_always_did() {
    let rego = "package main\n\nimport rego.v1\n\ndeny contains \"runs on pushes\" if input[\"true\"].push\n";
    let folder = folder(&[
        ("policy/main.rego", rego),
        (
            "ci.yml",
            "on: {push: {branches: [main]}}\npermissions: {}\njobs: {}\n",
        ),
    ]);
    let (report, code) = check(
        folder.path(),
        &["ci.yml", "--policies", "policy", "--control", "main"],
    );
    assert_eq!((codes(&report), code), (vec![], 1), "{report:#}");
    let failed: Vec<&str> = report["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|decision| decision["outcome"] == "deny")
        .map(|decision| decision["subject"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(failed, ["document/ci.yml"]);
}

#[test]
fn the_examples_are_allowed_with_what_was_approved() {
    let settings = "version: 1\ncontrols:\n  ACC-10:\n    parameters:\n      outsiders: [eve-auditor]\n  ACC-09:\n    parameters:\n      single_sign_on: true\n";
    let folder = folder(&[("soc2gate.yaml", settings)]);
    let examples = root().join("examples/github");
    let (report, code) = check(folder.path(), &[examples.to_str().unwrap()]);
    assert_eq!((codes(&report), code), (vec![], 0), "{report:#}");
    assert_eq!(findings(&report), Vec::<String>::new());
    assert_eq!(report["summary"]["pass"], 11);
    let (report, code) = check(&root(), &["examples/github"]);
    assert_eq!(code, 1);
    assert_eq!(findings(&report), ["ACC-10 194", "ACC-10 34"]);
}

#[test]
fn settings_that_were_not_read_are_unknown() {
    let document = r#"{
  "schema": "soc2gate.dev/github-repository/v1",
  "collected_at": "2026-11-23T09:00:00Z",
  "owner": "acme",
  "name": "shop",
  "visibility": "private",
  "archived": false,
  "fork": false,
  "default_branch": "main",
  "unavailable": {
    "branches": {"reason": "403 from the API", "permission": "administration:read"}
  }
}
"#;
    let folder = folder(&[("shop.json", document)]);
    let (report, code) = check(folder.path(), &["shop.json", "--control", "CHG-11"]);
    assert_eq!(code, 2, "{report:#}");
    let verdict = &report["decisions"][0]["verdicts"][0];
    assert_eq!(verdict["status"], "unknown");
    assert_eq!(
        verdict["unknowns"][0]["message"],
        "the branches could not be read: 403 from the API (permission needed: administration:read)"
    );
    let (_, code) = check(
        folder.path(),
        &["shop.json", "--input-kind", "github-organization"],
    );
    assert_eq!(code, 2);
}
