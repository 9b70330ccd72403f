//! The steps of a long command: each is named, timed, and counted; none stops the others.
//!
//! How long a step may take is in `budget.toml`. One that takes longer is named and not failed: a busy machine is no fault,
//! and a fault in the same place every day is seen.

use std::{
    collections::BTreeMap,
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use anyhow::Result;

/// The steps so far.
#[derive(Default)]
pub struct Steps(Vec<Step>);

/// One step that has ended.
pub struct Step {
    name: String,
    took: Duration,
    ok: bool,
}

/// The work of a step. `Ok(false)` and errors are failures; both are reported immediately.
pub fn step(name: &str, work: impl FnOnce() -> Result<bool>) -> Step {
    println!("\n==> {name}");
    let begun = Instant::now();
    let ok = work().unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        false
    });
    let step = Step { name: name.to_owned(), took: begun.elapsed(), ok };
    println!("{}", step.line());
    step
}

/// Steps that run beside others: what mostly waits, or keeps one core busy while the compiler cannot use both.
pub struct Beside<T>(JoinHandle<(Vec<Step>, T)>);

/// Starts them.
pub fn beside<T: Send + 'static>(work: impl FnOnce(&mut Steps) -> T + Send + 'static) -> Beside<T> {
    Beside(thread::spawn(move || {
        let mut steps = Steps::default();
        let came = work(&mut steps);
        (steps.0, came)
    }))
}

impl Steps {
    /// Does one thing.
    pub fn run(&mut self, name: &str, work: impl FnOnce() -> Result<bool>) -> bool {
        self.0.push(step(name, work));
        self.0.last().is_some_and(|step| step.ok)
    }

    /// Waits for steps that ran beside these, and gives what came of them.
    pub fn join<T: Default>(&mut self, beside: Beside<T>) -> T {
        let (steps, came) = beside.0.join().unwrap_or_else(|_| {
            (
                vec![Step { name: "a step beside the others panicked".to_owned(), took: Duration::ZERO, ok: false }],
                T::default(),
            )
        });
        self.0.extend(steps);
        came
    }

    /// How many failed.
    pub fn failed(&self) -> usize {
        self.0.iter().filter(|step| !step.ok).count()
    }

    /// Says how long each took, and which took longer than they may.
    pub fn summarize(&self) {
        println!("\nSteps, in minutes:");
        let budget = budget();
        for step in &self.0 {
            let over = budget.get(&step.name).filter(|limit| step.took.as_secs_f64() > **limit);
            let told = over.map(|limit| format!("  over its budget of {:.1}", limit / 60.0)).unwrap_or_default();
            println!("  {}{told}", step.line());
        }
    }
}

impl Step {
    fn line(&self) -> String {
        let word = if self.ok { "ok" } else { "FAILED" };
        format!("{word:6} {:6.1} min  {}", self.took.as_secs_f64() / 60.0, self.name)
    }
}

/// Seconds that steps may take.
fn budget() -> BTreeMap<String, f64> {
    toml::from_str(include_str!("../budget.toml")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_twenty_minutes_and_names_steps_that_there_are() {
        let (budget, steps) = (budget(), include_str!("proof/mod.rs"));
        assert!(!budget.is_empty() && budget.values().sum::<f64>() <= 1_200.0, "{budget:?}");
        let unknown: Vec<_> = budget.keys().filter(|name| !steps.contains(&format!("\"{name}\""))).collect();
        assert!(unknown.is_empty(), "no such steps: {unknown:?}");
    }

    #[test]
    fn a_step_that_panics_beside_the_others_has_failed() {
        let mut steps = Steps::default();
        steps.join(beside(|_| -> () { panic!("on purpose") }));
        assert_eq!(steps.failed(), 1);
        assert!(steps.join(beside(|steps| steps.run("one", || Ok(true)))));
        assert_eq!((steps.0.len(), steps.failed()), (2, 1));
    }
}
