//! How the instance says no: a status and `{"error", "error_description"?}`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;

/// A refusal. It travels in the response's extensions too, so that the edge can say it in another software's manner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status as Mastodon uses it.
    pub status: StatusCode,
    /// The text, or the OAuth error code.
    pub error: String,
    /// The OAuth error in words.
    pub description: Option<String>,
}

impl Refusal {
    fn new(status: StatusCode, error: impl Into<String>) -> Self {
        Self { status, error: error.into(), description: None }
    }

    /// 422 with the usual beginning.
    pub fn invalid(what: impl std::fmt::Display) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, format!("Validation failed: {what}"))
    }

    /// 422 with a text of its own.
    pub fn unprocessable(what: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, what)
    }

    /// The request does not read.
    pub fn bad_request(what: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, what)
    }

    /// The body comes in a form that the method does not take.
    pub fn unsupported(what: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, what)
    }

    /// Nothing here, or nothing for this caller.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Record not found")
    }

    /// No token, or one without a person.
    pub fn nobody() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "This API requires an authenticated user")
    }

    /// A token that was never given or has ended.
    pub fn bad_token() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "The access token is invalid")
    }

    /// A live token without the scope.
    pub fn outside_scopes() -> Self {
        Self::new(StatusCode::FORBIDDEN, "This action is outside the authorized scopes")
    }

    /// Too fast.
    pub fn too_many() -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many requests")
    }

    /// The media server gave up.
    pub fn processing_failed() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Error processing thumbnail for uploaded media")
    }

    /// An OAuth error.
    pub fn oauth(status: StatusCode, code: &str, description: &str) -> Self {
        Self { status, error: code.to_owned(), description: Some(description.to_owned()) }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({ "error": self.error });
        if let Some(description) = &self.description {
            body["error_description"] = json!(description);
        }
        let mut answer = (self.status, Json(body)).into_response();
        answer.extensions_mut().insert(self);
        answer
    }
}
