//! One request, sent once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base::Secret;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use serde::Serialize;
use serde_json::Value;
use url::Url;

use super::{
    Exchange, Guard, Http, Refusal, Reply, Transport,
    body::{Body, FilePart},
    exchange,
    guard::Policy,
    incoming::Incoming,
    outgoing::{Counted, Progress},
};
use crate::draft::Media;

/// A request being built. Nothing leaves before [`Request::send`].
#[must_use = "a request does nothing until it is sent"]
pub struct Request {
    http: Http,
    name: &'static str,
    method: Method,
    url: String,
    headers: Vec<(String, String)>,
    query: Vec<(String, String)>,
    body: Body,
    timeout: Option<Duration>,
    /// So many bytes of the answer are enough.
    enough: Option<usize>,
    /// Whether a header identifies us: then no redirect is followed (S-53).
    credentials: bool,
    secrets: Vec<Secret<String>>,
    /// Whether the answer holds what other people wrote.
    of_others: bool,
}

impl Request {
    pub(super) fn new(http: Http, name: &'static str, method: Method, url: &str) -> Self {
        Self {
            http,
            name,
            method,
            url: url.to_owned(),
            headers: vec![],
            query: vec![],
            body: Body::Empty,
            timeout: None,
            enough: None,
            credentials: false,
            secrets: vec![],
            of_others: false,
        }
    }

