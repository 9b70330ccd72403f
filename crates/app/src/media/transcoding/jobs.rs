//! The queue of conversions: asked for, done by one node at a time, remembered when they fail.

use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use base::{
    Text, Timestamp,
    ids::{MediaId, UploadId, WorkspaceId},
    say,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use super::{
    Transcode, Transcoder,
    child::{self, Failed},
};
use crate::{
    App, crash, events,
    fault::Fault,
    media::{
        FileType, Refused,
        assets::edited,
        library::{self, NewRendition},
        mp4, probe, spool,
        store::{self, Asset, Claimed},
    },
    publishing,
};

/// How long a node has a conversion to itself, if it doesn't say that it still works on it.
const LEASE: Duration = Duration::from_secs(60);
/// How often it says so.
const RENEWAL: Duration = Duration::from_secs(5);
/// How often a node looks for what others asked for.
const LOOK: Duration = Duration::from_secs(30);
/// How often a conversion is begun before it counts as failed: ffmpeg, or this program, died with it.
const TRIES_MAX: u32 = 3;
/// How long one that could not begin waits.
const PAUSE: Duration = Duration::from_secs(60);
/// How long a failure is remembered; then it may be tried again, perhaps with another ffmpeg.
const FAILURE_KEPT: Duration = Duration::from_secs(24 * 60 * 60);

/// Where a conversion stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::media) struct Standing {
    /// How far it is, in percent.
    pub(in crate::media) percent: u8,
    /// Why it failed.
    pub(in crate::media) failed: Option<Text>,
}

/// Asks for a conversion, unless that has happened, and says where it stands.
///
/// # Errors
/// Those of the database.
pub(in crate::media) async fn ask(
    app: &App,
    workspace: WorkspaceId,
    media: MediaId,
    work: &Transcode,
) -> Result<Standing, Fault> {
    if let Some(standing) = standing(app, media, work).await? {
        return Ok(standing);
    }
    let (work, now) = (work.clone(), app.clock.now());
    app.write(async move |tx| store::ask_transcode(tx, workspace, media, &work, now).await).await?;
    app.memory.workbench.asked.notify_one();
    Ok(Standing { percent: 0, failed: None })
}

/// Where a conversion stands; `None` if no one has asked for it, or it is done.
///
/// # Errors
/// Those of the database.
pub(in crate::media) async fn standing(app: &App, media: MediaId, work: &Transcode) -> Result<Option<Standing>, Fault> {
    let recipe = work.recipe();
    app.read(async move |tx| store::transcode(tx, media, &recipe).await).await
}

/// Forgets failures that are old enough to be tried again.
///
/// # Errors
/// Those of the database.
pub(in crate::media) async fn forget_failed(app: &App) -> Result<(), Fault> {
    let before = Timestamp::from_micros(
        app.clock.now().as_micros() - i64::try_from(FAILURE_KEPT.as_micros()).unwrap_or(i64::MAX),
    );
    app.write(async move |tx| store::forget_failed_transcodes(tx, before).await).await
}

