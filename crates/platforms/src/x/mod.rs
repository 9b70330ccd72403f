//! X: posts, threads, polls, media and their numbers through the API v2.
//!
//! Source of every fact: the X API v2 reference (specification 2.173) and the pages it names. Left out on purpose:
//! OAuth 1.0a, articles, direct messages, reposts, subtitles, and the app-only token, which no feature here needs.

mod check;
mod comments;
mod compose;
mod connect;
mod errors;
mod insights;
mod limits;
mod look_up;
mod media;
mod publish;
mod reads;
pub mod text;
mod wire;

#[cfg(test)]
mod tests;

use base::{Text, say};
use connector::{
    About, Call, Comments, Connect, Connector, DataCap, Feature, Field, Input, Insights, Publish, Recipient, Setup, Way,
};

use crate::kit::peer::Peer;

/// The connector for X.
#[derive(Debug, Clone, Copy, Default)]
pub struct X;

impl Connector for X {
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
}

/// The scopes without which nothing works: who is it, and a token that can be refreshed.
pub(crate) const SCOPES_BASE: &[&str] = &["tweet.read", "users.read", "offline.access"];

/// Features and scopes. Source: X API, OAuth 2.0 scopes.
const FEATURES: &[Feature] = &[
    Feature { name: "connect", scopes: SCOPES_BASE },
    Feature { name: "publish", scopes: &["tweet.read", "tweet.write", "users.read", "offline.access"] },
    Feature { name: "media", scopes: &["media.write"] },
    Feature { name: "delete", scopes: &["tweet.read", "tweet.write", "users.read"] },
    Feature { name: "edit", scopes: &["tweet.read", "tweet.write", "users.read"] },
    Feature { name: "read", scopes: &["tweet.read", "users.read"] },
    Feature { name: "metrics", scopes: &["tweet.read", "users.read"] },
    Feature { name: "hide_replies", scopes: &["tweet.moderate.write"] },
];

static ABOUT: About = About {
    id: "x",
    name: "X",
    summary: say!(
        "Posts, threads, polls, images and video on X. X charges the app's owner for each post and each read."
    ),
    icon: include_str!("icon.svg"),
    recipient: Recipient {
        name: say!("X Internet Unlimited Company"),
        country: say!("Ireland"),
        policy_url: "https://x.com/en/privacy",
        reads: say!(
            "The account's ID, name, user name, picture and subscription, whether it is protected, and the metrics and texts of its own posts. Comments below them, with their authors' names, are shown when someone asks for them, and never stored."
        ),
    },
    ways: &[Way { kind: "oauth", fields: &[] }],
    app_fields: &[
        Field {
            name: "client_id",
            label: say!("OAuth 2.0 client ID"),
            example: "VGhpc0lzQW5FeGFtcGxl",
            secret: false,
            optional: false,
            input: Input::Text,
        },
        Field {
            name: "client_secret",
            label: say!("OAuth 2.0 client secret (leave empty for a native or single-page app)"),
            example: "",
            secret: true,
            optional: true,
            input: Input::Text,
        },
    ],
    setup: Some(Setup {
        url: "https://console.x.com",
        steps: &[
            say!(
                "Sign in to X's developer console, create a project with an app in it, and buy credit: X has no free tier."
            ),
            say!(
                "Under User authentication settings choose OAuth 2.0, the type Web App, Automated App or Bot (or Native App, which has no secret), and the permissions Read and write."
            ),
            say!("Add the callback address below, character by character. X allows at most ten."),
            say!(
                "Copy the OAuth 2.0 client ID and, if there is one, the client secret. The API key and consumer secret beside them don't work here."
            ),
        ],
    }),
    features: FEATURES,
    options: compose::options_schema,
    dutch: include_str!("nl.json"),
    caps: &[
        DataCap { class: "content", max_days: None, source: CAP_SOURCE },
        DataCap { class: "metrics", max_days: None, source: CAP_SOURCE },
    ],
    hosts: &["api.x.com"],
    federated: false,
    fetches: false,
    send_timeout_ms: publish::SEND_TIMEOUT_MS,
};

/// The policy names no number of days; what is deleted at X must be deleted here within a day.
const CAP_SOURCE: Text =
    say!("X developer policy: no fixed limit; what was deleted at X must be deleted within 24 hours.");

/// X's API; no one is signed in.
fn peer<'a>(call: &'a Call<'a>) -> Peer<'a, errors::Asked> {
    Peer::at(call, api(call, ""), &errors::JUDGE)
}

/// An address of the API.
fn api(call: &Call<'_>, path: &str) -> String {
    format!("{}{path}", call.endpoint("api", "https://api.x.com"))
}

/// An address of the pages that people see.
fn web(call: &Call<'_>, path: &str) -> String {
    format!("{}{path}", call.endpoint("web", "https://x.com"))
}
