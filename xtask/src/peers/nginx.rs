//! nginx, which is in front of most installations: an installed one, otherwise the one of Debian's package.

use std::{path::PathBuf, process::Command, time::Duration};

use anyhow::{Context as _, Result};

use crate::{cache, runs};

/// Where tests find it.
pub const VARIABLE: &str = "FANFARE_TEST_NGINX";

/// The program.
pub fn find() -> Result<PathBuf> {
    let usual = ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].map(PathBuf::from);
    if let Some(found) = runs::find("nginx").into_iter().chain(usual).find(|program| program.is_file()) {
        return Ok(found);
    }
    runs::find("apt-get").context("there is no nginx on this machine; install it")?;
    let folder = cache::folder("nginx", &[])?;
    cache::once(&folder, || {
        let log = folder.join("install.log");
        // Fetched and unpacked, not installed: that would take root, and start it.
        let mut fetch = Command::new("apt-get");
        runs::quietly(fetch.args(["download", "nginx"]).current_dir(&folder), &log, Duration::from_secs(120))?;
        let mut unpack = Command::new("sh");
        unpack.args(["-c", "dpkg-deb --extract nginx_*.deb ."]).current_dir(&folder);
        runs::quietly(&mut unpack, &log, Duration::from_secs(60))
    })?;
    Ok(folder.join("usr/sbin/nginx"))
}
