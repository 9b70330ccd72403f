//! Uploads: started, received in pieces, finished, or deleted when they expire.
//!
//! Resumable uploads follow the core of tus 1.0: get the offset, send the rest from there. Confirmed bytes survive a crash of
//! the process and of the machine: they are on the disk before the database says so. They are on the disk of the node that
//! received them ([`crate::Settings::spool`]): another node reports offset 0, and the client sends the file again.
//!
//! Every file is received this way, also one sent in a single request: its row is stored before its first byte, and [`sweep`]
//! cleans up after expired rows, so that nothing is left behind after a failure.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::http::StatusCode;
use base::{
    Code, Problem, Scope, Text, Timestamp,
    ids::{MediaId, UploadId, WorkspaceId},
    say,
};
use bytes::Bytes;
use futures::{Stream, StreamExt as _};

use super::{
    addresses, assets,
    spool::{self, Ceiling, Spooled},
    store::{self, Asset, Upload},
    transcoding,
};
use crate::{App, fault::Fault, request};

/// How long an upload may take.
pub const LIFE: Duration = Duration::from_secs(24 * 3_600);
/// How long an expired upload is kept before it is cleaned up, so that a request still working on it notices in time.
const GRACE: Duration = Duration::from_secs(3_600);
/// How many bytes are received before they are confirmed.
const CONFIRM_BYTES: u64 = 16 << 20;
/// How many rows the sweep takes at a time.
const SWEEP_ROWS: u32 = 100;
/// How long a second request to finish an upload waits for the first one. Less than proxies wait for an answer.
const FINISH_WAIT: Duration = Duration::from_secs(25);
/// How often it looks.
const FINISH_LOOK: Duration = Duration::from_millis(250);
/// The longest alt text, in bytes; platforms accept less and say so.
pub const ALT_BYTES_MAX: usize = 10_000;

/// A file to be uploaded.
#[derive(Debug, Clone)]
pub struct NewUpload {
    /// Its name, shown to people.
    pub file_name: String,
    /// The alt text.
    pub alt: Option<String>,
    /// Its size in bytes, if it is known.
    pub size_bytes: Option<u64>,
}

/// Starts a resumable upload; its size must be known.
///
/// # Errors
/// A size or text that is not allowed, a full quota; those of the database.
pub async fn begin(app: &App, scope: &Scope, new: NewUpload) -> Result<Upload, Fault> {
    match new.size_bytes {
        Some(0) => Err(Problem::field("/size_bytes", say!("an empty file is not accepted")).into()),
        None => Err(Problem::field("/size_bytes", say!("is required")).into()),
        Some(_) => Ok(reserve(app, scope, new, request::claim()).await?.0),
    }
}

/// Stores the row of an upload, and says how many bytes of the quota are left without it.
pub(super) async fn reserve(
    app: &App,
    scope: &Scope,
    new: NewUpload,
    claim: request::Claim,
) -> Result<(Upload, u64), Fault> {
    let (workspace, now, allowance) = (scope.workspace(), app.clock.now(), app.settings.uploads);
    if let Some(size) = new.size_bytes.filter(|size| *size > allowance.file_bytes_max) {
        return Err(spool::too_large(size, allowance.file_bytes_max, None).into());
    }
    let upload = Upload {
        id: UploadId::new(now, &*app.random),
        media: MediaId::new(now, &*app.random),
        file_name: clean_name(&new.file_name),
        size_bytes: new.size_bytes,
        received_bytes: 0,
        alt: checked_alt(new.alt)?,
        made_by: scope.actor().to_string(),
        made_at: now,
        expires_at: now + LIFE,
        finished_at: None,
    };
    app.db
        .write(async move |tx| {
            store::take_turns(tx, workspace).await?;
            let used = store::usage(tx, workspace, None, now).await?;
            room(used, upload.size_bytes.unwrap_or(0), &allowance)?;
            store::insert_upload(tx, workspace, &upload).await?;
            claim.effected(tx, StatusCode::CREATED, &format!("/v1/uploads/{}", upload.id)).await?;
            Ok::<_, Fault>((upload.clone(), allowance.workspace_bytes_max.saturating_sub(used.bytes)))
        })
        .await
}

/// Whether one more file of this size fits into the quota (S-66).
///
/// # Errors
/// `quota-full` with the numbers.
pub(super) fn room(used: store::Usage, size: u64, allowance: &super::Allowance) -> Result<(), Problem> {
    let (bytes_max, files_max) = (allowance.workspace_bytes_max, allowance.workspace_files_max);
    let refused =
        |detail: Text| Err(Problem::new(Code::QuotaFull, detail).with("used", used.bytes).with("limit", bytes_max));
    if used.files >= files_max {
        return refused(say!(
            "The workspace has {files} files, the most it can have is {files_max}.",
            files = used.files
        ));
    }
    if used.bytes.saturating_add(size) > bytes_max {
        return refused(say!(
            "The workspace stores {bytes} bytes of the {bytes_max} that it can store; this file is {size}.",
            bytes = used.bytes
        ));
    }
    Ok(())
}

