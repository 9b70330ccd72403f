//! What to change in a video so that nothing but picture and sound is left (S-64, P-015).
//!
//! A video is not rewritten, because chunk offsets would have to move. Instead a list of [`Edits`] is made from its
//! boxes alone, and laid over the bytes while they stream by: a box that does not belong to picture or sound becomes
//! `free` and is blanked, and so are the names of devices, the times of recording, and the samples of data tracks
//! (a camera's positions, say). What follows the last box is cut off. Left alone: messages inside the coded picture.

use std::{
    io::{Read, Seek},
    ops::Range,
};

use super::{Atom, Index, Kind, handler, is_kept, payload::Chunks, structure};
use crate::media::{Refused, strip::be16};
use base::say;

/// Most pieces of a data track, times the boxes of pictures that they may lie in.
const CHUNKS_MAX: usize = 2_000_000;
/// Most samples of a data track.
const SAMPLES_MAX: usize = 4_000_000;

/// What to change in a video so that nothing but picture and sound is left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// What comes before the file.
    pub lead: &'static [u8],
    /// The file ends here; what followed was no part of it. In bytes, from its own beginning.
    pub length: u64,
    zero: Vec<Range<u64>>,
    write: Vec<(u64, Kind)>,
}

impl Edits {
    /// Changes a piece of the file that begins at `offset`.
    pub fn apply(&self, offset: u64, piece: &mut [u8]) {
        let end = offset + piece.len() as u64;
        let first = self.zero.partition_point(|range| range.end <= offset);
        for range in self.zero[first..].iter().take_while(|range| range.start < end) {
            let (from, to) = (range.start.max(offset) - offset, range.end.min(end) - offset);
            piece[from as usize..to as usize].fill(0);
        }
        let first = self.write.partition_point(|(at, _)| at + 4 <= offset);
        for (at, kind) in self.write[first..].iter().take_while(|(at, _)| *at < end) {
            for (place, byte) in (*at..).zip(kind) {
                if (offset..end).contains(&place) {
                    piece[(place - offset) as usize] = *byte;
                }
            }
        }
    }

    /// How long the file becomes, in bytes.
    pub fn size(&self) -> u64 {
        self.lead.len() as u64 + self.length
    }

    /// No changes yet, to a video that ends here.
    pub(super) fn new(length: u64) -> Self {
        Self { length, ..Self::default() }
    }

    /// Writes four bytes.
    pub(super) fn write(&mut self, at: u64, bytes: [u8; 4]) {
        self.write.push((at, bytes));
    }

    pub(super) fn blank(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.zero.push(range);
        }
    }

    /// The box is no more: its name becomes `free`, its contents zeros.
    pub(super) fn free(&mut self, atom: &Atom) {
        self.write(atom.start + 4, *b"free");
        self.blank(atom.inside());
    }

    pub(super) fn tidy(mut self) -> Self {
        self.write.sort_by_key(|(at, _)| *at);
        self.zero.sort_by_key(|range| range.start);
        let mut merged: Vec<Range<u64>> = Vec::with_capacity(self.zero.len());
        for range in self.zero {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        self.zero = merged;
        self
    }
}

/// What to change in this video. Reads its boxes, not its pictures.
pub fn edits(file: &mut (impl Read + Seek), size: u64) -> Result<Edits, Refused> {
    let structure = structure(file, size)?;
    let (length, moov) = (structure.end(), &structure.moov);
    let mut edits = Edits::new(length);
    // Blanked boxes at the end go with what follows them.
    for atom in structure.top.iter().filter(|atom| !is_kept(&atom.kind) && atom.start < length) {
        edits.free(atom);
    }
    let mut dropped = Vec::new();
    for child in moov.children(&moov.atom)? {
        match &child.kind {
            b"trak" if is_shown(moov, &child) => track(moov, &child, &mut edits)?,
            b"trak" => dropped.push(child),
            b"mvhd" => times(moov, &child, &mut edits),
            b"mvex" | b"iods" => {}
            b"cmov" => return Err(Refused::damaged(say!("a packed index, as old QuickTime wrote it"))),
            _ => edits.free(&child),
        }
    }
    if !dropped.is_empty() && !structure.moofs.is_empty() {
        return Err(Refused::new(
            "S-64",
            say!("the video is in fragments and carries a data track; export it as plain MP4"),
        ));
    }
    for atom in &dropped {
        samples(moov, atom, &structure.top, &mut edits)?;
        edits.free(atom);
    }
    for moof in &structure.moofs {
        fragment(moof, &mut edits)?;
    }
    Ok(edits.tidy())
}

/// Picture and sound stay. Subtitles go too: cameras write their positions into them.
fn is_shown(moov: &Index, track: &Atom) -> bool {
    matches!(&handler(moov, track), b"vide" | b"soun")
}

fn track(moov: &Index, track: &Atom, edits: &mut Edits) -> Result<(), Refused> {
    for atom in moov.children(track)? {
        match &atom.kind {
            b"tkhd" => times(moov, &atom, edits),
            b"mdia" => media(moov, &atom, edits)?,
            b"edts" | b"tapt" => {}
            _ => edits.free(&atom),
        }
    }
    Ok(())
}

