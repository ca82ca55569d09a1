//! `soc2gate check event`: what a workflow runs, with the environment of a runner.

use super::*;

const BASE: &str = "b000000000000000000000000000000000000000";
const HEAD: &str = "4200000000000000000000000000000000000000";
const OTHER: &str = "4300000000000000000000000000000000000000";
const ZERO: &str = "0000000000000000000000000000000000000000";

/// A pod that WRK-01 denies where it is privileged.
fn pod(name: &str, privileged: bool) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  containers:\n  - name: app\n    \
         image: app\n    securityContext: {{privileged: {privileged}, allowPrivilegeEscalation: false}}\n"
    )
}

/// A pull request of one commit that bob approved, or nobody.
fn pull(number: u64, head: &str, files: &Value, approved: bool) -> Value {
    let reviews = if approved {
        json!([{"author": "bob"}])
    } else {
        json!([])
    };
    json!({
        "number": number, "author": "alice", "reviews": reviews, "checks": [{"name": "build"}],
        "commits": [{"id": head, "author": "alice", "files": files}],
    })
}

/// A world with these files on main and one pull request.
fn world(base: &Value, pulls: &Value) -> World {
    World::ordinary().repository(json!({
        "commits": [{"id": BASE, "files": base}], "pullRequests": pulls,
    }))
}

/// A runner: the folder that a workflow works in, and its event.
struct Runner {
    folder: tempfile::TempDir,
    event: tempfile::TempDir,
    name: &'static str,
}

impl Runner {
    fn new(name: &'static str, event: &Value) -> Self {
        let text = event.to_string();
        Self {
            folder: folder(&[("README.md", "")]),
            event: folder_of_event(&text),
            name,
        }
    }

    /// The event of pull request 42.
    fn pull_request() -> Self {
        Self::new(
            "pull_request",
            &json!({"pull_request": {"number": 42}, "repository": repository()}),
        )
    }

