//! The whole story of one publication, from the first click to the link: what was decided, journaled, said and answered.

use base::{Scope, Timestamp, ids::PublicationId};
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
    pub next: String,
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
    pub detail: Option<String>,
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
        .read(move |tx| {
            Box::pin(
                async move { Ok::<_, db::Error>((store::attempts_of(tx, id).await?, store::story_of(tx, id).await?)) },
            )
        })
        .await?;
    let mut tellings = vec![scheduled(&publication)];
    for attempt in attempts {
        tellings.extend(of_attempt(&attempt));
    }
    tellings.extend(lines.into_iter().map(|line| Telling {
        at: line.at,
        act: line.act,
        actor: line.actor,
        part: None,
        detail: line.detail,
        exchanges: line.exchanges,
    }));
    tellings.sort_by_key(|telling| telling.at);
    Ok(Story { next: next(&publication), publication, tellings })
}

fn scheduled(p: &Publication) -> Telling {
    let chosen = match (&p.local_time, &p.zone) {
        (Some(local), Some(zone)) => format!("for {local} in {zone}, which is {}", p.due_at),
        _ => format!("for {}", p.due_at),
    };
    Telling {
        at: p.made_at,
        act: "scheduled".to_owned(),
        actor: p.authorised_by.clone(),
        part: None,
        detail: Some(chosen),
        exchanges: Vec::new(),
    }
}

fn of_attempt(attempt: &store::Attempt) -> Vec<Telling> {
    let telling = |at, act: &str, detail: Option<String>, exchanges| Telling {
        at,
        act: act.to_owned(),
        actor: "system:publishing".to_owned(),
        part: Some(attempt.position),
        detail,
        exchanges,
    };
    let armed = format!("Attempt {} was stored before anything was sent. It ends by {}.", attempt.n, attempt.deadline);
    let mut all = vec![telling(attempt.armed_at, "armed", Some(armed), Vec::new())];
    if let (Some(at), Some(outcome)) = (attempt.finished_at, &attempt.outcome) {
        let link = attempt.remote.as_ref().map(|remote| format!("live at {}", remote.url));
        let words: Vec<String> =
            [attempt.detail.clone(), link, attempt.proof.as_ref().map(|proof| format!("proof: {proof}"))]
                .into_iter()
                .flatten()
                .collect();
        all.push(telling(at, outcome, (!words.is_empty()).then(|| words.join("; ")), attempt.exchanges.clone()));
    } else if !attempt.exchanges.is_empty() {
        all.push(telling(attempt.armed_at, "answer", attempt.detail.clone(), attempt.exchanges.clone()));
    }
    all
}

fn next(p: &Publication) -> String {
    use super::State as S;
    let at = p.wake_at.map_or_else(|| "soon".to_owned(), |at| format!("at {at}"));
    let (it, rest) = if p.life.part > 0 { ("the rest", "What is missing") } else { ("it", "It") };
    let next = match p.life.state {
        S::Scheduled if p.life.tries > 0 => format!("Fanfare tries again {at}."),
        S::Scheduled => format!("Fanfare sends {it} {at}."),
        S::Armed => "It is on its way; its outcome will be stored, or looked up.".to_owned(),
        S::Processing => format!("The platform works on it; Fanfare looks {at}."),
        S::Unknown => format!("Fanfare does not know whether it is live, sends nothing, and looks {at}."),
        S::Published => "Nothing: it is live.".to_owned(),
        S::Failed if p.life.part > 0 => "Somebody sends the rest again, or drops it.".to_owned(),
        S::Failed => "Somebody changes the post and sends it again, or drops it.".to_owned(),
        S::NeedsEyes => "Somebody looks at the channel and says: it is live, send it again, or drop it.".to_owned(),
        S::Parked => format!("{rest} goes on when what blocks it is mended."),
        S::Missed => "Somebody says: send it now, give it another time, or drop it.".to_owned(),
        S::Cancelled => "Nothing: it was called off.".to_owned(),
        S::Deleted => "Nothing: it was deleted at the platform.".to_owned(),
    };
    words::what_is_live(p.life).map_or_else(|| next.clone(), |live| format!("{next} {live}"))
}
