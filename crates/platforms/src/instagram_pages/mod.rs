//! Instagram with Facebook's login: professional accounts that are linked to a Facebook Page, and what only this login has, which
//! is the deletion of posts.
//!
//! It is a platform of its own, because all that an operator and a person meet differs (app, permissions, consent page, choice of
//! accounts), and an installation can offer both. What is published, and how, is [`crate::instagram`]'s; how people sign in is
//! what [`crate::meta::login`] shares with Facebook's pages. Source: Instagram API with Facebook Login.

mod connect;
mod hooks;
mod publish;

#[cfg(test)]
mod tests;

use base::{Text, say};
use connector::{
    About, Call, Comments, Connect, Connector, DataCap, Failure, Feature, Field, Input, Insights, Publish, Recipient,
    Setup, Way, Webhooks,
};

use crate::{
    instagram::{
        Instagram,
        errors::{Asked, JUDGE},
        options, publish as instagram_publish,
    },
    kit::peer::Peer,
    meta::{
        self,
        login::{OF_BUSINESSES, SUBSCRIBES, VERSION},
    },
};

/// The connector for Instagram accounts behind Facebook Pages.
#[derive(Debug, Clone, Copy, Default)]
pub struct InstagramPages;

impl Connector for InstagramPages {
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
        Some(&Instagram)
    }

    fn comments(&self) -> Option<&dyn Comments> {
        Some(&Instagram)
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(self)
    }
}

/// The scopes without which nothing works.
const SCOPES_BASE: &[&str] = &["instagram_basic", "pages_show_list"];

/// Features and scopes. Source: Instagram API with Facebook Login, permissions by feature; deletion since December 2025.
const FEATURES: &[Feature] = &[
    Feature { name: "connect", scopes: SCOPES_BASE },
    Feature { name: "publish", scopes: &["instagram_content_publish", "pages_read_engagement"] },
    Feature { name: "media", scopes: &["instagram_content_publish"] },
    Feature { name: "replies", scopes: &["instagram_manage_comments"] },
    Feature { name: "delete", scopes: &["instagram_manage_contents"] },
    Feature { name: "read", scopes: &["instagram_basic"] },
    Feature { name: "metrics", scopes: &["instagram_manage_insights"] },
    Feature { name: "business_pages", scopes: &[OF_BUSINESSES] },
    Feature { name: "hooks", scopes: &[SUBSCRIBES] },
];

static ABOUT: About = About {
    id: "instagram_pages",
    name: "Instagram (Facebook login)",
    summary: say!(
        "The same for professional Instagram accounts that are linked to a Facebook Page. People sign in with Facebook and choose among their accounts; posts can be deleted."
    ),
    icon: include_str!("../instagram/icon.svg"),
    recipient: Recipient {
        name: say!("Meta Platforms Ireland Limited"),
        country: say!("Ireland"),
        policy_url: "https://privacycenter.instagram.com/policy",
        reads: say!(
            "The ID and name of the person who connects, the IDs and names of their Facebook Pages and what they may do there, the IDs, names, user names and pictures of the linked Instagram accounts, and the metrics and texts of their own posts and comments. Comments below them, with their authors' names, are shown when someone asks for them, and never stored."
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
            say!(
                "Sign in at Meta for Developers and create an app with the use case Manage messaging and content on Instagram. It can be the app with which Facebook Pages are connected."
            ),
            say!(
                "Choose API setup with Facebook login, and add the permissions that Fanfare lists. Under Facebook Login, Settings, add the callback address below, character by character."
            ),
            say!(
                "Under Facebook Login, Settings, enter the deauthorize and data deletion addresses below, and under Webhooks, Instagram, the callback URL with its verify token; subscribe to the field comments there. An app has one deauthorize and one data deletion address: use an app for each platform if both are to hear of it."
            ),
            say!("Copy the app ID and the app secret from App settings, Basic."),
            say!(
                "If the app uses Facebook Login for Business, create a configuration there with the same permissions and a user access token, and copy its ID."
            ),
            say!(
                "Switch the app to Live. Until Meta has reviewed it, it can connect only accounts of people with a role in the app. Each account must be a professional one (business or creator) and linked to a Facebook Page."
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
    hosts: &["graph.facebook.com"],
    federated: false,
    fetches: true,
    send_timeout_ms: instagram_publish::SEND_TIMEOUT_MS,
};

/// The terms name no number of days; what a person deletes or takes back must be deleted here.
const CAP_SOURCE: Text =
    say!("Meta Platform Terms: no fixed limit; what a person deletes or asks to be deleted must be deleted here too.");

/// The page that stands before the channel's account; none where the account was signed in to by itself.
pub(crate) fn page_of<'a>(call: &Call<'a>) -> Option<&'a str> {
    call.facts["page"].as_str()
}

/// The Graph API, no one signed in.
fn anyone<'a>(call: &'a Call<'a>) -> Peer<'a, Asked> {
    Peer::at(call, call.endpoint("graph", "https://graph.facebook.com"), &JUDGE).and_no_other()
}

/// The Graph API, signed in with the page's token. Each request proves that it comes from the app's own server. Paths begin with
/// the version, as those of the other login do.
pub(crate) fn peer<'a>(call: &'a Call<'a>) -> Result<Peer<'a, Asked>, Failure> {
    signed_in(call, anyone(call))
}

/// The same where paths have no version.
fn login_peer<'a>(call: &'a Call<'a>) -> Peer<'a, Asked> {
    let base = format!("{}/{VERSION}", call.endpoint("graph", "https://graph.facebook.com"));
    Peer::at(call, base, &JUDGE).and_no_other()
}

fn signed_in<'a>(call: &'a Call<'a>, peer: Peer<'a, Asked>) -> Result<Peer<'a, Asked>, Failure> {
    let token = call.tokens.bearer()?;
    let proof = meta::proof(call.app.get("client_secret")?, token);
    Ok(peer.signed_in(token).proven_by("appsecret_proof", proof))
}
