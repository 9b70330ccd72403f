//! WhatsApp for businesses: messages from a number to one person at a time, through Meta's Cloud API. There are no posts.
//!
//! Source of every fact: the Cloud API's pages and its official description, and where clients of it report otherwise, their
//! issues, named beside the code. Left out on purpose: calls, flows, catalogues, groups, coexistence with the app on a phone,
//! blocking people, and numbers that are bought and verified, which WhatsApp Manager does.

mod connect;
mod errors;
mod hooks;
mod messages;
mod templates;
mod wire;

#[cfg(test)]
mod tests;

use base::{Text, say};
use connector::{
    About, Call, Connect, Connector, DataCap, Failure, Feature, Field, Input, Messaging, Recipient, Setup, Way,
    Webhooks,
};

use self::errors::Asked;
use crate::{
    kit::peer::{Peer, segment},
    meta,
};

/// The connector for WhatsApp.
#[derive(Debug, Clone, Copy, Default)]
pub struct WhatsApp;

impl Connector for WhatsApp {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn connect(&self) -> &dyn Connect {
        self
    }

    fn messaging(&self) -> Option<&dyn Messaging> {
        Some(self)
    }

    fn webhooks(&self) -> Option<&dyn Webhooks> {
        Some(self)
    }
}

/// The version of the Graph API. Each lives for two years at least; v26.0 until July 2028 or later.
const VERSION: &str = "v26.0";

/// To send, to hear of messages, to handle files.
const MESSAGING: &str = "whatsapp_business_messaging";
/// Everything else of an account.
const MANAGEMENT: &str = "whatsapp_business_management";

/// Features and scopes. Source: Cloud API, permissions.
const FEATURES: &[Feature] = &[
    Feature { name: "connect", scopes: &[MANAGEMENT] },
    Feature { name: "messages", scopes: &[MESSAGING] },
    Feature { name: "templates", scopes: &[MANAGEMENT] },
    Feature { name: "hooks", scopes: &[MANAGEMENT, MESSAGING] },
];

/// What the number is for. Unticked, less is kept.
const CONVERSATIONS: Field = Field {
    name: "conversations",
    label: say!(
        "Use the number for conversations too (otherwise only for notices, and nothing that people write is kept)"
    ),
    example: "",
    secret: false,
    optional: true,
    input: Input::Check,
};
const PIN: Field = Field {
    name: "pin",
    label: say!("Six-digit PIN (only for a number that isn't registered yet)"),
    example: "",
    secret: true,
    optional: true,
    input: Input::Text,
};

static ABOUT: About = About {
    id: "whatsapp",
    name: "WhatsApp",
    summary: say!(
        "Messages from a business's WhatsApp number to people who agreed to get them. WhatsApp takes no posts."
    ),
    icon: include_str!("icon.svg"),
    recipient: Recipient {
        name: say!("WhatsApp Ireland Limited and Meta Platforms Ireland Limited"),
        country: say!("Ireland"),
        policy_url: "https://www.whatsapp.com/legal/business-policy",
        reads: say!(
            "The ID and name of the account or system user that connects, and the numbers' IDs, digits, names, pictures, quality and limits. Meta processes the recipients' numbers and the texts of messages; it keeps messages for up to 30 days."
        ),
    },
    ways: &[
        Way { kind: "oauth", fields: &[CONVERSATIONS, PIN] },
        Way {
            kind: "password",
            fields: &[
                Field {
                    name: "token",
                    label: say!("System user's token"),
                    example: "EAAJ…",
                    secret: true,
                    optional: false,
                    input: Input::Text,
                },
                Field {
                    name: "account",
                    label: say!("ID of the WhatsApp Business Account (only if the token is for several)"),
                    example: "102290129340398",
                    secret: false,
                    optional: true,
                    input: Input::Text,
                },
                CONVERSATIONS,
                PIN,
            ],
        },
    ],
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
            label: say!("Configuration ID (only for Meta's sign-up; with system users' tokens it isn't needed)"),
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
                "Sign in at Meta for Developers and create an app with the use case Connect with customers through WhatsApp."
            ),
            say!("Copy the app ID and the app secret from App settings, Basic."),
            say!(
                "Under WhatsApp, Configuration, enter the callback URL below with its verify token, and subscribe to messages and user_preferences."
            ),
            say!(
                "For your own numbers: in Business settings, open System users, add one, assign it the app and the WhatsApp account with full control, and generate a token with both permissions that begin with whatsapp_business. Paste it when you connect a channel."
            ),
            say!(
                "For other people's numbers: under Facebook Login for Business, add the callback address below and create a configuration of the kind WhatsApp Embedded Signup; copy its ID. Meta must review the app first."
            ),
            say!("Add a payment method in WhatsApp Manager. Meta charges for messages, by kind and country."),
        ],
    }),
    features: FEATURES,
    options: || serde_json::json!({ "type": "object", "properties": {}, "additionalProperties": false, "x-order": [] }),
    dutch: include_str!("nl.json"),
    caps: &[
        DataCap { class: "content", max_days: None, source: CAP_SOURCE },
        DataCap { class: "profile", max_days: None, source: CAP_SOURCE },
    ],
    hosts: &["graph.facebook.com"],
    federated: false,
    fetches: false,
    send_timeout_ms: 35_000,
};

/// The terms name no number of days; what a person deletes or takes back must be deleted here.
const CAP_SOURCE: Text =
    say!("Meta Platform Terms: no fixed limit; what a person deletes or asks to be deleted must be deleted here too.");

/// The Graph API, no one signed in.
fn anyone<'a>(call: &'a Call<'a>) -> Peer<'a, Asked> {
    let base = format!("{}/{VERSION}", call.endpoint("graph", "https://graph.facebook.com"));
    Peer::at(call, base, &errors::JUDGE).and_no_other()
}

/// The Graph API, signed in. Where the app's secret is known here, each request proves that it comes from the app's own server.
fn peer<'a>(call: &'a Call<'a>) -> Result<Peer<'a, Asked>, Failure> {
    let token = call.tokens.bearer()?;
    let peer = anyone(call).signed_in(token);
    Ok(match call.app.get("client_secret") {
        Ok(secret) => peer.proven_by("appsecret_proof", meta::proof(secret, token)),
        Err(_) => peer,
    })
}

/// A list or an act of the channel's number.
fn own(call: &Call<'_>, edge: &str) -> String {
    format!("/{}/{edge}", segment(call.account_id))
}
