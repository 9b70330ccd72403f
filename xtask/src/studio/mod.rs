//! The browser app in `web/`: its packages, its checks, its build, its journeys in a real browser.
//!
//! npm installs exactly what is in its lock file, and its downloads are cached with those of the peers.

mod browser;
mod results;

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::{cache, demo, proof::Outcome, repo, runs};

/// The app's folder, from the top of the repository.
const WEB: &str = "web";
/// What is made from the API document.
pub const SCHEMA: &str = "web/src/api/schema.d.ts";
/// The least Node that the packages want; `engines` in `web/package.json` says the same.
const NODE: (u32, u32) = (20, 19);

/// Why there is nothing to do, if there is nothing: the app has not been begun.
pub fn absent() -> Option<&'static str> {
    let there = folder().join("package.json").exists();
    (!there).then_some("the browser app, because there is no web/package.json yet")
}

fn folder() -> PathBuf {
    repo::root().join(WEB)
}

/// Checks that Node is installed and new enough.
fn node() -> Result<()> {
    let help = format!(
        "The browser app is built with Node {}.{} or newer and npm. Install them (Debian, Ubuntu: `apt-get install nodejs npm`; \
         others: https://nodejs.org/en/download) and run this again.",
        NODE.0, NODE.1
    );
    if runs::find("npm").is_none() {
        bail!("npm is not there. {help}");
    }
    let output =
        Command::new("node").arg("--version").output().with_context(|| format!("Node is not there. {help}"))?;
    let said = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match version(&said) {
        Some(found) if found >= NODE => Ok(()),
        _ => bail!("Node is {said}. {help}"),
    }
}

/// `v20.19.4` as numbers.
fn version(said: &str) -> Option<(u32, u32)> {
    let mut numbers = said.trim_start_matches('v').split('.').map(str::parse);
    Some((numbers.next()?.ok()?, numbers.next()?.ok()?))
}

/// npm in the app's folder, with its downloads beside those of the peers.
fn npm(arguments: &[&str]) -> Result<Command> {
    let mut npm = Command::new("npm");
    npm.args(arguments).current_dir(folder());
    npm.env("npm_config_cache", cache::place("npm")?).env("npm_config_update_notifier", "false");
    npm.env("PLAYWRIGHT_BROWSERS_PATH", cache::place("browsers")?).env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    Ok(npm)
}

/// Installs what the locks name, where they have changed.
pub fn install() -> Result<bool> {
    node()?;
    for place in ["", "tools"] {
        let lock = folder().join(place).join("package-lock.json");
        let Ok(text) = fs::read(&lock) else { continue };
        let (wanted, mark) = (digest(&[&text]), lock.with_file_name("node_modules").join(".lock-digest"));
        if fs::read_to_string(&mark).is_ok_and(|installed| installed == wanted) {
            continue;
        }
        println!("Installing the packages of web/{place}: a minute the first time, nothing after that.");
        // `npm ci` refuses a lock without the packages of other systems, and npm writes one where it could not read them.
        let mut install = npm(&["install", "--no-save", "--no-audit", "--no-fund"])?;
        if !runs::shown(install.current_dir(folder().join(place)))? {
            bail!("npm could not install what {} names; the lines above say why", lock.display());
        }
        fs::write(&mark, wanted).with_context(|| format!("{} cannot be written", mark.display()))?;
    }
    Ok(true)
}

fn digest(texts: &[&[u8]]) -> String {
    let mut digest = Sha256::new();
    for text in texts {
        digest.update(Sha256::digest(text));
    }
    hex::encode(digest.finalize())
}

/// Runs one of the app's scripts.
pub fn script(name: &str) -> Result<bool> {
    runs::shown(&mut npm(&["run", "--silent", name])?)
}

