//! LinkedIn: posts of members and organisations with links, images, a video, polls and reshares, first comments, and the
//! numbers of organisations' posts, through the versioned REST API.
//!
//! Source of every fact: learn.microsoft.com/linkedin (Posts, Images, Videos, Comments, organisations), and where clients
//! report otherwise, their issues, named beside the code. Left out on purpose: documents, because the media library takes no
//! PDF; comments of others; numbers of members' posts, one call per number and post; targeting, groups, events and drafts.

mod check;
mod compose;
mod connect;
mod errors;
mod insights;
mod limits;
mod look_up;
mod options;
mod publish;
mod rights;
mod text;
mod uploads;
mod urn;
mod wire;

#[cfg(test)]
mod tests;

use base::{Text, say};
use connector::{
    About, Call, Connect, Connector, DataCap, Failure, Feature, Field, Input, Insights, Publish, Recipient, Setup, Way,
};

use self::errors::Asked;
use crate::kit::peer::Peer;

/// The connector for LinkedIn.
#[derive(Debug, Clone, Copy, Default)]
pub struct LinkedIn;

impl Connector for LinkedIn {
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
}

/// The version of the API, unless an operator enters another. Each is served for a year at least; this one until 15 July 2027.
const VERSION: &str = "202607";

static ABOUT: About = About {
    id: "linkedin",
    name: "LinkedIn",
    summary: say!("Posts with links, images, videos and polls by members and organisations on LinkedIn."),
    icon: include_str!("icon.svg"),
    recipient: Recipient {
        name: say!("LinkedIn Ireland Unlimited Company"),
        country: say!("Ireland"),
        policy_url: "https://www.linkedin.com/legal/privacy-policy",
        reads: say!(
            "The ID, name and picture of the member who connects, the IDs and names of the organisations they manage and their role there, and, where LinkedIn allows it, the organisations' own posts and their metrics."
        ),
    },
    ways: &[Way { kind: "oauth", fields: &[] }],
    app_fields: &[
        Field {
            name: "client_id",
            label: say!("Client ID"),
            example: "86abcdefghijkl",
            secret: false,
            optional: false,
            input: Input::Text,
        },
        Field {
            name: "client_secret",
            label: say!("Primary client secret"),
            example: "",
            secret: true,
            optional: false,
            input: Input::Text,
        },
        Field {
            name: "scopes",
            label: say!("OAuth 2.0 scopes of the app (leave empty for members only)"),
            example: "openid profile w_member_social",
            secret: false,
            optional: true,
            input: Input::Text,
        },
        Field {
            name: "api_version",
            label: say!("Version of the API (leave empty for the usual one)"),
            example: VERSION,
            secret: false,
            optional: true,
            input: Input::Text,
        },
    ],
    setup: Some(Setup {
        url: "https://www.linkedin.com/developers/apps",
        steps: &[
            say!("Sign in at LinkedIn Developers and create an app. It must belong to an organisation's page."),
            say!(
                "Under Products, add Sign In with LinkedIn using OpenID Connect and Share on LinkedIn. To publish for organisations, ask for the Community Management API, which LinkedIn reviews."
            ),
            say!(
                "Under Auth, add the callback address below, character by character, to the authorized redirect URLs."
            ),
            say!("Copy the client ID and the primary client secret from Auth."),
            say!(
                "If the app has the Community Management API, copy the list of OAuth 2.0 scopes from Auth. Fanfare asks for those it needs; a scope that the app doesn't have would stop everyone from connecting."
            ),
        ],
    }),
    features: &[
        Feature { name: "connect", scopes: &["openid", "profile"] },
        Feature { name: "publish", scopes: &["w_member_social"] },
        Feature { name: "media", scopes: &["w_member_social"] },
        Feature { name: "delete", scopes: &["w_member_social"] },
        Feature { name: "organizations", scopes: &["r_organization_admin", "w_organization_social"] },
        Feature { name: "comments", scopes: &["w_member_social_feed", "w_organization_social_feed"] },
        Feature { name: "edit", scopes: &["w_organization_social"] },
        Feature { name: "read", scopes: &["r_organization_social", "r_organization_social_feed"] },
        Feature { name: "metrics", scopes: &["r_organization_admin"] },
    ],
    options: options::schema,
    dutch: include_str!("nl.json"),
    // The shortest of the terms that can apply (PD-07).
    caps: &[
        DataCap { class: "metrics", max_days: Some(365), source: CAP_REPORTING },
        DataCap { class: "content", max_days: Some(2), source: CAP_ACTIVITY },
        DataCap { class: "audience", max_days: Some(0), source: CAP_MEMBERS },
        DataCap { class: "profile", max_days: Some(1), source: CAP_MEMBERS },
    ],
    hosts: &["api.linkedin.com", "www.linkedin.com"],
    federated: false,
    fetches: false,
    send_timeout_ms: publish::SEND_TIMEOUT_MS,
};

const CAP_REPORTING: Text = say!("LinkedIn Marketing API Program: reporting data of a page for one year.");
const CAP_ACTIVITY: Text = say!("LinkedIn API terms: social activity that was read there for 48 hours.");
const CAP_MEMBERS: Text =
    say!("LinkedIn API terms: data about other members is not stored, and cached for 24 hours at most.");

/// The API, signed in, in the operator's version.
fn peer<'a>(call: &'a Call<'a>) -> Result<Peer<'a, Asked>, Failure> {
    let version = call.app.get("api_version").map_or(VERSION, |version| version.expose().trim()).to_owned();
    let peer = Peer::at(call, call.endpoint("api", "https://api.linkedin.com"), &errors::JUDGE).and_no_other();
    let peer = peer.with_headers(&[("x-restli-protocol-version", "2.0.0")]).with_header("linkedin-version", version);
    Ok(peer.signed_in(call.tokens.bearer()?))
}

/// The server that lets people in and takes files; no one is signed in.
fn www<'a>(call: &'a Call<'a>) -> Peer<'a, Asked> {
    Peer::at(call, web(call, ""), &errors::JUDGE).and_no_other()
}

/// An address of the pages that people see.
fn web(call: &Call<'_>, path: &str) -> String {
    format!("{}{path}", call.endpoint("www", "https://www.linkedin.com"))
}
