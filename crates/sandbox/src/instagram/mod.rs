//! The twin of Instagram: the Instagram Platform `v26.0` as a publisher uses it, with Instagram login.
//!
//! Here: login, short and long tokens, containers of every kind with media that is fetched or sent in pieces, publishing,
//! media and stories with their fields, comments, mentions, quotas, insights, webhooks, the callbacks for a removed app.
//! Left out: messages, and what only Facebook login has (search for hashtags and places, music, products, ads).
//!
//! The four hosts of the network (`www`, `api`, `graph`, `upload`) are one origin here. [`Nodes`] knows nothing of tokens,
//! so that a host with another login can have the same objects on its graph: see [`Login`]. The twin of Facebook is one, for
//! accounts behind pages.
//!
//! Facts without a source beside them are documented at developers.facebook.com/docs/instagram-platform. Where people met
//! something else than what is documented, the twin does what they met, and the project that met it is named.

mod auth;
pub mod calls;
mod comments;
mod compose;
mod containers;
mod events;
mod files;
mod insights;
pub mod model;
pub mod pages;
pub mod problem;
mod reading;
pub mod settings;
mod shapes;
#[cfg(test)]
mod tests;
mod upload;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    extract::{DefaultBodyLimit, State as Shared},
    routing::{get, post},
};
use base::Timestamp;
use http::Method;
use serde::{Deserialize, Serialize};

use crate::{
    About, AccountLine, Act, Class, Core, Platform, Shows as _, Twin,
    meta::{
        app::{self, Product},
        calls::steps,
        fetch, hooks,
    },
    networks::nothing,
    oauth::{self, Grants},
};
use model::Gallery;
use settings::Settings;

pub use calls::{Call, Login};

/// What the app shows itself by.
pub const PRODUCT: Product = app::INSTAGRAM;

/// What it is.
pub const ABOUT: About = About {
    id: "instagram",
    title: "Instagram",
    port: 4007,
    make: twin,
    rough: &[
        ("unfetched_one_in", 15),
        ("unready_one_in", 12),
        ("unready_ms", 3_000),
        ("blocked_one_in", 15),
        ("slow_one_in", 15),
        ("slow_ms", 3_000),
    ],
    platforms: &[Platform {
        id: "instagram",
        app: &[("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret)],
        endpoints: &["www", "api", "graph", "upload"],
        account: "lena",
        enters: nothing,
    }],
};

/// The objects of Instagram, whatever let the app in.
pub struct Nodes {
    /// Where they are.
    pub core: Arc<Core>,
    /// What signs webhooks.
    product: Product,
    gallery: Mutex<Gallery>,
    settings: fn(&Core) -> Settings,
    http: reqwest::Client,
    hooks: hooks::Answered,
}

impl Nodes {
    /// Those that a host remembers, or those of a new sandbox. The host says where its settings are.
    pub fn new(core: Arc<Core>, product: Product, kept: Option<Gallery>, settings: fn(&Core) -> Settings) -> Self {
        let gallery = kept.map_or_else(Gallery::seeded, Gallery::restored);
        let (http, hooks) = (fetch::client(), hooks::Answered::default());
        Self { core, product, gallery: Mutex::new(gallery), settings, http, hooks }
    }

    /// Everything that is remembered.
    pub fn gallery(&self) -> MutexGuard<'_, Gallery> {
        self.gallery.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now(&self) -> Timestamp {
        self.core.now()
    }

    fn settings(&self) -> Settings {
        (self.settings)(&self.core)
    }

    /// Whether something has this id.
    pub fn knows(&self, node: &str) -> bool {
        self.owner(node).is_some()
    }

    /// The account on whose page it is.
    pub fn owner(&self, node: &str) -> Option<String> {
        let gallery = self.gallery();
        let id: u64 = node.parse().unwrap_or_default();
        let account = gallery.accounts.get(node).map(|account| &account.id);
        let media = |id: &u64| gallery.media.get(id).map(|media| &media.account);
        let of_comment = || media(&gallery.comments.get(&id)?.media);
        let container = || gallery.containers.get(&id).map(|container| &container.account);
        account.or_else(|| media(&id)).or_else(container).or_else(of_comment).cloned()
    }
}

/// The network's state.
pub struct State {
    nodes: Arc<Nodes>,
    grants: Mutex<Grants>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    gallery: Gallery,
    grants: Grants,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let (gallery, grants) = match core.kept::<Kept>() {
        Some(kept) => (Some(kept.gallery), kept.grants),
        None => (None, Grants::default()),
    };
    let nodes = Arc::new(Nodes::new(core, PRODUCT, gallery, Core::own));
    Arc::new(State { nodes, grants: Mutex::new(grants) })
}

fn router(state: Arc<State>) -> Router {
    Router::new()
        .route("/oauth/authorize", get(oauth::ask::<State>).post(oauth::answer::<State>))
        .route("/oauth/access_token", get(auth::wrong_method).post(auth::token))
        .route("/ig-api-upload/{version}/{id}", post(upload::take))
        .route("/", get(async |Shared(state): Shared<Arc<State>>| state.landing()))
        .fallback(calls::call)
        .layer(DefaultBodyLimit::disable())
        .with_state(state.clone())
        .merge(pages::router(state.nodes.clone()))
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        router(self)
    }

    fn classify(&self, method: &Method, path: &str) -> Class {
        let path = steps(path);
        match (method.as_str(), path.as_slice()) {
            (_, ["oauth", "access_token"] | ["access_token" | "refresh_access_token"]) => Class::Token,
            (_, [] | ["oauth", "authorize"] | ["file" | "p" | "reel", _] | ["stories", _, _]) => Class::Page,
            (_, [first, ..]) if first.starts_with('@') => Class::Page,
            // What people see comes with the second step. The first makes something that no one sees.
            ("POST", [_, "media"] | ["ig-api-upload", ..]) => Class::Upload,
            ("POST", _) => Class::Publish,
            ("DELETE", _) => Class::Delete,
            _ => Class::Read,
        }
    }

    fn accounts(&self) -> Vec<AccountLine> {
        self.lines()
    }

    fn act(&self, act: &Act) {
        let name = act.account();
        let account = name.map(|name| match self.nodes.gallery().by_username(name) {
            Some(account) => account.id.clone(),
            None => name.to_owned(),
        });
        self.grants().act(act, account.as_deref(), self.nodes.now());
        if let Act::RevokeGrants { .. } = act {
            self.tell_of_removal(account.as_deref());
        }
    }

    fn check_own(&self, own: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        crate::knobs::read_own::<Settings>(own)?.check()
    }

    fn reset(&self) {
        *self.grants() = Grants::default();
        *self.nodes.gallery() = Gallery::seeded();
    }

    fn snapshot(&self) -> serde_json::Value {
        let kept = Kept { gallery: self.nodes.gallery().clone(), grants: self.grants().clone() };
        serde_json::to_value(kept).unwrap_or_default()
    }
}

impl State {
    fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The callbacks of the app, as when people remove it in their settings. The app knows them by the id that is its own.
    fn tell_of_removal(&self, account: Option<&str>) {
        let (settings, now) = (self.nodes.settings(), self.nodes.now());
        let mut gallery = self.nodes.gallery();
        for gone in gallery.accounts.values_mut().filter(|it| account.is_none_or(|account| it.id == account)) {
            gone.subscribed.clear();
            for address in [&settings.deauthorize_url, &settings.deletion_url].into_iter().flatten() {
                fetch::call_back(&self.nodes.http, address, PRODUCT, &gone.scoped_id, now);
            }
        }
    }
}
