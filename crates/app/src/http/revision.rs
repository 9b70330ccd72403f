//! Revisions of what can be edited: `ETag: "r3"` out, `If-Match: "r3"` in.

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    http::{HeaderMap, HeaderValue, header, request::Parts},
    response::{IntoResponse, Response},
};
use base::{Code, Problem};
use serde::Serialize;

use super::{Json, Refusal};

/// How often something was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Revision(pub u64);

impl Revision {
    /// The entity tag, in quotes.
    pub fn etag(self) -> String {
        format!("\"r{}\"", self.0)
    }

    /// From a column.
    pub fn from_row(row: &db::Row, column: &str) -> Result<Self, db::Error> {
        Ok(Self(u64::try_from(row.int(column)?).unwrap_or(0)))
    }

    fn parse(tag: &str) -> Option<Self> {
        tag.trim().strip_prefix("\"r")?.strip_suffix('"')?.parse().ok().map(Self)
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// The revision that a change was made from. A request without it is refused with `428`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `If-Match: *`: whatever it is now.
    Any,
    /// One of these.
    OneOf(Vec<Revision>),
}

impl IfMatch {
    /// Reads the header.
    ///
    /// # Errors
    /// `revision-missing` without it; a tag that is not one of ours matches nothing.
    pub fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let said = headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok()).ok_or_else(|| {
            Problem::new(Code::RevisionMissing, "Send the `ETag` of the revision that you changed as `If-Match`.")
        })?;
        Ok(if said.trim() == "*" {
            Self::Any
        } else {
            Self::OneOf(said.split(',').filter_map(Revision::parse).collect())
        })
    }

    /// Whether the change was made from `now`.
    ///
    /// # Errors
    /// `stale-revision` that names the present revision.
    pub fn check(&self, now: Revision) -> Result<(), Problem> {
        match self {
            Self::OneOf(revisions) if !revisions.contains(&now) => {
                Err(Problem::new(Code::StaleRevision, format!("The present revision is {}.", now.etag()))
                    .with("revision", now.etag()))
            }
            _ => Ok(()),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Ok(Self::read(&parts.headers)?)
    }
}

/// Where a change may be made without saying from which revision.
impl<S: Send + Sync> OptionalFromRequestParts<S> for IfMatch {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refusal> {
        let is_given = parts.headers.contains_key(header::IF_MATCH);
        Ok(is_given.then(|| Self::read(&parts.headers)).transpose()?)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &'static str) -> IfMatch {
        let mut headers = HeaderMap::new();
        headers.insert(header::IF_MATCH, HeaderValue::from_static(text));
        IfMatch::read(&headers).expect("there is a header")
    }

    #[test]
    fn a_change_from_an_old_revision_is_refused_and_one_without_revision_too() {
        assert!(read("\"r3\"").check(Revision(3)).is_ok());
        assert!(read("\"r2\", \"r3\"").check(Revision(3)).is_ok());
        assert!(read("*").check(Revision(3)).is_ok());
        assert_eq!(read("\"r2\"").check(Revision(3)).expect_err("stale").code, Code::StaleRevision);
        assert_eq!(read("W/\"r3\"").check(Revision(3)).expect_err("weak tags never match").code, Code::StaleRevision);
        assert_eq!(IfMatch::read(&HeaderMap::new()).expect_err("missing").code, Code::RevisionMissing);
    }
}
