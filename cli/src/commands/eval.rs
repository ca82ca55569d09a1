//! `soc2gate eval`.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde_json::{Map, Value};
use soc2gate_engine::{
    BodyEnding, BodyTrace, Bundle, PolicySource, RegoEval, RegoEvaluation, eval_rego,
};
use soc2gate_source::{Code, Diagnostic, YamlDocument, parse_json, parse_yaml};

use super::{complain, print};
use crate::args::{EvalArgs, EvalFormat};
use crate::collect::{BundleReader, is_bundle, read_document, rego_files};
use crate::exit::Exit;
use crate::output::escape::{neutral, write_json};
use crate::output::{Line, Tone, colour, unwrapped};
use crate::suite::{embedded, expression};

/// Runs the command.
pub(super) fn run(args: &EvalArgs) -> Exit {
    let done = evaluate(args).and_then(|evaluation| {
        let text = match args.format {
            EvalFormat::Json => json(&evaluation),
            EvalFormat::Pretty => pretty(&evaluation, colour(args.color)),
        };
        let written = text.and_then(|text| print(&text));
        written.map_err(|error| vec![Diagnostic::new(Code::OutputFailed, error.to_string())])
    });
    match done {
        Ok(()) => Exit::Allow,
        Err(problems) => {
            for problem in problems {
                complain(&neutral(&problem.to_string()));
            }
            Exit::Error
        }
    }
}

fn evaluate(args: &EvalArgs) -> Result<RegoEvaluation, Vec<Diagnostic>> {
    let (archives, paths): (Vec<PathBuf>, Vec<PathBuf>) = args
        .policies
        .iter()
        .cloned()
        .partition(|path| is_bundle(path));
    let (files, mut problems) = rego_files(&paths);
    let mut reader = BundleReader::new(&args.bundles, None, Path::new(""), &mut problems);
    let bundles: Vec<Bundle> = archives
        .iter()
        .filter_map(|path| reader.read(path, &mut problems))
        .collect();
    if problems.iter().any(Diagnostic::is_error) {
        return Err(problems);
    }
    for note in &problems {
        complain(&neutral(&note.to_string()));
    }
    let mut modules: Vec<PolicySource> = files.into_iter().map(|(_, source)| source).collect();
    modules.extend(embedded(&modules));
    let data = data(&args.data)?;
    let input = args.input.as_deref().map(document).transpose()?;
    eval_rego(&RegoEval {
        modules: &modules,
        bundles: &bundles,
        rego_version: args.rego_version.map(Into::into),
        data: data.as_ref(),
        input: input.as_ref(),
        query: &args.query,
        now: args.now.unwrap_or_else(Timestamp::now),
        trace: args.trace,
    })
}

/// The documents below `data`, as one.
fn data(paths: &[PathBuf]) -> Result<Option<Value>, Vec<Diagnostic>> {
    let mut whole = Map::new();
    for path in paths {
        let wrong = |message: String| vec![Diagnostic::new(Code::EvalFailed, message)];
        let Value::Object(fields) = document(path)? else {
            return Err(wrong(format!("{} is no object", path.display())));
        };
        for (key, value) in fields {
            if whole.contains_key(&key) {
                return Err(wrong(format!("{key} stands in several documents of data")));
            }
            whole.insert(key, value);
        }
    }
    Ok((!whole.is_empty()).then_some(Value::Object(whole)))
}

fn document(path: &Path) -> Result<Value, Vec<Diagnostic>> {
    let file = read_document(path).map_err(|problem| vec![problem])?;
    let is_json = path
        .extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("json"));
    let parsed = if is_json {
        parse_json(&file.text).map(Some)
    } else {
        parse_yaml(YamlDocument {
            text: &file.text,
            first_line: 1,
        })
    };
    let document =
        parsed.map_err(|error| vec![Diagnostic::from_parse_error(&*file.name, &error)])?;
    Ok(document.map(|document| document.value).unwrap_or_default())
}

fn json(evaluation: &RegoEvaluation) -> anyhow::Result<String> {
    let mut text = Vec::new();
    write_json(&mut text, evaluation)?;
    text.push(b'\n');
    Ok(String::from_utf8(text)?)
}

fn pretty(evaluation: &RegoEvaluation, colour: bool) -> anyhow::Result<String> {
    let plain = |text: &str| Line::default().put(Tone::Plain, text);
    let mut lines: Vec<Line> = Vec::new();
    if evaluation.results.is_empty() {
        lines.push(Line::default().put(Tone::Unsure, "undefined"));
    }
    for (at, result) in evaluation.results.iter().enumerate() {
        if at > 0 {
            lines.push(plain("or"));
        }
        for expression in &result.expressions {
            lines.extend(expression.term.lines().map(plain));
        }
        for (name, value) in result.bindings.as_object().into_iter().flatten() {
            lines.push(plain(&format!("{name} = {value}")));
        }
    }
    let prints = evaluation.prints.iter();
    lines.extend(prints.map(|print| plain(&format!("print: {print}"))));
    for body in &evaluation.trace {
        lines.push(Line::default());
        explain(body, &mut lines);
    }
    Ok(unwrapped(lines, colour)?)
}

fn explain(body: &BodyTrace, lines: &mut Vec<Line>) {
    let rule = Line::default().put(Tone::Strong, &body.rule);
    lines.push(rule.put(Tone::Faint, &format!(" ({})", body.location)));
    let (tone, ending) = match &body.ending {
        BodyEnding::Holds(1) => (Tone::Good, "holds".to_owned()),
        BodyEnding::Holds(ways) => (Tone::Good, format!("holds in {ways} ways")),
        BodyEnding::Unseen(why) => (Tone::Unsure, format!("cannot be shown: {why}")),
        BodyEnding::Stops(stop) => {
            expression(stop, &mut |tone, line| {
                lines.push(Line::indented(2).put(tone, &line));
            });
            return;
        }
    };
    lines.push(Line::indented(2).put(tone, &ending));
}
