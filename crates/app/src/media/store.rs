//! The only SQL for media assets, renditions and uploads.

use base::{
    Text, Timestamp,
    ids::{MediaId, PublicationId, UploadId, WorkspaceId},
};
use db::{Error, Row, Tx, args};

use super::{
    Probe,
    addresses::{Address, Purpose},
    transcoding::{Standing, Transcode},
};

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
    forget_transcodes(tx, id).await?;
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

/// A conversion that this node has taken on.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// Of which video.
    pub media: MediaId,
    /// Names what is made.
    pub recipe: String,
    /// What is made.
    pub work: Transcode,
    /// How often it was begun, this time included.
    pub tries: u32,
}

/// Asks for a conversion; asked for twice at once, it is done once.
pub async fn ask_transcode(
    tx: &mut Tx,
    workspace: WorkspaceId,
    media: MediaId,
    work: &Transcode,
    now: Timestamp,
) -> Result<(), Error> {
    let what = serde_json::to_string(work).unwrap_or_default();
    let sql = "INSERT INTO transcodes (media_id, recipe, workspace_id, work, asked_at, tries, percent)
               VALUES ($1, $2, $3, $4, $5, 0, 0) ON CONFLICT (media_id, recipe) DO NOTHING";
    tx.execute(sql, args![media, work.recipe(), workspace, what, now]).await.map(drop)
}

/// Where a conversion stands that was asked for and is not done.
pub async fn transcode(tx: &mut Tx, media: MediaId, recipe: &str) -> Result<Option<Standing>, Error> {
    let sql = "SELECT percent, failed FROM transcodes WHERE media_id = $1 AND recipe = $2";
    let row = tx.row(sql, args![media, recipe]).await?;
    row.map(|row| {
        Ok(Standing {
            percent: u8::try_from(row.int("percent")?).unwrap_or(0),
            failed: row.opt_text("failed")?.as_deref().map(Text::from_stored),
        })
    })
    .transpose()
}

/// Takes on the conversion that has waited longest, one of another workspace than `last` first, until a time.
pub async fn claim_transcode(
    tx: &mut Tx,
    last: Option<WorkspaceId>,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<Claimed>, Error> {
    let last = last.map_or_else(String::new, |id| id.to_string());
    let row = tx
        .row(
            "SELECT workspace_id, media_id, recipe, work, tries FROM transcodes
              WHERE failed IS NULL AND (leased_until IS NULL OR leased_until <= $1)
              ORDER BY CASE WHEN workspace_id = $2 THEN 1 ELSE 0 END, asked_at, media_id, recipe LIMIT 1",
            args![now, last],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let claimed = Claimed {
        workspace: row.id("workspace_id")?,
        media: row.id("media_id")?,
        recipe: row.text("recipe")?,
        work: serde_json::from_str(&row.text("work")?)
            .map_err(|error| Error::Misuse(format!("a stored conversion cannot be read: {error}")))?,
        tries: u32::try_from(row.int("tries")?).unwrap_or(0) + 1,
    };
    let sql = "UPDATE transcodes SET leased_until = $3, tries = tries + 1
                WHERE media_id = $1 AND recipe = $2 AND failed IS NULL AND (leased_until IS NULL OR leased_until <= $4)";
    let won = tx.execute(sql, args![claimed.media, claimed.recipe.clone(), until, now]).await? == 1;
    Ok(won.then_some(claimed))
}

/// Lets every conversion be taken on at once.
pub async fn free_transcodes(tx: &mut Tx) -> Result<(), Error> {
    tx.execute("UPDATE transcodes SET leased_until = NULL WHERE leased_until IS NOT NULL", args![]).await.map(drop)
}

/// Keeps a conversion until a time; `false` if it is gone.
pub async fn hold_transcode(
    tx: &mut Tx,
    media: MediaId,
    recipe: &str,
    until: Timestamp,
    percent: u32,
) -> Result<bool, Error> {
    let sql =
        "UPDATE transcodes SET leased_until = $3, percent = $4 WHERE media_id = $1 AND recipe = $2 AND failed IS NULL";
    Ok(tx.execute(sql, args![media, recipe, until, percent]).await? == 1)
}

/// Remembers why a conversion can't be done.
pub async fn fail_transcode(
    tx: &mut Tx,
    media: MediaId,
    recipe: &str,
    why: &Text,
    now: Timestamp,
) -> Result<(), Error> {
    let sql =
        "UPDATE transcodes SET failed = $3, leased_until = NULL, asked_at = $4 WHERE media_id = $1 AND recipe = $2";
    tx.execute(sql, args![media, recipe, why.stored(), now]).await.map(drop)
}

/// Forgets a conversion that is done.
pub async fn forget_transcode(tx: &mut Tx, media: MediaId, recipe: &str) -> Result<(), Error> {
    tx.execute("DELETE FROM transcodes WHERE media_id = $1 AND recipe = $2", args![media, recipe]).await.map(drop)
}

/// Forgets all conversions of a file.
pub async fn forget_transcodes(tx: &mut Tx, media: MediaId) -> Result<(), Error> {
    tx.execute("DELETE FROM transcodes WHERE media_id = $1", args![media]).await.map(drop)
}

/// Forgets what failed before an instant.
pub async fn forget_failed_transcodes(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM transcodes WHERE failed IS NOT NULL AND asked_at < $1", args![before]).await.map(drop)
}

/// A stored file of an asset, the original or a rendition, by its bytes: its key, type and size.
pub async fn file_with(
    tx: &mut Tx,
    workspace: WorkspaceId,
    media: MediaId,
    sha256: &str,
) -> Result<Option<(String, String, u64)>, Error> {
    let sql =
        "SELECT blob_key, mime, size_bytes FROM renditions WHERE workspace_id = $1 AND media_id = $2 AND sha256 = $3
               UNION ALL
               SELECT blob_key, mime, size_bytes FROM media_assets
                WHERE workspace_id = $1 AND id = $2 AND sha256 = $3 AND ended_at IS NULL
               LIMIT 1";
    let row = tx.row(sql, args![workspace, media, sha256]).await?;
    row.map(|row| Ok((row.text("blob_key")?, row.text("mime")?, size(&row, "size_bytes")?))).transpose()
}

const ADDRESS: &str = "id, workspace_id, publication_id, part, round, doubts, revision, media_id, blob_key, mime, sha256, \
     size_bytes, expires_at";

fn address_of(row: &Row) -> Result<Address, Error> {
    let small = |column: &str| Ok::<_, Error>(u32::try_from(row.int(column)?).unwrap_or(0));
    Ok(Address {
        id: row.text("id")?,
        workspace: row.id("workspace_id")?,
        purpose: Purpose {
            publication: row.id("publication_id")?,
            part: small("part")?,
            round: small("round")?,
            doubts: small("doubts")?,
            revision: row.int("revision")?,
        },
        media: row.id("media_id")?,
        blob_key: row.text("blob_key")?,
        mime: row.text("mime")?,
        sha256: row.text("sha256")?,
        size_bytes: size(row, "size_bytes")?,
        expires_at: row.timestamp("expires_at")?,
    })
}

/// Stores an address.
pub async fn insert_address(tx: &mut Tx, new: &Address, now: Timestamp) -> Result<(), Error> {
    let purpose = new.purpose;
    tx.execute(
        "INSERT INTO media_addresses (id, workspace_id, publication_id, part, round, doubts, revision, media_id, blob_key, mime,
                sha256, size_bytes, made_at, expires_at, fetches)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0)",
        args![
            new.id.clone(), new.workspace, purpose.publication, purpose.part, purpose.round, purpose.doubts, purpose.revision,
            new.media, new.blob_key.clone(), new.mime.clone(), new.sha256.clone(), signed(new.size_bytes), now, new.expires_at
        ],
    )
    .await
    .map(drop)
}

