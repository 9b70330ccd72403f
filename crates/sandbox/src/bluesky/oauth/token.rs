//! `POST /oauth/token` and `POST /oauth/revoke`.
//!
//! Refreshing is destructive, as on the real server: the old access token ends at once, the old refresh token ends the
//! whole grant when it is shown again, and of two refreshes at the same time one gets a 500.

use std::time::Duration;

use base::{Timestamp, random};
use http::HeaderMap;
use serde_json::{Value, json};

use super::{ClientKey, Form, Grant, Oauth, client, proof};
use crate::{
    bluesky::{Bluesky, jose, refusal::Refusal},
    knobs::RefreshReuse,
};

const ACCESS_LIFE: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
/// How long a refresh takes, so that two of them can meet.
const REFRESH_TAKES: Duration = Duration::from_millis(15);

/// Who calls, as far as the app is concerned.
struct App {
    id: String,
    key: Option<ClientKey>,
    thumbprint: String,
    refreshes: bool,
}

async fn app(twin: &Bluesky, headers: &HeaderMap, form: &Form, path: &str) -> Result<App, Refusal> {
    let thumbprint = proof(twin, headers, path)?;
    let client = client::resolve(twin, form.need("client_id")?).await?;
    let key = client.authenticate(form, &twin.endpoint(), &mut twin.data().oauth, twin.core.now())?;
    Ok(App { id: client.id, key, thumbprint, refreshes: client.refreshes })
}

fn grant_refused(why: &str) -> Refusal {
    Refusal::oauth("invalid_grant", why)
}

/// Exchanges a code or a refresh token.
pub async fn exchange(twin: &Bluesky, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    let form = Form::read(headers, body)?;
    let app = app(twin, headers, &form, "/oauth/token").await?;
    match form.need("grant_type")? {
        "authorization_code" => redeem(twin, &form, &app),
        "refresh_token" => refresh(twin, &form, &app).await,
        other => Err(Refusal::oauth("unsupported_grant_type", format!("grant_type \"{other}\" is not known"))),
    }
}

fn redeem(twin: &Bluesky, form: &Form, app: &App) -> Result<Value, Refusal> {
    let (text, now) = (form.need("code")?, twin.core.now());
    let (redirect_uri, verifier) = (form.need("redirect_uri")?, form.need("code_verifier")?);
    let mut data = twin.data();
    let oauth = &mut data.oauth;
    let code = oauth.codes.get(text).cloned().ok_or_else(|| grant_refused("Invalid code"))?;
    if let Some(grant) = code.used_for {
        // A code used twice may have been stolen, so its tokens are revoked.
        oauth.end(grant);
        return Err(grant_refused("Invalid code"));
    }
    if code.pushed.client_id != app.id || code.pushed.ends_at <= now {
        return Err(grant_refused("Invalid code"));
    }
    if code.pushed.client_key != app.key {
        return Err(grant_refused("The client authenticated with another key than it began with"));
    }
    if code.pushed.thumbprint != app.thumbprint {
        return Err(Refusal::oauth("invalid_dpop_proof", "DPoP key is not the one the request was pushed with"));
    }
    if code.pushed.redirect_uri != redirect_uri {
        return Err(grant_refused("redirect_uri mismatch"));
    }
    let formed = (43..=128).contains(&verifier.len())
        && verifier.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b));
    if !formed || jose::sha256_base64url(verifier) != code.pushed.challenge {
        oauth.codes.remove(text);
        return Err(grant_refused("Invalid code_verifier"));
    }
    let grant = Grant {
        did: code.did,
        client_id: app.id.clone(),
        client_key: app.key.clone(),
        scope: code.scope,
        thumbprint: app.thumbprint.clone(),
        made_at: now,
        access_ends_at: now + ACCESS_LIFE,
        access: access_token(twin),
        refresh: refresh_token(twin),
        refreshed_at: now,
        busy: false,
    };
    let answer = answer(&grant, app);
    let id = oauth.add(grant);
    if let Some(code) = oauth.codes.get_mut(text) {
        code.used_for = Some(id);
    }
    Ok(answer)
}

fn access_token(twin: &Bluesky) -> String {
    random::token::<32>(&*twin.core.random)
}

fn refresh_token(twin: &Bluesky) -> String {
    format!("ref-{}", random::token::<32>(&*twin.core.random))
}

