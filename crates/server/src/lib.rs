//! The binary: settings, wiring, sub-commands. The only crate that may depend on all others.
//!
//! | looking for | look in |
//! |---|---|
//! | every sub-command and its arguments | `cli.rs` |
//! | every setting, and the only reading of the environment | `settings.rs` |
//! | how the parts are connected | `wiring.rs`, `keys.rs` |
//! | listening, stopping | `serve.rs`, `front.rs` |
//! | background jobs | `jobs.rs` |
//! | pages, health, metrics, documents that platforms fetch | `web/` |
//! | the demo | `demo/` |
//! | the command line as a client of the API | `client/` |

mod backup;
mod cli;
mod client;
mod console;
mod demo;
mod doctor;
mod front;
mod jobs;
mod keys;
mod logs;
mod say;
mod seat;
mod serve;
mod settings;
mod trust;
mod web;
mod wiring;

pub use cli::main;
pub use demo::{Consent, Newcomer, NewcomerError, allowed, played};
