//! The only SQL for connections and consents.

use base::{
    Timestamp,
    ids::{ApiKeyId, ChannelId, ConnectionId, GrantId, PersonId, WorkspaceId},
};
use db::{Error, Row, Tx, args};
use serde_json::Value;

use super::Channel;

/// Who began to connect, and so who may finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Beginner {
    /// A person, in the session with this id.
    Session(PersonId, String),
    /// A program with this key, which hands over a link.
    Key(ApiKeyId),
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
    /// Who began it; `None` if no one can finish it any more.
    pub beginner: Option<Beginner>,
    /// The digest of what the browser holds that opened the link.
    pub browser_hash: Option<String>,
    /// The channel that is to be reconnected.
    pub reconnects: Option<ChannelId>,
    /// What the connector asked to keep, and where the link leads, sealed.
    pub memory: Vec<u8>,
    /// The digest of what was shown (P-031).
    pub screen_hash: String,
    /// When it ends.
    pub expires_at: Timestamp,
    /// Whether the browser came back.
    pub is_used: bool,
    /// What came of it.
    pub outcome: Option<Value>,
    /// What the consent gave, sealed, while its channels are to be chosen.
    pub granted: Option<Vec<u8>>,
    /// The grant that more channels are to be added from.
    pub grant: Option<GrantId>,
}

const CONNECTION: &str = "id, workspace_id, platform, instance, person_id, session_hash, key_id, browser_hash, reconnects, \
     memory_sealed, screen_hash, expires_at, used_at, outcome, granted_sealed, grant_id";

fn connection(row: &Row) -> Result<Connection, Error> {
    let session: Option<PersonId> = row.opt_id("person_id")?;
    let session = session.zip(row.opt_text("session_hash")?).map(|(person, id)| Beginner::Session(person, id));
    Ok(Connection {
        id: row.id("id")?,
        workspace: row.id("workspace_id")?,
        platform: row.text("platform")?,
        instance: row.text("instance")?,
        beginner: session.or(row.opt_id("key_id")?.map(Beginner::Key)),
        browser_hash: row.opt_text("browser_hash")?,
        reconnects: row.opt_id("reconnects")?,
        memory: row.bytes("memory_sealed")?,
        screen_hash: row.text("screen_hash")?,
        expires_at: row.timestamp("expires_at")?,
        is_used: row.opt_timestamp("used_at")?.is_some(),
        outcome: row.opt_json("outcome")?,
        granted: row.opt_bytes("granted_sealed")?,
        grant: row.opt_id("grant_id")?,
    })
}

/// Stores an attempt to connect.
pub async fn insert_connection(
    tx: &mut Tx,
    new: &Connection,
    (state_hash, link_hash): (&str, Option<&str>),
    now: Timestamp,
) -> Result<(), Error> {
    let (person, session, key) = match &new.beginner {
        Some(Beginner::Session(person, session)) => (Some(*person), Some(session.clone()), None),
        Some(Beginner::Key(key)) => (None, None, Some(*key)),
        None => (None, None, None),
    };
    tx.execute(
        "INSERT INTO connections (id, workspace_id, state_hash, platform, instance, person_id, session_hash, reconnects,
                memory_sealed, screen_hash, made_at, expires_at, key_id, link_hash, granted_sealed, grant_id, used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
        args![
            new.id, new.workspace, state_hash, new.platform.clone(), new.instance.clone(), person, session,
            new.reconnects, new.memory.clone(), new.screen_hash.clone(), now, new.expires_at, key, link_hash,
            new.granted.clone(), new.grant, new.is_used.then_some(now)
        ],
    )
    .await?;
    Ok(())
}

/// Takes an attempt to connect, once; a second time it is not there (S-11).
pub async fn use_connection(tx: &mut Tx, state_hash: &str, now: Timestamp) -> Result<Option<Connection>, Error> {
    let sql =
        format!("UPDATE connections SET used_at = $2 WHERE state_hash = $1 AND used_at IS NULL RETURNING {CONNECTION}");
    tx.row(&sql, args![state_hash, now]).await?.as_ref().map(connection).transpose()
}

