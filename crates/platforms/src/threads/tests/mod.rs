//! Tests of the connector: every documented code, the fields of every kind of post, what is refused beforehand, flows against
//! canned answers, and the whole of it against the sandbox's twin of Threads.

mod checks;
mod fields;
mod flows;
mod table;
mod twin;

use base::TestClock;
use connector::Remote;
use serde_json::{Value, json};

use crate::meta::test_world::{Journal, NOW, World, app, draft, file, job, text};

fn world_of(origin: &str) -> World {
    world_at(origin, TestClock::at(NOW))
}

fn world_at(origin: &str, clock: TestClock) -> World {
    World::at(origin, &["api", "web"], json!({ "username": "acme" }), clock)
}

fn remote(id: &str) -> Remote {
    Remote { id: id.into(), url: format!("https://www.threads.net/@acme/post/{id}"), extra: Value::Null }
}
