//! The twin of Bluesky.

use std::sync::Arc;

use axum::{Router, response::Html, routing::get};
use http::Method;

use crate::{AccountLine, Act, Class, Core, Twin, pages};

/// The network's state.
pub struct State {
    core: Arc<Core>,
}

/// Makes the network on its ground.
pub fn twin(core: Arc<Core>) -> Arc<dyn Twin> {
    Arc::new(State { core })
}

/// Its API and human pages.
pub fn router(state: Arc<State>) -> Router {
    Router::new().route("/", get(landing)).with_state(state)
}

async fn landing(axum::extract::State(state): axum::extract::State<Arc<State>>) -> Html<String> {
    pages::landing(&pages::Landing { network: state.core.network.title().into(), ..Default::default() })
}

impl Twin for State {
    fn router(self: Arc<Self>) -> Router {
        router(self)
    }

    fn classify(&self, _method: &Method, _path: &str) -> Class {
        Class::Page
    }

    fn accounts(&self) -> Vec<AccountLine> {
        Vec::new()
    }

    fn act(&self, _act: &Act) {}

    fn reset(&self) {}

    fn snapshot(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}
