//! `GET /v1/publications/{publication}/metrics`.

use axum::extract::State;
use base::{Text, Timestamp, ids::PublicationId};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::Point;
use crate::{
    App,
    http::{Json, May, Path, ProblemBody, Result, rights::InsightsRead},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(metrics))
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
