//! Where a video's pictures and sound lie, by its tables: is the file whole, and how long does it play?
//!
//! A truncated file can still have a valid index if the index comes first. So every piece that the index
//! names must be in the file, and so must be what its fragments name.

use std::{collections::HashMap, ops::Range};

use super::{Atom, Index, Kind, Structure, cut_off, tracks};
use crate::media::{
    Refused,
    strip::{be16, be32, be64},
};
use base::say;

/// Most samples of a track that are counted one by one.
const SAMPLES_MAX: usize = 4_000_000;

/// What the tables say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::media) struct Payload {
    /// How long the fragments play, in milliseconds: the longest track.
    pub(in crate::media) fragments_ms: u64,
    /// Whether there is anything at all.
    pub(in crate::media) is_empty: bool,
}

/// Reads the tables of all tracks and fragments.
///
/// # Errors
/// A file without all that its tables name, or with tables that cannot be read.
pub(in crate::media) fn payload(structure: &Structure) -> Result<Payload, Refused> {
    let (moov, end) = (&structure.moov, structure.end());
    let mut found = Payload { is_empty: true, ..Payload::default() };
    let mut known = HashMap::new();
    for track in tracks(moov)? {
        for chunk in Chunks::of(moov, &track)? {
            let chunk = chunk?;
            if chunk.end > end {
                return Err(cut_off());
            }
            found.is_empty &= chunk.is_empty();
        }
        if let Some(id) = number_in(moov, &track, &[b"tkhd"], (12, 20)) {
            let scale = number_in(moov, &track, &[b"mdia", b"mdhd"], (12, 20)).unwrap_or(0);
            known.insert(id, Track { scale: scale.max(1), ..Track::default() });
        }
    }
    defaults(moov, &mut known)?;
    let mut samples = 0;
    for moof in &structure.moofs {
        fragment(moof, &mut known, end, &mut samples)?;
    }
    found.is_empty &= samples == 0;
    let longest = known.values().map(|track| u128::from(track.length) * 1000 / u128::from(track.scale)).max();
    found.fragments_ms = longest.and_then(|ms| u64::try_from(ms).ok()).unwrap_or(0);
    for index in &structure.sidxs {
        segments(index, structure.size)?;
    }
    Ok(found)
}

/// How many samples the tables of a track name.
///
/// # Errors
/// Tables that cannot be read.
pub(in crate::media) fn samples(moov: &Index, track: &Atom) -> Result<usize, Refused> {
    Ok(Chunks::of(moov, track)?.samples())
}

/// A number of four bytes in a box whose layout depends on its version: its place in version 0 and in version 1.
fn number_in(moov: &Index, parent: &Atom, path: &[&Kind], (short, long): (usize, usize)) -> Option<u32> {
    let contents = moov.contents(&moov.find(parent, path)?);
    be32(contents, if contents.first() == Some(&1) { long } else { short })
}

/// What is known of a track while its fragments are read.
#[derive(Debug, Clone, Copy, Default)]
struct Track {
    /// Units of time in a second.
    scale: u32,
    /// How long its fragments play, in those units.
    length: u64,
    default_duration: u32,
    default_size: u32,
}

fn defaults(moov: &Index, known: &mut HashMap<u32, Track>) -> Result<(), Refused> {
    let Some(mvex) = moov.find(&moov.atom, &[b"mvex"]) else { return Ok(()) };
    for trex in moov.children(&mvex)?.iter().filter(|atom| &atom.kind == b"trex") {
        let said = moov.contents(trex);
        if let Some(track) = be32(said, 4).and_then(|id| known.get_mut(&id)) {
            track.default_duration = be32(said, 12).unwrap_or(0);
            track.default_size = be32(said, 16).unwrap_or(0);
        }
    }
    Ok(())
}

