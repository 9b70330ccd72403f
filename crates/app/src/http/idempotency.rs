//! `Idempotency-Key` on every POST: the same request sent twice has one effect.
//!
//! How it holds through a crash. The claim (who, key, fingerprint of the request) is stored before the route runs. The
//! route takes [`claim`] and calls [`Claim::effected`] in the transaction of its effect, so that effect and mark are
//! stored together or not at all. The answer is kept afterwards. So a second request finds one of four things:
//!
//! * an answer: it is sent again, with `Idempotency-Replayed: true`;
//! * a mark without an answer (we died between the two): what was made is read and sent, with the same header;
//! * a claim without a mark whose lease runs: `409`, it is still being worked on;
//! * a claim without a mark whose lease ran out: nothing was stored, so it is claimed anew and runs. Should the first
//!   one still be alive, its `effected` fails and takes its transaction with it: a claim has a token, as a lease has.
//!
//! A refusal changes nothing and is not kept: the key is free for the corrected request. Requests without the header
//! touch no database here. Callers nobody knows have no keys.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{
    body::{Body, Bytes, to_bytes},
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base::{Code, Problem, Secret, Timestamp, ids::WorkspaceId};
use db::{Tx, args};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tower::ServiceExt as _;
use tracing::Instrument as _;

use super::{
    BODY_BYTES_MAX, Identity, Refusal, Result,
    current::{Current, within},
    door::Door,
    identity::named_in_headers,
    internal, request_id, store_failed,
};
use crate::{App, secrets::At};

const KEY: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key in bytes.
const KEY_BYTES_MAX: usize = 255;
/// How long an answer is kept: a day, and an hour for clients whose clocks differ.
pub const KEPT: Duration = Duration::from_secs(25 * 3_600);
/// How long a claim without a mark is believed to be worked on. Longer than any route takes.
const LEASE: Duration = Duration::from_secs(60);
/// The headers that belong to an answer. Cookies never do.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// The right to have the effect of one request. Without an `Idempotency-Key` it is empty and does nothing.
#[derive(Debug, Clone, Default)]
pub struct Claim(Option<Arc<Held>>);

#[derive(Debug)]
struct Held {
    actor: String,
    key: String,
    token: String,
    marked: AtomicBool,
}

/// The claim of the request at hand. Take it before `db.write` and move a clone into the closure, which runs elsewhere.
pub fn claim() -> Claim {
    super::current::claim()
}

impl Claim {
    fn held(held: Held) -> Self {
        Self(Some(Arc::new(held)))
    }

    /// A claim as somebody holds it who may have lost it by now.
    #[cfg(test)]
    pub(super) fn of(actor: &str, key: &str, token: &str) -> Self {
        Self::held(Held { actor: actor.into(), key: key.into(), token: token.into(), marked: AtomicBool::new(false) })
    }

    /// Marks the claim in the transaction of its effect. `made` is the path of what was made (or changed): a `GET` of
    /// it is what a second request is answered with, should the answer itself be lost.
    ///
    /// # Errors
    /// [`db::Error::Busy`] if another request holds the claim by now; the transaction must not be committed.
    pub async fn effected(&self, tx: &mut Tx, status: StatusCode, made: &str) -> std::result::Result<(), db::Error> {
        let Some(held) = &self.0 else { return Ok(()) };
        held.marked.store(true, Relaxed);
        let changed = tx
            .execute(
                "UPDATE idempotency_keys SET state = 'effected', made = $4, made_status = $5
                  WHERE actor = $1 AND key = $2 AND token = $3 AND state IN ('running', 'effected')",
                args![&held.actor, &held.key, &held.token, made, status.as_u16()],
            )
            .await?;
        match changed {
            1 => Ok(()),
            _ => Err(db::Error::Busy("another request with this Idempotency-Key took over".into())),
        }
    }
}

/// Forgets what is older than a day; gives the number of rows. For the retention job.
///
/// # Errors
/// Those of the database.
pub async fn sweep(tx: &mut Tx, now: Timestamp, limit: u32) -> std::result::Result<u64, db::Error> {
    tx.execute(
        "DELETE FROM idempotency_keys WHERE (actor, key) IN
            (SELECT actor, key FROM idempotency_keys WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2)",
        args![now, limit],
    )
    .await
}

/// Runs the route, once per key.
pub(super) async fn pass(door: Door, identity: Identity, request: Request, next: Next) -> Result<Response> {
    let named = *request.method() == Method::POST && request.headers().contains_key(KEY);
    let (true, Some(actor)) = (named, identity.actor()) else { return Ok(next.run(request).await) };
    let key = key_of(request.headers())?;
    let workspace = identity.scope(named_in_headers(request.headers())).ok().map(|scope| scope.workspace());
    let (fingerprint, request) = fingerprint(&actor.to_string(), request).await?;
    let asked = Asked { actor: actor.to_string(), key, workspace, fingerprint };
    match take(&door.app, &asked).await? {
        Found::Ours(claim) => run(door.app, asked, claim, request, next).await,
        Found::Answer(sealed) => replay(&door.app, &asked, &sealed).await,
        Found::Made { path, status } => read_again(door, &path, status, request).await,
    }
}

