//! What people see of LinkedIn.

use std::{ops::Range, sync::Arc, time::Duration};

use axum::{
    extract::{Path, State as Shared},
    response::{IntoResponse, Response},
};
use base::Timestamp;
use bytes::Bytes;

use super::{
    State,
    model::{Comment, Content, Feed, Post, Shown},
    text::{self, Piece},
};
use crate::{
    Core, Shows,
    growth::grown,
    pages::{self, Choice, MediaView, PollView, PostView, TimelineView},
    portraits, shows,
};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Shows for State {
    const ACCOUNT: &str = "/in/{name}";
    const POST: &str = "/{name}/update/{id}";
    const FILE: &str = "/media/{id}";
    const INTRODUCTION: &str =
        "A LinkedIn that exists on this computer only. These people and organisations live here.";

    fn core(&self) -> &Core {
        &self.core
    }

    fn people(&self) -> Vec<Choice> {
        self.feed().people.values().map(|person| Choice::of(&person.vanity, &person.name)).collect()
    }

    fn listed(&self) -> Vec<Choice> {
        let pages = self.feed().organizations.values().map(|page| Choice::of(&page.vanity, &page.name)).collect();
        [self.people(), pages].concat()
    }

    fn account(&self, name: &str) -> Option<TimelineView> {
        let (feed, now) = (self.feed(), self.now());
        let person = feed.person_named(name).map(|one| (format!("urn:li:person:{}", one.id), &one.name, &one.headline));
        let page = feed.organizations.values().find(|page| page.vanity == name);
        let page = page.map(|one| (format!("urn:li:organization:{}", one.id), &one.name, &one.about));
        let (urn, shown_name, about) = person.or(page)?;
        let own = feed.posts.iter().rev().filter(|post| post.author == urn).take(100);
        Some(TimelineView {
            name: shown_name.clone(),
            handle: format!("@{name}"),
            bio: about.clone(),
            posts: own.map(|post| shown(&feed, post, now)).collect(),
        })
    }

    /// The URN decides.
    fn post(&self, _: &str, urn: &str) -> Option<PostView> {
        let feed = self.feed();
        feed.post(urn).map(|post| shown(&feed, post, self.now()))
    }

    fn file(&self, id: &str) -> Option<(String, Bytes)> {
        let feed = self.feed();
        let asset = feed.assets.get(id)?;
        Some((asset.content_type.clone(), self.core.blobs.get(asset.blob.as_ref()?)?))
    }
}

/// The page of an organisation.
pub async fn company(Shared(state): Shared<Arc<State>>, Path(name): Path<String>) -> Response {
    let network = state.core.network.title();
    match state.account(&name) {
        Some(view) => pages::timeline(network, &view).into_response(),
        None => shows::nothing(&*state),
    }
}

/// The picture of a member.
pub async fn portrait(Path(name): Path<String>) -> Response {
    portraits::served(&name)
}

fn shown(feed: &Feed, post: &Post, now: Timestamp) -> PostView {
    let replies = feed.comments_on(&post.urn).map(|comment| reply(feed, comment)).collect();
    let shared = post.reshares.as_ref().and_then(|urn| feed.post(urn));
    PostView {
        text: written(&post.text) + &card(post),
        media: files(feed, post),
        poll: match &post.content {
            Some(Content::Poll(poll)) => Some(PollView {
                options: poll
                    .options
                    .iter()
                    .map(|one| (one.text.clone(), grown(&post.urn, &one.text, now.since(post.at), 90)))
                    .collect(),
                ends_at: post.at + DAY * u32::try_from(poll.days().unwrap_or(0)).unwrap_or(0),
            }),
            _ => None,
        },
        quote: shared.map(|post| Box::new(PostView { replies: Vec::new(), ..shown(feed, post, now) })),
        notes: notes(post, now),
        replies,
        ..author(feed, &post.urn, &post.author, post.at)
    }
}

fn author(feed: &Feed, id: &str, urn: &str, at: Timestamp) -> PostView {
    let (name, vanity) = feed.named(urn).unwrap_or((urn, urn));
    PostView { id: id.to_owned(), author: name.to_owned(), handle: format!("@{vanity}"), at, ..PostView::default() }
}

fn reply(feed: &Feed, comment: &Comment) -> PostView {
    let picture = comment.image.iter().filter_map(|urn| file(feed, urn, None));
    PostView {
        text: pages::linked(&comment.text, &addresses(&comment.text)),
        media: picture.collect(),
        ..author(feed, &comment.id.to_string(), &comment.actor, comment.at)
    }
}

/// The text as markup: addresses, hashtags and mentions are links.
fn written(pieces: &[Piece]) -> String {
    let write = |piece: &Piece| match piece {
        Piece::Plain(text) => pages::linked(text, &addresses(text)),
        Piece::Tag(_) | Piece::Mention { .. } => pages::link("/", &text::shown(piece)),
    };
    pieces.iter().map(write).collect()
}

/// Whole addresses, up to the next white space.
fn addresses(text: &str) -> Vec<(Range<usize>, String)> {
    let mut found = Vec::new();
    let mut at = 0;
    for word in text.split_inclusive(char::is_whitespace) {
        let bare = word.trim_end();
        if bare.starts_with("https://") || bare.starts_with("http://") {
            found.push((at..at + bare.len(), bare.to_owned()));
        }
        at += word.len();
    }
    found
}

fn card(post: &Post) -> String {
    match &post.content {
        Some(Content::Article(article)) => {
            let about = article.description.as_deref().unwrap_or_default();
            format!("<p>{}<br>{}</p>", pages::link(&article.source, &article.title), pages::escape(about))
        }
        Some(Content::Poll(poll)) => format!("<p><strong>{}</strong></p>", pages::escape(&poll.question)),
        Some(Content::Media(Shown { title: Some(title), .. })) => format!("<p>{}</p>", pages::escape(title)),
        _ => String::new(),
    }
}

fn file(feed: &Feed, urn: &str, alt: Option<&String>) -> Option<MediaView> {
    let asset = feed.asset(urn)?;
    let id = urn.rsplit(':').next().unwrap_or_default();
    let (address, content_type) = (format!("/media/{id}"), asset.content_type.clone());
    Some(MediaView { address, content_type, alt: alt.cloned().unwrap_or_default() })
}

fn files(feed: &Feed, post: &Post) -> Vec<MediaView> {
    let shows = |shown: &Shown| file(feed, &shown.id, shown.alt_text.as_ref());
    match &post.content {
        Some(Content::Media(shown)) => shows(shown).into_iter().collect(),
        Some(Content::MultiImage(several)) => several.images.iter().filter_map(shows).collect(),
        Some(Content::Article(article)) => {
            article.thumbnail.iter().filter_map(|urn| file(feed, urn, Some(&article.title))).collect()
        }
        _ => Vec::new(),
    }
}

fn notes(post: &Post, now: Timestamp) -> Vec<String> {
    let grown = |what: &str, most: u64| grown(&post.urn, what, now.since(post.at), most);
    let mut notes = vec![format!("{} impressions", grown("views", 20_000)), format!("{} likes", grown("likes", 300))];
    match post.visibility.as_str() {
        "CONNECTIONS" => notes.push("connections only".to_owned()),
        "LOGGED_IN" => notes.push("members only".to_owned()),
        _ => {}
    }
    notes.extend(post.is_closed.then(|| "can't be reposted".to_owned()));
    notes.extend(post.edited_at.map(|_| "edited".to_owned()));
    notes
}
