//! What tests say, read: counts, skips, how long each took, and which lines are worth showing.

use std::{collections::BTreeSet, time::Duration};

/// How many of the slowest tests are listed.
const SLOWEST: usize = 10;

/// What came of all tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Tests that passed. One that skipped itself is among them.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// Those of them that a test program names.
    pub failures: Vec<String>,
    /// What was skipped and why, each reason once.
    pub skips: BTreeSet<String>,
    /// Tests that failed and passed when they were tried again.
    pub retried: Vec<String>,
    /// How long each test took.
    pub took: Vec<(Duration, String)>,
}

impl Outcome {
    /// Takes one line of a test program into account. `whose` is the program.
    pub fn read(&mut self, whose: &str, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
        }
        if let Some((name, _)) = line.strip_prefix("test ").and_then(|line| line.split_once(" ... FAILED")) {
            self.failures.push(name.to_owned());
        }
        // A skip may follow `test name ... ` on the same line, when a test writes past the harness.
        if let Some(at) = line.find("skipped: ") {
            self.skips.insert(line[at + "skipped: ".len()..].to_owned());
        }
        if let Some((name, seconds)) = timed(line) {
            self.took.push((Duration::from_secs_f64(seconds), format!("{whose} {name}")));
        }
    }

    /// Counts a failed test, which then passed by itself, as passed, and keeps its name for the last lines.
    pub fn passed_again(&mut self, whose: &str, name: &str) {
        self.failures.retain(|failed| failed != name);
        self.failed = self.failed.saturating_sub(1);
        self.passed += 1;
        self.retried.push(format!("{whose} {name}"));
    }

    /// Adds what came of other tests.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
        self.skips.extend(other.skips);
        self.retried.extend(other.retried);
        self.took.extend(other.took);
    }

    /// Prints the slowest tests, those that passed only on a retry, and skipped ones.
    pub fn summarize(&mut self) {
        self.took.sort_by(|one, other| other.cmp(one));
        told(
            "The slowest tests, in seconds",
            self.took.iter().take(SLOWEST).map(|(took, name)| format!("{:6.1}  {name}", took.as_secs_f64())),
        );
        let times = format!("Passed only when tried again: {}", self.retried.len());
        told(&times, self.retried.iter().cloned());
        told("Skipped", self.skips.iter().cloned());
    }
}

fn told(title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<_> = lines.collect();
    if !lines.is_empty() {
        println!("\n{title}:");
    }
    for line in lines {
        println!("  {line}");
    }
}

/// The number before a word in `ok. 12 passed; 0 failed; …`.
fn count(counts: &str, word: &str) -> usize {
    let before = counts.split([';', '.']).find_map(|part| part.trim().strip_suffix(word));
    before.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

/// Name and seconds of `test a::b ... ok <0.123s>`.
fn timed(line: &str) -> Option<(&str, f64)> {
    let (name, rest) = line.strip_prefix("test ")?.split_once(" ... ")?;
    let (_, time) = rest.rsplit_once('<')?;
    Some((name, time.strip_suffix("s>")?.parse().ok()?))
}

/// Which lines to show: failures with their output, counts, compiler messages; not what passed.
#[derive(Default)]
pub struct Shown {
    in_successes: bool,
}

impl Shown {
    /// Whether to show this line.
    pub fn wants(&mut self, line: &str) -> bool {
        match line {
            "successes:" => self.in_successes = true,
            "failures:" => self.in_successes = false,
            _ if line.starts_with("test result: ") => self.in_successes = false,
            _ => {}
        }
        let passed = line.starts_with("test ") && line.contains(" ... ok");
        !(self.in_successes || passed || line.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
running 3 tests
test a ... ok <0.001s>
test b ... ok <12.500s>
test c ... FAILED <0.020s>
successes:
---- a stdout ----
skipped: PostgreSQL, because no server is named
test result in a sentence of a test
successes:
    a
failures:
---- c stdout ----
left is not right
test result: FAILED. 2 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s
test d ... ok
test e ... skipped: PostgreSQL, because no server is named
test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";

    #[test]
    fn tests_are_added_up_and_a_reason_to_skip_counts_once() {
        let mut outcome = Outcome::default();
        PRINTED.lines().for_each(|line| outcome.read("base", line));
        assert_eq!((outcome.passed, outcome.failed, outcome.failures), (42, 1, vec!["c".to_owned()]));
        assert_eq!(outcome.skips.into_iter().collect::<Vec<_>>(), ["PostgreSQL, because no server is named"]);
        let slowest = outcome.took.iter().max().map(|(took, name)| (took.as_secs_f64(), name.as_str()));
        assert_eq!((outcome.took.len(), slowest), (3, Some((12.5, "base b"))));
    }

    #[test]
    fn what_failed_is_shown_and_what_passed_is_not() {
        let mut shown = Shown::default();
        let lines: Vec<_> = PRINTED.lines().filter(|line| shown.wants(line)).collect();
        assert!(lines.contains(&"left is not right") && lines.contains(&"test c ... FAILED <0.020s>"), "{lines:?}");
        assert!(!lines.contains(&"test a ... ok <0.001s>") && !lines.contains(&"---- a stdout ----"), "{lines:?}");
    }
}
