//! API keys: a developer's credential for one workspace, limited in what it may do, on which channels, from where and
//! until when (S-21…S-27).
//!
//! A key is shown once, when it is made; what is stored is its SHA-256 (it has 178 bits of chance, so a fast digest is
//! safe) and the 8 letters that people recognise it by.

mod format;
pub mod http;
mod store;
#[cfg(test)]
mod tests;
mod verify;

use std::{collections::BTreeSet, time::Duration};

use base::{
    Code, Permission, Permissions, Problem, Scope, Secret, Text, Timestamp,
    ids::{ApiKeyId, ChannelId, PersonId, WorkspaceId},
    say,
};
use db::Tx;
use ipnet::IpNet;

use crate::{App, audit, fault::store_failed, request};

pub use format::Mode;
pub use verify::{Cache, Verified, verify};

/// How long a key is good unless its maker says otherwise (S-24).
pub const DAYS_DEFAULT: u32 = 90;
/// The longest.
pub const DAYS_MAX: u32 = 365;
/// Most keys of one workspace that are good at a time.
pub const KEYS_MAX: usize = 200;
/// Longest name in letters.
pub const NAME_LETTERS_MAX: usize = 100;
/// Most channels and most address ranges of one key.
const LIST_MAX: usize = 500;
/// Longest time in hours that the old key stays good beside the new one.
pub const OVERLAP_HOURS_MAX: u32 = 7 * 24;

/// A key as its workspace's people see it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: ApiKeyId,
    /// The 8 letters after the mode.
    pub visible: String,
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub permissions: Permissions,
    /// On which channels; `None` is all.
    pub channels: Option<BTreeSet<ChannelId>>,
    /// From where; `None` is anywhere.
    pub addresses: Option<Vec<IpNet>>,
    /// Who made it.
    pub made_by: PersonId,
    /// When.
    pub created_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
    /// From which network.
    pub last_used_from: Option<String>,
    /// The key that took over from it.
    pub successor: Option<ApiKeyId>,
}

/// A key to be made.
#[derive(Debug, Clone)]
pub struct NewKey {
    /// What it is for.
    pub name: String,
    /// What it may do; `None` is all that its maker may read.
    pub permissions: Option<Permissions>,
    /// On which channels.
    pub channels: Option<BTreeSet<ChannelId>>,
    /// From where.
    pub addresses: Option<Vec<IpNet>>,
    /// How many days it is good.
    pub days: u32,
}

/// Why a key could not be made or found.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// No such key in this workspace.
    #[error("There is no such API key in this workspace.")]
    NotFound,
    /// No one can give what they do not have.
    #[error("You cannot give the permission `{0}`, because you do not have it here.")]
    NotYours(Permission),
    /// It was rotated before.
    #[error("This API key was rotated already. Rotate the key that took over from it, or make another one.")]
    Rotated(ApiKeyId),
    /// Too many.
    #[error("A workspace has {KEYS_MAX} API keys at most; revoke some that are no longer used.")]
    TooMany,
    /// A field.
    #[error("{1}")]
    Field(&'static str, Text),
    /// The database.
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        match error {
            KeyError::NotFound => Problem::new(Code::NotFound, say!("This API key isn't in this workspace.")),
            KeyError::NotYours(permission) => {
                let detail = say!("You can't give the permission `{permission}`, because you don't have it here.");
                Problem::new(Code::Forbidden, detail).with("permission", permission)
            }
            KeyError::Rotated(successor) => {
                let detail = say!(
                    "This API key was already rotated. Rotate the key that took over from it, or make another one."
                );
                Problem::new(Code::Conflict, detail).with("successor", successor)
            }
            KeyError::TooMany => {
                let detail =
                    say!("A workspace can have {most} API keys. Revoke some that you no longer use.", most = KEYS_MAX);
                Problem::new(Code::Conflict, detail)
            }
            KeyError::Field(pointer, detail) => Problem::field(pointer, detail),
            KeyError::Store(source) => store_failed(&source),
        }
    }
}

