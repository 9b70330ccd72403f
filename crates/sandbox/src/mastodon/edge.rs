//! What happens to every call: rate limits and their headers, and another software's manner of refusing.

use std::sync::Arc;

use axum::{
    extract::{Request, State as Shared},
    middleware::Next,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderValue, Method, StatusCode};

use super::{State, refusal::Refusal, settings::Software};
use crate::limits::{Limit, Standing};

const MINUTE_S: u64 = 60;

/// The limits that a call counts against (Mastodon: rate limits).
fn limits_of(method: &Method, path: &str, query: Option<&str>) -> Vec<Limit> {
    let mut limits = vec![Limit::per("api", 300, 5 * MINUTE_S)];
    match method.as_str() {
        "POST" if path == "/api/v1/statuses" => limits.push(Limit::per("statuses", 300, 180 * MINUTE_S)),
        "POST" if path == "/api/v2/media" => limits.push(Limit::per("media", 30, 30 * MINUTE_S)),
        "DELETE" if path.starts_with("/api/v1/statuses/") => limits.push(Limit::per("deletes", 30, 30 * MINUTE_S)),
        _ => {}
    }
    if query.is_some_and(|query| ["max_id=", "min_id=", "since_id="].iter().any(|name| query.contains(name))) {
        limits.push(Limit::per("paging", 300, 15 * MINUTE_S));
    }
    limits
}

/// Counts the call, lets it through or not, and dresses the answer.
pub async fn watch(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    if state.settings().software == Software::Takahe {
        return as_takahe(next.run(request).await);
    }
    if !request.uri().path().starts_with("/api/") {
        return next.run(request).await;
    }
    let standing = count(&state, &request);
    let mut answer = if standing.allowed { next.run(request).await } else { Refusal::too_many().into_response() };
    let reset = standing.reset_at.to_jiff().strftime("%Y-%m-%dT%H:%M:%S.%6fZ").to_string();
    let headers = answer.headers_mut();
    headers.insert("x-ratelimit-limit", HeaderValue::from(standing.limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(standing.remaining));
    if let Ok(reset) = HeaderValue::from_str(&reset) {
        headers.insert("x-ratelimit-reset", reset);
    }
    answer
}

/// The caller's state of the limit that is closest to being used up.
fn count(state: &State, request: &Request) -> Standing {
    let caller = match state.token(request.headers()) {
        Ok(token) if !token.consent.account.is_empty() => token.consent.account,
        // All callers have the same address.
        _ => "127.0.0.1".to_owned(),
    };
    let limits = limits_of(request.method(), request.uri().path(), request.uri().query());
    let standings = limits.iter().map(|limit| state.core.spend(limit, &caller, 1));
    let nobody = Standing { limit: 0, remaining: 0, reset_at: state.now(), allowed: false };
    standings.min_by_key(|standing| (standing.allowed, standing.remaining)).unwrap_or(nobody)
}

/// Takahē says 400 where Mastodon says 401 or 422, and shows HTML where there is nothing.
fn as_takahe(answer: Response) -> Response {
    let Some(refusal) = answer.extensions().get::<Refusal>().cloned() else { return answer };
    match refusal.status {
        StatusCode::UNAUTHORIZED if refusal.description.is_none() => {
            (StatusCode::BAD_REQUEST, "Invalid Bearer token").into_response()
        }
        StatusCode::UNPROCESSABLE_ENTITY => {
            let error = refusal.error.trim_start_matches("Validation failed: ").to_owned();
            let mut answer = Refusal { error, ..refusal }.into_response();
            *answer.status_mut() = StatusCode::BAD_REQUEST;
            answer
        }
        StatusCode::NOT_FOUND => (StatusCode::NOT_FOUND, Html("<h1>Page not found</h1>")).into_response(),
        status if status.is_server_error() => (status, Html("<h1>Server error</h1>")).into_response(),
        _ => answer,
    }
}
