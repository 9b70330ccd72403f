//! What a command can end with: a problem for the client, or a failure of the store.

use base::{Code, Problem, say};

use crate::request::request_id;

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
            Fault::Store(error) => store_failed(&error),
        }
    }
}

/// Something failed that the client cannot know: the cause goes to the log here, once, and never to the client.
pub fn internal(source: &(dyn std::error::Error + 'static)) -> Problem {
    let id = request_id().unwrap_or_default();
    tracing::error!(request_id = %id, error = source, "request {id} failed inside Fanfare");
    Problem::new(Code::Internal, say!("The cause is in the server's log under this request's ID."))
}

/// The problem for a failed read or write. Use it in a feature's `From<…> for Problem`.
pub fn store_failed(error: &db::Error) -> Problem {
    match error {
        db::Error::Refused(problem) => (**problem).clone(),
        db::Error::Busy(_) | db::Error::Serialization { .. } => {
            Problem::new(Code::Unavailable, say!("Too many changes at the same moment; nothing was stored."))
                .retry_after(1)
        }
        db::Error::Full => {
            tracing::error!(error = %error, "the disk is full");
            Problem::new(Code::Unavailable, say!("The server's disk is full; nothing was stored. Tell the operator."))
                .retry_after(60)
        }
        db::Error::Connection(_) => {
            tracing::error!(error = %error, "the database cannot be reached");
            Problem::new(Code::Unavailable, say!("The database cannot be reached; nothing was stored.")).retry_after(5)
        }
        other => internal(other),
    }
}
