//! What an installation promises people about their data, and whether the software keeps it.
//!
//! A [`Profile`] says what the operator decides: who is responsible, ages, purposes, processors, periods. [`Facts`] say what
//! the software does; the caller gathers them from the code itself. Both together give the [`Policy`], the record of
//! processing and the processor register, and [`check`] finds where they contradict each other. [`checklist`] says which
//! promises of the model policies behind the presets are kept, and which are not and why.

mod check;
pub mod checklist;
mod document;
mod facts;
mod policy;
mod profile;
mod record;
mod security;
#[cfg(test)]
mod tests;

pub use check::{Difference, check};
pub use document::{Block, Document, Said, SaidClause, SaidSection};
pub use facts::{Ability, Basis, Category, Class, Cookie, Facts, Platform, Recipient, Rule, Subject};
pub use policy::{Policy, Withheld};
pub use profile::{
    AGE_MIN, ANSWER_DAYS_MAX, Ages, Controller, Field, Preset, Processor, Profile, Promised, Rights, Role, Safeguard,
    Transfers, differences,
};
pub use record::{Activity, activities, cookies, processors, record};
pub use security::security_txt;

/// Loads the Dutch sentences of this crate. A second time does nothing.
pub fn add_dutch() {
    base::words::add_dutch(include_str!("nl.json"));
}
