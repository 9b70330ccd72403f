//! What the connector does: against answers as the reference documents them, against the sandbox, against a real server.

mod cards;
mod check_tests;
mod error_table;
mod golden;
mod lexicons;
mod real_pds;
mod sandbox_connect;
mod sandbox_publish;
mod sandbox_world;
mod world;

/// The folder of the official descriptions, which are not part of this repository.
pub(crate) fn specs_folder() -> String {
    switch("FANFARE_SPECS").unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs").to_owned())
}

/// A switch of the tests.
#[expect(clippy::disallowed_methods, reason = "a test's own switch, no setting of the product")]
fn switch(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Tells the person who runs the tests what was compared or skipped.
#[expect(clippy::print_stderr, reason = "a test has nobody else to tell")]
pub(crate) fn say(what: &str) {
    eprintln!("{what}");
}
