//! Threads's JSON, as much of it as is read.

use base::Timestamp;
use serde::{Deserialize, Deserializer};

/// An answer that is an id: of a container, or of a post.
#[derive(Debug, Deserialize)]
pub struct Created {
    /// Digits.
    #[serde(deserialize_with = "id")]
    pub id: String,
}

/// A container.
#[derive(Debug, Deserialize)]
pub struct State {
    /// What Threads makes of it.
    pub status: Status,
    /// Why it is of no use, as a name (`FAILED_DOWNLOADING_VIDEO`).
    #[serde(default)]
    pub error_message: Option<String>,
}

/// The life of a container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Threads works on it.
    InProgress,
    /// It can be published.
    Finished,
    /// It is a post.
    Published,
    /// It cannot be used.
    Error,
    /// It was not published within a day.
    Expired,
}

/// A post, as far as it is looked for.
#[derive(Debug, Clone, Deserialize)]
pub struct Post {
    /// Digits.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// Its page.
    pub permalink: Option<String>,
    /// The last word of its page's address.
    pub shortcode: Option<String>,
    /// ISO 8601, in whose short form of the offset (`+0000`).
    pub timestamp: Option<String>,
    /// What was written.
    #[serde(default)]
    pub text: String,
    /// `TEXT_POST`, `IMAGE`, `VIDEO`, `CAROUSEL_ALBUM`, `REPOST_FACADE`, …
    pub media_type: Option<String>,
    /// Whether it quotes another.
    pub is_quote_post: Option<bool>,
    /// What it replies to; absent if it is a post of its own.
    pub replied_to: Option<Known>,
    /// The files of a carousel.
    pub children: Option<Children>,
}

impl Post {
    /// When it was published.
    pub fn made_at(&self) -> Option<Timestamp> {
        crate::meta::time(self.timestamp.as_deref()?)
    }
}

/// Something that is named by its id alone.
#[derive(Debug, Clone, Deserialize)]
pub struct Known {
    /// Digits.
    #[serde(deserialize_with = "id")]
    pub id: String,
}

/// The files of a carousel.
#[derive(Debug, Clone, Deserialize)]
pub struct Children {
    /// In order.
    pub data: Vec<Known>,
}

/// An account, as far as Fanfare keeps it (P-014).
#[derive(Debug, Deserialize)]
pub struct Profile {
    /// Digits.
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// The name after the @.
    pub username: String,
    /// The display name.
    pub name: Option<String>,
    /// Its picture.
    pub threads_profile_picture_url: Option<String>,
}

/// A list with one thing or none.
#[derive(Debug, Deserialize)]
pub struct One<T> {
    /// The list.
    pub data: Vec<T>,
}

/// What of the day's publishing is used.
#[derive(Debug, Deserialize)]
pub struct Quota {
    /// Posts.
    pub quota_usage: Option<u64>,
    /// How many there may be.
    pub config: Option<QuotaConfig>,
    /// Replies.
    pub reply_quota_usage: Option<u64>,
    /// How many there may be.
    pub reply_config: Option<QuotaConfig>,
}

/// How much may be published.
#[derive(Debug, Deserialize)]
pub struct QuotaConfig {
    /// So many in the window, which rolls.
    pub quota_total: u64,
}

/// A number about a post.
#[derive(Debug, Deserialize)]
pub struct Insight {
    /// Which.
    pub name: String,
    /// One value, for the whole life of the post.
    #[serde(default)]
    pub values: Vec<InsightValue>,
}

/// Its value.
#[derive(Debug, Deserialize)]
pub struct InsightValue {
    /// The number.
    pub value: u64,
}

/// What became of a deletion.
#[derive(Debug, Deserialize)]
pub struct Removed {
    /// Whether it is gone.
    pub success: bool,
}

/// What a token is good for.
#[derive(Debug, Deserialize)]
pub struct Inspected {
    /// It.
    pub data: Inspection,
}

/// What a token is good for.
#[derive(Debug, Deserialize)]
pub struct Inspection {
    /// As granted.
    #[serde(default)]
    pub scopes: Vec<String>,
}

/// Whether a text is an id: digits.
pub fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Ids are texts of digits, and in some answers numbers larger than what a double holds.
fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Id {
        Text(String),
        Number(u64),
    }
    let id = match Id::deserialize(from)? {
        Id::Text(text) => text,
        Id::Number(number) => number.to_string(),
    };
    if is_id(&id) { Ok(id) } else { Err(serde::de::Error::custom("an id of digits")) }
}
