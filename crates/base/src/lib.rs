//! The types that all other crates share. No I/O, and nothing about SQL, HTTP or platforms.

// `say!` names this crate by its name.
extern crate self as base;

pub mod ids;
pub mod page;
pub mod problem;
pub mod random;
pub mod scope;
pub mod secret;
pub mod text;
pub mod time;
pub mod words;

pub use ids::Id;
pub use page::{Cursor, Page};
pub use problem::{Code, Problem};
pub use random::{OsRandom, Random};
pub use scope::{Actor, Permission, Permissions, Role, Scope};
pub use secret::Secret;
pub use time::{Clock, SystemClock, TestClock, Timestamp};
pub use words::{Text, say};