fn check(scope: &Scope, new: &NewKey) -> Result<(), KeyError> {
    let name = new.name.trim();
    if base::text::is_blank(name) || name.chars().count() > NAME_LETTERS_MAX {
        let rule = say!("must have 1 to {name_letters_max} characters", name_letters_max = NAME_LETTERS_MAX);
        return Err(KeyError::Field("/name", rule));
    }
    if !(1..=DAYS_MAX).contains(&new.days) {
        return Err(KeyError::Field("/days", say!("must be 1 to {days_max}: every key expires", days_max = DAYS_MAX)));
    }
    if new.channels.as_ref().is_some_and(|list| list.len() > LIST_MAX) {
        return Err(KeyError::Field("/channels", say!("may name {list_max} channels at most", list_max = LIST_MAX)));
    }
    if new.addresses.as_ref().is_some_and(|list| list.is_empty() || list.len() > LIST_MAX) {
        return Err(KeyError::Field(
            "/addresses",
            say!("must name 1 to {list_max} ranges, or be left out", list_max = LIST_MAX),
        ));
    }
    let asked = new.permissions.iter().flatten();
    match asked.copied().find(|permission| !scope.may(*permission)) {
        Some(permission) => Err(KeyError::NotYours(permission)),
        None => Ok(()),
    }
}

/// Reading only: what a key may do when its maker does not say (S-23).
fn reading(scope: &Scope) -> Permissions {
    let reads =
        |permission: &Permission| permission.as_str().ends_with(":read") && *permission != Permission::AuditRead;
    scope.permissions().iter().copied().filter(reads).collect()
}

/// Makes a key. The text is given here and never again.
///
/// # Errors
/// See [`KeyError`].
pub async fn make(app: &App, scope: &Scope, by: PersonId, new: NewKey) -> Result<(Key, Secret<String>), KeyError> {
    check(scope, &new)?;
    let now = app.clock.now();
    let text = format::make(&*app.random, app.settings.key_mode);
    let key = Key {
        id: ApiKeyId::new(now, &*app.random),
        visible: String::new(),
        name: new.name.trim().to_owned(),
        permissions: new.permissions.unwrap_or_else(|| reading(scope)),
        channels: new.channels,
        addresses: new.addresses,
        made_by: by,
        created_at: now,
        expires_at: now + days(new.days),
        last_used_at: None,
        last_used_from: None,
        successor: None,
    };
    let key = insert(app, scope, key, &text, None).await?;
    Ok((key, text))
}

fn days(days: u32) -> Duration {
    Duration::from_secs(u64::from(days) * 86_400)
}

/// Stores a key, and in the same transaction ends the one it takes over from.
async fn insert(
    app: &App,
    scope: &Scope,
    mut key: Key,
    text: &Secret<String>,
    before: Option<(ApiKeyId, Timestamp)>,
) -> Result<Key, KeyError> {
    let parsed = format::parse(text.expose()).ok_or(KeyError::NotFound)?;
    key.visible = parsed.visible;
    let (scope, claim, now) = (scope.clone(), request::claim(), app.clock.now());
    app.db
        .write(async move |tx| {
            if store::all(tx, &scope).await?.len() >= KEYS_MAX {
                return Err(KeyError::TooMany);
            }
            if let Some((old, end)) = before {
                let before = store::one(tx, &scope, old).await?.ok_or(KeyError::NotFound)?;
                if let Some(successor) = before.successor {
                    return Err(KeyError::Rotated(successor));
                }
                store::succeed(tx, &scope, old, key.id, end).await?;
            }
            let stored = store::Stored { key: key.clone(), hash: parsed.hash };
            store::insert(tx, &scope, &stored).await?;
            let act = if before.is_some() { "key.rotated" } else { "key.made" };
            audit::record(tx, &scope, now, audit::Act::new(act, stored.key.id)).await?;
            let path = format!("/v1/keys/{}", stored.key.id);
            claim.effected(tx, axum::http::StatusCode::CREATED, &path).await?;
            Ok(stored.key)
        })
        .await
}

/// The keys of the workspace that were not revoked, oldest first; ended ones are among them.
///
/// # Errors
/// Those of the database.
pub async fn list(app: &App, scope: &Scope) -> Result<Vec<Key>, KeyError> {
    let scope = scope.clone();
    app.db.read(async move |tx| Ok(store::all(tx, &scope).await?)).await
}

/// One key.
///
/// # Errors
/// [`KeyError::NotFound`].
pub async fn find(app: &App, scope: &Scope, id: ApiKeyId) -> Result<Key, KeyError> {
    list(app, scope).await?.into_iter().find(|key| key.id == id).ok_or(KeyError::NotFound)
}

