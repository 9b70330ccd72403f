//! The twin of a Mastodon instance (client API of 4.5 and newer), or of a smaller server that speaks the same API.
//!
//! What is here is what a publisher needs: discovery, apps and OAuth, media, statuses, reading back. Left out: inbox,
//! streaming, boosts, follows, and `scheduled_at`, which is refused (a client must not use it: other software ignores it
//! and posts at once, as this one does when the knob `software` says `takahe`).
//! Where a real instance passes over a parameter that it does not know, the twin refuses it, so that slips show.

mod auth;
mod compose;
mod edge;
mod entities;
mod instance;
mod media;
mod model;
mod pages;
mod params;
mod refusal;
pub mod settings;
mod statuses;
#[cfg(test)]
mod tests;
mod text;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use base::Timestamp;
use bytes::Bytes;
use http::{HeaderMap, Method, header};
use serde_json::json;

use crate::{
    About, AccountLine, Act, Class, Core, Platform, Shows as _, Twin,
    oauth::{self, Token},
    shows,
};
use model::Town;
use params::Params;
use refusal::Refusal;
use settings::Settings;

/// What it is. A person enters the instance's address, and the software registers itself: there is nothing to set up.
pub const ABOUT: About = About {
    id: "mastodon",
    title: "Mastodon",
    port: 4002,
    make: twin,
    rough: &[],
    platforms: &[Platform {
        id: "mastodon",
        app: &[],
        endpoints: &[],
        account: "lena",
        enters: |origin, _| json!({ "instance": origin }),
    }],
};

/// The network's state.
pub struct State {
    core: Arc<Core>,
    town: Mutex<Town>,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let town = core.kept().unwrap_or_else(|| Town::seeded(core.now()));
    Arc::new(State { core, town: Mutex::new(town) })
}

/// Its API and human pages.
fn router(state: Arc<State>) -> Router {
    let api = Router::new()
        .route("/api/v2/instance", get(instance::v2))
        .route("/api/v1/instance", get(instance::v1))
        .route("/api/v1/apps", post(auth::register))
        .route("/api/v1/apps/verify_credentials", get(auth::verify_app))
        .route("/api/v1/accounts/verify_credentials", get(statuses::verify_credentials))
        .route("/api/v1/accounts/{id}", get(statuses::account))
        .route("/api/v1/accounts/{id}/statuses", get(statuses::of_account))
        .route("/api/v2/search", get(statuses::search))
        .route("/api/v2/media", post(media::upload))
        .route("/api/v1/media/{id}", get(media::read).put(media::change).delete(media::delete))
        .route("/api/v1/statuses", post(statuses::create).get(statuses::read_many))
        .route("/api/v1/statuses/{id}", get(statuses::read).put(statuses::edit).delete(statuses::delete))
        .route("/api/v1/statuses/{id}/context", get(statuses::context))
        .route("/api/v1/statuses/{id}/favourite", post(statuses::favourite))
        .route("/api/v1/statuses/{id}/unfavourite", post(statuses::unfavourite))
        .route("/api/v1/statuses/{id}/source", get(statuses::source))
        .route("/api/v1/statuses/{id}/history", get(statuses::history))
        .route("/.well-known/oauth-authorization-server", get(auth::metadata))
        .route("/.well-known/nodeinfo", get(instance::nodeinfo_links))
        .route("/nodeinfo/2.0", get(instance::nodeinfo))
        .route("/oauth/token", post(oauth::token::<State>))
        .route("/oauth/revoke", post(oauth::revoke::<State>))
        .route("/oauth/userinfo", get(auth::user_info))
        .method_not_allowed_fallback(|| async { Refusal::not_found() })
        .fallback(|| async { Refusal::not_found() })
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(state.clone(), edge::watch));
    Router::new()
        .route("/avatars/{name}", get(pages::avatar))
        .route("/oauth/authorize", get(oauth::ask::<State>).post(oauth::answer::<State>))
        .merge(shows::router())
        .merge(api)
        .with_state(state)
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        router(self)
    }

    fn classify(&self, method: &Method, path: &str) -> Class {
        match (method.as_str(), path) {
            (_, "/oauth/authorize") => Class::Page,
            ("POST", "/api/v1/apps" | "/oauth/token" | "/oauth/revoke") => Class::Token,
            ("POST" | "PUT", path) if path.starts_with("/api/v1/statuses") => Class::Publish,
            ("POST" | "PUT", path) if path.contains("/media") => Class::Upload,
            ("DELETE", _) => Class::Delete,
            (_, path) if ["/api/", "/.well-known/", "/nodeinfo", "/oauth/"].iter().any(|at| path.starts_with(at)) => {
                Class::Read
            }
            _ => Class::Page,
        }
    }

    fn accounts(&self) -> Vec<AccountLine> {
        self.lines()
    }

    fn act(&self, act: &Act) {
        let mut town = self.town();
        // Tokens of this network do not expire, so both acts are an end by revocation.
        let id = act.account().map(|name| town.by_username(name).map_or(name, |account| &account.id).to_owned());
        town.grants.revoke_all(id.as_deref());
    }

    fn check_own(&self, own: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        crate::knobs::read_own::<Settings>(own).map(drop)
    }

    fn reset(&self) {
        *self.town() = Town::seeded(self.core.now());
    }

    fn snapshot(&self) -> serde_json::Value {
        serde_json::to_value(&*self.town()).unwrap_or_default()
    }
}

impl State {
    fn town(&self) -> MutexGuard<'_, Town> {
        self.town.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.core.now()
    }

    fn settings(&self) -> Settings {
        self.core.own()
    }

    /// The token in the request, if there is a live one.
    fn token(&self, headers: &HeaderMap) -> Result<Token, Refusal> {
        let text = oauth::bearer(headers).ok_or_else(Refusal::nobody)?;
        self.town().grants.find(text, self.now()).cloned().map_err(|_| Refusal::bad_token())
    }

    /// The account that calls, if its token has one of the scopes.
    fn caller(&self, headers: &HeaderMap, scopes: &[&str]) -> Result<Token, Refusal> {
        let token = self.token(headers)?;
        if token.consent.account.is_empty() {
            return Err(Refusal::nobody());
        }
        // A scope contains those that begin with it: `write` contains `write:media`.
        let held = |scope: &str| token.has(scope) || scope.split_once(':').is_some_and(|(whole, _)| token.has(whole));
        if scopes.iter().any(|scope| held(scope)) { Ok(token) } else { Err(Refusal::outside_scopes()) }
    }

    /// The reader: anonymous without a token, but an invalid token is an error.
    fn viewer(&self, headers: &HeaderMap, scopes: &[&str]) -> Result<Option<String>, Refusal> {
        match oauth::bearer(headers) {
            None => Ok(None),
            Some(_) => self.caller(headers, scopes).map(|token| Some(token.consent.account)),
        }
    }
}

fn params_of(headers: &HeaderMap, body: &Bytes) -> Result<Params, Refusal> {
    Params::read(headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()), body)
}
