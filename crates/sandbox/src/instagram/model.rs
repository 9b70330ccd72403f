//! What Instagram remembers, but for codes and tokens: a host that lets people in another way has its own of those.

use std::{collections::BTreeMap, time::Duration};

use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::meta::{
    containers::{Life, Work},
    fetch::File,
    quotas::Quotas,
    shortcode,
};

/// How long a story is seen.
pub const STORY_LIFE: Duration = Duration::from_secs(24 * 3600);

/// A professional account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// The id that all apps see, in webhooks too.
    pub id: String,
    /// The id that is for this app alone.
    pub scoped_id: String,
    /// Without `@`.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// The biography.
    pub bio: String,
    /// Whether it is a creator's account instead of a business.
    pub creator: bool,
    /// How many follow it.
    pub followers: u32,
    /// The webhook fields that the app wants to hear of.
    pub subscribed: Vec<String>,
}

/// What a container or media object is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// A picture in the feed, or in a carousel.
    #[default]
    Image,
    /// A video in a carousel.
    Video,
    /// A video by itself.
    Reel,
    /// Several pictures and videos.
    Carousel,
    /// A picture that is seen for a day.
    StoryImage,
    /// A video that is seen for a day.
    StoryVideo,
}

impl Kind {
    /// The word of `media_type`.
    pub const fn media_type(self) -> &'static str {
        match self {
            Kind::Image | Kind::StoryImage => "IMAGE",
            Kind::Video | Kind::Reel | Kind::StoryVideo => "VIDEO",
            Kind::Carousel => "CAROUSEL_ALBUM",
        }
    }

    /// The word of `media_product_type`.
    pub const fn product(self) -> &'static str {
        match self {
            Kind::Image | Kind::Video | Kind::Carousel => "FEED",
            Kind::Reel => "REELS",
            Kind::StoryImage | Kind::StoryVideo => "STORY",
        }
    }

    /// Whether it is seen for a day only.
    pub const fn is_story(self) -> bool {
        matches!(self, Kind::StoryImage | Kind::StoryVideo)
    }

    /// Whether it is a film.
    pub const fn is_film(self) -> bool {
        matches!(self, Kind::Video | Kind::Reel | Kind::StoryVideo)
    }
}

/// A person in a picture.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tag {
    /// Who.
    pub username: String,
    /// Where, from the left and from the top, each from 0 to 1.
    pub at: Option<(f64, f64)>,
}

/// What an author sends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// What it is.
    pub kind: Kind,
    /// The text.
    pub caption: String,
    /// The picture or film, once it is here.
    pub file: Option<File>,
    /// The cover of a reel, if it is a picture of its own.
    pub cover: Option<File>,
    /// Which moment of a reel is the cover, in milliseconds.
    pub thumb_offset: Option<u64>,
    /// Alternative text.
    pub alt: Option<String>,
    /// Whether it is made for a carousel.
    pub is_item: bool,
    /// The containers of a carousel's items.
    pub children: Vec<u64>,
    /// The people in it.
    pub tags: Vec<Tag>,
    /// Those who are asked to be its authors too, by username.
    pub collaborators: Vec<String>,
    /// A place.
    pub location: Option<String>,
    /// Whether a reel is seen in the feed too.
    pub share_to_feed: bool,
    /// What a reel's sound is called.
    pub audio_name: Option<String>,
    /// How a reel that is shown to strangers first becomes one for all.
    pub trial: Option<String>,
    /// Whether it says that it was made by a machine.
    pub ai: bool,
}

/// A file that comes in pieces.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Upload {
    /// The digest of what came so far.
    pub blob: Option<String>,
    /// How many bytes came.
    pub received: u64,
}

/// A container.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Container {
    /// Whose.
    pub account: String,
    /// What will be published.
    pub draft: Draft,
    /// How far it is.
    pub life: Life,
    /// What came of a file that the app sends itself.
    pub upload: Option<Upload>,
    /// Until when it is refused as not ready.
    pub unready_until: Option<Timestamp>,
}

/// A picture, reel, carousel, item of one, or story.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Its id.
    pub id: u64,
    /// Whose.
    pub account: String,
    /// When it went live.
    pub at: Timestamp,
    /// The letters in its address.
    pub shortcode: String,
    /// What it shows.
    pub draft: Draft,
    /// The items of a carousel.
    pub children: Vec<u64>,
    /// Whether people may comment.
    pub takes_comments: bool,
}

impl Media {
    /// Whether people see it now.
    pub fn is_visible(&self, now: Timestamp) -> bool {
        !(self.draft.kind.is_story() && self.at + STORY_LIFE <= now)
    }
}

