//! Posts and the signed-in user: create, edit, delete, read one, some, or a timeline.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::{Path, RawQuery, State as Shared},
    response::{IntoResponse, Response},
};
use base::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::{
    State,
    compose::{self, Rules},
    model::{Draft, Plaza, Post},
    problem::{Problem, missing},
    query::{Query, id, older_words},
    settings::Vocabulary,
    shapes::View,
};
use crate::{Action, NewEntry, RequestDigest};

const READ: [&str; 2] = ["tweet.read", "users.read"];
const WRITE: [&str; 3] = ["tweet.read", "tweet.write", "users.read"];
/// How far back a timeline goes.
const TIMELINE_DEPTH: usize = 3_200;

fn require_json(headers: &HeaderMap) -> Result<(), Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if kind.starts_with("application/json") { Ok(()) } else { Err(Problem::unsupported()) }
}

fn entry(plaza: &Plaza, post: &Post, action: Action, digest: &RequestDigest) -> NewEntry {
    NewEntry {
        account: plaza.accounts.get(&post.account).map_or_else(String::new, |account| account.username.clone()),
        action,
        kind: "post".into(),
        remote_id: post.id.to_string(),
        text: post.draft.text.clone(),
        media_count: post.draft.media.len(),
        parent: post.draft.reply_to.map(|id| id.to_string()),
        client_id: None,
        request_digest: digest.0.to_string(),
    }
}

/// `POST /2/tweets`.
pub async fn create(
    Shared(state): Shared<Arc<State>>,
    Extension(digest): Extension<RequestDigest>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let me = state.caller(&headers, &WRITE)?;
    require_json(&headers)?;
    let (body, settings, now) = (compose::read(&body)?, state.settings(), state.now());
    let mut plaza = state.plaza();
    let author = plaza.accounts.get(&me).ok_or_else(Problem::unauthorized)?;
    let (draft, previous) = Rules { plaza: &plaza, settings: &settings, me: author, now }.draft(body)?;
    let action = if previous.is_some() { Action::Edited } else { Action::Created };
    let post = publish(&mut plaza, &me, draft, previous, now);
    state.core.record(entry(&plaza, &post, action, &digest));
    let view = View { core: &state.core, plaza: &plaza, viewer: &me, now };
    let chain: Vec<String> = post.chain.iter().map(u64::to_string).collect();
    let mut shape = json!({ "data": {
        "id": post.id.to_string(), "text": view.stored(&post, false).text, "edit_history_post_ids": chain,
    }});
    if settings.creates == Vocabulary::Tweet {
        older_words(&mut shape);
    }
    Ok((StatusCode::CREATED, Json(shape)).into_response())
}

fn publish(plaza: &mut Plaza, me: &str, draft: Draft, previous: Option<Post>, now: Timestamp) -> Post {
    let number = plaza.fresh_id(now);
    let parent = draft.reply_to.and_then(|id| plaza.posts.get(&id));
    let mut post = Post {
        id: number,
        account: me.to_owned(),
        at: now,
        first_at: previous.as_ref().map_or(now, |previous| previous.first_at),
        chain: previous.as_ref().map_or_else(Vec::new, |previous| previous.chain.clone()),
        conversation: parent.map_or(number, |parent| parent.conversation),
        draft,
    };
    post.chain.push(number);
    for media in &post.draft.media {
        plaza.media.entry(media.clone()).and_modify(|media| media.used = true);
    }
    let ids = plaza.by_account.entry(me.to_owned()).or_default();
    match previous.and_then(|previous| ids.iter().position(|id| *id == previous.id)) {
        Some(place) => ids[place] = number,
        None => ids.push(number),
    }
    plaza.posts.insert(number, post.clone());
    post
}

/// `DELETE /2/tweets/:id`. Deleting what is deleted is done already.
pub async fn delete(
    Shared(state): Shared<Arc<State>>,
    Extension(digest): Extension<RequestDigest>,
    Path(text): Path<String>,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &WRITE)?;
    let number = id("id", &text)?;
    let (mut plaza, now) = (state.plaza(), state.now());
    let done = Ok(Json(json!({ "data": { "deleted": true } })));
    match plaza.posts.get(&number).map(|post| post.account == me) {
        Some(true) => {}
        Some(false) => return Err(Problem::forbidden("You are not authorized to delete this Tweet.")),
        None if plaza.gone.get(&number) == Some(&me) => return done,
        None => return Err(Problem::no_post("id", &text)),
    }
    if let Some(post) = plaza.remove(number, now) {
        state.core.record(entry(&plaza, &post, Action::Deleted, &digest));
    }
    done
}

/// `GET /2/users/me`.
pub async fn me(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &READ)?;
    let words = state.settings().reads;
    let wanted = Query::read(query.as_deref(), words, &[])?.wanted(true)?;
    let plaza = state.plaza();
    let account = plaza.accounts.get(&me).ok_or_else(Problem::unauthorized)?;
    let view = View { core: &state.core, plaza: &plaza, viewer: &me, now: state.now() };
    Ok(answer(json!({ "data": view.user(account, &wanted.user) }), words))
}

