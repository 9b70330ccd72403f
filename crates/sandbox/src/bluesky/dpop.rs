//! Proofs of possession (DPoP): every request to the authorization server, and every one with a bound token, carries a
//! freshly signed proof with the newest nonce of this server.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base::Timestamp;
use url::Url;

use super::jose::{Jwk, Jwt, base64url, mac, sha256_base64url};

/// A new nonce is handed out this often.
const NONCE_ROTATES: i64 = 60;
/// A nonce is good for the minute it was made in and the two after it.
const NONCE_MINUTES: i64 = 3;
/// How old or how far ahead a proof's `iat` may be. Longer than a nonce lives would be pointless.
const PROOF_AGE: i64 = 180;
const PROOF_AHEAD: i64 = 30;

/// Why a proof is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProofError {
    /// No nonce, or one that is too old: try again with the one in the answer's header.
    UseNonce,
    /// Anything else, with the reason.
    Invalid(String),
}

/// What a proof must be about.
pub struct Expected<'a> {
    /// The request's method.
    pub method: &'a str,
    /// The request's address.
    pub url: &'a str,
    /// The access token that goes with it, toward the PDS.
    pub token: Option<&'a str>,
    /// The present instant.
    pub now: Timestamp,
}

/// Nonces and the proofs that were seen.
#[derive(Default)]
pub struct Proofs {
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    now: HashMap<String, Timestamp>,
    swept_at: Timestamp,
}

/// The nonce to hand out at `now`. `epoch` is raised to make every earlier nonce worthless at once.
pub fn nonce(secret: &[u8], epoch: u64, now: Timestamp) -> String {
    nonce_of(secret, epoch, now.as_seconds() / NONCE_ROTATES)
}

fn nonce_of(secret: &[u8], epoch: u64, minute: i64) -> String {
    base64url(&mac(secret, format!("dpop nonce {epoch} {minute}").as_bytes()))
}

fn nonce_is_fresh(secret: &[u8], epoch: u64, given: &str, now: Timestamp) -> bool {
    let minute = now.as_seconds() / NONCE_ROTATES;
    (0..NONCE_MINUTES).any(|ago| nonce_of(secret, epoch, minute - ago) == given)
}

impl Proofs {
    /// Checks a proof; gives the thumbprint of the key that made it.
    pub fn check(&self, proof: &str, expected: &Expected<'_>, secret: &[u8], epoch: u64) -> Result<String, ProofError> {
        let invalid = |why: &str| ProofError::Invalid(why.to_owned());
        let jwt = Jwt::parse(proof).ok_or_else(|| invalid("Invalid DPoP proof: not a compact JWT"))?;
        if jwt.head("typ") != Some("dpop+jwt") {
            return Err(invalid("DPoP proof \"typ\" must be \"dpop+jwt\""));
        }
        if jwt.head("alg") != Some("ES256") {
            return Err(invalid("DPoP proof \"alg\" must be \"ES256\""));
        }
        let jwk = jwt
            .header
            .get("jwk")
            .and_then(Jwk::read)
            .ok_or_else(|| invalid("DPoP proof \"jwk\" is not a public P-256 key"))?;
        if !jwt.is_signed_by(jwk.key()) {
            return Err(invalid("DPoP proof signature does not verify"));
        }
        let jti =
            jwt.text("jti").filter(|jti| !jti.is_empty()).ok_or_else(|| invalid("DPoP proof \"jti\" is missing"))?;
        if jwt.text("htm") != Some(expected.method) {
            return Err(invalid("DPoP proof \"htm\" mismatch"));
        }
        if !jwt.text("htu").is_some_and(|htu| is_same_target(htu, expected.url)) {
            return Err(invalid("DPoP proof \"htu\" mismatch"));
        }
        check_age(jwt.number("iat"), expected.now)?;
        if jwt.text("ath") != expected.token.map(sha256_base64url).as_deref() {
            return Err(invalid("DPoP proof \"ath\" mismatch"));
        }
        if !jwt.text("nonce").is_some_and(|given| nonce_is_fresh(secret, epoch, given, expected.now)) {
            return Err(ProofError::UseNonce);
        }
        self.note(jti, expected.now)?;
        Ok(jwk.thumbprint())
    }

    fn note(&self, jti: &str, now: Timestamp) -> Result<(), ProofError> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let life = Duration::from_secs((PROOF_AGE + PROOF_AHEAD) as u64);
        if now.since(seen.swept_at) > life {
            seen.now.retain(|_, at| now.since(*at) <= life);
            seen.swept_at = now;
        }
        match seen.now.insert(jti.to_owned(), now) {
            Some(_) => Err(ProofError::Invalid("DPoP proof replayed".to_owned())),
            None => Ok(()),
        }
    }
}

fn check_age(iat: Option<i64>, now: Timestamp) -> Result<(), ProofError> {
    let age = now.as_seconds() - iat.ok_or_else(|| ProofError::Invalid("DPoP proof \"iat\" is missing".to_owned()))?;
    if (-PROOF_AHEAD..=PROOF_AGE).contains(&age) {
        return Ok(());
    }
    Err(ProofError::Invalid(format!(
        "DPoP proof \"iat\" is {age} seconds old; {PROOF_AGE} at most, {PROOF_AHEAD} ahead"
    )))
}

/// `htu` is the address without query and fragment; a proof that carries either is wrong.
fn is_same_target(htu: &str, url: &str) -> bool {
    let (Ok(given), Ok(wanted)) = (Url::parse(htu), Url::parse(url)) else { return false };
    given.query().is_none()
        && given.fragment().is_none()
        && given.origin() == wanted.origin()
        && given.path() == wanted.path()
}
