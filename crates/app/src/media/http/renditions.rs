//! The form in which each channel gets a file, and why.

use axum::extract::State;
use base::{
    Problem, Text,
    ids::{ChannelId, MediaId},
    say,
};
use connector::{Framing, Limits};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    App,
    channels::{self, Channel},
    http::{Json, May, Path, ProblemBody, Query, Result, rights::MediaRead},
    media::{Asset, FileType, Plan, assets, library, transcoding},
};

pub(super) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(renditions))
}

/// Which channels.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListRenditions {
    /// Only this channel; by default all channels that can publish.
    channel: Option<ChannelId>,
    /// The variant's options, as a JSON object: some platforms let their author choose the shape of images. Only with `channel`.
    options: Option<String>,
}

/// What happens to a file for a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Treatment {
    /// It is sent unchanged.
    Keep,
    /// A rendition is sent.
    Convert,
    /// The channel can't accept it.
    Refuse,
}

/// The form in which a channel gets a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RenditionBody {
    /// The channel.
    channel: ChannelId,
    /// Its name.
    channel_name: String,
    /// Its platform.
    platform: String,
    /// What happens to the file.
    treatment: Treatment,
    /// The reason, in a sentence with the numbers.
    why: Text,
    /// The type that is sent; absent if nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    mime: Option<String>,
    /// The type that is sent instead if the first one can't be made small enough.
    #[serde(skip_serializing_if = "Option::is_none")]
    or_mime: Option<String>,
    /// Width in pixels; less if needed for the size in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    width: Option<u32>,
    /// Height in pixels.
    #[serde(skip_serializing_if = "Option::is_none")]
    height: Option<u32>,
    /// The largest size in bytes; the file's own size if it is sent unchanged.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes_max: Option<u64>,
    /// Whether it already exists. Renditions are created when first needed.
    made: bool,
    /// How far a video is converted, in percent; absent if that has not been asked for, or is done.
    #[serde(skip_serializing_if = "Option::is_none")]
    percent: Option<u8>,
}

/// The forms in which channels get a file.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RenditionsBody {
    /// One for each channel.
    items: Vec<RenditionBody>,
}

/// The form in which each channel gets a file, and why. Creates nothing.
#[utoipa::path(
    get, path = "/v1/media/{media}/renditions", tag = "Media", operation_id = "list_renditions",
    params(("media" = MediaId, Path), ListRenditions),
    responses((status = 200, body = RenditionsBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("media:read"))),
)]
async fn renditions(
    State(app): State<App>,
    scope: May<MediaRead>,
    Path(id): Path<MediaId>,
    Query(query): Query<ListRenditions>,
) -> Result<Json<RenditionsBody>> {
    let asset = assets::get(&app, &scope, id).await?;
    let options = match (&query.options, query.channel) {
        (None, _) => Value::Null,
        (Some(_), None) => {
            return Err(Problem::field("options", say!("belongs to one channel: name it with channel")).into());
        }
        (Some(text), Some(_)) => {
            serde_json::from_str(text).map_err(|_| Problem::field("options", say!("must be a JSON object")))?
        }
    };
    let channels = match query.channel {
        Some(channel) => vec![channels::get(&app, &scope, channel).await?],
        None => channels::list(&app, &scope).await?,
    };
    let mut items = Vec::with_capacity(channels.len());
    for channel in channels {
        let connector = app.connectors.get(&channel.platform);
        if let Some(publish) = connector.and_then(|connector| connector.publish()) {
            let limits = publish.limits(&channel.facts);
            items.push(planned(&app, &asset, channel, (&limits, publish.framing(&options).as_ref())).await?);
        }
    }
    Ok(Json(RenditionsBody { items }))
}

async fn planned(
    app: &App,
    asset: &Asset,
    channel: Channel,
    limits: (&Limits, Option<&Framing>),
) -> Result<RenditionBody> {
    let mut body = RenditionBody {
        channel: channel.id,
        channel_name: channel.name,
        platform: channel.platform,
        treatment: Treatment::Keep,
        why: Text::verbatim(""),
        mime: Some(asset.mime.clone()),
        or_mime: None,
        width: Some(asset.probe.width),
        height: Some(asset.probe.height),
        bytes_max: Some(asset.size_bytes),
        made: true,
        percent: None,
    };
    match library::planned(asset, limits, library::converts(app)) {
        Ok(Plan::Keep { why }) => body.why = why,
        Ok(Plan::Rewrap { why }) => {
            body.made = library::is_rewrapped(app, asset.id).await?;
            (body.treatment, body.why) = (Treatment::Convert, why);
            body.mime = Some(FileType::Mp4.mime().to_owned());
        }
        Ok(Plan::Convert(convert)) => {
            body.made = library::is_made(app, asset.id, &convert).await?;
            body.treatment = Treatment::Convert;
            body.mime = Some(convert.mime.mime().to_owned());
            body.or_mime = convert.fallback.map(|other| other.mime().to_owned());
            (body.width, body.height) = (Some(convert.width), Some(convert.height));
            (body.bytes_max, body.why) = (Some(convert.bytes_max), convert.why);
        }
        Ok(Plan::Transcode(work)) => {
            body.made = library::is_converted(app, asset.id, &work).await?;
            (body.treatment, body.mime) = (Treatment::Convert, Some(FileType::Mp4.mime().to_owned()));
            let (width, height) = library::planned_size(asset, &work);
            (body.width, body.height, body.bytes_max) = (Some(width), Some(height), Some(work.bytes_max));
            let standing = if body.made { None } else { transcoding::standing(app, asset.id, &work).await? };
            body.percent = standing.as_ref().filter(|standing| standing.failed.is_none()).map(|it| it.percent);
            body.why = work.why;
            if let Some(why) = standing.and_then(|standing| standing.failed) {
                body = RenditionBody { mime: None, width: None, height: None, bytes_max: None, ..body };
                (body.treatment, body.why) = (Treatment::Refuse, why);
            }
        }
        Err(refused) => {
            body = RenditionBody { mime: None, width: None, height: None, bytes_max: None, ..body };
            (body.treatment, body.made, body.why) = (Treatment::Refuse, false, refused.detail);
        }
    }
    Ok(body)
}
