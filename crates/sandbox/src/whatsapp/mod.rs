//! The twin of WhatsApp for businesses: the Cloud API `v26.0`, as one who sends notices and answers people uses it.
//!
//! Here: embedded sign-up and system users' tokens, accounts and numbers with registration, second step, quality and limits,
//! templates with their review, messages of every kind with what becomes of them, files, people with phones on which they
//! read and answer, webhooks (signed, tried again, late, twice), health, history, analytics, every documented code. Left out:
//! calls, flows, catalogues, groups, coexistence with the app on a phone, payments.
//!
//! Facts without a source beside them are documented at developers.facebook.com. Where people met something else than what
//! is documented, the twin does what they met, and the project that met it is named.

mod accounts;
mod analytics;
mod auth;
mod calls;
mod delivery;
mod events;
mod filling;
mod health;
mod manager;
mod media;
mod messages;
mod model;
mod pages;
mod people;
mod phones;
pub mod problem;
mod rules;
pub mod settings;
mod templates;
#[cfg(test)]
mod tests;

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
        hooks::Answered,
    },
    networks::nothing,
    oauth, shows,
};
use model::Book;
use settings::Settings;

/// What the app shows itself by. WhatsApp is a product of the app without an id of its own.
pub const PRODUCT: Product = app::FACEBOOK;
/// The configuration of the sign-up.
pub const CONFIG_ID: &str = "736251490083318";

/// What it is.
pub const ABOUT: About = About {
    id: "whatsapp",
    title: "WhatsApp",
    port: 4008,
    make: twin,
    rough: &[
        ("lost_answer_one_in", 15),
        ("twice_one_in", 6),
        ("late_one_in", 6),
        ("slow_one_in", 15),
        ("slow_ms", 3_000),
    ],
    platforms: &[Platform {
        id: "whatsapp",
        app: &[("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret), ("config_id", CONFIG_ID)],
        endpoints: &["graph", "www", "chat"],
        account: "lena",
        enters: nothing,
    }],
};

/// The network's state.
pub struct State {
    core: Arc<Core>,
    book: Mutex<Book>,
    http: reqwest::Client,
    answered: Answered,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let book = core.kept().unwrap_or_else(Book::seeded);
    Arc::new(State { core, book: Mutex::new(book), http: fetch::client(), answered: Answered::default() })
}

fn router(state: Arc<State>) -> Router {
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(events::work(Arc::downgrade(&state)));
    }
    let dialog = get(oauth::ask::<State>).post(oauth::answer::<State>);
    let token = get(auth::token).post(auth::token);
    Router::new()
        .route("/", get(async |axum::extract::State(state): axum::extract::State<Arc<State>>| state.landing()))
        .route("/dialog/oauth", dialog.clone())
        .route("/{version}/dialog/oauth", dialog)
        .route("/oauth/access_token", token.clone())
        .route("/{version}/oauth/access_token", token)
        .route(auth::ARBITER, get(manager::arbiter))
        .route("/connect/{name}", get(manager::script))
        .route("/manager", get(manager::show).post(manager::set))
        .route("/phones/{name}", get(pages::phone).post(pages::turned))
        .route("/phones/{name}/picture", get(pages::picture))
        .route("/numbers/{phone}/picture", get(pages::number_picture))
        .route("/phones/{name}/{phone}", get(pages::chat).post(pages::wrote))
        .route("/media/{id}", get(shows::file::<State>))
        .fallback(calls::call)
        .layer(DefaultBodyLimit::disable())
        .with_state(state)
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        router(self)
    }

    fn classify(&self, method: &Method, path: &str) -> Class {
        match (method.as_str(), steps(path).as_slice()) {
            (_, ["oauth", "access_token"] | ["debug_token"] | [_, "permissions"]) => Class::Token,
            (_, [] | ["dialog", "oauth"] | ["manager"] | ["connect" | "phones" | "numbers" | "media", ..]) => {
                Class::Page
            }
            ("POST", [_, "messages" | "marketing_messages"]) => Class::Publish,
            ("POST", [_, "media" | "uploads"]) => Class::Upload,
            ("POST", [session]) if session.starts_with("upload:") => Class::Upload,
            ("DELETE", _) => Class::Delete,
            _ => Class::Read,
        }
    }

    /// Those who sign in for a business. Their page is the one of all businesses; people with phones sign in nowhere.
    fn accounts(&self) -> Vec<AccountLine> {
        let line = |one: crate::pages::Choice| AccountLine {
            page: self.core.url("/manager"),
            handle: one.handle,
            name: one.name,
        };
        self.people().into_iter().map(line).collect()
    }

    fn act(&self, act: &Act) {
        let now = self.now();
        let mut book = self.book();
        let meant: Vec<String> = match act.account() {
            None => book.admins.keys().cloned().collect(),
            Some(name) => book.by_login(name).map(|admin| admin.id.clone()).into_iter().collect(),
        };
        for admin in &meant {
            book.grants.act(act, Some(admin), now);
        }
        if let Act::RevokeGrants { .. } = act {
            self.tell_of_removal(&meant);
        }
    }

    fn check_own(&self, own: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        let settings = crate::knobs::read_own::<Settings>(own)?;
        let unknown = settings.codes().find(|code| !problem::is_known(*code));
        unknown.map_or(Ok(()), |code| Err(format!("there is no code {code}")))
    }

    fn reset(&self) {
        *self.book.lock().unwrap_or_else(PoisonError::into_inner) = Book::seeded();
    }

    fn snapshot(&self) -> serde_json::Value {
        serde_json::to_value(&*self.book()).unwrap_or_default()
    }
}

impl State {
    /// Everything, as it is now: what was to happen by now has happened.
    fn book(&self) -> MutexGuard<'_, Book> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        delivery::settle(self, &mut book);
        book
    }

    fn now(&self) -> Timestamp {
        self.core.now()
    }

    fn settings(&self) -> Settings {
        self.core.own()
    }

    /// The callback of the app, as when people remove it in their settings.
    fn tell_of_removal(&self, people: &[String]) {
        if let Some(address) = self.settings().deauthorize_url {
            for person in people {
                fetch::call_back(&self.http, &address, PRODUCT, person, self.now());
            }
        }
    }
}
