//! The only SQL for posts and variants.

use base::{
    Timestamp,
    ids::{ChannelId, MediaId, PostId, VariantId, WorkspaceId},
};
use db::{Error, Row, Tx, Value, args};

use super::content::Content;

/// A post as stored.
#[derive(Debug, Clone)]
pub struct Post {
    /// Its id.
    pub id: PostId,
    /// Grows with each change.
    pub revision: i64,
    /// What every variant says that does not say something of its own.
    pub body: Content,
    /// Who made it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
    /// When it was last changed.
    pub changed_at: Timestamp,
}

/// A post's form for one channel.
#[derive(Debug, Clone)]
pub struct Variant {
    /// Its id.
    pub id: VariantId,
    /// Whose form.
    pub post: PostId,
    /// For which channel.
    pub channel: ChannelId,
    /// What it says.
    pub content: Content,
    /// Whether it says something of its own, or follows the post.
    pub own: bool,
}

fn content(row: &Row, column: &str) -> Result<Content, Error> {
    serde_json::from_str(&row.text(column)?)
        .map_err(|error| Error::Misuse(format!("stored content cannot be read: {error}")))
}

fn json(content: &Content) -> String {
    serde_json::to_string(content).unwrap_or_else(|_| "{}".to_owned())
}

fn post(row: &Row) -> Result<Post, Error> {
    Ok(Post {
        id: row.id("id")?,
        revision: row.int("revision")?,
        body: content(row, "body")?,
        made_by: row.text("made_by")?,
        made_at: row.timestamp("made_at")?,
        changed_at: row.timestamp("changed_at")?,
    })
}

/// Stores a new post; one that is not laid out in time is a draft.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, post: &Post, laid_out: bool) -> Result<(), Error> {
    tx.send(
        "INSERT INTO posts (id, workspace_id, revision, body, made_by, made_at, changed_at, laid_out_at)
         VALUES ($1, $2, 1, $3, $4, $5, $5, $6)",
        args![
            post.id,
            workspace,
            json(&post.body),
            post.made_by.clone(),
            post.made_at,
            laid_out.then_some(post.made_at)
        ],
    )
    .await
}

/// Stores a variant, or what it says now.
pub async fn put_variant(tx: &mut Tx, workspace: WorkspaceId, variant: &Variant) -> Result<(), Error> {
    tx.send(
        "INSERT INTO variants (id, workspace_id, post_id, channel_id, content, own) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id) DO UPDATE SET content = $5, own = $6, ended_at = NULL",
        args![variant.id, workspace, variant.post, variant.channel, json(&variant.content), variant.own],
    )
    .await
}

/// The variant for a channel that the post was taken off, if it ever went there.
pub async fn removed_variant(
    tx: &mut Tx,
    workspace: WorkspaceId,
    post: PostId,
    channel: ChannelId,
) -> Result<Option<VariantId>, Error> {
    let sql = "SELECT id FROM variants
                WHERE workspace_id = $1 AND post_id = $2 AND channel_id = $3 AND ended_at IS NOT NULL";
    tx.row(sql, args![workspace, post, channel]).await?.map(|row| row.id("id")).transpose()
}

/// The post does not go to the variant's channel any more. The variant stays where a publication names it.
pub async fn remove_variant(tx: &mut Tx, workspace: WorkspaceId, id: VariantId, now: Timestamp) -> Result<(), Error> {
    let sql = "DELETE FROM variants WHERE workspace_id = $1 AND id = $2
                  AND NOT EXISTS (SELECT 1 FROM publications p WHERE p.variant_id = variants.id)";
    tx.execute(sql, args![workspace, id]).await?;
    let sql = "UPDATE variants SET ended_at = $3 WHERE workspace_id = $1 AND id = $2";
    tx.execute(sql, args![workspace, id, now]).await?;
    Ok(())
}

/// Changes a post that is held.
pub async fn update(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: PostId,
    body: &Content,
    now: Timestamp,
) -> Result<(), Error> {
    let sql =
        "UPDATE posts SET body = $3, changed_at = $4, revision = revision + 1 WHERE workspace_id = $1 AND id = $2";
    tx.execute(sql, args![workspace, id, json(body), now]).await?;
    Ok(())
}

/// Something of a post that is held has a new time: it has changed, and is no draft any more.
pub async fn laid_out(tx: &mut Tx, workspace: WorkspaceId, id: PostId, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE posts SET laid_out_at = COALESCE(laid_out_at, $3), revision = revision + 1
                WHERE workspace_id = $1 AND id = $2";
    tx.execute(sql, args![workspace, id, now]).await?;
    Ok(())
}

