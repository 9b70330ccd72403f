//! Room for what must still be written when the disk is full.
//!
//! A file of a set size, the reserve, takes up room beside the database. When the disk is full it is deleted, so that what
//! became of posts can still be stored. Until there is room for it again nothing new is sent, no request may store anything,
//! and the installation says that it is not ready.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::http::Method;
use base::{Code, Problem, Timestamp, say};

use crate::App;

/// The reserve is at most this part of the disk, so that a small disk is not full from the beginning.
const OF_DISK: u64 = 8;
/// With less room than this part of the reserve the disk counts as full.
const LOW: u64 = 8;
/// The same where there is no reserve or a small one, in bytes.
const LOW_MIN: u64 = 1 << 20;
/// How long the disk counts as full after a write was refused, whatever the system says of the room that is left: a quota
/// may be used up.
const REFUSED: Duration = Duration::from_secs(30);

/// Where the reserve is, and how large it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reserve {
    /// The folder of the database, or of the files if the database is elsewhere.
    pub folder: PathBuf,
    /// Bytes; 0 for none.
    pub bytes: u64,
}

/// How much room a disk has, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Space {
    /// What is left of it.
    pub left: u64,
    /// The whole disk.
    pub whole: u64,
}

/// How things stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Whether the disk counts as full.
    pub full: bool,
    /// Bytes that the reserve takes up now.
    pub held: u64,
    /// Bytes that are left beside it.
    pub left: u64,
    /// Bytes that must be left for the disk not to count as full any more.
    pub needed: u64,
}

/// What this process knows of its disk.
#[derive(Debug)]
pub struct Room {
    full: AtomicBool,
    /// When a write was refused last, in microseconds since 1970.
    refused_at: AtomicI64,
    /// Whether it was told already that the reserve cannot be made.
    told: AtomicBool,
    /// One at a time makes or deletes the reserve.
    turn: Mutex<()>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            full: AtomicBool::new(false),
            refused_at: AtomicI64::new(i64::MIN),
            told: AtomicBool::new(false),
            turn: Mutex::new(()),
        }
    }
}

impl Reserve {
    /// The file.
    pub fn file(&self) -> PathBuf {
        self.folder.join("fanfare.reserve")
    }

    /// Bytes of the disk that the file takes up.
    fn held(&self) -> u64 {
        use std::os::unix::fs::MetadataExt as _;
        self.file().metadata().map_or(0, |facts| facts.len().min(facts.blocks() * 512))
    }

    /// Makes the file with so many bytes of the disk.
    fn make(&self, bytes: u64) -> std::io::Result<()> {
        use std::os::unix::fs::OpenOptionsExt as _;
        let path = self.file();
        if bytes == 0 {
            return remove(&path);
        }
        let mut file = File::options().write(true).create(true).truncate(true).mode(0o600).open(&path)?;
        let made = match rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, bytes) {
            Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS | rustix::io::Errno::INVAL) => {
                fill(&mut file, bytes)
            }
            other => other.map_err(std::io::Error::from),
        };
        let made = made.and_then(|()| file.sync_all());
        if made.is_err() {
            remove(&path)?;
        }
        made
    }
}

/// For file systems that cannot set room aside: bytes that do not get smaller where files are compressed.
fn fill(file: &mut File, bytes: u64) -> std::io::Result<()> {
    const PIECE: usize = 1 << 16;
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut piece = Vec::with_capacity(PIECE);
    let mut left = bytes;
    while left > 0 {
        piece.clear();
        while piece.len() < PIECE {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            piece.extend_from_slice(&state.to_le_bytes());
        }
        let count = left.min(PIECE as u64);
        file.write_all(&piece[..usize::try_from(count).unwrap_or(PIECE)])?;
        left -= count;
    }
    Ok(())
}

fn remove(path: &Path) -> std::io::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

/// How much room the disk of this folder has; `None` where no one can say.
pub fn space(folder: &Path) -> Option<Space> {
    // The folder may not be made yet; what will hold it is there.
    let there = folder.ancestors().find(|folder| folder.is_dir())?;
    let told = rustix::fs::statvfs(there).ok()?;
    Some(Space {
        left: told.f_bavail.saturating_mul(told.f_frsize),
        whole: told.f_blocks.saturating_mul(told.f_frsize),
    })
}

