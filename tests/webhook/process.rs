//! The program, with files of its own and ports that nobody else has.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use jiff::Timestamp;
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use soc2gate_host::Place;
use soc2gate_ledger::record::{Event, Record};
use tempfile::TempDir;

use crate::client::Client;

/// A running webhook.
pub(crate) struct Webhook {
    pub(crate) folder: TempDir,
    pub(crate) trusted: Vec<CertificateDer<'static>>,
    child: Child,
    listen: String,
    probes: String,
}

/// A folder with a certificate, a configuration and a ledger.
pub(crate) struct Prepared {
    folder: TempDir,
    trusted: Vec<CertificateDer<'static>>,
    arguments: Vec<String>,
    certificate: CertificateFrom,
}

/// Where the certificate of a webhook comes from.
enum CertificateFrom {
    Files,
    /// Of its own making, registered with the URL of its port.
    Url,
    /// Of its own making, for a Service.
    Service(&'static str),
}

/// The configuration: controls that look at other objects are only recorded, since nobody reads those here.
pub(crate) const CONFIG: &str = "version: 1\nledger: {location: ledger}\n";

impl Prepared {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("soc2gate.yaml"), CONFIG).unwrap();
        let place = place(folder.path());
        place.init("soc2gate.dev/test", Timestamp::now()).unwrap();
        let trusted = vec![write_certificate(folder.path())];
        Self {
            folder,
            trusted,
            arguments: Vec::new(),
            certificate: CertificateFrom::Files,
        }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    #[must_use]
    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(|argument| (*argument).to_owned()));
        self
    }

    /// The same, with a certificate of its own making, and registered in the cluster that arguments name.
    #[must_use]
    pub(crate) fn registered(self) -> Self {
        Self {
            certificate: CertificateFrom::Url,
            ..self
        }
    }

    /// The same, with a certificate of its own making for a Service.
    #[must_use]
    pub(crate) fn behind(self, service: &'static str) -> Self {
        Self {
            certificate: CertificateFrom::Service(service),
            ..self
        }
    }

    /// A command that serves on ports of its own.
    fn command(&self) -> (Command, String, String) {
        let [listen, probes] = free_addresses();
        let mut command = Command::new(env!("CARGO_BIN_EXE_soc2gate-webhook"));
        command
            .current_dir(self.folder.path())
            .env_clear()
            .args(["run", "--listen", &listen, "--probes", &probes])
            .args(match self.certificate {
                CertificateFrom::Url => vec!["--url".to_owned(), format!("https://{listen}")],
                CertificateFrom::Service(name) => ["--service", name].map(str::to_owned).to_vec(),
                CertificateFrom::Files => ["--certificate", "tls/tls.crt", "--key", "tls/tls.key"]
                    .map(str::to_owned)
                    .to_vec(),
            })
            .args(["--config", "soc2gate.yaml", "--reload-interval", "100ms"])
            .args(["--drain-timeout", "5s"])
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(
                fs::OpenOptions::new()
                    .create(true)
                    .append(true)
                    .open(self.log())
                    .unwrap(),
            );
        (command, listen, probes)
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// How the program ends, and what it says, where it does not serve.
    pub(crate) fn fails(self) -> (Option<i32>, String) {
        let status = self.command().0.status().unwrap();
        (status.code(), fs::read_to_string(self.log()).unwrap())
    }

    /// Starts the program and waits until it is ready.
    pub(crate) async fn start(self) -> Webhook {
        let (mut command, listen, probes) = self.command();
        let webhook = Webhook {
            child: command.spawn().unwrap(),
            folder: self.folder,
            trusted: self.trusted,
            listen,
            probes,
        };
        webhook
            .until("it is ready", async || {
                webhook.is_ready().await == Some(true)
            })
            .await;
        webhook
    }
}

impl Webhook {
    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> &str {
        &self.listen
    }

    /// Where reviews go.
    pub(crate) fn url(&self) -> String {
        format!("https://{}/validate", self.listen)
    }

    pub(crate) fn client(&self) -> Client {
        Client::new(&self.trusted)
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap()
    }

    /// The text of a probe, with its status.
    pub(crate) async fn probe(&self, path: &str) -> Option<(u16, String)> {
        let answer = Client::new(&[])
            .get(&format!("http://{}{path}", self.probes))
            .await;
        answer.map(|(status, text)| (status.as_u16(), text))
    }

    pub(crate) async fn is_ready(&self) -> Option<bool> {
        let (status, text) = self.probe("/readyz").await?;
        let detail: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(detail["ready"], status == 200);
        Some(status == 200)
    }

    /// The value of a metric.
    pub(crate) async fn metric(&self, name: &str) -> Option<f64> {
        let (_, text) = self.probe("/metrics").await?;
        let line = text
            .lines()
            .find(|line| line.split(' ').next() == Some(name))?;
        line.rsplit(' ').next()?.parse().ok()
    }

    /// Waits until something holds, for a bounded time.
    pub(crate) async fn until(&self, what: &str, mut holds: impl AsyncFnMut() -> bool) {
        let began = Instant::now();
        while !holds().await {
            assert!(
                began.elapsed() < Duration::from_secs(30),
                "{what}: {}",
                self.log()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-s", name, &id])
                .status()
                .unwrap()
                .success()
        );
    }

    /// How it ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(began.elapsed() < Duration::from_secs(30), "it goes on");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Every record of the ledger: its index, its id, what it says.
    pub(crate) fn records(&self) -> Vec<(u64, Record)> {
        records(&place(self.path()))
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The ledger in a folder.
pub(crate) fn place(folder: &Path) -> Place {
    Place::new(
        "ledger",
        Some(&folder.join("ledger.keys").to_string_lossy()),
        folder,
    )
}

/// Every record of a ledger.
pub(crate) fn records(place: &Place) -> Vec<(u64, Record)> {
    let log = place.read().unwrap();
    let size = log.size().unwrap();
    let entries = log.entries(0..size).unwrap();
    entries
        .map(|entry| {
            let (index, bytes) = entry.unwrap();
            (index, Record::parse(&bytes).unwrap())
        })
        .collect()
}

/// The ids of recorded decisions with their indexes.
pub(crate) fn decisions(records: &[(u64, Record)]) -> Vec<(u64, String)> {
    let decisions = records
        .iter()
        .filter(|(_, record)| matches!(record.event, Event::Decision(_)));
    decisions
        .map(|(index, record)| (*index, record.id.clone()))
        .collect()
}

/// Makes a certificate and puts it in place as Kubernetes does: a folder that a link is swapped to.
pub(crate) fn write_certificate(folder: &Path) -> CertificateDer<'static> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    swap_files(
        &folder.join("tls"),
        &[
            ("tls.crt", &cert.pem()),
            ("tls.key", &KeyPair::serialize_pem(&signing_key)),
        ],
    );
    cert.der().clone()
}

/// Swaps the files of a folder as Kubernetes swaps those of a volume.
pub(crate) fn swap_files(folder: &Path, files: &[(&str, &str)]) {
    use std::os::unix::fs::symlink;
    fs::create_dir_all(folder).unwrap();
    let version = format!("..{}", Timestamp::now().as_nanosecond());
    fs::create_dir(folder.join(&version)).unwrap();
    for (name, text) in files {
        fs::write(folder.join(&version).join(name), text).unwrap();
        // It may be there since the last time.
        let _ = symlink(format!("..data/{name}"), folder.join(name));
    }
    symlink(&version, folder.join("..data_tmp")).unwrap();
    fs::rename(folder.join("..data_tmp"), folder.join("..data")).unwrap();
}

fn free_addresses() -> [String; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}
