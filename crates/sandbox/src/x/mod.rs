//! The twin of X: API v2 as a publisher uses it, in the words of 2.173.
//!
//! Here: OAuth 2.0 with PKCE, the signed-in user, posts (create, edit, read, delete), the search for a conversation, hiding
//! answers, timelines, media. Left out: the inbox, analytics, communities beyond posting into one, articles, direct messages, webhooks, OAuth 1.0a and
//! app-only tokens.

mod auth;
mod compose;
mod edge;
mod media;
mod model;
mod pages;
mod posts;
mod problem;
mod query;
pub mod settings;
mod shapes;
#[cfg(test)]
mod tests;
pub(crate) mod text;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    extract::{DefaultBodyLimit, Path, State as Shared},
    middleware,
    response::Response,
    routing::{get, post, put},
};
use base::Timestamp;
use http::{HeaderMap, Method};

use crate::{
    About, AccountLine, Act, Class, Core, Platform, Shows as _, Twin,
    networks::nothing,
    oauth::{self, Token},
    portraits, shows,
};
use model::Plaza;
pub use model::{COMMUNITY_ID, MEDIA_LIFE_S};
use problem::Problem;
use settings::Settings;

/// The client id of the app that exists from the start; a confidential client.
pub const DEMO_CLIENT_ID: &str = "c2FuZGJveC1mYW5mYXJlOjE6Y2k";
/// Its secret. It opens nothing but this sandbox.
pub const DEMO_CLIENT_SECRET: &str = "sandbox-secret-of-the-demo-app";
/// The client id of an app without a secret (a public client).
pub const DEMO_PUBLIC_CLIENT_ID: &str = "c2FuZGJveC1wdWJsaWM6MTpjaQ";

/// What it is.
pub const ABOUT: About = About {
    id: "x",
    title: "X",
    port: 4003,
    make: twin,
    rough: &[],
    platforms: &[Platform {
        id: "x",
        app: &[("client_id", DEMO_CLIENT_ID), ("client_secret", DEMO_CLIENT_SECRET)],
        endpoints: &["api", "web"],
        account: "lena",
        enters: nothing,
    }],
};

/// The network's state.
pub struct State {
    core: Arc<Core>,
    plaza: Mutex<Plaza>,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let plaza = core.kept().unwrap_or_else(|| Plaza::seeded(core.now()));
    Arc::new(State { core, plaza: Mutex::new(plaza) })
}

fn router(state: Arc<State>) -> Router {
    let api = Router::new()
        .route("/2/users/me", get(posts::me))
        .route("/2/users/{id}/tweets", get(posts::timeline))
        .route("/2/tweets", post(posts::create).get(posts::read_many))
        .route("/2/tweets/{id}", get(posts::read).delete(posts::delete))
        .route("/2/tweets/{id}/hidden", put(posts::hide))
        .route("/2/tweets/search/recent", get(posts::search))
        .route("/2/media/upload", post(media::one_shot).get(media::status))
        .route("/2/media/upload/initialize", post(media::initialize))
        .route("/2/media/upload/{id}/append", post(media::append))
        .route("/2/media/upload/{id}/finalize", post(media::finalize))
        .route("/2/media/metadata", post(media::metadata))
        .method_not_allowed_fallback(|| async { Problem::nowhere() })
        .fallback(|| async { Problem::nowhere() })
        .layer(DefaultBodyLimit::disable())
        .layer(middleware::from_fn_with_state(state.clone(), edge::watch));
    Router::new()
        .route("/2/oauth2/token", post(oauth::token::<State>))
        .route("/2/oauth2/revoke", post(oauth::revoke::<State>))
        .route("/i/oauth2/authorize", get(oauth::ask::<State>).post(oauth::answer::<State>))
        .route("/2/oauth2/authorize", get(oauth::ask::<State>).post(oauth::answer::<State>))
        .route("/i/status/{id}", get(by_id))
        .route("/profile_images/{id}/{file}", get(picture))
        .merge(shows::router())
        .merge(api)
        .with_state(state)
}

/// A post by its id alone.
async fn by_id(Shared(state): Shared<Arc<State>>, Path(id): Path<String>) -> Response {
    shows::post(&*state, "", &id)
}

/// The profile picture of an account. X has it in several sizes, which the end of the file's name chooses; here all are one.
async fn picture(Path((id, _)): Path<(String, String)>) -> Response {
    portraits::served(&id)
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        router(self)
    }

    fn classify(&self, method: &Method, path: &str) -> Class {
        match (method.as_str(), path) {
            ("POST", "/2/oauth2/token" | "/2/oauth2/revoke") => Class::Token,
            (_, "/2/oauth2/authorize") => Class::Page,
            ("POST", "/2/tweets") | ("PUT", _) => Class::Publish,
            ("DELETE", _) => Class::Delete,
            ("POST", path) if path.starts_with("/2/media/") => Class::Upload,
            (_, path) if path.starts_with("/2/") => Class::Read,
            _ => Class::Page,
        }
    }

    fn accounts(&self) -> Vec<AccountLine> {
        self.lines()
    }

    fn act(&self, act: &Act) {
        let now = self.now();
        let mut plaza = self.plaza();
        let id = act.account().map(|name| plaza.by_username(name).map_or(name, |account| &account.id).to_owned());
        plaza.grants.act(act, id.as_deref(), now);
    }

    fn check_own(&self, own: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        crate::knobs::read_own::<Settings>(own).map(drop)
    }

    fn reset(&self) {
        *self.plaza() = Plaza::seeded(self.core.now());
    }

    fn snapshot(&self) -> serde_json::Value {
        serde_json::to_value(&*self.plaza()).unwrap_or_default()
    }
}

impl State {
    fn plaza(&self) -> MutexGuard<'_, Plaza> {
        self.plaza.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.core.now()
    }

    fn settings(&self) -> Settings {
        self.core.own()
    }

    fn token(&self, headers: &HeaderMap) -> Result<Token, Problem> {
        let text = oauth::bearer(headers).ok_or_else(Problem::unauthorized)?;
        self.plaza().grants.find(text, self.now()).cloned().map_err(|_| Problem::unauthorized())
    }

    /// The account that calls, if its token has all of the scopes.
    fn caller(&self, headers: &HeaderMap, scopes: &[&str]) -> Result<String, Problem> {
        let token = self.token(headers)?;
        if scopes.iter().all(|scope| token.has(scope)) {
            Ok(token.consent.account)
        } else {
            Err(Problem::not_permitted())
        }
    }
}
