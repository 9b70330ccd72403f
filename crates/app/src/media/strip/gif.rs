//! GIF89a: a screen, then blocks: images, and extensions of which few belong to the picture.

use super::{super::Refused, le16};
use crate::media::limits::{Measures, check_size};
use base::say;

const IMAGE: u8 = 0x2c;
const EXTENSION: u8 = 0x21;
const TRAILER: u8 = 0x3b;
const CONTROL: u8 = 0xf9;
const APPLICATION: u8 = 0xff;

/// Extensions of applications that belong to the picture: how often it loops, and its colour profile.
const KEPT: &[&[u8]] = &[b"NETSCAPE2.0", b"ANIMEXTS1.0", b"ICCRGBG1012"];

struct Block<'a> {
    kind: u8,
    /// The kind of an extension; 0 for an image.
    label: u8,
    whole: &'a [u8],
}

impl Block<'_> {
    fn is_picture(&self) -> bool {
        match (self.kind, self.label) {
            (IMAGE, _) | (EXTENSION, CONTROL) => true,
            (EXTENSION, APPLICATION) => KEPT.iter().any(|name| self.whole.get(3..14) == Some(name)),
            _ => false,
        }
    }
}

/// The head with its palette, and all blocks up to the end of the image.
fn blocks(bytes: &[u8]) -> Result<(&[u8], Vec<Block<'_>>), Refused> {
    let cut = || Refused::damaged(say!("the GIF is cut off"));
    if !bytes.starts_with(b"GIF87a") && !bytes.starts_with(b"GIF89a") {
        return Err(Refused::damaged(say!("no GIF start")));
    }
    let head = bytes.get(..13 + palette(*bytes.get(10).ok_or_else(cut)?)).ok_or_else(cut)?;
    let mut found = Vec::new();
    let mut at = head.len();
    loop {
        let kind = match bytes.get(at) {
            // Some programs omit the last byte; a file that ends between two blocks is still complete.
            None if !found.is_empty() => return Ok((head, found)),
            None => return Err(cut()),
            Some(kind) => *kind,
        };
        let end = match kind {
            TRAILER => return Ok((head, found)),
            // Some programs put a zero too many behind a block; viewers skip it.
            0 => {
                at += 1;
                continue;
            }
            EXTENSION => sub_blocks(bytes, at + 2),
            IMAGE => bytes.get(at + 9).and_then(|flags| sub_blocks(bytes, at + 11 + palette(*flags))),
            _ => return Err(Refused::damaged(say!("a part of the GIF that is not in the standard"))),
        };
        let end = end.ok_or_else(cut)?;
        let label = if kind == EXTENSION { bytes[at + 1] } else { 0 };
        found.push(Block { kind, label, whole: &bytes[at..end] });
        at = end;
    }
}

/// The size of the palette that these flags announce, in bytes.
fn palette(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 0x07) + 1) }
}

/// Where the chain of sub-blocks that begins here ends.
fn sub_blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let size = usize::from(*bytes.get(at)?);
        at += 1 + size;
        if size == 0 {
            return Some(at);
        }
    }
}

pub(in crate::media) fn measures(bytes: &[u8]) -> Result<Measures, Refused> {
    let (head, blocks) = blocks(bytes)?;
    let images: Vec<_> = blocks.iter().filter(|block| block.kind == IMAGE).collect();
    if images.is_empty() {
        return Err(Refused::damaged(say!("a GIF without a picture")));
    }
    // A frame may reach beyond the screen, and a decoder would still have to hold it.
    let reach = |place, size| images.iter().map(|image| sum(image.whole, place, size)).max().unwrap_or(0);
    let (wide, high) = (reach(1, 5), reach(3, 7));
    check_size(wide, high)?;
    let see_through =
        |block: &Block<'_>| block.label == CONTROL && block.whole.get(3).is_some_and(|flags| flags & 1 != 0);
    let screen = |at, reach| Some(le16(head, at).unwrap_or(0).into()).filter(|side| *side > 0).unwrap_or(reach);
    Ok(Measures {
        width: screen(6, wide),
        height: screen(8, high),
        frames: u32::try_from(images.len()).unwrap_or(u32::MAX),
        orientation: 1,
        alpha: blocks.iter().any(see_through),
        cmyk: false,
    })
}

fn sum(bytes: &[u8], one: usize, other: usize) -> u32 {
    u32::from(le16(bytes, one).unwrap_or(0)) + u32::from(le16(bytes, other).unwrap_or(0))
}

pub(super) fn strip(bytes: &[u8]) -> Result<Vec<u8>, Refused> {
    let (head, blocks) = blocks(bytes)?;
    let mut out = Vec::with_capacity(bytes.len());
    out.extend_from_slice(head);
    for block in blocks.iter().filter(|block| block.is_picture()) {
        match block.label {
            APPLICATION if &block.whole[3..11] != b"ICCRGBG1" => loops(&mut out, block.whole),
            CONTROL if block.whole.get(2) == Some(&4) => out.extend_from_slice(&[&block.whole[..7], &[0]].concat()),
            CONTROL => {}
            _ => out.extend_from_slice(block.whole),
        }
    }
    out.push(TRAILER);
    Ok(out)
}

/// The loop extension with its one number; anything appended to it is dropped.
fn loops(out: &mut Vec<u8>, whole: &[u8]) {
    if let Some([3, 1, low, high]) = whole.get(14..18) {
        out.extend_from_slice(&whole[..14]);
        out.extend_from_slice(&[3, 1, *low, *high, 0]);
    }
}
