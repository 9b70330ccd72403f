//! An authorization server. A network says its [`Rules`] and its words ([`Authority`]); pages, codes and tokens are made
//! here.
//!
//! A network mounts [`ask`] and [`answer`] at its authorize address, and [`token`], [`longer`] and [`revoke`] where it has
//! them. What it shows of tokens (who am I, is this one alive) it writes itself with [`Grants`]. Left out: pushed requests
//! and bound tokens, which only Bluesky has.

mod consent;
mod grants;
#[cfg(test)]
mod tests;
mod tokens;

use std::time::Duration;

use axum::response::Response;
use http::{HeaderMap, header};
use serde_json::Value;
use url::Url;

pub use consent::{answer, ask};
pub use grants::{Challenge, Code, CodeRefusal, Consent, Grants, Pair, RefreshRefusal, Token, TokenRefusal, s256};
pub use tokens::{longer, revoke, token};

use crate::Shows;

/// The address that shows the code to the person instead of sending it anywhere.
pub const SHOW_CODE: &str = "urn:ietf:wg:oauth:2.0:oob";

/// Whether a code must be bound to a verifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pkce {
    /// Its parameters are passed over.
    Unknown,
    /// If the app wants it.
    Offered,
    /// Always.
    Required,
}

/// How an app says who it is at the token endpoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientBy {
    /// The header of RFC 7617.
    Basic,
    /// `client_id` and `client_secret` among the parameters.
    Fields,
    /// `client_id` alone, for an app that has no secret.
    Id,
}

/// What a refresh token does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    /// There is none.
    Never,
    /// It works once and gives the next.
    Rotates,
    /// It works again and again.
    Stays,
}

/// How an access token is exchanged for one that lives longer, and that for the next.
#[derive(Debug, Clone, Copy)]
pub struct Longer {
    /// The `grant_type` of the exchange.
    pub exchange: &'static str,
    /// The `grant_type` that prolongs a long-lived token, if there is one.
    pub prolong: Option<&'static str>,
    /// The parameter with the token.
    pub field: &'static str,
    /// How long the new token lives.
    pub life: Duration,
    /// How old a token must be before it is prolonged.
    pub youngest: Duration,
}

/// How a network does it.
#[derive(Debug, Clone, Copy)]
pub struct Rules {
    /// Where the consent form is posted to.
    pub page: &'static str,
    /// The scopes that exist.
    pub scopes: &'static [&'static str],
    /// What stands between scopes.
    pub separator: char,
    /// The scope of a request that names none.
    pub usual_scope: Option<&'static str>,
    /// Scopes that a person cannot leave out; `None` if they can only take all of them.
    pub fixed: Option<&'static [&'static str]>,
    /// Whether a code is bound to a verifier.
    pub pkce: Pkce,
    /// Whether the verifier itself may be announced.
    pub pkce_plain: bool,
    /// The longest `state` where the network insists on one.
    pub state_length: Option<usize>,
    /// What is sent back when a person says no.
    pub denied: &'static [(&'static str, &'static str)],
    /// What stands after the `#` of the address with the code.
    pub fragment: Option<&'static str>,
    /// How long a code lives.
    pub code_life: Duration,
    /// How an app may say who it is.
    pub clients: &'static [ClientBy],
    /// The `grant_type` of a token request that names none.
    pub usual_grant: Option<&'static str>,
    /// Whether an app gets a token for itself (`client_credentials`).
    pub app_tokens: bool,
    /// Whether the token endpoint reads the query.
    pub query: bool,
    /// Whether it reads JSON besides forms.
    pub json: bool,
    /// The parameters of the token endpoint; any others are refused, unless `*` is among them.
    pub token_fields: &'static [&'static str],
    /// The same for revocation.
    pub revoke_fields: &'static [&'static str],
    /// How long an access token lives.
    pub access_life: Option<Duration>,
    /// What a refresh token does.
    pub refresh: Refresh,
    /// The exchange for a longer life.
    pub longer: Option<Longer>,
}

impl Rules {
    /// The rules of RFC 6749 for a confidential app, from which a network departs.
    pub const PLAIN: Rules = Rules {
        page: "/oauth/authorize",
        scopes: &[],
        separator: ' ',
        usual_scope: None,
        fixed: None,
        pkce: Pkce::Unknown,
        pkce_plain: false,
        state_length: None,
        denied: &[("error", "access_denied")],
        fragment: None,
        code_life: Duration::from_secs(600),
        clients: &[ClientBy::Fields],
        usual_grant: None,
        app_tokens: false,
        query: false,
        json: false,
        token_fields: &["grant_type", "code", "redirect_uri", "client_id", "client_secret"],
        revoke_fields: &["token", "client_id", "client_secret"],
        access_life: None,
        refresh: Refresh::Never,
        longer: None,
    };
}

