//! Comments: what people write below published posts, read at the platform when someone asks, and answered, hidden, liked or
//! deleted there.
//!
//! Nothing of it is stored: other people's words, names and ids pass through (P-017). What is kept is that a member or a key
//! answered or changed a comment below a publication of theirs, never which one.
//!
//! An answer is a visible write, made once. The key of its request is marked before it leaves, so that the same request never
//! sends it again, even if the process ends in between. Where its answer is lost, the comments are read back; what they don't
//! decide is told as not known. Acts on comments that are repeated change nothing, and are not journaled.
//!
//! Left out: an inbox, and answers as publications with the engine's retries (decision 31).

pub mod http;

use std::{sync::Arc, time::Duration};

use base::{
    Code, Problem, Scope, Text, Timestamp,
    ids::{ChannelId, PostId, PublicationId},
    say,
};
use connector::{
    CommentAct, CommentChange, Comments, CommentsAsked, CommentsPage, Connector, Failure, FailureKind, Outcome, Remote,
    Replied,
};
use serde_json::json;

use crate::{
    App, audit,
    channels::{self, Calling, grants},
    events,
    fault::Fault,
    http::Rate,
    publishing, request,
};

/// Longest answer, in characters; platforms allow less.
const TEXT_MAX: usize = 10_000;
/// How often one caller may ask platforms about comments and accounts.
pub(crate) const RATE: Rate = Rate::per(60, 60);
/// How many pages are read back for an answer that was lost.
const PAGES_MAX: usize = 3;
/// How long before its request an answer may carry as its time: clocks differ a little, and platforms cut seconds.
const BEFORE: Duration = Duration::from_secs(5);

/// Which comments, and how.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Which part of the publication, from 0.
    pub part: usize,
    /// Which page, and whether those that wait.
    pub asked: CommentsAsked,
    /// Whether it may cost money.
    pub at_cost: bool,
}

/// A page, and what can't be done.
#[derive(Debug)]
pub struct Listed {
    /// The comments; what can't be done is not among what can.
    pub page: CommentsPage,
    /// What the platform has and this channel may not do, and why.
    pub lacking: Vec<(CommentAct, Text)>,
}

/// The comments of one part, and the way to them.
struct Place {
    post: PostId,
    publication: PublicationId,
    channel: ChannelId,
    part: Remote,
    /// All parts that are live.
    parts: Vec<Remote>,
    connector: Arc<dyn Connector>,
    granted: Vec<String>,
    calling: Calling,
}

impl Place {
    async fn of(app: &App, scope: &Scope, id: PublicationId, part: usize) -> Result<Self, Fault> {
        let publication = publishing::get(app, scope, id).await?;
        let channel = channels::get(app, scope, publication.channel).await?;
        let parts: Vec<Remote> = app.read(async move |tx| publishing::live_parts(tx, id).await).await?;
        let is_gone = publication.life.state == publishing::State::Deleted;
        let part = parts.get(part).filter(|_| !is_gone).cloned().ok_or_else(|| {
            Problem::new(Code::Conflict, say!("This part of the post isn't live, so there are no comments."))
        })?;
        let connector = app.connectors.get(&channel.platform).cloned().ok_or_else(|| Problem::not_found("platform"))?;
        let now = app.clock.now();
        if let Some((until, why)) = channel.blocked.as_ref().filter(|(until, _)| *until > now) {
            let detail = match why.as_str() {
                "failing" => say!("The platform failed several times in a row. Fanfare waits before it asks again."),
                _ => say!("The platform limits this channel right now."),
            };
            let limited = Problem::new(Code::RateLimited, detail);
            return Err(limited.retry_after(until.since(now).as_secs().max(1)).into());
        }
        app.memory
            .buckets
            .take("comments", scope.actor().to_string(), RATE, now)
            .check(say!("requests about comments"))?;
        let opened = grants::open_to_use(app, scope.workspace(), channel.id)
            .await?
            .map_err(|failure| channels::failed(&failure))?;
        let granted = opened.scopes.clone();
        let calling = Calling::of(app, &channel, &opened);
        Ok(Self {
            post: publication.post,
            publication: id,
            channel: channel.id,
            part,
            parts,
            connector,
            granted,
            calling,
        })
    }

