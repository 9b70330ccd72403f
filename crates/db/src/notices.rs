//! Wake-up calls inside the process: who listens to which channel.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::broadcast;

/// Notices a slow listener may be behind; then it gets `Lagged` and should look for itself.
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
            // No listener at the moment: nobody has to know.
            let _ = sender.send(payload);
        }
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.channels().keys().cloned().collect()
    }
}
