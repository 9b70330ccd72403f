//! Limits the open event streams per caller on this node: each holds a connection and two receivers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use base::{Code, Problem, say};

/// The open streams of this process, by reader.
#[derive(Debug, Clone, Default)]
pub struct Streams(Arc<Mutex<HashMap<String, usize>>>);

/// One open stream; dropping it frees its place.
#[derive(Debug)]
pub struct Place {
    streams: Streams,
    whose: String,
}

impl Streams {
    /// Opens a stream for `whose`, who can have `most`.
    ///
    /// # Errors
    /// `rate-limited` if all are in use.
    pub fn take(&self, whose: String, most: usize) -> Result<Place, Problem> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = open.entry(whose.clone()).or_default();
        if *count >= most {
            let detail =
                say!("{most} event streams are open for this person or key on this server. Close one of them.");
            return Err(Problem::new(Code::RateLimited, detail).retry_after(10));
        }
        *count += 1;
        Ok(Place { streams: self.clone(), whose })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(&self.whose) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.whose);
            }
        }
    }
}
