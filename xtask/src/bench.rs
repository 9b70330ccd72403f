//! `cargo xtask bench`: builds the limit programs, optimized, and runs one of them, or the app in a browser.

use std::{ffi::OsString, process::Command};

use anyhow::Result;

use crate::{repo, runs, studio};

/// Runs a workload; what follows its name is passed on. `idle` and `studio` also build the program that they watch.
pub fn run(workload: &[OsString]) -> Result<bool> {
    // Always optimized, so not with the profile that `runs::cargo` chooses.
    let mut build = Command::new("cargo");
    build.current_dir(repo::root()).args(["build", "--release", "--package", "bench"]);
    let is = |wanted: &str| workload.first().is_some_and(|name| name == wanted);
    if is("idle") || is("studio") {
        // The release build is measured.
        studio::prepare()?;
        build.args(["--package", "server"]);
    }
    if !runs::shown(&mut build)? {
        return Ok(false);
    }
    let target = repo::variable("CARGO_TARGET_DIR").map_or_else(|| repo::root().join("target"), Into::into);
    if is("studio") {
        return studio::bench(&target.join("release/fanfare").canonicalize()?);
    }
    runs::shown(Command::new(target.join("release/bench")).args(workload).current_dir(repo::root()))
}
