//! App password sessions: `com.atproto.server.createSession`, `refreshSession`, `getSession`, `deleteSession`, and the
//! service tokens of `getServiceAuth`.
//!
//! Tokens are sealed JWTs, so that a client can read when they end. A session lives here too, so that it can be ended.

use std::{collections::BTreeMap, time::Duration};

use base::{Timestamp, random};
use http::header;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use subtle::ConstantTimeEq as _;

use super::{
    Bluesky, Reply,
    auth::{self, Caller},
    call::Call,
    data::{Account, Data},
    jose::{self, Jwt},
    limits,
    refusal::Refusal,
    scopes::Need,
};

const ACCESS_LIFE: Duration = Duration::from_secs(120 * 60);
const REFRESH_LIFE: Duration = Duration::from_secs(90 * 24 * 3600);
/// How long a refresh token that was used works again, with the same answer.
const GRACE: Duration = Duration::from_secs(2 * 3600);

/// One app password session.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// Whose.
    pub did: String,
    /// Whether it was opened with the main password.
    pub full: bool,
    /// Access tokens of an earlier generation have been ended from outside.
    pub generation: u64,
    /// Refresh tokens by their id.
    refreshes: BTreeMap<String, Refresh>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Refresh {
    ends_at: Timestamp,
    token: String,
    /// The id of the one it was exchanged for.
    next: Option<String>,
}

fn scope_of(full: bool) -> &'static str {
    if full { "com.atproto.access" } else { "com.atproto.appPass" }
}

/// Reads an access token of this server; gives who calls.
pub fn caller(data: &Data, token: &str, now: Timestamp) -> Result<Caller, Refusal> {
    let jwt = read(data, token, "at+jwt", now)?;
    let session = jwt.text("sid").and_then(|sid| data.sessions.get(sid));
    let session = session.ok_or_else(|| Refusal::new(400, "InvalidToken", "Token has been revoked"))?;
    if jwt.number("gen").is_none_or(|generation| generation < session.generation as i64) {
        return Err(expired());
    }
    Ok(Caller { did: session.did.clone(), scopes: None, full: session.full })
}

fn expired() -> Refusal {
    Refusal::new(400, "ExpiredToken", "Token has expired")
}

fn read(data: &Data, token: &str, typ: &str, now: Timestamp) -> Result<Jwt, Refusal> {
    let invalid = |why: &str| Refusal::new(400, "InvalidToken", why);
    let jwt = Jwt::parse(token).filter(|jwt| jwt.is_sealed_by(data.secret()));
    let jwt = jwt.ok_or_else(|| invalid("Token could not be verified"))?;
    if jwt.head("typ") != Some(typ) {
        return Err(invalid("Bad token type"));
    }
    match jwt.number("exp") {
        Some(exp) if exp > now.as_seconds() => Ok(jwt),
        _ => Err(expired()),
    }
}

/// Opens a session; gives the answer with both tokens.
pub fn open(twin: &Bluesky, data: &mut Data, did: &str, full: bool) -> Option<Value> {
    let now = twin.core.now();
    let sid = random::token::<16>(&*twin.core.random);
    let session = Session { did: did.to_owned(), full, generation: 0, refreshes: BTreeMap::new() };
    data.sessions.insert(sid.clone(), session);
    let id = random::token::<24>(&*twin.core.random);
    let refresh = add_refresh(twin, data, &sid, &id, now)?;
    answer(twin, data, &sid, &refresh)
}

fn add_refresh(twin: &Bluesky, data: &mut Data, sid: &str, id: &str, now: Timestamp) -> Option<String> {
    let session = data.sessions.get(sid)?;
    let ends_at = now + REFRESH_LIFE;
    let claims = json!({"scope": "com.atproto.refresh", "sub": session.did, "aud": twin.service_did(), "jti": id,
        "sid": sid, "iat": now.as_seconds(), "exp": ends_at.as_seconds()});
    let token = jose::seal(data.secret(), "refresh+jwt", &claims);
    let refresh = Refresh { ends_at, token: token.clone(), next: None };
    data.sessions.get_mut(sid)?.refreshes.insert(id.to_owned(), refresh);
    Some(token)
}

