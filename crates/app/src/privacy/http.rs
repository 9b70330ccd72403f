//! The policy as a page and as JSON, and `security.txt`. All three are open: people read them before they sign in.

use axum::{
    Json, Router,
    extract::State,
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse as _, Response},
    routing::get,
};
use base::words::reader;
use trust::Policy;

use crate::App;

/// The address of `security.txt` (RFC 9116).
const SECURITY: &str = "/.well-known/security.txt";
/// How long a copy of `security.txt` may be used, in days.
const SECURITY_DAYS: i64 = 180;
/// How long answers may be kept, in seconds.
const KEPT: &str = "public, max-age=300";

/// The page needs its style sheet and nothing else.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

pub(crate) fn pages() -> Router<App> {
    Router::new().route("/privacy", get(page)).route("/privacy.json", get(json)).route(SECURITY, get(security))
}

async fn page(State(app): State<App>) -> Response {
    let mut answer = in_language(Html(policy(&app).said().html(Some("/page.css"))).into_response());
    answer.headers_mut().insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    answer
}

async fn json(State(app): State<App>) -> Response {
    in_language(Json(policy(&app).said()).into_response())
}

fn policy(app: &App) -> Policy {
    Policy::of(&super::facts(&app.connectors, &app.settings), &app.settings.profile)
}

fn in_language(mut answer: Response) -> Response {
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(reader().language.tag()));
    headers.insert(header::VARY, HeaderValue::from_static("accept-language"));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(KEPT));
    answer
}

async fn security(State(app): State<App>) -> Response {
    let at = format!("{}{SECURITY}", app.settings.public_url.as_str().trim_end_matches('/'));
    let today = app.clock.now().to_jiff().to_zoned(jiff::tz::TimeZone::UTC).date();
    let expires = today.saturating_add(jiff::Span::new().days(SECURITY_DAYS));
    match trust::security_txt(&app.settings.profile, &at, expires) {
        Some(text) => {
            ([(header::CONTENT_TYPE, "text/plain; charset=utf-8"), (header::CACHE_CONTROL, KEPT)], text).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
