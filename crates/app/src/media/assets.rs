//! Media assets: storing complete files; listing, describing, opening and deleting assets.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    ops::Range,
};

use axum::http::StatusCode;
use base::{
    Code, Cursor, Page, Permission, Problem, Scope, Text,
    ids::{MediaId, WorkspaceId},
    say,
};
use bytes::{Bytes, BytesMut};
use connector::http::Transport;
use futures::{
    Stream, StreamExt as _,
    stream::{self, BoxStream},
};
use serde_json::json;
use tokio::io::AsyncReadExt as _;

use super::{
    BlobKey, FileType, Probe, Refused,
    blobs::Opened,
    library::blob_failed,
    mp4::{self, Edits},
    probe,
    spool::{self, Spooled},
    store::{self, Asset, Upload},
    strip,
    types::HEAD_BYTES,
    uploads::{self, NewUpload},
};
use crate::{
    App, audit, events,
    fault::Fault,
    posts,
    request::{self, Claim},
};

/// How many bytes of a video are in memory at a time while it is copied to the file store.
const PIECE_BYTES: usize = 256 << 10;
/// How many deleted assets one sweep handles at a time.
const SWEEP_ROWS: u32 = 100;

/// Stores a file received in one stream. If the stream breaks off, nothing is kept.
///
/// # Errors
/// A file that is not taken, too large, or over the quota; the stream's own; a failing disk or file store; those of the
/// database.
pub async fn add(
    app: &App,
    scope: &Scope,
    new: NewUpload,
    pieces: impl Stream<Item = Result<Bytes, Fault>> + Send + 'static,
) -> Result<Asset, Fault> {
    let (app, scope, claim) = (app.clone(), scope.clone(), request::claim());
    request::to_its_end(async move {
        // The claim is for the asset: an upload that broke off had no effect.
        let (mut upload, quota_left) = uploads::reserve(&app, &scope, new, Claim::default()).await?;
        let added = add_whole(&app, &scope, &mut upload, quota_left, pieces, claim).await;
        match added {
            Ok(_) => spool::remove(&app.settings.spool, upload.id).await,
            Err(_) => uploads::discard(&app, scope.workspace(), &upload).await,
        }
        added
    })
    .await
}

async fn add_whole(
    app: &App,
    scope: &Scope,
    upload: &mut Upload,
    quota_left: u64,
    pieces: impl Stream<Item = Result<Bytes, Fault>> + Send,
    claim: Claim,
) -> Result<Asset, Fault> {
    let mut spooled = Spooled::lock(&app.settings.spool, upload.id).await?;
    uploads::receive(app, upload, &mut spooled, quota_left, pieces).await?;
    let (here, size) = (spooled.received(), upload.size_bytes.unwrap_or(spooled.received()));
    if here < size {
        return Err(cut_off(say!("{here} of {size} bytes arrived")).into());
    }
    keep(app, scope, upload, spooled, claim).await
}

/// A file that did not arrive whole in one request.
pub(super) fn cut_off(what: Text) -> Problem {
    let detail = say!(
        "The file did not arrive whole: {what}. Send it again, or in pieces that continue after a break: POST /v1/uploads."
    );
    Problem::new(Code::BadRequest, detail)
}

/// Fetches a file from an address and takes it in.
///
/// # Errors
/// `address-refused` where the guard refuses it, `fetch-failed` where the other server does not give it; those of
/// [`add`].
pub async fn add_from(app: &App, scope: &Scope, address: &str, alt: Option<String>) -> Result<Asset, Fault> {
    let limit = app.settings.uploads.file_bytes_max;
    let fetched = app.guard.fetch(address, limit).await.map_err(not_fetched)?;
    let file_name = name_in(&fetched.final_url);
    let pieces = fetched.body.map(|piece| piece.map_err(|error| not_fetched(error).into()));
    add(app, scope, NewUpload { file_name, alt, size_bytes: fetched.length }, pieces).await
}

fn not_fetched(error: Transport) -> Problem {
    match error {
        Transport::Refused(refusal) => {
            Problem::new(Code::AddressRefused, say!("This address is not fetched: {why}.", why = refusal.why))
        }
        Transport::NotSent(_) => Problem::new(
            Code::FetchFailed,
            say!(
                "The server could not be reached: the name doesn't exist, it doesn't answer, or its certificate is not valid."
            ),
        ),
        Transport::Lost(why) => Problem::new(Code::FetchFailed, say!("The file did not arrive whole: {why}.")),
        Transport::TooLarge(limit) => {
            Problem::new(Code::TooLarge, say!("The file is larger than {limit} bytes, the limit."))
        }
    }
}

