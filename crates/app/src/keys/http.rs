//! Routes about API keys.

use std::collections::BTreeSet;

use axum::extract::State;
use base::{
    Permissions, Secret, Timestamp,
    ids::{ApiKeyId, ChannelId, PersonId},
    say,
};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{DAYS_DEFAULT, Key, KeyError, NewKey};
use crate::{
    App,
    http::{Confirmed, Created, Json, May, NoContent, Path, Recent, Refusals, Result, rights::KeysManage},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default()
        .routes(routes!(list, make))
        .routes(routes!(read, revoke))
        .routes(routes!(rotate))
        .routes(routes!(revoke_leaked))
}

/// An API key, without its secret.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct KeyBody {
    /// Its id.
    id: ApiKeyId,
    /// The 8 characters after `fanfare_live_`, for recognizing it.
    visible: String,
    /// What it is for.
    name: String,
    /// What it may do.
    permissions: Permissions,
    /// The only channels it reaches; absent means all.
    #[serde(skip_serializing_if = "Option::is_none")]
    channels: Option<BTreeSet<ChannelId>>,
    /// The only ranges it may be used from; absent means anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    addresses: Option<Vec<String>>,
    /// Who made it.
    made_by: PersonId,
    /// When it was made.
    created_at: Timestamp,
    /// When it ends.
    expires_at: Timestamp,
    /// When it was last used, to the minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_at: Option<Timestamp>,
    /// The network it was last used from.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_used_from: Option<String>,
    /// The key that took over from it, if it was rotated. A key is rotated once.
    #[serde(skip_serializing_if = "Option::is_none")]
    successor: Option<ApiKeyId>,
}

pub(crate) fn body(key: Key) -> KeyBody {
    let Key { id, visible, name, permissions, channels, addresses, made_by, created_at, expires_at, successor, .. } =
        key;
    let addresses = addresses.map(|ranges| ranges.iter().map(IpNet::to_string).collect());
    let (last_used_at, last_used_from) = (key.last_used_at, key.last_used_from);
    KeyBody {
        id,
        visible,
        name,
        permissions,
        channels,
        addresses,
        made_by,
        created_at,
        expires_at,
        last_used_at,
        last_used_from,
        successor,
    }
}

/// The keys of the workspace.
#[derive(Debug, Serialize, ToSchema)]
struct KeysBody {
    /// Oldest first; there are 200 at most.
    items: Vec<KeyBody>,
}

/// The workspace's API keys that were not revoked.
#[utoipa::path(
    get, path = "/v1/keys", tag = "API keys", operation_id = "list_keys",
    responses((status = 200, description = "The keys.", body = KeysBody), Refusals),
    extensions(("x-permission" = json!("keys:manage"))),
)]
async fn list(State(app): State<App>, scope: May<KeysManage>) -> Result<Json<KeysBody>> {
    Ok(Json(KeysBody { items: super::list(&app, &scope).await?.into_iter().map(body).collect() }))
}

/// A key to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct MakeKey {
    /// What it is for.
    name: String,
    /// Its permissions, at most your own; read-only by default.
    #[serde(default)]
    permissions: Option<Permissions>,
    /// The only channels it reaches; all if it is left out.
    #[serde(default)]
    channels: Option<BTreeSet<ChannelId>>,
    /// The only ranges it may be used from, such as `203.0.113.0/24`; anywhere if it is left out.
    #[serde(default)]
    addresses: Option<Vec<String>>,
    /// How many days it is valid, 1 to 365.
    #[serde(default = "days_default")]
    days: u32,
}

fn days_default() -> u32 {
    DAYS_DEFAULT
}

/// A range, or a single address.
fn ranges(texts: Option<Vec<String>>) -> std::result::Result<Option<Vec<IpNet>>, KeyError> {
    let read = |text: &String| {
        let net = text.parse::<IpNet>().ok().or_else(|| text.parse::<std::net::IpAddr>().ok().map(IpNet::from));
        let rule = || say!("`{text}` is not a range; write it like 203.0.113.0/24 or 2001:db8::/48");
        net.map(|net| net.trunc()).ok_or_else(|| KeyError::Field("/addresses", rule()))
    };
    texts.map(|texts| texts.iter().map(read).collect()).transpose()
}

/// A key that was just made.
#[derive(Debug, Serialize, ToSchema)]
struct MadeKeyBody {
    /// The key itself. It is shown here and never again.
    secret: String,
    /// What is known about it.
    key: KeyBody,
}

