//! What `fanfare doctor` and `GET /v1/instance` check. Nothing is changed by checking.

use std::time::Duration;

use base::Timestamp;
use bytes::Bytes;
use db::{Db, Dialect};
use futures::StreamExt as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::{NODE_GONE, Node, Standing, store};
use crate::{App, channels, media::BlobKey, secrets::Vault};

/// A node whose clock differs more than this from the database's does harm.
const SKEW_MAX: Duration = Duration::from_secs(2);
/// Less room than this is worth a warning, in bytes.
const ROOM_WARNING: u64 = 2 << 30;
/// With less room than this uploads fail soon, in bytes.
const ROOM_BAD: u64 = 200 << 20;

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Verdict)]
pub enum Grade {
    /// In order.
    Good,
    /// It works, but somebody should look.
    Warning,
    /// Something does not work.
    Bad,
}

/// A check and its result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked.
    pub name: &'static str,
    /// How it ended.
    pub verdict: Grade,
    /// The result.
    pub detail: String,
    /// Why it matters.
    pub means: &'static str,
    /// What to do about it; empty if there is nothing to do.
    pub remedy: String,
}

/// Why a check matters.
fn means(name: &str) -> &'static str {
    match name {
        "settings" => "The settings say where data and files are and how the installation is reached.",
        "database" => "Everything that must survive is in the database.",
        "clock" => "Posts go out by the clock; one that is wrong sends them at the wrong time.",
        "nodes" => "A process that works is what sends posts.",
        "keys" => "Tokens and addresses in the database can be read only with the keys of the key file.",
        "files" => "Uploads and their renditions are kept in the file store.",
        "platform" => "Accounts of a platform can be connected once the installation has its app there.",
        "disk" => "Uploads, and SQLite's own file, need room.",
        "proxy" => "Limits count by address; behind a proxy that is not trusted everybody is one address.",
        "audit" => "The audit log shows who did what; each entry seals the ones before it.",
        "stop" => "While the emergency stop is set nothing is sent, on any node.",
        _ => "",
    }
}

/// All is well.
pub fn good(name: &'static str, detail: impl Into<String>) -> Finding {
    Finding { name, verdict: Grade::Good, detail: detail.into(), means: means(name), remedy: String::new() }
}

/// Somebody should look.
pub fn warning(name: &'static str, detail: impl Into<String>, remedy: impl Into<String>) -> Finding {
    Finding { verdict: Grade::Warning, remedy: remedy.into(), ..good(name, detail) }
}

/// Something does not work.
pub fn bad(name: &'static str, detail: impl std::fmt::Display, remedy: impl Into<String>) -> Finding {
    Finding { verdict: Grade::Bad, remedy: remedy.into(), ..good(name, format!("{detail:#}")) }
}

/// What an installation at work can say of itself in a moment.
pub async fn all(app: &App) -> Vec<Finding> {
    let mut findings = vec![answers(app).await];
    findings.extend(clock_and_nodes(&app.db, app.clock.now()).await);
    findings.push(disk(super::disk_left(app), super::standing(app)));
    findings.push(stop(app).await);
    findings.push(proxy(app));
    findings.extend(of_installation(app).await);
    findings
}

/// What needs the keys: the vault, the file store, the platforms' apps.
pub async fn of_installation(app: &App) -> Vec<Finding> {
    let mut findings = vec![keys(&app.vault).await, files(app).await];
    findings.extend(platform_apps(app).await);
    findings
}

async fn answers(app: &App) -> Finding {
    let read = app.read(|tx| Box::pin(store::answers(tx))).await;
    let name = match app.db.dialect() {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
    };
    match (read, app.db.fatal()) {
        (Ok(()), None) => good("database", format!("{name}; it answers")),
        (Err(fault), _) => bad("database", fault, "Look at the database's own log, and at the disk it is on."),
        (_, Some(error)) => bad("database", error, "Restart Fanfare; if it happens again, look at the disk."),
    }
}

/// Reads the whole database, which takes its time.
pub async fn integrity(db: &Db) -> Finding {
    match (db.check().await, db.dialect()) {
        (Ok(()), Dialect::Sqlite) => good("database", "SQLite; every page reads well"),
        (Ok(()), Dialect::Postgres) => good("database", "PostgreSQL; it answers"),
        (Err(error), _) => bad("database", error, "Stop Fanfare and restore the latest backup into an empty folder."),
    }
}

