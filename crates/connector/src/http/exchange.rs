//! One request and its answer, as people may see them: secrets removed, long texts cut.
//!
//! Secrets are removed twice over: by the name they go under, and, should a platform repeat one elsewhere (in an error
//! text, say), by their value.

use base::{Secret, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A request and its response.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Exchange {
    /// What the request was for.
    pub name: String,
    /// `GET`, `POST`, …
    pub method: String,
    /// Scheme, host and path, and the query without secret values.
    pub url: String,
    /// The request's body, secrets removed; a file is only its type and size.
    pub request: Value,
    /// The HTTP status; absent if no answer came.
    pub status: Option<u16>,
    /// The answer, secrets removed, cut to 8 KiB.
    pub response: Value,
    /// The error, if there was no complete response.
    pub error: Option<String>,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// The longest text kept of a body, in bytes.
pub const TEXT_MAX_BYTES: usize = 8 * 1024;

/// A JSON answer larger than this is not even read for the record, in bytes.
const READ_MAX_BYTES: usize = 256 * 1024;

/// The shortest secret that is searched for by value: shorter ones would tear holes into ordinary words.
const VALUE_MIN_BYTES: usize = 6;

const SECRET: &str = "[secret]";

/// Keys whose values are never kept, without case, hyphens and underscores.
const SECRET_KEYS: &[&str] = &[
    "authcode",
    "code",
    "devicecode",
    "dpop",
    "email",
    "key",
    "nonce",
    "phone",
    "pin",
    "requesturi",
    "sig",
    "state",
    "usercode",
];

/// Parts of a key that make it secret.
const SECRET_PARTS: &[&str] = &[
    "apikey",
    "assertion",
    "authorization",
    "codeverifier",
    "cookie",
    "credential",
    "jwt",
    "passphrase",
    "passwd",
    "password",
    "privatekey",
    "proof",
    "secret",
    "session",
    "signature",
    "token",
];

/// Keys that only sound like secrets: kinds, lives and places of tokens.
const OPEN_KEYS: &[&str] = &["tokentype", "tokenendpoint", "sessionexpired"];

/// Whether a value under this key is a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    let plain: String = key.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_lowercase()).collect();
    !OPEN_KEYS.contains(&plain.as_str())
        && (SECRET_KEYS.contains(&plain.as_str()) || SECRET_PARTS.iter().any(|part| plain.contains(part)))
}

/// The value with every secret in it replaced, and long texts cut.
pub(crate) fn redact(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(map.into_iter().map(|(key, value)| redact_entry(key, value)).collect()),
        Value::Array(list) => Value::Array(list.into_iter().map(redact).collect()),
        Value::String(text) if looks_like_jwt(&text) => SECRET.into(),
        Value::String(text) => Value::String(cut(text)),
        other => other,
    }
}

fn redact_entry(key: String, value: Value) -> (String, Value) {
    let value = match value {
        // An error's number or name under `code` is what the story is about; no token is a number or `UPPER_CASE`.
        Value::Number(_) | Value::Bool(_) | Value::Null => value,
        Value::String(name) if key == "code" && is_constant(&name) => Value::String(name),
        Value::Object(_) | Value::Array(_) if is_container(&key) => redact(value),
        _ if is_secret_key(&key) => SECRET.into(),
        other => redact(other),
    };
    (key, value)
}

/// `state` and `key` may also be objects of ordinary content; what is inside is judged by its own names.
fn is_container(key: &str) -> bool {
    !SECRET_PARTS.iter().any(|part| key.to_ascii_lowercase().contains(part))
}

fn is_constant(text: &str) -> bool {
    text.len() <= 48 && text.contains('_') && text.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_')
}

fn looks_like_jwt(text: &str) -> bool {
    text.starts_with("eyJ") && text.len() > 24 && text.bytes().filter(|byte| *byte == b'.').count() == 2
}

/// The fields of a form, secrets removed.
pub(crate) fn shown_fields(fields: &[(String, String)]) -> Value {
    let map = fields.iter().map(|(name, value)| {
        let shown = if is_secret_key(name) { SECRET.to_owned() } else { cut(value.clone()) };
        (name.clone(), Value::String(shown))
    });
    Value::Object(map.collect())
}

/// A body that arrived. What cannot be read as JSON or as a form is shown as text.
pub(crate) fn shown_body(body: &[u8], form: bool, too_deep: bool) -> Value {
    if body.is_empty() {
        return Value::Null;
    }
    if body.len() > READ_MAX_BYTES || too_deep {
        return Value::String(format!("({} bytes)", body.len()));
    }
    if form {
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
        return shown_fields(&fields);
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => whole_or_cut(redact(value), body.len()),
        Err(_) => Value::String(cut(String::from_utf8_lossy(body).into_owned())),
    }
}

fn whole_or_cut(value: Value, size: usize) -> Value {
    if size <= TEXT_MAX_BYTES { value } else { Value::String(cut(value.to_string())) }
}

/// An address: the query without secret values, no user, no fragment.
pub(crate) fn shown_url(url: &url::Url) -> String {
    let mut shown = url.clone();
    shown.set_query(None);
    shown.set_fragment(None);
    let _ = shown.set_password(None);
    let _ = shown.set_username("");
    for (name, value) in url.query_pairs() {
        let value = if is_secret_key(&name) { SECRET } else { &value };
        shown.query_pairs_mut().append_pair(&name, value);
    }
    cut(shown.to_string())
}

impl Exchange {
    /// Removes these secrets wherever they still stand.
    pub(crate) fn scrub(&mut self, secrets: &[Secret<String>]) {
        for secret in secrets.iter().map(Secret::expose).filter(|secret| secret.len() >= VALUE_MIN_BYTES) {
            scrub_text(&mut self.url, secret);
            scrub_value(&mut self.request, secret);
            scrub_value(&mut self.response, secret);
            if let Some(error) = &mut self.error {
                scrub_text(error, secret);
            }
        }
    }
}

fn scrub_text(text: &mut String, secret: &str) {
    if text.contains(secret) {
        *text = text.replace(secret, SECRET);
    }
}

fn scrub_value(value: &mut Value, secret: &str) {
    match value {
        Value::String(text) => scrub_text(text, secret),
        Value::Array(list) => list.iter_mut().for_each(|value| scrub_value(value, secret)),
        Value::Object(map) => map.values_mut().for_each(|value| scrub_value(value, secret)),
        _ => {}
    }
}

/// The beginning of a text, cut at a character.
pub(crate) fn cut(mut text: String) -> String {
    let size = text.len();
    if size > TEXT_MAX_BYTES {
        let end = (0..=TEXT_MAX_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        text.truncate(end);
        text.push_str(&format!("… ({size} bytes)"));
    }
    text
}