/// A post is a draft again if nothing was ever laid out on the channels that it goes to.
pub async fn not_laid_out(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<(), Error> {
    let sql = "UPDATE posts SET laid_out_at = NULL
                WHERE workspace_id = $1 AND id = $2
                  AND NOT EXISTS (SELECT 1 FROM publications p JOIN variants v ON v.id = p.variant_id
                                   WHERE p.post_id = posts.id AND v.ended_at IS NULL)";
    tx.execute(sql, args![workspace, id]).await?;
    Ok(())
}

/// Ends a post; it is not listed any more.
pub async fn end(tx: &mut Tx, workspace: WorkspaceId, id: PostId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE posts SET ended_at = $3 WHERE workspace_id = $1 AND id = $2", args![workspace, id, now]).await?;
    Ok(())
}

/// A post of this workspace.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<Option<Post>, Error> {
    let sql = "SELECT id, revision, body, made_by, made_at, changed_at FROM posts
                WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL";
    tx.row(sql, args![workspace, id]).await?.as_ref().map(post).transpose()
}

/// The same, held until the transaction ends: whoever schedules, changes or deletes it takes turns.
pub async fn hold(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<Option<Post>, Error> {
    let sql = "SELECT id FROM posts WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL {for_update}";
    match tx.row(sql, args![workspace, id]).await? {
        // A statement of its own sees what was committed while we waited for the lock.
        Some(_) => get(tx, workspace, id).await,
        None => Ok(None),
    }
}

/// Posts of this workspace, newest first, before an id.
pub async fn page(tx: &mut Tx, workspace: WorkspaceId, before: Option<PostId>, limit: u32) -> Result<Vec<Post>, Error> {
    // `~` sorts after every id.
    let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
    let sql = "SELECT id, revision, body, made_by, made_at, changed_at FROM posts
                WHERE workspace_id = $1 AND id < $2 AND ended_at IS NULL ORDER BY id DESC LIMIT $3";
    tx.rows(sql, args![workspace, before, limit]).await?.iter().map(post).collect()
}

/// The variants of some posts.
pub async fn variants(tx: &mut Tx, workspace: WorkspaceId, posts: &[PostId]) -> Result<Vec<Variant>, Error> {
    if posts.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (2..posts.len() + 2).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT id, post_id, channel_id, content, own FROM variants
          WHERE workspace_id = $1 AND ended_at IS NULL AND post_id IN ({}) ORDER BY id",
        places.join(", ")
    );
    let mut arguments = vec![Value::from(workspace)];
    arguments.extend(posts.iter().map(Value::from));
    let rows = tx.rows(&sql, &arguments).await?;
    rows.iter()
        .map(|row| {
            Ok(Variant {
                id: row.id("id")?,
                post: row.id("post_id")?,
                channel: row.id("channel_id")?,
                content: content(row, "content")?,
                own: row.bool("own")?,
            })
        })
        .collect()
}

/// Which posts are looked through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Among {
    /// All of them.
    All,
    /// Those of which nothing was laid out in time.
    Drafts,
    /// Those with a publication that asks for a person, or has failed.
    Asking,
}

/// What finding a post looks at.
#[derive(Debug, Clone)]
pub struct Glance {
    /// The post.
    pub id: PostId,
    /// Where it goes.
    pub channels: Vec<ChannelId>,
    /// Everything it says, in lower case; empty unless it was asked for.
    pub text: String,
}

/// The next posts before an id, newest first.
pub async fn window(
    tx: &mut Tx,
    workspace: WorkspaceId,
    among: Among,
    before: Option<PostId>,
    limit: u32,
    texts: bool,
) -> Result<Vec<Glance>, Error> {
    let before = before.map_or_else(|| "~".to_owned(), |id| id.to_string());
    let body = if texts { "body" } else { "'' AS body" };
    let only = match among {
        Among::All => "",
        Among::Drafts => " AND laid_out_at IS NULL",
        Among::Asking => {
            " AND id IN (SELECT p.post_id FROM publications p
                          WHERE p.workspace_id = $1 AND p.state IN ('failed', 'needs_eyes', 'parked', 'missed'))"
        }
    };
    let sql = format!(
        "SELECT id, {body} FROM posts
          WHERE workspace_id = $1 AND id < $2 AND ended_at IS NULL{only} ORDER BY id DESC LIMIT $3"
    );
    let rows = tx.rows(&sql, args![workspace, before, limit]).await?;
    let mut window = Vec::with_capacity(rows.len());
    for row in &rows {
        let text = if texts { lower(&content(row, "body")?) } else { String::new() };
        window.push(Glance { id: row.id("id")?, channels: Vec::new(), text });
    }
    look_at_variants(tx, workspace, &mut window, texts).await?;
    Ok(window)
}

