//! The whole story of one publication, from the first click to the link: what was decided, journaled, said and answered.

use base::{Scope, Text, Timestamp, ids::PublicationId, say};
use connector::Exchange;
use serde::Serialize;

use super::{Publication, store, words};
use crate::{App, fault::Fault};

/// A publication's story, oldest first.
#[derive(Debug, Clone)]
pub struct Story {
    /// Its state.
    pub publication: Publication,
    /// What happens next, in a sentence.
    pub next: Text,
    /// What happened.
    pub tellings: Vec<Telling>,
}

/// One thing that happened.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub struct Telling {
    /// When.
    pub at: Timestamp,
    /// The step (`scheduled`, `armed`, `accepted`, `looked_up`, …).
    pub act: String,
    /// Who: a person, a key, or `system:…`.
    pub actor: String,
    /// Which part of a thread, from 0; absent where it is about the whole.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub part: Option<u32>,
    /// In a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<Text>,
    /// Where it was moved to, or what it was scheduled for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Timestamp>,
    /// The address of the part that this made, or found to be, live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// What proves that it is live.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proof: Option<Text>,
    /// Requests to the platform and its responses, without secrets.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exchanges: Vec<Exchange>,
}

/// Tells the story.
///
/// # Errors
/// Not found; those of the database.
pub async fn explain(app: &App, scope: &Scope, id: PublicationId) -> Result<Story, Fault> {
    let publication = super::get(app, scope, id).await?;
    let (attempts, lines) = app
        .db
        .read(async move |tx| Ok::<_, db::Error>((store::attempts_of(tx, id).await?, store::story_of(tx, id).await?)))
        .await?;
    let mut tellings = vec![scheduled(&publication)];
    for attempt in attempts {
        tellings.extend(of_attempt(&attempt));
    }
    tellings.extend(lines.into_iter().map(|line| Telling {
        to: line.detail.as_ref().filter(|_| line.act == "moved").and_then(|detail| detail.time("at")),
        detail: line.detail,
        exchanges: line.exchanges,
        ..Telling::of(line.at, &line.act, line.actor)
    }));
    tellings.sort_by_key(|telling| telling.at);
    Ok(Story { next: next(&publication), publication, tellings })
}

impl Telling {
    fn of(at: Timestamp, act: &str, actor: String) -> Self {
        let (part, detail, to, url, proof) = (None, None, None, None, None);
        Self { at, act: act.to_owned(), actor, part, detail, to, url, proof, exchanges: Vec::new() }
    }
}

fn scheduled(p: &Publication) -> Telling {
    let chosen = match (&p.local_time, &p.zone) {
        (Some(local), Some(zone)) => {
            say!("For {at} (chosen as {local} in {zone}).", at = p.due_at, local = local.replace('T', " "))
        }
        _ => say!("For {at}.", at = p.due_at),
    };
    Telling { detail: Some(chosen), to: Some(p.due_at), ..Telling::of(p.made_at, "scheduled", p.authorised_by.clone()) }
}

fn of_attempt(attempt: &store::Attempt) -> Vec<Telling> {
    let telling = |at, act: &str| Telling {
        part: Some(attempt.position),
        ..Telling::of(at, act, "system:publishing".to_owned())
    };
    let armed = say!(
        "Attempt {n} was stored before anything was sent. It ends by {deadline}.",
        n = attempt.n,
        deadline = attempt.deadline
    );
    let mut all = vec![Telling { detail: Some(armed), ..telling(attempt.armed_at, "armed") }];
    if let (Some(at), Some(outcome)) = (attempt.finished_at, &attempt.outcome) {
        let url = attempt.remote.as_ref().map(|remote| remote.url.clone());
        let link = url.as_ref().map(|url| say!("Live at {url}."));
        let proof = attempt.proof.as_ref().map(|proof| say!("Proof: {proof}."));
        let detail: Vec<_> = [attempt.detail.clone(), link, proof].into_iter().flatten().collect();
        all.push(Telling {
            detail: detail.into_iter().reduce(Text::then),
            url,
            proof: attempt.proof.clone(),
            exchanges: attempt.exchanges.clone(),
            ..telling(at, outcome)
        });
    } else if !attempt.exchanges.is_empty() {
        let (detail, exchanges) = (attempt.detail.clone(), attempt.exchanges.clone());
        all.push(Telling { detail, exchanges, ..telling(attempt.armed_at, "answer") });
    }
    all
}

/// Whether what parked it is not a problem that can be solved, but a question.
fn nothing_mends(p: &Publication) -> bool {
    p.reason.as_deref().is_some_and(|reason| ["poison", "stalled"].contains(&reason))
}

fn next(p: &Publication) -> Text {
    use super::State as S;
    let when = p.wake_at.map_or(say!("soon"), |at| say!("on {at}"));
    let has_live_parts = p.life.part > 0;
    let next = match p.life.state {
        S::Scheduled if p.life.tries > 0 => say!("Fanfare tries again {when}."),
        S::Scheduled if has_live_parts => say!("Fanfare publishes the rest {when}."),
        S::Scheduled => say!("Fanfare publishes it {when}."),
        S::Armed => say!("It is being sent right now."),
        S::Processing => say!("The platform is still processing it. Fanfare checks again {when}."),
        S::Unknown => say!("It may be live. Fanfare sends nothing more and checks {when}."),
        S::Published => say!("Nothing: it is live."),
        S::Failed if has_live_parts => say!("Decide: publish the rest again, or leave it."),
        S::Failed => say!("Decide: change the post and publish it again, or leave it."),
        S::NeedsEyes => say!("Check the channel, then decide: it is live, publish it again, or leave it."),
        S::Parked if nothing_mends(p) && has_live_parts => say!("Decide: publish the rest again, or leave it."),
        S::Parked if nothing_mends(p) => say!("Decide: publish it again, or leave it."),
        S::Parked if has_live_parts => say!("The rest is published once the problem is solved."),
        S::Parked => say!("It is published once the problem is solved."),
        S::Missed => say!("Decide: publish it now, reschedule it, or leave it."),
        S::Cancelled => say!("Nothing: it was unscheduled."),
        S::Deleted => say!("Nothing: it was deleted at the platform."),
    };
    match words::what_is_live(p.life) {
        Some(live) => next.then(live),
        None => next,
    }
}
