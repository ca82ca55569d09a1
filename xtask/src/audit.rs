//! `cargo xtask bench audit`: the release binary scans 50,000 objects of a server that makes them as they are asked for.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use jiff::Timestamp;
use serde_json::{Value, json};
use soc2gate_host::Place;
use wait4::Wait4 as _;

use crate::{shell, tools};

/// Kinds with their plural, their version, and how many objects there are.
const KINDS: &[(&str, &str, &str, usize)] = &[
    ("Pod", "pods", "v1", 25_000),
    ("ConfigMap", "configmaps", "v1", 5_000),
    ("Service", "services", "v1", 4_000),
    ("ServiceAccount", "serviceaccounts", "v1", 5_000),
    ("Deployment", "deployments", "apps/v1", 6_000),
    ("ReplicaSet", "replicasets", "apps/v1", 10_000),
];
/// One workload in so many is privileged.
const PRIVILEGED: usize = 10;
/// What a scan may take.
const SECONDS: f64 = 60.0;
const MEGABYTES: f64 = 300.0;

/// What the server did.
#[derive(Default)]
struct Served {
    requests: AtomicU64,
    written: AtomicU64,
    bytes: AtomicU64,
    nanoseconds: AtomicU64,
}

/// Builds the release binary and measures it.
pub(crate) fn bench() -> Result<()> {
    let build = [
        "build",
        "--release",
        "--quiet",
        "--package",
        "soc2gate-webhook",
    ];
    shell::run(&shell::cargo(), &build)?;
    let binary = tools::target().join("release/soc2gate-webhook");
    for (what, options) in [
        ("without a ledger", &["--no-ledger"][..]),
        ("with the durable ledger", &["--ledger", "ledger"]),
    ] {
        let folder = tempfile::tempdir()?;
        Place::new("ledger", None, folder.path()).init("soc2gate.dev/bench", Timestamp::now())?;
        measure(&binary, folder.path(), what, options)?;
    }
    Ok(())
}

fn measure(binary: &Path, folder: &Path, what: &str, options: &[&str]) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let served = Arc::new(Served::default());
    let counted = Arc::clone(&served);
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let served = Arc::clone(&counted);
            thread::spawn(move || serve(&stream, &served));
        }
    });
    fs::write(
        folder.join("kubeconfig"),
        kubeconfig(&format!("http://{address}")),
    )?;
    fs::write(folder.join("soc2gate.yaml"), "version: 1\n")?;
    let start = Instant::now();
    let mut child = Command::new(binary)
        .args([
            "audit",
            "--once",
            "--config",
            "soc2gate.yaml",
            "--kubeconfig",
            "kubeconfig",
        ])
        .args(options)
        .current_dir(folder)
        .stdout(Stdio::null())
        .stderr(fs::File::create(folder.join("log"))?)
        .spawn()?;
    let ended = child.wait4()?;
    let took = start.elapsed();
    let log = fs::read_to_string(folder.join("log"))?;
    if ended.status.code() != Some(1) || !log.contains("scan complete") {
        bail!("the audit ended with {}: {log}", ended.status);
    }
    let of_server = Duration::from_nanos(served.nanoseconds.load(Ordering::Relaxed));
    let seconds = took.saturating_sub(of_server).as_secs_f64();
    // A peak is far below what a float cannot hold.
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let [megabytes, sent] =
        [ended.rusage.maxrss, served.bytes.load(Ordering::Relaxed)].map(|bytes| bytes as f64 / 1e6);
    let objects: usize = KINDS
        .iter()
        .filter(|(kind, ..)| *kind != "ServiceAccount")
        .map(|(.., count)| count)
        .sum();
    println!(
        "audit of {objects} objects {what}: {seconds:.1} s besides {:.1} s of the API server, peak memory {megabytes:.0} MB ({sent:.0} MB in {} requests, {} reports written)",
        of_server.as_secs_f64(),
        served.requests.load(Ordering::Relaxed),
        served.written.load(Ordering::Relaxed),
    );
    println!(
        "targets: below {SECONDS:.0} s ({}), below {MEGABYTES:.0} MB ({})",
        met(seconds < SECONDS),
        met(megabytes < MEGABYTES)
    );
    Ok(())
}

fn met(is_met: bool) -> &'static str {
    if is_met { "met" } else { "missed" }
}

fn kubeconfig(server: &str) -> String {
    json!({"apiVersion": "v1", "kind": "Config", "current-context": "bench",
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        "clusters": [{"name": "bench", "cluster": {"server": server}}],
        "users": [{"name": "bench", "user": {"token": "bench"}}]})
    .to_string()
}

/// Answers the requests of a connection.
fn serve(stream: &TcpStream, served: &Served) {
    let mut reader = BufReader::new(stream);
    // The client goes when it has ended.
    while let Ok(Some((method, path))) = request(&mut reader) {
        let start = Instant::now();
        let body = answer(&method, &path);
        let status = if body.is_some() {
            "200 OK"
        } else {
            "404 Not Found"
        };
        let body = body.unwrap_or_else(|| r#"{"kind":"Status","code":404}"#.to_owned());
        let spent = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        served.nanoseconds.fetch_add(spent, Ordering::Relaxed);
        served.requests.fetch_add(1, Ordering::Relaxed);
        served
            .written
            .fetch_add(u64::from(method == "PATCH"), Ordering::Relaxed);
        served.bytes.fetch_add(body.len() as u64, Ordering::Relaxed);
        let head = format!(
            "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        let mut stream = stream;
        let sent = stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()));
        if sent.is_err() {
            return;
        }
    }
}

