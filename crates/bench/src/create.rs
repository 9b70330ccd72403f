//! W2: posts made through the API, over TCP, with an API key; against a bare API.
//!
//! The bare API reads the same JSON and stores comparable rows (the post, its publication with the calendar's index, an
//! audit line) through the same database door, durable before the reply. It checks nothing.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, Result};
use app::api;
use axum::{Json, Router, extract::State, http::StatusCode, routing::post, serve::ListenerExt as _};
use base::{Clock as _, OsRandom, SystemClock, Timestamp};
use db::{Db, args};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    figures::{Bound, Report},
    machine::Process,
    raw,
    world::{Ground, Size, World},
};

/// When the posts are due: far enough away.
const DUE: &str = "2036-01-31T09:30:00Z";

/// How many, by how many.
#[derive(clap::Args)]
pub struct Options {
    /// Posts made in each run.
    #[arg(long, default_value_t = 10_000)]
    posts: usize,
    /// Clients at the same time.
    #[arg(long, default_value_t = 64)]
    connections: usize,
    /// Channels they post to in turn.
    #[arg(long, default_value_t = 100)]
    channels: usize,
    /// How often product and limit are run in turn.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    #[command(flatten)]
    ground: Ground,
}

/// What one run gave.
struct Run {
    outcome: raw::Outcome,
    commits: f64,
    statements: f64,
    cpu_us: f64,
}

/// Runs it.
pub async fn run(options: Options) -> Result<()> {
    let base = options.ground.database().await?;
    let nowhere = SocketAddr::from(([127, 0, 0, 1], 9));
    let world = World::make(base, nowhere, Size { workspaces: 1, channels: options.channels }).await?;
    let product = listen(api::serve(world.app.clone(), Router::new())).await?;
    let bare_base = options.ground.database().await?;
    let bare = listen(bare_api(&bare_base.db).await?).await?;
    let bodies: Vec<String> = world.channels.iter().map(|(_, channel)| {
        json!({ "text": "Post number {n}, a few words and a link: https://example.org/{n}", "channels": [{ "channel": channel }], "schedule": { "at": DUE } })
            .to_string()
    }).collect();
    let client = raw::Options {
        address: product,
        path: "/v1/posts".into(),
        connections: options.connections,
        requests: options.posts,
        body: bodies,
        bearer: world.key().await?.expose().clone(),
        keys: false,
        status: 201,
    };
    let (mut products, mut limits) = (Vec::new(), Vec::new());
    for pair in 0..options.pairs {
        let run = one(&client, &world.app.db).await?;
        eprintln!("pair {pair}: {:?}", run.outcome);
        products.push(run);
        let limit = one(&raw::Options { address: bare, ..client.clone() }, &bare_base.db).await?;
        eprintln!("pair {pair}: {:?}", limit.outcome);
        limits.push(limit);
    }
    report(&options, &products, &limits).print()
}

async fn one(client: &raw::Options, db: &Db) -> Result<Run> {
    let (stats, cpu) = (db.stats(), Process::Own.cpu()?);
    eprintln!("from {}", SystemClock.now());
    let outcome = raw::apart(client).await?;
    eprintln!("to {}", SystemClock.now());
    let (after, spent) = (db.stats(), Process::Own.cpu()? - cpu);
    let each = |count: u64| count as f64 / client.requests as f64;
    Ok(Run {
        outcome,
        commits: each(after.commits - stats.commits),
        statements: each(after.statements - stats.statements),
        cpu_us: spent.as_secs_f64() * 1e6 / client.requests as f64,
    })
}

async fn listen(router: Router) -> Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let listener = listener.tap_io(|stream| {
        // Without it small answers wait for the other side's acknowledgement.
        let _ = stream.set_nodelay(true);
    });
    let service = router.into_make_service_with_connect_info::<SocketAddr>();
    tokio::spawn(async move {
        if let Err(error) = axum::serve(listener, service).await {
            eprintln!("the server ended: {error}");
        }
    });
    Ok(address)
}

/// A post as it comes.
#[derive(Deserialize)]
struct Wanted {
    text: String,
    channels: Vec<Value>,
    schedule: Value,
}

