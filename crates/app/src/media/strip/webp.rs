//! WebP (RFC 9649): a RIFF file of chunks; an animation's frames are chunks of chunks.

use super::{super::Refused, exif, le16, le24, le32};
use crate::media::limits::{Measures, check_size};
use base::say;

const FLAG_PROFILE: u8 = 0x20;
const FLAG_ALPHA: u8 = 0x10;
const FLAG_EXIF: u8 = 0x08;
const FLAG_ANIMATION: u8 = 0x02;
/// Bytes of a frame before its own chunks: place, size, duration, flags.
const FRAME_HEAD: usize = 16;

struct Chunk<'a> {
    kind: &'a [u8],
    contents: &'a [u8],
}

/// All chunks of the file, as far as its head says that it reaches.
fn chunks(bytes: &[u8]) -> Result<Vec<Chunk<'_>>, Refused> {
    let cut = || Refused::damaged(say!("the WebP is cut off"));
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WEBP") {
        return Err(Refused::damaged(say!("no WebP start")));
    }
    let size = le32(bytes, 4).and_then(|size| usize::try_from(size).ok()).ok_or_else(cut)?;
    walk(bytes.get(12..size.checked_add(8).ok_or_else(cut)?).ok_or_else(cut)?)
}

fn walk(bytes: &[u8]) -> Result<Vec<Chunk<'_>>, Refused> {
    let cut = || Refused::damaged(say!("a part of the WebP is cut off"));
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        let size = le32(bytes, at + 4).and_then(|size| usize::try_from(size).ok()).ok_or_else(cut)?;
        let contents = bytes.get(at + 8..).and_then(|rest| rest.get(..size)).ok_or_else(cut)?;
        found.push(Chunk { kind: &bytes[at..at + 4], contents });
        at += 8 + size + size % 2;
    }
    Ok(found)
}

fn of<'a, 'b>(chunks: &'b [Chunk<'a>], kind: &[u8]) -> Option<&'b Chunk<'a>> {
    chunks.iter().find(|chunk| chunk.kind == kind)
}

pub(in crate::media) fn measures(bytes: &[u8]) -> Result<Measures, Refused> {
    let chunks = chunks(bytes)?;
    let mut sizes = vec![];
    let mut alpha = false;
    if let Some(head) = of(&chunks, b"VP8X") {
        sizes.push(size_24(head.contents, 4));
        alpha = head.contents.first().is_some_and(|flags| flags & FLAG_ALPHA != 0);
    }
    let frames: Vec<_> = chunks.iter().filter(|chunk| chunk.kind == b"ANMF").collect();
    sizes.extend(frames.iter().map(|frame| size_24(frame.contents, 6)));
    if let Some(still) = of(&chunks, b"VP8 ") {
        sizes.push(size_lossy(still.contents));
    }
    if let Some(still) = of(&chunks, b"VP8L") {
        sizes.push(size_lossless(still.contents));
        alpha |= still.contents.get(4).is_some_and(|byte| byte & 0x10 != 0);
    }
    let sizes = sizes.into_iter().collect::<Option<Vec<_>>>().filter(|sizes| !sizes.is_empty());
    let sizes = sizes.ok_or_else(|| Refused::damaged(say!("a WebP without a picture")))?;
    sizes.iter().try_for_each(|(width, height)| check_size(*width, *height))?;
    let (width, height) = sizes[0]; // the canvas, or else the one picture
    Ok(Measures {
        width,
        height,
        frames: u32::try_from(frames.len()).unwrap_or(u32::MAX).max(1),
        orientation: turned(&chunks),
        alpha,
        cmyk: false,
    })
}

fn size_24(contents: &[u8], at: usize) -> Option<(u32, u32)> {
    Some((le24(contents, at)? + 1, le24(contents, at + 3)? + 1))
}

fn size_lossy(contents: &[u8]) -> Option<(u32, u32)> {
    (contents.get(3..6)? == [0x9d, 0x01, 0x2a]).then_some(())?;
    Some(((le16(contents, 6)? & 0x3fff).into(), (le16(contents, 8)? & 0x3fff).into()))
}

fn size_lossless(contents: &[u8]) -> Option<(u32, u32)> {
    (contents.first()? == &0x2f).then_some(())?;
    let bits = le32(contents, 1)?;
    Some(((bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1))
}

fn turned(chunks: &[Chunk<'_>]) -> u8 {
    let Some(block) = of(chunks, b"EXIF") else { return 1 };
    // Some programs put JPEG's prefix before the block.
    exif::orientation(block.contents.strip_prefix(b"Exif\0\0").unwrap_or(block.contents))
}

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let chunks = chunks(bytes)?;
    let turned = turned(&chunks);
    let turned = (turned != 1 && of(&chunks, b"VP8X").is_some()).then(|| exif::only_orientation(turned));
    let mut out = b"RIFF\0\0\0\0WEBP".to_vec();
    out.reserve(bytes.len());
    for chunk in &chunks {
        match chunk.kind {
            b"VP8X" => put(&mut out, chunk.kind, &head(chunk.contents, turned.is_some())?),
            b"ANMF" => put(&mut out, chunk.kind, &frame(chunk.contents)?),
            b"ICCP" | b"ANIM" | b"ALPH" | b"VP8 " | b"VP8L" => put(&mut out, chunk.kind, chunk.contents),
            _ => {}
        }
    }
    if let Some(block) = turned {
        put(&mut out, b"EXIF", &block);
    }
    let size = u32::try_from(out.len() - 8).map_err(|_| Refused::damaged(say!("a WebP beyond 4 GiB")))?;
    out[4..8].copy_from_slice(&size.to_le_bytes());
    Ok(out)
}

fn head(contents: &[u8], exif: bool) -> Result<Vec<u8>, Refused> {
    let mut head = contents.get(..10).ok_or_else(|| Refused::damaged(say!("the WebP's head is cut off")))?.to_vec();
    head[0] = head[0] & (FLAG_PROFILE | FLAG_ALPHA | FLAG_ANIMATION) | if exif { FLAG_EXIF } else { 0 };
    head[1..4].fill(0);
    Ok(head)
}

fn frame(contents: &[u8]) -> Result<Vec<u8>, Refused> {
    let (place, parts) =
        contents.split_at_checked(FRAME_HEAD).ok_or_else(|| Refused::damaged(say!("a frame is cut off")))?;
    let mut out = place.to_vec();
    for part in walk(parts)?.iter().filter(|part| matches!(part.kind, b"ALPH" | b"VP8 " | b"VP8L")) {
        put(&mut out, part.kind, part.contents);
    }
    Ok(out)
}

fn put(out: &mut Vec<u8>, kind: &[u8], contents: &[u8]) {
    out.extend_from_slice(kind);
    out.extend_from_slice(&u32::try_from(contents.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.extend_from_slice(contents);
    out.extend_from_slice(&[0][..contents.len() % 2]);
}
