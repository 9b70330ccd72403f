//! What an account can post. A subscription gives longer texts and videos, and editing.

use connector::{ImageRules, Limits, PollLimits, TextLimit, Unit, VideoCoding, VideoRules};
use serde::Deserialize;
use serde_json::Value;

use super::text;

/// Longest video that every page of X's documentation allows, in milliseconds.
pub const VIDEO_SAFE_MS: u64 = 140_000;
/// Largest video that every page allows, in bytes.
pub const VIDEO_SAFE_BYTES: u64 = 512 << 20;
/// Shortest video, in milliseconds.
pub const VIDEO_MIN_MS: u64 = 500;
/// Smallest side of a video, in pixels.
pub const VIDEO_SIDE_MIN: u32 = 32;
/// Largest side of a video, in pixels. The API's page says 1280 by 1024; X's help for its users, and its own apps, allow this
/// for everyone ("How to share and watch videos on X": 1920 by 1200 and 1200 by 1900).
pub const VIDEO_SIDE_MAX: u32 = 1920;
/// Most pixels of a video's frame, by the same page.
pub const VIDEO_PIXELS_MAX: u64 = 1920 * 1200;
/// Largest image, in bytes.
pub const IMAGE_BYTES: u64 = 5 << 20;
/// Largest GIF, in bytes.
pub const GIF_BYTES: u64 = 15 << 20;
/// Longest alternative text, in characters.
pub const ALT_MAX: u32 = 1000;
/// Parts of a thread: X takes 100 posts of a person in 15 minutes, so that a thread never waits in its middle.
pub const PARTS_MAX: u32 = 100;

/// Where the rules of files come from.
pub const SOURCE_MEDIA: &str = "X API, media best practices";
/// Where the rules of texts come from.
pub const SOURCE_TEXT: &str = "X API, counting characters (configuration version 3); long posts: changelog 2024-08-20";

/// The facts of a channel: what limits depend on.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Facts {
    /// `None`, `Basic`, `Premium` or `PremiumPlus`.
    pub subscription_type: Option<String>,
    /// Whether only followers see its posts.
    pub protected: bool,
}

impl Facts {
    /// Reads what `verify` gave; nothing known means no subscription.
    pub fn of(facts: &Value) -> Self {
        Self::deserialize(facts).unwrap_or_default()
    }

    /// Whether long posts, long videos and edits are open. Basic is left out: the reference names Premium only.
    pub fn is_premium(&self) -> bool {
        matches!(self.subscription_type.as_deref(), Some("Premium" | "PremiumPlus"))
    }
}

/// What a channel with these facts can take.
pub fn of(facts: &Facts) -> Limits {
    let premium = facts.is_premium();
    Limits {
        text: TextLimit {
            max: if premium { text::LONG_WEIGHT_MAX } else { text::WEIGHT_MAX },
            unit: Unit::Weighted,
            max_bytes: None,
            source: SOURCE_TEXT.to_owned(),
        },
        parts_max: PARTS_MAX,
        images: Some(images(4, &["image/jpeg", "image/png", "image/webp"], IMAGE_BYTES, 8192)),
        gif: Some(images(1, &["image/gif"], GIF_BYTES, 1280)),
        video: Some(video(premium)),
        mixed_media: false,
        alt_text_max: ALT_MAX,
        poll: Some(POLL),
        quote: true,
        edit: premium,
        delete: true,
        text_optional: true,
        // X says that it refuses duplicates, not for how long. Two days is our caution: a daily post would fail.
        same_text_refused_s: Some(2 * 86_400),
    }
}

/// What a poll can be.
pub const POLL: PollLimits = PollLimits {
    options_min: 2,
    options_max: 4,
    option_chars_max: 25,
    duration_min_minutes: 5,
    duration_max_minutes: 10_080,
    multiple: false,
};

fn images(count_max: u32, mime: &[&str], bytes_max: u64, side_max: u32) -> ImageRules {
    ImageRules {
        count_max,
        mime: mime.iter().map(|&mime| mime.to_owned()).collect(),
        bytes_max,
        side_max,
        pixels_max: u64::from(side_max) * u64::from(side_max),
        source: SOURCE_MEDIA.to_owned(),
    }
}

/// X's pages differ: the older one stops at 140 seconds and 512 MB, the newer ones at 20 minutes (Premium: 125). What
/// lies between is allowed here and warned of in `check`.
fn video(premium: bool) -> VideoRules {
    let (minutes, gibibytes) = if premium { (125, 16) } else { (20, 8) };
    VideoRules {
        count_max: 1,
        mime: vec!["video/mp4".to_owned(), "video/quicktime".to_owned()],
        bytes_max: gibibytes << 30,
        duration_max_ms: Some(minutes * 60_000),
        duration_min_ms: Some(VIDEO_MIN_MS),
        coding: VideoCoding {
            side_max: Some(VIDEO_SIDE_MAX),
            pixels_max: Some(VIDEO_PIXELS_MAX),
            frames_per_second_max: Some(60),
            ..VideoCoding::default()
        },
        source: SOURCE_MEDIA.to_owned(),
    }
}
