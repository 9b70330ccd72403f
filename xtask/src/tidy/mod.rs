//! `cargo xtask tidy`: the walls between the crates and the house rules, checked by reading the files.
//!
//! Each rule is a file here with a test that runs over the repository, so `cargo test` runs them too, and a test that shows it
//! something wrong. Left out: what the compiler, Clippy (`clippy.toml`) or a type says already.

mod documents;
mod lock;
mod manifests;
mod names;
mod shapes;
mod size;
mod source;
mod sql;
mod texts;
mod twins;
mod walls;
mod words;

use std::{
    fmt,
    path::{Path, PathBuf},
};

use anyhow::Result;

use crate::generate;

/// A place where a rule is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    path: PathBuf,
    line: usize,
    what: String,
}

impl Finding {
    /// At a line, counted from 1; 0 is the whole file.
    fn at(path: impl AsRef<Path>, line: usize, what: impl Into<String>) -> Self {
        Self { path: path.as_ref().to_owned(), line, what: what.into() }
    }

    /// About a file as a whole.
    pub fn whole(path: impl AsRef<Path>, what: impl Into<String>) -> Self {
        Self::at(path, 0, what)
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.path.display(), self.what),
            line => write!(f, "{}:{line}: {}", self.path.display(), self.what),
        }
    }
}

/// Looks at the repository.
type Check = fn() -> Vec<Finding>;

/// Every rule by its name.
const RULES: &[(&str, Check)] = &[
    ("walls between the crates", walls::check),
    ("no platform by name in the product", names::check),
    ("SQL in stores only", sql::check),
    ("public shapes in http.rs", shapes::check),
    ("connectors and sandbox share nothing", twins::check),
    ("files stay small", size::check),
    ("words that must not stay", words::check),
    ("what is said is said in Dutch", texts::check),
    ("manifests", manifests::check),
    ("the lock file", lock::check),
    ("documents", documents::check),
    ("generated files", generate::stale),
];

/// Prints what is wrong; true if nothing is.
pub fn run() -> Result<bool> {
    let mut sum = 0;
    for (rule, check) in RULES {
        let findings = check();
        sum += findings.len();
        for finding in findings {
            println!("{finding}  [{rule}]");
        }
    }
    println!("{} rules, {sum} findings", RULES.len());
    Ok(sum == 0)
}

/// Fails with the findings, one a line.
#[cfg(test)]
fn assert_none(findings: &[Finding]) {
    let lines: Vec<_> = findings.iter().map(ToString::to_string).collect();
    assert!(lines.is_empty(), "\n{}\n", lines.join("\n"));
}
