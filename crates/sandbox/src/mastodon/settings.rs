//! What this instance allows: the knob `own` of the Mastodon network.

use serde::{Deserialize, Serialize};

/// Which software the instance pretends to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Software {
    /// Mastodon 4.5 or newer.
    #[default]
    Mastodon,
    /// Takahē 0.11: `Idempotency-Key` and `scheduled_at` are ignored, what Mastodon refuses with 401 or 422 is a 400
    /// (a bad token in plain text), 404 is an HTML page, there are no rate limits, quotes or OAuth metadata.
    Takahe,
}

/// `own` in full; each key may be left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Which software.
    pub software: Software,
    /// How long after a status an idempotency key is not found yet, in milliseconds. On a real instance the key is
    /// written after the status, so that two requests at the same time can both post.
    pub idempotency_lag_ms: u64,
    /// What the instance says and enforces.
    pub instance: Instance,
}

/// The limits of `GET /api/v2/instance`, with Mastodon's own values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Instance {
    /// Characters in text and content warning together.
    pub max_characters: usize,
    /// Files per post.
    pub max_media_attachments: usize,
    /// What a URL counts.
    pub characters_reserved_per_url: usize,
    /// Characters in an alternative text.
    pub description_limit: usize,
    /// Bytes of an image.
    pub image_size_limit: usize,
    /// Pixels of an image.
    pub image_matrix_limit: u64,
    /// Bytes of a video or sound.
    pub video_size_limit: usize,
    /// Choices of a poll.
    pub max_options: usize,
    /// Characters of a choice.
    pub max_characters_per_option: usize,
    /// Seconds that a poll runs at least.
    pub min_expiration: u64,
    /// Seconds that a poll runs at most.
    pub max_expiration: u64,
}

impl Default for Instance {
    fn default() -> Self {
        Self {
            max_characters: 500,
            max_media_attachments: 4,
            characters_reserved_per_url: 23,
            description_limit: 1500,
            image_size_limit: 16 * 1024 * 1024,
            image_matrix_limit: 33_177_600,
            video_size_limit: 99 * 1024 * 1024,
            max_options: 4,
            max_characters_per_option: 50,
            min_expiration: 300,
            max_expiration: 2_629_746,
        }
    }
}

/// The content types that the instance takes.
pub const SUPPORTED_TYPES: [&str; 16] = [
    "image/jpeg",
    "image/png",
    "image/gif",
    "image/heic",
    "image/heif",
    "image/webp",
    "image/avif",
    "video/webm",
    "video/mp4",
    "video/quicktime",
    "audio/mpeg",
    "audio/ogg",
    "audio/wav",
    "audio/x-flac",
    "audio/m4a",
    "audio/aac",
];
