//! Our evaluator and OPA on the same controls, objects and questions, and what it takes to load controls.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use soc2gate_engine::{Context, Decision, Siblings, Status};
use soc2gate_policies::sources;

use super::controls::{Originals, generate};
use super::measure::{library_gate, measured, subjects};
use crate::differential::Opa;
use crate::tools;

/// How often each is measured; the fastest counts.
const ROUNDS: usize = 5;
/// Objects that OPA judges in a round.
const OBJECTS: usize = 500;

/// What OPA says to a query on many inputs.
#[derive(Deserialize)]
struct Measured {
    seconds: f64,
    value: Value,
}

/// Judges the objects of a folder by our engine and by OPA, each on one core, and by ours on every core.
pub(super) fn against_opa(folder: &Path) -> Result<()> {
    let gate = library_gate();
    let mut judge = gate.judge(&Context::new(&Siblings::new()));
    let now = Timestamp::UNIX_EPOCH;
    let subjects = subjects(folder)?;
    let first = subjects.first().context("no objects")?;
    let decision = judge.judge(first, now);
    let inputs: Vec<Value> = subjects
        .iter()
        .take(OBJECTS)
        .map(|subject| judge.input(subject, now))
        .collect();
    let mut opa = Opa::start(&tools::opa()?)?;
    let mut modules: serde_json::Map<String, Value> = sources()
        .into_iter()
        .map(|source| (source.file, Value::from(source.text)))
        .collect();
    modules.insert("question".to_owned(), question(&gate, &decision)?.into());
    opa.tell(&json!({ "modules": modules }))?;
    opa.tell(&json!({ "data": gate.data() }))?;
    let answer = opa_takes(&mut opa, "data.question.rows", &inputs)?.value;
    agrees(&decision, &answer)?;
    // The same call, the same input, and an answer of the same size that needs no evaluation.
    let constant = format!("package constant\n\nrows := {answer}\n");
    modules.insert("constant".to_owned(), constant.into());
    opa.tell(&json!({ "modules": modules }))?;
    opa.tell(&json!({ "data": gate.data() }))?;

    let cores = std::thread::available_parallelism()?.get();
    let folder = folder.to_string_lossy();
    let (mut one, mut every) = (f64::MAX, f64::MAX);
    let (mut whole, mut overhead) = (f64::MAX, f64::MAX);
    for _ in 0..ROUNDS {
        for (best, threads) in [(&mut one, 1), (&mut every, cores)] {
            let (took, _) = measured(&["judge", &folder, &threads.to_string()])?;
            *best = best.min(each(took.seconds, took.count));
        }
        for (best, query) in [
            (&mut whole, "data.question.rows"),
            (&mut overhead, "data.constant.rows"),
        ] {
            let took = opa_takes(&mut opa, query, &inputs)?;
            *best = best.min(each(took.seconds, inputs.len()));
        }
    }
    let net = whole - overhead;
    println!(
        "{} controls of a Deployment in one query, microseconds an object: ours {:.0} on one thread, {:.0} on {cores}; \
         OPA {:.0} on one core, of which {:.0} are JSON and the call",
        decision.verdicts.len(),
        one * 1e6,
        every * 1e6,
        whole * 1e6,
        overhead * 1e6
    );
    println!(
        "our rate over OPA's, one core, JSON and the call left out of OPA's (wanted: 1.0): {:.2}; as called: {:.2}",
        net / one,
        whole / one
    );
    println!(
        "our rate on {cores} cores over OPA's on one (wanted: 1.8): {:.2}; as called: {:.2}",
        net / every,
        whole / every
    );
    Ok(())
}

fn opa_takes(opa: &mut Opa, query: &str, inputs: &[Value]) -> Result<Measured> {
    opa.tell(&json!({ "measure": query, "inputs": inputs }))?;
    opa.answer()
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn each(seconds: f64, count: usize) -> f64 {
    seconds / count as f64
}

/// One rule that asks for what our engine asks for: `deny`, `unknown` and `applicable` of each control.
fn question(gate: &soc2gate_engine::Gate, decision: &Decision) -> Result<String> {
    let mut text = String::from("package question\n\nrows := [\n");
    for verdict in &decision.verdicts {
        let control = gate
            .controls()
            .find(|control| control.id == verdict.control)
            .context("a verdict of no control")?;
        let list = |rule: &str| format!("[v | v := data.{}.{rule}]", control.package);
        let _ = writeln!(
            text,
            "\t[{}, {}, {}],",
            list("deny"),
            list("unknown"),
            list("applicable")
        );
    }
    text.push_str("]\n");
    Ok(text)
}

/// Both fail the same controls, or they do not do the same work.
fn agrees(decision: &Decision, answer: &Value) -> Result<()> {
    let rows = answer.as_array().context("OPA's answer is no list")?;
    let theirs: BTreeSet<usize> = (0..)
        .zip(rows)
        .filter(|(_, row)| {
            let denials = row.pointer("/0/0").and_then(Value::as_array);
            denials.is_some_and(|denials| !denials.is_empty())
        })
        .map(|(at, _)| at)
        .collect();
    let ours: BTreeSet<usize> = (0..)
        .zip(&decision.verdicts)
        .filter(|(_, verdict)| verdict.status == Status::Fail)
        .map(|(at, _)| at)
        .collect();
    if ours.is_empty() || ours != theirs || rows.len() != decision.verdicts.len() {
        bail!("our engine and OPA do not agree on the first object");
    }
    Ok(())
}

/// Loads 300 controls, and up to 10,000.
pub(super) fn loading(parent: &Path) -> Result<()> {
    let load = |count: usize, runs: &str, originals: Originals| -> Result<(Duration, u64)> {
        let folder = generate(parent, count, originals)?;
        let (took, peak) = measured(&["load", &folder.to_string_lossy(), runs])?;
        std::fs::remove_dir_all(folder)?;
        Ok((Duration::from_secs_f64(took.seconds), peak))
    };
    for (originals, size) in [
        (Originals::Guide, "of the size of the guide's"),
        (Originals::Library, "of the size of the library's"),
    ] {
        let (time, _) = load(300, "10", originals)?;
        println!(
            "300 controls {size} beside the library, from files to a gate (wanted: 150 ms): {:.0} ms (best of 10)",
            time.as_secs_f64() * 1e3
        );
    }
    let mut first = None;
    for count in [1_000, 2_500, 5_000, 10_000] {
        let (time, peak) = load(count, "1", Originals::Library)?;
        let (first_time, first_peak) = *first.get_or_insert((time, peak));
        println!(
            "{count} controls: {:.2} s, peak {} MB; over 1,000 controls: {:.1} times the time, {:.1} times the memory",
            time.as_secs_f64(),
            peak / 1_048_576,
            super::ratio(time, first_time),
            times(peak, first_peak)
        );
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a figure for people")]
fn times(peak: u64, first: u64) -> f64 {
    peak as f64 / first as f64
}
