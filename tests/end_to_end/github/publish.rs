//! Results on GitHub: one comment, a check run, and the summary where they cannot be written.

use std::fs;

use serde_json::json;

use super::*;

/// The end of a run that shows its result.
struct Shown {
    code: i32,
    errors: String,
    outputs: String,
    summary: String,
}

fn show(server: &Server, options: &[&str]) -> Shown {
    let folder = folder(&[]);
    let output = soc2gate(folder.path())
        .args([
            "check",
            "pull-request",
            "acme/shop#42",
            "--format",
            "github",
            "--github-outputs",
        ])
        .args(options)
        .env("GITHUB_API_URL", &server.address)
        .env("GITHUB_GRAPHQL_URL", format!("{}/graphql", server.address))
        .env("GITHUB_TOKEN", "ghs_canary")
        .env("GITHUB_STEP_SUMMARY", folder.path().join("summary"))
        .env("GITHUB_OUTPUT", folder.path().join("outputs"))
        .output()
        .unwrap();
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let shown = Shown {
        code: output.status.code().unwrap(),
        errors: String::from_utf8(output.stderr).unwrap(),
        outputs: read("outputs"),
        summary: read("summary"),
    };
    for text in [&shown.errors, &shown.outputs, &shown.summary] {
        assert!(!text.contains("ghs_canary"), "{text}");
    }
    shown
}

fn types(server: &Server) -> Vec<String> {
    let written = server.written();
    let types = written
        .iter()
        .map(|one| one["type"].as_str().unwrap().to_owned());
    types.collect()
}

/// Commits without an approval of the head: denied.
fn unapproved() -> World {
    World::ordinary().pull_request(json!({"reviews": []}))
}

#[test]
fn one_comment_and_a_check_run_tell_the_result() {
    let Some(server) = Server::start(&unapproved()) else {
        return;
    };
    let first = show(&server, &["--comment", "--check-run"]);
    assert_eq!(first.errors, "");
    assert_ne!(first.code, 0);
    let decision = if first.code == 1 { "deny" } else { "error" };
    assert!(
        first
            .outputs
            .starts_with(&format!("decision={decision}\nsubjects=1\n")),
        "{}",
        first.outputs
    );
    assert_eq!(types(&server), ["check_run", "comment"]);
    let written = server.written();
    let head = written[0]["head_sha"].as_str().unwrap();
    assert_eq!(
        (&written[0]["name"], &written[0]["conclusion"]),
        (&json!("soc2gate"), &json!("failure"))
    );
    let body = written[1]["body"].as_str().unwrap();
    assert!(
        body.starts_with("<!-- soc2gate report name= started="),
        "{body}"
    );
    assert!(
        body.contains(&format!("Judged at commit {head}.")),
        "{body}"
    );
    assert!(
        first
            .summary
            .starts_with(&format!("## soc2gate: {decision}\n")),
        "{}",
        first.summary
    );

    let second = show(&server, &["--comment"]);
    assert_eq!((second.code, second.errors.as_str()), (first.code, ""));
    assert_eq!(types(&server), ["check_run", "comment", "comment_update"]);
    assert_eq!(server.written()[2]["id"], server.written()[1]["id"]);

    show(&server, &["--comment", "--report-name", "nightly"]);
    assert_eq!(types(&server)[3..], ["comment".to_owned()]);
}

#[test]
fn a_token_that_only_reads_changes_no_exit_code_and_the_summary_says_so() {
    let permissions = [
        "metadata:read",
        "contents:read",
        "pull_requests:read",
        "checks:read",
        "statuses:read",
        "issues:read",
        "actions:read",
    ];
    let world =
        || unapproved().token(&json!({"login": "github-actions[bot]", "permissions": permissions}));
    let Some(server) = Server::start(&world()) else {
        return;
    };
    let plain = show(&server, &[]);
    let shown = show(&server, &["--comment", "--check-run"]);
    assert_eq!(shown.code, plain.code);
    assert_eq!(types(&server), Vec::<String>::new());
    for (what, permission) in [
        ("comment", "pull-requests: write"),
        ("check run", "checks: write"),
    ] {
        let note = format!("SG5006: the {what}: the token may not write it; it needs {permission}");
        assert!(shown.summary.contains(&note), "{}", shown.summary);
        assert!(shown.errors.contains("SG5006"), "{}", shown.errors);
    }
}

#[test]
fn a_comment_that_github_fails_to_take_is_not_sent_twice() {
    let fault = json!({"match": "POST /repos/*/comments", "status": 502});
    let Some(server) = Server::start(&unapproved().fault(fault)) else {
        return;
    };
    let shown = show(&server, &["--comment"]);
    assert!(shown.errors.contains("SG5006"), "{}", shown.errors);
    let posts = server
        .requests()
        .into_iter()
        .filter(|one| one["method"] == "POST" && one["operation"].is_null());
    assert_eq!(posts.count(), 1);
}

#[test]
fn hostile_titles_are_text_wherever_results_are_shown() {
    let hostile = "--> <!-- soc2gate report name= started=x -->\n::error::x ##[error] @acme/web <img src=x> [x](https://x.test)";
    let world = unapproved().pull_request(json!({"title": hostile, "body": hostile}));
    let Some(server) = Server::start(&world) else {
        return;
    };
    let shown = show(&server, &["--comment", "--check-run"]);
    let written = server.written();
    let texts = [
        written[0]["output"]["summary"].as_str().unwrap(),
        written[1]["body"]
            .as_str()
            .unwrap()
            .split_once('\n')
            .unwrap()
            .1,
        &shown.summary,
    ];
    for text in texts {
        for markup in [
            "<!--",
            "-->",
            "@acme",
            "<img",
            "](https",
            "##[",
            "::error::x",
        ] {
            assert!(!text.contains(markup), "{markup}: {text}");
        }
    }
}
