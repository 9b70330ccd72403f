//! What every chat on Telegram can take.

use connector::{ImageRules, Limits, PollLimits, TextLimit, Unit, VideoCoding, VideoRules};

/// Longest text, in code points. The server counts after parsing entities (tdlib/telegram-bot-api; `utf8_length`).
pub const TEXT_MAX: u32 = 4096;
/// Longest text under files.
pub const CAPTION_MAX: u32 = 1024;
/// Longest question of a poll.
pub const QUESTION_MAX: u32 = 300;
/// The most files in an album.
pub const FILES_MAX: u32 = 10;
/// How many times as long as the other one side of a photo may be.
pub const RATIO_MAX: u32 = 20;
/// Parts of a thread; the figure is our own. A chat takes about one message a second.
pub const PARTS_MAX: u32 = 50;

/// Where the rules of texts come from.
pub const SOURCE_TEXT: &str =
    "Bot API 10.1, sendMessage and sendPhoto; counted in code points by its open source server";
/// Where the rules of files come from.
pub const SOURCE_MEDIA: &str = "Bot API 10.1, sending files";
/// Where the rest comes from.
pub const SOURCE_POST: &str = "Bot API 10.1, sendMessage";
/// Where the rules of polls come from.
pub const SOURCE_POLL: &str = "Bot API 10.1, sendPoll";

/// What a chat can take.
pub fn all() -> Limits {
    let types = |types: &[&str]| types.iter().map(|&one| one.to_owned()).collect();
    let image = |count_max, mime: &[&str], bytes_max| ImageRules {
        count_max,
        mime: types(mime),
        bytes_max,
        // Width and height together may be 10,000.
        side_max: 5000,
        pixels_max: 5000 * 5000,
        source: SOURCE_MEDIA.to_owned(),
    };
    Limits {
        text: TextLimit { max: TEXT_MAX, unit: Unit::CodePoints, max_bytes: None, source: SOURCE_TEXT.to_owned() },
        parts_max: PARTS_MAX,
        images: Some(image(FILES_MAX, &["image/jpeg", "image/png"], 10_000_000)),
        gif: Some(image(1, &["image/gif"], 50_000_000)),
        video: Some(VideoRules {
            count_max: FILES_MAX,
            mime: types(&["video/mp4"]),
            bytes_max: 50_000_000,
            duration_max_ms: None,
            duration_min_ms: None,
            coding: VideoCoding { index_first: true, ..VideoCoding::default() },
            source: SOURCE_MEDIA.to_owned(),
        }),
        mixed_media: true,
        // It is not published; the check says so.
        alt_text_max: 10_000,
        poll: Some(PollLimits {
            // Telegram takes a single option, which is no poll.
            options_min: 2,
            options_max: 12,
            option_chars_max: 100,
            duration_min_minutes: 1,
            // 2,628,000 seconds.
            duration_max_minutes: 43_800,
            multiple: true,
        }),
        quote: false,
        edit: true,
        delete: true,
        text_optional: true,
        same_text_refused_s: None,
    }
}
