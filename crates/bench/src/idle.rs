//! W4: the real program, at its start and at rest.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use hyper::Method;
use tokio::process::{Child, Command};

use crate::{
    figures::{Bound, Report},
    machine::Process,
    raw,
};

/// What to watch, and for how long.
#[derive(clap::Args)]
pub struct Options {
    /// The optimized program.
    #[arg(long, default_value = "target/release/fanfare")]
    program: PathBuf,
    /// How long it is watched at rest, in seconds.
    #[arg(long, default_value_t = 60)]
    rest_s: u64,
    /// How often it is started.
    #[arg(long, default_value_t = 5)]
    starts: usize,
    /// The folder for its data; what is made in it goes again.
    #[arg(long, default_value = "target/bench")]
    folder: PathBuf,
}

/// Runs it.
pub async fn run(options: Options) -> Result<()> {
    std::fs::create_dir_all(&options.folder)?;
    let data = tempfile::TempDir::new_in(&options.folder)?;
    // The very first start makes the database and the keys; the later ones are what an operator sees.
    let (first, process) = start(&options.program, data.path()).await?;
    end(process).await?;
    let mut starts = Vec::new();
    let mut running = None;
    for left in (0..options.starts.max(1)).rev() {
        let (took, process) = start(&options.program, data.path()).await?;
        starts.push(took);
        match left {
            0 => running = Some(process),
            _ => end(process).await?,
        }
    }
    let running = running.context("it was started at least once")?;
    let watched = Process::Other(running.id().context("it runs")?);
    // What the start left to do (the check of the file, idle threads) is not rest.
    tokio::time::sleep(Duration::from_secs(12)).await;
    let (sleeps, cpu) = (watched.sleeps()?, watched.cpu_of_living()?);
    tokio::time::sleep(Duration::from_secs(options.rest_s)).await;
    let per_second = |count: f64| count / options.rest_s as f64;
    let busy = per_second(watched.cpu_of_living()?.saturating_sub(cpu).as_secs_f64() * 100.0);
    let woken = per_second(watched.sleeps()?.saturating_sub(sleeps) as f64);
    let (memory, resident) = (watched.proportional()?, watched.resident()?);
    end(running).await?;

    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    let mut report =
        Report::new(format!("W4: `fanfare serve` with an empty database, at rest for {} s", options.rest_s));
    report.figure("memory (PSS)", "MiB", vec![mib(memory)], Bound::Most { floor: 64.0, goal: 32.0 });
    report.figure("memory (RSS)", "MiB", vec![mib(resident)], Bound::None);
    report.figure("CPU", "% of a core", vec![busy], Bound::Most { floor: 0.3, goal: 0.05 });
    report.figure("wake-ups", "/s", vec![woken], Bound::None);
    report.figure("start to the first 200", "ms", starts, Bound::Most { floor: 300.0, goal: 50.0 });
    report.figure("very first start (makes database and keys)", "ms", vec![first], Bound::None);
    let size = std::fs::metadata(&options.program)?.len();
    report.figure("program", "MiB", vec![mib(size)], Bound::Goal(40.0));
    report.print()
}

/// Starts it and waits for its first good answer; how long that took, in milliseconds.
async fn start(program: &Path, data: &Path) -> Result<(f64, Child)> {
    let address = free_address()?;
    let begun = Instant::now();
    let mut process = Command::new(program)
        .arg("serve")
        .env("FANFARE_DATA", data)
        .env("FANFARE_LISTEN", address.to_string())
        .env("FANFARE_LOG", "warn")
        .stdout(std::process::Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| {
            format!("{} cannot be started; build it first: cargo build --release -p server", program.display())
        })?;
    loop {
        if raw::once(address, Method::GET, "/health/live").await.is_ok() {
            return Ok((begun.elapsed().as_secs_f64() * 1_000.0, process));
        }
        if let Some(status) = process.try_wait()? {
            bail!("{} ended at its start with {status}", program.display());
        }
        if begun.elapsed() > Duration::from_secs(30) {
            bail!("{} gave no good answer in 30 s", program.display());
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// A port that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

async fn end(mut process: Child) -> Result<()> {
    let id = process.id().context("it runs")?;
    let asked = Command::new("kill").args(["-TERM", &id.to_string()]).status().await?;
    if !asked.success() {
        bail!("it cannot be ended");
    }
    tokio::time::timeout(Duration::from_secs(35), process.wait()).await.context("it did not end in 35 s")??;
    Ok(())
}
