//! The control origin: an index for people, and JSON for tests that run in another process.

use std::fmt::Write as _;

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    response::{Html, IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::json;

use crate::{Act, Knobs, Network, Sandbox, pages, server::Mounted};

pub(crate) fn router(sandbox: Sandbox) -> Router {
    Router::new()
        .route("/", get(index))
        .route("/networks", get(networks))
        .route("/ledger", get(ledger))
        .route("/knobs/{network}", get(knobs).put(put_knobs))
        .route("/acts/{network}", post(act))
        .route("/traffic/{network}", get(traffic))
        .route("/reset", post(reset))
        .with_state(sandbox)
}

async fn index(State(sandbox): State<Sandbox>) -> Html<String> {
    let mut body = String::from(
        "<h1>Sandbox networks</h1><p>Everything here runs on this computer only. What you publish to these accounts is \
         seen by no one else.</p>",
    );
    for Mounted { core, twin } in sandbox.networks.iter() {
        let title = core.network.title();
        let _ = write!(body, "<section class=\"card\"><h2><a href=\"{}\">{title}</a></h2><ul>", core.origin);
        for account in twin.accounts() {
            let (page, name, handle) =
                (pages::escape(&account.page), pages::escape(&account.name), pages::escape(&account.handle));
            let _ = write!(body, "<li><a href=\"{page}\">{name}</a> <span class=\"quiet\">{handle}</span></li>");
        }
        body.push_str("</ul></section>");
    }
    body.push_str(
        "<p class=\"quiet\">For tests: <code>GET /networks</code>, <code>GET /ledger?network=&amp;after=</code>, <code>GET|PUT /knobs/{network}</code>, \
         <code>POST /acts/{network}</code>, <code>GET /traffic/{network}</code>, <code>POST /reset</code>.</p>",
    );
    pages::page("Sandbox networks", &body)
}

async fn networks(State(sandbox): State<Sandbox>) -> Json<serde_json::Value> {
    let shapes = sandbox.networks.iter().map(|Mounted { core, twin }| {
        let platforms = core.network.about().platforms.iter();
        let platforms: Vec<_> = platforms.map(|one| json!({ "platform": one.id, "app": one.app() })).collect();
        json!({ "network": core.network, "origin": core.origin, "platforms": platforms, "accounts": twin.accounts() })
    });
    Json(shapes.collect())
}

#[derive(Deserialize)]
struct LedgerQuery {
    network: Option<String>,
    #[serde(default)]
    after: u64,
}

async fn ledger(State(sandbox): State<Sandbox>, Query(query): Query<LedgerQuery>) -> Response {
    let network = match query.network.as_deref().filter(|text| !text.is_empty()) {
        None => None,
        Some(text) => match Network::parse(text) {
            Some(network) => Some(network),
            None => return unknown(text),
        },
    };
    Json(sandbox.ledger().entries_after(network, query.after)).into_response()
}

async fn knobs(State(sandbox): State<Sandbox>, Path(network): Path<String>) -> Response {
    match Network::parse(&network) {
        Some(network) => Json(sandbox.knobs(network)).into_response(),
        None => unknown(&network),
    }
}

async fn put_knobs(State(sandbox): State<Sandbox>, Path(network): Path<String>, Json(knobs): Json<Knobs>) -> Response {
    let Some(network) = Network::parse(&network) else { return unknown(&network) };
    if let Err(error) = sandbox.check_own(network, &knobs.own) {
        let error = format!("`own` does not read: {error}");
        return (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": error }))).into_response();
    }
    sandbox.set_knobs(network, knobs);
    Json(sandbox.knobs(network)).into_response()
}

async fn act(State(sandbox): State<Sandbox>, Path(network): Path<String>, Json(act): Json<Act>) -> Response {
    let Some(network) = Network::parse(&network) else { return unknown(&network) };
    sandbox.act(network, &act);
    Json(json!({})).into_response()
}

async fn traffic(State(sandbox): State<Sandbox>, Path(network): Path<String>) -> Response {
    match Network::parse(&network) {
        Some(network) => Json(sandbox.traffic().of(network)).into_response(),
        None => unknown(&network),
    }
}

async fn reset(State(sandbox): State<Sandbox>) -> Json<serde_json::Value> {
    sandbox.reset();
    Json(json!({}))
}

fn unknown(network: &str) -> Response {
    let known: Vec<&str> = Network::ALL.iter().map(|network| network.as_str()).collect();
    let known = known.join(", ");
    let error = format!("there is no network `{network}` here; there are {known}");
    (StatusCode::NOT_FOUND, Json(json!({ "error": error }))).into_response()
}
