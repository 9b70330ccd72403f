//! The twin of Threads: the Threads API `v1.0` as a publisher uses it.
//!
//! Here: login, short and long tokens, containers of every kind with media that is fetched, publishing, posts and replies
//! with their fields, moderation of replies, deletion, quotas, insights, places, mentions, the callbacks for a removed
//! app, webhooks. Left out: subscribing to webhooks, which is done in the dashboard; a knob says where they go. Login and
//! API have one origin, where the network has two hosts.
//!
//! Facts without a source beside them are documented at developers.facebook.com/docs/threads. Where people met something
//! else than what is documented, the twin does what they met, and the project that met it is named.

mod auth;
mod calls;
mod compose;
mod containers;
mod events;
mod insights;
mod model;
mod pages;
mod problem;
mod reading;
mod replies;
pub mod settings;
mod shapes;
#[cfg(test)]
mod tests;
mod text;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{Router, extract::DefaultBodyLimit, routing::get};
use base::Timestamp;
use http::Method;

use crate::{
    About, AccountLine, Act, Class, Core, Platform, Shows as _, Twin,
    meta::{
        app::{self, Product},
        calls::steps,
        fetch,
    },
    networks::nothing,
    oauth, shows,
};
use model::Square;
use settings::Settings;

/// What the app shows itself by.
pub const PRODUCT: Product = app::THREADS;

/// What it is.
pub const ABOUT: About = About {
    id: "threads",
    title: "Threads",
    port: 4005,
    make: twin,
    rough: &[
        ("unseen_one_in", 12),
        ("unseen_ms", 3_000),
        ("permission_one_in", 15),
        ("slow_one_in", 15),
        ("slow_ms", 3_000),
    ],
    platforms: &[Platform {
        id: "threads",
        app: &[("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret)],
        endpoints: &["api", "web"],
        account: "lena",
        enters: nothing,
    }],
};

/// The network's state.
pub struct State {
    core: Arc<Core>,
    square: Mutex<Square>,
    http: reqwest::Client,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let square = core.kept().map_or_else(Square::seeded, Square::restored);
    Arc::new(State { core, square: Mutex::new(square), http: fetch::client() })
}

fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/oauth/authorize", get(oauth::ask::<State>).post(oauth::answer::<State>))
        .route("/oauth/access_token", get(oauth::token::<State>).post(oauth::token::<State>))
        .route("/@{name}/picture", get(pages::picture))
        .merge(shows::router())
        .fallback(calls::call)
        .layer(DefaultBodyLimit::disable())
        .with_state(state)
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        router(self)
    }

    fn classify(&self, method: &Method, path: &str) -> Class {
        let path = steps(path);
        match (method.as_str(), path.as_slice()) {
            (_, ["oauth", "access_token"] | ["access_token" | "refresh_access_token" | "debug_token"]) => Class::Token,
            (_, [] | ["oauth", "authorize"] | ["media", _]) => Class::Page,
            (_, [first, ..]) if first.starts_with('@') => Class::Page,
            // What people see comes with the second step. The first makes something that isn't shown.
            ("POST", [_, "threads"]) => Class::Upload,
            ("POST", _) => Class::Publish,
            ("DELETE", _) => Class::Delete,
            _ => Class::Read,
        }
    }

    fn accounts(&self) -> Vec<AccountLine> {
        self.lines()
    }

    fn act(&self, act: &Act) {
        let now = self.now();
        let mut square = self.square();
        let (Act::ExpireTokens { account } | Act::RevokeGrants { account }) = act;
        let id = account.as_deref().map(|name| match square.by_username(name.trim_start_matches('@')) {
            Some(account) => account.id.clone(),
            None => name.to_owned(),
        });
        square.grants.act(act, id.as_deref(), now);
        if let Act::RevokeGrants { .. } = act {
            let gone = id.map_or_else(|| square.accounts.keys().cloned().collect(), |id| vec![id]);
            self.tell_of_removal(&gone);
        }
    }

    fn check_own(&self, own: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        crate::knobs::read_own::<Settings>(own).map(drop)
    }

    fn reset(&self) {
        *self.square() = Square::seeded();
    }

    fn snapshot(&self) -> serde_json::Value {
        serde_json::to_value(&*self.square()).unwrap_or_default()
    }
}

impl State {
    fn square(&self) -> MutexGuard<'_, Square> {
        self.square.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.core.now()
    }

    fn settings(&self) -> Settings {
        self.core.own()
    }

    /// The callbacks of the app, as when people remove it on the page with their website permissions.
    fn tell_of_removal(&self, accounts: &[String]) {
        let settings = self.settings();
        for address in [settings.deauthorize_url, settings.deletion_url].into_iter().flatten() {
            for account in accounts {
                fetch::call_back(&self.http, &address, PRODUCT, account, self.now());
            }
        }
    }
}