/// An alt text; a blank one counts as none.
///
/// # Errors
/// `invalid-field` for one that is too long.
pub(super) fn checked_alt(alt: Option<String>) -> Result<Option<String>, Problem> {
    match alt.filter(|alt| !base::text::is_blank(alt)) {
        Some(alt) if alt.len() > ALT_BYTES_MAX => Err(Problem::field(
            "/alt",
            say!("at most {alt_bytes_max} bytes; there are {alt}", alt_bytes_max = ALT_BYTES_MAX, alt = alt.len()),
        )),
        alt => Ok(alt),
    }
}

/// A file's name as it is shown: the last part of a path, without what cannot be seen or turns text around, at most
/// 200 bytes.
pub(super) fn clean_name(said: &str) -> String {
    let hidden = |c: &char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let last = said.rsplit(['/', '\\']).next().unwrap_or_default();
    let mut name: String = last.chars().filter(|c| !hidden(c)).collect::<String>().trim().to_owned();
    while name.len() > 200 {
        name.pop();
    }
    if name.is_empty() { "file".to_owned() } else { name }
}

/// An upload of the workspace, with as much of it as this node has.
///
/// # Errors
/// Not found, or expired; those of the database.
pub async fn get(app: &App, scope: &Scope, id: UploadId) -> Result<Upload, Fault> {
    let mut upload = row(app, scope.workspace(), id).await?;
    if upload.finished_at.is_none() {
        upload.received_bytes = upload.received_bytes.min(spool::length(&app.settings.spool, id).await);
    }
    Ok(upload)
}

async fn row(app: &App, workspace: WorkspaceId, id: UploadId) -> Result<Upload, Fault> {
    let now = app.clock.now();
    let found = app.read(async move |tx| store::upload(tx, workspace, id, now).await).await?;
    found.ok_or_else(|| {
        let detail = say!(
            "There is no such upload in this workspace. Uploads that are not finished within 24 hours are deleted."
        );
        Problem::new(Code::NotFound, detail).into()
    })
}

/// Adds what comes to an upload, from this offset on. What arrived before a connection broke is kept.
///
/// # Errors
/// `upload-mismatch` for another offset, with the right one; a type that is not taken or a file that is too large
/// (then the upload is forgotten); the stream's own; a failing disk; those of the database.
pub async fn append(
    app: &App,
    scope: &Scope,
    id: UploadId,
    offset: u64,
    pieces: impl Stream<Item = Result<Bytes, Fault>> + Send + 'static,
) -> Result<Upload, Fault> {
    let (app, workspace) = (app.clone(), scope.workspace());
    request::to_its_end(async move { append_here(&app, workspace, id, offset, pieces).await }).await
}

async fn append_here(
    app: &App,
    workspace: WorkspaceId,
    id: UploadId,
    offset: u64,
    pieces: impl Stream<Item = Result<Bytes, Fault>> + Send,
) -> Result<Upload, Fault> {
    let (mut upload, mut spooled) = locked(app, workspace, id).await?;
    let here = spooled.received();
    if here != upload.received_bytes {
        confirm(app, &mut upload, &mut spooled).await?;
    }
    if here != offset {
        let detail = say!("The upload has {here} bytes, so it continues at {here}; this request begins at {offset}.");
        return Err(Problem::new(Code::UploadMismatch, detail).with("offset", here).into());
    }
    let came = receive(app, &mut upload, &mut spooled, u64::MAX, pieces).await;
    match came {
        Err(fault) if is_for_good(&fault) => {
            discard(app, workspace, &upload).await;
            Err(fault)
        }
        came => {
            confirm(app, &mut upload, &mut spooled).await?;
            came.map(|()| upload)
        }
    }
}

/// Whether the same file can never be taken.
fn is_for_good(fault: &Fault) -> bool {
    matches!(fault, Fault::Problem(problem) if matches!(problem.code, Code::MediaRefused | Code::TooLarge))
}

