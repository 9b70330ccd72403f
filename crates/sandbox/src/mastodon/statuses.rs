//! Statuses: written, changed, deleted, read; and the accounts they belong to.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State as Shared},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};

use super::{
    State,
    compose::Rules,
    entities::View,
    media::describe,
    model::{Account, Draft, Status, Town},
    params::Params,
    params_of,
    refusal::Refusal,
    settings::Software,
};
use crate::{Action, NewEntry, RequestDigest};

/// How long an idempotency key is remembered.
const KEY_LIFE: Duration = Duration::from_secs(3600);
/// Statuses per page if the client does not say, and at most.
const PAGE: (u64, u64) = (20, 40);

const WRITABLE: [&str; 7] =
    ["status", "media_ids", "poll", "spoiler_text", "sensitive", "language", "quote_approval_policy"];

fn entry(town: &Town, status: &Status, action: Action, key: Option<String>, digest: &RequestDigest) -> NewEntry {
    NewEntry {
        account: town.accounts.get(&status.account).map_or_else(String::new, |account| account.username.clone()),
        action,
        kind: "post".into(),
        remote_id: status.id.to_string(),
        text: status.now.text.clone(),
        media_count: status.now.media.len(),
        parent: status.now.in_reply_to.map(|id| id.to_string()),
        client_id: key,
        request_digest: digest.0.to_string(),
    }
}

/// `POST /api/v1/statuses`.
pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(digest): Extension<RequestDigest>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let token = state.caller(&headers, &["write:statuses"])?;
    let me = token.consent.account.as_str();
    let (params, settings, now) = (params_of(&headers, &body)?, state.settings(), state.now());
    let takahe = settings.software == Software::Takahe;
    check_names(&params, takahe)?;
    let key = headers.get("idempotency-key").and_then(|value| value.to_str().ok()).map(str::to_owned);
    let mut town = state.town();
    if let Some(known) = key.as_ref().filter(|_| !takahe).and_then(|key| town.keys.get(&format!("{me}/{key}")))
        && known.1 > now
        && known.1 - KEY_LIFE + Duration::from_millis(settings.idempotency_lag_ms) <= now
    {
        let status = town.statuses.get(&known.0).ok_or_else(Refusal::not_found)?;
        return Ok(Json(View { core: &state.core, town: &town, viewer: Some(me), now }.status(status)));
    }
    let draft = Rules { town: &town, settings: &settings, me, now, changes: None }.draft(&params)?;
    let status = publish(&mut town, me, &token.consent.client_id, draft, now);
    if let Some(key) = &key {
        town.keys.insert(format!("{me}/{key}"), (status.id, now + KEY_LIFE));
    }
    state.core.record(entry(&town, &status, Action::Created, key, &digest));
    Ok(Json(View { core: &state.core, town: &town, viewer: Some(me), now }.status(&status)))
}

fn check_names(params: &Params, takahe: bool) -> Result<(), Refusal> {
    let mut names = WRITABLE.to_vec();
    names.extend(["visibility", "in_reply_to_id", "quoted_status_id", "scheduled_at"]);
    params.only(&names)?;
    if params.text("scheduled_at")?.is_some() && !takahe {
        return Err(Refusal::invalid("scheduled_at is not offered by this sandbox; schedule on your own side"));
    }
    if takahe && params.text("quoted_status_id")?.is_some() {
        return Err(Refusal::invalid("quoted_status_id is not a parameter of this method"));
    }
    Ok(())
}

fn publish(town: &mut Town, me: &str, client_id: &str, now: Draft, at: base::Timestamp) -> Status {
    let id = town.fresh_id(at);
    for media in now.media.iter().map(String::as_str) {
        if let Some(media) = town.media.get_mut(media) {
            media.attached = Some(id);
        }
    }
    let (account, client_id) = (me.to_owned(), client_id.to_owned());
    let status = Status { id, account, client_id, at, edited_at: None, now, before: Vec::new() };
    town.by_account.entry(me.to_owned()).or_default().push(id);
    town.statuses.insert(id, status.clone());
    status
}