/// An address that was given for these bytes and this purpose, and works until an instant at least.
pub async fn address_for(
    tx: &mut Tx,
    purpose: Purpose,
    media: MediaId,
    sha256: &str,
    until: Timestamp,
) -> Result<Option<Address>, Error> {
    let sql = format!(
        "SELECT {ADDRESS} FROM media_addresses
          WHERE publication_id = $1 AND part = $2 AND round = $3 AND doubts = $4 AND revision = $5
            AND media_id = $6 AND sha256 = $7 AND expires_at >= $8 ORDER BY expires_at DESC LIMIT 1"
    );
    let Purpose { publication, part, round, doubts, revision } = purpose;
    let arguments = args![publication, part, round, doubts, revision, media, sha256, until];
    tx.row(&sql, arguments).await?.as_ref().map(address_of).transpose()
}

/// An address that has not expired.
pub async fn address(tx: &mut Tx, id: &str, now: Timestamp) -> Result<Option<Address>, Error> {
    let sql = format!("SELECT {ADDRESS} FROM media_addresses WHERE id = $1 AND expires_at > $2");
    tx.row(&sql, args![id, now]).await?.as_ref().map(address_of).transpose()
}

/// Counts a fetch.
pub async fn count_fetch(tx: &mut Tx, id: &str) -> Result<(), Error> {
    tx.execute("UPDATE media_addresses SET fetches = fetches + 1 WHERE id = $1", args![id]).await.map(drop)
}

/// How often the files of a part were fetched in this round; `None` if no address was given.
pub async fn fetches(tx: &mut Tx, publication: PublicationId, part: u32, round: u32) -> Result<Option<u64>, Error> {
    let sql = "SELECT COUNT(*) AS n, CAST(COALESCE(SUM(fetches), 0) AS BIGINT) AS fetches FROM media_addresses
                WHERE publication_id = $1 AND part = $2 AND round = $3";
    let row = tx.one(sql, args![publication, part, round]).await?;
    Ok(if row.int("n")? == 0 { None } else { Some(size(&row, "fetches")?) })
}

/// Forgets addresses that expired before an instant.
pub async fn forget_addresses(tx: &mut Tx, before: Timestamp) -> Result<(), Error> {
    tx.execute("DELETE FROM media_addresses WHERE expires_at < $1", args![before]).await.map(drop)
}
