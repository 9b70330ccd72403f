//! schemathesis reads the API document and sends generated requests to the running program: does any end in a 5xx,
//! in a status that the document does not name, or in a shape that it does not describe?
//!
//! It needs Python, unlike the rest of building and testing Fanfare. Without Python it is skipped with a message.

use std::{collections::BTreeSet, ffi::OsString, fs, path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::{Peer, Start, python};
use crate::{demo, repo, runs};

const VERSION: &str = "4.32.5";
/// Requests tried for each route, every day and in the long run.
const EXAMPLES: [&str; 2] = ["2", "10"];
/// For all of it, in seconds. Most of it is waiting for the rate: 200 s on a machine with nothing else to do.
const LIMIT_S: [u64; 2] = [1_200, 3_600];
/// Requests a second; the demo's own limit for a key is 20.
const RATE: &str = "19/s";
/// The stream of events has no end to wait for; three routes would end the key with which all others are asked; and pieces of an
/// upload have a media type that schemathesis cannot write.
const WITHOUT: &[&str] = &["stream_events", "revoke_key", "rotate_key", "revoke_leaked_key", "send_piece"];

/// Runs it against a separate demo, with more examples if `long`; adds to `skips` if it is unavailable.
pub fn run(long: bool, skips: &mut BTreeSet<String>) -> Result<bool> {
    let program = match python::install("schemathesis", VERSION) {
        Ok(folder) => folder.join("bin/schemathesis"),
        Err(error) => {
            println!("skipped: schemathesis cannot be had: {error:#}");
            skips.insert(format!("schemathesis cannot be had: {error:#}"));
            return Ok(true);
        }
    };
    let folder = tempfile::Builder::new().prefix("fanfare-schemathesis-").tempdir()?;
    let data = folder.path().join("demo");
    let binary = demo::binary().canonicalize().context("the program is not built")?;
    let arguments: Vec<OsString> = vec!["demo".into(), "--data".into(), data.clone().into(), "--any-ports".into()];
    let variables = vec![("FANFARE_LOG", "warn".into())];
    let start = Start { program: &binary, arguments, variables, user: None, folder };
    let server = Peer::start(start, "FANFARE_URL", |log| {
        let line = log.lines().find(|line| line.contains("is ready: "))?;
        let link = line.split_whitespace().find(|word| word.starts_with("http://"))?;
        // It leads to the page for signing in.
        Some(link.split_once("/sign-in").map_or(link, |(address, _)| address).to_owned())
    })?;
    let kept: Value = serde_json::from_str(&fs::read_to_string(data.join("demo.json"))?)?;
    let key = kept["key"].as_str().context("the demo keeps no API key")?;
    let report = repo::root().join("target").join("schemathesis.log");
    let _ = fs::remove_file(&report);
    let limit = Duration::from_secs(LIMIT_S[usize::from(long)]);
    let outcome = runs::quietly(&mut command(&program, &server.variable.1, key, long), &report, limit);
    println!("{}", summary(&fs::read_to_string(&report).unwrap_or_default()));
    if let Err(error) = &outcome {
        println!("{error:#}\n{}", runs::tail(&server.log, 20));
        println!("The whole report is in {}.", report.display());
    }
    Ok(outcome.is_ok())
}

fn command(program: &Path, url: &str, key: &str, long: bool) -> Command {
    let mut command = Command::new(program);
    command
        .arg("run")
        .arg(format!("{url}/v1/openapi.json"))
        .args(["--header", &format!("Authorization: Bearer {key}")])
        .args([
            "--checks",
            "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
        ])
        .args(WITHOUT.iter().flat_map(|route| ["--exclude-operation-id", route]))
        .args(["--max-examples", EXAMPLES[usize::from(long)], "--rate-limit", RATE, "--request-timeout", "60"])
        // Who may call what is walked through by the product's own tests; here the key stays.
        .args(["--generation-with-security-parameters", "false"])
        // The same requests in every run, so that a failure can be had again.
        .args(["--seed", "1", "--generation-deterministic", "--no-color"]);
    command
}

/// From the first failure on, or the last lines.
fn summary(report: &str) -> String {
    let lines: Vec<_> = report.lines().collect();
    let from = lines.iter().position(|line| line.contains("FAILURES")).unwrap_or(lines.len().saturating_sub(12));
    lines[from..].iter().take(200).copied().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_cut_to_what_failed() {
        let report = format!("{}==== FAILURES ====\nGET /v1/posts answered 500\n", "running\n".repeat(50));
        assert_eq!(summary(&report), "==== FAILURES ====\nGET /v1/posts answered 500");
        assert_eq!(summary(&"all is well\n".repeat(50)).lines().count(), 12);
    }
}
