//! A PostgreSQL server of a test's own, on a free port, stopped when the test ends. The tests of the store and of the
//! command line share it.

use std::env;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// In every address. No error may hold it.
pub(crate) const PASSWORD: &str = "canary-pa55word";
const SUPERUSER: &str = "postgres";

/// A running server, with a password that no error may hold.
pub(crate) struct Server {
    folder: TempDir,
    programs: PathBuf,
    account: Option<Account>,
    port: u16,
}

/// Whom the server runs as where the test is root, which PostgreSQL refuses to be.
struct Account {
    user: u32,
    group: u32,
}

impl Server {
    /// Starts a server where PostgreSQL is installed, and says that the test is skipped where it is not. With the tests'
    /// tools it must be there.
    pub(crate) fn find() -> Option<Self> {
        let is_there = programs().join("initdb").is_file() || on_path("initdb");
        if !is_there && env::var_os("SOC2GATE_TEST_TOOLS").is_none() {
            eprintln!("notice: skipped, run by cargo xtask test, which installs PostgreSQL");
            return None;
        }
        Some(Self::start())
    }

    /// Starts a server that waits for its disk, as a server does that is not told otherwise.
    pub(crate) fn start() -> Self {
        Self::start_with("")
    }

    /// Starts a server with more settings.
    pub(crate) fn start_with(settings: &str) -> Self {
        let folder = tempfile::Builder::new()
            .prefix("soc2gate-postgres-")
            .tempdir()
            .unwrap();
        let mut server = Self {
            account: Account::of_server(folder.path()),
            programs: programs(),
            folder,
            port: 0,
        };
        if let Some(account) = &server.account {
            chown(server.path(), Some(account.user), Some(account.group)).unwrap();
        }
        let password = server.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        server.run(
            "initdb",
            &[
                "--no-sync",
                "--username",
                SUPERUSER,
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--no-locale",
                "--pwfile",
                &password.to_string_lossy(),
                "--pgdata",
                &server.data(),
            ],
        );
        let file = server.path().join("data/postgresql.conf");
        let mut text = fs::read_to_string(&file).unwrap();
        text.push_str("listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n");
        text.push_str(settings);
        fs::write(&file, text).unwrap();
        // Between the look for a free port and its use another process may take it.
        for _ in 0..5 {
            server.port = free_port();
            if server.boot() {
                return server;
            }
        }
        panic!("the server does not start: {}", server.log());
    }

    /// Starts the server again, on the port that it had.
    pub(crate) fn restart(&self) {
        assert!(self.boot(), "{}", self.log());
    }

    fn boot(&self) -> bool {
        let log = self.path().join("log").to_string_lossy().into_owned();
        let port = format!("-c port={}", self.port);
        let arguments = [
            "-D",
            &self.data(),
            "-l",
            &log,
            "-w",
            "-t",
            "120",
            "-o",
            &port,
            "start",
        ];
        self.output("pg_ctl", &arguments).status.success()
    }

    /// Stops the server: `immediate` is a crash, after which it recovers from its log.
    pub(crate) fn stop(&self, mode: &str) {
        self.run("pg_ctl", &["-D", &self.data(), "-m", mode, "-w", "stop"]);
    }

    /// Runs a program of the server's.
    fn run(&self, program: &str, arguments: &[&str]) {
        let output = self.output(program, arguments);
        assert!(
            output.status.success(),
            "{program}: {}{}",
            String::from_utf8_lossy(&output.stderr),
            self.log()
        );
    }

    fn output(&self, program: &str, arguments: &[&str]) -> Output {
        let path = self.programs.join(program);
        let mut command = match &self.account {
            None => Command::new(path),
            Some(account) => {
                let mut command = Command::new("setpriv");
                command
                    .arg(format!("--reuid={}", account.user))
                    .arg(format!("--regid={}", account.group))
                    .arg("--clear-groups")
                    .arg(path);
                command
            }
        };
        // pg_ctl's server keeps what it inherits open, so nothing may be a pipe that someone reads to its end.
        let errors = fs::File::create(self.path().join("errors")).unwrap();
        let status = command
            .args(arguments)
            .current_dir(self.path())
            .env("LC_ALL", "C")
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(errors)
            .status()
            .unwrap_or_else(|error| panic!("{program} ({}): {error}", self.programs.display()));
        Output {
            status,
            stdout: Vec::new(),
            stderr: fs::read(self.path().join("errors")).unwrap(),
        }
    }

    /// The address of the server, with the password.
    pub(crate) fn address(&self) -> String {
        Self::address_at(self.port)
    }

    /// The address of something that passes on to the server.
    pub(crate) fn address_at(port: u16) -> String {
        address(SUPERUSER, port)
    }

    /// The address for another user with the same password.
    pub(crate) fn address_of(&self, user: &str) -> String {
        address(user, self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    fn data(&self) -> String {
        self.path().join("data").to_string_lossy().into_owned()
    }

    /// Gives a file to the server, which takes private keys from nobody else.
    pub(crate) fn give(&self, file: &Path) {
        if let Some(account) = &self.account {
            chown(file, Some(account.user), Some(account.group)).unwrap();
        }
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be stopped already.
        let _ = self.output(
            "pg_ctl",
            &["-D", &self.data(), "-m", "immediate", "-w", "stop"],
        );
    }
}

impl Account {
    /// The server's account on Debian, or the one of nobody.
    fn of_server(folder: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        if fs::metadata(folder).unwrap().uid() != 0 {
            return None;
        }
        let accounts = fs::read_to_string("/etc/passwd").unwrap();
        let find = |name: &str| {
            let line = accounts
                .lines()
                .find(|line| line.starts_with(&format!("{name}:")))?;
            let mut fields = line.split(':').skip(2).map(|field| field.parse().ok());
            Some(Self {
                user: fields.next()??,
                group: fields.next()??,
            })
        };
        Some(find("postgres").or_else(|| find("nobody")).unwrap())
    }
}

fn address(user: &str, port: u16) -> String {
    format!("postgres://{user}:{PASSWORD}@127.0.0.1:{port}/postgres")
}

/// The folder of Debian's programs, the newest version; where there is none they are looked for on the path.
fn programs() -> PathBuf {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let mut folders: Vec<PathBuf> = versions
        .flatten()
        .map(|entry| entry.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .collect();
    folders.sort();
    folders.pop().unwrap_or_default()
}

fn on_path(program: &str) -> bool {
    env::var_os("PATH")
        .is_some_and(|path| env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
