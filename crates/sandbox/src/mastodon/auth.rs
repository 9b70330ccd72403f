//! Apps and OAuth: registration, consent, tokens that do not expire, revocation.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::{RawQuery, State as Shared},
    response::{IntoResponse, Redirect, Response},
};
use base::random::token as random_token;
use base64::Engine as _;
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};
use url::Url;

use super::{State, entities::View, model::App, params::Params, params_of, refusal::Refusal, settings::Software};
use crate::{
    oauth::{Challenge, Consent},
    pages,
};

/// The address that shows the code to the person instead of sending it anywhere.
const SHOW_CODE: &str = "urn:ietf:wg:oauth:2.0:oob";
/// How long a code lives.
const CODE_LIFE: Duration = Duration::from_secs(600);

/// The scopes that exist here, without those of administrators.
const SCOPES: [&str; 30] = [
    "profile",
    "read",
    "write",
    "push",
    "follow",
    "read:accounts",
    "read:blocks",
    "read:bookmarks",
    "read:favourites",
    "read:filters",
    "read:follows",
    "read:lists",
    "read:mutes",
    "read:notifications",
    "read:search",
    "read:statuses",
    "write:accounts",
    "write:blocks",
    "write:bookmarks",
    "write:conversations",
    "write:favourites",
    "write:filters",
    "write:follows",
    "write:lists",
    "write:media",
    "write:mutes",
    "write:notifications",
    "write:reports",
    "write:statuses",
    "read:collections",
];

fn contains(held: &[String], wanted: &str) -> bool {
    let whole = wanted.split_once(':').map(|(whole, _)| whole);
    held.iter().any(|scope| scope == wanted || Some(scope.as_str()) == whole)
}

/// `POST /api/v1/apps`.
pub async fn register(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let params = params_of(&headers, &body)?;
    params.only(&["client_name", "redirect_uris", "scopes", "website"])?;
    let name = params.needed("client_name").map_err(|_| Refusal::invalid("Name can't be blank"))?;
    let redirect_uris = redirect_uris(&state, &params)?;
    let scopes = scopes(&params)?;
    let website = params.text("website")?.filter(|text| !text.is_empty());
    if website.as_ref().is_some_and(|text| !text.starts_with("http://") && !text.starts_with("https://")) {
        return Err(Refusal::invalid("Website must be a valid URL"));
    }
    let (client_id, client_secret) = (random_token::<32>(&*state.core.random), random_token::<32>(&*state.core.random));
    let mut town = state.town();
    let id = (town.apps.len() + 1).to_string();
    let app = App { id, name, client_secret, redirect_uris, scopes, website };
    let mut shape = app_shape(&app);
    shape["client_id"] = json!(client_id);
    shape["client_secret"] = json!(app.client_secret);
    shape["client_secret_expires_at"] = json!(0);
    town.apps.insert(client_id, app);
    Ok(Json(shape).into_response())
}

fn app_shape(app: &App) -> Value {
    json!({
        "id": app.id, "name": app.name, "website": app.website, "scopes": app.scopes,
        "redirect_uri": app.redirect_uris.join("\n"), "redirect_uris": app.redirect_uris, "vapid_key": "",
    })
}

fn redirect_uris(state: &State, params: &Params) -> Result<Vec<String>, Refusal> {
    let takahe = state.settings().software == Software::Takahe;
    let given = match params.0.get("redirect_uris") {
        Some(Value::Array(_)) if !takahe => params.texts("redirect_uris")?.unwrap_or_default(),
        // The older form: one text, an address a line.
        _ => params.text("redirect_uris")?.unwrap_or_default().lines().map(|line| line.trim().to_owned()).collect(),
    };
    let absolute = |text: &String| text == SHOW_CODE || Url::parse(text).is_ok_and(|url| url.fragment().is_none());
    if given.is_empty() || given.iter().any(|text| text.is_empty()) {
        return Err(Refusal::invalid("Redirect URI can't be blank"));
    }
    if !given.iter().all(absolute) {
        return Err(Refusal::invalid("Redirect URI must be an absolute URI."));
    }
    Ok(given)
}

