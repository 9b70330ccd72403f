//! What `fanfare doctor` and `GET /v1/instance` check. Nothing is changed by checking.

use std::time::Duration;

use base::{Text, Timestamp, say};
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
    /// It works, but someone should look.
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
    pub detail: Text,
    /// Why it matters.
    pub means: Text,
    /// What to do about it; empty if there is nothing to do.
    pub remedy: Text,
}

/// Why a check matters.
fn means(name: &str) -> Text {
    match name {
        "settings" => say!("The settings say where data and files are and how the installation is reached."),
        "database" => say!("Everything that must survive is in the database."),
        "clock" => say!("Posts are published by the clock. If it is wrong, they are published at the wrong time."),
        "nodes" => say!("A running process is what publishes posts."),
        "keys" => say!("Tokens and addresses in the database can be read only with the keys of the key file."),
        "files" => say!("Uploads and the versions made from them are kept in the file store."),
        "platform" => say!("Accounts of a platform can be connected once the installation has its app there."),
        "disk" => say!("Uploads, and SQLite's own file, need space."),
        "proxy" => {
            say!("Limits count per address. Behind a proxy that is not trusted, everyone counts as one address.")
        }
        "audit" => say!("The audit log shows who did what. Each entry seals the ones before it."),
        "videos" => say!("Channels differ in the videos that they take. ffmpeg converts those that one can't take."),
        "fetching" => say!("Some platforms fetch a post's files from here instead of taking them."),
        "stop" => say!("While the emergency stop is on, nothing is published, on any node."),
        _ => Text::verbatim(""),
    }
}

/// All is well.
pub fn good(name: &'static str, detail: impl Into<Text>) -> Finding {
    Finding { name, verdict: Grade::Good, detail: detail.into(), means: means(name), remedy: Text::verbatim("") }
}

/// Someone should look.
pub fn warning(name: &'static str, detail: impl Into<Text>, remedy: impl Into<Text>) -> Finding {
    Finding { verdict: Grade::Warning, remedy: remedy.into(), ..good(name, detail) }
}

/// Something does not work.
pub fn bad(name: &'static str, detail: impl Into<Text>, remedy: impl Into<Text>) -> Finding {
    Finding { verdict: Grade::Bad, remedy: remedy.into(), ..good(name, detail) }
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
    let read = app.read(async |tx| store::answers(tx).await).await;
    let name = match app.db.dialect() {
        Dialect::Sqlite => "SQLite",
        Dialect::Postgres => "PostgreSQL",
    };
    match (read, app.db.fatal()) {
        (Ok(()), None) => good("database", say!("{name} answers")),
        (Err(fault), _) => {
            bad("database", format!("{fault:#}"), say!("Check the database's own log and the disk it is on."))
        }
        (_, Some(error)) => {
            bad("database", format!("{error:#}"), say!("Restart Fanfare. If it happens again, check the disk."))
        }
    }
}

/// Reads the whole database, which takes its time.
pub async fn integrity(db: &Db) -> Finding {
    match (db.check().await, db.dialect()) {
        (Ok(()), Dialect::Sqlite) => good("database", say!("SQLite: every page can be read")),
        (Ok(()), Dialect::Postgres) => good("database", say!("PostgreSQL answers")),
        (Err(error), _) => bad(
            "database",
            format!("{error:#}"),
            say!("Stop Fanfare and restore the latest backup into an empty folder."),
        ),
    }
}

/// The clock against the database's, and who works.
pub async fn clock_and_nodes(db: &Db, here: Timestamp) -> Vec<Finding> {
    let dialect = db.dialect();
    let read = db.read(async move |tx| {
        let there = if dialect.has_its_own_clock() { Some(store::database_time(tx).await?) } else { None };
        Ok::<_, db::Error>((there, store::nodes(tx).await?))
    });
    match read.await {
        Ok((there, nodes)) => vec![clock(here, there, nodes.first().map(|node| node.seen_at)), list(here, &nodes)],
        Err(error) => {
            vec![bad(
                "nodes",
                say!("could not be read: {error}", error = error.to_string()),
                say!("Run `fanfare migrate` first."),
            )]
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
                say!(
                    "this machine and the database differ by {as_millis} ms; at most {as_millis2} ms is allowed",
                    as_millis = skew.as_millis(),
                    as_millis2 = SKEW_MAX.as_millis()
                ),
                say!("Set both by NTP."),
            ),
            false => good("clock", say!("differs from the database's by {as_millis} ms", as_millis = skew.as_millis())),
        };
    }
    match last_seen {
        Some(seen) if seen > here + SKEW_MAX => bad(
            "clock",
            say!("it is {here} here, but Fanfare already ran at {seen}: the clock was set back"),
            say!("Set it by NTP."),
        ),
        _ => good("clock", say!("it is {here}")),
    }
}

fn list(here: Timestamp, nodes: &[Node]) -> Finding {
    let alive: Vec<&str> =
        nodes.iter().filter(|node| here.since(node.seen_at) < NODE_GONE).map(|node| node.name.as_str()).collect();
    match alive[..] {
        [] => warning(
            "nodes",
            say!("no process is running at the moment, so nothing is published"),
            say!("Start `fanfare serve`, or `fanfare work` beside `fanfare web`."),
        ),
        _ => good("nodes", say!("{count} running: {names}", count = alive.len(), names = alive.join(", "))),
    }
}

