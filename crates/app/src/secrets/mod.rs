//! The vault encrypts what must not be readable in the database or a backup (S-01…S-06).
//!
//! A key that is never in the database (the KEK) wraps one data key per workspace and one for the installation; values
//! are sealed with XChaCha20-Poly1305, bound to their table, column, workspace and row. Destroying a workspace's data keys
//! makes its values unreadable in every backup. Secrets that are only compared and never read again (passwords, sessions,
//! API keys) are stored as digests and don't use the vault.

pub mod columns;
mod envelope;
mod kek;
mod rotation;
mod store;
#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use base::{
    Clock, Random, Secret, Timestamp,
    ids::{DataKeyId, WorkspaceId},
};
use db::Db;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use zeroize::Zeroize;

pub use envelope::At;
pub use kek::{Kek, KekError, KeyRing};
pub use rotation::{KeyCount, Rotated, ValueCount, rotate};

/// The largest number of values sealed with one data key; then a new one takes over (S-04).
pub const SEALS_PER_KEY_MAX: u64 = 1 << 32;
/// Seals are counted in the database in blocks of this size, so that sealing needs no write. A crash wastes a block.
const SEALS_PER_BLOCK: i64 = 1 << 14;
/// The smallest number of seals that a [`Sealer`] allows.
const SEALS_AT_HAND: i64 = 1 << 12;

/// How long a process may keep using a key that another process has retired. Far below [`rotation::RETIRED_FOR`], so that a
/// retired key is deleted only when no process uses it.
const CURRENT_BELIEVED: Duration = Duration::from_secs(600);

/// Why a value couldn't be sealed or opened.
#[derive(Debug, thiserror::Error)]
pub enum VaultError {
    /// The bytes were not sealed by this installation, or for another place, or were changed.
    #[error("the sealed value does not belong to {0}: it was moved, changed, or sealed by another installation")]
    NotHere(String),
    /// The data key was destroyed with its workspace, or the database is older than the value.
    #[error("the data key {0} does not exist any more, so what it sealed cannot be read")]
    KeyGone(DataKeyId),
    /// The key ring lacks the key that wrapped the data key.
    #[error("the key {0} is not in the key ring; put it back behind the current one, and run `fanfare doctor`")]
    KekMissing(String),
    /// A [`Sealer`] was used more often than it allows.
    #[error("a sealer is good for {SEALS_AT_HAND} seals; ask the vault for a new one")]
    Exhausted,
    /// The database.
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl From<VaultError> for base::Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(source) => crate::fault::store_failed(&source),
            other => crate::fault::internal(&other),
        }
    }
}

/// Whose data key: the installation's own, or a workspace's.
pub(crate) fn owner_text(workspace: Option<WorkspaceId>) -> String {
    workspace.map_or_else(|| "instance".to_owned(), |id| id.to_string())
}

/// The vault. Cheap to clone; data keys are kept in memory once used.
#[derive(Clone)]
pub struct Vault(Arc<Inner>);

struct Inner {
    db: Db,
    ring: KeyRing,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    known: RwLock<Known>,
    seals_max: u64,
}

#[derive(Default)]
struct Known {
    by_id: HashMap<DataKeyId, Arc<DataKey>>,
    /// The current key of each owner, and when it was read.
    current: HashMap<String, (DataKeyId, Timestamp)>,
    index: HashMap<String, Arc<Secret<[u8; 32]>>>,
}

struct DataKey {
    id: DataKeyId,
    owner: String,
    key: Secret<[u8; 32]>,
    /// The seals left in the block counted in the database.
    left: AtomicI64,
}

