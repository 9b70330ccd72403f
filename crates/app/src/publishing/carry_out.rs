//! Carrying out one publication under the fence of its lane: prepare, arm, send, store what came of it, look up doubt.
//!
//! The order is the promise. `Armed` is durable before the first byte of a visible write leaves, and its
//! compare-and-set fails if anybody edited, moved or cancelled the publication, or took the lane.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use base::{Timestamp, ids::AttemptId};
use connector::{
    Draft, Exchange, Failure, FailureKind, Handles, Outcome, PartJob, Prepared, ProofClass, Publish, Remote, Sent,
    Severity, Trace,
};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    crash,
    engine::Engine,
    journal::{Arming, Record, Then},
    scopes,
    state::{Event, Life, State, step},
    store::{self, Attempt, AttemptEnd, Lane, Line, Standing, Work},
    turn::Turn,
    verdict::{self, Grant, OnlyWhile, Situation, Verdict},
};
use crate::{
    channels::{Calling, grants},
    events,
    fault::Fault,
    posts::Content,
};

/// How often what follows an accepted part (reply settings) is tried before the part is stored without it.
const SETTLE_TRIES: u32 = 3;
/// How long preparing a part may take (a video that is being worked on is waited for in steps, not in here).
const PREPARE_MAX: Duration = Duration::from_secs(10 * 60);
/// How long a look-up, or what follows an accepted part, may take.
const LOOK_MAX: Duration = Duration::from_secs(60);
/// How long a lane goes on with the login it has read, before it reads it again.
const LOGIN_BELIEVED: Duration = Duration::from_secs(2);
/// Crashes with a publication in hand until it is set aside.
const CRASHES_MAX: u32 = 3;

/// Carries a publication as far as it goes now: to its end, or to its next time. Says until when the channel has to wait,
/// if it has to.
pub(super) async fn run(engine: &Engine, turn: &mut Turn, mut work: Work) -> Result<Option<Timestamp>, Fault> {
    let mut expired: Option<i64> = None;
    loop {
        let now = engine.app.clock.now();
        if turn.moved_on {
            return Ok(None);
        }
        let life = work.publication.life;
        let due = work.publication.wake_at.is_some_and(|at| at <= now);
        if !life.state.moves_by_itself() || !due {
            return Ok(None);
        }
        if life.state == State::Armed {
            // Whoever armed it is gone: nobody will ever hear that answer (R-01, F-01).
            doubt_left_behind(engine, turn, &mut work).await?;
            continue;
        }
        if let Some(verdict) = keeps_from_going_on(&work, now) {
            conclude(engine, turn, &mut work, verdict, AttemptEnd::default()).await?;
            continue;
        }
        let opened = match usable_grant(engine, turn, &work).await? {
            Ok(opened) => opened,
            Err(failure) => {
                without_login(engine, turn, &mut work, failure).await?;
                continue;
            }
        };
        let version = opened.version;
        let id = opened.id;
        let after = match life.state {
            State::Scheduled => send_part(engine, turn, &mut work, &opened).await?,
            _ => look(engine, turn, &mut work, &opened).await?,
        };
        match after {
            After::Go => {}
            After::Wait(until) => return Ok(Some(until)),
            After::Stale => {
                // It may be the login that changed.
                turn.login = None;
                return Ok(None);
            }
            After::Refresh => match expired.replace(version) {
                // Refused with two different tokens: it is the login that is broken.
                Some(before) if before != version => {
                    let why = "The platform refuses this channel's login although it was just renewed.";
                    turn.login = None;
                    let p = &work.publication;
                    grants::mark_dead(&engine.app, p.workspace, id, version, why, Some(p.channel)).await?;
                    return Ok(None);
                }
                Some(_) => return Ok(None),
                None => match grants::refresh(&engine.app, work.publication.workspace, id, version).await {
                    Ok(opened) => {
                        turn.login = Some((now, opened));
                        work.publication.wake_at = Some(now);
                    }
                    // It stays scheduled for a little later; meanwhile the refresh is tried again by its own loop.
                    Err(_) => return Ok(None),
                },
            },
            After::Dead(why) => {
                turn.login = None;
                let p = &work.publication;
                grants::mark_dead(&engine.app, p.workspace, id, version, &why, Some(p.channel)).await?;
            }
        }
    }
}

