//! W1l: lone posts spread over time, and a process at rest.

use std::time::Duration;

use anyhow::{Result, ensure};
use app::publishing::{Engine, EngineSettings};
use base::{Clock as _, OsRandom, Random as _, SystemClock};
use tokio_util::sync::CancellationToken;

use crate::{
    figures::{Bound, Report, percentile},
    machine::Process,
    network::Network,
    world::{self, Ground, Size, World},
};

/// How many, and how far apart.
#[derive(clap::Args)]
pub struct Options {
    /// Posts.
    #[arg(long, default_value_t = 300)]
    posts: usize,
    /// The mean time between two of them.
    #[arg(long, default_value_t = 100)]
    apart_ms: u64,
    /// How long the process is watched at rest, in seconds.
    #[arg(long, default_value_t = 30)]
    rest_s: u64,
    /// Posts scheduled for a month later.
    #[arg(long, default_value_t = 1_000)]
    future_posts: usize,
    #[command(flatten)]
    ground: Ground,
}

/// Runs it.
pub async fn run(options: Options) -> Result<()> {
    let network = Network::start(Duration::ZERO).await?;
    let size = Size { workspaces: 1, channels: 50 };
    let world = World::make(options.ground.database().await?, network.address, size).await?;
    world.schedule(vec![SystemClock.now() + Duration::from_secs(30 * 86_400); options.future_posts]).await?;
    let stop = CancellationToken::new();
    let engine = tokio::spawn(Engine::new(world.app.clone(), EngineSettings::default()).run(stop.clone()));

    // What making the world left behind (idle threads of the runtime end after 10 s) is not rest.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let (sleeps, cpu) = (Process::Own.sleeps()?, Process::Own.cpu_of_living()?);
    tokio::time::sleep(Duration::from_secs(options.rest_s)).await;
    let per_second = |count: f64| count / options.rest_s as f64;
    let woken = per_second((Process::Own.sleeps()?.saturating_sub(sleeps)) as f64);
    let busy = per_second(Process::Own.cpu_of_living()?.saturating_sub(cpu).as_secs_f64() * 100.0);

    let mut at = SystemClock.now() + Duration::from_secs(2) + Duration::from_millis(options.posts as u64);
    let times = (0..options.posts).map(|_| {
        at = at + Duration::from_micros(OsRandom.below(options.apart_ms * 2_000));
        at
    });
    let due = world.schedule(times.collect()).await?;
    // The last words about the making of posts come a moment after the answers.
    tokio::time::sleep(Duration::from_millis(200)).await;
    let mut announced = world.app.db.listen(app::events::ANNOUNCED);
    let events = world::events(&world.app.db).await?;
    let patience = Duration::from_secs(60) + Duration::from_millis(options.posts as u64 * options.apart_ms * 2);
    world::published(&world.app.db, &mut announced, events, options.posts, patience).await?;
    let arrivals = network.arrivals().await?;
    ensure!(arrivals.len() == options.posts, "{} requests for {} posts", arrivals.len(), options.posts);
    let lags: Vec<f64> = arrivals
        .iter()
        .filter_map(|arrival| Some((arrival.at - due.get(&arrival.key)?.as_micros()) as f64 / 1_000.0))
        .collect();
    stop.cancel();
    engine.await??;

    let mut report = Report::new(format!(
        "W1l: {} lone posts about {} ms apart, {:?}, {} further posts; at rest for {} s",
        options.posts, options.apart_ms, options.ground.engine, options.future_posts, options.rest_s
    ));
    report.figure("lag p99", "ms", vec![percentile(&lags, 99.0)], Bound::Most { floor: 20.0, goal: 5.0 });
    report.figure("lag p50", "ms", vec![percentile(&lags, 50.0)], Bound::None);
    report.figure("lag, most", "ms", vec![percentile(&lags, 100.0)], Bound::None);
    report.figure("lag, least", "ms", vec![percentile(&lags, 0.0)], Bound::None);
    report.figure("wake-ups at rest", "/s", vec![woken], Bound::Goal(1.0));
    report.figure("CPU at rest", "% of a core", vec![busy], Bound::None);
    report.print()
}
