//! `soc2gate test` and `soc2gate control new`.

use std::io::{BufRead as _, BufReader};
use std::process::{Command as Process, Stdio};

use quick_junit::{NonSuccessKind, Report, TestCaseStatus};

use super::*;

const PLAIN: &str = "package shop\n\nallow if input.user == \"ann\"\n\nunused := 1 if {\n\tinput.x\n\tinput.y == 2\n}\n";

const PLAIN_TEST: &str = "package shop_test\n\nimport data.shop\n\n_inputs := [{\"user\": \"ann\"}, {\"user\": \"bob\"}]\n\ntest_ann if shop.allow with input as _inputs[0]\n\ntest_all if {\n\tprint(\"looking at\", count(_inputs))\n\tnames := {name | name := _inputs[_].user}\n\tnames == {\"ann\", \"eve\"}\n}\n\ntest_missing if shop.allow with input as {}\n\ntodo_test_later if false\n";

/// Standard output and the exit code.
fn run(folder: &Path, arguments: &[&str]) -> (String, i32) {
    let output = soc2gate(folder).args(arguments).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let error = String::from_utf8(output.stderr).unwrap();
    (text + &error, output.status.code().unwrap())
}

fn plain() -> tempfile::TempDir {
    folder(&[("shop.rego", PLAIN), ("shop_test.rego", PLAIN_TEST)])
}

/// A folder with a new control in `own`.
fn made(arguments: &[&str]) -> tempfile::TempDir {
    let folder = folder(&[]);
    let arguments = [&["control", "new", "OWN-01", "own"], arguments].concat();
    assert_eq!(run(folder.path(), &arguments).1, 0);
    folder
}