/// The upload and its locked file.
async fn locked(app: &App, workspace: WorkspaceId, id: UploadId) -> Result<(Upload, Spooled), Fault> {
    row(app, workspace, id).await?;
    let mut spooled = Spooled::lock(&app.settings.spool, id).await?;
    // Read again: the previous holder of the lock may have added to it or finished it.
    let upload = row(app, workspace, id).await?;
    if upload.finished_at.is_some() {
        spool::remove(&app.settings.spool, id).await;
        let detail = say!("The upload was finished; it is the media asset {media}.", media = upload.media);
        return Err(Problem::new(Code::Conflict, detail).with("media", upload.media).into());
    }
    spooled.resume(upload.received_bytes).await?;
    Ok((upload, spooled))
}

/// The outcome of waiting for an upload's lock.
enum Locked {
    Ours(Box<Upload>, Spooled),
    /// Another request finished the upload.
    Finished(MediaId),
}

/// The lock, or the asset if another request finished the upload meanwhile.
async fn locked_in_time(app: &App, workspace: WorkspaceId, id: UploadId) -> Result<Locked, Fault> {
    let until = app.clock.now() + FINISH_WAIT;
    loop {
        match locked(app, workspace, id).await {
            Ok((upload, spooled)) => return Ok(Locked::Ours(Box::new(upload), spooled)),
            Err(Fault::Problem(problem)) if problem.code == Code::Conflict => {
                let upload = row(app, workspace, id).await?;
                if upload.finished_at.is_some() {
                    return Ok(Locked::Finished(upload.media));
                }
                if app.clock.now() >= until || app.memory.stopping.is_cancelled() {
                    return Err(still_being_stored(app, &upload).into());
                }
                tokio::time::sleep(FINISH_LOOK).await;
            }
            Err(fault) => return Err(fault),
        }
    }
}

fn still_being_stored(app: &App, upload: &Upload) -> Problem {
    let detail = say!("The file is still being stored. Send this request again: the answer is the same media asset.");
    let problem = Problem::new(Code::Conflict, detail).retry_after(2);
    match app.memory.storing.of(upload.id) {
        Some(bytes) => problem.with("stored_bytes", bytes).with("size_bytes", upload.size_bytes),
        None => problem,
    }
}

/// How much of each file the file store has that this process is storing now.
#[derive(Debug, Default)]
pub struct Storing(Mutex<HashMap<UploadId, u64>>);

impl Storing {
    /// A file begins to be stored. It is until this is dropped.
    pub(super) fn begin(&self, id: UploadId) -> BeingStored<'_> {
        self.all().insert(id, 0);
        BeingStored { all: self, id }
    }

    /// How much of a file is stored; `None` if it isn't being stored here.
    pub fn of(&self, id: UploadId) -> Option<u64> {
        self.all().get(&id).copied()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<UploadId, u64>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A file that is being stored.
pub(super) struct BeingStored<'a> {
    all: &'a Storing,
    id: UploadId,
}

impl BeingStored<'_> {
    /// So many bytes of it are stored.
    pub fn has(&self, bytes: u64) {
        self.all.all().insert(self.id, bytes);
    }
}

impl Drop for BeingStored<'_> {
    fn drop(&mut self) {
        self.all.all().remove(&self.id);
    }
}

/// Takes pieces in until they end or break off.
pub(super) async fn receive(
    app: &App,
    upload: &mut Upload,
    spooled: &mut Spooled,
    quota_left: u64,
    pieces: impl Stream<Item = Result<Bytes, Fault>> + Send,
) -> Result<(), Fault> {
    let ceiling = Ceiling { announced: upload.size_bytes, quota_left, allowance: app.settings.uploads };
    let mut pieces = std::pin::pin!(pieces);
    while let Some(piece) = pieces.next().await {
        spooled.write(&piece?, &ceiling).await?;
        if spooled.received() - upload.received_bytes >= CONFIRM_BYTES {
            confirm(app, upload, spooled).await?;
        }
    }
    Ok(())
}

/// Makes received bytes durable, then confirms them.
pub(super) async fn confirm(app: &App, upload: &mut Upload, spooled: &mut Spooled) -> Result<(), Fault> {
    spooled.sync().await?;
    let (id, received) = (upload.id, spooled.received());
    app.write(async move |tx| store::received(tx, id, received).await).await?;
    upload.received_bytes = received;
    Ok(())
}