/// How large the reserve is to be on this disk, and how little room is too little.
fn sizes(wanted: u64, space: Space) -> (u64, u64) {
    let size = wanted.min(space.whole / OF_DISK);
    (size, (size / LOW).max(LOW_MIN))
}

/// Whether the disk is full. It stays so until there is twice the least room, beside the whole reserve.
fn judge(wanted: u64, space: Space, held: u64, was_full: bool) -> Standing {
    let (size, low) = sizes(wanted, space);
    let needed = size + if was_full { 2 * low } else { low };
    let full = space.left.saturating_add(held) < needed;
    Standing { full, held, left: space.left, needed }
}

impl Room {
    /// Whether the disk counts as full.
    pub fn is_full(&self) -> bool {
        self.full.load(Ordering::Acquire)
    }

    /// Looks at the disk; deletes the reserve, or makes it, as things stand.
    fn keep(&self, reserve: &Reserve, now: Timestamp, space: Option<Space>) {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(space) = space else { return };
        let (was_full, refused_at) = (self.is_full(), Timestamp::from_micros(self.refused_at.load(Ordering::Acquire)));
        let standing = judge(reserve.bytes, space, reserve.held(), was_full);
        let (size, low) = sizes(reserve.bytes, space);
        if standing.full {
            self.give_up_in_turn(reserve, space.left);
            return;
        }
        if was_full && refused_at <= now && now.since(refused_at) < REFUSED {
            return;
        }
        if standing.held != size && space.left.saturating_add(standing.held) >= size + 2 * low {
            match reserve.make(size) {
                Ok(()) => self.told.store(false, Ordering::Release),
                Err(error) if !self.told.swap(true, Ordering::AcqRel) => {
                    tracing::warn!(%error, "no room could be set aside in {} for when the disk is full", reserve.file().display());
                }
                Err(_) => {}
            }
        }
        if self.full.swap(false, Ordering::AcqRel) {
            tracing::info!(left_mib = space.left >> 20, "the disk has room again: publishing and uploads resume");
        }
    }

    fn give_up_in_turn(&self, reserve: &Reserve, left: u64) {
        let was_full = self.full.swap(true, Ordering::AcqRel);
        let held = reserve.held();
        let removed = remove(&reserve.file());
        if !was_full {
            tracing::error!(
                left_mib = left >> 20,
                reserve_mib = held >> 20,
                "the disk is full: the reserve is used for what is on its way; nothing new is sent and no upload is taken \
                 until there is room"
            );
        }
        if let Err(error) = removed {
            tracing::error!(%error, "{} could not be deleted", reserve.file().display());
        }
    }
}

/// Looks at the disk, and keeps the reserve or gives it up.
pub async fn keep_room(app: &App) {
    let app = app.clone();
    let kept = tokio::task::spawn_blocking(move || {
        let reserve = &app.settings.reserve;
        app.memory.room.keep(reserve, app.clock.now(), space(&reserve.folder));
    });
    if let Err(error) = kept.await {
        tracing::error!(%error, "the room on the disk could not be looked at");
    }
}

/// A write was refused because the disk is full: gives the reserve up.
pub(crate) async fn give_up(app: &App) {
    let app = app.clone();
    let given = tokio::task::spawn_blocking(move || {
        let (reserve, room) = (&app.settings.reserve, &app.memory.room);
        let _turn = room.turn.lock().unwrap_or_else(PoisonError::into_inner);
        room.refused_at.store(app.clock.now().as_micros(), Ordering::Release);
        room.give_up_in_turn(reserve, space(&reserve.folder).map_or(0, |space| space.left));
    });
    if let Err(error) = given.await {
        tracing::error!(%error, "the reserve could not be given up");
    }
}

/// How things stand on the disk, by a look at it. Changes nothing.
pub fn standing(app: &App) -> Option<Standing> {
    let reserve = &app.settings.reserve;
    let full = app.memory.room.is_full();
    let standing = judge(reserve.bytes, space(&reserve.folder)?, reserve.held(), full);
    Some(Standing { full: standing.full || full, ..standing })
}

/// The requests that are taken while the disk is full: they store nothing, or next to nothing to make room, to stop what waits,
/// or to let the person in who does that. What deletes is always taken.
const TAKEN: &[&str] = &[
    "/v1/session",
    "/v1/keys/revoke",
    "/v1/instance/stop",
    "/v1/publications/{publication}/decision",
    "/v1/posts/read",
    "/v1/posts/validate",
];

