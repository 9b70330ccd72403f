//! OAuth 2.0: tokens that last two hours, refresh tokens that work once, and X's own words.

use std::time::Duration;

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::{DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_PUBLIC_CLIENT_ID, State, problem::Problem};
use crate::oauth::{App, Authority, ClientBy, Consent, Grants, Pair, Pkce, Refresh, Rules, Slip, Wrong};

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

impl Authority for State {
    const RULES: Rules = Rules {
        page: "/i/oauth2/authorize",
        scopes: &SCOPES,
        pkce: Pkce::Required,
        pkce_plain: true,
        state_length: Some(500),
        code_life: Duration::from_secs(30),
        // An app with a secret says it by Basic; one without says its id.
        clients: &[ClientBy::Basic, ClientBy::Id],
        token_fields: &["grant_type", "code", "redirect_uri", "code_verifier", "client_id", "refresh_token"],
        revoke_fields: &["token", "token_type_hint", "client_id"],
        access_life: Some(Duration::from_secs(7_200)),
        refresh: Refresh::Rotates,
        ..Rules::PLAIN
    };

    fn grants<T>(&self, act: impl FnOnce(&mut Grants) -> T) -> T {
        act(&mut self.plaza().grants)
    }

    fn app(&self, client_id: &str) -> Option<App> {
        let (name, secret) = match client_id {
            DEMO_CLIENT_ID => ("Fanfare", Some(DEMO_CLIENT_SECRET.to_owned())),
            DEMO_PUBLIC_CLIENT_ID => ("Fanfare (public client)", None),
            _ => return None,
        };
        Some(App { name: name.to_owned(), secret, redirect_uris: self.settings().redirect_uris, local: true })
    }

    fn person(&self, name: &str) -> Result<String, String> {
        let mut plaza = self.plaza();
        if let Some(known) = plaza.by_username(name) {
            return Ok(known.id.clone());
        }
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        if !(1..=15).contains(&name.len()) || !name.bytes().all(allowed) {
            return Err("A name has 1 to 15 letters of a to z, digits and underscores.".to_owned());
        }
        Ok(plaza.add_account(name, name, "New here.", "None", self.core.now()))
    }

    /// X shows all of it on its own page.
    fn wrong(slip: &Slip) -> Wrong {
        Wrong::Shown(match slip {
            Slip::UnknownApp => "There is no app with this client_id.",
            Slip::Redirect => "The redirect_uri is not one of the app's callback addresses.",
            Slip::ResponseType => "The response_type must be code.",
            Slip::State => "The state is missing or longer than 500 characters.",
            Slip::NoScope => "The scope is missing.",
            Slip::Scope => "One of the scopes does not exist.",
            _ => "The code_challenge is missing, or its method is neither S256 nor plain.",
        })
    }

    fn refuse(&self, slip: Slip) -> Response {
        let said = |status, error: &str, description: &str| Problem::oauth(status, error, description).into_response();
        let invalid = |description: &str| said(StatusCode::BAD_REQUEST, "invalid_request", description);
        match slip {
            Slip::Body => invalid("The body must be application/x-www-form-urlencoded."),
            Slip::Stranger(name) => invalid(&format!("The parameter {name} does not belong to this request.")),
            Slip::Missing(name) => invalid(&format!("Missing required parameter [{name}].")),
            Slip::NoClient => {
                said(StatusCode::UNAUTHORIZED, "unauthorized_client", "Missing valid authorization header")
            }
            Slip::WrongClient => {
                said(StatusCode::UNAUTHORIZED, "invalid_client", "Value passed for the client was invalid.")
            }
            Slip::GrantType => {
                said(StatusCode::BAD_REQUEST, "unsupported_grant_type", "The grant type is not supported.")
            }
            Slip::Code(_) => invalid("Value passed for the authorization code was invalid."),
            Slip::NotYours => Json(Self::revoked()).into_response(),
            _ => invalid("Value passed for the token was invalid."),
        }
    }

    fn has_refresh(consent: &Consent) -> bool {
        consent.scope.split_whitespace().any(|scope| scope == "offline.access")
    }

    fn give(&self, pair: &Pair) -> Value {
        let life = Self::RULES.access_life.unwrap_or_default().as_secs();
        let mut shape = json!({
            "token_type": "bearer", "expires_in": life, "access_token": pair.access, "scope": pair.token.consent.scope,
        });
        if let Some(refresh) = &pair.refresh {
            shape["refresh_token"] = json!(refresh);
        }
        shape
    }

    fn revoked() -> Value {
        json!({ "revoked": true })
    }
}
