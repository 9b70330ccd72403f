//! The only SQL for channels; beside it that for grants, connections, consents, platform apps and queue slots.

mod apps;
mod connections;
mod grants;
mod pictures;
mod slots;

use base::{
    Text, Timestamp,
    ids::{ChannelId, GrantId, WorkspaceId},
};
use connector::Found;
use db::{Error, Row, Tx, args};

pub use apps::*;
pub use connections::*;
pub use grants::*;
pub use pictures::{PictureDue, picture, pictures_due, put_picture};
pub use slots::*;

/// A channel as stored.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// The grant behind it.
    pub grant: GrantId,
    /// The platform.
    pub platform: String,
    /// The platform's permanent id of the account.
    pub account_id: String,
    /// A board, playlist or community within it.
    pub target_key: String,
    /// The name after the @.
    pub handle: String,
    /// The display name.
    pub name: String,
    /// Its page.
    pub url: String,
    /// Names its profile picture, if there is one.
    pub picture: Option<String>,
    /// What limits depend on (JSON).
    pub facts: serde_json::Value,
    /// `active` or `paused`.
    pub state: String,
    /// Why it is paused.
    pub paused_reason: Option<String>,
    /// Until when.
    pub paused_until: Option<Timestamp>,
    /// When it was last seen alive.
    pub checked_at: Option<Timestamp>,
    /// When it was connected.
    pub made_at: Timestamp,
    /// `active`, `dead` or `ended`: the grant's state.
    pub grant_state: String,
    /// Why the grant is dead.
    pub grant_reason: Option<Text>,
    /// When the login ends, if known.
    pub expires_at: Option<Timestamp>,
    /// Scopes as granted, separated by spaces.
    pub scopes: String,
    /// The app registration that the grant belongs to.
    pub instance: String,
    /// The account that gave the grant, and its name after the @.
    pub grant_account: (String, Option<String>),
    /// Why nothing can be published there with this login.
    pub lost: Option<Text>,
    /// Whether that is because the platform does not give the channel any more.
    pub gone: bool,
    /// Nothing goes out before this instant, and why.
    pub blocked: Option<(Timestamp, String)>,
}

const COLUMNS: &str = "c.id, c.workspace_id, c.grant_id, c.platform, c.account_id, c.target_key, c.handle, c.name, c.url, \
     c.picture_digest, c.facts, c.state, c.paused_reason, c.paused_until, c.checked_at, c.made_at, g.state AS grant_state, \
     g.reason AS grant_reason, g.expires_at, g.scopes, g.instance, g.account_id AS grant_account, g.handle AS grant_handle, c.lost, \
     c.gone, l.blocked_until, l.blocked_reason";
const TABLES: &str = "channels c JOIN grants g ON g.id = c.grant_id LEFT JOIN lanes l ON l.channel_id = c.id";

fn channel(row: &Row) -> Result<Channel, Error> {
    Ok(Channel {
        id: row.id("id")?,
        workspace: row.id("workspace_id")?,
        grant: row.id("grant_id")?,
        platform: row.text("platform")?,
        account_id: row.text("account_id")?,
        target_key: row.text("target_key")?,
        handle: row.text("handle")?,
        name: row.text("name")?,
        url: row.text("url")?,
        picture: row.opt_text("picture_digest")?,
        facts: row.json("facts")?,
        state: row.text("state")?,
        paused_reason: row.opt_text("paused_reason")?,
        paused_until: row.opt_timestamp("paused_until")?,
        checked_at: row.opt_timestamp("checked_at")?,
        made_at: row.timestamp("made_at")?,
        grant_state: row.text("grant_state")?,
        grant_reason: row.opt_text("grant_reason")?.as_deref().map(Text::from_stored),
        expires_at: row.opt_timestamp("expires_at")?,
        scopes: row.text("scopes")?,
        instance: row.text("instance")?,
        grant_account: (row.text("grant_account")?, row.opt_text("grant_handle")?),
        lost: row.opt_text("lost")?.as_deref().map(Text::from_stored),
        gone: row.bool("gone")?,
        blocked: row.opt_timestamp("blocked_until")?.zip(row.opt_text("blocked_reason")?),
    })
}

