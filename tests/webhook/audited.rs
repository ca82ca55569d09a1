//! The audit as a program, with files of its own and a cluster.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use serde_json::Value;
use soc2gate_ledger::record::{Event, Record, Scan};

use crate::client::Client;
use crate::kubernetes::Cluster;
use crate::process::{place, records};

/// A folder with a configuration and a ledger, and a cluster.
pub(crate) struct Audited {
    pub(crate) folder: tempfile::TempDir,
    pub(crate) cluster: Cluster,
}

/// An audit that goes on.
pub(crate) struct Scheduled {
    pub(crate) child: Child,
    probes: String,
    log: PathBuf,
}

impl Audited {
    pub(crate) fn new(tools: &Path, description: &Value) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(
            folder.path().join("soc2gate.yaml"),
            "version: 1\nledger: {location: ledger}\n",
        )
        .unwrap();
        place(folder.path())
            .init("soc2gate.dev/test", Timestamp::now())
            .unwrap();
        let cluster = Cluster::start(tools, description);
        Self { folder, cluster }
    }

    pub(crate) fn command(&self, arguments: &[&str], log: &str) -> (Command, PathBuf) {
        let log = self.folder.path().join(log);
        let written = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(&log)
            .unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_soc2gate-webhook"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .args([
                "audit",
                "--config",
                "soc2gate.yaml",
                "--kubeconfig",
                &self.cluster.kubeconfig,
            ])
            .args(["--reload-interval", "100ms"])
            .args(arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(written);
        (command, log)
    }

    /// Scans once: the exit code, and what it says.
    pub(crate) fn once(&self, arguments: &[&str]) -> (Option<i32>, String) {
        let _ = fs::remove_file(self.folder.path().join("log"));
        let (mut command, log) = self.command(arguments, "log");
        let status = command.arg("--once").status().unwrap();
        (status.code(), fs::read_to_string(log).unwrap())
    }

    pub(crate) fn scheduled(&self, arguments: &[&str], log: &str) -> Scheduled {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let probes = listener.local_addr().unwrap().to_string();
        drop(listener);
        let (mut command, log) = self.command(arguments, log);
        let child = command.args(["--probes", &probes]).spawn().unwrap();
        Scheduled { child, probes, log }
    }

    pub(crate) fn records(&self) -> Vec<Record> {
        let records = records(&place(self.folder.path()));
        records.into_iter().map(|(_, record)| record).collect()
    }

    pub(crate) fn scans(&self) -> Vec<Scan> {
        let scan = |record: Record| match record.event {
            Event::Scan(scan) => Some(scan),
            _ => None,
        };
        self.records().into_iter().filter_map(scan).collect()
    }

    /// Subjects of recorded decisions.
    pub(crate) fn decided(&self) -> Vec<String> {
        let decisions = self.records().into_iter();
        let decisions = decisions.filter(|record| matches!(record.event, Event::Decision(_)));
        decisions.map(|record| record.subject.unwrap().id).collect()
    }

    pub(crate) fn get(&self, arguments: &[&str]) -> Value {
        let (done, said) = self
            .cluster
            .kubectl(&[&["get", "--output", "json"], arguments].concat());
        assert!(done, "{said}");
        serde_json::from_str(&said).unwrap()
    }

    /// Reports of a kind, by the name of what they are about.
    pub(crate) fn reports(&self, kind: &str) -> Vec<(String, Value)> {
        let list = self.get(&[kind, "--all-namespaces"]);
        let named = |report: &Value| {
            let name = report["scope"]["name"].as_str().unwrap_or("the scan");
            (name.to_owned(), report.clone())
        };
        list["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(named)
            .collect()
    }

    /// What the server was asked so far: method and path.
    pub(crate) fn requests(&self, method: &str, part: &str) -> usize {
        let (done, said) = self.cluster.kubectl(&["get", "--raw", "/_requests"]);
        assert!(done, "{said}");
        let requests: Value = serde_json::from_str(&said).unwrap();
        let is_meant = |request: &&Value| {
            let text = |key: &str| request[key].as_str().unwrap_or_default().to_owned();
            text("method") == method && (text("path") + &text("query")).contains(part)
        };
        requests.as_array().unwrap().iter().filter(is_meant).count()
    }
}

impl Scheduled {
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap()
    }

    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        let url = format!("http://{}/metrics", self.probes);
        let (_, text) = Client::new(&[]).get(&url).await?;
        let line = text
            .lines()
            .find(|line| line.split(' ').next() == Some(name))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    pub(crate) async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let began = Instant::now();
        while !holds().await {
            assert!(
                began.elapsed() < Duration::from_secs(60),
                "{what}: {}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) async fn scanned(&self, count: f64) {
        let metric = r#"soc2gate_audit_scans_total{result="complete"}"#;
        self.until("it scans", async || {
            self.metric(metric).await >= Some(count)
        })
        .await;
    }
}

impl Drop for Scheduled {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
