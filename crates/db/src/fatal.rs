//! Fatal errors: after a storage failure nothing is written until the process restarts.

use std::sync::{Mutex, OnceLock, PoisonError};

use crate::Error;

type Hook = Box<dyn Fn(&Error) + Send + Sync>;

#[derive(Default)]
pub(crate) struct Fatal {
    cause: OnceLock<Error>,
    hooks: Mutex<Vec<Hook>>,
}

impl Fatal {
    pub(crate) fn cause(&self) -> Option<Error> {
        self.cause.get().cloned()
    }

    pub(crate) fn hook(&self, hook: Hook) {
        match self.cause.get() {
            Some(cause) => hook(cause),
            None => self.hooks.lock().unwrap_or_else(PoisonError::into_inner).push(hook),
        }
    }

    /// Records the first fatal error and calls the hooks. Other errors pass through.
    pub(crate) fn watch(&self, error: &Error) {
        if matches!(error, Error::Fatal(_)) && self.cause.set(error.clone()).is_ok() {
            tracing::error!(%error, "the database's storage failed");
            for hook in self.hooks.lock().unwrap_or_else(PoisonError::into_inner).iter() {
                hook(error);
            }
        }
    }
}
