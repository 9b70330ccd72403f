//! The only SQL for media assets and renditions.

use base::{
    Timestamp,
    ids::{MediaId, WorkspaceId},
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
    /// Its size, after everything that tells of people was taken out.
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
    pub why: String,
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
                why: row.text("why")?,
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
            made.height, made.why.clone(), made.blob_key.clone(), now
        ],
    )
    .await?;
    Ok(())
}