/// The clock against the database's, and who works.
pub async fn clock_and_nodes(db: &Db, here: Timestamp) -> Vec<Finding> {
    let dialect = db.dialect();
    let read = db.read(move |tx| {
        Box::pin(async move {
            let there = if dialect.has_its_own_clock() { Some(store::database_time(tx).await?) } else { None };
            Ok::<_, db::Error>((there, store::nodes(tx).await?))
        })
    });
    match read.await {
        Ok((there, nodes)) => vec![clock(here, there, nodes.first().map(|node| node.seen_at)), list(here, &nodes)],
        Err(error) => {
            vec![bad("nodes", format!("they could not be read: {error}"), "Run `fanfare migrate` first.")]
        }
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
                    "this machine and the database differ by {} ms; at most {} ms may be (R-23)",
                    skew.as_millis(),
                    SKEW_MAX.as_millis()
                ),
                "Set both by NTP.",
            ),
            false => good("clock", format!("differs from the database's by {} ms", skew.as_millis())),
        };
    }
    match last_seen {
        Some(seen) if seen > here + SKEW_MAX => bad(
            "clock",
            format!("it is {here} here, but Fanfare ran at {seen} already: the clock was set back"),
            "Set it by NTP.",
        ),
        _ => good("clock", format!("it is {here}")),
    }
}

fn list(here: Timestamp, nodes: &[Node]) -> Finding {
    let alive: Vec<&str> =
        nodes.iter().filter(|node| here.since(node.seen_at) < NODE_GONE).map(|node| node.name.as_str()).collect();
    match alive[..] {
        [] => warning(
            "nodes",
            "none works at the moment, so nothing goes out",
            "Start `fanfare serve`, or `fanfare work` beside `fanfare web`.",
        ),
        _ => good("nodes", format!("{} at work: {}", alive.len(), alive.join(", "))),
    }
}

async fn keys(vault: &Vault) -> Finding {
    match vault.kek_counts().await {
        Ok(counts) => {
            let old = counts.iter().filter(|count| !count.current && count.data_keys > 0).count();
            let told: Vec<String> =
                counts.iter().map(|count| format!("{} wraps {}", count.kek, count.data_keys)).collect();
            let told = if told.is_empty() { "nothing is sealed yet".to_owned() } else { told.join(", ") };
            match old {
                0 => good("keys", told),
                _ => warning("keys", told, "An old key is still in use: leave it in the key file."),
            }
        }
        Err(error) => bad("keys", error, "Put the key file back that belongs to this database."),
    }
}

/// Writes a file, reads it, deletes it.
async fn files(app: &App) -> Finding {
    match try_files(app).await {
        Ok(true) => good("files", "a file was written, read back and deleted"),
        Ok(false) => {
            let detail = "what was written is not what was read back, or is missing from the store's list";
            bad("files", detail, "Look at the disk, or at the S3 server, its bucket and `s3.path_style`.")
        }
        Err(error) => bad("files", error, "Look at the folder's rights and room, or at the S3 settings."),
    }
}

async fn try_files(app: &App) -> Result<bool, crate::media::BlobError> {
    let words = b"written by a check";
    let name = base::random::token::<9>(&*app.random).replace(['-', '_'], "0");
    let key = BlobKey::new("doctor", &name, "check.txt")?;
    let once = futures::stream::iter([Ok(Bytes::from_static(words))]);
    app.blobs.put(&key, "text/plain", 1_024, once).await?;
    let mut read = Vec::new();
    let mut body = app.blobs.get(&key, None).await?.body;
    while let Some(piece) = body.next().await {
        read.extend_from_slice(&piece.map_err(crate::media::BlobError::Source)?);
    }
    // Found by the list of the store: one that takes everything at every address would know of no such file.
    let listed = app.blobs.delete_all("doctor", Some(&name)).await?;
    Ok(read == words && listed == 1)
}

/// Whether each platform that needs an app has one, whole and readable.
async fn platform_apps(app: &App) -> Vec<Finding> {
    let enter = "Enter it under Settings, Platforms.";
    let mut findings = Vec::new();
    for connector in app.connectors.iter() {
        let about = connector.about();
        let needed: Vec<&str> =
            about.app_fields.iter().filter(|field| !field.optional).map(|field| field.name).collect();
        if needed.is_empty() {
            continue;
        }
        findings.push(match channels::load_app(app, about.id, "").await {
            Ok(None) => {
                let detail = format!("{} has no app yet; its accounts cannot be connected", about.name);
                warning("platform", detail, enter)
            }
            Ok(Some(values)) => match needed.iter().find(|name| !values.values.contains_key(**name)) {
                Some(missing) => bad("platform", format!("{}'s app has no {missing}", about.name), enter),
                None => good("platform", format!("{} has its app", about.name)),
            },
            Err(error) => bad("platform", format!("{}'s app does not open: {error}", about.name), enter),
        });
    }
    findings
}