/// How the loop goes on.
enum After {
    /// With the next thing.
    Go,
    /// Not before this instant: the platform wants the whole channel to wait.
    Wait(Timestamp),
    /// Not at all: somebody else changed the publication or took the lane.
    Stale,
    /// With new tokens.
    Refresh,
    /// Without this login.
    Dead(String),
}

/// Whether a publication must not go on now, whatever the platform says.
fn keeps_from_going_on(work: &Work, now: Timestamp) -> Option<Verdict> {
    let p = &work.publication;
    if p.crashes >= CRASHES_MAX {
        let detail = format!("Fanfare died {} times with this post in hand, so it was set aside.", p.crashes);
        return Some(match p.life.state {
            State::Scheduled => Verdict::blocked(now, "poison", detail),
            _ => Verdict::ask(now, format!("{detail} Look whether it is live.")),
        });
    }
    if p.life.state != State::Scheduled {
        return None;
    }
    if work.channel_state == "paused" {
        return Some(Verdict::paused(now, work.paused_reason.as_deref().unwrap_or("no reason given")));
    }
    if p.life.part == 0 && now > p.due_at + verdict::LATE_AFTER {
        let detail =
            format!("It was due at {} and could not be sent within an hour. Send it now, or drop it.", p.due_at);
        return Some(Verdict::too_late(now, detail));
    }
    if p.life.part > 0 && p.life.tries > 0 && now > p.due_at + verdict::STALLED_AFTER {
        let detail = format!("{} of {} parts are live, and the next one cannot be sent.", p.life.part, p.life.parts);
        return Some(Verdict::blocked(now, "stalled", detail));
    }
    None
}

/// The channel's login: the one of this turn while it is young, else that of this moment. What is sent is sure of it in any
/// case: nothing can be armed with a login that has changed or ended since.
async fn usable_grant(
    engine: &Engine,
    turn: &mut Turn,
    work: &Work,
) -> Result<Result<Arc<grants::Opened>, Failure>, Fault> {
    let (workspace, now) = (work.publication.workspace, engine.app.clock.now());
    let (read_at, opened) = match turn.login.take().filter(|(read_at, _)| now.since(*read_at) < LOGIN_BELIEVED) {
        Some(known) => known,
        None => match grants::open_for_channel(&engine.app, workspace, work.publication.channel).await? {
            Ok(opened) => (now, opened),
            Err(failure) => return Ok(Err(failure)),
        },
    };
    let fresh = grants::fresh(&engine.app, workspace, opened).await;
    turn.login = fresh.as_ref().ok().map(|opened| (read_at, opened.clone()));
    Ok(fresh)
}

/// There is no login to send or look with.
async fn without_login(engine: &Engine, turn: &mut Turn, work: &mut Work, failure: Failure) -> Result<(), Fault> {
    let situation = Situation::plain(engine, work);
    let verdict = match work.publication.life.state {
        State::Scheduled => {
            let only_while = (failure.kind == FailureKind::ReconnectNeeded).then_some(OnlyWhile::LoggedOut);
            Verdict { only_while, ..verdict::after_prepare(failure, &situation) }
        }
        _ => verdict::after_look(Err(failure), &situation, work.publication.life.state == State::Processing),
    };
    conclude(engine, turn, work, verdict, AttemptEnd::default()).await?;
    Ok(())
}

async fn doubt_left_behind(engine: &Engine, turn: &mut Turn, work: &mut Work) -> Result<(), Fault> {
    let attempts = attempts_of(engine, work).await?;
    let Some(open) = open_attempt(&attempts, work) else {
        return Err(Fault::Store(db::Error::Misuse(format!("{} is armed without an attempt", work.publication.id))));
    };
    let situation = Situation::of(engine, work, &attempts, open);
    let verdict = verdict::doubt(&situation, None);
    conclude(engine, turn, work, verdict, AttemptEnd { id: Some(open.id), ..AttemptEnd::default() }).await?;
    crash::point("doubt_stored");
    Ok(())
}