fn answer(twin: &Bluesky, data: &Data, sid: &str, refresh: &str) -> Option<Value> {
    let (session, now) = (data.sessions.get(sid)?, twin.core.now());
    let claims = json!({"scope": scope_of(session.full), "sub": session.did, "aud": twin.service_did(), "sid": sid,
        "gen": session.generation, "jti": random::token::<9>(&*twin.core.random), "iat": now.as_seconds(),
        "exp": (now + ACCESS_LIFE).as_seconds()});
    let mut answer = described(twin, data, data.accounts.get(&session.did)?, true);
    answer["accessJwt"] = json!(jose::seal(data.secret(), "at+jwt", &claims));
    answer["refreshJwt"] = json!(refresh);
    Some(answer)
}

fn described(twin: &Bluesky, data: &Data, account: &Account, with_email: bool) -> Value {
    let mut answer = json!({"did": account.did, "handle": account.handle, "active": true,
        "didDoc": data.document(account, &twin.endpoint())});
    if with_email {
        answer["email"] = json!(account.email);
        answer["emailConfirmed"] = json!(true);
        answer["emailAuthFactor"] = json!(false);
    }
    answer
}

/// `com.atproto.server.createSession`: 30 in 5 minutes and 300 a day for an account.
pub fn create(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let identifier = body["identifier"].as_str().unwrap_or_default();
    let tightest = limits::sign_in(twin, &identifier.to_ascii_lowercase())?;
    let mut data = twin.data();
    let wrong = || Refusal::new(401, "AuthenticationRequired", "Invalid identifier or password");
    let given = body["password"].as_str().unwrap_or_default();
    let same = |known: &String| bool::from(known.as_bytes().ct_eq(given.as_bytes()));
    let account = data.account(identifier).ok_or_else(wrong)?;
    let full = same(&account.password);
    if !full && !account.app_passwords.iter().any(same) {
        return Err(wrong());
    }
    let did = account.did.clone();
    let answer = open(twin, &mut data, &did, full).ok_or_else(wrong)?;
    Ok(Reply::json(answer).limited(tightest))
}

/// `com.atproto.server.refreshSession`. A used token works for two more hours and gives the same next one.
pub fn refresh(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let (mut data, now) = (twin.data(), twin.core.now());
    let (sid, id) = refresh_claims(&data, call, now)?;
    let revoked = || Refusal::new(400, "ExpiredToken", "Token has been revoked");
    let held = data.sessions.get(&sid).and_then(|session| session.refreshes.get(&id)).ok_or_else(revoked)?;
    if held.ends_at <= now {
        return Err(expired());
    }
    let token = match held.next.clone() {
        Some(next) => {
            data.sessions.get(&sid).and_then(|session| session.refreshes.get(&next)).map(|next| next.token.clone())
        }
        None => exchange(twin, &mut data, &sid, &id, now),
    };
    answer(twin, &data, &sid, &token.ok_or_else(revoked)?).map(Reply::json).ok_or_else(revoked)
}

fn exchange(twin: &Bluesky, data: &mut Data, sid: &str, id: &str, now: Timestamp) -> Option<String> {
    let next = random::token::<24>(&*twin.core.random);
    let token = add_refresh(twin, data, sid, &next, now)?;
    let old = data.sessions.get_mut(sid)?.refreshes.get_mut(id)?;
    old.ends_at = old.ends_at.min(now + GRACE);
    old.next = Some(next);
    Some(token)
}

