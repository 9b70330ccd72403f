//! MP4 and QuickTime (ISO/IEC 14496-12): boxes in boxes.
//!
//! | file | what is in it |
//! |---|---|
//! | `edits.rs` | what to blank so that nothing but picture and sound is left |
//! | `payload.rs` | where picture and sound lie, by the tables: is the file whole, how long does it play |
//! | `rewrap.rs` | QuickTime to MP4 without re-encoding |
//!
//! Only the index is read into memory; pictures and sound are skipped over. Nothing is allocated on a file's word alone.

mod edits;
mod payload;
mod rewrap;

use std::{
    io::{Read, Seek, SeekFrom},
    ops::Range,
};

use base::say;
pub use edits::{Edits, edits};
pub(in crate::media) use payload::{payload, samples};
pub use rewrap::rewrap;

use super::{
    Refused,
    limits::TRACKS_MAX,
    strip::{be32, be64},
};

/// The largest index (`moov`, `moof`) that is read, in bytes; hours of video need a few MiB.
const INDEX_MAX_BYTES: u64 = 32 << 20;
/// Most boxes at the top of a file: a fragment every two seconds for four hours.
const TOP_MAX: usize = 20_000;
/// Top-level boxes of a file. One of these that is longer than the file says that the file is cut off;
/// anything else there is no part of the video.
const TOP: &[&Kind] = &[
    b"ftyp", b"styp", b"moov", b"moof", b"mdat", b"sidx", b"ssix", b"mfra", b"pdin", b"free", b"skip", b"wide",
    b"uuid", b"udta", b"meta", b"emsg", b"prft", b"pnot", b"idat", b"imda",
];

type Kind = [u8; 4];

/// A box: its position and its length including its head.
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
            let atom =
                atom(head, at, range.end).ok_or_else(|| Refused::damaged(say!("a box of the video is cut off")))?;
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
    /// The file's size in bytes.
    size: u64,
    top: Vec<Atom>,
    pub(in crate::media) moov: Index,
    moofs: Vec<Index>,
    sidxs: Vec<Index>,
    /// The file's brands, the major one first; none in an old QuickTime file.
    pub(in crate::media) brands: Option<Vec<u8>>,
}

impl Structure {
    /// Whether playing can begin before the whole file has arrived.
    pub(in crate::media) fn index_first(&self) -> bool {
        let mut order = self.top.iter().filter(|atom| matches!(&atom.kind, b"moov" | b"mdat"));
        order.next().is_some_and(|first| &first.kind == b"moov")
    }

    /// Where the video ends: what follows is no part of it.
    fn end(&self) -> u64 {
        self.top.iter().filter(|atom| is_kept(&atom.kind)).map(Atom::end).max().unwrap_or(0)
    }
}

/// Whether a box at the top of a file belongs to the video.
fn is_kept(kind: &Kind) -> bool {
    matches!(kind, b"ftyp" | b"styp" | b"moov" | b"moof" | b"mdat" | b"sidx" | b"mfra" | b"pdin")
}

/// The file ends before its pictures do.
fn cut_off() -> Refused {
    let detail = say!(
        "the video is cut off: its index names pictures or sound that are not in the file. Copy or export it \
                  again, and upload the whole file"
    );
    Refused::new("S-64", detail)
}

/// Reads the structure of a video of this size, skipping the pictures.
pub(in crate::media) fn structure(file: &mut (impl Read + Seek), size: u64) -> Result<Structure, Refused> {
    let top = top(file, size)?;
    let (mut moov, mut moofs, mut sidxs, mut brands) = (None, Vec::new(), Vec::new(), None);
    let mut read = 0;
    for atom in top.iter().filter(|atom| matches!(&atom.kind, b"ftyp" | b"moov" | b"moof" | b"sidx")) {
        read += atom.size;
        if read > INDEX_MAX_BYTES {
            return Err(Refused::new("S-62", say!("the video's index is larger than 32 MiB; export it again as MP4")));
        }
        let index = Index { atom: *atom, bytes: bytes_of(file, atom)? };
        match &atom.kind {
            b"ftyp" => brands = brands.or_else(|| Some(index.contents(atom).to_vec())),
            b"moov" if moov.is_some() => return Err(Refused::damaged(say!("a video with two indexes"))),
            b"moov" => moov = Some(index),
            b"moof" => moofs.push(index),
            _ => sidxs.push(index),
        }
    }
    let moov = moov.ok_or_else(|| Refused::damaged(say!("a video without an index; perhaps it is cut off")))?;
    let structure = Structure { size, top, moov, moofs, sidxs, brands };
    // A fragment whose first bytes are all that came.
    let rest = size - structure.top.last().map_or(0, Atom::end);
    if !structure.moofs.is_empty() && (1..8).contains(&rest) {
        let mut bytes = vec![0; rest as usize];
        read_at(file, size - rest, &mut bytes)?;
        // Four zeros are how QuickTime ends a list.
        if bytes != [0; 4] {
            return Err(cut_off());
        }
    }
    Ok(structure)
}

fn top(file: &mut (impl Read + Seek), size: u64) -> Result<Vec<Atom>, Refused> {
    let mut found = Vec::new();
    let mut at = 0;
    while size - at >= 8 {
        if found.len() == TOP_MAX {
            let detail = say!("the video has more than {top_max} parts; export it again as MP4", top_max = TOP_MAX);
            return Err(Refused::new("S-62", detail));
        }
        let mut head = vec![0; usize::try_from((size - at).min(16)).unwrap_or(16)];
        read_at(file, at, &mut head)?;
        let is_known = TOP.iter().any(|kind| head[4..8] == **kind);
        match atom(&head, at, size) {
            Some(atom) if is_known || at > 0 && atom.kind.iter().all(u8::is_ascii_graphic) => {
                at = atom.end();
                found.push(atom);
            }
            // A part of the video that ends behind the file.
            None if is_known => return Err(cut_off()),
            // What does not look like a box is not part of the video; it is cut off.
            _ => break,
        }
    }
    if found.is_empty() {
        return Err(Refused::damaged(say!("no video start")));
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
    read.map_err(|error| Refused::damaged(say!("it could not be read: {error}", error = error.to_string())))
}

/// The tracks of a video, of any kind.
pub(in crate::media) fn tracks(moov: &Index) -> Result<Vec<Atom>, Refused> {
    let tracks: Vec<_> = moov.children(&moov.atom)?.into_iter().filter(|atom| &atom.kind == b"trak").collect();
    if tracks.len() > TRACKS_MAX {
        return Err(Refused::new(
            "S-62",
            say!(
                "the video has {tracks} tracks; at most {tracks_max} are taken",
                tracks = tracks.len(),
                tracks_max = TRACKS_MAX
            ),
        ));
    }
    Ok(tracks)
}

/// The kind of a track: `vide`, `soun`, or something else.
pub(in crate::media) fn handler(moov: &Index, track: &Atom) -> Kind {
    let atom = moov.find(track, &[b"mdia", b"hdlr"]);
    atom.and_then(|atom| moov.contents(&atom).get(8..12)?.try_into().ok()).unwrap_or_default()
}
