//! The cache of downloads and compiled servers for tests.

use std::{fs, path::PathBuf};

use anyhow::{Context as _, Result};
use sha2::{Digest as _, Sha256};

use crate::repo;

/// The folder for `name`, created if missing. It is a new one whenever `ingredients` change, so that
/// nothing in it is ever out of date.
///
/// `XTASK_CACHE` names the place; else it is `target/peers`.
pub fn folder(name: &str, ingredients: &[&str]) -> Result<PathBuf> {
    let digest = hex::encode(Sha256::digest(ingredients.join("\0")));
    place(&format!("{name}-{}", &digest[..12]))
}

/// A folder for tools that manage their own cache, such as npm.
pub fn place(name: &str) -> Result<PathBuf> {
    let place = repo::variable("XTASK_CACHE").map_or_else(|| repo::root().join("target/peers"), PathBuf::from);
    let folder = place.join(name);
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder.canonicalize()?)
}

/// Does `work` in the folder once: a mark says that it was done to its end.
pub fn once(folder: &std::path::Path, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let mark = folder.join(".complete");
    if mark.exists() {
        return Ok(());
    }
    work()?;
    fs::write(&mark, "").with_context(|| format!("{} cannot be written", mark.display()))
}