/// Reads one fragment (ISO/IEC 14496-12 §8.8): what it names must be in the file.
fn fragment(moof: &Index, known: &mut HashMap<u32, Track>, end: u64, samples: &mut usize) -> Result<(), Refused> {
    let mut after = moof.atom.start;
    for traf in moof.children(&moof.atom)?.iter().filter(|atom| &atom.kind == b"traf") {
        let head = moof.find(traf, &[b"tfhd"]).map(|atom| moof.contents(&atom)).unwrap_or_default();
        let mut fields = Fields::of(head);
        let (flags, id) = (fields.flags, fields.number(true));
        let mut track = known.get(&id).copied().unwrap_or(Track { scale: 1, ..Track::default() });
        let base = if flags & 0x1 != 0 {
            fields.long()
        } else if flags & 0x2_0000 != 0 {
            moof.atom.start
        } else {
            after
        };
        fields.number(flags & 0x2 != 0);
        track.default_duration = fields.or(flags & 0x8 != 0, track.default_duration);
        track.default_size = fields.or(flags & 0x10 != 0, track.default_size);
        let mut at = base;
        for run in moof.children(traf)?.iter().filter(|atom| &atom.kind == b"trun") {
            at = self::run(moof.contents(run), &mut track, base, at, samples)?;
            if at > end {
                return Err(cut_off());
            }
        }
        after = at;
        if let Some(place) = known.get_mut(&id) {
            place.length = track.length;
        }
    }
    Ok(())
}

/// Reads one run of samples that begins at `at` unless it says otherwise; gives where it ends.
fn run(said: &[u8], track: &mut Track, base: u64, at: u64, samples: &mut usize) -> Result<u64, Refused> {
    let mut fields = Fields::of(said);
    let (flags, count) = (fields.flags, fields.number(true) as usize);
    *samples = samples.saturating_add(count);
    if *samples > SAMPLES_MAX {
        return Err(too_many());
    }
    let mut at = match flags & 0x1 {
        0 => at,
        // The offset is signed.
        _ => base.saturating_add_signed(i64::from(fields.number(true).cast_signed())),
    };
    fields.number(flags & 0x4 != 0);
    let each = [0x100, 0x200, 0x400, 0x800].iter().filter(|flag| flags & **flag != 0).count() * 4;
    if fields.rest.len() < count.saturating_mul(each) {
        return Err(Refused::damaged(say!("a table of the video is cut off")));
    }
    for _ in 0..count {
        track.length += u64::from(fields.or(flags & 0x100 != 0, track.default_duration));
        at = at.saturating_add(fields.or(flags & 0x200 != 0, track.default_size).into());
        fields.number(flags & 0x400 != 0);
        fields.number(flags & 0x800 != 0);
    }
    Ok(at)
}

/// Fields of a box that are there or not as its flags say.
struct Fields<'a> {
    flags: u32,
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    fn of(contents: &'a [u8]) -> Self {
        Self { flags: be32(contents, 0).unwrap_or(0) & 0x00ff_ffff, rest: contents.get(4..).unwrap_or_default() }
    }

    fn number(&mut self, is_there: bool) -> u32 {
        self.or(is_there, 0)
    }

    fn or(&mut self, is_there: bool, default: u32) -> u32 {
        if !is_there {
            return default;
        }
        let number = be32(self.rest, 0).unwrap_or(0);
        self.rest = self.rest.get(4..).unwrap_or_default();
        number
    }

    fn long(&mut self) -> u64 {
        u64::from(self.number(true)) << 32 | u64::from(self.number(true))
    }
}

/// An index of segments (§8.16.3): together they are not longer than the file.
fn segments(sidx: &Index, size: u64) -> Result<(), Refused> {
    let said = sidx.contents(&sidx.atom);
    let is_long = said.first() == Some(&1);
    let first = if is_long { be64(said, 20) } else { be32(said, 16).map(u64::from) };
    let list = if is_long { 28 } else { 20 };
    let (Some(first), Some(count)) = (first, be16(said, list + 2)) else {
        return Err(Refused::damaged(say!("an index of the video is cut off")));
    };
    let sizes = (0..usize::from(count)).map_while(|number| be32(said, list + 4 + number * 12));
    // The first bit says what is pointed to.
    let sum: u64 = sizes.map(|size| u64::from(size & 0x7fff_ffff)).sum();
    if sidx.atom.end().saturating_add(first).saturating_add(sum) > size { Err(cut_off()) } else { Ok(()) }
}

fn too_many() -> Refused {
    Refused::new("S-62", say!("a track of the video has too many samples; export it again as MP4"))
}

/// The pieces of a track, in the order of its tables (§8.7).
pub(super) struct Chunks<'a> {
    places: &'a [u8],
    /// Bytes of one place: 4 or 8.
    width: usize,
    runs: &'a [u8],
    sizes: Sizes<'a>,
    number: usize,
    run: usize,
}