fn media(moov: &Index, parent: &Atom, edits: &mut Edits) -> Result<(), Refused> {
    for atom in moov.children(parent)? {
        match &atom.kind {
            b"mdhd" => times(moov, &atom, edits),
            b"hdlr" => named(&atom, edits),
            b"minf" => information(moov, &atom, edits)?,
            b"elng" => {}
            _ => edits.free(&atom),
        }
    }
    Ok(())
}

fn information(moov: &Index, parent: &Atom, edits: &mut Edits) -> Result<(), Refused> {
    for atom in moov.children(parent)? {
        match &atom.kind {
            b"vmhd" | b"smhd" => {}
            b"hdlr" => named(&atom, edits),
            b"dinf" => references(moov, &atom)?,
            b"stbl" => table(moov, &atom, edits)?,
            _ => edits.free(&atom),
        }
    }
    Ok(())
}

/// The samples must be in this file: players would follow a reference to another one.
fn references(moov: &Index, dinf: &Atom) -> Result<(), Refused> {
    let Some(list) = moov.find(dinf, &[b"dref"]) else { return Ok(()) };
    let inside = list.inside();
    let from = inside.end.min(inside.start + 8);
    for entry in moov.boxes(from..inside.end)? {
        if moov.contents(&entry).get(3).is_none_or(|flags| flags & 1 == 0) {
            return Err(Refused::new(
                "S-64",
                say!("the video points to another file; export it with its pictures inside"),
            ));
        }
    }
    Ok(())
}

fn table(moov: &Index, parent: &Atom, edits: &mut Edits) -> Result<(), Refused> {
    for atom in moov.children(parent)? {
        match &atom.kind {
            b"stsd" => descriptions(moov, &atom, edits)?,
            b"stts" | b"ctts" | b"cslg" | b"stsc" | b"stsz" | b"stz2" | b"stco" | b"co64" | b"stss" | b"stsh"
            | b"sdtp" | b"sbgp" | b"sgpd" | b"stps" | b"subs" | b"saio" | b"saiz" => {}
            _ => edits.free(&atom),
        }
    }
    Ok(())
}

/// Blanks the names of the maker and the encoder in the descriptions of pictures.
fn descriptions(moov: &Index, stsd: &Atom, edits: &mut Edits) -> Result<(), Refused> {
    let inside = stsd.inside();
    for entry in moov.boxes(inside.end.min(inside.start + 8)..inside.end)? {
        let is_picture = entry.size >= 86 && be16(moov.contents(&entry), 40).is_some() && !is_sound(&entry.kind);
        if is_picture {
            edits.blank(entry.start + 20..entry.start + 24);
            edits.blank(entry.start + 50..entry.start + 82);
        }
    }
    Ok(())
}

fn is_sound(kind: &Kind) -> bool {
    matches!(
        kind,
        b"mp4a"
            | b"Opus"
            | b"ac-3"
            | b"ec-3"
            | b"alac"
            | b"fLaC"
            | b"samr"
            | b"sawb"
            | b"twos"
            | b"sowt"
            | b"lpcm"
            | b"in24"
            | b"fl32"
            | b".mp3"
            | b"ulaw"
            | b"alaw"
    )
}

/// Blanks the times of recording and change in `mvhd`, `tkhd` and `mdhd`.
fn times(moov: &Index, atom: &Atom, edits: &mut Edits) {
    let inside = atom.inside();
    let each = if moov.contents(atom).first() == Some(&1) { 8 } else { 4 };
    edits.blank(inside.start + 4..inside.end.min(inside.start + 4 + 2 * each));
}

/// Blanks the name in a handler, which identifies the camera.
fn named(atom: &Atom, edits: &mut Edits) {
    let inside = atom.inside();
    edits.blank(inside.end.min(inside.start + 12)..inside.end);
}

fn fragment(moof: &Index, edits: &mut Edits) -> Result<(), Refused> {
    for atom in moof.children(&moof.atom)? {
        match &atom.kind {
            b"mfhd" => {}
            b"traf" => {
                for part in moof.children(&atom)? {
                    if !matches!(
                        &part.kind,
                        b"tfhd" | b"tfdt" | b"trun" | b"sdtp" | b"sbgp" | b"sgpd" | b"subs" | b"saiz" | b"saio"
                    ) {
                        edits.free(&part);
                    }
                }
            }
            _ => edits.free(&atom),
        }
    }
    Ok(())
}

/// Blanks the samples of a track where they lie among the pictures.
fn samples(moov: &Index, track: &Atom, top: &[Atom], edits: &mut Edits) -> Result<(), Refused> {
    let mdats: Vec<Range<u64>> = top.iter().filter(|atom| &atom.kind == b"mdat").map(Atom::inside).collect();
    let chunks = Chunks::of(moov, track)?;
    if chunks.samples() > SAMPLES_MAX {
        return Err(Refused::new("S-62", say!("a data track of the video has too many samples; export it without")));
    }
    if chunks.len().saturating_mul(mdats.len()) > CHUNKS_MAX {
        return Err(Refused::new("S-62", say!("a data track of the video is in too many pieces; export it without")));
    }
    for chunk in chunks {
        let chunk = chunk?;
        for mdat in &mdats {
            edits.blank(chunk.start.max(mdat.start)..chunk.end.min(mdat.end));
        }
    }
    Ok(())
}
