//! What `cargo test` prints, read: counts, skips, and which lines are worth showing.

use std::collections::BTreeSet;

/// What came of all tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Tests that passed. One that skipped itself is among them.
    pub passed: usize,
    /// Tests that failed.
    pub failed: usize,
    /// What was left out and why, each reason once.
    pub skips: BTreeSet<String>,
}

impl Outcome {
    /// Takes one line into account.
    pub fn read(&mut self, line: &str) {
        if let Some(counts) = line.strip_prefix("test result: ") {
            self.passed += count(counts, "passed");
            self.failed += count(counts, "failed");
        }
        // A skip may follow `test name ... ` on the same line, when a test writes past the harness.
        if let Some(at) = line.find("skipped: ") {
            self.skips.insert(line[at + "skipped: ".len()..].to_owned());
        }
    }

    /// Adds what came of other tests.
    pub fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.skips.extend(other.skips);
    }

    /// Tells what was left out.
    pub fn summarize(&self) {
        if !self.skips.is_empty() {
            println!("\nSkipped:");
        }
        for reason in &self.skips {
            println!("  {reason}");
        }
    }
}

/// The number before a word in `ok. 12 passed; 0 failed; …`.
fn count(counts: &str, word: &str) -> usize {
    let before = counts.split([';', '.']).find_map(|part| part.trim().strip_suffix(word));
    before.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
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
        let passed = line.starts_with("test ") && line.ends_with(" ... ok");
        !(self.in_successes || passed || line.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRINTED: &str = "\
     Running unittests src/lib.rs (target/debug/deps/base-1)
running 3 tests
test a ... ok
test b ... ok
test c ... FAILED
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
     Running unittests src/lib.rs (target/debug/deps/db-1)
test d ... ok
test e ... skipped: PostgreSQL, because no server is named
test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.01s";

    #[test]
    fn tests_are_added_up_and_a_reason_to_skip_counts_once() {
        let mut outcome = Outcome::default();
        PRINTED.lines().for_each(|line| outcome.read(line));
        assert_eq!((outcome.passed, outcome.failed), (42, 1));
        assert_eq!(outcome.skips.into_iter().collect::<Vec<_>>(), ["PostgreSQL, because no server is named"]);
    }

    #[test]
    fn what_failed_is_shown_and_what_passed_is_not() {
        let mut shown = Shown::default();
        let lines: Vec<_> = PRINTED.lines().filter(|line| shown.wants(line)).collect();
        assert!(lines.contains(&"left is not right") && lines.contains(&"test c ... FAILED"), "{lines:?}");
        assert!(!lines.contains(&"test a ... ok") && !lines.contains(&"---- a stdout ----"), "{lines:?}");
    }
}
