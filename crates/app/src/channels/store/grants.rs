//! The only SQL for grants.

use base::{
    Text, Timestamp,
    ids::{ChannelId, GrantId, NodeId, WorkspaceId},
};
use db::{Error, Row, Tx, args};

use super::of_grant;

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
    pub reason: Option<Text>,
    /// A refresh was sent and its answer is not stored.
    pub refresh_begun_at: Option<Timestamp>,
    /// The installation's app that it belongs to, sealed.
    pub app: Option<Vec<u8>>,
    /// Of the channel for which the grant was read: where its own tokens stand, and these, sealed.
    pub own: Option<(String, Vec<u8>)>,
    /// Why the platform does not give that channel any more.
    pub lost: Option<Text>,
}

const GRANT: &str = "g.id, g.platform, g.instance, g.account_id, g.scopes, g.tokens_sealed, g.previous_sealed, g.version, g.state, \
     g.reason, g.refresh_begun_at, a.sealed AS app_sealed";
/// What a channel has of its own.
const OWN: &str = "c.account_id AS own_account, c.target_key AS own_target, c.tokens_sealed AS own_sealed, c.lost";
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
        reason: row.opt_text("reason")?.as_deref().map(Text::from_stored),
        refresh_begun_at: row.opt_timestamp("refresh_begun_at")?,
        app: row.opt_bytes("app_sealed")?,
        own: None,
        lost: None,
    })
}

fn of_channel(row: &Row) -> Result<GrantRow, Error> {
    let mut grant = grant_row(row)?;
    grant.own = match row.opt_bytes("own_sealed")? {
        Some(sealed) => {
            let (account, target) = (row.text("own_account")?, row.text("own_target")?);
            Some((own_place(&grant.platform, &account, &target), sealed))
        }
        None => None,
    };
    grant.lost = row.opt_text("lost")?.as_deref().map(Text::from_stored);
    Ok(grant)
}

/// Where a channel's own tokens stand: a channel that is connected anew has the same place.
pub fn own_place(platform: &str, account: &str, target: &str) -> String {
    format!("{platform}/{account}/{target}")
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
        "SELECT {GRANT}, {OWN} FROM {GRANTS} JOIN channels c ON c.grant_id = g.id
          WHERE c.workspace_id = $1 AND c.id = $2"
    );
    tx.row(&sql, args![workspace, channel]).await?.as_ref().map(of_channel).transpose()
}

/// The grants of the channels whose lanes a node took under this batch's name.
pub async fn grants_of_lanes(
    tx: &mut Tx,
    node: NodeId,
    batch: &str,
) -> Result<Vec<(ChannelId, WorkspaceId, GrantRow)>, Error> {
    let sql = format!(
        "SELECT {GRANT}, {OWN}, c.id AS channel_id, c.workspace_id
           FROM {GRANTS} JOIN channels c ON c.grant_id = g.id JOIN lanes l ON l.channel_id = c.id
          WHERE l.node = $1 AND l.batch = $2"
    );
    let rows = tx.rows(&sql, args![node, batch]).await?;
    rows.iter().map(|row| Ok((row.id("channel_id")?, row.id("workspace_id")?, of_channel(row)?))).collect()
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
    /// Its name after the @.
    pub handle: String,
    /// The id by which the platform's requests name it, if that is another.
    pub named_by: Option<String>,
    /// When the platform is asked what it gives.
    pub check_at: Timestamp,
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
                expires_at, refresh_at, refresh_fence, made_at, handle, check_at, named_by)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'active', $8, $9, 0, $10, $11, $12, $13)",
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
            new.now,
            new.handle.clone(),
            new.check_at,
            new.named_by.clone()
        ],
    )
    .await?;
    Ok(())
}

/// Takes the right to refresh: journaled before the request is sent (S-15). Gives the fence, or `None` if someone
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

/// The grant is gone: its tokens are erased, and those that its channels have of their own. `false` if a newer pair arrived meanwhile, or it was gone before.
pub async fn end_grant(tx: &mut Tx, id: GrantId, version: i64, state: &str, reason: &Text) -> Result<bool, Error> {
    let changed = tx
        .execute(
            "UPDATE grants SET state = $3, reason = $4, tokens_sealed = NULL, previous_sealed = NULL, version = version + 1,
                    refresh_at = NULL, refresh_until = NULL, refresh_begun_at = NULL, expires_at = NULL, check_at = NULL
              WHERE id = $1 AND version = $2 AND state = 'active'",
            args![id, version, state, reason.stored()],
        )
        .await?;
    if changed == 1 {
        tx.execute("UPDATE channels SET tokens_sealed = NULL WHERE grant_id = $1", args![id]).await?;
    }
    Ok(changed == 1)
}

/// Ends a grant that no live channel uses any more, whatever pair of tokens it has by now. Takes the lock first, so that a
/// refresh or another disconnection at the same moment is seen.
pub async fn end_unused_grant(tx: &mut Tx, id: GrantId, reason: &Text) -> Result<bool, Error> {
    let row = tx.row("SELECT version FROM grants WHERE id = $1 {for_update}", args![id]).await?;
    let Some(row) = row else { return Ok(false) };
    if !of_grant(tx, id).await?.is_empty() {
        return Ok(false);
    }
    end_grant(tx, id, row.int("version")?, "ended", reason).await
}

