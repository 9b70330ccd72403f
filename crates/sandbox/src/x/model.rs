//! What X remembers.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    time::Duration,
};

use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{oauth::Grants, processing::Processing};

/// How long uploaded media live unpublished, in seconds (`expires_after_secs`).
pub const MEDIA_LIFE_S: u64 = 86_400;

/// The community that every account here belongs to.
pub const COMMUNITY_ID: &str = "1600000000000000001";

/// A user.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Digits.
    pub id: String,
    /// Without `@`.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// The biography.
    pub bio: String,
    /// Since when.
    pub at: Timestamp,
    /// `None`, `Basic`, `Premium` or `PremiumPlus`.
    pub subscription: String,
}

impl Account {
    /// Whether long posts, long videos and edits are allowed.
    pub fn is_premium(&self) -> bool {
        self.subscription.starts_with("Premium")
    }
}

/// An upload.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Whose.
    pub account: String,
    /// What the client said it is.
    pub media_type: Option<String>,
    /// `tweet_image`, `tweet_gif`, `tweet_video`, …
    pub category: String,
    /// What the client said it weighs.
    pub total_bytes: Option<u64>,
    /// The digests of the segments by their index.
    pub segments: BTreeMap<u32, String>,
    /// The digest of the whole, once finalized.
    pub blob: Option<String>,
    /// What the bytes are.
    pub content_type: String,
    /// How many.
    pub size_bytes: u64,
    /// Pixels.
    pub size: Option<(u32, u32)>,
    /// How long it plays.
    pub seconds: Option<f64>,
    /// When the upload began.
    pub at: Timestamp,
    /// What is done to it.
    #[serde(flatten)]
    pub work: Processing,
    /// Alternative text.
    pub alt: Option<String>,
    /// Whether a post uses it, which keeps it.
    pub used: bool,
}

impl Media {
    /// The key under which posts name it.
    pub fn key(&self, id: &str) -> String {
        let number = match self.category.as_str() {
            "tweet_gif" | "dm_gif" => 16,
            "tweet_video" | "dm_video" => 7,
            "amplify_video" => 13,
            _ => 3,
        };
        format!("{number}_{id}")
    }

    /// The kind in a media object.
    pub fn kind(&self) -> &'static str {
        match self.category.as_str() {
            "tweet_gif" | "dm_gif" => "animated_gif",
            "tweet_video" | "dm_video" | "amplify_video" => "video",
            _ => "photo",
        }
    }

    /// Whether it has gone.
    pub fn has_gone(&self, now: Timestamp) -> bool {
        !self.used && self.at + Duration::from_secs(MEDIA_LIFE_S) <= now
    }
}

/// A poll.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// The choices.
    pub options: Vec<String>,
    /// How long it runs.
    pub duration_minutes: u64,
}

/// What an author sends.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The text as it was sent.
    pub text: String,
    /// Ids of media in order.
    pub media: Vec<String>,
    /// A poll.
    pub poll: Option<Poll>,
    /// The post that it answers.
    pub reply_to: Option<u64>,
    /// The post that it quotes.
    pub quote: Option<u64>,
    /// Who may answer; everyone if absent.
    pub reply_settings: Option<String>,
    /// The community.
    pub community: Option<String>,
    /// The disclosure.
    pub paid_partnership: bool,
}

/// One version of a post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Post {
    /// Its id; ids of later posts are larger.
    pub id: u64,
    /// Whose.
    pub account: String,
    /// When it was posted.
    pub at: Timestamp,
    /// When the first version was posted.
    pub first_at: Timestamp,
    /// The ids of all versions up to this one, oldest first.
    pub chain: Vec<u64>,
    /// The id of the post that began the conversation.
    pub conversation: u64,
    /// What it says.
    pub draft: Draft,
}

/// Everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Plaza {
    /// By id.
    pub accounts: BTreeMap<String, Account>,
    /// Codes and tokens.
    pub grants: Grants,
    /// All versions by id.
    pub posts: BTreeMap<u64, Post>,
    /// The ids of an account's posts, oldest first, the newest version of each only.
    pub by_account: HashMap<String, Vec<u64>>,
    /// Answers that the author of the conversation hid.
    #[serde(default)]
    pub hidden: BTreeSet<u64>,
    /// Deleted posts and whose they were.
    pub gone: BTreeMap<u64, String>,
    /// By id.
    pub media: BTreeMap<String, Media>,
    last_id: u64,
}

/// 2010-11-04T01:42:54.657Z, from which ids count their milliseconds.
const EPOCH_MS: i64 = 1_288_834_974_657;

impl Plaza {
    /// The three accounts that every sandbox begins with. Lena has Premium.
    pub fn seeded(now: Timestamp) -> Self {
        let mut plaza = Self::default();
        for (username, name, bio, subscription) in [
            ("harbour_bakery", "Harbour Bakery", "Bread, buns and gossip on the quay.", "None"),
            ("lena", "Lena Vos", "Photographs of bridges, and what goes under them.", "Premium"),
            ("northwind", "Northwind Bikes", "We repair what others throw away.", "None"),
        ] {
            plaza.add_account(username, name, bio, subscription, now);
        }
        plaza
    }

    /// Adds an account; gives its id.
    pub fn add_account(&mut self, username: &str, name: &str, bio: &str, tier: &str, now: Timestamp) -> String {
        let id = self.fresh_id(now).to_string();
        let account = Account {
            id: id.clone(),
            username: username.to_owned(),
            name: name.to_owned(),
            bio: bio.to_owned(),
            at: now,
            subscription: tier.to_owned(),
        };
        self.accounts.insert(id.clone(), account);
        id
    }

    /// The account with this name.
    pub fn by_username(&self, username: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.username.eq_ignore_ascii_case(username))
    }

    /// An id that sorts by time.
    pub fn fresh_id(&mut self, now: Timestamp) -> u64 {
        let by_time = u64::try_from(now.as_micros() / 1000 - EPOCH_MS).unwrap_or(0) << 22;
        self.last_id = by_time.max(self.last_id + 1);
        self.last_id
    }

    /// Takes all versions of a post away.
    pub fn remove(&mut self, id: u64, now: Timestamp) -> Option<Post> {
        let asked = self.posts.get(&id)?.clone();
        let first = asked.chain.first().copied()?;
        let versions: Vec<u64> = self.posts.range(first..).map(|(id, _)| *id).collect();
        for version in versions {
            if self.posts.get(&version).is_some_and(|post| post.chain.first() == Some(&first)) {
                self.posts.remove(&version);
                self.gone.insert(version, asked.account.clone());
                if let Some(ids) = self.by_account.get_mut(&asked.account) {
                    ids.retain(|held| *held != version);
                }
            }
        }
        for media in asked.draft.media.iter() {
            self.media.entry(media.clone()).and_modify(|media| (media.used, media.at) = (false, now));
        }
        Some(asked)
    }
}
