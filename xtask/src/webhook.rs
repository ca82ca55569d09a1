//! `cargo xtask bench webhook`: the release binary with TLS under load, with a durable ledger and without.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use jiff::Timestamp;
use serde_json::json;
use soc2gate_host::Place;

use crate::{shell, test, tools};

/// Connections that ask, as many as the target names.
const CONNECTIONS: &str = "32";

/// The webhook while it is measured.
struct Running {
    child: Child,
    listen: String,
    probes: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds the release binary and measures it.
pub(crate) fn bench(is_long: bool) -> Result<()> {
    if !shell::has("wrk") {
        println!("notice: the webhook is not measured: install wrk, which Debian has as a package");
        return Ok(());
    }
    let status = Command::new(shell::cargo())
        .current_dir(shell::root())
        .args([
            "build",
            "--release",
            "--package",
            "soc2gate-webhook",
            "--quiet",
        ])
        .status()?;
    if !status.success() {
        bail!("the build ended with {status}");
    }
    let seconds = if is_long { "30" } else { "10" };
    for (what, options) in [
        ("with the durable ledger", &["--ledger", "ledger"][..]),
        ("without a ledger", &["--no-ledger"]),
    ] {
        let folder = tempfile::tempdir()?;
        prepare(folder.path())?;
        let running = start(folder.path(), options)?;
        // Controls are compiled when their first object comes.
        load(&running, folder.path(), "2")?;
        measure(&running, folder.path(), seconds, what)?;
        if is_long {
            last(&running, folder.path(), what)?;
        }
    }
    replicas()
}

/// Asks a million times: memory does not grow with it.
fn last(running: &Running, folder: &Path, what: &str) -> Result<()> {
    let mut requests = 0.0;
    while requests < 1e6 {
        requests += requests_of(&load(running, folder, "30")?)?;
    }
    println!(
        "{requests:.0} more reviews {what}: peak {} MiB",
        peak_kib(running)? / 1024
    );
    Ok(())
}

/// Two replicas that share PostgreSQL: the measurement that stands beside their tests.
fn replicas() -> Result<()> {
    tools::install_postgres()?;
    shell::run(
        &shell::cargo(),
        &[
            "test",
            "--quiet",
            "--profile",
            "profiling",
            "--package",
            "soc2gate-webhook",
            "--test",
            "webhook",
            "--",
            "--ignored",
            "--exact",
            "--nocapture",
            "postgres::figures",
        ],
    )
}

/// A certificate, a ledger, a request, and what makes wrk send it.
fn prepare(folder: &Path) -> Result<()> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    fs::write(folder.join("tls.crt"), made.cert.pem())?;
    fs::write(folder.join("tls.key"), made.signing_key.serialize_pem())?;
    fs::write(folder.join("soc2gate.yaml"), "version: 1\n")?;
    Place::new("ledger", None, folder).init("soc2gate.dev/bench", Timestamp::now())?;
    fs::write(folder.join("request.json"), request()?)?;
    fs::write(
        folder.join("post.lua"),
        "wrk.method = 'POST'\nwrk.headers['Content-Type'] = 'application/json'\nlocal file = io.open('request.json', 'rb')\nwrk.body = file:read('*a')\nfile:close()\n",
    )?;
    Ok(())
}

/// The creation of a Deployment as an API server sent it, else one like it.
fn request() -> Result<String> {
    if let Some(corpora) = test::corpora() {
        return Ok(fs::read_to_string(
            corpora.join("admission-reviews/create-deployments.json"),
        )?);
    }
    println!("notice: no corpora: a Deployment that was made up is judged");
    let container = json!({
        "name": "api", "image": "registry.example.com/shop/api:1.4.2", "env": [{"name": "PORT", "value": "8080"}],
        "resources": {"limits": {"cpu": "1", "memory": "512Mi"}, "requests": {"cpu": "1", "memory": "512Mi"}},
        "securityContext": {"runAsNonRoot": true, "allowPrivilegeEscalation": false, "capabilities": {"drop": ["ALL"]}},
    });
    let object = json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "api", "namespace": "prod"},
        "spec": {"replicas": 2, "template": {"metadata": {"labels": {"app": "api"}}, "spec": {"containers": [container]}}},
    });
    let review = json!({
        "kind": "AdmissionReview", "apiVersion": "admission.k8s.io/v1",
        "request": {
            "uid": "74f94b90-e43f-4c12-8d44-af650f7578c9", "operation": "CREATE", "dryRun": false,
            "kind": {"group": "apps", "version": "v1", "kind": "Deployment"},
            "resource": {"group": "apps", "version": "v1", "resource": "deployments"},
            "name": "api", "namespace": "prod", "userInfo": {"username": "alice"}, "object": object,
        },
    });
    Ok(review.to_string())
}