/// Whether an account has a grant in use besides this one, in whatever workspace.
pub async fn has_other_grant(
    tx: &mut Tx,
    platform: &str,
    instance: &str,
    account: &str,
    besides: GrantId,
) -> Result<bool, Error> {
    let sql =
        "SELECT 1 AS one FROM grants WHERE platform = $1 AND instance = $2 AND account_id = $3 AND state = 'active'
                AND id <> $4 LIMIT 1";
    Ok(tx.row(sql, args![platform, instance, account, besides]).await?.is_some())
}

/// Grants of which the platform is to be asked what they give, with that time.
pub async fn due_checks(tx: &mut Tx, now: Timestamp) -> Result<Vec<(WorkspaceId, GrantId, Timestamp)>, Error> {
    let sql = "SELECT workspace_id, id, check_at FROM grants
                WHERE check_at <= $1 AND state = 'active' ORDER BY check_at LIMIT 20";
    let rows = tx.rows(sql, args![now]).await?;
    rows.iter().map(|row| Ok((row.id("workspace_id")?, row.id("id")?, row.timestamp("check_at")?))).collect()
}

/// Takes a grant's check that was due at `seen`; `false` if another node has it.
pub async fn begin_check(tx: &mut Tx, id: GrantId, seen: Timestamp, until: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE grants SET check_at = $3 WHERE id = $1 AND check_at = $2 AND state = 'active'";
    Ok(tx.execute(sql, args![id, seen, until]).await? == 1)
}

/// Says when the next check is, and after how many that failed.
pub async fn end_check(tx: &mut Tx, id: GrantId, next: Timestamp, failures: i64) -> Result<(), Error> {
    let sql = "UPDATE grants SET check_at = $2, check_failures = $3 WHERE id = $1 AND state = 'active'";
    tx.execute(sql, args![id, next, failures]).await.map(drop)
}

/// How many checks of a grant failed in a row.
pub async fn check_failures(tx: &mut Tx, id: GrantId) -> Result<i64, Error> {
    let row = tx.row("SELECT check_failures FROM grants WHERE id = $1", args![id]).await?;
    row.map_or(Ok(0), |row| row.int("check_failures"))
}

/// The grant's channels have new tokens of their own: a holder of the old ones finds out before sending.
pub async fn renewed(tx: &mut Tx, id: GrantId) -> Result<(), Error> {
    tx.execute("UPDATE grants SET version = version + 1 WHERE id = $1 AND state = 'active'", args![id]).await.map(drop)
}

/// Locks a grant that is in use, so that it can't end before the transaction does; `false` if it has ended.
pub async fn lock_active(tx: &mut Tx, id: GrantId) -> Result<bool, Error> {
    let row = tx.row("SELECT state FROM grants WHERE id = $1 {for_update}", args![id]).await?;
    Ok(row.map(|row| row.text("state")).transpose()?.is_some_and(|state| state == "active"))
}

/// Grants whose tokens are to be refreshed.
pub async fn due_refreshes(tx: &mut Tx, now: Timestamp) -> Result<Vec<(WorkspaceId, GrantId, i64)>, Error> {
    let sql = "SELECT workspace_id, id, version FROM grants
                WHERE refresh_at <= $1 AND state = 'active' ORDER BY refresh_at LIMIT 50";
    let rows = tx.rows(sql, args![now]).await?;
    rows.iter().map(|row| Ok((row.id("workspace_id")?, row.id("id")?, row.int("version")?))).collect()
}

/// A grant, as far as an account's request is about it.
#[derive(Debug, Clone, Copy)]
pub struct OfAccount {
    /// Its id.
    pub id: GrantId,
    /// Its pair of tokens.
    pub version: i64,
    /// When it was given.
    pub made_at: Timestamp,
    /// Where.
    pub workspace: WorkspaceId,
}

/// All grants that an account gave, in use or not, in all workspaces, by the name that the platform's requests have for it;
/// locked, so that none is renewed or ended meanwhile.
pub async fn grants_named(tx: &mut Tx, platform: &str, account: &str) -> Result<Vec<OfAccount>, Error> {
    let sql = "SELECT id, workspace_id, version, made_at FROM grants
                WHERE platform = $1 AND (account_id = $2 OR named_by = $2) ORDER BY id {for_update}";
    let rows = tx.rows(sql, args![platform, account]).await?;
    rows.iter()
        .map(|row| {
            Ok(OfAccount {
                id: row.id("id")?,
                workspace: row.id("workspace_id")?,
                version: row.int("version")?,
                made_at: row.timestamp("made_at")?,
            })
        })
        .collect()
}

/// Erases who gave a grant, and what the platform said of the channels that have it. Their rows stay for the posts.
pub async fn erase_grant(tx: &mut Tx, id: GrantId) -> Result<(), Error> {
    let sql = "UPDATE channels SET account_id = '', target_key = '', handle = '', name = '', url = '', facts = '{}'
                WHERE grant_id = $1";
    tx.execute(sql, args![id]).await?;
    // More of its channels may be waiting to be chosen.
    tx.execute("UPDATE connections SET granted_sealed = NULL WHERE grant_id = $1", args![id]).await?;
    tx.execute("UPDATE grants SET account_id = '', handle = NULL, named_by = NULL WHERE id = $1", args![id]).await?;
    Ok(())
}
