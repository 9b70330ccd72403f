//! A media asset as one channel gets it: the file itself where it fits, else a rendition, made once and kept.

use std::sync::Arc;

use base::{
    Code, Problem,
    ids::{MediaId, WorkspaceId},
};
use connector::{ImageRules, Limits, Media, MediaKind};
use futures::{StreamExt as _, TryStreamExt as _};

use super::{
    BlobError, BlobKey, BlobSource, FileType, Plan, Refused,
    renditions::{Convert, plan, render},
    store::{self, Asset, RenditionRow},
};
use crate::{App, fault::Fault};

/// The file for a channel with these limits.
///
/// # Errors
/// No such media; a channel that cannot take it, with the rule; those of the database and the blob store.
pub async fn for_channel(
    app: &App,
    workspace: WorkspaceId,
    id: MediaId,
    alt: Option<String>,
    limits: &Limits,
) -> Result<Media, Fault> {
    let asset =
        app.db.read(move |tx| Box::pin(store::get(tx, workspace, id))).await.map_err(|e: db::Error| Fault::Store(e))?;
    let asset = asset.ok_or_else(|| Problem::not_found("media asset"))?;
    let kind = asset.probe.file_type.kind(asset.probe.frames);
    let alt = alt.or_else(|| asset.alt.clone());
    match rules_for(kind, limits) {
        Some((kind, rules)) => match plan(&asset.probe, rules).map_err(refused)? {
            Plan::Keep { .. } => as_it_is(app, &asset, kind, alt),
            Plan::Convert(convert) => rendition(app, workspace, &asset, kind, alt, &convert).await,
        },
        // A video goes as it is; whether it fits is the connector's `check`, with the numbers.
        None => as_it_is(app, &asset, kind, alt),
    }
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
    Problem::new(Code::MediaRefused, refused.detail).with("rule", refused.rule).into()
}

/// A failed blob store, told to the log; the client learns that it is not its fault.
pub(crate) fn blob_failed(error: &BlobError) -> Fault {
    tracing::error!(error = %error, "the file store failed");
    Problem::new(Code::Unavailable, "The file store does not answer; nothing was lost. Try again in a moment.")
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
        alt,
        sha256: asset.sha256.clone(),
        source: Arc::new(BlobSource { blobs: app.blobs.clone(), key }),
    })
}

async fn rendition(
    app: &App,
    workspace: WorkspaceId,
    asset: &Asset,
    kind: MediaKind,
    alt: Option<String>,
    convert: &Convert,
) -> Result<Media, Fault> {
    let recipe = format!("{}-{}x{}-{}", convert.mime.extension(), convert.width, convert.height, convert.bytes_max);
    let (id, wanted) = (asset.id, recipe.clone());
    let known = app
        .db
        .read(move |tx| {
            let wanted = wanted.clone();
            Box::pin(async move { store::rendition(tx, id, &wanted).await })
        })
        .await
        .map_err(|error: db::Error| Fault::Store(error))?;
    let made = match known {
        Some(made) => made,
        None => make(app, workspace, asset, recipe, convert).await?,
    };
    let key = BlobKey::parse(&made.blob_key).map_err(|error| blob_failed(&error))?;
    Ok(Media {
        id: asset.id.to_string(),
        kind,
        mime: made.mime,
        size_bytes: made.size_bytes,
        width: made.width,
        height: made.height,
        duration_ms: None,
        alt,
        sha256: made.sha256,
        source: Arc::new(BlobSource { blobs: app.blobs.clone(), key }),
    })
}

async fn make(
    app: &App,
    workspace: WorkspaceId,
    asset: &Asset,
    recipe: String,
    convert: &Convert,
) -> Result<RenditionRow, Fault> {
    let original = BlobKey::parse(&asset.blob_key).map_err(|error| blob_failed(&error))?;
    let opened = app.blobs.get(&original, None).await.map_err(|error| blob_failed(&error))?;
    let read = opened.body.try_fold(Vec::new(), |mut sum, piece| async move {
        sum.extend_from_slice(&piece);
        Ok(sum)
    });
    let bytes = read.await.map_err(|error| blob_failed(&BlobError::Source(error)))?;
    let (file_type, convert2): (FileType, Convert) = (asset.probe.file_type, convert.clone());
    let rendered = tokio::task::spawn_blocking(move || render(&bytes, file_type, &convert2)).await;
    let rendered = rendered.map_err(|error| crate::http::internal(&error))?.map_err(refused)?;
    let name = format!("{recipe}.{}", rendered.mime.extension());
    let key =
        BlobKey::new(&workspace.to_string(), &asset.id.to_string(), &name).map_err(|error| blob_failed(&error))?;
    let pieces = futures::stream::iter([Ok(rendered.bytes.clone())]).boxed();
    let stored = app
        .blobs
        .put(&key, rendered.mime.mime(), convert.bytes_max, pieces)
        .await
        .map_err(|error| blob_failed(&error))?;
    let made = RenditionRow {
        recipe,
        mime: rendered.mime.mime().to_owned(),
        size_bytes: stored.size_bytes,
        sha256: stored.sha256,
        width: rendered.width,
        height: rendered.height,
        why: convert.why.clone(),
        blob_key: key.as_str().to_owned(),
    };
    let (row, id, now) = (made.clone(), asset.id, app.clock.now());
    app.db
        .write(move |tx| {
            let row = row.clone();
            Box::pin(async move { store::put_rendition(tx, workspace, id, &row, now).await })
        })
        .await
        .map_err(|error: db::Error| Fault::Store(error))?;
    Ok(made)
}
