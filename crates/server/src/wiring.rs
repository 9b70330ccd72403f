//! Builds an installation from its settings.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, bail};
use app::{
    App, Memory, Parts,
    media::{BlobPlace, Blobs, Decoder, transcoding::Transcoder},
    publishing,
    secrets::Vault,
};
use base::{Clock, OsRandom, Random};
use connector::{
    Connectors,
    http::{Guard, GuardRules},
};
use db::Db;

use crate::{keys, settings::Settings, trust};

/// Opens the database of the settings.
///
/// # Errors
/// If it can't be opened.
pub async fn database(settings: &Settings) -> anyhow::Result<Db> {
    let place = settings.database();
    Db::open(place.expose()).await.context("the database can't be opened")
}

/// Works on the database for as long as a command takes, and closes it however that ends: a process that leaves while
/// SQLite is open leaves its log beside the file.
///
/// # Errors
/// If it can't be opened, and what `work` says.
pub async fn with_database<T>(
    settings: &Settings,
    work: impl AsyncFnOnce(Db) -> anyhow::Result<T>,
) -> anyhow::Result<T> {
    let db = database(settings).await?;
    let done = work(db.clone()).await;
    db.close().await;
    done
}

/// The database for a process that works on it: locked if it is a file, and migrated (F-19).
///
/// # Errors
/// If another process has it, or a migration fails.
pub async fn own_database(settings: &Settings) -> anyhow::Result<Db> {
    close_data_folder(settings)?;
    let db = database(settings).await?;
    db.lock_instance().context("another Fanfare is running on this data folder")?;
    let applied = db.migrate().await.context("the database couldn't be migrated")?;
    if !applied.is_empty() {
        tracing::info!(migrations = applied.len(), "migrated the database: {}", applied.join(", "));
    }
    // After a failed write the state on disk is unknown: the process exits, and the next start reads what is there.
    db.on_fatal(|error| {
        tracing::error!(error = %error, "a storage write failed; Fanfare exits");
        std::process::exit(74);
    });
    Ok(db)
}

/// Creates the data folder, or restricts an existing one, with its files, to this account.
///
/// # Errors
/// If it can't be created.
pub fn close_data_folder(settings: &Settings) -> anyhow::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = &settings.data;
    std::fs::create_dir_all(folder).with_context(|| format!("{} can't be created", folder.display()))?;
    let inside = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    for path in std::iter::once(folder.clone()).chain(inside) {
        let Ok(facts) = path.symlink_metadata() else { continue };
        let mode = facts.permissions().mode();
        if mode & 0o077 == 0 || facts.is_symlink() {
            continue;
        }
        match std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode & 0o700)) {
            Ok(()) => tracing::info!("restricted {} to this account", path.display()),
            Err(error) => tracing::warn!(%error, "other accounts on this machine can read {}", path.display()),
        }
    }
    Ok(())
}

/// Where files are stored.
pub fn blob_place(settings: &Settings) -> BlobPlace {
    let s3 = &settings.s3;
    match (&s3.bucket, &s3.key, &s3.secret) {
        (Some(bucket), Some(key), Some(secret)) => BlobPlace::S3 {
            endpoint: s3.endpoint.clone(),
            bucket: bucket.clone(),
            region: s3.region.clone(),
            key: key.clone(),
            secret: secret.clone(),
            path_style: s3.path_style,
        },
        _ => BlobPlace::Folder(settings.data.join("blobs")),
    }
}

/// The vault with its keys, which are created if the database has no encrypted values yet.
///
/// # Errors
/// If keys are bad, missing, or not those of the database.
pub async fn vault(settings: &Settings, db: &Db, clock: Arc<dyn Clock>) -> anyhow::Result<Vault> {
    let sealed = db.read(async |tx| tx.one("SELECT COUNT(*) AS n FROM data_keys", db::args![]).await?.int("n"));
    let sealed: i64 = sealed.await.map_err(|error: db::Error| error).context("the keys in use couldn't be counted")?;
    let ring = keys::read_or_make(settings, sealed > 0)?;
    let vault = Vault::open(db.clone(), ring, clock, random()).await;
    vault.context("the keys don't belong to this database; is this the right key file?")
}

