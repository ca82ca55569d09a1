//! `cargo xtask bench`: speed and memory on generated manifests, as figures and ratios of one run.

mod controls;
mod evaluator;
mod measure;
mod pull_requests;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail};
use serde_json::Value;
use wait4::Wait4 as _;

use crate::{shell, tools};

pub(crate) use measure::{Task, run as measure};

/// Objects in one file, as a rendered chart has them.
const OBJECTS_PER_FILE: usize = 1_000;

/// One measured run of the program.
struct Measured {
    wall: Duration,
    peak_bytes: u64,
    summary: Value,
}

/// Builds the release binary and measures it.
pub(crate) fn run(with_checkov: bool, with_large: bool) -> anyhow::Result<()> {
    measure::build()?;
    let binary = tools::target().join("release/soc2gate");
    // Not hidden: checkov leaves hidden folders out.
    let folder = tempfile::Builder::new()
        .prefix("soc2gate-bench-")
        .tempdir()?;

    let thousand = generate(folder.path(), 1_000)?;
    let both = best_of(3, || check(&binary, &thousand, &[]))?;
    let one = best_of(3, || check(&binary, &thousand, &["--jobs", "1"]))?;
    report("1,000 Deployments, every core", 1_000, &both);
    report("1,000 Deployments, one thread", 1_000, &one);
    println!(
        "speed-up of every core over one: {:.2}",
        ratio(one.wall, both.wall)
    );

    recording(&binary, &thousand, folder.path())?;

    if with_large {
        let ten_thousand = check(&binary, &generate(folder.path(), 10_000)?, &[])?;
        report("10,000 Deployments, every core", 10_000, &ten_thousand);
        let many = generate(folder.path(), 100_000)?;
        let large = check(&binary, &many, &[])?;
        report("100,000 Deployments, every core", 100_000, &large);
        println!(
            "time of 100,000 over 10,000 (10 is linear): {:.2}",
            ratio(large.wall, ten_thousand.wall)
        );
        fs::remove_dir_all(many)?;
    }

    small_file(&binary, folder.path())?;
    pull_requests::run(&binary, folder.path())?;
    evaluator::against_opa(&thousand)?;
    evaluator::loading(folder.path())?;
    if with_checkov {
        checkov(&thousand, &both)?;
    }
    Ok(())
}

/// What recording costs: the same manifests with a ledger and without, in turns.
fn recording(binary: &Path, manifests: &Path, folder: &Path) -> anyhow::Result<()> {
    let ledger = folder.join("ledger");
    let made = Command::new(binary)
        .args(["ledger", "init", "--ledger"])
        .arg(&ledger)
        .stdout(Stdio::null())
        .status()?;
    if !made.success() {
        bail!("soc2gate ledger init ended with {made}");
    }
    let ledger = ledger.to_string_lossy();
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for _ in 0..11 {
        without.push(check(binary, manifests, &["--no-ledger"])?.wall);
        with.push(check(binary, manifests, &["--ledger", &ledger])?.wall);
    }
    without.sort();
    with.sort();
    let middle = |times: &[Duration]| times.get(5).copied().unwrap_or_default();
    println!(
        "1,000 Deployments recorded: {:.0} ms, not recorded: {:.0} ms, {:.2} times (middle of 11)",
        middle(&with).as_secs_f64() * 1e3,
        middle(&without).as_secs_f64() * 1e3,
        ratio(middle(&with), middle(&without))
    );
    Ok(())
}

fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

fn best_of(
    runs: usize,
    mut measure: impl FnMut() -> anyhow::Result<Measured>,
) -> anyhow::Result<Measured> {
    let mut best = measure()?;
    for _ in 1..runs {
        let next = measure()?;
        if next.wall < best.wall {
            best = next;
        }
    }
    Ok(best)
}

