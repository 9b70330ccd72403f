//! What every twin network must be able to do, and the words they share.

use std::sync::Arc;

use axum::Router;
use http::Method;
use serde::{Deserialize, Serialize};

/// What a request is, as far as knobs and recording care.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Makes or changes something that people see.
    Publish,
    /// Takes something away that people saw.
    Delete,
    /// Sends media.
    Upload,
    /// Registers an app, pushes an authorization, exchanges, refreshes or revokes tokens.
    Token,
    /// Reads.
    Read,
    /// A human page, its stylesheet or its pictures; faults and latency leave it alone.
    Page,
}

impl Class {
    /// The word that a knob's `match` uses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Class::Publish => "publish",
            Class::Delete => "delete",
            Class::Upload => "upload",
            Class::Token => "token",
            Class::Read => "read",
            Class::Page => "page",
        }
    }
}

/// The SHA-256 of the request's body in hex. The server puts it into the request's extensions, so a handler takes
/// `Extension<RequestDigest>` and hands it to the ledger.
#[derive(Debug, Clone, Default)]
pub struct RequestDigest(pub Arc<str>);

/// One account for the index pages.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountLine {
    /// The name that the network signs people in by.
    pub handle: String,
    /// The name people read.
    pub name: String,
    /// The human page with the account's posts.
    pub page: String,
}

/// Something done to the network from outside, once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// All access tokens (of one account) end now; refresh tokens live on.
    ExpireTokens {
        /// Whose; everyone's if absent.
        #[serde(default)]
        account: Option<String>,
    },
    /// The person takes back the permission: access and refresh tokens end now.
    RevokeGrants {
        /// Whose; everyone's if absent.
        #[serde(default)]
        account: Option<String>,
    },
}

impl Act {
    /// Whom it is about, without an `@`; everyone if absent.
    pub fn account(&self) -> Option<&str> {
        let (Act::ExpireTokens { account } | Act::RevokeGrants { account }) = self;
        account.as_deref().map(|name| name.trim_start_matches('@'))
    }
}

/// One twin network.
pub trait Twin: Send + Sync {
    /// Its API and human pages. Called once, at start.
    fn router(self: Arc<Self>) -> Router;
    /// What a request is.
    fn classify(&self, method: &Method, path: &str) -> Class;
    /// The accounts that exist.
    fn accounts(&self) -> Vec<AccountLine>;
    /// Does what [`Act`] says.
    fn act(&self, act: &Act);
    /// Back to the seeded state. Knobs and ledger are reset by the core.
    fn reset(&self);
    /// Whether the network's own knobs read.
    ///
    /// # Errors
    /// What is wrong with them, in words.
    fn check_own(&self, own: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        let _ = own;
        Ok(())
    }
    /// The state to keep over a restart; read again from [`Core::kept`](crate::Core::kept).
    fn snapshot(&self) -> serde_json::Value;
}
