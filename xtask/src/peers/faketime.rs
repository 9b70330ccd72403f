//! libfaketime, which moves the clock of the programs that load it: the machine's own if there is one, else the one that a
//! Python package carries.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use super::python;

const PACKAGE: (&str, &str) = ("libfaketime", "3.0.1");
/// Its names: for programs with threads where a package has both.
const NAMES: &[&str] = &["libfaketimeMT.so.1", "libfaketime.so.1"];

/// The library.
pub fn find() -> Result<PathBuf> {
    let on_machine = below("/usr/lib").into_iter().chain([Path::new("/usr/lib").into()]).map(|it| it.join("faketime"));
    if let Some(found) = on_machine.into_iter().find_map(|folder| inside(&folder)) {
        return Ok(found);
    }
    let place = python::install(PACKAGE.0, PACKAGE.1)?;
    let versions = below(place.join("lib")).into_iter();
    let mut found = versions.map(|python| python.join("site-packages/libfaketime/vendor/libfaketime/src"));
    found.find_map(|folder| inside(&folder)).context("the package has no library for this machine")
}

fn below(folder: impl AsRef<Path>) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
}

fn inside(folder: &Path) -> Option<PathBuf> {
    NAMES.iter().map(|name| folder.join(name)).find(|file| file.is_file())
}
