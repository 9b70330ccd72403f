//! Notices inside the process, by channel.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

/// How many notices a slow listener can be behind before it gets `Lagged` and must read the tables.
const BACKLOG: usize = 1_024;

#[derive(Default)]
pub(crate) struct Hub(Mutex<HashMap<String, broadcast::Sender<String>>>);

impl Hub {
    fn channels(&self) -> MutexGuard<'_, HashMap<String, broadcast::Sender<String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A new listener, and whether it is the channel's first ever.
    pub(crate) fn listen(&self, channel: &str) -> (broadcast::Receiver<String>, bool) {
        let mut channels = self.channels();
        if let Some(sender) = channels.get(channel) {
            return (sender.subscribe(), false);
        }
        let (sender, receiver) = broadcast::channel(BACKLOG);
        channels.insert(channel.to_owned(), sender);
        (receiver, true)
    }

    pub(crate) fn deliver(&self, channel: &str, payload: String) {
        if let Some(sender) = self.channels().get(channel) {
            // There is no listener at the moment.
            let _ = sender.send(payload);
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.channels().keys().cloned().collect()
    }
}
