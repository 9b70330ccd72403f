//! The only SQL for channels, grants, connections, platform apps, consents and queue slots.

use base::{
    Timestamp,
    ids::{ChannelId, ConnectionId, GrantId, NodeId, PersonId, QueueSlotId, WorkspaceId},
};
use connector::Found;
use db::{Error, Row, Tx, args};

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
    pub grant_reason: Option<String>,
    /// When the login ends, if known.
    pub expires_at: Option<Timestamp>,
    /// Scopes as granted, separated by spaces.
    pub scopes: String,
    /// Nothing goes out before this instant, and why.
    pub blocked: Option<(Timestamp, String)>,
}

const COLUMNS: &str = "c.id, c.workspace_id, c.grant_id, c.platform, c.account_id, c.target_key, c.handle, c.name, c.url, \
     c.facts, c.state, c.paused_reason, c.paused_until, c.checked_at, c.made_at, g.state AS grant_state, \
     g.reason AS grant_reason, g.expires_at, g.scopes, l.blocked_until, l.blocked_reason";
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
        facts: row.json("facts")?,
        state: row.text("state")?,
        paused_reason: row.opt_text("paused_reason")?,
        paused_until: row.opt_timestamp("paused_until")?,
        checked_at: row.opt_timestamp("checked_at")?,
        made_at: row.timestamp("made_at")?,
        grant_state: row.text("grant_state")?,
        grant_reason: row.opt_text("grant_reason")?,
        expires_at: row.opt_timestamp("expires_at")?,
        scopes: row.text("scopes")?,
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

/// Stores a new channel.
pub async fn insert(
    tx: &mut Tx,
    id: ChannelId,
    workspace: WorkspaceId,
    grant: GrantId,
    platform: &str,
    found: &Found,
    now: Timestamp,
) -> Result<(), Error> {
    let account = &found.account;
    tx.execute(
        "INSERT INTO channels (id, workspace_id, grant_id, platform, account_id, target_key, handle, name, url, facts, state,
                checked_at, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'active', $11, $11)",
        args![
            id, workspace, grant, platform, account.id.clone(), found.target_key.clone(), account.handle.clone(),
            account.name.clone(), account.url.clone(), found.facts.to_string(), now
        ],
    )
    .await?;
    Ok(())
}

/// What the platform says of a channel now.
pub async fn seen(tx: &mut Tx, id: ChannelId, grant: GrantId, found: &Found, now: Timestamp) -> Result<(), Error> {
    let account = &found.account;
    tx.execute(
        "UPDATE channels SET grant_id = $2, handle = $3, name = $4, url = $5, facts = $6, checked_at = $7 WHERE id = $1",
        args![
            id, grant, account.handle.clone(), account.name.clone(), account.url.clone(), found.facts.to_string(), now
        ],
    )
    .await?;
    Ok(())
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
    let sql = "UPDATE channels SET ended_at = $2, facts = '{}', state = 'paused', paused_reason = 'disconnected' WHERE id = $1";
    tx.execute(sql, args![id, now]).await?;
    Ok(())
}

/// A grant as stored; its tokens still sealed.
#[derive(Debug, Clone)]
pub struct GrantRow {
    /// Its id.
    pub id: GrantId,
    /// The platform.
    pub platform: String,
    /// The app registration it belongs to; empty for the installation's only one.
    pub instance: String,
    /// The account.
    pub account_id: String,
    /// Scopes as granted.
    pub scopes: String,
    /// Sealed tokens; `None` once erased.
    pub tokens: Option<Vec<u8>>,
    /// The pair before, sealed: kept until the present one is proven by its own refresh.
    pub previous: Option<Vec<u8>>,
    /// Grows with each new pair of tokens.
    pub version: i64,
    /// `active`, `dead` or `ended`.
    pub state: String,
    /// Why it is dead.
    pub reason: Option<String>,
    /// A refresh was sent and its answer is not stored.
    pub refresh_begun_at: Option<Timestamp>,
    /// The installation's app that it belongs to, sealed.
    pub app: Option<Vec<u8>>,
}

const GRANT: &str = "g.id, g.platform, g.instance, g.account_id, g.scopes, g.tokens_sealed, g.previous_sealed, g.version, g.state, \
     g.reason, g.refresh_begun_at, a.sealed AS app_sealed";
const GRANTS: &str = "grants g LEFT JOIN platform_apps a ON a.platform = g.platform AND a.instance = g.instance";