/// Makes a key that takes over from another with the same rights; the old one stays good for `overlap_hours` (S-24).
///
/// # Errors
/// See [`KeyError`].
pub async fn rotate(
    app: &App,
    scope: &Scope,
    by: PersonId,
    id: ApiKeyId,
    overlap_hours: u32,
) -> Result<(Key, Secret<String>), KeyError> {
    if overlap_hours > OVERLAP_HOURS_MAX {
        return Err(KeyError::Field(
            "/overlap_hours",
            say!("must be {overlap_hours_max} at most", overlap_hours_max = OVERLAP_HOURS_MAX),
        ));
    }
    let old = find(app, scope, id).await?;
    if let Some(more) = old.permissions.iter().find(|permission| !scope.may(**permission)) {
        return Err(KeyError::NotYours(*more));
    }
    let now = app.clock.now();
    let lifetime = old.expires_at.since(old.created_at);
    let text = format::make(&*app.random, app.settings.key_mode);
    let new = Key {
        id: ApiKeyId::new(now, &*app.random),
        made_by: by,
        created_at: now,
        expires_at: now + lifetime,
        last_used_at: None,
        last_used_from: None,
        successor: None,
        ..old
    };
    let end = now + Duration::from_secs(u64::from(overlap_hours) * 3_600);
    let key = insert(app, scope, new, &text, Some((id, end))).await?;
    app.memory.keys.forget(id);
    Ok((key, text))
}

/// A key as it may ask about itself, by its own credentials.
///
/// # Errors
/// [`KeyError::NotFound`] once it was revoked.
pub(crate) async fn oneself(app: &App, verified: &Verified) -> Result<Key, KeyError> {
    find(app, &Scope::system("keys", verified.workspace), verified.id).await
}

/// Revokes a key: here at once, on other nodes within a second (S-26).
///
/// # Errors
/// [`KeyError::NotFound`].
pub async fn revoke(app: &App, scope: &Scope, id: ApiKeyId) -> Result<(), KeyError> {
    let (scope, now) = (scope.clone(), app.clock.now());
    app.db
        .write(async move |tx| {
            if !store::revoke(tx, scope.workspace(), id, now).await? {
                return Err(KeyError::NotFound);
            }
            Ok(audit::record(tx, &scope, now, audit::Act::new("key.revoked", id)).await?)
        })
        .await?;
    app.memory.keys.forget(id);
    Ok(())
}

/// What a key may do at this moment, and on which channels (`None` is all); nothing once it was revoked or has ended.
///
/// # Errors
/// Those of the database.
pub(crate) async fn standing_of(
    tx: &mut Tx,
    workspace: WorkspaceId,
    id: ApiKeyId,
    now: Timestamp,
) -> Result<(Permissions, Option<BTreeSet<ChannelId>>), db::Error> {
    let key = store::one(tx, &Scope::system("rights", workspace), id).await?.filter(|key| key.expires_at > now);
    Ok(key.map(|key| (key.permissions, key.channels)).unwrap_or_default())
}

/// What a person may do here has changed: the keys they made that may do more end with it, for no one reaches through a
/// key what they may not reach themselves. `forget` the ended ones once this is stored.
///
/// # Errors
/// Those of the database.
pub(crate) async fn maker_may(
    tx: &mut Tx,
    scope: &Scope,
    maker: PersonId,
    allowed: &Permissions,
    now: Timestamp,
) -> Result<Vec<ApiKeyId>, db::Error> {
    let mut ended = Vec::new();
    for key in store::all(tx, scope).await? {
        if key.made_by != maker || key.permissions.is_subset(allowed) {
            continue;
        }
        store::revoke(tx, scope.workspace(), key.id, now).await?;
        let why = serde_json::json!({ "maker": maker });
        audit::record(tx, scope, now, audit::Act::new("key.revoked", key.id).with(why)).await?;
        ended.push(key.id);
    }
    Ok(ended)
}

/// Forgets keys that have ended, so that they are refused at once on this node (S-26).
pub(crate) fn forget(app: &App, ended: &[ApiKeyId]) {
    for id in ended {
        app.memory.keys.forget(*id);
    }
}

/// Revokes the valid key that this text is: anyone who holds a leaked key may revoke it, without a session (S-27).
/// Text that is no key, or one that is not good any more, is no error: the answer says nothing about which keys exist.
///
/// # Errors
/// Those of the database.
pub async fn revoke_leaked(app: &App, text: &Secret<String>) -> Result<(), KeyError> {
    let Some(parsed) = format::parse(text.expose().trim()) else { return Ok(()) };
    let now = app.clock.now();
    let Some(key) = store::by_hash(&app.db, parsed.hash, now).await? else { return Ok(()) };
    let scope = Scope::system("key-leak", key.workspace);
    match revoke(app, &scope, key.id).await {
        Ok(()) | Err(KeyError::NotFound) => Ok(()),
        Err(other) => Err(other),
    }
}
