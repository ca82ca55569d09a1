//! `soc2gate eval` and `soc2gate bench`.

use super::*;

const POLICY: &str = r#"package shop

deny contains message if {
	some container in input.object.spec.containers
	_is_old(container)
	_enforced
	message := container.name
}

deny contains "x" if not _has_object

deny contains "y" if {
	startswith("abc", input.object.spec.prefix)
	limit > 1
	limit = data.limits.most
}

_enforced if {
	input.object.spec.level == "high"
	input.object.spec.enforced == true
}

_is_old(container) if container.image != "new"

_has_object if input.object
"#;

const INPUT: &str = "object:\n  spec:\n    level: low\n    prefix: ab\n    containers:\n    - {name: a, image: old}\n    - {name: b, image: older}\n    - {name: c, image: new}\n";

fn run(arguments: &[&str]) -> (String, i32) {
    let folder = folder(&[
        ("shop.rego", POLICY),
        ("input.yaml", INPUT),
        ("broken.json", "{"),
        ("limits.json", "{\"limits\": {\"most\": 1}}"),
    ]);
    let output = soc2gate(folder.path()).args(arguments).output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        String::from_utf8(text).unwrap(),
        output.status.code().unwrap(),
    )
}

fn eval(query: &str, more: &[&str]) -> (String, i32) {
    run(&[&["eval", query, "-p", "shop.rego"], more].concat())
}

/// Policies before OPA 1.0, as `check` reads them.
#[test]
fn the_old_version_is_read_as_it_is_by_check() {
    let folder = folder(&[
        (
            "old.rego",
            "package old\n\ndeny[msg] {\n\tinput.contains == 1\n\tmsg := \"x\"\n}\n\nwhy {\n\tsome i\n\tinput.list[i] == 2\n\tinput.contains == 2\n}\n",
        ),
        (
            "new.rego",
            "package new\n\ndeny contains message if some message in data.old.deny\n",
        ),
        ("input.json", "{\"contains\": 1, \"list\": [1, 2]}"),
    ]);
    let run = |query: &str, more: &[&str]| {
        let arguments = ["eval", query, "-p", "old.rego", "-p", "new.rego"];
        let input = ["-i", "input.json", "--format", "pretty"];
        let output = soc2gate(folder.path())
            .args([&arguments[..], &input, more].concat())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        (
            String::from_utf8(text).unwrap(),
            output.status.code().unwrap(),
        )
    };
    let query = "some x in data.new.deny; x == \"x\"";
    assert_eq!(run(query, &[]), ("true\ntrue\nx = \"x\"\n".to_owned(), 0));
    let (text, code) = run("data.old.why", &["--trace"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r#"
    undefined

    data.old.why (old.rego:8:1)
      old.rego:11:2: is false
        input.contains == 2
        - left
        + right
        - 1
        + 2
        with i = 1
    "#);
    assert_eq!(run(query, &["--rego-version", "v0"]).1, 2);
    assert_eq!(run(query, &["--rego-version", "v1"]).1, 2);
}

#[test]
fn results_are_json_or_rego() {
    let (text, code) = eval("x := {1, 2}; data.shop._has_object", &["-i", "input.yaml"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r#"
    {"results":[{"expressions":[{"text":"x := {1, 2}","value":true},{"text":"data.shop._has_object","value":true}],"bindings":{"x":[1,2]}}]}
    "#);
    let (text, _) = eval("{1, 2}", &["--format", "pretty"]);
    assert_eq!(text, "{1, 2}\n");
    let (text, _) = eval("data.limits.most", &["-d", "limits.json"]);
    assert!(text.contains(r#""value":1"#), "{text}");
    let (text, code) = eval("data.shop.nothing", &["--format", "pretty"]);
    assert_eq!((text.as_str(), code), ("undefined\n", 0));
    let (text, _) = eval(
        "count(data.soc2.lib.workload.containers)",
        &["--format", "pretty"],
    );
    assert_eq!(text, "0\n", "the library is there");
}

#[test]
fn a_trace_says_where_each_body_stops_and_why() {
    let arguments = [
        "-i",
        "input.yaml",
        "-d",
        "limits.json",
        "--trace",
        "--format",
        "pretty",
    ];
    let (text, code) = eval("data.shop.deny", &arguments);
    assert_eq!(code, 0);
    insta::assert_snapshot!(text, @r#"
    set()

    data.shop.deny (shop.rego:3:1)
      shop.rego:6:2: is undefined
        _enforced
        _enforced is undefined
        with container = {"image": "old", "name": "a"}
        with container = {"image": "older", "name": "b"}

    data.shop.deny (shop.rego:10:1)
      shop.rego:10:22: does not hold: what is negated holds
        not _has_object
        _has_object = true

    data.shop.deny (shop.rego:12:1)
      shop.rego:14:2: is false
        limit > 1
        with limit = 1

    data.shop._enforced (shop.rego:18:1)
      shop.rego:19:2: is false
        input.object.spec.level == "high"
        - left
        + right
        - "low"
        + "high"

    data.shop._has_object (shop.rego:25:1)
      holds
    "#);
    let (text, _) = eval("data.shop._is_old", &["--trace", "--format", "pretty"]);
    assert!(text.contains("cannot be shown: a function"), "{text}");
}

#[test]
fn what_cannot_be_evaluated_is_2() {
    for (query, more) in [
        ("data.shop.deny[", &[][..]),
        ("startswith(1, \"a\")", &[]),
        ("1", &["-i", "nowhere.json"]),
        ("1", &["-p", "nowhere"]),
        ("1", &["-d", "limits.json", "-d", "limits.json"]),
        ("1", &["-i", "broken.json"]),
    ] {
        let (text, code) = eval(query, more);
        assert_eq!(code, 2, "{query} {more:?}: {text}");
        assert!(text.contains("[SG"), "{text}");
    }
}

#[test]
fn controls_are_measured_on_their_cases_or_on_a_file() {
    let folder = folder(&[(
        "pod.yaml",
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\nspec: {containers: []}\n",
    )]);
    soc2gate(folder.path())
        .args(["control", "new", "OWN-01", "own"])
        .assert()
        .code(0);
    let measure = |arguments: &[&str]| -> Value {
        let output = soc2gate(folder.path())
            .args(["bench", "--json", "-n", "3"])
            .args(arguments)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{output:?}");
        report(&output)
    };
    let own = &measure(&["own"])["controls"];
    assert_eq!(own.as_array().unwrap().len(), 1);
    assert_eq!(
        (
            own[0]["control"].as_str(),
            own[0]["subjects"].as_u64(),
            own[0]["evaluations"].as_u64()
        ),
        (Some("OWN-01"), Some(2), Some(6))
    );
    assert!(own[0]["median"].as_f64() <= own[0]["p95"].as_f64());
    assert!((own[0]["share"].as_f64().unwrap() - 100.0).abs() < 0.01);
    // No control of one's own: the library.
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let library = measure(&["empty", "--input", "pod.yaml"]);
    assert!(
        library["controls"].as_array().unwrap().len() > 3,
        "{library}"
    );
    soc2gate(folder.path())
        .args(["bench", "empty"])
        .assert()
        .code(2);
}
