//! Posts: making, editing and deleting them, and what goes live by itself.

use std::time::Duration;

use base::Timestamp;
use serde_json::{Value, json};
use url::Url;

use super::{
    State,
    calls::Call,
    comments, events,
    model::{Book, Kind, Node, Post, Stage, Video},
    photos, problem, reading,
};
use crate::{
    Action, NewEntry,
    meta::{error::GraphError, params::Params, read_time},
};

/// Units of UTF-16 in a text (Postiz has the number, letmepost the unit).
const TEXT: usize = 63_206;
/// How soon a post can be scheduled, and how far ahead.
const SOONEST: Duration = Duration::from_secs(600);
/// How far ahead posts and reels can be scheduled.
pub const AHEAD: Duration = Duration::from_secs(30 * 24 * 3600);
/// What an unpublished post may be for.
const UNPUBLISHED: [&str; 6] = ["SCHEDULED", "SCHEDULED_RECURRING", "DRAFT", "ADS_POST", "INLINE_CREATED", "PUBLISHED"];

/// The text, if it is short enough.
///
/// # Errors
/// 100 if it is too long.
pub fn text(params: &Params, names: &[&str]) -> Result<String, GraphError> {
    let said = names.iter().find_map(|name| params.get(name)).unwrap_or_default();
    if said.encode_utf16().count() > TEXT {
        return Err(problem::invalid("(#100) Name parameter too long"));
    }
    Ok(said.to_owned())
}

/// Who will see it: `published` and `scheduled_publish_time`.
///
/// # Errors
/// 100 if they do not go together, or the time is too near or too far.
fn stage(params: &Params, now: Timestamp, ahead: Duration) -> Result<Stage, GraphError> {
    if params.get("unpublished_content_type").is_some_and(|named| !UNPUBLISHED.contains(&named)) {
        return Err(problem::one_of("unpublished_content_type", &UNPUBLISHED));
    }
    let is_published = params.get("published").is_none_or(|_| params.is("published"));
    match (params.get("scheduled_publish_time"), is_published) {
        (None, true) => Ok(Stage::Live),
        (None, false) => Ok(Stage::Draft),
        (Some(_), true) => {
            // `published=false` is missing (facebook-api-video-upload 24).
            Err(problem::invalid("(#100) You cannot specify a scheduled publish time on a published post"))
        }
        (Some(at), false) => scheduled(at, now, ahead),
    }
}

/// A time at which something is to go out.
///
/// # Errors
/// 100 if it does not read, or is too near or too far.
pub fn scheduled(at: &str, now: Timestamp, ahead: Duration) -> Result<Stage, GraphError> {
    let at = read_time(at).filter(|at| (SOONEST..=ahead).contains(&at.since(now)));
    at.map(Stage::Scheduled).ok_or_else(|| problem::invalid("(#100) The specified scheduled publish time is invalid"))
}

/// What all posts may have.
///
/// # Errors
/// If something in it does not read.
pub fn draft(call: &Call<'_>, names: &[&str], ahead: Duration) -> Result<Post, GraphError> {
    let (params, now) = (call.params, call.state.now());
    let me = call.me()?;
    let targeting = params.get("targeting").map(serde_json::from_str::<Value>).transpose();
    Ok(Post {
        page: me.id.clone(),
        author: me.id.clone(),
        at: now,
        updated_at: now,
        message: text(params, names)?,
        stage: stage(params, now, ahead)?,
        place: params.get("place").map(str::to_owned),
        targeting: targeting.map_err(|_| problem::param("targeting", "must be an object"))?,
        is_ai_generated: params.is("is_ai_generated"),
        digest: call.digest.to_string(),
        ..Post::default()
    })
}

