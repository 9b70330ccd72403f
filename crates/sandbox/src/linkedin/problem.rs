//! How LinkedIn says no: a status, a message, and names or numbers, depending on which of its servers speaks.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone, PartialEq)]
pub struct Problem(Value);

impl Problem {
    /// A status with a name.
    pub fn named(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self(json!({ "status": status, "code": code, "message": message.into() }))
    }

    /// The same with a number of the older servers.
    fn numbered(status: u16, number: u64, code: &str, message: impl Into<String>) -> Self {
        let mut problem = Self::named(status, code, message);
        problem.0["serviceErrorCode"] = json!(number);
        problem
    }

    /// Something in the body is wrong: where, and what.
    pub fn input(status: u16, code: &str, path: &str, description: impl Into<String>) -> Self {
        let description = description.into();
        let error =
            json!({ "code": code, "description": description, "input": { "inputPath": { "fieldPath": path } } });
        Self(json!({
            "status": status, "message": format!("{path} :: {description}"),
            "errorDetailType": "com.linkedin.common.error.BadRequest", "errorDetails": { "inputErrors": [error] },
        }))
    }

    /// The same refusal with another message.
    #[must_use]
    pub fn said(mut self, message: impl Into<String>) -> Self {
        self.0["message"] = json!(message.into());
        self
    }

    /// A field that must be there, or that no one knows.
    pub fn body(description: impl Into<String>) -> Self {
        Self::input(400, "MISSING_FIELD", "/", description)
    }

    /// A field whose value is none of those that there are.
    pub fn value(path: &str, description: impl Into<String>) -> Self {
        Self::input(400, "INVALID_VALUE_FOR_FIELD", path, description)
    }

    /// The query has a parameter that the call doesn't know.
    pub fn parameter(name: &str) -> Self {
        Self::named(400, "QUERY_PARAM_NOT_ALLOWED", format!("Invalid param. unknown param: {name}"))
    }

    /// The address or the query breaks the protocol's syntax.
    pub fn syntax(message: &str) -> Self {
        Self::named(400, "ILLEGAL_ARGUMENT", message)
    }

    /// No token.
    pub fn no_token() -> Self {
        Self::numbered(401, 65_604, "EMPTY_ACCESS_TOKEN", "Empty oauth2 access token")
    }

    /// A token that was never given.
    pub fn unknown_token() -> Self {
        Self::numbered(401, 65_600, "INVALID_ACCESS_TOKEN", "Invalid access token")
    }

    /// A token that was taken back; new ones are called so too for some seconds.
    pub fn revoked_token() -> Self {
        let said = "The token used in the request has been revoked by the user";
        Self::numbered(401, 65_601, "REVOKED_ACCESS_TOKEN", said)
    }

    /// A token whose time is over.
    pub fn expired_token() -> Self {
        Self::numbered(401, 65_602, "EXPIRED_ACCESS_TOKEN", "The token used in the request has expired")
    }

    /// The token's scopes, or the person's role, don't cover this.
    pub fn denied(what: &str, version: &str) -> Self {
        let dated = if version.is_empty() { String::new() } else { format!(".{version}01") };
        Self::numbered(403, 100, "ACCESS_DENIED", format!("Not enough permissions to access: {what}{dated}"))
    }

    /// A member's app can't ask about this file.
    pub fn forbidden_file(kind: &str) -> Self {
        Self::named(403, "ACCESS_DENIED", format!("Accessing this {kind} resource is forbidden"))
    }

    /// There is no such thing.
    pub fn missing(what: &str) -> Self {
        Self::named(404, "NOT_FOUND", format!("{what} is not found"))
    }

    /// There is nothing at this address.
    pub fn nowhere() -> Self {
        Self::named(404, "RESOURCE_NOT_FOUND", "No virtual resource found")
    }

    /// Too often.
    pub fn throttled(limit: &str) -> Self {
        let said = format!("Resource level throttle {limit} limit for calls to this resource is reached.");
        Self::numbered(429, 101, "TOO_MANY_REQUESTS", said)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = self.0["status"].as_u64().and_then(|status| u16::try_from(status).ok());
        let status = status.and_then(|status| StatusCode::from_u16(status).ok());
        (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), Json(self.0)).into_response()
    }
}
