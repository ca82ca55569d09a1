//! The workflows of `ci-action/README.md` are as good as our own.

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::*;

/// The fenced blocks in YAML: each a whole workflow.
fn workflows() -> Vec<String> {
    let text = fs::read_to_string(root().join("ci-action/README.md")).unwrap();
    let (mut found, mut is_inside) = (Vec::new(), false);
    for event in Parser::new(&text) {
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language)))
                if &*language == "yaml" =>
            {
                is_inside = true;
                found.push(String::new());
            }
            Event::Text(part) if is_inside => found.last_mut().unwrap().push_str(&part),
            Event::End(TagEnd::CodeBlock) => is_inside = false,
            _ => {}
        }
    }
    found
}

fn values() -> Vec<Value> {
    let parsed = |text: &String| parse_yaml(split_yaml(text)[0]).unwrap().unwrap().value;
    workflows().iter().map(parsed).collect()
}

/// The events that start a workflow. As kubectl reads YAML, the key `on` is true.
fn events(workflow: &Value) -> &serde_json::Map<String, Value> {
    workflow["true"].as_object().unwrap()
}

/// The steps of a workflow.
fn steps(workflow: &Value) -> Vec<&Value> {
    let jobs = workflow["jobs"].as_object().unwrap().values();
    jobs.flat_map(|job| job["steps"].as_array().unwrap())
        .collect()
}

#[test]
fn every_event_has_a_workflow() {
    let values = values();
    let events: Vec<&String> = values
        .iter()
        .flat_map(|workflow| events(workflow).keys())
        .collect();
    for event in [
        "pull_request",
        "pull_request_target",
        "pull_request_review",
        "merge_group",
        "push",
        "schedule",
        "workflow_dispatch",
    ] {
        assert!(events.iter().any(|found| *found == event), "{event}");
    }
}

#[test]
fn inputs_that_workflows_give_exist() {
    let text = fs::read_to_string(root().join("ci-action/action.yml")).unwrap();
    let action = parse_yaml(split_yaml(&text)[0]).unwrap().unwrap().value;
    let mut uses = 0;
    for workflow in values() {
        for step in steps(&workflow) {
            let Some(action_name) = step["uses"].as_str() else {
                assert!(step["run"].is_string(), "{step}");
                continue;
            };
            let (_, commit) = action_name.split_once('@').unwrap();
            assert!(
                commit.len() == 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit()),
                "{action_name}"
            );
            if !action_name.starts_with("soc2gate/soc2gate/ci-action@") {
                continue;
            }
            uses += 1;
            for input in step["with"]
                .as_object()
                .into_iter()
                .flat_map(serde_json::Map::keys)
            {
                assert!(action["inputs"].get(input).is_some(), "{input}");
            }
        }
    }
    assert!(uses >= 6, "{uses}");
}

#[test]
fn permissions_are_given_by_job_and_none_by_workflow() {
    for workflow in values() {
        assert_eq!(workflow["permissions"], serde_json::json!({}));
        for job in workflow["jobs"].as_object().unwrap().values() {
            assert!(job["permissions"].is_object() && job["timeout-minutes"].is_number());
        }
    }
}

#[test]
fn no_step_checks_out_what_a_privileged_event_brings() {
    let values = values();
    let is_privileged = |workflow: &&Value| events(workflow).contains_key("pull_request_target");
    let privileged: Vec<&Value> = values.iter().filter(is_privileged).collect();
    assert!(!privileged.is_empty());
    for step in privileged.into_iter().flat_map(steps) {
        assert!(
            !step["uses"]
                .as_str()
                .unwrap()
                .starts_with("actions/checkout@")
        );
    }
}

#[test]
fn schemas_and_the_auditor_say_nothing_of_them() {
    let Some(tools) = std::env::var_os("SOC2GATE_TEST_TOOLS").map(PathBuf::from) else {
        eprintln!(
            "notice: skipped, run by cargo xtask test, which installs check-jsonschema and zizmor"
        );
        return;
    };
    let files = workflows().into_iter().zip(0..);
    let files: Vec<(String, String)> = files
        .map(|(text, number)| (format!(".github/workflows/{number}.yml"), text))
        .collect();
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
        .collect();
    assert!(files.len() >= 6);
    let folder = folder(&files);
    let run = |program: &Path, arguments: &[&str]| {
        let name = program.display();
        let output = Process::new(program)
            .args(arguments)
            .env("SOC2GATE_TEST_TOOLS", &tools)
            .current_dir(folder.path())
            .output()
            .unwrap();
        let (out, errors) = (
            String::from_utf8(output.stdout).unwrap(),
            String::from_utf8(output.stderr).unwrap(),
        );
        assert!(output.status.success(), "{name}: {out}{errors}");
    };
    let names: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let python = tools.join("python/bin");
    let schema = ["--builtin-schema", "vendor.github-workflows"];
    run(
        &python.join("check-jsonschema"),
        &[&schema[..], &names].concat(),
    );
    run(
        &python.join("zizmor"),
        &["--offline", "--no-progress", "--quiet", "."],
    );
    let parser = root()
        .join("tests/tools/workflows.mjs")
        .display()
        .to_string();
    run(
        Path::new("node"),
        &[&[parser.as_str()][..], &names].concat(),
    );
}
