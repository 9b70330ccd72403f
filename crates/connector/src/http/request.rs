//! One request, sent once.

use std::time::Duration;

use base::Secret;
use bytes::Bytes;
use http::{HeaderMap, Method};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};

use super::{Exchange, Http, Transport, exchange};
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
}

enum Body {
    Empty,
    Json(Value),
    Form(Vec<(String, String)>),
    Bytes { bytes: Bytes, mime: String },
    Media { media: Media, offset: u64, length: u64, mime: String },
    Multipart { fields: Vec<(String, String)>, file: Option<FilePart> },
}

/// A file in a multipart form.
#[derive(Debug, Clone)]
pub struct FilePart {
    /// The field's name.
    pub field: String,
    /// The file's name as the platform sees it.
    pub file_name: String,
    /// The file.
    pub media: Media,
    /// From this byte on.
    pub offset: u64,
    /// So many bytes.
    pub length: u64,
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
        }
    }

    /// A header that is no secret.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// A header that is a secret; it is not recorded (no header is).
    pub fn secret_header(mut self, name: &str, value: &Secret<String>) -> Self {
        self.headers.push((name.to_owned(), value.expose().clone()));
        self
    }

    /// `Authorization: Bearer …`.
    pub fn bearer(mut self, token: &Secret<String>) -> Self {
        self.headers.push(("authorization".to_owned(), format!("Bearer {}", token.expose())));
        self
    }

    /// `Authorization: Basic …`.
    pub fn basic(mut self, user: &str, password: &Secret<String>) -> Self {
        use base64::Engine as _;
        let both = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{}", password.expose()));
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
        self.body = Body::Json(serde_json::to_value(body).unwrap_or(Value::Null));
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

    /// A multipart form, the file streamed.
    pub fn multipart(mut self, fields: &[(&str, &str)], file: Option<FilePart>) -> Self {
        let fields = fields.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        self.body = Body::Multipart { fields, file };
        self
    }

    /// Time for the whole exchange.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Sends it once. `Err` says whether anything left; any HTTP status is an `Ok`.
    pub async fn send(self) -> Result<Reply, Transport> {
        let http = self.http.clone();
        let mut exchange = Exchange {
            name: self.name.to_owned(),
            method: self.method.to_string(),
            url: shown_url(&self.url, &self.query),
            request: self.body.shown(),
            status: None,
            response: Value::Null,
            error: None,
            at: http.clock.now(),
            took_ms: 0,
        };
        let begun = std::time::Instant::now();
        let result = self.carry_out().await;
        exchange.took_ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        match &result {
            Ok(reply) => {
                exchange.status = Some(reply.status);
                exchange.response = reply.shown();
            }
            Err(error) => exchange.error = Some(error.to_string()),
        }
        http.record(exchange);
        result
    }

    async fn carry_out(self) -> Result<Reply, Transport> {
        let url = url::Url::parse(&self.url).map_err(|error| Transport::Refused(format!("{}: {error}", self.url)))?;
        let total = self.timeout.unwrap_or(self.http.policy.total);
        let mut request = self.http.guard.client.request(self.method, url).query(&self.query).timeout(total);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        request = self.body.attach(request).await?;
        let mut answer = request.send().await.map_err(classify)?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let limit = self.http.policy.answer_bytes_max;
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| Transport::Lost(words(&error)))? {
            if body.len() as u64 + piece.len() as u64 > limit {
                return Err(Transport::TooLarge(limit));
            }
            body.extend_from_slice(&piece);
        }
        Ok(Reply { status, headers, body: Bytes::from(body) })
    }
}

impl Body {
    fn shown(&self) -> Value {
        match self {
            Body::Empty => Value::Null,
            Body::Json(body) => exchange::redact(body.clone()),
            Body::Form(fields) => shown_fields(fields),
            Body::Bytes { bytes, mime } => json!({ "file": mime, "size_bytes": bytes.len() }),
            Body::Media { mime, offset, length, .. } => json!({ "file": mime, "offset": offset, "size_bytes": length }),
            Body::Multipart { fields, file } => {
                let mut shown = shown_fields(fields);
                if let Some(file) = file {
                    shown[&file.field] =
                        json!({ "file": file.media.mime, "offset": file.offset, "size_bytes": file.length });
                }
                shown
            }
        }
    }

    async fn attach(self, request: reqwest::RequestBuilder) -> Result<reqwest::RequestBuilder, Transport> {
        Ok(match self {
            Body::Empty => request,
            Body::Json(body) => request.json(&body),
            Body::Form(fields) => request.form(&fields),
            Body::Bytes { bytes, mime } => request.header("content-type", mime).body(bytes),
            Body::Media { media, offset, length, mime } => {
                let stream = open(&media, offset, length).await?;
                request
                    .header("content-type", mime)
                    .header("content-length", length)
                    .body(reqwest::Body::wrap_stream(stream))
            }
            Body::Multipart { fields, file } => {
                let mut form = reqwest::multipart::Form::new();
                for (name, value) in fields {
                    form = form.text(name, value);
                }
                if let Some(file) = file {
                    let stream = open(&file.media, file.offset, file.length).await?;
                    let part =
                        reqwest::multipart::Part::stream_with_length(reqwest::Body::wrap_stream(stream), file.length)
                            .file_name(file.file_name)
                            .mime_str(&file.media.mime)
                            .map_err(|error| Transport::NotSent(error.to_string()))?;
                    form = form.part(file.field, part);
                }
                request.multipart(form)
            }
        })
    }
}

async fn open(
    media: &Media,
    offset: u64,
    length: u64,
) -> Result<impl futures::TryStream<Ok = Bytes, Error = std::io::Error> + Send + 'static + use<>, Transport> {
    use futures::StreamExt as _;
    let pieces = media.source.open(offset).await;
    let pieces = pieces.map_err(|error| Transport::NotSent(format!("the file could not be read: {error}")))?;
    let mut left = length;
    Ok(pieces.map(move |piece| {
        piece.map(|mut bytes: Bytes| {
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
            left -= take as u64;
            bytes.split_to(take)
        })
    }))
}

fn shown_fields(fields: &[(String, String)]) -> Value {
    let map = fields.iter().map(|(name, value)| (name.clone(), Value::String(value.clone()))).collect();
    exchange::redact(Value::Object(map))
}

fn shown_url(url: &str, query: &[(String, String)]) -> String {
    let Ok(mut url) = url::Url::parse(url) else { return "(not an address)".to_owned() };
    let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    pairs.extend_from_slice(query);
    url.set_query(None);
    for (name, value) in &pairs {
        let value = if exchange::is_secret_key(name) { "[secret]" } else { value };
        url.query_pairs_mut().append_pair(name, value);
    }
    url.to_string()
}

/// A refused connection, a failed look-up or a failed TLS handshake wrote no byte of the request; all else is doubt.
fn classify(error: reqwest::Error) -> Transport {
    if error.is_connect() || error.is_builder() {
        Transport::NotSent(words(&error))
    } else {
        Transport::Lost(words(&error))
    }
}

/// The innermost cause, without the address (which may carry a secret in its query).
fn words(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    if error.is_timeout() { format!("no answer in time ({cause})") } else { cause.to_string() }
}

/// A whole answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
}

impl Reply {
    /// Whether the status is 2xx.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as JSON of this shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_slice(&self.body)
    }

    /// The body as any JSON; `null` if it is not JSON.
    pub fn value(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or(Value::Null)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn shown(&self) -> Value {
        match serde_json::from_slice::<Value>(&self.body) {
            Ok(value) => exchange::redact(value),
            Err(_) => Value::String(exchange::cut(&self.text())),
        }
    }
}
