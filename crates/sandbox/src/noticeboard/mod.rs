//! The twin of Notice Board: accounts with tokens, and their notices.
//!
//! Template only: this network exists nowhere. `cargo xtask new-platform` copies the folder under another name. It is compiled and
//! Template only: tested like a twin, so that the copy works. Lines like this one are left out of it.
//!
//! To fill in: which documents it is written from, in which version, and what of the network is left out.

mod calls;
mod model;
mod pages;
pub mod settings;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::{
    Router,
    routing::{get, patch},
};
use http::Method;
use serde_json::{Map, Value, json};

use crate::{About, AccountLine, Act, Class, Core, Platform, Shows as _, Twin, knobs, shows};
use model::Board;
use settings::Settings;

/// What it is.
pub const ABOUT: About = About {
    id: "noticeboard",
    title: "Notice Board",
    port: 4099,
    make: twin,
    // To fill in: what happens there now and then, for the crash tests; see `settings.rs`.
    rough: &[("down_one_in", 20)],
    platforms: &[Platform {
        id: "noticeboard",
        app: &[],
        endpoints: &["api", "web"],
        account: "lena",
        enters: |_, account| json!({ "token": model::token(account) }),
    }],
};

/// The network's state.
pub struct State {
    core: Arc<Core>,
    board: Mutex<Board>,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    let board = core.kept().unwrap_or_else(Board::seeded);
    Arc::new(State { core, board: Mutex::new(board) })
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        // To fill in: every address of the API that a program that publishes calls, and refusals for what it may not do.
        Router::new()
            .route("/me", get(calls::me))
            .route("/notices", get(calls::list).post(calls::put_up))
            .route("/notices/{id}", patch(calls::change).delete(calls::take_down).get(calls::one))
            .merge(shows::router())
            .with_state(self)
    }

    fn classify(&self, method: &Method, path: &str) -> Class {
        match (method.as_str(), path.starts_with("/notices")) {
            ("POST" | "PATCH", true) => Class::Publish,
            ("DELETE", true) => Class::Delete,
            (_, true) => Class::Read,
            _ if path == "/me" => Class::Read,
            _ => Class::Page,
        }
    }

    fn accounts(&self) -> Vec<AccountLine> {
        self.lines()
    }

    fn act(&self, act: &Act) {
        if let Act::RevokeGrants { .. } = act {
            self.board().revoke(act.account());
        }
    }

    fn check_own(&self, own: &Map<String, Value>) -> Result<(), String> {
        knobs::read_own::<Settings>(own).map(drop)
    }

    fn reset(&self) {
        *self.board() = Board::seeded();
    }

    fn snapshot(&self) -> Value {
        json!(*self.board())
    }
}

impl State {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
