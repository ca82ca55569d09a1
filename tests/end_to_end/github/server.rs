//! The server that stands in for GitHub: started for one test, ended with it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command as Process, Stdio};

use super::*;

/// The status with which the server says that a request, the world or itself is wrong. GitHub never answers so.
const WRONG: i64 = 599;

/// A running server.
pub(super) struct Server {
    process: Child,
    /// `http://127.0.0.1:PORT`
    pub(super) address: String,
    /// Holds the world's file.
    _folder: tempfile::TempDir,
}

/// The folder that `cargo xtask test` installs packages in; a test that needs them and runs without says so and ends.
pub(super) fn tools() -> Option<PathBuf> {
    let tools = std::env::var_os("SOC2GATE_TEST_TOOLS").map(PathBuf::from);
    if tools.is_none() {
        eprintln!("notice: skipped, run by cargo xtask test, which installs the schemas of GitHub");
    }
    tools
}

/// Node with a script of `tests/tools/github`.
pub(super) fn node(tools: &Path, script: &str) -> Process {
    let mut command = Process::new("node");
    command
        .arg(root().join("tests/tools/github").join(script))
        .env("SOC2GATE_TEST_TOOLS", tools);
    command
}

impl Server {
    /// Starts a server over a world, unless its packages are not installed.
    pub(super) fn start(world: &World) -> Option<Self> {
        let tools = tools()?;
        let folder = folder(&[("world.json", &world.to_string())]);
        let mut process = node(&tools, "server.mjs")
            .arg("--world")
            .arg(folder.path().join("world.json"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut address = String::new();
        BufReader::new(process.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        if address.is_empty() {
            let mut text = String::new();
            let errors = process.stderr.take().unwrap();
            BufReader::new(errors).read_to_string(&mut text).unwrap();
            panic!("the server does not start: {text}");
        }
        Some(Self {
            process,
            address: address.trim().to_owned(),
            _folder: folder,
        })
    }

    /// All requests so far: method, path, query, status, operation.
    pub(super) fn requests(&self) -> Vec<Value> {
        let text = self.get("/_requests");
        let requests: Value = serde_json::from_str(&text).unwrap();
        requests.as_array().unwrap().clone()
    }

    /// What clients wrote: comments and check runs.
    pub(super) fn written(&self) -> Vec<Value> {
        let written: Value = serde_json::from_str(&self.get("/_written")).unwrap();
        written.as_array().unwrap().clone()
    }

    fn get(&self, path: &str) -> String {
        let host = self.address.trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n").unwrap();
        let mut text = String::new();
        stream.read_to_string(&mut text).unwrap();
        let (_, body) = text.split_once("\r\n\r\n").unwrap();
        body.to_owned()
    }
}

impl Drop for Server {
    /// Ends the server. A request that GitHub would not know fails the test, whatever the client made of it.
    fn drop(&mut self) {
        let wrong: Vec<Value> = if std::thread::panicking() {
            Vec::new()
        } else {
            self.requests()
                .into_iter()
                .filter(|request| request["status"] == WRONG)
                .collect()
        };
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
        assert_eq!(wrong, Vec::<Value>::new(), "requests that GitHub refuses");
    }
}
