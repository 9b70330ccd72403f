//! What people see of Instagram.

use std::{ops::Range, sync::Arc};

use axum::{
    Router,
    extract::{Path, State as Shared},
    response::Response,
    routing::get,
};
use bytes::Bytes;

use super::{
    Nodes, State,
    model::{Comment, Gallery, Kind, Media},
};
use crate::{
    Core, Shows,
    growth::grown,
    meta::{places, text},
    pages::{self, Choice, MediaView, PostView, TimelineView},
    portraits, shows,
};

impl Shows for Nodes {
    const ACCOUNT: &str = "/@{name}";
    const POST: &str = "/@{name}/p/{id}";
    const FILE: &str = "/file/{id}";
    const INTRODUCTION: &str = "An Instagram that exists on this computer only. These accounts live here.";

    fn core(&self) -> &Core {
        &self.core
    }

    fn people(&self) -> Vec<Choice> {
        let gallery = self.gallery();
        gallery.accounts.values().map(|account| Choice::of(&account.username, &account.name)).collect()
    }

    /// Stories stand among the rest, for as long as they are seen.
    fn account(&self, name: &str) -> Option<TimelineView> {
        let (gallery, core) = (self.gallery(), &self.core);
        let account = gallery.by_username(name)?;
        let own = gallery.posts().filter(|media| media.account == account.id && media.is_visible(core.now()));
        Some(TimelineView {
            name: account.name.clone(),
            handle: format!("@{}", account.username),
            bio: account.bio.clone(),
            posts: own.take(100).map(|media| shown(core, &gallery, media)).collect(),
        })
    }

    /// Addresses have the letters of the shortcode, or the id of a story.
    fn post(&self, name: &str, code: &str) -> Option<PostView> {
        let (gallery, core) = (self.gallery(), &self.core);
        let account = gallery.by_username(name)?;
        let media = gallery.posts().find(|media| media.shortcode == code || media.id.to_string() == code)?;
        let is_seen = media.account == account.id && media.is_visible(core.now());
        is_seen.then(|| shown(core, &gallery, media))
    }

    fn file(&self, blob: &str) -> Option<(String, Bytes)> {
        let gallery = self.gallery();
        let files = gallery.media.values().flat_map(|media| [&media.draft.file, &media.draft.cover]).flatten();
        let file = files.into_iter().find(|file| file.blob == blob)?;
        Some((file.content_type.clone(), self.core.blobs.get(&file.blob)?))
    }
}

/// Those who sign in with Instagram are those who post.
impl Shows for State {
    const ACCOUNT: &str = Nodes::ACCOUNT;
    const POST: &str = Nodes::POST;
    const FILE: &str = Nodes::FILE;
    const INTRODUCTION: &str = Nodes::INTRODUCTION;

    fn core(&self) -> &Core {
        &self.nodes.core
    }

    fn people(&self) -> Vec<Choice> {
        self.nodes.people()
    }

    fn account(&self, name: &str) -> Option<TimelineView> {
        self.nodes.account(name)
    }

    fn post(&self, name: &str, code: &str) -> Option<PostView> {
        self.nodes.post(name, code)
    }

    fn file(&self, blob: &str) -> Option<(String, Bytes)> {
        self.nodes.file(blob)
    }
}

/// Accounts and posts, at the addresses that answers name, whatever host they are on.
pub fn router(nodes: Arc<Nodes>) -> Router {
    Router::new()
        .route("/@{name}/picture", get(picture))
        .route("/p/{code}/", get(by_code))
        .route("/reel/{code}/", get(by_code))
        .route("/stories/{name}/{id}/", get(story))
        .merge(shows::inner())
        .with_state(nodes)
}

/// The profile picture of an account.
async fn picture(Shared(nodes): Shared<Arc<Nodes>>, Path(name): Path<String>) -> Response {
    let is_known = nodes.gallery().by_username(&name).is_some();
    if is_known { portraits::served(&name) } else { shows::nothing(&*nodes) }
}

