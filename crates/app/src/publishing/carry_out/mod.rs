//! Carrying out one publication under the fence of its lane: prepare, arm, send, store what came of it, look up doubt.
//!
//! The order is the promise. `Armed` is durable before the first byte of a visible write leaves, and its
//! compare-and-set fails if anyone edited, moved or cancelled the publication, or took the lane.

mod conclude;
mod handles;
mod look;
mod send;

use std::{sync::Arc, time::Duration};

use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind, Outcome, ProofClass, Publish, Remote, Sent};
use serde_json::Value;

use super::{
    engine::Engine,
    state::State,
    store::{self, Attempt, AttemptEnd, Work},
    turn::Turn,
    verdict::{self, Grant, OnlyWhile, Situation, Verdict},
};
use crate::{
    channels::{Calling, grants},
    fault::Fault,
};

/// How often what follows an accepted part (reply settings) is tried before the part is stored without it.
const SETTLE_TRIES: u32 = 3;
/// How long a look-up, or what follows an accepted part, may take.
const LOOK_MAX: Duration = Duration::from_secs(60);
/// How long a lane continues with the login it has read, before it reads it again.
const LOGIN_BELIEVED: Duration = Duration::from_secs(2);
/// Crashes while a publication was sent, until that is not done by itself any more.
const CRASHES_MAX: u32 = 3;
/// Crashes while a publication was prepared or looked up, until that is not done by itself any more. Neither has an effect, and
/// each of these comes later than the one before, so there may be more of them.
const HARMLESS_CRASHES_MAX: u32 = 10;

/// Carries a publication as far as it goes now: to its end, or to its next time.
pub(super) async fn run(engine: &Engine, turn: &mut Turn, work: Work) -> Result<Next, Fault> {
    Carried { engine, turn, work }.run().await
}

/// What the lane's turn continues with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// With what is behind this publication.
    GoOn,
    /// With nothing: a limit was met, or what is to be sent by now comes before what is still to be looked up.
    EndTurn,
}

/// A publication being carried out: by whom, on whose turn.
struct Carried<'a> {
    engine: &'a Engine,
    turn: &'a mut Turn,
    work: Work,
}

/// How the loop continues.
enum After {
    /// With the next thing.
    Go,
    /// Not in this turn of the lane.
    EndTurn,
    /// Not at all: someone else changed the publication or took the lane.
    Stale,
    /// With new tokens.
    Refresh,
    /// Without this login.
    Dead(Text),
}

