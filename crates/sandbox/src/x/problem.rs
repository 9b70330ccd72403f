//! How X says no: problem documents, and OAuth errors at the token endpoint.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem {
    /// The HTTP status.
    pub status: StatusCode,
    body: Value,
    is_problem: bool,
}

const TYPES: &str = "https://api.x.com/2/problems/";

impl Problem {
    fn blank(status: StatusCode, detail: &str) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        let body = json!({ "type": "about:blank", "title": title, "status": status.as_u16(), "detail": detail });
        Self { status, body, is_problem: true }
    }

    /// 400: a parameter or field is wrong.
    pub fn invalid(parameter: &str, value: &str, message: impl Into<String>) -> Self {
        let body = json!({
            "errors": [{ "parameters": { parameter: [value] }, "message": message.into() }],
            "title": "Invalid Request", "detail": "One or more parameters to your request was invalid.",
            "type": format!("{TYPES}invalid-request"),
        });
        Self { status: StatusCode::BAD_REQUEST, body, is_problem: true }
    }

    /// 400 in words.
    pub fn bad(detail: &str) -> Self {
        Self::blank(StatusCode::BAD_REQUEST, detail)
    }

    /// 401.
    pub fn unauthorized() -> Self {
        Self::blank(StatusCode::UNAUTHORIZED, "Unauthorized")
    }

    /// 402: the balance is empty.
    pub fn credits_depleted() -> Self {
        let detail = "Your enrolled account does not have any credits to fulfill this request.";
        let body = json!({
            "type": format!("{TYPES}credits"), "title": "CreditsDepleted", "status": 402, "detail": detail,
        });
        Self { status: StatusCode::PAYMENT_REQUIRED, body, is_problem: true }
    }

    /// 403 in words.
    pub fn forbidden(detail: &str) -> Self {
        Self::blank(StatusCode::FORBIDDEN, detail)
    }

    /// 403: scope, tier or relation does not allow it.
    pub fn not_permitted() -> Self {
        Self::forbidden("You are not permitted to perform this action.")
    }

    /// 403: the account was not called upon by the author of the post. X says so of replies and of quotes.
    pub fn not_engaged(act: &str, post: &str) -> Self {
        Self::forbidden(&format!(
            "{act} is not allowed because you have not been mentioned or otherwise engaged by the author of the post {post}."
        ))
    }

    /// 403: the answered post is gone, or too new to be seen.
    pub fn not_visible() -> Self {
        Self::forbidden("You attempted to reply to a Tweet that is deleted or not visible to you.")
    }

    /// 404 for an address that does not exist.
    pub fn nowhere() -> Self {
        Self::blank(StatusCode::NOT_FOUND, "Not Found")
    }

    /// 404 for a post that does not exist.
    pub fn no_post(parameter: &str, id: &str) -> Self {
        Self { status: StatusCode::NOT_FOUND, body: missing("post", parameter, id), is_problem: true }
    }

    /// 413: a segment is too large.
    pub fn too_large() -> Self {
        Self::blank(StatusCode::PAYLOAD_TOO_LARGE, "Payload Too Large")
    }

    /// 415.
    pub fn unsupported() -> Self {
        Self::blank(StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type")
    }

    /// 429.
    pub fn too_many() -> Self {
        Self::blank(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
    }

    /// An OAuth error.
    pub fn oauth(status: StatusCode, error: &str, description: &str) -> Self {
        Self { status, body: json!({ "error": error, "error_description": description }), is_problem: false }
    }
}

/// The entry in `errors` for something that was asked for by id and is not there.
pub fn missing(kind: &str, parameter: &str, id: &str) -> Value {
    json!({
        "value": id, "detail": format!("Could not find {kind} with {parameter}: [{id}]."), "title": "Not Found Error",
        "resource_type": kind, "parameter": parameter, "resource_id": id, "status": 404,
        "type": format!("{TYPES}resource-not-found"),
    })
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut answer = (self.status, Json(self.body)).into_response();
        if self.is_problem {
            let kind = HeaderValue::from_static("application/problem+json");
            answer.headers_mut().insert(header::CONTENT_TYPE, kind);
        }
        answer
    }
}
