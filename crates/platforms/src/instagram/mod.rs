//! Instagram: images, carousels, reels, stories and comments below them, which Instagram fetches from here, and their numbers,
//! through the Instagram API with Instagram Login.
//!
//! Accounts that are linked to a Facebook Page can be reached with Facebook's login, too: that is a platform of its own here
//! ([`crate::instagram_pages`]), whose channels publish through this folder, on the other server.
//!
//! Source of every fact: the Instagram Platform's pages, and where clients of it report otherwise, their issues, named beside
//! the code. Left out on purpose: what only Facebook's login has (deletion is there; upload of bytes, music, product tags and
//! polls in captions are not); trial reels; messages.

mod check;
mod comments;
mod compose;
mod connect;
pub(crate) mod errors;
pub(crate) mod hooks;
mod insights;
pub(crate) mod limits;
mod look_up;
pub(crate) mod options;
pub(crate) mod publish;
mod reads;
mod text;

#[cfg(test)]
mod tests;

use base::{Text, say};
use connector::{
    About, Call, Comments, Connect, Connector, DataCap, Failure, Feature, Field, Input, Insights, Publish, Recipient,
    Setup, Way, Webhooks,
};

use self::errors::Asked;
use crate::{
    instagram_pages,
    kit::peer::{Peer, segment},
    meta::hooks::META_SECRET,
};

/// The connector for Instagram.
#[derive(Debug, Clone, Copy, Default)]
pub struct Instagram;

impl Connector for Instagram {
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

/// The version of the API, as its paths begin.
const VERSION: &str = "/v26.0";

/// The scopes without which nothing works.
const SCOPES_BASE: &[&str] = &["instagram_business_basic"];

/// Features and scopes. Source: Instagram API with Instagram Login, permissions.
const FEATURES: &[Feature] = &[
    Feature { name: "connect", scopes: SCOPES_BASE },
    Feature { name: "publish", scopes: &["instagram_business_basic", "instagram_business_content_publish"] },
    Feature { name: "media", scopes: &["instagram_business_content_publish"] },
    Feature { name: "replies", scopes: &["instagram_business_manage_comments"] },
    Feature { name: "read", scopes: &["instagram_business_basic"] },
    Feature { name: "metrics", scopes: &["instagram_business_manage_insights"] },
];

static ABOUT: About = About {
    id: "instagram",
    name: "Instagram",
    summary: say!(
        "Images, carousels, reels and stories on a professional Instagram account. Instagram fetches the files from this installation."
    ),
    icon: include_str!("icon.svg"),
    recipient: Recipient {
        name: say!("Meta Platforms Ireland Limited"),
        country: say!("Ireland"),
        policy_url: "https://privacycenter.instagram.com/policy",
        reads: say!(
            "The account's ID, name, user name, kind and picture, and the metrics and texts of its own posts and comments. Comments below them, with their authors' names, are shown when someone asks for them, and never stored."
        ),
    },
    ways: &[Way { kind: "oauth", fields: &[] }],
    app_fields: &[
        Field {
            name: "client_id",
            label: say!("Instagram app ID"),
            example: "1234567890123456",
            secret: false,
            optional: false,
            input: Input::Text,
        },
        Field {
            name: "client_secret",
            label: say!("Instagram app secret"),
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
            say!(
                "Sign in at Meta for Developers and create an app with the use case Manage messaging and content on Instagram."
            ),
            say!(
                "Choose API setup with Instagram login, and add the permissions that Fanfare lists. Under Set up Instagram business login, enter the callback address below, character by character."
            ),
            say!(
                "On the same page, enter the webhook address with its verify token (field: comments), and the deauthorize and data deletion addresses below."
            ),
            say!(
                "Copy the Instagram app ID and the Instagram app secret from the same page. The app ID and secret of the Facebook app, under App settings, don't work here."
            ),
            say!(
                "Until Meta has reviewed the app, add each account as an Instagram tester under App roles. Its owner accepts at Instagram, under Settings, Website permissions. Only professional accounts (business or creator) can be connected."
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
    hosts: &["api.instagram.com", "graph.instagram.com"],
    federated: false,
    fetches: true,
    send_timeout_ms: publish::SEND_TIMEOUT_MS,
};

/// The terms name no number of days; what a person deletes or takes back must be deleted here.
const CAP_SOURCE: Text =
    say!("Meta Platform Terms: no fixed limit; what a person deletes or asks to be deleted must be deleted here too.");

/// Where the code is exchanged.
fn sign_in<'a>(call: &'a Call<'a>) -> Peer<'a, Asked> {
    Peer::at(call, call.endpoint("api", "https://api.instagram.com"), &errors::JUDGE).and_no_other()
}

/// Instagram, no one signed in.
fn anyone<'a>(call: &'a Call<'a>) -> Peer<'a, Asked> {
    Peer::at(call, call.endpoint("graph", "https://graph.instagram.com"), &errors::JUDGE).and_no_other()
}

/// Instagram, signed in as the channel: where a page stands before the account, on the page's server and with its token.
fn peer<'a>(call: &'a Call<'a>) -> Result<Peer<'a, Asked>, Failure> {
    match instagram_pages::page_of(call) {
        Some(_) => instagram_pages::peer(call),
        None => Ok(anyone(call).signed_in(call.tokens.bearer()?)),
    }
}

/// The path of something at Instagram.
pub(crate) fn node(id: &str) -> String {
    format!("{VERSION}/{}", segment(id))
}

/// The path of something of the account.
pub(crate) fn own(call: &Call<'_>, edge: &str) -> String {
    format!("{VERSION}/{}/{edge}", segment(call.account_id))
}

/// An address of the pages that people see.
pub(crate) fn web(call: &Call<'_>, path: &str) -> String {
    format!("{}{path}", call.endpoint("www", "https://www.instagram.com"))
}

/// The account's name, without @.
fn username<'a>(call: &Call<'a>) -> &'a str {
    call.facts["username"].as_str().unwrap_or_default()
}
