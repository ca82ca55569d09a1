//! A planted secret appears in no byte that is written: not in any format, not on standard error.

use super::*;

/// Unlike anything else, and like a password.
const CANARY: &str = "Hunter2CanaryXq7";

/// The canary in every place where an object can hold a secret, in block and flow style and in JSON.
pub(super) fn manifests() -> Vec<(&'static str, String)> {
    let pod = format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: '{{\"password\": \"{CANARY}\"}}'\n    note: {CANARY}\nspec:\n  hostNetwork: true # {CANARY}\n  hostPID: &{CANARY} true\n  containers:\n  - name: c\n    image: nginx\n    command: [run, --password={CANARY}, \"--token\", {CANARY}]\n    args: [\"{CANARY}\", \"https://user:{CANARY}@db/x\"]\n    securityContext: {{privileged: true, x: {CANARY}}}\n    env:\n    - name: PASSWORD\n      value: {CANARY}\n    - {{name: API_TOKEN, value: ghp_{CANARY}0123456789012345678901, x: {CANARY}}}\n    - name: DB_SECRET\n      value: |\n        {CANARY}\n    readinessProbe:\n      httpGet: {{path: /, port: 80, httpHeaders: [{{name: Authorization, value: Bearer {CANARY}}}]}}\n"
    );
    let secret = format!(
        "apiVersion: v1\nkind: Secret\nmetadata: {{name: s}}\ndata: {{password: {CANARY}, name: {CANARY}, type: {CANARY}}}\nstringData:\n  image: {CANARY}\n  key: {CANARY}\n"
    );
    let config = format!(
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: c}}\ndata:\n  PASSWORD: {CANARY}\n  app.properties: |\n    password={CANARY}\n    db=postgres://u:{CANARY}@h/d\nbinaryData: {{a: {CANARY}}}\n"
    );
    let storage = format!(
        "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata: {{name: s}}\nprovisioner: ebs.csi.aws.com\nparameters: {{encrypted: \"false\", secret: {CANARY}}}\n"
    );
    let encryption = format!(
        "apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n- resources: [secrets]\n  providers:\n  - identity: {{}}\n  - aescbc: {{keys: [{{name: k, secret: {CANARY}}}]}}\n"
    );
    let custom = format!(
        "apiVersion: example.com/v1\nkind: Database\nmetadata: {{name: d}}\nspec: {{password: {CANARY}, name: x}}\n"
    );
    let kubeconfig =
        format!("apiVersion: v1\nkind: Config\nusers: [{{name: a, user: {{token: {CANARY}}}}}]\n");
    let other = format!("password: {CANARY}\n");
    let broken = [
        format!("apiVersion: v1\nkind: Pod\nspec: {{a: \"{CANARY}\nb: c: d\n"),
        format!("apiVersion: v1\nkind: Pod\nmetadata: {{name: [{CANARY}]}}\n"),
        format!("apiVersion: {CANARY}/x/y\nkind: Pod\n"),
        format!("a: *{CANARY}\n"),
        format!("a: !!int {CANARY}\nb: b: {CANARY}\n"),
    ];
    let mut files = vec![
        ("pod.yaml", pod),
        ("secret.yaml", secret),
        ("config.yaml", config),
        ("storage.yaml", storage),
        ("encryption.yaml", encryption),
        ("custom.yaml", custom),
        ("kubeconfig.yaml", kubeconfig),
        ("other.yaml", other),
        (
            "flow.json",
            format!(
                "{{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{{\"name\":\"p\"}},\"spec\":{{\"hostPID\":true,\"containers\":[{{\"name\":\"c\",\"image\":\"nginx\",\"env\":[{{\"name\":\"PASSWORD\",\"value\":\"{CANARY}\"}}]}}]}}}}"
            ),
        ),
        (
            "broken.json",
            format!(
                "{{\"apiVersion\": \"v1\", \"kind\": \"Pod\", \"spec\": {{\"token\": {CANARY}}}}}"
            ),
        ),
    ];
    files.extend(
        ["b0.yaml", "b1.yaml", "b2.yaml", "b3.yaml", "b4.yaml"]
            .into_iter()
            .zip(broken),
    );
    files
}