/// The channels of a workspace.
pub async fn list(tx: &mut Tx, workspace: WorkspaceId) -> Result<Vec<Channel>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE c.workspace_id = $1 AND c.ended_at IS NULL ORDER BY c.id");
    tx.rows(&sql, args![workspace]).await?.iter().map(channel).collect()
}

/// A channel of this workspace.
pub async fn get(tx: &mut Tx, workspace: WorkspaceId, id: ChannelId) -> Result<Option<Channel>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE c.workspace_id = $1 AND c.id = $2 AND c.ended_at IS NULL");
    tx.row(&sql, args![workspace, id]).await?.as_ref().map(channel).transpose()
}

/// The live channel of an account, in whatever workspace it is.
pub async fn of_account(tx: &mut Tx, platform: &str, account: &str, target: &str) -> Result<Option<Channel>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES}
          WHERE c.platform = $1 AND c.account_id = $2 AND c.target_key = $3 AND c.ended_at IS NULL"
    );
    tx.row(&sql, args![platform, account, target]).await?.as_ref().map(channel).transpose()
}

/// The live channels of an account, whatever their targets, in all workspaces.
pub async fn all_of_account(tx: &mut Tx, platform: &str, account: &str) -> Result<Vec<ChannelId>, Error> {
    let sql = "SELECT id FROM channels WHERE platform = $1 AND account_id = $2 AND ended_at IS NULL";
    tx.rows(sql, args![platform, account]).await?.iter().map(|row| row.id("id")).collect()
}

/// The live channels of a platform, in all workspaces.
pub async fn of_platform(tx: &mut Tx, platform: &str) -> Result<Vec<ChannelId>, Error> {
    let rows = tx.rows("SELECT id FROM channels WHERE platform = $1 AND ended_at IS NULL", args![platform]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// Channels behind one grant.
pub async fn of_grant(tx: &mut Tx, grant: GrantId) -> Result<Vec<Channel>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM {TABLES} WHERE c.grant_id = $1 AND c.ended_at IS NULL");
    tx.rows(&sql, args![grant]).await?.iter().map(channel).collect()
}

/// Channels behind one grant, disconnected ones too.
pub async fn ever_of_grant(tx: &mut Tx, grant: GrantId) -> Result<Vec<ChannelId>, Error> {
    let rows = tx.rows("SELECT id FROM channels WHERE grant_id = $1", args![grant]).await?;
    rows.iter().map(|row| row.id("id")).collect()
}

/// How many live channels a workspace has.
pub async fn count(tx: &mut Tx, workspace: WorkspaceId) -> Result<usize, Error> {
    let sql = "SELECT COUNT(*) AS n FROM channels WHERE workspace_id = $1 AND ended_at IS NULL";
    Ok(usize::try_from(tx.one(sql, args![workspace]).await?.int("n")?).unwrap_or(usize::MAX))
}

/// What a grant gives, with its own tokens sealed for their place.
#[derive(Debug, Clone)]
pub struct Target {
    /// What the platform says of it.
    pub found: Found,
    /// Its own tokens, sealed.
    pub own: Option<Vec<u8>>,
}

/// Stores a new channel.
pub async fn insert(
    tx: &mut Tx,
    id: ChannelId,
    workspace: WorkspaceId,
    grant: GrantId,
    platform: &str,
    Target { found, own }: &Target,
    now: Timestamp,
) -> Result<(), Error> {
    let account = &found.account;
    tx.execute(
        "INSERT INTO channels (id, workspace_id, grant_id, platform, account_id, target_key, handle, name, url, facts, state,
                checked_at, made_at, tokens_sealed)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $11, $12)",
        args![
            id, workspace, grant, platform, account.id.clone(), found.target_key.clone(), account.handle.clone(),
            account.name.clone(), account.url.clone(), found.facts.to_string(), now, own.clone()
        ],
    )
    .await?;
    pictures::picture_at(tx, id, account).await
}

