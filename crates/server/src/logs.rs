//! The log on standard error: lines for people, or JSON for machines. Secrets can't be logged: their type has no text
//! (S-08).

use std::io::IsTerminal as _;

use anyhow::Context as _;
use tracing_subscriber::{EnvFilter, fmt, prelude::*};

use crate::settings::Log;

/// Starts the log. A second call changes nothing.
///
/// # Errors
/// If the filter can't be parsed.
pub fn start(log: &Log) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&log.filter).with_context(|| {
        format!("`{}` (log.filter) isn't a filter; write it like `info` or `info,app::publishing=debug`", log.filter)
    })?;
    let lines = fmt::layer().with_writer(std::io::stderr);
    let started = if log.json {
        tracing_subscriber::registry().with(filter).with(lines.json().flatten_event(true)).try_init()
    } else {
        let colours = std::io::stderr().is_terminal();
        tracing_subscriber::registry().with(filter).with(lines.with_target(false).with_ansi(colours)).try_init()
    };
    // Fails only if a log is already running.
    drop(started);
    Ok(())
}

/// Makes files of this process readable by its own account only, whatever the shell's umask: they hold texts, hashes and
/// keys.
pub fn close_files_to_others() {
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// Turns core dumps off: they would contain every secret in memory (S-08).
pub fn no_core_dumps() {
    use rustix::process::{Resource, Rlimit, setrlimit};
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    if let Err(error) = setrlimit(Resource::Core, none) {
        crate::say::err(format_args!("core dumps couldn't be turned off ({error}); one could contain secrets"));
    }
    // A limit of 0 does not stop kernels that pipe dumps to a program; this does.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}
