//! Unfinished uploads on this machine's disk: a file per upload, in a folder that only this user can read.
//!
//! Writers hold a file's lock, so that two connections sending the same upload don't mix, even across processes that share
//! the folder. The database decides how much counts as received; more than that is cut off.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

use base::{Code, Problem, Timestamp, ids::UploadId, say};
use bytes::Bytes;
use futures::{StreamExt as _, stream::BoxStream};
use tokio::io::AsyncWriteExt as _;

use super::{Allowance, BlobError, FileType, library::blob_failed, types::HEAD_BYTES};
use crate::fault::Fault;

/// The limits of a file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ceiling {
    /// The size that was announced.
    pub(super) announced: Option<u64>,
    /// So many bytes are left of the workspace's quota, this file's own announced size not taken off.
    pub(super) quota_left: u64,
    /// What a file may have.
    pub(super) allowance: Allowance,
}

impl Ceiling {
    fn check(&self, received: u64, file_type: Option<FileType>) -> Result<(), Problem> {
        let most = file_type.map_or(self.allowance.file_bytes_max, |it| self.allowance.bytes_max(it));
        let size = self.announced.unwrap_or(received).max(received);
        if size > most {
            return Err(too_large(size, most, file_type));
        }
        if let Some(announced) = self.announced.filter(|announced| received > *announced) {
            let detail =
                say!("The file was announced with {announced} bytes, and more came. Nothing after those was kept.");
            return Err(Problem::new(Code::UploadMismatch, detail).with("offset", announced));
        }
        if received > self.quota_left {
            let (left, limit) = (self.quota_left, self.allowance.workspace_bytes_max);
            let detail = say!("{left} bytes are left of the {limit} that this workspace can store.");
            return Err(Problem::new(Code::QuotaFull, detail));
        }
        Ok(())
    }
}

/// The problem of a file that exceeds its limit.
pub(super) fn too_large(size: u64, most: u64, file_type: Option<FileType>) -> Problem {
    let what = file_type.map_or("A file", |it| if it.is_video() { "A video" } else { "An image" });
    let detail = say!("{what} can be {most} bytes; this one is {size} or more. Make it smaller and upload it again.");
    Problem::new(Code::TooLarge, detail).with("limit", most)
}

/// The problem of a failing disk: logged, and the client can retry.
fn disk_failed(error: &std::io::Error) -> Fault {
    tracing::error!(%error, "the folder of uploads failed");
    let full = matches!(error.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded);
    let detail = if full {
        say!("The server's disk is full; what was confirmed is kept. Tell the operator.")
    } else {
        say!("The server can't store the file right now; what was confirmed is kept. Try again in a moment.")
    };
    Problem::new(Code::Unavailable, detail).retry_after(if full { 60 } else { 5 }).into()
}

/// The file of an upload's bytes.
pub(super) fn path(folder: &Path, id: UploadId) -> PathBuf {
    folder.join(id.to_string())
}

/// How many bytes of an upload are on this machine; 0 without a file.
pub(super) async fn length(folder: &Path, id: UploadId) -> u64 {
    tokio::fs::metadata(path(folder, id)).await.map_or(0, |data| data.len())
}

/// Deletes an upload's bytes, if they are on this machine.
pub(super) async fn remove(folder: &Path, id: UploadId) {
    if let Err(error) = tokio::fs::remove_file(path(folder, id)).await
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, upload = %id, "an upload's file could not be deleted; the sweep tries again");
    }
}

/// Deletes the files of uploads that began before an instant, regardless of the database. Returns how many.
pub(super) async fn remove_before(folder: &Path, before: Timestamp) -> u64 {
    let Ok(mut entries) = tokio::fs::read_dir(folder).await else { return 0 };
    let mut count = 0;
    while let Ok(Some(entry)) = entries.next_entry().await {
        // An upload's id has its start time; files with other names are not ours.
        let id = entry.file_name().to_str().and_then(|name| name.parse::<UploadId>().ok());
        if let Some(id) = id.filter(|id| id.made_at() < before) {
            remove(folder, id).await;
            count += 1;
        }
    }
    count
}

/// An upload's file, locked.
pub(super) struct Spooled {
    file: tokio::fs::File,
    received: u64,
    head: Vec<u8>,
}

