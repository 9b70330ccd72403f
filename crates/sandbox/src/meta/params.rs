//! The parameters of a call: from the query and from the body, which may be a form, multipart or JSON.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    extract::{DefaultBodyLimit, FromRequest as _, Multipart},
};
use bytes::Bytes;
use http::{HeaderMap, Request, Uri, header};
use serde_json::Value;

/// What a caller sent along. Nested values are JSON in text.
#[derive(Debug, Clone, Default)]
pub struct Params {
    known: BTreeMap<String, String>,
    files: BTreeMap<String, (String, Bytes)>,
    /// Names that came in a JSON body.
    from_json: Vec<String>,
    /// Whether the token came in the query.
    pub token_in_query: bool,
}

impl Params {
    /// Reads query, header and body; gives nothing if the body does not read.
    pub async fn of(uri: &Uri, headers: &HeaderMap, body: Bytes) -> Option<Self> {
        let mut params = Self::default();
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        if kind.starts_with("application/json") && !body.is_empty() {
            let Ok(Value::Object(body)) = serde_json::from_slice(&body) else { return None };
            params.from_json = body.keys().cloned().collect();
            params.known.extend(body.into_iter().map(|(name, value)| (name, as_text(value))));
        } else if kind.starts_with("multipart/form-data") {
            params.multipart(kind, body).await?;
        } else {
            params.known.extend(url::form_urlencoded::parse(&body).into_owned());
        }
        let query = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned();
        for (name, value) in query {
            params.token_in_query |= name == "access_token";
            params.from_json.retain(|known| *known != name);
            params.known.insert(name, value);
        }
        let bearer = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        if let Some(bearer) = bearer.and_then(|text| text.strip_prefix("Bearer ")) {
            params.known.entry("access_token".into()).or_insert_with(|| bearer.trim().to_owned());
        }
        Some(params)
    }

    /// What has a file name is a file; the rest is text.
    async fn multipart(&mut self, kind: &str, body: Bytes) -> Option<()> {
        let mut request = Request::builder().header(header::CONTENT_TYPE, kind).body(Body::from(body)).ok()?;
        // It is here already; a network says itself which files are too large.
        DefaultBodyLimit::disable().apply(&mut request);
        let mut form = Multipart::from_request(request, &()).await.ok()?;
        while let Some(field) = form.next_field().await.ok()? {
            let name = field.name()?.to_owned();
            if let Some(called) = field.file_name().map(str::to_owned) {
                self.files.insert(name, (called, field.bytes().await.ok()?));
            } else {
                self.known.insert(name, field.text().await.ok()?);
            }
        }
        Some(())
    }

    /// A value; an empty one counts as absent.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.known.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }

    /// A file of a multipart body.
    pub fn file(&self, name: &str) -> Option<&Bytes> {
        self.files.get(name).map(|(_, bytes)| bytes)
    }

    /// What that file is called.
    pub fn file_name(&self, name: &str) -> Option<&str> {
        self.files.get(name).map(|(called, _)| called.as_str())
    }

    /// Whether a flag is set.
    pub fn is(&self, name: &str) -> bool {
        matches!(self.get(name), Some("true" | "1" | "True"))
    }

    /// Drops what came in a JSON body, but for some names.
    pub fn forget_json_but(&mut self, kept: &[&str]) {
        for name in std::mem::take(&mut self.from_json) {
            if !kept.contains(&name.as_str()) {
                self.known.remove(&name);
            }
        }
    }

    /// All names and values in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.known.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn as_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        Value::Null => String::new(),
        other => other.to_string(),
    }
}
