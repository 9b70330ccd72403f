//! `cargo xtask check` and `cargo xtask test`: is it fit to be handed over?
//!
//! A failed step does not stop the others, so one run shows every failure. The last line says how many tests passed, failed and
//! were skipped; a step that fails counts as a failure, so that line and the exit code always agree.

mod clocks;
mod outcome;
mod packages;
mod programs;

use std::fs;

use anyhow::Result;
use base::{Clock as _, SystemClock};

pub use outcome::Outcome;
use programs::Program;

use crate::{
    cache, generate, peers, runs,
    steps::{Beside, Steps, beside},
    studio::{self, Journeys},
    tidy,
};

/// How much is proved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// What needs no other server.
    Fast,
    /// Everything, in the looks and on the database where it can differ.
    Whole,
    /// Also what takes long and proves little more each day: every journey in every look and on both databases, the API
    /// with many examples, and the tests by other clocks.
    Long,
}

/// Runs all steps; true if all is well.
pub fn run(extent: Extent) -> Result<bool> {
    let whole = extent >= Extent::Whole;
    let (mut steps, mut outcome) = (Steps::default(), Outcome::default());
    let has_studio = build_studio(&mut steps, &mut outcome, whole);
    // Much of the compiler's work is done on one core, and starting servers is mostly waiting.
    let studio = has_studio.then(|| beside(check_studio));
    let running = whole.then(|| beside(start_peers));
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
    let mut tests = None;
    steps.run("build: the program and all tests", || {
        tests = programs::build()?;
        Ok(tests.is_some())
    });
    outcome.add(studio.map(|studio| steps.join(studio)).unwrap_or_default());
    let running = running.map(|running| steps.join(running)).unwrap_or_default();
    if let Some(tests) = tests {
        steps.run("generated files: as the code says", generate::verify);
        prove(extent, &tests, &running, has_studio, &mut steps, &mut outcome)?;
    }
    drop(running);
    steps.summarize();
    outcome.summarize();
    let failed = outcome.failed + steps.failed();
    let last = format!("{} passed, {failed} failed, {} skipped", outcome.passed, outcome.skips.len());
    tell_of_long(extent, &last)?;
    println!("{last}");
    Ok(failed == 0)
}

/// Runs what was built.
fn prove(
    extent: Extent,
    tests: &[Program],
    running: &[peers::Peer],
    has_studio: bool,
    steps: &mut Steps,
    outcome: &mut Outcome,
) -> Result<()> {
    let long = extent == Extent::Long;
    let mut variables: Vec<_> = running.iter().map(|peer| (peer.variable.0, peer.variable.1.clone())).collect();
    if extent >= Extent::Whole {
        match peers::find_nginx() {
            Ok(program) => variables.push((peers::NGINX, program.display().to_string())),
            Err(error) => println!("without nginx: {error:#}"),
        }
        for client in &peers::CLIENTS {
            match client.install() {
                Ok(python) => variables.push((client.variable, python.display().to_string())),
                Err(error) => println!("without a foreign {} client: {error:#}", client.title),
            }
        }
    }
    // Its request rate is limited, so it mostly waits.
    let api: Option<Beside<Outcome>> = (extent >= Extent::Whole).then(|| {
        beside(move |steps| {
            let mut outcome = Outcome::default();
            steps.run("API: schemathesis against a running server", || {
                peers::run_schemathesis(long, &mut outcome.skips)
            });
            outcome
        })
    });
    steps.run("tests: in the documentation", || {
        runs::shown(&mut runs::cargo("test", &["--quiet", "--workspace", "--doc"]))
    });
    // Failed tests are counted separately.
    steps.run("tests: every test program", || {
        outcome.add(programs::run(tests, &variables, &[])?);
        Ok(true)
    });
    outcome.add(api.map(|api| steps.join(api)).unwrap_or_default());
    if extent == Extent::Fast || !has_studio {
        return Ok(());
    }
    let journeys = if long { Journeys::Every } else { Journeys::Short };
    steps.run("journeys in Chromium", || {
        outcome.add(studio::journeys(journeys, &variables)?);
        Ok(true)
    });
    if long {
        steps.run("packages: their linters", || packages::lint(&mut outcome.skips));
        clocks::run(tests, steps, outcome);
    }
    Ok(())
}

/// The browser app's packages and build, which come first because the build goes into the program. True if there is an app.
fn build_studio(steps: &mut Steps, outcome: &mut Outcome, whole: bool) -> bool {
    if let Some(reason) = studio::absent() {
        outcome.skips.insert(reason.to_owned());
        return false;
    }
    if !steps.run("browser app: packages", studio::install) {
        return false;
    }
    steps.run("browser app: types as docs/openapi.json says", || studio::generate(true));
    !whole || steps.run("browser app: build", || Ok(studio::build()? && studio::script("size")?))
}

fn check_studio(steps: &mut Steps) -> Outcome {
    let mut outcome = Outcome::default();
    steps.run("browser app: types, lints, unused code", || studio::script("check"));
    steps.run("browser app: tests", || {
        outcome.add(studio::unit_tests(&[])?);
        Ok(true)
    });
    outcome
}

/// An unavailable peer is not a failure: its tests report that they are skipped.
fn start_peers(steps: &mut Steps) -> Vec<peers::Peer> {
    let mut running = Vec::new();
    for (name, start) in peers::ALL {
        steps.run(name, || {
            match start() {
                Ok(peer) => {
                    println!("{}={}", peer.variable.0, peer.variable.1);
                    running.push(peer);
                }
                Err(error) => println!("without it: {error:#}"),
            }
            Ok(true)
        });
    }
    running
}

/// Says when the long run was last made on this machine, and notes that this was one.
fn tell_of_long(extent: Extent, last: &str) -> Result<()> {
    let note = cache::place("")?.join("long.txt");
    if extent == Extent::Long {
        fs::write(&note, format!("{}: {last}", SystemClock.now()))?;
    } else if extent == Extent::Whole {
        let noted = fs::read_to_string(&note).unwrap_or_else(|_| "never on this machine".to_owned());
        println!("\n`cargo xtask test --long` last ran: {noted}");
    }
    Ok(())
}
