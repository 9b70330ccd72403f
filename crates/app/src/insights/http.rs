//! `GET /v1/publications/{publication}/metrics`, `GET /v1/channels/{channel}/metrics`.

use axum::extract::State;
use base::{
    Text, Timestamp,
    ids::{ChannelId, PublicationId},
};
use connector::{AccountMetric, AccountNumber, Period};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Point;
use crate::{
    App,
    http::{Json, May, Path, ProblemBody, Query, Result, rights::InsightsRead},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(metrics)).routes(routes!(of_channel))
}

/// One number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricBody {
    /// The platform's id of the part.
    remote_id: String,
    /// `likes`, `replies`, `reposts`, `quotes`, `impressions`, `bookmarks`, `link_clicks` or `shares`.
    metric: String,
    /// The number.
    value: i64,
    /// Where it comes from.
    source: String,
    /// When it was read.
    fetched_at: Timestamp,
    /// When it is erased at the latest.
    expires_at: Timestamp,
}

impl From<Point> for MetricBody {
    fn from(point: Point) -> Self {
        let Point { remote_id, metric, value, source, fetched_at, expires_at, changed_at: _ } = point;
        Self { remote_id, metric, value, source, fetched_at, expires_at }
    }
}

/// A publication's numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct MetricsBody {
    /// One for each part and metric.
    items: Vec<MetricBody>,
    /// Why they couldn't be refreshed; the numbers are then the latest known ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    stale_because: Option<Text>,
}

/// The numbers of a published post; read from the platform if the last reading is older than ten minutes.
#[utoipa::path(
    get, path = "/v1/publications/{publication}/metrics", tag = "Insights", operation_id = "get_metrics",
    params(("publication" = PublicationId, Path)),
    responses((status = 200, body = MetricsBody), (status = 404, body = ProblemBody)),
    extensions(("x-permission" = json!("insights:read"))),
)]
async fn metrics(
    State(app): State<App>,
    scope: May<InsightsRead>,
    Path(id): Path<PublicationId>,
) -> Result<Json<MetricsBody>> {
    let (points, stale_because) = super::of_publication(&app, &scope, id).await?;
    Ok(Json(MetricsBody { items: points.into_iter().map(MetricBody::from).collect(), stale_because }))
}

/// Whether it may cost money.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ReadChannelMetrics {
    /// That the reading may cost the owner of the platform's app money, where the platform charges for it.
    #[serde(default)]
    at_cost: bool,
}

/// Over which time something is counted.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PeriodBody {
    /// All that there is at this moment.
    Now,
    /// 24 hours, until `until`.
    Day,
}

/// A number of a channel's account.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelMetricBody {
    /// What is counted.
    metric: AccountMetric,
    /// The number.
    value: u64,
    /// Over which time.
    period: PeriodBody,
    /// The end of that time, as the platform counts days.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
    /// When it was read.
    fetched_at: Timestamp,
}

impl From<AccountNumber> for ChannelMetricBody {
    fn from(number: AccountNumber) -> Self {
        let AccountNumber { metric, value, period, fetched_at } = number;
        let (period, until) = match period {
            Period::Now => (PeriodBody::Now, None),
            Period::Day { until } => (PeriodBody::Day, Some(until)),
        };
        Self { metric, value, period, until, fetched_at }
    }
}

/// A channel's numbers.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelMetricsBody {
    /// What the platform says; a number that it doesn't say is missing, not zero.
    items: Vec<ChannelMetricBody>,
    /// Why some that the platform has are missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_because: Option<Text>,
}

/// The numbers of a channel's account, read from the platform at this moment; nothing of them is stored. Where the platform charges
/// for reading, `at_cost` must be `true`; without it the answer is the price.
#[utoipa::path(
    get, path = "/v1/channels/{channel}/metrics", tag = "Insights", operation_id = "get_channel_metrics",
    params(("channel" = ChannelId, Path), ReadChannelMetrics),
    responses(
        (status = 200, body = ChannelMetricsBody), (status = 402, body = ProblemBody), (status = 404, body = ProblemBody),
        (status = 422, body = ProblemBody), (status = 429, body = ProblemBody), (status = 502, body = ProblemBody),
    ),
    extensions(("x-permission" = json!("insights:read"))),
)]
async fn of_channel(
    State(app): State<App>,
    scope: May<InsightsRead>,
    Path(id): Path<ChannelId>,
    Query(query): Query<ReadChannelMetrics>,
) -> Result<Json<ChannelMetricsBody>> {
    let read = super::of_channel(&app, &scope, id, query.at_cost).await?;
    let items = read.values.into_iter().map(ChannelMetricBody::from).collect();
    Ok(Json(ChannelMetricsBody { items, missing_because: read.missing }))
}
