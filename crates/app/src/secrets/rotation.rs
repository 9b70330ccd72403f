//! Rotates keys in a running installation (S-03): old and new keys are both readable until the old one is no longer needed.
//!
//! For a new KEK: put it first in the ring and restart; [`Vault::rewrap`] then rewraps the data keys. For a new data key:
//! [`Vault::roll`], then [`Vault::reseal`] for every sealed column. Both work in small writes and can be interrupted.
//! [`rotate`] does all of this, for `fanfare keys rotate`.

use std::{collections::BTreeMap, time::Duration};

use base::{
    Secret,
    ids::{DataKeyId, kinds},
};
use db::{Row, args};

use crate::{App, audit};

use super::{
    At, Vault, VaultError,
    columns::{SEALED, Sealed},
    envelope,
    store::bound_to,
};

/// How many rows one write changes.
const BATCH: u32 = 500;

/// How long a retired data key is kept at least.
pub(super) const RETIRED_FOR: Duration = Duration::from_secs(86_400);

/// How many data keys a KEK wraps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyCount {
    /// The KEK.
    pub kek: String,
    /// Whether it is the current one.
    pub current: bool,
    /// Data keys it wraps.
    pub data_keys: u64,
    /// Checkpoints of the audit log that it signed. When both are 0 it can be removed from the ring.
    pub checkpoints: u64,
}

/// How many values a data key has sealed in one column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueCount {
    /// `table.column`.
    pub column: String,
    /// The data key.
    pub data_key: DataKeyId,
    /// Values.
    pub values: u64,
}

/// The result of a rotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rotated {
    /// Data keys rewrapped with the current KEK.
    pub wrapped: u64,
    /// New data keys.
    pub data_keys: u64,
    /// Values resealed with them.
    pub values: u64,
    /// Checkpoints of the audit log signed again.
    pub checkpoints: u64,
}

/// Rewraps every data key with the current KEK, creates new data keys, reseals every value with them, and signs the audit log's
/// checkpoints again. Running processes can read both; run it again after an interruption.
///
/// # Errors
/// Errors of the vault and the database.
pub async fn rotate(app: &App) -> Result<Rotated, VaultError> {
    let mut done = Rotated { wrapped: 0, data_keys: 0, values: 0, checkpoints: 0 };
    loop {
        match app.vault.rewrap().await? {
            0 => break,
            wrapped => done.wrapped += wrapped,
        }
    }
    for owner in app.vault.current_ids().await?.into_keys() {
        app.vault.roll(owner.parse().ok()).await?;
        done.data_keys += 1;
    }
    done.values = app.vault.reseal().await?;
    done.checkpoints = audit::checkpoints::sign_again(&app.db, &app.vault).await?;
    let (now, Rotated { wrapped, data_keys, values, checkpoints }) = (app.clock.now(), done);
    let detail = serde_json::json!({
        "wrapped": wrapped, "data_keys": data_keys, "values": values, "checkpoints": checkpoints,
    });
    app.db
        .write(async move |tx| {
            let act = audit::Act::new("keys.rotated", "instance").with(detail.clone());
            audit::record_instance(tx, base::Actor::System("console"), now, act).await
        })
        .await
        .map_err(|error: db::Error| VaultError::from(error))?;
    Ok(done)
}

impl Vault {
    /// Rewraps some hundred data keys with the current KEK and returns how many; 0 means done.
    ///
    /// # Errors
    /// [`VaultError::KekMissing`] if the ring lacks the old one.
    pub async fn rewrap(&self) -> Result<u64, VaultError> {
        let kek = self.0.ring.current().id().to_owned();
        let rows = self
            .0
            .db
            .read(async move |tx| {
                tx.rows(
                    "SELECT id, owner, purpose, wrapped, kek_id FROM data_keys WHERE kek_id <> $1 LIMIT $2",
                    args![&kek, BATCH],
                )
                .await
            })
            .await
            .map_err(|error: db::Error| VaultError::from(error))?;
        let changed = rows.iter().map(|row| self.rewrapped(row)).collect::<Result<Vec<_>, _>>()?;
        self.write_all("UPDATE data_keys SET wrapped = $2, kek_id = $3 WHERE id = $1 AND kek_id = $4", changed).await
    }

