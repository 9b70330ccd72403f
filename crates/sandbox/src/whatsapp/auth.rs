//! Who may do what: embedded sign-up, system users' tokens that are pasted, what a token allows, and its end.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::{RawQuery, State as Shared},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

use super::{CONFIG_ID, PRODUCT, State, problem::KIND};
use crate::{
    Shows as _,
    meta::{app, error::GraphError, params::Params, tokens},
    oauth::{
        self, App, Authority, ClientBy, CodeRefusal, Consent, Fields, Grants, Pair, Rules, Slip, Token, TokenRefusal,
        Wrong,
    },
};

/// To send, to hear of messages, to handle files.
pub const MESSAGING: &str = "whatsapp_business_messaging";
/// Everything else of an account.
pub const MANAGEMENT: &str = "whatsapp_business_management";
const SCOPES: [&str; 5] = ["public_profile", "email", "business_management", MANAGEMENT, MESSAGING];
/// What the configuration of the sign-up asks for.
const CONFIGURED: &str = "whatsapp_business_management,whatsapp_business_messaging";
/// The page to which the network's own script is sent with the code. It stands for the address that the script has at the
/// network, and that the app does not name when it exchanges the code.
pub const ARBITER: &str = "/connect/arbiter";
const DAY: Duration = Duration::from_secs(24 * 3_600);

impl Authority for State {
    const RULES: Rules = Rules {
        page: "/dialog/oauth",
        scopes: &SCOPES,
        separator: ',',
        fixed: None,
        denied: &[
            ("error", "access_denied"),
            ("error_code", "200"),
            ("error_description", "Permissions error"),
            ("error_reason", "user_denied"),
        ],
        // A code of the sign-up does not live longer.
        code_life: Duration::from_secs(30),
        clients: &[ClientBy::Fields],
        usual_grant: Some("authorization_code"),
        app_tokens: true,
        query: true,
        json: true,
        // Nothing that is not known is refused.
        token_fields: &["*"],
        ..Rules::PLAIN
    };

    fn grants<T>(&self, act: impl FnOnce(&mut Grants) -> T) -> T {
        act(&mut self.book().grants)
    }

    fn app(&self, client_id: &str) -> Option<App> {
        let mut redirect_uris = self.settings().redirect_uris;
        redirect_uris.push(self.core().url(ARBITER));
        (client_id == PRODUCT.id).then(|| App {
            name: app::NAME.to_owned(),
            secret: Some(PRODUCT.secret.to_owned()),
            redirect_uris,
            local: true,
        })
    }

    /// The configuration says what is asked for; without one this is no sign-up.
    fn asked_scope<'a>(&self, fields: &'a Fields) -> Option<&'a str> {
        match fields.get("config_id") {
            Some(CONFIG_ID) => Some(CONFIGURED),
            Some(_) => None,
            None => fields.get("scope"),
        }
    }

    fn in_words(scope: &str) -> String {
        match scope {
            MANAGEMENT => "Manage your WhatsApp accounts, their numbers and templates",
            MESSAGING => "Send and receive WhatsApp messages for your business",
            "business_management" => "Manage your business portfolio",
            "public_profile" => "See your name and picture",
            "email" => "See your e-mail address",
            other => other,
        }
        .to_owned()
    }

    /// Someone new has a portfolio with one account and one number.
    fn person(&self, name: &str) -> Result<String, String> {
        let mut book = self.book();
        if let Some(known) = book.by_login(name) {
            return Ok(known.id.clone());
        }
        if !crate::meta::is_username(name) {
            return Err("A name has 1 to 30 small letters, digits, periods and underscores.".to_owned());
        }
        let business = book.add_business(name, name, name);
        let digits = (447_700_900_300 + book.phones.len()).to_string();
        book.add_account(&business, name, &digits);
        Ok(book.by_login(name).map(|admin| admin.id.clone()).unwrap_or_default())
    }

    /// All of it is shown on the network's own page.
    fn wrong(slip: &Slip) -> Wrong {
        Wrong::Shown(match slip {
            Slip::UnknownApp => "Invalid App ID: the provided app ID does not look like a valid app ID.",
            Slip::Redirect => "URL blocked: this address is not among the allowed domains and addresses of the app.",
            Slip::ResponseType => "Invalid response_type: it must be code.",
            Slip::NoScope => "This app isn't available: it needs the config_id of its sign-up.",
            _ => "Invalid Scopes: one of them does not exist.",
        })
    }

    fn refuse(&self, slip: Slip) -> Response {
        match &slip {
            Slip::NoClient => GraphError::new(KIND.0, 101, "Missing client_id parameter."),
            Slip::WrongClient => GraphError::new(KIND.0, 1, "Error validating client secret."),
            Slip::Code(CodeRefusal::OtherRedirect) => KIND.invalid(
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in \
                 the OAuth dialog request",
            ),
            Slip::Code(CodeRefusal::Expired) => {
                KIND.invalid("This authorization code has expired.").with_subcode(36_007)
            }
            Slip::Code(CodeRefusal::Replayed) => {
                KIND.invalid("This authorization code has been used.").with_subcode(36_009)
            }
            Slip::Code(_) => KIND.invalid("Invalid verification code format."),
            Slip::Token(TokenRefusal::Expired) => tokens::expired(),
            Slip::Token(_) => tokens::unknown(),
            Slip::Missing(name) => KIND.invalid(format!("Missing {name} parameter.")),
            _ => KIND.invalid("Invalid request."),
        }
        .into_response()
    }

    fn access_life(&self) -> Option<Duration> {
        self.settings().token_days.map(|days| days * DAY)
    }

    /// A system user's token of the customer's business; it ends only if the configuration says so.
    fn give(&self, pair: &Pair) -> Value {
        if pair.token.consent.account.is_empty() {
            return json!({ "access_token": PRODUCT.app_token(), "token_type": "bearer" });
        }
        let mut given = json!({ "access_token": pair.access, "token_type": "bearer" });
        if let Some(end) = pair.token.ends_at {
            given["expires_in"] = json!(end.since(pair.token.made_at).as_secs());
        }
        given
    }
}