/// The canary in every text of a pull request document that people write.
pub(super) fn pull_requests() -> Vec<(&'static str, String)> {
    let text =
        std::fs::read_to_string(root().join("examples/rejected/pull-request-unreviewed.json"))
            .unwrap();
    let document: Value = serde_json::from_str(&text).unwrap();
    let planted = |change: &dyn Fn(&mut Value)| {
        let mut document = document.clone();
        change(&mut document);
        serde_json::to_string_pretty(&document).unwrap()
    };
    vec![
        (
            "pr-text.json",
            planted(&|document| {
                document["title"] = CANARY.into();
                document["body"] = format!("password: {CANARY}").into();
                document["labels"] = serde_json::json!([CANARY]);
                document["files"]["items"][0]["patch"] = format!("+password={CANARY}").into();
                document["commits"]["items"][0]["message_headline"] = CANARY.into();
            }),
        ),
        (
            "pr-line.json",
            planted(&|document| document["title"] = CANARY.into()).replace('\n', ""),
        ),
        (
            "pr-schema.json",
            planted(&|document| {
                document["number"] = CANARY.into();
                document["state"] = CANARY.into();
                document["head"]["oid"] = CANARY.into();
            }),
        ),
    ]
}

/// The canary as a value, as text between values and as what does not parse, in documents of every format.
fn documents() -> Vec<(&'static str, String)> {
    let texts = [
        ("d0.yaml", "a: CANARY # CANARY\nb: [CANARY, 'x CANARY']\n"),
        ("d1.json", "[{\"a\": \"CANARY\"}, \"CANARY\"]"),
        ("d2.jsonc", "// CANARY\n{\"a\": /* CANARY */ \"CANARY\",}\n"),
        (
            "d3.toml",
            "a = \"CANARY\" # CANARY\n[b]\nc = [\"CANARY\", {d = 'CANARY'}]\n",
        ),
        (
            "d4.tf",
            "// CANARY\na \"b\" {\n  c = \"CANARY\" # CANARY\n  d = f(\"CANARY\")\n  e = <<EOT\nCANARY\nEOT\n}\n",
        ),
        (
            "Dockerfile",
            "# CANARY\nFROM CANARY\nENV A=CANARY B=\"CANARY\"\nRUN --mount=id=CANARY echo CANARY \\\n  CANARY\n",
        ),
        (
            "d6.ini",
            "; CANARY\n[a]\nb = CANARY ; CANARY\nc: \"CANARY\"\n",
        ),
        (
            "d7.xml",
            "<!-- CANARY --><a b=\"CANARY\">CANARY<c>CANARY</c><![CDATA[CANARY]]></a>",
        ),
        (
            ".env",
            "# CANARY\nA=CANARY # CANARY\nexport B='CANARY\nCANARY'\n",
        ),
        ("d9.properties", "# CANARY\na=CANARY\\\n  CANARY\n"),
        ("d10.csv", "a,b\nCANARY,\"CANARY\nCANARY\"\n"),
        ("e0.yaml", "a: CANARY: CANARY\n"),
        ("e1.json", "{\"a\": CANARY}"),
        ("e2.jsonc", "{\"a\": CANARY}"),
        ("e3.toml", "a = CANARY\n"),
        ("e4.tf", "a = \"CANARY\n"),
        ("e4.hcl", "a \"b\" CANARY = 1\n"),
        ("e5.dockerfile", "CANARY CANARY\n"),
        ("Dockerfile.e5", "FROM a\nENV CANARY\n"),
        ("e6.ini", "[a]\nCANARY\n"),
        ("e7.xml", "<a b='&CANARY;'>CANARY</b>"),
        ("f7.xml", "<a>&CANARY;</a>"),
        ("e8.env", "CANARY\n"),
        ("f8.env", "A='CANARY\n"),
        ("e9.properties", "a=CANARY\\uCANARY\n"),
        ("e10.csv", "a,b\nCANARY\n"),
    ];
    texts
        .into_iter()
        .map(|(name, text)| (name, text.replace("CANARY", CANARY)))
        .collect()
}

