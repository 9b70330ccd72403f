//! A post that repeats, as one thing: to see it, and to move, pause, resume or end the whole of it or this occurrence and those
//! after it.

pub(super) mod http;

use std::collections::{BTreeMap, BTreeSet};

use axum::http::StatusCode;
use base::{
    Code, Problem, Scope, Timestamp,
    ids::{PublicationId, SeriesId, VariantId},
    say,
};
use jiff::{ToSpan as _, civil::DateTime};

use super::{
    Variant, When, Whole,
    judging::{judge, refuse},
    scheduling::{instant, lay_out},
    store,
    wholes::{everything_of, get, of_all_channels, stale, whole},
};
use crate::{
    App, audit,
    channels::{self, Channel},
    events,
    fault::Fault,
    publishing::{self, Decision, Publication, Series, State},
    request,
    schedule::{Every, Repeat, times},
};

/// Why an occurrence was unscheduled while its series is paused.
const PAUSED: &str = "series_paused";
/// Why a publication that was paused stays cancelled: its series ended, or another took its place.
const ENDED: &str = "series_ended";

/// What is to become of a series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SeriesAct {
    /// It is published at another time from here on, and by another rule if one is given.
    Move {
        /// The first occurrence that is moved is published at this local time.
        to: DateTime,
        /// In this zone; `None` leaves it as it is.
        zone: Option<String>,
        /// How it recurs from then on; `None` leaves the rule as it is, shifted by as many days as the occurrence.
        repeat: Option<Repeat>,
    },
    /// One occurrence is published at another time; the others stay.
    MoveOne {
        /// At this local time.
        to: DateTime,
        /// In this zone; `None` leaves it as it is.
        zone: Option<String>,
    },
    /// Nothing is published until it is resumed.
    Pause,
    /// What was paused is published at its time again, if that is still to come.
    Resume,
    /// Nothing is published any more.
    End,
}

/// A change to a series.
#[derive(Debug, Clone)]
pub struct SeriesChange {
    /// What.
    pub act: SeriesAct,
    /// From the occurrence of this local time on; `None` is all that are still to come.
    pub from: Option<DateTime>,
}

/// The post of a series, with all that belongs to it.
///
/// # Errors
/// Not found; those of the database.
pub async fn series(app: &App, scope: &Scope, id: SeriesId) -> Result<(Series, Whole), Fault> {
    let workspace = scope.workspace();
    let found: Option<Series> = app.read(async move |tx| publishing::one_series(tx, workspace, id).await).await?;
    let found = found.ok_or_else(|| Problem::not_found("series"))?;
    let whole = get(app, scope, found.post).await?;
    if !whole.series.iter().any(|one| one.id == id) {
        return Err(Problem::not_found("series").into());
    }
    Ok((found, whole))
}

/// Moves, pauses, resumes or ends a series, or a part of it, if its post still has this revision.
///
/// # Errors
/// A stale revision; nothing of it is still to come; a time that has passed or does not exist; a channel that cannot take the
/// post; those of the database.
pub async fn change_series(
    app: &App,
    scope: &Scope,
    id: SeriesId,
    revision: i64,
    change: SeriesChange,
) -> Result<Whole, Fault> {
    let (old, before) = series(app, scope, id).await?;
    stale(before.post.revision, revision)?;
    let from = change.from.map(|from| from.to_string());
    if let SeriesAct::MoveOne { to, zone } = &change.act {
        let zone = zone.as_ref().unwrap_or(&old.rule.zone);
        let when = When::Local { local: *to, zone: zone.clone() };
        return move_one(app, scope, (old, before), from.unwrap_or_default(), when).await;
    }
    let open = to_come(&before, id, from.as_deref(), &change.act, app.clock.now());
    let ends_paused = change_ends(&change.act) && paused(&before, id, from.as_deref()).next().is_some();
    if open.is_empty() && !ends_paused {
        let detail = match change.act {
            SeriesAct::Resume => say!("Nothing of this series is paused and still to come. Nothing was changed."),
            _ => say!("No occurrence of this series is still to come from there on. Nothing was changed."),
        };
        return Err(Problem::new(Code::TooLate, detail).into());
    }
    let anew = match &change.act {
        SeriesAct::Move { to, zone, repeat } => {
            Some(moved(app, scope, (&old, &before), &open, (*to, zone, repeat)).await?)
        }
        _ => None,
    };
    let (app2, scope, now, claim) = (app.clone(), scope.clone(), app.clock.now(), request::claim());
    app.db
        .write(async move |tx| {
            let act = &change.act;
            let (workspace, post) = (scope.workspace(), old.post);
            store::hold(tx, workspace, post).await?.ok_or_else(|| Problem::not_found("post"))?;
            let held = everything_of(tx, workspace, post).await?.ok_or_else(|| Problem::not_found("post"))?;
            of_all_channels(tx, &scope, post).await?;
            stale(held.post.revision, revision)?;
            for p in &open {
                if *act == SeriesAct::Resume {
                    // One whose channel has ended does not keep the others back.
                    let Some(one) = held.publications.iter().find(|one| one.id == *p) else { continue };
                    if publishing::may_be_restored(tx, one, now).await?.is_err() {
                        continue;
                    }
                }
                let decision = if *act == SeriesAct::Resume { Decision::Restore } else { Decision::Cancel };
                publishing::decide_in(tx, &scope, *p, &decision, now).await?;
                if *act == SeriesAct::Pause {
                    publishing::remark(tx, *p, PAUSED).await?;
                }
            }
            if change_ends(act) {
                // What was paused from there on has ended with it: resuming the rest must not bring it back.
                for p in paused(&held, id, from.as_deref()) {
                    publishing::remark(tx, p.id, ENDED).await?;
                }
            }
            let (paused_at, ended_at, name) = match act {
                SeriesAct::Move { .. } | SeriesAct::MoveOne { .. } => (None, Some(now), "series.moved"),
                SeriesAct::Pause => (Some(now), old.ended_at, "series.paused"),
                SeriesAct::Resume => (None, old.ended_at, "series.resumed"),
                SeriesAct::End => (None, Some(now), "series.ended"),
            };
            publishing::put_series(tx, id, paused_at, ended_at).await?;
            let mut new = Vec::new();
            if let Some(Anew { when, repeat, on }) = &anew {
                for (channel, variant) in on {
                    lay_out(tx, &app2, &scope, channel, variant, when, Some(repeat), now, &mut new).await?;
                }
            }
            store::laid_out(tx, workspace, post, now).await?;
            audit::record(tx, &scope, now, audit::Act::new(name, id)).await?;
            let data = serde_json::json!({ "post": post, "publications": new.len().max(open.len()) });
            events::emit(tx, workspace, name, &id.to_string(), data, now).await?;
            claim.effected(tx, StatusCode::OK, &format!("/v1/posts/{post}")).await?;
            whole(tx, &scope, post).await
        })
        .await
}

