//! Giving posts their times.
//!
//! What is live on a channel, or may be, goes there again only by an act that says so: otherwise a second click, a lost answer
//! or an old page would publish it twice (decision 6).

use axum::http::StatusCode;
use base::{
    Code, Problem, Scope, Timestamp,
    ids::{ChannelId, PostId, PublicationId, SeriesId},
    say,
};
use db::Tx;

use super::{
    Variant, When, Whole,
    judging::{judge, refuse},
    queue, store,
    wholes::{everything_of, get, stale, whole},
};
use crate::{
    App, audit,
    channels::{self, Channel},
    events,
    fault::Fault,
    publishing::{self, Decision, NewPublication, NewSeries, Publication, SeriesRule, State},
    request,
    schedule::{Repeat, Rule, times},
};

/// Occurrences of a recurring post that are laid out at once.
const OCCURRENCES_AHEAD: usize = 500;

/// When a post is to be published on its channels.
#[derive(Debug, Clone, Default)]
pub struct Times {
    /// On all channels without a time of their own below.
    pub when: Option<When>,
    /// If given, `when` is for this channel alone.
    pub only: Option<ChannelId>,
    /// Channels with a time of their own.
    pub channels: Vec<(ChannelId, When)>,
    /// How it recurs.
    pub repeat: Option<Repeat>,
    /// Publish it again where it is live.
    pub again: bool,
}

impl Times {
    fn of(&self, channel: ChannelId) -> Option<&When> {
        let own = self.channels.iter().find(|(id, _)| *id == channel).map(|(_, when)| when);
        own.or_else(|| self.when.as_ref().filter(|_| self.only.is_none_or(|only| only == channel)))
    }
}

