//! The twin of Facebook for pages: login, Graph API `v26.0` and the hosts for films, as a publisher uses them.
//!
//! Here: consent with pages to choose from (by scopes, and by the configuration of Facebook Login for Business), short and
//! long tokens, pages with tokens of their own, posts of every kind (text, card, pictures, films, reels, stories) with
//! drafts and times, comments, moderation, reading, insights, quotas and usage headers, webhooks with their handshake, the
//! callbacks for a removed app, faults; and the accounts at Instagram that are linked to pages, whose objects are on the same
//! graph. They are other accounts than those that the twin of Instagram has. Left out: messages, batches, places, ads. Login, API and the hosts for films have one
//! origin, where the network has four.
//!
//! Facts without a source beside them are documented at developers.facebook.com. Where people met something else than what
//! is documented, the twin does what they met, and the project that met it is named.

mod accounts;
mod auth;
mod calls;
mod comments;
mod events;
mod insights;
mod linked;
mod model;
mod pages;
mod photos;
mod posts;
pub mod problem;
mod reading;
pub mod settings;
mod shapes;
#[cfg(test)]
mod tests;
mod videos;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{Router, extract::DefaultBodyLimit, routing::get};
use base::Timestamp;
use http::Method;

use crate::{
    About, AccountLine, Act, Class, Core, Platform, Shows as _, Twin,
    instagram::{self, Nodes, model::Gallery},
    meta::{
        app::{self, Product},
        fetch,
    },
    networks::nothing,
    oauth,
    pages::Choice,
    shows,
};
use model::Book;
use settings::Settings;

/// What the app shows itself by.
pub const PRODUCT: Product = app::FACEBOOK;
/// The configuration of Facebook Login for Business.
pub const CONFIG_ID: &str = "736251490083317";
/// The one for accounts at Instagram.
pub const INSTAGRAM_CONFIG_ID: &str = "736251490083318";

