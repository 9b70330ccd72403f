//! The only SQL for media assets, renditions and uploads.

use base::{
    Text, Timestamp,
    ids::{MediaId, UploadId, WorkspaceId},
};
use db::{Error, Row, Tx, args};

use super::Probe;

/// A media asset as stored.
#[derive(Debug, Clone)]
pub struct Asset {
    /// Its id.
    pub id: MediaId,
    /// The name it was uploaded under.
    pub file_name: String,
    /// Its type by content.
    pub mime: String,
    /// Its size after removing metadata.
    pub size_bytes: u64,
    /// SHA-256 of that, in hex.
    pub sha256: String,
    /// What it measures.
    pub probe: Probe,
    /// Where its bytes are.
    pub blob_key: String,
    /// The text for people who cannot see it.
    pub alt: Option<String>,
    /// Who uploaded it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
}

const COLUMNS: &str = "id, file_name, mime, size_bytes, sha256, probe, blob_key, alt, made_by, made_at";

fn asset(row: &Row) -> Result<Asset, Error> {
    Ok(Asset {
        id: row.id("id")?,
        file_name: row.text("file_name")?,
        mime: row.text("mime")?,
        size_bytes: size(row, "size_bytes")?,
        sha256: row.text("sha256")?,
        probe: serde_json::from_str(&row.text("probe")?)
            .map_err(|error| Error::Misuse(format!("a stored probe cannot be read: {error}")))?,
        blob_key: row.text("blob_key")?,
        alt: row.opt_text("alt")?,
        made_by: row.text("made_by")?,
        made_at: row.timestamp("made_at")?,
    })
}

fn size(row: &Row, column: &str) -> Result<u64, Error> {
    Ok(u64::try_from(row.int(column)?).unwrap_or(0))
}

fn signed(size: u64) -> i64 {
    i64::try_from(size).unwrap_or(i64::MAX)
}

/// Stores a new asset.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, asset: &Asset) -> Result<(), Error> {
    let probe = serde_json::to_string(&asset.probe).unwrap_or_default();
    tx.execute(
        "INSERT INTO media_assets (id, workspace_id, file_name, mime, size_bytes, sha256, width, height, frames, duration_ms,
                probe, blob_key, alt, made_by, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        args![
            asset.id, workspace, asset.file_name.clone(), asset.mime.clone(), signed(asset.size_bytes), asset.sha256.clone(),
            asset.probe.width, asset.probe.height, asset.probe.frames, asset.probe.duration_ms.map(signed), probe,
            asset.blob_key.clone(), asset.alt.clone(), asset.made_by.clone(), asset.made_at
        ],
    )
    .await?;
    Ok(())
}

/// An asset of this workspace.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: MediaId) -> Result<Option<Asset>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM media_assets WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL");
    tx.row(&sql, args![workspace, id]).await?.as_ref().map(asset).transpose()
}

/// Assets of this workspace, newest first, before an id.
pub async fn page(
    tx: &mut Tx,
    workspace: WorkspaceId,
    before: Option<MediaId>,
    limit: u32,
) -> Result<Vec<Asset>, Error> {
    // `~` sorts after every id.
    let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
    let sql = format!(
        "SELECT {COLUMNS} FROM media_assets WHERE workspace_id = $1 AND id < $2 AND ended_at IS NULL ORDER BY id DESC LIMIT $3"
    );
    tx.rows(&sql, args![workspace, before, limit]).await?.iter().map(asset).collect()
}

/// Gives an asset another text for people who cannot see it; `false` if there is no such asset.
pub async fn describe(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, alt: Option<&str>) -> Result<bool, Error> {
    let sql = "UPDATE media_assets SET alt = $3 WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL";
    Ok(tx.execute(sql, args![workspace, id, alt]).await? == 1)
}

/// Marks an asset as deleted: it is no longer found, and its files will be erased. `false` if there is no such asset.
pub async fn end(tx: &mut Tx, workspace: WorkspaceId, id: MediaId, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE media_assets SET ended_at = $3 WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL";
    Ok(tx.execute(sql, args![workspace, id, now]).await? == 1)
}

/// Ended assets whose files are not erased yet, in the order of their ids, after one of them.
pub async fn ended(tx: &mut Tx, after: Option<MediaId>, limit: u32) -> Result<Vec<(WorkspaceId, MediaId)>, Error> {
    let after = after.map_or_else(String::new, |id| id.to_string());
    let sql = "SELECT workspace_id, id FROM media_assets WHERE ended_at IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";
    tx.rows(sql, args![after, limit]).await?.iter().map(|row| Ok((row.id("workspace_id")?, row.id("id")?))).collect()
}

