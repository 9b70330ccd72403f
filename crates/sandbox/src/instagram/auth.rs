//! Login with Instagram: a short token for a code, a long one for the short one, and longer still once it is a day old.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State as Shared,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Uri, header};
use serde_json::{Value, json};

use super::{
    PRODUCT, State,
    calls::{Login, Right},
    problem::{KIND, refusal},
};
use crate::{
    meta::{app, error::GraphError, is_username, params::Params, tokens},
    oauth::{self, App, Authority, ClientBy, Grants, Pair, Rules, Slip, Wrong},
};

const SCOPES: [&str; 5] = [
    "instagram_business_basic",
    "instagram_business_content_publish",
    "instagram_business_manage_comments",
    "instagram_business_manage_insights",
    "instagram_business_manage_messages",
];

impl Authority for State {
    const RULES: Rules = Rules {
        scopes: &SCOPES,
        separator: ',',
        // On the page every other permission has a switch.
        fixed: Some(&["instagram_business_basic"]),
        denied: &[
            ("error", "access_denied"),
            ("error_reason", "user_denied"),
            ("error_description", "The user denied your request"),
        ],
        // An app must not take it for a part of the code.
        fragment: Some("_"),
        code_life: Duration::from_secs(3_600),
        clients: &[ClientBy::Fields],
        access_life: Some(tokens::SHORT),
        ..Rules::PLAIN
    };

    fn grants<T>(&self, act: impl FnOnce(&mut Grants) -> T) -> T {
        act(&mut State::grants(self))
    }

    fn app(&self, client_id: &str) -> Option<App> {
        (client_id == PRODUCT.id).then(|| App {
            name: app::NAME.to_owned(),
            secret: Some(PRODUCT.secret.to_owned()),
            redirect_uris: self.nodes.settings().redirect_uris,
            local: true,
        })
    }

    fn in_words(scope: &str) -> String {
        match scope {
            "instagram_business_basic" => "View your profile and media",
            "instagram_business_content_publish" => "Publish photos, reels, carousels and stories",
            "instagram_business_manage_comments" => "Read, write, hide and delete comments",
            "instagram_business_manage_insights" => "View insights",
            "instagram_business_manage_messages" => "Read and send messages",
            other => other,
        }
        .to_owned()
    }

    fn person(&self, name: &str) -> Result<String, String> {
        let settings = self.nodes.settings();
        let is_among = |list: &[String]| list.iter().any(|other| other == name);
        if is_among(&settings.not_testers) {
            return Err("Insufficient Developer Role: the account is not a tester of the app.".to_owned());
        }
        if is_among(&settings.personal) {
            return Err("This app works with business and creator accounts. Switch to one of these first.".to_owned());
        }
        let mut gallery = self.nodes.gallery();
        if let Some(known) = gallery.by_username(name) {
            return Ok(known.id.clone());
        }
        if !is_username(name) {
            return Err("A name has 1 to 30 small letters, digits, periods and underscores.".to_owned());
        }
        Ok(gallery.add_account(name, name, "New here."))
    }

    /// All of it is shown on the network's own page.
    fn wrong(slip: &Slip) -> Wrong {
        Wrong::Shown(match slip {
            Slip::UnknownApp => "Invalid Request: Request parameters are invalid: Invalid platform app",
            Slip::Redirect => "Invalid Request: Request parameters are invalid: Invalid redirect_uri",
            Slip::ResponseType => "Invalid Request: Request parameters are invalid: Invalid response_type",
            _ => "Invalid Request: Request parameters are invalid: Invalid scope",
        })
    }

    fn refuse(&self, slip: Slip) -> Response {
        tokens::refuse(&slip)
    }

    fn give(&self, pair: &Pair) -> Value {
        let consent = &pair.token.consent;
        let gallery = self.nodes.gallery();
        let account = gallery.accounts.get(&consent.account);
        // The one that is for this app alone, as the documentation calls it: who wants the other asks for `/me`.
        let id = account.and_then(|account| account.scoped_id.parse::<u64>().ok());
        let permissions: Vec<&str> = consent.scope.split_whitespace().collect();
        if self.nodes.settings().wrapped_tokens {
            let id = id.map(|id| id.to_string());
            let item = json!({ "access_token": pair.access, "user_id": id, "permissions": permissions.join(",") });
            return json!({ "data": [item] });
        }
        // A number in life: larger than 2^53, so that a careless reader loses its last digits.
        json!({ "access_token": pair.access, "user_id": id, "permissions": permissions })
    }
}

/// `POST /oauth/access_token`. Programs that send multipart work, and so do those that send a form.
pub async fn token(Shared(state): Shared<Arc<State>>, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let Some(params) = Params::of(&uri, &HeaderMap::new(), Bytes::new()).await else {
        return tokens::refuse(&Slip::Body);
    };
    // Everything belongs in the body.
    if params.iter().next().is_some() {
        return tokens::refuse(&Slip::Body);
    }
    let Some(params) = Params::of(&uri, &headers, body).await else { return tokens::refuse(&Slip::Body) };
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params.iter()).finish();
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
    oauth::token(Shared(state), axum::extract::RawQuery(None), headers, form.into()).await
}

fn unsupported(method: &Method) -> GraphError {
    KIND.invalid(format!("Unsupported request - method type: {}", method.as_str().to_lowercase()))
}

/// An address that takes another method (instafeed.js 654).
pub async fn wrong_method(method: Method) -> Response {
    unsupported(&method).into_response()
}

/// `GET /access_token`: a long token for a short one.
///
/// # Errors
/// If secret, grant type or token is wrong.
pub fn lengthen(state: &State, params: &Params) -> Result<Value, GraphError> {
    if params.get("grant_type") != Some("ig_exchange_token") {
        return Err(KIND.one_of("grant_type", "ig_exchange_token"));
    }
    if KIND.need(params, "client_secret")? != PRODUCT.secret {
        return Err(GraphError::new("OAuthException", 101, "Error validating client secret."));
    }
    exchanged(state, params, None)
}

/// `GET /refresh_access_token`: the time of a long token begins anew.
///
/// # Errors
/// If grant type or token is wrong. A dead token or one of the other kind is no token here, but a wrong method
/// (in2code-de/instagram 25 and 41).
pub fn prolong(state: &State, params: &Params) -> Result<Value, GraphError> {
    if params.get("grant_type") != Some("ig_refresh_token") {
        return Err(KIND.one_of("grant_type", "ig_refresh_token"));
    }
    let held = state.grants().find(params.get("access_token").unwrap_or_default(), state.nodes.now()).cloned();
    let held = held.ok().filter(|token| token.long).ok_or_else(|| unsupported(&Method::GET))?;
    if !held.has(Right::Basic.scope(Login::Instagram)) {
        return Err(refusal("10"));
    }
    let mut answer = exchanged(state, params, Some(tokens::RIPE))?;
    answer["permissions"] = json!(held.consent.scope.replace(' ', ","));
    Ok(answer)
}

fn exchanged(state: &State, params: &Params, youngest: Option<Duration>) -> Result<Value, GraphError> {
    let (token, core) = (params.get("access_token"), &state.nodes.core);
    let answer = tokens::exchange(&mut state.grants(), token, youngest, KIND, core.now(), &*core.random);
    core.touch();
    answer
}
