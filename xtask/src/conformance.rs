//! OPA's compliance cases through our evaluator.
//!
//! A folder holds JSON files, one a group, each an object with `cases`: note, query, modules, data, input or
//! input_term, and want_result or want_error and want_error_code (the format of OPA's own test suite).

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use soc2gate_engine::{RegoQuery, RegoQueryError, run_rego_query};

use crate::test;

/// Cases that do not pass, each with the reason. The runner fails when one of them passes: the list stays true.
const KNOWN: &str = include_str!("conformance/known.txt");

#[derive(Deserialize)]
struct Group {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    note: String,
    query: String,
    #[serde(default)]
    modules: Option<Vec<String>>,
    data: Option<Value>,
    input: Option<Value>,
    input_term: Option<String>,
    want_result: Option<Vec<Value>>,
    want_error: Option<String>,
    want_error_code: Option<String>,
    #[serde(default)]
    strict_error: bool,
    #[serde(default)]
    sort_bindings: bool,
}

/// Runs the cases of a folder.
pub(crate) fn run(folder: Option<PathBuf>, only: Option<&str>, verbose: bool) -> Result<()> {
    let Some(folder) = folder.or_else(|| Some(test::corpora()?.join("rego-conformance"))) else {
        println!("conformance: no cases here, skipped");
        return Ok(());
    };
    let known: BTreeMap<&str, &str> = KNOWN
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(" | "))
        .collect();
    let (mut passed, mut total, mut wrong) = (0, 0, 0);
    for (group, cases) in read(&folder)? {
        let cases: Vec<Case> = cases
            .into_iter()
            .filter(|case| only.is_none_or(|only| case.note.contains(only)))
            .collect();
        let mut good = 0;
        for case in &cases {
            let problem = judge(case).err();
            good += usize::from(problem.is_none());
            let listed = known.get(case.note.as_str());
            match (&problem, listed) {
                (None, Some(_)) => {
                    wrong += 1;
                    println!(
                        "{} passes now: take it off the list of known ones",
                        case.note
                    );
                }
                (Some(problem), None) => {
                    wrong += 1;
                    println!("{}: {problem}", case.note);
                }
                (Some(problem), Some(reason)) if verbose => {
                    println!("{}: known: {reason}: {problem}", case.note);
                }
                _ => {}
            }
        }
        if !cases.is_empty() {
            println!("{group} {good}/{}", cases.len());
        }
        passed += good;
        total += cases.len();
    }
    println!("conformance: {passed}/{total}");
    if total == 0 {
        bail!("no case was run");
    }
    if wrong > 0 {
        bail!("{wrong} cases are not as expected");
    }
    Ok(())
}

fn read(folder: &Path) -> Result<Vec<(String, Vec<Case>)>> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .with_context(|| format!("cannot read {}", folder.display()))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "json")
    });
    files.sort();
    let mut groups = Vec::new();
    for file in files {
        let text = fs::read_to_string(&file)?;
        let group: Group =
            serde_json::from_str(&text).with_context(|| file.display().to_string())?;
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        groups.push((name.into_owned(), group.cases));
    }
    Ok(groups)
}

/// Whether a case gives what it should; the error says how it differs.
fn judge(case: &Case) -> Result<(), String> {
    let modules: Vec<(String, String)> = case
        .modules
        .iter()
        .flatten()
        .enumerate()
        .map(|(at, text)| (format!("test-{at}.rego"), text.clone()))
        .collect();
    let result = run_rego_query(&RegoQuery {
        modules: &modules,
        data: case.data.as_ref(),
        input: case.input.as_ref(),
        input_term: case.input_term.as_deref(),
        query: &case.query,
        strict: case.strict_error,
        now: Timestamp::now(),
        budget: None,
    });
    if case.want_error.is_some() || case.want_error_code.is_some() {
        return fails(case, result);
    }
    let found = result.map_err(|error| format!("{}: {}", error.code, last_line(&error.message)))?;
    let shape = |results: &[Value]| {
        let mut shaped: Vec<String> = results
            .iter()
            .map(|result| canonical(result, case.sort_bindings))
            .collect();
        shaped.sort();
        shaped
    };
    let (found, wanted) = (
        shape(&found),
        shape(case.want_result.as_deref().unwrap_or_default()),
    );
    if found == wanted {
        Ok(())
    } else {
        Err(format!("is {found:?}, not {wanted:?}"))
    }
}

fn fails(case: &Case, result: Result<Vec<Value>, RegoQueryError>) -> Result<(), String> {
    match result {
        Ok(found) => Err(format!("is {found:?}, not an error")),
        Err(error) => match &case.want_error_code {
            Some(code) if code != error.code => Err(format!(
                "is {}, not {code}: {}",
                error.code,
                last_line(&error.message)
            )),
            _ => Ok(()),
        },
    }
}

/// A value as text, with whole numbers written in one way; with `sort`, arrays in the order of their elements.
fn canonical(value: &Value, sort: bool) -> String {
    match value {
        Value::Array(items) => {
            let mut items: Vec<String> = items.iter().map(|item| canonical(item, sort)).collect();
            if sort {
                items.sort();
            }
            format!("[{}]", items.join(","))
        }
        Value::Object(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(key, value)| format!("{key:?}:{}", canonical(value, sort)))
                .collect();
            format!("{{{}}}", fields.join(","))
        }
        Value::Number(number) => match number.as_f64() {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the fraction is zero and the size small"
            )]
            Some(float) if float.fract() == 0.0 && float.abs() < 9e15 => (float as i64).to_string(),
            _ => number.to_string(),
        },
        other => other.to_string(),
    }
}

fn last_line(message: &str) -> &str {
    message.trim_end().lines().last().unwrap_or_default()
}
