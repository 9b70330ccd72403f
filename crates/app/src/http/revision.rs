//! Revisions on the wire: `ETag: "r3"` out, `If-Match: "r3"` in.

use std::convert::Infallible;

use axum::{
    body::Body,
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts},
    response::{IntoResponse, IntoResponseParts, Response, ResponseParts},
};
use base::{Code, Problem, say};
use serde::Serialize;

use super::{Json, Refusal};
pub use crate::revision::{IfMatch, Revision};

/// Reads `If-Match`, which may be sent as several lines.
fn if_match(headers: &HeaderMap) -> Result<IfMatch, Problem> {
    let said: Vec<_> = headers.get_all(header::IF_MATCH).iter().filter_map(|value| value.to_str().ok()).collect();
    if said.is_empty() {
        let what = say!("Send the `ETag` of the revision that you changed as `If-Match`.");
        return Err(Problem::new(Code::RevisionMissing, what));
    }
    Ok(IfMatch::parse(&said.join(",")))
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(if_match(&parts.headers)?)
    }
}

/// Where a change may be made without saying from which revision.
impl<S: Send + Sync> OptionalFromRequestParts<S> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refusal> {
        let is_given = parts.headers.contains_key(header::IF_MATCH);
        Ok(is_given.then(|| if_match(&parts.headers)).transpose()?)
    }
}

/// A JSON answer with its `ETag`.
#[derive(Debug)]
pub struct Revised<T>(pub Revision, pub T);

impl<T: Serialize> IntoResponse for Revised<T> {
    fn into_response(self) -> Response {
        let mut answer = Json(self.1).into_response();
        if let Ok(tag) = HeaderValue::from_str(&self.0.etag()) {
            answer.headers_mut().insert(header::ETAG, tag);
        }
        answer
    }
}

/// The `ETag` of an answer of another kind: `(Tagged(revision), Created { .. })`.
#[derive(Debug, Clone, Copy)]
pub struct Tagged(pub Revision);

impl IntoResponseParts for Tagged {
    type Error = Infallible;

    fn into_response_parts(self, mut answer: ResponseParts) -> Result<ResponseParts, Infallible> {
        answer.headers_mut().extend(HeaderValue::from_str(&self.0.etag()).ok().map(|tag| (header::ETAG, tag)));
        Ok(answer)
    }
}

/// `304` in place of an answer that the client has already: its `If-None-Match` names the answer's `ETag` (RFC 9110 §13.1.2).
pub(super) fn unless_known(method: &Method, asked: &HeaderMap, answer: Response) -> Response {
    let Some(tag) = answer.headers().get(header::ETAG).and_then(|tag| tag.to_str().ok()) else { return answer };
    let strong = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let mut said = asked.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    let known = said.any(|tags| tags.split(',').any(|one| one.trim() == "*" || strong(one) == strong(tag)));
    if !known || !method.is_safe() || answer.status() != StatusCode::OK {
        return answer;
    }
    let (mut parts, _) = answer.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    for of_body in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        parts.headers.remove(of_body);
    }
    Response::from_parts(parts, Body::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> IfMatch {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_static(text));
        if_match(&headers).expect("there is a header")
    }

    #[test]
    fn what_a_client_has_already_is_not_sent_again() {
        let status = |method: Method, said: &'static str| {
            let mut asked = HeaderMap::new();
            asked.insert(header::IF_NONE_MATCH, HeaderValue::from_static(said));
            let answer = unless_known(&method, &asked, Revised(Revision(3), "text").into_response());
            (answer.status().as_u16(), answer.headers()[header::ETAG].clone())
        };
        let tag = HeaderValue::from_static("\"r3\"");
        for said in ["\"r3\"", "W/\"r3\"", "\"r1\", \"r3\"", "*"] {
            assert_eq!(status(Method::GET, said), (304, tag.clone()), "{said}");
        }
        for said in ["\"r2\"", "r3", ""] {
            assert_eq!(status(Method::GET, said), (200, tag.clone()), "{said}");
        }
        assert_eq!(status(Method::PATCH, "\"r3\""), (200, tag));
    }

    #[test]
    fn a_change_from_an_old_revision_is_refused_and_one_without_revision_too() {
        assert!(read("\"r3\"").check(Revision(3)).is_ok());
        assert!(read("\"r2\", \"r3\"").check(Revision(3)).is_ok());
        assert!(read("*").check(Revision(3)).is_ok());
        assert_eq!(read("\"r2\"").check(Revision(3)).expect_err("stale").code, Code::StaleRevision);
        assert_eq!(read("W/\"r3\"").check(Revision(3)).expect_err("weak tags never match").code, Code::StaleRevision);
        assert_eq!(if_match(&HeaderMap::new()).expect_err("missing").code, Code::RevisionMissing);
    }
}
