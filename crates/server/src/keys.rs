//! Where the key-encryption keys come from: a file created at the first start, or the settings (S-02, S-07).

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, bail};
use app::secrets::{Kek, KeyRing};
use base::OsRandom;

use crate::settings::Settings;

/// The head of a key file that Fanfare creates.
const HEAD: &str = "# Fanfare's key. Encrypted values in the database can't be read without it: keep a copy, apart from backups\n\
                    # of the database. Add a new key on a line above the old one.\n";

/// The key file, unless the key is in the settings.
pub fn file(settings: &Settings) -> Option<PathBuf> {
    settings.key.is_none().then(|| settings.key_file.clone().unwrap_or_else(|| settings.data.join("fanfare.key")))
}

/// The key ring; `None` if there is no key file yet.
///
/// # Errors
/// If the file can't be read, or a key is not random (S-07).
pub fn read(settings: &Settings) -> anyhow::Result<Option<KeyRing>> {
    if let Some(key) = &settings.key {
        return KeyRing::parse(key.expose()).map(Some).context("the setting `key` (FANFARE_KEY) cannot be used");
    }
    let path = file(settings).unwrap_or_default();
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => base::Secret::new(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("the key file {} cannot be read", path.display())),
    };
    warn_if_open(&path);
    KeyRing::parse(text.expose()).map(Some).with_context(|| format!("the key file {} cannot be used", path.display()))
}

/// The key ring, created at the first start. `in_use` says whether the database already has values encrypted with a key.
///
/// # Errors
/// As [`read`]; or if the key file is missing although the database needs one.
pub fn read_or_make(settings: &Settings, in_use: bool) -> anyhow::Result<KeyRing> {
    if let Some(ring) = read(settings)? {
        return Ok(ring);
    }
    let path = file(settings).unwrap_or_default();
    if in_use {
        bail!(
            "the key file {} is missing, and the database has secrets that can't be read without it. Restore the file \
             (backups of the database don't contain it), or set `key_file` to its path",
            path.display()
        );
    }
    let kek = Kek::generate(&OsRandom);
    write(&path, &kek).with_context(|| format!("the key file {} can't be written", path.display()))?;
    tracing::info!(kek = kek.id(), "created key {} in {}", kek.id(), path.display());
    Ok(KeyRing::new(kek))
}

fn write(path: &Path, kek: &Kek) -> std::io::Result<()> {
    let text = base::Secret::new(format!("{HEAD}{}\n", kek.to_text().expose()));
    write_private(path, text.expose().as_bytes(), true)
}

/// Atomically writes a file that only its owner can read. With `new`, fails if it exists.
pub fn write_private(path: &Path, bytes: &[u8], new: bool) -> std::io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder)?;
    // A random name: files beside it are not ours to overwrite.
    let mut half = tempfile::Builder::new().prefix(".fanfare-").tempfile_in(folder)?;
    half.write_all(bytes)?;
    half.as_file().sync_all()?;
    if new {
        half.persist_noclobber(path)?
    } else {
        half.persist(path)?
    };
    // The new name is durable only once its folder is synced.
    std::fs::File::open(folder)?.sync_all()
}

fn warn_if_open(path: &Path) {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).map_or(0, |facts| facts.permissions().mode());
    if mode & 0o077 != 0 {
        tracing::warn!("other accounts on this machine can read {}; run `chmod 600 {0}`", path.display());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(folder: &Path) -> Settings {
        Settings { data: folder.to_owned(), ..Settings::defaults().expect("defaults") }
    }

    #[test]
    fn s_07_the_first_start_makes_a_key_that_only_its_owner_reads_and_keeps_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(folder.path());
        let made = read_or_make(&settings, false).expect("made");
        let path = file(&settings).expect("a file");
        assert_eq!(std::fs::metadata(&path).expect("there").permissions().mode() & 0o777, 0o600);
        assert_eq!(read_or_make(&settings, true).expect("read").current().id(), made.current().id());
    }

    #[test]
    fn a_lost_key_file_is_not_replaced_by_a_new_key() {
        let folder = tempfile::tempdir().expect("a folder");
        let refusal = read_or_make(&settings(folder.path()), true).err().expect("refused").to_string();
        assert!(refusal.contains("is missing") && refusal.contains("key_file"), "{refusal}");
        assert!(!folder.path().join("fanfare.key").exists());
    }

    #[test]
    fn s_07_ten_known_bad_keys_are_ten_refusals() {
        let folder = tempfile::tempdir().expect("a folder");
        let settings = settings(folder.path());
        let zeros = "A".repeat(43) + "=";
        let bad: [&str; 10] = [
            "",
            "# only a comment",
            "secret",
            "changeme",
            "password",
            "this-is-not-a-key-but-a-sentence",
            &zeros,
            &"00".repeat(32),
            &"0123456789abcdef".repeat(4),
            "Y2hhbmdlbWVjaGFuZ2VtZWNoYW5nZW1lY2hhbmdlbWU=",
        ];
        for text in bad {
            std::fs::write(folder.path().join("fanfare.key"), text).expect("written");
            let refusal = format!("{:#}", read_or_make(&settings, false).err().expect("refused"));
            assert!(refusal.contains("cannot be used"), "{refusal}");
            assert!(text.len() < 5 || !refusal.contains(text), "the refusal repeats the key");
        }
    }
}