/// A control that points at every part of every document.
const EVERY_PART: &str = "# METADATA\n# title: t\n# description: d\n# scope: package\n# custom:\n#   id: OWN-01\n#   severity: high\n#   inputs: [{kind: document}]\n#   frameworks: {soc2: [CC6.1]}\n#   remediation: r\npackage own.parts\n\nimport rego.v1\n\ndeny contains {\"message\": \"a part\", \"path\": path} if {\n\twalk(input.object, [path, _])\n}\n";

#[test]
fn a_planted_secret_in_a_document_is_never_written() {
    let rego = [("own/parts.rego", EVERY_PART)];
    let folder = folder(&rego);
    let mut planted = 0;
    for (name, text) in documents() {
        assert!(text.contains(CANARY), "{name}");
        std::fs::write(folder.path().join(name), text).unwrap();
        planted += 1;
    }
    assert!(planted > 25);
    for format in ["human", "json", "sarif", "junit", "markdown"] {
        for more in [&[][..], &["--input-kind", "document"]] {
            let mut command = soc2gate(folder.path());
            command.args([
                "check",
                ".",
                "--policies",
                "own",
                "--show-passing",
                "--format",
                format,
            ]);
            let output = command.args(more).output().unwrap();
            assert_eq!(output.status.code(), Some(2));
            let written = [output.stdout, output.stderr].concat();
            let text = String::from_utf8_lossy(&written);
            for (at, line) in text.lines().enumerate() {
                assert!(!line.contains(CANARY), "{format} line {at}: {line}");
            }
            let named = ["d3.toml", "Dockerfile", ".env", "d10.csv"];
            assert!(
                named.iter().all(|name| text.contains(name)),
                "{format}: {text}"
            );
        }
    }
}

#[test]
fn a_planted_secret_is_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let mut planted = 0;
    for (name, text) in manifests().into_iter().chain(pull_requests()) {
        assert!(text.contains(CANARY), "{name}");
        std::fs::write(folder.path().join(name), text).unwrap();
        planted += 1;
    }
    for format in ["human", "json", "sarif", "junit", "markdown"] {
        for kind in [None, Some("kubernetes"), Some("pull-request")] {
            let mut command = soc2gate(folder.path());
            command.args(["check", ".", "--show-passing", "--format", format]);
            command.args(kind.into_iter().flat_map(|kind| ["--input-kind", kind]));
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(2));
            let written = [output.stdout, output.stderr].concat();
            assert!(written.len() > 1_000, "{format} says nothing");
            let text = String::from_utf8_lossy(&written);
            for (at, line) in text.lines().enumerate() {
                assert!(
                    !line.contains(CANARY),
                    "{format} {kind:?} line {at}: {line}"
                );
            }
        }
    }
    assert!(planted > 15);
}

#[test]
fn a_secret_is_not_quoted_where_plain_policies_fail_or_read_data() {
    let policy = "package main\n\nfound contains input.data\n\nfound contains input[_].contents.data\n\nlevel := 1 if count(found) > 0\n\nlevel := found\n\ndeny contains {\"details\": input} if count(found) > 0\n\nwarn contains \"x\" if level == 1\n";
    let data = format!("{CANARY}: [{CANARY}]\nparameters: {{a: {CANARY}}}\n");
    let broken = format!("a: \"{CANARY}\nb: c: d\n");
    let mut files = manifests();
    files.push(("policy/main.rego", policy.to_owned()));
    files.push(("data/a.yaml", data.replace(&format!("{CANARY}:"), "a:")));
    files.push(("data/b.yaml", broken));
    files.push(("data/c.yaml", format!("- {CANARY}\n")));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let folder = folder(&files);
    for format in ["human", "json", "sarif", "junit", "markdown"] {
        for combine in [None, Some("--combine")] {
            let output = soc2gate(folder.path())
                .args([
                    "check",
                    "config.yaml",
                    "secret.yaml",
                    "other.yaml",
                    "--format",
                    format,
                ])
                .args(["-p", "policy", "--data", "data"])
                .args(combine)
                .output()
                .unwrap();
            assert_eq!(output.status.code(), Some(2));
            let text =
                String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
            assert!(text.contains("main"), "{format}: {text}");
            assert!(!text.contains(CANARY), "{format}: {text}");
        }
    }
}

