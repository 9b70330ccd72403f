//! Converts QuickTime to MP4 without re-encoding: both have the same boxes under different names.
//!
//! As with [`super::edits`], bytes are only changed in place, so that no table has to move: the brands become
//! those of MP4, and what QuickTime says of sound in its own way becomes what MP4 says (Apple's QuickTime File Format,
//! "Sound Sample Description (Version 1)").

use base::say;
use std::io::{Read, Seek};

use super::{Atom, Edits, Index, structure, tracks};
use crate::media::{Refused, strip::be16};

/// What to change in a QuickTime file so that it is an MP4 file.
///
/// # Errors
/// A file that has no room for brands, or sound that MP4 has no form for.
pub fn rewrap(file: &mut (impl Read + Seek), size: u64) -> Result<Edits, Refused> {
    let structure = structure(file, size)?;
    let mut edits = Edits::new(structure.end());
    let moov = &structure.moov;
    let head = structure.top.iter().find(|atom| &atom.kind == b"ftyp" && atom.size >= 16 && atom.size % 4 == 0);
    match head {
        Some(head) => brands(head, &mut edits),
        // Old QuickTime files say no brands.
        None if structure.moofs.is_empty() => edits.lead = BRANDS,
        None => return Err(impossible()),
    }
    for track in tracks(moov)? {
        if head.is_none() {
            move_chunks(moov, &track, BRANDS.len() as u64, &mut edits)?;
        }
        // QuickTime says "media handler" where MP4 says nothing.
        if let Some(handler) = moov.find(&track, &[b"mdia", b"hdlr"]) {
            let inside = handler.inside();
            edits.blank(inside.start + 4..inside.end.min(inside.start + 8));
        }
        if let Some(handler) = moov.find(&track, &[b"mdia", b"minf", b"hdlr"]) {
            edits.free(&handler);
        }
        for entry in descriptions(moov, &track)?.iter().filter(|entry| &entry.kind == b"mp4a") {
            sound(moov, entry, &mut edits)?;
        }
    }
    Ok(edits.tidy())
}

/// The brands of an MP4 file, to stand before a file that says none.
const BRANDS: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0isommp42";

/// Picture and sound lie so many bytes further on.
fn move_chunks(moov: &Index, track: &Atom, by: u64, edits: &mut Edits) -> Result<(), Refused> {
    for (kind, width) in [(b"stco", 4), (b"co64", 8)] {
        let Some(table) = moov.find(track, &[b"mdia", b"minf", b"stbl", kind]) else { continue };
        let places = moov.contents(&table).get(8..).unwrap_or_default().chunks_exact(width);
        for (place, at) in places.zip((table.inside().start + 8..).step_by(width)) {
            let moved = place.iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)).checked_add(by);
            let bytes = moved.ok_or_else(impossible)?.to_be_bytes();
            let ([high @ .., _, _, _, _], [_, _, _, _, low @ ..]) = (&bytes, &bytes);
            let (high, low): ([u8; 4], [u8; 4]) = (*high, *low);
            if width == 8 {
                edits.write(at, high);
                edits.write(at + 4, low);
            } else if high == [0; 4] {
                edits.write(at, low);
            } else {
                return Err(impossible());
            }
        }
    }
    Ok(())
}

fn impossible() -> Refused {
    Refused::new("S-61", say!("this QuickTime file cannot become an MP4 file as it is; export it as MP4"))
}

fn brands(head: &Atom, edits: &mut Edits) {
    let inside = head.inside();
    edits.write(inside.start, *b"mp42");
    for (place, at) in (inside.start + 8..inside.end).step_by(4).enumerate() {
        edits.write(at, if place.is_multiple_of(2) { *b"isom" } else { *b"mp42" });
    }
}

fn descriptions(moov: &Index, track: &Atom) -> Result<Vec<Atom>, Refused> {
    let Some(list) = moov.find(track, &[b"mdia", b"minf", b"stbl", b"stsd"]) else { return Ok(Vec::new()) };
    let inside = list.inside();
    moov.boxes(inside.end.min(inside.start + 8)..inside.end)
}

/// The fields of version 1 become an empty box, and the contents of `wave` are unwrapped.
fn sound(moov: &Index, entry: &Atom, edits: &mut Edits) -> Result<(), Refused> {
    let (at, end) = (entry.start, entry.end());
    let children = match be16(moov.contents(entry), 8) {
        Some(0) => at + 36,
        Some(1) => {
            edits.blank(at + 16..at + 24);
            edits.blank(at + 28..at + 32);
            edits.write(at + 36, 16u32.to_be_bytes());
            edits.write(at + 40, *b"free");
            edits.blank(at + 44..at + 52);
            at + 52
        }
        _ => return Err(impossible()),
    };
    for child in moov.boxes(children.min(end)..end)?.iter().filter(|child| &child.kind == b"wave") {
        edits.write(child.start, 8u32.to_be_bytes());
        edits.write(child.start + 4, *b"free");
        for inner in moov.children(child)?.iter().filter(|inner| &inner.kind != b"esds") {
            edits.write(inner.start + 4, *b"free");
        }
    }
    Ok(())
}