/// Judges a folder and reads what came of it. Denials are expected; an error is not.
fn check(binary: &Path, folder: &Path, more: &[&str]) -> anyhow::Result<Measured> {
    let out = folder.with_extension("json");
    let start = Instant::now();
    let mut child = Command::new(binary)
        .arg("check")
        .arg(folder)
        .args(["--format", "json", "--output"])
        .arg(&out)
        .args(more)
        .stdout(Stdio::null())
        .current_dir(folder)
        .spawn()?;
    let ended = child.wait4()?;
    let wall = start.elapsed();
    if !matches!(ended.status.code(), Some(0 | 1)) {
        bail!("soc2gate check ended with {}", ended.status);
    }
    let report: Report = serde_json::from_reader(std::io::BufReader::new(fs::File::open(&out)?))?;
    fs::remove_file(out)?;
    Ok(Measured {
        wall,
        peak_bytes: ended.rusage.maxrss,
        summary: report.summary,
    })
}

/// The part of the json output that is read back.
#[derive(serde::Deserialize)]
struct Report {
    summary: Value,
}

fn report(what: &str, objects: usize, measured: &Measured) {
    let count = |key: &str| {
        measured
            .summary
            .get(key)
            .and_then(Value::as_u64)
            .unwrap_or_default()
    };
    let verdicts: u64 = ["pass", "fail", "unknown", "not_applicable", "excepted"]
        .iter()
        .map(|key| count(key))
        .sum();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let (rate, megabytes) = (
        objects as f64 / measured.wall.as_secs_f64(),
        measured.peak_bytes as f64 / 1_048_576.0,
    );
    println!(
        "{what}: {rate:.0} objects/s, {:.2} s, {verdicts} controls evaluated, peak {megabytes:.0} MB",
        measured.wall.as_secs_f64()
    );
}

/// Time from process start to end for one small file: the middle of 21 runs.
fn small_file(binary: &Path, folder: &Path) -> anyhow::Result<()> {
    let file = folder.join("small.yaml");
    fs::write(&file, deployment(0))?;
    let mut times = Vec::new();
    for _ in 0..21 {
        let start = Instant::now();
        Command::new(binary)
            .arg("check")
            .arg(&file)
            .stdout(Stdio::null())
            .current_dir(folder)
            .status()?;
        times.push(start.elapsed());
    }
    times.sort();
    let middle = times.get(10).copied().unwrap_or_default();
    println!(
        "one small file, process start to end: {:.1} ms (middle of 21)",
        middle.as_secs_f64() * 1e3
    );
    Ok(())
}

/// The same manifests through checkov.
fn checkov(folder: &Path, ours: &Measured) -> anyhow::Result<()> {
    let environment = tools::target().join("bench-tools");
    tools::python_with_dependencies(
        &environment,
        &shell::root().join("tests/tools/bench-requirements.txt"),
    )?;
    let start = Instant::now();
    let output = Command::new(environment.join("bin/checkov"))
        .arg("--directory")
        .arg(folder)
        .args([
            "--framework",
            "kubernetes",
            "--output",
            "json",
            "--quiet",
            "--compact",
            "--skip-download",
        ])
        .stderr(Stdio::null())
        .output()
        .context("checkov")?;
    let wall = start.elapsed();
    let report: Value = serde_json::from_slice(&output.stdout).context("checkov's output")?;
    let resources = report
        .pointer("/summary/resource_count")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let failed = report
        .pointer("/summary/failed")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    if resources == 0 {
        bail!("checkov judged nothing");
    }
    println!(
        "checkov on the same folder: {:.2} s, {resources} resources, {failed} failed checks",
        wall.as_secs_f64()
    );
    println!("checkov's time over ours: {:.0}", ratio(wall, ours.wall));
    Ok(())
}

/// A folder of Deployments with distinct names.
fn generate(parent: &Path, objects: usize) -> anyhow::Result<PathBuf> {
    let folder = parent.join(format!("deployments-{objects}"));
    fs::create_dir_all(&folder)?;
    for first in (0..objects).step_by(OBJECTS_PER_FILE) {
        let mut text = String::new();
        for number in first..objects.min(first + OBJECTS_PER_FILE) {
            let _ = write!(text, "---\n{}", deployment(number));
        }
        fs::write(folder.join(format!("set-{first:06}.yaml")), text)?;
    }
    Ok(folder)
}

/// A Deployment of the shape that services of a shop have.
fn deployment(number: usize) -> String {
    include_str!("bench/deployment.yaml.in").replace("@NAME@", &format!("service-{number:06}"))
}