    /// A header that is no secret.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        let value = value.into();
        if is_credential(name) {
            self.credentials = true;
            self.secrets.push(Secret::new(value.clone()));
        }
        self.headers.push((name.to_owned(), value));
        self
    }

    /// A header that is a secret; it is not recorded (no header is).
    pub fn secret_header(mut self, name: &str, value: &Secret<String>) -> Self {
        self.credentials = true;
        self.secrets.push(value.clone());
        self.headers.push((name.to_owned(), value.expose().clone()));
        self
    }

    /// `Authorization: Bearer …`.
    pub fn bearer(mut self, token: &Secret<String>) -> Self {
        self.credentials = true;
        self.secrets.push(token.clone());
        self.headers.push(("authorization".to_owned(), format!("Bearer {}", token.expose())));
        self
    }

    /// `Authorization: Basic …`.
    pub fn basic(mut self, user: &str, password: &Secret<String>) -> Self {
        use base64::Engine as _;
        let both = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{}", password.expose()));
        self.credentials = true;
        self.secrets.push(password.clone());
        self.secrets.push(Secret::new(both.clone()));
        self.headers.push(("authorization".to_owned(), format!("Basic {both}")));
        self
    }

    /// One parameter of the query.
    pub fn query(mut self, name: &str, value: impl ToString) -> Self {
        self.query.push((name.to_owned(), value.to_string()));
        self
    }

    /// A JSON body.
    pub fn json(mut self, body: &impl Serialize) -> Self {
        self.body = match serde_json::to_value(body) {
            Ok(body) => Body::Json(body),
            Err(error) => Body::Broken(format!("the request cannot be written as JSON: {error}")),
        };
        self
    }

    /// A form body (`application/x-www-form-urlencoded`).
    pub fn form(mut self, fields: &[(&str, &str)]) -> Self {
        self.body = Body::Form(fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect());
        self
    }

    /// A body of bytes.
    pub fn bytes(mut self, bytes: Bytes, mime: &str) -> Self {
        self.body = Body::Bytes { bytes, mime: mime.to_owned() };
        self
    }

    /// A file as the body, streamed, with its `Content-Length`; `length` bytes from `offset` on.
    pub fn media(mut self, media: &Media, offset: u64, length: u64, mime: &str) -> Self {
        self.body = Body::Media { media: media.clone(), offset, length, mime: mime.to_owned() };
        self
    }

    /// A secret that stands in the address: it is not recorded, wherever it is repeated.
    pub fn secret_in_address(mut self, value: &Secret<String>) -> Self {
        self.credentials = true;
        self.secrets.push(value.clone());
        self
    }

    /// A multipart form, the files streamed.
    pub fn multipart(mut self, fields: &[(&str, &str)], files: impl IntoIterator<Item = FilePart>) -> Self {
        let fields = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.body = Body::Multipart { fields, files: files.into_iter().collect() };
        self
    }

    /// Time for the whole exchange. It is also the time for the answer's headers, which have 10 s otherwise
    /// (S-56): a call that is known to be slow sets this.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// The answer holds what other people wrote: of a good one only its size is recorded (P-017).
    pub fn of_others(mut self) -> Self {
        self.of_others = true;
        self
    }

    /// Reads no more of the answer than its first bytes: it may be as long as it likes.
    pub fn beginning(mut self, bytes: usize) -> Self {
        self.enough = Some(bytes);
        self
    }

    /// Sends it once. `Err` says whether anything left; any HTTP status is an `Ok`, also a redirect that is not
    /// followed: only a GET without credentials follows one, and only if the policy lets it.
    pub async fn send(mut self) -> Result<Reply, Transport> {
        let url = match self.address() {
            Ok(url) => url,
            Err(error) => {
                self.record(
                    Exchange { url: "(not an address)".to_owned(), ..self.begin(None, &Body::Empty) },
                    &Err(error.clone()),
                );
                return Err(error);
            }
        };
        let body = std::mem::replace(&mut self.body, Body::Empty);
        let follows = self.method == Method::GET && !self.credentials && body.is_empty();
        let redirects_max = if follows { self.http.policy.redirects_max } else { 0 };
        let patience = Patience::of(&self.http.guard, &self.http.policy, self.timeout);
        let mut reply = self.once(&url, body, patience).await?;
        let mut at = url;
        for hop in 0..=redirects_max {
            let Some(next) = target(&at, &reply).filter(|_| redirects_max > 0) else { return Ok(reply) };
            if hop == redirects_max {
                break;
            }
            if next.origin() != at.origin() {
                self.forget_credentials();
            }
            reply = self.once(&next, Body::Empty, patience).await?;
            at = next;
        }
        Err(Transport::Refused(Refusal::too_many_redirects(redirects_max)))
    }

    fn address(&self) -> Result<Url, Transport> {
        // The text is not repeated in the error: it may carry a secret.
        let parsed = Url::parse(&self.url).map_err(|error| Transport::Refused(Refusal::no_address(error)));
        let mut url = parsed?;
        if !self.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&self.query);
        }
        url.set_fragment(None);
        Ok(url)
    }

    fn forget_credentials(&mut self) {
        self.headers.retain(|(name, _)| !is_credential(name));
    }

    /// One exchange, recorded.
    async fn once(&self, url: &Url, body: Body, patience: Patience) -> Result<Reply, Transport> {
        let begun = Instant::now();
        let mut exchange = self.begin(Some(url), &body);
        let mut values: Vec<String> = self.secrets.iter().map(|secret| secret.expose().clone()).collect();
        body.secrets(&mut values);
        let in_query = url.query_pairs().filter(|(name, _)| exchange::is_secret_key(name));
        values.extend(in_query.map(|(_, value)| value.into_owned()));
        let secrets: Vec<Secret<String>> = values.into_iter().map(Secret::new).collect();
        let result = self.carry_out(url, body, patience).await;
        exchange.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        exchange.conclude(&result);
        if let Ok(reply) = &result {
            self.http.note_budgets(&reply.headers);
            if self.of_others && reply.is_success() {
                exchange.response = Value::String(format!("({} bytes)", reply.body.len()));
            }
        }
        exchange.scrub(&secrets);
        self.http.record(exchange);
        result
    }

    fn begin(&self, url: Option<&Url>, body: &Body) -> Exchange {
        Exchange {
            name: self.name.to_owned(),
            method: self.method.to_string(),
            url: url.map(exchange::shown_url).unwrap_or_default(),
            request: body.shown(),
            status: None,
            response: Value::Null,
            error: None,
            at: self.http.clock.now(),
            took_ms: 0,
        }
    }

    fn record(&self, mut exchange: Exchange, result: &Result<Reply, Transport>) {
        exchange.conclude(result);
        self.http.record(exchange);
    }

    async fn carry_out(&self, url: &Url, body: Body, patience: Patience) -> Result<Reply, Transport> {
        let (guard, policy) = (&self.http.guard, &self.http.policy);
        let client = guard.open(url, &policy.hosts)?;
        let mut headers = self.header_map()?;
        headers.entry(header::ACCEPT_ENCODING).or_insert(HeaderValue::from_static("gzip"));
        if body.is_empty() && matches!(self.method, Method::POST | Method::PUT | Method::PATCH) {
            // Several platforms refuse a write that does not say how long it is (411).
            headers.insert(header::CONTENT_LENGTH, HeaderValue::from(0));
        }
        let body = body.write(&client, &mut headers).await?;
        let mut request = reqwest::Request::new(self.method.clone(), url.clone());
        *request.headers_mut() = headers;
        let answer = answer(guard, &client, request, body, patience).await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let left = patience.left();
        let body = match self.enough {
            Some(enough) => Incoming::new(answer, u64::MAX, guard.pace, left)?.beginning(enough).await?,
            None => Incoming::new(answer, policy.answer_bytes_max, guard.pace, left)?.whole().await?,
        };
        Ok(Reply { status, headers, body })
    }

    fn header_map(&self) -> Result<HeaderMap, Transport> {
        let mut map = HeaderMap::with_capacity(self.headers.len() + 4);
        for (name, value) in &self.headers {
            let wrong =
                |_| Transport::NotSent(format!("the header `{name}` cannot be sent: a character is not allowed"));
            let key = HeaderName::from_bytes(name.as_bytes()).map_err(|_| wrong(()))?;
            let mut value = HeaderValue::from_str(value).map_err(|_| wrong(()))?;
            value.set_sensitive(true);
            map.append(key, value);
        }
        Ok(map)
    }
}

