//! A media asset as one channel gets it: the file itself where it fits, else a rendition, made once and kept.

use std::sync::Arc;

use base::{
    Code, Problem, Text,
    ids::{MediaId, UploadId, WorkspaceId},
    say,
};
use bytes::Bytes;
use connector::{Fit, Framing, ImageRules, Limits, Media, MediaKind};
use futures::{Stream, StreamExt as _};

use super::{
    BlobError, BlobKey, BlobSource, FileType, Plan, Probe, Refused, Rendered,
    assets::{self, edited},
    mp4, probe,
    renditions::{Convert, plan},
    spool,
    store::{self, Asset, RenditionRow},
    transcoding::{self, Transcode},
};
use crate::{App, fault::Fault};

/// What a file for a channel is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// To judge a post: a video that is not converted yet is described as it will be.
    ToJudge,
    /// To publish it: a video that is not converted yet is a problem, with a member `converting`.
    ToSend,
}

/// The file for a channel with these limits, an image in the shape that was chosen. A video that has to be converted is asked for, and not waited for.
///
/// # Errors
/// No such media; a channel that cannot take it, with the rule; a video that is not ready; those of the database and the blob
/// store.
pub async fn for_channel(
    app: &App,
    workspace: WorkspaceId,
    id: MediaId,
    alt: Option<String>,
    (limits, framing): (&Limits, Option<&Framing>),
    wanted: Wanted,
) -> Result<Media, Fault> {
    let asset = app.read(async move |tx| store::get(tx, workspace, id).await).await?;
    let asset = asset.ok_or_else(|| Problem::not_found("media asset"))?;
    let kind = asset.probe.file_type.kind(asset.probe.frames);
    let alt = alt.or_else(|| asset.alt.clone());
    let plan = match (rules_for(kind, limits), &limits.video) {
        (Some((kind, rules)), _) => plan_for(&asset.probe, kind, rules, framing).map_err(refused)?,
        // What a connector's `check` refuses, with the numbers, it is to refuse itself.
        (None, Some(rules)) => match transcoding::plan(&asset.probe, rules, converts(app)) {
            Ok(plan) => plan,
            Err(why) if why.rule == transcoding::UNCONVERTED => return Err(refused(why)),
            Err(_) => return as_it_is(app, &asset, kind, alt),
        },
        (None, None) => return as_it_is(app, &asset, kind, alt),
    };
    match plan {
        Plan::Keep { .. } => as_it_is(app, &asset, rules_for(kind, limits).map_or(kind, |(kind, _)| kind), alt),
        Plan::Convert(convert) => rendition(app, workspace, &asset, alt, &convert).await,
        Plan::Rewrap { .. } => rewrapped(app, workspace, &asset, alt).await,
        Plan::Transcode(work) => transcoded(app, workspace, &asset, alt, &work, wanted).await,
    }
}

/// Whether this installation converts videos.
pub(super) fn converts(app: &App) -> bool {
    app.settings.transcoder.is_some()
}

/// What a channel with these limits gets of an asset: nothing is made yet, and the plan says why.
///
/// `converts`: whether this installation converts videos.
///
/// # Errors
/// Why the channel cannot take it, with the numbers.
pub fn planned(asset: &Asset, (limits, framing): (&Limits, Option<&Framing>), converts: bool) -> Result<Plan, Refused> {
    let kind = asset.probe.file_type.kind(asset.probe.frames);
    match (rules_for(kind, limits), &limits.video) {
        (Some((kind, rules)), _) => plan_for(&asset.probe, kind, rules, framing),
        (None, Some(rules)) if kind == MediaKind::Video => transcoding::plan(&asset.probe, rules, converts),
        (None, _) => {
            let is_video = kind == MediaKind::Video;
            let detail =
                if is_video { say!("the channel accepts no videos") } else { say!("the channel accepts no images") };
            Err(Refused::new("S-61", detail))
        }
    }
}

/// The longest side of a thumbnail, in pixels.
const THUMBNAIL_SIDE_MAX: u32 = 480;
/// The most bytes of a thumbnail; an image that is small already is its own.
const THUMBNAIL_BYTES_MAX: u64 = 160 << 10;