async fn keys(vault: &Vault) -> Finding {
    match vault.kek_counts().await {
        Ok(counts) => {
            let old = counts.iter().filter(|count| !count.current && count.data_keys + count.checkpoints > 0).count();
            let of = |kek: &str, keys: usize| say!("{kek} protects {keys} data {keys|key|keys}");
            let told: Vec<Text> =
                counts.iter().map(|count| of(&count.kek.to_string(), count.data_keys as usize)).collect();
            let told = if told.is_empty() { say!("nothing is sealed yet") } else { Text::joined(told, ", ") };
            match old {
                0 => good("keys", told),
                _ => warning("keys", told, say!("An old key is still in use: leave it in the key file.")),
            }
        }
        Err(error) => bad("keys", format!("{error:#}"), say!("Put the key file that belongs to this database back.")),
    }
}

/// Writes a file, reads it, deletes it.
async fn files(app: &App) -> Finding {
    match try_files(app).await {
        Ok(true) => good("files", say!("a file was written, read back and deleted")),
        Ok(false) => {
            let detail = say!("what was written is not what was read back, or is missing from the store's list");
            bad("files", detail, say!("Check the disk, or the S3 server, its bucket and `s3.path_style`."))
        }
        Err(error) => {
            bad("files", format!("{error:#}"), say!("Check the folder's permissions and space, or the S3 settings."))
        }
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
    let enter = say!("Enter it under Settings, Installation.");
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
                let detail = say!("{name} has no app yet, so its accounts can't be connected", name = about.name);
                warning("platform", detail, enter.clone())
            }
            Ok(Some(values)) => match needed.iter().find(|name| !values.values.contains_key(**name)) {
                Some(missing) => {
                    bad("platform", say!("{name}'s app has no {missing}", name = about.name), enter.clone())
                }
                None => good("platform", say!("{name} has its app", name = about.name)),
            },
            Err(error) => bad(
                "platform",
                say!("{name}'s app can't be opened: {error}", name = about.name, error = error.to_string()),
                enter.clone(),
            ),
        });
    }
    findings
}

/// A size as people read it: whole numbers, in the unit that needs few digits.
fn size(bytes: u64) -> String {
    match bytes >> 30 {
        gib @ 10.. => format!("{gib} GiB"),
        _ => format!("{} MiB", bytes >> 20),
    }
}

/// Whether there is room for what comes.
pub fn disk(left: Option<u64>, standing: Option<Standing>) -> Finding {
    if let Some(standing) = standing.filter(|standing| standing.full) {
        let needed = standing.needed - standing.held.min(standing.needed);
        let told = say!(
            "the disk is full: {left} left, {needed} needed. Nothing new is sent and no upload is accepted",
            left = size(standing.left),
            needed = size(needed)
        );
        return bad(
            "disk",
            told,
            say!("Free up space, or move the data folder to a larger disk. Publishing then resumes automatically."),
        );
    }
    let Some(left) = left else { return good("disk", say!("this system doesn't say how much space is left")) };
    let told = match standing.map_or(0, |standing| standing.held) {
        0 => say!("{left} left", left = size(left)),
        held => say!("{left} left, and {held} set aside for when it is full", left = size(left), held = size(held)),
    };
    let remedy = say!("Free up space, or move the data folder to a larger disk.");
    match left {
        _ if left < ROOM_BAD => bad("disk", told, remedy),
        _ if left < ROOM_WARNING => warning("disk", told, remedy),
        _ => good("disk", told),
    }
}

/// Whether requests came through a proxy that is not believed, since this process started.
fn proxy(app: &App) -> Finding {
    match app.memory.unheard_proxy.get() {
        None => good("proxy", say!("no request came through a proxy that is not trusted")),
        Some(address) => warning(
            "proxy",
            say!("requests come through a proxy at {address}, which is not in `trusted_proxies`"),
            say!("If the proxy is yours, add its address to `trusted_proxies`."),
        ),
    }
}

/// Whether every entry of the audit log is as it was written, and as checkpoints that were kept elsewhere say. Without the
/// vault, checkpoints are left out.
pub async fn audit(db: &Db, vault: Option<&Vault>, kept: &[crate::audit::checkpoints::Checkpoint]) -> Finding {
    match crate::audit::verify(db, vault, kept).await {
        Ok(found) if found.broken.is_empty() => good(
            "audit",
            say!(
                "{entries} entries in {chains} chains, unbroken, with {checkpoints} signed {checkpoints|checkpoint|checkpoints}",
                entries = found.entries,
                chains = found.chains,
                checkpoints = found.checkpoints
            ),
        ),
        Ok(found) => {
            let detail = say!("changed or missing entries: {broken}", broken = found.broken.join("; "));
            bad(
                "audit",
                detail,
                say!(
                    "The database was changed from outside Fanfare, or an older backup was restored. Compare it with a backup."
                ),
            )
        }
        Err(error) => bad("audit", format!("{error:#}"), say!("Check the database first.")),
    }
}

async fn stop(app: &App) -> Finding {
    match crate::publishing::stopped(app).await {
        Ok(None) => good("stop", say!("publishing is on")),
        Ok(Some((_, since))) => warning(
            "stop",
            say!("publishing is stopped since {since}"),
            say!("Lift the emergency stop when the problem is solved."),
        ),
        Err(error) => bad("stop", format!("{error:#}"), say!("Check the database first.")),
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
        let told = disk(Some(100 << 30), Some(room)).detail;
        assert!(told.english().ends_with("100 GiB left, and 64 MiB set aside for when it is full"), "{told}");
        assert_eq!(disk(Some(1 << 30), Some(room)).verdict, Grade::Warning);
        assert_eq!(disk(Some(100 << 20), Some(room)).verdict, Grade::Bad);
        assert_eq!(disk(None, None).verdict, Grade::Good);
        let full = disk(Some(100 << 30), Some(Standing { full: true, held: 0, left: 70 << 20, ..room }));
        assert_eq!(full.verdict, Grade::Bad);
        assert!(full.detail.english().contains("70 MiB left, 72 MiB needed"), "{}", full.detail);
    }
}
