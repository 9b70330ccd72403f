//! Measures a file: dimensions, duration, codecs. Reads headers only; a video's pictures are skipped, whatever its
//! size. The boxes are read by [`super::mp4`], which never allocates memory just because a file claims a size.

use base::say;
use std::io::{Read, Seek};

use super::{
    FileType, Refused, limits,
    mp4::{Atom, Index, handler, payload, rewrap, samples, structure, tracks},
};

/// What is known of a file without decoding it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Probe {
    /// What it is.
    pub file_type: FileType,
    /// Size in bytes.
    pub size_bytes: u64,
    /// Width in pixels as shown, turned upright.
    pub width: u32,
    /// Height in pixels as shown.
    pub height: u32,
    /// Frames of an animation; 1 for a still image; 0 for a video.
    pub frames: u32,
    /// How an image must be turned to be upright: EXIF's orientation, 1 (upright) to 8.
    pub orientation: u8,
    /// Whether an image may be see-through.
    pub alpha: bool,
    /// Whether an image is in the colours of print. Files from before this was looked at say no.
    #[serde(default)]
    pub cmyk: bool,
    /// A video's length in milliseconds, if known.
    pub duration_ms: Option<u64>,
    /// A video's frames per second, on average and rounded, if known.
    #[serde(default)]
    pub frames_per_second: Option<u32>,
    /// Whether a video's index comes before its pictures. Files from before this was looked at say no.
    #[serde(default)]
    pub index_first: bool,
    /// Whether the boxes of a QuickTime video can be those of MP4 without ffmpeg. Files from before this was looked at say yes.
    #[serde(default = "yes")]
    pub rewraps: bool,
    /// A video's picture codec: `h264`, `hevc`, `av1`, or the four letters of its box. `h264 10-bit` and the like is a form of
    /// H.264 that few devices play.
    pub video_codec: Option<String>,
    /// A video's sound codec: `aac`, `opus`, or the four letters of its box; `None` if it is silent.
    pub audio_codec: Option<String>,
}

fn yes() -> bool {
    true
}

/// Measures an image held in memory; refuses one that is too large to decode (S-62).
pub fn image(bytes: &[u8], file_type: FileType) -> Result<Probe, Refused> {
    let measured = limits::measure(bytes, file_type)?;
    let lies = measured.orientation >= 5; // on its side: shown with width and height exchanged
    let (width, height) = if lies { (measured.height, measured.width) } else { (measured.width, measured.height) };
    Ok(Probe {
        file_type,
        size_bytes: bytes.len() as u64,
        width,
        height,
        frames: measured.frames,
        orientation: measured.orientation,
        alpha: measured.alpha,
        cmyk: measured.cmyk,
        duration_ms: None,
        frames_per_second: None,
        index_first: false,
        rewraps: false,
        video_codec: None,
        audio_codec: None,
    })
}

/// Measures a video of this size in bytes; refuses one beyond the limits (S-62). It reads the boxes' heads and the index.
pub fn video(file: &mut (impl Read + Seek), size: u64, file_type: FileType) -> Result<Probe, Refused> {
    let structure = structure(file, size)?;
    let file_type = structure.brands.as_deref().map_or(Ok(file_type), FileType::of_brands)?;
    let moov = &structure.moov;
    let tracks = tracks(moov)?;
    let of_kind = |kind: &[u8; 4]| tracks.iter().find(|track| &handler(moov, track) == kind);
    let picture =
        of_kind(b"vide").ok_or_else(|| Refused::new("S-61", say!("The video has no picture. Upload one that has.")))?;
    let (width, height) = size_shown(moov, picture).ok_or_else(|| Refused::damaged(say!("a video without a size")))?;
    limits::check_size(width, height)?;
    let payload = payload(&structure)?;
    if payload.is_empty {
        return Err(Refused::damaged(say!("a video without pictures; perhaps it is cut off")));
    }
    let of_fragments = Some(payload.fragments_ms).filter(|length| *length > 0);
    let duration_ms = duration(moov, picture).max(of_fragments);
    if duration_ms.is_some_and(|length| length > limits::DURATION_MAX_MS) {
        return Err(Refused::new("S-62", say!("The video is longer than four hours. Upload a shorter one.")));
    }
    Ok(Probe {
        file_type,
        size_bytes: size,
        width,
        height,
        frames: 0,
        orientation: 1,
        alpha: false,
        cmyk: false,
        duration_ms,
        frames_per_second: frame_rate(moov, picture),
        index_first: structure.index_first(),
        rewraps: rewrap(file, size).is_ok(),
        video_codec: codec(moov, picture),
        audio_codec: of_kind(b"soun").and_then(|sound| codec(moov, sound)),
    })
}

