//! Storing what happened, together with everything that follows from it: one record of the journal.

use base::{Text, Timestamp};
use connector::{Exchange, FailureKind};

use super::{
    super::{
        journal::{Pace, Record, Then},
        state::{Event, Life, State, step},
        store::{self, AttemptEnd, Lane, Line, Standing, Work},
        turn::Turn,
        verdict::{self, Grant, Verdict},
        words,
    },
    Carried,
};
use crate::{events, fault::Fault};

impl Carried<'_> {
    /// Stores what happened: the publication's standing, the attempt's end, the channel's pace, the event for the world, and,
    /// if this ends the publication's turn, what becomes of the lane. `false`: the publication no longer stood where we
    /// thought.
    pub(super) async fn conclude(&mut self, verdict: Verdict, end: AttemptEnd) -> Result<bool, Fault> {
        let work = &mut self.work;
        let from = work.publication.life;
        let to = step(from, verdict.event).map_err(|illegal| Fault::Store(db::Error::Misuse(illegal.to_string())))?;
        let now = self.engine.app.clock.now();
        let (pace, then) = (pace_after(&self.turn.lane, &verdict, now), then(self.turn, &verdict, to, now));
        let app_from = verdict.app_sends_from;
        let refused = verdict.attempt.is_some();
        let detail = verdict.detail.clone().map(|detail| words::with_what_is_live(detail, from, to, refused));
        let verdict = Verdict { detail, ..verdict };
        let line = story_line(&verdict, from, to, now);
        let event = news_of(work, &verdict, from, to, now);
        let (reason, remote) = (verdict.reason.map(str::to_owned), verdict.sent.map(|sent| sent.remote));
        let standing = Standing {
            from,
            to,
            wake_at: to.state.moves_by_itself().then_some(verdict.wake_at),
            reason: reason.clone(),
            detail: verdict.detail.clone(),
            url: remote.as_ref().filter(|_| from.part == 0).map(|remote| remote.url.clone()),
            now,
        };
        let end = AttemptEnd {
            outcome: verdict.attempt,
            kind: reason,
            detail: verdict.detail,
            proof: verdict.proof,
            remote,
            ..end
        };
        let mut record = Record::outcome(work, &standing, &end).then(self.engine.node, &self.turn.lane, then);
        if let Some(condition) = verdict.only_while {
            record = record.only_while(condition, work.publication.channel);
        }
        if let Some(pace) = &pace {
            record = record.paced(&self.turn.lane, pace);
        }
        if let (Some(from), Some((_, login))) = (app_from, &self.turn.login) {
            record = record.app_paced(login.id, from);
        }
        if work.handles > 0 && to.part > from.part {
            record = record.forgetting(work.publication.id);
        }
        if let Some(line) = line {
            record = record.told(work, &line);
        }
        record.event = event;
        let written = self.engine.journal.write(record).await?;
        if let Some(pace) = pace {
            self.turn.lane.failures = pace.failures;
            self.turn.lane.sends_from = self.turn.lane.sends_from.max(pace.sends_from.map(|(from, _)| from));
        }
        work.publication.life = to;
        work.publication.wake_at = standing.wake_at;
        if standing.url.is_some() {
            work.publication.url = standing.url;
        }
        if written.held {
            self.engine.has_moved_on(self.turn, then, written.next_wake);
        }
        Ok(written.held)
    }

    /// A line of the story by itself.
    pub(super) async fn tell(&self, act: &str, detail: Option<Text>, exchanges: Vec<Exchange>) -> Result<(), Fault> {
        let (id, workspace) = (self.work.publication.id, self.work.publication.workspace);
        let line = line(self.now(), act, detail, exchanges);
        self.engine.app.db.write(async move |tx| store::tell(tx, id, workspace, &line).await).await?;
        Ok(())
    }
}

fn line(at: Timestamp, act: &str, detail: Option<Text>, exchanges: Vec<Exchange>) -> Line {
    Line { at, act: act.to_owned(), actor: "system:publishing".to_owned(), detail, exchanges }
}

/// What becomes of the lane together with this verdict. While there is more to do for the publication, or about its login,
/// the lane stays with it.
fn then(turn: &Turn, verdict: &Verdict, to: Life, now: Timestamp) -> Then {
    let goes_on = to.state.moves_by_itself() && verdict.wake_at <= now;
    match verdict.grant {
        Grant::Fine if !goes_on && verdict.ends_turn() => Then::GiveBack,
        Grant::Fine if !goes_on => turn.then,
        _ => Then::Stay,
    }
}

/// The channel's breaker and limits: `None` if nothing about them changes. Only sends count.
fn pace_after(lane: &Lane, verdict: &Verdict, now: Timestamp) -> Option<Pace> {
    let restricted = verdict.reason == Some(FailureKind::AccountBlocked.as_str());
    let why = if restricted { "restricted" } else { "rate_limited" };
    let (mut failures, mut sends_from) = (lane.failures, verdict.sends_from.map(|from| (from, why)));
    if verdict.sent.is_some() {
        failures = 0;
    } else if verdict.transient && sends_from.is_none() {
        failures += 1;
        sends_from = (failures >= verdict::FAILURES_MAX).then_some((now + verdict::BREAKER_OPEN, "failing"));
    }
    let pace = Pace { failures, sends_from, reads_from: verdict.reads_from };
    (pace != Pace { failures: lane.failures, sends_from: None, reads_from: None }).then_some(pace)
}

/// What is worth a line of its own besides the attempt.
fn story_line(verdict: &Verdict, from: Life, to: Life, now: Timestamp) -> Option<Line> {
    let act = match verdict.event {
        Event::Accepted | Event::AcceptedForProcessing | Event::Looked | Event::LookFailed => return None,
        Event::Confirmed => "confirmed",
        Event::Doubt => "in_doubt",
        Event::AbsenceProven => "absence_proven",
        _ if from.state == to.state => "tries_again",
        _ => to.state.as_str(),
    };
    Some(line(now, act, verdict.detail.clone().or_else(|| verdict.proof.clone()), Vec::new()))
}

fn news_of(work: &Work, verdict: &Verdict, from: Life, to: Life, now: Timestamp) -> Option<events::New> {
    let kind = match to.state {
        State::Published => "publication.published",
        State::Failed => "publication.failed",
        State::NeedsEyes => "publication.needs_eyes",
        State::Parked => "publication.parked",
        State::Missed => "publication.missed",
        State::Unknown if from.state != State::Unknown => "publication.in_doubt",
        State::Scheduled if to.part > from.part => "publication.part_published",
        _ => return None,
    };
    let p = &work.publication;
    let mut data = super::super::news(p, to.state);
    data["part"] = to.part.into();
    data["reason"] = verdict.reason.into();
    if let Some(sent) = verdict.sent.as_ref().filter(|_| from.part == 0) {
        data["url"] = sent.remote.url.as_str().into();
    }
    Some(events::New { workspace: p.workspace, kind, object: p.id.to_string(), data: data.to_string(), now })
}
