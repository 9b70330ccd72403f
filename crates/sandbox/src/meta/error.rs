//! The error envelope of the Graph API: `{"error":{"message","type","code",…}}`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

/// A refusal.
#[derive(Debug, Clone)]
pub struct GraphError {
    status: StatusCode,
    message: String,
    kind: &'static str,
    code: u32,
    subcode: Option<u32>,
    transient: bool,
    /// Title and text for people.
    user: Option<Box<(String, String)>>,
    /// `error_data`.
    data: Option<Box<Value>>,
}

impl GraphError {
    /// A refusal with HTTP 400, which the Graph API uses for almost everything.
    pub fn new(kind: &'static str, code: u32, message: impl Into<String>) -> Self {
        let message = message.into();
        Self {
            status: StatusCode::BAD_REQUEST,
            message,
            kind,
            code,
            subcode: None,
            transient: false,
            user: None,
            data: None,
        }
    }

    /// With another HTTP status.
    pub fn with_status(self, status: StatusCode) -> Self {
        Self { status, ..self }
    }

    /// With `error_subcode`.
    pub fn with_subcode(self, subcode: u32) -> Self {
        Self { subcode: Some(subcode), ..self }
    }

    /// With `error_user_title` and `error_user_msg`.
    pub fn for_people(self, title: &str, text: impl Into<String>) -> Self {
        Self { user: Some(Box::new((title.to_owned(), text.into()))), ..self }
    }

    /// With `error_data`.
    pub fn with_data(self, data: Value) -> Self {
        Self { data: Some(Box::new(data)), ..self }
    }

    /// Its code.
    pub fn code(&self) -> u32 {
        self.code
    }

    /// With `is_transient`.
    pub fn transient(self) -> Self {
        Self { transient: true, ..self }
    }

    /// 190: the token is unknown, ended or expired.
    pub fn token(subcode: Option<u32>, message: &str) -> Self {
        Self { subcode, ..Self::new("OAuthException", 190, message) }
    }

    /// 10: a scope is missing.
    pub fn permission() -> Self {
        Self::new("OAuthException", 10, "(#10) Application does not have permission for this action")
            .with_status(StatusCode::FORBIDDEN)
    }

    /// 4: too many calls. The Graph API says 400, not 429 (Graph API: rate limiting).
    pub fn too_many() -> Self {
        Self::new("OAuthException", 4, "(#4) Application request limit reached").transient()
    }

    /// 2500: no such path.
    pub fn unknown_path(path: &str) -> Self {
        Self::new("OAuthException", 2500, format!("Unknown path components: {path}"))
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        let mut error = json!({ "message": self.message, "type": self.kind, "code": self.code });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
            error["is_transient"] = json!(self.transient);
        } else if self.transient {
            error["is_transient"] = json!(true);
        }
        if let Some((title, text)) = self.user.map(|user| *user) {
            (error["error_user_title"], error["error_user_msg"]) = (json!(title), json!(text));
        }
        if let Some(data) = self.data {
            error["error_data"] = *data;
        }
        // On the network it is drawn anew for each call; nothing reads it.
        error["fbtrace_id"] = json!("ASandboxTraceOfThisCall");
        (self.status, Json(json!({ "error": error }))).into_response()
    }
}