/// A small, still, upright form of an image, as an asset of its own; made once and kept.
///
/// # Errors
/// A video, which has none; an image that cannot be decoded; those of the database and the blob store.
pub async fn thumbnail(app: &App, workspace: WorkspaceId, asset: Asset) -> Result<Asset, Fault> {
    let probe = &asset.probe;
    if probe.file_type.is_video() {
        return Err(Problem::new(Code::NotFound, say!("A video has no thumbnail; show the video itself.")).into());
    }
    let small = probe.width.max(probe.height) <= THUMBNAIL_SIDE_MAX && probe.size_bytes <= THUMBNAIL_BYTES_MAX;
    if small && probe.frames == 1 && probe.orientation == 1 {
        return Ok(asset);
    }
    let made = made_of(app, workspace, &asset, &thumbnail_of(probe)).await?;
    let file_type = FileType::of_mime(&made.mime).unwrap_or(FileType::Jpeg);
    Ok(Asset {
        mime: made.mime,
        size_bytes: made.size_bytes,
        sha256: made.sha256,
        blob_key: made.blob_key,
        probe: Probe { file_type, size_bytes: made.size_bytes, ..asset.probe },
        ..asset
    })
}

fn thumbnail_of(probe: &Probe) -> Convert {
    let longest = probe.width.max(probe.height).max(1);
    let scaled = |side: u32| {
        let side = u64::from(side) * u64::from(THUMBNAIL_SIDE_MAX) / u64::from(longest);
        u32::try_from(side).unwrap_or(THUMBNAIL_SIDE_MAX).max(1)
    };
    let (width, height) = match longest > THUMBNAIL_SIDE_MAX {
        true => (scaled(probe.width), scaled(probe.height)),
        false => (probe.width, probe.height),
    };
    let see_through = probe.alpha && probe.frames == 1;
    Convert {
        mime: if see_through { FileType::Png } else { FileType::Jpeg },
        fallback: see_through.then_some(FileType::Jpeg),
        width,
        height,
        fit: None,
        qualities: vec![80, 68, 50],
        bytes_max: THUMBNAIL_BYTES_MAX,
        why: say!("a preview for lists"),
    }
}

/// Whether a video was converted before.
///
/// # Errors
/// Those of the database.
pub async fn is_converted(app: &App, id: MediaId, work: &Transcode) -> Result<bool, Fault> {
    Ok(known(app, id, work.recipe()).await?.is_some())
}

/// Whether a rendition was made before.
///
/// # Errors
/// Those of the database.
pub async fn is_made(app: &App, id: MediaId, convert: &Convert) -> Result<bool, Fault> {
    Ok(known(app, id, recipe_of(convert)).await?.is_some())
}

/// An animation that a channel takes but that does not fit is refused, and not made a still image behind its author's
/// back. If the channel accepts no animations, the first frame is sent, and the plan says so.
fn plan_for(probe: &Probe, kind: MediaKind, rules: &ImageRules, framing: Option<&Framing>) -> Result<Plan, Refused> {
    let would_stop = probe.frames > 1 && rules.mime.iter().any(|mime| mime == probe.file_type.mime());
    match plan(probe, rules, framing) {
        Ok(Plan::Convert(convert)) if would_stop => Err(too_large_animation(&convert.why)),
        Err(_) if kind == MediaKind::Gif => Err(too_large_animation(&numbers(probe, rules))),
        Ok(Plan::Keep { .. }) if probe.frames > 1 && kind == MediaKind::Image => {
            let why =
                say!("it is published unchanged, but will be a still image: the channel shows only its first frame");
            Ok(Plan::Keep { why })
        }
        planned => planned,
    }
}

fn too_large_animation(why: &Text) -> Refused {
    let detail = say!("the animation can't be published: {why}; make it smaller, or upload it as a video");
    Refused::new("S-62", detail)
}

fn numbers(probe: &Probe, rules: &ImageRules) -> Text {
    let (width, height, size) = (probe.width, probe.height, probe.size_bytes);
    let (side, pixels, bytes) = (rules.side_max, rules.pixels_max, rules.bytes_max);
    say!(
        "it has {width}×{height} pixels and {size} bytes, and the channel allows {side} a side, {pixels} pixels in all and {bytes} bytes ({mime})",
        mime = rules.mime.join(", ")
    )
}

/// What an image is planned by. A moving image goes as such where the channel has rules for those.
fn rules_for(kind: MediaKind, limits: &Limits) -> Option<(MediaKind, &ImageRules)> {
    match kind {
        MediaKind::Video => None,
        MediaKind::Gif => limits
            .gif
            .as_ref()
            .map(|rules| (MediaKind::Gif, rules))
            .or_else(|| limits.images.as_ref().map(|rules| (MediaKind::Image, rules))),
        MediaKind::Image => limits.images.as_ref().map(|rules| (MediaKind::Image, rules)),
    }
}

