//! How an account is connected, kept and let go.

use async_trait::async_trait;
use base::{Secret, Text, Timestamp, say};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    failure::{Failure, FailureKind},
    publish::Call,
};

const NO_CONSENT_PAGE: Text =
    say!("This platform has no consent page. Connect the account with its own password or token for apps.");

/// The life of a grant, from the first click to the revocation.
#[async_trait]
pub trait Connect: Send + Sync {
    /// What a person entered, completed by what the network says of it; the other methods get it in this form (Mastodon:
    /// the server behind a handle whose domain is another).
    async fn locate(&self, _call: &Call<'_>, input: Value) -> Result<Value, Failure> {
        Ok(input)
    }

    /// Which app registration serves this input: `None` for the installation's only one,
    /// an instance's host where each has its own (Mastodon). `Err` if the input cannot be right.
    fn instance_of(&self, _input: &Value) -> Result<Option<String>, Failure> {
        Ok(None)
    }

    /// Registers an app by itself where the platform allows it (Mastodon: per instance; Bluesky: a signing key for
    /// our client document). `None` where an operator must do it by hand.
    async fn register(&self, _call: &Call<'_>, _instance: Option<&str>) -> Result<Option<AppCredentials>, Failure> {
        Ok(None)
    }

    /// Whether an app that was registered by itself before still serves: the platform knows it, and it is for this address
    /// of ours. If not, a new one is registered. Changes nothing there.
    async fn still_serves(&self, _call: &Call<'_>, _redirect_uri: &str) -> bool {
        true
    }

    /// Documents that the platform fetches from us, at their paths (Bluesky: client metadata and keys).
    fn documents(&self, _app: &AppCredentials, _public_url: &url::Url) -> Vec<Document> {
        Vec::new()
    }

    /// Whether the platform takes the app's credentials: `true` if it said so, `false` if it cannot be asked without a
    /// person. `AppMisconfigured` if it refused them. Changes nothing there.
    async fn test_app(&self, _call: &Call<'_>) -> Result<bool, Failure> {
        Ok(false)
    }

    /// First half of OAuth: where to send the browser. `call.tokens` is empty.
    async fn start(&self, _call: &Call<'_>, _request: &StartConnect) -> Result<Started, Failure> {
        Err(Failure::rejected(FailureKind::InputInvalid, NO_CONSENT_PAGE))
    }

    /// Second half: from the callback to the tokens, or to why there are none: a consent page answers with an `error` too.
    /// `memory` is what `start` asked to keep.
    async fn finish(&self, _call: &Call<'_>, _memory: &Value, _callback: &Callback) -> Result<Granted, Failure> {
        Err(Failure::rejected(FailureKind::InputInvalid, NO_CONSENT_PAGE))
    }

    /// The way of kind `password`: an app password or a personal token (never the account's main password, P-050).
    async fn with_password(&self, _call: &Call<'_>, _input: &Value) -> Result<Granted, Failure> {
        let detail = say!("This platform has no app passwords. Connect the account through its own consent page.");
        Err(Failure::rejected(FailureKind::InputInvalid, detail))
    }

    /// New tokens for old. The engine calls it once at a time per grant and has journaled that it does (S-15). Where tokens do
    /// not expire, one that is refused was taken back.
    async fn refresh(&self, _call: &Call<'_>) -> Result<Tokens, Failure> {
        Err(Failure::rejected(FailureKind::ReconnectNeeded, crate::oauth::NOT_RENEWED))
    }

    /// Tells the platform that the grant ends (S-17). Nothing where a platform cannot be told.
    async fn revoke(&self, _call: &Call<'_>) -> Result<(), Failure> {
        Ok(())
    }