fn start(folder: &Path, options: &[&str]) -> Result<Running> {
    let free =
        || -> Result<String> { Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string()) };
    let (listen, probes) = (free()?, free()?);
    let child = Command::new(tools::target().join("release/soc2gate-webhook"))
        .current_dir(folder)
        .args(["run", "--listen", &listen, "--probes", &probes])
        .args([
            "--certificate",
            "tls.crt",
            "--key",
            "tls.key",
            "--config",
            "soc2gate.yaml",
        ])
        .args(["--log-level", "error"])
        .args(options)
        .stderr(fs::File::create(folder.join("log"))?)
        .spawn()?;
    let running = Running {
        child,
        listen,
        probes,
    };
    let began = Instant::now();
    while std::net::TcpStream::connect(&running.probes).is_err() {
        if began.elapsed() > Duration::from_secs(30) {
            bail!(
                "the webhook does not serve: {}",
                fs::read_to_string(folder.join("log"))?
            );
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    Ok(running)
}

/// Asks for some seconds, and gives what wrk says.
fn load(running: &Running, folder: &Path, seconds: &str) -> Result<String> {
    let done = Command::new("wrk")
        .current_dir(folder)
        .args(["--threads", "1", "--connections", CONNECTIONS, "--latency"])
        .args(["--duration", &format!("{seconds}s"), "--script", "post.lua"])
        .arg(format!("https://{}/validate?timeout=10s", running.listen))
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    if !done.status.success() || text.contains("Non-2xx") || text.contains("Socket errors") {
        bail!("wrk: {text}");
    }
    Ok(text)
}

fn measure(running: &Running, folder: &Path, seconds: &str, what: &str) -> Result<()> {
    let before = (
        cpu_seconds(running)?,
        metric(running, "ledger_groups_total")?,
    );
    let text = load(running, folder, seconds)?;
    let after = (
        cpu_seconds(running)?,
        metric(running, "ledger_groups_total")?,
    );
    let field = |name: &str| -> Result<String> {
        let line = text
            .lines()
            .find(|line| line.trim_start().starts_with(name));
        let line = line.with_context(|| format!("wrk says nothing of {name}: {text}"))?;
        Ok(line
            .split_whitespace()
            .last()
            .unwrap_or_default()
            .to_owned())
    };
    let requests = requests_of(&text)?;
    println!(
        "reviews {what}: {} a second, p50 {}, p99 {}, {:.0} us of CPU each, {:.3} groups of records for each, peak {} MiB",
        field("Requests/sec:")?,
        field("50%")?,
        field("99%")?,
        (after.0 - before.0) * 1e6 / requests,
        (after.1 - before.1) / requests,
        peak_kib(running)? / 1024,
    );
    Ok(())
}

/// How many requests wrk made.
fn requests_of(text: &str) -> Result<f64> {
    text.lines()
        .find_map(|line| line.split_once(" requests in "))
        .and_then(|(count, _)| count.trim().parse().ok())
        .context("wrk does not say how many requests there were")
}

/// Processor time of the webhook.
fn cpu_seconds(running: &Running) -> Result<f64> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", running.child.id()))?;
    // proc_pid_stat(5): behind the name in parentheses, fields 14 and 15 of all.
    let fields = stat.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks = |at: usize| {
        fields
            .split_whitespace()
            .nth(at)
            .and_then(|text| text.parse().ok())
    };
    let (user, system): (f64, f64) = (ticks(11).unwrap_or(0.0), ticks(12).unwrap_or(0.0));
    Ok((user + system) / 100.0)
}

/// The most memory that was resident.
fn peak_kib(running: &Running) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", running.child.id()))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let number = line.and_then(|line| line.split_whitespace().next());
    Ok(number.and_then(|number| number.parse().ok()).unwrap_or(0))
}

fn metric(running: &Running, name: &str) -> Result<f64> {
    use std::io::{Read as _, Write as _};
    let mut connection = std::net::TcpStream::connect(&running.probes)?;
    connection.write_all(b"GET /metrics HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")?;
    let mut text = String::new();
    connection.read_to_string(&mut text)?;
    let name = format!("soc2gate_webhook_{name} ");
    let value = text.lines().find_map(|line| line.strip_prefix(&name));
    Ok(value
        .and_then(|value| value.trim().parse().ok())
        .unwrap_or(0.0))
}