async fn attempts_of(engine: &Engine, work: &Work) -> Result<Vec<Attempt>, Fault> {
    let id = work.publication.id;
    Ok(engine.app.db.read(move |tx| Box::pin(store::attempts_of(tx, id))).await?)
}

fn open_attempt<'a>(attempts: &'a [Attempt], work: &Work) -> Option<&'a Attempt> {
    attempts.iter().find(|a| a.outcome.is_none() && a.position == work.publication.life.part)
}

/// What the parts before this one became.
fn earlier(attempts: &[Attempt], part: u32) -> Vec<Remote> {
    attempts.iter().filter(|a| a.position < part).filter_map(|a| a.remote.clone()).collect()
}

fn calling_for(engine: &Engine, work: &Work, opened: &grants::Opened) -> Calling {
    let facts = serde_json::from_str(&work.facts).unwrap_or(Value::Null);
    Calling::new(&engine.app, &work.platform, opened.app.clone(), opened.tokens.clone()).about(&work.account_id, facts)
}

async fn send_part(engine: &Engine, turn: &mut Turn, work: &mut Work, opened: &grants::Opened) -> Result<After, Fault> {
    let Some(connector) = engine.app.connectors.get(&work.platform).cloned() else {
        let verdict = Verdict::blocked(engine.app.clock.now(), "app_misconfigured", unknown_platform(&work.platform));
        conclude(engine, turn, work, verdict, AttemptEnd::default()).await?;
        return Ok(After::Go);
    };
    let Some(publish) = connector.publish() else {
        let verdict = Verdict::refused(engine.app.clock.now(), "This platform cannot publish.".to_owned());
        conclude(engine, turn, work, verdict, AttemptEnd::default()).await?;
        return Ok(After::Go);
    };
    let life = work.publication.life;
    // The first try at the first part has no history to read: the common case costs nothing.
    let fresh = life.part == 0 && life.tries == 0 && life.round == 0 && life.doubts == 0;
    let attempts = if fresh { Vec::new() } else { attempts_of(engine, work).await? };
    let calling = calling_for(engine, work, opened);

    let prepared = tokio::time::timeout(
        PREPARE_MAX,
        prepare(engine, work, &*connector, publish, (&calling, &opened.scopes), &attempts),
    );
    let prepared = prepared.await.unwrap_or_else(|_| {
        Err(Failure::new(
            Outcome::NotSent,
            FailureKind::Unavailable,
            "Preparing the post took longer than ten minutes.",
        ))
    });
    let prepared_with = calling.http.take_exchanges();
    if !prepared_with.is_empty() {
        tell(engine, work, "prepared", None, prepared_with).await?;
    }
    let (ready, begun_at, journaled) = match prepared {
        Ok(prepared) => prepared,
        Err(failure) => {
            // What was journaled before it failed is found again.
            work.handles = work.handles.max(1);
            let situation = Situation::plain(engine, work);
            return follow(engine, turn, work, verdict::after_prepare(failure, &situation), AttemptEnd::default())
                .await;
        }
    };
    work.handles = work.handles.max(journaled);
    crash::point("prepared");
    let delivery =
        Delivery { connector: &*connector, publish, calling: &calling, opened, repeats: None, first_armed_at: None };
    deliver(engine, turn, work, &delivery, ready, begun_at).await
}

/// How a request is delivered.
struct Delivery<'a> {
    connector: &'a dyn connector::Connector,
    publish: &'a dyn Publish,
    calling: &'a Calling,
    /// The login it goes out with.
    opened: &'a grants::Opened,
    /// The attempt in doubt whose request is sent once more under the same id.
    repeats: Option<AttemptId>,
    /// When the first attempt that may have been applied was armed, if this repeats one.
    first_armed_at: Option<Timestamp>,
}

