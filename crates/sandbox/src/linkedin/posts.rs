//! Posts: made, read one by one, in lists and in batches, changed, deleted.

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
    model::{Content, Feed, Kind, Post, Shown},
    problem::Problem,
    restli::{self, Caller, Query},
    text::{self, Piece},
};
use crate::{Action, NewEntry, RequestDigest};

/// Characters of a commentary as it is sent, in units of UTF-16 (n8n 22899 counts with escapes).
const TEXT_MAX: usize = 3_000;
const ALT_MAX: usize = 4_086;
const SERVICE: &str = "partnerApiPostsExternal";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Create {
    author: String,
    commentary: String,
    visibility: String,
    distribution: Distribution,
    content: Option<Content>,
    lifecycle_state: String,
    #[serde(default)]
    is_reshare_disabled_by_author: bool,
    reshare_context: Option<Reshare>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Distribution {
    feed_distribution: String,
    #[serde(default)]
    target_entities: Vec<Value>,
    #[serde(default, rename = "thirdPartyDistributionChannels")]
    _third_party: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Reshare {
    parent: String,
}

/// `POST /rest/posts`.
pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Extension(digest): Extension<RequestDigest>,
    bytes: Bytes,
) -> Result<Response, Problem> {
    let new: Create = restli::body(&bytes)?;
    let (mut feed, now) = (state.feed(), state.now());
    let what = format!("{SERVICE}.CREATE");
    caller.need_for(&feed, &new.author, "w_member_social", "w_organization_social", &what)?;
    let is_page = feed.organization(&new.author).is_some();
    if is_page && state.settings().is_development_tier {
        return Err(caller.denied(&what));
    }
    check(&new, is_page)?;
    if let Some(content) = &new.content {
        check_content(&state, &feed, &new, content)?;
    }
    if let Some(shared) = &new.reshare_context
        && feed.post(&shared.parent).is_none_or(|post| post.is_closed || post.urn != shared.parent)
    {
        return Err(Problem::value("/reshareContext/parent", "is no share or ugcPost that can be shared"));
    }
    if let Some(same) = duplicate(&state, &feed, &new.author, &digest) {
        return Err(is_duplicate(&state, &same));
    }
    if !state.core.spend(&restli::POSTS, &new.author, 1).allowed {
        return Err(Problem::throttled("MEMBER DAY"));
    }
    let number = feed.fresh();
    let is_film = matches!(&new.content, Some(Content::Media(shown)) if shown.id.starts_with("urn:li:video:"));
    let post = Post {
        urn: format!("urn:li:{}:{number}", if is_film { "ugcPost" } else { "share" }),
        activity: number + 1,
        author: new.author,
        text: named_rightly(&feed, text::read(&new.commentary)),
        visibility: new.visibility,
        content: new.content,
        reshares: new.reshare_context.map(|shared| shared.parent),
        is_closed: new.is_reshare_disabled_by_author,
        at: now,
        edited_at: None,
        digest: digest.0.to_string(),
    };
    state.core.record(entry(&feed, &post, Action::Created, &digest));
    let urn = post.urn.clone();
    feed.posts.push(post);
    Ok(restli::created(&urn))
}

fn check(new: &Create, is_page: bool) -> Result<(), Problem> {
    check_text(&new.commentary)?;
    let allowed = if is_page { &["PUBLIC", "LOGGED_IN"][..] } else { &["PUBLIC", "CONNECTIONS", "LOGGED_IN"] };
    if !allowed.contains(&new.visibility.as_str()) {
        return Err(Problem::value("/visibility", format!("{} is not one of {allowed:?}", new.visibility)));
    }
    if !["MAIN_FEED", "NONE"].contains(&new.distribution.feed_distribution.as_str()) {
        return Err(Problem::value("/distribution/feedDistribution", "is not MAIN_FEED or NONE"));
    }
    if !new.distribution.target_entities.is_empty() && !is_page {
        return Err(Problem::value("/distribution/targetEntities", "only organisations choose who sees a post"));
    }
    if new.lifecycle_state != "PUBLISHED" {
        return Err(Problem::value("/lifecycleState", "must be PUBLISHED"));
    }
    let shares = new.reshare_context.is_some();
    if shares && new.content.is_some() {
        return Err(Problem::value("/content", "a post that shares another has no content"));
    }
    if new.commentary.trim().is_empty() && new.content.is_none() && !shares {
        return Err(Problem::input(400, "MISSING_FIELD", "/commentary", "the post says nothing"));
    }
    Ok(())
}

fn check_text(commentary: &str) -> Result<(), Problem> {
    let length = commentary.encode_utf16().count();
    if length <= TEXT_MAX {
        return Ok(());
    }
    let said =
        format!("ShareCommentary text length ({length} characters) exceeded the maximum allowed (3000 characters)");
    Err(Problem::input(400, "FIELD_ARRAY_SIZE_TOO_HIGH", "/commentary", said))
}

fn check_content(state: &State, feed: &Feed, new: &Create, content: &Content) -> Result<(), Problem> {
    let long = |path: &str, text: Option<&String>, most: usize| {
        let is_long = text.is_some_and(|text| text.chars().count() > most);
        if is_long {
            Err(Problem::input(400, "FIELD_LENGTH_TOO_LONG", path, format!("{most} characters are the most")))
        } else {
            Ok(())
        }
    };
    let usable = |shown: &Shown, kinds: &[Kind]| {
        long("/content/altText", shown.alt_text.as_ref(), ALT_MAX)?;
        assets::usable(state, feed, &shown.id, &new.author, kinds)
    };
    match content {
        Content::Media(shown) => {
            usable(shown, &[Kind::Image, Kind::Document, Kind::Video])?;
            let is_document = shown.id.starts_with("urn:li:document:");
            if is_document && shown.title.as_ref().is_none_or(|title| title.trim().is_empty()) {
                return Err(Problem::input(400, "MISSING_FIELD", "/content/media/title", "a document needs a title"));
            }
        }
        Content::MultiImage(several) => {
            if !(2..=20).contains(&several.images.len()) {
                return Err(Problem::value("/content/multiImage/images", "2 to 20 images"));
            }
            several.images.iter().try_for_each(|shown| usable(shown, &[Kind::Image]))?;
        }
        Content::Article(article) => {
            let is_page = url::Url::parse(&article.source).is_ok_and(|url| ["http", "https"].contains(&url.scheme()));
            if !is_page {
                return Err(Problem::value("/content/article/source", "is no address of a page"));
            }
            long("/content/article/title", Some(&article.title), 400)?;
            long("/content/article/description", article.description.as_ref(), ALT_MAX)?;
            if let Some(picture) = &article.thumbnail {
                assets::usable(state, feed, picture, &new.author, &[Kind::Image])?;
            }
        }
        Content::Poll(poll) => {
            long("/content/poll/question", Some(&poll.question), 140)?;
            let is_whole = (2..=4).contains(&poll.options.len())
                && poll.options.iter().all(|one| !one.text.is_empty())
                && !poll.question.is_empty();
            if !is_whole {
                return Err(Problem::value("/content/poll", "a question and 2 to 4 options"));
            }
            poll.options.iter().try_for_each(|one| long("/content/poll/options", Some(&one.text), 30))?;
            if poll.days().is_none() {
                return Err(Problem::value("/content/poll/settings/duration", "is not one of the four durations"));
            }
        }
    }
    Ok(())
}

/// A mention whose name isn't exactly the organisation's, or a part of the member's, is plain text.
fn named_rightly(feed: &Feed, pieces: Vec<Piece>) -> Vec<Piece> {
    let known = |piece: Piece| match piece {
        Piece::Mention { name, urn } => {
            let of = feed.named(&urn).map(|(known, _)| known);
            let is_right = of.is_some_and(|known| {
                let is_part = urn.contains(":person:") && known.split(' ').any(|part| part == name);
                known == name || is_part
            });
            if is_right { Piece::Mention { name, urn } } else { Piece::Plain(name) }
        }
        piece => piece,
    };
    pieces.into_iter().map(known).collect()
}

/// The same body by the same author a short while ago: its URN.
fn duplicate(state: &State, feed: &Feed, author: &str, digest: &RequestDigest) -> Option<String> {
    let since = state.now() - Duration::from_secs(state.settings().duplicate_window_s);
    let same = |post: &&Post| post.author == author && post.digest == *digest.0 && post.at > since;
    feed.posts.iter().rev().find(same).map(|post| post.urn.clone())
}

fn is_duplicate(state: &State, urn: &str) -> Problem {
    let mut described = "Duplicate post is detected".to_owned();
    let mut message = format!("Content is a duplicate of {urn}");
    if state.settings().duplicate_in_message_only {
        message = format!("com.linkedin.content.common.exception.BadRequestResponseException: {message}");
    } else {
        described = format!("{described}. {urn}");
    }
    Problem::input(422, "DUPLICATE_POST", "/", described).said(message)
}

fn entry(feed: &Feed, post: &Post, action: Action, digest: &RequestDigest) -> NewEntry {
    let files = match &post.content {
        Some(Content::Media(_)) => 1,
        Some(Content::MultiImage(several)) => several.images.len(),
        _ => 0,
    };
    NewEntry {
        account: feed.named(&post.author).map_or_else(|| post.author.clone(), |(_, vanity)| vanity.to_owned()),
        action,
        kind: if post.reshares.is_some() { "reshare" } else { "post" }.to_owned(),
        remote_id: post.urn.clone(),
        text: text::plain(&post.text),
        media_count: files,
        parent: post.reshares.clone(),
        client_id: None,
        request_digest: digest.0.to_string(),
    }
}

fn shape(post: &Post) -> Value {
    let at = |time: base::Timestamp| time.as_micros() / 1_000;
    let mut shape = json!({
        "id": post.urn, "author": post.author, "commentary": text::given(&post.text), "visibility": post.visibility,
        "distribution": { "feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": [] },
        "lifecycleState": "PUBLISHED", "isReshareDisabledByAuthor": post.is_closed, "createdAt": at(post.at),
        "publishedAt": at(post.at), "lastModifiedAt": at(post.edited_at.unwrap_or(post.at)),
        "lifecycleStateInfo": { "isEditedByAuthor": post.edited_at.is_some() },
    });
    if let Some(content) = &post.content {
        shape["content"] = json!(content);
    }
    if let Some(parent) = &post.reshares {
        shape["reshareContext"] = json!({ "parent": parent, "root": parent });
    }
    shape
}

/// Whether the caller may read what this author posts.
fn may_read(caller: &Caller, feed: &Feed, author: &str, what: &str) -> Result<(), Problem> {
    caller.need_for(feed, author, "r_member_social", "r_organization_social", &format!("{SERVICE}.{what}"))
}

/// `GET /rest/posts/{urn}`.
pub async fn read(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Path(urn): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    Query::read(query.as_deref(), &["viewContext", "fields"])?;
    let feed = state.feed();
    caller.need(&["r_member_social", "r_organization_social"], &format!("{SERVICE}.GET"))?;
    let post = feed.post(&urn).ok_or_else(|| Problem::missing(&urn))?;
    may_read(&caller, &feed, &post.author, "GET")?;
    Ok(Json(shape(post)))
}

/// `GET /rest/posts?q=author&author=`, newest first, and `GET /rest/posts?ids=List()`.
pub async fn list(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let known = ["q", "author", "count", "start", "sortBy", "ids", "viewContext", "isDsc"];
    let query = Query::read(query.as_deref(), &known)?;
    let (feed, now) = (state.feed(), state.now());
    let ids = query.list("ids")?;
    if !ids.is_empty() {
        restli::is_method(&headers, "BATCH_GET", false)?;
        let mut answer = json!({ "results": {}, "statuses": {}, "errors": {} });
        for urn in ids {
            match feed.post(&urn) {
                Some(post) if may_read(&caller, &feed, &post.author, "BATCH_GET").is_ok() => {
                    answer["results"][&urn] = shape(post);
                    answer["statuses"][&urn] = json!(200);
                }
                found => {
                    let status = if found.is_some() { 403 } else { 404 };
                    answer["errors"][&urn] = json!({ "status": status, "message": "not available" });
                }
            }
        }
        return Ok(Json(answer));
    }
    restli::is_method(&headers, "FINDER", false)?;
    if query.need("q")? != "author" {
        return Err(Problem::value("q", "the finder is author"));
    }
    let author = query.need("author")?;
    may_read(&caller, &feed, &author, "FINDER-author")?;
    let (start, count) = query.page(10, 100)?;
    let delay = Duration::from_millis(state.core.knobs().listing_delay_ms);
    let mut found: Vec<&Post> =
        feed.posts.iter().rev().filter(|post| post.author == author && post.at + delay <= now).collect();
    if query.get("sortBy").as_deref() != Some("CREATED") {
        found.sort_by_key(|post| std::cmp::Reverse(post.edited_at.unwrap_or(post.at)));
    }
    let elements: Vec<Value> = found.iter().skip(start).take(count).map(|post| shape(post)).collect();
    Ok(Json(json!({
        "elements": elements, "paging": { "start": start, "count": count, "total": found.len(), "links": [] },
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
    #[serde(rename = "$set")]
    set: Set,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Set {
    commentary: String,
}

/// `POST /rest/posts/{urn}` as `PARTIAL_UPDATE`.
pub async fn change(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Extension(digest): Extension<RequestDigest>,
    Path(urn): Path<String>,
    headers: HeaderMap,
    bytes: Bytes,
) -> Result<Response, Problem> {
    restli::is_method(&headers, "PARTIAL_UPDATE", true)?;
    let change: Change = restli::body(&bytes)?;
    let (mut feed, now) = (state.feed(), state.now());
    let author = feed.post(&urn).map(|post| post.author.clone());
    let what = format!("{SERVICE}.PARTIAL_UPDATE");
    // A member's app is refused, whatever the post (one source, measured in 2026).
    caller.need(&["w_member_social_feed", "w_organization_social"], &what)?;
    let author = author.ok_or_else(|| Problem::missing(&urn))?;
    caller.need_for(&feed, &author, "w_member_social", "w_organization_social", &what)?;
    check_text(&change.patch.set.commentary)?;
    let pieces = named_rightly(&feed, text::read(&change.patch.set.commentary));
    let Some(post) = feed.posts.iter_mut().find(|post| post.urn == urn) else { return Err(Problem::missing(&urn)) };
    (post.text, post.edited_at) = (pieces, Some(now));
    let post = post.clone();
    state.core.record(entry(&feed, &post, Action::Edited, &digest));
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// `DELETE /rest/posts/{urn}`.
pub async fn delete(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
    Extension(digest): Extension<RequestDigest>,
    Path(urn): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    restli::is_method(&headers, "DELETE", false)?;
    let mut feed = state.feed();
    let Some(post) = feed.posts.iter().find(|post| post.urn == urn).cloned() else {
        let is_quiet = state.settings().deletes_again && feed.gone.contains(&urn);
        return if is_quiet { Ok(StatusCode::NO_CONTENT.into_response()) } else { Err(Problem::missing(&urn)) };
    };
    let what = format!("{SERVICE}.DELETE");
    caller.need_for(&feed, &post.author, "w_member_social", "w_organization_social", &what)?;
    feed.posts.retain(|known| known.urn != urn);
    feed.comments.retain(|comment| comment.post != urn);
    feed.gone.push(urn);
    state.core.record(entry(&feed, &post, Action::Deleted, &digest));
    Ok(StatusCode::NO_CONTENT.into_response())
}