    /// A cheap read that proves the grant alive and re-reads the channel's facts. `RemoteNotFound` where the grant is alive
    /// and the channel is not there any more, or is no longer this account's.
    async fn verify(&self, call: &Call<'_>) -> Result<Found, Failure>;

    /// Whether one consent may give several channels (pages, boards, numbers), of which the person chooses some.
    fn gives_several(&self) -> bool {
        false
    }

    /// Everything that the grant gives at this moment, with new tokens for what has its own. `call` has the grant's tokens.
    /// Where a grant gives one account, that account as [`Connect::verify`] finds it.
    async fn targets(&self, call: &Call<'_>) -> Result<Vec<Found>, Failure> {
        Ok(vec![self.verify(call).await?])
    }

    /// Whether [`Connect::revoke`] ends everything that the account ever gave to this app, and not only this one grant.
    /// Then nothing is revoked while another grant of the account is in use here.
    fn revokes_all_of_account(&self) -> bool {
        false
    }
}

/// An app's identity at the platform. Stored sealed.
#[derive(Debug, Clone, Default)]
pub struct AppCredentials {
    /// The instance it is for, where there are several.
    pub instance: Option<String>,
    /// Named values: `client_id`, `client_secret`, `signing_key`, …
    pub values: std::collections::BTreeMap<String, Secret<String>>,
}

impl AppCredentials {
    /// One value; a failure that names it if it is missing or empty.
    pub fn get(&self, name: &str) -> Result<&Secret<String>, Failure> {
        self.values.get(name).filter(|value| !value.expose().trim().is_empty()).ok_or_else(|| {
            Failure::rejected(
                FailureKind::AppMisconfigured,
                say!("The platform's app has no `{name}`. An operator enters it under Settings, Installation."),
            )
        })
    }
}

/// A document served by us for a platform to fetch.
#[derive(Debug, Clone)]
pub struct Document {
    /// The path on our own address.
    pub path: String,
    /// JSON.
    pub body: Value,
}

/// What `start` gets.
#[derive(Debug, Clone)]
pub struct StartConnect {
    /// What the person entered, by field name of the way.
    pub input: Value,
    /// Where the platform sends the browser back to (one per connector and installation, S-12).
    pub redirect_uri: String,
    /// At least 128 random bits; comes back in the callback (S-11).
    pub state: String,
    /// Features wanted; the scopes follow from them. Empty means all that publishing needs.
    pub features: Vec<String>,
}

/// What `start` gives.
#[derive(Debug, Clone)]
pub struct Started {
    /// Where to send the browser.
    pub redirect_to: url::Url,
    /// What `finish` needs again (PKCE verifier, DPoP key, issuer). Stored sealed, used once.
    pub memory: Value,
}

/// The query of the callback.
#[derive(Debug, Clone, Default)]
pub struct Callback {
    /// All parameters by name.
    pub query: std::collections::BTreeMap<String, String>,
}

/// What the platform granted.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The account that said yes.
    pub account: Account,
    /// Its tokens.
    pub tokens: Tokens,
    /// Scopes as granted, not as asked.
    pub scopes: Vec<String>,
    /// What can be published to with this grant; often just the account itself. Of several the person chooses.
    pub channels: Vec<Found>,
}

impl Granted {
    /// What a consent grants that gives one account and nothing to choose.
    pub fn of_account(found: Found, tokens: Tokens, scopes: Vec<String>) -> Self {
        Self { account: found.account.clone(), tokens, scopes, channels: vec![found] }
    }

    /// As JSON text, for sealing.
    pub fn to_sealable(&self) -> Secret<String> {
        let Self { account, tokens, scopes, channels } = self;
        let channels: Vec<String> = channels.iter().map(|found| found.to_sealable().expose().clone()).collect();
        Secret::new(
            serde_json::json!({
                "account": account, "tokens": tokens.to_sealable().expose(), "scopes": scopes, "channels": channels,
            })
            .to_string(),
        )
    }

    /// Reads what [`Granted::to_sealable`] wrote.
    ///
    /// # Errors
    /// Other text.
    pub fn from_sealed(text: &Secret<String>) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Plain {
            account: Account,
            tokens: Secret<String>,
            scopes: Vec<String>,
            channels: Vec<Secret<String>>,
        }
        let Plain { account, tokens, scopes, channels } = serde_json::from_str(text.expose())?;
        let channels = channels.iter().map(Found::from_sealed).collect::<Result<_, _>>()?;
        Ok(Self { account, tokens: Tokens::from_sealed(&tokens)?, scopes, channels })
    }
}