/// Arms a request, sends it, stores what came of it.
async fn deliver(
    engine: &Engine,
    turn: &mut Turn,
    work: &mut Work,
    delivery: &Delivery<'_>,
    ready: Prepared,
    begun_at: Timestamp,
) -> Result<After, Fault> {
    let part = work.publication.life.part;
    let timeout = engine.send_timeout(delivery.connector.about().send_timeout_ms);
    let Some(arming) = arm(engine, turn, work, delivery, &ready, begun_at, timeout).await? else {
        return Ok(After::Stale);
    };
    crash::point("armed");

    // What is left of the time counts from the arming: a process that was stopped in between must not begin now, when
    // others may already have taken over.
    let left = arming.deadline.since(engine.app.clock.now());
    let result = if left < timeout / 2 {
        let detail = "Fanfare was held up between arming and sending; nothing was sent.";
        Err(Failure::new(Outcome::NotSent, FailureKind::Unavailable, detail))
    } else {
        match tokio::time::timeout(left, delivery.publish.send(&delivery.calling.call(), &ready)).await {
            Ok(result) => result,
            Err(_) => Err(Failure::unknown(FailureKind::Unavailable, "The platform did not answer in time.")),
        }
    };
    crash::point("answered");
    let situation = Situation {
        now: engine.app.clock.now(),
        proof: ready.proof,
        armed_at: delivery.first_armed_at.unwrap_or(arming.now),
        deadline: arming.deadline,
        timeout,
        repeats: delivery.repeats.is_some(),
        ..Situation::plain(engine, work)
    };
    let mut verdict = verdict::after_send(result, &situation);
    if let Some(budget) = delivery.calling.http.budget().filter(|budget| budget.remaining == 0) {
        // The window is used up: whatever came of this call, the next one waits.
        let until = budget.reset_at.min(situation.now + verdict::WAIT_MAX);
        verdict.block_until = verdict.block_until.max(Some(until)).filter(|until| *until > situation.now);
    }
    let not_settled = settle(delivery.publish, delivery.calling, &ready, &verdict).await;
    let exchanges = delivery.calling.http.take_exchanges();
    let end = AttemptEnd { id: Some(arming.id), exchanges, ..AttemptEnd::default() };
    let after = follow(engine, turn, work, verdict, end).await?;
    crash::point("accepted");
    if let Some(failure) = not_settled {
        tell(engine, work, "not_settled", Some(failure.detail), Vec::new()).await?;
    }
    if work.publication.life.state == State::Scheduled && work.publication.life.part > part {
        crash::point("part_done");
    }
    Ok(after)
}

async fn prepare(
    engine: &Engine,
    work: &Work,
    connector: &dyn connector::Connector,
    publish: &dyn Publish,
    (calling, granted): (&Calling, &[String]),
    attempts: &[Attempt],
) -> Result<(Prepared, Timestamp, i64), Failure> {
    let p = &work.publication;
    let draft = draft_of(engine, work, publish, calling.facts()).await?;
    let part = draft.parts.get(p.life.part as usize).ok_or_else(|| {
        Failure::rejected(FailureKind::ContentRefused, "The post has fewer parts than are live already.")
    })?;
    if let Some(failure) = scopes::missing(connector.about(), granted, part) {
        return Err(failure);
    }
    let refused: Vec<String> = publish
        .check(&draft, calling.facts())
        .into_iter()
        .filter(|issue| issue.severity == Severity::Error)
        .map(|issue| issue.detail)
        .collect();
    if !refused.is_empty() {
        return Err(Failure::rejected(FailureKind::ContentRefused, refused.join(" ")));
    }
    let handles = JournaledHandles::load(engine, work).await?;
    let earlier = earlier(attempts, p.life.part);
    let now = engine.app.clock.now();
    let this_round = op_id(work);
    let begun_at = attempts.iter().find(|a| a.op_id == this_round).map_or(now, |a| a.begun_at);
    let job =
        PartJob { draft: &draft, position: p.life.part as usize, earlier: &earlier, op_id: &this_round, begun_at };
    let ready = publish.prepare(&calling.call(), &job, &handles).await?;
    let journaled = handles.known().len() as i64;
    Ok((ready, begun_at, journaled))
}

/// Names the part over all its attempts; a person's "send again" begins a new name.
fn op_id(work: &Work) -> String {
    let p = &work.publication;
    match p.life.round {
        0 => format!("{}:{}", p.id, p.life.part),
        round => format!("{}:{}:{round}", p.id, p.life.part),
    }
}

