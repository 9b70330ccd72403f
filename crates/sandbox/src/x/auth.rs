//! OAuth 2.0: the authorize page, tokens that last two hours, refresh tokens that work once, revocation.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{RawQuery, State as Shared},
    response::{IntoResponse, Redirect, Response},
};
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::json;
use url::Url;

use super::{DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_PUBLIC_CLIENT_ID, State, problem::Problem};
use crate::{
    oauth::{Challenge, Consent, Pair},
    pages,
};

/// How long a code lives.
const CODE_LIFE: Duration = Duration::from_secs(30);
/// How long an access token lives.
const ACCESS_LIFE: Duration = Duration::from_secs(7200);
/// How long `state` may be.
const STATE_LENGTH: usize = 500;

const SCOPES: [&str; 23] = [
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "users.email",
    "follows.read",
    "follows.write",
    "offline.access",
    "space.read",
    "mute.read",
    "mute.write",
    "like.read",
    "like.write",
    "list.read",
    "list.write",
    "block.read",
    "block.write",
    "bookmark.read",
    "bookmark.write",
    "dm.read",
    "dm.write",
    "media.write",
    "timeline.read",
];

type Fields = BTreeMap<String, String>;

fn fields(text: &[u8]) -> Fields {
    url::form_urlencoded::parse(text).into_owned().filter(|(_, value)| !value.is_empty()).collect()
}

/// A request for consent that may be shown to a person.
struct Asked {
    client_id: String,
    redirect_uri: Url,
    scope: String,
    state: String,
    challenge: Challenge,
}

/// What is wrong with a request for consent. X shows all of it on its own page.
fn asked(state: &State, fields: &Fields) -> Result<Asked, &'static str> {
    let field = |name: &str| fields.get(name).cloned();
    let client_id = field("client_id").filter(|id| [DEMO_CLIENT_ID, DEMO_PUBLIC_CLIENT_ID].contains(&id.as_str()));
    let client_id = client_id.ok_or("There is no app with this client_id.")?;
    let redirect_uri = field("redirect_uri").filter(|uri| may_return_to(state, uri));
    let redirect_uri = redirect_uri.and_then(|uri| Url::parse(&uri).ok());
    let redirect_uri = redirect_uri.ok_or("The redirect_uri is not one of the app's callback addresses.")?;
    if field("response_type").as_deref() != Some("code") {
        return Err("The response_type must be code.");
    }
    let sent_back = field("state").filter(|text| text.chars().count() <= STATE_LENGTH);
    let sent_back = sent_back.ok_or("The state is missing or longer than 500 characters.")?;
    let scope = field("scope").ok_or("The scope is missing.")?;
    if !scope.split_whitespace().all(|scope| SCOPES.contains(&scope)) {
        return Err("One of the scopes does not exist.");
    }
    let challenge = match (field("code_challenge"), field("code_challenge_method").as_deref()) {
        (Some(text), Some("S256")) if text.len() == 43 => Challenge::S256(text),
        (Some(text), Some("plain")) => Challenge::Plain(text),
        _ => return Err("The code_challenge is missing, or its method is neither S256 nor plain."),
    };
    Ok(Asked { client_id, redirect_uri, scope, state: sent_back, challenge })
}

fn may_return_to(state: &State, uri: &str) -> bool {
    let local = Url::parse(uri).is_ok_and(|url| {
        url.scheme() == "http"
            && url.fragment().is_none()
            && ["127.0.0.1", "localhost"].contains(&url.host_str().unwrap_or(""))
    });
    local || state.settings().redirect_uris.iter().any(|known| known == uri)
}

fn consent_page(state: &State, asked: &Asked, fields: &Fields, problem: Option<String>) -> Response {
    let carried = |name: &&String| !["account", "new_account", "decision"].contains(&name.as_str());
    let hidden = fields.iter().filter(|(name, _)| carried(name)).map(|(name, value)| (name.clone(), value.clone()));
    let plaza = state.plaza();
    let accounts = plaza.accounts.values();
    pages::consent(&pages::ConsentForm {
        network: "X".into(),
        app: if asked.client_id == DEMO_CLIENT_ID { "Fanfare" } else { "Fanfare (public client)" }.into(),
        scopes: asked.scope.split_whitespace().map(str::to_owned).collect(),
        action: "/i/oauth2/authorize".into(),
        hidden: hidden.collect(),
        accounts: accounts
            .map(|account| (account.username.clone(), account.name.clone(), format!("@{}", account.username)))
            .collect(),
        problem,
    })
    .into_response()
}

fn shown(what: &str) -> Response {
    (StatusCode::BAD_REQUEST, pages::refusal("X", what)).into_response()
}

/// `GET /i/oauth2/authorize`.
pub async fn ask(Shared(state): Shared<Arc<State>>, RawQuery(query): RawQuery) -> Response {
    let fields = fields(query.unwrap_or_default().as_bytes());
    match asked(&state, &fields) {
        Ok(asked) => consent_page(&state, &asked, &fields, None),
        Err(what) => shown(what),
    }
}