    /// Puts files into the working folder, as a checkout of the head would.
    fn with(self, files: &[(&str, &str)]) -> Self {
        for (name, text) in files {
            let path = self.folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self
    }

    fn run(&self, server: &Server, arguments: &[&str]) -> (Value, i32) {
        let output = soc2gate(self.folder.path())
            .args(["check", "event", "--format", "json", "--now", NOW])
            .args(arguments)
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_REPOSITORY", "acme/shop")
            .env("GITHUB_API_URL", &server.address)
            .env("GITHUB_GRAPHQL_URL", format!("{}/graphql", server.address))
            .env("GITHUB_TOKEN", "ghs_test")
            .env("GITHUB_EVENT_NAME", self.name)
            .env("GITHUB_EVENT_PATH", self.event.path().join("event.json"))
            .output()
            .unwrap();
        (report(&output), output.status.code().unwrap())
    }
}

fn repository() -> Value {
    json!({"full_name": "acme/shop", "default_branch": "main"})
}

fn folder_of_event(text: &str) -> tempfile::TempDir {
    folder(&[("event.json", text)])
}

fn push(before: &str, after: &str, more: Value) -> Runner {
    let mut event = json!({
        "ref": "refs/heads/main", "before": before, "after": after, "forced": false, "repository": repository(),
        "sender": {"login": "alice", "type": "User"},
    });
    if let Value::Object(more) = more {
        event.as_object_mut().unwrap().extend(more);
    }
    Runner::new("push", &event)
}

/// The subjects of a report that are denied.
fn denied(report: &Value) -> Vec<String> {
    let decisions = report["decisions"].as_array().unwrap().iter();
    let denied = decisions.filter(|decision| decision["outcome"] == "deny");
    denied
        .map(|decision| decision["subject"]["id"].as_str().unwrap().to_owned())
        .collect()
}

fn codes(report: &Value) -> Vec<&str> {
    let diagnostics = report["diagnostics"].as_array().unwrap().iter();
    diagnostics
        .map(|diagnostic| diagnostic["code"].as_str().unwrap())
        .collect()
}

const ONLY: [&str; 4] = ["--control", "CHG-01", "--control", "WRK-01"];

#[test]
fn a_pull_request_is_judged_with_the_files_that_it_changes() {
    let files = json!({"deploy/new.yaml": pod("new", true), "docs/a.md": "x", "deploy/good.yaml": pod("good", false)});
    let Some(server) = Server::start(&world(
        &json!({"README.md": "x"}),
        &json!([pull(42, HEAD, &files, true)]),
    )) else {
        return;
    };
    // What the working folder holds is not what is judged.
    let runner = Runner::pull_request().with(&[("deploy/new.yaml", &pod("new", false))]);
    let (report, code) = runner.run(&server, &ONLY);
    assert_eq!(denied(&report), ["kubernetes/Pod/shop/new"], "{report:#}");
    assert_eq!(
        (report["decisions"].as_array().unwrap().len(), code),
        (3, 1)
    );
}

/// The baseline that allows a manifest.
fn known(manifest: &str) -> String {
    let folder = folder(&[("a.yaml", manifest)]);
    let (_, code) = check(folder.path(), &["a.yaml", "--write-baseline", "known.json"]);
    assert_eq!(code, 1);
    std::fs::read_to_string(folder.path().join("known.json")).unwrap()
}

#[test]
fn a_change_cannot_loosen_its_own_judgement() {
    let strict =
        "version: 1\nexceptions: exceptions.yaml\nbaseline: baseline.json\npolicies: [policies]\n";
    let rule = "# METADATA\n# title: Never\n# description: Nothing.\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   inputs:\n#     - \
                kind: kubernetes\n#   frameworks: {soc2: [CC8.1]}\n#   remediation: No.\npackage acme.own\n\nimport \
                rego.v1\n\ndeny contains {\"message\": \"never\"} if input.object\n";
    let none = "version: 1\nexceptions: []\n";
    let empty = "{\"schema\": \"soc2gate.dev/baseline/v1\", \"known\": {}}";
    let base = json!({
        "soc2gate.yaml": strict, "exceptions.yaml": none, "baseline.json": empty, "policies/own/control.rego": rule,
        ".github/CODEOWNERS": "* @acme/web\n",
    });
    let loose =
        "version: 1\ncontrols: {CHG-01: {enforcement: record}, WRK-01: {enforcement: record}}\n";
    let own = "version: 1\nexceptions:\n  - {id: EXC-1, control: CHG-01, subjects: [\"pull_request/**\"], reason: It is mine., \
               compensating_control: None that holds., ticket: SHOP-1, requested_by: alice, approved_by: alice, \
               approved_at: 2026-11-01, expires_at: 2027-01-01}\n";
    let known = known(&pod("new", true));
    let change = json!({
        "soc2gate.yaml": loose, "exceptions.yaml": own, "baseline.json": known,
        "policies/own/control.rego": "package acme.own\n", ".github/CODEOWNERS": "",
        "deploy/new.yaml": pod("new", true),
    });
    let Some(server) = Server::start(&world(&base, &json!([pull(42, HEAD, &change, false)])))
    else {
        return;
    };
    let head: Vec<(String, String)> = change
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, text)| (name.clone(), text.as_str().unwrap().to_owned()))
        .collect();
    let head: Vec<(&str, &str)> = head
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    let runner = Runner::pull_request().with(&head);
    let (report, code) = runner.run(
        &server,
        &[ONLY.as_slice(), &["--control", "OWN-01"]].concat(),
    );
    let expected = ["pull_request/acme/shop/42", "kubernetes/Pod/shop/new"];
    assert_eq!(
        (denied(&report), code),
        (expected.map(str::to_owned).to_vec(), 1),
        "{report:#}"
    );
    let text = report.to_string();
    assert!(
        text.contains("never"),
        "the policy of the base judges: {report:#}"
    );
    // Naming the files on the command line changes nothing.
    let (report, code) = runner.run(
        &server,
        &[
            ONLY.as_slice(),
            &["--config", "soc2gate.yaml", "--baseline", "baseline.json"],
        ]
        .concat(),
    );
    assert_eq!(
        (denied(&report), code),
        (expected.map(str::to_owned).to_vec(), 1),
        "{report:#}"
    );
}

#[test]
fn what_the_base_does_not_have_is_not_taken_from_the_head() {
    let change =
        json!({"soc2gate.yaml": "version: 1\ncontrols: {CHG-01: {enforcement: record}}\n"});
    let Some(server) = Server::start(&world(
        &json!({"README.md": "x"}),
        &json!([pull(42, HEAD, &change, false)]),
    )) else {
        return;
    };
    let runner = Runner::pull_request()
        .with(&[("soc2gate.yaml", change["soc2gate.yaml"].as_str().unwrap())]);
    let (report, code) = runner.run(&server, &["--control", "CHG-01"]);
    assert_eq!((denied(&report).len(), code), (1, 1), "{report:#}");
    let (report, code) = runner.run(
        &server,
        &["--control", "CHG-01", "--config", "soc2gate.yaml"],
    );
    assert_eq!((codes(&report), code), (vec!["SG7021"], 2), "{report:#}");
}