fn scopes(params: &Params) -> Result<Vec<String>, Refusal> {
    let text = params.text("scopes")?.unwrap_or_else(|| "read".to_owned());
    let scopes: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
    if scopes.is_empty() || !scopes.iter().all(|scope| SCOPES.contains(&scope.as_str())) {
        return Err(Refusal::invalid("Scopes doesn't match configured on the server."));
    }
    Ok(scopes)
}

/// `GET /api/v1/apps/verify_credentials`.
pub async fn verify_app(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let token = state.token(&headers)?;
    let town = state.town();
    town.apps.get(&token.consent.client_id).map(|app| Json(app_shape(app))).ok_or_else(Refusal::bad_token)
}

/// `GET /.well-known/oauth-authorization-server` (RFC 8414 with the endpoint for app registration).
pub async fn metadata(Shared(state): Shared<Arc<State>>) -> Result<Json<Value>, Refusal> {
    if state.settings().software == Software::Takahe {
        return Err(Refusal::not_found());
    }
    let url = |path| state.core.url(path);
    Ok(Json(json!({
        "issuer": url("/"), "service_documentation": "https://docs.joinmastodon.org/",
        "authorization_endpoint": url("/oauth/authorize"), "token_endpoint": url("/oauth/token"),
        "revocation_endpoint": url("/oauth/revoke"), "userinfo_endpoint": url("/oauth/userinfo"),
        "app_registration_endpoint": url("/api/v1/apps"), "scopes_supported": SCOPES,
        "response_types_supported": ["code"], "response_modes_supported": ["query", "fragment", "form_post"],
        "grant_types_supported": ["authorization_code", "client_credentials"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "code_challenge_methods_supported": ["S256"],
    })))
}

/// A request for consent that may be shown to a person.
struct Asked {
    client_id: String,
    app: App,
    redirect_uri: String,
    scopes: Vec<String>,
    state: Option<String>,
    challenge: Option<Challenge>,
}

/// What is wrong with a request for consent: shown here, or sent back to the app.
enum Wrong {
    Shown(&'static str),
    SentBack { redirect_uri: String, state: Option<String>, error: &'static str, description: &'static str },
}

impl IntoResponse for Wrong {
    fn into_response(self) -> Response {
        match self {
            Wrong::Shown(what) => (StatusCode::BAD_REQUEST, pages::refusal("Mastodon", what)).into_response(),
            Wrong::SentBack { redirect_uri, state, error, description } => {
                send_back(&redirect_uri, &[("error", error), ("error_description", description)], state.as_deref())
            }
        }
    }
}

fn send_back(redirect_uri: &str, pairs: &[(&str, &str)], state: Option<&str>) -> Response {
    let Ok(mut url) = Url::parse(redirect_uri) else {
        return Wrong::Shown("The redirect address does not read.").into_response();
    };
    url.query_pairs_mut().extend_pairs(pairs).extend_pairs(state.map(|state| ("state", state)));
    Redirect::to(url.as_str()).into_response()
}

fn asked(state: &State, params: &Params) -> Result<Asked, Wrong> {
    let text = |name: &str| params.text(name).ok().flatten().filter(|text| !text.is_empty());
    let client_id = text("client_id").ok_or(Wrong::Shown("The request lacks client_id."))?;
    let app = state.town().apps.get(&client_id).cloned();
    let app = app.ok_or(Wrong::Shown("Client authentication failed: no app has this client_id."))?;
    let redirect_uri = text("redirect_uri").filter(|uri| app.redirect_uris.contains(uri));
    let redirect_uri = redirect_uri.ok_or(Wrong::Shown("The redirect uri included is not one the app registered."))?;
    let sent_back = text("state");
    let wrong = |error, description| Wrong::SentBack {
        redirect_uri: redirect_uri.clone(),
        state: sent_back.clone(),
        error,
        description,
    };
    if text("response_type").as_deref() != Some("code") {
        return Err(wrong("unsupported_response_type", "Only the response type `code` is offered."));
    }
    let scopes: Vec<String> =
        text("scope").unwrap_or_else(|| "read".into()).split_whitespace().map(str::to_owned).collect();
    if !scopes.iter().all(|scope| contains(&app.scopes, scope)) {
        return Err(wrong("invalid_scope", "The requested scope is unknown or not one the app registered."));
    }
    let challenge = match (text("code_challenge"), text("code_challenge_method").as_deref()) {
        (None, None) => None,
        (Some(challenge), Some("S256")) if challenge.len() == 43 => Some(Challenge::S256(challenge)),
        _ => return Err(wrong("invalid_code_challenge_method", "The code challenge must be of the method S256.")),
    };
    Ok(Asked { client_id, app, redirect_uri, scopes, state: sent_back, challenge })
}

fn consent_page(state: &State, asked: &Asked, params: &Params, problem: Option<String>) -> Response {
    let hidden = params.0.iter().filter(|(name, _)| !["account", "new_account", "decision"].contains(&name.as_str()));
    let hidden = hidden.filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned()))).collect();
    let town = state.town();
    let accounts = town.accounts.values();
    pages::consent(&pages::ConsentForm {
        network: "Mastodon".into(),
        app: asked.app.name.clone(),
        scopes: asked.scopes.clone(),
        action: "/oauth/authorize".into(),
        hidden,
        accounts: accounts
            .map(|account| (account.username.clone(), account.name.clone(), format!("@{}", account.username)))
            .collect(),
        problem,
    })
    .into_response()
}