impl Carried<'_> {
    async fn run(mut self) -> Result<Next, Fault> {
        let mut expired: Option<i64> = None;
        loop {
            let now = self.now();
            let life = self.work.publication.life;
            let due = self.work.publication.wake_at.is_some_and(|at| at <= now);
            if self.turn.moved_on || !life.state.moves_by_itself() || !due {
                return Ok(Next::GoOn);
            }
            if life.state == State::Armed {
                // The process that armed it is gone: no one will ever hear that answer (R-01, F-01).
                self.doubt_left_behind().await?;
                continue;
            }
            if let Some(verdict) = keeps_from_going_on(&self.work, now) {
                self.conclude(verdict, AttemptEnd::default()).await?;
                continue;
            }
            // A look may have shown that it is to be sent, on a channel that may not send yet.
            let may_send = self.turn.lane.sends_from.is_none_or(|from| from <= now);
            if life.state == State::Scheduled && (!may_send || self.engine.app.memory.room.is_full()) {
                return Ok(Next::EndTurn);
            }
            let opened = match self.usable_grant().await? {
                Ok(opened) => opened,
                Err(failure) => {
                    self.without_login(failure).await?;
                    continue;
                }
            };
            let version = opened.version;
            let after = match life.state {
                State::Scheduled => self.send_part(&opened).await?,
                _ => self.look(&opened).await?,
            };
            match after {
                After::Go => {}
                After::EndTurn => return Ok(Next::EndTurn),
                After::Stale => {
                    // It may be the login that changed.
                    self.turn.login = None;
                    return Ok(Next::GoOn);
                }
                After::Refresh => match expired.replace(version) {
                    // Refused with two different tokens: it is the login that is broken.
                    Some(before) if before != version => {
                        let why = say!("The platform refuses this channel's login although it was just renewed.");
                        self.login_died(&opened, &why).await?;
                        return Ok(Next::GoOn);
                    }
                    Some(_) => return Ok(Next::GoOn),
                    None => {
                        let workspace = self.work.publication.workspace;
                        let channel = self.work.publication.channel;
                        match grants::renew(&self.engine.app, workspace, channel, &opened).await {
                            Ok(opened) => {
                                self.turn.login = Some((now, opened));
                                self.work.publication.wake_at = Some(now);
                            }
                            // It stays scheduled for a little later; meanwhile the refresh is tried again by its own loop.
                            Err(_) => return Ok(Next::GoOn),
                        }
                    }
                },
                After::Dead(why) => self.login_died(&opened, &why).await?,
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.engine.app.clock.now()
    }

    async fn login_died(&mut self, opened: &grants::Opened, why: &Text) -> Result<(), Fault> {
        self.turn.login = None;
        let p = &self.work.publication;
        grants::refused(&self.engine.app, p.workspace, opened, why, p.channel).await
    }

    /// The channel's login: the one of this turn while it is young, else that of this moment. What is sent is sure of it in
    /// any case: nothing can be armed with a login that has changed or ended since.
    async fn usable_grant(&mut self) -> Result<Result<Arc<grants::Opened>, Failure>, Fault> {
        let (app, now) = (&self.engine.app, self.now());
        let (workspace, channel) = (self.work.publication.workspace, self.work.publication.channel);
        let known = self.turn.login.take().filter(|(read_at, _)| now.since(*read_at) < LOGIN_BELIEVED);
        let (read_at, opened) = match known {
            Some(known) => known,
            None => match grants::open_for_channel(app, workspace, channel).await? {
                Ok(opened) => (now, opened),
                Err(failure) => return Ok(Err(failure)),
            },
        };
        let fresh = grants::fresh(app, workspace, opened).await;
        self.turn.login = fresh.as_ref().ok().map(|opened| (read_at, opened.clone()));
        Ok(fresh)
    }

    /// There is no login to send or look with.
    async fn without_login(&mut self, failure: Failure) -> Result<(), Fault> {
        let situation = self.situation();
        let verdict = match self.work.publication.life.state {
            State::Scheduled => {
                let only_while = (failure.kind == FailureKind::ReconnectNeeded).then_some(OnlyWhile::LoggedOut);
                Verdict { only_while, ..verdict::after_prepare(failure, &situation) }
            }
            state => verdict::after_look(Err(failure), &situation, state == State::Processing),
        };
        self.conclude(verdict, AttemptEnd::default()).await?;
        Ok(())
    }

    /// Stores a verdict and says how the loop continues.
    async fn follow(&mut self, verdict: Verdict, end: AttemptEnd) -> Result<After, Fault> {
        let (grant, ends_turn) = (verdict.grant, verdict.ends_turn());
        let why = verdict.detail.clone().unwrap_or_else(|| Text::verbatim(""));
        let late = verdict.sent.clone().zip(end.id);
        if !self.conclude(verdict, end).await? {
            if let Some((sent, attempt)) = late {
                self.late_answer(attempt, &sent).await?;
            }
            return Ok(After::Stale);
        }
        Ok(match grant {
            Grant::Refresh => After::Refresh,
            Grant::Dead => After::Dead(why),
            Grant::Fine if ends_turn => After::EndTurn,
            Grant::Fine => After::Go,
        })
    }

    async fn attempts(&self) -> Result<Vec<Attempt>, Fault> {
        let id = self.work.publication.id;
        Ok(self.engine.app.db.read(async move |tx| store::attempts_of(tx, id).await).await?)
    }

    fn calling(&self, opened: &grants::Opened) -> Calling {
        let facts = serde_json::from_str(&self.work.facts).unwrap_or(Value::Null);
        let calling = Calling::new(&self.engine.app, &self.work.platform, opened.app.clone(), opened.tokens.clone());
        calling.about(&self.work.account_id, facts)
    }

    /// What follows a part that is there. It is repeatable, and it comes before the outcome is stored: after a crash the
    /// look-up confirms the part and comes through here again.
    async fn settle(
        publish: &dyn Publish,
        calling: &Calling,
        ready: &connector::Prepared,
        sent: Option<&Sent>,
    ) -> Option<Failure> {
        let sent = sent?;
        let mut failed = None;
        for _ in 0..SETTLE_TRIES {
            match tokio::time::timeout(LOOK_MAX / SETTLE_TRIES, publish.settle(&calling.call(), ready, sent)).await {
                Ok(Ok(())) => return None,
                Ok(Err(failure)) => failed = Some(failure),
                Err(_) => {
                    let detail = say!("The post's reply settings took too long to set.");
                    failed = Some(Failure::unknown(FailureKind::Unavailable, detail));
                }
            }
        }
        failed
    }

    /// Before there is an attempt.
    fn situation(&self) -> Situation {
        let (now, p) = (self.now(), &self.work.publication);
        Situation {
            now,
            proof: ProofClass::Person,
            armed_at: now,
            deadline: now,
            timeout: Duration::ZERO,
            repeats: false,
            tries: p.life.tries,
            doubts: p.life.doubts,
            looks: p.life.looks,
            jitter: self.engine.app.random.below(1_000_000),
            may_send: p.crashes < CRASHES_MAX,
            parent_live_at: None,
            rest_due_at: (p.life.part > 0).then_some(p.due_at),
        }
    }

    /// About an attempt: what counts is the first of its name that may have been applied.
    fn situation_of(&self, attempts: &[Attempt], attempt: &Attempt) -> Situation {
        let mut same = attempts.iter().filter(|one| {
            let doubtful = matches!(one.outcome.as_deref(), None | Some("repeated" | "absent"));
            one.position == attempt.position && one.op_id == attempt.op_id && doubtful
        });
        Situation {
            proof: attempt.prepared.proof,
            armed_at: same.next().map_or(attempt.armed_at, |first| first.armed_at),
            deadline: attempt.deadline,
            timeout: attempt.deadline.since(attempt.armed_at),
            repeats: same.next().is_some(),
            ..self.situation()
        }
    }
}

/// Whether a publication must not go on now, whatever the platform says.
fn keeps_from_going_on(work: &Work, now: Timestamp) -> Option<Verdict> {
    let p = &work.publication;
    if p.life.state != State::Scheduled {
        let detail = say!(
            "Fanfare stopped {look_crashes} times while checking whether this is live. Check it yourself.",
            look_crashes = p.look_crashes
        );
        return (p.look_crashes >= HARMLESS_CRASHES_MAX).then(|| Verdict::ask(now, detail));
    }
    if p.crashes >= CRASHES_MAX {
        let detail = say!(
            "Fanfare stopped {crashes} times while publishing this, so it doesn't try again automatically. Publish it again, or leave it.",
            crashes = p.crashes
        );
        return Some(Verdict::blocked(now, "poison", detail));
    }
    if p.prepare_crashes >= HARMLESS_CRASHES_MAX {
        let detail = say!(
            "Fanfare stopped {crashes} times while preparing this, so it doesn't try again automatically. Its files may be the \
             reason. Replace them, or publish it again.",
            crashes = p.prepare_crashes
        );
        return Some(Verdict::blocked(now, "poison", detail));
    }
    if work.channel_state == "paused" {
        return Some(Verdict::paused(now, work.paused_reason.as_deref().map_or(say!("no reason given"), Text::from)));
    }
    if p.life.part == 0 && now > p.due_at + verdict::LATE_AFTER {
        let detail = say!(
            "It was due on {due_at} and could not be published within an hour. Publish it now, or leave it.",
            due_at = p.due_at
        );
        return Some(Verdict::too_late(now, detail));
    }
    None
}

/// What the parts before this one became.
fn earlier(attempts: &[Attempt], part: u32) -> Vec<Remote> {
    attempts.iter().filter(|a| a.position < part).filter_map(|a| a.remote.clone()).collect()
}

fn unknown_platform(id: &str) -> Text {
    say!("This installation no longer has the platform `{id}`.")
}

fn store_failure(error: &db::Error) -> Failure {
    tracing::error!(error = %error, "the journal could not be written or read");
    Failure::new(
        Outcome::NotSent,
        FailureKind::Unavailable,
        say!("Fanfare's own database did not answer. It tries again."),
    )
}
