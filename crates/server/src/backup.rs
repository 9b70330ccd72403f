//! `fanfare backup` and `fanfare restore`: a SQLite installation with its files, in one folder.
//!
//! The database is copied as a consistent snapshot, then the files, so that every file named in the copy is in the backup.
//! Keys are left out on purpose: a stolen backup can't be decrypted. Both commands require the key, because a backup is
//! useless without it. PostgreSQL and S3 have their own tools, and these commands refer to them.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, bail, ensure};
use app::{media::BlobPlace, secrets::Vault};
use base::{Clock as _, OsRandom, SystemClock};
use db::Db;
use serde::{Deserialize, Serialize};

use crate::{keys, say, settings::Settings, wiring};

const DATABASE: &str = "fanfare.db";
const FACTS: &str = "backup.json";

/// The description inside a backup.
#[derive(Serialize, Deserialize)]
struct Facts {
    /// The version of the program that made it.
    version: String,
    /// When.
    made_at: String,
    /// The key that is needed to read it.
    key: String,
    /// The number of files.
    files: u64,
    /// Whether the files are in a bucket instead.
    files_elsewhere: bool,
}

/// Writes a backup to a new folder. Can run beside a running installation.
///
/// # Errors
/// If the backup can't be completed; nothing is then left behind.
pub async fn backup(settings: &Settings, target: &Path, as_json: bool) -> anyhow::Result<()> {
    ensure!(target.symlink_metadata().is_err(), "{} already exists; a backup needs a new folder", target.display());
    let ring = keys::read(settings)?
        .context("the key file is missing, and a backup can't be read without its key; restore it first")?;
    let facts = wiring::with_database(settings, async |db| assemble(settings, &db, &ring, target).await).await?;
    if as_json {
        say::out(serde_json::json!({ "folder": target, "backup": facts }));
        return Ok(());
    }
    say::out(format_args!("Backed up to {}: the database and {} files.", target.display(), facts.files));
    if facts.files_elsewhere {
        say::out("The files are in the bucket, not in this backup; copy the bucket with your storage's own tool.");
    }
    say::out(format_args!("Not included: the key {}. Keep a copy of the key file in a different place.", facts.key));
    Ok(())
}

/// Copies the database and the files to `target`, which appears only when it is whole.
async fn assemble(settings: &Settings, db: &Db, ring: &app::secrets::KeyRing, target: &Path) -> anyhow::Result<Facts> {
    if db.path().is_none() {
        bail!("this installation uses PostgreSQL; back it up with pg_dump, and its files separately");
    }
    Vault::open(db.clone(), ring.clone(), std::sync::Arc::new(SystemClock), std::sync::Arc::new(OsRandom))
        .await
        .context("the key is not the one that this database needs")?;
    let blobs = match wiring::blob_place(settings) {
        BlobPlace::Folder(folder) => Some(folder),
        BlobPlace::S3 { .. } => None,
    };
    let beside = beside(target)?;
    if let Some(blobs) = blobs.as_ref().and_then(|folder| folder.canonicalize().ok()) {
        ensure!(
            !beside.starts_with(&blobs),
            "{} is inside {}, which is part of the backup; choose another folder",
            target.display(),
            blobs.display()
        );
    }
    // A temporary folder with a random name, removed if the backup fails.
    let half = tempfile::Builder::new().prefix(".fanfare-backup-").tempdir_in(&beside);
    let half = half.with_context(|| format!("can't create a folder in {}", beside.display()))?;
    db.copy_to(&half.path().join(DATABASE)).await.context("the database couldn't be copied")?;
    let files = blobs.map(|folder| copy(&folder, &half.path().join("blobs"))).transpose();
    let files = files.context("the files couldn't be copied")?;
    let facts = Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: SystemClock.now().to_string(),
        key: ring.current().id().to_owned(),
        files: files.unwrap_or_default(),
        files_elsewhere: files.is_none(),
    };
    let text = serde_json::to_vec_pretty(&facts)?;
    // Written last: a folder without this file is not a backup.
    keys::write_private(&half.path().join(FACTS), &text, true)?;
    std::fs::rename(half.path(), target).with_context(|| format!("{} can't be created", target.display()))?;
    drop(half.keep());
    std::fs::File::open(&beside)?.sync_all()?;
    Ok(facts)
}

