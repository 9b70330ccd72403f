//! The only SQL for `api_keys`.

use std::{
    collections::BTreeSet,
    sync::{Arc, atomic::AtomicI64},
};

use base::{
    Permission, Permissions, Scope, Timestamp,
    ids::{ApiKeyId, ChannelId, PersonId, WorkspaceId, kinds},
};
use db::{Db, Error, Row, Tx, args};
use ipnet::IpNet;

use super::{Key, Verified};
use crate::request::rights_changed;

const COLUMNS: &str =
    "workspace_id, id, visible, name, permissions, channels, addresses, made_by, created_at, expires_at,
    last_used_at, last_used_from, revoked_at, successor";

pub(super) struct Stored {
    pub key: Key,
    pub hash: [u8; 32],
}

pub(super) async fn insert(tx: &mut Tx, scope: &Scope, stored: &Stored) -> Result<(), Error> {
    let key = &stored.key;
    tx.execute(
        "INSERT INTO api_keys (workspace_id, id, hash, visible, name, permissions, channels, addresses, made_by,
                               created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        args![
            scope.workspace(),
            key.id,
            &stored.hash,
            &key.visible,
            &key.name,
            serde_json::json!(key.permissions),
            key.channels.as_ref().map(|channels| serde_json::json!(channels)),
            key.addresses.as_ref().map(|addresses| serde_json::json!(addresses)),
            key.made_by,
            key.created_at,
            key.expires_at
        ],
    )
    .await
    .map(drop)
}

pub(super) async fn all(tx: &mut Tx, scope: &Scope) -> Result<Vec<Key>, Error> {
    let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE workspace_id = $1 AND revoked_at IS NULL ORDER BY id");
    tx.rows(&sql, args![scope.workspace()]).await?.iter().map(key).collect()
}

pub(super) async fn one(tx: &mut Tx, scope: &Scope, id: ApiKeyId) -> Result<Option<Key>, Error> {
    let sql = format!(
        "SELECT {COLUMNS} FROM api_keys WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL {{for_update}}"
    );
    tx.row(&sql, args![scope.workspace(), id]).await?.as_ref().map(key).transpose()
}

/// Gives whether it was good until now.
pub(super) async fn revoke(tx: &mut Tx, workspace: WorkspaceId, id: ApiKeyId, now: Timestamp) -> Result<bool, Error> {
    let sql = "UPDATE api_keys SET revoked_at = $3 WHERE workspace_id = $1 AND id = $2 AND revoked_at IS NULL";
    let was_good = tx.execute(sql, args![workspace, id, now]).await? == 1;
    rights_changed(tx, id).await?;
    Ok(was_good)
}

/// Hands over to another key: this one ends at `end`, if it would have been good for longer.
pub(super) async fn succeed(
    tx: &mut Tx,
    scope: &Scope,
    id: ApiKeyId,
    by: ApiKeyId,
    end: Timestamp,
) -> Result<(), Error> {
    let sql = "UPDATE api_keys SET successor = $3, expires_at = {least}(expires_at, $4)
                WHERE workspace_id = $1 AND id = $2";
    tx.execute(sql, args![scope.workspace(), id, by, end]).await?;
    rights_changed(tx, id).await
}

/// The key of this digest, if it was not revoked. The only look-up without a workspace: it finds out which one it is.
pub(super) async fn by_hash(db: &Db, hash: [u8; 32], now: Timestamp) -> Result<Option<Verified>, Error> {
    let row = db
        .read(async move |tx| {
            let sql = format!("SELECT {COLUMNS} FROM api_keys WHERE hash = $1 AND revoked_at IS NULL");
            tx.row(&sql, args![&hash]).await
        })
        .await?;
    row.map(|row| verified(&row, now)).transpose()
}

pub(super) async fn note_use(
    db: &Db,
    workspace: WorkspaceId,
    id: ApiKeyId,
    now: Timestamp,
    from: String,
) -> Result<(), Error> {
    db.write(async move |tx| {
        let sql = "UPDATE api_keys SET last_used_at = $3, last_used_from = $4 WHERE workspace_id = $1 AND id = $2";
        tx.execute(sql, args![workspace, id, now, &from]).await.map(drop)
    })
    .await
}

fn verified(row: &Row, now: Timestamp) -> Result<Verified, Error> {
    let key = key(row)?;
    Ok(Verified {
        id: key.id,
        workspace: row.id::<kinds::Workspace>("workspace_id")?,
        permissions: key.permissions,
        channels: key.channels.map(Arc::new),
        addresses: key.addresses.unwrap_or_default(),
        expires_at: key.expires_at,
        noted_at: Arc::new(AtomicI64::new(key.last_used_at.map_or(0, Timestamp::as_micros))),
        read_at: now,
    })
}

fn key(row: &Row) -> Result<Key, Error> {
    Ok(Key {
        id: row.id("id")?,
        visible: row.text("visible")?,
        name: row.text("name")?,
        permissions: permissions(row)?,
        channels: list::<ChannelId>(row, "channels")?.map(BTreeSet::from_iter),
        addresses: list::<IpNet>(row, "addresses")?,
        made_by: row.id::<kinds::Person>("made_by")? as PersonId,
        created_at: row.timestamp("created_at")?,
        expires_at: row.timestamp("expires_at")?,
        last_used_at: row.opt_timestamp("last_used_at")?,
        last_used_from: row.opt_text("last_used_from")?,
        successor: row.opt_id("successor")?,
    })
}

/// A permission that this version does not know is not held.
fn permissions(row: &Row) -> Result<Permissions, Error> {
    let words: Vec<String> = serde_json::from_value(row.json("permissions")?).unwrap_or_default();
    Ok(words.iter().filter_map(|word| Permission::parse(word)).collect())
}

/// A list that cannot be read must not turn into "all": it is an error.
fn list<T: serde::de::DeserializeOwned>(row: &Row, column: &str) -> Result<Option<Vec<T>>, Error> {
    let wrong = |_| Error::Misuse(format!("api_keys.{column} holds no list"));
    row.opt_json(column)?.map(|json| serde_json::from_value(json).map_err(wrong)).transpose()
}