fn refused(refused: Refused) -> Fault {
    Problem::from(refused).into()
}

/// The problem of a failed file store. The details are logged.
pub(crate) fn blob_failed(error: &BlobError) -> Fault {
    tracing::error!(error = %error, "the file store failed");
    if matches!(error, BlobError::NotFound(_)) {
        let detail = say!(
            "This file is no longer in the file store. Upload it again, or tell the operator, who may have a backup."
        );
        return Problem::new(Code::NotFound, detail).into();
    }
    Problem::new(Code::Unavailable, say!("The file store does not answer; nothing was lost. Try again in a moment."))
        .retry_after(5)
        .into()
}

fn as_it_is(app: &App, asset: &Asset, kind: MediaKind, alt: Option<String>) -> Result<Media, Fault> {
    let key = BlobKey::parse(&asset.blob_key).map_err(|error| blob_failed(&error))?;
    Ok(Media {
        id: asset.id.to_string(),
        kind,
        mime: asset.mime.clone(),
        size_bytes: asset.size_bytes,
        width: asset.probe.width,
        height: asset.probe.height,
        duration_ms: asset.probe.duration_ms,
        video_codec: asset.probe.video_codec.clone(),
        animated: asset.probe.frames > 1,
        alt,
        sha256: asset.sha256.clone(),
        source: Arc::new(BlobSource { blobs: app.blobs.clone(), key }),
    })
}

/// A video as it was converted; asked for if it wasn't.
async fn transcoded(
    app: &App,
    workspace: WorkspaceId,
    asset: &Asset,
    alt: Option<String>,
    work: &Transcode,
    wanted: Wanted,
) -> Result<Media, Fault> {
    let recipe = work.recipe();
    let (width, height) = planned_size(asset, work);
    let made = match found(app, asset, &recipe).await? {
        Some(made) => made,
        None => {
            let standing = transcoding::ask(app, workspace, asset.id, work).await?;
            if let Some(why) = standing.failed {
                return Err(refused(Refused::new(transcoding::UNCONVERTED, why)));
            }
            if wanted == Wanted::ToSend {
                return Err(converting(standing.percent));
            }
            // As it will be. Its size is known when it is there.
            RenditionRow {
                mime: FileType::Mp4.mime().to_owned(),
                size_bytes: asset.size_bytes.min(work.bytes_max),
                sha256: asset.sha256.clone(),
                width,
                height,
                why: work.why.clone(),
                blob_key: rendition_key(workspace, asset, &recipe, FileType::Mp4)?.as_str().to_owned(),
                recipe,
            }
        }
    };
    let key = BlobKey::parse(&made.blob_key).map_err(|error| blob_failed(&error))?;
    let video_codec = match work.picture {
        Some(_) => Some("h264".to_owned()),
        None => asset.probe.video_codec.clone(),
    };
    Ok(Media {
        mime: made.mime,
        size_bytes: made.size_bytes,
        sha256: made.sha256,
        width: made.width,
        height: made.height,
        video_codec,
        source: Arc::new(BlobSource { blobs: app.blobs.clone(), key }),
        ..as_it_is(app, asset, MediaKind::Video, alt)?
    })
}

/// The size in pixels that a converted video will have.
pub(super) fn planned_size(asset: &Asset, work: &Transcode) -> (u32, u32) {
    let own = (asset.probe.width, asset.probe.height);
    work.picture.as_ref().map_or(own, |picture| (picture.width, picture.height))
}

/// The problem of a video that is not ready.
fn converting(percent: u8) -> Fault {
    let detail =
        say!("The video is still being converted ({percent} % done). It is published as soon as that is finished.");
    Problem::new(Code::Unavailable, detail).with("converting", percent).retry_after(30).into()
}

/// Names the MP4 form of a QuickTime video among renditions.
const REWRAPPED: &str = "as-mp4";

/// Whether a video's MP4 form was made before.
///
/// # Errors
/// Those of the database.
pub async fn is_rewrapped(app: &App, id: MediaId) -> Result<bool, Fault> {
    Ok(known(app, id, REWRAPPED.to_owned()).await?.is_some())
}

