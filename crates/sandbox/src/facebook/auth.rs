//! Facebook Login: consent with pages, a short token for a code, a long one for the short one, what a token allows, and
//! its end.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use base::Timestamp;
use http::{HeaderValue, header};
use serde_json::{Value, json};

use super::{CONFIG_ID, INSTAGRAM_CONFIG_ID, PRODUCT, State, linked, problem};
use crate::{
    meta::{app, error::GraphError, params::Params, strikes, tokens},
    oauth::{
        App, Authority, ClientBy, CodeRefusal, Fields, Grants, Longer, Pair, Rules, Slip, Token, TokenRefusal, Wrong,
    },
};

const SCOPES: [&str; 19] = [
    "public_profile",
    "email",
    "pages_show_list",
    "business_management",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_posts",
    "pages_manage_engagement",
    "pages_manage_metadata",
    "pages_messaging",
    "read_insights",
    "publish_video",
    "instagram_basic",
    "instagram_content_publish",
    "instagram_manage_comments",
    "instagram_manage_insights",
    "instagram_manage_messages",
    "instagram_manage_contents",
    "ads_management",
];

/// What a configuration of Facebook Login for Business asks for.
const CONFIGURED: &str = "pages_show_list,business_management,pages_read_engagement,pages_read_user_content,\
                          pages_manage_posts,pages_manage_engagement,pages_manage_metadata,read_insights";

/// What the one for accounts at Instagram asks for.
const CONFIGURED_INSTAGRAM: &str = "pages_show_list,business_management,pages_read_engagement,pages_manage_metadata,\
                                    instagram_basic,instagram_content_publish,instagram_manage_comments,\
                                    instagram_manage_insights,instagram_manage_contents";

/// Scopes that are about pages, each of which is granted for some of them.
fn is_of_pages(scope: &str) -> bool {
    scope.starts_with("pages_") || scope == "read_insights"
}

impl Authority for State {
    const RULES: Rules = Rules {
        page: "/dialog/oauth",
        scopes: &SCOPES,
        separator: ',',
        fixed: Some(&["public_profile"]),
        denied: &[
            ("error", "access_denied"),
            ("error_code", "200"),
            ("error_description", "Permissions error"),
            ("error_reason", "user_denied"),
        ],
        // Facebook ends its addresses so; an app must not take it for a part of the code.
        fragment: Some("_=_"),
        // Not documented; people report codes that expire after some minutes.
        code_life: Duration::from_secs(600),
        clients: &[ClientBy::Fields],
        usual_grant: Some("authorization_code"),
        app_tokens: true,
        query: true,
        // Nothing that is not known is refused.
        token_fields: &["*"],
        access_life: Some(Duration::from_secs(5_400)),
        longer: Some(Longer {
            exchange: "fb_exchange_token",
            prolong: None,
            field: "fb_exchange_token",
            life: tokens::LONG,
            youngest: tokens::RIPE,
        }),
        ..Rules::PLAIN
    };

    fn grants<T>(&self, act: impl FnOnce(&mut Grants) -> T) -> T {
        act(&mut self.book().grants)
    }

    fn app(&self, client_id: &str) -> Option<App> {
        (client_id == PRODUCT.id).then(|| App {
            name: app::NAME.to_owned(),
            secret: Some(PRODUCT.secret.to_owned()),
            redirect_uris: self.settings().redirect_uris,
            local: true,
        })
    }

