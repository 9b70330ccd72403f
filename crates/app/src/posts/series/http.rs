//! `/v1/series`.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use base::{
    Problem, Timestamp,
    ids::{ChannelId, PostId, PublicationId, SeriesId},
    say,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{SeriesAct, SeriesChange};
use crate::{
    App,
    http::{
        IfMatch, Json, May, Path, ProblemBody, Result, Revised,
        rights::{PostsPublish, PostsRead},
    },
    posts::http::{PostBody, checked, revised},
    publishing::{Publication, Series, State as PublicationState},
    schedule::{Repeat, times},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(get, change))
}

/// A rule by which a post repeats, on all its channels at once.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesBody {
    /// Its id.
    id: SeriesId,
    /// The post.
    post: PostId,
    /// The first local time.
    first: String,
    /// Its zone.
    zone: String,
    /// How it repeats.
    repeat: Repeat,
    /// Since when it is paused: nothing of it goes out until it is resumed.
    #[serde(skip_serializing_if = "Option::is_none")]
    paused_at: Option<Timestamp>,
    /// When it was ended, or moved: a series that was moved goes on as another from there on.
    #[serde(skip_serializing_if = "Option::is_none")]
    ended_at: Option<Timestamp>,
    /// The channels it goes out on.
    channels: Vec<ChannelId>,
    /// How many occurrences there are, however they went.
    occurrences: usize,
    /// How many are still to come.
    to_come: usize,
    /// The local time of the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
    /// The instant of the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_at: Option<Timestamp>,
}

impl SeriesBody {
    /// A series with what the publications of its post say of it.
    pub(crate) fn of(series: Series, publications: &[Publication]) -> Self {
        let mine: Vec<&Publication> = publications.iter().filter(|p| p.series == Some(series.id)).collect();
        let locals = |state: Option<PublicationState>| -> BTreeSet<&str> {
            let fits = mine.iter().filter(|p| state.is_none_or(|state| p.life.state == state));
            fits.filter_map(|p| p.local_time.as_deref()).collect()
        };
        let to_come = locals(Some(PublicationState::Scheduled));
        let next = mine.iter().filter(|p| p.life.state == PublicationState::Scheduled).min_by_key(|p| p.due_at);
        let channels: BTreeSet<ChannelId> = mine.iter().map(|p| p.channel).collect();
        Self {
            id: series.id,
            post: series.post,
            paused_at: series.paused_at,
            ended_at: series.ended_at,
            channels: channels.into_iter().collect(),
            occurrences: locals(None).len(),
            to_come: to_come.len(),
            next: next.and_then(|p| p.local_time.clone()),
            next_at: next.map(|p| p.due_at),
            first: series.rule.first,
            zone: series.rule.zone,
            repeat: series.rule.repeat,
        }
    }
}

/// One occurrence of a series on one channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct OccurrenceOn {
    /// The channel.
    channel: ChannelId,
    /// The publication.
    publication: PublicationId,
    /// Where it stands.
    state: PublicationState,
}

/// One occurrence of a series, on all its channels.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Occurrence {
    /// Its local time, by which it is named.
    local_time: String,
    /// The instant.
    due_at: Timestamp,
    /// On each channel.
    on: Vec<OccurrenceOn>,
}

/// A series with its occurrences.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SeriesStory {
    /// The series.
    series: SeriesBody,
    /// Its occurrences, first one first.
    occurrences: Vec<Occurrence>,
}

