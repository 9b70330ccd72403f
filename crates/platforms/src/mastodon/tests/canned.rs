//! A server that gives the answers it was told to give, and remembers what it was asked.

use std::sync::{Arc, Mutex};

use axum::{Router, body::Bytes, extract::State, http::Request, response::Response};
use base::{TestClock, Timestamp};
use connector::Tokens;
use serde_json::{Value, json};
use url::Url;

use super::{Desk, secret};

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub(super) line: String,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Bytes,
}

impl Seen {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).expect("JSON")
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// One rule: the first whose request line begins so, answers.
#[derive(Clone)]
struct Rule {
    begins: &'static str,
    status: u16,
    body: String,
}

#[derive(Clone, Default)]
struct Book {
    rules: Arc<Vec<Rule>>,
    asked: Arc<Mutex<Vec<Seen>>>,
}

/// The server. It ends with the test's runtime.
pub(super) struct Canned {
    book: Book,
    pub(super) origin: Url,
}

impl Canned {
    /// With these answers, by the beginning of a request line (`POST /api/v1/apps`); anything else is a 404.
    pub(super) async fn with(rules: &[(&'static str, u16, Value)]) -> Self {
        let text = |body: &Value| body.as_str().map_or_else(|| body.to_string(), str::to_owned);
        let rules = rules.iter().map(|(begins, status, body)| Rule { begins, status: *status, body: text(body) });
        let book = Book { rules: Arc::new(rules.collect()), asked: Arc::default() };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let origin = Url::parse(&format!("http://127.0.0.1:{port}")).expect("an address");
        let router = Router::new().fallback(answer).with_state(book.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { book, origin }
    }

    /// What was asked since the last call of this.
    pub(super) fn asked(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.book.asked.lock().expect("unpoisoned"))
    }

    /// A channel on this server, with these facts besides what is always known.
    pub(super) fn desk(&self, facts: Value) -> Desk {
        let mut desk = Desk::new(TestClock::at(Timestamp::parse("2030-01-01T09:00:00Z").expect("an instant")));
        desk.facts = json!({
            "instance": self.origin.as_str().trim_end_matches('/'), "software": "mastodon", "version": "4.5.2",
            "api_version": 7, "account": "14", "supports_idempotency": true, "privacy": "public",
        });
        for (name, value) in facts.as_object().expect("an object") {
            desk.facts[name] = value.clone();
        }
        desk.tokens = Tokens { access: Some(secret("t0ken")), ..Tokens::default() };
        desk
    }
}

async fn answer(State(book): State<Book>, request: Request<axum::body::Body>) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.expect("a body");
    let line = format!("{} {}", parts.method, parts.uri);
    let header = |(name, value): (&axum::http::HeaderName, &axum::http::HeaderValue)| {
        (name.as_str().to_owned(), value.to_str().unwrap_or_default().to_owned())
    };
    let asked = Seen { line: line.clone(), headers: parts.headers.iter().map(header).collect(), body };
    book.asked.lock().expect("unpoisoned").push(asked);
    let rule = book.rules.iter().find(|rule| line.starts_with(rule.begins));
    let (status, body) = rule.map_or((404, "{}"), |rule| (rule.status, rule.body.as_str()));
    let kind = if body.starts_with('<') { "text/html" } else { "application/json" };
    let answer = Response::builder().status(status).header("content-type", kind);
    answer.body(body.to_owned().into()).expect("an answer")
}
