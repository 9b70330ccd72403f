//! Handing a post in for review, and handing it back: who may write but not publish gives it to those who may.
//!
//! They schedule it, which ends the review, or hand it back with a note. A change after it was handed in keeps it there.

pub(super) mod http;

use axum::http::StatusCode;
use base::{Code, Permission, Problem, Scope, ids::PostId, say};

use super::{
    Review, Reviewing, When, Whole, making, store,
    wholes::{everything_of, of_all_channels, stale, whole},
};
use crate::{App, audit, events, fault::Fault, request};

/// The longest note, in characters.
const NOTE_CHARACTERS_MAX: usize = 2_000;

fn checked(note: Option<String>) -> Result<Option<String>, Problem> {
    let note = note.map(|note| note.trim().to_owned()).filter(|note| !note.is_empty());
    match &note {
        Some(text) if text.chars().count() > NOTE_CHARACTERS_MAX => Err(Problem::field(
            "/note",
            say!("may have {note_characters_max} characters at most", note_characters_max = NOTE_CHARACTERS_MAX),
        )),
        _ => Ok(note),
    }
}

/// Hands a post in for review, with a note and the time that its author means, if there is one.
///
/// # Errors
/// A stale revision; something of it is scheduled, on its way or live; a note that is too long; those of the database.
pub async fn hand_in(
    app: &App,
    scope: &Scope,
    id: PostId,
    revision: i64,
    note: Option<String>,
    planned: Option<When>,
) -> Result<Whole, Fault> {
    let planned = planned.as_ref().map(making::planned).transpose()?;
    turn(app, scope, id, revision, Reviewing::HandedIn, checked(note)?, planned).await
}

/// Hands a post back to its author, with a note; the author takes it back the same way.
///
/// # Errors
/// A stale revision; it was not handed in; not by someone who may not; those of the database.
pub async fn return_it(
    app: &App,
    scope: &Scope,
    id: PostId,
    revision: i64,
    note: Option<String>,
) -> Result<Whole, Fault> {
    turn(app, scope, id, revision, Reviewing::Returned, checked(note)?, None).await
}

async fn turn(
    app: &App,
    scope: &Scope,
    id: PostId,
    revision: i64,
    stands: Reviewing,
    note: Option<String>,
    planned: Option<store::Planned>,
) -> Result<Whole, Fault> {
    let (scope, now, claim) = (scope.clone(), app.clock.now(), request::claim());
    app.db
        .write(async move |tx| {
            let workspace = scope.workspace();
            store::hold(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
            let held = everything_of(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
            of_all_channels(tx, &scope, id).await?;
            stale(held.post.revision, revision)?;
            allowed(&scope, &held, stands)?;
            let by = scope.actor().to_string();
            let is_so =
                held.post.review.as_ref().is_some_and(|now| (now.stands, &now.by, &now.note) == (stands, &by, &note));
            if is_so && planned.as_ref().is_none_or(|planned| held.post.planned.as_ref() == Some(planned)) {
                return whole(tx, &scope, id).await;
            }
            let review = Review { stands, by, at: now, note: note.clone() };
            store::put_review(tx, workspace, id, Some(&review)).await?;
            if planned.is_some() {
                store::plan(tx, workspace, id, planned.as_ref()).await?;
            }
            let act = match stands {
                Reviewing::HandedIn => "post.handed_in",
                Reviewing::Returned => "post.handed_back",
            };
            audit::record(tx, &scope, now, audit::Act::new(act, id)).await?;
            events::emit(tx, workspace, act, &id.to_string(), serde_json::json!({}), now).await?;
            claim.effected(tx, StatusCode::OK, &format!("/v1/posts/{id}")).await?;
            whole(tx, &scope, id).await
        })
        .await
}

fn allowed(scope: &Scope, held: &Whole, stands: Reviewing) -> Result<(), Problem> {
    if stands == Reviewing::HandedIn {
        let open = |p: &&crate::publishing::Publication| p.life.state.is_open() || p.life.part > 0;
        let Some(p) = held.publications.iter().find(open) else { return Ok(()) };
        let detail = say!(
            "Only a draft can be handed in: this post is scheduled, on its way or live. Nothing was changed. \
                      Duplicate it, and hand in the copy."
        );
        return Err(Problem::new(Code::TooLate, detail).with("state", p.life.state));
    }
    let Some(review) = held.post.review.as_ref().filter(|_| held.post.is_handed_in()) else {
        let detail = say!("This post is not in review, so there is nothing to hand back. Nothing was changed.");
        return Err(Problem::new(Code::Conflict, detail));
    };
    if review.by == scope.actor().to_string() { Ok(()) } else { scope.require(Permission::PostsPublish) }
}
