//! MP4 and QuickTime (ISO/IEC 14496-12): boxes in boxes.
//!
//! A video is not written anew: chunk offsets would have to move with it. Instead a list of [`Edits`] is made from its
//! boxes alone, and laid over the bytes while they stream by: a box that does not belong to picture or sound becomes
//! `free` and is blanked, and so are the names of devices, the times of recording, and the samples of data tracks
//! (a camera's positions, say). What follows the last box is cut off. Left alone: messages inside the coded picture.

use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

use super::{super::Refused, be16, be32, be64};
use crate::media::limits::TRACKS_MAX;

/// The largest index (`moov`, `moof`) that is read, in bytes; hours of video need a few MiB.
const INDEX_MAX_BYTES: u64 = 32 << 20;
/// Most boxes at the top of a file: a fragment every two seconds for four hours.
const TOP_MAX: usize = 20_000;
/// Most samples of a data track that are blanked one by one.
const SAMPLES_MAX: usize = 4_000_000;

/// Most pieces of a data track, times the boxes of pictures that they may lie in.
const CHUNKS_MAX: usize = 2_000_000;

type Kind = [u8; 4];

/// A box: where it stands and how long it is, its head included.
#[derive(Debug, Clone, Copy)]
pub(in crate::media) struct Atom {
    pub(in crate::media) kind: Kind,
    start: u64,
    head: u64,
    size: u64,
}

impl Atom {
    fn end(&self) -> u64 {
        self.start + self.size
    }

    fn inside(&self) -> Range<u64> {
        self.start + self.head..self.end()
    }
}

