//! `/v1/calendar`.

use axum::extract::State;
use base::{
    Timestamp,
    ids::{ChannelId, MediaId, PostId, PublicationId, SeriesId},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{DraftItem, Item, State as PublicationState, Wanted};
use crate::{
    App,
    http::{Json, May, ProblemBody, Query, Result, rights::PostsRead},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(calendar))
}

/// Which time, and what of it.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadCalendar {
    /// From this instant, RFC 3339.
    from: Timestamp,
    /// To before this instant, at most 92 days later.
    until: Timestamp,
    /// Only this channel; may be given several times.
    #[serde(default)]
    channel: Vec<ChannelId>,
    /// Only this state; may be given several times.
    #[serde(default)]
    state: Vec<PublicationState>,
}

/// A publication at a glance.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarItem {
    /// The publication.
    publication: PublicationId,
    /// The post.
    post: PostId,
    /// The channel.
    channel: ChannelId,
    /// When it is due.
    due_at: Timestamp,
    /// The local time as chosen; null if an instant was.
    local_time: Option<String>,
    /// Its zone.
    zone: Option<String>,
    /// Its state.
    state: PublicationState,
    /// The reason of the state, in a word.
    reason: Option<String>,
    /// Who made the post.
    made_by: String,
    /// How its first part begins: at most 140 characters, on one line. Where it is live, what is live there.
    text: String,
    /// How many files its parts have.
    media: usize,
    /// The first file, if it is an image: `GET /v1/media/{media}/file?rendition=thumbnail` shows it.
    thumbnail: Option<MediaId>,
    /// The rule it is an occurrence of.
    series: Option<SeriesId>,
    /// How many parts it has.
    parts: u32,
    /// Where its first part is live.
    url: Option<String>,
}

impl From<Item> for CalendarItem {
    fn from(item: Item) -> Self {
        Self {
            publication: item.publication,
            post: item.post,
            channel: item.channel,
            due_at: item.due_at,
            local_time: item.local_time,
            zone: item.zone,
            state: item.state,
            reason: item.reason,
            made_by: item.made_by,
            text: item.text,
            media: item.media,
            thumbnail: item.thumbnail,
            series: item.series,
            parts: item.parts,
            url: item.url.filter(|_| item.state != PublicationState::Deleted),
        }
    }
}

/// A draft at a glance: nothing of it is scheduled.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarDraft {
    /// The post.
    post: PostId,
    /// The channels it goes to.
    channels: Vec<ChannelId>,
    /// Who made it.
    made_by: String,
    /// Whether it was handed in for review.
    in_review: bool,
    /// The intended time; null if there is none.
    planned_at: Option<Timestamp>,
    /// The local time as chosen; null if an instant was.
    local_time: Option<String>,
    /// Its zone.
    zone: Option<String>,
    /// When it was last edited.
    changed_at: Timestamp,
    /// How its first part begins: at most 140 characters, on one line.
    text: String,
    /// How many files its parts have.
    media: usize,
    /// The first file, if it is an image.
    thumbnail: Option<MediaId>,
}

impl From<DraftItem> for CalendarDraft {
    fn from(item: DraftItem) -> Self {
        let DraftItem {
            post,
            channels,
            made_by,
            in_review,
            planned_at,
            local_time,
            zone,
            changed_at,
            text,
            media,
            thumbnail,
        } = item;
        Self { post, channels, made_by, in_review, planned_at, local_time, zone, changed_at, text, media, thumbnail }
    }
}

/// The publications due in a period.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CalendarBody {
    /// In order of time; there are 10,000 at most.
    items: Vec<CalendarItem>,
    /// Whether there is more in that time than one answer holds: ask again `from` the last item's `due_at`, or for less.
    truncated: bool,
    /// Drafts with an intended time in the period, next first, at most 1,000; then the 50 last edited drafts without one. Empty if
    /// `state` is given: a draft has no publications.
    drafts: Vec<CalendarDraft>,
}

/// The publications due in a period, as one small item each. Posts deleted in Fanfare are left out, live or not; so are
/// publications that were unscheduled and replaced.
#[utoipa::path(
    get, path = "/v1/calendar", tag = "Publications", operation_id = "read_calendar", params(ReadCalendar),
    responses((status = 200, body = CalendarBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("posts:read"))),
)]
async fn calendar(
    State(app): State<App>,
    scope: May<PostsRead>,
    Query(query): Query<ReadCalendar>,
) -> Result<Json<CalendarBody>> {
    let wanted = Wanted {
        from: query.from,
        until: query.until,
        channels: query.channel.into_iter().collect(),
        states: query.state.into_iter().collect(),
    };
    let found = super::calendar(&app, &scope, wanted).await?;
    let items = found.items.into_iter().map(CalendarItem::from).collect();
    let drafts = found.drafts.into_iter().map(CalendarDraft::from).collect();
    Ok(Json(CalendarBody { items, truncated: found.truncated, drafts }))
}
