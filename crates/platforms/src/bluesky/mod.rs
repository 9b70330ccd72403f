//! Bluesky, and every other server of the AT Protocol that its accounts live on.
//!
//! Each account has its own server (PDS), where all writes go; a handle leads to a DID, a DID to its server. Posts are
//! records under keys that we choose, which makes a repeated write harmless. Left out: reading notifications, direct
//! messages, starter packs, galleries of more than four images, DNS look-ups of handles (see `docs/platforms/bluesky.md`).

mod card;
mod check;
mod client;
mod comments;
mod connect;
mod errors;
mod identity;
mod insights;
mod jose;
mod limits;
mod media;
mod mentions;
mod oauth;
mod options;
mod publish;
mod record;
mod rpc;
mod session;
mod syntax;
#[cfg(test)]
mod tests;
mod text;
mod tid;
mod wire;

use base::say;
use connector::{
    About, Comments, Connect, Connector, DataCap, Feature, Field, Input, Insights, Mentions, Publish, Recipient, Way,
};

pub use client::CALLBACK_PATH;

/// The collection of posts.
const POST: &str = "app.bsky.feed.post";
/// The collection of rules about replies.
const THREADGATE: &str = "app.bsky.feed.threadgate";
/// The collection of rules about quotes.
const POSTGATE: &str = "app.bsky.feed.postgate";
/// The collection of likes.
const LIKE: &str = "app.bsky.feed.like";
/// The web app that shows posts to people.
const WEB: &str = "https://bsky.app";

/// The connector.
#[derive(Default)]
pub struct Bluesky {
    nonces: rpc::Nonces,
    cards: card::Looked,
}

impl Bluesky {
    /// A connector that knows no server's nonce yet.
    pub fn new() -> Self {
        Self::default()
    }
}

impl Connector for Bluesky {
    fn about(&self) -> &'static About {
        about()
    }

    fn connect(&self) -> &dyn Connect {
        self
    }

    fn publish(&self) -> Option<&dyn Publish> {
        Some(self)
    }

    fn insights(&self) -> Option<&dyn Insights> {
        Some(self)
    }

    fn comments(&self) -> Option<&dyn Comments> {
        Some(self)
    }

    fn mentions(&self) -> Option<&dyn Mentions> {
        Some(self)
    }
}

const HANDLE: Field = Field {
    name: "handle",
    label: say!("Handle, DID, or your server's address"),
    example: "alice.bsky.social",
    secret: false,
    optional: false,
    input: Input::Text,
};

const APP_PASSWORD: Field = Field {
    name: "app_password",
    label: say!("App password (never the main password)"),
    example: "abcd-1234-efgh-5678",
    secret: true,
    optional: false,
    input: Input::Text,
};

fn about() -> &'static About {
    &ABOUT
}

static ABOUT: About = About {
    id: "bluesky",
    name: "Bluesky",
    summary: say!("Posts, threads, images and video on Bluesky and other AT Protocol servers."),
    icon: include_str!("icon.svg"),
    recipient: Recipient {
        name: say!("Bluesky Social, PBC, and the operator of the account's own server"),
        country: say!("United States, and where the account's server is"),
        policy_url: "https://bsky.social/about/support/privacy-policy",
        reads: say!(
            "The account's DID, handle, display name and picture, its server's address and upload limit, and the numbers of likes, replies, reposts, quotes and bookmarks of posts published from here. Bluesky gets what an author types after an @ and answers with accounts. Comments below its posts, with their authors' names, are shown when someone asks for them, and never stored."
        ),
    },
    ways: &[Way { kind: "oauth", fields: &[HANDLE] }, Way { kind: "password", fields: &[HANDLE, APP_PASSWORD] }],
    // Nothing: the client document is our own, and its key makes itself.
    app_fields: &[],
    setup: None,
    features: &[
        Feature { name: "publish", scopes: &[client::SCOPE_BASE, client::SCOPE_POST] },
        Feature { name: "media", scopes: &[client::SCOPE_IMAGES] },
        Feature { name: "video", scopes: &[client::SCOPE_VIDEOS, client::SCOPE_VIDEO_SERVICE] },
        Feature { name: "reply_gates", scopes: &[client::SCOPE_THREADGATE] },
        Feature { name: "quote_gates", scopes: &[client::SCOPE_POSTGATE] },
        Feature { name: "likes", scopes: &[client::SCOPE_LIKE] },
        Feature { name: "delete", scopes: &[client::SCOPE_BASE, client::SCOPE_POST] },
        Feature { name: "read", scopes: &[client::SCOPE_BASE] },
        Feature { name: "metrics", scopes: &[] },
    ],
    options: options::schema,
    dutch: include_str!("nl.json"),
    caps: &[
        DataCap { class: "metrics", max_days: None, source: say!("The data is public; the terms set no limit.") },
        DataCap { class: "profile", max_days: None, source: say!("The data is public; the terms set no limit.") },
        DataCap { class: "content", max_days: None, source: say!("The account's own posts.") },
    ],
    hosts: &["bsky.social", "plc.directory", "video.bsky.app", "public.api.bsky.app"],
    federated: true,
    // One write, one more if the server asks for another nonce, one read if the key is taken: 20 s each.
    fetches: false,
    send_timeout_ms: 60_000,
};