/// A QuickTime video as MP4, made once and kept.
async fn rewrapped(app: &App, workspace: WorkspaceId, asset: &Asset, alt: Option<String>) -> Result<Media, Fault> {
    let made = match found(app, asset, REWRAPPED).await? {
        Some(made) => made,
        None => rewrap(app, workspace, asset).await?,
    };
    let key = BlobKey::parse(&made.blob_key).map_err(|error| blob_failed(&error))?;
    Ok(Media {
        mime: made.mime,
        size_bytes: made.size_bytes,
        sha256: made.sha256,
        source: Arc::new(BlobSource { blobs: app.blobs.clone(), key }),
        ..as_it_is(app, asset, MediaKind::Video, alt)?
    })
}

async fn rewrap(app: &App, workspace: WorkspaceId, asset: &Asset) -> Result<RenditionRow, Fault> {
    let _turn = app.memory.workbench.turn(workspace).await;
    if let Some(made) = found(app, asset, REWRAPPED).await? {
        return Ok(made);
    }
    let mut video = original(app, asset).await?;
    let size = asset.size_bytes;
    let edits = tokio::task::spawn_blocking(move || mp4::rewrap(&mut video, size).map(|edits| (video, edits))).await;
    let (video, edits) = edits.map_err(|error| crate::fault::internal(&error))?.map_err(refused)?;
    let length = edits.size();
    let made = NewRendition {
        recipe: REWRAPPED.to_owned(),
        mime: FileType::Mp4,
        size: (asset.probe.width, asset.probe.height),
        why: &say!("a QuickTime video for channels that accept MP4"),
        bytes_max: length,
    };
    put(app, workspace, asset, made, edited(video, edits)).await
}

/// A rendition is always a still image.
async fn rendition(
    app: &App,
    workspace: WorkspaceId,
    asset: &Asset,
    alt: Option<String>,
    convert: &Convert,
) -> Result<Media, Fault> {
    let made = made_of(app, workspace, asset, convert).await?;
    let key = BlobKey::parse(&made.blob_key).map_err(|error| blob_failed(&error))?;
    Ok(Media {
        id: asset.id.to_string(),
        kind: MediaKind::Image,
        mime: made.mime,
        size_bytes: made.size_bytes,
        width: made.width,
        height: made.height,
        duration_ms: None,
        video_codec: None,
        animated: asset.probe.frames > 1,
        alt,
        sha256: made.sha256,
        source: Arc::new(BlobSource { blobs: app.blobs.clone(), key }),
    })
}

/// The rendition as it was made before, or made now.
async fn made_of(app: &App, workspace: WorkspaceId, asset: &Asset, convert: &Convert) -> Result<RenditionRow, Fault> {
    let recipe = recipe_of(convert);
    match found(app, asset, &recipe).await? {
        Some(made) => Ok(made),
        None => make(app, workspace, asset, recipe, convert).await,
    }
}

/// A rendition that was made before, and is still there.
async fn found(app: &App, asset: &Asset, recipe: &str) -> Result<Option<RenditionRow>, Fault> {
    match known(app, asset.id, recipe.to_owned()).await? {
        Some(made) if is_there(app, &made).await? => Ok(Some(made)),
        _ => Ok(None),
    }
}

/// A key of everything that affects the result, so that channels with the same rules share a rendition and others don't.
fn recipe_of(convert: &Convert) -> String {
    let Convert { mime, fallback, width, height, fit, bytes_max, .. } = convert;
    let or = fallback.map_or_else(String::new, |other| format!("-or-{}", other.extension()));
    let fit = fit.map_or("", |fit| if fit == Fit::Pad { "-padded" } else { "-cropped" });
    format!("{}{or}-{width}x{height}{fit}-{bytes_max}", mime.extension())
}

async fn known(app: &App, id: MediaId, recipe: String) -> Result<Option<RenditionRow>, Fault> {
    let found = app.read(async move |tx| store::rendition(tx, id, &recipe).await);
    found.await
}

/// Renditions can be made again, so a lost one is no reason to fail: a backup may have left them out.
async fn is_there(app: &App, made: &RenditionRow) -> Result<bool, Fault> {
    let key = BlobKey::parse(&made.blob_key).map_err(|error| blob_failed(&error))?;
    match app.blobs.get(&key, Some(0..1)).await {
        Ok(_) => Ok(true),
        Err(BlobError::NotFound(_)) => Ok(false),
        Err(error) => Err(blob_failed(&error)),
    }
}

