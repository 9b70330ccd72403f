//! What is the same for every call: the token, the version, the protocol's syntax, who may do what.

use std::sync::Arc;

use axum::{
    extract::{Request, State as Shared},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde::de::DeserializeOwned;

use super::{State, model::Feed, problem::Problem};
use crate::{
    limits::Limit,
    oauth::{self, Token, TokenRefusal},
};

const DAY_S: u64 = 24 * 60 * 60;
/// What an app and a member may call in a day. LinkedIn shows the numbers only to an app's owner.
static APPLICATION: Limit = Limit::per("APPLICATION DAY", 100_000, DAY_S);
static MEMBER: Limit = Limit::per("MEMBER DAY", 10_000, DAY_S);
/// Posts of a member in a day, by clients' reports.
pub static POSTS: Limit = Limit::per("posts", 150, DAY_S);
/// Comments in a minute; the number is ours.
pub static COMMENTS: Limit = Limit::per("comments", 60, 60);

/// Roles that post for an organisation.
const MAY_POST: &[&str] =
    &["ADMINISTRATOR", "CONTENT_ADMIN", "CONTENT_ADMINISTRATOR", "DIRECT_SPONSORED_CONTENT_POSTER"];

/// Who calls, and how.
#[derive(Debug, Clone)]
pub struct Caller {
    /// What the token allows.
    pub token: Token,
    /// The version of the API; empty where there are none.
    pub version: String,
}

impl Caller {
    /// The URN of the member who is signed in.
    pub fn person(&self) -> String {
        format!("urn:li:person:{}", self.token.consent.account)
    }

    /// A refusal that names the service and method.
    pub fn denied(&self, what: &str) -> Problem {
        Problem::denied(what, &self.version)
    }

    /// Refuses a token without one of these scopes.
    pub fn need(&self, scopes: &[&str], what: &str) -> Result<(), Problem> {
        if scopes.iter().any(|scope| self.token.has(scope)) { Ok(()) } else { Err(self.denied(what)) }
    }

    /// Refuses to act for someone else: `member` and `organization` are the scopes of the two kinds of author.
    pub fn need_for(
        &self,
        feed: &Feed,
        urn: &str,
        member: &str,
        organization: &str,
        what: &str,
    ) -> Result<(), Problem> {
        if let Some(page) = feed.organization(urn) {
            self.need(&[organization], what)?;
            let role = page.roles.get(&self.token.consent.account);
            return match role.filter(|role| MAY_POST.contains(&role.as_str())) {
                Some(_) => Ok(()),
                None => Err(self.denied(what)),
            };
        }
        self.need(&[member], what)?;
        if urn == self.person() { Ok(()) } else { Err(self.denied(what)) }
    }
}

fn word(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(headers.get(name)?.to_str().ok()?.to_owned())
}

/// Lets a call through, or says why not.
pub async fn watch(Shared(state): Shared<Arc<State>>, mut request: Request, next: Next) -> Response {
    let mut answer = match admitted(&state, &request) {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(problem) => problem.into_response(),
    };
    answer.headers_mut().insert("x-li-fabric", HeaderValue::from_static("sandbox"));
    answer
}

fn admitted(state: &State, request: &Request) -> Result<Caller, Problem> {
    let (headers, uri) = (request.headers(), request.uri());
    let text = oauth::bearer(headers).filter(|text| !text.is_empty()).ok_or_else(Problem::no_token)?;
    let token = token(state, text)?;
    let version = if uri.path().starts_with("/rest/") { served(state, headers)? } else { String::new() };
    let is_second = word(headers, "x-restli-protocol-version").as_deref() == Some("2.0.0");
    if uri.path().starts_with("/rest/") {
        // Under the second protocol a key is encoded; under the first, lists are written in another way.
        if uri.path().split('/').any(|step| step.starts_with("urn:")) {
            return Err(Problem::syntax("Syntax exception in path variables"));
        }
        if !is_second && uri.query().is_some_and(|query| query.contains("=List(") || query.contains("=(")) {
            return Err(Problem::syntax("Invalid query parameters for the protocol version 1.0.0"));
        }
    }
    let is_write = [Method::POST, Method::PUT].contains(request.method());
    if is_write && !headers.contains_key(header::CONTENT_LENGTH) && !headers.contains_key(header::TRANSFER_ENCODING) {
        return Err(Problem::named(411, "LENGTH_REQUIRED", "A POST without a body needs a Content-Length of 0"));
    }
    for (limit, who) in [(&APPLICATION, &token.consent.client_id), (&MEMBER, &token.consent.account)] {
        if !state.core.spend(limit, who, 1).allowed {
            return Err(Problem::throttled(limit.name));
        }
    }
    Ok(Caller { token, version })
}

/// What a token allows now.
pub fn token(state: &State, text: &str) -> Result<Token, Problem> {
    if state.is_too_fresh(text) {
        return Err(Problem::revoked_token());
    }
    let found = state.feed().grants.find(text, state.now()).cloned();
    found.map_err(|refusal| match refusal {
        TokenRefusal::Expired => Problem::expired_token(),
        _ => Problem::unknown_token(),
    })
}

/// The version that is asked for, if it is served. There is no usual one.
fn served(state: &State, headers: &HeaderMap) -> Result<String, Problem> {
    let Some(version) = word(headers, "linkedin-version") else {
        return Err(Problem::named(400, "VERSION_MISSING", "A version must be present. Please specify a version"));
    };
    if state.settings().versions.contains(&version) {
        return Ok(version);
    }
    let said = format!("Requested version {version}01 is not active");
    Err(Problem::named(426, "NONEXISTENT_VERSION", said))
}

/// Refuses a call that says it is another method of the protocol.
pub fn is_method(headers: &HeaderMap, wanted: &str, must: bool) -> Result<(), Problem> {
    match word(headers, "x-restli-method") {
        Some(given) if given.eq_ignore_ascii_case(wanted) => Ok(()),
        None if !must => Ok(()),
        given => Err(Problem::syntax(&format!("The method {given:?} doesn't fit, {wanted} does"))),
    }
}

/// Something new: no body, its id in a header.
pub fn created(id: &str) -> Response {
    let mut answer = StatusCode::CREATED.into_response();
    if let Ok(value) = HeaderValue::from_str(id) {
        answer.headers_mut().insert("x-restli-id", value);
    }
    answer
}

/// A body of this shape.
pub fn body<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|error| Problem::body(error.to_string()))
}