impl Vault {
    /// Opens the vault and checks that the key ring belongs to the database, so that a wrong key file fails at the start, not
    /// at the first post.
    ///
    /// # Errors
    /// [`VaultError::KekMissing`] if a data key was wrapped with a key that the ring does not have.
    pub async fn open(
        db: Db,
        ring: KeyRing,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Result<Self, VaultError> {
        Self::with_seals_max(db, ring, clock, random, SEALS_PER_KEY_MAX).await
    }

    pub(crate) async fn with_seals_max(
        db: Db,
        ring: KeyRing,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
        seals_max: u64,
    ) -> Result<Self, VaultError> {
        let vault = Self(Arc::new(Inner { db, ring, clock, random, known: RwLock::default(), seals_max }));
        for kek in vault.keks_in_use().await? {
            vault.0.ring.get(&kek).ok_or(VaultError::KekMissing(kek))?;
        }
        Ok(vault)
    }

    /// Seals one value for its place. Only the first use of a data key needs I/O.
    ///
    /// # Errors
    /// Database errors.
    pub async fn seal<T: AsRef<[u8]> + Zeroize>(
        &self,
        workspace: Option<WorkspaceId>,
        at: &At,
        secret: &Secret<T>,
    ) -> Result<Vec<u8>, VaultError> {
        self.sealer(workspace).await?.seal(at, secret)
    }

    /// Opens a value sealed for this place.
    ///
    /// # Errors
    /// [`VaultError::NotHere`] for anything else.
    pub async fn open_bytes(
        &self,
        workspace: Option<WorkspaceId>,
        at: &At,
        sealed: &[u8],
    ) -> Result<Secret<Vec<u8>>, VaultError> {
        let owner = owner_text(workspace);
        let id = envelope::key_of(sealed).ok_or_else(|| VaultError::NotHere(at.to_string()))?;
        let key = self.by_id(id).await?;
        if key.owner != owner {
            return Err(VaultError::NotHere(at.to_string()));
        }
        envelope::open(&key.key, &owner, at, sealed).ok_or_else(|| VaultError::NotHere(at.to_string()))
    }

    /// The same for text.
    ///
    /// # Errors
    /// As for [`Vault::open_bytes`].
    pub async fn open_text(
        &self,
        workspace: Option<WorkspaceId>,
        at: &At,
        sealed: &[u8],
    ) -> Result<Secret<String>, VaultError> {
        let bytes = self.open_bytes(workspace, at, sealed).await?;
        let text = std::str::from_utf8(bytes.expose()).map_err(|_| VaultError::NotHere(at.to_string()))?;
        Ok(Secret::from(text))
    }

    /// The workspace's sealing key, for sealing many values or sealing inside a write.
    ///
    /// # Errors
    /// Database errors.
    pub async fn sealer(&self, workspace: Option<WorkspaceId>) -> Result<Sealer, VaultError> {
        let owner = owner_text(workspace);
        let now = self.0.clock.now();
        let known = self.known(|known| {
            let (id, said_at) = known.current.get(&owner)?;
            if now.since(*said_at) >= CURRENT_BELIEVED { None } else { known.by_id.get(id).cloned() }
        });
        let key = match known {
            Some(key) if key.left.load(Relaxed) >= SEALS_AT_HAND => key,
            _ => self.count_block(&owner).await?,
        };
        Ok(Sealer { key, random: self.0.random.clone() })
    }

    /// A blind index: a digest for finding equal values although they are sealed (S-05). The same value has the same digest
    /// in one workspace and different ones across workspaces. `kind` is the kind of value, such as `email`; normalize the
    /// value first.
    ///
    /// # Errors
    /// Database errors.
    pub async fn index(&self, workspace: Option<WorkspaceId>, kind: &str, value: &str) -> Result<Vec<u8>, VaultError> {
        let key = self.index_key(&owner_text(workspace)).await?;
        #[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
        let mut mac = Hmac::<Sha256>::new_from_slice(key.expose()).expect("any length");
        mac.update(&(kind.len() as u64).to_be_bytes());
        mac.update(kind.as_bytes());
        mac.update(value.as_bytes());
        Ok(mac.finalize().into_bytes().to_vec())
    }

    /// Signs a text for a purpose: the name of the current key of the ring, and HMAC-SHA-256 under a key derived from it.
    pub fn sign(&self, purpose: &str, text: &[u8]) -> (String, Vec<u8>) {
        let kek = self.0.ring.current();
        (kek.id().to_owned(), kek.mac(purpose, text).finalize().into_bytes().to_vec())
    }

    /// Whether this key of the ring signed a text for the purpose; `None` if the ring has no such key.
    pub fn is_signed(&self, purpose: &str, key: &str, text: &[u8], signature: &[u8]) -> Option<bool> {
        Some(self.0.ring.get(key)?.mac(purpose, text).verify_slice(signature).is_ok())
    }

    /// The name of the current key of the ring.
    pub fn current_key(&self) -> &str {
        self.0.ring.current().id()
    }

    fn known<T>(&self, look: impl FnOnce(&Known) -> T) -> T {
        look(&self.0.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn learn(&self, key: DataKey, current: bool) -> Arc<DataKey> {
        let key = Arc::new(key);
        let mut known = self.0.known.write().unwrap_or_else(PoisonError::into_inner);
        if current {
            known.current.insert(key.owner.clone(), (key.id, self.0.clock.now()));
        }
        known.by_id.insert(key.id, key.clone());
        key
    }

    async fn by_id(&self, id: DataKeyId) -> Result<Arc<DataKey>, VaultError> {
        match self.known(|known| known.by_id.get(&id).cloned()) {
            Some(key) => Ok(key),
            None => self.load(id).await,
        }
    }
}

/// A loaded data key for a few thousand seals. It does no I/O, so it can be used inside a write.
#[derive(Clone)]
pub struct Sealer {
    key: Arc<DataKey>,
    random: Arc<dyn Random>,
}

impl Sealer {
    /// Seals one value for its place.
    ///
    /// # Errors
    /// [`VaultError::Exhausted`] if it was used too often.
    pub fn seal<T: AsRef<[u8]> + Zeroize>(&self, at: &At, secret: &Secret<T>) -> Result<Vec<u8>, VaultError> {
        if self.key.left.fetch_sub(1, Relaxed) <= 0 {
            return Err(VaultError::Exhausted);
        }
        let nonce = base::random::bytes::<24>(&*self.random);
        Ok(envelope::seal(&self.key.key, self.key.id, &self.key.owner, at, nonce, secret.expose().as_ref()))
    }
}