fn random() -> Arc<dyn Random> {
    Arc::new(OsRandom)
}

/// Builds an installation that listens at `listens`.
///
/// # Errors
/// If a part of it can't be opened.
pub async fn installation(
    settings: &Settings,
    db: Db,
    listens: Option<SocketAddr>,
    clock: Arc<dyn Clock>,
) -> anyhow::Result<App> {
    base::words::add_dutch(include_str!("nl.json"));
    let vault = vault(settings, &db, Arc::clone(&clock)).await?;
    let connectors = platforms::all();
    refuse_unknown_platforms(settings, &connectors)?;
    let program = program().context("the path of this program can't be determined")?;
    Ok(App::new(Parts {
        vault,
        guard: guard(settings, listens, Arc::clone(&clock))?,
        blobs: Blobs::open(&blob_place(settings)).context("files can't be stored")?,
        waiting: publishing::heed,
        clock,
        random: random(),
        connectors: Connectors::new(connectors),
        settings: app::Settings {
            decoder: Decoder::Program(program.clone()),
            transcoder: settings.ffmpeg().map(|ffmpeg| Transcoder::new(ffmpeg, program)),
            ..of_app(settings, listens)?
        },
        memory: Memory::default(),
        db,
    }))
}

/// What the features are told of the settings, but for the programs they run.
///
/// # Errors
/// If the privacy profile can't be read.
pub fn of_app(settings: &Settings, listens: Option<SocketAddr>) -> anyhow::Result<app::Settings> {
    let public_url = match (&settings.public_url, listens) {
        (Some(url), _) => url.clone(),
        (None, Some(address)) => format!("http://{address}/").parse()?,
        (None, None) => format!("http://{}/", settings.listen).parse()?,
    };
    Ok(app::Settings {
        endpoints: settings.endpoints(),
        limits: settings.rate_limits(),
        sessions: settings.session_times(),
        trusted_proxies: settings.trusted_proxies.clone(),
        spool: settings.data.join("spool"),
        reserve: settings.reserve(),
        profile: trust::profile(&settings.privacy_profile)?,
        ..app::Settings::at(public_url)
    })
}

/// The running program: an upgrade may have replaced the file on disk.
fn program() -> std::io::Result<PathBuf> {
    let running = Path::new("/proc/self/exe");
    if running.exists() { Ok(running.to_owned()) } else { std::env::current_exe() }
}

fn guard(settings: &Settings, listens: Option<SocketAddr>, clock: Arc<dyn Clock>) -> anyhow::Result<Guard> {
    let mut extra_roots = Vec::new();
    for path in &settings.guard.roots {
        let pem = std::fs::read(path).with_context(|| format!("the certificate {} can't be read", path.display()))?;
        extra_roots.push(pem);
    }
    let allowed = settings.allowed().map_err(anyhow::Error::msg)?;
    let only_allowed = settings.guard.only_allowed;
    let rules = GuardRules { allowed, only_allowed, own: listens.into_iter().collect(), extra_roots };
    Guard::new(rules, clock).context("the HTTP client couldn't be created")
}

fn refuse_unknown_platforms(settings: &Settings, known: &[Arc<dyn connector::Connector>]) -> anyhow::Result<()> {
    let ids: Vec<&str> = known.iter().map(|connector| connector.about().id).collect();
    for id in settings.platforms.iter().flatten().map(|(id, _)| id) {
        if !ids.contains(&id.as_str()) {
            bail!("`platforms.{id}` is set, but there is no such platform; the platforms are: {}", ids.join(", "));
        }
    }
    Ok(())
}