/// The method and the path of the next request; its body is passed over.
fn request(reader: &mut BufReader<&TcpStream>) -> io::Result<Option<(String, String)>> {
    let mut line = String::new();
    if reader.read_line(&mut line)? == 0 {
        return Ok(None);
    }
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    io::copy(&mut reader.take(length), &mut io::sink())?;
    Ok(Some((method, path)))
}

fn answer(method: &str, path: &str) -> Option<String> {
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    if method == "PATCH" {
        return Some("{}".to_owned());
    }
    let json: Value = match path {
        "/version" => {
            json!({"major": "1", "minor": "36", "gitVersion": "v1.36.0", "gitCommit": "", "gitTreeState": "clean",
            "buildDate": "2026-01-01T00:00:00Z", "goVersion": "go1", "compiler": "gc", "platform": "linux/amd64"})
        }
        "/apis" => {
            json!({"kind": "APIGroupList", "groups": [group("apps", "v1"), group("wgpolicyk8s.io", "v1alpha2")]})
        }
        "/api/v1" => resources("v1"),
        "/apis/apps/v1" => resources("apps/v1"),
        "/apis/wgpolicyk8s.io/v1alpha2" => json!({"kind": "APIResourceList", "resources": [
            {"name": "policyreports", "kind": "PolicyReport", "namespaced": true, "verbs": ["list", "patch"]},
            {"name": "clusterpolicyreports", "kind": "ClusterPolicyReport", "namespaced": false, "verbs": ["list", "patch"]}]}),
        _ if path.ends_with("policyreports") => json!({"kind": "PolicyReportList", "items": []}),
        _ => {
            let plural = path.rsplit('/').next()?;
            let (kind, _, _, count) = KINDS.iter().find(|(_, name, ..)| *name == plural)?;
            return Some(page(kind, *count, query));
        }
    };
    Some(json.to_string())
}

fn group(name: &str, version: &str) -> Value {
    let version = json!({"groupVersion": format!("{name}/{version}"), "version": version});
    json!({"name": name, "versions": [version], "preferredVersion": version})
}

fn resources(version: &str) -> Value {
    let kinds = KINDS.iter().filter(|(_, _, of, _)| *of == version);
    let kinds: Vec<Value> = kinds
        .map(|(kind, plural, ..)| json!({"name": plural, "kind": kind, "namespaced": true, "verbs": ["get", "list"]}))
        .collect();
    json!({"kind": "APIResourceList", "resources": kinds})
}

/// A page of a list.
fn page(kind: &str, count: usize, query: &str) -> String {
    let number = |key: &str| {
        let value = query.split('&').find_map(|part| part.strip_prefix(key))?;
        value.parse::<usize>().ok()
    };
    let start = number("continue=").unwrap_or(0);
    let end = (start + number("limit=").unwrap_or(count)).min(count);
    let items: Vec<String> = (start..end)
        .map(|at| object(kind, at).to_string())
        .collect();
    let next = if end < count {
        end.to_string()
    } else {
        String::new()
    };
    format!(
        r#"{{"kind":"{kind}List","apiVersion":"v1","metadata":{{"resourceVersion":"7","continue":"{next}"}},"items":[{}]}}"#,
        items.join(",")
    )
}

/// An object as clusters have them: most of it is what nobody wrote by hand.
fn object(kind: &str, at: usize) -> Value {
    let mut fields = serde_json::Map::new();
    for field in 0..40 {
        fields.insert(
            format!("f:field-{field}"),
            json!({".": {}, "f:value": {}, "k:{\"name\":\"web\"}": {}}),
        );
    }
    let id = KINDS
        .iter()
        .position(|(name, ..)| *name == kind)
        .unwrap_or(0);
    let metadata = json!({
        "name": format!("web-{at}"),
        "namespace": format!("team-{}", at % 200),
        "uid": format!("{id:08x}-0000-4000-8000-{at:012x}"),
        "resourceVersion": format!("{}", 1_000 + at),
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": {"app.kubernetes.io/name": "web", "app.kubernetes.io/instance": format!("web-{at}")},
        "managedFields": [{"manager": "kubectl", "operation": "Apply", "apiVersion": "v1", "fieldsType": "FieldsV1", "fieldsV1": fields}],
    });
    let mut object = match kind {
        "ConfigMap" => json!({"data": {"colour": "blue", "size": "large"}}),
        "Service" => {
            json!({"spec": {"type": "ClusterIP", "selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": 8080}]}})
        }
        "ServiceAccount" => json!({"automountServiceAccountToken": false}),
        "Pod" => json!({"spec": pod(at), "status": {"phase": "Running", "podIP": "10.0.0.1"}}),
        _ => {
            json!({"spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}}, "spec": pod(at)}}})
        }
    };
    if let Some(object) = object.as_object_mut() {
        object.insert("metadata".to_owned(), metadata);
    }
    object
}

fn pod(at: usize) -> Value {
    let is_privileged = at.is_multiple_of(PRIVILEGED);
    let mut containers = Vec::new();
    for name in ["web", "proxy"] {
        containers.push(json!({
            "name": name,
            "image": format!("registry.example.com/{name}@sha256:{}", "0".repeat(64)),
            "env": [{"name": "LEVEL", "value": "info"}, {"name": "PORT", "value": "8080"}],
            "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
            "volumeMounts": [{"name": "scratch", "mountPath": "/tmp"}],
            "securityContext": {"privileged": is_privileged, "allowPrivilegeEscalation": is_privileged, "readOnlyRootFilesystem": true,
                "runAsNonRoot": true, "capabilities": {"drop": ["ALL"]}},
        }));
    }
    json!({
        "serviceAccountName": "web",
        "automountServiceAccountToken": false,
        "securityContext": {"runAsNonRoot": true, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": containers,
        "volumes": [{"name": "scratch", "emptyDir": {}}],
    })
}