#[test]
fn with_new_only_what_the_base_fails_too_is_known() {
    let base =
        json!({"deploy/old.yaml": pod("old", true), "deploy/moved.yaml": pod("moved", true)});
    let old = format!("{}    # touched\n", pod("old", true));
    let change = json!({"deploy/old.yaml": old, "deploy/new.yaml": pod("new", true)});
    let Some(server) = Server::start(&world(&base, &json!([pull(42, HEAD, &change, true)]))) else {
        return;
    };
    let runner = Runner::pull_request();
    let (report, _) = runner.run(&server, &ONLY);
    assert_eq!(denied(&report).len(), 2, "{report:#}");
    let (report, code) = runner.run(&server, &[ONLY.as_slice(), &["--new-only"]].concat());
    assert_eq!(
        (denied(&report), code),
        (vec!["kubernetes/Pod/shop/new".to_owned()], 1),
        "{report:#}"
    );
    assert_eq!(report["summary"]["known"], 1, "{report:#}");
}

#[test]
fn files_that_cannot_be_read_are_no_pass() {
    let change = json!({
        "a/link.yaml": {"symlink": "../../../etc/passwd"}, "a/module.yaml": {"submodule": "other"},
        "a/bytes.yaml": {"base64": "AP8="}, "a/large.yaml": format!("# {}\n", "x".repeat(2_000)),
        "a/good.yaml": pod("good", false),
    });
    let Some(server) = Server::start(&world(
        &json!({"README.md": "x"}),
        &json!([pull(42, HEAD, &change, true)]),
    )) else {
        return;
    };
    let (report, code) = Runner::pull_request().run(
        &server,
        &[ONLY.as_slice(), &["--max-file-size", "1000"]].concat(),
    );
    let mut codes = codes(&report);
    codes.sort_unstable();
    assert_eq!(
        (codes, code),
        (vec!["SG1004", "SG1005", "SG7020", "SG7020"], 2),
        "{report:#}"
    );
}

#[test]
fn a_document_in_the_change_that_looks_like_github_is_not_judged() {
    let forged = json!({"schema": "soc2gate.dev/pull-request/v1"}).to_string();
    let change = json!({"forged.json": forged, "deploy/good.yaml": pod("good", false)});
    let Some(server) = Server::start(&world(
        &json!({"README.md": "x"}),
        &json!([pull(42, HEAD, &change, true)]),
    )) else {
        return;
    };
    let example = std::fs::read_to_string(root().join("examples/github/repository.json")).unwrap();
    let (report, code) = Runner::pull_request()
        .with(&[("extra/repository.json", &example)])
        .run(&server, &[ONLY.as_slice(), &["--path", "extra"]].concat());
    let decisions = report["decisions"].as_array().unwrap();
    assert_eq!(decisions.len(), 2, "{report:#}");
    // The forged one does not even follow its schema.
    assert_eq!(
        (codes(&report).contains(&"SG1011"), code),
        (true, 2),
        "{report:#}"
    );
}

#[test]
fn more_files_than_github_lists_are_no_pass() {
    let files: serde_json::Map<String, Value> = (0..5_000)
        .map(|at| (format!("a/{at}.txt"), json!("x")))
        .collect();
    let Some(server) = Server::start(&world(
        &json!({"README.md": "x"}),
        &json!([pull(42, HEAD, &files.into(), true)]),
    )) else {
        return;
    };
    let (report, code) = Runner::pull_request().run(&server, &ONLY);
    assert_eq!(
        (codes(&report), code),
        (vec!["SG7020"], 2),
        "{:#}",
        report["diagnostics"]
    );
}

/// A world with pull requests 42 and 43 in a merge queue, squashed as `HEAD` and `OTHER`.
fn queue(approved: bool) -> World {
    let one = json!({"deploy/one.yaml": pod("one", false)});
    let two = json!({"deploy/two.yaml": pod("two", false)});
    let squashed =
        |id: &str, files: &Value| json!({"id": id, "files": files, "checks": [{"name": "build"}]});
    let both = json!({"deploy/one.yaml": pod("one", false), "deploy/two.yaml": pod("two", false)});
    let own = |number: u64| format!("{number:040}");
    World::ordinary().repository(json!({
        "commits": [{"id": BASE, "files": {"README.md": "x"}}, squashed(HEAD, &one), squashed(OTHER, &both)],
        "branches": {"main": BASE, "gh-readonly-queue/main/pr-43": OTHER},
        "pullRequests": [pull(42, &own(42), &one, true), pull(43, &own(43), &two, approved)],
        "mergeQueue": {"entries": [
            {"pullRequest": 42, "headCommit": HEAD}, {"pullRequest": 43, "headCommit": OTHER},
        ]},
    }))
}

