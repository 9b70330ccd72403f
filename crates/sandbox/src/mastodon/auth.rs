//! Apps and OAuth: registration, tokens that do not expire, and the words of an instance.

use std::sync::Arc;

use axum::{
    Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use base::random::token as random_token;
use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use serde_json::{Value, json};
use url::Url;

use super::{State, entities::View, model::App, params::Params, params_of, refusal::Refusal, settings::Software};
use crate::oauth::{self, Authority, ClientBy, Grants, Pair, Pkce, Rules, SHOW_CODE, Slip, Wrong};

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

impl Authority for State {
    const RULES: Rules = Rules {
        scopes: &SCOPES,
        usual_scope: Some("read"),
        pkce: Pkce::Offered,
        denied: &[("error", "access_denied"), ("error_description", "The resource owner denied the request.")],
        clients: &[ClientBy::Basic, ClientBy::Fields],
        app_tokens: true,
        json: true,
        token_fields: &["grant_type", "code", "client_id", "client_secret", "redirect_uri", "code_verifier", "scope"],
        ..Rules::PLAIN
    };

    fn grants<T>(&self, act: impl FnOnce(&mut Grants) -> T) -> T {
        act(&mut self.town().grants)
    }

    fn app(&self, client_id: &str) -> Option<oauth::App> {
        let App { name, client_secret, redirect_uris, .. } = self.town().apps.get(client_id)?.clone();
        Some(oauth::App { name, secret: Some(client_secret), redirect_uris, local: false })
    }

    fn may_ask(&self, client_id: &str, scope: &str) -> bool {
        self.town().apps.get(client_id).is_some_and(|app| contains(&app.scopes, scope))
    }

    fn person(&self, name: &str) -> Result<String, String> {
        let username = name.to_lowercase();
        let mut town = self.town();
        if let Some(known) = town.by_username(&username) {
            return Ok(known.id.clone());
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if username.is_empty() || username.len() > 30 || !username.bytes().all(allowed) {
            return Err("A name has 1 to 30 letters of a to z, digits and underscores.".to_owned());
        }
        Ok(town.add_account(&username, &username, "New in town.", self.core.now()))
    }

    fn wrong(slip: &Slip) -> Wrong {
        match slip {
            Slip::UnknownApp => Wrong::Shown("Client authentication failed: no app has this client_id."),
            Slip::Redirect => Wrong::Shown("The redirect uri included is not one the app registered."),
            Slip::ResponseType => {
                Wrong::SentBack("unsupported_response_type", "Only the response type `code` is offered.")
            }
            Slip::Challenge => {
                Wrong::SentBack("invalid_code_challenge_method", "The code challenge must be of the method S256.")
            }
            _ => Wrong::SentBack("invalid_scope", "The requested scope is unknown or not one the app registered."),
        }
    }

    fn refuse(&self, slip: Slip) -> Response {
        let (status, error, description) = match slip {
            Slip::Body => {
                return Refusal::unsupported("There was a problem parsing the body you submitted").into_response();
            }
            Slip::Stranger(name) => {
                return Refusal::invalid(format!("{name} is not a parameter of this method")).into_response();
            }
            Slip::NoClient | Slip::WrongClient => (
                StatusCode::UNAUTHORIZED,
                "invalid_client",
                "Client authentication failed due to unknown client, no client authentication included, or \
                 unsupported authentication method.",
            ),
            Slip::Scope => {
                (StatusCode::BAD_REQUEST, "invalid_scope", "The requested scope is invalid, unknown, or malformed.")
            }
            Slip::GrantType | Slip::Missing("grant_type") => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "The authorization grant type is not supported by the authorization server.",
            ),
            _ => (
                StatusCode::BAD_REQUEST,
                "invalid_grant",
                "The provided authorization grant is invalid, expired, revoked, does not match the redirection URI \
                 used in the authorization request, or was issued to another client.",
            ),
        };
        Refusal::oauth(status, error, description).into_response()
    }

    fn refuse_to_revoke(&self, slip: Slip) -> Response {
        match slip {
            Slip::NoClient | Slip::WrongClient | Slip::NotYours => {
                let why = "You are not authorized to revoke this token";
                Refusal::oauth(StatusCode::FORBIDDEN, "unauthorized_client", why).into_response()
            }
            Slip::Missing("token") => Json(Self::revoked()).into_response(),
            slip => self.refuse(slip),
        }
    }

    fn give(&self, pair: &Pair) -> Value {
        json!({
            "access_token": pair.access, "token_type": "Bearer", "scope": pair.token.consent.scope,
            "created_at": pair.token.made_at.as_seconds(),
        })
    }
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
