//! `cargo xtask check` and `cargo xtask test`: is it fit to be handed over?
//!
//! No step stops the others, so one run tells everything that is wrong. The last line says how many tests passed, failed and
//! were skipped; a step that fails counts as a failure, so that line and the exit code always agree.

mod outcome;

use std::{
    io::{BufRead as _, BufReader, Read},
    process::Stdio,
    sync::{Arc, Mutex},
    thread,
};

use anyhow::{Context as _, Result, anyhow};
use outcome::{Outcome, Shown};

use crate::{generate, peers, runs, steps::Steps, studio, tidy};

/// How much is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What needs no other server.
    Fast,
    /// Everything.
    Whole,
}

/// Runs all steps; true if all is well.
pub fn run(extent: Extent) -> Result<bool> {
    let whole = extent == Extent::Whole;
    let mut steps = Steps::default();
    // Mostly waiting for a network: beside the compiler it costs little time.
    let pds = whole.then(|| thread::spawn(peers::install_pds));
    let mut outcome = Outcome::default();
    let studio = prove_studio(&mut steps, &mut outcome, whole);
    steps.run("format: cargo fmt --check", || {
        let ok = runs::shown(&mut runs::cargo("fmt", &["--all", "--check"]))?;
        if !ok {
            println!("Run `cargo fmt --all` and look at what changes.");
        }
        Ok(ok)
    });
    steps.run("tidy: walls and house rules", tidy::run);
    steps.run("lints: cargo clippy", || {
        let arguments = ["--quiet", "--workspace", "--all-targets", "--", "-D", "warnings"];
        runs::shown(&mut runs::cargo("clippy", &arguments))
    });
    let built = steps.run("build: the program and all tests", || {
        runs::shown(&mut runs::cargo("test", &["--quiet", "--workspace", "--no-run"]))
    });
    if built {
        steps.run("generated files: as the code says", generate::verify);
        let mut running = Vec::new();
        if whole {
            steps.run("peer: PostgreSQL", || Ok(start("PostgreSQL", peers::start_postgres, &mut running)));
            steps.run("peer: Bluesky PDS", || {
                let installed =
                    pds.context("is being installed")?.join().map_err(|_| anyhow!("installing it panicked"));
                let begin = || peers::start_pds(&installed??);
                Ok(start("a real Bluesky server", begin, &mut running))
            });
        }
        let variables: Vec<_> = running.iter().map(|peer: &peers::Peer| peer.variable.clone()).collect();
        steps.run("tests: cargo test", || {
            outcome.add(test(&variables)?);
            // Failed tests are counted by themselves.
            Ok(true)
        });
        if whole {
            steps.run("API: schemathesis against a running server", || peers::run_schemathesis(&mut outcome.skips));
            if studio {
                steps.run("browser app: journeys in Chromium", || counted(studio::journeys(&variables), &mut outcome));
            }
        }
        drop(running);
    }
    steps.summarize();
    outcome.summarize();
    let failed = outcome.failed + steps.failed();
    println!("{} passed, {failed} failed, {} skipped", outcome.passed, outcome.skips.len());
    Ok(failed == 0)
}

/// The browser app's own steps. They come first, because its build goes into the program. True if there is something to walk
/// through afterwards.
fn prove_studio(steps: &mut Steps, outcome: &mut Outcome, whole: bool) -> bool {
    if let Some(reason) = studio::absent() {
        outcome.skips.insert(reason.to_owned());
        return false;
    }
    if !steps.run("browser app: packages", studio::install) {
        return false;
    }
    steps.run("browser app: types as docs/openapi.json says", || studio::generate(true));
    steps.run("browser app: types, lints, unused code", || studio::script("check"));
    steps.run("browser app: tests", || counted(studio::unit_tests(), outcome));
    if !whole {
        return false;
    }
    let built = steps.run("browser app: build", studio::build);
    if built {
        steps.run("browser app: size", || studio::script("size"));
    }
    built
}

/// Failed tests are counted by themselves, so the step fails only if there were none to count.
fn counted(counts: Result<studio::Counts>, outcome: &mut Outcome) -> Result<bool> {
    let counts = counts?;
    outcome.passed += counts.passed;
    outcome.failed += counts.failed;
    if counts.skipped > 0 {
        outcome.skips.insert(format!("{} tests of the browser app, as they say themselves", counts.skipped));
    }
    Ok(true)
}

/// A peer that cannot be had is no failure: its tests say themselves that they are skipped.
fn start(name: &str, begin: impl FnOnce() -> Result<peers::Peer>, running: &mut Vec<peers::Peer>) -> bool {
    match begin() {
        Ok(peer) => {
            println!("{}={}", peer.variable.0, peer.variable.1);
            running.push(peer);
        }
        Err(error) => println!("without {name}: {error:#}"),
    }
    true
}

/// Runs all tests with these variables and reads what they say.
///
/// It is `cargo test`, not another runner: a test that skips says so on its output, which is shown for passed tests too, and
/// documentation tests are run.
fn test(variables: &[(&'static str, String)]) -> Result<Outcome> {
    let arguments = ["--workspace", "--no-fail-fast", "--", "--show-output"];
    let mut tests = runs::cargo("test", &arguments);
    tests.envs(variables.iter().map(|(name, value)| (name, value)));
    // A snapshot that differs is a failed test, never a new file.
    tests.env("INSTA_UPDATE", "no").env("CARGO_TERM_COLOR", "never");
    let mut child = tests.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context("cargo cannot be started")?;
    let outcome = Arc::new(Mutex::new(Outcome::default()));
    let readers: Vec<_> = [
        child.stdout.take().map(|out| Box::new(out) as Box<dyn Read + Send>),
        child.stderr.take().map(|err| Box::new(err) as Box<dyn Read + Send>),
    ]
    .into_iter()
    .flatten()
    .map(|stream| {
        let outcome = outcome.clone();
        thread::spawn(move || read(stream, &outcome))
    })
    .collect();
    let status = child.wait()?;
    for reader in readers {
        reader.join().map_err(|_| anyhow!("the tests' output could not be read"))?;
    }
    let mut outcome = std::mem::take(&mut *outcome.lock().map_err(|_| anyhow!("the tests' output could not be read"))?);
    if !status.success() && outcome.failed == 0 {
        println!("cargo test ended with {status} though no test says that it failed; a test process has died");
        outcome.failed = 1;
    }
    Ok(outcome)
}

fn read(stream: impl Read, outcome: &Mutex<Outcome>) {
    let mut shown = Shown::default();
    for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        if let Ok(mut outcome) = outcome.lock() {
            outcome.read(&line);
        }
        if shown.wants(&line) {
            println!("{line}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_cannot_be_had_is_told_and_no_failure() {
        let mut running = Vec::new();
        assert!(start("a server", || Err(anyhow!("no network")), &mut running));
        assert!(running.is_empty());
    }
}