fn lower(content: &Content) -> String {
    content.parts.iter().map(|part| part.text.to_lowercase()).collect::<Vec<_>>().join("\n")
}

async fn look_at_variants(
    tx: &mut Tx,
    workspace: WorkspaceId,
    window: &mut [Glance],
    texts: bool,
) -> Result<(), Error> {
    if window.is_empty() {
        return Ok(());
    }
    let places: Vec<String> = (2..window.len() + 2).map(|n| format!("${n}")).collect();
    let said = if texts { "CASE WHEN own THEN content END" } else { "NULL" };
    let sql = format!(
        "SELECT post_id, channel_id, {said} AS said FROM variants
          WHERE workspace_id = $1 AND ended_at IS NULL AND post_id IN ({})",
        places.join(", ")
    );
    let mut arguments = vec![Value::from(workspace)];
    arguments.extend(window.iter().map(|glance| Value::from(glance.id)));
    let rows = tx.rows(&sql, &arguments).await?;
    let mut places: std::collections::BTreeMap<PostId, &mut Glance> =
        window.iter_mut().map(|glance| (glance.id, glance)).collect();
    for row in &rows {
        let Some(glance) = places.get_mut(&row.id("post_id")?) else { continue };
        glance.channels.push(row.id("channel_id")?);
        if row.opt_text("said")?.is_some() {
            glance.text.push('\n');
            glance.text.push_str(&lower(&content(row, "said")?));
        }
    }
    Ok(())
}

/// Some posts of this workspace, newest first.
pub async fn by_ids(tx: &mut Tx, workspace: WorkspaceId, ids: &[PostId]) -> Result<Vec<Post>, Error> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let places: Vec<String> = (2..ids.len() + 2).map(|n| format!("${n}")).collect();
    let sql = format!(
        "SELECT id, revision, body, made_by, made_at, changed_at FROM posts
          WHERE workspace_id = $1 AND id IN ({}) AND ended_at IS NULL ORDER BY id DESC",
        places.join(", ")
    );
    let mut arguments = vec![Value::from(workspace)];
    arguments.extend(ids.iter().map(Value::from));
    tx.rows(&sql, &arguments).await?.iter().map(post).collect()
}

/// How many drafts there are.
pub async fn count_drafts(tx: &mut Tx, workspace: WorkspaceId) -> Result<u64, Error> {
    let sql = "SELECT COUNT(*) AS n FROM posts WHERE workspace_id = $1 AND laid_out_at IS NULL AND ended_at IS NULL";
    Ok(tx.one(sql, args![workspace]).await?.int("n")?.unsigned_abs())
}

/// Posts that still need a media asset, oldest first, at most 5: something of them is yet to go out, is on its way, or
/// waits for a person.
pub async fn uses_media(tx: &mut Tx, workspace: WorkspaceId, media: MediaId) -> Result<Vec<PostId>, Error> {
    // An id is part of a content as JSON exactly where the content names the asset: nothing else has its 26 letters.
    let sql = "SELECT DISTINCT v.post_id FROM variants v JOIN publications p ON p.variant_id = v.id
                WHERE v.workspace_id = $1 AND v.content LIKE $2
                  AND p.state NOT IN ('published', 'failed', 'cancelled', 'deleted') ORDER BY v.post_id LIMIT 5";
    tx.rows(sql, args![workspace, format!("%\"{media}\"%")]).await?.iter().map(|row| row.id("post_id")).collect()
}

/// Posts that are yet to go out and show an asset's own text for people who cannot see it, oldest first, at most 5.
pub async fn shows_alt_of(tx: &mut Tx, workspace: WorkspaceId, media: MediaId) -> Result<Vec<PostId>, Error> {
    // A content that has a text of its own for the asset names it after the id.
    let sql = "SELECT DISTINCT v.post_id FROM variants v JOIN publications p ON p.variant_id = v.id
                WHERE v.workspace_id = $1 AND v.content LIKE $2
                  AND p.state NOT IN ('published', 'failed', 'cancelled', 'deleted') ORDER BY v.post_id LIMIT 5";
    tx.rows(sql, args![workspace, format!("%\"id\":\"{media}\"}}%")])
        .await?
        .iter()
        .map(|row| row.id("post_id"))
        .collect()
}