async fn draft_of(engine: &Engine, work: &Work, publish: &dyn Publish, facts: &Value) -> Result<Draft, Failure> {
    let refused = |detail: String| Failure::rejected(FailureKind::ContentRefused, detail);
    let content: Content = serde_json::from_str(&work.content)
        .map_err(|error| refused(format!("The stored content cannot be read: {error}")))?;
    let limits = publish.limits(facts);
    content.to_draft(&engine.app, work.publication.workspace, &limits).await.map_err(|fault| match fault {
        Fault::Problem(problem) => Failure::rejected(FailureKind::MediaRefused, problem.detail),
        Fault::Store(error) => store_failure(&error),
    })
}

fn store_failure(error: &db::Error) -> Failure {
    tracing::error!(error = %error, "the journal could not be written or read");
    Failure::new(Outcome::NotSent, FailureKind::Unavailable, "Fanfare's own database did not answer; it tries again.")
}

/// An attempt that is durable, and may be sent.
struct Armed {
    id: AttemptId,
    now: Timestamp,
    deadline: Timestamp,
}

async fn arm(
    engine: &Engine,
    turn: &Turn,
    work: &mut Work,
    delivery: &Delivery<'_>,
    ready: &Prepared,
    begun_at: Timestamp,
    timeout: Duration,
) -> Result<Option<Armed>, Fault> {
    let now = engine.app.clock.now();
    let request = serde_json::to_vec(&ready.request).unwrap_or_default();
    let arming = Arming {
        id: AttemptId::new(now, &*engine.app.random),
        op_id: &op_id(work),
        begun_at,
        prepared: ready,
        request_hash: hex::encode(Sha256::digest(&request)),
        login: (delivery.opened.id, delivery.opened.version),
        now,
        deadline: now + timeout,
        repeats: delivery.repeats,
    };
    let event = if delivery.repeats.is_some() { Event::Repeat } else { Event::Arm };
    let Ok(next) = step(work.publication.life, event) else { return Ok(None) };
    let record = Record::arm(engine.node, &turn.lane, work, next, &arming);
    let armed = Armed { id: arming.id, now, deadline: arming.deadline };
    let held = engine.journal.write(record).await?.held;
    work.publication.life = next;
    work.publication.wake_at = Some(armed.deadline);
    Ok(held.then_some(armed))
}

/// What follows a part that is there. It is repeatable, and it comes before the outcome is stored: after a crash the
/// look-up confirms the part and comes through here again.
async fn settle(publish: &dyn Publish, calling: &Calling, ready: &Prepared, verdict: &Verdict) -> Option<Failure> {
    let sent = verdict.sent.as_ref()?;
    let mut failed = None;
    for _ in 0..SETTLE_TRIES {
        match tokio::time::timeout(LOOK_MAX / SETTLE_TRIES, publish.settle(&calling.call(), ready, sent)).await {
            Ok(Ok(())) => return None,
            Ok(Err(failure)) => failed = Some(failure),
            Err(_) => {
                let detail = "What belongs to the post (its reply settings) took too long to set.";
                failed = Some(Failure::unknown(FailureKind::Unavailable, detail));
            }
        }
    }
    failed
}