/// Refuses what would take up the room that is left for what becomes of posts.
///
/// # Errors
/// `unavailable` while the disk is full.
pub(crate) fn refuse_if_full(app: &App, method: &Method, route: &str) -> Result<(), Problem> {
    let is_taken = method.is_safe() || method == Method::DELETE || TAKEN.contains(&route);
    if is_taken || !app.memory.room.is_full() {
        return Ok(());
    }
    let detail = say!(
        "The server's disk is full, so nothing new is stored. What was stored is kept. You can still delete. Tell the operator."
    );
    Err(Problem::new(Code::Unavailable, detail).retry_after(60))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: u64 = 1 << 20;

    fn reserve(folder: &tempfile::TempDir) -> Reserve {
        Reserve { folder: folder.path().to_owned(), bytes: 2 * MIB }
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn with(left: u64) -> Option<Space> {
        Some(Space { left: left * MIB, whole: 100 * MIB })
    }

    #[test]
    fn r_25_the_reserve_takes_up_real_room_and_is_given_up_and_made_again() {
        let folder = tempfile::tempdir().expect("a folder");
        let (room, reserve) = (Room::default(), reserve(&folder));
        room.keep(&reserve, at(0), with(50));
        assert_eq!((reserve.held(), room.is_full()), (2 * MIB, false), "made at the start, not sparse");
        room.keep(&reserve, at(1), with(1));
        assert_eq!((reserve.held(), room.is_full()), (2 * MIB, false), "just enough");
        room.keep(&reserve, at(2), Some(Space { left: MIB - 1, whole: 100 * MIB }));
        assert_eq!((reserve.held(), room.is_full()), (0, true));
        room.keep(&reserve, at(3), with(3));
        assert!(room.is_full(), "what was given up is no room of its own");
        room.keep(&reserve, at(4), with(4));
        assert_eq!((reserve.held(), room.is_full()), (2 * MIB, false));
    }

    #[test]
    fn a_restart_on_a_full_disk_does_not_forget_that_it_is_full() {
        let folder = tempfile::tempdir().expect("a folder");
        let (room, reserve) = (Room::default(), reserve(&folder));
        room.keep(&reserve, at(0), with(2));
        assert_eq!((reserve.held(), room.is_full()), (0, true));
    }

    #[test]
    fn a_small_disk_has_a_small_reserve_and_none_can_be_set() {
        assert!(!judge(64 * MIB, Space { left: 40 * MIB, whole: 64 * MIB }, 0, false).full);
        assert!(judge(64 * MIB, Space { left: 7 * MIB, whole: 64 * MIB }, 0, false).full);
        let folder = tempfile::tempdir().expect("a folder");
        let (room, reserve) = (Room::default(), reserve(&folder));
        room.keep(&reserve, at(0), with(50));
        let none = Reserve { bytes: 0, ..reserve.clone() };
        room.keep(&none, at(1), with(50));
        assert!(!reserve.file().exists());
        room.keep(&none, at(2), with(0));
        assert!(room.is_full(), "still told");
    }

    #[test]
    fn a_write_that_was_refused_counts_although_the_disk_seems_to_have_room() {
        let folder = tempfile::tempdir().expect("a folder");
        let (room, reserve) = (Room::default(), reserve(&folder));
        room.keep(&reserve, at(0), with(50));
        room.refused_at.store(at(1).as_micros(), Ordering::Release);
        room.give_up_in_turn(&reserve, 50 * MIB);
        room.keep(&reserve, at(30), with(50));
        assert_eq!((reserve.held(), room.is_full()), (0, true));
        room.keep(&reserve, at(31), with(50));
        assert_eq!((reserve.held(), room.is_full()), (2 * MIB, false));
    }

    #[test]
    fn a_file_system_that_sets_no_room_aside_gets_a_file_that_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let reserve = reserve(&folder);
        let mut file = File::create(reserve.file()).expect("made");
        fill(&mut file, 2 * MIB + 5).expect("written");
        file.sync_all().expect("on the disk");
        assert_eq!(reserve.held(), 2 * MIB + 5);
    }
}