/// What to change in a video so that nothing but picture and sound is left.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Edits {
    /// The file ends here; what followed was no part of it. In bytes.
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
        for (at, kind) in &self.write {
            for (place, byte) in (*at..).zip(kind) {
                if (offset..end).contains(&place) {
                    piece[(place - offset) as usize] = *byte;
                }
            }
        }
    }

    fn blank(&mut self, range: Range<u64>) {
        if !range.is_empty() {
            self.zero.push(range);
        }
    }

    /// The box is no more: its name becomes `free`, its contents zeros.
    fn free(&mut self, atom: &Atom) {
        self.write.push((atom.start + 4, *b"free"));
        self.blank(atom.inside());
    }

    fn tidy(mut self) -> Self {
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

/// A box of the index, held in memory; its children are found by their places in the file.
pub(in crate::media) struct Index {
    pub(in crate::media) atom: Atom,
    bytes: Vec<u8>,
}

impl Index {
    /// The contents of a box within.
    pub(in crate::media) fn contents(&self, atom: &Atom) -> &[u8] {
        let inside = atom.inside();
        let (from, to) = (inside.start - self.atom.start, inside.end - self.atom.start);
        &self.bytes[from as usize..to as usize]
    }

    /// The boxes directly within a box.
    pub(in crate::media) fn children(&self, parent: &Atom) -> Result<Vec<Atom>, Refused> {
        self.boxes(parent.inside())
    }

    fn boxes(&self, range: Range<u64>) -> Result<Vec<Atom>, Refused> {
        let mut found = Vec::new();
        let mut at = range.start;
        // QuickTime ends some lists with a zero number, which is too short to be a box.
        while range.end - at >= 8 {
            let head = &self.bytes[(at - self.atom.start) as usize..];
            let atom = atom(head, at, range.end).ok_or_else(|| Refused::damaged("a box of the video is cut off"))?;
            at = atom.end();
            found.push(atom);
        }
        Ok(found)
    }

    /// The first box at the end of this path.
    pub(in crate::media) fn find(&self, parent: &Atom, path: &[&Kind]) -> Option<Atom> {
        let (first, rest) = path.split_first()?;
        let found = self.children(parent).ok()?.into_iter().find(|atom| atom.kind == **first)?;
        if rest.is_empty() { Some(found) } else { self.find(&found, rest) }
    }
}

/// Reads the head of a box; `None` if it does not fit before `end`.
fn atom(head: &[u8], start: u64, end: u64) -> Option<Atom> {
    let kind = head.get(4..8)?.try_into().ok()?;
    let (head_size, size) = match be32(head, 0)? {
        0 => (8, end - start),
        1 => (16, be64(head, 8)?),
        size => (8, u64::from(size)),
    };
    (size >= head_size && start.checked_add(size)? <= end).then_some(Atom { kind, start, head: head_size, size })
}

/// A video's structure: its top boxes, and its index in memory.
pub(in crate::media) struct Structure {
    pub(in crate::media) top: Vec<Atom>,
    pub(in crate::media) moov: Index,
    pub(in crate::media) moofs: Vec<Index>,
}

/// Reads the structure of a video of this size; the pictures are skipped over.
pub(in crate::media) fn structure(file: &mut (impl Read + Seek), size: u64) -> Result<Structure, Refused> {
    let top = top(file, size)?;
    let mut moov = None;
    let mut moofs = Vec::new();
    let mut read = 0;
    for atom in top.iter().filter(|atom| matches!(&atom.kind, b"moov" | b"moof")) {
        read += atom.size;
        if read > INDEX_MAX_BYTES {
            return Err(Refused::new("S-62", "the video's index is larger than 32 MiB; export it again as MP4"));
        }
        let index = Index { atom: *atom, bytes: bytes_of(file, atom)? };
        match &atom.kind {
            b"moov" if moov.is_some() => return Err(Refused::damaged("a video with two indexes")),
            b"moov" => moov = Some(index),
            _ => moofs.push(index),
        }
    }
    let moov = moov.ok_or_else(|| Refused::damaged("a video without an index; perhaps it is cut off"))?;
    Ok(Structure { top, moov, moofs })
}

fn top(file: &mut (impl Read + Seek), size: u64) -> Result<Vec<Atom>, Refused> {
    let mut found = Vec::new();
    let mut at = 0;
    while size - at >= 8 && found.len() < TOP_MAX {
        let mut head = vec![0; usize::try_from((size - at).min(16)).unwrap_or(16)];
        read_at(file, at, &mut head)?;
        // What does not look like a box is not part of the video; it is cut off.
        let Some(atom) = atom(&head, at, size).filter(|atom| at == 0 || atom.kind.iter().all(u8::is_ascii_graphic))
        else {
            break;
        };
        at = atom.end();
        found.push(atom);
    }
    if found.first().is_none_or(|atom| &atom.kind != b"ftyp") {
        return Err(Refused::damaged("no video start"));
    }
    Ok(found)
}

fn bytes_of(file: &mut (impl Read + Seek), atom: &Atom) -> Result<Vec<u8>, Refused> {
    let mut bytes = vec![0; usize::try_from(atom.size).unwrap_or(usize::MAX)];
    read_at(file, atom.start, &mut bytes)?;
    Ok(bytes)
}

fn read_at(file: &mut (impl Read + Seek), at: u64, bytes: &mut [u8]) -> Result<(), Refused> {
    let read = file.seek(SeekFrom::Start(at)).and_then(|_| file.read_exact(bytes));
    read.map_err(|error| Refused::damaged(&format!("it could not be read: {error}")))
}

/// What to change in this video. Reads its boxes, not its pictures.
pub fn edits(file: &mut (impl Read + Seek), size: u64) -> Result<Edits, Refused> {
    let structure = structure(file, size)?;
    let mut edits = Edits::default();
    for atom in &structure.top {
        match &atom.kind {
            b"ftyp" | b"styp" | b"moov" | b"moof" | b"mdat" | b"sidx" | b"mfra" | b"pdin" => edits.length = atom.end(),
            _ => {
                edits.free(atom);
            }
        }
    }
    // Blanked boxes at the end go with what follows them.
    let (length, moov) = (edits.length, &structure.moov);
    edits.zero.retain(|range| range.start < length);
    edits.write.retain(|(at, _)| *at < length);
    let mut dropped = Vec::new();
    for child in moov.children(&moov.atom)? {
        match &child.kind {
            b"trak" if is_shown(moov, &child) => track(moov, &child, &mut edits)?,
            b"trak" => dropped.push(child),
            b"mvhd" => times(moov, &child, &mut edits),
            b"mvex" | b"iods" => {}
            b"cmov" => return Err(Refused::damaged("a packed index, as old QuickTime wrote it")),
            _ => edits.free(&child),
        }
    }
    if !dropped.is_empty() && !structure.moofs.is_empty() {
        return Err(Refused::new("S-64", "the video is in fragments and carries a data track; export it as plain MP4"));
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

/// The tracks of a video, whatever they carry.
pub(in crate::media) fn tracks(moov: &Index) -> Result<Vec<Atom>, Refused> {
    let tracks: Vec<_> = moov.children(&moov.atom)?.into_iter().filter(|atom| &atom.kind == b"trak").collect();
    if tracks.len() > TRACKS_MAX {
        return Err(Refused::new(
            "S-62",
            format!("the video has {} tracks; at most {TRACKS_MAX} are taken", tracks.len()),
        ));
    }
    Ok(tracks)
}

/// What a track carries: `vide`, `soun`, or something else.
pub(in crate::media) fn handler(moov: &Index, track: &Atom) -> Kind {
    let atom = moov.find(track, &[b"mdia", b"hdlr"]);
    atom.and_then(|atom| moov.contents(&atom).get(8..12)?.try_into().ok()).unwrap_or_default()
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

/// The samples must be in this file: a reference to another one would be followed by whoever opens it.
fn references(moov: &Index, dinf: &Atom) -> Result<(), Refused> {
    let Some(list) = moov.find(dinf, &[b"dref"]) else { return Ok(()) };
    let inside = list.inside();
    let from = inside.end.min(inside.start + 8);
    for entry in moov.boxes(from..inside.end)? {
        if moov.contents(&entry).get(3).is_none_or(|flags| flags & 1 == 0) {
            return Err(Refused::new("S-64", "the video points to another file; export it with its pictures inside"));
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

/// Blanks when it was recorded and changed, in `mvhd`, `tkhd` and `mdhd` alike.
fn times(moov: &Index, atom: &Atom, edits: &mut Edits) {
    let inside = atom.inside();
    let each = if moov.contents(atom).first() == Some(&1) { 8 } else { 4 };
    edits.blank(inside.start + 4..inside.end.min(inside.start + 4 + 2 * each));
}

/// Blanks the name in a handler: it is the camera's.
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
    let Some(table) = moov.find(track, &[b"mdia", b"minf", b"stbl"]) else { return Ok(()) };
    let part = |kind: &Kind| moov.find(&table, &[kind]).map(|atom| moov.contents(&atom)).unwrap_or_default();
    let places = chunk_places(part(b"stco"), part(b"co64"));
    let sizes = Sizes::new(part(b"stsz"))?;
    let mdats: Vec<Range<u64>> = top.iter().filter(|atom| &atom.kind == b"mdat").map(Atom::inside).collect();
    if places.len().saturating_mul(mdats.len()) > CHUNKS_MAX {
        return Err(Refused::new("S-62", "a data track of the video is in too many pieces; export it without"));
    }
    let runs = part(b"stsc");
    let mut sample = 0;
    let mut run = 0;
    for (number, place) in places.iter().enumerate() {
        while be32(runs, 8 + (run + 1) * 12).is_some_and(|first| first as usize <= number + 1)
            && run + 1 < entries(runs)
        {
            run += 1;
        }
        let count = be32(runs, 8 + run * 12 + 4).unwrap_or(0) as usize;
        let mut length = 0;
        for _ in 0..count.min(sizes.count.saturating_sub(sample)) {
            length += sizes.of(sample);
            sample += 1;
        }
        for mdat in &mdats {
            edits.blank((*place).max(mdat.start)..place.saturating_add(length).min(mdat.end));
        }
    }
    Ok(())
}

fn entries(table: &[u8]) -> usize {
    be32(table, 4).unwrap_or(0) as usize
}

fn chunk_places(short: &[u8], long: &[u8]) -> Vec<u64> {
    let short = short.get(8..).unwrap_or_default().chunks_exact(4).filter_map(|four| be32(four, 0).map(u64::from));
    let long = long.get(8..).unwrap_or_default().chunks_exact(8).filter_map(|eight| be64(eight, 0));
    short.chain(long).collect()
}

struct Sizes<'a> {
    each: u32,
    count: usize,
    list: &'a [u8],
}

impl<'a> Sizes<'a> {
    fn new(stsz: &'a [u8]) -> Result<Self, Refused> {
        let (each, count) = (be32(stsz, 4).unwrap_or(0), be32(stsz, 8).unwrap_or(0) as usize);
        if count > SAMPLES_MAX {
            return Err(Refused::new("S-62", "a data track of the video has too many samples; export it without"));
        }
        Ok(Self { each, count, list: stsz.get(12..).unwrap_or_default() })
    }

    fn of(&self, sample: usize) -> u64 {
        if self.each > 0 { self.each.into() } else { be32(self.list, sample * 4).unwrap_or(0).into() }
    }
}
