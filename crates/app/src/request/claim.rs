//! The claim of an `Idempotency-Key`: the right to have the effect of one request, once.
//!
//! The claim (who, key, fingerprint of the request) is stored before the route runs. A command takes [`claim`] and calls
//! [`Claim::effected`] in the transaction of its effect, so that effect and mark are stored together or not at all. The answer is
//! kept afterwards. While the route runs its lease is renewed, however long it takes.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::http::StatusCode;
use base::{Code, Problem, Timestamp, ids::WorkspaceId, say};
use db::{Error, Row, Tx};

use super::store;
use crate::{App, fault::store_failed};

/// How long an answer is kept: a day, and an hour for clients whose clocks differ.
pub const KEPT: Duration = Duration::from_secs(25 * 3_600);
/// How long a claim without a mark is believed to be worked on, unless it is renewed: as long as a request waits whose first
/// one died with its process. Short is safe: a first one that lives on after all can't commit.
pub const LEASE: Duration = Duration::from_secs(15);

/// The right to have the effect of one request. Without an `Idempotency-Key` it is empty and does nothing.
#[derive(Debug, Clone, Default)]
pub struct Claim(Option<Arc<Held>>);

#[derive(Debug)]
pub(super) struct Held {
    pub actor: String,
    pub key: String,
    pub token: String,
    marked: AtomicBool,
    body: Arc<OnceLock<[u8; 32]>>,
}

impl Held {
    /// The digest of a body that was read as a stream, once it was read to its end.
    pub fn digest(&self) -> Option<Vec<u8>> {
        self.body.get().map(|digest| digest.to_vec())
    }
}

/// What identifies the request.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who.
    pub actor: String,
    /// A digest of the key.
    pub key: String,
    /// Where.
    pub workspace: Option<WorkspaceId>,
    /// A digest of all that is known before the route runs.
    pub fingerprint: [u8; 32],
}

/// What there is already for a key.
#[derive(Debug)]
pub enum Found {
    /// Nothing: it is claimed now.
    Ours(Claim),
    /// An answer.
    Answer {
        /// As it was sealed.
        sealed: Vec<u8>,
        /// The digest of a body that was read as a stream.
        body: Option<Vec<u8>>,
        /// Where the first request was. One without a header means the caller's only workspace, and it may have made a second.
        workspace: Option<WorkspaceId>,
    },
    /// An effect without an answer: the path of what was made, the status, and whether its request may still be answered.
    Made {
        /// Where to read it.
        path: String,
        /// The status of the lost answer.
        status: u16,
        /// As in [`Found::Answer`].
        body: Option<Vec<u8>>,
        /// As in [`Found::Answer`].
        workspace: Option<WorkspaceId>,
        /// Whether the request is perhaps being answered right now.
        running: bool,
    },
}

/// The claim of the current request. Take it before `db.write` and move a clone into the closure, which runs elsewhere.
pub fn claim() -> Claim {
    super::current().map(|current| current.claim.clone()).unwrap_or_default()
}

impl Claim {
    fn new(actor: &str, key: &str, token: &str) -> Self {
        let (actor, key, token) = (actor.to_owned(), key.to_owned(), token.to_owned());
        Self(Some(Arc::new(Held { actor, key, token, marked: AtomicBool::new(false), body: Arc::default() })))
    }

    /// A claim that may have been lost by now.
    #[cfg(test)]
    pub(crate) fn of(actor: &str, key: &str, token: &str) -> Self {
        Self::new(actor, key, token)
    }

    /// Where the digest of a body goes that is read as a stream.
    pub fn body_digest(&self) -> Arc<OnceLock<[u8; 32]>> {
        self.0.as_ref().map(|held| held.body.clone()).unwrap_or_default()
    }

    /// Whether an effect was marked, or there is nothing to mark.
    pub fn is_marked(&self) -> bool {
        self.0.as_ref().is_none_or(|held| held.marked.load(Relaxed))
    }

    /// Marks the claim in the transaction of its effect. `made` is the path of what was made (or changed): a `GET` of
    /// it is what a second request is answered with, should the answer itself be lost.
    ///
    /// # Errors
    /// [`Error::Busy`] if another request holds the claim by now; the transaction must not be committed.
    pub async fn effected(&self, tx: &mut Tx, status: StatusCode, made: &str) -> Result<(), Error> {
        let Some(held) = &self.0 else { return Ok(()) };
        held.marked.store(true, Relaxed);
        match store::effected(tx, held, status.as_u16(), made).await? {
            true => Ok(()),
            false => Err(Error::Busy("another request with this Idempotency-Key took over".to_owned())),
        }
    }
}

impl Claim {
    /// Marks an effect whose answer cannot be read again: it held something that is shown once. Should the answer be lost
    /// with the process, a second request is refused and has no effect.
    ///
    /// # Errors
    /// As [`Claim::effected`].
    pub async fn effected_once(&self, tx: &mut Tx) -> Result<(), Error> {
        self.effected(tx, StatusCode::CONFLICT, "").await
    }
}

impl Claim {
    /// Marks an effect elsewhere that is about to leave. Should its answer be lost, with the process or without, it is not known
    /// whether it happened: a second request is told so, and has no effect.
    ///
    /// # Errors
    /// As [`Claim::effected`].
    pub async fn effect_leaves(&self, tx: &mut Tx) -> Result<(), Error> {
        self.effected(tx, LEFT, "").await
    }

