//! What happens to a channel, told to what waits on it.
//!
//! Channels know nothing of what is published on them. A feature that keeps something waiting on a channel is told here, in the
//! transaction in which it happens, through [`crate::Parts::waiting`].

use base::{Timestamp, ids::ChannelId};
use db::Tx;
use futures::future::BoxFuture;

/// What happened to a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// Its account has a new login.
    Reconnected,
    /// Its pause is over.
    Resumed,
    /// An operator has entered its platform's app anew.
    AppEntered,
    /// It was disconnected.
    Ended,
}

/// Hears what happens to a channel.
pub type Waiting = for<'t> fn(&'t mut Tx, ChannelId, Fate, Timestamp) -> BoxFuture<'t, Result<(), db::Error>>;