/// A series, with its rule and all its occurrences.
#[utoipa::path(
    get, path = "/v1/series/{series}", tag = "Posts", operation_id = "get_series", params(("series" = SeriesId, Path)),
    responses((status = 200, body = SeriesStory), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn get(State(app): State<App>, scope: May<PostsRead>, Path(id): Path<SeriesId>) -> Result<Json<SeriesStory>> {
    let (series, whole) = super::series(&app, &scope, id).await?;
    let mut occurrences: BTreeMap<String, Occurrence> = BTreeMap::new();
    for p in whole.publications.iter().filter(|p| p.series == Some(id)) {
        let Some(local_time) = p.local_time.clone() else { continue };
        let anew = || Occurrence { local_time: local_time.clone(), due_at: p.due_at, on: Vec::new() };
        let on = OccurrenceOn { channel: p.channel, publication: p.id, state: p.life.state };
        occurrences.entry(local_time.clone()).or_insert_with(anew).on.push(on);
    }
    let series = SeriesBody::of(series, &whole.publications);
    Ok(Json(SeriesStory { series, occurrences: occurrences.into_values().collect() }))
}

/// What becomes of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChangingSeries {
    /// It goes out at another time (`local`, with `zone` if that changes), and by another rule if `repeat` is given.
    Move,
    /// One occurrence (`from`) is published at another time (`local`, with `zone` if that changes); the others stay.
    MoveOne,
    /// Nothing goes out until it is resumed.
    Pause,
    /// What was paused goes out at its time again, if that is still to come.
    Resume,
    /// Nothing goes out any more.
    End,
}

/// A change to a series.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeSeries {
    /// What.
    act: ChangingSeries,
    /// This occurrence, named by its local time, and those after it; for `move_one`, this one alone. Without it: all that are
    /// still to come.
    #[serde(default)]
    from: Option<String>,
    /// For `move` and `move_one`: the local time at which the first occurrence that is moved is published.
    #[serde(default)]
    local: Option<String>,
    /// For `move` and `move_one`: its zone, if that changes.
    #[serde(default)]
    zone: Option<String>,
    /// For `move`: another rule. Without it the rule stays, shifted by as many days as the occurrence.
    #[serde(default)]
    repeat: Option<Repeat>,
}

impl ChangeSeries {
    fn read(self) -> std::result::Result<SeriesChange, Problem> {
        let from = self.from.as_deref().map(times::local).transpose()?;
        let moves = matches!(self.act, ChangingSeries::Move | ChangingSeries::MoveOne);
        if self.act == ChangingSeries::MoveOne && (from.is_none() || self.repeat.is_some()) {
            return Err(Problem::field("/from", say!("say which occurrence moves; `repeat` goes with `move`")));
        }
        if !moves && (self.local.is_some() || self.zone.is_some() || self.repeat.is_some()) {
            return Err(Problem::field("/act", say!("`local`, `zone` and `repeat` go with `move`")));
        }
        let act = match self.act {
            ChangingSeries::Pause => SeriesAct::Pause,
            ChangingSeries::Resume => SeriesAct::Resume,
            ChangingSeries::End => SeriesAct::End,
            ChangingSeries::Move | ChangingSeries::MoveOne => {
                let to = self.local.as_deref().map(times::local).transpose()?;
                let to = to.ok_or_else(|| Problem::field("/local", say!("say when it goes out from then on")))?;
                self.zone.as_deref().map(times::zone).transpose()?;
                match self.act {
                    ChangingSeries::MoveOne => SeriesAct::MoveOne { to, zone: self.zone },
                    _ => SeriesAct::Move { to, zone: self.zone, repeat: self.repeat },
                }
            }
        };
        Ok(SeriesChange { act, from })
    }
}

/// Moves, pauses, resumes or ends a series, or one occurrence and those after it; or moves one occurrence alone. What was
/// published stays as it is.
///
/// A series that is moved ends where it is moved from, and goes on as another: `series` of the answer has both.
#[utoipa::path(
    post, path = "/v1/series/{series}", tag = "Posts", operation_id = "change_series",
    params(
        ("series" = SeriesId, Path),
        ("If-Match" = String, Header, description = "The `ETag` of the post as it was read"),
    ),
    request_body = ChangeSeries,
    responses(
        (status = 200, body = PostBody), (status = 403, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 409, body = ProblemBody), (status = 412, body = ProblemBody), (status = 422, body = ProblemBody),
        (status = 428, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("posts:publish"))),
)]
async fn change(
    State(app): State<App>,
    scope: May<PostsPublish>,
    Path(id): Path<SeriesId>,
    revision: IfMatch,
    Json(body): Json<ChangeSeries>,
) -> Result<Revised<PostBody>> {
    let (series, _) = super::series(&app, &scope, id).await?;
    let current = checked(&app, &scope, series.post, &revision).await?;
    Ok(revised(super::change_series(&app, &scope, id, current, body.read()?).await?))
}
