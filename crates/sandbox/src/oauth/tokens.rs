//! The token endpoint: who calls, what is exchanged for what, and what is ended.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
};
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, header};
use serde_json::Value;

use super::{Authority, ClientBy, Consent, Fields, Longer, Pair, Pkce, Refresh, Slip, consent::split};

/// The token endpoint.
pub async fn token<A: Authority>(
    State(it): State<Arc<A>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let read = read::<A>(query.as_deref(), &headers, &body, A::RULES.token_fields);
    given(&*it, read.and_then(|fields| exchange(&*it, &headers, &fields)))
}

/// Where an access token is exchanged for one that lives longer, or prolonged: `GET` with everything in the query.
pub async fn longer<A: Authority>(State(it): State<Arc<A>>, RawQuery(query): RawQuery) -> Response {
    let fields = Fields::read(query.unwrap_or_default().as_bytes());
    let pair = match A::RULES.longer {
        Some(longer) => lengthen(&*it, &fields, &longer),
        None => Err(Slip::GrantType),
    };
    given(&*it, pair)
}

fn given<A: Authority>(it: &A, pair: Result<Pair, Slip>) -> Response {
    it.core().touch();
    match pair {
        Ok(pair) => ([(header::CACHE_CONTROL, "no-store")], Json(it.give(&pair))).into_response(),
        Err(slip) => it.refuse(slip),
    }
}

/// `POST`: ends a token.
pub async fn revoke<A: Authority>(
    State(it): State<Arc<A>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let ended = read::<A>(query.as_deref(), &headers, &body, A::RULES.revoke_fields).and_then(|fields| {
        let client_id = client(&*it, &headers, &fields)?;
        let text = need(&fields, "token")?;
        it.grants(|grants| match grants.owner_of(text) {
            Some(held) if held.consent.client_id != client_id => Err(Slip::NotYours),
            _ => Ok(grants.revoke(text)),
        })
    });
    match ended {
        Ok(_) => Json(A::revoked()).into_response(),
        Err(slip) => it.refuse_to_revoke(slip),
    }
}

fn read<A: Authority>(query: Option<&str>, headers: &HeaderMap, body: &[u8], known: &[&str]) -> Result<Fields, Slip> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut fields = match kind.split(';').next().unwrap_or_default().trim() {
        "application/x-www-form-urlencoded" => Fields::read(body),
        "application/json" if A::RULES.json => json(body).ok_or(Slip::Body)?,
        _ if body.is_empty() && (A::RULES.query || A::RULES.json) => Fields::default(),
        _ => return Err(Slip::Body),
    };
    if A::RULES.query {
        fields.0.extend(Fields::read(query.unwrap_or_default().as_bytes()).0);
    }
    match fields.0.iter().find(|(name, _)| ![name, "*"].iter().any(|it| known.contains(it))) {
        Some((stranger, _)) => Err(Slip::Stranger(stranger.clone())),
        None => Ok(fields),
    }
}

fn json(body: &[u8]) -> Option<Fields> {
    let Ok(Value::Object(map)) = serde_json::from_slice(body) else { return None };
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let given = map.into_iter().filter(|(_, value)| !value.is_null() && *value != "");
    Some(Fields(given.map(|(name, value)| (name, text(value))).collect()))
}

fn need<'a>(fields: &'a Fields, name: &'static str) -> Result<&'a str, Slip> {
    fields.get(name).ok_or(Slip::Missing(name))
}

/// The app that calls.
fn client<A: Authority>(it: &A, headers: &HeaderMap, fields: &Fields) -> Result<String, Slip> {
    let may = |by| A::RULES.clients.contains(&by);
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let (id, secret) = match basic.filter(|_| may(ClientBy::Basic)) {
        Some(basic) => {
            let text = base64::engine::general_purpose::STANDARD.decode(basic.trim()).ok();
            let text = text.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or(Slip::WrongClient)?;
            let (id, secret) = text.split_once(':').ok_or(Slip::WrongClient)?;
            (id.to_owned(), Some(secret.to_owned()))
        }
        None => {
            let id = fields.get("client_id").ok_or(Slip::NoClient)?;
            (id.to_owned(), fields.get("client_secret").filter(|_| may(ClientBy::Fields)).map(str::to_owned))
        }
    };
    let app = it.app(&id).ok_or(Slip::WrongClient)?;
    match (secret, app.secret) {
        (None, None) if may(ClientBy::Id) => Ok(id),
        (None, _) => Err(Slip::NoClient),
        (given, held) if given == held => Ok(id),
        _ => Err(Slip::WrongClient),
    }
}

