//! Limit programs and workloads: how far is Fanfare from what the machine can do?
//!
//! Each workload alternates between the product and a bare program that does only the unavoidable work (A B A B …), and
//! reports their ratio, with counts that don't depend on the machine's load (statements, commits, CPU time). Started by
//! `cargo xtask bench`; never shipped.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line tool talks to a person")]

mod burst;
mod calendar;
mod create;
mod figures;
mod idle;
mod lone;
mod machine;
mod network;
mod platform;
mod raw;
mod read;
mod world;

use clap::Parser;

/// As in the product, so that both programs of a pair have it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What is measured.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench", about)]
enum Workload {
    /// Many posts due in the same second, against bare HTTP requests (W1; with a latency, W1s).
    Burst(burst::Options),
    /// Lone posts spread over time: how late do they leave, and how often does the process wake at rest (W1l)?
    Lone(lone::Options),
    /// Posts made through the API, against a bare API that stores comparable rows (W2).
    Create(create::Options),
    /// A month of the calendar among a million posts, against the bare query.
    Calendar(calendar::Options),
    /// A long text as five channels read it while it is written, with the real platforms' rules.
    Read(read::Options),
    /// The real program at rest and at its start (W4).
    Idle(idle::Options),
    /// Simulates the platform, in its own process.
    #[command(hide = true)]
    Network(network::Options),
    /// Sends requests over bare HTTP, in its own process.
    #[command(hide = true)]
    Client(raw::Options),
}

fn main() -> std::process::ExitCode {
    let workload = Workload::parse();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: no runtime: {error}");
            return std::process::ExitCode::FAILURE;
        }
    };
    let outcome = runtime.block_on(async {
        match workload {
            Workload::Burst(options) => burst::run(options).await,
            Workload::Lone(options) => lone::run(options).await,
            Workload::Create(options) => create::run(options).await,
            Workload::Calendar(options) => calendar::run(options).await,
            Workload::Read(options) => read::run(options).await,
            Workload::Idle(options) => idle::run(options).await,
            Workload::Network(options) => network::run(options).await,
            Workload::Client(options) => raw::run(options).await,
        }
    });
    match outcome {
        Ok(()) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            std::process::ExitCode::FAILURE
        }
    }
}