fn merge_group(last: u64) -> Runner {
    Runner::new(
        "merge_group",
        &json!({
            "action": "checks_requested", "repository": repository(),
            "merge_group": {
                "head_sha": OTHER, "base_sha": BASE, "base_ref": "refs/heads/main",
                "head_ref": format!("refs/heads/gh-readonly-queue/main/pr-{last}-{BASE}"),
            },
        }),
    )
}

#[test]
fn every_pull_request_of_a_merge_group_is_judged_again() {
    let Some(server) = Server::start(&queue(true)) else {
        return;
    };
    let (report, code) = merge_group(43).run(&server, &ONLY);
    assert_eq!((denied(&report), code), (Vec::new(), 0), "{report:#}");
    assert_eq!(
        report["decisions"].as_array().unwrap().len(),
        4,
        "{report:#}"
    );
    drop(server);
    let Some(server) = Server::start(&queue(false)) else {
        return;
    };
    let (report, code) = merge_group(43).run(&server, &ONLY);
    assert_eq!(
        (denied(&report), code),
        (vec!["pull_request/acme/shop/43".to_owned()], 1),
        "{report:#}"
    );
}

#[test]
fn a_merge_group_that_is_not_understood_is_no_pass() {
    let Some(server) = Server::start(&queue(true)) else {
        return;
    };
    let (report, code) = merge_group(42).run(&server, &ONLY);
    assert_eq!((codes(&report), code), (vec!["SG7022"], 2), "{report:#}");
}

/// A world in which pull request 42 was squashed as `HEAD`, and `OTHER` pushed after it.
fn merged() -> World {
    let files = json!({"src/a.txt": "a"});
    let mut one = pull(42, &format!("{:040}", 42), &files, true);
    one["state"] = json!("MERGED");
    one["from"] = json!(BASE);
    one["mergeCommit"] = json!(HEAD);
    World::ordinary().repository(json!({
        "commits": [
            {"id": BASE, "files": {"README.md": "x"}}, {"id": HEAD, "web": true, "files": files},
            {"id": OTHER, "files": {"src/b.txt": "b"}},
        ],
        "branches": {"main": BASE, "after": OTHER, "work": OTHER},
        "pullRequests": [one],
    }))
}

#[test]
fn a_merge_explains_its_push_and_nothing_explains_a_direct_one() {
    let Some(server) = Server::start(&merged()) else {
        return;
    };
    let (report, code) = push(BASE, HEAD, json!({})).run(&server, &[]);
    assert_eq!((denied(&report), code), (Vec::new(), 0), "{report:#}");
    let (report, code) = push(BASE, OTHER, json!({})).run(&server, &[]);
    assert_eq!(code, 1, "{report:#}");
    assert!(
        report.to_string().contains(&format!("brought {OTHER}")),
        "{report:#}"
    );
    let (report, code) = push(OTHER, HEAD, json!({"forced": true})).run(&server, &[]);
    assert_eq!(code, 1, "{report:#}");
}

#[test]
fn a_push_to_another_branch_is_not_judged() {
    let Some(server) = Server::start(&merged()) else {
        return;
    };
    let (report, code) = push(BASE, OTHER, json!({"ref": "refs/heads/work"})).run(&server, &[]);
    assert_eq!((codes(&report), code), (vec!["SG7023"], 0), "{report:#}");
    let (report, code) = push(BASE, OTHER, json!({"ref": "refs/tags/v1"})).run(&server, &[]);
    assert_eq!((codes(&report), code), (vec!["SG7023"], 0), "{report:#}");
    let (report, code) = push(BASE, ZERO, json!({"deleted": true})).run(&server, &[]);
    assert_eq!((denied(&report).len(), code), (1, 1), "{report:#}");
}

