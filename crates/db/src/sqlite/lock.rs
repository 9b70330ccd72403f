//! One process per SQLite file: two would each believe that they alone hold the leases (F-19).

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use crate::Error;

/// A lock on a file beside the database. The operating system drops it with the process, however that ends.
pub(super) struct InstanceLock {
    path: PathBuf,
    held: Mutex<Option<File>>,
}

impl InstanceLock {
    pub(super) fn beside(database: &Path) -> Self {
        let mut name = database.as_os_str().to_owned();
        name.push(".lock");
        Self { path: name.into(), held: Mutex::new(None) }
    }

    /// Takes the lock; taking it again with the same handle is fine.
    pub(super) fn take(&self) -> Result<(), Error> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if held.is_some() {
            return Ok(());
        }
        let shown = self.path.display();
        let file = File::options().create(true).truncate(false).write(true).open(&self.path);
        let file = file.map_err(|why| Error::Connection(format!("{shown} cannot be opened: {why}")))?;
        match file.try_lock() {
            Ok(()) => *held = Some(file),
            Err(TryLockError::WouldBlock) => {
                return Err(Error::Busy(format!(
                    "another Fanfare process works on this database (it holds {shown}); stop it first, or use \
                     PostgreSQL to run several"
                )));
            }
            Err(TryLockError::Error(why)) => return Err(Error::Connection(format!("{shown} cannot be locked: {why}"))),
        }
        Ok(())
    }

    pub(super) fn release(&self) {
        *self.held.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}