/// `POST /{page}/feed`.
///
/// # Errors
/// The first rule that it breaks.
pub fn create(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    let page = call.page_to_publish(node)?.id.clone();
    let (params, state) = (call.params, call.state);
    let mut book = state.book();
    let photos = photos::attached(&book, &page, params)?;
    let link = params.get("link").map(link).transpose()?;
    if link.is_none() && params.get("picture").is_some() {
        return Err(problem::invalid("(#100) A link must be provided if the picture param is given"));
    }
    // Only owners of an address may say how its card looks.
    let of_card = ["name", "picture", "description", "caption", "thumbnail"];
    if link.is_some() && of_card.iter().any(|name| params.get(name).is_some()) {
        let who =
            "Only owners of the URL have the ability to specify the picture, name, thumbnail or description params.";
        return Err(problem::invalid(format!("(#100) {who}")));
    }
    let kind = match () {
        () if !photos.is_empty() => Kind::Photos,
        () if link.is_some() => Kind::Link,
        () => Kind::Status,
    };
    let post = Post { kind, link, photos, ..draft(call, &["message"], AHEAD)? };
    if post.message.trim().is_empty() && post.link.is_none() && post.photos.is_empty() {
        return Err(problem::invalid("(#100) Missing message or attachment"));
    }
    let last = book.posts.values().rev().find(|last| last.page == page && last.author == page);
    let is_repeat = |last: &Post| last.photos.is_empty() && (&last.message, &last.link) == (&post.message, &post.link);
    if post.photos.is_empty() && state.settings().refuse_repeats && last.is_some_and(is_repeat) {
        return Err(problem::duplicate());
    }
    let id = book.add_post(post);
    went_out(state, &book, id);
    let name = book.posts[&id].full_id();
    drop(book);
    reading::with_fields(call, &name, json!({ "id": name }))
}

/// The address of a card.
fn link(address: &str) -> Result<String, GraphError> {
    let read = Url::parse(address).ok().filter(|url| ["http", "https"].contains(&url.scheme()));
    let url = read.ok_or_else(|| {
        let refusal = problem::invalid("(#100) The URL you supplied is invalid").with_subcode(2_061_006);
        refusal.for_people("Invalid URL", "Check the address and try again.")
    })?;
    let host = url.host_str().unwrap_or_default();
    if host == "facebook.com" || host.ends_with(".facebook.com") {
        let refusal =
            problem::invalid("(#100) Posts with links to facebook.com cannot be shared").with_subcode(1_609_008);
        return Err(refusal.for_people("Link Not Allowed", "Links to posts on Facebook can't be shared here."));
    }
    Ok(address.to_owned())
}

/// If it is out, writes it down and tells the app.
pub fn went_out(state: &State, book: &Book, id: u64) {
    let Some(post) = book.posts.get(&id).filter(|post| post.is_live()) else { return };
    record(state, book, post, Action::Created);
    events::of_post(state, book, post, "add");
}

fn record(state: &State, book: &Book, post: &Post, action: Action) {
    let handle = post.video.or_else(|| post.photos.first().copied());
    state.core.record(NewEntry {
        account: book.pages.get(&post.page).map_or_else(String::new, |page| page.username.clone()),
        action,
        kind: post.kind.as_str().to_owned(),
        remote_id: post.full_id(),
        text: post.message.clone(),
        media_count: post.photos.len() + usize::from(post.video.is_some()),
        parent: None,
        client_id: handle.map(|handle| handle.to_string()),
        request_digest: post.digest.clone(),
    });
}

/// Makes live what was to go live by now: posts of a given time, and films that are ready.
pub fn settle(state: &State, book: &mut Book) {
    let now = state.now();
    let due = |stage: Stage| matches!(stage, Stage::Scheduled(at) if at <= now);
    let posts: Vec<u64> = book.posts.values().filter(|post| due(post.stage)).map(|post| post.id).collect();
    for id in posts {
        set_live(state, book, id);
    }
    let is_waiting = |video: &&Video| video.post.is_none() && video.finish.is_some() && video.is_ready(now);
    let videos: Vec<u64> = book.videos.values().filter(is_waiting).map(|video| video.id).collect();
    for id in videos {
        let Some(video) = book.videos.get(&id) else { continue };
        let Some(finish) = &video.finish else { continue };
        let since = video.work.map_or(now, |work| work.ready_at).max(finish.at);
        let stage = if due(finish.stage) { Stage::Live } else { finish.stage };
        let post = Post { video: Some(id), stage, at: since, updated_at: since, ..finish.clone() };
        let id = book.add_post(post);
        went_out(state, book, id);
    }
}

fn set_live(state: &State, book: &mut Book, id: u64) {
    let Some(post) = book.posts.get_mut(&id) else { return };
    let at = if let Stage::Scheduled(at) = post.stage { at.min(state.now()) } else { state.now() };
    (post.stage, post.at, post.updated_at) = (Stage::Live, at, at);
    went_out(state, book, id);
}

