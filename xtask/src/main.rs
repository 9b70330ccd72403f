//! The project's own commands: `cargo xtask demo`, `check`, `test` and their parts.
//!
//! Left out: anything that a running Fanfare does. This program is never shipped.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to a person")]

mod bench;
mod cache;
mod crash;
mod demo;
mod generate;
mod new_platform;
mod peers;
mod proof;
mod repo;
mod runs;
mod steps;
mod studio;
mod tidy;
mod trust_ids;

use std::{ffi::OsString, process::ExitCode};

use clap::Parser;

/// Commands for people who work on Fanfare.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", about)]
enum Task {
    /// Builds Fanfare with its browser app and starts it with a demo workspace on sandbox platforms; no account or key is needed.
    Demo {
        /// Passed on to `fanfare demo`.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
    /// Format, lints, tidy and the tests of program and browser app, without any other server: SQLite only.
    Check,
    /// Everything: `check`, tests against third-party servers, and end-to-end tests in a real browser. Installs what it
    /// needs.
    Test {
        /// Without other servers: the same as `check`.
        #[arg(long)]
        fast: bool,
        /// Also what takes long and proves little more each day: every look, both databases, more examples, other clocks.
        #[arg(long, conflicts_with = "fast")]
        long: bool,
    },
    /// Are the walls between the crates whole, and the house rules kept?
    Tidy,
    /// Which requirements have a test that is named after them?
    TrustIds,
    /// Writes the files that are made from code: the API document and its types for the browser app, the list of problems, the
    /// data inventory.
    Generate {
        /// Writes nothing; fails if a file is not what the code says.
        #[arg(long)]
        check: bool,
    },
    /// How far from what the machine can do? `burst`, `lone`, `create`, `calendar`, `read`, `idle` or `studio`; `burst --help` has the rest.
    Bench {
        /// The workload and its options.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        workload: Vec<OsString>,
    },
    /// The program under random `kill -9` beside networks that outlive it: is anything lost, doubled, or asked in vain?
    Crash(crash::Crash),
    /// Lays out a new platform: connector, sandbox twin, guide and tests, which say what to fill in. It is not offered by that.
    NewPlatform(new_platform::NewPlatform),
    /// Renews the screenshots in docs/screenshots; with a folder in SCREENSHOTS, every page at every size and theme.
    Screenshots,
    /// Starts the servers that tests want and says how tests find them, until Ctrl-C.
    Peers,
    /// Runs a program until the standard input ends, then ends it. How `test` never leaves a server behind.
    #[command(hide = true)]
    Keep(peers::Keep),
}

fn main() -> ExitCode {
    let outcome = match Task::parse() {
        Task::Demo { arguments } => demo::run(&arguments),
        Task::Check | Task::Test { fast: true, .. } => proof::run(proof::Extent::Fast),
        Task::Test { long: true, .. } => proof::run(proof::Extent::Long),
        Task::Test { .. } => proof::run(proof::Extent::Whole),
        Task::Tidy => tidy::run(),
        Task::TrustIds => trust_ids::run(),
        Task::Generate { check } => generate::run(check),
        Task::Bench { workload } => bench::run(&workload),
        Task::Crash(asked) => crash::run(&asked),
        Task::NewPlatform(asked) => new_platform::run(&asked),
        Task::Screenshots => studio::screenshots(),
        Task::Peers => peers::run(),
        Task::Keep(keep) => keep.run(),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