fn answer(mut shape: Value, words: Vocabulary) -> Json<Value> {
    if words == Vocabulary::Tweet {
        older_words(&mut shape);
    }
    Json(shape)
}

/// `GET /2/tweets/:id`. A post that is not there is an entry in `errors`, with 200.
pub async fn read(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &READ)?;
    let words = state.settings().reads;
    let wanted = Query::read(query.as_deref(), words, &[])?.wanted(false)?;
    let number = id("id", &text)?;
    let plaza = state.plaza();
    let view = View { core: &state.core, plaza: &plaza, viewer: &me, now: state.now() };
    let Some(post) = plaza.posts.get(&number) else {
        return Ok(Json(json!({ "errors": [missing("post", "id", &text)] })));
    };
    let mut shape = json!({ "data": view.post(post, &wanted) });
    if let Some(includes) = view.includes(&[post], &wanted) {
        shape["includes"] = includes;
    }
    Ok(answer(shape, words))
}

/// `GET /2/tweets?ids=`, up to 100.
pub async fn read_many(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &READ)?;
    let words = state.settings().reads;
    let query = Query::read(query.as_deref(), words, &["ids"])?;
    let wanted = query.wanted(false)?;
    let ids: Vec<&str> = query.text("ids").unwrap_or_default().split(',').filter(|text| !text.is_empty()).collect();
    if !(1..=100).contains(&ids.len()) {
        return Err(Problem::invalid(
            "ids",
            "",
            "The number of values in the `ids` query parameter list is not between 1 and 100",
        ));
    }
    let plaza = state.plaza();
    let view = View { core: &state.core, plaza: &plaza, viewer: &me, now: state.now() };
    let (mut posts, mut errors) = (Vec::new(), Vec::new());
    for text in ids {
        match plaza.posts.get(&id("ids", text)?) {
            Some(post) => posts.push(post),
            None => errors.push(missing("post", "ids", text)),
        }
    }
    Ok(answer(listed(&view, &posts, &wanted, errors), words))
}

fn listed(view: &View, posts: &[&Post], wanted: &super::query::Wanted, errors: Vec<Value>) -> Value {
    let mut shape = json!({});
    if !posts.is_empty() {
        shape["data"] = posts.iter().map(|post| view.post(post, wanted)).collect();
    }
    if let Some(includes) = view.includes(posts, wanted) {
        shape["includes"] = includes;
    }
    if !errors.is_empty() {
        shape["errors"] = json!(errors);
    }
    shape
}

/// How far back the search goes.
const SEARCHED: Duration = Duration::from_secs(7 * 24 * 3600);

/// `GET /2/tweets/search/recent`, newest first: what belongs to a conversation, perhaps without what one author wrote there.
/// No other query is understood here.
pub async fn search(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &READ)?;
    let words = state.settings().reads;
    let query = Query::read(query.as_deref(), words, &["query", "max_results", "next_token", "pagination_token"])?;
    let wanted = query.wanted(false)?;
    let asked = query.text("query").unwrap_or_default();
    let wrong =
        |name: &str, value: &str| Problem::invalid(name, value, format!("The `{name}` query parameter is not valid"));
    let (mut conversation, mut without) = (None, None);
    for word in asked.split_whitespace() {
        match word.split_once(':') {
            Some(("conversation_id", number)) => conversation = Some(id("query", number)?),
            Some(("-from", who)) => without = Some(who),
            _ => return Err(wrong("query", asked)),
        }
    }
    let conversation = conversation.ok_or_else(|| wrong("query", asked))?;
    let size = query.number("max_results", 10, 100)?.unwrap_or(10);
    let from: usize = match query.text("next_token").or_else(|| query.text("pagination_token")) {
        None => 0,
        Some(token) => {
            token.strip_prefix("page-").and_then(|text| text.parse().ok()).ok_or_else(|| wrong("next_token", token))?
        }
    };
    let (plaza, now) = (state.plaza(), state.now());
    let delay = Duration::from_millis(state.core.knobs().listing_delay_ms);
    let is_left_out = |post: &Post| {
        let name = plaza.accounts.get(&post.account).map_or("", |account| account.username.as_str());
        without.is_some_and(|who| who == post.account || who.eq_ignore_ascii_case(name))
    };
    let fits = |post: &&Post| {
        let is_newest = plaza.by_account.get(&post.account).is_some_and(|ids| ids.contains(&post.id));
        let is_in_time = post.at + delay <= now && post.at + SEARCHED > now;
        post.conversation == conversation && is_newest && is_in_time && !is_left_out(post)
    };
    let found: Vec<&Post> = plaza.posts.values().rev().filter(fits).collect();
    let page: Vec<&Post> = found.iter().skip(from).take(size).copied().collect();
    let view = View { core: &state.core, plaza: &plaza, viewer: &me, now };
    let mut shape = listed(&view, &page, &wanted, Vec::new());
    shape["meta"] = json!({ "result_count": page.len() });
    if let (Some(newest), Some(oldest)) = (page.first(), page.last()) {
        shape["meta"]["newest_id"] = json!(newest.id.to_string());
        shape["meta"]["oldest_id"] = json!(oldest.id.to_string());
    }
    if found.len() > from + size {
        shape["meta"]["next_token"] = json!(format!("page-{}", from + size));
    }
    Ok(answer(shape, words))
}

