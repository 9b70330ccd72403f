//! What every page on Facebook can post.

use connector::{ImageRules, Limits, TextLimit, Unit, VideoCoding, VideoRules};

/// Longest text. The network names none; clients found this one.
pub const TEXT_MAX: u32 = 63_206;
/// The most photos in a post. The network's own limit is not documented; clients send ten.
pub const PHOTOS_MAX: u32 = 10;
/// Longest alternative text, in characters; our own figure.
pub const ALT_MAX: u32 = 1000;
/// A post and comments under it; the figure is our own.
pub const PARTS_MAX: u32 = 20;
/// How long a reel may be, in milliseconds.
pub const REEL_MS: (u64, u64) = (3_000, 90_000);
/// How long the video of a story may be, in milliseconds.
pub const STORY_MS: (u64, u64) = (3_000, 60_000);
/// The smallest reel, in pixels.
pub const REEL_PIXELS: (u32, u32) = (540, 960);

/// Where the rules of texts come from.
pub const SOURCE_TEXT: &str = "clients' reports; not documented. Counted in UTF-16 units, the strictest reading";
/// Where the rules of photos come from.
pub const SOURCE_PHOTO: &str = "Graph API, page photos: 10 MB; by clients' reports, 4 MB";
/// Where the rules of videos come from.
pub const SOURCE_VIDEO: &str = "Video API, publishing";
/// Where the rules of reels come from.
pub const SOURCE_REEL: &str = "Pages API, reels publishing";
/// Where the rules of stories come from.
pub const SOURCE_STORY: &str = "Pages API, page stories";
/// Where the rest comes from.
pub const SOURCE_POST: &str = "Pages API, posts";

/// What a page can take.
pub fn all() -> Limits {
    let types = |types: &[&str]| types.iter().map(|&one| one.to_owned()).collect();
    Limits {
        text: TextLimit { max: TEXT_MAX, unit: Unit::Utf16, max_bytes: None, source: SOURCE_TEXT.to_owned() },
        parts_max: PARTS_MAX,
        images: Some(ImageRules {
            count_max: PHOTOS_MAX,
            mime: types(&["image/jpeg", "image/png"]),
            bytes_max: 4_000_000,
            // Facebook shows photos 2048 pixels wide at most; twice that is enough for it to scale from.
            side_max: 4096,
            pixels_max: 4096 * 4096,
            source: SOURCE_PHOTO.to_owned(),
        }),
        gif: None,
        video: Some(VideoRules {
            count_max: 1,
            mime: types(&["video/mp4", "video/quicktime"]),
            bytes_max: 10_000_000_000,
            duration_max_ms: Some(4 * 60 * 60_000),
            duration_min_ms: Some(1_000),
            coding: VideoCoding { picture: types(&["h264", "hevc", "vp09", "av1"]), ..VideoCoding::default() },
            source: SOURCE_VIDEO.to_owned(),
        }),
        mixed_media: false,
        alt_text_max: ALT_MAX,
        poll: None,
        quote: false,
        edit: true,
        delete: true,
        text_optional: true,
        same_text_refused_s: None,
    }
}
