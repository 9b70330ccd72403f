//! What a command can end with: a problem for the client, or a failure of the store.

use base::Problem;

/// A command's error. A store failure is told to the log, not to the client.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// For the client.
    #[error(transparent)]
    Problem(#[from] Problem),
    /// For the log.
    #[error(transparent)]
    Store(#[from] db::Error),
}

impl From<Fault> for Problem {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Problem(problem) => problem,
            Fault::Store(error) => crate::http::store_failed(&error),
        }
    }
}