/// What it is.
pub const ABOUT: About = About {
    id: "facebook",
    title: "Facebook",
    port: 4006,
    make: twin,
    rough: &[
        ("lost_answer_one_in", 15),
        ("proof_one_in", 20),
        ("cut_upload_one_in", 4),
        ("slow_one_in", 15),
        ("slow_ms", 3_000),
    ],
    platforms: &[
        Platform {
            id: "facebook",
            app: &[("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret), ("config_id", CONFIG_ID)],
            endpoints: &["graph", "www", "video"],
            account: "lena",
            enters: nothing,
        },
        Platform {
            id: "instagram_pages",
            app: &[("client_id", PRODUCT.id), ("client_secret", PRODUCT.secret), ("config_id", INSTAGRAM_CONFIG_ID)],
            endpoints: &["graph", "dialog", "www"],
            // Of Instagram, the demo's channel is the one with the other login.
            account: "",
            enters: nothing,
        },
    ],
};

/// The network's state.
pub struct State {
    core: Arc<Core>,
    book: Mutex<Book>,
    /// What is at Instagram, behind the pages.
    linked: Arc<Nodes>,
    http: reqwest::Client,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let mut book: Book = core.kept().unwrap_or_else(Book::seeded);
    let linked = Nodes::new(core.clone(), PRODUCT, book.linked.take(), |core| core.own::<Settings>().instagram);
    Arc::new(State { core, book: Mutex::new(book), linked: Arc::new(linked), http: fetch::client() })
}

fn router(state: Arc<State>) -> Router {
    let (dialog, token) =
        (get(oauth::ask::<State>).post(oauth::answer::<State>), get(oauth::token::<State>).post(oauth::token::<State>));
    Router::new()
        .route("/dialog/oauth", dialog.clone())
        .route("/{version}/dialog/oauth", dialog)
        .route("/oauth/access_token", token.clone())
        .route("/{version}/oauth/access_token", token)
        .route("/visit", get(pages::visit).post(pages::visited))
        .route("/pages/{name}/picture", get(pages::picture))
        .merge(shows::router())
        .fallback(calls::call)
        .layer(DefaultBodyLimit::disable())
        .with_state(state.clone())
        .merge(instagram::pages::router(state.linked.clone()))
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        router(self)
    }

    fn classify(&self, method: &Method, path: &str) -> Class {
        let path = calls::steps(path);
        match (method.as_str(), path.as_slice()) {
            (_, ["oauth", "access_token"] | ["debug_token"] | [_, "permissions", ..]) => Class::Token,
            (_, [] | ["dialog", "oauth"] | ["visit"] | ["media" | "pages", ..]) => Class::Page,
            (_, ["file" | "p" | "reel", _] | ["stories", _, _]) => Class::Page,
            (_, [first, ..]) if first.starts_with('@') => Class::Page,
            // The container of a post at Instagram.
            ("POST", [_, "media"]) => Class::Upload,
            // A picture is mostly sent ahead of its post, unseen.
            ("POST", ["video-upload", ..] | [_, "photos" | "thumbnails" | "captions"]) => Class::Upload,
            ("POST", [_, "subscriptions" | "subscribed_apps"]) => Class::Read,
            ("POST", _) => Class::Publish,
            ("DELETE", _) => Class::Delete,
            _ => Class::Read,
        }
    }

    /// Those who have one page. The others have to choose.
    fn accounts(&self) -> Vec<AccountLine> {
        let people = self.people();
        let several = |one: &Choice| one.targets.len() > 1;
        let book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let page_of = |person: &str| book.by_login(person).and_then(|person| book.pages_of(&person.id).next());
        let line = |one: Choice| AccountLine {
            page: self.core.url(&format!("/pages/{}", page_of(&one.value).map_or("", |page| &page.username))),
            handle: one.handle,
            name: one.name,
        };
        people.into_iter().filter(|one| !several(one)).map(line).collect()
    }

    fn act(&self, act: &Act) {
        let now = self.now();
        let mut book = self.book();
        // A person, or all who manage the page that is named.
        let meant: Vec<String> = match act.account() {
            None => book.people.keys().cloned().collect(),
            Some(name) => match book.by_login(name) {
                Some(person) => vec![person.id.clone()],
                None => book.page(name).map(|page| page.roles.keys().cloned().collect()).unwrap_or_default(),
            },
        };
        for person in &meant {
            book.grants.act(act, Some(person), now);
        }
        if let Act::RevokeGrants { .. } = act {
            self.tell_of_removal(&meant);
        }
    }

    fn check_own(&self, own: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        let settings = crate::knobs::read_own::<Settings>(own)?;
        let words = settings.refuse.values().chain(settings.refuse_after.values());
        let unknown = words.into_iter().find(|word| problem::named(word).is_none());
        unknown.map_or(Ok(()), |word| Err(format!("there is no refusal \u{201c}{word}\u{201d}")))?;
        settings.instagram.check()
    }

    fn reset(&self) {
        *self.book() = Book::seeded();
        *self.linked.gallery() = Gallery::seeded();
    }

    fn snapshot(&self) -> serde_json::Value {
        let mut book = self.book().clone();
        book.linked = Some(self.linked.gallery().clone());
        serde_json::to_value(book).unwrap_or_default()
    }
}

impl State {
    /// Everything, as it is now: what was to go live by now is live.
    fn book(&self) -> MutexGuard<'_, Book> {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        posts::settle(self, &mut book);
        book
    }

    fn now(&self) -> Timestamp {
        self.core.now()
    }

    fn settings(&self) -> Settings {
        self.core.own()
    }

    /// The callbacks of the app, as when people remove it in their settings.
    fn tell_of_removal(&self, people: &[String]) {
        let settings = self.settings();
        for address in [settings.deauthorize_url, settings.deletion_url].into_iter().flatten() {
            for person in people {
                fetch::call_back(&self.http, &address, PRODUCT, person, self.now());
            }
        }
    }
}
