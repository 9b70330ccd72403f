//! Reading requests: bodies, queries and paths that answer with problems which name the field.

use std::time::Duration;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, OptionalFromRequest, Request},
    http::{HeaderMap, header, request::Parts},
    response::{IntoResponse, Response},
};
use base::{
    Code, Problem,
    page::{DEFAULT_LIMIT, MAX_LIMIT},
    say,
};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};

use super::{Refusal, texts};

/// Largest JSON body in bytes; uploads have routes and limits of their own.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How long a client may take to send a JSON body.
const BODY_TIME: Duration = Duration::from_secs(30);

/// A JSON body, or a JSON answer. Request types are closed: they say `#[serde(deny_unknown_fields)]` (S-44).
#[derive(Debug, Clone, Copy, Default)]
pub struct Json<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        check_content_type(request.headers())?;
        read_json(&body(request, state).await?).map(Json).map_err(Refusal)
    }
}

/// A body that may be left out: without a content type and without bytes it is `None`.
impl<S: Send + Sync, T: DeserializeOwned> OptionalFromRequest<S> for Json<T> {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Option<Self>, Refusal> {
        if request.headers().contains_key(header::CONTENT_TYPE) {
            return <Self as FromRequest<S>>::from_request(request, state).await.map(Some);
        }
        if body(request, state).await?.is_empty() {
            return Ok(None);
        }
        Err(check_content_type(&HeaderMap::new()).err().unwrap_or_else(unreadable))
    }
}

fn unreadable() -> Refusal {
    Refusal(Problem::new(Code::BadRequest, say!("The body could not be read to its end.")))
}

/// A body as it came, for routes that read it themselves.
///
/// # Errors
/// One that is too large, too slow, or breaks off.
pub async fn raw_body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    body(request, state).await
}

async fn body<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Refusal> {
    match tokio::time::timeout(BODY_TIME, Bytes::from_request(request, state)).await {
        Ok(Ok(bytes)) => Ok(bytes),
        Ok(Err(why)) if why.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE => Err(Refusal(Problem::new(
            Code::TooLarge,
            say!("A body may have {body_bytes_max} bytes at most.", body_bytes_max = BODY_BYTES_MAX),
        ))),
        Ok(Err(_)) => Err(unreadable()),
        Err(_) => Err(Refusal(Problem::new(
            Code::BadRequest,
            say!("The body took longer than {as_secs} s.", as_secs = BODY_TIME.as_secs()),
        ))),
    }
}

fn check_content_type(headers: &HeaderMap) -> Result<(), Refusal> {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let kind = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json")) {
        return Ok(());
    }
    // Not JSON is also what a form on another site could send (S-34).
    Err(Refusal(Problem::new(
        Code::UnsupportedType,
        say!("Send the body as JSON with the header `Content-Type: application/json`."),
    )))
}

/// Reads JSON and says where it is wrong, as a JSON pointer (RFC 6901).
fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    texts::check_json(bytes).map_err(|(path, detail)| Problem::field(pointer(&path), detail))?;
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = pointer(error.path());
        told(path, error.inner())
    })?;
    reader.end().map_err(|_| Problem::new(Code::BadRequest, say!("There is more after the end of the JSON value.")))?;
    Ok(value)
}

fn told(mut path: String, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    // serde ends its text with the place, which the pointer says better for a wrong value.
    let said = text.split(" at line ").next().unwrap_or(&text);
    if !error.is_data() {
        let place = format!("line {}, column {}", error.line(), error.column());
        return Problem::new(Code::BadRequest, say!("The body is not JSON: {said} ({place})."));
    }
    if let Some(missing) = said.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        path = format!("{path}/{}", escaped(missing));
        return Problem::field(path, say!("is required"));
    }
    Problem::field(path, said)
}

fn pointer(path: &serde_path_to_error::Path) -> String {
    use serde_path_to_error::Segment;
    path.iter().fold(String::new(), |mut text, segment| {
        match segment {
            Segment::Map { key } => text.push_str(&format!("/{}", escaped(key))),
            Segment::Enum { variant } => text.push_str(&format!("/{}", escaped(variant))),
            Segment::Seq { index } => text.push_str(&format!("/{index}")),
            Segment::Unknown => {}
        }
        text
    })
}

fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}

impl<T: Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query of the address.
#[derive(Debug, Clone, Copy, Default)]
pub struct Query<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        texts::check_query(parts.uri.query().unwrap_or_default()).map_err(Refusal)?;
        axum_extra::extract::Query::try_from_uri(&parts.uri).map(|query| Self(query.0)).map_err(|why| {
            let text = why.to_string();
            let said = text.rsplit("query string: ").next().unwrap_or(&text);
            Refusal(Problem::new(Code::BadRequest, say!("The query is wrong: {said}.")))
        })
    }
}

/// How many rows a page of a list may have, from `?limit=`.
///
/// # Errors
/// `invalid-field` for 0 and for more than [`MAX_LIMIT`]: cutting in silence makes a client believe that there is no more.
pub fn limit(wanted: Option<u32>) -> Result<u32, Problem> {
    match wanted.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Problem::field("/limit", say!("must be 1 to {max_limit}", max_limit = MAX_LIMIT))),
    }
}

/// The variable parts of the path. One that cannot be an id is not found, like any id that does not exist.
#[derive(Debug, Clone, Copy)]
pub struct Path<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let raw = axum::extract::RawPathParams::from_request_parts(parts, state).await;
        if raw.is_ok_and(|all| all.iter().any(|(_, value)| base::text::refused(value).is_some())) {
            return Err(Refusal(Problem::not_found("thing")));
        }
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(value)) => Ok(Self(value)),
            Err(why) if why.status().is_server_error() => Err(Refusal(crate::fault::internal(&why))),
            Err(_) => Err(Refusal(Problem::not_found("thing"))),
        }
    }
}

/// Tells a member that was left out (`None`) from one that is `null` (`Some(None)`):
/// `#[serde(default, deserialize_with = "http::present")] title: Option<Option<String>>`.
///
/// # Errors
/// Those of `T`.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(reader: D) -> Result<Option<T>, D::Error> {
    T::deserialize(reader).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[expect(dead_code, reason = "only read by serde")]
        parts: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        #[expect(dead_code, reason = "only read by serde")]
        text: String,
    }

    fn said(body: &str) -> String {
        read_json::<Outer>(body.as_bytes()).expect_err("wrong").to_string()
    }

    #[test]
    fn s_44_an_error_names_the_field_as_a_json_pointer() {
        insta::assert_snapshot!(said(r#"{"parts":[{"text":"a"},{"text":5}]}"#), @"invalid-field: /parts/1/text: invalid type: integer `5`, expected a string");
        insta::assert_snapshot!(said(r#"{"parts":[{}]}"#), @"invalid-field: /parts/0/text: is required");
        insta::assert_snapshot!(said(r#"{"parts":[],"role":"owner"}"#), @"invalid-field: /role: unknown field `role`, expected `parts`");
        insta::assert_snapshot!(said(r#"{"parts":["#), @"bad-request: The body is not JSON: EOF while parsing a list (line 1, column 10).");
        insta::assert_snapshot!(said(r#"{"parts":[]} {}"#), @"bad-request: There is more after the end of the JSON value.");
    }
}
