//! What the instance remembers.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use base::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{oauth::Grants, processing::Processing};

/// A person or business on the instance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Account {
    /// Local id, digits.
    pub id: String,
    /// The local name, without `@`.
    pub username: String,
    /// The name people read.
    pub name: String,
    /// The biography, plain.
    pub note: String,
    /// Since when.
    pub at: Timestamp,
}

/// A registered app.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct App {
    /// Its number.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The secret.
    pub client_secret: String,
    /// Where people may be sent back.
    pub redirect_uris: Vec<String>,
    /// What it may ask for at most.
    pub scopes: Vec<String>,
    /// Its home page.
    pub website: Option<String>,
}

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Media {
    /// Whose.
    pub account: String,
    /// The digest under which the bytes are.
    pub blob: String,
    /// The type that the bytes have.
    pub content_type: String,
    /// `image`, `gifv`, `video` or `audio`.
    pub kind: String,
    /// Pixels.
    pub size: Option<(u32, u32)>,
    /// Alternative text.
    pub description: Option<String>,
    /// The focal point.
    pub focus: (f64, f64),
    /// When it was uploaded.
    pub at: Timestamp,
    /// What is done to it.
    #[serde(flatten)]
    pub work: Processing,
    /// The status that it hangs under.
    pub attached: Option<u64>,
}

/// A poll.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Poll {
    /// The choices.
    pub options: Vec<String>,
    /// When it began; votes count from here.
    pub at: Timestamp,
    /// When it ends.
    pub ends_at: Timestamp,
    /// Whether more than one choice may be taken.
    pub multiple: bool,
    /// Whether counts stay hidden until the end.
    pub hide_totals: bool,
}

/// What an author can change.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Draft {
    /// The text, plain.
    pub text: String,
    /// The content warning; empty if none.
    pub spoiler: String,
    /// Whether media are blurred.
    pub sensitive: bool,
    /// `public`, `unlisted`, `private` or `direct`.
    pub visibility: String,
    /// ISO 639-1.
    pub language: Option<String>,
    /// The status that it answers.
    pub in_reply_to: Option<u64>,
    /// Ids of media in order.
    pub media: Vec<String>,
    /// A poll.
    pub poll: Option<Poll>,
    /// The status that it quotes.
    pub quote: Option<u64>,
    /// Who may quote it: `public`, `followers` or `nobody`.
    pub quote_policy: String,
}

/// A post.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Its id; ids of later statuses are larger.
    pub id: u64,
    /// Whose.
    pub account: String,
    /// The app that sent it.
    pub client_id: String,
    /// When it was posted.
    pub at: Timestamp,
    /// When it was changed last.
    pub edited_at: Option<Timestamp>,
    /// What it says now.
    pub now: Draft,
    /// What it said before, oldest first, with the time of each version.
    pub before: Vec<(Timestamp, Draft)>,
}

/// Everything.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Town {
    /// By id.
    pub accounts: BTreeMap<String, Account>,
    /// By client id.
    pub apps: BTreeMap<String, App>,
    /// Codes and tokens.
    pub grants: Grants,
    /// By id.
    pub statuses: BTreeMap<u64, Status>,
    /// The ids of an account's statuses, oldest first.
    pub by_account: HashMap<String, Vec<u64>>,
    /// By id.
    pub media: BTreeMap<String, Media>,
    /// Idempotency keys, each with its account before it: the status and when it is forgotten.
    pub keys: HashMap<String, (u64, Timestamp)>,
    /// Who likes a status, by its id.
    #[serde(default)]
    pub favourites: BTreeMap<u64, BTreeSet<String>>,
    last_id: u64,
}

impl Town {
    /// The three accounts that every sandbox begins with.
    pub fn seeded(now: Timestamp) -> Self {
        let mut town = Self::default();
        for (username, name, note) in [
            ("harbour_bakery", "Harbour Bakery", "Bread, buns and gossip on the quay. Open from six."),
            ("lena", "Lena Vos", "Photographs of bridges, and what goes under them."),
            ("northwind", "Northwind Bikes", "We repair what others throw away."),
        ] {
            town.add_account(username, name, note, now);
        }
        town
    }

    /// Adds an account; gives its id.
    pub fn add_account(&mut self, username: &str, name: &str, note: &str, now: Timestamp) -> String {
        let id = self.fresh_id(now).to_string();
        let (username, name, note) = (username.to_owned(), name.to_owned(), note.to_owned());
        self.accounts.insert(id.clone(), Account { id: id.clone(), username, name, note, at: now });
        id
    }

    /// The account with this local name.
    pub fn by_username(&self, username: &str) -> Option<&Account> {
        self.accounts.values().find(|account| account.username.eq_ignore_ascii_case(username))
    }

    /// An id that sorts by time: milliseconds and a counter below them.
    pub fn fresh_id(&mut self, now: Timestamp) -> u64 {
        let by_time = u64::try_from(now.as_micros() / 1000).unwrap_or(0) << 16;
        self.last_id = by_time.max(self.last_id + 1);
        self.last_id
    }

    /// Whether the viewer may see the status.
    pub fn may_see(&self, viewer: Option<&str>, status: &Status) -> bool {
        let own = viewer == Some(status.account.as_str());
        let named = || {
            let name = viewer.and_then(|id| self.accounts.get(id)).map(|account| &account.username);
            let pieces = super::text::pieces(&status.now.text);
            name.is_some_and(|name| pieces.iter().any(|piece| piece.mentions(name)))
        };
        own || ["public", "unlisted"].contains(&status.now.visibility.as_str()) || named()
    }

    /// The status, if it is there and the viewer may see it.
    pub fn status(&self, viewer: Option<&str>, id: &str) -> Option<&Status> {
        let status = self.statuses.get(&id.parse().ok()?)?;
        self.may_see(viewer, status).then_some(status)
    }

    /// Takes a status away. Its answers stay and lose their parent; its media become unattached.
    pub fn remove(&mut self, id: u64) -> Option<Status> {
        let gone = self.statuses.remove(&id)?;
        self.favourites.remove(&id);
        if let Some(ids) = self.by_account.get_mut(&gone.account) {
            ids.retain(|held| *held != id);
        }
        for status in self.statuses.values_mut().filter(|status| status.now.in_reply_to == Some(id)) {
            status.now.in_reply_to = None;
        }
        for media in self.media.values_mut().filter(|media| media.attached == Some(id)) {
            media.attached = None;
        }
        Some(gone)
    }
}
