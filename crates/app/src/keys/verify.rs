//! Finding out whether a key is good: by its digest, from memory if it was looked up in the last second.
//!
//! A key that is revoked on this node is forgotten at once; on another node, within the second (S-26).

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicI64, Ordering::Relaxed},
    },
    time::Duration,
};

use base::{
    Actor, Code, Permissions, Problem, Scope, Timestamp,
    ids::{ApiKeyId, ChannelId, WorkspaceId},
    say,
};
use ipnet::IpNet;

use super::{format, store};
use crate::{App, fault::store_failed, http::ClientAddress};

/// How long a look-up is believed.
const BELIEVED: Duration = Duration::from_secs(1);
/// How often the last use is written (S-25).
const USE_NOTED_EVERY: Duration = Duration::from_secs(60);
/// How many keys are kept in memory.
const KEPT_MAX: usize = 10_000;

/// A key that is good.
#[derive(Debug)]
pub struct Verified {
    /// Its id.
    pub id: ApiKeyId,
    /// The only workspace it reaches.
    pub workspace: WorkspaceId,
    /// What it may do.
    pub permissions: Permissions,
    /// The only channels it reaches; `None` is all.
    pub channels: Option<Arc<BTreeSet<ChannelId>>>,
    /// From where it may be used; empty is anywhere.
    pub addresses: Vec<IpNet>,
    /// Until when.
    pub expires_at: Timestamp,
    pub(super) noted_at: Arc<AtomicI64>,
    pub(super) read_at: Timestamp,
}

impl Verified {
    /// Its standing in its workspace.
    pub fn scope(&self) -> Scope {
        let scope = Scope::new(Actor::Key(self.id), self.workspace, self.permissions.clone());
        match &self.channels {
            Some(channels) => scope.with_channels(channels.clone()),
            None => scope,
        }
    }
}

/// Keys that were found good a moment ago, by their digest.
#[derive(Debug, Default)]
pub struct Cache(RwLock<HashMap<[u8; 32], Arc<Verified>>>);

impl Cache {
    fn get(&self, hash: &[u8; 32], now: Timestamp) -> Option<Arc<Verified>> {
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner).get(hash).cloned()?;
        (now.since(known.read_at) < BELIEVED).then_some(known)
    }

    fn keep(&self, hash: [u8; 32], mut key: Verified) -> Arc<Verified> {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KEPT_MAX && !known.contains_key(&hash) {
            known.clear();
        }
        if let Some(before) = known.get(&hash) {
            // Another look-up of the same key: what was noted stays noted.
            key.noted_at = before.noted_at.clone();
        }
        let key = Arc::new(key);
        known.insert(hash, key.clone());
        key
    }

    /// Forgets a key, because it was changed.
    pub(super) fn forget(&self, id: ApiKeyId) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|_, key| key.id != id);
    }
}

fn unknown() -> Problem {
    Problem::new(
        Code::Unauthenticated,
        say!("This API key is unknown here: it was mistyped, revoked, or belongs to another installation."),
    )
}

/// Checks a key as it came with a request.
///
/// # Errors
/// `unauthenticated`, `key-expired`, or `forbidden` from an address that the key does not allow.
pub async fn verify(app: &App, text: &str, client: ClientAddress) -> Result<Arc<Verified>, Problem> {
    let parsed = format::parse(text).filter(|key| key.mode == app.settings.key_mode).ok_or_else(unknown)?;
    let now = app.clock.now();
    let key = match app.memory.keys.get(&parsed.hash, now) {
        Some(key) => key,
        None => {
            let found = store::by_hash(&app.db, parsed.hash, now).await.map_err(|error| store_failed(&error))?;
            app.memory.keys.keep(parsed.hash, found.ok_or_else(unknown)?)
        }
    };
    if key.expires_at <= now {
        return Err(Problem::new(
            Code::KeyExpired,
            say!("This API key expired on {expires_at}.", expires_at = key.expires_at),
        ));
    }
    if !key.addresses.is_empty() && !client.is_in(&key.addresses) {
        return Err(Problem::new(
            Code::Forbidden,
            say!("This API key can't be used from this address (see its allowed addresses)."),
        ));
    }
    note_use(app, &key, client, now);
    Ok(key)
}

/// Writes when and from where a key was used, at most once a minute, beside the request.
fn note_use(app: &App, key: &Arc<Verified>, client: ClientAddress, now: Timestamp) {
    let noted = key.noted_at.load(Relaxed);
    let due = now.since(Timestamp::from_micros(noted)) >= USE_NOTED_EVERY;
    if !due || key.noted_at.compare_exchange(noted, now.as_micros(), Relaxed, Relaxed).is_err() {
        return;
    }
    let (db, workspace, id) = (app.db.clone(), key.workspace, key.id);
    tokio::spawn(async move {
        if let Err(error) = store::note_use(&db, workspace, id, now, client.prefix()).await {
            tracing::warn!(%error, key = %id, "the last use of key {id} could not be noted");
        }
    });
}
