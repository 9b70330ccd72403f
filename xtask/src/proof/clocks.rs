//! The tests by other clocks than the machine's: around midnight, at ends of months and years, on 29 February, on days on
//! which clocks change, in zones on both sides of Greenwich, one of them with half an hour.
//!
//! libfaketime, loaded into test programs, Fanfare and Node, moves the machine's time for them; what is left is not moved, so
//! tests that need a server beside them are left out. Zones are the machine's (`TZ`) and the browser's.

use std::path::Path;

use anyhow::{Context as _, Result};
use base::{Clock as _, SystemClock, Timestamp};

use super::{Outcome, programs};
use crate::{
    peers,
    steps::Steps,
    studio::{self, Journeys},
};

/// When it is, where, and what is special about it.
const CLOCKS: &[(&str, &str, &str)] = &[
    ("2028-02-28T18:35:00Z", "Asia/Kolkata", "five past midnight on 29 February"),
    ("2028-03-12T09:50:00Z", "America/Los_Angeles", "ten minutes before clocks go forward"),
    ("2028-03-26T00:50:00Z", "Europe/Amsterdam", "ten minutes before clocks go forward"),
    ("2028-04-01T13:50:00Z", "Pacific/Auckland", "ten minutes before clocks go back"),
    ("2028-08-30T18:35:00Z", "Asia/Kolkata", "five past midnight on the 31st"),
    ("2028-09-23T13:50:00Z", "Pacific/Auckland", "ten minutes before clocks go forward"),
    ("2028-10-29T00:50:00Z", "Europe/Amsterdam", "ten minutes before clocks go back"),
    ("2028-11-05T08:50:00Z", "America/Los_Angeles", "ten minutes before clocks go back"),
    ("2028-12-31T10:50:00Z", "Pacific/Auckland", "ten to midnight on 31 December"),
    ("2028-12-31T23:05:00Z", "Europe/Amsterdam", "five past midnight on 1 January"),
];

/// Long scenarios that don't depend on the clock: crashing processes.
const WITHOUT: &[&str] = &["--skip", "crash::", "--skip", "real_pds::"];

/// Runs Rust's, the browser app's and the journeys' tests by each clock.
pub fn run(tests: &[programs::Program], steps: &mut Steps, outcome: &mut Outcome) {
    let library = match peers::find_faketime() {
        Ok(library) => library,
        Err(error) => {
            outcome.skips.insert(format!("the tests by other clocks, because libfaketime cannot be had: {error:#}"));
            return;
        }
    };
    for (instant, zone, what) in CLOCKS {
        steps.run(&format!("by the clock of {zone}, {what}"), || {
            let variables = variables(&library, instant, zone)?;
            outcome.add(programs::run(tests, &variables, WITHOUT)?);
            if studio::absent().is_none() {
                outcome.add(studio::unit_tests(&variables)?);
                outcome.add(studio::journeys(Journeys::OfTime, &variables)?);
            }
            Ok(true)
        });
    }
}

/// What moves the clock of a program to this instant, and on from there.
fn variables(library: &Path, instant: &str, zone: &str) -> Result<Vec<(&'static str, String)>> {
    let then = Timestamp::parse(instant).with_context(|| format!("{instant} is no instant"))?;
    let ahead = (then.as_micros() - SystemClock.now().as_micros()) / 1_000_000;
    Ok(vec![
        ("LD_PRELOAD", library.display().to_string()),
        ("FAKETIME", format!("{ahead:+}")),
        // How long something takes is measured by another clock, and files keep their own times.
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ("NO_FAKE_STAT", "1".to_owned()),
        ("TZ", zone.to_owned()),
        ("JOURNEY_ZONE", zone.to_owned()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_clock_is_an_instant_and_says_how_far_off_it_is() {
        for (instant, zone, what) in CLOCKS {
            let variables = variables(Path::new("/lib.so"), instant, zone).expect(what);
            let ahead = variables.iter().find(|(name, _)| *name == "FAKETIME").map(|(_, ahead)| ahead.as_str());
            assert!(ahead.is_some_and(|ahead| ahead.starts_with(['+', '-'])), "{ahead:?}");
        }
    }
}