/// Moves the occurrence of this local time, on all its channels. It stays one of its series.
async fn move_one(
    app: &App,
    scope: &Scope,
    (old, before): (Series, Whole),
    from: String,
    when: When,
) -> Result<Whole, Fault> {
    let now = app.clock.now();
    let of_time = |p: &Publication, local: &str| p.series == Some(old.id) && p.local_time.as_deref() == Some(local);
    let open = to_come(&before, old.id, Some(&from), &SeriesAct::End, now);
    let meant: Vec<&Publication> =
        before.publications.iter().filter(|p| open.contains(&p.id) && of_time(p, &from)).collect();
    if meant.is_empty() {
        let detail = say!("This occurrence of the series is no longer scheduled. Nothing was changed.");
        return Err(Problem::new(Code::TooLate, detail).into());
    }
    if let When::Local { local, .. } = &when
        && before.publications.iter().any(|p| of_time(p, &local.to_string()))
    {
        let detail = say!("The series has an occurrence at that time already. Choose another time.");
        return Err(Problem::field("/local", detail).into());
    }
    let (mut verdicts, mut moved) = (Vec::new(), Vec::new());
    for p in meant {
        let Some(variant) = before.variants.iter().find(|variant| variant.id == p.variant) else { continue };
        let channel = channels::get(app, scope, p.channel).await?;
        verdicts.push(judge(app, scope, channel.clone(), &variant.content, Some(&when), None).await?);
        moved.push((p.id, channel));
    }
    refuse(&verdicts)?;
    let (scope, claim) = (scope.clone(), request::claim());
    let (id, post, revision) = (old.id, old.post, before.post.revision);
    app.db
        .write(async move |tx| {
            store::hold(tx, scope.workspace(), post).await?.ok_or_else(|| Problem::not_found("post"))?;
            let held = of_all_channels(tx, &scope, post).await?;
            stale(held.post.revision, revision)?;
            for (publication, channel) in &moved {
                let (due_at, local) = instant(tx, channel, &when, now).await?;
                publishing::decide_in(tx, &scope, *publication, &Decision::Move { due_at, local }, now).await?;
            }
            audit::record(tx, &scope, now, audit::Act::new("series.moved", id)).await?;
            let data = serde_json::json!({ "post": post, "publications": moved.len() });
            events::emit(tx, scope.workspace(), "series.moved", &id.to_string(), data, now).await?;
            claim.effected(tx, StatusCode::OK, &format!("/v1/posts/{post}")).await?;
            whole(tx, &scope, post).await
        })
        .await
}

/// Whether the occurrences to come are given up for good, or for those of another series.
fn change_ends(act: &SeriesAct) -> bool {
    matches!(act, SeriesAct::Move { .. } | SeriesAct::End)
}

/// The paused occurrences, from this local time on.
fn paused<'a>(whole: &'a Whole, id: SeriesId, from: Option<&'a str>) -> impl Iterator<Item = &'a Publication> {
    occurrences(whole, id, from).filter(|p| p.life.state == State::Cancelled && p.reason.as_deref() == Some(PAUSED))
}

