//! Facebook Pages: posts with links and photos, videos, reels, stories, comments under them, and their numbers, through the
//! Graph API.
//!
//! Source of every fact: the Graph API's pages and its SDK's descriptions, and where clients of it report otherwise, their
//! issues, named beside the code. Left out on purpose: profiles and groups, which take no posts, and scheduling at Facebook,
//! which is done here.

mod check;
mod comments;
mod compose;
mod connect;
mod errors;
mod hooks;
mod insights;
mod limits;
mod look_up;
mod options;
mod publish;
mod reads;
mod rights;
mod text;
mod uploads;
mod wire;

#[cfg(test)]
mod tests;

use base::{Text, say};
use connector::{
    About, Call, Comments, Connect, Connector, DataCap, Failure, Feature, Field, Input, Insights, Publish, Recipient,
    Setup, Way, Webhooks,
};

use self::errors::Asked;
use crate::{
    kit::peer::Peer,
    meta::{self, login::VERSION},
};

/// The connector for Facebook Pages.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facebook;

impl Connector for Facebook {
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
const SCOPES_BASE: &[&str] = &["pages_show_list"];

/// Features and scopes. Source: Graph API, permissions. Without `business_management` the list of pages leaves out those that
/// belong to a business, without saying so (openpost 216, chatwoot 7219).
const FEATURES: &[Feature] = &[
    Feature { name: "connect", scopes: SCOPES_BASE },
    Feature { name: "publish", scopes: &["pages_manage_posts", "pages_read_engagement"] },
    Feature { name: "media", scopes: &["pages_manage_posts"] },
    Feature { name: "comments", scopes: &["pages_manage_engagement"] },
    Feature { name: "read_comments", scopes: &["pages_read_engagement", "pages_read_user_content"] },
    Feature { name: "business_pages", scopes: &[meta::login::OF_BUSINESSES] },
    Feature { name: "edit", scopes: &["pages_manage_posts"] },
    Feature { name: "delete", scopes: &["pages_manage_posts"] },
    Feature { name: "read", scopes: &["pages_read_engagement"] },
    Feature { name: "metrics", scopes: &["read_insights", "pages_read_engagement"] },
    Feature { name: "hooks", scopes: &[meta::login::SUBSCRIBES] },
];

static ABOUT: About = About {
    id: "facebook",
    name: "Facebook",
    summary: say!("Posts with links and photos, videos, reels and stories on Facebook Pages."),
    icon: include_str!("icon.svg"),
    recipient: Recipient {
        name: say!("Meta Platforms Ireland Limited"),
        country: say!("Ireland"),
        policy_url: "https://www.facebook.com/privacy/policy",
        reads: say!(
            "The ID and name of the person who connects, the IDs, names, addresses and pictures of their pages and what they may do there, and the metrics and texts of the pages' own posts. Comments below them, with their authors' names, are shown when someone asks for them, and never stored."
        ),
    },
    ways: &[Way { kind: "oauth", fields: &[] }],
    app_fields: &[
        Field {
            name: "client_id",
            label: say!("App ID"),
            example: "1234567890123456",
            secret: false,
            optional: false,
            input: Input::Text,
        },
        Field {
            name: "client_secret",
            label: say!("App secret"),
            example: "",
            secret: true,
            optional: false,
            input: Input::Text,
        },
        Field {
            name: "config_id",
            label: say!("Configuration ID (only with Facebook Login for Business)"),
            example: "1234567890123456",
            secret: false,
            optional: true,
            input: Input::Text,
        },
    ],
    setup: Some(Setup {
        url: "https://developers.facebook.com/apps",
        steps: &[
            say!("Sign in at Meta for Developers and create an app with the use case Manage everything on your Page."),
            say!(
                "Add the permissions that Fanfare lists. Under Facebook Login, Settings, add the callback address below, character by character."
            ),
            say!("Copy the app ID and the app secret from App settings, Basic."),
            say!(
                "Under Facebook Login, Settings, enter the deauthorize and data deletion addresses below, and under Webhooks, Page, the callback URL with its verify token; subscribe to the field feed there."
            ),
            say!(
                "If the app uses Facebook Login for Business, create a configuration there with the same permissions and a user access token, and copy its ID."
            ),
            say!(
                "Switch the app to Live. Until then only people with a role in the app see its posts. For pages of other people Meta must review the app first."
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
    hosts: &["graph.facebook.com", "rupload.facebook.com"],
    federated: false,
    fetches: false,
    send_timeout_ms: publish::SEND_TIMEOUT_MS,
};

/// The terms name no number of days; what a person deletes or takes back must be deleted here.
const CAP_SOURCE: Text =
    say!("Meta Platform Terms: no fixed limit; what a person deletes or asks to be deleted must be deleted here too.");

/// The Graph API, no one signed in.
fn anyone<'a>(call: &'a Call<'a>) -> Peer<'a, Asked> {
    let base = format!("{}/{VERSION}", call.endpoint("graph", "https://graph.facebook.com"));
    Peer::at(call, base, &errors::JUDGE).and_no_other()
}

/// The Graph API, signed in with the call's token: a page's, or while connecting the person's. Each request proves that it
/// comes from the app's own server.
fn peer<'a>(call: &'a Call<'a>) -> Result<Peer<'a, Asked>, Failure> {
    let token = call.tokens.bearer()?;
    let proof = meta::proof(call.app.get("client_secret")?, token);
    Ok(anyone(call).signed_in(token).proven_by("appsecret_proof", proof))
}

/// An address of the pages that people see. Some answers name only its path.
fn web(call: &Call<'_>, path: &str) -> String {
    let base = call.endpoint("www", "https://www.facebook.com");
    if path.starts_with("http") { path.to_owned() } else { format!("{base}/{}", path.trim_start_matches('/')) }
}