    fn comments(&self) -> Result<&dyn Comments, Problem> {
        let missing = || Problem::new(Code::Conflict, say!("Fanfare can't read or answer comments on this platform."));
        self.connector.comments().ok_or_else(missing)
    }

    /// Why it can't be done with this channel's permissions; `Err` if the platform doesn't have it.
    fn lacks(&self, act: CommentAct) -> Result<Option<Failure>, Problem> {
        let feature = self.comments()?.feature(act).ok_or_else(|| {
            Problem::new(Code::Conflict, say!("This platform doesn't let programs do that with comments."))
        })?;
        Ok(publishing::lacks(self.connector.about(), &self.granted, feature))
    }

    fn require(&self, act: CommentAct) -> Result<(), Problem> {
        self.lacks(act)?.map_or(Ok(()), |failure| Err(channels::failed(&failure)))
    }

    /// A part of the post stands among the comments, and is none.
    fn is_part(&self, comment: &str) -> Result<bool, Problem> {
        let comments = self.comments()?;
        Ok(self.parts.iter().any(|part| comments.id_of(part) == comment))
    }

    /// Refuses what other publications of the channel are known by: not every platform says below which post a comment is.
    async fn leave_others(&self, app: &App, comment: &str) -> Result<(), Fault> {
        let (channel, publication) = (self.channel, self.publication);
        let others = app.read(async move |tx| publishing::taken(tx, channel, publication, 0).await).await?;
        let is_other = |known: &String| known == comment && !self.parts.iter().any(|part| part.id == *known);
        if others.iter().any(is_other) {
            return Err(Problem::new(Code::NotFound, say!("There is no such comment below this post.")).into());
        }
        Ok(())
    }
}

/// Refuses what would cost money, unless that was agreed to.
///
/// # Errors
/// `costs-money`, with the price.
pub(crate) fn agreed(price: Option<Text>, at_cost: bool) -> Result<(), Problem> {
    match price.filter(|_| !at_cost) {
        None => Ok(()),
        Some(price) => Err(Problem::new(Code::CostsMoney, price)),
    }
}

fn refused(failure: &Failure) -> Problem {
    match failure.kind {
        FailureKind::RemoteNotFound => Problem::new(Code::NotFound, failure.detail.clone()),
        _ => channels::failed(failure),
    }
}

/// One page of the comments below a part.
///
/// # Errors
/// Not found; it is not live; the platform has no comments, or its reading costs money; a permission is missing; the platform
/// failed; those of the database.
pub async fn list(app: &App, scope: &Scope, id: PublicationId, wanted: &Wanted) -> Result<Listed, Fault> {
    let place = Place::of(app, scope, id, wanted.part).await?;
    let comments = place.comments()?;
    place.require(CommentAct::Read)?;
    if wanted.asked.waiting {
        place.require(CommentAct::Change(CommentChange::Approve))?;
    }
    agreed(comments.price(), wanted.at_cost)?;
    let mut page =
        comments.below(&place.calling.call(), &place.part, &wanted.asked).await.map_err(|failure| refused(&failure))?;
    let changes = CommentChange::ALL.iter().map(|change| CommentAct::Change(*change));
    let all = [CommentAct::Reply].into_iter().chain(changes);
    let lacking: Vec<(CommentAct, Text)> =
        all.filter_map(|act| Some((act, place.lacks(act).ok().flatten()?.detail))).collect();
    let may = |act: CommentAct| comments.feature(act).is_some() && lacking.iter().all(|(lacks, _)| *lacks != act);
    let own: Vec<String> = place.parts.iter().map(|part| comments.id_of(part)).collect();
    page.items.retain(|comment| !own.contains(&comment.id));
    for comment in &mut page.items {
        comment.can_reply &= may(CommentAct::Reply);
        comment.can.retain(|change| may(CommentAct::Change(*change)));
        // The post itself is no comment.
        comment.parent = comment.parent.take().filter(|parent| !own.contains(parent));
    }
    Ok(Listed { page, lacking })
}