/// Forgets an ended asset and its renditions, once their files are gone.
pub async fn forget(tx: &mut Tx, id: MediaId) -> Result<(), Error> {
    tx.execute("DELETE FROM renditions WHERE media_id = $1", args![id]).await?;
    tx.execute("DELETE FROM media_assets WHERE id = $1 AND ended_at IS NOT NULL", args![id]).await?;
    Ok(())
}

/// Makes those who count what a workspace uses, and add to it, take turns until the transaction ends.
pub async fn take_turns(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), Error> {
    tx.row("SELECT id FROM workspaces WHERE id = $1 {for_update}", args![workspace]).await.map(drop)
}

/// A workspace's stored and pending uploads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Bytes of its assets, and bytes announced or received for its uploads.
    pub bytes: u64,
    /// Assets and uploads.
    pub files: u64,
}

/// What a workspace uses of its quota, one upload left out. Renditions are ours and are not counted.
pub async fn usage(tx: &mut Tx, workspace: WorkspaceId, but: Option<UploadId>, now: Timestamp) -> Result<Usage, Error> {
    let but = but.map_or_else(String::new, |id| id.to_string());
    let row = tx
        .one(
            "SELECT CAST(COALESCE(SUM(bytes), 0) AS BIGINT) AS bytes, COUNT(*) AS files FROM (
                SELECT size_bytes AS bytes FROM media_assets WHERE workspace_id = $1 AND ended_at IS NULL
                UNION ALL
                SELECT COALESCE(size_bytes, received_bytes) AS bytes FROM uploads
                 WHERE workspace_id = $1 AND finished_at IS NULL AND expires_at > $2 AND id <> $3) AS used",
            args![workspace, now, but],
        )
        .await?;
    Ok(Usage { bytes: size(&row, "bytes")?, files: size(&row, "files")? })
}

/// An upload as stored.
#[derive(Debug, Clone)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// The id that the media asset will have.
    pub media: MediaId,
    /// The name of the file.
    pub file_name: String,
    /// The size that was announced; `None` where the client does not know it.
    pub size_bytes: Option<u64>,
    /// So many bytes are on the disk.
    pub received_bytes: u64,
    /// The text for people who cannot see it.
    pub alt: Option<String>,
    /// Who uploads it.
    pub made_by: String,
    /// Since when.
    pub made_at: Timestamp,
    /// What is not finished by then is forgotten.
    pub expires_at: Timestamp,
    /// When it became a media asset.
    pub finished_at: Option<Timestamp>,
}