#[test]
fn a_push_is_held_to_the_decisions_of_the_ledger() {
    let Some(server) = Server::start(&merged()) else {
        return;
    };
    let runner = push(BASE, HEAD, json!({}));
    let keys = runner.folder.path().join("keys");
    let init = soc2gate(runner.folder.path())
        .args(["ledger", "init", "--ledger", "ledger", "--ledger-keys"])
        .arg(&keys)
        .output()
        .unwrap();
    assert!(
        init.status.success(),
        "{}",
        String::from_utf8_lossy(&init.stderr)
    );
    let ledger = ["--ledger", "ledger", "--ledger-keys", "keys"];
    let (report, code) = runner.run(&server, &ledger);
    assert_eq!(code, 1, "{report:#}");
    assert!(
        report.to_string().contains("holds no decision"),
        "{report:#}"
    );
    let judged = Runner {
        folder: runner.folder,
        ..Runner::pull_request()
    };
    let (report, code) = judged.run(&server, &[ONLY.as_slice(), &ledger].concat());
    assert_eq!(code, 0, "{report:#}");
    let runner = Runner {
        folder: judged.folder,
        ..push(BASE, HEAD, json!({}))
    };
    let (report, code) = runner.run(&server, &ledger);
    assert_eq!((denied(&report), code), (Vec::new(), 0), "{report:#}");
}

/// Runs git in a folder, and gives what it prints.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = std::process::Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=a", "-c", "user.email=a@example.com"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{arguments:?} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Commits everything in a folder.
fn committed(folder: &Path) -> String {
    git(folder, &["add", "--all"]);
    git(folder, &["commit", "--quiet", "--message", "a"]);
    git(folder, &["rev-parse", "HEAD"])
}

#[test]
fn what_is_checked_out_is_read_from_its_objects() {
    let policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: all, namespace: shop}\nspec: \
                  {podSelector: {}, policyTypes: [Ingress]}\n";
    let strict = "version: 1\ncontrols: {WRK-01: {enforcement: deny}}\n";
    let base = [("soc2gate.yaml", strict), ("deploy/policy.yaml", policy)];
    let runner = Runner::pull_request().with(&base);
    let here = runner.folder.path();
    git(here, &["init", "--quiet", "--initial-branch", "main"]);
    let base_oid = committed(here);
    let runner = runner.with(&[
        ("deploy/new.yaml", &pod("new", true)),
        (
            "soc2gate.yaml",
            "version: 1\ncontrols: {WRK-01: {enforcement: record}}\n",
        ),
    ]);
    let here = runner.folder.path();
    let head_oid = committed(here);
    // A working tree that was changed again, and a hook and a setting that would run something.
    std::fs::write(here.join("deploy/new.yaml"), pod("new", false)).unwrap();
    std::fs::write(here.join("deploy/policy.yaml"), "").unwrap();
    git(here, &["config", "core.fsmonitor", "touch ran"]);
    let change = json!({"deploy/new.yaml": pod("new", true), "soc2gate.yaml": "changed"});
    let world = World::ordinary().repository(json!({
        "commits": [{"id": base_oid, "files": {"soc2gate.yaml": strict, "deploy/policy.yaml": policy}}],
        "pullRequests": [pull(42, &head_oid, &change, true)],
    }));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let arguments = [
        "--control",
        "WRK-01",
        "--control",
        "NET-05",
        "--control",
        "CHG-01",
    ];
    let (report, code) = runner.run(&server, &arguments);
    assert_eq!(
        (denied(&report), code),
        (vec!["kubernetes/Pod/shop/new".to_owned()], 1),
        "{report:#}"
    );
    assert_eq!(report["summary"]["unknown"], 0, "{report:#}");
    let asked = server.requests();
    let trees = asked
        .iter()
        .filter(|request| request["path"].as_str().unwrap().contains("/git/"));
    assert_eq!(trees.count(), 0, "{asked:?}");
    assert!(!here.join("ran").exists());
    // Without the commits the other manifests are not known, and what is not known is no pass.
    let (report, code) = Runner::pull_request().run(&server, &["--control", "NET-05"]);
    assert_eq!((codes(&report), code), (vec!["SG7024"], 2), "{report:#}");
}

#[test]
fn an_event_that_is_not_understood_is_no_pass() {
    let Some(server) = Server::start(&World::ordinary()) else {
        return;
    };
    for (name, event, code) in [
        ("pull_request", json!({}), "SG7012"),
        (
            "push",
            json!({"ref": "refs/heads/main", "repository": repository()}),
            "SG7012",
        ),
        (
            "push",
            json!({"ref": "refs/heads/main", "before": "x", "after": HEAD, "repository": repository()}),
            "SG7012",
        ),
        ("merge_group", json!({"repository": repository()}), "SG7012"),
        ("merge_group", json!([]), "SG7012"),
        ("deployment", json!({"repository": repository()}), "SG7013"),
    ] {
        // The configuration of the working folder counts for nothing here.
        let runner = Runner::new(name, &event).with(&[("soc2gate.yaml", "anything")]);
        let (report, exit) = runner.run(&server, &[]);
        assert_eq!((codes(&report), exit), (vec![code], 2), "{name} {report:#}");
    }
}
