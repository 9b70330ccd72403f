//! What every channel on Instagram can post.

use connector::{ImageRules, Limits, TextLimit, Unit, VideoCoding, VideoRules};

/// Longest caption.
pub const TEXT_MAX: u32 = 2_200;
/// Fewest and most files in a carousel.
pub const FILES_MAX: u32 = 10;
/// Longest alternative text, in characters.
pub const ALT_MAX: u32 = 1_000;
/// A post and the comments below it. Instagram names no number; the figure is our own.
pub const PARTS_MAX: u32 = 10;
/// The most hashtags in a caption.
pub const HASHTAGS_MAX: u32 = 30;
/// The most that Instagram's app takes, by its announcement of December 2025. The API has not been seen to refuse more.
pub const HASHTAGS_SHOWN_MAX: u32 = 5;
/// The most mentions in a caption.
pub const MENTIONS_MAX: u32 = 20;
/// Longest video of a story or in a carousel, in milliseconds.
pub const SHORT_VIDEO_MAX_MS: u64 = 60_000;
/// Largest video of a story, in bytes.
pub const STORY_VIDEO_BYTES_MAX: u64 = 100_000_000;
/// What Instagram takes of a comment, by hearsay: its pages are silent.
pub const COMMENT_MAX: u32 = 300;
/// The same: hashtags in a comment.
pub const COMMENT_HASHTAGS_MAX: u32 = 4;

/// Where the rules of texts come from.
pub const SOURCE_TEXT: &str = "Instagram Platform, content publishing: caption";
/// Where the rules of files come from.
pub const SOURCE_MEDIA: &str = "Instagram Platform, POST /{ig-user-id}/media: image and video specifications";
/// Where the rest comes from.
pub const SOURCE_POST: &str = "Instagram Platform, POST /{ig-user-id}/media";

/// What a channel can take.
pub fn all() -> Limits {
    let types = |types: &[&str]| types.iter().map(|&one| one.to_owned()).collect();
    Limits {
        // Instagram says characters; units of UTF-16 are never fewer.
        text: TextLimit { max: TEXT_MAX, unit: Unit::Utf16, max_bytes: None, source: SOURCE_TEXT.to_owned() },
        parts_max: PARTS_MAX,
        images: Some(ImageRules {
            count_max: FILES_MAX,
            // Everything else is converted to it.
            mime: types(&["image/jpeg"]),
            bytes_max: 8_000_000,
            // Instagram shows images 1440 pixels wide at most and scales wider ones; so high is one of 9:16 then.
            side_max: 2_560,
            pixels_max: 2_560 * 2_560,
            source: SOURCE_MEDIA.to_owned(),
        }),
        gif: None,
        video: Some(VideoRules {
            count_max: FILES_MAX,
            mime: types(&["video/mp4", "video/quicktime"]),
            bytes_max: 300_000_000,
            duration_max_ms: Some(15 * 60_000),
            duration_min_ms: Some(3_000),
            coding: VideoCoding {
                picture: types(&["h264", "hevc"]),
                side_max: Some(1_920),
                frames_per_second_max: Some(60),
                bits_per_second_max: Some(25_000_000),
                index_first: true,
                ..VideoCoding::default()
            },
            source: SOURCE_MEDIA.to_owned(),
        }),
        mixed_media: true,
        alt_text_max: ALT_MAX,
        poll: None,
        quote: false,
        edit: false,
        // Only the API behind Facebook's login deletes.
        delete: false,
        text_optional: true,
        same_text_refused_s: None,
    }
}