/// `POST /{node}`: changes a post, film or comment.
///
/// # Errors
/// If it is not theirs, or a parameter is wrong.
pub fn change(call: &Call<'_>, name: &str) -> Result<Value, GraphError> {
    let (state, params) = (call.state, call.params);
    let mut book = state.book();
    let node = call.own(&book, "post", name)?;
    match node {
        Node::Comment(id) => {
            drop(book);
            return comments::change(call, id);
        }
        Node::Post(_) | Node::Video(_) => {}
        Node::Page(_) | Node::Photo(_) => return Err(problem::no_object("post", name)),
    }
    if !call.may_publish() {
        return Err(problem::missing_task());
    }
    // Answers well and takes nothing in: films are uploaded elsewhere (trypost 32, 361).
    if params.get("upload_phase") == Some("transfer") {
        return Ok(json!({ "success": true }));
    }
    let said = ["message", "description"].iter().any(|name| params.get(name).is_some());
    let said = said.then(|| text(params, &["message", "description"])).transpose()?;
    if let Node::Video(id) = node
        && let Some(video) = book.videos.get_mut(&id)
    {
        if let Some(title) = params.get("title") {
            video.title = title.to_owned();
        }
        if let (Some(finish), Some(said)) = (&mut video.finish, &said) {
            finish.message.clone_from(said);
        }
    }
    let post = book.post_of(&node).and_then(|id| book.posts.get_mut(&id));
    let Some(post) = post else { return Ok(json!({ "success": true })) };
    if post.author != post.page {
        return Err(problem::missing_task());
    }
    let now = state.now();
    if let Some(at) = params.get("scheduled_publish_time") {
        if post.is_live() {
            return Err(problem::invalid("(#100) You cannot specify a scheduled publish time on a published post"));
        }
        post.stage = scheduled(at, now, AHEAD)?;
    }
    let flag = |name: &str, old: bool| params.get(name).map_or(old, |_| params.is(name));
    post.hidden = flag("is_hidden", post.hidden);
    post.pinned = flag("is_pinned", post.pinned);
    post.is_ai_generated = flag("is_ai_generated", post.is_ai_generated);
    let is_new_text = said.as_ref().is_some_and(|said| *said != post.message);
    if let Some(said) = said {
        (post.message, post.updated_at) = (said, now);
    }
    post.digest = call.digest.to_string();
    let id = post.id;
    if is_new_text && post.is_live() {
        let post = post.clone();
        record(state, &book, &post, Action::Edited);
        events::of_post(state, &book, &post, "edited");
    }
    let is_draft = book.posts.get(&id).is_some_and(|post| !post.is_live());
    if params.is("is_published") && is_draft {
        set_live(state, &mut book, id);
    }
    Ok(json!({ "success": true }))
}

/// `DELETE /{node}`.
///
/// # Errors
/// If it is not theirs.
pub fn delete(call: &Call<'_>, name: &str) -> Result<Value, GraphError> {
    let mut book = call.state.book();
    let node = call.own(&book, "delete", name)?;
    if let Node::Comment(id) = node {
        drop(book);
        return comments::delete(call, id);
    }
    if !call.has("pages_manage_posts") || !call.has_task("CREATE_CONTENT") {
        return Err(problem::missing_task());
    }
    let post = book.post_of(&node).and_then(|id| book.posts.get(&id)).cloned();
    match (&node, post) {
        (Node::Page(_), _) => return Err(problem::no_object("delete", name)),
        // One picture of several.
        (Node::Photo(photo), Some(post)) if post.photos.len() > 1 => {
            if let Some(post) = book.posts.get_mut(&post.id) {
                post.photos.retain(|other| other != photo);
            }
        }
        (_, Some(post)) => {
            let post = Post { digest: call.digest.to_string(), ..post };
            if post.is_live() {
                record(call.state, &book, &post, Action::Deleted);
                events::of_post(call.state, &book, &post, "remove");
            }
            book.remove_post(post.id);
        }
        (_, None) => {}
    }
    if let Node::Photo(id) = node {
        book.photos.remove(&id);
    }
    if let Node::Video(id) = node {
        book.videos.remove(&id);
    }
    Ok(json!({ "success": true }))
}
