//! What Instagram is like today: the knob `own` of the Instagram network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `own` in full; each key may be left out. A number `…_one_in` hits one call in so many by chance; 0 none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether the answer to a code is a list with one item, as one page of the documentation has it.
    pub wrapped_tokens: bool,
    /// What is refused, and how: the last part of the path (`media`, `media_publish`, `comments`, …), or the method in
    /// small letters for an object by itself, with `code/subcode` or `code` of a row in [`super::problem::ROWS`].
    pub refuse: BTreeMap<String, String>,
    /// The subcode with which the next containers fail while they are worked on.
    pub container_fails: Option<u32>,
    /// Whether a failed container has an empty `status_code` and says it in `status` only (trypost 351).
    pub silent_status: bool,
    /// How many containers are refused because their file cannot be fetched (9004 / 2207052), although it could.
    pub unfetched_one_in: u64,
    /// How many containers are not ready to be published at first (9007 / 2207027), although they are `FINISHED`.
    pub unready_one_in: u64,
    /// For how long after that, in milliseconds of the sandbox's clock.
    pub unready_ms: u64,
    /// How many publishes are answered with 4 / 2207051 although the post is live (Postiz 1681).
    pub blocked_one_in: u64,
    /// How many publishes are slow.
    pub slow_one_in: u64,
    /// How slow, in milliseconds of real time: half before the post is live, half after it.
    pub slow_ms: u64,
    /// The refusal of a container that has been published before, which is not documented.
    pub published_again: String,
    /// Whether videos can only be fetched: `upload_type=resumable` is documented for the other login alone.
    pub no_resumable: bool,
    /// Whether trial reels are refused for these accounts.
    pub no_trial_reels: bool,
    /// Whether comments have the limits that people remember: 300 characters, 4 hashtags, 1 link, not all capitals.
    pub strict_comments: bool,
    /// Whether lists of comments are empty although there are some (openreply 64).
    pub empty_comments: bool,
    /// Whether comments of other people have no `from`.
    pub anonymous_comments: bool,
    /// Metrics that are refused for every media object, besides those that its kind does not have.
    pub refused_metrics: Vec<String>,
    /// Whether answers carry the usage headers of the Graph API.
    pub usage_headers: bool,
    /// People who did not accept the invitation to test the app, by username.
    pub not_testers: Vec<String>,
    /// People whose account is neither a business nor a creator, by username.
    pub personal: Vec<String>,
    /// Addresses, besides those of this computer, that people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Where the app is told that a person removed it; an address of this computer.
    pub deauthorize_url: Option<String>,
    /// Where the app is told that a person wants their data deleted; told together with the removal.
    pub deletion_url: Option<String>,
    /// Where webhooks go; an address of this computer.
    pub webhook_url: Option<String>,
    /// The word that the app must know to be asked whether webhooks may go there. Without it the app is not asked.
    pub webhook_verify_token: Option<String>,
    /// Whether `field` and `value` stand in the entry itself instead of in `changes`.
    pub flat_webhooks: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            wrapped_tokens: false,
            refuse: BTreeMap::new(),
            container_fails: None,
            silent_status: false,
            unfetched_one_in: 0,
            unready_one_in: 0,
            unready_ms: 20_000,
            blocked_one_in: 0,
            slow_one_in: 0,
            slow_ms: 30_000,
            published_again: "24/2207008".to_owned(),
            no_resumable: false,
            no_trial_reels: false,
            strict_comments: false,
            empty_comments: false,
            anonymous_comments: false,
            refused_metrics: Vec::new(),
            usage_headers: true,
            not_testers: Vec::new(),
            personal: Vec::new(),
            redirect_uris: Vec::new(),
            deauthorize_url: None,
            deletion_url: None,
            webhook_url: None,
            webhook_verify_token: None,
            flat_webhooks: false,
        }
    }
}

impl Settings {
    /// Whether the refusals that it names exist.
    ///
    /// # Errors
    /// Which one does not.
    pub fn check(&self) -> Result<(), String> {
        super::problem::check(self.refuse.values().chain([&self.published_again]).map(String::as_str))
    }
}
