use rstest::rstest;
use serde_json::{Value, json};
use soc2gate_engine::SubjectKind;
use soc2gate_source::{Code, Segment};

use crate::{Read, Reading, SourceFile, Withholder, units};

const WORKFLOW: &str = "\
name: ci
on:
  pull_request_target:
    types: [opened]
env:
  TOKEN: hunter2
permissions: write-all
jobs:
  test:
    runs-on: ubuntu-24.04
    permissions:
      contents: yes
    steps:
      - uses: actions/checkout@v4
        with:
          ref: ${{ github.event.pull_request.head.sha }}
          token: hunter2
          persist-credentials: no
      - run: |
          export KEY=hunter2
          echo ${{ github.event.pull_request.title }}
        env:
          KEY: ${{ secrets.KEY || 'hunter2' }}
";

fn read(name: &str, text: &str, reading: Reading) -> Read {
    let file = SourceFile {
        name: name.into(),
        text: text.into(),
    };
    let mut all = Read::default();
    for unit in units(&file, reading) {
        let read = crate::read(&unit, reading);
        all.subjects.extend(read.subjects);
        all.diagnostics.extend(read.diagnostics);
    }
    all
}

fn kinds(name: &str, text: &str, reading: Reading) -> Vec<SubjectKind> {
    let read = read(name, text, reading);
    read.subjects.iter().map(|subject| subject.kind).collect()
}

#[test]
fn a_workflow_is_the_file_as_github_reads_it() {
    let read = read(".github/workflows/ci.yml", WORKFLOW, Reading::default());
    assert_eq!(read.diagnostics, []);
    let subject = &read.subjects[0];
    assert_eq!(subject.id, "github_workflow/.github/workflows/ci.yml");
    let document = &subject.document;
    assert_eq!(
        document["on"],
        json!({"pull_request_target": {"types": ["opened"]}})
    );
    assert_eq!(document.get("true"), None);
    let step = &document["jobs"]["test"]["steps"][0];
    assert_eq!(step["with"]["persist-credentials"], json!("no"));
    assert_eq!(
        document["jobs"]["test"]["permissions"],
        json!({"contents": "yes"})
    );
    let path: [Segment; 5] = [
        "jobs".into(),
        "test".into(),
        "steps".into(),
        1.into(),
        "run".into(),
    ];
    let at = subject.source.locate(&path).unwrap();
    assert_eq!((at.line, at.column), (19, 9));
}

#[rstest]
#[case(".github/workflows/ci.yml", "on: push\njobs: {}\n", true)]
#[case("/repo/.github/workflows/ci.yaml", "on: push\njobs: {}\n", true)]
#[case(".github/workflows/ci.yml", "name: no jobs yet\n", true)]
#[case(
    ".github/workflows/ci.yml",
    "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n",
    true
)]
#[case(".github/workflows/ci.json", "{\"a\": 1}", false)]
#[case(".github/workflows/sub/ci.yml", "name: no jobs yet\n", false)]
#[case("workflows/ci.yml", "name: no jobs yet\n", false)]
#[case("-", "on: push\njobs: {a: {}}\n", true)]
#[case("template.yml", "'on': push\njobs: {a: {}}\n", true)]
#[case("template.json", "{\"on\": \"push\", \"jobs\": {}}", true)]
#[case("circle.yml", "version: 2\njobs: {a: {}}\n", false)]
#[case("list.yml", "on: push\njobs: [a]\n", false)]
#[case("action.yml", "name: a\nruns: {using: composite, steps: []}\n", true)]
#[case("a/action.yaml", "runs: {using: node20, main: a.js}\n", true)]
#[case("action.yml", "name: of another tool\n", false)]
#[case(
    "crd.yml",
    "apiVersion: a/v1\nkind: B\nmetadata: {name: c}\non: 1\njobs: {}\n",
    false
)]
fn a_workflow_is_told_by_its_place_or_its_shape(
    #[case] name: &str,
    #[case] text: &str,
    #[case] is_workflow: bool,
) {
    let found = kinds(name, text, Reading::default());
    assert_eq!(
        found == [SubjectKind::GithubWorkflow],
        is_workflow,
        "{found:?}"
    );
}