impl Exchange {
    fn conclude(&mut self, result: &Result<Reply, Transport>) {
        match result {
            Ok(reply) => {
                self.status = Some(reply.status);
                self.response = reply.shown();
            }
            Err(error) => self.error = Some(error.to_string()),
        }
    }
}

/// How long a request and those it is redirected to may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    until: Instant,
    headers: Duration,
}

impl Patience {
    pub(super) fn of(guard: &Guard, policy: &Policy, own: Option<Duration>) -> Self {
        Self { until: Instant::now() + own.unwrap_or(policy.total), headers: own.unwrap_or(guard.pace.headers) }
    }

    pub(super) fn left(&self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }
}

/// Sends, and waits for the headers of the answer. The one place where a request leaves.
pub(super) async fn answer(
    guard: &Guard,
    client: &reqwest::Client,
    mut request: reqwest::Request,
    body: reqwest::Body,
    patience: Patience,
) -> Result<reqwest::Response, Transport> {
    let progress = Progress::new();
    let counted = Counted::new(body, Arc::clone(&progress));
    *request.body_mut() = Some(reqwest::Body::wrap(counted));
    let mut pending = std::pin::pin!(client.execute(request));
    loop {
        let now = Instant::now();
        let known = progress.deadline(guard.pace, patience.headers);
        let wake = known.unwrap_or(now + guard.pace.headers).min(patience.until);
        match tokio::time::timeout_at(wake.into(), &mut pending).await {
            Ok(answered) => return answered.map_err(|error| progress.classify(&error)),
            Err(_) if Instant::now() >= patience.until => {
                return Err(progress.failed("S-56: no answer in the time for the whole exchange"));
            }
            Err(_) if known.is_some() && progress.deadline(guard.pace, patience.headers) == known => {
                return Err(progress.failed("S-56: no answer in the time for its headers"));
            }
            Err(_) => {}
        }
    }
}

/// Where an answer sends us, if it does. An address that cannot be read is not followed.
pub(super) fn target(at: &Url, reply: &Reply) -> Option<Url> {
    matches!(reply.status, 301 | 302 | 303 | 307 | 308)
        .then(|| reply.header("location"))?
        .and_then(|to| at.join(to).ok())
}

fn is_credential(name: &str) -> bool {
    ["authorization", "proxy-authorization", "cookie", "x-api-key"].iter().any(|known| name.eq_ignore_ascii_case(known))
}
