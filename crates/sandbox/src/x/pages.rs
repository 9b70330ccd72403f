//! What people see of X.

use std::time::Duration;

use bytes::Bytes;

use super::{
    State,
    model::Post,
    shapes::View,
    text::{self, Kind},
};
use crate::{
    Core, Shows,
    pages::{self, Choice, MediaView, PollView, PostView, TimelineView},
};

impl Shows for State {
    const ACCOUNT: &str = "/{name}";
    const POST: &str = "/{name}/status/{id}";
    const FILE: &str = "/media/{id}";
    const INTRODUCTION: &str = "An X that exists on this computer only. These accounts live here; Lena has Premium.";

    fn core(&self) -> &Core {
        &self.core
    }

    fn people(&self) -> Vec<Choice> {
        let plaza = self.plaza();
        plaza.accounts.values().map(|account| Choice::of(&account.username, &account.name)).collect()
    }

    /// Threads are nested under their first post.
    fn account(&self, name: &str) -> Option<TimelineView> {
        let plaza = self.plaza();
        let account = plaza.by_username(name)?;
        let view = View { core: &self.core, plaza: &plaza, viewer: &account.id, now: self.now() };
        let ids = plaza.by_account.get(&account.id).map_or(&[][..], Vec::as_slice);
        let own = ids.iter().rev().filter_map(|id| plaza.posts.get(id));
        let is_answer_here = |post: &&Post| {
            let parent = post.draft.reply_to.and_then(|id| plaza.posts.get(&id));
            parent.is_some_and(|parent| parent.account == account.id)
        };
        Some(TimelineView {
            name: account.name.clone(),
            handle: format!("@{}", account.username),
            bio: account.bio.clone(),
            posts: own.filter(|post| !is_answer_here(post)).take(100).map(|post| shown(&view, post)).collect(),
        })
    }

    /// The id decides; the name before it may be any, as on X.
    fn post(&self, _: &str, id: &str) -> Option<PostView> {
        let plaza = self.plaza();
        let post = plaza.posts.get(&id.parse().ok()?)?;
        let view = View { core: &self.core, plaza: &plaza, viewer: &post.account, now: self.now() };
        Some(shown(&view, post))
    }

    fn file(&self, id: &str) -> Option<(String, Bytes)> {
        let plaza = self.plaza();
        let media = plaza.media.get(id)?;
        Some((media.content_type.clone(), self.core.blobs.get(media.blob.as_ref()?)?))
    }
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
    notes.extend(view.plaza.hidden.contains(&post.id).then(|| "hidden by the author of the conversation".to_owned()));
    notes
}
