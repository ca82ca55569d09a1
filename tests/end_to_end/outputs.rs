//! The formats: valid by their own standards, streamed, and never changing the exit code.

use std::fs;

use super::*;

fn schema(name: &str) -> jsonschema::Validator {
    let output = soc2gate(&root()).args(["schema", name]).output().unwrap();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&serde_json::from_slice(&output.stdout).unwrap())
        .unwrap()
}

#[test]
fn every_format_ends_with_the_same_code() {
    for format in ["human", "json", "sarif", "junit", "markdown"] {
        for (text, code) in [(POD, 0), (ADMIN, 1), ("a: [", 2)] {
            let folder = folder(&[("a.yaml", text)]);
            soc2gate(folder.path())
                .args(["check", "--format", format, "a.yaml"])
                .assert()
                .code(code);
        }
    }
}

#[test]
fn json_follows_its_schemas() {
    let (report, _) = check(&root(), &["examples"]);
    let errors: Vec<String> = schema("report")
        .iter_errors(&report)
        .map(|error| error.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    let decision = schema("decision");
    for found in report["decisions"].as_array().unwrap() {
        assert!(decision.is_valid(found), "{found:#}");
    }
}

#[test]
fn several_outputs_at_once() {
    let folder = folder(&[("a.yaml", ADMIN)]);
    let output = soc2gate(folder.path())
        .args([
            "check", "a.yaml", "--format", "sarif", "--output", "x.sarif", "--format", "junit",
            "-o", "x.xml",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stdout).contains("deny: "));
    let sarif: Value =
        serde_json::from_slice(&fs::read(folder.path().join("x.sarif")).unwrap()).unwrap();
    assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 1);
    assert!(
        fs::read_to_string(folder.path().join("x.xml"))
            .unwrap()
            .contains("<failure")
    );
}

#[test]
fn sarif_is_valid_by_its_standard() {
    let Some(tools) = std::env::var_os("SOC2GATE_TEST_TOOLS") else {
        eprintln!("notice: skipped, run by cargo xtask test, which installs the schema of SARIF");
        return;
    };
    let path = Path::new(&tools)
        .join("node_modules/@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json");
    // One of its patterns is no regular expression: a bracket is closed that was not opened.
    let text = fs::read_to_string(path).unwrap().replace("{2}]?$", "{2}?$");
    let mut standard: Value = serde_json::from_str(&text).unwrap();
    // Its own address is no place to read it from.
    standard.as_object_mut().unwrap().remove("id");
    let standard = jsonschema::options()
        .with_draft(jsonschema::Draft::Draft4)
        .build(&standard)
        .unwrap();
    let control = lint::control(lint::OPEN);
    for (folder, arguments) in [
        (root(), ["check", "examples", "--format", "sarif"]),
        (
            control.path().to_path_buf(),
            ["lint", "own", "--format", "sarif"],
        ),
    ] {
        let output = soc2gate(&folder).args(arguments).output().unwrap();
        let log = report(&output);
        assert_ne!(log["runs"][0]["results"], serde_json::json!([]));
        let errors: Vec<String> = standard
            .iter_errors(&log)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{arguments:?}");
    }
    assert!(
        !standard.is_valid(&serde_json::json!({"version": "2.1.0", "runs": 3})),
        "the schema judges nothing"
    );
}

#[test]
fn an_output_that_cannot_be_written_is_2() {
    let folder = folder(&[("a.yaml", POD)]);
    let output = soc2gate(folder.path())
        .args([
            "check",
            "a.yaml",
            "--format",
            "json",
            "--output",
            "no/such/folder/x.json",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("SG5001"));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_2() {
    let folder = folder(&[("a.yaml", POD)]);
    let output = soc2gate(folder.path())
        .args([
            "check",
            "a.yaml",
            "--format",
            "json",
            "--output",
            "/dev/full",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("SG5001"));
}

#[test]
fn a_reader_that_leaves_early_changes_no_exit_code() {
    let folder = folder(&[("a.yaml", &vec![ADMIN; 2_000].join("---\n"))]);
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_soc2gate"))
        .args(["check", "a.yaml"])
        .current_dir(folder.path())
        .env_clear()
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).into_owned()
        ),
        (Some(1), String::new())
    );
}

