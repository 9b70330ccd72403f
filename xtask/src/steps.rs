//! The steps of a long command: each is named, timed, and counted; none stops the others.

use std::time::{Duration, Instant};

use anyhow::Result;

/// What was done so far.
#[derive(Default)]
pub struct Steps(Vec<Step>);

struct Step {
    name: String,
    took: Duration,
    ok: bool,
}

impl Steps {
    /// Does one thing. `Ok(false)` and errors are failures; both are told at once.
    pub fn run(&mut self, name: &str, work: impl FnOnce() -> Result<bool>) -> bool {
        println!("\n==> {name}");
        let begun = Instant::now();
        let ok = work().unwrap_or_else(|error| {
            eprintln!("error: {error:#}");
            false
        });
        let step = Step { name: name.to_owned(), took: begun.elapsed(), ok };
        println!("{}", step.line());
        self.0.push(step);
        ok
    }

    /// How many failed.
    pub fn failed(&self) -> usize {
        self.0.iter().filter(|step| !step.ok).count()
    }

    /// Says how long each took.
    pub fn summarize(&self) {
        println!("\nSteps:");
        for step in &self.0 {
            println!("  {}", step.line());
        }
    }
}

impl Step {
    fn line(&self) -> String {
        let word = if self.ok { "ok" } else { "FAILED" };
        format!("{word:6} {:7.1} s  {}", self.took.as_secs_f64(), self.name)
    }
}
