//! What a channel takes, drawn from the figures that `check` judges by.

use connector::{ImageRules, Limits, TextLimit, Unit, VideoCoding, VideoRules};
use serde_json::Value;

use super::check;

/// The limits of an account whose server says `facts`.
pub(super) fn limits(facts: &Value) -> Limits {
    let server_max = facts["blob_bytes_max"].as_u64().unwrap_or(u64::MAX);
    let number = |value: usize| u32::try_from(value).unwrap_or(u32::MAX);
    Limits {
        text: TextLimit {
            max: number(check::TEXT_GRAPHEMES_MAX),
            unit: Unit::Graphemes,
            max_bytes: Some(number(check::TEXT_BYTES_MAX)),
            source: "lexicon app.bsky.feed.post".to_owned(),
        },
        parts_max: number(check::PARTS_MAX),
        images: Some(ImageRules {
            count_max: number(check::IMAGES_MAX),
            mime: ["image/jpeg", "image/png", "image/webp"].map(str::to_owned).to_vec(),
            bytes_max: check::IMAGE_BYTES_MAX.min(server_max),
            // The network limits bytes, not pixels. Apps show at most about 2000 pixels a side, so more is sent in vain.
            side_max: 4_000,
            pixels_max: 16_000_000,
            source: "lexicon app.bsky.embed.images, describeServer".to_owned(),
        }),
        gif: None,
        video: Some(VideoRules {
            count_max: 1,
            mime: vec!["video/mp4".to_owned()],
            bytes_max: check::VIDEO_BYTES_MAX,
            // The video service has a longest length that it tells only by refusing (`VideoTooLong`).
            duration_max_ms: None,
            duration_min_ms: None,
            // A server that takes the file itself passes it on to viewers unchanged.
            coding: VideoCoding::default(),
            source: "lexicon app.bsky.embed.video".to_owned(),
        }),
        mixed_media: false,
        alt_text_max: number(check::ALT_CHARS_MAX),
        poll: None,
        quote: true,
        // The protocol would let us overwrite a record, but likes and replies would go on pointing at the old text.
        edit: false,
        delete: true,
        text_optional: true,
        same_text_refused_s: None,
    }
}