    /// A configuration says itself what is asked for. An app of Facebook Login for Business has to name one
    /// (laravel/socialite 716).
    fn asked_scope<'a>(&self, fields: &'a Fields) -> Option<&'a str> {
        match fields.get("config_id") {
            Some(CONFIG_ID) => Some(CONFIGURED),
            Some(INSTAGRAM_CONFIG_ID) => Some(CONFIGURED_INSTAGRAM),
            Some(_) => None,
            None if self.settings().business_login => None,
            None => fields.get("scope").or(Some("public_profile")),
        }
    }

    fn in_words(scope: &str) -> String {
        match scope {
            "public_profile" => "See your name and picture",
            "email" => "See your e-mail address",
            "pages_show_list" => "See a list of your pages",
            "business_management" => "Manage your business portfolios",
            "pages_read_engagement" => "Read what your pages post, and their followers",
            "pages_read_user_content" => "Read what people write on your pages",
            "pages_manage_posts" => "Publish, edit and delete posts of your pages",
            "pages_manage_engagement" => "Write, hide and delete comments on your pages",
            "pages_manage_metadata" => "Hear of what happens on your pages",
            "pages_messaging" => "Read and answer messages to your pages",
            "read_insights" => "See how your pages and posts do",
            "publish_video" => "Publish videos on your pages",
            "instagram_basic" => "See the Instagram accounts of your pages and their posts",
            "instagram_content_publish" => "Publish on the Instagram accounts of your pages",
            "instagram_manage_comments" => "Read, write, hide and delete comments on Instagram",
            "instagram_manage_insights" => "See how your Instagram accounts and posts do",
            "instagram_manage_contents" => "Delete posts on Instagram",
            other => other,
        }
        .to_owned()
    }

    fn person(&self, name: &str) -> Result<String, String> {
        let mut book = self.book();
        if let Some(known) = book.by_login(name) {
            return Ok(known.id.clone());
        }
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'.' || byte == b'_';
        if !(3..=30).contains(&name.len()) || !name.bytes().all(allowed) || book.page(name).is_some() {
            return Err(
                "A name has 3 to 30 small letters, digits, underscores and periods, and must be free.".to_owned()
            );
        }
        Ok(book.add_owner(name))
    }

    /// All of it is shown on the network's own page.
    fn wrong(slip: &Slip) -> Wrong {
        Wrong::Shown(match slip {
            Slip::UnknownApp => "Invalid App ID: the provided app ID does not look like a valid app ID.",
            Slip::Redirect => {
                "URL blocked: this redirect failed because the redirect URI is not among the app's client OAuth settings."
            }
            Slip::ResponseType => "Invalid response_type: it must be code.",
            Slip::NoScope => "This app isn't available: it needs a valid config_id.",
            _ => "Invalid Scopes: one of them does not exist.",
        })
    }

    /// 100 for whatever is wrong with a code, with a header that says so (laravel/socialite 385, rizen/Facebook-Graph 33).
    fn refuse(&self, slip: Slip) -> Response {
        let error = match &slip {
            Slip::NoClient => GraphError::new(problem::KIND, 101, "Missing client_id parameter."),
            Slip::WrongClient => GraphError::new(problem::KIND, 1, "Error validating client secret."),
            Slip::Code(CodeRefusal::OtherRedirect) => problem::invalid(
                "Error validating verification code. Please make sure your redirect_uri is identical to the one you used in \
                 the OAuth dialog request",
            ),
            Slip::Code(CodeRefusal::Expired) => problem::invalid("This authorization code has expired."),
            Slip::Code(CodeRefusal::Replayed) => problem::invalid("This authorization code has been used."),
            Slip::Code(_) => problem::invalid("Invalid verification code format."),
            Slip::Token(TokenRefusal::Expired) => tokens::expired(),
            Slip::Token(TokenRefusal::WrongKind) => problem::invalid("The access token cannot be exchanged."),
            Slip::Token(_) => tokens::unknown(),
            Slip::Missing(name) => problem::invalid(format!("Missing {name} parameter.")),
            Slip::GrantType => problem::invalid("Invalid grant_type."),
            _ => problem::invalid("Invalid request."),
        };
        let mut answer = error.into_response();
        if matches!(slip, Slip::Code(_)) {
            let said = "OAuth \"Facebook Platform\" \"invalid_code\" \"The code cannot be used\"";
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(said));
        }
        answer
    }

    fn give(&self, pair: &Pair) -> Value {
        if pair.token.consent.account.is_empty() {
            return json!({ "access_token": PRODUCT.app_token(), "token_type": "bearer" });
        }
        let mut given = json!({ "access_token": pair.access, "token_type": "bearer" });
        if let Some(end) = pair.token.ends_at.filter(|_| !self.settings().no_expires_in) {
            given["expires_in"] = json!(end.since(pair.token.made_at).as_secs());
        }
        given
    }
}

