//! Mastodon's JSON, as much of it as we read. Servers that speak the same API leave fields out or change their types,
//! so only what a step cannot do without is required.

use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// A status, read for its id, for comparing, and for its numbers.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Status {
    #[serde(deserialize_with = "id")]
    pub id: String,
    #[serde(default)]
    pub uri: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub account: Option<Author>,
    #[serde(default)]
    pub created_at: Option<String>,
    #[serde(default)]
    pub content: Option<String>,
    #[serde(default)]
    pub spoiler_text: Option<String>,
    #[serde(default, deserialize_with = "optional_id")]
    pub in_reply_to_id: Option<String>,
    #[serde(default)]
    pub media_attachments: Vec<Value>,
    #[serde(default)]
    pub favourites_count: Option<u64>,
    #[serde(default)]
    pub reblogs_count: Option<u64>,
    #[serde(default)]
    pub replies_count: Option<u64>,
    #[serde(default)]
    pub quotes_count: Option<u64>,
    #[serde(default)]
    pub quote_approval: Option<QuoteApproval>,
    #[serde(default)]
    pub visibility: Option<String>,
    /// Whether the reader likes it.
    #[serde(default)]
    pub favourited: Option<bool>,
}

impl Status {
    /// The page for people: `url`; a status that has none is known by its `uri`.
    pub(crate) fn page(&self) -> String {
        self.url.clone().or_else(|| self.uri.clone()).unwrap_or_default()
    }
}

/// Who wrote a status.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Author {
    #[serde(deserialize_with = "id")]
    pub id: String,
    /// Without a domain if the account is the instance's own.
    #[serde(default)]
    pub acct: String,
    #[serde(default)]
    pub display_name: String,
    #[serde(default)]
    pub url: Option<String>,
}

/// What stands around a status.
#[derive(Debug, Deserialize)]
pub(crate) struct Context {
    #[serde(default)]
    pub descendants: Vec<Status>,
}

/// Whether we may quote a status.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct QuoteApproval {
    /// `automatic`, `manual`, `denied` or `unknown`.
    #[serde(default)]
    pub current_user: String,
}

/// An uploaded file.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Attachment {
    #[serde(deserialize_with = "id")]
    pub id: String,
}

/// The account behind a token.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct CredentialAccount {
    #[serde(deserialize_with = "id")]
    pub id: String,
    pub username: String,
    #[serde(default)]
    pub acct: String,
    #[serde(default)]
    pub uri: Option<String>,
    #[serde(default)]
    pub url: Option<String>,
    #[serde(default)]
    pub display_name: String,
    /// Its picture; the still one where it moves.
    #[serde(default, rename = "avatar_static")]
    pub avatar: Option<String>,
    #[serde(default)]
    pub source: Option<Source>,
    #[serde(default)]
    pub followers_count: Option<u64>,
    #[serde(default)]
    pub following_count: Option<u64>,
    #[serde(default)]
    pub statuses_count: Option<u64>,
}

/// The account's own defaults.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Source {
    #[serde(default)]
    pub privacy: Option<String>,
}

/// An app that we registered.
#[derive(Debug, Deserialize)]
pub(crate) struct RegisteredApp {
    pub client_id: String,
    pub client_secret: String,
}

/// What a search found.
#[derive(Debug, Deserialize)]
pub(crate) struct Search {
    #[serde(default)]
    pub statuses: Vec<Status>,
}

/// The accounts that a search found.
#[derive(Debug, Deserialize)]
pub(crate) struct SearchAccounts {
    #[serde(default)]
    pub accounts: Vec<Known>,
}

/// An account that a search found. `acct` has no domain if it is of the instance itself.
#[derive(Debug, Deserialize)]
pub(crate) struct Known {
    pub acct: String,
    #[serde(default)]
    pub display_name: String,
}

/// Ids are texts; some servers write them as numbers.
fn id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    optional_id(deserializer)?.ok_or_else(|| serde::de::Error::custom("an id is missing"))
}

fn optional_id<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) if !text.is_empty() => Ok(Some(text)),
        Value::Number(number) => Ok(Some(number.to_string())),
        other => Err(serde::de::Error::custom(format!("{other} is no id"))),
    }
}