/// Schedules a draft, or gives what is scheduled on some channels another time.
///
/// # Errors
/// A stale revision; too late; live already, and not said to be published again; a channel that cannot take it; those of
/// the database.
pub async fn schedule(app: &App, scope: &Scope, id: PostId, revision: i64, wanted: Times) -> Result<Whole, Fault> {
    let before = get(app, scope, id).await?;
    stale(before.post.revision, revision)?;
    let unknown = |id: &ChannelId| !before.variants.iter().any(|variant| variant.channel == *id);
    if wanted.channels.iter().map(|(id, _)| id).chain(&wanted.only).any(unknown) {
        return Err(Problem::field("/channel", say!("the post doesn't go to that channel; add channels first")).into());
    }
    let mut todo = Vec::new();
    let mut verdicts = Vec::new();
    for variant in &before.variants {
        let Some(when) = wanted.of(variant.channel) else { continue };
        let channel = channels::get(app, scope, variant.channel).await?;
        let repeat = wanted.repeat.as_ref();
        verdicts.push(judge(app, scope, channel.clone(), &variant.content, Some(when), repeat).await?);
        todo.push((channel, variant.clone(), when.clone()));
    }
    if todo.is_empty() {
        return Err(Problem::field("/channel", say!("the post doesn't go to that channel; add channels first")).into());
    }
    refuse(&verdicts)?;
    let (app2, scope, now, claim) = (app.clone(), scope.clone(), app.clock.now(), request::claim());
    app.db
        .write(async move |tx| {
            let workspace = scope.workspace();
            store::hold(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
            let held = everything_of(tx, workspace, id).await?.ok_or_else(|| Problem::not_found("post"))?;
            // What was judged is what is scheduled: not one revision earlier, not one later.
            stale(held.post.revision, revision)?;
            let Times { repeat, again, .. } = &wanted;
            let set = set_times(tx, &app2, &scope, &held, &todo, repeat.as_ref(), *again, now).await?;
            if set > 0 {
                audit::record(tx, &scope, now, audit::Act::new("post.scheduled", id)).await?;
            }
            claim.effected(tx, StatusCode::OK, &format!("/v1/posts/{id}")).await?;
            whole(tx, &scope, id).await
        })
        .await
}

/// Gives a post that is held its times on these channels. Says how many publications were made or moved.
///
/// # Errors
/// As [`schedule`].
#[expect(clippy::too_many_arguments, reason = "the context of one transaction, used in two places")]
pub(super) async fn set_times(
    tx: &mut Tx,
    app: &App,
    scope: &Scope,
    held: &Whole,
    todo: &[(Channel, Variant, When)],
    repeat: Option<&Repeat>,
    again: bool,
    now: Timestamp,
) -> Result<usize, Fault> {
    let (id, workspace) = (held.post.id, scope.workspace());
    let (mut new, mut moved) = (Vec::new(), 0);
    for (channel, variant, when) in todo {
        let (open, past): (Vec<&Publication>, Vec<&Publication>) =
            held.publications.iter().filter(|p| p.variant == variant.id).partition(|p| p.life.state.is_open());
        if open.iter().any(|p| p.series.is_some()) {
            let detail = say!(
                "This post repeats. Nothing was changed. Move, pause or end its series, or unschedule single dates."
            );
            return Err(Problem::new(Code::Conflict, detail).into());
        }
        if repeat.is_some() {
            for p in &open {
                publishing::decide_in(tx, scope, p.id, &Decision::Cancel, now).await?;
            }
        }
        if open.is_empty() || repeat.is_some() {
            if !again {
                not_live(tx, channel, &past).await?;
            }
            lay_out(tx, app, scope, channel, variant, when, repeat, now, &mut new).await?;
            continue;
        }
        for p in open {
            let (due_at, local) = instant(tx, channel, when, now).await?;
            if p.life.state == State::Scheduled && p.life.part == 0 {
                if *when == When::Now && p.wake_at.is_some_and(|at| at <= now) {
                    let detail =
                        say!("This post is due on {name} and is being published right now.", name = channel.name);
                    return Err(Problem::new(Code::TooLate, detail).with("state", p.life.state).into());
                }
                if p.due_at == due_at && p.local_time.clone().zip(p.zone.clone()) == local {
                    continue;
                }
            }
            publishing::decide_in(tx, scope, p.id, &Decision::Move { due_at, local }, now).await?;
            moved += 1;
        }
    }
    if !new.is_empty() {
        store::laid_out(tx, workspace, id, now).await?;
        let data = serde_json::json!({ "publications": new.len() });
        events::emit(tx, workspace, "post.scheduled", &id.to_string(), data, now).await?;
    }
    Ok(new.len() + moved)
}

/// Refuses what is live on the channel already, or may be.
async fn not_live(tx: &mut Tx, channel: &Channel, past: &[&Publication]) -> Result<(), Fault> {
    for p in past {
        if publishing::may_be_live(tx, p).await? {
            let is = match p.published_at {
                Some(at) => say!("is already live on {name} since {at}", name = channel.name),
                None => say!("may be live on {name} already", name = channel.name),
            };
            let detail = say!(
                "This post {is}, so nothing was scheduled. To publish it there a second time, send \
                 this again with `again: true` and the ETag of the post as it is now."
            );
            let problem = Problem::new(Code::TooLate, detail).with("state", p.life.state).with("channel", p.channel);
            return Err(problem.with("url", &p.url).into());
        }
    }
    Ok(())
}

/// Stores the publications of one variant: one, or one for each occurrence.
#[expect(clippy::too_many_arguments, reason = "the context of one transaction, used in two places")]
pub(super) async fn lay_out(
    tx: &mut Tx,
    app: &App,
    scope: &Scope,
    channel: &Channel,
    variant: &Variant,
    when: &When,
    repeat: Option<&Repeat>,
    now: Timestamp,
    into: &mut Vec<NewPublication>,
) -> Result<(), Fault> {
    let (due_at, local) = instant(tx, channel, when, now).await?;
    let parts = u32::try_from(variant.content.parts.len()).unwrap_or(u32::MAX);
    let one = |due_at, local, series| NewPublication {
        id: PublicationId::new(now, &*app.random),
        workspace: scope.workspace(),
        post: variant.post,
        variant: variant.id,
        channel: channel.id,
        series,
        due_at,
        local,
        parts,
        authorised_by: scope.actor().to_string(),
        now,
    };
    let first = into.len();
    match repeat {
        None => into.push(one(due_at, local, None)),
        Some(repeat) => {
            let (local, zone_name) = local.ok_or_else(|| {
                Problem::field(
                    "/schedule",
                    say!("a repeating post needs a local time and a zone, so that it keeps its hour all year"),
                )
            })?;
            let zone = times::zone(&zone_name)?;
            let rule = Rule::new(times::local(&local)?, repeat.clone())?;
            // One rule for all channels of a post is one series.
            let begins = (local.clone(), zone_name.clone());
            let known = into.iter().filter(|p| p.local.as_ref() == Some(&begins)).find_map(|p| p.series);
            let series = known.unwrap_or_else(|| SeriesId::new(now, &*app.random));
            let mut last = due_at;
            for occurrence in rule.occurrences(&zone).take(OCCURRENCES_AHEAD) {
                last = occurrence.at;
                into.push(one(occurrence.at, Some((occurrence.local.to_string(), zone_name.clone())), Some(series)));
            }
            if known.is_none() {
                let rule = SeriesRule { first: local, zone: zone_name, repeat: repeat.clone() };
                let new = NewSeries {
                    id: series,
                    workspace: scope.workspace(),
                    post: variant.post,
                    rule: &rule,
                    filled_until: last,
                    made_by: &scope.actor().to_string(),
                };
                publishing::insert_series(tx, &new).await?;
            }
        }
    }
    for publication in &into[first..] {
        publishing::schedule(tx, publication).await?;
    }
    Ok(())
}

/// The instant, and the local time and zone where there is one.
pub(super) async fn instant(
    tx: &mut Tx,
    channel: &Channel,
    when: &When,
    now: Timestamp,
) -> Result<(Timestamp, Option<(String, String)>), Fault> {
    let future = |at: Timestamp| {
        if at > now {
            return Ok(at);
        }
        Err(Problem::new(
            Code::TimePassed,
            say!("{at} has passed; it is {now} now. Choose a later time, or publish now."),
        ))
    };
    Ok(match when {
        When::Now => (now, None),
        When::At(at) => (future(*at)?, None),
        When::Local { local, zone } => {
            (future(times::resolve_exactly(*local, zone)?)?, Some((local.to_string(), zone.clone())))
        }
        When::NextSlot => {
            let (place, zone) = queue::next_slot(tx, channel, now).await?;
            (place.at, Some((place.local.to_string(), zone)))
        }
    })
}
