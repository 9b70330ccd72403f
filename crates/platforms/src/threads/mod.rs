//! Threads: posts, threads, polls, media that Threads fetches from here, and their numbers, through the Threads API.
//!
//! Source of every fact: the Threads API's pages, and where clients of it report otherwise, their issues, named beside the
//! code. Left out on purpose: reposts, GIFs from GIPHY, sharing to Instagram, country lists.

mod address;
mod check;
mod comments;
mod compose;
mod connect;
mod containers;
mod errors;
mod hooks;
mod insights;
mod limits;
mod look_up;
mod options;
mod publish;
mod reads;
mod text;
mod wire;

#[cfg(test)]
mod tests;

use base::{Text, say};
use connector::{
    About, Call, Comments, Connect, Connector, DataCap, Failure, Feature, Field, Input, Insights, Publish, Recipient,
    Setup, Way, Webhooks,
};

use self::errors::Asked;
use crate::{kit::peer::Peer, meta::hooks::META_SECRET};

/// The connector for Threads.
#[derive(Debug, Clone, Copy, Default)]
pub struct Threads;

impl Connector for Threads {
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

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(self)
    }
}

/// The scopes without which nothing works.
const SCOPES_BASE: &[&str] = &["threads_basic"];

/// Features and scopes. Source: Threads API, permissions. An answer to an own post is read back among the account's replies,
/// and who may reply is chosen, with the two scopes for replies.
const FEATURES: &[Feature] = &[
    Feature { name: "connect", scopes: SCOPES_BASE },
    Feature { name: "publish", scopes: &["threads_basic", "threads_content_publish"] },
    Feature { name: "media", scopes: &["threads_content_publish"] },
    Feature { name: "replies", scopes: &["threads_manage_replies", "threads_read_replies"] },
    Feature { name: "place", scopes: &["threads_location_tagging"] },
    Feature { name: "delete", scopes: &["threads_delete"] },
    Feature { name: "read", scopes: &["threads_basic"] },
    Feature { name: "metrics", scopes: &["threads_manage_insights"] },
];

static ABOUT: About = About {
    id: "threads",
    name: "Threads",
    summary: say!(
        "Posts, threads, polls, images and video on Threads. Threads fetches the files from this installation."
    ),
    icon: include_str!("icon.svg"),
    recipient: Recipient {
        name: say!("Meta Platforms Ireland Limited"),
        country: say!("Ireland"),
        policy_url: "https://privacycenter.instagram.com/policy",
        reads: say!(
            "The account's ID, name, user name and picture, and the metrics and texts of its own posts. Comments below them, with their authors' names, are shown when someone asks for them, and never stored."
        ),
    },
    ways: &[Way { kind: "oauth", fields: &[] }],
    app_fields: &[
        Field {
            name: "client_id",
            label: say!("Threads app ID"),
            example: "1234567890123456",
            secret: false,
            optional: false,
            input: Input::Text,
        },
        Field {
            name: "client_secret",
            label: say!("Threads app secret"),
            example: "",
            secret: true,
            optional: false,
            input: Input::Text,
        },
        META_SECRET,
    ],
    setup: Some(Setup {
        url: "https://developers.facebook.com/apps",
        steps: &[
            say!("Sign in at Meta for Developers and create an app with the use case Access the Threads API."),
            say!(
                "Under Use cases, Threads, add the permissions that Fanfare lists, and under Settings add the callback address below, character by character."
            ),
            say!(
                "On the same page, enter the webhook, uninstall and deletion addresses below, so that Fanfare hears when someone removes it or wants their data deleted."
            ),
            say!(
                "Copy the Threads app ID and the Threads app secret from the same page. The app ID and secret of the Facebook app, under App settings, don't work here."
            ),
            say!(
                "Until Meta has reviewed the app, add each account as a Threads tester under App roles. Its owner accepts at Threads, under Settings, Account, Website permissions."
            ),
        ],
    }),
    features: FEATURES,
    options: options::schema,
    dutch: include_str!("nl.json"),
    caps: &[
        DataCap { class: "content", max_days: None, source: CAP_SOURCE },
        DataCap { class: "metrics", max_days: None, source: CAP_SOURCE },
    ],
    hosts: &["graph.threads.net"],
    federated: false,
    fetches: true,
    send_timeout_ms: publish::SEND_TIMEOUT_MS,
};

/// The terms name no number of days; what a person deletes or takes back must be deleted here.
const CAP_SOURCE: Text =
    say!("Meta Platform Terms: no fixed limit; what a person deletes or asks to be deleted must be deleted here too.");

/// Threads, no one signed in.
fn anyone<'a>(call: &'a Call<'a>) -> Peer<'a, Asked> {
    Peer::at(call, call.endpoint("api", "https://graph.threads.net"), &errors::JUDGE).and_no_other()
}

/// Threads, signed in as the channel.
fn peer<'a>(call: &'a Call<'a>) -> Result<Peer<'a, Asked>, Failure> {
    Ok(anyone(call).signed_in(call.tokens.bearer()?))
}

/// An address of the pages that people see.
fn web(call: &Call<'_>, path: &str) -> String {
    format!("{}{path}", call.endpoint("web", "https://www.threads.net"))
}
