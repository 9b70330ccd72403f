//! The authorization server: pushed requests, consent, codes, bound tokens that rotate.
//!
//! Profile of the AT Protocol: authorization code with PKCE S256, pushed requests only, DPoP with server nonces on
//! every call, and a client id that is the address of a metadata document.

pub mod authorize;
pub mod client;
pub mod par;
pub mod token;

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use base::Timestamp;
use http::{HeaderMap, Method, header};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    Bluesky,
    call::pairs,
    dpop::{Expected, ProofError},
    refusal::Refusal,
    scopes,
};

/// How long a challenge may not be used again.
const CHALLENGE_REST: Duration = Duration::from_secs(24 * 3600);
/// How old a client's assertion may be.
const ASSERTION_AGE: Duration = Duration::from_secs(60);

/// A pushed request that waits for consent.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Pushed {
    /// The app.
    pub client_id: String,
    /// Its name for the consent page.
    pub client_name: String,
    /// The key that authenticated the app, if it has one.
    pub client_key: Option<ClientKey>,
    /// Where the person goes next.
    pub redirect_uri: String,
    /// `query` or `fragment`.
    pub response_mode: String,
    /// What the app wants.
    pub scope: String,
    /// The app's own mark.
    pub state: String,
    /// The PKCE challenge.
    pub challenge: String,
    /// Whom the app thinks it is talking to.
    pub login_hint: Option<String>,
    /// The key that will hold the tokens.
    pub thumbprint: String,
    /// When it ends.
    pub ends_at: Timestamp,
}

/// A code that waits to be exchanged.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Code {
    /// The request it came of.
    pub pushed: Pushed,
    /// The account that agreed.
    pub did: String,
    /// What it agreed to.
    pub scope: String,
    /// The grant that came of it, once it was exchanged.
    pub used_for: Option<u64>,
}

/// Which of its keys a confidential app signed with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClientKey {
    /// The key's id.
    pub kid: String,
    /// The key's thumbprint.
    pub thumbprint: String,
}

/// What a person agreed to, with the tokens of the moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Grant {
    /// The account.
    pub did: String,
    /// The app.
    pub client_id: String,
    /// The key of a confidential app; the grant ends with the key.
    pub client_key: Option<ClientKey>,
    /// What may be done.
    pub scope: String,
    /// The key that every proof must be made with.
    pub thumbprint: String,
    /// When the person agreed.
    pub made_at: Timestamp,
    /// When the access token ends.
    pub access_ends_at: Timestamp,
    access: String,
    refresh: String,
    refreshed_at: Timestamp,
    /// Whether a refresh is under way.
    #[serde(skip)]
    busy: bool,
}

/// Requests, codes and grants.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Oauth {
    next: u64,
    pushed: HashMap<String, Pushed>,
    codes: HashMap<String, Code>,
    grants: BTreeMap<u64, Grant>,
    access: HashMap<String, u64>,
    /// Every refresh token that a living grant ever had.
    refresh: HashMap<String, u64>,
    challenges: HashMap<String, Timestamp>,
    assertions: HashMap<String, Timestamp>,
}

impl Oauth {
    /// The grant of a live access token.
    pub fn grant_of_access(&self, token: &str) -> Option<&Grant> {
        self.grants.get(self.access.get(token)?)
    }

    fn add(&mut self, grant: Grant) -> u64 {
        self.next += 1;
        self.access.insert(grant.access.clone(), self.next);
        self.refresh.insert(grant.refresh.clone(), self.next);
        self.grants.insert(self.next, grant);
        self.next
    }

    fn end(&mut self, id: u64) {
        self.grants.remove(&id);
        self.access.retain(|_, grant| *grant != id);
        self.refresh.retain(|_, grant| *grant != id);
    }

    /// The person takes back what they agreed to.
    pub fn end_all(&mut self, whose: impl Fn(&str) -> bool) {
        let ids: Vec<u64> = self.grants.iter().filter(|(_, grant)| whose(&grant.did)).map(|(id, _)| *id).collect();
        ids.into_iter().for_each(|id| self.end(id));
    }

    /// Access tokens end now.
    pub fn expire(&mut self, whose: impl Fn(&str) -> bool, now: Timestamp) {
        for grant in self.grants.values_mut().filter(|grant| whose(&grant.did)) {
            grant.access_ends_at = grant.access_ends_at.min(now);
        }
    }

