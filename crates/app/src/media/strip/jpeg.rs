//! JPEG (ITU-T T.81): markers, segments, scans.
//!
//! Repaired, because every viewer shows such a file: a missing end mark, and bytes between two segments that belong to
//! none. A scan that stops before its last pixel is cut off, and refused.

use super::{super::Refused, be16, exif, scan};
use crate::media::limits::Measures;
use base::say;

const SOI: u8 = 0xd8;
const EOI: u8 = 0xd9;
const SOS: u8 = 0xda;
const APP0: u8 = 0xe0;
const APP1: u8 = 0xe1;
const APP2: u8 = 0xe2;
const APP14: u8 = 0xee;

/// A segment: what follows its marker and length, and all of its bytes, for a scan with its coded data.
pub(super) struct Segment<'a> {
    pub(super) marker: u8,
    pub(super) contents: &'a [u8],
    pub(super) whole: &'a [u8],
}

impl Segment<'_> {
    pub(super) fn is_frame(&self) -> bool {
        matches!(self.marker, 0xc0..=0xcf) && !matches!(self.marker, 0xc4 | 0xc8 | 0xcc)
    }

    /// Tables, frames, scans; the colour profile, and Adobe's note on how colours are coded.
    fn is_picture(&self) -> bool {
        match self.marker {
            0xc0..=0xcf | 0xda..=0xdf => true,
            APP2 => self.contents.starts_with(b"ICC_PROFILE\0"),
            APP14 => self.contents.starts_with(b"Adobe") && self.contents.len() == 12,
            _ => false,
        }
    }
}

/// All segments up to the end of the image; what follows is not part of it.
fn segments(bytes: &[u8]) -> Result<Vec<Segment<'_>>, Refused> {
    if bytes.get(..2) != Some(&[0xff, SOI]) {
        return Err(Refused::damaged(say!("no JPEG start")));
    }
    let mut found: Vec<Segment<'_>> = Vec::new();
    let mut at = 2;
    loop {
        let Some((marker, start)) = marker(bytes, at) else {
            let cut = || Refused::damaged(say!("the JPEG is cut off"));
            let scanned = found.last().is_some_and(|segment| segment.marker == SOS);
            // All that came are zeros, or the end mark's first byte.
            let is_padding = bytes[at..].iter().all(|byte| matches!(byte, 0 | 0xff));
            return if scanned && is_padding && scan::is_whole(&found) { Ok(found) } else { Err(cut()) };
        };
        match marker {
            EOI => return Ok(found),
            0x01 | 0xd0..=SOI => at = start + 2, // markers without a length; nothing of theirs is kept
            _ => {
                let segment = segment(bytes, marker, start)?;
                at = start + segment.whole.len();
                found.push(segment);
            }
        }
    }
}

/// The next marker, and the position of its last 0xff. Bytes before it that are not a marker are skipped, as in viewers.
fn marker(bytes: &[u8], mut at: usize) -> Option<(u8, usize)> {
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == 0xff)?;
        let fill = bytes[at..].iter().take_while(|byte| **byte == 0xff).count();
        match *bytes.get(at + fill)? {
            0 => at += fill + 1,
            marker => return Some((marker, at + fill - 1)),
        }
    }
}

fn segment(bytes: &[u8], marker: u8, start: usize) -> Result<Segment<'_>, Refused> {
    let cut = || Refused::damaged(say!("a JPEG segment is cut off"));
    let size = usize::from(be16(bytes, start + 2).ok_or_else(cut)?);
    let mut end = start + 2 + size;
    let contents = bytes.get(start + 4..end).ok_or_else(cut)?;
    if marker == SOS {
        end += coded_length(&bytes[end..]);
    }
    Ok(Segment { marker, contents, whole: &bytes[start..end] })
}

/// How long the coded data of a scan is: up to the next marker that is neither a stuffed byte nor a restart.
fn coded_length(bytes: &[u8]) -> usize {
    let ends = |pair: &[u8]| pair[0] == 0xff && !matches!(pair[1], 0x00 | 0xd0..=0xd7 | 0xff);
    bytes.windows(2).position(ends).unwrap_or(bytes.len())
}

pub(in crate::media) fn measures(bytes: &[u8]) -> Result<Measures, Refused> {
    let segments = segments(bytes)?;
    let (mut width, mut height) = (0, 0);
    for frame in segments.iter().filter(|segment| segment.is_frame()) {
        height = height.max(be16(frame.contents, 1).unwrap_or(0));
        width = width.max(be16(frame.contents, 3).unwrap_or(0));
    }
    if !segments.iter().any(|segment| segment.marker == SOS) {
        return Err(Refused::damaged(say!("a JPEG without a picture")));
    }
    let cmyk = segments.iter().any(|segment| segment.is_frame() && segment.contents.get(5) == Some(&4));
    let orientation = turned(&segments);
    Ok(Measures { width: width.into(), height: height.into(), frames: 1, orientation, alpha: false, cmyk })
}

/// Whether it was written by a program of Adobe or a compatible one.
pub(in crate::media) fn says_adobe(bytes: &[u8]) -> bool {
    let of_adobe = |segment: &Segment<'_>| segment.marker == APP14 && segment.contents.starts_with(b"Adobe");
    segments(bytes).is_ok_and(|segments| segments.iter().any(of_adobe))
}

fn turned(segments: &[Segment<'_>]) -> u8 {
    let blocks = segments.iter().filter(|segment| segment.marker == APP1);
    blocks.filter_map(|segment| segment.contents.strip_prefix(b"Exif\0\0")).map(exif::orientation).next().unwrap_or(1)
}

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let segments = segments(bytes)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(&[0xff, SOI]);
    if let Some(jfif) = segments.iter().find(|segment| segment.marker == APP0).and_then(|it| plain_jfif(it.contents)) {
        put(&mut out, APP0, &jfif);
    }
    let turned = turned(&segments);
    if turned != 1 {
        put(&mut out, APP1, &[b"Exif\0\0", exif::only_orientation(turned).as_slice()].concat());
    }
    for segment in segments.iter().filter(|segment| segment.is_picture()) {
        out.extend_from_slice(segment.whole);
    }
    out.extend_from_slice(&[0xff, EOI]);
    Ok(out)
}

/// The JFIF header with its density, without its preview.
fn plain_jfif(contents: &[u8]) -> Option<Vec<u8>> {
    let kept = contents.strip_prefix(b"JFIF\0").and_then(|rest| rest.get(..7))?;
    Some([b"JFIF\0", kept, &[0, 0]].concat())
}

fn put(out: &mut Vec<u8>, marker: u8, contents: &[u8]) {
    let size = u16::try_from(contents.len() + 2).unwrap_or(u16::MAX);
    out.extend_from_slice(&[0xff, marker]);
    out.extend_from_slice(&size.to_be_bytes());
    out.extend_from_slice(contents);
}
