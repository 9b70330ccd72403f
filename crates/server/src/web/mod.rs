//! What the installation serves beside its API: the browser app, a few pages that do without it, health, metrics, and
//! documents that platforms fetch. None of it needs another origin.

mod docs;
pub mod documents;
mod erasures;
mod health;
mod metrics;
mod pages;
mod reports;
mod studio;

use app::App;
use axum::{
    Router,
    http::{HeaderValue, header},
    response::{Html, IntoResponse, Response},
};

use base::words::Language;

use crate::{front::InFlight, settings::Settings};

/// All of it.
pub async fn router(app: &App, settings: &Settings, in_flight: &InFlight) -> Router<App> {
    Router::new()
        .merge(pages::router())
        .merge(docs::router())
        .merge(erasures::router())
        .merge(health::router())
        .merge(metrics::router(settings.metrics_from.clone(), in_flight.clone()))
        .merge(documents::router(app).await)
        .merge(reports::router())
        .merge(studio::router())
}

/// What these pages may load: their style from here, and nothing from anywhere else (S-82).
const POLICY: &str =
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// Makes text safe between tags and in quoted attributes.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

/// A whole page in English; `title` is plain text, `body` is markup.
fn page(title: &str, body: &str) -> Response {
    page_in(Language::English, title, body)
}

/// A whole page in a language.
fn page_in(language: Language, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"{1}\"><head><meta charset=\"utf-8\"><title>{0} - Fanfare</title>\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><link rel=\"stylesheet\" href=\"/page.css\"></head>\
         <body><header><a href=\"/\">Fanfare</a></header><main><h1>{0}</h1>{body}</main></body></html>",
        escape(title),
        language.tag()
    );
    ([(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY))], Html(html)).into_response()
}
