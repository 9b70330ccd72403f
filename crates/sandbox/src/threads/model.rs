//! What Threads remembers.

use std::{collections::BTreeMap, time::Duration};

use base::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    meta::{
        containers::{Life, Status, Work},
        fetch::File,
        quotas::Quotas,
        shortcode,
    },
    oauth::Grants,
};

/// How long a ghost post is seen.
pub const GHOST_LIFE: Duration = Duration::from_secs(24 * 3600);
/// How long a poll takes votes. Not documented; a day is what people see in the app.
pub const POLL_LIFE: Duration = Duration::from_secs(24 * 3600);

/// A person or company.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Digits; larger than what a double holds.
    pub id: String,
    /// Without `@`.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// The biography.
    pub bio: String,
    /// Whether the account has a tick.
    pub verified: bool,
    /// Whether its posts can be limited to countries.
    pub geo: bool,
    /// How many follow it.
    pub followers: u32,
}

/// What a container or post is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    /// Text, with a card, poll, GIF or long text.
    #[default]
    Text,
    /// A picture.
    Image,
    /// A film.
    Video,
    /// Several of these.
    Carousel,
    /// Another account's post, shown again.
    Repost,
}

impl Kind {
    /// The word in a media object.
    pub const fn as_str(self) -> &'static str {
        match self {
            Kind::Text => "TEXT_POST",
            Kind::Image => "IMAGE",
            Kind::Video => "VIDEO",
            Kind::Carousel => "CAROUSEL_ALBUM",
            Kind::Repost => "REPOST_FACADE",
        }
    }
}

/// Who may reply.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReplyControl {
    /// All.
    #[default]
    Everyone,
    /// Those whom the author follows.
    AccountsYouFollow,
    /// Those whom the post mentions.
    MentionedOnly,
    /// The author of the post above.
    ParentPostAuthorOnly,
    /// Those who follow the author.
    FollowersOnly,
}

/// What an author sends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// What it is.
    pub kind: Kind,
    /// The text as it was sent.
    pub text: String,
    /// The picture or film, once it is here.
    pub file: Option<File>,
    /// Alternative text.
    pub alt: Option<String>,
    /// Whether it is made for a carousel.
    pub is_item: bool,
    /// The containers of a carousel's items.
    pub children: Vec<u64>,
    /// The post that it answers.
    pub reply_to: Option<u64>,
    /// Who may reply.
    pub reply_control: ReplyControl,
    /// The post that it quotes.
    pub quote: Option<u64>,
    /// The card's address.
    pub link: Option<String>,
    /// The choices of a poll.
    pub poll: Option<Vec<String>>,
    /// The topic.
    pub topic: Option<String>,
    /// The id of a GIF at GIPHY.
    pub gif: Option<String>,
    /// Hidden ranges of the text.
    pub entities: Option<Value>,
    /// Whether the media is hidden until it is tapped.
    pub spoiler_media: bool,
    /// A long text.
    pub attachment: Option<Value>,
    /// Whether it vanishes after a day.
    pub ghost: bool,
    /// Whether replies wait for the author.
    pub approvals: bool,
    /// A place.
    pub location: Option<String>,
    /// The countries in which it is seen.
    pub countries: Vec<String>,
    /// Whether it is shared to an Instagram story, too.
    pub to_instagram: bool,
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
    /// Until when `threads_publish` does not find it.
    pub unseen_until: Option<Timestamp>,
}

/// What became of a reply to a post whose author approves replies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Approval {
    /// It waits.
    Pending,
    /// It is seen.
    Approved,
    /// It was turned down.
    Ignored,
}

/// A post, reply, repost or item of a carousel.
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
    /// What it says.
    pub draft: Draft,
    /// The items of a carousel.
    pub children: Vec<u64>,
    /// The post that began the conversation, for a reply.
    pub root: Option<u64>,
    /// The post shown again.
    pub reposted: Option<u64>,
    /// Whether the owner of the conversation hid it, once that was decided.
    pub hidden: Option<bool>,
    /// Whether it waits for the owner of the conversation.
    pub approval: Option<Approval>,
}

