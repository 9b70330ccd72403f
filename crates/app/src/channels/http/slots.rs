//! A channel's weekly times.

use axum::extract::State;
use base::{
    Problem,
    ids::{ChannelId, QueueSlotId},
    say,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    channels::{self, QueueSlot},
    http::{
        Json, May, Path, ProblemBody, Result,
        rights::{ChannelsManage, ChannelsRead},
    },
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(slots, put_slots))
}

/// A weekly time.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SlotBody {
    /// Its id.
    id: QueueSlotId,
    /// 0 is Monday.
    weekday: u8,
    /// Local time, `09:30`.
    time: String,
    /// Its zone.
    zone: String,
}

impl From<QueueSlot> for SlotBody {
    fn from(slot: QueueSlot) -> Self {
        let time = format!("{:02}:{:02}", slot.minute / 60, slot.minute % 60);
        Self { id: slot.id, weekday: slot.weekday, time, zone: slot.zone }
    }
}

/// A weekly time to be set.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutSlot {
    /// 0 is Monday.
    weekday: u8,
    /// Local time, `09:30`.
    time: String,
}

/// All weekly times of a channel.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutSlots {
    /// An IANA zone.
    zone: String,
    /// The times.
    slots: Vec<PutSlot>,
}

/// A channel's queue slots through the week.
#[utoipa::path(
    get, path = "/v1/channels/{channel}/slots", tag = "Channels", operation_id = "list_slots", params(("channel" = ChannelId, Path)),
    responses((status = 200, body = Vec<SlotBody>), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:read"))),
)]
async fn slots(
    State(app): State<App>,
    scope: May<ChannelsRead>,
    Path(id): Path<ChannelId>,
) -> Result<Json<Vec<SlotBody>>> {
    let slots = channels::slots(&app, &scope, id).await?;
    Ok(Json(slots.into_iter().map(SlotBody::from).collect()))
}

/// Replaces a channel's queue slots. Scheduled posts keep their time.
#[utoipa::path(
    put, path = "/v1/channels/{channel}/slots", tag = "Channels", operation_id = "put_slots",
    params(("channel" = ChannelId, Path)), request_body = PutSlots,
    responses((status = 200, body = Vec<SlotBody>), (status = 404, body = ProblemBody), (status = 422, body = ProblemBody)),
    extensions(("x-permission" = json!("channels:manage"))),
)]
async fn put_slots(
    State(app): State<App>,
    scope: May<ChannelsManage>,
    Path(id): Path<ChannelId>,
    Json(body): Json<PutSlots>,
) -> Result<Json<Vec<SlotBody>>> {
    let zone = body.zone;
    let read = |(place, slot): (usize, PutSlot)| {
        let time: Option<(u16, u16)> =
            slot.time.split_once(':').and_then(|(h, m)| Some((h.parse().ok()?, m.parse().ok()?)));
        let (hour, minute) = time.filter(|(h, m)| *h < 24 && *m < 60).ok_or_else(|| {
            Problem::field(format!("/slots/{place}/time"), say!("must be a time of day such as 09:30"))
        })?;
        Ok((slot.weekday, hour * 60 + minute, zone.clone()))
    };
    let wanted: std::result::Result<Vec<_>, Problem> = body.slots.into_iter().enumerate().map(read).collect();
    let slots = channels::put_slots(&app, &scope, id, wanted?).await?;
    Ok(Json(slots.into_iter().map(SlotBody::from).collect()))
}
