//! The twin of Telegram: the Bot API 10.1 as a program that publishes uses it, and BotFather as a page.
//!
//! Here: `getMe`, `getChat`, `getChatMember`, text with entities, photos, films, animations, documents, albums and polls, by
//! upload, by address and by file id, editing and deletion with its 48 hours, rights of bots, groups that become supergroups,
//! limits with `retry_after`. Left out: markup in texts (`parse_mode`), updates, buttons, everything about members.
//!
//! The words of refusals are those of the open source server (tdlib/telegram-bot-api). Where the twin has words of its own, it
//! says so beside them.

mod calls;
mod messages;
mod model;
mod pages;
mod refusal;
mod sending;
pub mod settings;
mod shapes;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    routing::{any, get, post},
};
use base::Timestamp;
use http::Method;
use serde_json::json;

use crate::{About, AccountLine, Act, Class, Core, Platform, Shows as _, Twin, meta::fetch, shows};
use model::Town;
use settings::Settings;

/// The token of the bot that is there from the start.
pub const TOKEN: &str = "7000000001:AAEsandboxsandboxsandboxsandbox0001";

/// What it is.
pub const ABOUT: About = About {
    id: "telegram",
    title: "Telegram",
    port: 4009,
    make: twin,
    rough: &[("restart_one_in", 20), ("slow_one_in", 20), ("slow_ms", 3_000)],
    platforms: &[Platform {
        id: "telegram",
        app: &[],
        endpoints: &["api", "web"],
        account: "harbour_news",
        enters: |_, account| {
            // A chat without a name is known by its id, which is negative.
            let at = if account.starts_with('-') { "" } else { "@" };
            json!({ "token": TOKEN, "chat": format!("{at}{account}") })
        },
    }],
};

/// The network's state.
pub struct State {
    core: Arc<Core>,
    town: Mutex<Town>,
    http: reqwest::Client,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let town = core.kept().unwrap_or_else(Town::seeded);
    Arc::new(State { core, town: Mutex::new(town), http: fetch::client() })
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        Router::new()
            .route("/botfather", get(pages::botfather))
            .route("/botfather/bots", post(pages::make_bot))
            .route("/botfather/chats", post(pages::make_chat))
            .route("/botfather/rights", post(pages::give_right))
            .route("/botfather/upgrade", post(pages::upgrade))
            .route("/c/{number}/{id}", get(pages::private))
            .route("/{first}/{second}", any(calls::call))
            .merge(shows::router())
            .layer(DefaultBodyLimit::disable())
            .with_state(self)
    }

    fn classify(&self, _method: &Method, path: &str) -> Class {
        let method = path.strip_prefix("/bot").and_then(|rest| rest.split_once('/'));
        let Some((_, method)) = method.filter(|(token, _)| token.contains(':')) else { return Class::Page };
        match method.to_lowercase() {
            method if method.starts_with("send") || method.starts_with("edit") => Class::Publish,
            method if method.starts_with("delete") => Class::Delete,
            _ => Class::Read,
        }
    }

    fn accounts(&self) -> Vec<AccountLine> {
        self.lines()
    }

    /// A bot's token has no end of its own. Whoever made the bot can get another, which ends the one before.
    fn act(&self, act: &Act) {
        if let Act::RevokeGrants { account } = act {
            self.town().renew_tokens(account.as_deref(), &*self.core.random);
        }
    }

    fn check_own(&self, own: &serde_json::Map<String, serde_json::Value>) -> Result<(), String> {
        crate::knobs::read_own::<Settings>(own).map(drop)
    }

    fn reset(&self) {
        *self.town() = Town::seeded();
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

    /// Whether something that hits one call in so many hits this one.
    fn hits(&self, one_in: u64) -> bool {
        one_in > 0 && self.core.random.below(one_in) == 0
    }
}