/// A post by the letters alone, as permalinks have it.
async fn by_code(Shared(nodes): Shared<Arc<Nodes>>, Path(code): Path<String>) -> Response {
    let owner = {
        let gallery = nodes.gallery();
        let media = gallery.posts().find(|media| media.shortcode == code && !media.draft.kind.is_story());
        media.map(|media| gallery.username(&media.account).to_owned())
    };
    owner.map_or_else(|| shows::nothing(&*nodes), |owner| shows::post(&*nodes, &owner, &code))
}

/// A story by its id.
async fn story(Shared(nodes): Shared<Arc<Nodes>>, Path((name, id)): Path<(String, String)>) -> Response {
    shows::post(&*nodes, &name, &id)
}

fn shown(core: &Core, gallery: &Gallery, media: &Media) -> PostView {
    let draft = &media.draft;
    let items = media.children.iter().filter_map(|child| gallery.media.get(child));
    let files = items.chain([media]).filter_map(|item| Some((item, item.draft.file.as_ref()?)));
    let top = gallery.comments.values().filter(|it| it.media == media.id && it.parent.is_none() && !it.hidden);
    PostView {
        text: pages::linked(&draft.caption, &links(&draft.caption)),
        media: files
            .map(|(item, file)| MediaView {
                address: format!("/file/{}", file.blob),
                content_type: file.content_type.clone(),
                alt: item.draft.alt.clone().unwrap_or_default(),
            })
            .collect(),
        notes: notes(core, media),
        replies: top.map(|comment| said(gallery, comment)).collect(),
        ..by(gallery, &media.account, media.id, media.at)
    }
}

fn by(gallery: &Gallery, account: &str, id: u64, at: base::Timestamp) -> PostView {
    let author = gallery.accounts.get(account);
    PostView {
        id: id.to_string(),
        author: author.map_or_else(String::new, |author| author.name.clone()),
        handle: author.map_or_else(String::new, |author| format!("@{}", author.username)),
        at,
        ..PostView::default()
    }
}

fn said(gallery: &Gallery, comment: &Comment) -> PostView {
    let below = gallery.comments.values().filter(|it| it.parent == Some(comment.id) && !it.hidden);
    PostView {
        text: pages::linked(&comment.text, &links(&comment.text)),
        replies: below.map(|reply| said(gallery, reply)).collect(),
        ..by(gallery, &comment.account, comment.id, comment.at)
    }
}

/// Addresses in a caption are no links on Instagram, names are.
fn links(said: &str) -> Vec<(Range<usize>, String)> {
    text::mentions(said).into_iter().map(|(range, name)| (range, format!("/@{name}"))).collect()
}

fn notes(core: &Core, media: &Media) -> Vec<String> {
    let draft = &media.draft;
    let names = |what: &str, names: Vec<&String>| {
        let names: Vec<String> = names.into_iter().map(|name| format!("@{name}")).collect();
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let age = core.now().since(media.at);
    let likes = grown(&media.id.to_string(), "likes", age, 300);
    let notes = [
        match draft.kind {
            Kind::Reel if draft.trial.is_some() => Some("trial reel".to_owned()),
            Kind::Reel if draft.share_to_feed => Some("reel, in the feed too".to_owned()),
            Kind::Reel => Some("reel".to_owned()),
            Kind::StoryImage | Kind::StoryVideo => Some("story".to_owned()),
            _ => None,
        },
        draft.audio_name.as_ref().map(|name| format!("sound: {name}")),
        draft.cover.as_ref().map(|_| "with a cover".to_owned()),
        draft.thumb_offset.map(|offset| format!("cover at {offset} ms")),
        draft.location.as_deref().and_then(places::name).map(|name| format!("at {name}")),
        names("with", draft.tags.iter().map(|tag| &tag.username).collect()),
        names("invited as authors:", draft.collaborators.iter().collect()),
        draft.ai.then(|| "AI info".to_owned()),
        (!media.takes_comments).then(|| "comments are off".to_owned()),
        Some(format!("{likes} likes")),
    ];
    notes.into_iter().flatten().collect()
}