/// What identifies the request.
#[derive(Debug, Clone)]
struct Asked {
    actor: String,
    key: String,
    workspace: Option<WorkspaceId>,
    fingerprint: [u8; 32],
}

impl Asked {
    fn place(&self) -> At {
        At::new("idempotency_keys", "answer", format!("{}/{}", self.actor, self.key))
    }
}

enum Found {
    Ours(Claim),
    Answer(Vec<u8>),
    Made { path: String, status: u16 },
}

/// The key as it is stored: a digest, since clients put whatever they like into it.
fn key_of(headers: &HeaderMap) -> std::result::Result<String, Problem> {
    let wrong = || {
        let rule = format!("`Idempotency-Key` has 1 to {KEY_BYTES_MAX} visible characters, such as a UUID.");
        Problem::new(Code::BadRequest, rule)
    };
    let text = headers.get(KEY).and_then(|value| value.to_str().ok()).ok_or_else(wrong)?.trim();
    // The draft writes it as a structured string, in quotes; most clients send it bare.
    let text = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    if text.is_empty() || text.len() > KEY_BYTES_MAX {
        return Err(wrong());
    }
    Ok(hex::encode(Sha256::digest(text.as_bytes())))
}

/// Method, address, workspace, kind and body of the request. A body that is not JSON is a stream which is not read
/// here: its length stands for it.
async fn fingerprint(actor: &str, request: Request) -> Result<([u8; 32], Request)> {
    let (parts, body) = request.into_parts();
    let text = |name: HeaderName| parts.headers.get(name).map_or(&b""[..], HeaderValue::as_bytes);
    let kind = text(header::CONTENT_TYPE);
    let is_json = kind.is_empty() || kind.to_ascii_lowercase().starts_with(b"application/json");
    let (body, said) = if is_json {
        let bytes = to_bytes(body, BODY_BYTES_MAX)
            .await
            .map_err(|_| Problem::new(Code::TooLarge, format!("A body may have {BODY_BYTES_MAX} bytes at most.")))?;
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

/// Claims the key, or says what there is.
async fn take(app: &App, asked: &Asked) -> Result<Found> {
    let token = base::random::token::<16>(&*app.random);
    let now = app.clock.now();
    let (wanted, mine) = (asked.clone(), token.clone());
    let row = app
        .db
        .write(move |tx| {
            let (asked, token) = (wanted.clone(), mine.clone());
            Box::pin(async move { insert(tx, &asked, &token, now).await })
        })
        .await
        .map_err(|error: db::Error| store_failed(&error))?;
    let Some(row) = row else {
        let held = Held { actor: asked.actor.clone(), key: asked.key.clone(), token, marked: AtomicBool::new(false) };
        return Ok(Found::Ours(Claim::held(held)));
    };
    found(&row, asked).map_err(Refusal)
}

/// Gives the row that stands in the way, or nothing when the claim is ours.
async fn insert(
    tx: &mut Tx,
    asked: &Asked,
    token: &str,
    now: Timestamp,
) -> std::result::Result<Option<db::Row>, db::Error> {
    let claimed = tx
        .execute(
            "INSERT INTO idempotency_keys
                    (actor, key, workspace_id, fingerprint, token, state, claimed_at, lease_until, expires_at)
             VALUES ($1, $2, $3, $4, $5, 'running', $6, $7, $8)
             ON CONFLICT (actor, key) DO UPDATE
                SET workspace_id = $3, fingerprint = $4, token = $5, state = 'running', claimed_at = $6,
                    lease_until = $7, expires_at = $8, made = NULL, made_status = NULL, answer = NULL
              WHERE idempotency_keys.expires_at <= $6
                 OR (idempotency_keys.state = 'running' AND idempotency_keys.lease_until <= $6
                     AND idempotency_keys.fingerprint = $4)",
            args![&asked.actor, &asked.key, asked.workspace, &asked.fingerprint, token, now, now + LEASE, now + KEPT],
        )
        .await?;
    if claimed == 1 {
        return Ok(None);
    }
    tx.one(
        "SELECT fingerprint, state, made, made_status, answer FROM idempotency_keys WHERE actor = $1 AND key = $2",
        args![&asked.actor, &asked.key],
    )
    .await
    .map(Some)
}

fn found(row: &db::Row, asked: &Asked) -> std::result::Result<Found, Problem> {
    let broken = |error: db::Error| store_failed(&error);
    if row.bytes("fingerprint").map_err(broken)? != asked.fingerprint {
        return Err(Problem::new(
            Code::KeyReused,
            "The earlier request with this key had another method, address, workspace or body.",
        ));
    }
    if let Some(answer) = row.opt_bytes("answer").map_err(broken)? {
        return Ok(Found::Answer(answer));
    }
    match row.opt_text("made").map_err(broken)? {
        Some(path) => {
            let status = row.int("made_status").map_err(broken)?;
            Ok(Found::Made { path, status: u16::try_from(status).unwrap_or(200) })
        }
        None => Err(Problem::new(Code::KeyInUse, "The earlier request has not been answered yet.").retry_after(1)),
    }
}

/// The answer as it is kept, sealed: it may hold a key that is shown once.
#[derive(Serialize, Deserialize)]
struct Kept {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

/// Runs the route in a task of its own: a client that goes away finds the answer when it comes back.
async fn run(app: App, asked: Asked, claim: Claim, request: Request, next: Next) -> Result<Response> {
    let current = Current { id: request_id().unwrap_or_default(), claim: claim.clone() };
    let work = async move {
        let answer = match tokio::spawn(within(current.clone(), next.run(request)).in_current_span()).await {
            Ok(answer) => answer,
            Err(panicked) => within(current, async { Refusal(internal(&panicked)).into_response() }).await,
        };
        settle(&app, &asked, &claim, answer).await
    };
    tokio::spawn(work.in_current_span()).await.map_err(|panicked| Refusal(internal(&panicked)))
}

async fn settle(app: &App, asked: &Asked, claim: &Claim, answer: Response) -> Response {
    let (parts, body) = answer.into_parts();
    let Ok(body) = to_bytes(body, BODY_BYTES_MAX).await else {
        return Refusal(Problem::new(Code::Internal, "The answer was too large to keep.")).into_response();
    };
    let kept = if parts.status.is_success() { kept(&parts, &body) } else { None };
    if let Err(error) = finish(app, asked, claim, kept).await {
        // The effect and its mark are stored; the next request reads what was made.
        tracing::warn!(error = %error, "the answer to a request with an Idempotency-Key could not be kept");
    }
    Response::from_parts(parts, Body::from(body))
}

fn kept(parts: &axum::http::response::Parts, body: &Bytes) -> Option<Kept> {
    let header = |name: &HeaderName| {
        parts.headers.get(name).and_then(|value| value.to_str().ok()).map(|value| (name.to_string(), value.to_owned()))
    };
    let headers = KEPT_HEADERS.iter().filter_map(header).collect();
    String::from_utf8(body.to_vec()).ok().map(|body| Kept { status: parts.status.as_u16(), headers, body })
}

/// Keeps the answer, or frees the key when there was no effect.
async fn finish(
    app: &App,
    asked: &Asked,
    claim: &Claim,
    kept: Option<Kept>,
) -> std::result::Result<(), crate::secrets::VaultError> {
    let Some(held) = claim.0.clone() else { return Ok(()) };
    let Some(kept) = kept else {
        return Ok(free(app, held).await?);
    };
    if !held.marked.load(Relaxed) {
        // Not wrong while we live, but a crash in between would run it again: see the head of this file.
        tracing::warn!("a route with an Idempotency-Key had an effect without marking its claim");
    }
    let text = Secret::new(serde_json::to_string(&kept).unwrap_or_default());
    let sealed = app.vault.seal(asked.workspace, &asked.place(), &text).await?;
    app.db
        .write(move |tx| {
            let (held, sealed) = (held.clone(), sealed.clone());
            Box::pin(async move {
                tx.execute(
                    "UPDATE idempotency_keys SET state = 'answered', answer = $4
                      WHERE actor = $1 AND key = $2 AND token = $3",
                    args![&held.actor, &held.key, &held.token, sealed],
                )
                .await
                .map(drop)
            })
        })
        .await
        .map_err(|error: db::Error| error.into())
}

async fn free(app: &App, held: Arc<Held>) -> std::result::Result<(), db::Error> {
    app.db
        .write(move |tx| {
            let held = held.clone();
            Box::pin(async move {
                tx.execute(
                    "DELETE FROM idempotency_keys WHERE actor = $1 AND key = $2 AND token = $3 AND state = 'running'",
                    args![&held.actor, &held.key, &held.token],
                )
                .await
                .map(drop)
            })
        })
        .await
}

async fn replay(app: &App, asked: &Asked, sealed: &[u8]) -> Result<Response> {
    let text = app.vault.open_text(asked.workspace, &asked.place(), sealed).await.map_err(|error| internal(&error))?;
    let kept: Kept = serde_json::from_str(text.expose()).map_err(|error| internal(&error))?;
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

/// The answer was lost with the process: what was made is read by its own route, as the same caller.
async fn read_again(door: Door, path: &str, status: u16, request: Request) -> Result<Response> {
    let (mut parts, _) = request.into_parts();
    parts.method = Method::GET;
    parts.uri = path.parse().map_err(|error: axum::http::uri::InvalidUri| internal(&error))?;
    parts.headers.remove(header::CONTENT_TYPE);
    parts.headers.remove(header::CONTENT_LENGTH);
    let mut answer = door.routes.oneshot(Request::from_parts(parts, Body::empty())).await.into_response();
    if answer.status().is_success() {
        *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::OK);
    }
    if let Ok(location) = HeaderValue::from_str(path) {
        answer.headers_mut().insert(header::LOCATION, location);
    }
    answer.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    Ok(answer)
}
