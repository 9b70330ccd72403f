//! A Chromium for the journeys: one that is named, one that is here, or one that is installed now.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};

use crate::{cache, repo, runs};

/// The browser without windows, as Debian packs it: it works half as much for each test as the whole one does without
/// its windows.
const SHELL: &str = "chromium-headless-shell";
const NAMES: &[&str] = &[SHELL, "chromium", "chromium-browser", "google-chrome"];

/// Where it is. `npm` makes a call of npm in the app's folder.
pub fn chromium(npm: impl Fn(&[&str]) -> Result<Command>) -> Result<PathBuf> {
    if let Some(named) = repo::variable("CHROMIUM") {
        return Ok(named.into());
    }
    if let Some(shell) = runs::find(SHELL) {
        return Ok(shell);
    }
    if is_root() && runs::find("apt-get").is_some() {
        println!("Installing Chromium with apt-get.");
        let apt = |arguments: &[&str]| {
            runs::shown(Command::new("apt-get").args(arguments).env("DEBIAN_FRONTEND", "noninteractive"))
        };
        let install = |package| apt(&["install", "-y", "-q", "--no-install-recommends", package]);
        // Not every distribution packs the shell by itself.
        apt(&["update", "-q"])?;
        if !install(SHELL)? && !NAMES.iter().any(|name| runs::find(name).is_some()) {
            install("chromium")?;
        }
    }
    if let Some(found) = NAMES.iter().find_map(|name| runs::find(name)) {
        return Ok(found);
    }
    println!("Downloading Playwright's Chromium.");
    if !runs::shown(&mut npm(&["exec", "--", "playwright", "install", "--only-shell", "chromium"])?)? {
        bail!("there is no Chromium and none could be installed; install one, or say where it is with CHROMIUM");
    }
    downloaded(&cache::place("browsers")?).context("Playwright says that it installed Chromium, but it is not there")
}

fn is_root() -> bool {
    let output = Command::new("id").arg("-u").output();
    output.is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// `chromium_headless_shell-1234/chrome-headless-shell-linux64/chrome-headless-shell`, whatever the number and the machine.
fn downloaded(folder: &Path) -> Option<PathBuf> {
    let inside = |folder: &Path| {
        fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path()).collect::<Vec<_>>()
    };
    let versions = inside(folder).into_iter().filter(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("chromium_headless_shell-"))
    });
    let places: Vec<_> = versions.flat_map(|version| inside(&version)).collect();
    let programs = ["chrome-headless-shell", "headless_shell"].into_iter();
    programs.flat_map(|name| places.iter().map(move |place| place.join(name))).find(|program| program.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_downloaded_chromium_of_any_version_is_found() {
        let folder = tempfile::tempdir().expect("a folder");
        assert_eq!(downloaded(folder.path()), None);
        let place = folder.path().join("chromium_headless_shell-1234/chrome-headless-shell-linux64");
        fs::create_dir_all(&place).expect("made");
        fs::create_dir_all(folder.path().join("ffmpeg-1/chrome-linux64")).expect("made");
        let program = place.join("chrome-headless-shell");
        fs::write(&program, "").expect("written");
        assert_eq!(downloaded(folder.path()), Some(program));
    }
}