impl<'a> Chunks<'a> {
    pub(super) fn of(moov: &'a Index, track: &Atom) -> Result<Self, Refused> {
        let table = moov.find(track, &[b"mdia", b"minf", b"stbl"]);
        let part = |kind: &Kind| table.and_then(|table| Some(moov.contents(&moov.find(&table, &[kind])?)));
        let (places, width) = match (part(b"stco"), part(b"co64")) {
            (Some(short), _) => (short, 4),
            (None, long) => (long.unwrap_or_default(), 8),
        };
        let runs = part(b"stsc").unwrap_or_default();
        let sizes = Sizes::of(part(b"stsz"), part(b"stz2"))?;
        let places = list(places, 4, width)?;
        let runs = list(runs, 4, 12)?;
        if !places.is_empty() && runs.is_empty() {
            return Err(Refused::damaged(say!("a table of the video is missing")));
        }
        Ok(Self { places, width, runs, sizes, number: 0, run: 0 })
    }

    /// How many pieces there are.
    pub(super) fn len(&self) -> usize {
        self.places.len() / self.width
    }

    /// How many samples the table of sizes claims.
    pub(super) fn samples(&self) -> usize {
        self.sizes.count
    }
}

/// The entries of a table whose count is at `at`.
fn list(table: &[u8], at: usize, width: usize) -> Result<&[u8], Refused> {
    let Some(count) = be32(table, at) else { return Ok(&[]) };
    let length = (count as usize).saturating_mul(width);
    table
        .get(at + 4..)
        .and_then(|rest| rest.get(..length))
        .ok_or_else(|| Refused::damaged(say!("a table of the video is cut off")))
}

impl Iterator for Chunks<'_> {
    type Item = Result<Range<u64>, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        let at = self.number * self.width;
        let place = if self.width == 4 { be32(self.places, at).map(u64::from) } else { be64(self.places, at) }?;
        self.number += 1;
        while be32(self.runs, (self.run + 1) * 12).is_some_and(|first| first as usize <= self.number) {
            self.run += 1;
        }
        let count = be32(self.runs, self.run * 12 + 4).unwrap_or(0) as usize;
        Some(self.sizes.take(count).map(|length| place..place.saturating_add(length)))
    }
}

/// The sizes of a track's samples.
struct Sizes<'a> {
    each: u64,
    count: usize,
    list: &'a [u8],
    /// Bits of one size in the list.
    bits: usize,
    next: usize,
}

impl<'a> Sizes<'a> {
    fn of(long: Option<&'a [u8]>, compact: Option<&'a [u8]>) -> Result<Self, Refused> {
        let table = long.or(compact).unwrap_or_default();
        let count = be32(table, 8).unwrap_or(0) as usize;
        let (each, bits) = match long {
            Some(long) => (be32(long, 4).unwrap_or(0).into(), 32),
            None => (0, usize::from(table.get(7).copied().unwrap_or(0))),
        };
        let list = table.get(12..).unwrap_or_default();
        if each == 0 {
            if count > SAMPLES_MAX {
                return Err(too_many());
            }
            if list.len() < count.saturating_mul(bits).div_ceil(8)
                || !matches!((count, bits), (0, _) | (_, 4 | 8 | 16 | 32))
            {
                return Err(Refused::damaged(say!("a table of the video is cut off")));
            }
        }
        Ok(Self { each, count, list, bits, next: 0 })
    }

    /// How many bytes the next samples have together.
    fn take(&mut self, count: usize) -> Result<u64, Refused> {
        let from = self.next;
        self.next = from.saturating_add(count).min(self.count);
        let count = self.next - from;
        if self.each > 0 {
            return Ok(self.each.saturating_mul(count as u64));
        }
        (from..self.next).try_fold(0u64, |sum, sample| Some(sum + self.size(sample)?)).ok_or_else(cut_off)
    }

    fn size(&self, sample: usize) -> Option<u64> {
        match self.bits {
            32 => be32(self.list, sample * 4).map(u64::from),
            16 => be16(self.list, sample * 2).map(u64::from),
            8 => self.list.get(sample).copied().map(u64::from),
            _ => self
                .list
                .get(sample / 2)
                .map(|pair| u64::from(if sample.is_multiple_of(2) { pair >> 4 } else { pair & 0x0f })),
        }
    }
}