/// What the platform says of a channel now. It is there, whatever was said before.
pub async fn seen(
    tx: &mut Tx,
    id: ChannelId,
    grant: GrantId,
    Target { found, own }: &Target,
    now: Timestamp,
) -> Result<(), Error> {
    let account = &found.account;
    tx.execute(
        "UPDATE channels SET grant_id = $2, handle = $3, name = $4, url = $5, facts = $6, checked_at = $7, tokens_sealed = $8,
                lost = NULL, gone = FALSE
          WHERE id = $1",
        args![
            id, grant, account.handle.clone(), account.name.clone(), account.url.clone(), found.facts.to_string(), now,
            own.clone()
        ],
    )
    .await?;
    pictures::picture_at(tx, id, account).await
}

/// The platform refuses a channel's login, or does not give the channel any more (`gone`): its own tokens are erased. `false`
/// if that was known.
pub async fn lose(tx: &mut Tx, id: ChannelId, gone: bool, why: &Text, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE channels SET lost = $2, gone = $4, checked_at = $3, tokens_sealed = NULL
                WHERE id = $1 AND (lost IS NULL OR ($4 AND NOT gone))";
    Ok(tx.execute(sql, args![id, why.stored(), now, gone]).await? == 1)
}

/// A channel's limits are others than before: posts are to be judged again.
pub async fn limits_changed(tx: &mut Tx, id: ChannelId, now: Timestamp) -> Result<(), Error> {
    tx.execute("UPDATE channels SET limits_changed_at = $2 WHERE id = $1", args![id, now]).await.map(drop)
}

/// Channels whose posts are to be judged again, and since when.
pub async fn with_new_limits(tx: &mut Tx) -> Result<Vec<(Channel, Timestamp)>, Error> {
    let sql = format!(
        "SELECT {COLUMNS}, c.limits_changed_at FROM {TABLES}
          WHERE c.limits_changed_at IS NOT NULL AND c.ended_at IS NULL ORDER BY c.limits_changed_at LIMIT 20"
    );
    tx.rows(&sql, &[]).await?.iter().map(|row| Ok((channel(row)?, row.timestamp("limits_changed_at")?))).collect()
}

/// A channel's posts were judged by the limits of this instant.
pub async fn judged(tx: &mut Tx, id: ChannelId, since: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE channels SET limits_changed_at = NULL WHERE id = $1 AND limits_changed_at = $2";
    tx.execute(sql, args![id, since]).await.map(drop)
}

/// Pauses a channel, or lets it go on (`reason` is `None`).
pub async fn pause(tx: &mut Tx, id: ChannelId, reason: Option<&str>, until: Option<Timestamp>) -> Result<(), Error> {
    let state = if reason.is_some() { "paused" } else { "active" };
    let sql = "UPDATE channels SET state = $2, paused_reason = $3, paused_until = $4 WHERE id = $1";
    tx.execute(sql, args![id, state, reason, until]).await?;
    Ok(())
}

/// Ends a pause that is over; `false` if it was renewed meanwhile.
pub async fn end_pause(tx: &mut Tx, id: ChannelId, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE channels SET state = 'active', paused_reason = NULL, paused_until = NULL
                WHERE id = $1 AND state = 'paused' AND paused_until <= $2";
    Ok(tx.execute(sql, args![id, now]).await? == 1)
}

/// Channels whose pause has ended by itself.
pub async fn pauses_over(tx: &mut Tx, now: Timestamp) -> Result<Vec<Channel>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM {TABLES} WHERE c.state = 'paused' AND c.paused_until <= $1 AND c.ended_at IS NULL LIMIT 100"
    );
    tx.rows(&sql, args![now]).await?.iter().map(channel).collect()
}

/// Ends a channel. Its row stays for the posts that went out on it; identity goes.
pub async fn end(tx: &mut Tx, id: ChannelId, now: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE channels SET ended_at = $2, facts = '{}', state = 'paused', paused_reason = 'disconnected',
                      tokens_sealed = NULL, lost = NULL, limits_changed_at = NULL, picture = NULL, picture_digest = NULL,
                      picture_of = NULL, picture_from = NULL WHERE id = $1";
    tx.execute(sql, args![id, now]).await?;
    Ok(())
}