#[test]
fn a_secret_of_a_bundle_or_its_key_is_not_quoted() {
    let policy = "package main\n\ndeny contains \"x\" if input.bad == data.password\n";
    let planted = |text: &str| text.replace("CANARY", CANARY);
    let bundles = [
        vec![
            ("main.rego", policy),
            ("data.json", r#"{"password": "CANARY"}"#),
        ],
        vec![
            ("main.rego", policy),
            ("data.json", r#"{"password": "CANARY}"#),
        ],
        vec![("main.rego", policy), ("data.json", r#"["CANARY"]"#)],
        vec![("main.rego", policy), ("data.yaml", "a: *CANARY\n")],
        vec![
            ("main.rego", policy),
            (".manifest", r#"{"roots": "CANARY"}"#),
        ],
        vec![
            ("main.rego", policy),
            (".manifest", r#"{"metadata": "CANARY"}"#),
        ],
        vec![
            ("main.rego", policy),
            (".signatures.json", r#"{"signatures": ["CANARY"]}"#),
        ],
        vec![
            ("main.rego", policy),
            (".signatures.json", r#"{"signatures": "CANARY"}"#),
        ],
        vec![
            ("main.rego", policy),
            (".signatures.json", r#"{"plugin": "CANARY"}"#),
        ],
    ];
    for files in bundles {
        let files: Vec<(&str, String)> = files
            .into_iter()
            .map(|(path, text)| (path, planted(text)))
            .collect();
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect();
        let folder = folder(&[("fine.yaml", POD), ("key", CANARY)]);
        std::fs::write(folder.path().join("b.tar.gz"), bundle::archive(&files)).unwrap();
        for key in [&[][..], &["--verification-key", "key"]] {
            for algorithm in ["RS256", "HS256"] {
                for format in ["human", "json"] {
                    let algorithm = ["--signing-alg", algorithm];
                    let output = soc2gate(folder.path())
                        .args(["check", "fine.yaml", "-p", "b.tar.gz", "--format", format])
                        .args(key)
                        .args(if key.is_empty() { &[][..] } else { &algorithm })
                        .output()
                        .unwrap();
                    let text = [output.stdout, output.stderr].concat();
                    let text = String::from_utf8_lossy(&text);
                    assert!(text.contains("b.tar.gz"), "{text}");
                    assert!(!text.contains(CANARY), "{files:?} {text}");
                }
            }
        }
    }
}

#[test]
fn a_secret_is_not_quoted_where_constraints_fail() {
    let template = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: t}\nspec:\n  crd: {spec: {names: {kind: T}, validation: {openAPIV3Schema: {type: object, properties: {a: {type: integer}}}}}}\n  targets:\n  - target: admission.k8s.gatekeeper.sh\n    rego: |\n      package t\n      violation[{\"msg\": \"shape\", \"details\": input}] { input.review.object.data }\n      violation[{\"msg\": \"x\"}] { level == 1 }\n      level = x { x := input.review.object.data[_] }\n      level = 1 { input.review.object.data }\n";
    let constraint =
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: T\nmetadata: {name: any}\n";
    let broken = format!(
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: T\nmetadata: {{name: other}}\nspec: {{enforcementAction: {CANARY}, match: {{scope: {CANARY}}}, parameters: {{a: {CANARY}}}}}\n---\napiVersion: constraints.gatekeeper.sh/v1beta1\nkind: T\nmetadata: {{name: third}}\nspec: {{parameters: {{a: {CANARY}}}}}\n---\npassword: {CANARY}\n"
    );
    let mut files = manifests();
    files.push(("policy/template.yaml", template.to_owned()));
    files.push(("policy/constraint.yaml", constraint.to_owned()));
    files.push(("policy/broken.yaml", broken));
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let folder = folder(&files);
    for format in ["human", "json", "sarif", "junit", "markdown"] {
        let output = soc2gate(folder.path())
            .args([
                "check",
                "config.yaml",
                "secret.yaml",
                "--format",
                format,
                "-p",
                "policy",
            ])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2));
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(text.contains("T/any"), "{format}: {text}");
        assert!(!text.contains(CANARY), "{format}: {text}");
    }
}

#[test]
fn a_secret_in_a_configuration_or_an_exception_is_not_quoted() {
    let config = format!(
        "version: {CANARY}\nscope: {{criteria: [{CANARY}]}}\ncontrols: {{CHG-01: {{parameters: {{minimum_approvals: {CANARY}}}}}}}\nexceptions: e.yaml\n"
    );
    let exceptions =
        format!("version: 1\nexceptions:\n- {{id: a, control: {CANARY}, approved_at: {CANARY}}}\n");
    let folder = folder(&[
        ("a.yaml", POD),
        ("soc2gate.yaml", &config),
        ("e.yaml", &exceptions),
    ]);
    for format in ["human", "json", "sarif", "junit", "markdown"] {
        let output = soc2gate(folder.path())
            .args(["check", "a.yaml", "--format", format])
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(text.contains("SG2001") || format == "junit", "{text}");
        assert!(!text.contains(CANARY), "{text}");
    }
}

#[test]
fn a_secret_in_a_policy_a_test_or_a_case_is_not_in_what_lint_and_bench_say() {
    let control = format!(
        "\n_secret := \"{CANARY}\"\n\ndeny contains {{\"message\": \"{CANARY}\"}} if input.object.spec.x != \"{CANARY}\"\n\n# {CANARY}\ndeny contains {{\"message\": \"m\"}} if {{\n\tbadName := \"{CANARY}\"\n\t\"{CANARY}\" == \"other\"\n}}\n"
    );
    let folder = lint::control(&control);
    let own = folder.path().join("own");
    let case = format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: a, labels: {{owner: {CANARY}}}}}\nspec: {{x: {CANARY}}}\n"
    );
    std::fs::write(own.join("cases/fail-secret.yaml"), &case).unwrap();
    std::fs::write(folder.path().join("input.yaml"), case).unwrap();
    let test = format!("package controls.own_test\n\ntest_secret if \"{CANARY}\" == input.x\n");
    std::fs::write(own.join("secret_test.rego"), test).unwrap();
    let check = |arguments: &[&str], least: usize| {
        let output = soc2gate(folder.path()).args(arguments).output().unwrap();
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.len() > least, "{arguments:?}: {text}");
        assert!(!text.contains(CANARY), "{arguments:?}: {text}");
    };
    for format in ["human", "json", "sarif"] {
        check(&["lint", "own", "--format", format], 500);
    }
    check(&["bench", "own", "-n", "1"], 50);
    check(&["bench", "own", "-n", "1", "--json"], 50);
    check(&["bench", "own", "-n", "1", "--input", "input.yaml"], 50);
    // Where the inputs and the policies themselves are broken, too.
    std::fs::write(
        own.join("cases/pass-broken.yaml"),
        format!("a: [{CANARY}\n"),
    )
    .unwrap();
    std::fs::write(
        own.join("broken.rego"),
        format!("package b\n\nx := {CANARY} {CANARY}\n"),
    )
    .unwrap();
    for format in ["human", "json", "sarif"] {
        check(&["lint", "own", "--format", format], 50);
    }
    check(&["bench", "own", "-n", "1"], 50);
}