/// Builds the app, if its sources are not those of the last build.
pub fn build() -> Result<bool> {
    // The documents are in the help of the app.
    let documents = repo::files("docs").into_iter().filter(|path| path.extension().is_some_and(|end| end == "md"));
    let sources = repo::files(WEB).into_iter().filter(|path| is_source(path));
    let files: Vec<PathBuf> = sources.chain(documents).collect();
    let texts = files.iter().map(|path| {
        let mut text = path.to_string_lossy().into_owned().into_bytes();
        text.extend(fs::read(repo::root().join(path)).unwrap_or_default());
        text
    });
    let texts: Vec<Vec<u8>> = texts.collect();
    let wanted = digest(&texts.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let mark = folder().join("node_modules/.built");
    let built = fs::read_to_string(&mark).is_ok_and(|built| built == wanted);
    if built && folder().join("dist/index.html").exists() {
        return Ok(true);
    }
    println!("Building the browser app.");
    if !script("build")? {
        return Ok(false);
    }
    fs::write(&mark, wanted).with_context(|| format!("{} cannot be written", mark.display()))?;
    Ok(true)
}

/// Whether a file decides what the build becomes: journeys and their pictures do not.
fn is_source(path: &Path) -> bool {
    let inner = path.strip_prefix(WEB).unwrap_or(path);
    !inner.starts_with("e2e") && !inner.starts_with("tools") && !inner.starts_with(".results")
}

/// Installs packages and builds the app, for a program with the app in it.
pub fn prepare() -> Result<()> {
    if let Some(reason) = absent() {
        println!("without {reason}");
        return Ok(());
    }
    install()?;
    if !build()? {
        bail!("the browser app did not build; the lines above say why");
    }
    Ok(())
}

/// Makes the types of the API from its document; with `check` only says whether they are as the document says.
pub fn generate(check: bool) -> Result<bool> {
    if absent().is_some() {
        return Ok(true);
    }
    install()?;
    let before = repo::text(SCHEMA);
    if !script("generate")? {
        bail!("the types of the API could not be made");
    }
    if before == repo::text(SCHEMA) {
        return Ok(true);
    }
    if check {
        fs::write(repo::root().join(SCHEMA), before)?;
        println!("{SCHEMA} is not what docs/openapi.json says: run `cargo xtask generate` and look at what changes.");
        return Ok(false);
    }
    println!("wrote {SCHEMA}");
    Ok(true)
}

/// The app's own tests, with these variables.
pub fn unit_tests(variables: &[(&str, String)]) -> Result<Outcome> {
    let report = report("unit.json")?;
    let output = format!("--outputFile.json={}", report.display());
    let mut tests = npm(&["run", "--silent", "test", "--", "--reporter=default", "--reporter=json", &output])?;
    let ok = runs::shown(tests.envs(variables.iter().map(|(name, value)| (name, value))))?;
    results::of_vitest(&report, ok)
}

/// Which journeys; `JOURNEYS` in `web/e2e/harness/looks.ts`.
#[derive(Debug, Clone, Copy)]
pub enum Journeys {
    /// Each at a desk, and on a phone and on PostgreSQL what differs there.
    Short,
    /// Each in every look and on both databases.
    Every,
    /// Those that depend on times and days, at desktop size.
    OfTime,
}

/// The journeys in a real browser against the program, with these variables.
pub fn journeys(which: Journeys, variables: &[(&str, String)]) -> Result<Outcome> {
    let report = report("e2e.json")?;
    let mut journeys = in_browser("e2e", &["--reporter=line,json"])?;
    journeys.envs(variables.iter().map(|(name, value)| (name, value)));
    journeys.env("JOURNEYS", format!("{which:?}"));
    journeys.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report).env("PLAYWRIGHT_JSON_OUTPUT_NAME", &report);
    let ok = runs::shown(&mut journeys)?;
    results::of_playwright(&report, ok)
}

/// `cargo xtask screenshots`: renews `docs/screenshots`, or with a folder in `SCREENSHOTS` takes every page at every size and theme.
pub fn screenshots() -> Result<bool> {
    if let Some(reason) = absent() {
        bail!("there is nothing to take pictures of: no {reason}");
    }
    prepare()?;
    if !runs::shown(&mut runs::cargo("build", &["--package", "server", "--bin", "fanfare"]))? {
        return Ok(false);
    }
    runs::shown(&mut in_browser("screenshots", &[])?)
}

/// `cargo xtask bench studio`: how long the app takes in a real browser, with this program.
pub fn bench(program: &Path) -> Result<bool> {
    runs::shown(in_browser("bench", &[])?.env("FANFARE_BIN", program))
}

fn in_browser(name: &str, arguments: &[&str]) -> Result<Command> {
    let chromium = browser::chromium(npm)?;
    let mut script = npm(&["run", "--silent", name, "--"])?;
    script.args(arguments).env("CHROMIUM", chromium).env("FANFARE_BIN", demo::binary().canonicalize()?);
    Ok(script)
}

/// Where a report is to be written; the one of an earlier run is gone.
fn report(name: &str) -> Result<PathBuf> {
    let folder = folder().join(".results");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let report = folder.join(name);
    if report.exists() {
        fs::remove_file(&report)?;
    }
    Ok(report.parent().map_or(Ok(report.clone()), Path::canonicalize)?.join(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_s_version_is_read_and_compared_as_numbers() {
        assert_eq!(version("v20.19.4"), Some((20, 19)));
        assert!(version("v20.9.0") < Some(NODE) && version("v22.1.0") > Some(NODE));
        assert_eq!(version("nonsense"), None);
    }

    #[test]
    fn changes_to_test_files_do_not_rebuild_the_app() {
        assert!(is_source(Path::new("web/src/main.tsx")) && is_source(Path::new("web/vite.config.ts")));
        assert!(!is_source(Path::new("web/e2e/arrive.spec.ts")) && !is_source(Path::new("web/.results/unit.json")));
    }

    #[test]
    fn the_node_that_is_asked_for_is_the_one_that_the_packages_want() {
        let package: serde_json::Value = serde_json::from_str(&repo::text("web/package.json")).unwrap_or_default();
        if let Some(wanted) = package["engines"]["node"].as_str() {
            assert_eq!(version(wanted.trim_start_matches(">=")), Some(NODE));
        }
    }
}
