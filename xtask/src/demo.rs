//! `cargo xtask demo`: builds the browser app and the program, and starts it with a demo workspace.
//!
//! It is the unoptimized build. A first build of it takes a third of the processor time of an optimized one (317 against
//! 948 CPU-seconds when measured), the few crates that need speed (SQLite, Argon2, image codecs) are optimized in it too,
//! and developers can reuse it.

use std::{ffi::OsString, os::unix::process::CommandExt as _, path::PathBuf, process::Command};

use anyhow::{Result, bail};

use crate::{repo, runs, studio};

/// Does not return if all goes well: the demo takes this process's place, so that Ctrl-C is its own affair.
pub fn run(arguments: &[OsString]) -> Result<bool> {
    studio::prepare()?;
    println!("Building Fanfare. The first time this takes a few minutes, later a few seconds.");
    if !runs::shown(&mut runs::cargo("build", &["--package", "server", "--bin", "fanfare"]))? {
        bail!(
            "Fanfare did not build; the lines above say why. It wants the Rust of rust-version in Cargo.toml and a C compiler."
        );
    }
    let program = binary().canonicalize()?;
    let mut demo = Command::new(&program);
    // The demo shows commands to type next, with the name by which it was called.
    let here = std::env::current_dir()?;
    demo.arg0(program.strip_prefix(&here).unwrap_or(&program)).arg("demo");
    if !arguments.iter().any(|argument| argument.to_string_lossy().starts_with("--data")) {
        demo.arg("--data").arg(repo::root().canonicalize()?.join("data/demo"));
    }
    bail!("{} cannot be started: {}", program.display(), demo.args(arguments).exec())
}

/// Where cargo has put the program.
pub fn binary() -> PathBuf {
    let target = repo::variable("CARGO_TARGET_DIR").map_or_else(|| repo::root().join("target"), PathBuf::from);
    target.join(if repo::is_ci() { "ci" } else { "debug" }).join("fanfare")
}