/// The query, its values as they were sent.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads it; a name that is not among these is refused.
    pub fn read(text: Option<&str>, known: &[&str]) -> Result<Self, Problem> {
        let pairs = text.unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let split = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name), value.to_owned())
        };
        let query: Vec<_> = pairs.map(split).collect();
        match query.iter().find(|(name, _)| !known.contains(&name.as_str())) {
            Some((stranger, _)) => Err(Problem::parameter(stranger)),
            None => Ok(Self(query)),
        }
    }

    fn raw(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// A value.
    pub fn get(&self, name: &str) -> Option<String> {
        self.raw(name).map(decoded)
    }

    /// A value that must be there.
    pub fn need(&self, name: &str) -> Result<String, Problem> {
        self.get(name).ok_or_else(|| Problem::named(400, "PARAM_MISSING", format!("{name} is required")))
    }

    /// `List(a,b)`.
    pub fn list(&self, name: &str) -> Result<Vec<String>, Problem> {
        let Some(raw) = self.raw(name) else { return Ok(Vec::new()) };
        let inside = raw.strip_prefix("List(").and_then(|rest| rest.strip_suffix(')'));
        let inside = inside.ok_or_else(|| Problem::syntax(&format!("{name} is no List(..)")))?;
        Ok(inside.split(',').filter(|one| !one.is_empty()).map(decoded).collect())
    }

    /// Where a page begins, and how long it is.
    pub fn page(&self, usual: usize, most: usize) -> Result<(usize, usize), Problem> {
        let number = |name: &str, usual: usize| match self.get(name) {
            None => Ok(usual),
            Some(text) => text.parse().map_err(|_| Problem::value(name, "is no number")),
        };
        let (start, count) = (number("start", 0)?, number("count", usual)?);
        if count > most { Err(Problem::value("count", format!("{most} is the most"))) } else { Ok((start, count)) }
    }
}

fn decoded(text: &str) -> String {
    let pair = format!("v={}", text.replace('+', "%2B").replace('&', "%26"));
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(_, value)| value.into_owned()).unwrap_or_default()
}
