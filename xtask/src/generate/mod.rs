//! `cargo xtask generate`: files that are made from code and committed, so that a change of what others rely on shows in review.
//!
//! | file | from |
//! |---|---|
//! | `docs/problems.md` | `crates/base/src/problem.rs` |
//! | `docs/inventory.md` | `crates/app/src/privacy/inventory.toml` |
//! | `docs/openapi.json` | the routes, by way of `fanfare openapi` |
//! | `web/src/api/schema.d.ts` | `docs/openapi.json`, by way of `npm run generate` |

mod inventory;
mod problems;

use std::{
    fs,
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::{demo, repo, runs, studio, tidy::Finding};

const OPENAPI: &str = "docs/openapi.json";

/// A file that is made without building the program: its path, what it is made from, and its text.
struct Made {
    path: &'static str,
    from: &'static str,
    text: Result<String>,
}

fn made() -> [Made; 2] {
    [
        Made { path: "docs/problems.md", from: problems::SOURCE, text: Ok(problems::text()) },
        Made {
            path: "docs/inventory.md",
            from: inventory::SOURCE,
            text: inventory::text(&repo::text(inventory::SOURCE)),
        },
    ]
}

/// Writes the files, or with `check` only says which are not as the code says; true if all are.
pub fn run(check: bool) -> Result<bool> {
    let program = ["--quiet", "--package", "server", "--bin", "fanfare", "--", "openapi"];
    Ok(with(&mut runs::cargo("run", &program), check)? & studio::generate(check)?)
}

/// Checks that they match the code. Uses the program built with the tests: building it alone would recompile much of it,
/// because fewer features are asked for.
pub fn verify() -> Result<bool> {
    with(Command::new(demo::binary()).arg("openapi"), true)
}

fn with(describe: &mut Command, check: bool) -> Result<bool> {
    let mut all = true;
    for made in made() {
        all &= one(made.path, &made.text?, check)?;
    }
    Ok(one(OPENAPI, &openapi(describe)?, check)? && all)
}

fn one(path: &str, text: &str, check: bool) -> Result<bool> {
    if repo::text(path) == text {
        return Ok(true);
    }
    if check {
        println!("{path} is not what the code says: run `cargo xtask generate` and look at what changes.");
        return Ok(false);
    }
    fs::write(repo::root().join(path), text).with_context(|| format!("{path} cannot be written"))?;
    println!("wrote {path}");
    Ok(true)
}

/// What can be compared without building the program.
pub fn stale() -> Vec<Finding> {
    let wrong = made().into_iter().filter_map(|made| match made.text {
        Ok(text) if text == repo::text(made.path) => None,
        Ok(_) => {
            Some(Finding::whole(made.path, format!("it is not what {} says: run `cargo xtask generate`", made.from)))
        }
        Err(error) => Some(Finding::whole(made.from, format!("{error:#}"))),
    });
    wrong.collect()
}

/// The API document as the program prints it, one member a line.
fn openapi(describe: &mut Command) -> Result<String> {
    let output = describe.stderr(Stdio::inherit()).output().context("`fanfare openapi` cannot be started")?;
    ensure!(output.status.success(), "`fanfare openapi` ended with {}", output.status);
    let document: Value = serde_json::from_slice(&output.stdout).context("`fanfare openapi` printed no JSON")?;
    Ok(format!("{}\n", serde_json::to_string_pretty(&document)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_files_are_as_the_code_says() {
        let stale: Vec<_> = stale().iter().map(ToString::to_string).collect();
        assert!(stale.is_empty(), "{stale:?}");
    }
}
