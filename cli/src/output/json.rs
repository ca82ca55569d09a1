//! The JSON report: every decision as it was made, one a line.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;
use soc2gate_engine::Decision;
use soc2gate_source::Diagnostic;

use super::escape::write_json;
use super::{Judged, Report, RunInfo};
use crate::summary::Summary;

/// The schema that a [`JsonReport`] names itself.
const REPORT_SCHEMA: &str = "soc2gate.dev/report/v1";

/// The output of `soc2gate check --format json`. It is written as the run goes and never held as a whole:
/// this type is what the schema and its readers are made from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonReport {
    /// Always `soc2gate.dev/report/v1`.
    #[schemars(extend("const" = REPORT_SCHEMA))]
    pub schema: String,
    /// A decision for each subject.
    pub decisions: Vec<Decision>,
    /// What the gate has to say about its inputs.
    pub diagnostics: Vec<Diagnostic>,
    /// What the run came to.
    pub summary: Summary,
}

/// The json format.
pub(super) struct Json<'a> {
    out: Box<dyn Write + 'a>,
    is_first: bool,
}

impl<'a> Json<'a> {
    pub(super) fn new(out: Box<dyn Write + 'a>) -> Self {
        Self {
            out,
            is_first: true,
        }
    }
}

impl Report for Json<'_> {
    fn begin(&mut self, _: &RunInfo<'_>) -> io::Result<()> {
        write!(self.out, "{{\"schema\":\"{REPORT_SCHEMA}\",\"decisions\":[")
    }

    fn decision(&mut self, judged: &Judged<'_>) -> io::Result<()> {
        let separator = if self.is_first { "\n" } else { ",\n" };
        self.is_first = false;
        self.out.write_all(separator.as_bytes())?;
        write_json(&mut self.out, judged.decision)
    }

    fn finish(&mut self, summary: &Summary, diagnostics: &[Diagnostic]) -> io::Result<()> {
        self.out.write_all(b"\n],\"diagnostics\":")?;
        write_json(&mut self.out, diagnostics)?;
        self.out.write_all(b",\"summary\":")?;
        write_json(&mut self.out, summary)?;
        self.out.write_all(b"}\n")?;
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;
    use soc2gate_engine::json_schema_of_output;

    use super::*;
    use crate::output::{Format, fixture};

    /// The report that a run should give, made in one piece.
    fn whole(run: &fixture::Run) -> Value {
        let report = JsonReport {
            schema: REPORT_SCHEMA.to_owned(),
            decisions: run.decisions.clone(),
            diagnostics: run.diagnostics.clone(),
            summary: run.summary(),
        };
        serde_json::to_value(report).unwrap()
    }

    #[test]
    fn what_is_streamed_is_the_report() {
        let empty = fixture::Run {
            decisions: Vec::new(),
            ..fixture::run()
        };
        for run in [
            fixture::run(),
            fixture::hostile("\u{9b}##[error]\n"),
            fixture::passing(),
            empty,
        ] {
            let streamed: Value = serde_json::from_str(&run.render(Format::Json)).unwrap();
            assert_eq!(streamed, whole(&run));
        }
    }

    #[test]
    fn what_is_streamed_follows_the_schema() {
        let schema = json_schema_of_output::<JsonReport>();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let mut report: Value = serde_json::from_str(&fixture::run().render(Format::Json)).unwrap();
        let errors: Vec<String> = validator
            .iter_errors(&report)
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        report["schema"] = "soc2gate.dev/report/v2".into();
        assert!(!validator.is_valid(&report));
    }

    #[test]
    fn each_decision_has_a_line_of_its_own() {
        let run = fixture::run();
        let report = run.render(Format::Json);
        assert_eq!(report.lines().count(), run.decisions.len() + 2);
    }
}