fn made((key, secret): (Key, Secret<String>)) -> Created<MadeKeyBody> {
    let location = format!("/v1/keys/{}", key.id);
    Created { location, body: MadeKeyBody { secret: secret.expose().clone(), key: body(key) } }
}

/// Makes an API key for the workspace. Needs a recent sign-in; no key can make a key.
///
/// Should the answer be lost, the same `Idempotency-Key` gives it again; after a crash of the server it gives the key
/// without its secret: revoke it then, and make another.
#[utoipa::path(
    post, path = "/v1/keys", tag = "API keys", operation_id = "make_key", request_body = MakeKey,
    responses((status = 201, description = "The key, shown once.", body = MadeKeyBody), Refusals),
    extensions(("x-permission" = json!("keys:manage")), ("x-recent" = json!(true))),
)]
async fn make(
    State(app): State<App>,
    scope: May<KeysManage>,
    Recent(session): Recent,
    Json(new): Json<MakeKey>,
) -> Result<Created<MadeKeyBody>> {
    let MakeKey { name, permissions, channels, addresses, days } = new;
    let new = NewKey { name, permissions, channels, addresses: ranges(addresses)?, days };
    Ok(made(super::make(&app, &scope, session.person, new).await?))
}

/// One API key.
#[utoipa::path(
    get, path = "/v1/keys/{key}", tag = "API keys", operation_id = "read_key",
    params(("key" = ApiKeyId, Path, description = "The key's id.")),
    responses((status = 200, description = "The key, without its secret.", body = KeyBody), Refusals),
    extensions(("x-permission" = json!("keys:manage"))),
)]
async fn read(State(app): State<App>, scope: May<KeysManage>, Path(id): Path<ApiKeyId>) -> Result<Json<KeyBody>> {
    Ok(Json(body(super::find(&app, &scope, id).await?)))
}

/// Revokes an API key. It stops working within a second. A person needs a recent sign-in.
#[utoipa::path(
    delete, path = "/v1/keys/{key}", tag = "API keys", operation_id = "revoke_key",
    params(("key" = ApiKeyId, Path, description = "The key's id.")),
    responses((status = 204, description = "Revoked."), Refusals),
    extensions(("x-permission" = json!("keys:manage")), ("x-recent" = json!("people"))),
)]
async fn revoke(
    State(app): State<App>,
    scope: May<KeysManage>,
    _: Confirmed,
    Path(id): Path<ApiKeyId>,
) -> Result<NoContent> {
    super::revoke(&app, &scope, id).await?;
    Ok(NoContent)
}

/// How the change-over goes.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RotateKey {
    /// How many hours the old key stays valid beside the new one, at most 168.
    #[serde(default = "overlap_default")]
    overlap_hours: u32,
}

fn overlap_default() -> u32 {
    24
}

/// Makes a key with the same rights that takes over from this one. A key is rotated once. Needs a recent sign-in.
#[utoipa::path(
    post, path = "/v1/keys/{key}/rotate", tag = "API keys", operation_id = "rotate_key", request_body = RotateKey,
    params(("key" = ApiKeyId, Path, description = "The id of the old key.")),
    responses((status = 201, description = "The new key, shown once.", body = MadeKeyBody), Refusals),
    extensions(("x-permission" = json!("keys:manage")), ("x-recent" = json!(true))),
)]
async fn rotate(
    State(app): State<App>,
    scope: May<KeysManage>,
    Recent(session): Recent,
    Path(id): Path<ApiKeyId>,
    Json(RotateKey { overlap_hours }): Json<RotateKey>,
) -> Result<Created<MadeKeyBody>> {
    Ok(made(super::rotate(&app, &scope, session.person, id, overlap_hours).await?))
}

/// A leaked key.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct LeakedKey {
    /// The whole key.
    #[schema(value_type = String, format = Password)]
    key: Secret<String>,
}

/// Revokes the given key, if it is valid. Anyone who finds a leaked key can revoke it; the response is always the
/// same.
#[utoipa::path(
    post, path = "/v1/keys/revoke", tag = "API keys", operation_id = "revoke_leaked_key", request_body = LeakedKey,
    responses((status = 204, description = "If the key was valid, it is revoked."), Refusals),
    extensions(("x-permission" = json!("public"))),
)]
async fn revoke_leaked(State(app): State<App>, Json(body): Json<LeakedKey>) -> Result<NoContent> {
    super::revoke_leaked(&app, &body.key).await?;
    Ok(NoContent)
}