/// Creates a media asset from a complete upload. Repeating it returns the same asset; while the first request is still
/// storing the file, it waits for that for a while.
///
/// # Errors
/// `upload-incomplete`; a file that is not taken (then the upload is forgotten); a full quota; a failing disk or file
/// store; those of the database.
pub async fn finish(app: &App, scope: &Scope, id: UploadId) -> Result<Asset, Fault> {
    let upload = row(app, scope.workspace(), id).await?;
    if upload.finished_at.is_some() {
        let asset = assets::get(app, scope, upload.media).await?;
        return assets::answer_again(app, asset, request::claim()).await;
    }
    let (app, scope, claim) = (app.clone(), scope.clone(), request::claim());
    request::to_its_end(async move {
        let (upload, spooled) = match locked_in_time(&app, scope.workspace(), id).await? {
            Locked::Ours(upload, spooled) => (upload, spooled),
            Locked::Finished(media) => {
                let asset = assets::get(&app, &scope, media).await?;
                return assets::answer_again(&app, asset, claim).await;
            }
        };
        let (here, size) = (spooled.received(), upload.size_bytes.unwrap_or(0));
        if here < size {
            let detail = say!("{here} of {size} bytes are here. Send the rest with PATCH, from offset {here}.");
            return Err(Problem::new(Code::UploadIncomplete, detail).with("offset", here).into());
        }
        let kept = assets::keep(&app, &scope, &upload, spooled, claim).await;
        match &kept {
            Ok(_) => spool::remove(&app.settings.spool, id).await,
            Err(fault) if is_for_good(fault) => discard(&app, scope.workspace(), &upload).await,
            // It may be tried again; what is in the file store by now is written over then.
            Err(_) => {}
        }
        kept
    })
    .await
}

/// Cancels an upload.
///
/// # Errors
/// Not found; those of the database.
pub async fn cancel(app: &App, scope: &Scope, id: UploadId) -> Result<(), Fault> {
    let workspace = scope.workspace();
    let (upload, _lock) = locked(app, workspace, id).await?;
    // In the database first, where it is checked once more whether the caller may: files that are gone stay gone.
    let now = app.clock.now();
    app.write(async move |tx| store::end_upload(tx, id, now).await).await?;
    discard(app, workspace, &upload).await;
    Ok(())
}

/// Forgets an upload and everything of it. What fails here, the sweep does later.
pub(super) async fn discard(app: &App, workspace: WorkspaceId, upload: &Upload) {
    spool::remove(&app.settings.spool, upload.id).await;
    if let Err(error) = erase(app, workspace, upload.id, Some(upload.media)).await {
        tracing::warn!(%error, upload = %upload.id, "an upload could not be forgotten; the sweep tries again");
    }
}

/// Deletes an upload's files from the file store, then its row.
async fn erase(app: &App, workspace: WorkspaceId, id: UploadId, media: Option<MediaId>) -> Result<(), Fault> {
    if let Some(media) = media {
        assets::erase_files(app, workspace, media).await?;
    }
    app.write(async move |tx| store::forget_upload(tx, id).await).await
}

/// Cleans up: uploads that expired with their bytes, files in the spool that no one knows, and the files of deleted
/// media assets. Says how many there were. For an hourly job on every node; what was interrupted or failed is done again.
///
/// # Errors
/// Those of the database and the file store.
pub async fn sweep(app: &App) -> Result<u64, Fault> {
    let long_ago = Timestamp::from_micros(app.clock.now().as_micros() - i64::try_from(GRACE.as_micros()).unwrap_or(0));
    let (mut count, mut failed) = (0, None);
    let mut after = None;
    loop {
        let expired = app.read(async move |tx| store::expired(tx, long_ago, after, SWEEP_ROWS).await).await?;
        for (workspace, id, media, finished) in &expired {
            spool::remove(&app.settings.spool, *id).await;
            // What became an asset stays; only the upload is forgotten.
            match erase(app, *workspace, *id, (!finished).then_some(*media)).await {
                Ok(()) => count += 1,
                // The next sweep tries again; the others are not to wait for this one.
                Err(fault) => failed = Some(fault),
            }
        }
        after = expired.last().map(|(_, id, ..)| *id);
        if expired.len() < SWEEP_ROWS as usize {
            break;
        }
    }
    let began = Timestamp::from_micros(long_ago.as_micros() - i64::try_from(LIFE.as_micros()).unwrap_or(0));
    count += spool::remove_before(&app.settings.spool, began).await;
    count += assets::erase_ended(app).await?;
    transcoding::forget_failed(app).await?;
    addresses::sweep(app).await?;
    failed.map_or(Ok(count), Err)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s_61_a_name_is_the_last_part_of_a_path_and_hides_nothing() {
        for (said, name) in [
            ("holiday.jpg", "holiday.jpg"),
            ("../../etc/passwd", "passwd"),
            ("C:\\Users\\me\\photo.png", "photo.png"),
            ("evil\u{202e}gpj.exe", "evilgpj.exe"),
            ("a\0b\r\nc", "abc"),
            ("  ", "file"),
            ("photos/", "file"),
        ] {
            assert_eq!(clean_name(said), name, "{said:?}");
        }
        assert_eq!(clean_name(&"ä".repeat(300)), "ä".repeat(100));
    }
}
