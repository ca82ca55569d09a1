//! Where the outputs of a run go: any number of formats, each to standard output or to a file.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use soc2gate_source::{Code, Diagnostic};

use crate::args::When;
use crate::output::{self, Format, Judged, Report, RunInfo, Style};
use crate::publish::Publication;
use crate::summary::Summary;

/// One output that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OutputPlan {
    format: Format,
    file: Option<PathBuf>,
}

/// Pairs each `--output` with the `--format` before it. Human output goes to standard output unless another
/// format does.
pub(crate) fn plan(
    formats: &[(usize, Format)],
    files: &[(usize, PathBuf)],
) -> Result<Vec<OutputPlan>, &'static str> {
    let mut plans: Vec<(usize, OutputPlan)> = formats
        .iter()
        .map(|(at, format)| {
            (
                *at,
                OutputPlan {
                    format: *format,
                    file: None,
                },
            )
        })
        .collect();
    for (at, file) in files {
        let before = plans.iter_mut().rev().find(|(format_at, _)| format_at < at);
        match before {
            Some((_, plan)) if plan.file.is_none() => plan.file = Some(file.clone()),
            Some(_) => return Err("two --output behind one --format"),
            None => return Err("--output needs a --format before it"),
        }
    }
    let mut plans: Vec<OutputPlan> = plans.into_iter().map(|(_, plan)| plan).collect();
    match plans.iter().filter(|plan| plan.file.is_none()).count() {
        0 => plans.insert(
            0,
            OutputPlan {
                format: Format::Human,
                file: None,
            },
        ),
        1 => {}
        _ => return Err("only one format can go to standard output; give the others an --output"),
    }
    Ok(plans)
}

/// An output that cannot be written.
#[derive(Debug)]
pub(crate) struct OutputError {
    name: String,
    error: io::Error,
}

impl OutputError {
    /// What to tell the user.
    pub(crate) fn diagnostic(&self) -> Diagnostic {
        Diagnostic::new(
            Code::OutputFailed,
            format!("{} cannot be written: {}", self.name, self.error),
        )
    }
}

/// The outputs of a run, and what it shows besides.
pub(crate) struct Outputs<'a> {
    reports: Vec<(String, Box<dyn Report + 'a>)>,
    publication: Option<Publication<'a>>,
}

impl<'a> Outputs<'a> {
    /// No outputs yet.
    pub(crate) fn new(publication: Option<Publication<'a>>) -> Self {
        Self {
            reports: Vec::new(),
            publication,
        }
    }

    /// Opens what was asked for, before anything is judged.
    pub(crate) fn open(&mut self, plans: &[OutputPlan], colour: When) -> Result<(), OutputError> {
        for plan in plans {
            let (name, out): (String, Box<dyn Write>) = match &plan.file {
                Some(path) => (
                    path.display().to_string(),
                    Box::new(BufWriter::new(create(path)?)),
                ),
                None => (
                    "standard output".to_owned(),
                    Box::new(Stdout(BufWriter::new(io::stdout()))),
                ),
            };
            let style = Style {
                colour: plan.file.is_none() && output::colour(colour),
                width: width(),
            };
            let report = output::report(plan.format, out, style);
            self.reports.push((name, report));
        }
        Ok(())
    }

    pub(crate) fn begin(&mut self, run: &RunInfo<'_>) -> Result<(), OutputError> {
        if let Some(publication) = &mut self.publication {
            publication.begin(run);
        }
        self.each(|report| report.begin(run))
    }

    pub(crate) fn decision(&mut self, judged: &Judged<'_>) -> Result<(), OutputError> {
        if let Some(publication) = &mut self.publication {
            publication.decision(judged);
        }
        self.each(|report| report.decision(judged))
    }

    /// Ends the outputs, then shows the result. What could not be shown comes back.
    pub(crate) fn finish(
        &mut self,
        summary: &Summary,
        diagnostics: &[Diagnostic],
    ) -> Result<Vec<Diagnostic>, OutputError> {
        self.each(|report| report.finish(summary, diagnostics))?;
        let publication = self.publication.as_mut();
        Ok(publication.map_or_else(Vec::new, |publication| {
            publication.publish(summary, diagnostics)
        }))
    }

    /// Shows that an output could not be written, whatever was decided.
    pub(crate) fn fail(&mut self, reason: Diagnostic) -> Vec<Diagnostic> {
        let publication = self.publication.as_mut();
        publication.map_or_else(Vec::new, |publication| publication.publish_failure(reason))
    }

    fn each(
        &mut self,
        mut write: impl FnMut(&mut dyn Report) -> io::Result<()>,
    ) -> Result<(), OutputError> {
        for (name, report) in &mut self.reports {
            write(report.as_mut()).map_err(|error| OutputError {
                name: name.clone(),
                error,
            })?;
        }
        Ok(())
    }
}

fn create(path: &Path) -> Result<File, OutputError> {
    File::create(path).map_err(|error| OutputError {
        name: path.display().to_string(),
        error,
    })
}

/// The width that text is wrapped to.
fn width() -> usize {
    std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(100)
}

/// Standard output that somebody may close (`… | head`): what is not read is not an error, and the run goes
/// on to its exit code.
struct Stdout<W>(W);

impl<W: Write> Stdout<W> {
    fn forgive<T>(result: io::Result<T>, done: T) -> io::Result<T> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(done),
            result => result,
        }
    }
}

impl<W: Write> Write for Stdout<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::forgive(self.0.write(bytes), bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Self::forgive(self.0.flush(), ())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(
        formats: &[(usize, Format)],
        files: &[(usize, &str)],
    ) -> Result<Vec<(Format, String)>, &'static str> {
        let files: Vec<(usize, PathBuf)> = files
            .iter()
            .map(|(at, file)| (*at, PathBuf::from(file)))
            .collect();
        let plans = plan(formats, &files)?;
        let name =
            |file: Option<PathBuf>| file.map_or("-".to_owned(), |file| file.display().to_string());
        Ok(plans
            .into_iter()
            .map(|plan| (plan.format, name(plan.file)))
            .collect())
    }

    #[test]
    fn outputs_belong_to_the_format_before_them() {
        let human = (Format::Human, "-".to_owned());
        assert_eq!(planned(&[], &[]), Ok(vec![human.clone()]));
        assert_eq!(
            planned(&[(1, Format::Json)], &[]),
            Ok(vec![(Format::Json, "-".to_owned())])
        );
        assert_eq!(
            planned(&[(1, Format::Sarif)], &[(2, "x.sarif")]),
            Ok(vec![human, (Format::Sarif, "x.sarif".to_owned())])
        );
        assert_eq!(
            planned(&[(1, Format::Json), (2, Format::Sarif)], &[(3, "x.sarif")]),
            Ok(vec![
                (Format::Json, "-".to_owned()),
                (Format::Sarif, "x.sarif".to_owned())
            ])
        );
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        assert!(planned(&[], &[(1, "x")]).is_err());
        assert!(planned(&[(2, Format::Json)], &[(1, "x")]).is_err());
        assert!(planned(&[(1, Format::Json)], &[(2, "x"), (3, "y")]).is_err());
        assert!(planned(&[(1, Format::Json), (2, Format::Sarif)], &[]).is_err());
    }
}
