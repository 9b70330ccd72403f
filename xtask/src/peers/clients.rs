//! A Threads client that other people wrote, for the twin of Threads.

use std::path::PathBuf;

use anyhow::Result;

use super::python;

/// Where tests find the Python that has it.
pub const VARIABLE: &str = "FANFARE_TEST_THREADS_CLIENT";
const PACKAGE: (&str, &str) = ("threads-client", "0.2.1");

/// The Python that has it.
pub fn install() -> Result<PathBuf> {
    Ok(python::install(PACKAGE.0, PACKAGE.1)?.join("bin/python"))
}