/// Whether there is room for what comes.
pub fn disk(left: Option<u64>, standing: Option<Standing>) -> Finding {
    if let Some(standing) = standing.filter(|standing| standing.full) {
        let told = format!(
            "the disk is full: {} MiB are left and {} MiB are needed. Nothing new is sent and no upload is taken",
            standing.left >> 20,
            (standing.needed - standing.held.min(standing.needed)) >> 20
        );
        return bad(
            "disk",
            told,
            "Make room, or move the data folder to a larger disk. Publishing then resumes by itself.",
        );
    }
    let Some(left) = left else { return good("disk", "this system does not say how much room is left") };
    let reserve = match standing.map_or(0, |standing| standing.held >> 20) {
        0 => String::new(),
        held => format!(", and {held} MiB are set aside for when it is full"),
    };
    let told = format!("{} MiB are left{reserve}", left >> 20);
    let remedy = "Make room, or move the data folder to a larger disk.";
    match left {
        _ if left < ROOM_BAD => bad("disk", told, remedy),
        _ if left < ROOM_WARNING => warning("disk", told, remedy),
        _ => good("disk", told),
    }
}

/// Whether requests came through a proxy that is not believed, since this process started.
fn proxy(app: &App) -> Finding {
    match app.memory.unheard_proxy.get() {
        None => good("proxy", "no request came through a proxy that is not trusted"),
        Some(address) => warning(
            "proxy",
            format!("requests come through a proxy at {address}, which is not in `trusted_proxies`"),
            "If the proxy is yours, add its address to `trusted_proxies`.",
        ),
    }
}

/// Whether every entry of the audit log is as it was written.
pub async fn audit(db: &Db) -> Finding {
    match crate::audit::verify(db).await {
        Ok(found) if found.broken.is_empty() => {
            good("audit", format!("{} entries in {} chains, unbroken", found.entries, found.chains))
        }
        Ok(found) => {
            let detail = format!("changed or missing entries: {}", found.broken.join("; "));
            bad("audit", detail, "Compare with a backup: somebody changed the database from outside.")
        }
        Err(error) => bad("audit", error, "Look at the database first."),
    }
}

async fn stop(app: &App) -> Finding {
    match crate::publishing::stopped(app).await {
        Ok(None) => good("stop", "publishing goes on"),
        Ok(Some((_, since))) => {
            warning("stop", format!("publishing is stopped since {since}"), "Lift the emergency stop when all is well.")
        }
        Err(error) => bad("stop", error, "Look at the database first."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r_23_a_clock_that_differs_or_was_set_back_is_found() {
        let at = Timestamp::from_seconds(1_000);
        let seconds = Duration::from_secs;
        assert_eq!(clock(at, Some(at + seconds(1)), None).verdict, Grade::Good);
        assert_eq!(clock(at, Some(at - seconds(3)), None).verdict, Grade::Bad);
        assert_eq!(clock(at, None, Some(at + seconds(60))).verdict, Grade::Bad);
        assert_eq!(clock(at, None, Some(at - seconds(60))).verdict, Grade::Good);
        let node = Node { name: "a".into(), started_at: at - seconds(99), seen_at: at - seconds(61) };
        assert_eq!(list(at, &[node]).verdict, Grade::Warning);
    }

    #[test]
    fn a_disk_that_fills_is_told_in_time() {
        let room = Standing { full: false, held: 64 << 20, left: 100 << 30, needed: 72 << 20 };
        assert_eq!(disk(Some(100 << 30), None).verdict, Grade::Good);
        assert!(disk(Some(100 << 30), Some(room)).detail.ends_with("64 MiB are set aside for when it is full"));
        assert_eq!(disk(Some(1 << 30), Some(room)).verdict, Grade::Warning);
        assert_eq!(disk(Some(100 << 20), Some(room)).verdict, Grade::Bad);
        assert_eq!(disk(None, None).verdict, Grade::Good);
        let full = disk(Some(100 << 30), Some(Standing { full: true, held: 0, left: 70 << 20, ..room }));
        assert_eq!(full.verdict, Grade::Bad);
        assert!(full.detail.contains("70 MiB are left and 72 MiB are needed"), "{}", full.detail);
    }
}
