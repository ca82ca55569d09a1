//! `soc2gate control list` and `soc2gate control show`.

use std::fmt::Write as _;

use serde_json::{Value, json};
use soc2gate_engine::{Control, Library};
use soc2gate_source::Diagnostic;

use super::{complain, print};
use crate::args::{ControlListArgs, ControlShowArgs, ExistingArgs, PolicyArgs};
use crate::collect::{Loaded, load};
use crate::exit::Exit;

/// Lists the controls.
pub(super) fn list(args: &ControlListArgs) -> Exit {
    let (library, is_whole) = controls(&args.policies);
    let text = if args.json {
        pretty(&Value::Array(
            library.controls().iter().map(describe).collect(),
        ))
    } else {
        table(library.controls())
    };
    end(&text, is_whole)
}

/// Shows one control.
pub(super) fn show(args: &ControlShowArgs) -> Exit {
    let (library, is_whole) = controls(&args.policies);
    let Some(control) = find(&library, &args.id) else {
        complain(&format!(
            "error: there is no control {}; `soc2gate control list` shows the ids",
            args.id
        ));
        return Exit::Usage;
    };
    let text = if args.json {
        pretty(&describe(control))
    } else {
        page(control)
    };
    end(&text, is_whole)
}

/// The controls, and whether all of them could be loaded.
fn controls(policies: &PolicyArgs) -> (Library, bool) {
    let Loaded {
        library,
        diagnostics,
        ..
    } = load(policies, &ExistingArgs::default());
    let errors: Vec<&Diagnostic> = diagnostics
        .iter()
        .filter(|diagnostic| diagnostic.is_error())
        .collect();
    for error in &errors {
        complain(&error.to_string());
    }
    (library, errors.is_empty())
}

fn end(text: &str, is_whole: bool) -> Exit {
    if print(text).is_ok() && is_whole {
        Exit::Allow
    } else {
        Exit::Error
    }
}

/// A control by its id; the ids of soc2gate's own may be written in small letters.
fn find<'a>(library: &'a Library, id: &str) -> Option<&'a Control> {
    library
        .control(id)
        .or_else(|| library.control(&id.to_uppercase()))
}

fn pretty(value: &Value) -> String {
    format!("{value:#}\n")
}

fn table(controls: &[Control]) -> String {
    let mut text = String::new();
    let width = controls
        .iter()
        .map(|control| control.id.0.len())
        .max()
        .unwrap_or_default();
    for control in controls {
        let kinds: Vec<&str> = control
            .inputs
            .iter()
            .map(|input| input.kind.as_str())
            .collect();
        let _ = writeln!(
            text,
            "{:width$}  {:8}  {:12}  {}",
            control.id,
            control.severity.as_str(),
            kinds.join(","),
            control.title,
        );
    }
    text
}

/// A control as JSON.
fn describe(control: &Control) -> Value {
    json!({
        "id": control.id,
        "title": control.title,
        "description": control.description,
        "severity": control.severity,
        "default_enforcement": control.default_enforcement(),
        "inputs": control.inputs,
        "frameworks": control.frameworks,
        "remediation": control.remediation,
        "parameters": control.parameters,
        "related_resources": control.related_resources,
        "package": control.package,
        "file": control.file,
    })
}

fn page(control: &Control) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "{}  {}\n", control.id, control.title);
    let _ = writeln!(text, "{}\n", control.description);
    let mut row = |name: &str, value: &str| {
        if !value.is_empty() {
            let _ = writeln!(text, "{name:<13}{value}");
        }
    };
    row("severity", control.severity.as_str());
    row(
        "enforcement",
        &format!(
            "{} unless soc2gate.yaml says otherwise",
            control.default_enforcement().as_str()
        ),
    );
    row("SOC 2", &control.frameworks.soc2.join(", "));
    row("ISO 27001", &control.frameworks.iso27001.join(", "));
    for input in &control.inputs {
        let resources = input
            .resources
            .as_ref()
            .map_or("every type".to_owned(), |list| list.join(", "));
        row("judges", &format!("{}: {resources}", input.kind));
    }
    row("package", &control.package);
    row("source", &control.file);
    let _ = writeln!(text, "\nWhat to do when it fails: {}", control.remediation);
    if !control.parameters.is_empty() {
        text.push_str("\nParameters (soc2gate.yaml, controls.");
        let _ = writeln!(text, "{}.parameters):", control.id);
        for (name, schema) in &control.parameters {
            let description = schema
                .get("description")
                .and_then(Value::as_str)
                .unwrap_or_default();
            let default = schema
                .get("default")
                .map_or("no default".to_owned(), |value| format!("default {value}"));
            let kind = schema.get("type").and_then(Value::as_str).unwrap_or("any");
            let _ = writeln!(text, "  {name} ({kind}, {default})\n      {description}");
        }
    }
    for resource in &control.related_resources {
        let _ = writeln!(text, "\nSee {}", resource.reference);
    }
    text
}
