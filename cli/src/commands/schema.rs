//! `soc2gate schema`.

use clap::ValueEnum as _;
use serde_json::Value;
use soc2gate_engine::{
    BaselineFile, Decision, ExceptionFile, Metadata, RawConfig, json_schema, json_schema_of_output,
};
use soc2gate_ledger::attest::ChangeApproval;
use soc2gate_ledger::record::Record;

use super::print;
use crate::args::{SchemaArgs, SchemaName};
use crate::output::JsonReport;

/// Prints a schema.
pub(super) fn run(args: &SchemaArgs) -> anyhow::Result<()> {
    print(&text(args.name))
}

/// A schema by the name it has on the command line.
pub fn schema_text(name: &str) -> Option<String> {
    SchemaName::from_str(name, false).ok().map(text)
}

fn text(name: SchemaName) -> String {
    format!("{:#}\n", schema(name))
}

fn schema(name: SchemaName) -> Value {
    let (schema, id) = match name {
        SchemaName::Config => (json_schema::<RawConfig>(), "config"),
        SchemaName::Exceptions => (json_schema::<ExceptionFile>(), "exceptions"),
        SchemaName::Baseline => (json_schema::<BaselineFile>(), "baseline"),
        SchemaName::Decision => (json_schema_of_output::<Decision>(), "decision"),
        SchemaName::Report => (json_schema_of_output::<JsonReport>(), "report"),
        SchemaName::PullRequest => return soc2gate_inputs::pull_request::schema(),
        SchemaName::GithubRepository => return soc2gate_inputs::github::repository_schema(),
        SchemaName::GithubPush => return soc2gate_inputs::github::push_schema(),
        SchemaName::GithubOrganization => return soc2gate_inputs::github::organization_schema(),
        SchemaName::Metadata => (json_schema::<Metadata>(), "metadata"),
        SchemaName::Record => (json_schema_of_output::<Record>(), "record"),
        SchemaName::ChangeAttestation => (
            json_schema_of_output::<ChangeApproval>(),
            "change-attestation",
        ),
    };
    let mut schema = schema;
    if let Some(object) = schema.as_object_mut() {
        object.insert(
            "$id".to_owned(),
            Value::from(format!("https://soc2gate.dev/schema/{id}/v1.json")),
        );
    }
    schema
}
