//! What people see of Threads.

use std::{ops::Range, sync::Arc};

use axum::{
    extract::{Path, State as Shared},
    response::Response,
};
use bytes::Bytes;

use super::{
    State,
    model::{Kind, Media, POLL_LIFE, ReplyControl},
    shapes::View,
    text,
};
use crate::{
    Core, Shows,
    meta::places,
    pages::{self, Choice, MediaView, PollView, PostView, TimelineView},
    portraits, shows,
};

impl Shows for State {
    const ACCOUNT: &str = "/@{name}";
    const POST: &str = "/@{name}/post/{id}";
    const FILE: &str = "/media/{id}";
    const INTRODUCTION: &str = "A Threads that exists on this computer only. These accounts live here.";

    fn core(&self) -> &Core {
        &self.core
    }

    fn people(&self) -> Vec<Choice> {
        let square = self.square();
        square.accounts.values().map(|account| Choice::of(&account.username, &account.name)).collect()
    }

    /// Parts of a thread are nested under the first.
    fn account(&self, name: &str) -> Option<TimelineView> {
        let square = self.square();
        let account = square.by_username(name)?;
        let view = View { core: &self.core, square: &square, viewer: &account.id, now: self.now() };
        let own = square.media.values().rev().filter(|media| media.account == account.id && !media.draft.is_item);
        let is_answer_here = |media: &&Media| {
            let parent = media.draft.reply_to.and_then(|parent| square.media.get(&parent));
            parent.is_some_and(|parent| parent.account == account.id)
        };
        let tops = own.filter(|media| media.is_visible(view.now) && !is_answer_here(media)).take(100);
        Some(TimelineView {
            name: account.name.clone(),
            handle: format!("@{}", account.username),
            bio: account.bio.clone(),
            posts: tops.map(|media| shown(&view, media)).collect(),
        })
    }

    /// Addresses have the letters of the shortcode, not the id.
    fn post(&self, name: &str, code: &str) -> Option<PostView> {
        let square = self.square();
        let account = square.by_username(name)?;
        let view = View { core: &self.core, square: &square, viewer: &account.id, now: self.now() };
        let media = square.media.values().find(|media| media.account == account.id && media.shortcode == code);
        media.filter(|media| media.is_visible(view.now)).map(|media| shown(&view, media))
    }

    fn file(&self, blob: &str) -> Option<(String, Bytes)> {
        let square = self.square();
        let file =
            square.media.values().filter_map(|media| media.draft.file.as_ref()).find(|file| file.blob == blob)?;
        Some((file.content_type.clone(), self.core.blobs.get(&file.blob)?))
    }
}

/// The profile picture of an account.
pub async fn picture(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Response {
    let is_known = state.square().by_username(&name).is_some();
    if is_known { portraits::served(&name) } else { shows::nothing(&*state) }
}

fn shown(view: &View<'_>, media: &Media) -> PostView {
    let replies = view.square.replies_to(media.id).filter(|reply| reply.is_visible(view.now));
    PostView { replies: replies.map(|reply| shown(view, reply)).collect(), ..alone(view, media) }
}

fn alone(view: &View<'_>, media: &Media) -> PostView {
    let (square, draft) = (view.square, &media.draft);
    let author = square.accounts.get(&media.account);
    let items = media.children.iter().filter_map(|child| square.media.get(child));
    let files = items.chain([media]).filter_map(|item| Some((item, item.draft.file.as_ref()?)));
    // A repost shows the other post.
    let inside = draft.quote.or(media.reposted).and_then(|id| square.media.get(&id));
    PostView {
        id: media.id.to_string(),
        author: author.map_or_else(String::new, |author| author.name.clone()),
        handle: author.map_or_else(String::new, |author| format!("@{}", author.username)),
        at: media.at,
        text: body(view, media),
        warning: (draft.spoiler_media || draft.entities.is_some()).then(|| "Spoiler".to_owned()),
        media: files
            .map(|(item, file)| MediaView {
                address: format!("/media/{}", file.blob),
                content_type: file.content_type.clone(),
                alt: item.draft.alt.clone().unwrap_or_default(),
            })
            .collect(),
        poll: draft.poll.as_ref().map(|options| PollView {
            options: options.iter().cloned().zip(view.votes(media, options.len())).collect(),
            ends_at: media.at + POLL_LIFE,
        }),
        quote: inside.filter(|inside| inside.is_visible(view.now)).map(|inside| Box::new(alone(view, inside))),
        notes: notes(view, media),
        replies: Vec::new(),
    }
}

/// The text, then the long text that hangs on it.
fn body(view: &View<'_>, media: &Media) -> String {
    let draft = &media.draft;
    let mut markup = pages::linked(&draft.text, &links(&draft.text));
    if let Some(card) = view.card(media).filter(|card| !draft.text.contains(card.as_str())) {
        markup.push_str(&format!("<p>{}</p>", pages::link(&card, &card)));
    }
    let long = draft.attachment.as_ref().and_then(|attachment| attachment["plaintext"].as_str());
    if let Some(long) = long {
        markup
            .push_str(&format!("<details><summary>Read more</summary>{}</details>", pages::linked(long, &links(long))));
    }
    markup
}

fn links(said: &str) -> Vec<(Range<usize>, String)> {
    let address = |range: Range<usize>| {
        let written = &said[range.clone()];
        let address = if written.contains("://") { written.to_owned() } else { format!("http://{written}") };
        (range, address)
    };
    let mentioned = text::mentions(said).into_iter().map(|(range, name)| (range, format!("/@{name}")));
    let mut all: Vec<_> = text::links(said).into_iter().map(address).chain(mentioned).collect();
    all.sort_by_key(|(range, _)| range.start);
    all
}

fn notes(view: &View<'_>, media: &Media) -> Vec<String> {
    let draft = &media.draft;
    let place = |id: &String| places::name(id).map(|name| format!("at {name}"));
    let notes = [
        (draft.kind == Kind::Repost).then(|| "reposted".to_owned()),
        draft.topic.as_ref().map(|topic| format!("topic: {topic}")),
        draft.location.as_ref().and_then(place),
        draft.gif.as_ref().map(|id| format!("GIF {id}")),
        draft.ghost.then(|| "vanishes after a day".to_owned()),
        draft.approvals.then(|| "replies wait for approval".to_owned()),
        match draft.reply_control {
            ReplyControl::Everyone => None,
            ReplyControl::AccountsYouFollow => Some("replies: accounts the author follows".to_owned()),
            ReplyControl::MentionedOnly => Some("replies: mentioned accounts only".to_owned()),
            ReplyControl::ParentPostAuthorOnly => Some("replies: author of the parent post only".to_owned()),
            ReplyControl::FollowersOnly => Some("replies: followers only".to_owned()),
        },
        (!draft.countries.is_empty()).then(|| format!("only in {}", draft.countries.join(", "))),
        Some(format!("{} views", super::insights::views_of(view.square, media, view.now))),
    ];
    notes.into_iter().flatten().collect()
}