/// The last part of an address, as a name.
fn name_in(address: &url::Url) -> String {
    let last = address.path_segments().and_then(|mut parts| parts.next_back()).unwrap_or_default();
    // Read as a form's key, where `+`, `=` and `&` would mean something else.
    let as_key = last.replace('+', "%2B").replace('=', "%3D").replace('&', "%26");
    url::form_urlencoded::parse(as_key.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

/// Creates an asset from a complete file: detects its type, measures it, removes metadata, stores it and announces it.
///
/// # Errors
/// As for [`add`].
pub(super) async fn keep(
    app: &App,
    scope: &Scope,
    upload: &Upload,
    mut spooled: Spooled,
    claim: Claim,
) -> Result<Asset, Fault> {
    // Kept until the end for its lock: no other request can finish the same upload meanwhile.
    let (size, file) = (spooled.received(), spooled.file().await?);
    let mut memory = app.memory.workbench.arrival(size).await;
    let allowance = app.settings.uploads;
    let ready = tokio::task::spawn_blocking(move || prepare(file, size, &allowance)).await;
    let Ready { probe, pieces } = ready.map_err(|error| crate::fault::internal(&error))??;
    let file_type = probe.file_type;
    if file_type.is_video() {
        // An image is in memory until it is stored; a video is not, so a slow file store doesn't block others.
        drop(memory.take());
    }
    let name = format!("original.{}", file_type.extension());
    let key = BlobKey::new(&scope.workspace().to_string(), &upload.media.to_string(), &name);
    let key = key.map_err(|error| blob_failed(&error))?;
    let storing = app.memory.storing.begin(upload.id);
    let bytes_max = allowance.bytes_max(file_type);
    let stored = app.blobs.put_telling(&key, file_type.mime(), bytes_max, pieces, |bytes| storing.has(bytes)).await;
    let stored = stored.map_err(|error| blob_failed(&error))?;
    let asset = Asset {
        id: upload.media,
        file_name: upload.file_name.clone(),
        mime: file_type.mime().to_owned(),
        size_bytes: stored.size_bytes,
        sha256: stored.sha256,
        probe,
        blob_key: key.as_str().to_owned(),
        alt: upload.alt.clone(),
        made_by: upload.made_by.clone(),
        made_at: app.clock.now(),
    };
    insert(app, scope, upload, asset, claim).await
}

async fn insert(app: &App, scope: &Scope, upload: &Upload, asset: Asset, claim: Claim) -> Result<Asset, Fault> {
    let (scope, id, now, allowance) = (scope.clone(), upload.id, app.clock.now(), app.settings.uploads);
    app.db
        .write(async move |tx| {
            let workspace = scope.workspace();
            store::take_turns(tx, workspace).await?;
            uploads::room(store::usage(tx, workspace, Some(id), now).await?, asset.size_bytes, &allowance)?;
            if !store::finish_upload(tx, id, now).await? {
                return Err(Problem::new(
                    Code::NotFound,
                    say!("The upload expired while it was being processed. Upload the file again."),
                )
                .into());
            }
            store::insert(tx, workspace, &asset).await?;
            let told = json!({ "mime": asset.mime, "size_bytes": asset.size_bytes });
            audit::record(tx, &scope, now, audit::Act::new("media.added", asset.id).with(told.clone())).await?;
            events::emit(tx, workspace, "media.added", &asset.id.to_string(), told, now).await?;
            claim.effected(tx, StatusCode::CREATED, &format!("/v1/media/{}", asset.id)).await?;
            Ok::<_, Fault>(asset.clone())
        })
        .await
}

/// A file that is safe to store.
struct Ready {
    probe: Probe,
    pieces: BoxStream<'static, std::io::Result<Bytes>>,
}

/// Blocks: reads the file, an image whole and a video's boxes.
fn prepare(mut file: File, size: u64, allowance: &super::Allowance) -> Result<Ready, Fault> {
    let unreadable = |error: std::io::Error| crate::fault::internal(&error);
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    let mut head = Vec::with_capacity(HEAD_BYTES);
    std::io::Read::by_ref(&mut file).take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(unreadable)?;
    let file_type = FileType::of(&head).map_err(Problem::from)?;
    let most = allowance.bytes_max(file_type);
    if size > most {
        return Err(spool::too_large(size, most, Some(file_type)).into());
    }
    file.seek(SeekFrom::Start(0)).map_err(unreadable)?;
    if file_type.is_video() {
        return Ok(video(file, size, file_type).map_err(Problem::from)?);
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    file.take(size).read_to_end(&mut bytes).map_err(unreadable)?;
    Ok(image(bytes.into(), file_type).map_err(Problem::from)?)
}

fn image(bytes: Bytes, file_type: FileType) -> Result<Ready, Refused> {
    // Before anything is done with it (S-62).
    probe::image(&bytes, file_type)?;
    let stripped = strip::image(&bytes, file_type)?;
    let probe = probe::image(&stripped, file_type)?;
    Ok(Ready { probe, pieces: stream::iter([Ok(stripped)]).boxed() })
}

fn video(mut file: File, size: u64, file_type: FileType) -> Result<Ready, Refused> {
    let mut probe = probe::video(&mut file, size, file_type)?;
    let edits = mp4::edits(&mut file, size)?;
    probe.size_bytes = edits.length;
    Ok(Ready { probe, pieces: edited(file, edits).boxed() })
}

/// The file with the edits laid over it while it streams by.
pub(super) fn edited(file: File, edits: Edits) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
    let lead = Some(edits.lead).filter(|lead| !lead.is_empty()).map(|lead| Ok(Bytes::from_static(lead)));
    let begin = (tokio::fs::File::from_std(file), edits, None::<u64>);
    let rest = stream::try_unfold(begin, |(mut file, edits, at)| async move {
        let at = match at {
            Some(at) => at,
            None => tokio::io::AsyncSeekExt::rewind(&mut file).await?,
        };
        let wanted = usize::try_from(edits.length - at).unwrap_or(usize::MAX).min(PIECE_BYTES);
        if wanted == 0 {
            return Ok(None);
        }
        let mut piece = BytesMut::zeroed(wanted);
        file.read_exact(&mut piece).await?;
        edits.apply(at, &mut piece);
        Ok(Some((piece.freeze(), (file, edits, Some(at + wanted as u64)))))
    });
    stream::iter(lead).chain(rest)
}

/// One asset.
///
/// # Errors
/// Not found; those of the database.
pub async fn get(app: &App, scope: &Scope, id: MediaId) -> Result<Asset, Fault> {
    let workspace = scope.workspace();
    let found = app.read(async move |tx| store::get(tx, workspace, id).await).await?;
    found.ok_or_else(|| Problem::not_found("media asset").into())
}

/// Assets, newest first, before an id.
///
/// # Errors
/// Those of the database.
pub async fn page(app: &App, scope: &Scope, before: Option<MediaId>, limit: u32) -> Result<Page<Asset>, Fault> {
    let workspace = scope.workspace();
    let mut items = app.read(async move |tx| store::page(tx, workspace, before, limit + 1).await).await?;
    let more = items.len() > limit as usize;
    items.truncate(limit as usize);
    let next_cursor = items.last().filter(|_| more).map(|asset| Cursor(vec![asset.id.to_string()]).encode());
    Ok(Page { items, next_cursor })
}

/// Opens an asset's file, or a part of it.
///
/// # Errors
/// A missing file; a failing file store.
pub async fn open(app: &App, asset: &Asset, range: Option<Range<u64>>) -> Result<Opened, Fault> {
    open_key(app, &asset.blob_key, range).await
}

/// Opens a stored file, or a part of it, by its key.
///
/// # Errors
/// A missing file; a failing file store.
pub(super) async fn open_key(app: &App, key: &str, range: Option<Range<u64>>) -> Result<Opened, Fault> {
    let key = BlobKey::parse(key).map_err(|error| blob_failed(&error))?;
    app.blobs.get(&key, range).await.map_err(|error| blob_failed(&error))
}

/// Changes the alt text of an asset.
///
/// # Errors
/// Not found, a text that is too long; those of the database.
pub async fn describe(app: &App, scope: &Scope, id: MediaId, alt: Option<String>) -> Result<Asset, Fault> {
    let (scope, now, alt) = (scope.clone(), app.clock.now(), uploads::checked_alt(alt)?);
    app.db
        .write(async move |tx| {
            let workspace = scope.workspace();
            may_describe(tx, &scope, id, now).await?;
            if !store::describe(tx, workspace, id, alt.as_deref()).await? {
                return Err(Problem::not_found("media asset").into());
            }
            audit::record(tx, &scope, now, audit::Act::new("media.described", id)).await?;
            events::emit(tx, workspace, "media.changed", &id.to_string(), json!({}), now).await?;
            store::get(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("media asset").into())
        })
        .await
}

/// What is scheduled is changed only by who may schedule, and this text goes out with it.
async fn may_describe(tx: &mut db::Tx, scope: &Scope, id: MediaId, now: base::Timestamp) -> Result<(), Fault> {
    if scope.may(Permission::PostsPublish) {
        return Ok(());
    }
    let posts = posts::shows_alt_of(tx, scope.workspace(), id, now).await?;
    let Some(first) = posts.first() else { return Ok(()) };
    let detail = say!(
        "{first} is scheduled with this description, so only people who may publish can change it. In your own draft you can give the file another one."
    );
    Err(Problem::new(Code::Forbidden, detail).with("permission", Permission::PostsPublish).with("posts", posts).into())
}

/// Deletes an asset with its files, unless a post that is not published yet needs it.
///
/// # Errors
/// Not found; `conflict` with the posts that need it; those of the database.
pub async fn delete(app: &App, scope: &Scope, id: MediaId) -> Result<(), Fault> {
    let (scope, now) = (scope.clone(), app.clock.now());
    let workspace = scope.workspace();
    app.db
        .write(async move |tx| {
if store::get(tx, workspace, id).await?.is_none() {
                    return Err(Problem::not_found("media asset").into());
                }
                let posts = posts::uses_media(tx, workspace, id, now).await?;
                if let Some(first) = posts.first() {
                    let detail = say!("{first} is scheduled and needs this file. Change or unschedule that post first, then delete the file.");
                    return Err(Problem::new(Code::Conflict, detail).with("posts", posts).into());
                }
                store::end(tx, workspace, id, now).await?;
                audit::record(tx, &scope, now, audit::Act::new("media.deleted", id)).await?;
                events::emit(tx, workspace, "media.deleted", &id.to_string(), json!({}), now).await?;
                Ok::<_, Fault>(())
})
        .await?;
    // It can no longer be found. If deleting its files fails now, the sweep deletes them.
    if let Err(error) = erase_asset(app, workspace, id).await {
        tracing::warn!(%error, media = %id, "a deleted file is still in the file store; the sweep tries again");
    }
    Ok(())
}

async fn erase_asset(app: &App, workspace: WorkspaceId, id: MediaId) -> Result<(), Fault> {
    erase_files(app, workspace, id).await?;
    app.write(async move |tx| store::forget(tx, id).await).await
}

/// Deletes an asset's file and its renditions from the file store.
pub(super) async fn erase_files(app: &App, workspace: WorkspaceId, id: MediaId) -> Result<(), Fault> {
    let erased = app.blobs.delete_all(&workspace.to_string(), Some(&id.to_string())).await;
    erased.map(drop).map_err(|error| blob_failed(&error))
}

/// Erases the files of deleted assets and returns how many. A failure doesn't stop the others.
pub(super) async fn erase_ended(app: &App) -> Result<u64, Fault> {
    let (mut count, mut failed) = (0, None);
    let mut after = None;
    loop {
        let ended = app.read(async move |tx| store::ended(tx, after, SWEEP_ROWS).await).await?;
        for (workspace, id) in &ended {
            match erase_asset(app, *workspace, *id).await {
                Ok(()) => count += 1,
                Err(fault) => failed = Some(fault),
            }
        }
        after = ended.last().map(|(_, id)| *id);
        if ended.len() < SWEEP_ROWS as usize {
            return failed.map_or(Ok(count), Err);
        }
    }
}

/// Returns the asset of an earlier request to a repeated one. Nothing changes, so only its idempotency claim is marked.
pub(super) async fn answer_again(app: &App, asset: Asset, claim: Claim) -> Result<Asset, Fault> {
    let path = format!("/v1/media/{}", asset.id);
    app.write(async move |tx| claim.effected(tx, StatusCode::CREATED, &path).await).await?;
    Ok(asset)
}
