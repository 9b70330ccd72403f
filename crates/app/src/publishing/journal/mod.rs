//! What lanes make durable on their way (arms, outcomes, what is in hand, giving back), written for many lanes together.
//!
//! A lane hands in a record and waits for its answer. A lane that finds no writer becomes one; what comes in
//! meanwhile is the next batch, and a batch is one transaction. Each record is a compare-and-set of its own: one that does
//! not hold stores nothing and harms no one, and if the database refuses a batch, each of its records is written alone.
//!
//! So a burst pays for a commit, a round trip and a workspace's event number once per batch; a lone post is written as soon
//! as it comes.

mod store;

use std::{
    ops::Range,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use base::{Timestamp, ids::PublicationId};
use db::{Db, Error, Value};
use tokio::sync::oneshot;

pub(super) use store::{Arming, Pace};

use crate::{App, events, ops};

/// Records in one transaction, at most.
const BATCH_MAX: usize = 512;
/// Batches on their way at the same time: while one waits for the disk, the next is read.
const WRITERS: usize = 1;
/// How often a record is tried again that a full disk refused, beside the first time after room was made …
const TRIES_ON_A_FULL_DISK: u32 = 10;
/// … and the pause before each.
const PAUSE_ON_A_FULL_DISK: Duration = Duration::from_millis(500);

/// The door.
pub(super) struct Journal {
    app: App,
    desk: Arc<Desk>,
}

/// What one lane wants to be durable: the arguments of each statement, where it has any.
#[derive(Debug, Default)]
pub(super) struct Record {
    while_paused: Option<Vec<Value>>,
    while_logged_out: Option<Vec<Value>>,
    hold: Option<Vec<Value>>,
    arm: Option<Vec<Value>>,
    repeated: Option<Vec<Value>>,
    attempt: Option<Vec<Value>>,
    stand: Option<Vec<Value>>,
    end: Option<Vec<Value>>,
    pace: Option<Vec<Value>>,
    pace_app: Option<Vec<Value>>,
    forget: Option<Vec<Value>>,
    line: Option<Vec<Value>>,
    take: Option<Vec<Value>>,
    give_back: Option<Vec<Value>>,
    /// For the world.
    pub(super) event: Option<events::New>,
}

/// What becomes of the lane when a record holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Then {
    /// It continues with what it has in hand.
    Stay,
    /// It takes this in hand.
    Take(PublicationId),
    /// It is free for others.
    GiveBack,
}

/// What came of a record.
#[derive(Debug, Clone, Copy)]
pub(super) struct Written {
    /// Whether its compare-and-set held; if not, nothing of it is stored.
    pub(super) held: bool,
    /// When the next lane wakes, if lanes were given back.
    pub(super) next_wake: Option<Timestamp>,
}

struct Entry {
    record: Record,
    reply: oneshot::Sender<Answer>,
}

#[derive(Default)]
struct Desk(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    entries: Vec<Entry>,
    writers: usize,
}

impl Desk {
    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Journal {
    /// A journal in the installation's database.
    pub(super) fn new(app: App) -> Self {
        Self { app, desk: Arc::default() }
    }

    /// Makes a record durable.
    ///
    /// # Errors
    /// Those of the database; nothing of the record is stored then, or only reading tells (see [`Db::write`]).
    pub(super) async fn write(&self, record: Record) -> Answer {
        let (reply, answer) = oneshot::channel();
        if self.put(Entry { record, reply }) {
            tokio::spawn(serve(self.app.clone(), Writer(Some(self.desk.clone()))));
        }
        answer.await.unwrap_or_else(|_| Err(Error::Other("the journal's writer ended early".into())))
    }

    /// Whether one more writer is needed.
    fn put(&self, entry: Entry) -> bool {
        let mut waiting = self.desk.lock();
        waiting.entries.push(entry);
        let needed = waiting.writers < WRITERS;
        waiting.writers += usize::from(needed);
        needed
    }
}

/// A writer's place at the desk.
struct Writer(Option<Arc<Desk>>);

impl Writer {
    /// The next batch. With none, the place is given up under the same lock: the next lane starts a new writer.
    fn next(&mut self) -> Option<Vec<Entry>> {
        let desk = self.0.take()?;
        let mut waiting = desk.lock();
        // Who does not wait any more (its process is dying) wants nothing written.
        waiting.entries.retain(|entry| !entry.reply.is_closed());
        if waiting.entries.is_empty() {
            waiting.writers -= 1;
            return None;
        }
        let count = waiting.entries.len().min(BATCH_MAX);
        let batch = waiting.entries.drain(..count).collect();
        drop(waiting);
        self.0 = Some(desk);
        Some(batch)
    }
}

/// A writer that panicked tells everyone who waits.
impl Drop for Writer {
    fn drop(&mut self) {
        if let Some(desk) = self.0.take() {
            let mut waiting = desk.lock();
            waiting.writers -= 1;
            waiting.entries.clear();
        }
    }
}

async fn serve(app: App, mut writer: Writer) {
    while let Some(batch) = writer.next() {
        let (records, replies): (Vec<_>, Vec<_>) = batch.into_iter().map(|entry| (entry.record, entry.reply)).unzip();
        let answers = write(&app, records).await;
        for (reply, answer) in replies.into_iter().zip(answers) {
            // A caller that went away needs no answer.
            let _ = reply.send(answer);
        }
    }
}

type Answer = Result<Written, Error>;

/// On a full disk the reserve is given up for what became of posts; nothing is armed then.
async fn write(app: &App, records: Vec<Record>) -> Vec<Answer> {
    let (db, records): (&Db, Arc<[Record]>) = (app.db.unguarded(), records.into());
    let mut answers = write_all(db, &records).await;
    for tried in 0..=TRIES_ON_A_FULL_DISK {
        let refused = answers.iter().zip(&*records).enumerate();
        let refused =
            refused.filter(|(_, (answer, record))| matches!(answer, Err(Error::Full)) && record.arm.is_none());
        let places: Vec<usize> = refused.map(|(place, _)| place).collect();
        if places.is_empty() {
            break;
        }
        match tried {
            0 => ops::give_up(app).await,
            // Some file systems give room back a little later than the file is gone.
            _ => tokio::time::sleep(PAUSE_ON_A_FULL_DISK).await,
        }
        for place in places {
            answers[place] = write_some(db, &records, place..place + 1).await.map(|written| written[0]);
        }
    }
    answers
}

async fn write_all(db: &Db, records: &Arc<[Record]>) -> Vec<Answer> {
    let all = 0..records.len();
    match write_some(db, records, all.clone()).await {
        Ok(answers) => answers.into_iter().map(Ok).collect(),
        // Alone they would fare no better, or may be stored already.
        Err(error @ (Error::CommitUnknown(_) | Error::Fatal(_) | Error::Connection(_) | Error::Full)) => {
            all.map(|_| Err(error.clone())).collect()
        }
        Err(error) if records.len() == 1 => vec![Err(error)],
        Err(_) => {
            let mut answers = Vec::with_capacity(records.len());
            for place in all {
                let alone = write_some(db, records, place..place + 1).await;
                answers.extend(alone.map_or_else(|error| vec![Err(error)], |some| some.into_iter().map(Ok).collect()));
            }
            answers
        }
    }
}

async fn write_some(db: &Db, records: &Arc<[Record]>, some: Range<usize>) -> Result<Vec<Written>, Error> {
    let records = records.clone();
    let (held, next_wake) = db.write(async move |tx| store::write(tx, &records[some.clone()]).await).await?;
    Ok(held.into_iter().map(|held| Written { held, next_wake }).collect())
}
