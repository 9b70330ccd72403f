//! One request to an XRPC method, taken apart and checked against the method's input.

use bytes::Bytes;
use http::{HeaderMap, Method, header};
use serde_json::Value;
use url::form_urlencoded;

use super::{
    lexicon::{self, Edition},
    refusal::Refusal,
    shapes,
};

/// The largest JSON body, in bytes.
pub const JSON_BYTES: usize = 1_000_000;

/// A request to a method.
#[derive(Debug)]
pub struct Call {
    /// The method's name.
    pub nsid: String,
    /// The HTTP method.
    pub method: Method,
    /// The path.
    pub path: String,
    /// The parameters.
    pub query: Vec<(String, String)>,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Bytes,
    /// The SHA-256 of the body in hex.
    pub digest: String,
}

impl Call {
    /// A header as text.
    pub fn header(&self, name: impl header::AsHeaderName) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The content type without its parameters, in lower case.
    pub fn content_type(&self) -> String {
        let whole = self.header(header::CONTENT_TYPE).unwrap_or_default();
        whole.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
    }

    /// The body as JSON, checked against the method's input.
    pub fn json(&self) -> Result<Value, Refusal> {
        if self.content_type() != "application/json" {
            let why = format!("Wrong request encoding (Content-Type): {}; send application/json", self.content_type());
            return Err(Refusal::invalid(why));
        }
        if self.body.len() > JSON_BYTES {
            return Err(Refusal::new(413, "PayloadTooLarge", "request entity too large"));
        }
        let body: Value = serde_json::from_slice(&self.body)
            .map_err(|error| Refusal::invalid(format!("the body is not JSON: {error}")))?;
        if shapes::object(&self.nsid).is_some() {
            lexicon::check(&self.nsid, &body, "$", Edition::NEW)
                .map_err(|violation| Refusal::invalid(format!("Invalid input: {violation}")))?;
        }
        Ok(body)
    }

    /// All values of a parameter.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.query.iter().filter(|(known, _)| known == name).map(|(_, value)| value.as_str()).collect()
    }

    /// A parameter, if it is there.
    pub fn one(&self, name: &str) -> Option<&str> {
        self.all(name).first().copied()
    }

    /// A parameter that must be there.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.one(name).ok_or_else(|| Refusal::invalid(format!("Params must have the property \"{name}\"")))
    }

    /// A parameter that must be there and of this form.
    pub fn formed(&self, name: &str, fits: fn(&str) -> bool, wanted: &str) -> Result<&str, Refusal> {
        let value = self.need(name)?;
        if fits(value) { Ok(value) } else { Err(Refusal::invalid(format!("{name} must be {wanted}, got `{value}`"))) }
    }

    /// `limit`, between 1 and `most`.
    pub fn limit(&self, usual: usize, most: usize) -> Result<usize, Refusal> {
        let Some(text) = self.one("limit") else { return Ok(usual) };
        let limit = text.parse().ok().filter(|limit| (1..=most).contains(limit));
        limit.ok_or_else(|| Refusal::invalid(format!("limit must be a whole number from 1 to {most}, got `{text}`")))
    }
}

/// The pairs of a query or form.
pub fn pairs(text: &[u8]) -> Vec<(String, String)> {
    form_urlencoded::parse(text).into_owned().collect()
}
