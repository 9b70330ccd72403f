//! How an error leaves: an RFC 9457 problem with the request's id, logged once if it is our fault.

use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base::{Code, Problem};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::openapi::{self, RefOr};

use crate::request::request_id;

/// What a handler gives.
pub type Result<T> = std::result::Result<T, Refusal>;

/// A problem on its way out. Every error that turns into a [`Problem`] turns into this with `?`.
#[derive(Debug, Clone)]
pub struct Refusal(pub Problem);

impl<E: Into<Problem>> From<E> for Refusal {
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut body = self.0.body();
        if let (Some(members), Some(id)) = (body.as_object_mut(), request_id()) {
            members.insert("request_id".into(), id.into());
        }
        let mut answer = (status, body.to_string()).into_response();
        answer.extensions_mut().insert(self.0.code);
        let headers = answer.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.0.retry_after_s {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.0.code == Code::Unauthenticated || self.0.code == Code::KeyExpired {
            // RFC 9110 §11.6.1 wants a challenge on 401. A wrong password gets none: browsers would ask by themselves.
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"fanfare\""));
        }
        answer
    }
}

/// A `201` with the address of what was made.
#[derive(Debug)]
pub struct Created<T> {
    /// The path of the new thing, such as `/v1/posts/post_…`.
    pub location: String,
    /// The new thing.
    pub body: T,
}

impl<T: Serialize> IntoResponse for Created<T> {
    fn into_response(self) -> Response {
        let mut answer = (StatusCode::CREATED, super::Json(self.body)).into_response();
        if let Ok(location) = HeaderValue::from_str(&self.location) {
            answer.headers_mut().insert(header::LOCATION, location);
        }
        answer
    }
}

/// A `204`: done, nothing to say.
#[derive(Debug, Clone, Copy)]
pub struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// The shape of a problem in the API document (RFC 9457).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct ProblemBody {
    /// A path that never changes and names the kind; `docs/problems.md` explains each.
    #[schema(example = "/problems/not-found")]
    pub r#type: String,
    /// What happened, in a few words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// What to do about it.
    pub remedy: String,
    /// The id of the request, for the operator.
    pub request_id: String,
    /// The fields that are wrong, for `invalid-field`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<base::problem::FieldError>>,
}

/// The refusals that every route may give, for the API document: `responses((status = 200, …), Refusals)`.
#[derive(Debug, Clone, Copy)]
pub struct Refusals;

const REFUSALS: [(&str, &str); 7] = [
    ("400", "The request could not be read."),
    ("401", "No valid session or API key."),
    ("403", "The permission is missing, or the sign-in is too old."),
    ("404", "There is no such thing in this workspace."),
    ("415", "The body has an unsupported type."),
    ("422", "A field has a value that is not allowed."),
    ("429", "Too many requests; `Retry-After` says how long to wait."),
];

impl utoipa::IntoResponses for Refusals {
    fn responses() -> BTreeMap<String, RefOr<openapi::Response>> {
        let problem = || openapi::Ref::from_schema_name("ProblemBody");
        let content = || openapi::ContentBuilder::new().schema(Some(problem())).build();
        REFUSALS
            .iter()
            .map(|(status, said)| {
                let response = openapi::ResponseBuilder::new()
                    .description(*said)
                    .content("application/problem+json", content())
                    .build();
                ((*status).to_owned(), RefOr::T(response))
            })
            .collect()
    }
}
