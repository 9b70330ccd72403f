//! Checks whether the audit log is unchanged.

use db::{Db, Error, Tx};

use super::store::{self, Sealed};

/// How many entries are read at a time.
const PAGE: u32 = 500;

/// The result.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many chains there are.
    pub chains: usize,
    /// How many entries.
    pub entries: u64,
    /// For each damaged chain, its name, the number of the first damaged entry, and what is wrong there.
    pub broken: Vec<String>,
}

/// Reads the whole audit log and recomputes every hash (S-91).
///
/// # Errors
/// Database errors.
pub async fn verify(db: &Db) -> Result<Verified, Error> {
    let chains = db.read(async |tx| store::chains(tx).await).await?;
    let mut found = Verified { chains: chains.len(), ..Verified::default() };
    for name in chains {
        let of = name.clone();
        let (entries, broken) = db.read(async move |tx| chain(tx, &of).await).await?;
        found.entries += entries;
        found.broken.extend(broken.map(|what| format!("{name}: {what}")));
    }
    Ok(found)
}

/// Checks one chain: the number of its entries, and the first damaged one.
pub(super) async fn chain(tx: &mut Tx, name: &str) -> Result<(u64, Option<String>), Error> {
    let (last, end) = store::end(tx, name).await?;
    let (mut walk, mut entries) = (Walk::default(), 0);
    while walk.broken.is_none() {
        let page = store::sealed(tx, name, walk.seq, PAGE).await?;
        if page.is_empty() {
            break;
        }
        entries += page.len() as u64;
        walk.over(name, &page);
    }
    let missing = || (walk.seq != last).then(|| format!("it says that it has {last} entries and has {}", walk.seq));
    let other = || (walk.hash != end).then(|| format!("entry {last} is not the one that it ended with"));
    Ok((entries, walk.broken.clone().or_else(missing).or_else(other)))
}

/// The position in a chain.
#[derive(Debug, Default)]
struct Walk {
    seq: i64,
    hash: Option<Vec<u8>>,
    broken: Option<String>,
}

impl Walk {
    fn over(&mut self, chain: &str, page: &[Sealed]) {
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
                None
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