    /// Forgets what has ended, so that nothing grows without end.
    fn sweep(&mut self, now: Timestamp) {
        self.pushed.retain(|_, pushed| pushed.ends_at > now);
        self.challenges.retain(|_, at| now.since(*at) < CHALLENGE_REST);
        self.assertions.retain(|_, at| now.since(*at) < ASSERTION_AGE * 2);
        let grants = &self.grants;
        self.codes.retain(|_, code| match code.used_for {
            Some(grant) => grants.contains_key(&grant),
            None => code.pushed.ends_at > now,
        });
    }
}

/// A form that was posted to the authorization server.
pub struct Form {
    fields: Vec<(String, String)>,
}

impl Form {
    /// Reads the body.
    pub fn read(headers: &HeaderMap, body: &[u8]) -> Result<Self, Refusal> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        if kind.split(';').next().map(str::trim) != Some("application/x-www-form-urlencoded") {
            return Err(Refusal::oauth("invalid_request", "send application/x-www-form-urlencoded"));
        }
        let fields = pairs(body);
        let twice =
            fields.iter().enumerate().find(|(place, (name, _))| fields[..*place].iter().any(|(seen, _)| seen == name));
        match twice {
            Some((_, (name, _))) => {
                Err(Refusal::oauth("invalid_request", format!("parameter \"{name}\" is given twice")))
            }
            None => Ok(Self { fields }),
        }
    }

    /// A field that is not empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, value)| known == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    /// A field that must be there.
    pub fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::oauth("invalid_request", format!("missing parameter \"{name}\"")))
    }
}

/// Checks the proof that comes with a call to `path`; gives the key's thumbprint.
fn proof(twin: &Bluesky, headers: &HeaderMap, path: &str) -> Result<String, Refusal> {
    let mut proofs = headers.get_all("dpop").iter();
    let (Some(proof), None) = (proofs.next().and_then(|value| value.to_str().ok()), proofs.next()) else {
        return Err(Refusal::oauth("invalid_dpop_proof", "exactly one DPoP header is required"));
    };
    let url = twin.core.url(path);
    let expected = Expected { method: Method::POST.as_str(), url: &url, token: None, now: twin.core.now() };
    let (secret, epoch) = twin.nonce_secret();
    twin.proofs.check(proof, &expected, &secret, epoch).map_err(|error| match error {
        ProofError::UseNonce => Refusal::oauth("use_dpop_nonce", "Authorization server requires nonce in DPoP proof"),
        ProofError::Invalid(why) => Refusal::oauth("invalid_dpop_proof", why),
    })
}

/// `/.well-known/oauth-protected-resource`.
pub fn resource_metadata(twin: &Bluesky) -> Value {
    json!({
        "resource": twin.endpoint(),
        "authorization_servers": [twin.endpoint()],
        "scopes_supported": [],
        "bearer_methods_supported": ["header"],
        "resource_documentation": "https://atproto.com",
    })
}

/// `/.well-known/oauth-authorization-server`.
pub fn server_metadata(twin: &Bluesky) -> Value {
    let at = |path: &str| twin.core.url(path);
    json!({
        "issuer": twin.endpoint(),
        "scopes_supported": ["atproto", "transition:email", "transition:generic", "transition:chat.bsky"],
        "subject_types_supported": ["public"],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query", "fragment"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "code_challenge_methods_supported": ["S256"],
        "ui_locales_supported": ["en-US"],
        "display_values_supported": ["page"],
        "authorization_response_iss_parameter_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": true,
        "require_request_uri_registration": true,
        "jwks_uri": at("/oauth/jwks"),
        "authorization_endpoint": at("/oauth/authorize"),
        "token_endpoint": at("/oauth/token"),
        "token_endpoint_auth_methods_supported": ["none", "private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": ["ES256"],
        "revocation_endpoint": at("/oauth/revoke"),
        "pushed_authorization_request_endpoint": at("/oauth/par"),
        "require_pushed_authorization_requests": true,
        "dpop_signing_alg_values_supported": ["ES256"],
        "protected_resources": [twin.endpoint()],
        "client_id_metadata_document_supported": true,
    })
}

/// Whether this server could ever grant the scope. A permission set would have to be fetched from the network, and
/// there is none; with the knob `own.legacy_scopes` only the old scopes are known.
fn check_scope(twin: &Bluesky, scope: &str) -> Result<(), Refusal> {
    if scope.starts_with("include:") {
        return Err(Refusal::oauth("invalid_scope", format!("Could not resolve Lexicon for \"{scope}\"")));
    }
    if twin.knob("legacy_scopes") == Some(json!(true)) && !scopes::is_legacy(scope) {
        return Err(Refusal::oauth("invalid_scope", format!("Unsupported scope \"{scope}\"")));
    }
    Ok(())
}
