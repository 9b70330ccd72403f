//! Converts videos for channels that can't take them as they are (S-65), by ffmpeg where it is installed.
//!
//! Planning is pure ([`plan`]). A conversion is work of its own: it is asked for when a post is composed or scheduled, stored
//! as a row, done by one node after another, one at a time and at low priority ([`jobs`]), and its result is a
//! rendition like any other. No lane waits for it; a post that is due before it is ready waits and says so.
//!
//! ffmpeg reads files that anyone may have made. So it is started by a copy of this program that first gives up what
//! it doesn't need ([`child`]).

pub(super) mod child;
mod jobs;
mod plan;

use std::{path::PathBuf, time::Duration};

use base::Text;
use serde::{Deserialize, Serialize};

pub use child::serve;
pub(super) use jobs::{Standing, ask, forget_failed, standing};
pub use jobs::{next, work};
pub(super) use plan::plan;

/// The rule of what only a conversion could make fit.
pub(super) const UNCONVERTED: &str = "S-65";

/// How videos are converted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transcoder {
    /// ffmpeg, with libx264 and its AAC encoder.
    pub ffmpeg: PathBuf,
    /// This program, which starts ffmpeg with limits when it is called with `transcode` ([`serve`]). `None` starts ffmpeg
    /// without limits, for tests only.
    pub confined_by: Option<PathBuf>,
    /// How long ffmpeg may make no progress before it is stopped.
    pub silence_max: Duration,
}

impl Transcoder {
    /// This ffmpeg, started by this program.
    pub fn new(ffmpeg: PathBuf, program: PathBuf) -> Self {
        Self { ffmpeg, confined_by: Some(program), silence_max: Duration::from_secs(120) }
    }
}

/// A video to be made: always MP4, its index first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Transcode {
    /// The picture in H.264; `None` leaves it as it is.
    pub picture: Option<Picture>,
    /// The sound.
    pub sound: Sound,
    /// Most frames per second.
    pub frames_per_second_max: Option<u32>,
    /// The largest file in bytes.
    pub bytes_max: u64,
    /// In a sentence, for the composer.
    pub why: Text,
}

/// A picture to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Picture {
    /// Width in pixels, even.
    pub width: u32,
    /// Height in pixels, even.
    pub height: u32,
    /// Most bits per second.
    pub bits_per_second_max: Option<u64>,
}

/// What becomes of the sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sound {
    /// There is none.
    None,
    /// It stays as it is.
    Keep,
    /// It is made AAC.
    Aac,
}

impl Transcode {
    /// Names everything that affects the result, so that channels with the same rules share it.
    pub fn recipe(&self) -> String {
        let picture = self.picture.as_ref().map_or_else(
            || "copy".to_owned(),
            |picture| {
                let bits = picture.bits_per_second_max.map_or_else(|| "any".to_owned(), |bits| bits.to_string());
                let frames = self.frames_per_second_max.map_or_else(|| "any".to_owned(), |rate| rate.to_string());
                format!("h264-{}x{}-{frames}-{bits}", picture.width, picture.height)
            },
        );
        let sound = match self.sound {
            Sound::None => "silent",
            Sound::Keep => "copy",
            Sound::Aac => "aac",
        };
        format!("mp4-{picture}-{sound}-{}", self.bytes_max)
    }
}