/// Does one conversion after another until `stop`. Returns at once where ffmpeg is not installed.
pub async fn work(app: App, stop: CancellationToken) {
    let Some(transcoder) = app.settings.transcoder.clone() else { return };
    if app.db.dialect() == db::Dialect::Sqlite
        && let Err(fault) = app.write(async |tx| store::free_transcodes(tx).await).await
    {
        // Only one process works on such a database, so the one that began them has ended. They wait for their leases then.
        tracing::warn!(error = %fault, "interrupted conversions could not be freed");
    }
    let mut last = None;
    loop {
        let done = tokio::select! {
            done = next(&app, &transcoder, last) => done,
            () = stop.cancelled() => return,
        };
        match done {
            Ok(Some(workspace)) => {
                last = Some(workspace);
                continue;
            }
            Ok(None) => {}
            Err(fault) => tracing::error!(error = %fault, "videos could not be converted; Fanfare tries again"),
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = app.memory.workbench.asked.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

/// Does the conversion that has waited longest, one of another workspace than `last` first. Says whose it was; `None` if there
/// was nothing to do.
///
/// # Errors
/// Those of the database and the file store. The conversion is tried again later.
pub async fn next(app: &App, transcoder: &Transcoder, last: Option<WorkspaceId>) -> Result<Option<WorkspaceId>, Fault> {
    let now = app.clock.now();
    let claimed = app.write(async move |tx| store::claim_transcode(tx, last, now, now + LEASE).await).await?;
    let Some(claimed) = claimed else { return Ok(None) };
    let (workspace, id) = (claimed.workspace, claimed.media);
    let asset = app.read(async move |tx| store::get(tx, workspace, id).await).await?;
    let Some(asset) = asset else {
        app.write(async move |tx| store::forget_transcodes(tx, id).await).await?;
        return Ok(Some(workspace));
    };
    if claimed.tries > TRIES_MAX {
        let why = say!("converting it broke off {tries} times", tries = TRIES_MAX);
        fail(app, &claimed, why).await?;
        return Ok(Some(workspace));
    }
    match convert(app, transcoder, &asset, &claimed).await? {
        Ok(()) => {}
        Err(Failed::Refused(refused)) => fail(app, &claimed, refused.detail).await?,
        Err(Failed::Unavailable(why)) => {
            tracing::error!("ffmpeg could not do its work: {why}");
            let (recipe, until) = (claimed.recipe.clone(), app.clock.now() + PAUSE);
            app.write(async move |tx| store::hold_transcode(tx, id, &recipe, until, 0).await.map(drop)).await?;
        }
    }
    Ok(Some(workspace))
}

/// Makes the file and stores it. Everything until the last write can be done again.
async fn convert(
    app: &App,
    transcoder: &Transcoder,
    asset: &Asset,
    claimed: &Claimed,
) -> Result<Result<(), Failed>, Fault> {
    let input = library::original(app, asset).await?;
    let output = empty(app, &app.settings.spool).await?;
    let copy = output.try_clone().map_err(|error| crate::fault::internal(&error))?;
    let percent = Arc::new(AtomicU32::new(0));
    let length_ms = asset.probe.duration_ms.unwrap_or(0);
    {
        let mut converting = std::pin::pin!(child::run(transcoder, &claimed.work, length_ms, (input, copy), &percent));
        loop {
            tokio::select! {
                converted = &mut converting => match converted {
                    Ok(()) => break,
                    Err(failed) => return Ok(Err(failed)),
                },
                () = tokio::time::sleep(RENEWAL) => {
                    if !renew(app, claimed, percent.load(Ordering::Relaxed)).await? {
                        // Its file was deleted, or another node has taken it over.
                        return Ok(Ok(()));
                    }
                }
            }
        }
    }
    let mut output = output;
    let measured = tokio::task::spawn_blocking(move || {
        let size = output.metadata().map_err(|error| Failed::Unavailable(error.to_string()))?.len();
        let measured = probe::video(&mut output, size, FileType::Mp4).map_err(Failed::Refused)?;
        let edits = mp4::edits(&mut output, size).map_err(Failed::Refused)?;
        Ok((output, measured, edits))
    });
    let (output, measured, edits) = match measured.await.map_err(|error| crate::fault::internal(&error))? {
        Ok(made) => made,
        Err(failed) => return Ok(Err(failed)),
    };
    let work = &claimed.work;
    if edits.size() > work.bytes_max {
        let most = work.bytes_max;
        let detail = say!("the video cannot be made smaller than {most} bytes; shorten it");
        return Ok(Err(Failed::Refused(Refused::new("S-62", detail))));
    }
    let new = NewRendition {
        recipe: claimed.recipe.clone(),
        mime: FileType::Mp4,
        size: (measured.width, measured.height),
        why: &work.why,
        bytes_max: work.bytes_max,
    };
    let made = library::store_file(app, claimed.workspace, asset, new, edited(output, edits)).await?;
    crash::point("video_converted");
    let (workspace, id, now, row) = (claimed.workspace, asset.id, app.clock.now(), made.clone());
    let kept = app
        .write(async move |tx| {
            if store::get(tx, workspace, id).await?.is_none() {
                return Ok(false);
            }
            store::put_rendition(tx, workspace, id, &row, now).await?;
            store::forget_transcode(tx, id, &row.recipe).await?;
            events::emit(tx, workspace, "media.changed", &id.to_string(), json!({}), now).await?;
            publishing::media_ready(tx, workspace, now).await?;
            Ok(true)
        })
        .await?;
    if !kept {
        library::erase_file(app, &made).await;
    }
    Ok(Ok(()))
}

async fn renew(app: &App, claimed: &Claimed, percent: u32) -> Result<bool, Fault> {
    let (id, recipe, until) = (claimed.media, claimed.recipe.clone(), app.clock.now() + LEASE);
    app.write(async move |tx| store::hold_transcode(tx, id, &recipe, until, percent).await).await
}

/// Remembers that it can't be done, and lets the posts that wait for it say so.
async fn fail(app: &App, claimed: &Claimed, why: Text) -> Result<(), Fault> {
    let (workspace, id, recipe, now) = (claimed.workspace, claimed.media, claimed.recipe.clone(), app.clock.now());
    app.write(async move |tx| {
        store::fail_transcode(tx, id, &recipe, &why, now).await?;
        events::emit(tx, workspace, "media.changed", &id.to_string(), json!({}), now).await?;
        publishing::media_ready(tx, workspace, now).await
    })
    .await
}

/// A file without a name on this machine's disk.
async fn empty(app: &App, folder: &Path) -> Result<std::fs::File, Fault> {
    let nothing = Box::pin(futures::stream::empty());
    spool::unnamed(folder, UploadId::new(app.clock.now(), &*app.random), nothing).await
}
