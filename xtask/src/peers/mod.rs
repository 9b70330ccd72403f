//! Third-party servers for tests, started on a free port and stopped with the command that started them.
//!
//! A server is a grandchild process: between it and us is a keeper, another run of this program, which reads from a pipe that
//! we hold. When we end, by an error, Ctrl-C or `kill -9`, the pipe closes, and the keeper stops the server by its process id.

mod clients;
mod faketime;
mod nginx;
mod pds;
mod postgres;
mod python;
mod schemathesis;

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, Read as _},
    net::TcpListener,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use tempfile::TempDir;

pub use clients::CLIENTS;
pub use faketime::find as find_faketime;
pub use nginx::{VARIABLE as NGINX, find as find_nginx};
pub use postgres::start as start_postgres;
pub use python::install as install_from_pypi;
pub use schemathesis::run as run_schemathesis;

use crate::runs;

/// How long a server may take to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long a server may take until it answers, on a machine that is busy with everything else.
const START_LIMIT: Duration = Duration::from_secs(300);

/// A server at work. Ends when dropped.
pub struct Peer {
    keeper: Child,
    log: PathBuf,
    /// The environment variable for the tests, and its value.
    pub variable: (&'static str, String),
    /// The server's own folder; deleted after it.
    _folder: TempDir,
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        let _ = self.keeper.wait();
    }
}

/// What a server is started with.
struct Start<'a> {
    program: &'a Path,
    arguments: Vec<OsString>,
    variables: Vec<(&'static str, OsString)>,
    user: Option<User>,
    folder: TempDir,
}

/// A user of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct User {
    uid: u32,
    gid: u32,
}

impl Peer {
    /// Starts it and waits until `ready` finds in its log what the tests need to know.
    fn start(start: Start<'_>, variable: &'static str, ready: impl Fn(&str) -> Option<String>) -> Result<Self> {
        let log = start.folder.path().join("log");
        let out = File::create(&log)?;
        // A program that is replaced while it runs, as a build does, is still there under this name.
        let this = Path::new("/proc/self/exe");
        let mut keep = Command::new(if this.exists() { this.to_owned() } else { std::env::current_exe()? });
        keep.arg("keep").arg("--folder").arg(start.folder.path());
        if let Some(user) = start.user {
            keep.args(["--uid", &user.uid.to_string(), "--gid", &user.gid.to_string()]);
        }
        let keeper = keep
            .arg("--")
            .arg(start.program)
            .args(&start.arguments)
            .envs(start.variables.iter().map(|(name, value)| (name, value)))
            .current_dir(start.folder.path())
            .stdin(Stdio::piped())
            .stdout(out.try_clone()?)
            .stderr(out)
            // Ctrl-C in the terminal is for us; the keeper follows when our pipe ends.
            .process_group(0)
            .spawn()
            .context("the keeper cannot be started")?;
        let mut peer = Self { keeper, log, variable: (variable, String::new()), _folder: start.folder };
        peer.variable.1 = peer.wait_until(ready)?;
        Ok(peer)
    }

    fn wait_until(&mut self, ready: impl Fn(&str) -> Option<String>) -> Result<String> {
        let end = Instant::now() + START_LIMIT;
        loop {
            if let Some(found) = ready(&std::fs::read_to_string(&self.log).unwrap_or_default()) {
                return Ok(found);
            }
            if let Some(status) = self.keeper.try_wait()? {
                bail!("it ended with {status} before it was ready; its last words:\n{}", runs::tail(&self.log, 12));
            }
            if Instant::now() > end {
                bail!(
                    "it was not ready after {} s; its last words:\n{}",
                    START_LIMIT.as_secs(),
                    runs::tail(&self.log, 12)
                );
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

/// All of them: the step that starts it, and how.
#[expect(clippy::type_complexity, reason = "a name for it would say less")]
pub const ALL: &[(&str, fn() -> Result<Peer>)] =
    &[("peer: PostgreSQL", postgres::start), ("peer: Bluesky PDS", || pds::start(&pds::install()?))];

/// Starts all of them and waits; stopping this stops them.
pub fn run() -> Result<bool> {
    let mut running = Vec::new();
    for (name, start) in ALL {
        match start() {
            Ok(peer) => running.push(peer),
            Err(error) => println!("# without {name}: {error:#}"),
        }
    }
    for peer in &running {
        println!("export {}='{}'", peer.variable.0, peer.variable.1);
    }
    println!("# running; Ctrl-C ends them");
    loop {
        thread::park();
    }
}

/// A port that was free a moment ago.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}

/// A program to keep.
#[derive(Args)]
pub struct Keep {
    /// Under which user; only root can say so.
    #[arg(long)]
    uid: Option<u32>,
    /// And group.
    #[arg(long)]
    gid: Option<u32>,
    /// The program's own folder, deleted when it was asked to end: the process that made it may be gone.
    #[arg(long)]
    folder: Option<PathBuf>,
    /// The program and its arguments.
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

impl Keep {
    /// Runs until the program ends or the standard input does.
    pub fn run(self) -> Result<bool> {
        let (program, arguments) = self.command.split_first().context("no program")?;
        let mut command = Command::new(program);
        command.args(arguments).stdin(Stdio::null());
        if let Some((uid, gid)) = self.uid.zip(self.gid) {
            command.uid(uid).gid(gid);
        }
        let mut child = command.spawn().with_context(|| format!("{} cannot be started", program.display()))?;
        let (ended, end) = mpsc::channel();
        thread::spawn(move || {
            let _ = io::copy(&mut io::stdin().lock().take(u64::MAX), &mut io::sink());
            let _ = ended.send(());
        });
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status.success());
            }
            if end.recv_timeout(Duration::from_millis(50)).is_ok() {
                stop(&mut child)?;
                if let Some(folder) = self.folder {
                    fs::remove_dir_all(&folder).with_context(|| format!("{} cannot be deleted", folder.display()))?;
                }
                return Ok(true);
            }
        }
    }
}

/// Asks it to end (SIGINT), and after a while does not ask.
fn stop(child: &mut Child) -> Result<()> {
    Command::new("kill").args(["-INT", &child.id().to_string()]).status()?;
    let end = Instant::now() + GRACE;
    while Instant::now() < end {
        if child.try_wait()?.is_some() {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(20));
    }
    child.kill()?;
    child.wait()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_asked_to_end_ends() {
        let mut child = Command::new("sleep").arg("600").spawn().expect("started");
        stop(&mut child).expect("stopped");
        assert!(child.try_wait().expect("waited for").is_some());
    }
}
