//! Removes metadata about places, devices and people from a file, and anything that isn't part of it (S-64, P-015).
//!
//! Each file is rebuilt from an allow-list of parts. Everything else is dropped: comments, EXIF, XMP, IPTC, maker notes,
//! previews, and anything after the end. Pixels are not changed. A colour profile stays. If an image must be rotated to be
//! upright, a new EXIF block with only the orientation is written. A video keeps its length and offsets: parts are blanked
//! in place.

pub mod exif;
pub mod gif;
pub mod jpeg;
pub mod png;
mod scan;
pub mod webp;

use base::say;
use bytes::Bytes;

use super::{FileType, Refused};

/// The largest colour profile, in bytes; those of printers have two million at most.
pub(super) const PROFILE_MAX_BYTES: usize = 4 << 20;

/// The image without metadata. Fails if its structure is not that of its type: then it is no such image, or cut off.
pub fn image(bytes: &Bytes, file_type: FileType) -> Result<Bytes, Refused> {
    let stripped = match file_type {
        FileType::Jpeg => jpeg::strip(bytes)?,
        FileType::Png => png::strip(bytes)?,
        FileType::Webp => webp::strip(bytes)?,
        FileType::Gif => gif::strip(bytes)?,
        FileType::Mp4 | FileType::Mov => return Err(Refused::new("S-61", say!("a video is stripped as it is stored"))),
    };
    Ok(Bytes::from(stripped))
}

/// How this image must be turned to be upright: EXIF's orientation; 1 if it says nothing.
pub(super) fn orientation(bytes: &[u8], file_type: FileType) -> u8 {
    super::limits::measure(bytes, file_type).map_or(1, |measures| measures.orientation)
}

/// Big-endian numbers out of a slice; `None` beyond its end.
pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

pub(super) fn be64(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_be_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}

fn le16(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn le24(bytes: &[u8], at: usize) -> Option<u32> {
    let three = bytes.get(at..at.checked_add(3)?)?;
    Some(u32::from_le_bytes([three[0], three[1], three[2], 0]))
}

fn le32(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}