/// An app that the network knows.
#[derive(Debug, Clone, Default)]
pub struct App {
    /// The name people read.
    pub name: String,
    /// The secret, if it can keep one.
    pub secret: Option<String>,
    /// Where people may be sent back.
    pub redirect_uris: Vec<String>,
    /// Whether any address on this computer will do, whatever port an installation got.
    pub local: bool,
}

impl App {
    /// Whether people may be sent back there.
    pub fn may_return_to(&self, uri: &str) -> bool {
        let is_local = |url: Url| {
            url.scheme() == "http" && url.fragment().is_none() && ["127.0.0.1", "localhost"].contains(&host(&url))
        };
        self.redirect_uris.iter().any(|known| known == uri) || (self.local && Url::parse(uri).is_ok_and(is_local))
    }
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// What is wrong with a request. The network says it in its own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Slip {
    /// The request for consent names no app, or one that is not known.
    UnknownApp,
    /// It would send the person to an address that is not the app's.
    Redirect,
    /// It wants something else than a code.
    ResponseType,
    /// Its `state` is missing or too long.
    State,
    /// It names no scope.
    NoScope,
    /// It names a scope that does not exist, or not for this app.
    Scope,
    /// The announced proof is missing or of an unknown kind.
    Challenge,
    /// The body does not read, or is of another type.
    Body,
    /// A parameter is missing.
    Missing(&'static str),
    /// A parameter does not belong there.
    Stranger(String),
    /// The app does not say who it is.
    NoClient,
    /// It says it wrongly.
    WrongClient,
    /// There is no such `grant_type`.
    GrantType,
    /// The code is refused.
    Code(CodeRefusal),
    /// The refresh token is refused.
    Refresh(RefreshRefusal),
    /// The access token is refused.
    Token(TokenRefusal),
    /// The token to be revoked is another app's.
    NotYours,
}

/// How a wrong request for consent is told.
#[derive(Debug, Clone)]
pub enum Wrong {
    /// On the network's own page, to the person.
    Shown(&'static str),
    /// To the app, at its address. Only for what is wrong beyond app and address.
    SentBack(&'static str, &'static str),
}

/// A network as an authorization server: its rules, its people, its words.
pub trait Authority: Shows {
    /// How it does it.
    const RULES: Rules;

    /// Opens the books.
    fn grants<T>(&self, act: impl FnOnce(&mut Grants) -> T) -> T;
    /// The app with this id.
    fn app(&self, client_id: &str) -> Option<App>;
    /// Whether the app may ask for the scope.
    fn may_ask(&self, _client_id: &str, scope: &str) -> bool {
        Self::RULES.scopes.contains(&scope)
    }
    /// The scopes that a request for consent names, as it names them. A network may know other ways than `scope`.
    fn asked_scope<'a>(&self, fields: &'a Fields) -> Option<&'a str> {
        fields.get("scope").or(Self::RULES.usual_scope)
    }
    /// What a scope says on the consent page.
    fn in_words(scope: &str) -> String {
        scope.to_owned()
    }
    /// The id of the account with this name, which is made if it is free.
    ///
    /// # Errors
    /// Why the name cannot be had, for the person.
    fn person(&self, name: &str) -> Result<String, String>;
    /// How a request for consent is refused.
    fn wrong(slip: &Slip) -> Wrong;
    /// How a request for tokens is refused.
    fn refuse(&self, slip: Slip) -> Response;
    /// How a revocation is refused.
    fn refuse_to_revoke(&self, slip: Slip) -> Response {
        self.refuse(slip)
    }
    /// How long an access token lives that a code gives.
    fn access_life(&self) -> Option<Duration> {
        Self::RULES.access_life
    }
    /// Whether a refresh token comes with a consent, where there are any.
    fn has_refresh(_consent: &Consent) -> bool {
        true
    }
    /// What the app gets.
    fn give(&self, pair: &Pair) -> Value;
    /// What the app gets when a token was revoked.
    fn revoked() -> Value {
        Value::Object(serde_json::Map::new())
    }
}

/// The parameters of a request, in order. One without a value is as good as none.
#[derive(Debug, Clone, Default)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads a form or a query.
    pub fn read(text: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(text).into_owned().filter(|(_, value)| !value.is_empty()).collect())
    }

    /// The value, if there is one.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// All values of a name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Those that are not among the names.
    pub fn without(&self, names: &[&str]) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| !names.contains(&name.as_str())).cloned().collect()
    }
}

/// The token in a request's header.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let text = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    text.split_once(' ').filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer")).map(|(_, token)| token.trim())
}
