//! `/metrics` in Prometheus's text format: counters of the database, publications that are open, requests in flight.
//!
//! Published rows are not counted: only the index of unfinished publications is read, at most every few seconds, so that
//! monitoring is cheap.

use std::{
    fmt::Write as _,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use app::{
    App,
    http::{ClientAddress, is_from_unknown_caller},
    ops::{self, Counted},
};
use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use base::Timestamp;
use ipnet::IpNet;

use crate::front::InFlight;

/// How long counts are cached.
const FRESH: Duration = Duration::from_secs(10);

#[derive(Clone)]
struct Watched {
    from: Arc<[IpNet]>,
    in_flight: InFlight,
    counted: Arc<Mutex<Option<(Timestamp, Counted)>>>,
}

pub(super) fn router(from: Vec<IpNet>, in_flight: InFlight) -> Router<App> {
    let watched = Watched { from: from.into(), in_flight, counted: Arc::default() };
    Router::new().route("/metrics", get(move |state, client, request| metrics(watched.clone(), state, client, request)))
}

async fn metrics(watched: Watched, State(app): State<App>, client: ClientAddress, request: Request) -> Response {
    // Behind a proxy on this machine, all clients look like this machine.
    let unknown = is_from_unknown_caller(request.extensions(), request.headers(), &app.settings.trusted_proxies);
    if unknown || !client.is_in(&watched.from) {
        return (StatusCode::NOT_FOUND, "Not found. `metrics_from` says who may read metrics.\n").into_response();
    }
    match counted(&watched, &app).await {
        Ok(counted) => {
            let kind = "text/plain; version=0.0.4; charset=utf-8";
            ([(header::CONTENT_TYPE, kind)], text(&app, &watched, &counted)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "metrics could not be counted");
            (StatusCode::SERVICE_UNAVAILABLE, "the database doesn't answer\n").into_response()
        }
    }
}

async fn counted(watched: &Watched, app: &App) -> Result<Counted, app::fault::Fault> {
    let now = app.clock.now();
    let known = watched.counted.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some((at, counted)) = known
        && now.since(at) < FRESH
    {
        return Ok(counted);
    }
    let counted = ops::counted(app).await?;
    *watched.counted.lock().unwrap_or_else(PoisonError::into_inner) = Some((now, counted.clone()));
    Ok(counted)
}

fn text(app: &App, watched: &Watched, counted: &Counted) -> String {
    let mut text = String::new();
    let mut metric = |name: &str, kind: &str, help: &str, values: &[(String, i64)]| {
        let _ = writeln!(text, "# HELP fanfare_{name} {help}\n# TYPE fanfare_{name} {kind}");
        for (labels, value) in values {
            let _ = writeln!(text, "fanfare_{name}{labels} {value}");
        }
    };
    let plain = |value: i64| vec![(String::new(), value)];
    let count = |value: u64| plain(i64::try_from(value).unwrap_or(i64::MAX));
    let stats = app.db.stats();
    metric("db_commits_total", "counter", "Durable commits; many writes share one.", &count(stats.commits));
    metric("db_writes_total", "counter", "Writes that were committed.", &count(stats.writes));
    metric("db_statements_total", "counter", "Statements run.", &count(stats.statements));
    let moving: Vec<_> = counted.moving.iter().map(|(state, n)| (format!("{{state=\"{state}\"}}"), *n)).collect();
    metric("publications_moving", "gauge", "Unfinished publications, by state.", &moving);
    metric("lanes_in_flight", "gauge", "Channels that are publishing now.", &plain(counted.lanes));
    metric("nodes", "gauge", "Nodes seen in the last minute.", &plain(counted.nodes));
    metric("requests_in_flight", "gauge", "Requests being answered.", &count(watched.in_flight.count() as u64));
    text
}
