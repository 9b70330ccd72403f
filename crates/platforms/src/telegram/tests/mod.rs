//! Tests of the connector: what is refused beforehand, the fields of every kind of message, every documented refusal, and the
//! whole of it against the sandbox's twin of Telegram.

mod checks;
mod fields;
mod table;
mod twin;

use serde_json::json;

use crate::meta::test_world::{Journal, NOW, World, draft, file, job, text};
