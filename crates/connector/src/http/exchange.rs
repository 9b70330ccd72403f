//! One request and its answer, as people may see them: secrets removed, long texts cut.

use base::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What was asked and answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Exchange {
    /// What was asked for, in our words.
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
    /// What went wrong on the way, if no whole answer came.
    pub error: Option<String>,
    /// When it began.
    pub at: Timestamp,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
}

/// The longest text kept of a body, in bytes.
pub const TEXT_MAX_BYTES: usize = 8 * 1024;

/// Keys whose values are never kept.
const SECRET_KEYS: &[&str] = &[
    "access_token",
    "refresh_token",
    "token",
    "client_secret",
    "code",
    "code_verifier",
    "password",
    "accessjwt",
    "refreshjwt",
    "client_assertion",
    "authorization",
    "dpop",
    "id_token",
    "apppassword",
    "app_password",
    "request_uri",
    "state",
    "secret",
    "email",
];

/// Whether a value under this key is a secret.
pub(crate) fn is_secret_key(key: &str) -> bool {
    SECRET_KEYS.contains(&key.to_ascii_lowercase().as_str())
}

/// The value with every secret in it replaced, and long texts cut.
pub(crate) fn redact(value: Value) -> Value {
    match value {
        Value::Object(map) => Value::Object(
            map.into_iter()
                .map(|(key, value)| if is_secret_key(&key) { (key, "[secret]".into()) } else { (key, redact(value)) })
                .collect(),
        ),
        Value::Array(list) => Value::Array(list.into_iter().map(redact).collect()),
        Value::String(text) if text.len() > TEXT_MAX_BYTES => Value::String(cut(&text)),
        other => other,
    }
}

/// The beginning of a text, cut at a character.
pub(crate) fn cut(text: &str) -> String {
    if text.len() <= TEXT_MAX_BYTES {
        return text.to_owned();
    }
    let end = (0..=TEXT_MAX_BYTES).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    format!("{}… ({} bytes)", &text[..end], text.len())
}
