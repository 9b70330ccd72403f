//! What the connector keeps in `Tokens::extra`, read and written in one place.

use std::collections::BTreeMap;

use base::{Secret, say};
use connector::{Failure, FailureKind, Tokens};

use super::jose::Key;

/// A channel's sign-in: where it is, and how its requests are authorized.
#[derive(Clone)]
pub(super) struct Session {
    /// The origin of the account's own server.
    pub pds: String,
    /// How we signed in.
    pub kind: SignIn,
}

/// The two ways to sign in.
#[derive(Clone)]
pub(super) enum SignIn {
    /// With an app password: bearer tokens.
    AppPassword,
    /// With OAuth: tokens bound to a key.
    OAuth(Box<OAuthSession>),
}

/// What an OAuth session needs besides its tokens.
#[derive(Clone)]
pub(super) struct OAuthSession {
    /// The key that the tokens are bound to; the same for the whole session.
    pub key: Key,
    /// The authorization server.
    pub issuer: String,
    /// Its token endpoint.
    pub token_endpoint: String,
    /// Its revocation endpoint, if it has one.
    pub revocation_endpoint: Option<String>,
    /// The client that the session was given to; it may outlive a change of our public address.
    pub client_id: String,
    /// The thumbprint of the key by which that client proves itself; `None` for a public client.
    pub client_key: Option<String>,
}

impl Session {
    /// Reads it from a grant's tokens.
    pub(super) fn of(tokens: &Tokens) -> Result<Self, Failure> {
        Self::read(&tokens.extra).ok_or_else(|| {
            let detail = say!("What Fanfare stored about this channel's login is incomplete. Reconnect the channel.");
            Failure::rejected(FailureKind::ReconnectNeeded, detail)
        })
    }

    fn read(extra: &BTreeMap<String, Secret<String>>) -> Option<Self> {
        let get = |name: &str| extra.get(name).map(|value| value.expose().clone());
        let pds = get("pds")?;
        let kind = match get("session")?.as_str() {
            "app_password" => SignIn::AppPassword,
            "oauth" => SignIn::OAuth(Box::new(OAuthSession {
                key: Key::parse(extra.get("dpop_key")?)?,
                issuer: get("issuer")?,
                token_endpoint: get("token_endpoint")?,
                revocation_endpoint: get("revocation_endpoint"),
                client_id: get("client_id")?,
                client_key: get("client_key"),
            })),
            _ => return None,
        };
        Some(Self { pds, kind })
    }

    /// As `Tokens::extra`.
    pub(super) fn extra(&self) -> BTreeMap<String, Secret<String>> {
        let mut extra = BTreeMap::from([("pds".to_owned(), Secret::from(self.pds.as_str()))]);
        let mut put = |name: &str, value: Secret<String>| extra.insert(name.to_owned(), value);
        match &self.kind {
            SignIn::AppPassword => {
                put("session", "app_password".into());
            }
            SignIn::OAuth(oauth) => {
                put("session", "oauth".into());
                put("dpop_key", oauth.key.to_text());
                put("issuer", oauth.issuer.as_str().into());
                put("token_endpoint", oauth.token_endpoint.as_str().into());
                put("client_id", oauth.client_id.as_str().into());
                if let Some(endpoint) = &oauth.revocation_endpoint {
                    put("revocation_endpoint", endpoint.as_str().into());
                }
                if let Some(key) = &oauth.client_key {
                    put("client_key", key.as_str().into());
                }
            }
        }
        extra
    }
}
