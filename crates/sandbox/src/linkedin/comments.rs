//! Comments under posts, and the counts of what people did with a post. Comments are plain text: there is no notation.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State as Shared},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    State, assets,
    model::{Comment, Feed, Kind, Post},
    problem::Problem,
    restli::{self, Caller, Query},
};
use crate::{Action, NewEntry, RequestDigest, growth::grown};

const SERVICE: &str = "partnerApiSocialActions";
/// Characters of a comment.
const TEXT_MAX: usize = 1_250;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Create {
    actor: String,
    object: Option<String>,
    message: Message,
    #[serde(default)]
    content: Vec<Attached>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Message {
    text: String,
    #[serde(default, rename = "attributes")]
    _attributes: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Attached {
    entity: Picture,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Picture {
    image: String,
}

fn write(caller: &Caller, feed: &Feed, actor: &str, method: &str) -> Result<(), Problem> {
    let what = format!("{SERVICE}.{method}");
    caller.need_for(feed, actor, "w_member_social_feed", "w_organization_social_feed", &what)
}

fn check_text(text: &str) -> Result<(), Problem> {
    if text.chars().count() > TEXT_MAX {
        return Err(Problem::input(400, "FIELD_LENGTH_TOO_LONG", "/message/text", "1250 characters are the most"));
    }
    if text.is_empty() { Err(Problem::input(400, "MISSING_FIELD", "/message/text", "is empty")) } else { Ok(()) }
}

fn found<'a>(state: &State, feed: &'a Feed, urn: &str) -> Result<&'a Post, Problem> {
    let lag = Duration::from_millis(state.settings().comment_lag_ms);
    let post = feed.post(urn).filter(|post| post.at + lag <= state.now());
    post.ok_or_else(|| Problem::named(404, "NOT_FOUND", format!("Unable to obtain activity for urn {urn}")))
}

fn urn_of(post: &Post, comment: &Comment) -> String {
    format!("urn:li:comment:(urn:li:activity:{},{})", post.activity, comment.id)
}

fn shape(post: &Post, comment: &Comment) -> Value {
    let mut shape = json!({
        "actor": comment.actor, "object": format!("urn:li:activity:{}", post.activity), "id": comment.id.to_string(),
        "$URN": urn_of(post, comment), "message": { "text": comment.text, "attributes": [] },
        "created": { "time": comment.at.as_micros() / 1_000, "actor": comment.actor },
    });
    if let Some(image) = &comment.image {
        shape["content"] = json!([{ "entity": { "image": image } }]);
    }
    shape
}

fn entry(feed: &Feed, comment: &Comment, action: Action, digest: &RequestDigest) -> NewEntry {
    NewEntry {
        account: feed.named(&comment.actor).map_or_else(|| comment.actor.clone(), |(_, vanity)| vanity.to_owned()),
        action,
        kind: "comment".to_owned(),
        remote_id: comment.id.to_string(),
        text: comment.text.clone(),
        media_count: usize::from(comment.image.is_some()),
        parent: Some(comment.post.clone()),
        client_id: None,
        request_digest: digest.0.to_string(),
    }
}

/// `POST /rest/socialActions/{urn}/comments`.
pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Extension(digest): Extension<RequestDigest>,
    Path(urn): Path<String>,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let new: Create = restli::body(&bytes)?;
    let (mut feed, now) = (state.feed(), state.now());
    write(&caller, &feed, &new.actor, "CREATE")?;
    check_text(&new.message.text)?;
    let post = found(&state, &feed, &urn)?.clone();
    let activity = format!("urn:li:activity:{}", post.activity);
    if new.object.as_ref().is_some_and(|object| *object != activity && *object != post.urn) {
        return Err(Problem::value("/object", "is not the post of the address"));
    }
    let image = match new.content.as_slice() {
        [] => None,
        [one] => {
            assets::usable(&state, &feed, &one.entity.image, &new.actor, &[Kind::Image])?;
            Some(one.entity.image.clone())
        }
        _ => return Err(Problem::value("/content", "one picture is the most")),
    };
    if !state.core.spend(&restli::COMMENTS, &new.actor, 1).allowed {
        return Err(Problem::throttled("MEMBER").said("Comment create throttled"));
    }
    let id = feed.fresh();
    let comment = Comment { id, post: post.urn.clone(), actor: new.actor, text: new.message.text, image, at: now };
    state.core.record(entry(&feed, &comment, Action::Created, &digest));
    let mut answer = restli::created(&id.to_string());
    let body = Json(shape(&post, &comment)).into_response();
    answer.headers_mut().extend(body.headers().clone());
    *answer.body_mut() = body.into_body();
    feed.comments.push(comment);
    Ok(answer)
}