    /// Takes a mark back that was set before the effect: there was none, for certain. The key is free for another request then.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn took_back(&self, tx: &mut Tx) -> Result<(), Error> {
        let Some(held) = &self.0 else { return Ok(()) };
        held.marked.store(false, Relaxed);
        store::took_back(tx, held).await
    }
}

/// The status of what left and was not answered.
const LEFT: StatusCode = StatusCode::BAD_GATEWAY;

/// The refusal of a request that was carried out, or may have been, and whose answer was lost.
pub(crate) fn answer_lost(status: u16) -> Problem {
    if status == LEFT.as_u16() {
        let detail = say!(
            "It is not known what the platform did with the earlier request with this key. Look there first. To send it once more, use a new Idempotency-Key."
        );
        return Problem::new(Code::OutcomeUnknown, detail);
    }
    let detail = say!(
        "The earlier request with this key was carried out, but its answer was lost when the server stopped. Check the result. To do it once more, send a new Idempotency-Key."
    );
    Problem::new(Code::Conflict, detail)
}

/// Claims the key, or says what there is.
///
/// # Errors
/// `idempotency-key-reused` for another request with this key, `idempotency-key-in-use` while the first one runs.
pub async fn take(app: &App, asked: &Asked) -> Result<Found, Problem> {
    let token = base::random::token::<16>(&*app.random);
    let now = app.clock.now();
    let (wanted, mine) = (asked.clone(), token.clone());
    let row = app
        .db
        .unguarded()
        .write(async move |tx| {
            if store::claim(tx, &wanted, &mine, now).await? {
                return Ok(None);
            }
            let gone = || Error::Busy("the earlier request with this Idempotency-Key just ended".to_owned());
            store::find(tx, &wanted.actor, &wanted.key).await?.ok_or_else(gone).map(Some)
        })
        .await
        .map_err(|error: Error| store_failed(&error))?;
    match row {
        None => Ok(Found::Ours(Claim::new(&asked.actor, &asked.key, &token))),
        Some(row) => found(&row, asked, now),
    }
}

/// What there is for a key that was claimed before.
///
/// # Errors
/// As [`take`].
pub async fn look(app: &App, asked: &Asked) -> Result<Found, Problem> {
    let (actor, key) = (asked.actor.clone(), asked.key.clone());
    let row = app.read(async move |tx| store::find(tx, &actor, &key).await?.ok_or(Error::NotFound)).await?;
    found(&row, asked, app.clock.now())
}

fn found(row: &Row, asked: &Asked, now: Timestamp) -> Result<Found, Problem> {
    let broken = |error: Error| store_failed(&error);
    if row.bytes("fingerprint").map_err(broken)? != asked.fingerprint {
        return Err(reused());
    }
    let body = row.opt_bytes("body_digest").map_err(broken)?;
    let workspace = row.opt_id("workspace_id").map_err(broken)?;
    if let Some(answer) = row.opt_bytes("answer").map_err(broken)? {
        return Ok(Found::Answer { sealed: answer, body, workspace });
    }
    match row.opt_text("made").map_err(broken)? {
        Some(path) => {
            let status = u16::try_from(row.int("made_status").map_err(broken)?).unwrap_or(200);
            let running = row.timestamp("lease_until").map_err(broken)? > now;
            Ok(Found::Made { path, status, body, workspace, running })
        }
        None => {
            let left = row.timestamp("lease_until").map_err(broken)?.since(now);
            let seconds = left.as_secs() + 1;
            let detail = say!(
                "The earlier request with this key has not been answered yet. Send this one again in {seconds} s: it then gets that answer, or is carried out itself if the server stopped meanwhile."
            );
            Err(Problem::new(Code::KeyInUse, detail).retry_after(seconds))
        }
    }
}

/// The refusal of another request with the same key.
pub(crate) fn reused() -> Problem {
    Problem::new(
        Code::KeyReused,
        say!("The earlier request with this key had another method, address, workspace or body."),
    )
}

/// Says that the request is still being worked on.
///
/// # Errors
/// Those of the database.
pub async fn renew(app: &App, claim: &Claim) -> Result<(), Error> {
    let Some(held) = claim.0.clone() else { return Ok(()) };
    let until = app.clock.now() + LEASE;
    app.db.unguarded().write(async move |tx| store::renew(tx, &held, until).await).await
}

/// Keeps the sealed answer.
///
/// # Errors
/// Those of the database.
pub async fn finish(app: &App, claim: &Claim, sealed: Vec<u8>) -> Result<(), Error> {
    let Some(held) = claim.0.clone() else { return Ok(()) };
    app.db.unguarded().write(async move |tx| store::answered(tx, &held, &sealed).await).await
}

/// Frees the key of a request that had no effect.
///
/// # Errors
/// Those of the database.
pub async fn free(app: &App, claim: &Claim) -> Result<(), Error> {
    let Some(held) = claim.0.clone() else { return Ok(()) };
    app.db.unguarded().write(async move |tx| store::free(tx, &held).await).await
}

/// Forgets the answers that requests of this workspace were given: they may hold data of an account that has them erased. A
/// request that comes again has no second effect; it is answered with what is there now.
///
/// # Errors
/// Those of the database.
pub async fn forget_answers(tx: &mut Tx, workspace: WorkspaceId) -> Result<(), Error> {
    store::forget_answers(tx, workspace).await
}

/// Forgets what is older than a day; gives the number of rows. For the retention job.
///
/// # Errors
/// Those of the database.
pub async fn sweep(tx: &mut Tx, now: Timestamp, limit: u32) -> Result<u64, Error> {
    store::sweep(tx, now, limit).await
}
