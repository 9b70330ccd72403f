//! `Idempotency-Key` on every POST: the same request sent twice has one effect.
//!
//! How it holds through a crash is told in `request/claim.rs`. A second request finds one of four things:
//!
//! * an answer: it is sent again, with `Idempotency-Replayed: true`, to who may still do what was asked;
//! * a mark without an answer: if the first is perhaps being answered, its answer is waited for; else the process died
//!   between the two, and what was made is read and sent, with the same header;
//! * a claim without a mark whose lease runs: `409`, it is still being worked on;
//! * a claim without a mark whose lease ran out: nothing was stored, so it is claimed anew and runs. Should the first
//!   one still be alive, its `effected` fails and takes its transaction with it: a claim has a token, as a lease has.
//!
//! A refusal changes nothing and is not kept: the key is free for the corrected request. Requests without the header
//! touch no database here. Callers no one knows have no keys.

use std::time::Duration;

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{ConnectInfo, Request},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base::{Code, Problem, Secret, say};
use futures::StreamExt as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use tracing::Instrument as _;

use super::{BODY_BYTES_MAX, Identity, Refusal, Result, WORKSPACE_HEADER, door::Door, identity::named_in_headers};
use crate::{
    App,
    fault::internal,
    request::{self, Asked, Claim, Current, Found, Need, within},
    secrets::{At, VaultError},
};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key in bytes.
const KEY_BYTES_MAX: usize = 255;
/// The headers that belong to an answer. Cookies never do.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];
/// The headers that say who asks, for reading what was made.
const ASKING: [HeaderName; 3] = [header::AUTHORIZATION, header::COOKIE, header::ACCEPT_LANGUAGE];
/// How often a claim is renewed while its route runs.
const RENEWED_EVERY: Duration = Duration::from_secs(5);
/// How often, and how many times, an answer is looked for that is perhaps being given right now.
const LOOK_EVERY: Duration = Duration::from_millis(100);
const LOOKS: usize = 30;

/// Runs the route, once per key.
pub(super) async fn pass(door: Door, identity: Identity, request: Request, next: Next) -> Result<Response> {
    let named = *request.method() == Method::POST && request.headers().contains_key(KEY);
    let (true, Some(actor)) = (named, identity.actor()) else { return Ok(next.run(request).await) };
    let key = key_of(request.headers())?;
    let workspace = identity.scope(named_in_headers(request.headers())).ok().map(|scope| scope.workspace());
    let (fingerprint, request) = fingerprint(&actor.to_string(), request).await?;
    let asked = Asked { actor: actor.to_string(), key, workspace, fingerprint };
    let mut found = request::take(&door.app, &asked).await?;
    for _ in 0..LOOKS {
        if !matches!(found, Found::Made { running: true, .. }) {
            break;
        }
        tokio::time::sleep(LOOK_EVERY).await;
        found = request::look(&door.app, &asked).await?;
    }
    match found {
        Found::Ours(claim) => run(door.app, asked, claim, request, next).await,
        Found::Answer { sealed, body, workspace } => {
            same_body(body, request.into_body()).await?;
            replay(&door.app, &identity, &Asked { workspace, ..asked }, &sealed).await
        }
        Found::Made { path, status, body, workspace, .. } => {
            let (parts, sent) = request.into_parts();
            same_body(body, sent).await?;
            if path.is_empty() {
                return Err(Refusal(request::answer_lost(status)));
            }
            read_again(door, &path, status, &Asked { workspace, ..asked }, parts).await
        }
    }
}

fn place(asked: &Asked) -> At {
    At::new("idempotency_keys", "answer", format!("{}/{}", asked.actor, asked.key))
}

/// The key as it is stored: a digest, since clients put whatever they like into it.
fn key_of(headers: &HeaderMap) -> std::result::Result<String, Problem> {
    let wrong = || {
        let rule = say!(
            "`Idempotency-Key` has 1 to {key_bytes_max} visible characters, such as a UUID, and is sent once.",
            key_bytes_max = KEY_BYTES_MAX
        );
        Problem::new(Code::BadRequest, rule)
    };
    let mut said = headers.get_all(KEY).iter();
    let (Some(value), None) = (said.next(), said.next()) else { return Err(wrong()) };
    let text = value.to_str().map_err(|_| wrong())?.trim();
    // The draft writes it as a structured string, in quotes; most clients send it bare.
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if text.is_empty() || text.len() > KEY_BYTES_MAX {
        return Err(wrong());
    }
    Ok(hex::encode(Sha256::digest(text.as_bytes())))
}