fn grant_row(row: &Row) -> Result<GrantRow, Error> {
    Ok(GrantRow {
        id: row.id("id")?,
        platform: row.text("platform")?,
        instance: row.text("instance")?,
        account_id: row.text("account_id")?,
        scopes: row.text("scopes")?,
        tokens: row.opt_bytes("tokens_sealed")?,
        previous: row.opt_bytes("previous_sealed")?,
        version: row.int("version")?,
        state: row.text("state")?,
        reason: row.opt_text("reason")?,
        refresh_begun_at: row.opt_timestamp("refresh_begun_at")?,
        app: row.opt_bytes("app_sealed")?,
    })
}

/// A grant of this workspace.
pub async fn grant(tx: &mut Tx, workspace: WorkspaceId, id: GrantId) -> Result<Option<GrantRow>, Error> {
    let sql = format!("SELECT {GRANT} FROM {GRANTS} WHERE g.workspace_id = $1 AND g.id = $2");
    tx.row(&sql, args![workspace, id]).await?.as_ref().map(grant_row).transpose()
}

/// The grant that a channel of this workspace has now.
pub async fn grant_of_channel(
    tx: &mut Tx,
    workspace: WorkspaceId,
    channel: ChannelId,
) -> Result<Option<GrantRow>, Error> {
    let sql = format!(
        "SELECT {GRANT} FROM {GRANTS} JOIN channels c ON c.grant_id = g.id WHERE c.workspace_id = $1 AND c.id = $2"
    );
    tx.row(&sql, args![workspace, channel]).await?.as_ref().map(grant_row).transpose()
}

/// The grants of the channels whose lanes a node took under this batch's name.
pub async fn grants_of_lanes(
    tx: &mut Tx,
    node: NodeId,
    batch: &str,
) -> Result<Vec<(ChannelId, WorkspaceId, GrantRow)>, Error> {
    let sql = format!(
        "SELECT {GRANT}, c.id AS channel_id, c.workspace_id
           FROM {GRANTS} JOIN channels c ON c.grant_id = g.id JOIN lanes l ON l.channel_id = c.id
          WHERE l.node = $1 AND l.batch = $2"
    );
    let rows = tx.rows(&sql, args![node, batch]).await?;
    rows.iter().map(|row| Ok((row.id("channel_id")?, row.id("workspace_id")?, grant_row(row)?))).collect()
}

/// When tokens end and when they are to be refreshed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expiry {
    /// The end of the access token.
    pub expires_at: Option<Timestamp>,
    /// When to refresh, well before.
    pub refresh_at: Option<Timestamp>,
}

/// A grant to be stored.
#[derive(Debug, Clone)]
pub struct NewGrant {
    /// Its id.
    pub id: GrantId,
    /// Where it belongs.
    pub workspace: WorkspaceId,
    /// The platform.
    pub platform: String,
    /// The app registration.
    pub instance: String,
    /// The account.
    pub account_id: String,
    /// Scopes as granted.
    pub scopes: String,
    /// Sealed tokens.
    pub tokens: Vec<u8>,
    /// Their end.
    pub expiry: Expiry,
    /// Now.
    pub now: Timestamp,
}

/// Stores a new grant.
pub async fn insert_grant(tx: &mut Tx, new: &NewGrant) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO grants (id, workspace_id, platform, instance, account_id, scopes, tokens_sealed, version, state,
                expires_at, refresh_at, refresh_fence, made_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'active', $8, $9, 0, $10)",
        args![
            new.id,
            new.workspace,
            new.platform.clone(),
            new.instance.clone(),
            new.account_id.clone(),
            new.scopes.clone(),
            new.tokens.clone(),
            new.expiry.expires_at,
            new.expiry.refresh_at,
            new.now
        ],
    )
    .await?;
    Ok(())
}

/// Takes the right to refresh: journaled before the request is sent (S-15). Gives the fence, or `None` if somebody
/// else has it or has been faster.
pub async fn begin_refresh(
    tx: &mut Tx,
    id: GrantId,
    version: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<Option<i64>, Error> {
    let row = tx
        .row(
            "UPDATE grants SET refresh_fence = refresh_fence + 1, refresh_until = $4, refresh_begun_at = $3
              WHERE id = $1 AND version = $2 AND state = 'active' AND (refresh_until IS NULL OR refresh_until <= $3)
             RETURNING refresh_fence",
            args![id, version, now, until],
        )
        .await?;
    row.map(|row| row.int("refresh_fence")).transpose()
}

/// Stores new tokens; the old pair stays beside them until the new one is proven. `false` under a stale fence.
pub async fn finish_refresh(
    tx: &mut Tx,
    id: GrantId,
    fence: i64,
    (tokens, previous): (&[u8], &[u8]),
    expiry: Expiry,
) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE grants SET previous_sealed = $6, tokens_sealed = $3, version = version + 1, expires_at = $4,
                    refresh_at = $5, refresh_until = NULL, refresh_begun_at = NULL
              WHERE id = $1 AND refresh_fence = $2 AND state = 'active'",
            args![id, fence, tokens.to_vec(), expiry.expires_at, expiry.refresh_at, previous.to_vec()],
        )
        .await?;
    Ok(changed == 1)
}

