//! How large an image or a video may be, read from its headers before anything is decoded (S-62).

use super::{
    FileType, Refused,
    strip::{gif, jpeg, png, webp},
};
use base::{Text, say};

/// Most pixels of one frame: 64 megapixels.
pub const PIXELS_MAX: u64 = 64_000_000;
/// Longest side in pixels.
pub const SIDE_MAX: u32 = 16_384;
/// Most frames of an animation.
pub const FRAMES_MAX: u32 = 1_000;
/// Longest video, in milliseconds: four hours.
pub const DURATION_MAX_MS: u64 = 4 * 60 * 60 * 1000;
/// Most tracks of a video.
pub const TRACKS_MAX: usize = 16;

/// An image's measures as its headers state them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measures {
    /// Width in pixels as stored, before it is turned upright.
    pub width: u32,
    /// Height in pixels as stored.
    pub height: u32,
    /// Frames; 1 for a still image.
    pub frames: u32,
    /// How it must be turned to be upright: EXIF's orientation, 1 to 8.
    pub orientation: u8,
    /// Whether pixels may be see-through.
    pub alpha: bool,
    /// Whether the colours are those of print: cyan, magenta, yellow, black.
    pub cmyk: bool,
}

/// Reads an image's measures and refuses it if one is too large. Walks the file's structure; decodes nothing.
pub fn measure(bytes: &[u8], file_type: FileType) -> Result<Measures, Refused> {
    let measures = match file_type {
        FileType::Jpeg => jpeg::measures(bytes)?,
        FileType::Png => png::measures(bytes)?,
        FileType::Webp => webp::measures(bytes)?,
        FileType::Gif => gif::measures(bytes)?,
        FileType::Mp4 | FileType::Mov => return Err(Refused::new("S-61", say!("a video is measured as a video"))),
    };
    check_size(measures.width, measures.height)?;
    if measures.frames > FRAMES_MAX {
        let frames = measures.frames;
        return Err(too_large(say!(
            "it has {frames} frames; at most {frames_max} are allowed",
            frames_max = FRAMES_MAX
        )));
    }
    Ok(measures)
}

/// Refuses sizes that would need too much memory.
pub fn check_size(width: u32, height: u32) -> Result<(), Refused> {
    if width == 0 || height == 0 {
        return Err(Refused::damaged(say!("it says that it has no pixels")));
    }
    if width.max(height) > SIDE_MAX {
        return Err(too_large(say!(
            "it is {width} by {height} pixels; a side may have at most {side_max}",
            side_max = SIDE_MAX
        )));
    }
    if u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(too_large(say!(
            "it is {width} by {height} pixels; at most {pixels_max} in all are allowed",
            pixels_max = PIXELS_MAX
        )));
    }
    Ok(())
}

fn too_large(detail: Text) -> Refused {
    Refused::new("S-62", say!("The file is too large to process: {detail}."))
}
