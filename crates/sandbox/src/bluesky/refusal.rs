//! How this network says no: XRPC bodies for methods, OAuth bodies for the authorization server.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde_json::json;

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: StatusCode,
    /// The name of the error.
    pub error: String,
    /// What happened.
    pub message: String,
    /// More headers.
    pub headers: Vec<(HeaderName, String)>,
    /// Whether the body is that of OAuth (`error_description`) and not that of XRPC (`message`).
    pub oauth: bool,
}

impl Refusal {
    /// An XRPC error.
    pub fn new(status: u16, error: &str, message: impl Into<String>) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self { status, error: error.to_owned(), message: message.into(), headers: Vec::new(), oauth: false }
    }

    /// 400 `InvalidRequest`.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "InvalidRequest", message)
    }

    /// An error of the authorization server: 400.
    pub fn oauth(error: &str, description: impl Into<String>) -> Self {
        Self { oauth: true, ..Self::new(400, error, description) }
    }

    /// An error about a bound token, toward the PDS: 401 with `WWW-Authenticate: DPoP`.
    pub fn bound_token(error: &str, message: impl Into<String>) -> Self {
        let mut refusal = Self::new(401, error, message);
        // Quotes inside a quoted header value would end it early.
        let described = refusal.message.replace('"', "'");
        let challenge = format!("DPoP algs=\"ES256\", error=\"{error}\", error_description=\"{described}\"");
        refusal.headers.push((header::WWW_AUTHENTICATE, challenge));
        refusal
    }

    /// The same with another header.
    pub fn with(mut self, name: HeaderName, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let text = if self.oauth { "error_description" } else { "message" };
        let mut response = (self.status, Json(json!({"error": self.error, text: self.message}))).into_response();
        for (name, value) in self.headers {
            if let Ok(value) = HeaderValue::from_str(&value) {
                response.headers_mut().append(name, value);
            }
        }
        response
    }
}
