//! What happens to every call: credits, rate limits and their headers.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Request, State as Shared},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, Method};

use super::{State, problem::Problem};
use crate::limits::Standing;

const QUARTER: Duration = Duration::from_secs(15 * 60);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// `POST /2/tweets` of the whole app in 24 hours; the knob's name is `POST /2/tweets app`.
const POSTS_PER_APP_AND_DAY: u32 = 10_000;

/// The name of the call (for the knob) and how often a user may make it in 15 minutes (X API: rate limits).
fn limit_of(method: &Method, path: &str) -> Option<(&'static str, u32)> {
    let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
    Some(match (method.as_str(), parts.as_slice()) {
        ("POST", ["2", "tweets"]) => ("POST /2/tweets", 100),
        ("GET", ["2", "tweets"]) => ("GET /2/tweets", 5_000),
        ("GET", ["2", "tweets", _]) => ("GET /2/tweets/:id", 900),
        ("DELETE", ["2", "tweets", _]) => ("DELETE /2/tweets/:id", 50),
        ("GET", ["2", "users", "me"]) => ("GET /2/users/me", 75),
        ("GET", ["2", "users", _, "tweets"]) => ("GET /2/users/:id/tweets", 900),
        ("POST", ["2", "media", "upload"]) => ("POST /2/media/upload", 500),
        ("GET", ["2", "media", "upload"]) => ("GET /2/media/upload", 1_000),
        ("POST", ["2", "media", "metadata"]) => ("POST /2/media/metadata", 500),
        ("POST", ["2", "media", "upload", "initialize"]) => ("POST /2/media/upload/initialize", 1_875),
        ("POST", ["2", "media", "upload", _, "append"]) => ("POST /2/media/upload/:id/append", 1_875),
        ("POST", ["2", "media", "upload", _, "finalize"]) => ("POST /2/media/upload/:id/finalize", 1_875),
        _ => return None,
    })
}

/// Counts the call, lets it through or not, and dresses the answer. Calls without a live token are not counted.
pub async fn watch(Shared(state): Shared<Arc<State>>, request: Request, next: Next) -> Response {
    let Ok(token) = state.token(request.headers()) else { return next.run(request).await };
    if state.settings().credits_depleted {
        return Problem::credits_depleted().into_response();
    }
    let Some((name, documented)) = limit_of(request.method(), request.uri().path()) else {
        return next.run(request).await;
    };
    let (knobs, now) = (state.core.knobs(), state.now());
    let of_user = format!("{name}/{}", token.consent.account);
    let user = state.core.limits.count(&of_user, knobs.rate_limit(name, documented), QUARTER, now);
    let app = (name == "POST /2/tweets" && user.allowed).then(|| {
        let limit = knobs.rate_limit("POST /2/tweets app", POSTS_PER_APP_AND_DAY);
        state.core.limits.count(&format!("{name} app/{}", token.consent.client_id), limit, DAY, now)
    });
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
