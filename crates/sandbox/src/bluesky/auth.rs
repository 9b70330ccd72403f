//! The caller: anonymous, an app password session, or an OAuth grant with proof of possession.

use http::header;

use super::{
    Bluesky,
    call::Call,
    dpop::{Expected, ProofError},
    refusal::Refusal,
    scopes::{self, Need},
    session,
};

/// The account that a request speaks for.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The account.
    pub did: String,
    /// The grant's scopes; an app password has none and may do all that this server offers.
    pub scopes: Option<String>,
    /// Whether the session was opened with the main password.
    pub full: bool,
}

impl Caller {
    /// Whether the grant allows it.
    pub fn may(&self, need: &Need<'_>) -> bool {
        self.scopes.as_ref().is_none_or(|scopes| scopes::allow(scopes, need))
    }

    /// As [`Caller::may`], refusing with 403 `ScopeMissingError`.
    pub fn must(&self, need: &Need<'_>) -> Result<(), Refusal> {
        if self.may(need) {
            return Ok(());
        }
        let message = format!("Missing required scope \"{}\"", need.scope());
        Err(Refusal::new(403, "ScopeMissingError", message))
    }
}

/// 401 `AuthMissing`.
pub fn missing() -> Refusal {
    Refusal::new(401, "AuthMissing", "Authentication Required")
}

/// The caller; 401 without one.
pub fn require(twin: &Bluesky, call: &Call) -> Result<Caller, Refusal> {
    find(twin, call)?.ok_or_else(missing)
}

/// Who calls; `None` without any credentials. Wrong credentials are refused even where none are needed.
pub fn find(twin: &Bluesky, call: &Call) -> Result<Option<Caller>, Refusal> {
    let Some(credentials) = call.header(header::AUTHORIZATION) else { return Ok(None) };
    match credentials.split_once(' ') {
        Some(("Bearer", token)) => session::caller(&twin.data(), token, twin.core.now()).map(Some),
        Some(("DPoP", token)) => bound(twin, call, token).map(Some),
        _ => Err(Refusal::new(400, "InvalidToken", "Authorization must be `Bearer` or `DPoP` and a token")),
    }
}

fn bound(twin: &Bluesky, call: &Call, token: &str) -> Result<Caller, Refusal> {
    let now = twin.core.now();
    let proof = call.header("dpop").ok_or_else(|| Refusal::bound_token("invalid_dpop_proof", "DPoP proof required"))?;
    let expected = Expected { method: call.method.as_str(), url: &twin.core.url(&call.path), token: Some(token), now };
    let (secret, epoch) = twin.nonce_secret();
    let thumbprint = twin.proofs.check(proof, &expected, &secret, epoch).map_err(|error| match error {
        ProofError::UseNonce => Refusal::bound_token("use_dpop_nonce", "Resource server requires nonce in DPoP proof"),
        ProofError::Invalid(why) => Refusal::bound_token("invalid_dpop_proof", why),
    })?;
    let data = twin.data();
    let invalid = |why: &str| Refusal::bound_token("invalid_token", why);
    let grant = data.oauth.grant_of_access(token).ok_or_else(|| invalid("Invalid token"))?;
    if grant.access_ends_at <= now {
        return Err(invalid("Token expired"));
    }
    if grant.thumbprint != thumbprint {
        return Err(Refusal::bound_token("invalid_dpop_proof", "DPoP proof key is not the one the token is bound to"));
    }
    Ok(Caller { did: grant.did.clone(), scopes: Some(grant.scope.clone()), full: false })
}
