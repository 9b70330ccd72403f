//! Accounts to mention, suggested while a person types a name.

use async_trait::async_trait;
use serde::Serialize;

use crate::{failure::Failure, publish::Call};

/// Finds accounts by the beginning of a name.
#[async_trait]
pub trait Mentions: Send + Sync {
    /// The accounts that a text may mention, best first, at most [`SUGGESTIONS_MAX`]. `typed` is what follows the `@`; it is
    /// not empty. Reads without a sign-in, so that writing a post takes nothing from what publishing may ask of the account.
    async fn suggest(&self, call: &Call<'_>, typed: &str) -> Result<Vec<Suggestion>, Failure>;
}

/// The most accounts suggested at once.
pub const SUGGESTIONS_MAX: usize = 8;

/// An account that a text may mention.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Suggestion {
    /// What follows the `@` in the text, so that the platform makes a mention of it: `alice.bsky.social`,
    /// `alice@social.example`.
    pub handle: String,
    /// The display name; empty if the account has none.
    pub name: String,
}
