//! What Facebook is like today: the knob `own` of the Facebook network.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// `own` in full; each key may be left out. A number `…_one_in` hits one call in so many by chance; 0 none.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// Whether calls must have an `appsecret_proof` (“Require App Secret”). A wrong one is always refused.
    pub require_proof: bool,
    /// How many right proofs are refused all the same, as on 5 to 10 of 100 calls in restfb 1118.
    pub proof_one_in: u64,
    /// Whether the app uses Facebook Login for Business: without `config_id` its consent page does not open.
    pub business_login: bool,
    /// The status of the refusal of a dead token: 400 in most reports, 401 in some documents.
    pub dead_token_status: u16,
    /// Whether `expires_in` is left out where a token is given.
    pub no_expires_in: bool,
    /// Pages, by their word, on which the person has no role any more. Everything else keeps working.
    pub lost_roles: Vec<String>,
    /// Refusals by the kind of call that gets them, and by the word of [`super::problem::TABLE`]: `{"feed": "too_fast"}`. A
    /// kind is the last part of a path (`feed`, `comments`), or `publish`, `delete`, `upload`, `read`.
    pub refuse: BTreeMap<String, String>,
    /// The same, but what was asked for has happened.
    pub refuse_after: BTreeMap<String, String>,
    /// How many publishing calls are answered with 500 and code 2 although the post is live (koala 699).
    pub lost_answer_one_in: u64,
    /// How many publishing calls are slow.
    pub slow_one_in: u64,
    /// How slow, in milliseconds of real time: half before the effect, half after it.
    pub slow_ms: u64,
    /// Whether the same text twice in a row is refused (506).
    pub refuse_repeats: bool,
    /// Whether `rupload` wants `offset` and `file_size` beside `file_url`, as in trypost 32 (trypost 361 has neither).
    pub upload_wants_offset: bool,
    /// How many uploads to `rupload` break off in the middle: half of the bytes came.
    pub cut_upload_one_in: u64,
    /// Whether `/{page}/videos` leaves upright films of at most 90 seconds as drafts (Postiz 1740).
    pub upright_videos_stay_drafts: bool,
    /// How long after a video is live `post_id` is not told, in milliseconds of the sandbox's clock.
    pub post_id_lag_ms: u64,
    /// Whether the status of a film is told in the other words that were seen: `completed`, `bytes_transferred`.
    pub other_status_words: bool,
    /// Whether answers carry the usage headers.
    pub usage_headers: bool,
    /// Addresses, besides those of this computer, that people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// Where the app is told that a person removed it; an address of this computer.
    pub deauthorize_url: Option<String>,
    /// Where the app is told that a person wants their data deleted; told together with the removal.
    pub deletion_url: Option<String>,
    /// Where webhooks go if the app did not say so by `/{app}/subscriptions`; an address of this computer.
    pub webhook_url: Option<String>,
    /// What Instagram is like today for the accounts behind pages. What it says of consent does not apply: people sign in here.
    pub instagram: crate::instagram::settings::Settings,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            require_proof: false,
            proof_one_in: 0,
            business_login: false,
            dead_token_status: 400,
            no_expires_in: false,
            lost_roles: Vec::new(),
            refuse: BTreeMap::new(),
            refuse_after: BTreeMap::new(),
            lost_answer_one_in: 0,
            slow_one_in: 0,
            slow_ms: 60_000,
            refuse_repeats: true,
            upload_wants_offset: false,
            cut_upload_one_in: 0,
            upright_videos_stay_drafts: false,
            post_id_lag_ms: 0,
            other_status_words: false,
            usage_headers: true,
            redirect_uris: Vec::new(),
            deauthorize_url: None,
            deletion_url: None,
            webhook_url: None,
            instagram: crate::instagram::settings::Settings::default(),
        }
    }
}
