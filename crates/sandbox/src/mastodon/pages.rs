//! What people see of the instance.

use axum::{extract::Path, response::Response};
use bytes::Bytes;

use super::{State, entities::View, model::Status};
use crate::{
    Core, Shows,
    pages::{Choice, MediaView, PollView, PostView, TimelineView},
    portraits,
};

impl Shows for State {
    const ACCOUNT: &str = "/@{name}";
    const POST: &str = "/@{name}/{id}";
    const FILE: &str = "/system/media/{id}";
    const INTRODUCTION: &str = "A small Mastodon town that exists on this computer only. These accounts live here.";

    fn core(&self) -> &Core {
        &self.core
    }

    fn people(&self) -> Vec<Choice> {
        let town = self.town();
        town.accounts.values().map(|account| Choice::of(&account.username, &account.name)).collect()
    }

    /// Threads are nested under their first post.
    fn account(&self, name: &str) -> Option<TimelineView> {
        let town = self.town();
        let account = town.by_username(name)?;
        let view = View { core: &self.core, town: &town, viewer: Some(&account.id), now: self.now() };
        let ids = town.by_account.get(&account.id).map_or(&[][..], Vec::as_slice);
        let own = ids.iter().rev().filter_map(|id| town.statuses.get(id));
        let is_answer_here = |status: &&Status| {
            let parent = status.now.in_reply_to.and_then(|id| town.statuses.get(&id));
            parent.is_some_and(|parent| parent.account == account.id)
        };
        Some(TimelineView {
            name: account.name.clone(),
            handle: format!("@{}", account.username),
            bio: account.note.clone(),
            posts: own.filter(|status| !is_answer_here(status)).take(100).map(|status| post(&view, status)).collect(),
        })
    }

    fn post(&self, name: &str, id: &str) -> Option<PostView> {
        let town = self.town();
        let author = town.by_username(name).map(|account| account.id.as_str());
        let status = town.status(author, id)?;
        let view = View { core: &self.core, town: &town, viewer: author, now: self.now() };
        Some(post(&view, status))
    }

    fn file(&self, id: &str) -> Option<(String, Bytes)> {
        let town = self.town();
        let media = town.media.get(id)?;
        Some((media.content_type.clone(), self.core.blobs.get(&media.blob)?))
    }
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

/// The profile picture of an account, `NAME.png`.
pub async fn avatar(Path(file): Path<String>) -> Response {
    portraits::served(file.trim_end_matches(".png"))
}