async fn bare_api(db: &Db) -> Result<Router> {
    db.write(async |tx| {
for sql in [
                "CREATE TABLE bare_posts (id TEXT NOT NULL PRIMARY KEY, workspace_id TEXT NOT NULL, body TEXT NOT NULL, made_at BIGINT NOT NULL)",
                "CREATE TABLE bare_publications (id TEXT NOT NULL PRIMARY KEY, workspace_id TEXT NOT NULL, post_id TEXT NOT NULL, channel TEXT NOT NULL, due_at BIGINT NOT NULL, state TEXT NOT NULL)",
                "CREATE INDEX bare_calendar ON bare_publications (workspace_id, due_at, id, channel, state)",
                "CREATE TABLE bare_audit (id TEXT NOT NULL PRIMARY KEY, at BIGINT NOT NULL, act TEXT NOT NULL, object TEXT NOT NULL)",
            ] {
                tx.execute(sql, &[]).await?;
            }
            Ok::<_, db::Error>(())
})
    .await?;
    Ok(Router::new().route("/v1/posts", post(bare_create)).with_state(db.clone()))
}

async fn bare_create(State(db): State<Db>, Json(wanted): Json<Wanted>) -> (StatusCode, Json<Value>) {
    match store(&db, wanted).await {
        Ok(answer) => (StatusCode::CREATED, Json(answer)),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({ "detail": error.to_string() }))),
    }
}

async fn store(db: &Db, wanted: Wanted) -> Result<Value> {
    let now = SystemClock.now();
    let due = Timestamp::parse(wanted.schedule["at"].as_str().context("an instant")?)?;
    let id = || base::random::token::<16>(&OsRandom);
    let (post, publication, audit) = (id(), id(), id());
    let channel = wanted.channels.first().map(|channel| channel["channel"].to_string()).unwrap_or_default();
    let body = json!({ "parts": [{ "text": wanted.text }] }).to_string();
    let answer = json!({ "id": post, "publication": publication, "due_at": due });
    let rows = Arc::new((post, publication, audit, channel, body));
    db.write(async move |tx| {
let (post, publication, audit, channel, body) = &*rows;
            let insert = "INSERT INTO bare_posts (id, workspace_id, body, made_at) VALUES ($1, 'one', $2, $3)";
            tx.execute(insert, args![post, body, now]).await?;
            let insert = "INSERT INTO bare_publications (id, workspace_id, post_id, channel, due_at, state) VALUES ($1, 'one', $2, $3, $4, 'scheduled')";
            tx.execute(insert, args![publication, post, channel, due]).await?;
            let insert = "INSERT INTO bare_audit (id, at, act, object) VALUES ($1, $2, 'post.created', $3)";
            tx.execute(insert, args![audit, now, post]).await
})
    .await
    .map_err(|error: db::Error| anyhow::Error::new(error))?;
    Ok(answer)
}

fn report(options: &Options, products: &[Run], limits: &[Run]) -> Report {
    let mut report = Report::new(format!(
        "W2: {} posts by the API, {} connections, {} channels of one workspace, {:?}, {} pairs",
        options.posts, options.connections, options.channels, options.ground.engine, options.pairs
    ));
    let pairs = || products.iter().zip(limits);
    let rate = pairs().map(|(run, limit)| run.outcome.per_second / limit.outcome.per_second).collect();
    let slowest = pairs().map(|(run, limit)| run.outcome.p99_ms / limit.outcome.p99_ms).collect();
    let of = |runs: &[Run], read: fn(&Run) -> f64| runs.iter().map(read).collect::<Vec<_>>();
    report.figure("posts per second / bare API", "", rate, Bound::Least { floor: 0.1, goal: 0.3 });
    report.figure("p99 / bare API", "×", slowest, Bound::Most { floor: 5.0, goal: 5.0 });
    for (name, runs) in [("product", products), ("bare API", limits)] {
        report.figure(format!("{name}: posts"), "/s", of(runs, |run| run.outcome.per_second), Bound::None);
        report.figure(format!("{name}: p50"), "ms", of(runs, |run| run.outcome.p50_ms), Bound::None);
        report.figure(format!("{name}: p99"), "ms", of(runs, |run| run.outcome.p99_ms), Bound::None);
        report.figure(format!("{name}: CPU per post"), "µs", of(runs, |run| run.cpu_us), Bound::None);
        report.figure(format!("{name}: commits per post"), "", of(runs, |run| run.commits), Bound::None);
        report.figure(format!("{name}: statements per post"), "", of(runs, |run| run.statements), Bound::None);
    }
    report
}