/// Answers a comment as the channel's account.
///
/// # Errors
/// As [`list`]; publishing is stopped; `outcome-unknown` if it is not known whether the answer was posted.
pub async fn reply(
    app: &App,
    scope: &Scope,
    (id, part): (PublicationId, usize),
    comment: String,
    text: String,
) -> Result<Replied, Fault> {
    if text.trim().is_empty() || text.chars().count() > TEXT_MAX {
        return Err(Problem::field("/text", say!("must have 1 to {max} characters", max = TEXT_MAX)).into());
    }
    let (app, scope) = (app.clone(), scope.clone());
    request::to_its_end(async move { reply_there(&app, &scope, (id, part), &comment, &text).await }).await
}

async fn reply_there(
    app: &App,
    scope: &Scope,
    (id, part): (PublicationId, usize),
    comment: &str,
    text: &str,
) -> Result<Replied, Fault> {
    // One at a time, so that what is read back is this one's.
    let _turn = app.memory.edits.take(id).await;
    let place = Place::of(app, scope, id, part).await?;
    let comments = place.comments()?;
    place.require(CommentAct::Reply)?;
    place.leave_others(app, comment).await?;
    if publishing::stopped(app).await?.is_some() {
        return Err(Problem::new(Code::Stopped, say!("Publishing is stopped, so no reply is sent.")).into());
    }
    let (claim, begun_at) = (request::claim(), app.clock.now());
    let (marked, by, data) = (claim.clone(), scope.clone(), about(&place));
    app.write(async move |tx| {
        marked.effect_leaves(tx).await?;
        audit::record(tx, &by, begun_at, audit::Act::new("comment.reply_begun", id).with(data.clone())).await
    })
    .await?;
    let outcome = match comments.reply(&place.calling.call(), &place.part, comment, text).await {
        Err(failure) if failure.outcome == Outcome::Unknown => {
            read_back(&place, begun_at, comment, text).await.ok_or(failure)
        }
        outcome => outcome,
    };
    let (now, by, workspace, data) = (app.clock.now(), scope.clone(), scope.workspace(), about(&place));
    let failed = outcome.as_ref().err().cloned();
    let told = app
        .db
        .unguarded()
        .write(async move |tx| {
            let Some(failure) = &failed else {
                claim.effected_once(tx).await?;
                audit::record(tx, &by, now, audit::Act::new("comment.replied", id).with(data.clone())).await?;
                return events::emit(tx, workspace, "comment.replied", &id.to_string(), data.clone(), now).await;
            };
            let is_unknown = failure.outcome == Outcome::Unknown;
            if !is_unknown {
                claim.took_back(tx).await?;
            }
            let name = if is_unknown { "comment.reply_in_doubt" } else { "comment.reply_refused" };
            audit::record(tx, &by, now, audit::Act::new(name, id).with(data.clone()).refused()).await
        })
        .await;
    log_untold(told);
    outcome.map_err(|failure| match failure.outcome {
        Outcome::Unknown => in_doubt(&failure).into(),
        _ => refused(&failure).into(),
    })
}

/// What the platform did is answered even where it can't be stored any more: "nothing was stored" would have it done again.
fn log_untold(told: Result<(), db::Error>) {
    if let Err(error) = told {
        tracing::error!(%error, "what became of an act on a comment could not be stored");
    }
}

fn in_doubt(failure: &Failure) -> Problem {
    let detail = say!(
        "It is not known whether the reply was posted. Look at the comments before you send it again. {why}",
        why = failure.detail.clone()
    );
    Problem::new(Code::OutcomeUnknown, detail).with("reason", failure.kind)
}

