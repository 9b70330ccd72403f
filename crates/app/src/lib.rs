//! The product, one folder per feature. A feature's door is its `mod.rs`; its `store.rs` holds the only SQL for its
//! tables, its `http.rs` the only routes and public shapes. No feature here can name a platform: it asks a connector
//! what it can do, never who it is.

pub mod api;
mod app;
pub mod audit;
pub mod channels;
pub mod comments;
pub mod crash;
pub mod events;
pub mod fault;
pub mod hooks;
pub mod http;
pub mod insights;
pub mod keys;
pub mod media;
pub mod ops;
pub mod people;
pub mod posts;
pub mod privacy;
pub mod publishing;
pub mod request;
pub mod revision;
pub mod schedule;
pub mod secrets;
pub mod testing;
pub mod turns;
pub mod workspaces;

pub use app::{App, Memory, Parts, SessionTimes, Settings};