fn is_json(kind: &[u8]) -> bool {
    kind.is_empty() || kind.to_ascii_lowercase().starts_with(b"application/json")
}

/// Method, address, workspace, kind and body of the request. A body that is not JSON is a stream which is not read
/// here: its length stands for it, and its digest is kept once the route has read it.
async fn fingerprint(actor: &str, request: Request) -> Result<([u8; 32], Request)> {
    let (parts, body) = request.into_parts();
    let text = |name: HeaderName| parts.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
    let kind = text(header::CONTENT_TYPE);
    let (body, said) = if is_json(kind) {
        let bytes = to_bytes(body, BODY_BYTES_MAX).await.map_err(|_| {
            Problem::new(
                Code::TooLarge,
                say!("A body may have {body_bytes_max} bytes at most.", body_bytes_max = BODY_BYTES_MAX),
            )
        })?;
        (Body::from(bytes.clone()), bytes)
    } else {
        (body, Bytes::copy_from_slice(text(header::CONTENT_LENGTH)))
    };
    let address = parts.uri.path_and_query().map_or("", |path| path.as_str());
    let workspace = named_in_headers(&parts.headers).unwrap_or_default();
    let mut digest = Sha256::new();
    for part in
        [actor.as_bytes(), parts.method.as_str().as_bytes(), address.as_bytes(), workspace.as_bytes(), kind, &said]
    {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    Ok((digest.finalize().into(), Request::from_parts(parts, body)))
}

/// The same request with a body that is digested for the claim while the route reads it.
fn digested(claim: &Claim, request: Request) -> Request {
    if is_json(request.headers().get(header::CONTENT_TYPE).map_or(&b""[..], HeaderValue::as_bytes)) {
        return request;
    }
    let (parts, body) = request.into_parts();
    let (place, mut digest) = (claim.body_digest(), Some(Sha256::new()));
    let pieces = body.into_data_stream().map(Some).chain(futures::stream::iter([None]));
    let pieces = pieces.filter_map(move |piece| {
        match &piece {
            Some(Ok(bytes)) => digest.iter_mut().for_each(|digest| digest.update(bytes)),
            Some(Err(_)) => digest = None,
            None => {
                if let Some(digest) = digest.take() {
                    let _ = place.set(digest.finalize().into());
                }
            }
        }
        std::future::ready(piece)
    });
    Request::from_parts(parts, Body::from_stream(pieces))
}

/// Compares a body that comes again with the digest of the one that was read as a stream.
async fn same_body(known: Option<Vec<u8>>, body: Body) -> Result<()> {
    let Some(known) = known else { return Ok(()) };
    let mut digest = Sha256::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let unreadable = |_| Problem::new(Code::BadRequest, say!("The body could not be read to its end."));
        digest.update(piece.map_err(unreadable)?);
    }
    if digest.finalize()[..] == known[..] { Ok(()) } else { Err(Refusal(request::reused())) }
}

/// The answer as it is kept, sealed: it may hold a key that is shown once.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    /// What the route asked of the caller; it is asked again before the answer is given again.
    #[serde(default)]
    needs: Vec<Need>,
}

/// Runs the route in a task of its own: a client that goes away finds the answer when it comes back.
async fn run(app: App, asked: Asked, claim: Claim, request: Request, next: Next) -> Result<Response> {
    let current = request::current().unwrap_or_default().with_claim(claim.clone());
    let request = digested(&claim, request);
    let work = async move {
        let route = tokio::spawn(within(current.clone(), next.run(request)).in_current_span());
        let answer = match while_renewed(&app, &claim, route).await {
            Ok(answer) => answer,
            Err(panicked) => within(current.clone(), async { Refusal(internal(&panicked)).into_response() }).await,
        };
        settle(&app, &asked, &current, answer).await
    };
    tokio::spawn(work.in_current_span()).await.map_err(|panicked| Refusal(internal(&panicked)))
}

