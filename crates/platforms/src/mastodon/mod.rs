//! Mastodon, and servers that speak its client API.
//!
//! One connector, thousands of servers: every limit, host and feature is per instance, read from the instance itself
//! and kept with the channel. What is left out: timelines, notifications and streaming.

mod address;
mod check;
mod comments;
mod connect;
mod discover;
mod errors;
mod facts;
mod home;
mod insights;
mod languages;
mod look_up;
mod media;
mod mentions;
mod options;
mod peer;
mod publish;
mod scopes;
mod text;
mod wire;

#[cfg(test)]
mod tests;

use base::say;
use connector::{
    About, Comments, Connect, Connector, DataCap, Feature, Field, Input, Insights, Mentions, Publish, Recipient, Way,
};

/// The connector for Mastodon.
#[derive(Debug, Clone, Copy, Default)]
pub struct Mastodon;

/// The longest a new status may take, in milliseconds.
const SEND_TIMEOUT_MS: u64 = 30_000;

const INSTANCE: Field = Field {
    name: "instance",
    label: say!("Your server"),
    example: "social.example or @you@social.example",
    secret: false,
    optional: false,
    input: Input::Text,
};

static ABOUT: About = About {
    id: "mastodon",
    name: "Mastodon",
    summary: say!("Posts to an account on any Mastodon server, or on a server with the same API."),
    icon: include_str!("icon.svg"),
    recipient: Recipient {
        name: say!("The account's server, and the servers it federates with"),
        country: say!("Where the server is run"),
        policy_url: "https://joinmastodon.org/privacy-policy",
        reads: say!(
            "The account's ID, name, address and picture, its default visibility, the limits of its server, and its own posts when the outcome of one is in doubt. The server gets what an author types after an @ and answers with accounts. Comments below its posts, with their authors' names, are shown when someone asks for them, and never stored."
        ),
    },
    ways: &[
        Way {
            kind: "oauth",
            fields: &[
                INSTANCE,
                Field {
                    name: "force_login",
                    label: say!("Sign in with a different account than the browser's"),
                    example: "yes",
                    secret: false,
                    optional: true,
                    input: Input::Check,
                },
            ],
        },
        Way {
            kind: "password",
            fields: &[
                INSTANCE,
                Field {
                    name: "token",
                    label: say!("Access token (Preferences, Development)"),
                    example: "43 letters and digits, copied whole",
                    secret: true,
                    optional: false,
                    input: Input::Text,
                },
            ],
        },
    ],
    app_fields: &[],
    setup: None,
    features: &[
        Feature { name: "publish", scopes: scopes::PUBLISH },
        Feature { name: "media", scopes: scopes::MEDIA },
        Feature { name: "read", scopes: scopes::READ },
        Feature { name: "edit", scopes: scopes::PUBLISH },
        Feature { name: "delete", scopes: scopes::PUBLISH },
        Feature { name: "metrics", scopes: scopes::READ },
        Feature { name: "quote", scopes: scopes::QUOTE },
        Feature { name: "likes", scopes: scopes::LIKES },
    ],
    options: options::schema,
    dutch: include_str!("nl.json"),
    caps: &[
        DataCap {
            class: "metrics",
            max_days: None,
            source: say!("The software sets no limit; an instance's own terms may"),
        },
        DataCap {
            class: "content",
            max_days: None,
            source: say!("The software sets no limit; an instance's own terms may"),
        },
    ],
    // A person names the host.
    hosts: &[],
    federated: true,
    fetches: false,
    send_timeout_ms: SEND_TIMEOUT_MS,
};

impl Connector for Mastodon {
    fn about(&self) -> &'static About {
        &ABOUT
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
