//! What people see of X.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{Path, State as Shared},
    response::{Html, IntoResponse, Response},
};
use http::{StatusCode, header};

use super::{
    State,
    model::{Account, Post},
    shapes::View,
    text::{self, Kind},
};
use crate::pages::{self, MediaView, PollView, PostView};

/// The front page.
pub async fn landing(Shared(state): Shared<Arc<State>>) -> Html<String> {
    let plaza = state.plaza();
    let line =
        |account: &Account| (account.name.clone(), format!("@{}", account.username), format!("/{}", account.username));
    pages::landing(&pages::Landing {
        network: "X".into(),
        about: "An X that exists on this computer only. These accounts live here; Lena has Premium.".into(),
        accounts: plaza.accounts.values().map(line).collect(),
    })
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, pages::refusal("X", "There is nothing at this address.")).into_response()
}

/// An account's page. Threads are nested under their first post.
pub async fn timeline(Shared(state): Shared<Arc<State>>, Path(username): Path<String>) -> Response {
    let plaza = state.plaza();
    let Some(account) = plaza.by_username(&username) else { return nothing() };
    let view = View { core: &state.core, plaza: &plaza, viewer: &account.id, now: state.now() };
    let ids = plaza.by_account.get(&account.id).map_or(&[][..], Vec::as_slice);
    let own = ids.iter().rev().filter_map(|id| plaza.posts.get(id));
    let is_answer_here = |post: &&Post| {
        let parent = post.draft.reply_to.and_then(|id| plaza.posts.get(&id));
        parent.is_some_and(|parent| parent.account == account.id)
    };
    let tops = own.filter(|post| !is_answer_here(post)).take(100);
    pages::timeline(&pages::TimelineView {
        network: "X".into(),
        name: account.name.clone(),
        handle: format!("@{}", account.username),
        bio: account.bio.clone(),
        posts: tops.map(|post| shown(&view, post)).collect(),
    })
    .into_response()
}

/// A post with its answers.
pub async fn single(state: Shared<Arc<State>>, Path((_, id)): Path<(String, String)>) -> Response {
    by_id(state, Path(id)).await
}

/// A post by its id alone.
pub async fn by_id(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Response {
    let plaza = state.plaza();
    let Some(post) = id.parse().ok().and_then(|id: u64| plaza.posts.get(&id)) else { return nothing() };
    let view = View { core: &state.core, plaza: &plaza, viewer: &post.account, now: state.now() };
    pages::single("X", &shown(&view, post)).into_response()
}

fn shown(view: &View, post: &Post) -> PostView {
    let answers = view.plaza.posts.range(post.id..).map(|(_, other)| other);
    let is_newest = |other: &&Post| {
        let newest = view.plaza.by_account.get(&other.account);
        newest.is_some_and(|ids| ids.contains(&other.id))
    };
    let answers = answers.filter(|other| other.draft.reply_to.is_some_and(|id| post.chain.contains(&id)));
    let replies = answers.filter(is_newest).map(|answer| shown(view, answer)).collect();
    PostView { replies, ..alone(view, post) }
}

fn alone(view: &View, post: &Post) -> PostView {
    let (plaza, draft) = (view.plaza, &post.draft);
    let author = plaza.accounts.get(&post.account);
    let media = draft.media.iter().filter_map(|id| Some((id, plaza.media.get(id)?)));
    let quoted = draft.quote.and_then(|id| plaza.posts.get(&id));
    PostView {
        id: post.id.to_string(),
        author: author.map_or_else(String::new, |author| author.name.clone()),
        handle: author.map_or_else(String::new, |author| format!("@{}", author.username)),
        at: post.at,
        text: pages::linked(&draft.text, &links(&draft.text)),
        warning: None,
        media: media
            .map(|(id, media)| MediaView {
                address: format!("/media/{id}"),
                content_type: media.content_type.clone(),
                alt: media.alt.clone().unwrap_or_default(),
            })
            .collect(),
        poll: draft.poll.as_ref().map(|poll| PollView {
            options: poll.options.iter().cloned().zip(view.votes(post, poll)).collect(),
            ends_at: post.at + Duration::from_secs(poll.duration_minutes * 60),
        }),
        quote: quoted.map(|quoted| Box::new(alone(view, quoted))),
        notes: notes(view, post),
        replies: Vec::new(),
    }
}

fn links(said: &str) -> Vec<(std::ops::Range<usize>, String)> {
    let pieces = text::pieces(said).into_iter();
    let address = |piece: text::Piece| {
        let written = &said[piece.range.clone()];
        let address = match piece.kind {
            Kind::Url if written.contains("://") => written.to_owned(),
            Kind::Url => format!("http://{written}"),
            Kind::Mention => format!("/{}", written.trim_start_matches(['@', '＠'])),
            Kind::Hashtag | Kind::Cashtag => "/".to_owned(),
        };
        (piece.range, address)
    };
    pieces.map(address).collect()
}

fn notes(view: &View, post: &Post) -> Vec<String> {
    let metrics = view.public_metrics(post);
    let mut notes = vec![
        format!("{} views", metrics["impression_count"]),
        format!("{} likes", metrics["like_count"]),
        format!("{} reposts", metrics["repost_count"]),
    ];
    notes.extend(post.draft.reply_settings.as_ref().map(|who| format!("replies: {who}")));
    notes.extend(post.draft.community.as_ref().map(|_| "in a community".to_owned()));
    notes.extend(post.draft.paid_partnership.then(|| "paid partnership".to_owned()));
    notes.extend((post.chain.len() > 1).then(|| "edited".to_owned()));
    notes
}

/// The bytes of an upload.
pub async fn file(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Response {
    let plaza = state.plaza();
    let held = plaza.media.get(&id).and_then(|media| Some((media, state.core.blobs.get(media.blob.as_ref()?)?)));
    let Some((media, bytes)) = held else { return nothing() };
    let headers =
        [(header::CONTENT_TYPE, media.content_type.clone()), (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into())];
    (headers, bytes).into_response()
}
