//! Twin networks: one strict server per platform, so that people and tests can publish without an account anywhere.
//!
//! Each twin speaks its network's API as the reference documents it and refuses, in the network's own error shape, what
//! the reference does not allow. Every network has its own origin on 127.0.0.1; one more origin, `control`, shows what
//! there is and lets a test in another process read the [`Ledger`] of visible writes and turn the [`Knobs`].
//!
//! What is left out on purpose: any type or line that a connector uses. Both sides are written from the reference, so
//! that a slip in one shows against the other.
//!
//! How a network is built (see `mastodon` for a small example): a module owns its state struct, is made from an
//! [`Arc<Core>`](Core) (clock, random, ledger, knobs, origin, blobs), and hands back an [`Arc<dyn Twin>`](Twin). It says
//! what it is in an [`About`], and stands in the list of [`networks`].

pub mod blobs;
pub mod bluesky;
mod control;
pub mod core;
pub mod facebook;
mod faults;
pub mod growth;
pub mod instagram;
pub mod knobs;
pub mod ledger;
pub mod limits;
pub mod linkedin;
pub mod mastodon;
pub mod meta;
pub mod networks;
#[cfg(test)]
mod noticeboard;
pub mod oauth;
pub mod pages;
pub mod portraits;
pub mod processing;
mod server;
pub mod shows;
pub mod sniff;
pub mod telegram;
#[cfg(test)]
mod test_kit;
#[cfg(test)]
mod tests;
pub mod threads;
pub mod traffic;
pub mod twin;
pub mod whatsapp;
pub mod x;

pub use crate::core::{Core, Options};
pub use knobs::{Fault, Knobs, Rule, When};
pub use ledger::{Action, Entry, Ledger, NewEntry};
pub use networks::{About, Network, Platform, Ports};
pub use server::{Running, Sandbox};
pub use shows::Shows;
pub use traffic::{Exchange, Traffic};
pub use twin::{AccountLine, Act, Class, RequestDigest, Twin};