impl Spooled {
    /// Opens an upload's file, or makes it, and takes its lock.
    ///
    /// # Errors
    /// `conflict` while another request has it; a failing disk.
    pub(super) async fn lock(folder: &Path, id: UploadId) -> Result<Self, Fault> {
        let (folder, path) = (folder.to_owned(), path(folder, id));
        let opened = tokio::task::spawn_blocking(move || open_locked(&folder, &path)).await;
        let file = opened.map_err(|error| crate::fault::internal(&error))?.map_err(|error| disk_failed(&error))?;
        let file = file.ok_or_else(|| {
            let detail = say!("Another request is still working on this upload. Wait until it ends or breaks, then ask for the offset.");
            Problem::new(Code::Conflict, detail).retry_after(1)
        })?;
        Ok(Self { file, received: 0, head: Vec::new() })
    }

    /// Goes to the end of what was confirmed and cuts off what follows. If less than that is here, then to its end.
    ///
    /// # Errors
    /// A failing disk.
    pub(super) async fn resume(&mut self, confirmed: u64) -> Result<(), Fault> {
        let file = self.file().await?;
        let resumed = tokio::task::spawn_blocking(move || resume(file, confirmed)).await;
        let resumed = resumed.map_err(|error| crate::fault::internal(&error))?;
        (self.received, self.head) = resumed.map_err(|error| disk_failed(&error))?;
        Ok(())
    }

    /// So many bytes are here.
    pub(super) fn received(&self) -> u64 {
        self.received
    }

    /// Adds a piece, if the file may have it. As soon as its type shows, it is judged (S-61).
    ///
    /// # Errors
    /// A type that is not taken, a file that is too large, a full quota, a failing disk.
    pub(super) async fn write(&mut self, piece: &Bytes, ceiling: &Ceiling) -> Result<(), Fault> {
        let missing = HEAD_BYTES.saturating_sub(self.head.len());
        self.head.extend_from_slice(&piece[..piece.len().min(missing)]);
        let file_type =
            if self.head.len() < HEAD_BYTES { None } else { Some(FileType::of(&self.head).map_err(Problem::from)?) };
        let received = self.received + piece.len() as u64;
        ceiling.check(received, file_type)?;
        self.file.write_all(piece).await.map_err(|error| disk_failed(&error))?;
        self.received = received;
        Ok(())
    }

    /// Waits until the disk has what was written.
    ///
    /// # Errors
    /// A failing disk.
    pub(super) async fn sync(&mut self) -> Result<(), Fault> {
        self.file.flush().await.map_err(|error| disk_failed(&error))?;
        self.file.sync_data().await.map_err(|error| disk_failed(&error))
    }

    /// The file, to be read from its beginning.
    ///
    /// # Errors
    /// A failing disk.
    pub(super) async fn file(&mut self) -> Result<File, Fault> {
        self.file.flush().await.map_err(|error| disk_failed(&error))?;
        let file = self.file.try_clone().await.map_err(|error| disk_failed(&error))?;
        Ok(file.into_std().await)
    }
}

fn open(folder: &Path, path: &Path) -> std::io::Result<File> {
    private_folder(folder)?;
    let mut options = File::options();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// `None` if another process has the lock.
fn open_locked(folder: &Path, path: &Path) -> std::io::Result<Option<tokio::fs::File>> {
    let file = open(folder, path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(tokio::fs::File::from_std(file))),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

fn private_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Copies a file of the file store to an unnamed temporary file, which disappears when it is closed. The id is its name
/// until it is unlinked.
///
/// # Errors
/// `unavailable` if the file store breaks off or the disk fails.
pub(super) async fn unnamed(
    folder: &Path,
    id: UploadId,
    mut pieces: BoxStream<'static, std::io::Result<Bytes>>,
) -> Result<File, Fault> {
    let (folder, path) = (folder.to_owned(), path(folder, id));
    let opened = tokio::task::spawn_blocking(move || {
        let file = open(&folder, &path)?;
        std::fs::remove_file(&path)?;
        Ok(file)
    });
    let opened = opened.await.map_err(|error| crate::fault::internal(&error))?;
    let mut file = tokio::fs::File::from_std(opened.map_err(|error| disk_failed(&error))?);
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| blob_failed(&BlobError::Source(error)))?;
        file.write_all(&piece).await.map_err(|error| disk_failed(&error))?;
    }
    file.flush().await.map_err(|error| disk_failed(&error))?;
    Ok(file.into_std().await)
}

/// The file's size and first bytes.
fn resume(mut file: File, confirmed: u64) -> std::io::Result<(u64, Vec<u8>)> {
    let received = file.metadata()?.len().min(confirmed);
    file.set_len(received)?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    file.seek(SeekFrom::Start(0))?;
    std::io::Read::by_ref(&mut file).take(HEAD_BYTES as u64).read_to_end(&mut head)?;
    // The clone shares its place in the file with the original.
    file.seek(SeekFrom::Start(received))?;
    Ok((received, head))
}