/// Checks the proof that the caller knows the secret: the HMAC of the token under it.
///
/// # Errors
/// 100 if it is wrong, or missing where it must be there.
pub fn check_proof(state: &State, params: &Params, token: &str) -> Result<(), GraphError> {
    let settings = state.settings();
    let Some(proof) = params.get("appsecret_proof") else {
        return if settings.require_proof { Err(problem::proof(true)) } else { Ok(()) };
    };
    let is_right = proof == PRODUCT.proof(token) && !strikes(settings.proof_one_in, &*state.core.random);
    if is_right { Ok(()) } else { Err(problem::proof(false)) }
}

/// `GET /debug_token`, with the app's token or one of a person.
///
/// # Errors
/// If nothing is asked.
pub fn inspect(state: &State, params: &Params) -> Result<Value, GraphError> {
    let input = problem::need(params, "input_token")?;
    let (book, now) = (state.book(), state.now());
    let mut answer = tokens::inspect(&book.grants, input, PRODUCT, now);
    if let Some(token) = book.grants.owner_of(input) {
        let scopes = token.consent.scope.split_whitespace();
        let accounts = linked::of_pages(state, &book, &token.consent.targets);
        // A scope without targets is granted for all.
        let granular = scopes.map(|scope| match scope {
            scope if is_of_pages(scope) => json!({ "scope": scope, "target_ids": token.consent.targets }),
            // These name the accounts behind the pages.
            scope if scope.starts_with("instagram_") => json!({ "scope": scope, "target_ids": accounts }),
            scope => json!({ "scope": scope }),
        });
        answer["data"]["granular_scopes"] = granular.collect();
        answer["data"]["data_access_expires_at"] = json!((token.made_at + 90 * DAY).as_seconds());
        if let Some(page) = &token.target {
            (answer["data"]["type"], answer["data"]["profile_id"]) = (json!("PAGE"), json!(page));
        }
    }
    Ok(answer)
}

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// `GET /me/permissions`: what was granted and what was not.
pub fn permissions(token: &Token) -> Value {
    let each = |scopes: &str, status: &str| -> Vec<Value> {
        scopes.split_whitespace().map(|scope| json!({ "permission": scope, "status": status })).collect()
    };
    let mut data = each(&token.consent.scope, "granted");
    data.extend(each(&token.consent.declined, "declined"));
    json!({ "data": data })
}

/// `DELETE /me/permissions`: takes one scope back, or lets the app out altogether.
///
/// # Errors
/// 100 if the scope was not granted.
pub fn take_back(state: &State, token: &Token, scope: Option<&str>) -> Result<Value, GraphError> {
    let mut book = state.book();
    let person = &token.consent.account;
    match scope {
        Some(scope) if !token.has(scope) => return Err(problem::param("permission", "was not granted")),
        Some(scope) => book.grants.decline(person, scope),
        None => book.grants.revoke_all(Some(person)),
    }
    drop(book);
    if scope.is_none() {
        state.tell_of_removal(std::slice::from_ref(person));
    }
    Ok(json!({ "success": true }))
}

/// The token of a page, for a person's token. It lives as long as that, unless that is a long one: then for ever.
pub fn page_token(state: &State, grants: &mut Grants, held: &Token, page: &str, now: Timestamp) -> String {
    let ends_at = held.ends_at.filter(|_| !held.long);
    grants.of_target(held, page, ends_at, now, &*state.core.random)
}