/// The answer among the newest comments, if it is there. Where reading costs money it is left to a person.
async fn read_back(place: &Place, begun_at: Timestamp, to: &str, text: &str) -> Option<Replied> {
    let comments = place.comments().ok().filter(|comments| comments.price().is_none())?;
    let wanted = letters(text);
    let mut asked = CommentsAsked::default();
    for _ in 0..PAGES_MAX {
        let page = comments.below(&place.calling.call(), &place.part, &asked).await.ok()?;
        let is_it = |comment: &&connector::Comment| {
            let is_new = comment.made_at.is_some_and(|at| at + BEFORE >= begun_at);
            let is_there = comment.parent.as_deref() == Some(to);
            // A platform may put the names of those who are answered before the text.
            let bare: String = comment.text.split_whitespace().skip_while(|word| word.starts_with('@')).collect();
            let is_said = letters(&comment.text) == wanted || letters(&bare) == wanted;
            comment.author.is_self && is_new && is_there && is_said
        };
        if let Some(found) = page.items.iter().filter(|_| !wanted.is_empty()).find(is_it) {
            return Some(Replied { id: found.id.clone(), url: found.url.clone() });
        }
        asked.cursor = Some(page.next?);
    }
    None
}

/// What no dressing up of a text changes.
fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Does this to a comment.
///
/// # Errors
/// As [`list`]; the platform doesn't have it.
pub async fn change(
    app: &App,
    scope: &Scope,
    (id, part): (PublicationId, usize),
    comment: String,
    (change, at_cost): (CommentChange, bool),
) -> Result<(), Fault> {
    let (app, scope) = (app.clone(), scope.clone());
    request::to_its_end(async move { change_there(&app, &scope, (id, part), &comment, (change, at_cost)).await }).await
}

async fn change_there(
    app: &App,
    scope: &Scope,
    (id, part): (PublicationId, usize),
    comment: &str,
    (change, at_cost): (CommentChange, bool),
) -> Result<(), Fault> {
    let place = Place::of(app, scope, id, part).await?;
    let comments = place.comments()?;
    place.require(CommentAct::Change(change))?;
    // A platform may have to be asked where the comment is.
    agreed(comments.price(), at_cost)?;
    place.leave_others(app, comment).await?;
    if place.is_part(comment)? {
        let detail = say!("This is a part of the post itself, not a comment. Delete or edit the post instead.");
        return Err(Problem::new(Code::Conflict, detail).into());
    }
    // The caller's rights, once more, right before it is done.
    app.write(async |_| Ok(())).await?;
    let outcome = comments.change(&place.calling.call(), &place.part, comment, change).await;
    let (now, by, workspace) = (app.clock.now(), scope.clone(), scope.workspace());
    let (mut data, done, claim) = (about(&place), outcome.is_ok(), request::claim());
    data["change"] = json!(change);
    if let Err(failure) = &outcome
        && failure.kind == FailureKind::RemoteNotFound
    {
        // Nothing was there, so nothing was done.
        return Err(refused(failure).into());
    }
    let told = app
        .db
        .unguarded()
        .write(async move |tx| {
            let act = audit::Act::new("comment.changed", id).with(data.clone());
            audit::record(tx, &by, now, if done { act } else { act.refused() }).await?;
            if done {
                claim.effected(tx, axum::http::StatusCode::NO_CONTENT, &format!("/v1/publications/{id}")).await?;
                events::emit(tx, workspace, "comment.changed", &id.to_string(), data.clone(), now).await?;
            }
            Ok::<_, db::Error>(())
        })
        .await;
    log_untold(told);
    outcome.map_err(|failure| refused(&failure).into())
}

/// What is kept of an act: where it was, not which comment.
fn about(place: &Place) -> serde_json::Value {
    json!({ "post": place.post, "channel": place.channel })
}

#[cfg(test)]
mod tests;
