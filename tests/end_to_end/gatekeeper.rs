//! Templates and constraints of Gatekeeper, unchanged, through the real binary.

use super::*;

/// Images from allowed places only: with a library, as the public collection of templates writes them.
const ALLOWED_REPOS: &str = r#"apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: k8sallowedrepos
  annotations:
    metadata.gatekeeper.sh/title: "Allowed Repositories"
    description: >-
      Requires container images to begin with a string from a list.
spec:
  crd:
    spec:
      names:
        kind: K8sAllowedRepos
      validation:
        openAPIV3Schema:
          type: object
          properties:
            repos:
              type: array
              items:
                type: string
            exemptImages:
              type: array
              items:
                type: string
  targets:
    - target: admission.k8s.gatekeeper.sh
      rego: |
        package k8sallowedrepos

        import data.lib.exempt_container.is_exempt

        violation[{"msg": msg}] {
          container := containers[_]
          not is_exempt(container)
          satisfied := [good | repo := input.parameters.repos[_]; good := startswith(container.image, repo)]
          not any(satisfied)
          msg := sprintf("container <%v> has an invalid image repo <%v>, allowed repos are %v", [container.name, container.image, input.parameters.repos])
        }

        containers[c] { c := input.review.object.spec.containers[_] }
        containers[c] { c := input.review.object.spec.initContainers[_] }
      libs:
        - |
          package lib.exempt_container

          is_exempt(container) {
            exempt_images := object.get(object.get(input, "parameters", {}), "exemptImages", [])
            img := container.image
            exemption := exempt_images[_]
            _matches_exemption(img, exemption)
          }

          _matches_exemption(img, exemption) {
            not endswith(exemption, "*")
            exemption == img
          }

          _matches_exemption(img, exemption) {
            endswith(exemption, "*")
            prefix := trim_suffix(exemption, "*")
            startswith(img, prefix)
          }
"#;

