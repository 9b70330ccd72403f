//! What Threads is like today: the knob `own` of the Threads network.

use serde::{Deserialize, Serialize};

/// What the network restricted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restriction {
    /// This action (subcode 2207051).
    Action,
    /// The whole account (subcode 4279013).
    Account,
}

/// `own` in full; each key may be left out. A number `…_one_in` hits one call in so many by chance; 0 none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether letters outside the Latin script count their UTF-8 bytes, too. Known is that accented letters, punctuation
    /// and emoji do; of other scripts no one has reported it.
    pub strict_bytes: bool,
    /// Whether `user_id` in the answer to a code is text, as the documentation has it. In life it is a number larger than
    /// what a double holds.
    pub user_id_as_text: bool,
    /// How many containers cannot be found by `threads_publish` at first (24 / 4279009), although they are `FINISHED`.
    pub unseen_one_in: u64,
    /// For how long, in milliseconds of the sandbox's clock since they were made. Longer than a day: for ever.
    pub unseen_ms: u64,
    /// How many publishes are answered with 500 and code 10 although the post is live.
    pub permission_one_in: u64,
    /// How many publishes are slow.
    pub slow_one_in: u64,
    /// How slow, in milliseconds of real time: half before the post is live, half after it.
    pub slow_ms: u64,
    /// For how long no one can reply to a new post (24 / 4279009), in milliseconds of the sandbox's clock.
    pub parent_lag_ms: u64,
    /// A video reply that is published within this time after its container is ready becomes a post of its own, in
    /// milliseconds of the sandbox's clock.
    pub loose_reply_ms: u64,
    /// Whether account insights without `period` are refused. Some apps report it, others do not.
    pub wants_period: bool,
    /// Whether the app has Advanced Access: public profiles, and posts of other people in searches.
    pub advanced_access: bool,
    /// Whether answers carry the usage headers of the Graph API.
    pub usage_headers: bool,
    /// The code of the refusal when a daily quota is used up, which is not documented.
    pub quota_code: i64,
    /// What the network restricted.
    pub restriction: Option<Restriction>,
    /// People who did not accept the invitation to test the app, by username.
    pub not_testers: Vec<String>,
    /// Addresses, besides those of this computer, that people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Where the app is told that a person removed it; an address of this computer.
    pub deauthorize_url: Option<String>,
    /// Where the app is told that a person wants their data deleted; told together with the removal.
    pub deletion_url: Option<String>,
    /// Where webhooks go; an address of this computer. All fields are subscribed to.
    pub webhook_url: Option<String>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            strict_bytes: false,
            user_id_as_text: false,
            unseen_one_in: 0,
            unseen_ms: 20_000,
            permission_one_in: 0,
            slow_one_in: 0,
            // The slowest that was reported.
            slow_ms: 222_000,
            parent_lag_ms: 0,
            loose_reply_ms: 0,
            wants_period: false,
            advanced_access: false,
            usage_headers: true,
            quota_code: 4,
            restriction: None,
            not_testers: Vec::new(),
            redirect_uris: Vec::new(),
            deauthorize_url: None,
            deletion_url: None,
            webhook_url: None,
        }
    }
}
