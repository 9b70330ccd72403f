//! Insights: the basic numbers of published posts, each with its source, when it was read and how long it may be kept. Those of
//! channels are read when someone asks, and not kept.
//!
//! Left out for now: audiences, reports and history; a number replaces the one before it.

pub mod http;
mod store;

use std::time::Duration;

use base::{
    Problem, Scope, Text, Timestamp,
    ids::{ChannelId, PublicationId},
    say,
};
use connector::{AccountMetrics, Metric, Remote, insights::POSTS_MAX};
use db::Tx;

use crate::{
    App,
    channels::{self, Calling, grants},
    comments,
    fault::Fault,
    publishing,
};

/// Metrics older than this are refreshed when requested.
const FRESH_FOR: Duration = Duration::from_secs(10 * 60);
/// Metrics of a post that has changed since are refreshed when requested, but not more often than this.
const SETTLED_AFTER: Duration = Duration::from_secs(60);
/// Platforms say in whole seconds when a post changed.
const SECOND: Duration = Duration::from_secs(1);
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
    /// When the platform said last that the post changed.
    pub changed_at: Option<Timestamp>,
}

impl Point {
    /// Whether it need not be read again now.
    fn is_fresh(&self, now: Timestamp) -> bool {
        let has_changed = self.changed_at.is_some_and(|at| at + SECOND > self.fetched_at);
        self.fetched_at + if has_changed { SETTLED_AFTER } else { FRESH_FOR } > now
    }
}

/// The platform says that a post changed: its numbers are read again when someone looks next.
///
/// # Errors
/// Those of the database.
pub async fn changed(tx: &mut Tx, channel: ChannelId, remote: &str, at: Timestamp) -> Result<(), db::Error> {
    store::changed(tx, channel, remote, at).await
}

/// Erases the numbers of a channel's posts.
///
/// # Errors
/// Those of the database.
pub async fn erase(tx: &mut Tx, channel: ChannelId) -> Result<(), db::Error> {
    store::erase(tx, channel).await
}

/// The metrics of a publication, refreshed if older than ten minutes, or if the post has changed
/// since. The second value says why refreshing failed.
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
    let fresh = !stored.is_empty() && stored.iter().all(|point| point.is_fresh(now));
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
    let calling = Calling::of(app, channel, &opened);
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
                    changed_at: None,
                })
            })),
            Err(failure) => return Ok(Err(failure.detail)),
        }
    }
    Ok(Ok(points))
}

/// The numbers of a channel's account, as the platform gives them at this moment.
///
/// # Errors
/// Not found; the platform charges for it; it failed; too many requests; those of the database.
pub async fn of_channel(app: &App, scope: &Scope, id: ChannelId, at_cost: bool) -> Result<AccountMetrics, Fault> {
    let channel = channels::get(app, scope, id).await?;
    let connector = app.connectors.get(&channel.platform).cloned().ok_or_else(|| Problem::not_found("platform"))?;
    let Some(insights) = connector.insights() else {
        return Ok(AccountMetrics { values: Vec::new(), missing: Some(say!("This platform gives no metrics.")) });
    };
    comments::agreed(insights.account_price(), at_cost)?;
    let now = app.clock.now();
    app.memory
        .buckets
        .take("channel-metrics", scope.actor().to_string(), comments::RATE, now)
        .check(say!("requests for numbers of channels"))?;
    let opened =
        grants::open_to_use(app, scope.workspace(), channel.id).await?.map_err(|failure| channels::failed(&failure))?;
    let calling = Calling::of(app, &channel, &opened);
    Ok(insights.of_account(&calling.call()).await.map_err(|failure| channels::failed(&failure))?)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_again_after_ten_minutes_or_soon_if_the_post_has_changed_since() {
        let at = |seconds: i64| Timestamp::from_seconds(1_900_000_000 + seconds);
        let is_fresh = |changed: Option<i64>, seconds: i64| {
            let point = Point {
                remote_id: "1".to_owned(),
                metric: "likes".to_owned(),
                value: 1,
                source: "fake".to_owned(),
                fetched_at: at(0),
                expires_at: at(100_000),
                changed_at: changed.map(at),
            };
            point.is_fresh(at(seconds))
        };
        assert!(is_fresh(None, 599) && !is_fresh(None, 600));
        assert!(is_fresh(Some(-1), 599), "it was read after that");
        assert!(!is_fresh(Some(0), 60), "it may have been read before that, in the same second");
        assert!(is_fresh(Some(30), 59) && !is_fresh(Some(30), 60), "not more often than once a minute");
    }
}
