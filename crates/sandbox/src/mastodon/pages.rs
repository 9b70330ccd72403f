//! What people see of the instance.

use std::sync::Arc;

use axum::{
    extract::{Path, State as Shared},
    response::{Html, IntoResponse, Response},
};
use http::{StatusCode, header};

use super::{
    State,
    entities::View,
    model::{Account, Status, Town},
};
use crate::pages::{self, MediaView, PollView, PostView};

/// The front page.
pub async fn landing(Shared(state): Shared<Arc<State>>) -> Html<String> {
    let town = state.town();
    let line =
        |account: &Account| (account.name.clone(), format!("@{}", account.username), format!("/@{}", account.username));
    pages::landing(&pages::Landing {
        network: "Mastodon".into(),
        about: "A small Mastodon town that exists on this computer only. These accounts live here.".into(),
        accounts: town.accounts.values().map(line).collect(),
    })
}

fn nothing() -> Response {
    (StatusCode::NOT_FOUND, pages::refusal("Mastodon", "There is nothing at this address.")).into_response()
}

/// An account's page. Threads are nested under their first post.
pub async fn timeline(Shared(state): Shared<Arc<State>>, Path(username): Path<String>) -> Response {
    let town = state.town();
    let Some(account) = town.by_username(&username) else { return nothing() };
    let view = View { core: &state.core, town: &town, viewer: Some(&account.id), now: state.now() };
    let ids = town.by_account.get(&account.id).map_or(&[][..], Vec::as_slice);
    let own = ids.iter().rev().filter_map(|id| town.statuses.get(id));
    let is_answer_here = |status: &&Status| {
        let parent = status.now.in_reply_to.and_then(|id| town.statuses.get(&id));
        parent.is_some_and(|parent| parent.account == account.id)
    };
    let tops = own.filter(|status| !is_answer_here(status)).take(100);
    pages::timeline(&pages::TimelineView {
        network: "Mastodon".into(),
        name: account.name.clone(),
        handle: format!("@{}", account.username),
        bio: account.note.clone(),
        posts: tops.map(|status| post(&view, status)).collect(),
    })
    .into_response()
}

/// One post with its answers.
pub async fn single(Shared(state): Shared<Arc<State>>, Path((username, id)): Path<(String, String)>) -> Response {
    let town = state.town();
    let author = town.by_username(&username).map(|account| account.id.clone());
    let Some(status) = town.status(author.as_deref(), &id) else { return nothing() };
    let view = View { core: &state.core, town: &town, viewer: author.as_deref(), now: state.now() };
    pages::single("Mastodon", &post(&view, status)).into_response()
}

fn post(view: &View, status: &Status) -> PostView {
    let answers = view.town.statuses.range(status.id..).map(|(_, other)| other);
    let answers = answers.filter(|other| other.now.in_reply_to == Some(status.id));
    let mut shown = alone(view, status);
    shown.replies = answers.map(|answer| post(view, answer)).collect();
    shown
}

fn alone(view: &View, status: &Status) -> PostView {
    let (town, draft) = (view.town, &status.now);
    let author = town.accounts.get(&status.account);
    let media = draft.media.iter().filter_map(|id| Some((id, town.media.get(id)?)));
    let quoted = draft.quote.and_then(|id| town.statuses.get(&id));
    PostView {
        id: status.id.to_string(),
        author: author.map_or_else(String::new, |author| author.name.clone()),
        handle: author.map_or_else(String::new, |author| format!("@{}", author.username)),
        at: status.at,
        text: view.html(&draft.text),
        warning: (!draft.spoiler.is_empty()).then(|| draft.spoiler.clone()),
        media: media
            .map(|(id, media)| MediaView {
                address: format!("/system/media/{id}"),
                content_type: media.content_type.clone(),
                alt: media.description.clone().unwrap_or_default(),
            })
            .collect(),
        poll: draft.poll.as_ref().map(|poll| PollView {
            options: poll.options.iter().cloned().zip(view.votes(status.id, poll)).collect(),
            ends_at: poll.ends_at,
        }),
        quote: quoted.map(|quoted| Box::new(alone(view, quoted))),
        notes: notes(view, status),
        replies: Vec::new(),
    }
}

fn notes(view: &View, status: &Status) -> Vec<String> {
    let shape = view.status(status);
    let mut notes = vec![match status.now.visibility.as_str() {
        "public" => "public".to_owned(),
        "unlisted" => "quiet public".to_owned(),
        "private" => "followers only".to_owned(),
        _ => "mentioned people only".to_owned(),
    }];
    notes.extend(status.now.language.clone());
    notes.push(format!("{} favourites", shape["favourites_count"]));
    notes.push(format!("{} boosts", shape["reblogs_count"]));
    notes.extend(status.edited_at.map(|_| "edited".to_owned()));
    notes
}

/// A round picture with a letter.
pub async fn avatar(Path(name): Path<String>) -> Response {
    let letter = name.chars().next().filter(char::is_ascii_alphanumeric).unwrap_or('?').to_ascii_uppercase();
    let hue = name.bytes().fold(0u32, |sum, byte| (sum * 31 + u32::from(byte)) % 360);
    let svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 64 64\"><circle cx=\"32\" cy=\"32\" r=\"32\" \
         fill=\"hsl({hue} 45% 40%)\"/><text x=\"32\" y=\"43\" font-size=\"32\" font-family=\"sans-serif\" \
         text-anchor=\"middle\" fill=\"#fff\">{letter}</text></svg>"
    );
    ([(header::CONTENT_TYPE, "image/svg+xml")], svg).into_response()
}

/// The bytes of a file that hangs under a post.
pub async fn file(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Response {
    let town: &Town = &state.town();
    let found = town.media.get(&id).and_then(|media| Some((media, state.core.blobs.get(&media.blob)?)));
    let Some((media, bytes)) = found else { return nothing() };
    let headers =
        [(header::CONTENT_TYPE, media.content_type.clone()), (header::X_CONTENT_TYPE_OPTIONS, "nosniff".into())];
    (headers, bytes).into_response()
}
