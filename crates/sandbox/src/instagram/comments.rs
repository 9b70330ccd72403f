//! Comments: lists, writing, answers, hiding, deletion, switching them off, and mentions.

use std::sync::MutexGuard;

use serde_json::{Value, json};

use super::{
    calls::{Call, Right},
    events,
    model::{Account, Comment, Gallery},
    problem::{KIND, refusal},
    reading::mine,
    shapes::{View, asked},
};
use crate::{
    Action, NewEntry,
    meta::{error::GraphError, fields::Field, paging::Page, text},
};

/// Items of a page: usually and at most.
pub const PAGE: (usize, usize) = (25, 50);
/// Limits that people remember and no one has documented; enforced by a setting.
const LETTERS: usize = 300;
const HASHTAGS: usize = 4;
const LINKS: usize = 1;

/// `GET /{media}/comments`: those that answer none, newest first.
///
/// # Errors
/// If the media is not theirs, or a parameter or scope is wrong.
pub fn of_media(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    call.require(Right::Comments)?;
    let gallery = call.nodes.gallery();
    let media = mine(call, &gallery, id)?.id;
    let top = gallery.comments_on(media).filter(|comment| comment.parent.is_none()).collect();
    listed(call, &gallery, top)
}

/// `GET /{comment}/replies`: oldest first.
///
/// # Errors
/// If it is not below media of theirs, is an answer itself, or a parameter or scope is wrong.
pub fn replies(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    call.require(Right::Comments)?;
    let gallery = call.nodes.gallery();
    let parent = on_mine(call, &gallery, id).filter(|comment| comment.parent.is_none());
    let parent = parent.ok_or_else(|| KIND.no_object("get", &id.to_string()))?;
    let below = gallery.comments.values().filter(|comment| comment.parent == Some(parent.id)).collect();
    listed(call, &gallery, below)
}

fn listed(call: &Call<'_>, gallery: &Gallery, list: Vec<&Comment>) -> Result<Value, GraphError> {
    let (page, fields) = (Page::of(call.params, KIND, PAGE.0, PAGE.1)?, asked(call.params)?);
    let view = View::of(call, gallery);
    let part = page.cut(list, |comment| comment.id.to_string(), &call.address, call.params);
    let mut answer = part.answer(|comment| view.comment(comment, &fields))?;
    if view.settings.empty_comments {
        answer["data"] = json!([]);
    }
    Ok(answer)
}

/// The comment, if it is below media of the caller.
fn on_mine<'a>(call: &Call<'_>, gallery: &'a Gallery, id: u64) -> Option<&'a Comment> {
    let comment = gallery.comments.get(&id)?;
    gallery.media.get(&comment.media).filter(|media| media.account == call.me.id).map(|_| comment)
}

/// `POST /{media}/comments`.
///
/// # Errors
/// If the media is not theirs, takes no comments, or a parameter or scope is wrong.
pub fn comment(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    call.require(Right::Comments)?;
    let gallery = call.nodes.gallery();
    let media = gallery.media.get(&id).filter(|media| media.account == call.me.id && !media.draft.is_item);
    // There is nothing to comment on below a story: people answer with messages.
    let media = media.filter(|media| !media.draft.kind.is_story());
    let media = media.ok_or_else(|| KIND.no_object("post", &id.to_string()))?.id;
    write(call, gallery, media, None)
}

/// `POST /{comment}/replies`: an answer has none of its own; who answers it does so on its parent.
///
/// # Errors
/// If there is no such comment below media of theirs, or a parameter or scope is wrong.
pub fn reply(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    call.require(Right::Comments)?;
    let gallery = call.nodes.gallery();
    let parent = on_mine(call, &gallery, id).filter(|comment| comment.parent.is_none());
    let (media, parent) = parent.map(|it| (it.media, it.id)).ok_or_else(|| KIND.no_object("post", &id.to_string()))?;
    write(call, gallery, media, Some(parent))
}

/// Writes a comment. With `fields` it is written all the same, and then the answer is a refusal (brightbean 140).
fn write(
    call: &Call<'_>,
    mut gallery: MutexGuard<'_, Gallery>,
    media: u64,
    parent: Option<u64>,
) -> Result<Value, GraphError> {
    let text = KIND.need(call.params, "message")?.to_owned();
    check(call, &text)?;
    if gallery.media.get(&media).is_none_or(|media| !media.takes_comments) {
        // How this is refused is not documented.
        return Err(KIND.invalid("(#100) Comments are turned off for this media"));
    }
    let (account, at) = (call.me.id.clone(), call.nodes.now());
    let id = gallery.add_comment(Comment { id: 0, media, account, text, at, parent, hidden: false });
    if let Some(comment) = gallery.comments.get(&id).cloned() {
        record(call, &comment, Action::Created);
        events::commented(call.nodes, &gallery, &comment);
    }
    if call.params.get("fields").is_some() {
        return Err(refusal("20/1772107"));
    }
    Ok(json!({ "id": id.to_string() }))
}