/// The occurrences of a series, from this local time on.
fn occurrences<'a>(whole: &'a Whole, id: SeriesId, from: Option<&'a str>) -> impl Iterator<Item = &'a Publication> {
    let is_meant = move |p: &&Publication| {
        p.series == Some(id) && from.is_none_or(|from| p.local_time.as_deref().is_some_and(|local| local >= from))
    };
    whole.publications.iter().filter(is_meant)
}

/// The occurrences that an act is about.
fn to_come(whole: &Whole, id: SeriesId, from: Option<&str>, act: &SeriesAct, now: Timestamp) -> Vec<PublicationId> {
    match act {
        SeriesAct::Resume => paused(whole, id, from).filter(|p| p.due_at > now).map(|p| p.id).collect(),
        _ => occurrences(whole, id, from)
            .filter(|p| p.life.state == State::Scheduled && p.life.part == 0 && p.life.tries == 0)
            .map(|p| p.id)
            .collect(),
    }
}

/// A series that takes the place of another.
struct Anew {
    when: When,
    repeat: Repeat,
    on: Vec<(Channel, Variant)>,
}

async fn moved(
    app: &App,
    scope: &Scope,
    (old, before): (&Series, &Whole),
    open: &[PublicationId],
    (to, zone, repeat): (DateTime, &Option<String>, &Option<Repeat>),
) -> Result<Anew, Fault> {
    let meant: Vec<&Publication> = before.publications.iter().filter(|p| open.contains(&p.id)).collect();
    let locals: BTreeSet<&str> = meant.iter().filter_map(|p| p.local_time.as_deref()).collect();
    let first = times::local(locals.first().copied().unwrap_or(&old.rule.first))?;
    let count = u32::try_from(locals.len()).unwrap_or(u32::MAX);
    let repeat = match repeat {
        Some(repeat) => repeat.clone(),
        None => shifted(&old.rule.repeat, first, to, count),
    };
    let when = When::Local { local: to, zone: zone.clone().unwrap_or_else(|| old.rule.zone.clone()) };
    let variants: BTreeMap<VariantId, &Variant> = before.variants.iter().map(|variant| (variant.id, variant)).collect();
    let going: BTreeSet<VariantId> = meant.iter().map(|p| p.variant).collect();
    let (mut on, mut verdicts) = (Vec::new(), Vec::new());
    for variant in going.iter().filter_map(|id| variants.get(id)) {
        let channel = channels::get(app, scope, variant.channel).await?;
        verdicts.push(judge(app, scope, channel.clone(), &variant.content, Some(&when), Some(&repeat)).await?);
        on.push((channel, (*variant).clone()));
    }
    refuse(&verdicts)?;
    Ok(Anew { when, repeat, on })
}

/// The same rule, moved by as many days as its first occurrence; `count` occurrences are left of it.
fn shifted(repeat: &Repeat, from: DateTime, to: DateTime, count: u32) -> Repeat {
    let days = from.date().until(to.date()).map_or(0, |span| span.get_days());
    let day = |day: &u8| u8::try_from((i32::from(*day) + days).rem_euclid(7)).unwrap_or(0);
    let until = |until: &String| {
        let date = until.parse::<jiff::civil::Date>().ok()?.checked_add(days.days()).ok()?;
        Some(date.to_string())
    };
    let weekdays = if repeat.every == Every::Week { repeat.weekdays.iter().map(day).collect() } else { Vec::new() };
    // Where a rule ends by its number, so many are left; where it ends by a date, the date moves along.
    Repeat {
        weekdays,
        count: repeat.count.map(|_| count),
        until: repeat.until.as_ref().and_then(until),
        ..repeat.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_moves_along_with_its_first_occurrence() {
        let weekly = |weekdays: &[u8], count, until: Option<&str>| Repeat {
            every: Every::Week,
            interval: 2,
            weekdays: weekdays.to_vec(),
            until: until.map(str::to_owned),
            count,
        };
        let at = |text: &str| text.parse::<DateTime>().expect("a time");
        let moved = |repeat, from, to| shifted(&repeat, at(from), at(to), 3);
        // Monday to Wednesday, over the end of a week, and back.
        let wednesday = moved(weekly(&[0, 5], Some(9), None), "2030-01-07T09:00", "2030-01-09T10:00");
        assert_eq!(wednesday, weekly(&[2, 0], Some(3), None));
        let sunday = moved(weekly(&[0], None, Some("2030-03-04")), "2030-01-07T09:00", "2030-01-06T09:00");
        assert_eq!(sunday, weekly(&[6], None, Some("2030-03-03")));
        let same_day = moved(weekly(&[], None, Some("2030-03-04")), "2030-01-07T09:00", "2030-01-07T18:00");
        assert_eq!(same_day, weekly(&[], None, Some("2030-03-04")));
    }
}
