//! The only SQL for posts and variants.

use base::{
    Timestamp,
    ids::{ChannelId, MediaId, PostId, VariantId, WorkspaceId},
};
use db::{Error, Row, Tx, Value, args};
use serde::Serialize;

use super::{
    content::Content,
    finding::{Sort, fold},
};

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
    /// When its author means it to go out, as long as it is a draft.
    pub planned: Option<Planned>,
    /// Between its author and those who may publish it.
    pub review: Option<Review>,
}

impl Post {
    /// Whether its author has handed it in, and it has not been reviewed yet.
    pub fn is_handed_in(&self) -> bool {
        self.review.as_ref().is_some_and(|review| review.stands == Reviewing::HandedIn)
    }
}

/// A draft's intended time. Nothing goes out by it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The instant.
    pub at: Timestamp,
    /// As chosen: local time and zone.
    pub local: Option<(String, String)>,
}

/// Where a post stands between its author and those who may publish it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Review {
    /// Whose turn it is.
    pub stands: Reviewing,
    /// Who handed it in, or back.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// What they said.
    pub note: Option<String>,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Reviewing {
    /// Handed in: a member who may publish schedules it or hands it back.
    HandedIn,
    /// Handed back: its author goes on with it.
    Returned,
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
        planned: planned(row)?,
        review: review(row)?,
    })
}

const COLUMNS: &str = "id, revision, body, made_by, made_at, changed_at, planned_at, planned_local, planned_zone, review, \
     review_by, review_at, review_note";

fn planned(row: &Row) -> Result<Option<Planned>, Error> {
    let Some(at) = row.opt_timestamp("planned_at")? else { return Ok(None) };
    Ok(Some(Planned { at, local: row.opt_text("planned_local")?.zip(row.opt_text("planned_zone")?) }))
}

fn review(row: &Row) -> Result<Option<Review>, Error> {
    let (Some(stands), Some(at)) = (row.opt_text("review")?, row.opt_timestamp("review_at")?) else { return Ok(None) };
    let stands = if stands == "handed_in" { Reviewing::HandedIn } else { Reviewing::Returned };
    Ok(Some(Review { stands, by: row.text("review_by")?, at, note: row.opt_text("review_note")? }))
}

/// Stores a new post; one that is not laid out in time is a draft.
pub async fn insert(tx: &mut Tx, workspace: WorkspaceId, post: &Post, laid_out: bool) -> Result<(), Error> {
    let (planned_at, local, zone) = columns_of(post.planned.as_ref());
    tx.send(
        "INSERT INTO posts (id, workspace_id, revision, body, made_by, made_at, changed_at, laid_out_at, planned_at,
                planned_local, planned_zone)
         VALUES ($1, $2, 1, $3, $4, $5, $5, $6, $7, $8, $9)",
        args![
            post.id,
            workspace,
            json(&post.body),
            post.made_by.clone(),
            post.made_at,
            laid_out.then_some(post.made_at),
            planned_at,
            local,
            zone
        ],
    )
    .await
}

fn columns_of(planned: Option<&Planned>) -> (Option<Timestamp>, Option<String>, Option<String>) {
    let (local, zone) = planned.and_then(|planned| planned.local.clone()).unzip();
    (planned.map(|planned| planned.at), local, zone)
}

/// Stores when the author of a post that is held means it to go out.
pub async fn plan(tx: &mut Tx, workspace: WorkspaceId, id: PostId, planned: Option<&Planned>) -> Result<(), Error> {
    let (at, local, zone) = columns_of(planned);
    let sql =
        "UPDATE posts SET planned_at = $3, planned_local = $4, planned_zone = $5 WHERE workspace_id = $1 AND id = $2";
    tx.execute(sql, args![workspace, id, at, local, zone]).await?;
    Ok(())
}

