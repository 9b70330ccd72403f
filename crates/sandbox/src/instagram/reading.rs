//! Reading: the account, its lists, objects by id.

use std::time::Duration;

use serde_json::{Value, json};

use super::{
    calls::{Call, Login},
    model::{Gallery, Media},
    problem::KIND,
    shapes::{View, asked},
};
use crate::meta::{error::GraphError, paging::Page};

/// Items of a page: usually and at most.
const PAGE: (usize, usize) = (25, 100);
/// How many of the newest media objects there are in a list.
const NEWEST: usize = 10_000;

/// A list of the account that calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// What is on its page.
    Media,
    /// What is seen for a day.
    Stories,
    /// What other people tagged it in.
    Tags,
}

/// `GET /{user}/media`, `/stories` and `/tags`: newest first.
///
/// # Errors
/// If a parameter is wrong.
pub fn own(call: &Call<'_>, list: List) -> Result<Value, GraphError> {
    let (page, fields) = (Page::of(call.params, KIND, PAGE.0, PAGE.1)?, asked(call.params)?);
    let (gallery, now) = (call.nodes.gallery(), call.nodes.now());
    let delay = Duration::from_millis(call.nodes.core.knobs().listing_delay_ms);
    let belongs = |media: &&Media| {
        let is_mine = media.account == call.me.id;
        let is_tagged = || media.draft.tags.iter().any(|tag| tag.username == call.me.username);
        let is_story = media.draft.kind.is_story();
        media.at + delay <= now
            && match list {
                List::Media => is_mine && !is_story,
                List::Stories => is_mine && is_story && media.is_visible(now),
                List::Tags => !is_mine && !is_story && is_tagged(),
            }
    };
    let held = gallery.posts().filter(belongs).take(NEWEST).filter(|media| page.holds(media.at)).collect();
    let view = View::of(call, &gallery);
    let part = page.cut(held, |media: &&Media| media.id.to_string(), &call.address, call.params);
    part.answer(|media| view.media(media, &fields))
}

/// `GET /{user}`.
///
/// # Errors
/// If there is no such field.
pub fn me(call: &Call<'_>) -> Result<Value, GraphError> {
    let fields = asked(call.params)?;
    let gallery = call.nodes.gallery();
    View::of(call, &gallery).profile(call, &fields)
}

/// The media object, if the caller may read it: their own.
///
/// # Errors
/// 100 / 33 if not.
pub fn mine<'a>(call: &Call<'_>, gallery: &'a Gallery, id: u64) -> Result<&'a Media, GraphError> {
    let media = gallery.media.get(&id).filter(|media| media.account == call.me.id);
    media.ok_or_else(|| KIND.no_object("get", &id.to_string()))
}

/// `GET /{container}`, `GET /{media}`, `GET /{comment}`.
///
/// # Errors
/// If there is no such object or field.
pub fn object(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    let fields = asked(call.params)?;
    let gallery = call.nodes.gallery();
    let view = View::of(call, &gallery);
    if let Some(container) = gallery.containers.get(&id).filter(|container| container.account == call.me.id) {
        return view.container(id, container, &fields);
    }
    if let Some(comment) = gallery.comments.get(&id) {
        let is_mine = gallery.media.get(&comment.media).is_some_and(|media| media.account == call.me.id);
        if is_mine || comment.account == call.me.id {
            return view.comment(comment, &fields);
        }
    }
    view.media(mine(call, &gallery, id)?, &fields)
}

/// `GET /{media}/children`.
///
/// # Errors
/// If it is not theirs, or there is no such field.
pub fn children(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    let fields = asked(call.params)?;
    let gallery = call.nodes.gallery();
    let view = View::of(call, &gallery);
    let items = mine(call, &gallery, id)?.children.iter().filter_map(|child| gallery.media.get(child));
    let shapes: Vec<Value> = items.map(|item| view.media(item, &fields)).collect::<Result<_, _>>()?;
    Ok(json!({ "data": shapes }))
}

/// `GET /{media}/collaborators`: no one here answers an invitation.
///
/// # Errors
/// If it is not theirs.
pub fn collaborators(call: &Call<'_>, id: u64) -> Result<Value, GraphError> {
    let gallery = call.nodes.gallery();
    let invited = mine(call, &gallery, id)?.draft.collaborators.iter().filter_map(|name| gallery.by_username(name));
    let shape = |account: &super::model::Account| {
        let id = if call.login == Login::Instagram { &account.scoped_id } else { &account.id };
        json!({ "id": id, "username": account.username, "invite_status": "Pending" })
    };
    Ok(json!({ "data": invited.map(shape).collect::<Vec<_>>() }))
}