/// A comment, or the answer to one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comment {
    /// Its id.
    pub id: u64,
    /// On what.
    pub media: u64,
    /// Whose.
    pub account: String,
    /// What it says.
    pub text: String,
    /// When.
    pub at: Timestamp,
    /// The comment that it answers.
    pub parent: Option<u64>,
    /// Whether the owner of the media hid it.
    pub hidden: bool,
}

/// Everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Gallery {
    /// By id.
    pub accounts: BTreeMap<String, Account>,
    /// By id.
    pub containers: BTreeMap<u64, Container>,
    /// By id, which is the order in which they went live.
    pub media: BTreeMap<u64, Media>,
    /// By id, oldest first.
    pub comments: BTreeMap<u64, Comment>,
    /// Uses of the daily quotas.
    pub quotas: Quotas,
    last: u64,
}

impl Gallery {
    /// The three accounts that every sandbox begins with.
    pub fn seeded() -> Self {
        let mut gallery = Self::default();
        for (username, name, bio) in [
            ("harbour_bakery", "Harbour Bakery", "Bread, buns and gossip on the quay."),
            ("lena", "Lena Vos", "Photographs of bridges, and what goes under them."),
            ("northwind", "Northwind Bikes", "We repair what others throw away."),
        ] {
            gallery.add_account(username, name, bio);
        }
        gallery
    }

    /// What the last process left. Files that were on their way then never come.
    pub fn restored(mut self) -> Self {
        let waits = |container: &&mut Container| container.life.work == Work::Fetching && container.upload.is_none();
        for container in self.containers.values_mut().filter(waits) {
            container.life.work = Work::Failed("2207077".into());
        }
        self
    }

    /// Adds an account; gives its id.
    pub fn add_account(&mut self, username: &str, name: &str, bio: &str) -> String {
        let id = self.fresh(17_841_400_000_000_000).to_string();
        let account = Account {
            id: id.clone(),
            // Larger than what a double holds.
            scoped_id: self.fresh(26_000_000_000_000_000).to_string(),
            username: username.to_owned(),
            name: name.to_owned(),
            bio: bio.to_owned(),
            creator: username == "lena",
            followers: if username == "harbour_bakery" { 412 } else { 37 },
            subscribed: Vec::new(),
        };
        self.accounts.insert(id.clone(), account);
        id
    }

    /// The account with this name.
    pub fn by_username(&self, username: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.username.eq_ignore_ascii_case(username))
    }

    /// The name of an account.
    pub fn username(&self, id: &str) -> &str {
        self.accounts.get(id).map_or("", |account| &account.username)
    }

    fn fresh(&mut self, from: u64) -> u64 {
        // Steps that no one would guess by adding one.
        self.last += 7_919;
        from + self.last
    }

    /// Keeps a container; gives its id.
    pub fn add_container(&mut self, container: Container) -> u64 {
        let id = self.fresh(17_900_000_000_000_000);
        self.containers.insert(id, container);
        id
    }

    /// Makes something live; gives its id.
    pub fn add_media(&mut self, account: &str, draft: Draft, now: Timestamp) -> u64 {
        let id = self.fresh(18_000_000_000_000_000);
        let items = draft.children.iter().filter_map(|child| self.containers.get(child).map(|item| item.draft.clone()));
        let items: Vec<Draft> = items.collect();
        let children = items.into_iter().map(|item| self.add_media(account, item, now)).collect();
        let account = account.to_owned();
        let media = Media { id, account, at: now, shortcode: shortcode(id), draft, children, takes_comments: true };
        self.media.insert(id, media);
        id
    }

    /// Adds a comment; gives its id.
    pub fn add_comment(&mut self, comment: Comment) -> u64 {
        let id = self.fresh(17_800_000_000_000_000);
        self.comments.insert(id, Comment { id, ..comment });
        id
    }

    /// What stands by itself: no items of carousels. Newest first.
    pub fn posts(&self) -> impl Iterator<Item = &Media> {
        self.media.values().rev().filter(|media| !media.draft.is_item)
    }

    /// The comments on a media object, with the answers to them, newest first.
    pub fn comments_on(&self, media: u64) -> impl Iterator<Item = &Comment> {
        self.comments.values().rev().filter(move |comment| comment.media == media)
    }

    /// Takes something away, with its items and comments.
    pub fn remove(&mut self, id: u64) -> Option<Media> {
        let media = self.media.remove(&id)?;
        for child in &media.children {
            self.media.remove(child);
        }
        self.comments.retain(|_, comment| comment.media != id);
        Some(media)
    }

    /// Takes a comment away, with the answers to it.
    pub fn remove_comment(&mut self, id: u64) -> Option<Comment> {
        self.comments.retain(|_, comment| comment.parent != Some(id));
        self.comments.remove(&id)
    }
}