async fn look(engine: &Engine, turn: &mut Turn, work: &mut Work, opened: &grants::Opened) -> Result<After, Fault> {
    let attempts = attempts_of(engine, work).await?;
    let Some(open) = open_attempt(&attempts, work) else {
        return Err(Fault::Store(db::Error::Misuse(format!("{} is in doubt without an attempt", work.publication.id))));
    };
    let situation = Situation::of(engine, work, &attempts, open);
    let processing = work.publication.life.state == State::Processing;
    let end = AttemptEnd { id: Some(open.id), ..AttemptEnd::default() };
    let connector = engine.app.connectors.get(&work.platform).cloned();
    let asked = connector.as_ref().and_then(|connector| Some((connector, connector.publish()?)));
    let Some((connector, publish)) = asked else {
        let failure = Failure::rejected(FailureKind::AppMisconfigured, unknown_platform(&work.platform));
        return follow(engine, turn, work, verdict::after_look(Err(failure), &situation, processing), end).await;
    };
    if open.prepared.proof == ProofClass::Person && !processing {
        let verdict = verdict::after_look(Ok(connector::Finding::Absent { certain: false }), &situation, false);
        return follow(engine, turn, work, verdict, end).await;
    }
    let (channel, id, part) = (work.publication.channel, work.publication.id, work.publication.life.part);
    let taken = engine.app.db.read(move |tx| Box::pin(store::taken(tx, channel, id, part))).await?;
    let calling = calling_for(engine, work, opened);
    let sent = open.remote.clone().map(|remote| Sent { remote, processing: true });
    let trace = Trace {
        ready: &open.prepared,
        armed_at: situation.armed_at,
        deadline: open.deadline,
        sent: sent.as_ref(),
        taken: &taken,
    };
    let found = tokio::time::timeout(LOOK_MAX, publish.look_up(&calling.call(), &trace)).await.unwrap_or_else(|_| {
        Err(Failure::unknown(FailureKind::Unavailable, "The platform did not answer the look-up in time."))
    });
    crash::point("looked_up");
    let verdict = verdict::after_look(found, &situation, processing);
    let not_settled = if verdict.event == Event::Confirmed {
        settle(publish, &calling, &open.prepared, &verdict).await
    } else {
        None
    };
    tell(
        engine,
        work,
        "looked_up",
        verdict.detail.clone().or_else(|| verdict.proof.clone()),
        calling.http.take_exchanges(),
    )
    .await?;
    if let Some(failure) = not_settled {
        tell(engine, work, "not_settled", Some(failure.detail), Vec::new()).await?;
    }
    if verdict.event == Event::Repeat {
        // It is not there, and the platform knows the request by our id: the very same one once more.
        let (ready, begun_at) = (open.prepared.clone(), open.begun_at);
        let delivery = Delivery {
            connector: &**connector,
            publish,
            calling: &calling,
            opened,
            repeats: Some(open.id),
            first_armed_at: Some(situation.armed_at),
        };
        return deliver(engine, turn, work, &delivery, ready, begun_at).await;
    }
    follow(engine, turn, work, verdict, end).await
}

fn unknown_platform(id: &str) -> String {
    format!("This installation has no platform `{id}` any more.")
}

async fn tell(
    engine: &Engine,
    work: &Work,
    act: &str,
    detail: Option<String>,
    exchanges: Vec<Exchange>,
) -> Result<(), Fault> {
    let (id, workspace) = (work.publication.id, work.publication.workspace);
    let line = Line {
        at: engine.app.clock.now(),
        act: act.to_owned(),
        actor: "system:publishing".to_owned(),
        detail,
        exchanges,
    };
    engine
        .app
        .db
        .write(move |tx| {
            let line = line.clone();
            Box::pin(async move { store::tell(tx, id, workspace, &line).await })
        })
        .await?;
    Ok(())
}

/// Stores a verdict and says how the loop goes on.
async fn follow(
    engine: &Engine,
    turn: &mut Turn,
    work: &mut Work,
    verdict: Verdict,
    end: AttemptEnd,
) -> Result<After, Fault> {
    let (grant, wait) = (verdict.grant, verdict.block_until);
    let why = verdict.detail.clone().unwrap_or_default();
    let late = verdict.sent.clone().zip(end.id);
    if !conclude(engine, turn, work, verdict, end).await? {
        if let Some((sent, attempt)) = late {
            late_answer(engine, work, attempt, &sent).await?;
        }
        return Ok(After::Stale);
    }
    Ok(match (grant, wait) {
        (Grant::Refresh, _) => After::Refresh,
        (Grant::Dead, _) => After::Dead(why),
        (Grant::Fine, Some(until)) => After::Wait(until),
        (Grant::Fine, None) => After::Go,
    })
}

