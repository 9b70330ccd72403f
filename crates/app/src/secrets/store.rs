//! The only SQL for `data_keys`.

use std::sync::{
    Arc, PoisonError,
    atomic::{AtomicI64, Ordering::Relaxed},
};

use base::{
    Secret, Timestamp,
    ids::{DataKeyId, kinds},
    random,
};
use db::{Row, Tx, args};

use super::{DataKey, SEALS_PER_BLOCK, Vault, VaultError};

/// The purpose of a data key.
const SEAL: &str = "seal";
const INDEX: &str = "index";

/// Binds a wrapped data key to its id, owner and purpose.
pub(super) fn bound_to(id: DataKeyId, owner: &str, purpose: &str) -> Vec<u8> {
    format!("data_keys\n{id}\n{owner}\n{purpose}").into_bytes()
}

impl Vault {
    pub(super) async fn keks_in_use(&self) -> Result<Vec<String>, VaultError> {
        self.0
            .db
            .read(async |tx| {
                let rows = tx.rows("SELECT DISTINCT kek_id FROM data_keys ORDER BY kek_id", args![]).await?;
                Ok(rows.iter().map(|row| row.text("kek_id")).collect::<Result<_, db::Error>>()?)
            })
            .await
    }

    /// Loads a data key by its id.
    pub(super) async fn load(&self, id: DataKeyId) -> Result<Arc<DataKey>, VaultError> {
        let row = self
            .0
            .db
            .read(async move |tx| tx.row(BY_ID, args![id]).await)
            .await
            .map_err(|error: db::Error| VaultError::from(error))?
            .ok_or(VaultError::KeyGone(id))?;
        let (owner, key) = self.unwrapped(&row, SEAL)?;
        // A key loaded for reading has no seals until a block of it is counted.
        Ok(self.learn(DataKey { id, owner, key, left: AtomicI64::new(0) }, false))
    }

    /// Counts a block of seals on the owner's current key, creating one if there is none or it is used up.
    pub(super) async fn count_block(&self, owner: &str) -> Result<Arc<DataKey>, VaultError> {
        let fresh = self.fresh(owner, SEAL);
        let (max, now) = (self.0.seals_max, self.0.clock.now());
        let row = self
            .0
            .db
            .write(async move |tx| take_block(tx, &fresh, max, now).await)
            .await
            .map_err(|error: db::Error| VaultError::from(error))?;
        let id = row.id::<kinds::DataKey>("id")?;
        if let Some(key) = self.known(|known| known.by_id.get(&id).cloned()) {
            key.left.fetch_max(0, Relaxed);
            key.left.fetch_add(SEALS_PER_BLOCK, Relaxed);
            self.0.known.write().unwrap_or_else(PoisonError::into_inner).current.insert(owner.to_owned(), (id, now));
            return Ok(key);
        }
        let (owner, key) = self.unwrapped(&row, SEAL)?;
        Ok(self.learn(DataKey { id, owner, key, left: AtomicI64::new(SEALS_PER_BLOCK) }, true))
    }

    /// The owner's key for blind indexes. Never replaced, because every index would have to be recomputed.
    pub(super) async fn index_key(&self, owner: &str) -> Result<Arc<Secret<[u8; 32]>>, VaultError> {
        if let Some(key) = self.known(|known| known.index.get(owner).cloned()) {
            return Ok(key);
        }
        let fresh = self.fresh(owner, INDEX);
        let now = self.0.clock.now();
        let row = self
            .0
            .db
            .write(async move |tx| {
                insert(tx, &fresh, now).await?;
                tx.one(CURRENT, args![&fresh.owner, INDEX]).await
            })
            .await
            .map_err(|error: db::Error| VaultError::from(error))?;
        let key = Arc::new(self.unwrapped(&row, INDEX)?.1);
        self.0.known.write().unwrap_or_else(PoisonError::into_inner).index.insert(owner.to_owned(), key.clone());
        Ok(key)
    }

