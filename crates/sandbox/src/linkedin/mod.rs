//! The twin of LinkedIn: OAuth 2.0, the versioned REST API as a publisher uses it, and what people see of it.
//!
//! Here: consent (an app of its own products, and one of a partner with refresh tokens), who is signed in, roles at
//! organisations, posts of every kind an app can make, files in one piece or in parts with their states, comments, counts of
//! reactions and shares, throttles. Left out: reactions by apps, targeting, groups, events, webhooks, ads. Sign-in, API and the
//! hosts for files have one origin, where the network has several.
//!
//! LinkedIn publishes no description of its API. Facts without a source beside them are from its documentation at
//! learn.microsoft.com; where people met something else, [`Settings`](settings::Settings) can be turned to either.

mod assets;
mod auth;
mod comments;
mod model;
mod organizations;
mod pages;
mod posts;
pub mod problem;
mod restli;
pub mod settings;
#[cfg(test)]
mod tests;
mod text;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post, put},
};
use base::Timestamp;
use http::Method;

use crate::{About, AccountLine, Act, Class, Core, Platform, Shows as _, Twin, networks::nothing, oauth, shows};
use model::Feed;
use problem::Problem;
use settings::Settings;

/// An app's id and secret. They open nothing but this sandbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Product {
    /// The client id.
    pub id: &'static str,
    /// The client secret.
    pub secret: &'static str,
}

/// The app of a partner: it may ask for everything, and its tokens can be refreshed.
pub const PARTNER: Product = Product { id: "86sandboxpartner", secret: "WPL_AP1.sandbox.partner" };
/// An app with the products that everyone gets: it signs people in and posts as them.
pub const SELF_SERVE: Product = Product { id: "86sandboxeveryone", secret: "WPL_AP1.sandbox.everyone" };

/// What the partner's app may ask for, as its page at LinkedIn lists it.
pub const PARTNER_SCOPES: &str = "openid profile email w_member_social w_member_social_feed r_organization_admin \
                                  rw_organization_admin w_organization_social r_organization_social \
                                  w_organization_social_feed r_organization_social_feed r_basicprofile \
                                  r_organization_followers";

/// What it is.
pub const ABOUT: About = About {
    id: "linkedin",
    title: "LinkedIn",
    port: 4010,
    make: twin,
    rough: &[],
    platforms: &[Platform {
        id: "linkedin",
        app: &[("client_id", PARTNER.id), ("client_secret", PARTNER.secret), ("scopes", PARTNER_SCOPES)],
        endpoints: &["api", "www"],
        account: "lena",
        enters: nothing,
    }],
};

/// The network's state.
pub struct State {
    core: Arc<Core>,
    feed: Mutex<Feed>,
    /// How often a token was shown, while it is refused because it is new.
    shown: Mutex<HashMap<String, u64>>,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let feed = core.kept().unwrap_or_else(Feed::seeded);
    Arc::new(State { core, feed: Mutex::new(feed), shown: Mutex::default() })
}

fn router(state: Arc<State>) -> Router {
    let api = Router::new()
        .route("/v2/userinfo", get(auth::userinfo))
        .route("/v2/me", get(auth::me))
        .route("/rest/organizationAcls", get(organizations::roles))
        .route("/rest/organizations", get(organizations::several))
        .route("/rest/organizations/{id}", get(organizations::one))
        .route("/rest/networkSizes/{urn}", get(organizations::followers))
        .route("/rest/organizationalEntityShareStatistics", get(organizations::statistics))
        .route("/rest/posts", post(posts::create).get(posts::list))
        .route("/rest/posts/{urn}", get(posts::read).post(posts::change).delete(posts::delete))
        .route("/rest/images", post(assets::image))
        .route("/rest/documents", post(assets::document))
        .route("/rest/videos", post(assets::video))
        .route("/rest/images/{urn}", get(assets::state))
        .route("/rest/documents/{urn}", get(assets::state))
        .route("/rest/videos/{urn}", get(assets::state))
        .route("/rest/socialActions/{urn}/comments", post(comments::create).get(comments::list))
        .route("/rest/socialActions/{urn}/comments/{id}", post(comments::change).delete(comments::delete))
        .route("/rest/socialMetadata/{urn}", get(comments::metadata))
        .layer(middleware::from_fn_with_state(state.clone(), restli::watch));
    Router::new()
        .route("/oauth/v2/authorization", get(oauth::ask::<State>).post(oauth::answer::<State>))
        .route("/oauth/v2/accessToken", post(oauth::token::<State>))
        .route("/oauth/v2/revoke", post(oauth::revoke::<State>))
        .route("/oauth/v2/introspectToken", post(auth::introspect))
        .route("/dms-uploads/{id}/{part}", put(assets::take))
        .route("/company/{name}", get(pages::company))
        .route("/portraits/{name}", get(pages::portrait))
        .merge(shows::router())
        .merge(api)
        .fallback(async || Problem::nowhere())
        .layer(DefaultBodyLimit::disable())
        .with_state(state)
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        router(self)
    }

    fn classify(&self, method: &Method, path: &str) -> Class {
        let steps: Vec<&str> = path.split('/').skip(1).collect();
        match (method.as_str(), steps.as_slice()) {
            ("POST", ["oauth", "v2", "accessToken" | "revoke" | "introspectToken"]) => Class::Token,
            ("PUT", ["dms-uploads", ..]) | ("POST", ["rest", "images" | "documents" | "videos"]) => Class::Upload,
            ("POST", ["rest", ..]) => Class::Publish,
            ("DELETE", ["rest", ..]) => Class::Delete,
            (_, ["rest" | "v2", ..]) => Class::Read,
            _ => Class::Page,
        }
    }

    fn accounts(&self) -> Vec<AccountLine> {
        self.lines()
    }

    fn act(&self, act: &Act) {
        let now = self.now();
        let mut feed = self.feed();
        let person = act.account().map(|name| feed.person_named(name).map_or(name, |person| &person.id).to_owned());
        feed.grants.act(act, person.as_deref(), now);
    }

    fn check_own(&self, own: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        crate::knobs::read_own::<Settings>(own).map(drop)
    }

    fn reset(&self) {
        *self.feed() = Feed::seeded();
    }

    fn snapshot(&self) -> serde_json::Value {
        serde_json::to_value(&*self.feed()).unwrap_or_default()
    }
}

impl State {
    fn feed(&self) -> MutexGuard<'_, Feed> {
        self.feed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.core.now()
    }

    fn settings(&self) -> Settings {
        self.core.own()
    }

    /// Whether this token is refused because it is new: so many calls of each are.
    fn is_too_fresh(&self, token: &str) -> bool {
        let most = self.settings().fresh_token_refused;
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let count = shown.entry(token.to_owned()).or_default();
        *count += 1;
        *count <= most
    }
}
