//! Reading: the account, its lists, objects by id, searches.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::{
    State,
    calls::Call,
    containers::spend,
    model::{Approval, Kind, Media, Square},
    problem,
    shapes::{View, asked},
    text,
};
use crate::{
    growth::grown,
    meta::{
        error::GraphError,
        fields,
        paging::Page,
        params::Params,
        places::{PLACES, Place},
        read_time,
    },
};

/// Items of a page: usually and at most.
const PAGE: (usize, usize) = (25, 100);
/// Before this, there is nothing to search: 5 July 2023.
const FIRST_SEARCH: i64 = 1_688_540_400;

/// A list of the account that calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum List {
    /// What it posted and reposted.
    Threads,
    /// What it replied.
    Replies,
    /// What vanishes after a day.
    Ghosts,
}

fn view<'a>(call: &'a Call<'_>, square: &'a Square) -> View<'a> {
    View { core: &call.state.core, square, viewer: &call.me.id, now: call.state.now() }
}

/// The part of a list that is asked for, in the order that it has.
pub fn listed(call: &Call<'_>, square: &Square, list: Vec<&Media>) -> Result<Value, GraphError> {
    let (page, fields) = (Page::of(call.params, problem::KIND, PAGE.0, PAGE.1)?, asked(call.params)?);
    let held: Vec<&Media> = list.into_iter().filter(|media| page.holds(media.at)).collect();
    let view = view(call, square);
    page.cut(held, |media| media.id.to_string(), &call.address, call.params).answer(|media| view.media(media, &fields))
}

/// `GET /{user}/threads`, `/replies` and `/ghost_posts`: newest first.
///
/// # Errors
/// If a parameter or scope is wrong.
pub fn own(call: &Call<'_>, list: List) -> Result<Value, GraphError> {
    if list == List::Replies {
        call.require("threads_read_replies")?;
    }
    let (square, now) = (call.state.square(), call.state.now());
    let delay = Duration::from_millis(call.state.core.knobs().listing_delay_ms);
    let belongs = |media: &&Media| {
        let kind = match (media.draft.ghost, media.draft.reply_to) {
            (true, _) => List::Ghosts,
            (_, Some(_)) => List::Replies,
            _ => List::Threads,
        };
        media.account == call.me.id && !media.draft.is_item && kind == list && media.at + delay <= now
    };
    let own = square.media.values().rev().filter(belongs).collect();
    listed(call, &square, own)
}

/// `GET /{user}/mentions`.
///
/// # Errors
/// If a parameter or scope is wrong.
pub fn mentions(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require("threads_manage_mentions")?;
    let (square, now) = (call.state.square(), call.state.now());
    let is_meant = |media: &&Media| {
        media.account != call.me.id && media.is_visible(now) && mentions_name(media, &call.me.username)
    };
    let all = square.media.values().rev().filter(is_meant).collect();
    listed(call, &square, all)
}

fn mentions_name(media: &Media, username: &str) -> bool {
    text::mentions(&media.draft.text).iter().any(|(_, name)| name.eq_ignore_ascii_case(username))
}

/// `GET /{user}`.
///
/// # Errors
/// If there is no such field.
pub fn me(call: &Call<'_>) -> Result<Value, GraphError> {
    let square = call.state.square();
    view(call, &square).profile(&call.me, &asked(call.params)?)
}

/// The post, if the caller may see it: theirs, in a conversation of theirs, or one that mentions them.
pub fn seen<'a>(call: &Call<'_>, square: &'a Square, node: &str) -> Option<&'a Media> {
    let media = node.parse().ok().and_then(|id: u64| square.media.get(&id))?;
    let root = media.root.and_then(|root| square.media.get(&root));
    let owns = media.account == call.me.id || root.is_some_and(|root| root.account == call.me.id);
    let is_refused = media.approval == Some(Approval::Ignored) && media.account != call.me.id;
    ((owns && !is_refused) || mentions_name(media, &call.me.username)).then_some(media)
}

/// `GET /{container}`, `GET /{media}`, `GET /{location}`.
///
/// # Errors
/// If there is no such object or field.
pub fn object(call: &Call<'_>, node: &str) -> Result<Value, GraphError> {
    let (square, asked) = (call.state.square(), asked(call.params)?);
    let id = node.parse::<u64>().ok();
    if let Some(container) = id.and_then(|id| square.containers.get(&id)).filter(|it| it.account == call.me.id) {
        return view(call, &square).container(id.unwrap_or_default(), container, &asked);
    }
    if let Some(media) = seen(call, &square, node) {
        return view(call, &square).media(media, &asked);
    }
    let place = PLACES.iter().find(|place| place.0 == node && call.token.has("threads_location_tagging"));
    place.map_or_else(|| Err(problem::KIND.no_object("get", node)), |place| place_shape(place, &asked))
}

fn place_shape(place: &Place, asked: &[fields::Field]) -> Result<Value, GraphError> {
    let known = ["id", "name", "address", "city", "country", "latitude", "longitude", "postal_code"];
    let (id, name, address, city, latitude, longitude) = *place;
    let all = json!({
        "id": id, "name": name, "address": address, "city": city, "country": "NL", "latitude": latitude,
        "longitude": longitude, "postal_code": "3000 AA",
    });
    let mut value = |field: &fields::Field| Ok(all.get(&field.name).cloned());
    fields::select(asked, &known, &mut value).map_err(|name| problem::KIND.no_field(&name))
}