/// An answer says that a part is live, and somebody else has moved the publication on meanwhile. If the attempt is still
/// open, the look-up will find what the answer told; if it was taken for absent, the post may be there twice, which is
/// never hidden.
async fn late_answer(engine: &Engine, work: &Work, attempt: AttemptId, sent: &Sent) -> Result<(), Fault> {
    let attempts = attempts_of(engine, work).await?;
    let known = attempts.iter().find(|one| one.id == attempt);
    let same = attempts.iter().any(|one| one.remote.as_ref().is_some_and(|remote| remote.id == sent.remote.id));
    let taken_for_absent = known.is_some_and(|one| matches!(one.outcome.as_deref(), Some("absent" | "no_effect")));
    if same || !taken_for_absent {
        return tell(engine, work, "late_answer", Some(format!("live at {}", sent.remote.url)), Vec::new()).await;
    }
    let detail = format!(
        "It is live at {} although it was taken for absent: it may be there twice. Look, and delete one.",
        sent.remote.url
    );
    tell(engine, work, "duplicate_found", Some(detail.clone()), Vec::new()).await?;
    let (p, now) = (work.publication.clone(), engine.app.clock.now());
    let data = serde_json::json!({ "post": p.post, "channel": p.channel, "url": sent.remote.url, "detail": detail });
    engine
        .app
        .db
        .write(move |tx| {
            let (p, data) = (p.clone(), data.clone());
            Box::pin(async move {
                crate::events::emit(tx, p.workspace, "publication.duplicate_found", &p.id.to_string(), data, now)
                    .await?;
                Ok::<_, Fault>(())
            })
        })
        .await
}

/// Stores what happened: the publication's standing, the attempt's end, the channel's pace, the event for the world, and, if
/// this ends the publication's turn, what becomes of the lane. `false`: the publication no longer stood where we thought.
pub(super) async fn conclude(
    engine: &Engine,
    turn: &mut Turn,
    work: &mut Work,
    verdict: Verdict,
    mut end: AttemptEnd,
) -> Result<bool, Fault> {
    let from = work.publication.life;
    let to = step(from, verdict.event).map_err(|illegal| Fault::Store(db::Error::Misuse(illegal.to_string())))?;
    let now = engine.app.clock.now();
    let line = story_line(&verdict, from, to, now);
    let event = news_of(work, &verdict, from, to, now);
    let (pace, then) = (pace_after(&turn.lane, &verdict, now), then(turn, &verdict, to, now));
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
    end = AttemptEnd {
        outcome: verdict.attempt,
        kind: reason,
        detail: verdict.detail,
        proof: verdict.proof,
        remote,
        ..end
    };
    let mut record = Record::outcome(work, &standing, &end).then(engine.node, &turn.lane, then);
    if let Some(condition) = verdict.only_while {
        record = record.only_while(condition, work.publication.channel);
    }
    if let Some((failures, block)) = pace {
        record = record.paced(&turn.lane, failures, block);
    }
    if work.handles > 0 && to.part > from.part {
        record = record.forgetting(work.publication.id);
    }
    if let Some(line) = line {
        record = record.told(work, &line);
    }
    record.event = event;
    let written = engine.journal.write(record).await?;
    if let Some((failures, _)) = pace {
        turn.lane.failures = failures;
    }
    work.publication.life = to;
    work.publication.wake_at = standing.wake_at;
    if work.publication.url.is_none() {
        work.publication.url = standing.url;
    }
    if written.held {
        engine.has_moved_on(turn, then, written.next_wake);
    }
    Ok(written.held)
}

/// What becomes of the lane together with this verdict. While there is more to do for the publication, or about its login,
/// the lane stays with it.
fn then(turn: &Turn, verdict: &Verdict, to: Life, now: Timestamp) -> Then {
    let goes_on = to.state.moves_by_itself() && verdict.wake_at <= now;
    match (verdict.grant, verdict.block_until) {
        (Grant::Fine, None) if !goes_on => turn.then,
        // The platform wants the whole channel to wait: what is behind this one waits too.
        (Grant::Fine, Some(_)) if !goes_on => Then::GiveBack,
        _ => Then::Stay,
    }
}

