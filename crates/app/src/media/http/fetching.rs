//! Where networks fetch the files of posts, and where this installation fetches a sign of itself. No part of the API: who has
//! an address needs nothing else, and who has none finds nothing.

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, HeaderName, HeaderValue, header},
    response::{IntoResponse as _, Response},
    routing::get,
};

use super::files::Served;
use crate::{
    App,
    http::{Path, Result},
    media::{addresses, reachability},
};

/// Never kept by a proxy: what is dead here must be dead everywhere.
const NOT_KEPT: &str = "no-store";

pub(super) fn router() -> Router<App> {
    Router::new().route("/fetch/{name}", get(fetch)).route(reachability::ROUTE, get(sign_of_life))
}

async fn fetch(State(app): State<App>, Path(name): Path<String>, headers: HeaderMap) -> Result<Response> {
    let address = addresses::take(&app, &name).await?;
    let served = Served {
        key: &address.blob_key,
        mime: &address.mime,
        size_bytes: address.size_bytes,
        sha256: &address.sha256,
        name: "file",
        cached: NOT_KEPT,
    };
    let mut answer = served.answer(&app, &headers).await?;
    answer.headers_mut().insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    Ok(answer)
}

/// Proves to this installation that it reached itself.
async fn sign_of_life(State(app): State<App>, Path(name): Path<String>) -> Result<Response> {
    let answer = reachability::answer(&app, &name).await?;
    let headers = [(header::CONTENT_TYPE, reachability::MIME), (header::CACHE_CONTROL, NOT_KEPT)];
    Ok((headers, answer).into_response())
}
