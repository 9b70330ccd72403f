//! The one thread that writes, and the door to it.
//!
//! Writes that wait are taken together, then one commit makes them all durable, then all are answered. So the cost of
//! reaching the disk is shared, but success is only reported once a power cut can't undo it. A write that fails is undone
//! alone: the group then runs again, each write in its own savepoint. Savepoints copy every page
//! before it changes, so a group does without until it needs them.

use std::{
    sync::{Arc, Mutex, PoisonError, atomic::Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, oneshot};

use super::{errors, session::Session};
use crate::{
    Error, Tx,
    closure::{self, Outcome},
    fatal::Fatal,
    notices::Hub,
    stats::Counters,
    tx::Engine,
};

/// Writes that may wait; callers beyond that wait to wait.
const MAX_WAITING: usize = 4_096;
/// Writes that share a commit, at most.
const MAX_GROUP: usize = 512;
/// After this much work a group is committed even if more writes wait.
const MAX_GROUP_TIME: Duration = Duration::from_millis(5);
/// A closure that holds the writer for longer is reported.
const SLOW_WRITE: Duration = Duration::from_millis(100);
/// How many groups use savepoints from the start after a write failed, because more failures are likely.
const WARY_GROUPS: u32 = 32;
/// Pages (of 4 KiB) in the log after which it is copied into the database.
const CHECKPOINT_PAGES: i32 = 2_000;

pub(super) struct Writer {
    queue: mpsc::Sender<Message>,
    thread: Mutex<Option<thread::JoinHandle<()>>>,
}

enum Message {
    Write(Box<dyn Job>),
    Alone(Alone),
    Close,
}

/// Work on the bare connection, outside of any transaction.
pub(super) type Alone = Box<dyn FnOnce(&mut Session) + Send>;

/// A write whose types are hidden.
trait Job: Send {
    /// Whether the caller still waits.
    fn wanted(&self) -> bool;
    /// Runs the closure; true when its work is to be kept.
    fn run(&mut self, tx: &mut Tx) -> bool;
    /// Tells the caller; `Err` when the commit failed.
    fn answer(self: Box<Self>, commit: Result<(), Error>);
}

struct Work<T, E, F> {
    work: F,
    outcome: Option<Outcome<T, E>>,
    reply: oneshot::Sender<Outcome<T, E>>,
}

impl<T, E, F> Job for Work<T, E, F>
where
    F: AsyncFn(&mut Tx) -> Result<T, E> + Send + 'static,
    T: Send + 'static,
    E: From<Error> + Send + 'static,
{
    fn wanted(&self) -> bool {
        !self.reply.is_closed()
    }

    fn run(&mut self, tx: &mut Tx) -> bool {
        let outcome = closure::run(&self.work, tx);
        let keep = matches!(outcome, Ok(Ok(_)));
        self.outcome = Some(outcome);
        keep
    }

    fn answer(self: Box<Self>, commit: Result<(), Error>) {
        let outcome = match (commit, self.outcome) {
            (Ok(()), Some(outcome)) => outcome,
            // A closure that failed keeps its own error.
            (Err(_), Some(own @ (Err(_) | Ok(Err(_))))) => own,
            (Err(error), _) => Ok(Err(E::from(error))),
            (Ok(()), None) => Ok(Err(E::from(Error::Other("the write was never run".into())))),
        };
        // A caller that went away needs no answer.
        let _ = self.reply.send(outcome);
    }
}

impl Writer {
    pub(super) fn start(
        session: Session,
        counters: Arc<Counters>,
        hub: Arc<Hub>,
        fatal: Arc<Fatal>,
    ) -> Result<Self, Error> {
        let (queue, waiting) = mpsc::channel(MAX_WAITING);
        let tx = Tx::new(Engine::Sqlite(session), true, Arc::clone(&counters));
        let desk =
            Desk { tx, waiting, done: Vec::new(), wary: 0, counters, hub, fatal, checkpoint_at: CHECKPOINT_PAGES };
        let thread = thread::Builder::new().name("db-writer".into()).spawn(move || desk.serve());
        let thread = thread.map_err(|why| Error::Other(format!("no thread for the writer: {why}")))?;
        Ok(Self { queue, thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: AsyncFn(&mut Tx) -> Result<T, E> + Send + Sync + 'static,
        T: Send + 'static,
        E: From<Error> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let job = Box::new(Work { work, outcome: None, reply });
        self.queue.send(Message::Write(job)).await.map_err(|_| Error::closed())?;
        closure::unwrap(answer.await.map_err(|_| Error::closed())?)
    }

    pub(super) async fn alone(&self, work: Alone) -> Result<(), Error> {
        self.queue.send(Message::Alone(work)).await.map_err(|_| Error::closed())
    }

    /// Lets the writes that wait finish, then ends the thread.
    pub(super) async fn close(&self) {
        // If the writer has already stopped, there is nothing to send.
        let _ = self.queue.send(Message::Close).await;
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A panic of the writer was reported where it happened.
            let _ = tokio::task::spawn_blocking(move || thread.join()).await;
        }
    }
}

/// The writer's side.
struct Desk {
    tx: Tx,
    waiting: mpsc::Receiver<Message>,
    /// The writes of this group, and whether their work is kept.
    done: Vec<(Box<dyn Job>, bool)>,
    /// Groups left that use savepoints from their beginning.
    wary: u32,
    counters: Arc<Counters>,
    hub: Arc<Hub>,
    fatal: Arc<Fatal>,
    /// Pages in the log at which the next copy is due.
    checkpoint_at: i32,
}

impl Desk {
    fn serve(mut self) {
        let mut next = self.waiting.blocking_recv();
        while let Some(message) = next.take() {
            match message {
                Message::Write(job) => next = self.group(job),
                Message::Alone(work) => self.alone(work),
                Message::Close => self.waiting.close(),
            }
            if next.is_none() {
                next = self.waiting.blocking_recv();
            }
        }
        // Leaves one plain file behind. If that fails the log stays, which is just as safe.
        let _ = self.session().map(|session| session.batch("PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE)"));
    }

    fn session(&mut self) -> Result<&mut Session, Error> {
        self.tx.sqlite()
    }

    fn alone(&mut self, work: Alone) {
        if let Ok(session) = self.session() {
            work(session);
        }
    }

    /// Runs `first` and the writes behind it with one commit. Returns the first message that isn't a write.
    fn group(&mut self, first: Box<dyn Job>) -> Option<Message> {
        if let Some(cause) = self.fatal.cause() {
            first.answer(Err(cause));
            return None;
        }
        if let Err(error) = self.control("BEGIN IMMEDIATE") {
            return self.refuse(first, &error);
        }
        let (lost, other) = self.run_all(first);
        let commit = match lost {
            Some(error) => Err(error),
            None => self.commit(),
        };
        self.finish(commit);
        self.checkpoint();
        other
    }

    /// Answers all waiting callers now, instead of letting each of them try and time out.
    fn refuse(&mut self, first: Box<dyn Job>, error: &Error) -> Option<Message> {
        first.answer(Err(error.clone()));
        for _ in 1..MAX_GROUP {
            match self.waiting.try_recv() {
                Ok(Message::Write(job)) => job.answer(Err(error.clone())),
                Ok(other) => return Some(other),
                Err(_) => break,
            }
        }
        None
    }

    /// Runs what waits, up to the limits. An error means that the whole transaction is gone.
    fn run_all(&mut self, first: Box<dyn Job>) -> (Option<Error>, Option<Message>) {
        let started = Instant::now();
        let mut job = first;
        let mut wary = self.wary > 0;
        self.wary = self.wary.saturating_sub(1);
        loop {
            let ran = match wary {
                true => self.run_one(job),
                false => self.run_bare(job).and_then(|whole| match whole {
                    true => Ok(()),
                    false => {
                        wary = true;
                        self.again_with_savepoints()
                    }
                }),
            };
            if let Err(error) = ran {
                return (Some(error), None);
            }
            if self.done.len() >= MAX_GROUP || started.elapsed() >= MAX_GROUP_TIME {
                return (None, None);
            }
            job = match self.waiting.try_recv() {
                Ok(Message::Write(next)) => next,
                Ok(other) => return (None, Some(other)),
                Err(_) => return (None, None),
            };
        }
    }

    /// Runs one without a savepoint; `false` means that it failed and that the group has to run again.
    fn run_bare(&mut self, job: Box<dyn Job>) -> Result<bool, Error> {
        if !job.wanted() {
            return Ok(true);
        }
        self.run(job)
    }

    /// Undoes the group after its last write failed, and reruns the others, each in its own savepoint.
    fn again_with_savepoints(&mut self) -> Result<(), Error> {
        self.wary = WARY_GROUPS;
        self.tx.notices.clear();
        self.control("ROLLBACK")?;
        let mut ran = self.control("BEGIN IMMEDIATE");
        for (job, kept) in std::mem::take(&mut self.done) {
            // The one that failed has its answer. Should this break off, the others still get theirs.
            if kept && ran.is_ok() {
                ran = self.run_one(job);
            } else {
                self.done.push((job, false));
            }
        }
        ran
    }

    fn run_one(&mut self, job: Box<dyn Job>) -> Result<(), Error> {
        if !job.wanted() {
            return Ok(());
        }
        let notices = self.tx.notices.len();
        if let Err(error) = self.control("SAVEPOINT one") {
            self.done.push((job, false));
            return Err(error);
        }
        if !self.run(job)? {
            self.tx.notices.truncate(notices);
            self.control("ROLLBACK TO one")?;
        }
        self.control("RELEASE one")
    }

    /// Runs one and says whether its work is to be kept. An error means that the whole transaction is gone.
    fn run(&mut self, mut job: Box<dyn Job>) -> Result<bool, Error> {
        let started = Instant::now();
        let keep = job.run(&mut self.tx);
        if started.elapsed() > SLOW_WRITE {
            tracing::warn!(held_ms = started.elapsed().as_millis(), "a write held the writer for long");
        }
        let cause = self.tx.spoiled.take();
        self.done.push((job, keep));
        if let Some(error @ Error::Fatal(_)) = &cause {
            self.fatal.watch(error);
            return Err(error.clone());
        }
        if self.session()?.conn.is_autocommit() {
            // The engine gave up the whole transaction, as it does when the disk is full.
            return Err(cause.unwrap_or_else(|| Error::Other("the engine ended the transaction by itself".into())));
        }
        Ok(keep)
    }

    /// Commits; on failure nothing of the group is left in the connection.
    fn commit(&mut self) -> Result<(), Error> {
        let kept = self.done.iter().filter(|(_, keep)| *keep).count();
        let committed = self.control("COMMIT");
        if committed.is_ok() {
            self.counters.committed(kept as u64);
        }
        committed
    }

    fn finish(&mut self, commit: Result<(), Error>) {
        if commit.is_err() {
            self.roll_back();
        }
        if matches!(commit, Err(Error::ForeignKey)) && self.done.len() > 1 {
            return self.one_by_one();
        }
        self.answer(commit);
    }

    /// A rule that is checked at commit was broken by someone. Each gets a transaction of its own, so that only the
    /// one who broke it fails; closures may run again.
    fn one_by_one(&mut self) {
        self.tx.notices.clear();
        for (job, _) in std::mem::take(&mut self.done) {
            let begun = self.control("BEGIN IMMEDIATE");
            let ran = begun.and_then(|()| self.run_one(job)).and_then(|()| self.commit());
            if ran.is_err() {
                self.roll_back();
            }
            self.answer(ran);
        }
    }

    fn answer(&mut self, commit: Result<(), Error>) {
        let notices = std::mem::take(&mut self.tx.notices);
        for (job, _) in self.done.drain(..) {
            job.answer(commit.clone());
        }
        if commit.is_ok() {
            for (channel, payload) in notices {
                self.hub.deliver(&channel, payload);
            }
        }
    }

    fn roll_back(&mut self) {
        if self.session().is_ok_and(|session| !session.conn.is_autocommit()) {
            // If even this fails, the connection is unusable, and `control` has reported why.
            let _ = self.control("ROLLBACK");
        }
    }

    /// Runs one of the writer's own statements; a failing disk is noticed here.
    fn control(&mut self, sql: &str) -> Result<(), Error> {
        let outcome = self.session().and_then(|session| session.control(sql));
        if let Err(error) = &outcome {
            self.fatal.watch(error);
        }
        outcome
    }

    /// Copies the log into the database when it is long. Done here and not by SQLite, which would keep quiet about
    /// a failed sync.
    fn checkpoint(&mut self) {
        let Ok(session) = self.tx.sqlite() else { return };
        let pages = session.wal_pages.load(Relaxed);
        if pages < CHECKPOINT_PAGES {
            // Everything was copied and the log restarted.
            self.checkpoint_at = CHECKPOINT_PAGES;
        }
        if pages < self.checkpoint_at {
            return;
        }
        let copied = session.conn.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()));
        // A reader may keep the log from starting anew; then wait for as many pages again, not try at every commit.
        self.checkpoint_at = pages.saturating_add(CHECKPOINT_PAGES);
        if let Err(raw) = copied {
            let error = errors::on_run(raw);
            tracing::warn!(%error, "the log could not be copied into the database");
            self.fatal.watch(&error);
        }
    }
}
