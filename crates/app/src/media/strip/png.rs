//! PNG (third edition): chunks with a length, a name and a checksum.

use super::{super::Refused, be32, exif};
use crate::media::limits::Measures;

const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// Chunks that make the picture: its head, palette, pixels, colours, animation.
const PICTURE: &[&[u8; 4]] = &[
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD",
    b"hIST", b"pHYs", b"mDCV", b"cLLI", b"acTL", b"fcTL", b"fdAT",
];

struct Chunk<'a> {
    kind: &'a [u8],
    contents: &'a [u8],
    whole: &'a [u8],
}

/// All chunks up to the end of the image.
fn chunks(bytes: &[u8]) -> Result<Vec<Chunk<'_>>, Refused> {
    if !bytes.starts_with(SIGNATURE) {
        return Err(Refused::damaged("no PNG start"));
    }
    let mut found = Vec::new();
    let mut at = SIGNATURE.len();
    loop {
        let chunk = chunk(bytes, at).ok_or_else(|| Refused::damaged("the PNG is cut off"))?;
        if crc32fast::hash(&bytes[at + 4..at + 8 + chunk.contents.len()]).to_be_bytes()
            != chunk.whole[chunk.whole.len() - 4..]
        {
            return Err(Refused::damaged("a checksum in the PNG is wrong"));
        }
        at += chunk.whole.len();
        let ended = chunk.kind == b"IEND";
        found.push(chunk);
        if ended {
            return Ok(found);
        }
    }
}

fn chunk(bytes: &[u8], at: usize) -> Option<Chunk<'_>> {
    let size = usize::try_from(be32(bytes, at)?).ok()?;
    let whole = bytes.get(at..at.checked_add(size)?.checked_add(12)?)?;
    Some(Chunk { kind: &whole[4..8], contents: &whole[8..8 + size], whole })
}

fn is_picture(kind: &[u8]) -> bool {
    PICTURE.iter().any(|known| *known == kind)
}

pub(in crate::media) fn measures(bytes: &[u8]) -> Result<Measures, Refused> {
    let chunks = chunks(bytes)?;
    let head = chunks.first().filter(|chunk| chunk.kind == b"IHDR" && chunk.contents.len() == 13);
    let head = head.ok_or_else(|| Refused::damaged("a PNG without a head"))?;
    let said = |kind: &[u8]| chunks.iter().find(|chunk| chunk.kind == kind);
    let frames = said(b"acTL").and_then(|chunk| be32(chunk.contents, 0)).unwrap_or(1);
    let drawn = chunks.iter().filter(|chunk| chunk.kind == b"fcTL").count();
    Ok(Measures {
        width: be32(head.contents, 0).unwrap_or(0),
        height: be32(head.contents, 4).unwrap_or(0),
        frames: frames.max(u32::try_from(drawn).unwrap_or(u32::MAX)).max(1),
        orientation: turned(&chunks),
        alpha: matches!(head.contents[9], 4 | 6) || said(b"tRNS").is_some(),
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
        if is_picture(chunk.kind) {
            out.extend_from_slice(chunk.whole);
        } else if chunk.kind[0].is_ascii_uppercase() {
            // By its name the picture cannot be shown without it.
            return Err(Refused::damaged("a part of the PNG that is not in the standard"));
        }
        if chunk.kind == b"IHDR" && turned != 1 {
            put(&mut out, b"eXIf", &exif::only_orientation(turned));
        }
    }
    Ok(out)
}

fn put(out: &mut Vec<u8>, kind: &[u8; 4], contents: &[u8]) {
    let named = [kind.as_slice(), contents].concat();
    out.extend_from_slice(&u32::try_from(contents.len()).unwrap_or(u32::MAX).to_be_bytes());
    out.extend_from_slice(&named);
    out.extend_from_slice(&crc32fast::hash(&named).to_be_bytes());
}