/// Gives the right to refresh back without new tokens. `doubt`: the request left and no answer came.
pub async fn abandon_refresh(
    tx: &mut Tx,
    id: GrantId,
    fence: i64,
    doubt: bool,
    retry_at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "UPDATE grants SET refresh_until = NULL, refresh_at = $4,
                refresh_begun_at = CASE WHEN $3 THEN refresh_begun_at ELSE NULL END
          WHERE id = $1 AND refresh_fence = $2",
        args![id, fence, doubt, retry_at],
    )
    .await?;
    Ok(())
}

/// The grant is gone: its tokens are erased. `false` if a newer pair arrived meanwhile, or it was gone before.
pub async fn end_grant(tx: &mut Tx, id: GrantId, version: i64, state: &str, reason: &str) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE grants SET state = $3, reason = $4, tokens_sealed = NULL, previous_sealed = NULL, version = version + 1,
                    refresh_at = NULL, refresh_until = NULL, refresh_begun_at = NULL, expires_at = NULL
              WHERE id = $1 AND version = $2 AND state = 'active'",
            args![id, version, state, reason],
        )
        .await?;
    Ok(changed == 1)
}

/// Ends a grant that no live channel uses any more, whatever pair of tokens it has by now. Takes the lock first, so that a
/// refresh or another disconnection at the same moment is seen.
pub async fn end_unused_grant(tx: &mut Tx, id: GrantId, reason: &str) -> Result<bool, Error> {
    let row = tx.row("SELECT version FROM grants WHERE id = $1 {for_update}", args![id]).await?;
    let Some(row) = row else { return Ok(false) };
    if !of_grant(tx, id).await?.is_empty() {
        return Ok(false);
    }
    end_grant(tx, id, row.int("version")?, "ended", reason).await
}

/// Grants whose tokens are to be refreshed.
pub async fn due_refreshes(tx: &mut Tx, now: Timestamp) -> Result<Vec<(WorkspaceId, GrantId, i64)>, Error> {
    let sql = "SELECT workspace_id, id, version FROM grants
                WHERE refresh_at <= $1 AND state = 'active' ORDER BY refresh_at LIMIT 50";
    let rows = tx.rows(sql, args![now]).await?;
    rows.iter().map(|row| Ok((row.id("workspace_id")?, row.id("id")?, row.int("version")?))).collect()
}

/// The installation's app at a platform, sealed.
pub async fn platform_app(tx: &mut Tx, platform: &str, instance: &str) -> Result<Option<Vec<u8>>, Error> {
    let sql = "SELECT sealed FROM platform_apps WHERE platform = $1 AND instance = $2";
    tx.row(sql, args![platform, instance]).await?.map(|row| row.bytes("sealed")).transpose()
}

/// Stores the installation's app at a platform.
pub async fn put_platform_app(
    tx: &mut Tx,
    platform: &str,
    instance: &str,
    sealed: &[u8],
    by: &str,
    now: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO platform_apps (platform, instance, sealed, made_at, made_by) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (platform, instance) DO UPDATE SET sealed = $3, made_at = $4, made_by = $5",
        args![platform, instance, sealed.to_vec(), now, by],
    )
    .await?;
    Ok(())
}

/// The platforms whose own app (not an instance's) is stored.
pub async fn platform_apps(tx: &mut Tx) -> Result<Vec<String>, Error> {
    let rows = tx.rows("SELECT platform FROM platform_apps WHERE instance = ''", &[]).await?;
    rows.iter().map(|row| row.text("platform")).collect()
}

/// Takes the installation's app at a platform away; `false` if there was none.
pub async fn delete_platform_app(tx: &mut Tx, platform: &str) -> Result<bool, Error> {
    let sql = "DELETE FROM platform_apps WHERE platform = $1 AND instance = ''";
    Ok(tx.execute(sql, args![platform]).await? > 0)
}

