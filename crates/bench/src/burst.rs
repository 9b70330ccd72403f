//! W1 and W1s: many text posts due in the same second.
//!
//! The lag of a post is its arrival at the network minus its time; a burst is done when the last post is durably
//! `published` with its remote id. The limit is a program that sends the same requests over as many connections and
//! keeps nothing.

use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use app::publishing::{Engine, EngineSettings};
use base::{Clock as _, SystemClock, Timestamp};
use tokio_util::sync::CancellationToken;

use crate::{
    figures::{Bound, Report, percentile},
    machine::Process,
    network::Network,
    raw,
    world::{self, Ground, Size, World},
};

/// How large a burst.
#[derive(clap::Args)]
pub struct Options {
    /// Posts due in the same second.
    #[arg(long, default_value_t = 10_000)]
    posts: usize,
    /// Accounts they go to; a fifth of the posts unless given.
    #[arg(long)]
    accounts: Option<usize>,
    /// Workspaces that the accounts belong to.
    #[arg(long, default_value_t = 1)]
    workspaces: usize,
    /// The network's time to answer.
    #[arg(long, default_value_t = 0)]
    latency_ms: u64,
    /// Most publications on their way at once.
    #[arg(long, default_value_t = 4_096)]
    in_flight: usize,
    /// How often product and limit are run in turn.
    #[arg(long, default_value_t = 5)]
    pairs: usize,
    /// Further posts, scheduled for a month later.
    #[arg(long, default_value_t = 0)]
    future_posts: usize,
    #[command(flatten)]
    ground: Ground,
}

/// What one burst gave.
#[derive(Debug, Default)]
struct Run {
    last_durable_ms: f64,
    last_arrival_ms: f64,
    lag_p50_ms: f64,
    lag_p99_ms: f64,
    commits: f64,
    writes: f64,
    statements: f64,
    cpu_ms: f64,
    extra_mib: f64,
}

/// Runs it.
pub async fn run(options: Options) -> Result<()> {
    let network = Network::start(Duration::from_millis(options.latency_ms)).await?;
    let accounts = options.accounts.unwrap_or(options.posts / 5).max(1);
    let workspaces = options.workspaces.max(accounts.div_ceil(app::channels::CHANNELS_MAX));
    let size = Size { workspaces, channels: accounts };
    let world = World::make(options.ground.database().await?, network.address, size).await?;
    let month_later = SystemClock.now() + Duration::from_secs(30 * 86_400);
    world.schedule(vec![month_later; options.future_posts]).await?;

    let stop = CancellationToken::new();
    let settings = EngineSettings { in_flight_max: options.in_flight, ..EngineSettings::default() };
    let engine = tokio::spawn(Engine::new(world.app.clone(), settings).run(stop.clone()));
    let (mut runs, mut limits) = (Vec::new(), Vec::new());
    // The first burst's schedule takes an unknown time; the later ones know it.
    let each = if options.ground.engine == world::Engine::Postgres { 8_000 } else { 1_000 };
    let mut ahead = Duration::from_secs(3) + Duration::from_micros(options.posts as u64 * each);
    for pair in 0..options.pairs {
        let (run, scheduling) = burst(&world, &network, options.posts, ahead).await?;
        eprintln!("pair {pair}: {run:?}");
        runs.push(run);
        ahead = Duration::from_secs(1) + scheduling * 3 / 2;
        network.forget().await?;
        let limit = raw::apart(&limit(&network, &options, accounts)).await?;
        eprintln!("pair {pair}: {limit:?}");
        limits.push(limit);
        network.forget().await?;
    }
    stop.cancel();
    engine.await??;
    report(&options, accounts, &runs, &limits).print()
}

fn limit(network: &Network, options: &Options, accounts: usize) -> raw::Options {
    raw::Options {
        address: network.address,
        path: "/posts".into(),
        connections: accounts.min(options.in_flight),
        requests: options.posts,
        body: vec![
            r#"{"text":"Post number {n}, on time, with a link: https://example.org/{n} and a few more words."}"#.into(),
        ],
        bearer: "access-token-of-account".into(),
        keys: true,
        status: 201,
    }
}

