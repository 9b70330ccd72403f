//! What LinkedIn is like today: the knob `own` of the LinkedIn network. What its documentation leaves open, or what clients met
//! otherwise, can be turned here.

use serde::{Deserialize, Serialize};

/// `own` in full; each key may be left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// The versions of the API that are served, as `YYYYMM`. Any other is refused with 426.
    pub versions: Vec<String>,
    /// Addresses, besides those of this computer, that people may be sent back to.
    pub redirect_uris: Vec<String>,
    /// So many calls with a new token are refused as revoked, which happens at LinkedIn for some seconds
    /// (omniauth-linkedin-oauth2 17, fastapi-sso 196).
    pub fresh_token_refused: u64,
    /// How long the same post of an author is refused, in seconds. Ten minutes by the documentation of the older API.
    pub duplicate_window_s: u64,
    /// Whether the refusal of a duplicate names the post only in its message, behind the name of a class
    /// (Linkedin-RSS 5); otherwise in the description too.
    pub duplicate_in_message_only: bool,
    /// Whether a post that is gone can be deleted again (documented); otherwise that is a 404, as measured in 2026.
    pub deletes_again: bool,
    /// Whether a member's token may not ask how far a video is.
    pub videos_unreadable: bool,
    /// How long a new post can't be commented on, in milliseconds of the sandbox's clock.
    pub comment_lag_ms: u64,
    /// Whether a part's `ETag` is a path without quotes; otherwise quoted letters.
    pub plain_etags: bool,
    /// Whether this app is in the development tier, in which it can't post for organisations.
    pub is_development_tier: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            versions: (1..=9).map(|month| format!("2026{month:02}")).collect(),
            redirect_uris: Vec::new(),
            fresh_token_refused: 0,
            duplicate_window_s: 600,
            duplicate_in_message_only: false,
            deletes_again: false,
            videos_unreadable: false,
            comment_lag_ms: 0,
            plain_etags: false,
            is_development_tier: false,
        }
    }
}