#[test]
fn a_workflow_is_a_document_too_where_one_is_asked_for() {
    let documents = Reading {
        documents: true,
        ..Reading::default()
    };
    for name in [".github/workflows/ci.yml", "template.yml"] {
        let found = read(name, WORKFLOW, documents);
        let found: Vec<(&str, bool)> = found
            .subjects
            .iter()
            .map(|subject| {
                (
                    subject.kind.as_str(),
                    subject.document.get("true").is_some(),
                )
            })
            .collect();
        // In the shape that policies for Conftest know, where `on` is `true`.
        assert_eq!(found, [("github_workflow", false), ("document", true)]);
    }
    let of_kind = |kind| {
        let reading = Reading {
            kind: Some(kind),
            ..Reading::default()
        };
        kinds("ci.yml", WORKFLOW, reading)
    };
    assert_eq!(
        of_kind(SubjectKind::GithubWorkflow),
        [SubjectKind::GithubWorkflow]
    );
    assert_eq!(of_kind(SubjectKind::Document), [SubjectKind::Document]);
}

#[test]
fn what_is_no_mapping_and_what_does_not_parse_are_errors() {
    for (text, code) in [
        ("- on\n", Code::InvalidDocument),
        ("on: [push\n", Code::Syntax),
        ("on: push\non: pull_request\n", Code::DuplicateKey),
    ] {
        let read = read(".github/workflows/ci.yml", text, Reading::default());
        assert!(read.subjects.is_empty(), "{text}");
        let codes: Vec<Code> = read.diagnostics.iter().map(|found| found.code).collect();
        assert_eq!(codes, [code], "{text}");
    }
    let empty = read(
        ".github/workflows/ci.yml",
        "# nothing\n",
        Reading::default(),
    );
    assert!(empty.subjects.is_empty() && empty.diagnostics.is_empty());
}

#[test]
fn several_documents_have_ids_of_their_own() {
    let text = "on: push\njobs: {}\n---\non: push\njobs: {}\n";
    let read = read(".github/workflows/ci.yml", text, Reading::default());
    let ids: Vec<&str> = read.subjects.iter().map(|subject| &*subject.id).collect();
    assert_eq!(
        ids,
        [
            "github_workflow/.github/workflows/ci.yml#1",
            "github_workflow/.github/workflows/ci.yml#2"
        ]
    );
}

#[test]
fn of_a_workflow_no_environment_input_or_script_is_kept_or_shown() {
    let subject = read(".github/workflows/ci.yml", WORKFLOW, Reading::default())
        .subjects
        .remove(0);
    let commit = |bytes: &[u8]| format!("hmac-sha256:{:016x}", bytes.len());
    let mut withholder = Withholder::new(&commit);
    let kept = withholder.workflow(&subject.document, subject.source.stored);
    assert!(!kept.to_string().contains("hunter2"), "{kept:#}");
    let steps = &kept["jobs"]["test"]["steps"];
    assert_eq!(
        steps[0]["with"]["ref"],
        json!("${{ github.event.pull_request.head.sha }}")
    );
    let script = steps[1]["run"].as_str().unwrap();
    assert!(script.starts_with("withheld:"), "{script}");
    assert!(
        script.ends_with(" ${{ github.event.pull_request.title }}"),
        "{script}"
    );
    let key = steps[1]["env"]["KEY"].as_str().unwrap();
    assert!(key.ends_with(" ${{ secrets.KEY || '' }}"), "{key}");
    assert_eq!(kept["permissions"], Value::from("write-all"));
    let mut shown = String::new();
    for line in 1..=23 {
        let at = soc2gate_source::Span::at(soc2gate_source::Position::new(line, 1));
        let location = soc2gate_source::Location::new("ci.yml", at);
        shown.push_str(&subject.source.excerpt(&location).unwrap().text);
        shown.push('\n');
    }
    assert!(!shown.contains("hunter2"), "{shown}");
    assert!(shown.contains("uses: actions/checkout@v4"), "{shown}");
    assert!(shown.contains("contents: yes"), "{shown}");
}
