//! Checks whether the audit log is unchanged.

use std::{collections::BTreeSet, iter::Peekable, slice::Iter};

use db::{Db, Error, Tx};

use super::{
    checkpoints::{self, Checkpoint},
    store::{self, Sealed},
};
use crate::secrets::Vault;

/// How many entries are read at a time.
const PAGE: u32 = 500;

/// The result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many chains there are.
    pub chains: usize,
    /// How many entries.
    pub entries: u64,
    /// How many checkpoints, with those that were given.
    pub checkpoints: usize,
    /// For each damaged chain, its name, the number of the first damaged entry, and what is wrong there.
    pub broken: Vec<String>,
}

/// Reads the whole audit log, recomputes every hash (S-91), and compares it with its checkpoints (S-94) and those that were
/// kept elsewhere. Without the vault, checkpoints are left out.
///
/// # Errors
/// Database errors.
pub async fn verify(db: &Db, vault: Option<&Vault>, kept: &[Checkpoint]) -> Result<Verified, Error> {
    let mut chains: BTreeSet<String> = db.read(async |tx| store::chains(tx).await).await?.into_iter().collect();
    chains.extend(kept.iter().map(|one| one.chain.clone()));
    let mut found = Verified { chains: chains.len(), ..Verified::default() };
    for name in chains {
        let kept: Vec<Checkpoint> = kept.iter().filter(|one| one.chain == name).cloned().collect();
        let (of, vault) = (name.clone(), vault.cloned());
        let (entries, checkpoints, broken) = db
            .read(async move |tx| {
                let (mut signed, mut flaw) = (Vec::new(), None);
                if let Some(vault) = &vault {
                    let all = store::checkpoints_of(tx, &of).await?.into_iter().chain(kept.iter().cloned());
                    for one in all {
                        match one.flaw(vault) {
                            None => signed.push(one),
                            Some(wrong) => flaw = flaw.or(Some(wrong)),
                        }
                    }
                    signed.sort_by_key(|one| one.seq);
                }
                let walked = walk(tx, &of, Walk::default(), &signed).await?;
                Ok::<_, Error>((walked.entries, signed.len(), walked.broken.or(flaw)))
            })
            .await?;
        found.entries += entries;
        found.checkpoints += checkpoints;
        found.broken.extend(broken.map(|what| format!("{name}: {what}")));
    }
    Ok(found)
}

/// Follows one chain to its end, past these checkpoints in their order.
pub(super) async fn walk(tx: &mut Tx, name: &str, from: Walk, signed: &[Checkpoint]) -> Result<Walk, Error> {
    let (last, end) = store::end(tx, name).await?;
    let (mut walk, mut signed) = (from, signed.iter().peekable());
    while walk.broken.is_none() {
        let page = store::sealed(tx, name, walk.seq, PAGE).await?;
        if page.is_empty() {
            break;
        }
        walk.entries += page.len() as u64;
        walk.over(name, &page, &mut signed);
    }
    let missing = (walk.seq != last).then(|| format!("it says that it has {last} entries and has {}", walk.seq));
    let other = (walk.hash != end).then(|| format!("entry {last} is not the one that it ended with"));
    let more = signed.next().map(|one| format!("it ends at entry {}, and entry {} was signed", walk.seq, one.seq));
    walk.broken = walk.broken.or(missing).or(other).or(more);
    Ok(walk)
}

/// The position in a chain.
#[derive(Debug, Default)]
pub(super) struct Walk {
    /// The last entry that was read, and its hash.
    pub seq: i64,
    pub hash: Option<Vec<u8>>,
    /// How many entries were read.
    pub entries: u64,
    /// What is wrong with the first damaged one.
    pub broken: Option<String>,
}

impl Walk {
    fn over(&mut self, chain: &str, page: &[Sealed], signed: &mut Peekable<Iter<'_, Checkpoint>>) {
        for sealed in page {
            let seq = sealed.entry.seq;
            let wrong = if seq != self.seq + 1 {
                Some(format!("entry {} is missing", self.seq + 1))
            } else if sealed.hash.is_none() && self.hash.is_none() && sealed.previous.is_none() {
                // Entries from versions without hashes.
                None
            } else if sealed.previous != self.hash {
                Some(format!("entry {seq} does not follow the one before it"))
            } else if sealed.hash.as_deref() != Some(&sealed.entry.hash(chain, self.hash.as_deref())[..]) {
                Some(format!("entry {seq} was changed"))
            } else {
                let mut here = std::iter::from_fn(|| signed.next_if(|one| one.seq <= seq));
                here.any(|one| Some(&one.hash) != sealed.hash.as_ref()).then(|| checkpoints::other(seq))
            };
            if wrong.is_some() {
                self.broken = wrong;
                return;
            }
            self.seq = seq;
            self.hash.clone_from(&sealed.hash);
        }
    }
}