/// `GET /oauth/authorize`: the consent page.
pub async fn ask(Shared(state): Shared<Arc<State>>, RawQuery(query): RawQuery) -> Response {
    let params = Params::form(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    match asked(&state, &params) {
        Ok(asked) => consent_page(&state, &asked, &params, None),
        Err(wrong) => wrong.into_response(),
    }
}

/// The consent page's form.
pub async fn answer(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let params = Params::form(&body).unwrap_or_default();
    let asked = match asked(&state, &params) {
        Ok(asked) => asked,
        Err(wrong) => return wrong.into_response(),
    };
    let text = |name: &str| params.text(name).ok().flatten().unwrap_or_default();
    if text("decision") != "allow" {
        let denied = [("error", "access_denied"), ("error_description", "The resource owner denied the request.")];
        return send_back(&asked.redirect_uri, &denied, asked.state.as_deref());
    }
    let account = match chosen(&state, text("account"), &text("new_account")) {
        Ok(account) => account,
        Err(problem) => return consent_page(&state, &asked, &params, Some(problem)),
    };
    let consent = Consent { client_id: asked.client_id, account, scope: asked.scopes.join(" ") };
    let ends_at = state.now() + CODE_LIFE;
    let code = state.town().grants.code(consent, &asked.redirect_uri, asked.challenge, ends_at, &*state.core.random);
    if asked.redirect_uri == SHOW_CODE {
        let body = format!("<h1>Your code</h1><p class=\"card\"><code>{}</code></p>", pages::escape(&code));
        return pages::page("Your code", &body).into_response();
    }
    send_back(&asked.redirect_uri, &[("code", &code)], asked.state.as_deref())
}

/// The id of the chosen or entered account, which is created if the name is free.
fn chosen(state: &State, account: String, new_account: &str) -> Result<String, String> {
    let typed = new_account.trim().trim_start_matches('@').to_lowercase();
    let username = if typed.is_empty() { account } else { typed };
    let now = state.now();
    let mut town = state.town();
    if let Some(known) = town.by_username(&username) {
        return Ok(known.id.clone());
    }
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    if username.is_empty() || username.len() > 30 || !username.bytes().all(allowed) {
        return Err("A name has 1 to 30 letters of a to z, digits and underscores.".to_owned());
    }
    Ok(town.add_account(&username, &username, "New in town.", now))
}

/// The app that calls, by Basic or by fields.
fn client(state: &State, headers: &HeaderMap, params: &Params) -> Result<String, Refusal> {
    let failed = || {
        let text = "Client authentication failed due to unknown client, no client authentication included, or \
                    unsupported authentication method.";
        Refusal::oauth(StatusCode::UNAUTHORIZED, "invalid_client", text)
    };
    let basic = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Basic "));
    let pair = match basic {
        Some(basic) => {
            let text = base64::engine::general_purpose::STANDARD.decode(basic).ok();
            let text = text.and_then(|bytes| String::from_utf8(bytes).ok());
            text.and_then(|text| text.split_once(':').map(|(id, secret)| (id.to_owned(), secret.to_owned())))
        }
        None => params.text("client_id")?.zip(params.text("client_secret")?),
    };
    let (id, secret) = pair.ok_or_else(failed)?;
    let town = state.town();
    town.apps.get(&id).filter(|app| app.client_secret == secret).map(|_| id.clone()).ok_or_else(failed)
}

/// `POST /oauth/token`.
pub async fn token(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let params = params_of(&headers, &body)?;
    let names = ["grant_type", "code", "client_id", "client_secret", "redirect_uri", "code_verifier", "scope"];
    params.only(&names)?;
    let client_id = client(&state, &headers, &params)?;
    let consent = match params.text("grant_type")?.as_deref() {
        Some("authorization_code") => redeem(&state, &client_id, &params)?,
        Some("client_credentials") => {
            let scope = params.text("scope")?.unwrap_or_else(|| "read".into());
            let town = state.town();
            let registered = town.apps.get(&client_id).map_or(&[][..], |app| app.scopes.as_slice());
            if !scope.split_whitespace().all(|scope| contains(registered, scope)) {
                let text = "The requested scope is invalid, unknown, or malformed.";
                return Err(Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_scope", text));
            }
            drop(town);
            Consent { client_id, account: String::new(), scope }
        }
        _ => {
            let text = "The authorization grant type is not supported by the authorization server.";
            return Err(Refusal::oauth(StatusCode::BAD_REQUEST, "unsupported_grant_type", text));
        }
    };
    let (now, random) = (state.now(), &*state.core.random);
    let pair = state.town().grants.open(consent, None, false, now, random);
    let shape = json!({
        "access_token": pair.access, "token_type": "Bearer", "scope": pair.token.consent.scope,
        "created_at": now.as_seconds(),
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(shape)).into_response())
}

fn redeem(state: &State, client_id: &str, params: &Params) -> Result<Consent, Refusal> {
    let (code, uri) = (params.text("code")?, params.text("redirect_uri")?);
    let verifier = params.text("code_verifier")?;
    let (code, uri) = (code.unwrap_or_default(), uri.unwrap_or_default());
    let redeemed = state.town().grants.redeem(&code, client_id, &uri, verifier.as_deref(), state.now());
    redeemed.map_err(|_| {
        let text = "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI \
                    used in the authorization request, or was issued to another client.";
        Refusal::oauth(StatusCode::BAD_REQUEST, "invalid_grant", text)
    })
}

/// `POST /oauth/revoke`.
pub async fn revoke(Shared(state): Shared<Arc<State>>, headers: HeaderMap, body: Bytes) -> Result<Response, Refusal> {
    let params = params_of(&headers, &body)?;
    params.only(&["client_id", "client_secret", "token"])?;
    let text = params.text("token")?.unwrap_or_default();
    let unauthorized = || {
        let why = "You are not authorized to revoke this token";
        Refusal::oauth(StatusCode::FORBIDDEN, "unauthorized_client", why)
    };
    let client_id = client(&state, &headers, &params).map_err(|_| unauthorized())?;
    let mut town = state.town();
    if town.grants.owner_of(&text).is_some_and(|token| token.consent.client_id != client_id) {
        return Err(unauthorized());
    }
    town.grants.revoke(&text);
    Ok(Json(json!({})).into_response())
}

/// `GET /oauth/userinfo`.
pub async fn user_info(Shared(state): Shared<Arc<State>>, headers: HeaderMap) -> Result<Json<Value>, Refusal> {
    let token = state.caller(&headers, &["profile"])?;
    let town = state.town();
    let account = town.accounts.get(&token.consent.account).ok_or_else(Refusal::bad_token)?;
    let view = View { core: &state.core, town: &town, viewer: None, now: state.now() };
    Ok(Json(json!({
        "iss": state.core.url("/"), "sub": state.core.url(&format!("/users/{}", account.username)),
        "name": account.name, "preferred_username": account.username, "profile": view.profile(account),
        "picture": view.account(account)["avatar"],
    })))
}