/// The channel's breaker and waits: `None` if nothing about them changes.
fn pace_after(lane: &Lane, verdict: &Verdict, now: Timestamp) -> Option<(u32, Option<(Timestamp, &'static str)>)> {
    if let Some(until) = verdict.block_until {
        return Some((lane.failures, Some((until, "rate_limited"))));
    }
    if verdict.transient {
        let failures = lane.failures + 1;
        let open = (failures >= verdict::FAILURES_MAX).then_some((now + verdict::BREAKER_OPEN, "failing"));
        return Some((failures, open));
    }
    (lane.failures > 0 && verdict.sent.is_some()).then_some((0, None))
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
    let detail = verdict.detail.clone().or_else(|| verdict.proof.clone());
    Some(Line { at: now, act: act.to_owned(), actor: "system:publishing".to_owned(), detail, exchanges: Vec::new() })
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
    let mut data = super::news(p, to.state);
    data["part"] = to.part.into();
    data["reason"] = verdict.reason.into();
    if let Some(sent) = verdict.sent.as_ref().filter(|_| from.part == 0) {
        data["url"] = sent.remote.url.as_str().into();
    }
    Some(events::New { workspace: p.workspace, kind, object: p.id.to_string(), data: data.to_string(), now })
}

/// A part's handles: in memory for reading, in the journal before anything builds on them.
struct JournaledHandles<'a> {
    engine: &'a Engine,
    work: &'a Work,
    known: Mutex<std::collections::BTreeMap<String, Value>>,
}

impl<'a> JournaledHandles<'a> {
    async fn load(engine: &'a Engine, work: &'a Work) -> Result<Self, Failure> {
        let (id, part) = (work.publication.id, work.publication.life.part);
        let known = match work.handles {
            0 => Vec::new(),
            _ => {
                let read = engine.app.db.read(move |tx| Box::pin(store::handles_of(tx, id, part))).await;
                read.map_err(|error: db::Error| store_failure(&error))?
            }
        };
        Ok(Self { engine, work, known: Mutex::new(known.into_iter().collect()) })
    }

    fn known(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<String, Value>> {
        self.known.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[async_trait]
impl Handles for JournaledHandles<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.known().get(name).cloned()
    }

    async fn put(&self, name: &str, value: Value) -> Result<(), Failure> {
        let (publication, part) = (self.work.publication.clone(), self.work.publication.life.part);
        let (key, stored, now) = (name.to_owned(), value.clone(), self.engine.app.clock.now());
        self.engine
            .app
            .db
            .write(move |tx| {
                let (publication, key, value) = (publication.clone(), key.clone(), stored.clone());
                Box::pin(async move { store::put_handle(tx, &publication, part, &key, &value, now).await })
            })
            .await
            .map_err(|error: db::Error| store_failure(&error))?;
        self.known().insert(name.to_owned(), value);
        crash::point("handle_journaled");
        Ok(())
    }

    async fn forget(&self, name: &str) -> Result<(), Failure> {
        let (id, part, key) = (self.work.publication.id, self.work.publication.life.part, name.to_owned());
        self.engine
            .app
            .db
            .write(move |tx| {
                let key = key.clone();
                Box::pin(async move { store::forget_handle(tx, id, part, &key).await })
            })
            .await
            .map_err(|error: db::Error| store_failure(&error))?;
        self.known().remove(name);
        Ok(())
    }
}

impl Situation {
    /// Before there is an attempt.
    pub(super) fn plain(engine: &Engine, work: &Work) -> Self {
        let now = engine.app.clock.now();
        let life = work.publication.life;
        Self {
            now,
            proof: ProofClass::Person,
            armed_at: now,
            deadline: now,
            timeout: Duration::ZERO,
            repeats: false,
            tries: life.tries,
            doubts: life.doubts,
            looks: life.looks,
            jitter: engine.app.random.below(1_000_000),
        }
    }

    /// About an attempt: what counts is the first of its name that may have been applied.
    fn of(engine: &Engine, work: &Work, attempts: &[Attempt], attempt: &Attempt) -> Self {
        let mut same = attempts.iter().filter(|one| {
            let doubtful = matches!(one.outcome.as_deref(), None | Some("repeated" | "absent"));
            one.position == attempt.position && one.op_id == attempt.op_id && doubtful
        });
        Self {
            proof: attempt.prepared.proof,
            armed_at: same.next().map_or(attempt.armed_at, |first| first.armed_at),
            deadline: attempt.deadline,
            timeout: attempt.deadline.since(attempt.armed_at),
            repeats: same.next().is_some(),
            ..Self::plain(engine, work)
        }
    }
}