/// Stores where a post that is held stands between its author and those who may publish it. It has changed.
pub async fn put_review(tx: &mut Tx, workspace: WorkspaceId, id: PostId, review: Option<&Review>) -> Result<(), Error> {
    let stands = review.map(|review| match review.stands {
        Reviewing::HandedIn => "handed_in",
        Reviewing::Returned => "returned",
    });
    let sql = "UPDATE posts SET review = $3, review_by = $4, review_at = $5, review_note = $6, revision = revision + 1
                WHERE workspace_id = $1 AND id = $2";
    let (by, at) = (review.map(|review| review.by.clone()), review.map(|review| review.at));
    let note = review.and_then(|review| review.note.clone());
    tx.execute(sql, args![workspace, id, stands, by, at, note]).await?;
    Ok(())
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

/// Something of a post that is held has a new time: it has changed, is no draft any more, and no one waits for a review.
pub async fn laid_out(tx: &mut Tx, workspace: WorkspaceId, id: PostId, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE posts SET laid_out_at = COALESCE(laid_out_at, $3), revision = revision + 1, review = NULL,
                      review_by = NULL, review_at = NULL, review_note = NULL, planned_at = NULL, planned_local = NULL,
                      planned_zone = NULL
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

/// Brings a post back that was deleted after this instant. `false` if there is none.
pub async fn restore(tx: &mut Tx, workspace: WorkspaceId, id: PostId, since: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE posts SET ended_at = NULL, revision = revision + 1
                WHERE workspace_id = $1 AND id = $2 AND ended_at >= $3";
    Ok(tx.execute(sql, args![workspace, id, since]).await? == 1)
}

/// A post of this workspace.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<Option<Post>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM posts WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL");
    tx.row(&sql, args![workspace, id]).await?.as_ref().map(post).transpose()
}

/// The same, held until the transaction ends: requests that schedule, change or delete it take turns.
pub async fn hold(tx: &mut Tx, workspace: WorkspaceId, id: PostId) -> Result<Option<Post>, Error> {
    let sql = "SELECT id FROM posts WHERE workspace_id = $1 AND id = $2 AND ended_at IS NULL {for_update}";
    match tx.row(sql, args![workspace, id]).await? {
        // A statement of its own sees what was committed while we waited for the lock.
        Some(_) => get(tx, workspace, id).await,
        None => Ok(None),
    }
}

/// The variants of some posts.
pub async fn variants(tx: &mut Tx, workspace: WorkspaceId, posts: &[PostId]) -> Result<Vec<Variant>, Error> {
    let sql = "SELECT id, post_id, channel_id, content, own FROM variants
          WHERE workspace_id = $1 AND ended_at IS NULL AND post_id {among $2} ORDER BY id";
    let arguments = [Value::from(workspace), Value::among(posts)];
    let rows = tx.rows(sql, &arguments).await?;
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
    /// Those that were handed in for review.
    HandedIn,
    /// Those with a publication that needs attention, or has failed.
    Asking,
}

/// What finding a post looks at.
#[derive(Debug, Clone)]
pub struct Glance {
    /// The post.
    pub id: PostId,
    /// What it is sorted by, beside its id.
    pub key: i64,
    /// Where it goes.
    pub channels: Vec<ChannelId>,
    /// Who made it.
    pub made_by: String,
    /// Whether it was handed in for review.
    pub handed_in: bool,
    /// Everything it says, folded; empty unless it was asked for.
    pub text: String,
}

/// A window on the posts of a workspace.
#[derive(Debug, Clone, Copy)]
pub struct Window<'a> {
    /// Which.
    pub among: Among,
    /// In which order.
    pub sort: Sort,
    /// After this one: what it is sorted by, and its id.
    pub after: Option<(i64, PostId)>,
    /// How many.
    pub limit: u32,
    /// Whether to read what they say.
    pub texts: bool,
    /// What is due or said only on other channels than these does not count; empty is all.
    pub channels: &'a [ChannelId],
}

/// The next posts of a window.
pub async fn window(tx: &mut Tx, workspace: WorkspaceId, wanted: Window<'_>) -> Result<Vec<Glance>, Error> {
    let only = match wanted.among {
        Among::All => "",
        Among::Drafts => " AND o.laid_out_at IS NULL",
        Among::HandedIn => " AND o.review = 'handed_in'",
        Among::Asking => {
            " AND o.id IN (SELECT p.post_id FROM publications p
                            WHERE p.workspace_id = $1 AND p.state IN ('failed', 'needs_eyes', 'parked', 'missed')
                           UNION ALL
                           SELECT p.post_id FROM publications p
                            WHERE p.workspace_id = $1 AND p.state = 'scheduled' AND p.reason = 'no_longer_fits')"
        }
    };
    let mut arguments: Vec<Value> = vec![workspace.into()];
    let (key, from, order) = match wanted.sort {
        Sort::Newest => ("CAST(0 AS BIGINT)", String::new(), "o.id DESC"),
        Sort::Edited => ("o.changed_at", String::new(), "o.changed_at DESC, o.id DESC"),
        Sort::Due => {
            let here = match wanted.channels.is_empty() {
                true => String::new(),
                false => {
                    arguments.push(Value::among(wanted.channels));
                    format!(" AND p.channel_id {{among ${}}}", arguments.len())
                }
            };
            // A CROSS JOIN, because SQLite keeps its order: from the few that wait to their posts.
            let due = format!(
                "(SELECT p.post_id, MIN(p.due_at) AS due FROM publications p JOIN variants v ON v.id = p.variant_id
                         WHERE p.workspace_id = $1 AND p.state IN ('scheduled', 'armed', 'processing', 'unknown')
                           AND v.ended_at IS NULL{here}
                         GROUP BY p.post_id) d CROSS JOIN "
            );
            ("d.due", due, "d.due, o.id")
        }
    };
    let after = match (wanted.after, wanted.sort) {
        (None, _) => String::new(),
        (Some((_, id)), Sort::Newest) => {
            arguments.push(id.into());
            format!(" AND o.id < ${}", arguments.len())
        }
        (Some((at, id)), sort) => {
            arguments.extend([Value::from(at), Value::from(id)]);
            let (at, id) = (arguments.len() - 1, arguments.len());
            match sort {
                Sort::Due => format!(" AND (d.due > ${at} OR (d.due = ${at} AND o.id > ${id}))"),
                _ => format!(" AND o.changed_at <= ${at} AND (o.changed_at < ${at} OR o.id < ${id})"),
            }
        }
    };
    arguments.push(wanted.limit.into());
    let body = if wanted.texts { "o.body" } else { "'' AS body" };
    let is_due = if wanted.sort == Sort::Due { " AND o.id = d.post_id" } else { "" };
    let sql = format!(
        "SELECT o.id, o.made_by, o.review, {key} AS key, {body} FROM {from}posts o
          WHERE o.workspace_id = $1 AND o.ended_at IS NULL{is_due}{only}{after} ORDER BY {order} LIMIT ${}",
        arguments.len()
    );
    let rows = tx.rows(&sql, &arguments).await?;
    let mut window = Vec::with_capacity(rows.len());
    for row in &rows {
        let text = if wanted.texts { folded(&content(row, "body")?) } else { String::new() };
        window.push(Glance {
            id: row.id("id")?,
            key: row.int("key")?,
            channels: Vec::new(),
            made_by: row.text("made_by")?,
            handed_in: row.opt_text("review")?.as_deref() == Some("handed_in"),
            text,
        });
    }
    look_at_variants(tx, workspace, &mut window, wanted.texts, wanted.channels).await?;
    Ok(window)
}

