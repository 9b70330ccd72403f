//! A Chromium for the journeys: one that is named, one that is here, or one that is installed now.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{cache, repo, runs};

const NAMES: &[&str] = &["chromium", "chromium-browser", "google-chrome"];

/// Where it is. `npm` makes a call of npm in the app's folder.
pub fn chromium(npm: impl Fn(&[&str]) -> Result<Command>) -> Result<PathBuf> {
    if let Some(named) = repo::variable("CHROMIUM") {
        return Ok(named.into());
    }
    let installed = || NAMES.iter().find_map(|name| runs::find(name));
    if let Some(found) = installed() {
        return Ok(found);
    }
    if is_root() && runs::find("apt-get").is_some() {
        println!("Installing Chromium with apt-get.");
        let apt = |arguments: &[&str]| {
            runs::shown(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
        };
        apt(&["update", "-q"])?;
        apt(&["install", "-y", "-q", "--no-install-recommends", "chromium"])?;
        if let Some(found) = installed() {
            return Ok(found);
        }
    }
    println!("Downloading Playwright's Chromium.");
    if !runs::shown(&mut npm(&["exec", "--", "playwright", "install", "chromium"])?)? {
        bail!("there is no Chromium and none could be installed; install one, or say where it is with CHROMIUM");
    }
    downloaded(&cache::place("browsers")?).context("Playwright says that it installed Chromium, but it is not there")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// `chromium-1234/chrome-linux/chrome`, whatever the number and the machine.
fn downloaded(folder: &Path) -> Option<PathBuf> {
    let inside = |folder: &Path| {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let versions = inside(folder)
        .into_iter()
        .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("chromium-")));
    versions.flat_map(|version| inside(&version)).map(|place| place.join("chrome")).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_downloaded_chromium_of_any_version_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(downloaded(folder.path()), None);
        let place = folder.path().join("chromium-1234/chrome-linux64");
        fs::create_dir_all(&place).expect("made");
        fs::create_dir_all(folder.path().join("ffmpeg-1/chrome-linux64")).expect("made");
        fs::write(place.join("chrome"), "").expect("written");
        assert_eq!(downloaded(folder.path()), Some(place.join("chrome")));
    }
}
