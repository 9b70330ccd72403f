//! Threads's JSON, as much of it as is read.

use base::Timestamp;
use serde::Deserialize;

use crate::meta::wire::{Children, Known, id, instant};

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
        instant(self.timestamp.as_deref()?)
    }
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
