//! Login with Threads: a short token for a code, a long one for the short one, and longer still once it is a day old.

use std::time::Duration;

use axum::response::Response;
use serde_json::{Value, json};

use super::{PRODUCT, State, problem};
use crate::{
    meta::{app, error::GraphError, is_username, params::Params, tokens},
    oauth::{App, Authority, ClientBy, Grants, Pair, Rules, Slip, Wrong},
};

const SCOPES: [&str; 11] = [
    "threads_basic",
    "threads_content_publish",
    "threads_read_replies",
    "threads_manage_replies",
    "threads_manage_insights",
    "threads_delete",
    "threads_manage_mentions",
    "threads_keyword_search",
    "threads_location_tagging",
    "threads_profile_discovery",
    "threads_share_to_instagram",
];

impl Authority for State {
    const RULES: Rules = Rules {
        scopes: &SCOPES,
        separator: ',',
        denied: &[
            ("error", "access_denied"),
            ("error_reason", "user_denied"),
            ("error_description", "The user denied your request"),
        ],
        // An app must not take it for a part of the code.
        fragment: Some("_"),
        code_life: Duration::from_secs(3_600),
        clients: &[ClientBy::Fields],
        app_tokens: true,
        query: true,
        token_fields: &["grant_type", "code", "redirect_uri", "client_id", "client_secret", "access_token", "scope"],
        access_life: Some(tokens::SHORT),
        ..Rules::PLAIN
    };

    fn grants<T>(&self, act: impl FnOnce(&mut Grants) -> T) -> T {
        act(&mut self.square().grants)
    }

    fn app(&self, client_id: &str) -> Option<App> {
        (client_id == PRODUCT.id).then(|| App {
            name: app::NAME.to_owned(),
            secret: Some(PRODUCT.secret.to_owned()),
            redirect_uris: self.settings().redirect_uris,
            local: true,
        })
    }

    fn in_words(scope: &str) -> String {
        match scope {
            "threads_basic" => "See your profile and your threads",
            "threads_content_publish" => "Publish threads",
            "threads_read_replies" => "Read replies to your threads",
            "threads_manage_replies" => "Reply, hide replies and approve them",
            "threads_manage_insights" => "See how your threads do",
            "threads_delete" => "Delete your threads",
            "threads_manage_mentions" => "See threads that mention you",
            "threads_keyword_search" => "Search threads",
            "threads_location_tagging" => "Add places to your threads",
            "threads_profile_discovery" => "Look up public profiles",
            "threads_share_to_instagram" => "Share your threads to your Instagram story",
            other => other,
        }
        .to_owned()
    }

    fn person(&self, name: &str) -> Result<String, String> {
        if self.settings().not_testers.iter().any(|other| other == name) {
            let why = "Invalid Request: The user has not accepted the invite to test the app. (error_code=1349245)";
            return Err(why.to_owned());
        }
        let mut square = self.square();
        if let Some(known) = square.by_username(name) {
            return Ok(known.id.clone());
        }
        if !is_username(name) {
            return Err("A name has 1 to 30 small letters, digits, periods and underscores.".to_owned());
        }
        Ok(square.add_account(name, name, "New here."))
    }

    /// All of it is shown on the network's own page.
    fn wrong(slip: &Slip) -> Wrong {
        Wrong::Shown(match slip {
            // What people see who enter the id of the whole app instead of the one of its Threads product.
            Slip::UnknownApp => "An error occurred: FBType::TH__APPLICATION was expected for client_id.",
            Slip::Redirect => "Blocked redirect: the redirect URI is not one of the app's callback URLs.",
            Slip::ResponseType => "Invalid response_type: it must be code.",
            _ => "Invalid scopes: one of them is missing or does not exist.",
        })
    }

    fn refuse(&self, slip: Slip) -> Response {
        tokens::refuse(&slip)
    }

    fn give(&self, pair: &Pair) -> Value {
        let account = &pair.token.consent.account;
        if account.is_empty() {
            return json!({ "access_token": PRODUCT.app_token(), "token_type": "bearer" });
        }
        let as_text = self.settings().user_id_as_text;
        // A number in life: larger than 2^53, so that a careless reader loses its last digits.
        let id = account.parse::<u64>().ok().filter(|_| !as_text).map_or_else(|| json!(account), |id| json!(id));
        json!({ "access_token": pair.access, "user_id": id })
    }
}

/// `GET /access_token`: a long token for a short one.
///
/// # Errors
/// If secret, grant type or token is wrong.
pub fn lengthen(state: &State, params: &Params) -> Result<Value, GraphError> {
    if params.get("grant_type") != Some("th_exchange_token") {
        return Err(problem::KIND.one_of("grant_type", "th_exchange_token"));
    }
    if problem::KIND.need(params, "client_secret")? != PRODUCT.secret {
        return Err(GraphError::new("OAuthException", 1, "Error validating client secret."));
    }
    exchanged(state, params, None)
}

/// `GET /refresh_access_token`: the time of a long token begins anew.
///
/// # Errors
/// If grant type or token is wrong.
pub fn prolong(state: &State, params: &Params) -> Result<Value, GraphError> {
    if params.get("grant_type") != Some("th_refresh_token") {
        return Err(problem::KIND.one_of("grant_type", "th_refresh_token"));
    }
    exchanged(state, params, Some(tokens::RIPE))
}

fn exchanged(state: &State, params: &Params, youngest: Option<Duration>) -> Result<Value, GraphError> {
    let (token, now) = (params.get("access_token"), state.now());
    let answer = tokens::exchange(&mut state.square().grants, token, youngest, problem::KIND, now, &*state.core.random);
    state.core.touch();
    answer
}

/// `GET /debug_token`, with the app's token or one of a person.
///
/// # Errors
/// If the asking token is none of these, or nothing is asked.
pub fn inspect(state: &State, params: &Params) -> Result<Value, GraphError> {
    let input = problem::KIND.need(params, "input_token")?;
    let (square, now) = (state.square(), state.now());
    let asking = params.get("access_token");
    if asking != Some(PRODUCT.app_token().as_str()) {
        tokens::find(&square.grants, asking, now)?;
    }
    Ok(tokens::inspect(&square.grants, input, PRODUCT, now))
}
