//! Notice Board: short notices on a board.
//!
//! Template only: this network exists nowhere. `cargo xtask new-platform` copies the folder under another name. It is compiled and
//! Template only: tested like a platform, so that the copy works. Lines like this one are left out of it.
//!
//! To fill in: the source of every fact (documents with their version, and where they are silent, clients by others), and what is
//! left out on purpose.

mod connect;
mod errors;
mod limits;
mod publish;

#[cfg(test)]
mod tests;

use base::{Text, say};
use connector::{About, Call, Connect, Connector, DataCap, Failure, Feature, Field, Input, Publish, Recipient, Way};
use serde_json::{Value, json};

use self::errors::Asked;
use crate::kit::peer::Peer;

/// The connector for Notice Board.
#[derive(Debug, Clone, Copy, Default)]
pub struct Noticeboard;

impl Connector for Noticeboard {
    fn about(&self) -> &'static About {
        &ABOUT
    }

    fn connect(&self) -> &dyn Connect {
        self
    }

    fn publish(&self) -> Option<&dyn Publish> {
        Some(self)
    }
}

static ABOUT: About = About {
    id: "noticeboard",
    name: "Notice Board",
    // To fill in: one sentence for the list of platforms.
    summary: say!("Short notices on Notice Board."),
    icon: include_str!("icon.svg"),
    // To fill in: the company, its country, its privacy policy, and what is read of an account when it is connected.
    recipient: Recipient {
        name: say!("Notice Board Ltd"),
        country: say!("Netherlands"),
        policy_url: "https://noticeboard.example/privacy",
        reads: say!("The account's ID and name."),
    },
    // To fill in: what a person enters. Where the network has a consent page, see `mastodon` or `x` for `oauth`.
    ways: &[Way {
        kind: "password",
        fields: &[Field {
            name: "token",
            label: say!("Access token"),
            example: "nb-1234567890",
            secret: true,
            optional: false,
            input: Input::Text,
        }],
    }],
    app_fields: &[],
    setup: None,
    // To fill in: what can be done, and the scopes that each feature needs.
    features: &[
        Feature { name: "connect", scopes: &[] },
        Feature { name: "publish", scopes: &[] },
        Feature { name: "edit", scopes: &[] },
        Feature { name: "delete", scopes: &[] },
    ],
    options,
    dutch: include_str!("nl.json"),
    // To fill in: how long its terms let us keep what is read from it, class by class.
    caps: &[DataCap { class: "content", max_days: None, source: CAP_SOURCE }],
    // To fill in: every host that is called.
    hosts: &["api.noticeboard.example"],
    federated: false,
    fetches: false,
    send_timeout_ms: publish::SEND_TIMEOUT_MS,
};

const CAP_SOURCE: Text = say!("Notice Board's terms: no fixed limit.");

/// What an author can choose besides the text.
// To fill in: a file `options.rs`, as other platforms have it, once there is something to choose.
fn options() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object", "additionalProperties": false, "x-order": [], "properties": {},
    })
}

/// The API, as the account whose token the call has.
fn peer<'a>(call: &'a Call<'a>) -> Result<Peer<'a, Asked>, Failure> {
    let base = call.endpoint("api", "https://api.noticeboard.example/v1");
    Ok(Peer::at(call, base, &errors::JUDGE).signed_in(call.tokens.bearer()?))
}

/// An address of the pages that people see.
fn web(call: &Call<'_>, path: &str) -> String {
    format!("{}{path}", call.endpoint("web", "https://noticeboard.example"))
}
