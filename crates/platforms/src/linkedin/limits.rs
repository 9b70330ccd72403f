//! What LinkedIn takes.

use connector::{ImageRules, Limits, PollLimits, TextLimit, Unit, VideoCoding, VideoRules};

/// Longest text of a post, as it is sent: characters of its notation count with the backslash before them (n8n 22899).
pub const TEXT_MAX: u32 = 3_000;
/// Longest comment, in characters.
pub const COMMENT_MAX: u32 = 1_250;
/// Longest question of a poll.
pub const QUESTION_MAX: u32 = 140;
/// Longest title of a link.
pub const TITLE_MAX: usize = 400;
/// Longest alt text and description.
pub const ALT_MAX: u32 = 4_086;
/// A post and comments under it; the figure is our own.
pub const PARTS_MAX: u32 = 20;
/// The smallest video, in bytes.
pub const VIDEO_MIN_BYTES: u64 = 75 * 1_024;
/// How long an author can't post the same again, by the documentation of the older API.
pub const SAME_TEXT_S: u64 = 600;
/// How long a poll stays open, in minutes, and LinkedIn's words for it.
pub const DURATIONS: [(u32, &str); 4] =
    [(1_440, "ONE_DAY"), (4_320, "THREE_DAYS"), (10_080, "SEVEN_DAYS"), (20_160, "FOURTEEN_DAYS")];

/// Where the rules of posts come from.
pub const SOURCE_POST: &str = "LinkedIn Posts API";
/// Where the rules of texts come from.
pub const SOURCE_TEXT: &str = "LinkedIn Posts API; counted as sent, in UTF-16 units, the strictest reading";
/// Where the rules of images come from.
pub const SOURCE_IMAGE: &str = "LinkedIn Images API and MultiImage API; 5 MB by clients' reports";
/// Where the rules of videos come from.
pub const SOURCE_VIDEO: &str = "LinkedIn Videos API";
/// Where the rules of polls come from.
pub const SOURCE_POLL: &str = "LinkedIn Poll API";
/// Where the rules of comments come from.
pub const SOURCE_COMMENT: &str = "LinkedIn Comments API";

/// What a member's or an organisation's channel can take.
pub fn all() -> Limits {
    Limits {
        text: TextLimit { max: TEXT_MAX, unit: Unit::Utf16, max_bytes: None, source: SOURCE_TEXT.to_owned() },
        parts_max: PARTS_MAX,
        images: Some(images(20, &["image/jpeg", "image/png"])),
        gif: Some(images(1, &["image/gif"])),
        video: Some(VideoRules {
            count_max: 1,
            mime: vec!["video/mp4".to_owned()],
            bytes_max: 500_000_000,
            duration_max_ms: Some(30 * 60_000),
            duration_min_ms: Some(3_000),
            coding: VideoCoding { frames_per_second_max: Some(60), ..VideoCoding::default() },
            source: SOURCE_VIDEO.to_owned(),
        }),
        mixed_media: false,
        alt_text_max: ALT_MAX,
        poll: Some(PollLimits {
            options_min: 2,
            options_max: 4,
            option_chars_max: 30,
            duration_min_minutes: DURATIONS[0].0,
            duration_max_minutes: DURATIONS[3].0,
            multiple: false,
        }),
        quote: true,
        edit: true,
        delete: true,
        text_optional: true,
        same_text_refused_s: Some(SAME_TEXT_S),
    }
}

/// Images of these types.
pub fn images(count_max: u32, mime: &[&str]) -> ImageRules {
    ImageRules {
        count_max,
        mime: mime.iter().map(|&one| one.to_owned()).collect(),
        bytes_max: 5_000_000,
        // No side is documented; this is longer than what LinkedIn shows.
        side_max: 12_000,
        pixels_max: 36_152_319,
        source: SOURCE_IMAGE.to_owned(),
    }
}
