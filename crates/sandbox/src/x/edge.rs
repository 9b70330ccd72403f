//! What happens to every call: credits, rate limits and their headers.

use std::sync::Arc;

use axum::{
    extract::{Request, State as Shared},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue};

use super::{State, problem::Problem};
use crate::limits::{Limit, Standing};

const QUARTER_S: u64 = 15 * 60;
const DAY_S: u64 = 24 * 3600;

/// How often a user may make a call (X API: rate limits).
static PER_USER: [Limit; 12] = [
    Limit::per("POST /2/tweets", 100, QUARTER_S),
    Limit::per("GET /2/tweets", 5_000, QUARTER_S),
    Limit::per("GET /2/tweets/:id", 900, QUARTER_S),
    Limit::per("DELETE /2/tweets/:id", 50, QUARTER_S),
    Limit::per("GET /2/users/me", 75, QUARTER_S),
    Limit::per("GET /2/users/:id/tweets", 900, QUARTER_S),
    Limit::per("POST /2/media/upload", 500, QUARTER_S),
    Limit::per("GET /2/media/upload", 1_000, QUARTER_S),
    Limit::per("POST /2/media/metadata", 500, QUARTER_S),
    Limit::per("POST /2/media/upload/initialize", 1_875, QUARTER_S),
    Limit::per("POST /2/media/upload/:id/append", 1_875, QUARTER_S),
    Limit::per("POST /2/media/upload/:id/finalize", 1_875, QUARTER_S),
];
/// Posts of the whole app.
const PER_APP: Limit = Limit::per("POST /2/tweets app", 10_000, DAY_S);

/// Counts the call, lets it through or not, and dresses the answer. Calls without a live token are not counted.
pub async fn watch(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let Ok(token) = state.token(request.headers()) else { return next.run(request).await };
    if state.settings().credits_depleted {
        return Problem::credits_depleted().into_response();
    }
    let Some(limit) = Limit::of(&PER_USER, request.method(), request.uri().path()) else {
        return next.run(request).await;
    };
    let user = state.core.spend(limit, &token.consent.account, 1);
    let is_post = limit.name == "POST /2/tweets";
    let app = (is_post && user.allowed).then(|| state.core.spend(&PER_APP, &token.consent.client_id, 1));
    let allowed = user.allowed && app.is_none_or(|app| app.allowed);
    let mut answer = if allowed { next.run(request).await } else { Problem::too_many().into_response() };
    dress(&mut answer, "x-rate-limit", user);
    if let Some(app) = app {
        dress(&mut answer, "x-app-limit-24hour", app);
    }
    answer
}

fn dress(answer: &mut Response, prefix: &str, standing: Standing) {
    let reset = u64::try_from(standing.reset_at.as_seconds()).unwrap_or(0);
    let values = [("limit", u64::from(standing.limit)), ("remaining", standing.remaining.into()), ("reset", reset)];
    for (name, value) in values {
        if let Ok(name) = HeaderName::from_bytes(format!("{prefix}-{name}").as_bytes()) {
            answer.headers_mut().insert(name, HeaderValue::from(value));
        }
    }
}
