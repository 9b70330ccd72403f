//! Connections that read. Each read sees one snapshot and never waits for the writer.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::Semaphore;

use super::session::Session;
use crate::{Error, Tx, closure, fatal::Fatal, stats::Counters, tx::Engine};

/// Reads at the same time; more of them wait in line.
const READERS: usize = 4;

pub(super) struct Readers {
    path: PathBuf,
    seats: Semaphore,
    idle: Arc<Mutex<Vec<Tx>>>,
    counters: Arc<Counters>,
    fatal: Arc<Fatal>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, counters: Arc<Counters>, fatal: Arc<Fatal>) -> Self {
        Self { path, seats: Semaphore::new(READERS), idle: Arc::default(), counters, fatal }
    }

    pub(super) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let _seat = self.seats.acquire().await.map_err(|_| Error::closed())?;
        let tx = self.take();
        let (idle, fatal) = (Arc::clone(&self.idle), Arc::clone(&self.fatal));
        let (path, counters) = (self.path.clone(), Arc::clone(&self.counters));
        let reading = tokio::task::spawn_blocking(move || {
            let mut tx = match tx {
                Some(tx) => tx,
                None => Tx::new(Engine::Sqlite(Session::open_reader(&path)?), false, counters),
            };
            tx.sqlite()?.control("BEGIN")?;
            let outcome = closure::run(&work, &mut tx);
            if let Some(cause) = &tx.spoiled {
                fatal.watch(cause);
            }
            if end(&mut tx).is_ok() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(tx);
            }
            Ok(outcome)
        });
        match reading.await {
            Ok(Ok(outcome)) => closure::unwrap(outcome),
            Ok(Err(error)) => Err(E::from(error)),
            Err(_) => Err(Error::Other("the reading thread ended early".into()).into()),
        }
    }

    fn take(&self) -> Option<Tx> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }

    pub(super) fn close(&self) {
        self.seats.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// Makes the connection ready for the next read.
fn end(tx: &mut Tx) -> Result<(), Error> {
    tx.spoiled = None;
    tx.sqlite()?.control("ROLLBACK")
}