async fn make(
    app: &App,
    workspace: WorkspaceId,
    asset: &Asset,
    recipe: String,
    convert: &Convert,
) -> Result<RenditionRow, Fault> {
    let _turn = app.memory.workbench.turn(workspace).await;
    // An earlier request may have created it.
    if let Some(made) = found(app, asset, &recipe).await? {
        return Ok(made);
    }
    let image = original(app, asset).await?;
    let (decoder, file_type) = (&app.settings.decoder, asset.probe.file_type);
    let Rendered { bytes, mime, width, height, .. } =
        app.memory.workbench.render(decoder, image, file_type, convert).await?;
    let made = NewRendition { recipe, mime, size: (width, height), why: &convert.why, bytes_max: convert.bytes_max };
    put(app, workspace, asset, made, futures::stream::iter([Ok(bytes)])).await
}

/// A picture from elsewhere, made to fit these rules: its bytes and type. Nothing of it is kept.
///
/// # Errors
/// What is no image, or cannot be made to fit; a failing disk.
pub async fn fit(
    app: &App,
    workspace: WorkspaceId,
    picture: Bytes,
    rules: &ImageRules,
) -> Result<(Bytes, FileType), Fault> {
    let file_type = FileType::of(&picture).map_err(Problem::from)?;
    let probe = probe::image(&picture, file_type).map_err(Problem::from)?;
    let convert = match plan(&probe, rules, None).map_err(Problem::from)? {
        Plan::Convert(convert) => convert,
        Plan::Keep { .. } | Plan::Rewrap { .. } | Plan::Transcode(_) => return Ok((picture, file_type)),
    };
    let _turn = app.memory.workbench.turn(workspace).await;
    let id = UploadId::new(app.clock.now(), &*app.random);
    let file = spool::unnamed(&app.settings.spool, id, futures::stream::iter([Ok(picture)]).boxed()).await?;
    let made = app.memory.workbench.render(&app.settings.decoder, file, file_type, &convert).await?;
    Ok((made.bytes, made.mime))
}

/// An asset's file, on this machine's disk while it is worked on.
pub(super) async fn original(app: &App, asset: &Asset) -> Result<std::fs::File, Fault> {
    let opened = assets::open(app, asset, None).await?;
    spool::unnamed(&app.settings.spool, UploadId::new(app.clock.now(), &*app.random), opened.body).await
}

/// A rendition to be kept.
pub(super) struct NewRendition<'a> {
    pub(super) recipe: String,
    pub(super) mime: FileType,
    pub(super) size: (u32, u32),
    pub(super) why: &'a Text,
    pub(super) bytes_max: u64,
}

async fn put(
    app: &App,
    workspace: WorkspaceId,
    asset: &Asset,
    new: NewRendition<'_>,
    pieces: impl Stream<Item = std::io::Result<Bytes>> + Send,
) -> Result<RenditionRow, Fault> {
    let made = store_file(app, workspace, asset, new, pieces).await?;
    let (row, id, now) = (made.clone(), asset.id, app.clock.now());
    app.write(async move |tx| store::put_rendition(tx, workspace, id, &row, now).await).await?;
    Ok(made)
}

fn rendition_key(workspace: WorkspaceId, asset: &Asset, recipe: &str, mime: FileType) -> Result<BlobKey, Fault> {
    let name = format!("{recipe}.{}", mime.extension());
    let key = BlobKey::new(&workspace.to_string(), &asset.id.to_string(), &name);
    key.map_err(|error| blob_failed(&error))
}

/// Deletes a rendition's file whose asset was deleted meanwhile.
pub(super) async fn erase_file(app: &App, made: &RenditionRow) {
    let deleted = match BlobKey::parse(&made.blob_key) {
        Ok(key) => app.blobs.delete(&key).await,
        Err(error) => Err(error),
    };
    if let Err(error) = deleted {
        tracing::warn!(%error, "the converted form of a deleted file is still in the file store");
    }
}

/// Puts a rendition's file into the file store; its row is still to be written.
pub(super) async fn store_file(
    app: &App,
    workspace: WorkspaceId,
    asset: &Asset,
    new: NewRendition<'_>,
    pieces: impl Stream<Item = std::io::Result<Bytes>> + Send,
) -> Result<RenditionRow, Fault> {
    let key = rendition_key(workspace, asset, &new.recipe, new.mime)?;
    let stored = app.blobs.put(&key, new.mime.mime(), new.bytes_max, pieces).await;
    let stored = stored.map_err(|error| blob_failed(&error))?;
    Ok(RenditionRow {
        recipe: new.recipe,
        mime: new.mime.mime().to_owned(),
        size_bytes: stored.size_bytes,
        sha256: stored.sha256,
        width: new.size.0,
        height: new.size.1,
        why: new.why.clone(),
        blob_key: key.as_str().to_owned(),
    })
}