fn folded(content: &Content) -> String {
    content.parts.iter().map(|part| fold(&part.text)).collect::<Vec<_>>().join("\n")
}

async fn look_at_variants(
    tx: &mut Tx,
    workspace: WorkspaceId,
    window: &mut [Glance],
    texts: bool,
    reached: &[ChannelId],
) -> Result<(), Error> {
    let said = if texts { "CASE WHEN own THEN content END" } else { "NULL" };
    let sql = format!(
        "SELECT post_id, channel_id, {said} AS said FROM variants
          WHERE workspace_id = $1 AND ended_at IS NULL AND post_id {{among $2}}"
    );
    let arguments = [Value::from(workspace), Value::among(window.iter().map(|glance| glance.id))];
    let rows = tx.rows(&sql, &arguments).await?;
    let mut places: std::collections::BTreeMap<PostId, &mut Glance> =
        window.iter_mut().map(|glance| (glance.id, glance)).collect();
    for row in &rows {
        let Some(glance) = places.get_mut(&row.id("post_id")?) else { continue };
        let channel = row.id("channel_id")?;
        glance.channels.push(channel);
        if (reached.is_empty() || reached.contains(&channel)) && row.opt_text("said")?.is_some() {
            glance.text.push('\n');
            glance.text.push_str(&folded(&content(row, "said")?));
        }
    }
    Ok(())
}

/// Some posts of this workspace, in any order.
pub async fn by_ids(tx: &mut Tx, workspace: WorkspaceId, ids: &[PostId]) -> Result<Vec<Post>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM posts WHERE workspace_id = $1 AND id {{among $2}} AND ended_at IS NULL");
    let arguments = [Value::from(workspace), Value::among(ids)];
    tx.rows(&sql, &arguments).await?.iter().map(post).collect()
}

/// How many drafts there are.
pub async fn count_drafts(tx: &mut Tx, workspace: WorkspaceId) -> Result<u64, Error> {
    let sql = "SELECT COUNT(*) AS n FROM posts
                WHERE workspace_id = $1 AND laid_out_at IS NULL AND ended_at IS NULL
                  AND (review IS NULL OR review <> 'handed_in')";
    Ok(tx.one(sql, args![workspace]).await?.int("n")?.unsigned_abs())
}

/// Posts that still need a media asset, oldest first, at most 5: something of them is yet to go out, is on its way, waits for a
/// person, or is paused.
pub async fn uses_media(
    tx: &mut Tx,
    workspace: WorkspaceId,
    media: MediaId,
    now: Timestamp,
) -> Result<Vec<PostId>, Error> {
    // An id is part of a content as JSON exactly where the content names the asset: nothing else has its 26 letters.
    yet_to_go_out(tx, workspace, &format!("%\"{media}\"%"), now).await
}

/// Posts that are yet to go out and show an asset's own text for people who cannot see it, oldest first, at most 5.
pub async fn shows_alt_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    media: MediaId,
    now: Timestamp,
) -> Result<Vec<PostId>, Error> {
    // A content that has a text of its own for the asset names it after the id.
    yet_to_go_out(tx, workspace, &format!("%\"id\":\"{media}\"}}%"), now).await
}

async fn yet_to_go_out(
    tx: &mut Tx,
    workspace: WorkspaceId,
    content: &str,
    now: Timestamp,
) -> Result<Vec<PostId>, Error> {
    let sql = "SELECT DISTINCT v.post_id FROM variants v JOIN publications p ON p.variant_id = v.id
                WHERE v.workspace_id = $1 AND v.content LIKE $2
                  AND (p.state NOT IN ('published', 'failed', 'cancelled', 'deleted')
                    OR (p.state = 'cancelled' AND p.reason = 'series_paused' AND p.due_at > $3))
                ORDER BY v.post_id LIMIT 5";
    tx.rows(sql, args![workspace, content, now]).await?.iter().map(|row| row.id("post_id")).collect()
}
