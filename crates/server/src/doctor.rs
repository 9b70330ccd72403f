//! `fanfare doctor`: is everything in order? Changes nothing, and may run beside a running installation.

use std::{sync::Arc, time::Duration};

use app::{
    App,
    media::BlobKey,
    secrets::{Kek, Vault},
};
use base::{OsRandom, SystemClock, Timestamp};
use bytes_stream::once;
use db::{Db, Dialect};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::{keys, say, settings::Settings, wiring};

/// A node whose clock differs more than this from the database's does harm.
const SKEW_MAX: Duration = Duration::from_secs(2);
/// A node that was not seen for so long is gone.
const NODE_GONE: Duration = Duration::from_secs(60);

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Good,
    Warning,
    Bad,
}

/// What was checked and found.
struct Finding {
    name: &'static str,
    verdict: Verdict,
    detail: String,
}

type Findings = Vec<Finding>;

fn good(name: &'static str, detail: impl Into<String>) -> Finding {
    Finding { name, verdict: Verdict::Good, detail: detail.into() }
}

fn warning(name: &'static str, detail: impl Into<String>) -> Finding {
    Finding { name, verdict: Verdict::Warning, detail: detail.into() }
}

fn bad(name: &'static str, detail: impl std::fmt::Display) -> Finding {
    Finding { name, verdict: Verdict::Bad, detail: format!("{detail:#}") }
}

/// Checks everything; says whether nothing is bad.
///
/// # Errors
/// None of its own: what is wrong is a finding.
pub async fn run(settings: Result<Settings, crate::settings::SettingsError>, as_json: bool) -> anyhow::Result<bool> {
    let findings = match settings {
        Ok(settings) => examine(&settings).await,
        Err(error) => vec![bad("settings", error)],
    };
    let healthy = findings.iter().all(|finding| finding.verdict != Verdict::Bad);
    if as_json {
        let list: Vec<Value> = findings.iter().map(to_json).collect();
        say::out(format_args!("{:#}", json!({ "healthy": healthy, "findings": list })));
    } else {
        findings.iter().for_each(tell);
    }
    Ok(healthy)
}

fn to_json(finding: &Finding) -> Value {
    json!({ "name": finding.name, "verdict": word(finding.verdict), "detail": finding.detail })
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Good => "good",
        Verdict::Warning => "warning",
        Verdict::Bad => "bad",
    }
}

fn tell(finding: &Finding) {
    say::out(format_args!("{:<8} {:<10} {}", word(finding.verdict), finding.name, finding.detail));
}

/// A new key for the key file.
pub fn new_key() {
    say::out(Kek::generate(&OsRandom).to_text().expose());
}

async fn examine(settings: &Settings) -> Findings {
    let mut findings = vec![good("settings", format!("data in {}", settings.data.display()))];
    if settings.database.is_none() && !settings.data.join("fanfare.db").exists() {
        let detail = format!("there is none in {} yet; the first `fanfare serve` makes it", settings.data.display());
        findings.push(warning("database", detail));
        return findings;
    }
    let db = match wiring::database(settings).await {
        Ok(db) => db,
        Err(error) => {
            findings.push(bad("database", error));
            return findings;
        }
    };
    findings.push(integrity(&db).await);
    findings.extend(clock_and_nodes(&db).await);
    findings.extend(installation(settings, &db).await);
    db.close().await;
    findings
}

async fn integrity(db: &Db) -> Finding {
    match (db.check().await, db.dialect()) {
        (Ok(()), Dialect::Sqlite) => good("database", "SQLite; every page reads well"),
        (Ok(()), Dialect::Postgres) => good("database", "PostgreSQL; it answers"),
        (Err(error), _) => bad("database", error),
    }
}

async fn clock_and_nodes(db: &Db) -> Findings {
    let here = base::Clock::now(&base::SystemClock);
    let dialect = db.dialect();
    let read = db.read(move |tx| {
        Box::pin(async move {
            let there = match dialect {
                Dialect::Postgres => {
                    let sql = "SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT) AS now";
                    Some(tx.one(sql, db::args![]).await?.int("now")?)
                }
                Dialect::Sqlite => None,
            };
            let nodes = tx.rows("SELECT name, seen_at FROM nodes ORDER BY seen_at DESC LIMIT 100", db::args![]).await?;
            let nodes = nodes.iter().map(|row| Ok((row.text("name")?, Timestamp::from_micros(row.int("seen_at")?))));
            Ok::<_, db::Error>((there.map(Timestamp::from_micros), nodes.collect::<Result<Vec<_>, db::Error>>()?))
        })
    });
    match read.await {
        Ok((there, nodes)) => vec![clock(here, there, nodes.first().map(|(_, at)| *at)), list(here, &nodes)],
        Err(error) => vec![bad("nodes", format!("they could not be read: {error}; run `fanfare migrate` first"))],
    }
}

