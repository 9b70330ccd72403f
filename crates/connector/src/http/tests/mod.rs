//! The guarded client against servers that behave badly. Each server is a few lines over a socket, because what is
//! tested is what a well-behaved server library would never do.

mod addresses;
mod fetches;
mod limits;
mod names;
mod outcomes;
mod records;
mod redirects;
mod tls;

use std::{
    future::Future,
    net::{IpAddr, SocketAddr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use base::{TestClock, Timestamp};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{AllowedRange, Guard, GuardRules, Http, Lookup, Policy, SystemLookup, guard::Pace};

/// S-56's floor, and so much time that no busy machine uses it up. Each test of a limit shortens the one that it tests.
const PATIENT: Pace = Pace {
    connect: Duration::from_secs(60),
    headers: Duration::from_secs(60),
    grace: Duration::from_secs(60),
    bytes_per_s: 8 * 1024,
};
/// A limit that a test waits for.
const SHORT: Duration = Duration::from_millis(400);
/// Within this time someone who keeps to [`SHORT`] has given up, on any machine. Without a limit it takes longer.
const GIVEN_UP: Duration = Duration::from_secs(30);

/// What a server saw.
#[derive(Clone, Default)]
struct Seen {
    connections: Arc<AtomicUsize>,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Seen {
    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("no test panics with it").clone()
    }

    /// Reads one request, head and body; `None` at the end of the connection.
    async fn read(&self, stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 * 1024];
        loop {
            if let Some(whole) = whole_request(&bytes) {
                self.requests.lock().expect("no test panics with it").push(whole.clone());
                return Some(whole);
            }
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return None,
                Ok(size) => bytes.extend_from_slice(&buffer[..size]),
            }
        }
    }
}

fn whole_request(bytes: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let (head, body) = text.split_once("\r\n\r\n")?;
    let head_lower = head.to_ascii_lowercase();
    if head_lower.contains("transfer-encoding: chunked") {
        return body.ends_with("0\r\n\r\n").then_some(text);
    }
    let length = head_lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok()).unwrap_or(0);
    let head_bytes = bytes.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    (bytes.len() - head_bytes >= length).then_some(text)
}

/// A server on loopback; every connection is handed to `serve`.
async fn server<F, W>(serve: F) -> (SocketAddr, Seen)
where
    F: Fn(TcpStream, Seen) -> W + Send + 'static,
    W: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("bound");
    let seen = Seen::default();
    tokio::spawn(listen(listener, seen.clone(), serve));
    (address, seen)
}

async fn listen<F, W>(listener: TcpListener, seen: Seen, serve: F)
where
    F: Fn(TcpStream, Seen) -> W,
    W: Future<Output = ()> + Send + 'static,
{
    while let Ok((stream, _)) = listener.accept().await {
        seen.connections.fetch_add(1, Ordering::SeqCst);
        tokio::spawn(serve(stream, seen.clone()));
    }
}

/// A server that gives every request on every connection the same answer.
async fn answering(answer: impl Into<Vec<u8>>) -> (SocketAddr, Seen) {
    let answer = answer.into();
    server(move |mut stream, seen| {
        let answer = answer.clone();
        async move {
            while seen.read(&mut stream).await.is_some() {
                if stream.write_all(&answer).await.is_err() {
                    return;
                }
            }
        }
    })
    .await
}

/// An answer with this body.
fn ok(headers: &str, body: &[u8]) -> Vec<u8> {
    let mut answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
    answer.extend_from_slice(body);
    answer
}

fn range(address: [u8; 4], prefix: u8, ports: &[u16]) -> AllowedRange {
    AllowedRange { address: IpAddr::from(address), prefix, ports: ports.to_vec() }
}

fn clock() -> Arc<TestClock> {
    Arc::new(TestClock::at(Timestamp::parse("2030-01-01T09:00:00Z").expect("an instant")))
}

/// A guard that lets loopback through.
fn guard() -> Guard {
    guard_at(PATIENT)
}

/// The same at a pace of the test's own.
fn guard_at(pace: Pace) -> Guard {
    let rules = GuardRules { allowed: vec![range([127, 0, 0, 0], 8, &[])], ..GuardRules::default() };
    Guard::with_pace(rules, clock(), Arc::new(SystemLookup), pace).expect("the rules are good")
}

fn guard_with(rules: GuardRules) -> Guard {
    guard_asking(rules, SystemLookup)
}

fn guard_asking(rules: GuardRules, lookup: impl Lookup + 'static) -> Guard {
    Guard::with_pace(rules, clock(), Arc::new(lookup), PATIENT).expect("the rules are good")
}

/// A connector's way out to this server.
fn http(server: SocketAddr) -> Http {
    http_at(PATIENT, server)
}

/// The same at a pace of the test's own.
fn http_at(pace: Pace, server: SocketAddr) -> Http {
    guard_at(pace).http(Policy::platform(vec![server.to_string()]))
}

fn url(server: SocketAddr, path: &str) -> String {
    format!("http://{server}{path}")
}
