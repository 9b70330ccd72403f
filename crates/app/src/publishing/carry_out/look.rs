//! Doubt: what no one heard the answer of is looked up at the platform. Reads only, but for the one request that the
//! platform knows by our id, which is sent once more.

use base::{ids::AttemptId, say};
use connector::{Failure, FailureKind, Finding, ProofClass, Sent, Trace, publish::LOOK_SCHEDULE};

use super::{
    super::{
        state::{Event, State},
        store::{self, Attempt, AttemptEnd},
        verdict::{self, Verdict},
    },
    After, Carried, LOOK_MAX,
    send::Delivery,
    unknown_platform,
};
use crate::{channels::grants, crash, events, fault::Fault, media::addresses};

impl Carried<'_> {
    pub(super) async fn doubt_left_behind(&mut self) -> Result<(), Fault> {
        let attempts = self.attempts().await?;
        let open = self.open(&attempts)?;
        let verdict = verdict::doubt(&self.situation_of(&attempts, open), None);
        self.conclude(verdict, AttemptEnd { id: Some(open.id), ..AttemptEnd::default() }).await?;
        crash::point("doubt_stored");
        Ok(())
    }

    /// The attempt whose outcome no one knows.
    fn open<'a>(&self, attempts: &'a [Attempt]) -> Result<&'a Attempt, Fault> {
        let p = &self.work.publication;
        let open = attempts.iter().find(|a| a.outcome.is_none() && a.position == p.life.part);
        let state = p.life.state.as_str();
        open.ok_or_else(|| Fault::Store(db::Error::Misuse(format!("{id} is {state} without an attempt", id = p.id))))
    }

    pub(super) async fn look(&mut self, opened: &grants::Opened) -> Result<After, Fault> {
        let attempts = self.attempts().await?;
        let open = self.open(&attempts)?;
        let situation = self.situation_of(&attempts, open);
        let processing = self.work.publication.life.state == State::Processing;
        let end = AttemptEnd { id: Some(open.id), ..AttemptEnd::default() };
        let connector = self.engine.app.connectors.get(&self.work.platform).cloned();
        let asked = connector.as_ref().and_then(|connector| Some((connector, connector.publish()?)));
        let Some((connector, publish)) = asked else {
            let failure = Failure::rejected(FailureKind::AppMisconfigured, unknown_platform(&self.work.platform));
            return self.follow(verdict::after_look(Err(failure), &situation, processing), end).await;
        };
        if open.prepared.proof == ProofClass::Person && !processing {
            let verdict = verdict::after_look(Ok(Finding::Absent { certain: false }), &situation, false);
            return self.follow(verdict, end).await;
        }
        let p = &self.work.publication;
        let (channel, id, part) = (p.channel, p.id, p.life.part);
        if !processing && connector.about().fetches {
            // From the doubt on no one can fetch them, so what was not fetched until then was not made.
            let fetches = addresses::fetches(&self.engine.app, id, part, p.life.round).await?;
            if fetches == Some(0) && situation.now >= open.deadline + LOOK_SCHEDULE[0] {
                let proof = say!("The platform never fetched the post's files.");
                let mut verdict = verdict::after_look(Ok(Finding::Absent { certain: true }), &situation, false);
                verdict.proof = Some(proof.clone());
                self.tell("looked_up", Some(proof), Vec::new()).await?;
                return self.follow(verdict, end).await;
            }
        }
        let taken = self.engine.app.db.read(async move |tx| store::taken(tx, channel, id, part).await).await?;
        let calling = self.calling(opened);
        let sent = open.remote.clone().map(|remote| Sent { remote, processing: true });
        let trace = Trace {
            ready: &open.prepared,
            armed_at: situation.armed_at,
            deadline: open.deadline,
            sent: sent.as_ref(),
            taken: &taken,
        };
        let found =
            tokio::time::timeout(LOOK_MAX, publish.look_up(&calling.call(), &trace)).await.unwrap_or_else(|_| {
                Err(Failure::unknown(FailureKind::Unavailable, say!("The platform did not answer the check in time.")))
            });
        crash::point("looked_up");
        let certain = matches!(found, Ok(Finding::Absent { certain: true }));
        let mut verdict = verdict::after_look(found, &situation, processing);
        if verdict.event == Event::Repeat
            && let Some(from) = self.turn.lane.sends_from.filter(|from| *from > situation.now)
        {
            verdict = Verdict::held(from);
        }
        let not_settled = match verdict.event {
            Event::Confirmed => Self::settle(publish, &calling, &open.prepared, verdict.sent.as_ref()).await,
            _ => None,
        };
        let said = verdict.detail.clone().or_else(|| verdict.proof.clone());
        self.tell("looked_up", said, calling.http.take_exchanges()).await?;
        if let Some(failure) = not_settled {
            self.tell("not_settled", Some(failure.detail), Vec::new()).await?;
        }
        if verdict.event == Event::Repeat {
            // It is not there, and the platform knows the request by our id: the very same one once more. If that was
            // refused because the platform has lost its files, it is prepared anew under the same id.
            let (mut request, mut begun_at, mut files) = (open.prepared.clone(), open.begun_at, Vec::new());
            if open.kind.as_deref() == Some(FailureKind::MediaNotReady.as_str()) {
                let with = (&calling, &*opened.scopes);
                match self.made_ready(&**connector, publish, with, &attempts).await? {
                    Ok(ready) if ready.prepared.client_id == open.prepared.client_id => {
                        (request, begun_at, files) = (ready.prepared, ready.begun_at, ready.files);
                    }
                    // Under another id it would be another post.
                    Ok(_) => {}
                    Err(failure) => {
                        let verdict = verdict::after_preparing_again(failure, certain, &situation);
                        return self.follow(verdict, end).await;
                    }
                }
            }
            let delivery = Delivery {
                connector: &**connector,
                publish,
                calling: &calling,
                opened,
                repeats: Some(open.id),
                first_armed_at: Some(situation.armed_at),
                parent_live_at: None,
                files,
            };
            return self.deliver(&delivery, &request, begun_at).await;
        }
        self.follow(verdict, end).await
    }

    /// An answer says that a part is live, and someone else has moved the publication on meanwhile. If the attempt is still
    /// open, the look-up will find what the answer told; if it was taken for absent, the post may be there twice, which is
    /// never hidden.
    pub(super) async fn late_answer(&self, attempt: AttemptId, sent: &Sent) -> Result<(), Fault> {
        let attempts = self.attempts().await?;
        let known = attempts.iter().find(|one| one.id == attempt);
        let same = attempts.iter().any(|one| one.remote.as_ref().is_some_and(|remote| remote.id == sent.remote.id));
        let taken_for_absent = known.is_some_and(|one| matches!(one.outcome.as_deref(), Some("absent" | "no_effect")));
        if same || !taken_for_absent {
            return self.tell("late_answer", Some(say!("Live at {url}.", url = sent.remote.url)), Vec::new()).await;
        }
        let detail = say!(
            "It is live at {url} although it seemed absent, so it may be there twice. Check, and delete one.",
            url = sent.remote.url
        );
        self.tell("duplicate_found", Some(detail.clone()), Vec::new()).await?;
        let (p, now) = (self.work.publication.clone(), self.now());
        let data =
            serde_json::json!({ "post": p.post, "channel": p.channel, "url": sent.remote.url, "detail": detail });
        self.engine
            .app
            .db
            .write(async move |tx| {
                let object = p.id.to_string();
                events::emit(tx, p.workspace, "publication.duplicate_found", &object, data.clone(), now).await?;
                Ok::<_, Fault>(())
            })
            .await
    }
}