/// Waits for the route, however long it takes, and says meanwhile that it is being worked on.
async fn while_renewed<T>(
    app: &App,
    claim: &Claim,
    mut route: tokio::task::JoinHandle<T>,
) -> std::result::Result<T, tokio::task::JoinError> {
    loop {
        match tokio::time::timeout(RENEWED_EVERY, &mut route).await {
            Ok(answer) => return answer,
            Err(_) => {
                if let Err(error) = request::renew(app, claim).await {
                    tracing::warn!(%error, "the claim of an Idempotency-Key could not be renewed");
                }
            }
        }
    }
}

async fn settle(app: &App, asked: &Asked, current: &Current, answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return Refusal(Problem::new(Code::Internal, say!("The answer was too large to keep."))).into_response();
    };
    let kept = if parts.status.is_success() { kept(&parts, &body, current) } else { None };
    if let Err(error) = finish(app, asked, current, kept).await {
        // The effect and its mark are stored; the next request reads what was made.
        tracing::warn!(error = %error, "the answer to a request with an Idempotency-Key could not be kept");
    }
    Response::from_parts(parts, Body::from(body))
}

fn kept(parts: &axum::http::response::Parts, body: &Bytes, current: &Current) -> Option<Kept> {
    let header = |name: &HeaderName| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).map(|value| (name.to_string(), value.to_owned()))
    };
    let headers = KEPT_HEADERS.iter().filter_map(header).collect();
    let body = String::from_utf8(body.to_vec()).ok()?;
    Some(Kept { status: parts.status.as_u16(), headers, body, needs: current.standing.needs() })
}

/// Keeps the answer, or frees the key when there was no effect.
async fn finish(
    app: &App,
    asked: &Asked,
    current: &Current,
    kept: Option<Kept>,
) -> std::result::Result<(), VaultError> {
    let Some(kept) = kept else {
        return Ok(request::free(app, &current.claim).await?);
    };
    if current.wrote() && !current.claim.is_marked() {
        // Not wrong while we live, but a crash in between would run it again.
        tracing::warn!("a route with an Idempotency-Key had an effect without marking its claim");
    }
    let text = Secret::new(serde_json::to_string(&kept).unwrap_or_default());
    let sealed = app.vault.seal(asked.workspace, &place(asked), &text).await?;
    Ok(request::finish(app, &current.claim, sealed).await?)
}

async fn replay(app: &App, identity: &Identity, asked: &Asked, sealed: &[u8]) -> Result<Response> {
    let text = app.vault.open_text(asked.workspace, &place(asked), sealed).await.map_err(|error| internal(&error))?;
    let kept: Kept = serde_json::from_str(text.expose()).map_err(|error| internal(&error))?;
    kept.needs.iter().try_for_each(|need| identity.meets(app, *need))?;
    let mut answer = Response::new(Body::from(kept.body));
    *answer.status_mut() = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::OK);
    for (name, value) in kept.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(&value)) {
            answer.headers_mut().insert(name, value);
        }
    }
    answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(answer)
}

/// The answer was lost with the process: what was made is read by its own route, as the same caller in the same workspace.
async fn read_again(
    door: Door,
    path: &str,
    status: u16,
    asked: &Asked,
    before: axum::http::request::Parts,
) -> Result<Response> {
    let mut request = Request::get(path).body(Body::empty()).map_err(|error| internal(&error))?;
    for name in ASKING {
        for value in before.headers.get_all(&name) {
            request.headers_mut().append(&name, value.clone());
        }
    }
    if let Some(Ok(workspace)) = asked.workspace.map(|id| HeaderValue::from_str(&id.to_string())) {
        request.headers_mut().insert(WORKSPACE_HEADER, workspace);
    }
    // Who it is and from where; not what the first route read out of its own path.
    request.extensions_mut().extend(extensions(&before.extensions));
    let mut answer = door.routes.oneshot(request).await.into_response();
    if answer.status().is_success() {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
        if status == StatusCode::NO_CONTENT {
            answer = status.into_response();
        }
        *answer.status_mut() = status;
    }
    if let Ok(location) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(answer)
}

fn extensions(before: &axum::http::Extensions) -> axum::http::Extensions {
    let mut kept = axum::http::Extensions::new();
    if let Some(peer) = before.get::<ConnectInfo<std::net::SocketAddr>>() {
        kept.insert(*peer);
    }
    if let Some(identity) = before.get::<Identity>() {
        kept.insert(identity.clone());
    }
    kept
}