fn answer(grant: &Grant, app: &App) -> Value {
    let mut answer = json!({
        "access_token": grant.access,
        "token_type": "DPoP",
        "expires_in": ACCESS_LIFE.as_secs() - 1,
        "scope": grant.scope,
        "sub": grant.did,
    });
    if app.refreshes {
        answer["refresh_token"] = json!(grant.refresh);
    }
    answer
}

/// A running refresh; dropping it frees the grant again.
struct Busy<'a>(&'a Bluesky, u64);

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if let Some(grant) = self.0.data().oauth.grants.get_mut(&self.1) {
            grant.busy = false;
        }
    }
}

async fn refresh(twin: &Bluesky, form: &Form, app: &App) -> Result<Value, Refusal> {
    let token = form.need("refresh_token")?;
    if !app.refreshes {
        return Err(Refusal::oauth("unauthorized_client", "the client metadata does not list refresh_token"));
    }
    let id = begin(twin, token, app)?;
    let busy = Busy(twin, id);
    tokio::time::sleep(REFRESH_TAKES).await;
    let rotated = rotate(twin, id, app);
    drop(busy);
    rotated
}

fn begin(twin: &Bluesky, token: &str, app: &App) -> Result<u64, Refusal> {
    let now = twin.core.now();
    let mut data = twin.data();
    let oauth = &mut data.oauth;
    let unknown = || grant_refused("Invalid refresh token");
    let id = *oauth.refresh.get(token).ok_or_else(unknown)?;
    let grant = oauth.grants.get_mut(&id).filter(|grant| grant.client_id == app.id).ok_or_else(unknown)?;
    if grant.thumbprint != app.thumbprint {
        return Err(Refusal::oauth("invalid_dpop_proof", "DPoP key is not the one the grant is bound to"));
    }
    if grant.client_key != app.key {
        oauth.end(id);
        return Err(grant_refused("The client key that the grant was made with is gone"));
    }
    if grant.refresh != token && twin.core.knobs().refresh_reuse == RefreshReuse::KillsFamily {
        oauth.end(id);
        return Err(grant_refused("Refresh token replayed"));
    }
    if grant.busy {
        let busy = Refusal::oauth("server_error", "Server error");
        return Err(Refusal { status: http::StatusCode::INTERNAL_SERVER_ERROR, ..busy });
    }
    if has_ended(grant, now) {
        oauth.end(id);
        return Err(grant_refused("Refresh token expired"));
    }
    grant.busy = true;
    Ok(id)
}

/// A public app's grant ends after two weeks in all; a confidential one's after two years, or three months unused.
fn has_ended(grant: &Grant, now: Timestamp) -> bool {
    let (whole, unused) = if grant.client_key.is_some() { (2 * 365, 90) } else { (14, 14) };
    now.since(grant.made_at) > DAY * whole || now.since(grant.refreshed_at) > DAY * unused
}

fn rotate(twin: &Bluesky, id: u64, app: &App) -> Result<Value, Refusal> {
    let now = twin.core.now();
    let mut data = twin.data();
    let Oauth { grants, access, refresh, .. } = &mut data.oauth;
    let grant = grants.get_mut(&id).ok_or_else(|| grant_refused("Invalid refresh token"))?;
    access.remove(&grant.access);
    grant.access = access_token(twin);
    grant.refresh = refresh_token(twin);
    grant.access_ends_at = now + ACCESS_LIFE;
    grant.refreshed_at = now;
    access.insert(grant.access.clone(), id);
    refresh.insert(grant.refresh.clone(), id);
    Ok(answer(grant, app))
}

/// Ends a grant by any of its tokens. A token that is not known is fine.
pub async fn revoke(twin: &Bluesky, headers: &HeaderMap, body: &[u8]) -> Result<Value, Refusal> {
    let form = Form::read(headers, body)?;
    let token = form.need("token")?;
    let app = app(twin, headers, &form, "/oauth/revoke").await?;
    let mut data = twin.data();
    let id = data.oauth.refresh.get(token).or_else(|| data.oauth.access.get(token)).copied();
    if let Some(id) = id.filter(|id| data.oauth.grants.get(id).is_some_and(|grant| grant.client_id == app.id)) {
        data.oauth.end(id);
    }
    Ok(json!({}))
}