/// `GET /location_search`.
///
/// # Errors
/// If nothing is asked, or the quota is used up.
pub fn places(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require("threads_location_tagging")?;
    let (words, params) = (call.params.get("q").map(str::to_lowercase), call.params);
    let degrees = |name: &str| params.get(name).and_then(|text| text.parse::<f64>().ok());
    let around = degrees("latitude").zip(degrees("longitude"));
    if words.is_none() && around.is_none() {
        return Err(problem::KIND.missing("q"));
    }
    spend(call.state, &mut call.state.square(), &call.me.id, "location_searches")?;
    let asked = asked(call.params)?;
    let fits = |place: &&Place| {
        let named = words.as_ref().is_none_or(|words| {
            [place.1, place.2, place.3].iter().any(|text| text.to_lowercase().contains(words.as_str()))
        });
        named && around.is_none_or(|(lat, long)| (place.4 - lat).abs() < 0.5 && (place.5 - long).abs() < 0.5)
    };
    let found: Result<Vec<Value>, GraphError> =
        PLACES.iter().filter(fits).map(|place| place_shape(place, &asked)).collect();
    Ok(json!({ "data": found? }))
}

/// `GET /keyword_search`: only own posts, unless the app has Advanced Access.
///
/// # Errors
/// If a parameter or scope is wrong.
pub fn search(call: &Call<'_>) -> Result<Value, GraphError> {
    call.require("threads_keyword_search")?;
    let words = problem::KIND.need(call.params, "q")?.to_lowercase();
    if !matches!(call.params.get("search_type"), None | Some("TOP" | "RECENT")) {
        return Err(problem::KIND.one_of("search_type", "TOP, RECENT"));
    }
    let by_topic = match call.params.get("search_mode") {
        None | Some("KEYWORD") => false,
        Some("TAG") => true,
        Some(_) => return Err(problem::KIND.one_of("search_mode", "KEYWORD, TAG")),
    };
    let since = call.params.get("since").and_then(read_time);
    if since.is_some_and(|since| since.as_seconds() < FIRST_SEARCH) {
        return Err(problem::KIND.param("since", "must not be before 1688540400"));
    }
    let (square, now) = (call.state.square(), call.state.now());
    let all = call.state.settings().advanced_access;
    let fits = |media: &&Media| {
        let topic = media.draft.topic.as_ref().is_some_and(|topic| topic.to_lowercase() == words);
        let said = if by_topic { topic } else { media.draft.text.to_lowercase().contains(&words) };
        said && media.is_visible(now) && !media.draft.is_item && (all || media.account == call.me.id)
    };
    let found = square.media.values().rev().filter(fits).collect();
    listed(call, &square, found)
}

/// `GET /profile_lookup`: only with Advanced Access.
///
/// # Errors
/// 10 without it, 100 if no account has the name.
pub fn profile(call: &Call<'_>) -> Result<Value, GraphError> {
    let id = public(call)?;
    let (square, now) = (call.state.square(), call.state.now());
    let account = square.accounts.get(&id).ok_or_else(|| problem::KIND.no_object("get", &id))?;
    let week = |what: &str| grown(&id, what, now.since(base::Timestamp::from_seconds(0)), 900);
    Ok(json!({
        "username": account.username, "name": account.name, "biography": account.bio,
        "is_verified": account.verified, "follower_count": account.followers,
        "profile_picture_url": call.state.core.url(&format!("/@{}/picture", account.username)),
        "likes_count": week("likes"), "quotes_count": week("quotes"), "replies_count": week("replies"),
        "reposts_count": week("reposts"), "views_count": week("views"),
    }))
}

/// `GET /profile_posts`: only with Advanced Access.
///
/// # Errors
/// 10 without it, 100 if no account has the name.
pub fn posts_of(call: &Call<'_>) -> Result<Value, GraphError> {
    let id = public(call)?;
    let (square, now) = (call.state.square(), call.state.now());
    let is_post = |media: &&Media| {
        let draft = &media.draft;
        media.account == id && media.is_visible(now) && !draft.is_item && draft.reply_to.is_none() && !draft.ghost
    };
    let posts = square.media.values().rev().filter(is_post).collect();
    listed(call, &square, posts)
}

fn public(call: &Call<'_>) -> Result<String, GraphError> {
    call.require("threads_profile_discovery")?;
    let name = problem::KIND.need(call.params, "username")?;
    if !call.state.settings().advanced_access {
        return Err(GraphError::permission());
    }
    let square = call.state.square();
    square.by_username(name).map(|account| account.id.clone()).ok_or_else(|| problem::KIND.no_object("get", name))
}

/// `GET /oembed`: without a token.
///
/// # Errors
/// If the address is not that of a post.
pub fn oembed(state: &Arc<State>, params: &Params) -> Result<Value, GraphError> {
    let address = problem::KIND.need(params, "url")?;
    let square = state.square();
    let code = address.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let media = square.media.values().find(|media| media.shortcode == code && media.draft.kind != Kind::Repost);
    let media =
        media.filter(|media| media.is_visible(state.now())).ok_or_else(|| problem::KIND.no_object("get", address))?;
    let view = View { core: &state.core, square: &square, viewer: "", now: state.now() };
    let link = crate::pages::link(&view.permalink(media), "View on Threads");
    Ok(json!({
        "type": "rich", "version": "1.0", "provider_name": "Threads", "provider_url": state.core.origin, "width": 658,
        "html": format!("<blockquote class=\"text-post-media\">{link}</blockquote>"),
    }))
}