#[test]
fn failing_assertions_show_their_lines_and_both_sides() {
    let (text, code) = run(plain().path(), &["test"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @r#"
    FAIL data.shop_test.test_all
      shop_test.rego:12:2: is false
        names == {"ann", "eve"}
        - left
        + right
        - {"ann", "bob"}
        + {"ann", "eve"}
        with names = {"ann", "bob"}
      print: shop_test.rego:10: looking at 2

    FAIL data.shop_test.test_missing
      shop_test.rego:15:17: is undefined
        shop.allow with input as {}
        shop.allow is undefined

    4 tests: 1 passed, 2 failed, 1 skipped; 0 cases: 0 passed
    "#);
}

/// Policies before OPA 1.0 and documents below `data`, as `check` reads them.
#[test]
fn the_old_version_and_documents_are_read_as_they_are_by_check() {
    let folder = folder(&[
        (
            "policy/main.rego",
            "package main\n\ndeny[msg] {\n\tnot data.team.owners[input.owner]\n\tmsg := \"owner\"\n}\n",
        ),
        (
            "policy/main_test.rego",
            "package main\n\ntest_known {\n\tcount(deny) == 0 with input as {\"owner\": \"ann\"}\n}\n\ntest_unknown {\n\tdeny[\"owner\"] with input as {\"owner\": \"bob\"}\n}\n",
        ),
        ("documents/team/owners.yaml", "owners: {ann: {}}\n"),
        ("clash.json", "{\"main\": {\"deny\": []}}"),
    ]);
    let path = folder.path();
    let (text, code) = run(path, &["test", "policy", "--data", "documents"]);
    assert_eq!(code, 0, "{text}");
    insta::assert_snapshot!(text, @r#"
    note: policy/main.rego:1:1: read as Rego v0, as are 1 more [SG4021]; nothing to do; `opa fmt --rego-v1` brings them up to date, --rego-version says which version they are
    2 tests: 2 passed; 0 cases: 0 passed
    "#);
    let (text, code) = run(path, &["test", "policy"]);
    assert_eq!(code, 1, "{text}");
    assert!(text.contains("FAIL data.main.test_known"), "{text}");
    let (text, code) = run(path, &["test", "policy", "--rego-version", "v1"]);
    assert_eq!(code, 2, "{text}");
    let (text, code) = run(path, &["test", "policy", "--data", "clash.json"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("SG4023"), "{text}");
    let (text, code) = run(path, &["test", "policy", "--data", "nothing"]);
    assert_eq!(code, 2, "{text}");
}

/// A control and its tests are Rego v1, whatever else stands beside them.
#[test]
fn tests_of_controls_stay_rego_v1() {
    let folder = made(&[]);
    let test = folder.path().join("own/control_test.rego");
    let text = std::fs::read_to_string(&test).unwrap() + "\ntest_old {\n\ttrue\n}\n";
    std::fs::write(&test, text.replace("import rego.v1\n", "")).unwrap();
    let (text, code) = run(folder.path(), &["test", "own"]);
    assert_eq!(code, 2, "{text}");
    assert!(text.contains("SG4003"), "{text}");
}

#[test]
fn expressions_are_shown_as_they_were_written() {
    let folder = folder(&[(
        "a_test.rego",
        "package a_test\n\ntest_template if {\n\tname := \"n\"\n\t$\"bad {name}\" == \"other\"\n}\n\ntest_not if {\n\tx := {\"a\": 1}\n\tnot startswith(x.missing, \"x\")\n}\n\ntest_some if {\n\tsome v in [1, 2, 3, 4]\n\tv > 5\n}\n",
    )]);
    let (text, code) = run(folder.path(), &["test"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @r#"
    FAIL data.a_test.test_template
      a_test.rego:5:2: is false
        $"bad {name}" == "other"
        - left
        + right
        - "bad n"
        + "other"
        with name = "n"

    FAIL data.a_test.test_not
      a_test.rego:10:2: is undefined
        not startswith(x.missing, "x")
        x.missing is undefined
        with x = {"a": 1}

    FAIL data.a_test.test_some
      a_test.rego:15:2: is false
        v > 5
        with v = 1
        with v = 2
        with v = 3
        and 1 more

    3 tests: 0 passed, 3 failed; 0 cases: 0 passed
    "#);
}

#[test]
fn what_passes_is_shown_when_it_is_asked_for() {
    let folder = plain();
    let (text, code) = run(
        folder.path(),
        &["test", "--verbose", "--run", "test_(ann|later)$"],
    );
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r"
    pass data.shop_test.test_ann
    skip data.shop_test.todo_test_later

    2 tests: 1 passed, 1 skipped; 0 cases: 0 passed
    ");
    assert_eq!(run(folder.path(), &["test", "--run", "nothing"]).1, 2);
    assert_eq!(run(folder.path(), &["test", "--run", "("]).1, 64);
}

#[test]
fn coverage_names_lines_and_rules_and_can_fail_a_run() {
    let folder = plain();
    let ann = ["test", "--run", "test_ann"];
    let (text, code) = run(folder.path(), &[&ann[..], &["--coverage"]].concat());
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r"
    coverage: 50.0 % of lines (2 of 4), 2 of 2 rules
      shop.rego  50.0 %, not reached: lines 5, 7
        unused (line 5): 1 of 3 lines
    1 test: 1 passed; 0 cases: 0 passed
    ");
    assert_eq!(
        run(folder.path(), &[&ann[..], &["--threshold", "20"]].concat()).1,
        0
    );
    let (text, code) = run(folder.path(), &[&ann[..], &["--threshold", "90"]].concat());
    assert_eq!(code, 1);
    assert!(
        text.contains("less than the 90 % that are wanted"),
        "{text}"
    );
}

#[test]
fn output_is_the_same_on_any_number_of_threads() {
    let folder = plain();
    let one = run(
        folder.path(),
        &["test", "--verbose", "--coverage", "--jobs", "1"],
    );
    for jobs in ["2", "3", "16"] {
        assert_eq!(
            run(
                folder.path(),
                &["test", "--verbose", "--coverage", "--jobs", jobs]
            ),
            one
        );
    }
}

#[test]
fn junit_and_json_say_the_same() {
    let folder = made(&[]);
    std::fs::write(folder.path().join("shop_test.rego"), PLAIN_TEST).unwrap();
    std::fs::write(folder.path().join("shop.rego"), PLAIN).unwrap();
    let case = folder.path().join("own/cases/pass-has-an-owner.yaml");
    std::fs::copy(&case, folder.path().join("own/cases/fail-wrong.yaml")).unwrap();
    std::fs::write(folder.path().join("own/cases/pass-broken.yaml"), "a: [").unwrap();
    let (junit, code) = run(folder.path(), &["test", "--format", "junit"]);
    assert_eq!(code, 2);
    let junit = Report::deserialize_from_str(&junit).unwrap();
    let (json, code) = run(folder.path(), &["test", "--format", "json"]);
    assert_eq!(code, 2);
    let json: Value = serde_json::from_str(&json).unwrap();
    let mut endings: Vec<(String, &str)> = Vec::new();
    for case in junit.test_suites.iter().flat_map(|suite| &suite.test_cases) {
        let ending = match &case.status {
            TestCaseStatus::Success { .. } => "passed",
            TestCaseStatus::NonSuccess {
                kind: NonSuccessKind::Failure,
                ..
            } => "failed",
            TestCaseStatus::NonSuccess {
                kind: NonSuccessKind::Error,
                ..
            } => "error",
            TestCaseStatus::Skipped { .. } => "skipped",
        };
        endings.push((case.name.to_string(), ending));
    }
    let outcomes = json["outcomes"].as_array().unwrap();
    let said: Vec<(String, &str)> = outcomes
        .iter()
        .map(|outcome| {
            (
                outcome["name"].as_str().unwrap().to_owned(),
                outcome["ending"].as_str().unwrap(),
            )
        })
        .collect();
    assert_eq!(endings, said);
    assert_eq!(
        json["summary"],
        serde_json::json!({"passed": 6, "failed": 3, "skipped": 1, "errors": 1, "exit_code": 2})
    );
}

#[test]
fn tests_that_could_not_run_are_no_success() {
    let check = |files: &[(&str, &str)], code: &str| {
        let (text, exit) = run(folder(files).path(), &["test"]);
        assert_eq!(exit, 2, "{text}");
        assert!(text.contains(code), "{text}");
    };
    check(&[], "SG4013");
    check(&[("a.rego", "package a\n\nx := 1")], "SG4013");
    check(
        &[(
            "a_test.rego",
            "package a\n\ntest_x if true\n\ntest_x if false",
        )],
        "SG4011",
    );
    check(&[("a_test.rego", "package a\n\ntest_x if {")], "SG4003");
    check(
        &[
            ("a.rego", "package a\n\nx := 1"),
            ("cases/pass-a.yaml", POD),
        ],
        "SG4012",
    );
    let gone = made(&[]);
    std::fs::remove_file(gone.path().join("own/control.rego")).unwrap();
    std::fs::remove_file(gone.path().join("own/control_test.rego")).unwrap();
    std::fs::write(
        gone.path().join("a_test.rego"),
        "package a\n\ntest_x if true\n",
    )
    .unwrap();
    let (text, exit) = run(gone.path(), &["test"]);
    assert!(exit == 2 && text.contains("no control beside"), "{text}");
    let made = made(&[]);
    let own = made.path().join("own");
    std::fs::write(own.join("cases/misnamed.yaml"), POD).unwrap();
    let (text, exit) = run(made.path(), &["test"]);
    assert!(exit == 2 && text.contains("SG4012"), "{text}");
    std::fs::remove_file(own.join("cases/misnamed.yaml")).unwrap();
    let control = std::fs::read_to_string(own.join("control.rego")).unwrap();
    std::fs::write(
        own.join("control.rego"),
        control.replace("severity: high", "severity: grave"),
    )
    .unwrap();
    let (text, exit) = run(made.path(), &["test"]);
    assert!(exit == 2 && text.contains("SG4002"), "{text}");
    let (text, exit) = run(made.path(), &["test", "nowhere"]);
    assert!(exit == 2 && text.contains("SG1001"), "{text}");
}

#[test]
fn a_case_fails_with_what_was_found() {
    let folder = made(&[]);
    let cases = folder.path().join("own/cases");
    std::fs::rename(
        cases.join("fail-has-no-owner.yaml"),
        cases.join("pass-has-no-owner.yaml"),
    )
    .unwrap();
    let (text, code) = run(folder.path(), &["test"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!(text, @r"
    FAIL own/cases/pass-has-no-owner.yaml  OWN-01
      kubernetes/apps/Deployment/example is fail, not pass
        finding: the object names no owner (own/cases/pass-has-no-owner.yaml:5:3)

    3 tests: 3 passed; 2 cases: 1 passed, 1 failed
    ");
}

#[test]
fn new_controls_pass_their_tests_and_deny_what_they_should() {
    for (arguments, control, bad) in [
        (&[][..], "package controls.own", "fail-has-no-owner.yaml"),
        (
            &["--resource", "Pod", "--package", "acme.pods"],
            "package acme.pods",
            "fail-has-no-owner.yaml",
        ),
        (
            &["--kind", "pull_request"],
            "kind: pull_request",
            "fail-has-no-label.json",
        ),
        (
            &["--kind", "document"],
            "kind: document",
            "fail-has-no-owner.toml",
        ),
        (
            &["--kind", "github-repository"],
            "kind: github_repository",
            "fail-has-a-key-that-writes.json",
        ),
        (
            &["--kind", "github_organization"],
            "kind: github_organization",
            "fail-is-not-required.json",
        ),
        (
            &["--kind", "github-push"],
            "kind: github_push",
            "fail-is-forced.json",
        ),
        (
            &["--kind", "github-workflow"],
            "kind: github_workflow",
            "fail-has-no-limit.yaml",
        ),
    ] {
        let folder = made(arguments);
        let (text, code) = run(folder.path(), &["test", "own", "--threshold", "100"]);
        assert_eq!(code, 0, "{text}");
        let text = std::fs::read_to_string(folder.path().join("own/control.rego")).unwrap();
        assert!(text.contains(control), "{text}");
        let bad = format!("own/cases/{bad}");
        let (report, code) = check(
            folder.path(),
            &[&bad, "--policies", "own", "--control", "OWN-01"],
        );
        assert_eq!(
            (report["summary"]["fail"].as_u64(), code),
            (Some(1), 1),
            "{report:#}"
        );
    }
}

#[test]
fn no_control_is_made_that_would_not_load() {
    let folder = made(&[]);
    for arguments in [
        &["control", "new", "own-2", "other"][..],
        &["control", "new", "OWN-02", "own"],
        &[
            "control",
            "new",
            "OWN-02",
            "other",
            "--resource",
            "Deployment",
        ],
        &["control", "new", "OWN-02", "other", "--package", "soc2 x"],
        &[
            "control",
            "new",
            "OWN-02",
            "other",
            "--kind",
            "document",
            "--resource",
            "Pod",
        ],
        &[
            "control",
            "new",
            "OWN-02",
            "other",
            "--kind",
            "pull-request",
            "--resource",
            "Pod",
        ],
    ] {
        let (text, code) = run(folder.path(), arguments);
        assert_eq!(code, 2, "{arguments:?}: {text}");
    }
    assert!(!folder.path().join("other").exists());
}

/// A process that ends with the test.
struct Running(std::process::Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn a_change_runs_the_tests_again() {
    let folder = plain();
    let child = Process::new(env!("CARGO_BIN_EXE_soc2gate"))
        .args(["test", "--watch", "--run", "test_ann"])
        .current_dir(folder.path())
        .env_clear()
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut child = Running(child);
    let lines = BufReader::new(child.0.stdout.take().unwrap()).lines();
    let (sender, written) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        lines
            .map_while(Result::ok)
            .try_for_each(|line| sender.send(line))
    });
    let wait_for = |wanted: &str| {
        let limit = std::time::Duration::from_secs(30);
        while !written.recv_timeout(limit).expect(wanted).contains(wanted) {}
    };
    wait_for("1 test: 1 passed");
    std::fs::write(folder.path().join("shop.rego"), PLAIN.replace("ann", "zoe")).unwrap();
    wait_for("FAIL data.shop_test.test_ann");
}