fn refresh_claims(data: &Data, call: &Call, now: Timestamp) -> Result<(String, String), Refusal> {
    let token = call.header(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let token = token.ok_or_else(auth::missing)?;
    let jwt = read(data, token, "refresh+jwt", now)?;
    let text = |name: &str| jwt.text(name).unwrap_or_default().to_owned();
    Ok((text("sid"), text("jti")))
}

/// `com.atproto.server.deleteSession`, with the refresh token.
pub fn delete(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let mut data = twin.data();
    let (sid, _) = refresh_claims(&data, call, twin.core.now())?;
    data.sessions.remove(&sid);
    Ok(Reply::empty())
}

/// `com.atproto.server.getSession`.
pub fn get(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let caller = auth::require(twin, call)?;
    let data = twin.data();
    let account = data.accounts.get(&caller.did).ok_or_else(auth::missing)?;
    Ok(Reply::json(described(twin, &data, account, caller.may(&Need::Email))))
}

/// `com.atproto.server.createAccount`, for tests: handles end in `.test`, no invitation is needed.
pub fn create_account(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let body = call.json()?;
    let handle = body["handle"].as_str().unwrap_or_default().to_ascii_lowercase();
    let name = handle.strip_suffix(".test").unwrap_or_default();
    if name.is_empty() || name.contains('.') {
        let why = "Handles of this server are one name under .test, as in lena.test";
        return Err(Refusal::new(400, "UnsupportedDomain", why));
    }
    let password = body["password"].as_str().unwrap_or_default();
    if password.len() < 8 {
        return Err(Refusal::new(400, "InvalidPassword", "A password has at least 8 bytes"));
    }
    let mut data = twin.data();
    if data.did_of(&handle).is_some() {
        return Err(Refusal::new(400, "HandleNotAvailable", format!("Handle already taken: {handle}")));
    }
    let did = data.add_account(&handle, name, twin.core.now());
    if let Some(account) = data.accounts.get_mut(&did) {
        account.password = password.to_owned();
        account.email = body["email"].as_str().unwrap_or(&account.email).to_owned();
    }
    let whole = open(twin, &mut data, &did, true).ok_or_else(auth::missing)?;
    let mut answer = json!({});
    for field in ["accessJwt", "refreshJwt", "handle", "did", "didDoc"] {
        answer[field] = whole[field].clone();
    }
    Ok(Reply::json(answer))
}

/// `com.atproto.server.createAppPassword`, with a session of the main password only.
pub fn create_app_password(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let caller = auth::require(twin, call)?;
    if !caller.full {
        return Err(Refusal::new(400, "InvalidToken", "Bad token scope"));
    }
    let body = call.json()?;
    let letters = super::cid::base32(&random::bytes::<10>(&*twin.core.random));
    let password = [&letters[..4], &letters[4..8], &letters[8..12], &letters[12..]].join("-");
    if let Some(account) = twin.data().accounts.get_mut(&caller.did) {
        account.app_passwords.push(password.clone());
    }
    let privileged = body["privileged"].as_bool().unwrap_or(false);
    let answer =
        json!({"name": body["name"], "password": password, "createdAt": twin.core.now(), "privileged": privileged});
    Ok(Reply::json(answer))
}

/// `com.atproto.server.getServiceAuth`: at most an hour, and at most a minute without a method.
pub fn service_auth(twin: &Bluesky, call: &Call) -> Result<Reply, Refusal> {
    let caller = auth::require(twin, call)?;
    let audience = call.need("aud")?;
    let method = call.one("lxm");
    caller.must(&service_need(twin, audience, method))?;
    let now = twin.core.now().as_seconds();
    let exp = match call.one("exp").map(str::parse::<i64>) {
        None => now + 60,
        Some(Ok(exp)) => exp,
        Some(Err(_)) => return Err(Refusal::invalid("`exp` must be a whole number of seconds since 1970")),
    };
    let bad = |why| Err(Refusal::new(400, "BadExpiration", why));
    match exp - now {
        left if left <= 0 => return bad("expiration is in past"),
        left if left > 3600 => return bad("cannot request a token with an expiration more than an hour in the future"),
        left if left > 60 && method.is_none() => {
            return bad("cannot request a method-less token with an expiration more than a minute in the future");
        }
        _ => {}
    }
    let data = twin.data();
    let key = data.signing_key(&caller.did).ok_or_else(auth::missing)?;
    let jti = random::token::<16>(&*twin.core.random);
    let mut claims = json!({"iss": caller.did, "aud": audience, "iat": now, "exp": exp, "jti": jti});
    if let Some(method) = method {
        claims["lxm"] = json!(method);
    }
    Ok(Reply::json(json!({"token": jose::sign(&key, &json!({"typ": "JWT", "alg": "ES256"}), &claims)})))
}

/// A token with which the video service may upload here stands for the right to upload videos; any other one for the
/// right to call the method.
fn service_need<'a>(twin: &Bluesky, audience: &'a str, method: Option<&'a str>) -> Need<'a> {
    match method {
        Some("com.atproto.repo.uploadBlob") if audience == twin.service_did() => Need::Blob("video/mp4"),
        method => Need::Rpc(method.unwrap_or("*"), audience),
    }
}
