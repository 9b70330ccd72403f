//! Running other programs.

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};

use crate::repo;

/// Cargo, with the profile that fits: `ci` on a build machine (no debug information), else `dev`.
pub fn cargo(command: &str, arguments: &[&str]) -> Command {
    let mut cargo = Command::new("cargo");
    cargo.current_dir(repo::root()).arg(command);
    if repo::is_ci() && ["build", "test", "clippy", "run"].contains(&command) {
        cargo.args(["--profile", "ci"]);
    }
    cargo.args(arguments);
    // The product refuses settings that it does not know; these are this tool's own.
    cargo.env_remove("XTASK_CACHE").env_remove("XTASK_TRUST");
    cargo
}

/// Runs it to its end, with its output shown.
pub fn shown(command: &mut Command) -> Result<bool> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("`{program}` cannot be started"))?;
    Ok(status.success())
}

/// Runs it to its end within `limit`, with its output in `log`.
pub fn quietly(command: &mut Command, log: &Path, limit: Duration) -> Result<()> {
    let name = format!("{command:?}");
    if let Some(folder) = log.parent() {
        fs::create_dir_all(folder)?;
    }
    let out = File::options().create(true).append(true).open(log)?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out.try_clone()?)
        .stderr(out)
        .spawn()
        .with_context(|| format!("{name} cannot be started"))?;
    let end = Instant::now() + limit;
    loop {
        if let Some(status) = child.try_wait()? {
            if status.success() {
                return Ok(());
            }
            bail!("{name} ended with {status}; its last words, from {}:\n{}", log.display(), tail(log, 12));
        }
        if Instant::now() > end {
            child.kill()?;
            child.wait()?;
            bail!("{name} took longer than {} s; see {}", limit.as_secs(), log.display());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

/// The last lines of a file.
pub fn tail(log: &Path, lines: usize) -> String {
    let text = std::fs::read_to_string(log).unwrap_or_default();
    let all: Vec<_> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].join("\n")
}

/// Where a program is, by the search path.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = repo::variable("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}
