//! A server that answers what a test laid ready and remembers what was asked.

use std::sync::{Arc, Mutex};

use axum::{
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use serde_json::Value;

/// One request as it arrived.
#[derive(Debug, Clone)]
pub struct Seen {
    pub method: String,
    pub path: String,
    pub query: String,
    pub authorization: String,
    pub content_type: String,
    pub body: Vec<u8>,
    pub status: u16,
    pub answer: Value,
}

impl Seen {
    /// `POST /2/tweets`.
    pub fn line(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The form or query as pairs, in the order sent.
    pub fn pairs(&self, text: &str) -> Vec<(String, String)> {
        url::form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    pub fn form(&self) -> Vec<(String, String)> {
        self.pairs(&String::from_utf8_lossy(&self.body))
    }

    pub fn asks(&self, name: &str) -> Option<String> {
        self.pairs(&self.query).into_iter().find(|(given, _)| given == name).map(|(_, value)| value)
    }
}

/// An answer that waits for its request.
pub struct Ready {
    line: &'static str,
    status: u16,
    body: String,
}

pub fn on(line: &'static str, status: u16, body: impl ToString) -> Ready {
    Ready { line, status, body: body.to_string() }
}

/// An address that refuses connections, and goes on doing so: its port is held until this is dropped.
pub struct Nowhere(tokio::net::TcpSocket);

impl Nowhere {
    pub fn new() -> Self {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind(([127, 0, 0, 1], 0).into()).expect("a free port");
        Self(socket)
    }

    pub fn origin(&self) -> String {
        format!("http://{}", self.0.local_addr().expect("an address"))
    }
}

#[derive(Clone, Default)]
struct Shelf(Arc<Mutex<(Vec<Ready>, Vec<Seen>)>>);

/// The server; it ends with the test's runtime.
pub struct Canned {
    pub origin: String,
    shelf: Shelf,
}

impl Canned {
    /// Answers each request with the first answer left for its line; 501 if there is none.
    pub async fn start(ready: Vec<Ready>) -> Self {
        let shelf = Shelf(Arc::new(Mutex::new((ready, Vec::new()))));
        let router = axum::Router::new().fallback(answer).with_state(shelf.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}/", listener.local_addr().expect("an address"));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { origin, shelf }
    }

    /// Answers to give after those that are left.
    pub fn lay(&self, ready: Vec<Ready>) {
        self.shelf.0.lock().expect("free").0.extend(ready);
    }

    pub fn seen(&self) -> Vec<Seen> {
        self.shelf.0.lock().expect("free").1.clone()
    }

    pub fn lines(&self) -> Vec<String> {
        self.seen().iter().map(Seen::line).collect()
    }
}

async fn answer(State(shelf): State<Shelf>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 64 << 20).await.expect("a whole body").to_vec();
    let header =
        |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    let line = format!("{} {}", parts.method, parts.uri.path());
    let mut shelf = shelf.0.lock().expect("free");
    let ready = shelf.0.iter().position(|ready| ready.line == line).map(|at| shelf.0.remove(at));
    let (status, text) = ready.map_or((501, String::new()), |ready| (ready.status, ready.body));
    shelf.1.push(Seen {
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        authorization: header("authorization"),
        content_type: header("content-type"),
        body,
        status,
        answer: serde_json::from_str(&text).unwrap_or(Value::Null),
    });
    Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(Body::from(text))
        .expect("an answer")
}

/// A request that came to an address of the installation.
pub struct Came {
    pub headers: http::HeaderMap,
    pub body: bytes::Bytes,
}

/// An address of the installation, and what is posted there.
pub async fn listener() -> (String, tokio::sync::mpsc::UnboundedReceiver<Came>) {
    let (tell, told) = tokio::sync::mpsc::unbounded_channel();
    let hears =
        move |headers: http::HeaderMap, body: bytes::Bytes| async move { _ = tell.send(Came { headers, body }) };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = format!("http://{}/", listener.local_addr().expect("an address"));
    let router = axum::Router::new().route("/", axum::routing::post(hears));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (address, told)
}

/// The platform that exists nowhere, of which `cargo xtask new-platform` makes others.
const TEMPLATE: &str = "noticeboard";
/// What marks a line of it that is to be written anew.
const TO_FILL_IN: &str = "To fill in:";

/// That no line of a platform's folder and guides is still as the template has it. Of the template all are, and there are some.
#[track_caller]
pub fn filled_in(platform: &str) {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::fs::read_dir(root.join("src").join(platform)).expect("the platform's folder");
    let guides = ["md", "nl.md"].map(|end| root.join(format!("../../docs/platforms/{platform}.{end}")));
    let mut left = Vec::new();
    for file in folder.map(|entry| entry.expect("a file").path()).chain(guides) {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let lines = text.lines().enumerate().filter(|(_, line)| line.contains(TO_FILL_IN));
        left.extend(lines.map(|(at, line)| format!("{}:{}: {}", file.display(), at + 1, line.trim())));
    }
    assert_eq!(left.is_empty(), platform != TEMPLATE, "{}", left.join("\n"));
}
