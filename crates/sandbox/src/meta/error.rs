//! The error envelope of the Graph API: `{"error":{"message","type","code",…}}`.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::params::Params;

/// The exception by which a product refuses parameters, with the refusals that all products have.
#[derive(Debug, Clone, Copy)]
pub struct Kind(pub &'static str);

impl Kind {
    /// 100 with this text.
    pub fn invalid(self, message: impl Into<String>) -> GraphError {
        GraphError::new(self.0, 100, message)
    }

    /// 100: a parameter is wrong.
    pub fn param(self, name: &str, why: &str) -> GraphError {
        self.invalid(format!("Param {name} {why}"))
    }

    /// 100: a parameter is none of some words.
    pub fn one_of(self, name: &str, words: &str) -> GraphError {
        self.invalid(format!("(#100) Param {name} must be one of {{{words}}}"))
    }

    /// 100: a parameter is absent.
    pub fn missing(self, name: &str) -> GraphError {
        self.invalid(format!("(#100) The parameter {name} is required"))
    }

    /// A parameter that must be there.
    ///
    /// # Errors
    /// 100 if it is not.
    pub fn need<'a>(self, params: &'a Params, name: &str) -> Result<&'a str, GraphError> {
        params.get(name).ok_or_else(|| self.missing(name))
    }

    /// A parameter that must be there and says yes or no.
    ///
    /// # Errors
    /// 100 if it is absent or says something else.
    pub fn need_flag(self, params: &Params, name: &str) -> Result<bool, GraphError> {
        match self.need(params, name)?.to_ascii_lowercase().as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(self.param(name, "must be a boolean")),
        }
    }

    /// 100: a field that this kind of object does not have.
    pub fn no_field(self, name: &str) -> GraphError {
        self.invalid(format!("Tried accessing nonexisting field ({name})"))
    }

    /// 100 / 33: nothing that this caller may see has this id.
    pub fn no_object(self, method: &str, id: &str) -> GraphError {
        let message = format!(
            "Unsupported {method} request. Object with ID '{id}' does not exist, cannot be loaded due to missing \
             permissions, or does not support this operation"
        );
        self.invalid(message).with_subcode(33)
    }
}

/// A refusal.
#[derive(Debug, Clone)]
pub struct GraphError {
    status: StatusCode,
    message: String,
    kind: &'static str,
    code: i64,
    subcode: Option<u32>,
    transient: bool,
    /// Title and text for people.
    user: Option<Box<(String, String)>>,
    /// `error_data`.
    data: Option<Box<Value>>,
    /// What stands beside `error`.
    beside: Option<Box<(String, Value)>>,
}

impl GraphError {
    /// A refusal with HTTP 400, which the Graph API uses for almost everything.
    pub fn new(kind: &'static str, code: i64, message: impl Into<String>) -> Self {
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
            beside: None,
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

    /// With something beside `error`.
    pub fn beside(self, name: &str, value: Value) -> Self {
        Self { beside: Some(Box::new((name.to_owned(), value))), ..self }
    }

    /// Its code.
    pub fn code(&self) -> i64 {
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

    /// The envelope.
    pub fn body(&self) -> Value {
        let mut error = json!({ "message": self.message, "type": self.kind, "code": self.code });
        if let Some(subcode) = self.subcode {
            error["error_subcode"] = json!(subcode);
            error["is_transient"] = json!(self.transient);
        } else if self.transient {
            error["is_transient"] = json!(true);
        }
        if let Some((title, text)) = self.user.as_deref() {
            (error["error_user_title"], error["error_user_msg"]) = (json!(title), json!(text));
        }
        if let Some(data) = self.data.as_deref() {
            error["error_data"] = data.clone();
        }
        // On the network it is drawn anew for each call; nothing reads it.
        error["fbtrace_id"] = json!("ASandboxTraceOfThisCall");
        let mut body = json!({ "error": error });
        if let Some((name, value)) = self.beside.as_deref() {
            body[name.as_str()] = value.clone();
        }
        body
    }
}

impl IntoResponse for GraphError {
    fn into_response(self) -> Response {
        (self.status, Json(self.body())).into_response()
    }
}
