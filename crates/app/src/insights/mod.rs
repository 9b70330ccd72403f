//! Insights: the basic numbers of published posts, each with its source, when it was read and how long it may be kept.
//!
//! Left out for now: audiences, reports and history; a number replaces the one before it.

pub mod http;
mod store;

use std::time::Duration;

use base::{Problem, Scope, Text, Timestamp, ids::PublicationId, say};
use connector::{Metric, Remote, insights::POSTS_MAX};

use crate::{
    App,
    channels::{self, Calling, grants},
    fault::Fault,
    publishing,
};

/// Metrics older than this are refreshed when requested.
const FRESH_FOR: Duration = Duration::from_secs(10 * 60);
/// How long numbers are kept where the platform's terms set no limit.
const KEEP_DAYS: u32 = 90;

/// One number of one part.
#[derive(Debug, Clone)]
pub struct Point {
    /// The platform's id of the part.
    pub remote_id: String,
    /// What is counted.
    pub metric: String,
    /// The number.
    pub value: i64,
    /// Where it comes from: the platform.
    pub source: String,
    /// When it was read.
    pub fetched_at: Timestamp,
    /// When it is erased at the latest.
    pub expires_at: Timestamp,
}

/// The metrics of a publication, refreshed if older than ten minutes. The second value says why refreshing failed.
///
/// # Errors
/// Not found; those of the database.
pub async fn of_publication(app: &App, scope: &Scope, id: PublicationId) -> Result<(Vec<Point>, Option<Text>), Fault> {
    let publication = publishing::get(app, scope, id).await?;
    let channel = channels::get(app, scope, publication.channel).await?;
    let remotes: Vec<Remote> = app.read(async move |tx| publishing::live_parts(tx, id).await).await?;
    let ids: Vec<String> = remotes.iter().map(|remote| remote.id.clone()).collect();
    let now = app.clock.now();
    let stored = stored(app, &channel, ids.clone(), now).await?;
    let fresh = !stored.is_empty() && stored.iter().all(|point| point.fetched_at + FRESH_FOR > now);
    let is_gone = publication.life.state == publishing::State::Deleted;
    if fresh || is_gone || remotes.is_empty() {
        return Ok((stored, None));
    }
    match read(app, scope, &channel, &remotes).await? {
        Ok(points) => {
            let (workspace, at, kept) = (scope.workspace(), channel.id, points.clone());
            app.write(async move |tx| store::put(tx, workspace, at, &kept).await).await?;
            Ok((points, None))
        }
        Err(why) => Ok((stored, Some(why))),
    }
}

async fn stored(app: &App, channel: &channels::Channel, ids: Vec<String>, now: Timestamp) -> Result<Vec<Point>, Fault> {
    let at = channel.id;
    app.read(async move |tx| store::of(tx, at, &ids, now).await).await
}

async fn read(
    app: &App,
    scope: &Scope,
    channel: &channels::Channel,
    remotes: &[Remote],
) -> Result<Result<Vec<Point>, Text>, Fault> {
    let Some(connector) = app.connectors.get(&channel.platform).cloned() else {
        return Err(Problem::not_found("platform").into());
    };
    let Some(insights) = connector.insights() else { return Ok(Err(say!("This platform gives no metrics."))) };
    let opened = match grants::open_to_use(app, scope.workspace(), channel.id).await? {
        Ok(opened) => opened,
        Err(failure) => return Ok(Err(failure.detail)),
    };
    let calling = Calling::new(app, &channel.platform, opened.app.clone(), opened.tokens.clone())
        .about(&channel.account_id, channel.facts.clone());
    let cap = connector.about().caps.iter().find(|cap| cap.class == "metrics").and_then(|cap| cap.max_days);
    let life = Duration::from_secs(86_400) * cap.unwrap_or(KEEP_DAYS).min(KEEP_DAYS);
    let mut points = Vec::new();
    for some in remotes.chunks(POSTS_MAX) {
        match insights.of_posts(&calling.call(), some).await {
            Ok(found) => points.extend(found.into_iter().flat_map(|metrics| {
                let (remote_id, fetched_at, source) = (metrics.remote_id, metrics.fetched_at, channel.platform.clone());
                metrics.values.into_iter().map(move |(metric, value)| Point {
                    remote_id: remote_id.clone(),
                    metric: word(metric),
                    value: i64::try_from(value).unwrap_or(i64::MAX),
                    source: source.clone(),
                    fetched_at,
                    expires_at: fetched_at + life,
                })
            })),
            Err(failure) => return Ok(Err(failure.detail)),
        }
    }
    Ok(Ok(points))
}

fn word(metric: Metric) -> String {
    serde_json::to_value(metric).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Erases numbers whose time is over; says how many.
///
/// # Errors
/// Those of the database.
pub async fn sweep(app: &App) -> Result<u64, Fault> {
    let now = app.clock.now();
    app.write(async move |tx| store::sweep(tx, now).await).await
}
