//! Words and seams: the types that every other crate speaks in. No I/O happens here.
//!
//! What is left out on purpose: anything that knows SQL, HTTP or a platform.

pub mod ids;
pub mod page;
pub mod problem;
pub mod random;
pub mod scope;
pub mod secret;
pub mod text;
pub mod time;

pub use ids::Id;
pub use page::{Cursor, Page};
pub use problem::{Code, Problem};
pub use random::{OsRandom, Random};
pub use scope::{Actor, Permission, Permissions, Role, Scope};
pub use secret::Secret;
pub use time::{Clock, SystemClock, TestClock, Timestamp};
