//! What a connector says of itself. API schema, forms, validation, documents and the privacy
//! register are drawn from these facts, so that none of them is written twice.

use std::collections::BTreeMap;

use base::Text;
use serde::Serialize;

use crate::http::Policy;

/// The facts about a platform.
#[derive(Debug)]
pub struct About {
    /// The id in addresses and in the database (`bluesky`).
    pub id: &'static str,
    /// The name people know.
    pub name: &'static str,
    /// One sentence for the channel picker.
    pub summary: Text,
    /// An SVG, 24 by 24, one colour.
    pub icon: &'static str,
    /// Who receives what is published.
    pub recipient: Recipient,
    /// The ways to connect, best first.
    pub ways: &'static [Way],
    /// What an operator must enter before anyone can connect (an app's client id and secret); empty if nothing.
    pub app_fields: &'static [Field],
    /// How an operator comes by what `app_fields` ask for; `None` where nothing is to be made.
    pub setup: Option<Setup>,
    /// What can be done, and the scopes each part needs.
    pub features: &'static [Feature],
    /// JSON Schema (2020-12) of a variant's `options`. `x-order` names the properties in the order in which a form shows them,
    /// because members of JSON objects have none. `x-forms` marks those on which it depends in which form files go out
    /// ([`crate::Publish::framing`]).
    pub options: fn() -> serde_json::Value,
    /// The Dutch for what it says: a JSON object of English sentences and Dutch ones.
    pub dutch: &'static str,
    /// Longest life of data read from the platform, by its terms (PD-01).
    pub caps: &'static [DataCap],
    /// The hosts that its connector calls, as `host` or `host:port` (S-57, P-056).
    pub hosts: &'static [&'static str],
    /// Whether it calls others too, because accounts live on servers that a person or the network names.
    pub federated: bool,
    /// Whether the platform's servers fetch files from this installation ([`crate::Handles::public_address`]) instead of taking
    /// their bytes.
    pub fetches: bool,
    /// The longest a `send` may take, in milliseconds; it bounds the lease.
    pub send_timeout_ms: u64,
}

impl About {
    /// What its connector may call: its own hosts, or those of the addresses that stand in for them, and nothing else. A
    /// connector of a federated platform keeps to the account's own server itself ([`crate::Http::only`]).
    pub fn policy(&self, endpoints: &BTreeMap<String, url::Url>) -> Policy {
        if self.federated {
            return Policy::platform(Vec::new());
        }
        let stand_ins = endpoints.values().filter_map(authority);
        let hosts: Vec<String> = self.hosts.iter().map(|host| (*host).to_owned()).chain(stand_ins).collect();
        if hosts.is_empty() { Policy::nowhere() } else { Policy::platform(hosts) }
    }
}

/// `host:port` of an address.
pub(crate) fn authority(url: &url::Url) -> Option<String> {
    Some(format!("{}:{}", url.host_str()?, url.port_or_known_default()?))
}

/// Who receives data (P-070, P-081).
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Recipient {
    /// The company or similar.
    pub name: Text,
    /// Its country.
    pub country: Text,
    /// Its privacy policy.
    pub policy_url: &'static str,
    /// What will be read and stored when a channel is connected, in a sentence.
    pub reads: Text,
}

/// A way to connect.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Way {
    /// `oauth` (the browser goes to a consent page) or `password` (the platform's own app password or token).
    pub kind: &'static str,
    /// What the person enters before connecting.
    pub fields: &'static [Field],
}

/// Something a person enters.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Field {
    /// The key in the request.
    pub name: &'static str,
    /// The label.
    pub label: Text,
    /// An example.
    pub example: &'static str,
    /// Whether it is hidden while typed and sealed when stored.
    pub secret: bool,
    /// Whether it may be left out.
    pub optional: bool,
    /// How it is entered.
    pub input: Input,
}

/// How something is entered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// As words.
    Text,
    /// Yes or no: `yes` is sent, or nothing. The example is not shown.
    Check,
}

/// How an operator makes the installation's app at a platform.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Setup {
    /// The page at the platform where apps are made.
    pub url: &'static str,
    /// What to do there, step by step.
    pub steps: &'static [Text],
}

/// A feature of a channel, and the permissions it needs.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Feature {
    /// `publish`, `media`, `read`, `delete`, `edit`, `metrics`, …
    pub name: &'static str,
    /// The scopes without which it is switched off.
    pub scopes: &'static [&'static str],
}

/// The longest life a platform's terms allow for a class of data.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct DataCap {
    /// `metrics`, `audience`, `profile`, `content`.
    pub class: &'static str,
    /// Days; 0 means: do not store; `None`: the terms set no limit.
    pub max_days: Option<u32>,
    /// Where it says so.
    pub source: Text,
}