    fn rewrapped(&self, row: &Row) -> Result<Vec<db::Value>, VaultError> {
        let (id, owner, purpose) = (row.id::<kinds::DataKey>("id")?, row.text("owner")?, row.text("purpose")?);
        let old = row.text("kek_id")?;
        let bound = bound_to(id, &owner, &purpose);
        let kek = self.0.ring.get(&old).ok_or_else(|| VaultError::KekMissing(old.clone()))?;
        let key = kek.unwrap(&bound, &row.bytes("wrapped")?);
        let key: Secret<[u8; 32]> = key.ok_or_else(|| VaultError::NotHere(format!("data_keys.wrapped of {id}")))?;
        let current = self.0.ring.current();
        let wrapped = current.wrap(&*self.0.random, &bound, &key);
        Ok(args![id, wrapped, current.id(), old].to_vec())
    }

    /// Reseals every value of an old data key with its owner's current one; returns how many.
    ///
    /// # Errors
    /// Database errors, or a value that can't be opened.
    pub async fn reseal(&self) -> Result<u64, VaultError> {
        let current = self.current_ids().await?;
        let mut changed = 0;
        for column in SEALED {
            changed += self.reseal_column(column, &current).await?;
        }
        Ok(changed)
    }

    async fn reseal_column(
        &self,
        column: &'static Sealed,
        current: &BTreeMap<String, DataKeyId>,
    ) -> Result<u64, VaultError> {
        let (mut changed, mut after) = (0, String::new());
        loop {
            let rows = self.batch(column, after.clone()).await?;
            let Some(last) = rows.last() else { return Ok(changed) };
            after = last.text("row_id")?;
            let mut updates = Vec::new();
            for row in &rows {
                updates.extend(self.resealed(column, row, current).await?);
            }
            // A value changed in the meantime is already sealed with the current key.
            let Sealed { table, column: name, row: id, .. } = column;
            let sql = format!("UPDATE {table} SET {name} = $1 WHERE {id} = $2 AND {name} = $3");
            changed += self.write_all(sql, updates).await?;
        }
    }

    async fn batch(&self, column: &'static Sealed, after: String) -> Result<Vec<Row>, VaultError> {
        let Sealed { table, column, row, workspace } = *column;
        let workspace = workspace.unwrap_or("NULL");
        let sql = format!(
            "SELECT {row} AS row_id, {column} AS sealed, CAST({workspace} AS TEXT) AS workspace FROM {table}
              WHERE {column} IS NOT NULL AND {row} > $1 ORDER BY {row} LIMIT $2"
        );
        self.0.db.read(async move |tx| Ok(tx.rows(&sql, args![&after, BATCH]).await?)).await
    }

    /// The arguments of the update, or `None` if the value already uses the current key.
    async fn resealed(
        &self,
        column: &'static Sealed,
        row: &Row,
        current: &BTreeMap<String, DataKeyId>,
    ) -> Result<Option<Vec<db::Value>>, VaultError> {
        let (id, sealed) = (row.text("row_id")?, row.bytes("sealed")?);
        let workspace = row.opt_id::<kinds::Workspace>("workspace")?;
        if envelope::key_of(&sealed).as_ref() == current.get(&super::owner_text(workspace)) {
            return Ok(None);
        }
        let at = At::new(column.table, column.column, &id);
        let secret = self.open_bytes(workspace, &at, &sealed).await?;
        let fresh = self.seal(workspace, &at, &secret).await?;
        Ok(Some(args![fresh, id, sealed].to_vec()))
    }

