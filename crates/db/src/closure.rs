//! Runs a closure on its own thread. It may await only its transaction, so one poll must finish it.

use std::{
    any::Any,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

use crate::{Error, Tx};

/// What a closure came to: its answer, or the panic it died of.
pub(crate) type Outcome<T, E> = Result<Result<T, E>, Box<dyn Any + Send>>;

/// Runs `work` within `tx`. A closure that awaits anything else gets an error.
pub(crate) fn run<T, E, F>(work: &F, tx: &mut Tx) -> Outcome<T, E>
where
    F: AsyncFn(&mut Tx) -> Result<T, E>,
    E: From<Error>,
{
    // A panic's partial work is rolled back with the transaction; `tx` itself has no invariant across it.
    let ended = catch_unwind(AssertUnwindSafe(|| {
        let future = pin!(work(tx));
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer,
            Poll::Pending => Err(Error::awaited().into()),
        }
    }));
    ended.map(|answer| tx.verdict(answer))
}

/// Returns the closure's result to its caller, or resumes its panic there.
pub(crate) fn unwrap<T, E>(outcome: Outcome<T, E>) -> Result<T, E> {
    outcome.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}