fn check(call: &Call<'_>, text: &str) -> Result<(), GraphError> {
    let has_letters = text.chars().any(char::is_alphabetic);
    let shouts = has_letters && !text.chars().any(char::is_lowercase);
    let too_much = text.chars().count() > LETTERS
        || text::hashtags(text).count() > HASHTAGS
        || text::links(text).len() > LINKS
        || shouts;
    if call.nodes.settings().strict_comments && too_much {
        return Err(KIND.param("message", "has more than 300 characters, 4 hashtags or 1 link, or is all in capitals"));
    }
    Ok(())
}

fn record(call: &Call<'_>, comment: &Comment, action: Action) {
    call.nodes.core.record(NewEntry {
        account: call.me.username.clone(),
        action,
        kind: if comment.parent.is_some() { "reply" } else { "comment" }.to_owned(),
        remote_id: comment.id.to_string(),
        text: comment.text.clone(),
        media_count: 0,
        parent: Some(comment.parent.unwrap_or(comment.media).to_string()),
        client_id: None,
        request_digest: call.digest.to_string(),
    });
}

/// `POST /{comment}` with `hide`, `POST /{media}` with `comment_enabled`.
///
/// # Errors
/// If it is not theirs, or a parameter or scope is wrong.
pub fn change(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    call.require(Right::Comments)?;
    let mut gallery = call.nodes.gallery();
    let absent = || KIND.no_object("post", &id.to_string());
    if let Some(comment) = on_mine(call, &gallery, id) {
        // Their own comments cannot be hidden from others by people.
        let is_own = comment.account == call.me.id;
        let hide = KIND.need_flag(call.params, "hide")?;
        if is_own {
            return Err(KIND.param("hide", "is not available for own comments"));
        }
        gallery.comments.entry(id).and_modify(|comment| comment.hidden = hide);
        return Ok(json!({ "success": true }));
    }
    let media = gallery.media.get_mut(&id).filter(|media| media.account == call.me.id).ok_or_else(absent)?;
    media.takes_comments = KIND.need_flag(call.params, "comment_enabled")?;
    Ok(json!({ "success": true }))
}

/// `DELETE /{comment}`: any on media of theirs, and their own elsewhere.
///
/// # Errors
/// If it is neither, or the scope is missing.
pub fn delete(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    call.require(Right::Comments)?;
    let mut gallery = call.nodes.gallery();
    let is_own = gallery.comments.get(&id).is_some_and(|comment| comment.account == call.me.id);
    if !is_own && on_mine(call, &gallery, id).is_none() {
        return Err(KIND.no_object("delete", &id.to_string()));
    }
    if let Some(comment) = gallery.remove_comment(id) {
        record(call, &comment, Action::Deleted);
    }
    Ok(json!({ "success": true }))
}

/// Whether a text names the account.
pub fn names(said: &str, account: &Account) -> bool {
    text::mentions(said).iter().any(|(_, name)| name.eq_ignore_ascii_case(&account.username))
}

/// The object of `mentioned_comment.comment_id(…)` or `mentioned_media.media_id(…)`, if it names the account.
///
/// # Errors
/// 100 if there is none.
pub fn mentioned(view: &View<'_>, me: &Account, field: &Field) -> Result<Value, GraphError> {
    let (parameter, id) = field.more.first().ok_or_else(|| KIND.missing("media_id"))?;
    let (absent, number) = (|| KIND.no_object("get", id), id.parse::<u64>().unwrap_or_default());
    let sub = field.sub.as_deref().unwrap_or_default();
    match (field.name.as_str(), parameter.as_str()) {
        ("mentioned_comment", "comment_id") => {
            let comment = view.gallery.comments.get(&number).filter(|comment| names(&comment.text, me));
            view.comment(comment.ok_or_else(absent)?, sub)
        }
        ("mentioned_media", "media_id") => {
            let media = view.gallery.media.get(&number).filter(|media| names(&media.draft.caption, me));
            view.media(media.ok_or_else(absent)?, sub)
        }
        _ => Err(KIND.param(parameter, "is not known")),
    }
}

/// `POST /{user}/mentions`: a comment on media of someone else that names the caller, or below a comment that does.
///
/// # Errors
/// If nothing there names them, or a parameter or scope is wrong.
pub fn answer_mention(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require(Right::Comments)?;
    let named = KIND.need(call.params, "media_id")?;
    let gallery = call.nodes.gallery();
    let absent = || KIND.no_object("post", named);
    let media = named.parse::<u64>().ok().and_then(|id| gallery.media.get(&id)).ok_or_else(absent)?;
    let (id, is_named) = (media.id, names(&media.draft.caption, &call.me));
    let parent = match call.params.get("comment_id") {
        None if is_named => None,
        None => return Err(absent()),
        Some(comment) => {
            let found = comment.parse::<u64>().ok().and_then(|id| gallery.comments.get(&id));
            let found = found.filter(|comment| comment.media == id && names(&comment.text, &call.me));
            let found = found.ok_or_else(absent)?;
            Some(found.parent.unwrap_or(found.id))
        }
    };
    write(call, gallery, id, parent)
}
