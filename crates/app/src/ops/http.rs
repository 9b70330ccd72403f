//! `/v1/instance`: the installation at a glance, for its operator.

use std::collections::BTreeMap;

use axum::extract::State;
use base::{Text, Timestamp};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{Finding, Grade, NODE_GONE, checks};
use crate::{
    App,
    http::{Json, Operator, Refusals, Result},
};

pub(crate) fn router() -> OpenApiRouter<App> {
    OpenApiRouter::default().routes(routes!(instance))
}

/// The installation.
#[derive(Debug, Serialize, ToSchema)]
struct InstanceBody {
    /// The version of the program that answers.
    version: &'static str,
    /// `sqlite` or `postgres`.
    database: &'static str,
    /// Since when it has an owner.
    data_since: Option<Timestamp>,
    /// Since when the process that answers runs.
    started_at: Timestamp,
    /// The same in seconds.
    uptime_s: u64,
    /// The bytes left where this process keeps its files.
    disk_left_bytes: Option<u64>,
    /// Whether the disk is full: then nothing new is sent and no upload is taken until there is room.
    disk_full: bool,
    /// The bytes set aside for when the disk is full; 0 while they are in use.
    disk_reserve_bytes: u64,
    /// Processes that work on this installation, latest seen first.
    nodes: Vec<NodeBody>,
    /// Unfinished publications, by state.
    moving: BTreeMap<String, i64>,
    /// Channels whose publications are being carried out at this moment.
    lanes_in_flight: i64,
    /// Channels with overdue publications that have not been started.
    lanes_waiting: i64,
    /// Since when the longest of them waits.
    waiting_since: Option<Timestamp>,
    /// Whether no check is bad.
    healthy: bool,
    /// The checks of `fanfare doctor`, except for reading the whole database.
    checks: Vec<CheckBody>,
}

/// A process that works on the installation.
#[derive(Debug, Serialize, ToSchema)]
struct NodeBody {
    /// Its name.
    name: String,
    /// Since when it runs.
    started_at: Timestamp,
    /// When it last gave a sign of life.
    seen_at: Timestamp,
    /// Whether that was in the last minute.
    alive: bool,
}

/// A check and its result.
#[derive(Debug, Serialize, ToSchema)]
struct CheckBody {
    /// What was checked.
    name: &'static str,
    /// How it ended.
    verdict: Grade,
    /// The result.
    detail: Text,
    /// Why it matters.
    means: Text,
    /// What to do about it; empty if there is nothing to do.
    remedy: Text,
}

impl From<Finding> for CheckBody {
    fn from(finding: Finding) -> Self {
        let Finding { name, verdict, detail, means, remedy } = finding;
        Self { name, verdict, detail, means, remedy }
    }
}

/// The state of the installation: its processes, overdue work, failed checks and what to do about them.
#[utoipa::path(
    get, path = "/v1/instance", tag = "Installation", operation_id = "read_instance",
    responses((status = 200, description = "The installation.", body = InstanceBody), Refusals),
    extensions(("x-permission" = json!("operator"))),
)]
async fn instance(State(app): State<App>, _: Operator) -> Result<Json<InstanceBody>> {
    let now = app.clock.now();
    let (counted, waiting) = (super::counted(&app).await?, super::waiting(&app).await?);
    let checks = checks::all(&app).await;
    let standing = super::standing(&app);
    let node = |node: super::Node| NodeBody {
        alive: now.since(node.seen_at) < NODE_GONE,
        name: node.name,
        started_at: node.started_at,
        seen_at: node.seen_at,
    };
    Ok(Json(InstanceBody {
        version: env!("CARGO_PKG_VERSION"),
        database: match app.db.dialect() {
            db::Dialect::Sqlite => "sqlite",
            db::Dialect::Postgres => "postgres",
        },
        data_since: super::data_since(&app).await?,
        started_at: app.memory.started_at,
        uptime_s: now.since(app.memory.started_at).as_secs(),
        disk_left_bytes: super::disk_left(&app),
        disk_full: standing.is_some_and(|standing| standing.full),
        disk_reserve_bytes: standing.map_or(0, |standing| standing.held),
        nodes: super::nodes(&app).await?.into_iter().map(node).collect(),
        moving: counted.moving.into_iter().collect(),
        lanes_in_flight: counted.lanes,
        lanes_waiting: waiting.lanes,
        waiting_since: waiting.since,
        healthy: checks.iter().all(|check| check.verdict != Grade::Bad),
        checks: checks.into_iter().map(CheckBody::from).collect(),
    }))
}