/// The token endpoint. The code of the sign-up's script is exchanged without an address.
pub async fn token(
    Shared(state): Shared<Arc<State>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let mut query = query.unwrap_or_default();
    let names_address = Fields::read(query.as_bytes()).get("redirect_uri").is_some()
        || Fields::read(&body).get("redirect_uri").is_some()
        || serde_json::from_slice::<Value>(&body).is_ok_and(|body| body["redirect_uri"].is_string());
    if !names_address {
        let address = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("redirect_uri", &state.core().url(ARBITER))
            .finish();
        query = format!("{query}&{address}");
    }
    oauth::token(Shared(state.clone()), RawQuery(Some(query)), headers, body).await
}

/// A token for a system user of the business, for all accounts of it, as its settings generate one.
pub fn generate(state: &State, admin: &str, days: Option<u32>) -> Option<String> {
    let now = state.now();
    let mut book = state.book();
    let targets: Vec<String> = book.accounts_of(admin).map(|waba| waba.id.clone()).collect();
    let consent = Consent {
        client_id: PRODUCT.id.to_owned(),
        account: book.admins.get(admin)?.id.clone(),
        scope: CONFIGURED.replace(',', " "),
        targets,
        ..Consent::default()
    };
    let life = days.map(|days| days * DAY);
    Some(book.grants.open(consent, life, false, now, &*state.core.random).access)
}

/// Checks the proof that the caller knows the secret.
///
/// # Errors
/// 100 if it is wrong, or missing where it must be there.
pub fn check_proof(state: &State, params: &Params, token: &str) -> Result<(), GraphError> {
    let refused = |what: &str| Err(GraphError::new("GraphMethodException", 100, what));
    match params.get("appsecret_proof") {
        Some(proof) if proof == PRODUCT.proof(token) => Ok(()),
        Some(_) => refused("Invalid appsecret_proof provided in the API argument"),
        None if state.settings().require_proof => {
            refused("API calls from the server require an appsecret_proof argument")
        }
        None => Ok(()),
    }
}

/// `GET /debug_token`, with the app's token or another.
///
/// # Errors
/// If nothing is asked.
pub fn inspect(state: &State, params: &Params) -> Result<Value, GraphError> {
    let input = KIND.need(params, "input_token")?;
    let (book, now) = (state.book(), state.now());
    let mut answer = tokens::inspect(&book.grants, input, PRODUCT, now);
    if let Some(token) = book.grants.owner_of(input) {
        let granular = token.consent.scope.split_whitespace().map(|scope| match scope {
            MESSAGING | MANAGEMENT => json!({ "scope": scope, "target_ids": token.consent.targets }),
            scope => json!({ "scope": scope }),
        });
        answer["data"]["granular_scopes"] = granular.collect();
        answer["data"]["type"] = json!("SYSTEM_USER");
    }
    Ok(answer)
}

/// `GET /me/permissions`.
pub fn permissions(token: &Token) -> Value {
    let granted = token.consent.scope.split_whitespace();
    json!({ "data": granted.map(|scope| json!({ "permission": scope, "status": "granted" })).collect::<Vec<_>>() })
}

/// `DELETE /me/permissions`: lets the app out.
pub fn take_back(state: &State, token: &Token) -> Value {
    let account = token.consent.account.clone();
    state.book().grants.revoke_all(Some(&account));
    state.tell_of_removal(&[account]);
    json!({ "success": true })
}
