//! Stands between a ledger and its server, and cuts connections at chosen moments.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

/// When a connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    /// Before the server gets the request.
    Before,
    /// Once the request is on its way; whether it is carried out nobody knows.
    Sent,
    /// When the answer comes: the request was carried out.
    Answered,
}

/// A cut that is to happen once, at a request that holds these bytes.
#[derive(Debug, Clone, Copy)]
struct Cut {
    request: &'static [u8],
    moment: Moment,
}

/// The proxy. It listens until the test ends.
pub(crate) struct Proxy {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    cut: Mutex<Option<Cut>>,
    cuts: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    pub(crate) fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::new(Shared::default());
        let mine = Arc::clone(&shared);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Ok(server) = TcpStream::connect(("127.0.0.1", server)) else {
                    continue;
                };
                pass_on(&mine, &client, &server);
            }
        });
        Self { port, shared }
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Cuts the next connection that sends such a request.
    pub(crate) fn cut_at(&self, request: &'static [u8], moment: Moment) {
        *self.shared.cut.lock().unwrap() = Some(Cut { request, moment });
    }

    /// Cuts every connection that is open, wherever it is.
    pub(crate) fn cut_all(&self) {
        for stream in self.shared.open.lock().unwrap().drain(..) {
            if stream.shutdown(Shutdown::Both).is_ok() {
                self.shared.cuts.fetch_add(1, Ordering::SeqCst);
            }
        }
    }

    /// Connections that were cut.
    pub(crate) fn cuts(&self) -> usize {
        self.shared.cuts.load(Ordering::SeqCst)
    }
}

fn pass_on(shared: &Arc<Shared>, client: &TcpStream, server: &TcpStream) {
    client.set_nodelay(true).unwrap();
    server.set_nodelay(true).unwrap();
    let armed = Arc::new(Mutex::new(false));
    {
        let mut open = shared.open.lock().unwrap();
        open.push(client.try_clone().unwrap());
        open.push(server.try_clone().unwrap());
    }
    let both = || (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (from, to) = both();
    let (requests, waiting) = (Arc::clone(shared), Arc::clone(&armed));
    thread::spawn(move || copy(&from, &to, |bytes| requests.at_request(bytes, &waiting)));
    let (to, from) = both();
    let answers = Arc::clone(shared);
    thread::spawn(move || {
        copy(&from, &to, |_| {
            if *armed.lock().unwrap() {
                answers.cuts.fetch_add(1, Ordering::SeqCst);
                Some(Moment::Before)
            } else {
                None
            }
        });
    });
}

impl Shared {
    fn at_request(&self, bytes: &[u8], armed: &Mutex<bool>) -> Option<Moment> {
        let mut cut = self.cut.lock().unwrap();
        let wanted = (*cut)?;
        if !bytes
            .windows(wanted.request.len())
            .any(|window| window == wanted.request)
        {
            return None;
        }
        *cut = None;
        if wanted.moment == Moment::Answered {
            *armed.lock().unwrap() = true;
            return None;
        }
        self.cuts.fetch_add(1, Ordering::SeqCst);
        Some(wanted.moment)
    }
}

/// Copies until one side ends or `decide` cuts.
fn copy(mut from: &TcpStream, mut to: &TcpStream, mut decide: impl FnMut(&[u8]) -> Option<Moment>) {
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length @ 1..) = from.read(&mut buffer) {
        let moment = decide(&buffer[..length]);
        if moment != Some(Moment::Before) && to.write_all(&buffer[..length]).is_err() {
            break;
        }
        if moment.is_some() {
            break;
        }
    }
    // Either side may be gone.
    let _ = from.shutdown(Shutdown::Both);
    let _ = to.shutdown(Shutdown::Both);
}
