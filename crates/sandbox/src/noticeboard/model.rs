//! What Notice Board remembers: who has an account, and the notices.

use std::collections::{BTreeMap, BTreeSet};

use base::Timestamp;
use serde::{Deserialize, Serialize};

/// A notice.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Notice {
    /// Whose.
    pub account: String,
    pub text: String,
    pub at: Timestamp,
    /// The notice that it answers.
    pub answers: Option<u64>,
    pub is_changed: bool,
}

/// Everything.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Board {
    /// Names by the names in addresses.
    pub accounts: BTreeMap<String, String>,
    /// Accounts whose token was taken back.
    pub revoked: BTreeSet<String>,
    pub notices: BTreeMap<u64, Notice>,
    /// The number of the last notice, gone ones too.
    pub last: u64,
}

/// The token of an account.
pub fn token(account: &str) -> String {
    format!("nb-{account}")
}

impl Board {
    /// Three accounts.
    pub fn seeded() -> Self {
        let names = [("lena", "Lena Vos"), ("harbour", "Harbour"), ("ferry", "The ferry")];
        let accounts = names.map(|(account, name)| (account.to_owned(), name.to_owned()));
        Self { accounts: accounts.into(), ..Self::default() }
    }

    /// Whose token this is.
    pub fn signed_in(&self, given: &str) -> Option<String> {
        let is_theirs = |account: &&String| token(account) == given && !self.revoked.contains(*account);
        self.accounts.keys().find(is_theirs).cloned()
    }

    /// Takes back the token of an account, or all.
    pub fn revoke(&mut self, account: Option<&str>) {
        let named = self.accounts.keys().filter(|name| account.is_none_or(|account| account == name.as_str()));
        self.revoked.extend(named.cloned());
    }
}