/// The page's form.
pub async fn answer(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let fields = fields(&body);
    let asked = match asked(&state, &fields) {
        Ok(asked) => asked,
        Err(what) => return shown(what),
    };
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let mut back = asked.redirect_uri.clone();
    if field("decision") != "allow" {
        back.query_pairs_mut().append_pair("error", "access_denied").append_pair("state", &asked.state);
        return Redirect::to(back.as_str()).into_response();
    }
    let account = match chosen(&state, field("account"), field("new_account")) {
        Ok(account) => account,
        Err(problem) => return consent_page(&state, &asked, &fields, Some(problem)),
    };
    let consent = Consent { client_id: asked.client_id, account, scope: asked.scope };
    let (ends_at, random) = (state.now() + CODE_LIFE, &*state.core.random);
    // The address is kept as it was written: the exchange must name it in the same letters.
    let code = state.plaza().grants.code(consent, field("redirect_uri"), Some(asked.challenge), ends_at, random);
    back.query_pairs_mut().append_pair("state", &asked.state).append_pair("code", &code);
    Redirect::to(back.as_str()).into_response()
}

fn chosen(state: &State, account: &str, new_account: &str) -> Result<String, String> {
    let typed = new_account.trim().trim_start_matches('@');
    let username = if typed.is_empty() { account } else { typed };
    let now = state.now();
    let mut plaza = state.plaza();
    if let Some(known) = plaza.by_username(username) {
        return Ok(known.id.clone());
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if !(1..=15).contains(&username.len()) || !username.bytes().all(allowed) {
        return Err("A name has 1 to 15 letters of a to z, digits and underscores.".to_owned());
    }
    Ok(plaza.add_account(username, username, "New here.", "None", now))
}

/// The app that calls: by Basic if it has a secret, else by `client_id`.
fn client(headers: &HeaderMap, fields: &Fields) -> Result<String, Problem> {
    let refused = |description| Problem::oauth(StatusCode::UNAUTHORIZED, "unauthorized_client", description);
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    if let Some(basic) = basic {
        let text = base64::engine::general_purpose::STANDARD.decode(basic.trim()).unwrap_or_default();
        let right = text == format!("{DEMO_CLIENT_ID}:{DEMO_CLIENT_SECRET}").into_bytes();
        let wrong =
            || Problem::oauth(StatusCode::UNAUTHORIZED, "invalid_client", "Value passed for the client was invalid.");
        return if right { Ok(DEMO_CLIENT_ID.to_owned()) } else { Err(wrong()) };
    }
    match fields.get("client_id").map(String::as_str) {
        Some(DEMO_PUBLIC_CLIENT_ID) => Ok(DEMO_PUBLIC_CLIENT_ID.to_owned()),
        _ => Err(refused("Missing valid authorization header")),
    }
}

fn form(headers: &HeaderMap, body: &Bytes, known: &[&str]) -> Result<Fields, Problem> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(invalid_request("The body must be application/x-www-form-urlencoded."));
    }
    let fields = fields(body);
    match fields.keys().find(|name| !known.contains(&name.as_str())) {
        Some(stranger) => Err(invalid_request(&format!("The parameter {stranger} does not belong to this request."))),
        None => Ok(fields),
    }
}

fn invalid_request(description: &str) -> Problem {
    Problem::oauth(StatusCode::BAD_REQUEST, "invalid_request", description)
}

/// `POST /2/oauth2/token`.
pub async fn token(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    let names = ["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "refresh_token"];
    let fields = form(&headers, &body, &names)?;
    let client_id = client(&headers, &fields)?;
    let need = |name: &str| {
        fields
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| invalid_request(&format!("Missing required parameter [{name}].")))
    };
    let pair = match need("grant_type")? {
        "authorization_code" => {
            redeem(&state, &client_id, need("code")?, need("redirect_uri")?, need("code_verifier")?)?
        }
        "refresh_token" => refresh(&state, &client_id, need("refresh_token")?)?,
        _ => {
            let text = "The grant type is not supported.";
            return Err(Problem::oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", text));
        }
    };
    let mut shape = json!({
        "token_type": "bearer", "expires_in": ACCESS_LIFE.as_secs(), "access_token": pair.access,
        "scope": pair.token.consent.scope,
    });
    if let Some(refresh) = pair.refresh {
        shape["refresh_token"] = json!(refresh);
    }
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(shape)).into_response())
}

fn redeem(state: &State, client_id: &str, code: &str, uri: &str, verifier: &str) -> Result<Pair, Problem> {
    let (now, random) = (state.now(), &*state.core.random);
    let mut plaza = state.plaza();
    let consent = plaza.grants.redeem(code, client_id, uri, Some(verifier), now);
    let consent = consent.map_err(|_| invalid_request("Value passed for the authorization code was invalid."))?;
    let with_refresh = consent.scope.split_whitespace().any(|scope| scope == "offline.access");
    Ok(plaza.grants.open(consent, Some(ACCESS_LIFE), with_refresh, now, random))
}

fn refresh(state: &State, client_id: &str, token: &str) -> Result<Pair, Problem> {
    let (now, random, reuse) = (state.now(), &*state.core.random, state.core.knobs().refresh_reuse);
    let rotated = state.plaza().grants.rotate(token, client_id, Some(ACCESS_LIFE), reuse, now, random);
    rotated.map_err(|_| invalid_request("Value passed for the token was invalid."))
}

/// `POST /2/oauth2/revoke`.
pub async fn revoke(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    let fields = form(&headers, &body, &["token", "token_type_hint", "client_id"])?;
    let client_id = client(&headers, &fields)?;
    let token = fields.get("token").ok_or_else(|| invalid_request("Missing required parameter [token]."))?;
    let mut plaza = state.plaza();
    if plaza.grants.owner_of(token).is_some_and(|held| held.consent.client_id == client_id) {
        plaza.grants.revoke(token);
    }
    Ok(Json(json!({ "revoked": true })).into_response())
}
