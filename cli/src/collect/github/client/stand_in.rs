//! What tests talk to instead of GitHub: a server on this machine, and a clock that waits for nobody.

use std::cell::{Cell, RefCell};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;

use super::{Addresses, GitHub, Pace, Token};

/// A token that must be in no message.
pub(crate) const CANARY: &str = "ghp_canary0123456789";

/// What the clock of tests starts at.
pub(crate) const NOW: &str = "2026-11-23T09:00:00Z";

/// A request that arrived.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path with its query.
    pub(crate) path: String,
    pub(crate) headers: String,
    pub(crate) body: String,
}

/// A server that answers each request as it is told.
pub(crate) struct Server {
    pub(crate) address: String,
    requests: Arc<Mutex<Vec<Request>>>,
}

impl Server {
    /// Starts a server; the answer to a request is given by it and by how many came before it.
    pub(crate) fn start(
        answer: impl Fn(&Request, usize) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let requests = Arc::new(Mutex::new(Vec::new()));
        let (seen, answer) = (Arc::clone(&requests), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, answer) = (Arc::clone(&seen), Arc::clone(&answer));
                thread::spawn(move || serve(stream, &seen, &*answer));
            }
        });
        Self { address, requests }
    }

    /// The requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// A client of this server, with a clock of its own.
    pub(crate) fn client(&self, seconds: u64) -> (GitHub, Clock) {
        client(&self.address, seconds)
    }
}

/// A client of a server at an address.
pub(crate) fn client(address: &str, seconds: u64) -> (GitHub, Clock) {
    let variable = |name: &str| match name {
        "GITHUB_API_URL" => Some(address.to_owned()),
        "GITHUB_TOKEN" => Some(CANARY.to_owned()),
        _ => None,
    };
    let addresses = Addresses::find(variable).unwrap();
    let token = Token::find(None, variable).unwrap();
    let clock = Clock::default();
    let pace = Box::new(clock.clone());
    let github = GitHub::new(addresses, &token, Duration::from_secs(seconds), pace).unwrap();
    (github, clock)
}

/// An answer with a status, headers and a body.
pub(crate) fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let headers: String = headers
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!(
        "HTTP/1.1 {status} Status\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn serve(
    stream: TcpStream,
    seen: &Mutex<Vec<Request>>,
    answer: &dyn Fn(&Request, usize) -> String,
) {
    let mut out = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = read(&mut reader) {
        let before = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        let text = answer(&request, before);
        let is_whole = out.write_all(text.as_bytes()).is_ok() && !text.ends_with("…cut");
        if !is_whole {
            return;
        }
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut first = String::new();
    reader.read_line(&mut first).ok()?;
    let mut words = first.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        if line.trim().is_empty() {
            break;
        }
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        headers += &line;
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request {
        method,
        path,
        headers,
        body: String::from_utf8(body).unwrap(),
    })
}

/// A clock that jumps where others wait, and remembers what it was told.
#[derive(Clone, Default)]
pub(crate) struct Clock {
    elapsed: Rc<Cell<Duration>>,
    waits: Rc<RefCell<Vec<Duration>>>,
    told: Rc<RefCell<Vec<String>>>,
}

impl Clock {
    /// How long each wait was, in milliseconds.
    pub(crate) fn waits(&self) -> Vec<u128> {
        self.waits
            .borrow()
            .iter()
            .map(Duration::as_millis)
            .collect()
    }

    /// What was said.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.borrow().clone()
    }
}

impl Pace for Clock {
    fn elapsed(&self) -> Duration {
        self.elapsed.get()
    }

    fn now(&self) -> Timestamp {
        let start: Timestamp = NOW.parse().unwrap();
        start + self.elapsed.get()
    }

    fn wait(&self, time: Duration) {
        self.elapsed.set(self.elapsed.get() + time);
        self.waits.borrow_mut().push(time);
    }

    fn chance(&self) -> u8 {
        255
    }

    fn tell(&self, what: &str) {
        self.told.borrow_mut().push(what.to_owned());
    }
}
