//! The log: lines for people, or JSON for machines, on the standard error. What is logged is decided where it happens;
//! secrets have no text to log (S-08).

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::settings::Log;

/// Starts it. A second call changes nothing.
///
/// # Errors
/// A filter that cannot be read.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).with_context(|| {
        format!("`{}` (log.filter) is no filter; write it like `info` or `info,app::publishing=debug`", log.filter)
    })?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let started = if log.json {
        tracing_subscriber::registry().with(filter).with(lines.json().flatten_event(true)).try_init()
    } else {
        let colours = std::io::stderr().is_terminal();
        tracing_subscriber::registry().with(filter).with(lines.with_target(false).with_ansi(colours)).try_init()
    };
    // Only a log that runs already refuses another, and then there is one.
    drop(started);
    Ok(())
}

/// What this process writes is for its own account alone, whatever the shell says: texts, hashes and keys are in its files.
pub fn close_files_to_others() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Switches core dumps off: they would hold every secret in memory (S-08).
pub fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        crate::say::err(format_args!("core dumps could not be switched off ({error}); secrets may end up in one"));
    }
    // A limit of 0 does not stop kernels that pipe dumps into a program; this does.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