/// `PUT /2/tweets/:id/hidden`: an answer in a conversation that the caller began.
pub async fn hide(
    Shared(state): Shared<Arc<State>>,
    Path(text): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &["tweet.read", "tweet.moderate.write", "users.read"])?;
    require_json(&headers)?;
    let number = id("tweet_id", &text)?;
    let said = serde_json::from_slice::<Value>(&body).ok().and_then(|body| body["hidden"].as_bool());
    let hidden = said.ok_or_else(|| Problem::invalid("hidden", "", "The `hidden` field must be a boolean"))?;
    let mut plaza = state.plaza();
    let Some(post) = plaza.posts.get(&number) else { return Err(Problem::no_post("tweet_id", &text)) };
    let began = plaza.posts.get(&post.conversation).is_some_and(|root| root.account == me);
    if !began || post.draft.reply_to.is_none() {
        return Err(Problem::not_permitted());
    }
    if hidden {
        plaza.hidden.insert(number)
    } else {
        plaza.hidden.remove(&number)
    };
    Ok(Json(json!({ "data": { "hidden": hidden } })))
}

/// `GET /2/users/:id/tweets`, newest first.
pub async fn timeline(
    Shared(state): Shared<Arc<State>>,
    Path(user): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<Value>, Problem> {
    let me = state.caller(&headers, &READ)?;
    let words = state.settings().reads;
    let names = ["max_results", "pagination_token", "start_time", "end_time", "since_id", "until_id", "exclude"];
    let query = Query::read(query.as_deref(), words, &names)?;
    let wanted = query.wanted(false)?;
    id("id", &user)?;
    let plaza = state.plaza();
    if !plaza.accounts.contains_key(&user) {
        return Ok(Json(json!({ "errors": [missing("user", "id", &user)] })));
    }
    let found = matching(&state, &plaza, &user, &query)?;
    let size = query.number("max_results", 5, 100)?.unwrap_or(10);
    let from: usize = match query.text("pagination_token") {
        None => 0,
        Some(token) => token.strip_prefix("page-").and_then(|text| text.parse().ok()).ok_or_else(|| {
            Problem::invalid("pagination_token", token, "The `pagination_token` is not one that this endpoint gave")
        })?,
    };
    let page: Vec<&Post> = found.iter().skip(from).take(size).copied().collect();
    let view = View { core: &state.core, plaza: &plaza, viewer: &me, now: state.now() };
    let mut shape = listed(&view, &page, &wanted, Vec::new());
    shape["meta"] = json!({ "result_count": page.len() });
    if let (Some(newest), Some(oldest)) = (page.first(), page.last()) {
        shape["meta"]["newest_id"] = json!(newest.id.to_string());
        shape["meta"]["oldest_id"] = json!(oldest.id.to_string());
    }
    if found.len() > from + size {
        shape["meta"]["next_token"] = json!(format!("page-{}", from + size));
    }
    Ok(answer(shape, words))
}

fn matching<'a>(state: &State, plaza: &'a Plaza, user: &str, query: &Query) -> Result<Vec<&'a Post>, Problem> {
    let (start, end) = (query.instant("start_time")?, query.instant("end_time")?);
    let (since, until) = (query.id("since_id")?, query.id("until_id")?);
    let exclude = query.text("exclude").unwrap_or_default();
    if let Some(word) = exclude.split(',').find(|word| !["", "replies", "retweets"].contains(word)) {
        return Err(Problem::invalid(
            "exclude",
            word,
            "The `exclude` query parameter is not one of [replies,retweets]",
        ));
    }
    let no_replies = exclude.split(',').any(|word| word == "replies");
    let delay = Duration::from_millis(state.core.knobs().listing_delay_ms);
    let now = state.now();
    let wanted = |post: &&Post| {
        post.at + delay <= now
            && start.is_none_or(|start| post.at >= start)
            && end.is_none_or(|end| post.at < end)
            && since.is_none_or(|since| post.id > since)
            && until.is_none_or(|until| post.id < until)
            && !(no_replies && post.draft.reply_to.is_some())
    };
    let ids = plaza.by_account.get(user).map_or(&[][..], Vec::as_slice);
    let mut posts: Vec<&Post> =
        ids.iter().rev().take(TIMELINE_DEPTH).filter_map(|id| plaza.posts.get(id)).filter(wanted).collect();
    // An edit stands where its first version stood but has a later id.
    posts.sort_by_key(|post| std::cmp::Reverse(post.id));
    Ok(posts)
}
