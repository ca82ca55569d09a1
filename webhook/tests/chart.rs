//! The chart beside this crate starts the program with arguments that it takes.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "tests"
)]

use std::fs;
use std::path::Path;

use clap::Parser as _;
use serde_json::Value;
use soc2gate_webhook::args::{Cli, Command};

/// The arguments of the container in the plain manifest.
fn arguments() -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("install.yaml");
    let text = fs::read_to_string(path).unwrap();
    let objects = soc2gate_source::split_yaml(&text)
        .into_iter()
        .filter_map(|document| soc2gate_source::parse_yaml(document).unwrap())
        .map(|document| document.value);
    let deployment = objects
        .into_iter()
        .find(|object| object["kind"] == "Deployment")
        .unwrap();
    let arguments = &deployment["spec"]["template"]["spec"]["containers"][0]["args"];
    let arguments = arguments.as_array().unwrap().iter();
    arguments
        .map(|argument| Value::as_str(argument).unwrap().to_owned())
        .collect()
}

#[test]
fn the_arguments_of_the_chart_are_those_of_the_program() {
    let arguments = arguments();
    assert!(arguments.len() > 10);
    let cli =
        Cli::try_parse_from(["soc2gate-webhook".to_owned()].into_iter().chain(arguments)).unwrap();
    let Command::Run(run) = cli.command else {
        panic!("the webhook is run")
    };
    // Probes and the service speak of these ports.
    assert_eq!((run.listen.port(), run.probes.port()), (8443, 8080));
    assert!(run.on_failure.denies() && run.on_ledger_failure.denies() && !run.no_ledger);
}