    /// Retires the owner's current key and creates a new one.
    ///
    /// # Errors
    /// Database errors.
    pub async fn roll(&self, workspace: Option<base::ids::WorkspaceId>) -> Result<DataKeyId, VaultError> {
        let owner = super::owner_text(workspace);
        let fresh = self.fresh(&owner, SEAL);
        let (id, now) = (fresh.id, self.0.clock.now());
        self.0
            .db
            .write(async move |tx| {
                retire(tx, &fresh.owner, now).await?;
                insert(tx, &fresh, now).await
            })
            .await
            .map_err(|error: db::Error| VaultError::from(error))?;
        self.0.known.write().unwrap_or_else(PoisonError::into_inner).current.remove(&owner);
        Ok(id)
    }

    fn fresh(&self, owner: &str, purpose: &'static str) -> Fresh {
        let random = &*self.0.random;
        let id = DataKeyId::new(self.0.clock.now(), random);
        let key = Secret::new(random::bytes::<32>(random));
        let kek = self.0.ring.current();
        let wrapped = kek.wrap(random, &bound_to(id, owner, purpose), &key);
        Fresh { id, owner: owner.to_owned(), purpose, wrapped, kek: kek.id().to_owned() }
    }

    fn unwrapped(&self, row: &Row, purpose: &str) -> Result<(String, Secret<[u8; 32]>), VaultError> {
        let (id, owner) = (row.id::<kinds::DataKey>("id")?, row.text("owner")?);
        let kek = row.text("kek_id")?;
        let ring = self.0.ring.get(&kek).ok_or(VaultError::KekMissing(kek))?;
        let key = ring.unwrap(&bound_to(id, &owner, purpose), &row.bytes("wrapped")?);
        let key = key.ok_or_else(|| VaultError::NotHere(format!("data_keys.wrapped of {id}")))?;
        Ok((owner, key))
    }
}

const BY_ID: &str = "SELECT id, owner, wrapped, kek_id FROM data_keys WHERE id = $1 AND purpose = 'seal'";
const CURRENT: &str =
    "SELECT id, owner, wrapped, kek_id FROM data_keys WHERE owner = $1 AND purpose = $2 AND state = 'current'";

/// A new data key, wrapped.
#[derive(Clone)]
struct Fresh {
    id: DataKeyId,
    owner: String,
    purpose: &'static str,
    wrapped: Vec<u8>,
    kek: String,
}

/// Does nothing if another process has already stored a current one.
async fn insert(tx: &mut Tx, fresh: &Fresh, now: Timestamp) -> Result<u64, db::Error> {
    tx.execute(
        "INSERT INTO data_keys (id, owner, purpose, state, wrapped, kek_id, seals, created_at)
         VALUES ($1, $2, $3, 'current', $4, $5, 0, $6) ON CONFLICT DO NOTHING",
        args![fresh.id, &fresh.owner, fresh.purpose, &fresh.wrapped, &fresh.kek, now],
    )
    .await
}

async fn retire(tx: &mut Tx, owner: &str, now: Timestamp) -> Result<u64, db::Error> {
    tx.execute(
        "UPDATE data_keys SET state = 'retired', retired_at = $2
          WHERE owner = $1 AND purpose = 'seal' AND state = 'current'",
        args![owner, now],
    )
    .await
}

async fn take_block(tx: &mut Tx, fresh: &Fresh, max: u64, now: Timestamp) -> Result<Row, db::Error> {
    for _ in 0..2 {
        insert(tx, fresh, now).await?;
        let counted = tx
            .row(
                "UPDATE data_keys SET seals = seals + $3
                  WHERE owner = $1 AND purpose = 'seal' AND state = 'current' AND seals + $3 <= $2
                 RETURNING id, owner, wrapped, kek_id",
                args![&fresh.owner, max, SEALS_PER_BLOCK],
            )
            .await?;
        match counted {
            Some(row) => return Ok(row),
            None => retire(tx, &fresh.owner, now).await?,
        };
    }
    Err(db::Error::Misuse(format!("a data key must be good for at least {SEALS_PER_BLOCK} seals")))
}