fn number(bytes: &[u8], at: usize, width: usize) -> Option<u64> {
    let digits = bytes.get(at..at + width)?;
    Some(digits.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
}

/// The longest that a header says: of the video, of its picture, or of its fragments (`mehd`).
fn duration(moov: &Index, picture: &Atom) -> Option<u64> {
    let milliseconds = |(scale, length): (u64, u64)| {
        let ms = u128::from(length) * 1000 / u128::from(scale.max(1));
        u64::try_from(ms).ok().filter(|ms| *ms > 0)
    };
    let whole = moov.find(&moov.atom, &[b"mvhd"]).and_then(|header| timed(moov.contents(&header)));
    let own = moov.find(picture, &[b"mdia", b"mdhd"]).and_then(|header| timed(moov.contents(&header)));
    let fragments = moov.find(&moov.atom, &[b"mvex", b"mehd"]).and_then(|header| {
        let header = moov.contents(&header);
        let length = number(header, 4, if header.first() == Some(&1) { 8 } else { 4 })?;
        Some((whole?.0, length))
    });
    let said = |length: Option<(u64, u64)>| length.and_then(milliseconds);
    said(whole).max(said(fragments)).or_else(|| said(own))
}

/// Units of time in a second and the length in them, as `mvhd` and `mdhd` say them; all ones is "unknown".
fn timed(header: &[u8]) -> Option<(u64, u64)> {
    let is_long = header.first() == Some(&1);
    let (scale, length, unknown) = if is_long {
        (number(header, 20, 4)?, number(header, 24, 8)?, u64::MAX)
    } else {
        (number(header, 12, 4)?, number(header, 16, 4)?, u64::from(u32::MAX))
    };
    Some((scale, if length == unknown { 0 } else { length }))
}

/// From the track's header, turned by its matrix; from the picture's description where the header says nothing.
fn size_shown(moov: &Index, track: &Atom) -> Option<(u32, u32)> {
    let header = moov.find(track, &[b"tkhd"])?;
    let header = moov.contents(&header);
    let matrix = if header.first() == Some(&1) { 52 } else { 40 };
    let whole = |at| number(header, at, 4).and_then(|fixed| u32::try_from(fixed >> 16).ok());
    let (width, height) = match (whole(matrix + 36)?, whole(matrix + 40)?) {
        (0, _) | (_, 0) => coded_size(moov, track)?,
        size => size,
    };
    let on_its_side = number(header, matrix, 4)? == 0 && number(header, matrix + 4, 4)? != 0;
    Some(if on_its_side { (height, width) } else { (width, height) })
}

fn description<'a>(moov: &'a Index, track: &Atom) -> Option<&'a [u8]> {
    let list = moov.find(track, &[b"mdia", b"minf", b"stbl", b"stsd"])?;
    moov.contents(&list).get(8..)
}

fn coded_size(moov: &Index, track: &Atom) -> Option<(u32, u32)> {
    let entry = description(moov, track)?;
    let side = |at| number(entry, at, 2).and_then(|side| u32::try_from(side).ok());
    Some((side(32)?, side(34)?))
}

/// How many samples its tables name, by the time that they play. Fragments are not counted.
fn frame_rate(moov: &Index, picture: &Atom) -> Option<u32> {
    let header = moov.find(picture, &[b"mdia", b"mdhd"])?;
    let (scale, length) = timed(moov.contents(&header)).filter(|(_, length)| *length > 0)?;
    let count = samples(moov, picture).ok().filter(|count| *count > 1)?;
    let rate = (count as f64 * scale as f64 / length as f64).round();
    // A float beyond the largest number becomes that.
    Some(rate as u32)
}

/// H.264 with more than eight bits a colour, or more colours than players expect: by the profile in its `avcC` (ISO/IEC 14496-15).
fn h264(description: &[u8]) -> &'static str {
    let box_at = description.windows(4).position(|name| name == b"avcC");
    match box_at.and_then(|at| description.get(at + 5)) {
        Some(110) => "h264 10-bit",
        Some(122) => "h264 4:2:2",
        Some(44 | 244) => "h264 4:4:4",
        _ => "h264",
    }
}

fn codec(moov: &Index, track: &Atom) -> Option<String> {
    let description = description(moov, track)?;
    Some(match description.get(4..8)? {
        b"avc1" | b"avc3" => h264(description).to_owned(),
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => "hevc".to_owned(),
        b"av01" => "av1".to_owned(),
        b"vp09" => "vp9".to_owned(),
        b"mp4a" => "aac".to_owned(),
        b"Opus" => "opus".to_owned(),
        other => String::from_utf8_lossy(other).trim().to_owned(),
    })
}