/// `GET /rest/socialActions/{urn}/comments`, oldest first.
pub async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(urn): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    let query = Query::read(query.as_deref(), &["start", "count"])?;
    let feed = state.feed();
    caller.need(
        &["r_organization_social_feed", "r_organization_social", "r_member_social_feed"],
        &format!("{SERVICE}.GET_ALL"),
    )?;
    let post = found(&state, &feed, &urn)?;
    let (start, count) = query.page(10, 100)?;
    let delay = Duration::from_millis(state.core.knobs().listing_delay_ms);
    let all: Vec<&Comment> = feed.comments_on(&post.urn).filter(|one| one.at + delay <= state.now()).collect();
    let elements: Vec<Value> = all.iter().skip(start).take(count).map(|one| shape(post, one)).collect();
    Ok(Json(json!({
        "elements": elements, "paging": { "start": start, "count": count, "total": all.len(), "links": [] },
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    patch: Patch,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Patch {
    message: Set,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    #[serde(rename = "$set")]
    set: Message,
}

/// Who acts, by the query; the comment must be theirs, or under their post.
fn own(
    state: &State,
    caller: &Caller,
    urn: &str,
    id: &str,
    query: Option<&str>,
    method: &str,
) -> Result<Comment, Problem> {
    let actor = Query::read(query, &["actor"])?.need("actor")?;
    let feed = state.feed();
    write(caller, &feed, &actor, method)?;
    let post = found(state, &feed, urn)?;
    let comment = feed.comments_on(&post.urn).find(|comment| comment.id.to_string() == id);
    let comment = comment.ok_or_else(|| Problem::missing("comment"))?;
    let is_moderator = method == "DELETE" && post.author == actor;
    if comment.actor == actor || is_moderator {
        Ok(comment.clone())
    } else {
        Err(caller.denied(&format!("{SERVICE}.{method}")))
    }
}

/// `POST /rest/socialActions/{urn}/comments/{id}?actor=` as `PARTIAL_UPDATE`.
pub async fn change(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Extension(digest): Extension<RequestDigest>,
    Path((urn, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    restli::is_method(&headers, "PARTIAL_UPDATE", true)?;
    let text = restli::body::<Change>(&bytes)?.patch.message.set.text;
    let mut comment = own(&state, &caller, &urn, &id, query.as_deref(), "PARTIAL_UPDATE")?;
    check_text(&text)?;
    comment.text = text;
    let mut feed = state.feed();
    if let Some(known) = feed.comments.iter_mut().find(|known| known.id == comment.id) {
        *known = comment.clone();
    }
    state.core.record(entry(&feed, &comment, Action::Edited, &digest));
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /rest/socialActions/{urn}/comments/{id}?actor=`.
pub async fn delete(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Extension(digest): Extension<RequestDigest>,
    Path((urn, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let comment = own(&state, &caller, &urn, &id, query.as_deref(), "DELETE")?;
    let mut feed = state.feed();
    feed.comments.retain(|known| known.id != comment.id);
    state.core.record(entry(&feed, &comment, Action::Deleted, &digest));
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `GET /rest/socialMetadata/{urn}`.
pub async fn metadata(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(urn): Path<String>,
) -> Result<Json<Value>, Problem> {
    let (feed, now) = (state.feed(), state.now());
    caller.need(&["r_organization_social", "r_member_social"], "partnerApiSocialMetadata.GET")?;
    let post = found(&state, &feed, &urn)?;
    let age = now.since(post.at);
    let mut reactions = json!({});
    for (kind, most) in [("LIKE", 300), ("PRAISE", 60), ("EMPATHY", 40)] {
        reactions[kind] = json!({ "reactionType": kind, "count": grown(&post.urn, kind, age, most) });
    }
    let comments = feed.comments_on(&post.urn).count();
    Ok(Json(json!({
        "entity": urn, "commentsState": "OPEN", "reactionSummaries": reactions,
        "commentSummary": { "count": comments, "topLevelCount": comments },
    })))
}