impl Media {
    /// Whether people see it now.
    pub fn is_visible(&self, now: Timestamp) -> bool {
        !self.has_vanished(now) && self.hidden != Some(true) && self.approval.is_none_or(|it| it == Approval::Approved)
    }

    /// Whether it was a ghost.
    pub fn has_vanished(&self, now: Timestamp) -> bool {
        self.draft.ghost && self.at + GHOST_LIFE <= now
    }
}

/// Everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Square {
    /// By id.
    pub accounts: BTreeMap<String, Account>,
    /// Codes and tokens.
    pub grants: Grants,
    /// By id.
    pub containers: BTreeMap<u64, Container>,
    /// By id, which is the order in which they went live.
    pub media: BTreeMap<u64, Media>,
    /// Uses of the daily quotas.
    pub quotas: Quotas,
    last: u64,
}

impl Square {
    /// The three accounts that every sandbox begins with.
    pub fn seeded() -> Self {
        let mut square = Self::default();
        for (username, name, bio) in [
            ("harbour_bakery", "Harbour Bakery", "Bread, buns and gossip on the quay."),
            ("lena", "Lena Vos", "Photographs of bridges, and what goes under them."),
            ("northwind", "Northwind Bikes", "We repair what others throw away."),
        ] {
            square.add_account(username, name, bio);
        }
        square
    }

    /// What the last process left. Files that were on their way then never come.
    pub fn restored(mut self) -> Self {
        for container in self.containers.values_mut().filter(|container| container.life.work == Work::Fetching) {
            container.life.work = Work::Failed("FAILED_DOWNLOADING_VIDEO".into());
        }
        self
    }

    /// Adds an account; gives its id.
    pub fn add_account(&mut self, username: &str, name: &str, bio: &str) -> String {
        let id = self.fresh(24_000_000_000_000_000).to_string();
        let account = Account {
            id: id.clone(),
            username: username.to_owned(),
            name: name.to_owned(),
            bio: bio.to_owned(),
            verified: username == "harbour_bakery",
            geo: username == "harbour_bakery",
            followers: if username == "harbour_bakery" { 412 } else { 37 },
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
        // Steps that can't be guessed by adding one.
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
        let parent = draft.reply_to.and_then(|parent| self.media.get(&parent));
        let root = parent.map(|parent| parent.root.unwrap_or(parent.id));
        let asks = root.and_then(|root| self.media.get(&root)).filter(|root| root.draft.approvals);
        let approval = asks.filter(|root| root.account != account).map(|_| Approval::Pending);
        let children = draft.children.clone();
        let children = children.iter().filter_map(|child| self.containers.get(child).map(|item| item.draft.clone()));
        let children: Vec<Draft> = children.collect();
        let mut media = Media {
            id,
            account: account.to_owned(),
            at: now,
            shortcode: shortcode(id),
            draft,
            children: Vec::new(),
            root,
            reposted: None,
            hidden: None,
            approval,
        };
        media.children = children.into_iter().map(|child| self.add_media(account, child, now)).collect();
        self.media.insert(id, media);
        id
    }

    /// The replies directly below a post, oldest first.
    pub fn replies_to(&self, id: u64) -> impl Iterator<Item = &Media> {
        self.media.range(id..).map(|(_, media)| media).filter(move |media| media.draft.reply_to == Some(id))
    }

    /// Everything below a post that began a conversation, oldest first.
    pub fn conversation(&self, root: u64) -> impl Iterator<Item = &Media> {
        self.media.range(root..).map(|(_, media)| media).filter(move |media| media.root == Some(root))
    }

    /// Takes a post away, with the items in it. Replies to it stay, as on the network.
    pub fn remove(&mut self, id: u64) -> Option<Media> {
        let media = self.media.remove(&id)?;
        for child in &media.children {
            self.media.remove(child);
        }
        Some(media)
    }

    /// Whether a container can be put into a carousel of this account.
    pub fn is_item_of(&self, account: &str, id: u64, now: Timestamp) -> bool {
        self.containers.get(&id).is_some_and(|container| {
            container.account == account && container.draft.is_item && container.life.status(now) == Status::Finished
        })
    }
}