    async fn current_ids(&self) -> Result<BTreeMap<String, DataKeyId>, VaultError> {
        self.0
            .db
            .read(async |tx| {
                let sql = "SELECT owner, id FROM data_keys WHERE purpose = 'seal' AND state = 'current'";
                let rows = tx.rows(sql, args![]).await?;
                let pair = |row: &Row| Ok((row.text("owner")?, row.id::<kinds::DataKey>("id")?));
                Ok(rows.iter().map(pair).collect::<Result<_, db::Error>>()?)
            })
            .await
    }

    async fn write_all(&self, sql: impl Into<String>, rows: Vec<Vec<db::Value>>) -> Result<u64, VaultError> {
        let sql = sql.into();
        self.0.db.write(async move |tx| Ok(tx.execute_many(&sql, &rows).await?)).await
    }

    /// For `doctor`: what each KEK is still needed for.
    ///
    /// # Errors
    /// Database errors.
    pub async fn kek_counts(&self) -> Result<Vec<KeyCount>, VaultError> {
        let (rows, signed) = self
            .0
            .db
            .read(async |tx| {
                let sql = "SELECT kek_id, COUNT(*) AS n FROM data_keys GROUP BY kek_id ORDER BY kek_id";
                Ok((tx.rows(sql, args![]).await?, audit::checkpoints::signed_by(tx).await?))
            })
            .await
            .map_err(|error: db::Error| VaultError::from(error))?;
        let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
        for row in rows {
            counts.entry(row.text("kek_id")?).or_default().0 = u64::try_from(row.int("n")?).unwrap_or(0);
        }
        for (kek, count) in signed {
            counts.entry(kek).or_default().1 = count;
        }
        let current = self.current_key();
        let counted = |(kek, (data_keys, checkpoints)): (String, (u64, u64))| KeyCount {
            current: kek == current,
            kek,
            data_keys,
            checkpoints,
        };
        Ok(counts.into_iter().map(counted).collect())
    }

    /// For `doctor`: what each data key has sealed, per column.
    ///
    /// # Errors
    /// Database errors, or [`VaultError::NotHere`] for a column with a value that was never sealed.
    pub async fn value_counts(&self) -> Result<Vec<ValueCount>, VaultError> {
        let mut counts = Vec::new();
        for Sealed { table, column, .. } in SEALED {
            let sql = format!(
                "SELECT substr({column}, 3, 16) AS data_key, COUNT(*) AS n FROM {table}
                  WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 1"
            );
            let rows = self
                .0
                .db
                .read(async move |tx| tx.rows(&sql, args![]).await)
                .await
                .map_err(|error: db::Error| VaultError::from(error))?;
            for row in rows {
                let id: [u8; 16] =
                    row.bytes("data_key")?.try_into().map_err(|_| VaultError::NotHere(format!("{table}.{column}")))?;
                counts.push(ValueCount {
                    column: format!("{table}.{column}"),
                    data_key: DataKeyId::from_bytes(id),
                    values: u64::try_from(row.int("n")?).unwrap_or(0),
                });
            }
        }
        Ok(counts)
    }

    /// Deletes data keys that were retired more than a day ago and that no value uses; returns how many. The day allows for
    /// other processes, which may use a key a little longer, and for unfinished writes.
    ///
    /// # Errors
    /// Database errors.
    pub async fn forget_unused(&self) -> Result<u64, VaultError> {
        let before = self.0.clock.now() - RETIRED_FOR;
        let retired = self
            .0
            .db
            .read(async move |tx| {
                let sql = "SELECT id FROM data_keys WHERE state = 'retired' AND retired_at <= $1";
                tx.rows(sql, args![before]).await
            })
            .await
            .map_err(|error: db::Error| VaultError::from(error))?;
        let ids = retired.iter().map(|row| row.id::<kinds::DataKey>("id")).collect::<Result<Vec<_>, _>>()?;
        let used: Vec<DataKeyId> = self.value_counts().await?.into_iter().map(|count| count.data_key).collect();
        let unused = ids.into_iter().filter(|id| !used.contains(id)).map(|id| args![id].to_vec()).collect();
        self.write_all("DELETE FROM data_keys WHERE id = $1 AND state = 'retired'", unused).await
    }
}