const CONSTRAINT: &str = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: K8sAllowedRepos\nmetadata:\n  name: repo-is-ours\nspec:\n  match:\n    kinds:\n      - apiGroups: [\"\"]\n        kinds: [\"Pod\"]\n    excludedNamespaces: [\"kube-*\"]\n  parameters:\n    repos: [\"example.com/\"]\n    exemptImages: [\"quay.io/tools/*\"]\n";

fn image(image: &str) -> String {
    format!(
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: web\n  namespace: shop\nspec:\n  containers:\n  - name: web\n    image: {image}\n"
    )
}

const ID: &str = "K8sAllowedRepos/repo-is-ours";

fn example(pod: &str) -> tempfile::TempDir {
    folder(&[
        ("library/allowedrepos/template.yaml", ALLOWED_REPOS),
        ("library/allowedrepos/samples/constraint.yaml", CONSTRAINT),
        ("pod.yaml", pod),
    ])
}

fn only(folder: &Path, more: &[&str]) -> (Value, i32) {
    let arguments = [&["-p", "library", "--control", ID, "pod.yaml"], more].concat();
    check(folder, &arguments)
}

#[test]
fn a_template_of_the_public_shape_judges_unchanged() {
    let folder = example(&image("docker.io/evil:1"));
    let (report, code) = only(folder.path(), &[]);
    assert_eq!(code, 1, "{report:#}");
    assert_eq!(codes(&report), Vec::<String>::new());
    let verdict = &report["decisions"][0]["verdicts"][0];
    assert_eq!(verdict["control"], ID);
    assert_eq!(verdict["title"], "Allowed Repositories");
    assert_eq!(
        verdict["findings"][0]["message"],
        "container <web> has an invalid image repo <docker.io/evil:1>, allowed repos are [\"example.com/\"]"
    );
    assert_eq!(verdict["findings"][0]["location"]["file"], "pod.yaml");
    for fine in ["example.com/web:1", "quay.io/tools/x:1"] {
        std::fs::write(folder.path().join("pod.yaml"), image(fine)).unwrap();
        assert_eq!(only(folder.path(), &[]).1, 0);
    }
    let system = image("docker.io/evil:1").replace("namespace: shop", "namespace: kube-system");
    std::fs::write(folder.path().join("pod.yaml"), system).unwrap();
    let (report, code) = only(folder.path(), &[]);
    assert_eq!(code, 0);
    assert_eq!(
        report["decisions"][0]["verdicts"][0]["status"],
        "not_applicable"
    );
}

#[test]
fn enforcement_exceptions_and_settings_hold_for_constraints() {
    let folder = example(&image("docker.io/evil:1"));
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    let file = "library/allowedrepos/samples/constraint.yaml";
    for (action, expected) in [("warn", 0), ("dryrun", 0), ("deny", 1)] {
        let constraint = CONSTRAINT.replace(
            "spec:\n",
            &format!("spec:\n  enforcementAction: {action}\n"),
        );
        write(file, &constraint);
        assert_eq!(only(folder.path(), &[]).1, expected, "{action}");
    }
    write(
        "soc2gate.yaml",
        &format!("version: 1\ncontrols:\n  {ID}: {{enforcement: warn}}\n"),
    );
    assert_eq!(only(folder.path(), &[]).1, 0);
    write("soc2gate.yaml", "version: 1\nexceptions: exceptions.yaml\n");
    write(
        "exceptions.yaml",
        &format!(
            "version: 1\nexceptions:\n- id: EXC-1\n  control: {ID}\n  subjects: [kubernetes/Pod/shop/web]\n  reason: legacy\n  compensating_control: firewall\n  ticket: OPS-1\n  requested_by: ann\n  approved_by: bo\n  approved_at: 2026-11-01\n  expires_at: 2027-01-01\n"
        ),
    );
    let (report, code) = only(folder.path(), &[]);
    assert_eq!(code, 0);
    assert_eq!(
        report["decisions"][0]["verdicts"][0]["exception"]["id"],
        "EXC-1"
    );
}

#[test]
fn other_objects_and_namespaces_of_the_run_are_seen() {
    let template = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: uniquehost}\nspec:\n  crd: {spec: {names: {kind: UniqueHost}}}\n  targets:\n  - target: admission.k8s.gatekeeper.sh\n    code:\n    - engine: Rego\n      source:\n        version: v1\n        rego: |\n          package uniquehost\n          violation contains {\"msg\": msg} if {\n            some ns, name\n            other := data.inventory.namespace[ns][_].Ingress[name]\n            name != input.review.object.metadata.name\n            other.spec.rules[_].host == input.review.object.spec.rules[_].host\n            msg := sprintf(\"%s/%s has the host too\", [ns, name])\n          }\n";
    let constraint = "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: UniqueHost\nmetadata: {name: unique}\nspec:\n  match:\n    kinds: [{apiGroups: [networking.k8s.io], kinds: [Ingress]}]\n    namespaceSelector: {matchLabels: {public: \"true\"}}\n";
    let ingress = |name: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {{name: {name}, namespace: shop}}\nspec: {{rules: [{{host: shop.example}}]}}\n"
        )
    };
    let namespace =
        "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {public: \"true\"}}\n";
    let folder = folder(&[
        ("library/template.yaml", template),
        ("library/constraint.yaml", constraint),
        ("deploy/a.yaml", &ingress("a")),
        ("deploy/b.yaml", &ingress("b")),
        ("deploy/namespace.yaml", namespace),
    ]);
    let run = |paths: &[&str]| {
        let arguments = [&["-p", "library", "--control", "UniqueHost/unique"], paths].concat();
        let (report, code) = check(folder.path(), &arguments);
        let verdict = &report["decisions"][0]["verdicts"][0];
        let text = verdict["findings"][0]["message"]
            .as_str()
            .unwrap_or_default();
        (
            verdict["status"].as_str().unwrap().to_owned(),
            text.to_owned(),
            code,
        )
    };
    assert_eq!(
        run(&["deploy"]),
        ("fail".to_owned(), "shop/b has the host too".to_owned(), 1)
    );
    assert_eq!(
        run(&["deploy/a.yaml", "deploy/namespace.yaml"]),
        ("pass".to_owned(), String::new(), 0)
    );
    assert_eq!(
        run(&["deploy/a.yaml", "deploy/b.yaml"]),
        ("unknown".to_owned(), String::new(), 2)
    );
}

