//! PNG (third edition): chunks with a length, a name and a checksum.
//!
//! Repaired, because every viewer shows such a file: a missing or damaged end, and a part beside the picture with a wrong
//! checksum, which is left out.

use base::say;
use std::io::Read as _;

use super::{super::Refused, PROFILE_MAX_BYTES, be32, exif};
use crate::media::limits::Measures;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks that make the picture: its head, palette, pixels, colours, animation.
const PICTURE: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"hIST",
    b"pHYs", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT",
];

struct Chunk<'a> {
    kind: &'a [u8],
    contents: &'a [u8],
    whole: &'a [u8],
}

/// All chunks up to the end of the image, without those that are damaged and not needed.
fn chunks(bytes: &[u8]) -> Result<Vec<Chunk<'_>>, Refused> {
    if !bytes.starts_with(SIGNATURE) {
        return Err(Refused::damaged(say!("no PNG start")));
    }
    let mut found: Vec<Chunk<'_>> = Vec::new();
    let mut at = SIGNATURE.len();
    while let Some(chunk) = chunk(bytes, at) {
        at += chunk.whole.len();
        if chunk.kind == b"IEND" {
            return Ok(found);
        }
        match chunk.is_intact() {
            true => found.push(chunk),
            // A picture of an animation is numbered, so that none can be left out.
            false if chunk.kind[0].is_ascii_uppercase() || matches!(chunk.kind, b"acTL" | b"fcTL" | b"fdAT") => {
                return Err(Refused::damaged(say!("a checksum in the PNG is wrong")));
            }
            false => {}
        }
    }
    if is_whole(&found) { Ok(found) } else { Err(Refused::damaged(say!("the PNG is cut off"))) }
}

/// Whether the compressed pixels are complete, for a file without an end mark.
fn is_whole(chunks: &[Chunk<'_>]) -> bool {
    let mut unpacked = flate2::Decompress::new(true);
    let mut aside = vec![0; 64 << 10];
    for chunk in chunks.iter().filter(|chunk| chunk.kind == b"IDAT") {
        let mut rest = chunk.contents;
        while !rest.is_empty() {
            let before = unpacked.total_in();
            match unpacked.decompress(rest, &mut aside, flate2::FlushDecompress::None) {
                Ok(flate2::Status::StreamEnd) => return true,
                Ok(flate2::Status::Ok) => {}
                Ok(flate2::Status::BufError) | Err(_) => return false,
            }
            let read = usize::try_from(unpacked.total_in() - before).unwrap_or(rest.len());
            rest = rest.get(read..).unwrap_or_default();
        }
    }
    false
}

/// Whether a colour profile decompresses to a plausible size. Otherwise it would fill the memory of programs that open the
/// file.
fn is_profile(contents: &[u8]) -> bool {
    let Some(name) = contents.iter().position(|byte| *byte == 0) else { return false };
    let packed = contents.get(name + 2..).unwrap_or_default();
    let unpacked = flate2::read::ZlibDecoder::new(packed).take(PROFILE_MAX_BYTES as u64 + 1);
    std::io::copy(&mut { unpacked }, &mut std::io::sink()).is_ok_and(|size| size <= PROFILE_MAX_BYTES as u64)
}

fn chunk(bytes: &[u8], at: usize) -> Option<Chunk<'_>> {
    let size = usize::try_from(be32(bytes, at)?).ok()?;
    let whole = bytes.get(at..at.checked_add(size)?.checked_add(12)?)?;
    Some(Chunk { kind: &whole[4..8], contents: &whole[8..8 + size], whole })
}

impl Chunk<'_> {
    fn is_intact(&self) -> bool {
        let (said, checked) = (&self.whole[self.whole.len() - 4..], &self.whole[4..self.whole.len() - 4]);
        crc32fast::hash(checked).to_be_bytes() == *said
    }
}

fn is_picture(kind: &[u8]) -> bool {
    PICTURE.iter().any(|known| *known == kind)
}

pub(in crate::media) fn measures(bytes: &[u8]) -> Result<Measures, Refused> {
    let chunks = chunks(bytes)?;
    let head = chunks.first().filter(|chunk| chunk.kind == b"IHDR" && chunk.contents.len() == 13);
    let head = head.ok_or_else(|| Refused::damaged(say!("a PNG without a head")))?;
    let said = |kind: &[u8]| chunks.iter().find(|chunk| chunk.kind == kind);
    let frames = said(b"acTL").and_then(|chunk| be32(chunk.contents, 0)).unwrap_or(1);
    let drawn = chunks.iter().filter(|chunk| chunk.kind == b"fcTL").count();
    Ok(Measures {
        width: be32(head.contents, 0).unwrap_or(0),
        height: be32(head.contents, 4).unwrap_or(0),
        frames: frames.max(u32::try_from(drawn).unwrap_or(u32::MAX)).max(1),
        orientation: turned(&chunks),
        alpha: matches!(head.contents[9], 4 | 6) || said(b"tRNS").is_some(),
        cmyk: false,
    })
}

fn turned(chunks: &[Chunk<'_>]) -> u8 {
    chunks.iter().find(|chunk| chunk.kind == b"eXIf").map_or(1, |chunk| exif::orientation(chunk.contents))
}

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let chunks = chunks(bytes)?;
    let turned = turned(&chunks);
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(SIGNATURE);
    for chunk in chunks {
        if chunk.kind == b"iCCP" && !is_profile(chunk.contents) {
            continue;
        }
        if is_picture(chunk.kind) {
            out.extend_from_slice(chunk.whole);
        } else if chunk.kind[0].is_ascii_uppercase() {
            // Its name marks it as necessary for showing the image.
            return Err(Refused::damaged(say!("a part of the PNG that is not in the standard")));
        }
        if chunk.kind == b"IHDR" && turned != 1 {
            put(&mut out, b"eXIf", &exif::only_orientation(turned));
        }
    }
    put(&mut out, b"IEND", &[]);
    Ok(out)
}

fn put(out: &mut Vec<u8>, kind: &[u8; 4], contents: &[u8]) {
    let named = [kind.as_slice(), contents].concat();
    out.extend_from_slice(&u32::try_from(contents.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&named);
    out.extend_from_slice(&crc32fast::hash(&named).to_be_bytes());
}