/// Restores a backup into an empty data folder.
///
/// # Errors
/// If it is incomplete, its key is missing, or the folder is not empty.
pub async fn restore(settings: &Settings, source: &Path, as_json: bool) -> anyhow::Result<()> {
    let facts = std::fs::read(source.join(FACTS)).ok().and_then(|text| serde_json::from_slice::<Facts>(&text).ok());
    let facts = facts.with_context(|| format!("{} isn't a complete backup: it has no {FACTS}", source.display()))?;
    ensure!(
        settings.database.is_none(),
        "restore writes the database into the data folder; remove `database` from the settings first"
    );
    let (database, blobs) = (settings.data.join(DATABASE), settings.data.join("blobs"));
    for there in leftovers(&database).into_iter().chain([blobs.clone()]) {
        let empty = std::fs::read_dir(&there).is_ok_and(|mut inside| inside.next().is_none());
        ensure!(
            empty || there.symlink_metadata().is_err(),
            "{} exists; restore into an empty data folder (set `data` to another, or move the old one away)",
            there.display()
        );
    }
    let ring = keys::read(settings)?.with_context(|| {
        let file = keys::file(settings).unwrap_or_default();
        format!("the key file {} is missing; put the file with key {} there first", file.display(), facts.key)
    })?;
    wiring::close_data_folder(settings)?;
    // Everything is assembled in a temporary folder first, so that a failed restore leaves nothing behind.
    let half = tempfile::Builder::new().prefix(".fanfare-restore-").tempdir_in(&settings.data)?;
    let (half_database, half_blobs) = (half.path().join(DATABASE), half.path().join("blobs"));
    copy_file(&source.join(DATABASE), &half_database).context("the database couldn't be copied")?;
    check(&half_database, ring).await?;
    let files = if source.join("blobs").exists() { copy(&source.join("blobs"), &half_blobs)? } else { 0 };
    ensure!(files >= facts.files, "the backup should have {} files, but has {files}", facts.files);
    std::fs::File::open(&half_database)?.sync_all()?;
    if half_blobs.exists() {
        std::fs::rename(&half_blobs, &blobs)?;
    }
    std::fs::rename(&half_database, &database)?;
    std::fs::File::open(&settings.data)?.sync_all()?;
    if as_json {
        say::out(serde_json::json!({ "database": database, "backup": facts }));
        return Ok(());
    }
    say::out(format_args!("Restored {} and {files} files, as of {}.", database.display(), facts.made_at));
    say::out("Posts scheduled and published since then are unknown here: check each channel before you start Fanfare.");
    Ok(())
}

/// Checks that the copy is intact and that the key opens it.
async fn check(file: &Path, ring: app::secrets::KeyRing) -> anyhow::Result<()> {
    let db = Db::open(&format!("sqlite:{}", file.display())).await?;
    let checked = async {
        db.check().await?;
        let opened =
            Vault::open(db.clone(), ring, std::sync::Arc::new(SystemClock), std::sync::Arc::new(OsRandom)).await;
        opened.map(drop).context("the key is not the one of this backup")
    };
    let outcome = checked.await;
    db.close().await;
    outcome
}

/// The folder that will contain `target`.
fn beside(target: &Path) -> anyhow::Result<PathBuf> {
    let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).with_context(|| format!("{} can't be created", folder.display()))?;
    Ok(folder.canonicalize()?)
}

/// A database file and SQLite's files beside it: a leftover log of another database would be applied to this one.
fn leftovers(file: &Path) -> Vec<PathBuf> {
    let named = |end: &str| {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    ["", "-wal", "-shm", "-journal"].map(named).to_vec()
}

/// Copies a file; only its owner can read the copy, whatever the original's mode.
fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::copy(from, to)?;
    std::fs::set_permissions(to, std::fs::Permissions::from_mode(0o600))
}

/// Copies a folder with its contents; returns the number of files.
fn copy(from: &Path, to: &Path) -> std::io::Result<u64> {
    std::fs::create_dir_all(to)?;
    if !from.exists() {
        return Ok(0);
    }
    let mut files = 0;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        match entry.file_type()? {
            kind if kind.is_dir() => files += copy(&entry.path(), &target)?,
            kind if kind.is_file() => {
                // A file deleted during the copy would be missing from a later backup, too.
                match copy_file(&entry.path(), &target) {
                    Ok(()) => files += 1,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            _ => {}
        }
    }
    Ok(files)
}
