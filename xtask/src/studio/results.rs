//! What the app's test runners wrote down: how many passed, failed and were skipped, how long each took, and which passed
//! only when they were tried again.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context as _, Result};
use serde_json::Value;

use crate::proof::Outcome;

/// Vitest's JSON.
pub fn of_vitest(report: &Path, ok: bool) -> Result<Outcome> {
    let told = read(report)?;
    let number = |name: &str| number(&told[name]);
    let counts =
        [number("numPassedTests"), number("numFailedTests"), number("numPendingTests") + number("numTodoTests")];
    Ok(outcome(counts, ok))
}

/// Playwright's JSON. One that passed only when it was tried again has passed, and is named.
pub fn of_playwright(report: &Path, ok: bool) -> Result<Outcome> {
    let told = read(report)?;
    let number = |name: &str| number(&told["stats"][name]);
    let mut outcome = outcome([number("expected") + number("flaky"), number("unexpected"), number("skipped")], ok);
    each_test(&told, &mut |title, test| {
        let name = format!("{}: {title}", test["projectName"].as_str().unwrap_or_default());
        let results = test["results"].as_array().into_iter().flatten();
        let took = results.filter_map(|result| result["duration"].as_u64()).max().unwrap_or_default();
        outcome.took.push((Duration::from_millis(took), name.clone()));
        if test["status"] == "flaky" {
            outcome.retried.push(name);
        }
    });
    Ok(outcome)
}

/// Files hold suites and tests, suites hold suites and tests.
fn each_test(suite: &Value, tell: &mut impl FnMut(&str, &Value)) {
    for spec in suite["specs"].as_array().into_iter().flatten() {
        let title = spec["title"].as_str().unwrap_or_default();
        spec["tests"].as_array().into_iter().flatten().for_each(|test| tell(title, test));
    }
    suite["suites"].as_array().into_iter().flatten().for_each(|inner| each_test(inner, tell));
}

fn read(report: &Path) -> Result<Value> {
    let text = fs::read(report).with_context(|| format!("the tests left no report in {}", report.display()))?;
    serde_json::from_slice(&text).context("the tests' report is no JSON")
}

fn number(value: &Value) -> usize {
    value.as_u64().and_then(|number| usize::try_from(number).ok()).unwrap_or_default()
}

fn outcome([passed, mut failed, skipped]: [usize; 3], ok: bool) -> Outcome {
    if !ok && failed == 0 {
        println!("the run failed though no test says that it did: something around the tests is wrong");
        failed = 1;
    }
    let skips = (skipped > 0).then(|| format!("{skipped} tests of the browser app, as they say themselves"));
    Outcome { passed, failed, skips: skips.into_iter().collect(), ..Outcome::default() }
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
        assert_eq!((vitest.passed, vitest.failed, vitest.skips.len()), (12, 1, 1));
        let test = |status| {
            format!(r#"{{"projectName":"desk","status":"{status}","results":[{{"duration":700}},{{"duration":40}}]}}"#)
        };
        let specs = format!(r#"[{{"title":"a post","tests":[{},{}]}}]"#, test("expected"), test("flaky"));
        write(&format!(
            r#"{{"stats":{{"expected":8,"unexpected":0,"flaky":1,"skipped":0}},"suites":[{{"suites":[{{"specs":{specs}}}]}}]}}"#
        ));
        let playwright = of_playwright(&report, true).expect("read");
        assert_eq!((playwright.passed, playwright.failed, playwright.retried), (9, 0, vec!["desk: a post".to_owned()]));
        assert_eq!(playwright.took[0], (Duration::from_millis(700), "desk: a post".to_owned()));
        assert_eq!(of_playwright(&report, false).expect("read").failed, 1);
        write("nothing");
        assert!(of_playwright(&report, true).is_err());
    }
}