fn exchange<A: Authority>(it: &A, headers: &HeaderMap, fields: &Fields) -> Result<Pair, Slip> {
    let client_id = client(it, headers, fields)?;
    let kind = fields.get("grant_type").or(A::RULES.usual_grant).ok_or(Slip::Missing("grant_type"))?;
    match kind {
        "authorization_code" => redeem(it, &client_id, fields),
        "refresh_token" if A::RULES.refresh != Refresh::Never => refresh(it, &client_id, fields),
        "client_credentials" if A::RULES.app_tokens => for_app(it, client_id, fields),
        kind => match A::RULES.longer {
            Some(longer) if longer.exchange == kind => lengthen(it, fields, &longer),
            _ => Err(Slip::GrantType),
        },
    }
}

fn redeem<A: Authority>(it: &A, client_id: &str, fields: &Fields) -> Result<Pair, Slip> {
    let (code, uri) = (need(fields, "code")?, need(fields, "redirect_uri")?);
    let verifier = match A::RULES.pkce {
        Pkce::Required => Some(need(fields, "code_verifier")?),
        _ => fields.get("code_verifier"),
    };
    let (now, random, life) = (it.core().now(), it.core().random.clone(), it.access_life());
    it.grants(|grants| {
        let consent = grants.redeem(code, client_id, uri, verifier, now).map_err(Slip::Code)?;
        let with_refresh = A::RULES.refresh != Refresh::Never && A::has_refresh(&consent);
        Ok(grants.open(consent, life, with_refresh, now, &*random))
    })
}

fn refresh<A: Authority>(it: &A, client_id: &str, fields: &Fields) -> Result<Pair, Slip> {
    let text = need(fields, "refresh_token")?;
    let (now, random, reuse) = (it.core().now(), it.core().random.clone(), it.core().knobs().refresh_reuse);
    let life = it.access_life();
    let pair = it.grants(|grants| match A::RULES.refresh {
        Refresh::Stays => grants.renew(text, client_id, life, now, &*random),
        _ => grants.rotate(text, client_id, life, reuse, now, &*random),
    });
    pair.map_err(Slip::Refresh)
}

/// A token for the app itself, without an account.
fn for_app<A: Authority>(it: &A, client_id: String, fields: &Fields) -> Result<Pair, Slip> {
    let scope = fields.get("scope").or(A::RULES.usual_scope).unwrap_or_default();
    let scopes: Vec<&str> = split(scope, A::RULES.separator).collect();
    if !scopes.iter().all(|scope| it.may_ask(&client_id, scope)) {
        return Err(Slip::Scope);
    }
    let consent = Consent { client_id, account: String::new(), scope: scopes.join(" "), ..Consent::default() };
    let (now, random) = (it.core().now(), it.core().random.clone());
    Ok(it.grants(|grants| grants.open(consent, None, false, now, &*random)))
}

fn lengthen<A: Authority>(it: &A, fields: &Fields, longer: &Longer) -> Result<Pair, Slip> {
    let kind = need(fields, "grant_type")?;
    let text = need(fields, longer.field)?;
    let (now, random) = (it.core().now(), it.core().random.clone());
    let youngest: Option<Duration> = if kind == longer.exchange {
        // An exchange needs the secret of the app that the token was given to.
        let secret = need(fields, "client_secret")?;
        let held = it.grants(|grants| grants.find(text, now).cloned()).map_err(Slip::Token)?;
        let app = it.app(&held.consent.client_id);
        let is_other = fields.get("client_id").is_some_and(|id| id != held.consent.client_id);
        if is_other || app.is_none_or(|app| app.secret.as_deref() != Some(secret)) {
            return Err(Slip::WrongClient);
        }
        None
    } else if Some(kind) == longer.prolong {
        Some(longer.youngest)
    } else {
        return Err(Slip::GrantType);
    };
    it.grants(|grants| grants.exchange(text, longer.life, youngest, now, &*random)).map_err(Slip::Token)
}
