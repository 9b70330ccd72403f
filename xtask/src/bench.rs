//! `cargo xtask bench`: builds the limit programs, optimized, and runs one of them.

use std::{ffi::OsString, process::Command};

use anyhow::Result;

use crate::{repo, runs, studio};

/// Runs a workload; what follows its name is passed on. `idle` also builds the program that it watches.
pub fn run(workload: &[OsString]) -> Result<bool> {
    // Always optimized, so not with the profile that `runs::cargo` chooses.
    let mut build = Command::new("cargo");
    build.current_dir(repo::root()).args(["build", "--release", "--package", "bench"]);
    if workload.first().is_some_and(|name| name == "idle") {
        // The release build is measured.
        studio::prepare()?;
        build.args(["--package", "server"]);
    }
    if !runs::shown(&mut build)? {
        return Ok(false);
    }
    let target = repo::variable("CARGO_TARGET_DIR").map_or_else(|| repo::root().join("target"), Into::into);
    runs::shown(Command::new(target.join("release/bench")).args(workload).current_dir(repo::root()))
}
