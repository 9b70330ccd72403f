//! The database as features hold it. What is written while a request is answered is written only if the caller may still do what
//! they were let in for: the check runs in the same transaction, so no one can be removed in between. Jobs have no caller.

use std::{
    ops::Deref,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use base::Clock;
use db::{Db, Tx};

use super::{current, standing::Lock};

/// A database whose writes look at who asks for them. Everything else is [`Db`]'s.
#[derive(Clone)]
pub struct Guarded {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl Guarded {
    /// This database, with the time by which sessions and keys end.
    pub fn new(db: Db, clock: Arc<dyn Clock>) -> Self {
        Self { db, clock }
    }

    /// The database itself, for what is stored about a request and is not its effect: claims, throttles, refusals.
    pub fn unguarded(&self) -> &Db {
        &self.db
    }

    /// [`Db::write`], after the caller's rights were found to hold in the same transaction.
    ///
    /// # Errors
    /// Those of [`Db::write`]; [`db::Error::Refused`] when the caller lost a right since the request began.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<db::Error> + Send + 'static,
    {
        let Some(current) = current() else { return self.db.write(work).await };
        let (standing, now) = (current.standing.clone(), self.clock.now());
        let done = self
            .db
            .write(async move |tx| {
                standing.verify(tx, now, Lock::UntilCommit).await?;
                work(tx).await
            })
            .await;
        if done.is_ok() {
            current.wrote.store(true, Relaxed);
        }
        done
    }
}

impl Deref for Guarded {
    type Target = Db;

    fn deref(&self) -> &Db {
        &self.db
    }
}
