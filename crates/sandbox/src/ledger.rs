//! The ledger: every write that people can see, in order, never changed. Crash tests count in it.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    sync::{Arc, Mutex, MutexGuard},
};

use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Network;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    /// Something new became visible.
    Created,
    /// It changed.
    Edited,
    /// It is gone.
    Deleted,
}

/// A visible write, as a twin reports it.
#[derive(Debug, Clone)]
pub struct NewEntry {
    /// The handle or id of the account, as the network signs people in by it.
    pub account: String,
    /// What happened.
    pub action: Action,
    /// What kind of thing: `post`, `repost`, `profile`, …
    pub kind: String,
    /// The id that the network answers with.
    pub remote_id: String,
    /// The text that people see, in plain form.
    pub text: String,
    /// How many media are attached.
    pub media_count: usize,
    /// The id of the post that this answers.
    pub parent: Option<String>,
    /// The client's id for recognizing repeats: an idempotency key or its own record key.
    pub client_id: Option<String>,
    /// The SHA-256 of the request's body in hex; see [`RequestDigest`](crate::RequestDigest).
    pub request_digest: String,
}

/// A visible write, as the ledger keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its place in the ledger of all networks, from 1.
    pub seq: u64,
    /// When, by the sandbox's clock.
    pub at: Timestamp,
    /// Where.
    pub network: Network,
    /// See [`NewEntry`]; the same for the fields below.
    pub account: String,
    /// What happened.
    pub action: Action,
    /// What kind of thing.
    pub kind: String,
    /// The id that the network answers with.
    pub remote_id: String,
    /// The text that people see.
    pub text: String,
    /// How many media are attached.
    pub media_count: usize,
    /// The id of the post that this answers.
    pub parent: Option<String>,
    /// The client's id for recognizing repeats.
    pub client_id: Option<String>,
    /// The SHA-256 of the request's body in hex.
    pub request_digest: String,
}

#[derive(Default)]
struct Book {
    entries: Vec<Entry>,
    file: Option<File>,
}

/// All visible writes of all networks. A clone is the same ledger.
#[derive(Clone, Default)]
pub struct Ledger(Arc<Mutex<Book>>);

impl Ledger {
    /// Opens `ledger.jsonl` in the folder and reads it; without a folder the ledger is only in memory.
    ///
    /// # Errors
    /// If the file cannot be opened or a line of it is not an entry.
    pub fn open(folder: Option<&Path>) -> std::io::Result<Self> {
        let Some(folder) = folder else { return Ok(Self::default()) };
        std::fs::create_dir_all(folder)?;
        let path = folder.join("ledger.jsonl");
        let text = if path.exists() { std::fs::read_to_string(&path)? } else { String::new() };
        let entries =
            text.lines().map(serde_json::from_str).collect::<Result<_, _>>().map_err(std::io::Error::other)?;
        let file = File::options().create(true).append(true).open(&path)?;
        Ok(Self(Arc::new(Mutex::new(Book { entries, file: Some(file) }))))
    }

    /// Adds an entry and hands it to the operating system before it returns; gives its sequence number.
    pub fn append(&self, at: Timestamp, network: Network, new: NewEntry) -> u64 {
        let mut book = self.book();
        let seq = book.entries.last().map_or(0, |last| last.seq) + 1;
        let NewEntry { account, action, kind, remote_id, text, media_count, parent, client_id, request_digest } = new;
        #[rustfmt::skip]
        let entry = Entry {
            seq, at, network, account, action, kind, remote_id, text, media_count, parent, client_id, request_digest,
        };
        if let (Some(file), Ok(mut line)) = (&mut book.file, serde_json::to_vec(&entry)) {
            line.push(b'\n');
            if let Err(error) = file.write_all(&line).and_then(|()| file.flush()) {
                tracing::error!(%error, seq, "the ledger could not be written");
            }
        }
        book.entries.push(entry);
        seq
    }

    /// The entries with a sequence number above `after`, of one network or of all.
    pub fn entries_after(&self, network: Option<Network>, after: u64) -> Vec<Entry> {
        let book = self.book();
        let wanted = book.entries.iter().filter(|entry| entry.seq > after);
        wanted.filter(|entry| network.is_none_or(|network| entry.network == network)).cloned().collect()
    }

    /// The entries of one network or of all.
    pub fn entries(&self, network: Option<Network>) -> Vec<Entry> {
        self.entries_after(network, 0)
    }

    /// Forgets everything, in the file too.
    pub fn clear(&self) {
        let mut book = self.book();
        book.entries.clear();
        if let Some(Err(error)) = book.file.as_ref().map(|file| file.set_len(0)) {
            tracing::error!(%error, "the ledger could not be emptied");
        }
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