/// The database's clock, or the last instant that a node wrote down, against ours.
fn clock(here: Timestamp, there: Option<Timestamp>, last_seen: Option<Timestamp>) -> Finding {
    if let Some(there) = there {
        let skew = here.since(there).max(there.since(here));
        return match skew > SKEW_MAX {
            true => bad(
                "clock",
                format!(
                    "this machine and the database differ by {} ms; at most {} ms may be (R-23). Set both by NTP",
                    skew.as_millis(),
                    SKEW_MAX.as_millis()
                ),
            ),
            false => good("clock", format!("differs from the database's by {} ms", skew.as_millis())),
        };
    }
    match last_seen {
        Some(seen) if seen > here + SKEW_MAX => bad(
            "clock",
            format!("it is {here} here, but Fanfare ran at {seen} already: the clock was set back. Set it by NTP"),
        ),
        _ => good("clock", format!("it is {here}")),
    }
}

fn list(here: Timestamp, nodes: &[(String, Timestamp)]) -> Finding {
    let alive: Vec<&str> =
        nodes.iter().filter(|(_, seen)| here.since(*seen) < NODE_GONE).map(|(name, _)| name.as_str()).collect();
    match alive[..] {
        [] => warning("nodes", "none works at the moment, so nothing goes out"),
        _ => good("nodes", format!("{} at work: {}", alive.len(), alive.join(", "))),
    }
}

async fn installation(settings: &Settings, db: &Db) -> Findings {
    match keys::read(settings) {
        Ok(Some(_)) => {}
        Ok(None) => {
            let file = keys::file(settings).unwrap_or_default();
            return vec![bad("keys", format!("the key file {} is missing", file.display()))];
        }
        Err(error) => return vec![bad("keys", error)],
    }
    let app = match wiring::installation(settings, db.clone(), None, Arc::new(SystemClock)).await {
        Ok(app) => app,
        Err(error) => return vec![bad("keys", error)],
    };
    let mut findings = vec![keys_in_use(&app.vault).await, files(&app).await];
    findings.extend(platform_apps(&app).await);
    findings
}

async fn keys_in_use(vault: &Vault) -> Finding {
    match vault.kek_counts().await {
        Ok(counts) => {
            let old = counts.iter().filter(|count| !count.current && count.data_keys > 0).count();
            let told: Vec<String> =
                counts.iter().map(|count| format!("{} wraps {}", count.kek, count.data_keys)).collect();
            let told = if told.is_empty() { "nothing is sealed yet".to_owned() } else { told.join(", ") };
            match old {
                0 => good("keys", told),
                _ => warning("keys", format!("{told}; an old key is still in use, so leave it in the key file")),
            }
        }
        Err(error) => bad("keys", error),
    }
}

/// Writes a file, reads it, deletes it.
async fn files(app: &App) -> Finding {
    match try_files(app).await {
        Ok(()) => good("files", "a file was written, read back and deleted"),
        Err(error) => bad("files", error),
    }
}

async fn try_files(app: &App) -> anyhow::Result<()> {
    let words = b"written by fanfare doctor";
    let name = base::random::token::<9>(&OsRandom).replace(['-', '_'], "x");
    let key = BlobKey::new("doctor", &name, "check.txt")?;
    app.blobs.put(&key, "text/plain", 1_024, once(words)).await?;
    let mut read = Vec::new();
    let mut body = app.blobs.get(&key, None).await?.body;
    while let Some(piece) = body.next().await {
        read.extend_from_slice(&piece?);
    }
    app.blobs.delete(&key).await?;
    anyhow::ensure!(read == words, "what was read back is not what was written");
    Ok(())
}

/// Whether each platform that needs an app has one, whole and readable.
async fn platform_apps(app: &App) -> Findings {
    let mut findings = Vec::new();
    for connector in app.connectors.iter() {
        let about = connector.about();
        let needed: Vec<&str> =
            about.app_fields.iter().filter(|field| !field.optional).map(|field| field.name).collect();
        if needed.is_empty() {
            continue;
        }
        findings.push(match app::channels::load_app(app, about.id, "").await {
            Ok(None) => warning("platform", format!("{} has no app yet; its accounts cannot be connected", about.name)),
            Ok(Some(values)) => match needed.iter().find(|name| !values.values.contains_key(**name)) {
                Some(missing) => bad("platform", format!("{}'s app has no {missing}; enter it again", about.name)),
                None => good("platform", format!("{} has its app", about.name)),
            },
            Err(error) => bad("platform", format!("{}'s app does not open: {error}", about.name)),
        });
    }
    findings
}

mod bytes_stream {
    //! One piece of bytes as a stream.

    use axum::body::Bytes;
    use futures::Stream;

    /// The stream.
    pub fn once(bytes: &'static [u8]) -> impl Stream<Item = std::io::Result<Bytes>> + Send {
        futures::stream::once(async move { Ok(Bytes::from_static(bytes)) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_23_a_clock_that_differs_or_was_set_back_is_found() {
        let at = Timestamp::from_seconds(1_000);
        let seconds = Duration::from_secs;
        assert_eq!(clock(at, Some(at + seconds(1)), None).verdict, Verdict::Good);
        assert_eq!(clock(at, Some(at - seconds(3)), None).verdict, Verdict::Bad);
        assert_eq!(clock(at, None, Some(at + seconds(60))).verdict, Verdict::Bad);
        assert_eq!(clock(at, None, Some(at - seconds(60))).verdict, Verdict::Good);
        assert_eq!(list(at, &[("a".into(), at - seconds(61))]).verdict, Verdict::Warning);
    }
}
