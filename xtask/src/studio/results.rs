//! What the app's test runners wrote down: how many passed, failed and were skipped.

use std::{fs, path::Path};

use anyhow::{Context as _, Result};
use serde_json::Value;

/// What came of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Tests that passed.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Tests that say that they are skipped.
    pub skipped: usize,
}

/// Vitest's JSON.
pub fn of_vitest(report: &Path, ok: bool) -> Result<Counts> {
    counts(report, ok, |told, name| match name {
        "passed" => vec![&told["numPassedTests"]],
        "failed" => vec![&told["numFailedTests"]],
        _ => vec![&told["numPendingTests"], &told["numTodoTests"]],
    })
}

/// Playwright's JSON. One that passed only the second time has passed; the run says which they were.
pub fn of_playwright(report: &Path, ok: bool) -> Result<Counts> {
    counts(report, ok, |told, name| match name {
        "passed" => vec![&told["stats"]["expected"], &told["stats"]["flaky"]],
        "failed" => vec![&told["stats"]["unexpected"]],
        _ => vec![&told["stats"]["skipped"]],
    })
}

fn counts(report: &Path, ok: bool, read: impl for<'v> Fn(&'v Value, &str) -> Vec<&'v Value>) -> Result<Counts> {
    let text = fs::read(report).with_context(|| format!("the tests left no report in {}", report.display()))?;
    let told: Value = serde_json::from_slice(&text).context("the tests' report is no JSON")?;
    let sum = |name| -> usize {
        read(&told, name).iter().filter_map(|value| value.as_u64()).filter_map(|n| usize::try_from(n).ok()).sum()
    };
    let mut counts = Counts { passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") };
    if !ok && counts.failed == 0 {
        println!("the run failed though no test says that it did: something around the tests is wrong");
        counts.failed = 1;
    }
    Ok(counts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_reports_are_read_and_a_failed_run_is_never_a_good_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let report = folder.path().join("report.json");
        let write = |text: &str| fs::write(&report, text).expect("written");
        write(r#"{"numPassedTests":12,"numFailedTests":1,"numPendingTests":2,"numTodoTests":1}"#);
        let vitest = of_vitest(&report, false).expect("read");
        assert_eq!(vitest, Counts { passed: 12, failed: 1, skipped: 3 });
        write(r#"{"stats":{"expected":8,"unexpected":0,"flaky":1,"skipped":4}}"#);
        let playwright = of_playwright(&report, true).expect("read");
        assert_eq!(playwright, Counts { passed: 9, failed: 0, skipped: 4 });
        write(r#"{"stats":{"expected":8,"unexpected":0,"flaky":0,"skipped":0}}"#);
        assert_eq!(of_playwright(&report, false).expect("read").failed, 1);
        write("nothing");
        assert!(of_playwright(&report, true).is_err());
    }
}