#[test]
fn what_cannot_be_judged_by_is_an_error_and_the_rest_a_note() {
    let folder = example(&image("example.com/web:1"));
    let write = |name: &str, text: &str| {
        std::fs::write(folder.path().join("library").join(name), text).unwrap();
    };
    write("kustomization.yaml", "resources: [template.yaml]\n");
    let (report, code) = only(folder.path(), &[]);
    assert_eq!(
        (codes(&report), code),
        (vec!["SG4024 library/kustomization.yaml:1:1".to_owned()], 0)
    );
    let cel = "apiVersion: templates.gatekeeper.sh/v1\nkind: ConstraintTemplate\nmetadata: {name: c}\nspec:\n  crd: {spec: {names: {kind: C}}}\n  targets:\n  - target: admission.k8s.gatekeeper.sh\n    code:\n    - engine: K8sNativeValidation\n      source: {validations: []}\n";
    write("cel.yaml", cel);
    let (report, code) = only(folder.path(), &[]);
    assert_eq!(code, 2);
    assert!(codes(&report).contains(&"SG4029 library/cel.yaml:8:5".to_owned()));
    write(
        "cel.yaml",
        "apiVersion: constraints.gatekeeper.sh/v1beta1\nkind: Nothing\nmetadata: {name: x}\n",
    );
    let (report, code) = only(folder.path(), &[]);
    assert_eq!(code, 2);
    assert!(codes(&report).contains(&"SG4028 library/cel.yaml:2:1".to_owned()));
    write(
        "cel.yaml",
        &ALLOWED_REPOS.replace("kind: K8sAllowedRepos", "kind: Unused"),
    );
    let (report, code) = only(folder.path(), &[]);
    assert_eq!(code, 0);
    assert!(codes(&report).contains(&"SG4027 library/cel.yaml:1:1".to_owned()));
}

#[test]
fn every_format_tells_of_constraints() {
    let folder = example(&image("docker.io/evil:1"));
    for format in ["human", "json", "sarif", "junit", "markdown"] {
        let mut command = soc2gate(folder.path());
        let output = command
            .args([
                "check",
                "-p",
                "library",
                "--control",
                ID,
                "--format",
                format,
                "--now",
                NOW,
                "pod.yaml",
            ])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(1), "{format}");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains(ID), "{format}: {text}");
        assert!(text.contains("invalid image repo"), "{format}: {text}");
    }
    let (report, _) = only(folder.path(), &[]);
    let schema = soc2gate(folder.path())
        .args(["schema", "report"])
        .output()
        .unwrap();
    let schema: Value = serde_json::from_slice(&schema.stdout).unwrap();
    assert!(jsonschema::is_valid(&schema, &report));
}

#[test]
fn controls_plain_policies_and_constraints_judge_side_by_side() {
    let folder = example(&image("docker.io/evil:1"));
    std::fs::write(
        folder.path().join("library/plain.rego"),
        "package main\n\ndeny contains \"no pods\" if input.kind == \"Pod\"\n",
    )
    .unwrap();
    let (report, code) = check(folder.path(), &["-p", "library", "pod.yaml"]);
    assert_eq!(code, 1);
    let verdicts = report["decisions"][0]["verdicts"].as_array().unwrap();
    let ids: Vec<&str> = verdicts
        .iter()
        .map(|v| v["control"].as_str().unwrap())
        .collect();
    assert!(ids.is_sorted(), "{ids:?}");
    for id in [ID, "main", "WRK-01"] {
        assert!(ids.contains(&id), "{ids:?}");
    }
}
