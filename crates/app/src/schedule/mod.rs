//! When something is published: local times and zones, weekly queue slots, recurrence. All of it pure.
//!
//! Left out: what is published (`posts`) and carrying it out (`publishing`).

mod recurrence;
mod slots;
pub mod times;

pub use recurrence::{Every, Occurrence, Repeat, Rule};
pub use slots::{Place, Slot, next_free};