/// Stores a new upload.
pub async fn insert_upload(tx: &mut Tx, workspace: WorkspaceId, new: &Upload) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO uploads (id, workspace_id, media_id, file_name, size_bytes, received_bytes, alt, made_by, made_at,
                expires_at)
         VALUES ($1, $2, $3, $4, $5, 0, $6, $7, $8, $9)",
        args![
            new.id,
            workspace,
            new.media,
            new.file_name.clone(),
            new.size_bytes.map(signed),
            new.alt.clone(),
            new.made_by.clone(),
            new.made_at,
            new.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// An upload of this workspace that has not expired.
pub async fn upload(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: UploadId,
    now: Timestamp,
) -> Result<Option<Upload>, Error> {
    let sql =
        "SELECT id, media_id, file_name, size_bytes, received_bytes, alt, made_by, made_at, expires_at, finished_at
                 FROM uploads WHERE workspace_id = $1 AND id = $2 AND expires_at > $3";
    tx.row(sql, args![workspace, id, now])
        .await?
        .map(|row| {
            Ok(Upload {
                id: row.id("id")?,
                media: row.id("media_id")?,
                file_name: row.text("file_name")?,
                size_bytes: row.opt_int("size_bytes")?.and_then(|size| u64::try_from(size).ok()),
                received_bytes: size(&row, "received_bytes")?,
                alt: row.opt_text("alt")?,
                made_by: row.text("made_by")?,
                made_at: row.timestamp("made_at")?,
                expires_at: row.timestamp("expires_at")?,
                finished_at: row.opt_timestamp("finished_at")?,
            })
        })
        .transpose()
}

/// Remembers how much of an upload is on the disk.
pub async fn received(tx: &mut Tx, id: UploadId, bytes: u64) -> Result<(), Error> {
    let sql = "UPDATE uploads SET received_bytes = $2 WHERE id = $1 AND finished_at IS NULL";
    tx.execute(sql, args![id, signed(bytes)]).await?;
    Ok(())
}

/// Records that the upload became a media asset; `false` if it no longer exists or already was one.
pub async fn finish_upload(tx: &mut Tx, id: UploadId, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE uploads SET finished_at = $2 WHERE id = $1 AND finished_at IS NULL AND expires_at > $2";
    Ok(tx.execute(sql, args![id, now]).await? == 1)
}

/// Expires an upload now; the sweep deletes it.
pub async fn end_upload(tx: &mut Tx, id: UploadId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE uploads SET expires_at = $2 WHERE id = $1", args![id, now]).await?;
    Ok(())
}

/// Forgets an upload.
pub async fn forget_upload(tx: &mut Tx, id: UploadId) -> Result<(), Error> {
    tx.execute("DELETE FROM uploads WHERE id = $1", args![id]).await?;
    Ok(())
}

/// Uploads that expired before an instant, in the order of their ids, after one of them: whose, the media asset they
/// were to become, and whether they did.
pub async fn expired(
    tx: &mut Tx,
    before: Timestamp,
    after: Option<UploadId>,
    limit: u32,
) -> Result<Vec<(WorkspaceId, UploadId, MediaId, bool)>, Error> {
    let sql = "SELECT workspace_id, id, media_id, finished_at FROM uploads WHERE expires_at <= $1 AND id > $2
                ORDER BY id LIMIT $3";
    let after = after.map_or_else(String::new, |id| id.to_string());
    let rows = tx.rows(sql, args![before, after, limit]).await?;
    rows.iter()
        .map(|row| {
            let finished = row.opt_timestamp("finished_at")?.is_some();
            Ok((row.id("workspace_id")?, row.id("id")?, row.id("media_id")?, finished))
        })
        .collect()
}

/// A rendition as stored.
#[derive(Debug, Clone)]
pub struct RenditionRow {
    /// Names what was made: type, side and size.
    pub recipe: String,
    /// Its type.
    pub mime: String,
    /// Its size in bytes.
    pub size_bytes: u64,
    /// SHA-256, in hex.
    pub sha256: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Why it was made.
    pub why: Text,
    /// Where its bytes are.
    pub blob_key: String,
}

/// A rendition that was made before.
pub async fn rendition(tx: &mut Tx, media: MediaId, recipe: &str) -> Result<Option<RenditionRow>, Error> {
    let sql = "SELECT recipe, mime, size_bytes, sha256, width, height, why, blob_key FROM renditions
                WHERE media_id = $1 AND recipe = $2";
    tx.row(sql, args![media, recipe])
        .await?
        .map(|row| {
            Ok(RenditionRow {
                recipe: row.text("recipe")?,
                mime: row.text("mime")?,
                size_bytes: size(&row, "size_bytes")?,
                sha256: row.text("sha256")?,
                width: u32::try_from(row.int("width")?).unwrap_or(0),
                height: u32::try_from(row.int("height")?).unwrap_or(0),
                why: Text::from_stored(&row.text("why")?),
                blob_key: row.text("blob_key")?,
            })
        })
        .transpose()
}

/// Remembers a rendition; made twice at once, both are the same bytes and the first one stays.
pub async fn put_rendition(
    tx: &mut Tx,
    workspace: WorkspaceId,
    media: MediaId,
    made: &RenditionRow,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO renditions (media_id, recipe, workspace_id, mime, size_bytes, sha256, width, height, why, blob_key, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (media_id, recipe) DO NOTHING",
        args![
            media, made.recipe.clone(), workspace, made.mime.clone(), signed(made.size_bytes), made.sha256.clone(), made.width,
            made.height, made.why.stored(), made.blob_key.clone(), now
        ],
    )
    .await?;
    Ok(())
}

/// Which of these are images of this workspace that are still there.
pub async fn images_of(tx: &mut Tx, workspace: WorkspaceId, ids: &[MediaId]) -> Result<Vec<MediaId>, Error> {
    let sql = "SELECT id FROM media_assets
                WHERE workspace_id = $1 AND id {among $2} AND mime LIKE 'image/%' AND ended_at IS NULL";
    tx.rows(sql, args![workspace, db::Value::among(ids)]).await?.iter().map(|row| row.id("id")).collect()
}
