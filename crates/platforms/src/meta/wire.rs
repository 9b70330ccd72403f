//! JSON that is the same at several networks of Meta, as much of it as is read.

use base::Timestamp;
use serde::{Deserialize, Deserializer};

/// An answer that is an id: of a container, or of a post.
#[derive(Debug, Deserialize)]
pub(crate) struct Created {
    #[serde(deserialize_with = "id")]
    pub id: String,
}

/// Something that is named by its id alone.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Known {
    #[serde(deserialize_with = "id")]
    pub id: String,
}

/// The files of a carousel, in order.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Children {
    pub data: Vec<Known>,
}

/// A list that is short.
#[derive(Debug, Deserialize)]
pub(crate) struct One<T> {
    pub data: Vec<T>,
}

/// What of the day's publishing is used.
#[derive(Debug, Deserialize)]
pub(crate) struct Quota {
    quota_usage: Option<u64>,
    config: Option<QuotaConfig>,
    reply_quota_usage: Option<u64>,
    reply_config: Option<QuotaConfig>,
}

/// How much may be published in the window, which rolls.
#[derive(Debug, Deserialize)]
struct QuotaConfig {
    quota_total: u64,
}

impl Quota {
    /// How many posts, or replies, were published, and how many there may be.
    pub(crate) fn of(self, is_reply: bool) -> Option<(u64, u64)> {
        let (used, config) = match is_reply {
            true => (self.reply_quota_usage, self.reply_config),
            false => (self.quota_usage, self.config),
        };
        used.zip(config.map(|config| config.quota_total))
    }
}

/// A number about a post, for its whole life: in a list of one value, or as a total.
#[derive(Debug, Deserialize)]
pub(crate) struct Insight {
    pub name: String,
    #[serde(default)]
    values: Vec<InsightValue>,
    total_value: Option<InsightValue>,
}

#[derive(Debug, Deserialize)]
struct InsightValue {
    value: u64,
}

impl Insight {
    /// The number.
    pub(crate) fn value(&self) -> Option<u64> {
        self.values.first().or(self.total_value.as_ref()).map(|one| one.value)
    }
}

/// What became of a deletion.
#[derive(Debug, Deserialize)]
pub(crate) struct Removed {
    pub success: bool,
}

/// An instant: ISO 8601, in whose short form of the offset (`+0000`).
pub(crate) fn instant(text: &str) -> Option<Timestamp> {
    let at = jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%z", text).and_then(|time| time.to_timestamp());
    at.map(Timestamp::from_jiff).ok().or_else(|| Timestamp::parse(text).ok())
}

/// Whether a text is an id: digits.
pub(crate) fn is_id(text: &str) -> bool {
    (1..=32).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Ids are texts of digits, and in some answers numbers larger than what a double holds.
pub(crate) fn id<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
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
