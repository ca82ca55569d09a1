//! Configuration documents of every format, judged by a control of one's own.

use super::*;

/// A control that denies what it finds at a path, which each test names.
fn control(rule: &str) -> String {
    format!(
        "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   inputs: [{{kind: document}}]\n#   frameworks: {{soc2: [CC6.1]}}\n#   remediation: r\npackage own.documents\n\nimport rego.v1\n\n{rule}\n"
    )
}

/// `id line:column` of every finding of the control.
fn findings(report: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for decision in report["decisions"].as_array().unwrap() {
        let id = decision["subject"]["id"].as_str().unwrap();
        for verdict in decision["verdicts"].as_array().unwrap() {
            for finding in verdict["findings"].as_array().into_iter().flatten() {
                let at = &finding["location"];
                found.push(format!("{id} {}:{}", at["line"], at["column"]));
            }
        }
    }
    found
}

/// A file of each format that says that a port is 80, and where.
const PORTS: &[(&str, &str, &str, &str)] = &[
    ("a.yaml", "b: 1\nport: 80\n", r#"["port"]"#, "2:1"),
    ("b.json", "{\n  \"port\": 80\n}\n", r#"["port"]"#, "2:3"),
    (
        "c.jsonc",
        "// c\n{\n  \"port\": 80,\n}\n",
        r#"["port"]"#,
        "3:3",
    ),
    (
        "d.toml",
        "[server]\nport = 80\n",
        r#"["server", "port"]"#,
        "2:1",
    ),
    (
        "e.tf",
        "server \"a\" {\n  port = 80\n}\n",
        r#"["server", "a", 0, "port"]"#,
        "2:3",
    ),
    ("f.hcl", "port = 80\n", r#"["port"]"#, "1:1"),
    (
        "Dockerfile",
        "FROM a\nEXPOSE 80\n",
        r#"[1, "Value", 0]"#,
        "2:8",
    ),
    (
        "h.ini",
        "[server]\nport = 80\n",
        r#"["server", "port"]"#,
        "2:1",
    ),
    (
        "i.xml",
        "<server>\n  <port>80</port>\n</server>\n",
        r#"["server", "port"]"#,
        "2:4",
    ),
    ("j.env", "A=b\nPORT=80\n", r#"["PORT"]"#, "2:1"),
    (
        "k.properties",
        "# a\nserver.port = 80\n",
        r#"["server.port"]"#,
        "2:1",
    ),
    ("l.csv", "name,port\nweb,80\n", r#"[0, "port"]"#, "2:1"),
];

#[test]
fn a_control_judges_every_format() {
    for (name, text, path, place) in PORTS {
        let reference: String = serde_json::from_str::<Vec<Value>>(path)
            .unwrap()
            .iter()
            .map(|step| format!("[{step}]"))
            .collect();
        let rule = format!(
            "deny contains {{\"message\": \"port 80\", \"path\": {path}}} if {{\n\tinput.kind == \"document\"\n\tsprintf(\"%v\", [input.object{reference}]) == \"80\"\n}}"
        );
        let rego = control(&rule);
        let folder = folder(&[
            (name, text),
            ("own/a.rego", &rego),
            ("other.txt", "port: 80"),
        ]);
        let (report, code) = check(folder.path(), &["--policies", "own"]);
        assert_eq!(
            findings(&report),
            [format!("document/{name} {place}")],
            "{report:#}"
        );
        assert_eq!(code, 1, "{name}");
        let other = text.replace("80", "81");
        std::fs::write(folder.path().join(name), other).unwrap();
        let (report, code) = check(folder.path(), &["--policies", "own"]);
        assert_eq!(
            (report["summary"]["subjects"].as_u64(), code),
            (Some(1), 0),
            "{name}"
        );
    }
}

#[test]
fn objects_stay_objects_where_documents_are_asked_for() {
    let rego = control("deny contains {\"message\": \"seen\"} if true");
    let kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n";
    let stream = format!("{POD}---\na: 1\n---\n# nothing\n---\nb: 2\n");
    let folder = folder(&[
        ("a.yaml", &stream),
        ("kustomization.yaml", kustomization),
        ("own/a.rego", &rego),
    ]);
    let (report, code) = check(folder.path(), &["--policies", "own", "--control", "OWN-01"]);
    let expected = [
        "document/a.yaml#2 6:1",
        "document/a.yaml#4 10:1",
        "document/kustomization.yaml 1:1",
    ];
    assert_eq!(findings(&report).len(), expected.len(), "{report:#}");
    let ids: Vec<&str> = report["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|decision| decision["subject"]["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        ids,
        [
            "kubernetes/ConfigMap/shop/fine",
            "document/a.yaml#2",
            "document/a.yaml#4",
            "document/kustomization.yaml"
        ]
    );
    assert_eq!(code, 1);
    let (report, _) = check(
        folder.path(),
        &["a.yaml", "--policies", "own", "--input-kind", "document"],
    );
    assert_eq!(
        report["decisions"][0]["subject"]["id"], "document/a.yaml#1",
        "also an object is a document where it is said so"
    );
}

#[test]
fn nothing_but_manifests_is_read_where_no_control_asks_for_documents() {
    let folder = folder(&[
        ("a.yaml", POD),
        ("b.toml", "not toml"),
        ("Dockerfile", "nothing"),
        ("c.yaml", "a: 1\n"),
    ]);
    let (report, code) = check(folder.path(), &[]);
    assert_eq!(
        (codes(&report), code),
        (vec!["SG1011 c.yaml:1:1".to_owned()], 0)
    );
    assert_eq!(report["summary"]["subjects"], 1);
}

#[test]
fn a_document_that_does_not_parse_is_an_error_with_its_place() {
    let rego = control("deny contains {\"message\": \"seen\"} if input.object.never == true");
    let files = [
        (".env", "A=b\n  c\n", "SG1006 .env:2:3"),
        ("Dockerfile", "FROM a\nNO b\n", "SG1006 Dockerfile:2:1"),
        ("a.tf", "a = \n", "SG1006 a.tf:1:5"),
        ("b.ini", "[a\n", "SG1006 b.ini:1:1"),
        ("c.json", "{\n", "SG1006 c.json:2:1"),
        ("d.jsonc", "{ /* \n", "SG1006 d.jsonc:2:1"),
        ("e.properties", "a=\\u00\n", "SG1006 e.properties:1:4"),
        ("f.toml", "a = 1\na = 2\n", "SG1006 f.toml:2:1"),
        ("g.xml", "<a>\n", "SG1006 g.xml:1:2"),
        ("h.yaml", "a: [\n", "SG1006 h.yaml:2:1"),
        ("i.csv", "a,b\n1\n", "SG1006 i.csv:2:1"),
    ];
    let mut written: Vec<(&str, &str)> =
        files.iter().map(|(name, text, _)| (*name, *text)).collect();
    written.extend([("own/a.rego", &*rego), ("z.toml", "fine = true\n")]);
    let folder = folder(&written);
    let (report, code) = check(folder.path(), &["--policies", "own"]);
    let expected: Vec<&str> = files.iter().map(|(_, _, code)| *code).collect();
    assert_eq!(
        (codes(&report), code),
        (expected.iter().map(ToString::to_string).collect(), 2)
    );
    assert_eq!(report["summary"]["subjects"], 1, "the others are judged");
}

#[test]
fn the_format_can_be_given() {
    let rego = control(
        "deny contains {\"message\": \"seen\", \"path\": [\"a\", \"b\"]} if input.object.a.b == 1",
    );
    let folder = folder(&[("conf", "[a]\nb = 1\n"), ("own/a.rego", &rego)]);
    for format in ["toml", "ini"] {
        let (report, code) = check(
            folder.path(),
            &["conf", "--policies", "own", "--parser", format],
        );
        assert_eq!(
            (findings(&report), code),
            (vec!["document/conf 2:1".to_owned()], 1)
        );
    }
    let output = soc2gate(folder.path())
        .args([
            "check",
            "-",
            "--policies",
            "own",
            "--parser",
            "ini",
            "--format",
            "json",
        ])
        .write_stdin("[a]\nb = 1\n")
        .output()
        .unwrap();
    assert_eq!(findings(&report(&output)), ["document/- 2:1"]);
    for arguments in [
        &["--parser", "nonsense"][..],
        &["--parser", "yaml", "--input-kind", "kubernetes"],
    ] {
        soc2gate(folder.path())
            .args(["check", "conf"])
            .args(arguments)
            .assert()
            .code(64);
    }
}

#[test]
fn a_document_has_no_types() {
    let rego = control("deny contains {\"message\": \"seen\"} if true")
        .replace("{kind: document}", "{kind: document, resources: [Pod]}");
    let folder = folder(&[("a.yaml", "a: 1\n"), ("own/a.rego", &rego)]);
    let (report, code) = check(folder.path(), &["--policies", "own", "--allow-empty"]);
    assert_eq!(codes(&report)[0], "SG4002 own/a.rego:8:43", "{report:#}");
    assert_eq!(code, 2);
}