/// An attempt to connect.
#[derive(Debug, Clone)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Where the channel will belong.
    pub workspace: WorkspaceId,
    /// The platform.
    pub platform: String,
    /// The app registration.
    pub instance: String,
    /// Who began it; `None` if a program did.
    pub person: Option<PersonId>,
    /// The digest of the session it was begun in.
    pub session_hash: Option<String>,
    /// The channel that is to be reconnected.
    pub reconnects: Option<ChannelId>,
    /// What the connector asked to keep, sealed.
    pub memory: Vec<u8>,
    /// The digest of what was shown (P-031).
    pub screen_hash: String,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// Stores an attempt to connect.
pub async fn insert_connection(tx: &mut Tx, new: &Connection, state_hash: &str, now: Timestamp) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO connections (id, workspace_id, state_hash, platform, instance, person_id, session_hash, reconnects,
                memory_sealed, screen_hash, made_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
        args![
            new.id, new.workspace, state_hash, new.platform.clone(), new.instance.clone(), new.person,
            new.session_hash.clone(), new.reconnects, new.memory.clone(), new.screen_hash.clone(), now, new.expires_at
        ],
    )
    .await?;
    Ok(())
}

/// Takes an attempt to connect, once; a second time it is not there (S-11).
pub async fn use_connection(tx: &mut Tx, state_hash: &str, now: Timestamp) -> Result<Option<Connection>, Error> {
    let row = tx
        .row(
            "UPDATE connections SET used_at = $2 WHERE state_hash = $1 AND used_at IS NULL
             RETURNING id, workspace_id, platform, instance, person_id, session_hash, reconnects, memory_sealed, screen_hash,
                       expires_at",
            args![state_hash, now],
        )
        .await?;
    row.map(|row| {
        Ok(Connection {
            id: row.id("id")?,
            workspace: row.id("workspace_id")?,
            platform: row.text("platform")?,
            instance: row.text("instance")?,
            person: row.opt_id("person_id")?,
            session_hash: row.opt_text("session_hash")?,
            reconnects: row.opt_id("reconnects")?,
            memory: row.bytes("memory_sealed")?,
            screen_hash: row.text("screen_hash")?,
            expires_at: row.timestamp("expires_at")?,
        })
    })
    .transpose()
}

/// Forgets attempts to connect that have ended.
pub async fn forget_connections(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM connections WHERE expires_at < $1", args![before]).await
}

/// Records a yes or no at connecting and disconnecting (P-031).
pub async fn record_consent(
    tx: &mut Tx,
    id: &str,
    channel: &Channel,
    who: &str,
    act: &str,
    screen: &str,
    at: Timestamp,
) -> Result<(), Error> {
    tx.execute(
        "INSERT INTO channel_consents (id, workspace_id, channel_id, person_id, act, scopes, screen_hash, at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        args![id, channel.workspace, channel.id, who, act, channel.scopes.clone(), screen, at],
    )
    .await?;
    Ok(())
}

/// A weekly time on a channel.
#[derive(Debug, Clone)]
pub struct QueueSlot {
    /// Its id.
    pub id: QueueSlotId,
    /// 0 is Monday.
    pub weekday: u8,
    /// Minutes since midnight.
    pub minute: u16,
    /// In this zone.
    pub zone: String,
}

/// Until the end of the transaction nobody else takes a slot of this channel.
pub async fn lock_slots(tx: &mut Tx, channel: ChannelId) -> Result<(), Error> {
    tx.row("SELECT id FROM channels WHERE id = $1 {for_update}", args![channel]).await.map(drop)
}

/// A channel's slots through the week.
pub async fn slots(tx: &mut Tx, channel: ChannelId) -> Result<Vec<QueueSlot>, Error> {
    let sql = "SELECT id, weekday, minute, zone FROM queue_slots WHERE channel_id = $1 ORDER BY weekday, minute";
    let rows = tx.rows(sql, args![channel]).await?;
    rows.iter()
        .map(|row| {
            Ok(QueueSlot {
                id: row.id("id")?,
                weekday: u8::try_from(row.int("weekday")?).unwrap_or(0),
                minute: u16::try_from(row.int("minute")?).unwrap_or(0),
                zone: row.text("zone")?,
            })
        })
        .collect()
}

/// Replaces a channel's slots.
pub async fn put_slots(tx: &mut Tx, channel: &Channel, slots: &[QueueSlot]) -> Result<(), Error> {
    tx.execute("DELETE FROM queue_slots WHERE channel_id = $1", args![channel.id]).await?;
    for slot in slots {
        tx.execute(
            "INSERT INTO queue_slots (id, workspace_id, channel_id, weekday, minute, zone) VALUES ($1, $2, $3, $4, $5, $6)",
            args![slot.id, channel.workspace, channel.id, i64::from(slot.weekday), i64::from(slot.minute), slot.zone.clone()],
        )
        .await?;
    }
    Ok(())
}
