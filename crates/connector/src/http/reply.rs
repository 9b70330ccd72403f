//! A whole answer.

use bytes::Bytes;
use http::HeaderMap;
use serde::de::{DeserializeOwned, Error as _};
use serde_json::Value;

use super::exchange;

/// How deep JSON may be nested (S-57).
pub const JSON_DEPTH_MAX: usize = 64;

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

    /// The body as JSON of this shape. JSON nested deeper than 64 is an error.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        if is_too_deep(&self.body) {
            return Err(serde_json::Error::custom("S-57: the answer is nested deeper than 64"));
        }
        serde_json::from_slice(&self.body)
    }

    /// The body as any JSON; `null` if it is not JSON, or nested deeper than 64.
    pub fn value(&self) -> Value {
        self.json().unwrap_or(Value::Null)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(super) fn shown(&self) -> Value {
        let form = self.header("content-type").is_some_and(|kind| kind.contains("x-www-form-urlencoded"));
        exchange::shown_body(&self.body, form, is_too_deep(&self.body))
    }
}

/// Counts brackets outside of strings; whether they match is the parser's business.
fn is_too_deep(text: &[u8]) -> bool {
    let (mut depth, mut quoted, mut escaped) = (0usize, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                if depth > JSON_DEPTH_MAX {
                    return true;
                }
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    false
}
