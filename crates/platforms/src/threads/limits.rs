//! What every channel on Threads can post.

use connector::{ImageRules, Limits, PollLimits, TextLimit, Unit, VideoCoding, VideoRules};

/// Longest text, in bytes.
pub const TEXT_MAX: u32 = 500;
/// The most files in a carousel.
pub const FILES_MAX: u32 = 20;
/// Longest alternative text, in characters.
pub const ALT_MAX: u32 = 1000;
/// Parts of a thread. Threads takes 1,000 replies a day; the figure is our own.
pub const PARTS_MAX: u32 = 100;
/// How long a poll is open, in minutes. Threads offers no choice.
pub const POLL_MINUTES: u32 = 24 * 60;
/// How many times as long as the other one side of a picture may be.
pub const RATIO_MAX: u32 = 10;
/// How many times as high as wide a video may be (and a tenth of that as wide).
pub const VIDEO_RATIO_MAX: u32 = 100;

/// Where the rules of texts come from.
pub const SOURCE_TEXT: &str = "Threads API, overview: 500 characters; by clients' reports, bytes";
/// Where the rules of files come from.
pub const SOURCE_MEDIA: &str = "Threads API, posts: image and video specifications";
/// Where the rest comes from.
pub const SOURCE_POST: &str = "Threads API, POST /threads";

/// What a channel can take.
pub fn all() -> Limits {
    let types = |types: &[&str]| types.iter().map(|&one| one.to_owned()).collect();
    Limits {
        text: TextLimit { max: TEXT_MAX, unit: Unit::Bytes, max_bytes: None, source: SOURCE_TEXT.to_owned() },
        parts_max: PARTS_MAX,
        images: Some(ImageRules {
            count_max: FILES_MAX,
            mime: types(&["image/jpeg", "image/png"]),
            bytes_max: 8_000_000,
            // Threads shows images 1440 pixels wide at most and scales wider ones; twice that is enough for it to scale from.
            side_max: 2880,
            pixels_max: 2880 * 2880,
            source: SOURCE_MEDIA.to_owned(),
        }),
        gif: None,
        video: Some(VideoRules {
            count_max: FILES_MAX,
            mime: types(&["video/mp4", "video/quicktime"]),
            bytes_max: 1_000_000_000,
            duration_max_ms: Some(5 * 60_000),
            duration_min_ms: None,
            coding: VideoCoding {
                picture: types(&["h264", "hevc"]),
                side_max: Some(1920),
                frames_per_second_max: Some(60),
                bits_per_second_max: Some(100_000_000),
                index_first: true,
                ..VideoCoding::default()
            },
            source: SOURCE_MEDIA.to_owned(),
        }),
        mixed_media: true,
        alt_text_max: ALT_MAX,
        poll: Some(POLL),
        quote: true,
        edit: false,
        delete: true,
        text_optional: true,
        same_text_refused_s: None,
    }
}

/// What a poll can be.
pub const POLL: PollLimits = PollLimits {
    options_min: 2,
    options_max: 4,
    option_chars_max: 25,
    duration_min_minutes: POLL_MINUTES,
    duration_max_minutes: POLL_MINUTES,
    multiple: false,
};
