//! `/hooks/{platform}`, which platforms call, and `GET /v1/platforms/{platform}/hooks`, which says what to enter there.
//!
//! The former is no part of the API. It is open to all: what comes is believed for its proof alone. No cookie is read, a body may
//! have [`BODY_BYTES_MAX`] bytes, and who sends many requests that are refused has to wait.

use std::collections::BTreeMap;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderMap, HeaderValue, Method, Uri, header},
    response::{IntoResponse as _, Response},
    routing::get,
};
use base::{Problem, Text, say};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Received, Reply};
use crate::{
    App,
    http::{ClientAddress, Json, Operator, Path, ProblemBody, Rate, Refusal, Result, bucket_key, raw_body},
};

/// Refused requests of one address. Those that are proven are not counted.
const REFUSED: Rate = Rate::per(120, 60);

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(addresses))
}

/// What platforms call.
pub(crate) fn pages() -> Router<App> {
    Router::new()
        .route("/hooks/{platform}", get(main_address).post(main_address))
        .route("/hooks/{platform}/{address}", get(other_address).post(other_address))
}

async fn main_address(
    app: State<App>,
    client: ClientAddress,
    Path(platform): Path<String>,
    request: Request,
) -> Result<Response> {
    receive(app, client, platform, String::new(), request).await
}

async fn other_address(
    app: State<App>,
    client: ClientAddress,
    Path((platform, address)): Path<(String, String)>,
    request: Request,
) -> Result<Response> {
    receive(app, client, platform, address, request).await
}

async fn receive(
    State(app): State<App>,
    client: ClientAddress,
    platform: String,
    address: String,
    request: Request,
) -> Result<Response> {
    let counted = [("hooks", bucket_key(client.unit()), REFUSED)];
    if app.settings.limits.address.is_some() {
        app.memory.buckets.take_all(&counted, app.clock.now()).or_else(|standing| standing.check(say!("requests")))?;
    }
    let received = read(&app, address, request).await?;
    let reply = super::receive(&app, &platform, &received).await?;
    if app.settings.limits.address.is_some() {
        app.memory.buckets.give_back(&counted, app.clock.now());
    }
    let mut answer = match reply {
        Reply::Empty => ().into_response(),
        // What is given back is never read as a page.
        Reply::Text(text) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], text).into_response(),
        Reply::Json(json) => Json(json).into_response(),
    };
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

async fn read(app: &App, address: String, request: Request) -> std::result::Result<Received, Refusal> {
    let (method, headers): (Method, HeaderMap) = (request.method().clone(), request.headers().clone());
    let query: BTreeMap<String, String> = query(request.uri());
    let body = raw_body(request, app).await?;
    Ok(Received { address, method, headers, query, body })
}

fn query(uri: &Uri) -> BTreeMap<String, String> {
    url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect()
}

/// What an operator enters at a platform, so that it reports removed access, requests for deletion and changed posts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HooksBody {
    /// The addresses, in the order in which the platform asks for them; none where the platform sends nothing.
    addresses: Vec<HookAddressBody>,
}

/// An address of this installation that a platform calls.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct HookAddressBody {
    /// What the platform calls it.
    label: &'static Text,
    /// The address to enter there.
    #[schema(example = "https://fanfare.example/hooks/threads/deauthorize")]
    address: String,
    /// The verify token to enter beside it, where the platform asks for one. It is the same every time.
    #[serde(skip_serializing_if = "Option::is_none")]
    verify_token: Option<String>,
}

/// The addresses of this installation that a platform calls: for webhooks, removed access and requests for deletion.
#[utoipa::path(
    get, path = "/v1/platforms/{platform}/hooks", tag = "Installation", operation_id = "get_platform_hooks",
    params(("platform" = String, Path)),
    responses((status = 200, body = HooksBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("operator"))),
)]
async fn addresses(State(app): State<App>, _: Operator, Path(platform): Path<String>) -> Result<Json<HooksBody>> {
    let Some(connector) = app.connectors.get(&platform) else { return Err(Problem::not_found("platform").into()) };
    let word = super::word(&app, &platform).await?;
    let known = connector.webhooks().map_or(&[][..], |hooks| hooks.addresses());
    let addresses = known.iter().map(|known| HookAddressBody {
        label: &known.label,
        address: super::address(&app, &platform, known.name),
        verify_token: known.has_word.then(|| word.expose().clone()),
    });
    Ok(Json(HooksBody { addresses: addresses.collect() }))
}