/// An account at a platform: only what a channel needs (P-014).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    /// The platform's permanent id, unique within the platform (`did:plc:…`, `https://host/users/…`, `2244994945`).
    pub id: String,
    /// The name after the @.
    pub handle: String,
    /// The display name.
    pub name: String,
    /// The address of its page.
    pub url: String,
    /// Where its picture can be fetched now, without a sign-in. Such addresses may end soon.
    #[serde(default)]
    pub avatar: Option<String>,
}

/// A channel that a grant gives.
#[derive(Debug, Clone, PartialEq)]
pub struct Found {
    /// The account or page.
    pub account: Account,
    /// A board, playlist or community within it; empty if none.
    pub target_key: String,
    /// What limits depend on (an instance's configuration, a subscription): the connector's own JSON.
    pub facts: Value,
    /// Its own tokens, where the network has some per target; calls about the channel are made with them.
    pub tokens: Option<Tokens>,
}

impl Found {
    /// The account itself, with the grant's tokens.
    pub fn itself(account: Account, facts: Value) -> Self {
        Self { account, target_key: String::new(), facts, tokens: None }
    }

    /// As JSON text, for sealing.
    pub fn to_sealable(&self) -> Secret<String> {
        let tokens = self.tokens.as_ref().map(|tokens| tokens.to_sealable().expose().clone());
        let Self { account, target_key, facts, .. } = self;
        Secret::new(
            serde_json::json!({ "account": account, "target_key": target_key, "facts": facts, "tokens": tokens })
                .to_string(),
        )
    }

    /// Reads what [`Found::to_sealable`] wrote.
    ///
    /// # Errors
    /// Other text.
    pub fn from_sealed(text: &Secret<String>) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Plain {
            account: Account,
            target_key: String,
            facts: Value,
            tokens: Option<Secret<String>>,
        }
        let Plain { account, target_key, facts, tokens } = serde_json::from_str(text.expose())?;
        let tokens = tokens.as_ref().map(Tokens::from_sealed).transpose()?;
        Ok(Self { account, target_key, facts, tokens })
    }
}

/// A grant's tokens. Stored sealed as a whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tokens {
    /// Sent with each call.
    pub access: Option<Secret<String>>,
    /// Gets new tokens.
    pub refresh: Option<Secret<String>>,
    /// When `access` ends; `None` if it does not.
    pub expires_at: Option<Timestamp>,
    /// When `refresh` ends, if known.
    pub refresh_expires_at: Option<Timestamp>,
    /// The connector's own (a DPoP key, the account's server), by name.
    pub extra: std::collections::BTreeMap<String, Secret<String>>,
}

impl Tokens {
    /// The access token; a failure if there is none.
    pub fn bearer(&self) -> Result<&Secret<String>, Failure> {
        self.access.as_ref().ok_or_else(|| {
            Failure::rejected(FailureKind::ReconnectNeeded, say!("The channel has no access token. Reconnect it."))
        })
    }

    /// As JSON text, for sealing.
    pub fn to_sealable(&self) -> Secret<String> {
        let open = |secret: &Option<Secret<String>>| secret.as_ref().map(|s| s.expose().clone());
        let extra: std::collections::BTreeMap<_, _> =
            self.extra.iter().map(|(name, value)| (name.clone(), value.expose().clone())).collect();
        Secret::new(
            serde_json::json!({
                "access": open(&self.access), "refresh": open(&self.refresh), "expires_at": self.expires_at,
                "refresh_expires_at": self.refresh_expires_at, "extra": extra,
            })
            .to_string(),
        )
    }

    /// Reads what [`Tokens::to_sealable`] wrote.
    pub fn from_sealed(text: &Secret<String>) -> Result<Self, serde_json::Error> {
        #[derive(Deserialize)]
        struct Plain {
            access: Option<Secret<String>>,
            refresh: Option<Secret<String>>,
            expires_at: Option<Timestamp>,
            refresh_expires_at: Option<Timestamp>,
            #[serde(default)]
            extra: std::collections::BTreeMap<String, Secret<String>>,
        }
        let Plain { access, refresh, expires_at, refresh_expires_at, extra } = serde_json::from_str(text.expose())?;
        Ok(Self { access, refresh, expires_at, refresh_expires_at, extra })
    }
}
