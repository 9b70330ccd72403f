//! Threads's containers: how long each rests, and what may be wrong with one.

use std::time::Duration;

use base::{Text, say};

use super::errors::{Asked, NOT_FETCHED};
use crate::meta::containers::Rules;

/// How old one with a text alone must be before it is published. Threads advises half a minute on average; its copies know
/// a text sooner (Postiz 2047: they lag by 7 s in the median).
pub const PAUSE_TEXT: Duration = Duration::from_secs(10);
/// How old one with files must be: Threads's own advice.
pub const PAUSE_FILES: Duration = Duration::from_secs(30);
/// How old a file of a carousel must be before it is asked for.
pub const PAUSE_CHILD: Duration = Duration::from_secs(5);

/// How Threads makes them.
pub static RULES: Rules<Asked> = Rules {
    at: "Threads",
    read: Asked::Read,
    root: "/v1.0",
    fields: "id,status,error_message",
    quota_fields: "quota_usage,config,reply_quota_usage,reply_config",
    passing: &[NOT_FETCHED],
    tries: 2,
    trouble,
};

/// What is wrong with a container, and whether it may pass. The names are Threads's, one of them misspelt there.
pub fn trouble(name: &str) -> (bool, Text) {
    let wrong = match name {
        "FAILED_DOWNLOADING_VIDEO" => {
            return (true, say!("Threads could not fetch the video from this installation."));
        }
        "FAILED_PROCESSING_AUDIO" => say!("Threads can't process the video's sound."),
        "FAILED_PROCESSING_VIDEO" => say!("Threads can't process the video."),
        "INVALID_ASPEC_RATIO" | "INVALID_ASPECT_RATIO" => say!("Threads doesn't take the video's aspect ratio."),
        "INVALID_BIT_RATE" => say!("Threads doesn't take the video's bit rate; it allows 100 Mbit/s."),
        "INVALID_DURATION" => say!("Threads doesn't take the video's length; it allows five minutes."),
        "INVALID_FRAME_RATE" => say!("Threads doesn't take the video's frame rate; it allows 23 to 60 per second."),
        "INVALID_AUDIO_CHANNELS" | "INVALID_AUDIO_CHANNEL_LAYOUT" => {
            say!("Threads doesn't take the video's sound channels; it allows mono and stereo.")
        }
        // `UNKNOWN`, no name at all, and names that come later: a new container may fare better.
        _ => return (true, say!("Threads could not prepare the post, and gives no reason.")),
    };
    (false, wrong.then(say!("Convert the file or use another one.")))
}
