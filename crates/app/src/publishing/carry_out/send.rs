//! Sending one part: prepared, armed, sent once, its outcome stored.

use std::time::Duration;

use base::{Code, Text, Timestamp, ids::AttemptId, say};
use connector::{Connector, Draft, Failure, FailureKind, Media, Outcome, PartJob, Prepared, Publish, Severity};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{
    super::{
        journal::{Arming, Record},
        scopes,
        state::{Event, State, step},
        store::{Attempt, AttemptEnd, Work},
        verdict::{self, Situation, Verdict},
    },
    After, Carried, earlier,
    handles::JournaledHandles,
    store_failure, unknown_platform,
};
use crate::{
    channels::{self, Calling, grants},
    crash,
    fault::Fault,
    media::library::Wanted,
    posts::Content,
};

/// How long preparing a part may take (a video that is being worked on is waited for in steps, not in here).
const PREPARE_MAX: Duration = Duration::from_secs(10 * 60);
/// How much longer than its call a lane is held.
const HELD_BEYOND_CALL: Duration = Duration::from_secs(5);

/// How a request is delivered.
pub(super) struct Delivery<'a> {
    pub(super) connector: &'a dyn Connector,
    pub(super) publish: &'a dyn Publish,
    pub(super) calling: &'a Calling,
    /// The login it is published with.
    pub(super) opened: &'a grants::Opened,
    /// The attempt in doubt whose request is sent once more under the same id.
    pub(super) repeats: Option<AttemptId>,
    /// When the first attempt that may have been applied was armed, if this repeats one.
    pub(super) first_armed_at: Option<Timestamp>,
    /// When the part before this one was stored as live.
    pub(super) parent_live_at: Option<Timestamp>,
    /// The part's files, where it was prepared for this sending.
    pub(super) files: Vec<Media>,
}

/// A part ready to be armed.
pub(super) struct Ready {
    pub(super) prepared: Prepared,
    pub(super) begun_at: Timestamp,
    handles: i64,
    pub(super) files: Vec<Media>,
    /// What it goes without, and why.
    left_out: Vec<Text>,
}

/// An attempt that is durable, and may be sent.
struct Armed {
    id: AttemptId,
    now: Timestamp,
    deadline: Timestamp,
}

