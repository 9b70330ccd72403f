//! Signed checkpoints: the last entry of a chain, signed with a key that is not in the database (S-94).
//!
//! Someone who can write to the database can compute the hashes of a chain anew, but can't sign what they made of it. Nor can they
//! shorten a chain below its last checkpoint unless they delete that as well; one that was kept elsewhere shows this, too.

use std::time::Duration;

use base::Timestamp;
use db::{Db, Error, Tx};
use serde::{Deserialize, Serialize};

use super::{
    store,
    verify::{Walk, walk},
};
use crate::secrets::Vault;

/// An entry waits at most this long for a checkpoint that covers it.
pub const EVERY: Duration = Duration::from_secs(3_600);
/// With this many entries since the last checkpoint, the next one is made at once.
pub const ENTRIES_MAX: i64 = 1_000;
/// What the signing key is made for.
const PURPOSE: &str = "audit checkpoint 1";
/// How many checkpoints one write signs again.
const BATCH: u32 = 500;

/// The last entry of an audit chain at one time, signed by the installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Checkpoint {
    /// Whose chain: a workspace's id, or `instance`.
    pub chain: String,
    /// The number of the last entry it covers.
    pub seq: i64,
    /// That entry's hash, which seals all entries before it; hexadecimal.
    #[serde(with = "hex::serde")]
    pub hash: Vec<u8>,
    /// When it was signed.
    pub at: Timestamp,
    /// The name of the key that signed it.
    pub key: String,
    /// HMAC-SHA-256 over the fields above; hexadecimal.
    #[serde(with = "hex::serde")]
    pub signature: Vec<u8>,
}

impl Checkpoint {
    fn signed(vault: &Vault, chain: String, seq: i64, hash: Vec<u8>, at: Timestamp) -> Self {
        let mut new = Self { chain, seq, hash, at, key: String::new(), signature: Vec::new() };
        new.sign(vault);
        new
    }

    fn sign(&mut self, vault: &Vault) {
        (self.key, self.signature) = vault.sign(PURPOSE, &self.text());
    }

    /// Every field that is signed, each with its length before it.
    fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(128);
        for field in [self.chain.as_bytes(), &self.seq.to_be_bytes(), &self.hash, &self.at.as_micros().to_be_bytes()] {
            text.extend((field.len() as u64).to_be_bytes());
            text.extend(field);
        }
        text
    }

    /// What is wrong with the signature.
    pub(super) fn flaw(&self, vault: &Vault) -> Option<String> {
        let (seq, key) = (self.seq, &self.key);
        match vault.is_signed(PURPOSE, key, &self.text(), &self.signature) {
            Some(true) => None,
            Some(false) => Some(format!("the checkpoint at entry {seq} was not signed by this installation")),
            None => Some(format!("the checkpoint at entry {seq} was signed with {key}, which is not in the key ring")),
        }
    }
}

/// Signs the last entry of every chain whose last checkpoint is an hour old or [`ENTRIES_MAX`] entries back; returns how many.
/// A chain that does not continue its last checkpoint is not signed: `fanfare doctor` says what is wrong with it.
///
/// # Errors
/// Those of the database.
pub async fn checkpoint(db: &Db, vault: &Vault, now: Timestamp) -> Result<usize, Error> {
    let due = db.read(async move |tx| store::due(tx, now - EVERY, ENTRIES_MAX).await).await?;
    let mut made = Vec::new();
    for chain in due {
        let (name, of) = (chain.clone(), vault.clone());
        match db.read(async move |tx| since_the_last(tx, &name, &of).await).await? {
            Ok((seq, hash)) => made.push(Checkpoint::signed(vault, chain, seq, hash, now)),
            Err(wrong) => {
                tracing::error!(chain, wrong, "the audit log was changed, and {chain} is no longer signed: {wrong}")
            }
        }
    }
    let count = made.len();
    db.write(async move |tx| store::put_checkpoints(tx, &made).await).await?;
    Ok::<_, Error>(count)
}

/// Follows a chain from its last checkpoint, and gives the number and hash of its last entry, or what is wrong.
async fn since_the_last(tx: &mut Tx, chain: &str, vault: &Vault) -> Result<Result<(i64, Vec<u8>), String>, Error> {
    let last = store::newest_checkpoint(tx, chain).await?;
    if let Some(flaw) = last.as_ref().and_then(|last| last.flaw(vault)) {
        return Ok(Err(flaw));
    }
    let from = match last {
        Some(Checkpoint { seq, hash, .. }) if store::hash_of(tx, chain, seq).await?.as_ref() != Some(&hash) => {
            return Ok(Err(other(seq)));
        }
        Some(Checkpoint { seq, hash, .. }) => Walk { seq, hash: Some(hash), ..Walk::default() },
        None => Walk::default(),
    };
    let walked = walk(tx, chain, from, &[]).await?;
    Ok(match (walked.broken, walked.hash) {
        (None, Some(hash)) => Ok((walked.seq, hash)),
        (broken, _) => Err(broken.unwrap_or_default()),
    })
}

/// What is said when an entry is another one than at its checkpoint.
pub(super) fn other(seq: i64) -> String {
    format!("entry {seq} is not the one that was signed")
}

/// The newest checkpoint of every chain, to be kept elsewhere.
///
/// # Errors
/// Those of the database.
pub async fn newest(db: &Db) -> Result<Vec<Checkpoint>, Error> {
    db.read(async |tx| store::newest_checkpoints(tx).await).await
}

/// Signs every checkpoint of an older key again with the current one; returns how many. One whose signature is wrong or whose
/// key is gone stays as it is.
///
/// # Errors
/// Those of the database.
pub async fn sign_again(db: &Db, vault: &Vault) -> Result<u64, Error> {
    let (mut after, mut count) = ((String::new(), 0), 0);
    loop {
        let from = after.clone();
        let page = db.read(async move |tx| store::checkpoints_after(tx, &from.0, from.1, BATCH).await).await?;
        let Some(last) = page.last() else { return Ok(count) };
        after = (last.chain.clone(), last.seq);
        let is_old = |one: &Checkpoint| one.key != vault.current_key() && one.flaw(vault).is_none();
        let mut old: Vec<_> = page.into_iter().filter(is_old).collect();
        old.iter_mut().for_each(|one| one.sign(vault));
        count += old.len() as u64;
        db.write(async move |tx| store::resign(tx, &old).await).await?;
    }
}

/// For `doctor`: how many checkpoints each key has signed.
///
/// # Errors
/// Those of the database.
pub(crate) async fn signed_by(tx: &mut Tx) -> Result<Vec<(String, u64)>, Error> {
    store::signed_by(tx).await
}