/// `PUT /api/v1/statuses/:id`. What is left out is gone afterwards, media too.
pub async fn edit(
    Shared(state): Shared<Arc<State>>,
    Extension(digest): Extension<RequestDigest>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Refusal> {
    let token = state.caller(&headers, &["write:statuses"])?;
    let me = token.consent.account.as_str();
    let (params, settings, now) = (params_of(&headers, &body)?, state.settings(), state.now());
    let mut names = WRITABLE.to_vec();
    names.push("media_attributes");
    params.only(&names)?;
    let mut town = state.town();
    let held = town.status(Some(me), &id).filter(|status| status.account == me).cloned();
    let mut status = held.ok_or_else(Refusal::not_found)?;
    let draft = Rules { town: &town, settings: &settings, me, now, changes: Some(&status) }.draft(&params)?;
    change_media(&mut town, &params, &draft, settings.instance.description_limit)?;
    for media in town.media.values_mut().filter(|media| media.attached == Some(status.id)) {
        media.attached = None;
    }
    for id in &draft.media {
        town.media.entry(id.clone()).and_modify(|media| media.attached = Some(status.id));
    }
    let written = status.edited_at.unwrap_or(status.at);
    let before = std::mem::replace(&mut status.now, draft);
    status.before.push((written, before));
    status.edited_at = Some(now);
    town.statuses.insert(status.id, status.clone());
    state.core.record(entry(&town, &status, Action::Edited, None, &digest));
    Ok(Json(View { core: &state.core, town: &town, viewer: Some(me), now }.status(&status)))
}

fn change_media(town: &mut Town, params: &Params, draft: &Draft, limit: usize) -> Result<(), Refusal> {
    let Some(attributes) = params.0.get("media_attributes") else { return Ok(()) };
    let wrong = || Refusal::invalid("media_attributes must be an array of objects with an id");
    for item in attributes.as_array().ok_or_else(wrong)? {
        let item = Params(item.as_object().ok_or_else(wrong)?.clone());
        item.only(&["id", "description", "focus"])?;
        let id = item.text("id")?.filter(|id| draft.media.contains(id)).ok_or_else(Refusal::not_found)?;
        let (description, focus) = (item.text("description")?, item.text("focus")?);
        let media = town.media.get_mut(&id).ok_or_else(Refusal::not_found)?;
        describe(media, description, focus.as_deref(), limit)?;
    }
    Ok(())
}

/// `DELETE /api/v1/statuses/:id`: answers with the source text; the second time there is nothing.
pub async fn delete(
    Shared(state): Shared<Arc<State>>,
    Extension(digest): Extension<RequestDigest>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let token = state.caller(&headers, &["write:statuses"])?;
    let me = token.consent.account.as_str();
    let params = Params::form(query.unwrap_or_default().as_bytes())?;
    params.only(&["delete_media"])?;
    let (mut town, now) = (state.town(), state.now());
    let status = town.status(Some(me), &id).filter(|status| status.account == me).cloned();
    let status = status.ok_or_else(Refusal::not_found)?;
    let mut shape = View { core: &state.core, town: &town, viewer: Some(me), now }.status(&status);
    shape["text"] = json!(status.now.text);
    town.remove(status.id);
    if params.flag("delete_media")? == Some(true) {
        town.media.retain(|id, _| !status.now.media.contains(id));
    }
    state.core.record(entry(&town, &status, Action::Deleted, None, &digest));
    Ok(Json(shape))
}

/// `POST /api/v1/statuses/:id/favourite`; once more changes nothing.
pub async fn favourite(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    likes(&state, &id, &headers, true)
}

/// `POST /api/v1/statuses/:id/unfavourite`; once more changes nothing.
pub async fn unfavourite(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    likes(&state, &id, &headers, false)
}

fn likes(state: &State, id: &str, headers: &HeaderMap, does: bool) -> Result<Json<Value>, Refusal> {
    let token = state.caller(headers, &["write:favourites"])?;
    let me = token.consent.account.as_str();
    let (mut town, now) = (state.town(), state.now());
    let status = town.status(Some(me), id).cloned().ok_or_else(Refusal::not_found)?;
    let likers = town.favourites.entry(status.id).or_default();
    if does {
        likers.insert(me.to_owned())
    } else {
        likers.remove(me)
    };
    Ok(Json(View { core: &state.core, town: &town, viewer: Some(me), now }.status(&status)))
}

/// `GET /api/v1/statuses/:id`.
pub async fn read(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let viewer = state.viewer(&headers, &["read:statuses"])?;
    let town = state.town();
    let status = town.status(viewer.as_deref(), &id).ok_or_else(Refusal::not_found)?;
    let view = View { core: &state.core, town: &town, viewer: viewer.as_deref(), now: state.now() };
    Ok(Json(view.status(status)))
}

/// `GET /api/v1/statuses?id[]=`.
pub async fn read_many(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let viewer = state.viewer(&headers, &["read:statuses"])?;
    let params = Params::form(query.unwrap_or_default().as_bytes())?;
    params.only(&["id"])?;
    let ids = params.texts("id")?.unwrap_or_default();
    let town = state.town();
    let view = View { core: &state.core, town: &town, viewer: viewer.as_deref(), now: state.now() };
    let found = ids.iter().filter_map(|id| town.status(viewer.as_deref(), id));
    Ok(Json(found.map(|status| view.status(status)).collect()))
}

/// `GET /api/v1/statuses/:id/context`.
pub async fn context(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let viewer = state.viewer(&headers, &["read:statuses"])?;
    let viewer = viewer.as_deref();
    let (town, now) = (state.town(), state.now());
    let status = town.status(viewer, &id).ok_or_else(Refusal::not_found)?;
    let listed = |status: &Status| is_listed(&state, status) && town.may_see(viewer, status);
    let mut ancestors = Vec::new();
    let mut next = status.now.in_reply_to;
    while let Some(parent) = next.and_then(|id| town.statuses.get(&id)) {
        ancestors.push(parent);
        next = parent.now.in_reply_to;
    }
    ancestors.reverse();
    let mut under = vec![status.id];
    let mut descendants = Vec::new();
    for (id, other) in town.statuses.range(status.id..) {
        if other.now.in_reply_to.is_some_and(|parent| under.contains(&parent)) && listed(other) {
            under.push(*id);
            descendants.push(other);
        }
    }
    let view = View { core: &state.core, town: &town, viewer, now };
    let shapes = |statuses: Vec<&Status>| statuses.into_iter().map(|status| view.status(status)).collect::<Vec<_>>();
    Ok(Json(json!({ "ancestors": shapes(ancestors), "descendants": shapes(descendants) })))
}

/// Whether the lists know of it yet.
fn is_listed(state: &State, status: &Status) -> bool {
    let delay = Duration::from_millis(state.core.knobs().listing_delay_ms);
    status.at + delay <= state.now()
}

/// `GET /api/v1/statuses/:id/source`.
pub async fn source(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let token = state.caller(&headers, &["read:statuses"])?;
    let town = state.town();
    let status = town.status(Some(&token.consent.account), &id).ok_or_else(Refusal::not_found)?;
    Ok(Json(json!({ "id": id, "text": status.now.text, "spoiler_text": status.now.spoiler })))
}

/// `GET /api/v1/statuses/:id/history`.
pub async fn history(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let viewer = state.viewer(&headers, &["read:statuses"])?;
    let town = state.town();
    let status = town.status(viewer.as_deref(), &id).ok_or_else(Refusal::not_found)?;
    let view = View { core: &state.core, town: &town, viewer: viewer.as_deref(), now: state.now() };
    let last = (status.edited_at.unwrap_or(status.at), status.now.clone());
    let versions = status.before.iter().chain([&last]);
    Ok(Json(versions.map(|(at, draft)| view.version(status, *at, draft)).collect()))
}

/// `GET /api/v1/accounts/verify_credentials`.
pub async fn verify_credentials(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let token = state.caller(&headers, &["profile", "read:accounts"])?;
    let town = state.town();
    let me = token.consent.account.as_str();
    let account = town.accounts.get(me).ok_or_else(Refusal::bad_token)?;
    Ok(Json(View { core: &state.core, town: &town, viewer: Some(me), now: state.now() }.own_account(account)))
}

/// `GET /api/v1/accounts/:id`.
pub async fn account(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Result<Json<Value>, Refusal> {
    let town = state.town();
    let account = town.accounts.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Json(View { core: &state.core, town: &town, viewer: None, now: state.now() }.account(account)))
}

/// `GET /api/v2/search?type=accounts`: those whose name begins so. Open to everyone as long as nothing is to be resolved.
pub async fn search(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Refusal> {
    let viewer = state.viewer(&headers, &["read:search"])?;
    let params = Params::form(query.unwrap_or_default().as_bytes())?;
    params.only(&["q", "type", "limit", "resolve"])?;
    let sought = params.needed("q")?.trim_start_matches('@').to_lowercase();
    if viewer.is_none() && params.flag("resolve")? == Some(true) {
        return Err(Refusal::nobody());
    }
    if params.text("type")?.as_deref() != Some("accounts") {
        return Err(Refusal::not_found());
    }
    let town = state.town();
    let view = View { core: &state.core, town: &town, viewer: viewer.as_deref(), now: state.now() };
    let begins = |account: &&Account| {
        let name = account.name.to_lowercase();
        account.username.starts_with(&sought) || name.split_whitespace().any(|word| word.starts_with(&sought))
    };
    let found = town.accounts.values().filter(begins).take(page_size(&params)?);
    let accounts: Vec<Value> = found.map(|account| view.account(account)).collect();
    Ok(Json(json!({ "accounts": accounts, "statuses": [], "hashtags": [] })))
}

/// `GET /api/v1/accounts/:id/statuses`, newest first; with `min_id` the oldest page above it.
pub async fn of_account(
    Shared(state): Shared<Arc<State>>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let viewer = state.viewer(&headers, &["read:statuses"])?;
    let params = Params::form(query.unwrap_or_default().as_bytes())?;
    let names = ["max_id", "since_id", "min_id", "limit", "exclude_reblogs", "exclude_replies", "only_media"];
    params.only(&names)?;
    let town = state.town();
    if !town.accounts.contains_key(&id) {
        return Err(Refusal::not_found());
    }
    let found = page(&state, &town, &id, viewer.as_deref(), &params)?;
    let view = View { core: &state.core, town: &town, viewer: viewer.as_deref(), now: state.now() };
    let shapes: Vec<Value> = found.iter().map(|status| view.status(status)).collect();
    let mut answer = Json(shapes).into_response();
    if let (Some(first), Some(last)) = (found.first(), found.last()) {
        let at = state.core.url(&format!("/api/v1/accounts/{id}/statuses"));
        let next = format!("<{at}?max_id={}>; rel=\"next\", ", last.id);
        // A page that is not full is the last.
        let next = if found.len() == page_size(&params)? { next } else { String::new() };
        let link = format!("{next}<{at}?min_id={}>; rel=\"prev\"", first.id);
        if let Ok(link) = HeaderValue::from_str(&link) {
            answer.headers_mut().insert(header::LINK, link);
        }
    }
    Ok(answer)
}

fn page_size(params: &Params) -> Result<usize, Refusal> {
    let size = params.number("limit")?.unwrap_or(PAGE.0).clamp(1, PAGE.1);
    Ok(usize::try_from(size).unwrap_or(usize::MAX))
}

fn page<'a>(
    state: &State,
    town: &'a Town,
    account: &str,
    viewer: Option<&str>,
    params: &Params,
) -> Result<Vec<&'a Status>, Refusal> {
    let (max, since, min) = (params.number("max_id")?, params.number("since_id")?, params.number("min_id")?);
    let limit = page_size(params)?;
    let no_replies = params.flag("exclude_replies")?.unwrap_or(false);
    let only_media = params.flag("only_media")?.unwrap_or(false);
    // There are no boosts here, so `exclude_reblogs` is read and changes nothing.
    params.flag("exclude_reblogs")?;
    let floor = since.max(min).unwrap_or(0);
    let wanted = |status: &&Status| {
        status.id > floor
            && max.is_none_or(|max| status.id < max)
            && !(no_replies && status.now.in_reply_to.is_some())
            && !(only_media && status.now.media.is_empty())
            && is_listed(state, status)
            && town.may_see(viewer, status)
    };
    let ids = town.by_account.get(account).map_or(&[][..], Vec::as_slice);
    let all = ids.iter().filter_map(|id| town.statuses.get(id)).filter(wanted);
    let mut found: Vec<&Status> =
        if min.is_some() { all.take(limit).collect() } else { all.rev().take(limit).collect() };
    if min.is_some() {
        found.reverse();
    }
    Ok(found)
}