impl Carried<'_> {
    pub(super) async fn send_part(&mut self, opened: &grants::Opened) -> Result<After, Fault> {
        let Some(connector) = self.engine.app.connectors.get(&self.work.platform).cloned() else {
            let detail = unknown_platform(&self.work.platform);
            let verdict = Verdict::blocked(self.now(), "app_misconfigured", detail);
            return self.follow(verdict, AttemptEnd::default()).await;
        };
        let Some(publish) = connector.publish() else {
            let verdict = Verdict::refused(self.now(), channels::takes_no_posts(Some(&*connector)));
            return self.follow(verdict, AttemptEnd::default()).await;
        };
        let life = self.work.publication.life;
        // The first try at the first part has no history to read: the common case costs nothing.
        let fresh = life.part == 0 && life.tries == 0 && life.round == 0 && life.doubts == 0;
        let attempts = if fresh { Vec::new() } else { self.attempts().await? };
        let parts_before = attempts.iter().filter(|one| one.position < life.part && one.remote.is_some());
        let parent_live_at = parts_before.filter_map(|one| one.finished_at).max();
        let calling = self.calling(opened);
        let ready = match self.made_ready(&*connector, publish, (&calling, &opened.scopes), &attempts).await? {
            Ok(ready) => ready,
            Err(failure) => {
                let situation = Situation { parent_live_at, ..self.situation() };
                return self.follow(verdict::after_prepare(failure, &situation), AttemptEnd::default()).await;
            }
        };
        let delivery = Delivery {
            connector: &*connector,
            publish,
            calling: &calling,
            opened,
            repeats: None,
            first_armed_at: None,
            parent_live_at,
            files: ready.files,
        };
        self.deliver(&delivery, &ready.prepared, ready.begun_at).await
    }

    /// Arms a request, sends it, stores what came of it.
    pub(super) async fn deliver(
        &mut self,
        delivery: &Delivery<'_>,
        ready: &Prepared,
        begun_at: Timestamp,
    ) -> Result<After, Fault> {
        let part = self.work.publication.life.part;
        let timeout = Duration::from_millis(delivery.connector.about().send_timeout_ms);
        let Some(arming) = self.arm(delivery, ready, begun_at, timeout).await? else {
            return Ok(After::Stale);
        };
        crash::point("armed");

        // What is left of the time counts from the arming: a process that was stopped in between must not begin now, when
        // others may already have taken over.
        let left = arming.deadline.since(self.now());
        let result = if left < timeout / 2 {
            let detail = say!("Fanfare was held up just before sending, so it did not send.");
            Err(Failure::new(Outcome::NotSent, FailureKind::Unavailable, detail))
        } else {
            let call = delivery.calling.call();
            match tokio::time::timeout(left, delivery.publish.send_with(&call, ready, &delivery.files)).await {
                Ok(result) => result,
                Err(_) => Err(Failure::unknown(FailureKind::Unavailable, say!("The platform did not answer in time."))),
            }
        };
        crash::point("answered");
        let situation = Situation {
            proof: ready.proof,
            armed_at: delivery.first_armed_at.unwrap_or(arming.now),
            deadline: arming.deadline,
            timeout,
            repeats: delivery.repeats.is_some(),
            parent_live_at: delivery.parent_live_at,
            ..self.situation()
        };
        let budgets = delivery.calling.http.take_budgets();
        let verdict = verdict::after_send(result, &situation).within(&budgets, situation.now);
        let not_settled = Self::settle(delivery.publish, delivery.calling, ready, verdict.sent.as_ref()).await;
        let exchanges = delivery.calling.http.take_exchanges();
        let end = AttemptEnd { id: Some(arming.id), exchanges, ..AttemptEnd::default() };
        let after = self.follow(verdict, end).await?;
        crash::point("accepted");
        if let Some(failure) = not_settled {
            self.tell("not_settled", Some(failure.detail), Vec::new()).await?;
        }
        if self.work.publication.life.state == State::Scheduled && self.work.publication.life.part > part {
            crash::point("part_done");
        }
        Ok(after)
    }

    /// Prepares the part, and tells what that took.
    pub(super) async fn made_ready(
        &mut self,
        connector: &dyn Connector,
        publish: &dyn Publish,
        (calling, granted): (&Calling, &[String]),
        attempts: &[Attempt],
    ) -> Result<Result<Ready, Failure>, Fault> {
        let preparing = self.prepare(connector, publish, (calling, granted), attempts);
        let prepared = tokio::time::timeout(PREPARE_MAX, preparing).await.unwrap_or_else(|_| {
            let detail = say!("Preparing the post took longer than ten minutes.");
            Err(Failure::new(Outcome::NotSent, FailureKind::Unavailable, detail))
        });
        let prepared_with = calling.http.take_exchanges();
        if !prepared_with.is_empty() {
            self.tell("prepared", None, prepared_with).await?;
        }
        // What uploads and reads may cost says nothing of what the post itself may.
        calling.http.take_budgets();
        // What was journaled before it failed is found again.
        self.work.handles = self.work.handles.max(prepared.as_ref().map_or(1, |ready| ready.handles));
        if let Ok(ready) = &prepared {
            for detail in &ready.left_out {
                self.tell("left_out", Some(detail.clone()), Vec::new()).await?;
            }
            crash::point("prepared");
        }
        Ok(prepared)
    }

    async fn prepare(
        &self,
        connector: &dyn Connector,
        publish: &dyn Publish,
        (calling, granted): (&Calling, &[String]),
        attempts: &[Attempt],
    ) -> Result<Ready, Failure> {
        let p = &self.work.publication;
        let draft = self.draft(publish, calling.facts()).await?;
        let part = draft.parts.get(p.life.part as usize).ok_or_else(|| {
            Failure::rejected(FailureKind::ContentRefused, say!("The post has fewer parts than are live already."))
        })?;
        if let Some(failure) = scopes::missing(connector.about(), granted, part) {
            return Err(failure);
        }
        let refused: Vec<Text> = publish
            .check(&draft, calling.facts())
            .into_iter()
            .filter(|issue| issue.severity == Severity::Error)
            .map(|issue| issue.detail)
            .collect();
        if !refused.is_empty() {
            return Err(Failure::rejected(FailureKind::ContentRefused, Text::joined(refused, " ")));
        }
        let handles = JournaledHandles::load(self.engine, &self.work).await?;
        let earlier = earlier(attempts, p.life.part);
        let this_round = op_id(&self.work);
        let begun_at = attempts.iter().find(|a| a.op_id == this_round).map_or_else(|| self.now(), |a| a.begun_at);
        let job =
            PartJob { draft: &draft, position: p.life.part as usize, earlier: &earlier, op_id: &this_round, begun_at };
        let prepared = publish.prepare(&calling.call(), &job, &handles).await?;
        let files = part.media.clone();
        Ok(Ready { prepared, begun_at, handles: handles.count(), files, left_out: handles.left_out() })
    }

    async fn draft(&self, publish: &dyn Publish, facts: &Value) -> Result<Draft, Failure> {
        let content: Content = serde_json::from_str(&self.work.content).map_err(|error| {
            Failure::rejected(
                FailureKind::ContentRefused,
                say!("The stored content can't be read: {error}", error = error.to_string()),
            )
        })?;
        let (limits, workspace) = (publish.limits(facts), self.work.publication.workspace);
        let platform = &self.work.platform;
        let draft = content.to_draft(&self.engine.app, workspace, platform, &limits, Wanted::ToSend).await;
        draft.map_err(|fault| match fault {
            // It is not refused: it is not there yet, or not for the moment.
            Fault::Problem(problem) if problem.code == Code::Unavailable => {
                let converting = problem.members.contains_key("converting");
                let kind = if converting { FailureKind::MediaNotReady } else { FailureKind::Unavailable };
                let again = problem.retry_after_s.map(|seconds| self.now() + Duration::from_secs(seconds));
                Failure::new(Outcome::NotSent, kind, problem.detail).not_before(again)
            }
            Fault::Problem(problem) => Failure::rejected(FailureKind::MediaRefused, problem.detail),
            Fault::Store(error) => store_failure(&error),
        })
    }

    async fn arm(
        &mut self,
        delivery: &Delivery<'_>,
        ready: &Prepared,
        begun_at: Timestamp,
        timeout: Duration,
    ) -> Result<Option<Armed>, Fault> {
        let now = self.now();
        let deadline = now + timeout;
        let request = serde_json::to_vec(&ready.request).unwrap_or_default();
        let arming = Arming {
            id: AttemptId::new(now, &*self.engine.app.random),
            op_id: &op_id(&self.work),
            begun_at,
            prepared: ready,
            request_hash: hex::encode(Sha256::digest(&request)),
            login: (delivery.opened.id, delivery.opened.version),
            now,
            deadline,
            repeats: delivery.repeats,
            hold_until: Some(deadline + HELD_BEYOND_CALL).filter(|until| *until > self.engine.leased_until(self.turn)),
        };
        let event = if delivery.repeats.is_some() { Event::Repeat } else { Event::Arm };
        let Ok(next) = step(self.work.publication.life, event) else { return Ok(None) };
        let record = Record::arm(self.engine.node, &self.turn.lane, &self.work, next, &arming);
        let armed = Armed { id: arming.id, now, deadline };
        let held = self.engine.journal.write(record).await?.held;
        self.work.publication.life = next;
        self.work.publication.wake_at = Some(deadline);
        Ok(held.then_some(armed))
    }
}

/// Names the part over all its attempts; a person's "send again" begins a new name.
fn op_id(work: &Work) -> String {
    let p = &work.publication;
    match p.life.round {
        0 => format!("{}:{}", p.id, p.life.part),
        round => format!("{}:{}:{round}", p.id, p.life.part),
    }
}
