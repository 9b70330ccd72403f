//! The embedded engine: one thread that writes, a few connections that read.

mod errors;
mod lock;
mod readers;
mod session;
mod writer;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use rusqlite::Connection;
use tokio::sync::oneshot;

pub(crate) use session::{Durability, Session};

use self::{lock::InstanceLock, readers::Readers, writer::Writer};
use crate::{Error, Tx, fatal::Fatal, notices::Hub, stats::Counters};

/// A SQLite file and everything that works on it.
pub(crate) struct Sqlite {
    path: PathBuf,
    writer: Writer,
    readers: Readers,
    lock: InstanceLock,
    pub(crate) hub: Arc<Hub>,
    /// The folder of a database "in memory"; goes with the handle.
    _folder: Option<tempfile::TempDir>,
}

impl Sqlite {
    /// Opens `:memory:` or a file; missing folders are made.
    pub(crate) fn open(place: &str, counters: &Arc<Counters>, fatal: &Arc<Fatal>) -> Result<Self, Error> {
        if place != ":memory:" {
            let path = PathBuf::from(place);
            make_folder(&path)?;
            return Self::open_file(path, Durability::Full, None, counters, fatal);
        }
        // Readers and the writer are separate connections, so even this one is a file.
        let folder = tempfile::Builder::new().prefix("fanfare-").tempdir();
        let folder = folder.map_err(|why| Error::Connection(format!("no folder for a temporary database: {why}")))?;
        Self::open_file(folder.path().join("memory.db"), Durability::None, Some(folder), counters, fatal)
    }

    fn open_file(
        path: PathBuf,
        durability: Durability,
        folder: Option<tempfile::TempDir>,
        counters: &Arc<Counters>,
        fatal: &Arc<Fatal>,
    ) -> Result<Self, Error> {
        let hub = Arc::new(Hub::default());
        let session = Session::open_writer(&path, durability)?;
        let writer = Writer::start(session, Arc::clone(counters), Arc::clone(&hub), Arc::clone(fatal))?;
        let readers = Readers::new(path.clone(), Arc::clone(counters), Arc::clone(fatal));
        Ok(Self { lock: InstanceLock::beside(&path), path, writer, readers, hub, _folder: folder })
    }

    pub(crate) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.writer.write(work).await
    }

    pub(crate) async fn read<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// Lends the writing connection, outside of any transaction.
    pub(crate) async fn alone<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (reply, answer) = oneshot::channel();
        let work = move |session: &mut Session| {
            let outcome = work(&mut session.conn);
            session.forget();
            // A caller that went away needs no answer.
            let _ = reply.send(outcome);
        };
        self.writer.alone(Box::new(work)).await?;
        answer.await.map_err(|_| Error::closed())?
    }

    /// `PRAGMA quick_check`: every page is read once, so it takes as long as reading the file. Writes go on meanwhile.
    pub(crate) async fn check(&self) -> Result<(), Error> {
        let found = self.aside(|session| {
            let mut statement = session.conn.prepare("PRAGMA quick_check(10)").map_err(errors::on_run)?;
            let lines = statement.query_map([], |row| row.get::<_, String>(0)).map_err(errors::on_run)?;
            lines.collect::<Result<Vec<_>, _>>().map_err(errors::on_run)
        });
        match found.await?.as_slice() {
            [only] if only == "ok" => Ok(()),
            problems => Err(Error::Fatal(format!(
                "{} is damaged: {}; restore the last backup",
                self.path.display(),
                problems.join("; ")
            ))),
        }
    }

    /// `VACUUM INTO`: one snapshot, without the free pages.
    pub(crate) async fn copy_to(&self, target: &Path) -> Result<(), Error> {
        if target.exists() {
            return Err(Error::misuse(format!("{} exists already; a copy needs a new file", target.display())));
        }
        let target = target.to_owned();
        self.aside(move |session| {
            session.batch("PRAGMA query_only = OFF")?;
            let name = target.to_string_lossy().into_owned();
            session.conn.execute("VACUUM INTO ?1", [name]).map_err(errors::on_run)?;
            let synced = std::fs::File::open(&target).and_then(|file| file.sync_all());
            synced.map_err(|why| Error::Other(format!("the copy {} is not on the disk: {why}", target.display())))
        })
        .await
    }

    /// Runs `work` on a connection of its own, beside everything else.
    async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let path = self.path.clone();
        let working = tokio::task::spawn_blocking(move || work(&mut Session::open_reader(&path)?));
        working.await.map_err(|_| Error::Other("the thread beside the writer ended early".into()))?
    }

    pub(crate) fn lock_instance(&self) -> Result<(), Error> {
        self.lock.take()
    }

    pub(crate) async fn close(&self) {
        self.readers.close();
        self.writer.close().await;
        self.lock.release();
    }

    /// The file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

fn make_folder(path: &Path) -> Result<(), Error> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    std::fs::create_dir_all(folder)
        .map_err(|why| Error::Connection(format!("the folder {} cannot be made: {why}", folder.display())))
}
