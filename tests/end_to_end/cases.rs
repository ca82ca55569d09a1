//! Every case of every control through the command line: it must agree with the engine and with the case.

use rayon::prelude::*;
use soc2gate_engine::{Decision, Library, Status};
use soc2gate_policies::{Case, control_folders, sources};

use super::*;

#[test]
fn the_command_line_gives_every_case_its_verdict() {
    let root = root();
    let (library, _) = Library::load(&sources());
    let folders = control_folders(&root.join("policies/controls")).unwrap();
    let cases: Vec<(String, Case)> = folders
        .into_iter()
        .flat_map(|folder| {
            let file = folder
                .path
                .strip_prefix(&root)
                .unwrap()
                .join("control.rego");
            let control = library
                .controls()
                .iter()
                .find(|control| *control.file == *file.to_string_lossy())
                .unwrap();
            let id = control.id.0.clone();
            folder.cases.into_iter().map(move |case| (id.clone(), case))
        })
        .collect();
    assert!(cases.len() > 100);
    let differences: Vec<String> = cases
        .par_iter()
        .flat_map(|(id, case)| differences(&root, id, case))
        .collect();
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

fn differences(root: &Path, id: &str, case: &Case) -> Vec<String> {
    let mut command = soc2gate(root);
    command
        .args([
            "check",
            "--format",
            "json",
            "--now",
            NOW,
            "--jobs",
            "1",
            "--control",
            id,
        ])
        .arg(&case.file);
    // Without --config the nearest one would count.
    let empty = folder(&[("soc2gate.yaml", "version: 1\n")]);
    let config = case
        .config
        .clone()
        .unwrap_or_else(|| empty.path().join("soc2gate.yaml"));
    let output = command.arg("--config").arg(config).output().unwrap();
    let report = report(&output);
    let name = case.file.display();
    let mut found = Vec::new();
    let decisions: Vec<Decision> = serde_json::from_value(report["decisions"].clone()).unwrap();
    let differences = case.differences(&decisions, id).unwrap();
    found.extend(differences.iter().map(|text| format!("{name}: {text}")));
    let enforced = decisions
        .iter()
        .flat_map(|decision| &decision.verdicts)
        .any(|verdict| verdict.enforcement.as_str() == "deny");
    let expected = match case.expected {
        Status::Fail if enforced => 1,
        Status::Unknown if enforced => 2,
        _ => 0,
    };
    let errors: Vec<&Value> = report["diagnostics"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|diagnostic| diagnostic["severity"] == "error")
        .collect();
    if !errors.is_empty() || output.status.code() != Some(expected) {
        let code = output.status.code();
        found.push(format!("{name}: exit {code:?}, not {expected}: {errors:?}"));
    }
    found
}