#[test]
fn standard_input_is_read() {
    let folder = folder(&[]);
    let output = soc2gate(folder.path())
        .args(["check", "-", "--format", "json", "--now", NOW])
        .write_stdin(format!(
            "# Source: chart/templates/a.yaml\n{POD}---\n{ADMIN}"
        ))
        .output()
        .unwrap();
    let report = report(&output);
    assert_eq!(output.status.code(), Some(1));
    let at = &report["decisions"][1]["verdicts"][0]["findings"][0]["location"];
    assert_eq!(
        (at["file"].as_str(), at["line"].as_u64()),
        (Some("-"), Some(19)),
        "{report:#}"
    );
}

#[test]
fn the_same_run_gives_the_same_bytes_on_any_number_of_threads() {
    let run = |jobs: &str| {
        soc2gate(&root())
            .args([
                "check", "examples", "--format", "json", "--now", NOW, "--jobs", jobs,
            ])
            .output()
            .unwrap()
            .stdout
    };
    assert_eq!(run("1"), run("4"));
}

#[test]
fn colour_is_for_terminals_unless_it_is_asked_for() {
    let folder = folder(&[("a.yaml", ADMIN)]);
    let run = |arguments: &[&str]| {
        soc2gate(folder.path())
            .args(["check", "a.yaml"])
            .args(arguments)
            .output()
            .unwrap()
            .stdout
    };
    assert!(!run(&[]).contains(&0x1b));
    assert!(run(&["--color", "always"]).contains(&0x1b));
}

#[test]
fn what_authors_run_is_coloured_as_check_is() {
    let folder = folder(&[
        (
            "a.rego",
            "package a\n\nimport data.b\n\np if input.x == 1\n",
        ),
        (
            "a_test.rego",
            "package a_test\n\ntest_p if data.a.p with input as {\"x\": 2}\n",
        ),
        ("b.rego", "package b\n\nq := 1\n"),
    ]);
    let run = |arguments: &[&str]| {
        let output = soc2gate(folder.path()).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    for arguments in [
        &["test"][..],
        &["lint"],
        &[
            "eval", "data.a.p", "-p", ".", "--trace", "--format", "pretty",
        ],
    ] {
        let plain = run(arguments);
        assert!(!plain.contains('\u{1b}'), "{plain}");
        let coloured = run(&[arguments, &["--color", "always"]].concat());
        assert!(coloured.contains("\u{1b}["), "{coloured}");
        let parts = coloured.split('\u{1b}').map(|part| {
            let ansi = part.strip_prefix('[').and_then(|part| part.split_once('m'));
            ansi.map_or(part, |(_, text)| text)
        });
        assert_eq!(parts.collect::<String>(), plain);
    }
    for arguments in [
        &["test", "--format", "json"][..],
        &["lint", "--format", "sarif"],
        &["eval", "data.a.p", "-p", "."],
    ] {
        let text = run(&[arguments, &["--color", "always"]].concat());
        assert!(!text.contains('\u{1b}'), "{text}");
    }
}

#[test]
fn human_output_names_the_place_and_the_remedy() {
    let folder = folder(&[("a.yaml", ADMIN)]);
    let output = soc2gate(folder.path())
        .args(["check", "a.yaml", "--now", NOW])
        .output()
        .unwrap();
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r#"
    a.yaml
      kubernetes/rbac.authorization.k8s.io/ClusterRoleBinding/admins  a.yaml:1:1
        fail ACC-16 Nobody unexpected holds cluster-admin (critical, deny)
          the binding gives cluster-admin to Group/everyone
            --> a.yaml:10:3
             |
          10 | - apiGroup: rbac.authorization.k8s.io
             |   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
          = help: Bind a role that grants only what the subject needs. A break-glass or platform group
                  that needs cluster-admin is listed in allowed_subjects.
          = criteria: CC6.2, CC6.3

    control  title                                  pass  fail  unknown  n.a.  excepted
    ACC-16   Nobody unexpected holds cluster-admin     0     1        0     0         0
             1 other control                           1     0        0     0         0

    1 subject, 2 verdicts: 1 pass, 1 fail
    deny: 1 of 1 subject fails a control that denies (exit code 1)
    "#);
}
