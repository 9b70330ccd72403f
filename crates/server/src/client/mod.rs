//! The command line as a client: it talks to the API with an API key, like any other program.
//!
//! | command | in |
//! |---|---|
//! | every command and its arguments | `commands.rs` |
//! | `login`, `logout`, `whoami`, the stored key | `login.rs` |
//! | requests, problems | `api.rs` |
//! | `channels`, `connect` | `channels.rs` |
//! | `post`, `validate`, `posts`, `show`, `edit`, `schedule`, `delete` | `posts.rs`, its files in `media.rs` |
//! | `explain`, `decide`, `unschedule`, `metrics` | `publications.rs` |
//! | `events` | `events.rs` |

mod api;
pub mod channels;
pub mod commands;
mod events;
pub mod login;
mod media;
mod posts;
mod publications;

use serde_json::Value;

pub use api::{Api, Told};
pub use commands::ClientCommand;

/// How a command prints its result.
#[derive(Debug, Clone, Copy)]
pub struct Way {
    /// Whether to print the API's JSON.
    pub json: bool,
}

impl Way {
    /// Prints the JSON, or what `words` prints for it.
    fn tell(self, value: &Value, words: impl FnOnce(&Value)) {
        if self.json { crate::say::out(format_args!("{value:#}")) } else { words(value) }
    }
}

/// A text member, or an empty text.
fn text<'v>(value: &'v Value, name: &str) -> &'v str {
    value[name].as_str().unwrap_or_default()
}

/// The items of a list, however it is wrapped.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().or_else(|| value["items"].as_array()).into_iter().flatten()
}
