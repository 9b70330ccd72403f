//! `fanfare backup` and `fanfare restore`: a SQLite installation with its files, in one folder.
//!
//! The database is copied as it is at one moment, then the files: what the copy names is there. Keys are left out on
//! purpose, so that whoever finds a backup cannot read what is sealed in it; both commands want them at hand, because a
//! backup without its key is none. PostgreSQL and S3 have their own tools, and these commands say so.

use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use app::{media::BlobPlace, secrets::Vault};
use base::{Clock as _, OsRandom, SystemClock};
use db::Db;
use serde::{Deserialize, Serialize};

use crate::{keys, say, settings::Settings, wiring};

const DATABASE: &str = "fanfare.db";
const FACTS: &str = "backup.json";

/// What a backup says of itself.
#[derive(Serialize, Deserialize)]
struct Facts {
    /// The version of the program that made it.
    version: String,
    /// When.
    made_at: String,
    /// The key that must be at hand to read it.
    key: String,
    /// How many files are in it.
    files: u64,
    /// Whether the files are elsewhere, in a bucket.
    files_elsewhere: bool,
}

/// Writes a backup to a new folder. May run beside a running installation.
///
/// # Errors
/// Whatever keeps it from being whole; then nothing stays.
pub async fn backup(settings: &Settings, target: &Path) -> anyhow::Result<()> {
    ensure!(!target.exists(), "{} exists already; a backup needs a new folder", target.display());
    let ring = keys::read(settings)?
        .context("the key file is missing, and a backup without its key cannot be read; put it back first")?;
    let db = wiring::database(settings).await?;
    if db.path().is_none() {
        bail!("this installation is on PostgreSQL; back it up with pg_dump, and its files with them");
    }
    Vault::open(db.clone(), ring.clone(), std::sync::Arc::new(SystemClock), std::sync::Arc::new(OsRandom))
        .await
        .context("the key at hand is not the one that this database needs")?;
    let half = target.with_extension("part");
    let _ = std::fs::remove_dir_all(&half);
    std::fs::create_dir_all(&half).with_context(|| format!("{} cannot be made", half.display()))?;
    db.copy_to(&half.join(DATABASE)).await.context("the database could not be copied")?;
    let files = match wiring::blob_place(settings) {
        BlobPlace::Folder(folder) => Some(copy(&folder, &half.join("blobs")).context("the files could not be copied")?),
        BlobPlace::S3 { .. } => None,
    };
    let facts = Facts {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made_at: SystemClock.now().to_string(),
        key: ring.current().id().to_owned(),
        files: files.unwrap_or_default(),
        files_elsewhere: files.is_none(),
    };
    let text = serde_json::to_vec_pretty(&facts)?;
    // The facts come last: a folder without them is not a backup.
    keys::write_private(&half.join(FACTS), &text, true)?;
    std::fs::rename(&half, target).with_context(|| format!("{} cannot be made", target.display()))?;
    db.close().await;
    say::out(format_args!("Backed up to {}: the database and {} files.", target.display(), facts.files));
    if facts.files_elsewhere {
        say::out("The files are in the bucket and not in this backup; copy the bucket with your storage's own tool.");
    }
    say::out(format_args!("Not in it: the key {}. Keep a copy of the key file, apart from this backup.", facts.key));
    Ok(())
}

/// Puts a backup into an empty data folder.
///
/// # Errors
/// If it is not whole, its key is not at hand, or something is there already.
pub async fn restore(settings: &Settings, source: &Path) -> anyhow::Result<()> {
    let facts = std::fs::read(source.join(FACTS)).ok().and_then(|text| serde_json::from_slice::<Facts>(&text).ok());
    let facts = facts.with_context(|| format!("{} is no whole backup: it has no {FACTS}", source.display()))?;
    ensure!(
        settings.database.is_none(),
        "restore puts the database into the data folder; take `database` out of the settings first"
    );
    let (database, blobs) = (settings.data.join(DATABASE), settings.data.join("blobs"));
    ensure!(!database.exists(), "{} exists; restore into an empty data folder", database.display());
    let ring = keys::read(settings)?.with_context(|| {
        let file = keys::file(settings).unwrap_or_default();
        format!("the key file {} is missing; put the file with the key {} there first", file.display(), facts.key)
    })?;
    std::fs::create_dir_all(&settings.data)?;
    let half = settings.data.join("fanfare.db.part");
    std::fs::copy(source.join(DATABASE), &half).context("the database could not be copied")?;
    let checked = check(&half, ring).await;
    if let Err(error) = checked {
        remove_database(&half);
        return Err(error);
    }
    remove_beside(&half);
    let files = if source.join("blobs").exists() { copy(&source.join("blobs"), &blobs)? } else { 0 };
    std::fs::File::open(&half)?.sync_all()?;
    std::fs::rename(&half, &database)?;
    std::fs::File::open(&settings.data)?.sync_all()?;
    ensure!(files >= facts.files, "the backup says it has {} files, but {files} were there", facts.files);
    say::out(format_args!("Restored {} and {files} files, as of {}.", database.display(), facts.made_at));
    say::out("What was scheduled since then and went out is not known here: look at each channel before you start.");
    Ok(())
}

/// The copy is whole, and its key is at hand.
async fn check(file: &Path, ring: app::secrets::KeyRing) -> anyhow::Result<()> {
    let db = Db::open(&format!("sqlite:{}", file.display())).await?;
    let checked = async {
        db.check().await?;
        let opened =
            Vault::open(db.clone(), ring, std::sync::Arc::new(SystemClock), std::sync::Arc::new(OsRandom)).await;
        opened.map(drop).context("the key at hand is not the one of this backup")
    };
    let outcome = checked.await;
    db.close().await;
    outcome
}

fn remove_database(file: &Path) {
    let _ = std::fs::remove_file(file);
    remove_beside(file);
}

/// What SQLite and the lock leave beside a file.
fn remove_beside(file: &Path) {
    for end in ["-wal", "-shm", "-journal", ".lock"] {
        let mut name = file.as_os_str().to_owned();
        name.push(end);
        let _ = std::fs::remove_file(Path::new(&name));
    }
}

/// Copies a folder with everything in it; how many files.
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
                // A file that was deleted meanwhile is in no later copy either.
                match std::fs::copy(entry.path(), &target) {
                    Ok(_) => files += 1,
                    Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            _ => {}
        }
    }
    Ok(files)
}