/// The attempt of a link that no one has opened yet.
pub async fn connection_of_link(tx: &mut Tx, link_hash: &str, now: Timestamp) -> Result<Option<Connection>, Error> {
    let sql = format!(
        "SELECT {CONNECTION} FROM connections
          WHERE link_hash = $1 AND browser_hash IS NULL AND used_at IS NULL AND expires_at > $2"
    );
    tx.row(&sql, args![link_hash, now]).await?.as_ref().map(connection).transpose()
}

/// Binds a link to the browser that opens it; `false` if another one was faster.
pub async fn open_link(tx: &mut Tx, id: ConnectionId, browser_hash: &str) -> Result<bool, Error> {
    let sql = "UPDATE connections SET browser_hash = $2 WHERE id = $1 AND browser_hash IS NULL AND used_at IS NULL";
    Ok(tx.execute(sql, args![id, browser_hash]).await? == 1)
}

/// An attempt of this workspace.
pub async fn get_connection(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ConnectionId,
) -> Result<Option<Connection>, Error> {
    let sql = format!("SELECT {CONNECTION} FROM connections WHERE workspace_id = $1 AND id = $2");
    tx.row(&sql, args![workspace, id]).await?.as_ref().map(connection).transpose()
}

/// Keeps what a consent gave, sealed, until its channels are chosen.
pub async fn hold_granted(tx: &mut Tx, id: ConnectionId, granted: &[u8], until: Timestamp) -> Result<(), Error> {
    let sql = "UPDATE connections SET granted_sealed = $2, expires_at = $3 WHERE id = $1";
    tx.execute(sql, args![id, granted.to_vec(), until]).await.map(drop)
}

/// Takes what was held, once: it is erased. `false` if it was taken before or its time is over.
pub async fn take_granted(tx: &mut Tx, id: ConnectionId, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE connections SET granted_sealed = NULL
                WHERE id = $1 AND granted_sealed IS NOT NULL AND outcome IS NULL AND expires_at > $2";
    Ok(tx.execute(sql, args![id, now]).await? == 1)
}

/// Attempts of which no one chose in time, and what they gave is still here.
pub async fn unchosen(tx: &mut Tx, now: Timestamp) -> Result<Vec<Connection>, Error> {
    let sql = format!(
        "SELECT {CONNECTION} FROM connections WHERE granted_sealed IS NOT NULL AND expires_at <= $1 ORDER BY id LIMIT 20"
    );
    tx.rows(&sql, args![now]).await?.iter().map(connection).collect()
}

/// Erases what an attempt gave of which no one chose in time.
pub async fn erase_granted(tx: &mut Tx, id: ConnectionId) -> Result<(), Error> {
    tx.execute("UPDATE connections SET granted_sealed = NULL WHERE id = $1", args![id]).await.map(drop)
}

/// The attempt whose link this browser opened, while channels are to be chosen.
pub async fn connection_of_browser(tx: &mut Tx, browser_hash: &str) -> Result<Option<Connection>, Error> {
    let sql = format!(
        "SELECT {CONNECTION} FROM connections WHERE browser_hash = $1 AND granted_sealed IS NOT NULL AND outcome IS NULL"
    );
    tx.row(&sql, args![browser_hash]).await?.as_ref().map(connection).transpose()
}

/// Notes what came of an attempt.
pub async fn end_connection(tx: &mut Tx, id: ConnectionId, outcome: &Value) -> Result<(), Error> {
    tx.execute("UPDATE connections SET outcome = $2 WHERE id = $1", args![id, outcome.clone()]).await.map(drop)
}

/// Forgets attempts to connect that have ended.
pub async fn forget_connections(tx: &mut Tx, before: Timestamp) -> Result<u64, Error> {
    tx.execute("DELETE FROM connections WHERE expires_at < $1 AND granted_sealed IS NULL", args![before]).await
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
