//! How the Bot API refuses: `{"ok":false,"error_code":400,"description":"Bad Request: …"}`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    status: u16,
    description: String,
    parameters: Value,
}

impl Refusal {
    fn new(status: u16, description: impl Into<String>) -> Self {
        Self { status, description: description.into(), parameters: Value::Null }
    }

    /// 400. The server writes the first letter small, unless the text is a code.
    pub fn bad(what: &str) -> Self {
        Self::new(400, format!("Bad Request: {what}"))
    }

    /// 403.
    pub fn forbidden(what: &str) -> Self {
        Self::new(403, format!("Forbidden: {what}"))
    }

    /// No bot has this token.
    pub fn unauthorized() -> Self {
        Self::new(401, "Unauthorized")
    }

    /// No token looks like this (python-telegram-bot: so at api.telegram.org, where other servers say 401).
    pub fn not_found() -> Self {
        Self::new(404, "Not Found")
    }

    /// There is no such method.
    pub fn no_method() -> Self {
        Self::new(404, "Not Found: method not found")
    }

    /// More than the server takes.
    pub fn too_large() -> Self {
        Self::new(413, "Request Entity Too Large")
    }

    /// Too many calls.
    pub fn slow_down(seconds: u64) -> Self {
        let refusal = Self::new(429, format!("Too Many Requests: retry after {seconds}"));
        Self { parameters: json!({ "retry_after": seconds }), ..refusal }
    }

    /// The group has another id now.
    pub fn upgraded(id: i64) -> Self {
        let refusal = Self::bad("group chat was upgraded to a supergroup chat");
        Self { parameters: json!({ "migrate_to_chat_id": id }), ..refusal }
    }

    /// The server is being restarted.
    pub fn restart() -> Self {
        Self::new(500, "Internal Server Error: restart")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_REQUEST);
        let mut body = json!({ "ok": false, "error_code": self.status, "description": self.description });
        if !self.parameters.is_null() {
            body["parameters"] = self.parameters.clone();
        }
        let mut answer = (status, Json(body)).into_response();
        if let Some(seconds) = self.parameters["retry_after"].as_u64() {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        answer
    }
}
