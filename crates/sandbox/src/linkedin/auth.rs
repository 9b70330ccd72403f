//! Sign-in: consent, tokens for sixty days, refresh tokens for a partner's app, who is signed in.

use std::{sync::Arc, time::Duration};

use axum::{
    Extension, Json,
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::StatusCode;
use serde_json::{Value, json};

use super::{PARTNER, PARTNER_SCOPES, SELF_SERVE, State, problem::Problem, restli::Caller};
use crate::oauth::{App, Authority, CodeRefusal, Consent, Fields, Grants, Pair, Refresh, Rules, Slip, Wrong};

/// How long an access token lives, and how long a refresh token from its first day.
const LIFE: Duration = Duration::from_secs(60 * 24 * 60 * 60);
const REFRESH_LIFE: Duration = Duration::from_secs(365 * 24 * 60 * 60);

const SCOPES: [&str; 16] = [
    "openid",
    "profile",
    "email",
    "w_member_social",
    "r_member_social",
    "w_member_social_feed",
    "r_member_social_feed",
    "r_organization_admin",
    "rw_organization_admin",
    "w_organization_social",
    "r_organization_social",
    "w_organization_social_feed",
    "r_organization_social_feed",
    "r_member_postAnalytics",
    "r_organization_followers",
    "r_basicprofile",
];

impl Authority for State {
    const RULES: Rules = Rules {
        page: "/oauth/v2/authorization",
        scopes: &SCOPES,
        denied: &[("error", "user_cancelled_authorize"), ("error_description", "The user cancelled the authorization")],
        code_life: Duration::from_secs(1_800),
        token_fields: &["grant_type", "code", "redirect_uri", "client_id", "client_secret", "refresh_token"],
        // What it doesn't know, it passes over.
        revoke_fields: &["*"],
        access_life: Some(LIFE),
        refresh: Refresh::Stays,
        ..Rules::PLAIN
    };

    fn grants<T>(&self, act: impl FnOnce(&mut Grants) -> T) -> T {
        act(&mut self.feed().grants)
    }

    fn app(&self, client_id: &str) -> Option<App> {
        let product = [PARTNER, SELF_SERVE].into_iter().find(|product| product.id == client_id)?;
        let name = if product == PARTNER { "Fanfare" } else { "Fanfare (self-serve)" };
        Some(App {
            name: name.to_owned(),
            secret: Some(product.secret.to_owned()),
            redirect_uris: self.settings().redirect_uris,
            local: true,
        })
    }

    fn may_ask(&self, client_id: &str, scope: &str) -> bool {
        if client_id == PARTNER.id {
            return PARTNER_SCOPES.split_whitespace().any(|known| known == scope);
        }
        ["openid", "profile", "email", "w_member_social"].contains(&scope)
    }

    fn in_words(scope: &str) -> String {
        match scope {
            "openid" | "profile" | "r_basicprofile" => "Use your name and photo",
            "email" => "Use the primary email address of your account",
            "w_member_social" => "Create, modify and delete posts on your behalf",
            "w_member_social_feed" => "Create, modify and delete comments and reactions on your behalf",
            "r_organization_admin" => "See your organisations' pages and their reporting data",
            "rw_organization_admin" => "Manage your organisations' pages and see their reporting data",
            "w_organization_social" => "Create, modify and delete posts on your organisations' behalf",
            "r_organization_social" => "See your organisations' posts",
            "w_organization_social_feed" => "Create, modify and delete comments on your organisations' behalf",
            "r_organization_social_feed" => "See comments on your organisations' posts",
            other => other,
        }
        .to_owned()
    }

    fn person(&self, name: &str) -> Result<String, String> {
        let mut feed = self.feed();
        if let Some(known) = feed.person_named(name) {
            return Ok(known.id.clone());
        }
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !(3..=30).contains(&name.len()) || !name.bytes().all(allowed) {
            return Err("A name has 3 to 30 small letters, digits and hyphens.".to_owned());
        }
        let id = format!("9n{name}");
        let (vanity, shown) = (name.to_owned(), name.to_owned());
        let person = super::model::Person { id: id.clone(), vanity, name: shown, headline: "New here".to_owned() };
        feed.people.insert(id.clone(), person);
        Ok(id)
    }

    fn wrong(slip: &Slip) -> Wrong {
        match slip {
            Slip::UnknownApp => Wrong::Shown("We can't verify the client_id of this application."),
            Slip::Redirect => Wrong::Shown("The redirect_uri does not match the registered value."),
            Slip::Scope => Wrong::SentBack("unauthorized_scope_error", "Scope is not authorized for your application"),
            _ => Wrong::SentBack("invalid_request", "A required parameter is missing or wrong"),
        }
    }

    fn refuse(&self, slip: Slip) -> Response {
        let (status, error, said) = match slip {
            Slip::NoClient | Slip::WrongClient => (401, "invalid_client", "Client authentication failed"),
            Slip::GrantType => (400, "unsupported_grant_type", "The grant type is not supported"),
            Slip::Code(CodeRefusal::OtherRedirect) => (
                400,
                "invalid_request",
                "Unable to retrieve access token: appid/redirect uri/code verifier does not match authorization code.",
            ),
            Slip::Code(_) => (400, "invalid_grant", "Unable to retrieve access token: authorization code not found"),
            Slip::Refresh(_) => (400, "invalid_grant", "The provided authorization grant or refresh token is invalid"),
            _ => (400, "invalid_request", "A required parameter is missing"),
        };
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
        (status, Json(json!({ "error": error, "error_description": said }))).into_response()
    }

    fn has_refresh(consent: &Consent) -> bool {
        consent.client_id == PARTNER.id
    }

    /// The end of a refresh token doesn't move, however often it is used. Consent to other scopes ends what was given before.
    fn give(&self, pair: &Pair) -> Value {
        let scopes: Vec<&str> = pair.token.consent.scope.split_whitespace().collect();
        let mut given = json!({
            "access_token": pair.access, "expires_in": LIFE.as_secs(), "scope": scopes.join(","), "token_type": "Bearer",
        });
        let now = self.now();
        let mut feed = self.feed();
        feed.grants.end_other_scopes(&pair.token);
        if let Some(refresh) = &pair.refresh {
            let begun = feed.grants.owner_of(refresh).map_or(now, |token| token.made_at);
            let left = REFRESH_LIFE.saturating_sub(now.since(begun));
            given["refresh_token"] = json!(refresh);
            given["refresh_token_expires_in"] = json!(left.as_secs());
        }
        given
    }
}

/// `GET /v2/userinfo`.
pub async fn userinfo(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Problem> {
    caller.need(&["openid"], "userinfo.GET.NO_VERSION")?;
    let feed = state.feed();
    let person = feed.people.get(&caller.token.consent.account).ok_or_else(Problem::unknown_token)?;
    let mut shown = json!({ "sub": person.id });
    if caller.token.has("profile") {
        let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
        shown["name"] = json!(person.name);
        (shown["given_name"], shown["family_name"]) = (json!(first), json!(last));
        shown["picture"] = json!(state.core.url(&format!("/portraits/{}", person.vanity)));
        shown["locale"] = json!({ "country": "NL", "language": "en" });
    }
    Ok(Json(shown))
}

/// `GET /v2/me`, for apps of partners.
pub async fn me(
    Shared(state): Shared<Arc<State>>,
    Extension(caller): Extension<Caller>,
) -> Result<Json<Value>, Problem> {
    caller.need(&["r_basicprofile"], "me.GET.NO_VERSION")?;
    let feed = state.feed();
    let person = feed.people.get(&caller.token.consent.account).ok_or_else(Problem::unknown_token)?;
    let (first, last) = person.name.split_once(' ').unwrap_or((&person.name, ""));
    Ok(Json(json!({
        "id": person.id, "localizedFirstName": first, "localizedLastName": last,
        "localizedHeadline": person.headline, "vanityName": person.vanity,
    })))
}

/// `POST /oauth/v2/introspectToken`.
pub async fn introspect(Shared(state): Shared<Arc<State>>, body: Bytes) -> Response {
    let fields = Fields::read(&body);
    let id = fields.get("client_id").unwrap_or_default();
    let is_right = state.app(id).is_some_and(|app| app.secret.as_deref() == fields.get("client_secret"));
    if !is_right {
        return state.refuse(Slip::WrongClient);
    }
    let (text, feed, now) = (fields.get("token").unwrap_or_default(), state.feed(), state.now());
    let Some(token) = feed.grants.owner_of(text).filter(|token| token.consent.client_id == id) else {
        return Json(json!({ "active": false, "status": "revoked" })).into_response();
    };
    let is_active = token.ends_at.is_none_or(|end| end > now);
    let scopes: Vec<&str> = token.consent.scope.split_whitespace().collect();
    Json(json!({
        "active": is_active, "status": if is_active { "active" } else { "expired" }, "client_id": id, "auth_type": "3L",
        "authorized_at": token.made_at.as_seconds(), "created_at": token.made_at.as_seconds(),
        "expires_at": token.ends_at.map(|end| end.as_seconds()), "scope": scopes.join(","),
    }))
    .into_response()
}
