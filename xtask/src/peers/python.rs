//! Python packages for tests, each in its own environment.

use std::{path::PathBuf, process::Command, time::Duration};

use anyhow::{Context as _, Result};

use crate::{cache, runs};

/// For one package, in seconds.
const LIMIT_S: u64 = 300;

/// The environment with this package.
pub fn install(package: &str, version: &str) -> Result<PathBuf> {
    let folder = cache::folder(package, &[version])?;
    let (place, package) = (folder.join("venv"), format!("{package}=={version}"));
    cache::once(&folder, || {
        let quietly =
            |command: &mut Command| runs::quietly(command, &folder.join("install.log"), Duration::from_secs(LIMIT_S));
        if runs::find("uv").is_some() {
            quietly(Command::new("uv").args(["venv", "--clear"]).arg(&place))?;
            let python = place.join("bin/python");
            return quietly(Command::new("uv").args(["pip", "install", "--python"]).arg(python).arg(&package));
        }
        runs::find("python3").context("there is no Python on this machine")?;
        quietly(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&place))?;
        quietly(Command::new(place.join("bin/pip")).args(["install", "--disable-pip-version-check", &package]))
    })?;
    Ok(place)
}