/// One burst; also how long scheduling it took.
async fn burst(world: &World, network: &Network, posts: usize, ahead: Duration) -> Result<(Run, Duration)> {
    let begun = Instant::now();
    let due = SystemClock.now() + ahead;
    world.schedule(vec![due; posts]).await?;
    let scheduling = begun.elapsed();
    ensure!(SystemClock.now() < due, "scheduling took {scheduling:?}, longer than expected");
    network.forget().await?;
    let mut announced = world.app.db.listen(app::events::ANNOUNCED);
    SystemClock.sleep_until(Timestamp::from_micros(due.as_micros() - 100_000)).await;
    let events = world::events(&world.app.db).await?;
    let (stats, cpu, memory) = (world.app.db.stats(), Process::Own.cpu()?, Process::Own.resident()?);
    let watching = tokio::spawn(peak_memory());
    let done = world::published(&world.app.db, &mut announced, events, posts, Duration::from_secs(300)).await?;
    let (after, spent) = (world.app.db.stats(), Process::Own.cpu()? - cpu);
    watching.abort();
    let peak = PEAK.swap(0, std::sync::atomic::Ordering::Relaxed).max(memory);
    eprintln!("burst from {} to {done}", due);

    let arrivals = network.arrivals().await?;
    let keys: std::collections::BTreeSet<&str> = arrivals.iter().map(|arrival| arrival.key.as_str()).collect();
    ensure!(arrivals.len() == posts && keys.len() == posts, "{} requests for {posts} posts", arrivals.len());
    let lags: Vec<f64> = arrivals.iter().map(|arrival| (arrival.at - due.as_micros()) as f64 / 1_000.0).collect();
    let each = |count: u64| count as f64 / posts as f64;
    let run = Run {
        last_durable_ms: (done.as_micros() - due.as_micros()) as f64 / 1_000.0,
        last_arrival_ms: percentile(&lags, 100.0),
        lag_p50_ms: percentile(&lags, 50.0),
        lag_p99_ms: percentile(&lags, 99.0),
        commits: each(after.commits - stats.commits),
        writes: each(after.writes - stats.writes),
        statements: each(after.statements - stats.statements),
        cpu_ms: spent.as_secs_f64() * 1_000.0 / posts as f64,
        extra_mib: (peak - memory) as f64 / f64::from(1 << 20),
    };
    Ok((run, scheduling))
}

static PEAK: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

async fn peak_memory() {
    loop {
        let now = Process::Own.resident().unwrap_or(0);
        PEAK.fetch_max(now, std::sync::atomic::Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

fn report(options: &Options, accounts: usize, runs: &[Run], limits: &[raw::Outcome]) -> Report {
    let of = |read: fn(&Run) -> f64| runs.iter().map(read).collect::<Vec<_>>();
    let slow = options.latency_ms > 0;
    let mut report = Report::new(format!(
        "{}: {} posts on {accounts} accounts of {} workspaces, {:?}, network latency {} ms, {} in flight at most, {} pairs, {} further posts",
        if slow { "W1s" } else { "W1" },
        options.posts,
        options.workspaces,
        options.ground.engine,
        options.latency_ms,
        options.in_flight,
        options.pairs,
        options.future_posts,
    ));
    let ratios = runs.iter().zip(limits).map(|(run, limit)| run.last_durable_ms / (limit.seconds * 1_000.0)).collect();
    if slow {
        let rounds = options.posts.div_ceil(accounts.min(options.in_flight));
        let ideal = (options.latency_ms as usize * rounds) as f64;
        let against = runs.iter().map(|run| run.last_durable_ms / ideal).collect();
        report.figure("last durable / latency · rounds", "×", against, Bound::Most { floor: 2.0, goal: 1.3 });
        report.figure("last durable / bare HTTP", "×", ratios, Bound::None);
        report.figure("extra memory", "MiB", of(|run| run.extra_mib), Bound::Goal(64.0));
    } else {
        report.figure("last durable / bare HTTP", "×", ratios, Bound::Most { floor: 8.0, goal: 4.0 });
        report.figure("extra memory", "MiB", of(|run| run.extra_mib), Bound::None);
    }
    report.figure("commits per publish", "", of(|run| run.commits), Bound::Most { floor: 0.1, goal: 0.05 });
    report.figure("CPU per publish", "ms", of(|run| run.cpu_ms), Bound::Most { floor: 1.0, goal: 0.08 });
    report.figure("statements per publish", "", of(|run| run.statements), Bound::None);
    report.figure("writes per publish", "", of(|run| run.writes), Bound::None);
    report.figure("last durable", "ms", of(|run| run.last_durable_ms), Bound::None);
    report.figure("last arrival", "ms", of(|run| run.last_arrival_ms), Bound::None);
    report.figure("lag p50", "ms", of(|run| run.lag_p50_ms), Bound::None);
    report.figure("lag p99", "ms", of(|run| run.lag_p99_ms), Bound::None);
    report.figure("bare HTTP", "ms", limits.iter().map(|limit| limit.seconds * 1_000.0).collect(), Bound::None);
    let cpu = limits.iter().map(|limit| limit.cpu_seconds * 1_000.0 / options.posts as f64).collect();
    report.figure("bare HTTP, CPU per request", "ms", cpu, Bound::None);
    report.remark("CPU is this process's alone: neither the network's nor a database server's.");
    report
}
