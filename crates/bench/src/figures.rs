//! Medians, percentiles, and the report: JSON for machines, a table for people.

use std::fmt::Write as _;

use serde::Serialize;

/// The middle of some figures; of two, the lower one. Zero if there are none.
pub fn median(figures: &[f64]) -> f64 {
    percentile(figures, 50.0)
}

/// The figure below which `percent` of all lie (nearest rank). Zero if there are none.
pub fn percentile(figures: &[f64], percent: f64) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (percent / 100.0 * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied().unwrap_or(0.0)
}

/// What a figure must be, and what we want it to be.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Not more than the floor; better not more than the goal.
    Most {
        /// Must hold.
        floor: f64,
        /// Is wanted.
        goal: f64,
    },
    /// Not less than the floor; better not less than the goal.
    Least {
        /// Must hold.
        floor: f64,
        /// Is wanted.
        goal: f64,
    },
    /// Better not more than this.
    Goal(f64),
    /// Only told.
    None,
}

impl Bound {
    fn verdict(self, figure: f64) -> &'static str {
        let (goal, floor) = match self {
            Self::Most { floor, goal } => (figure <= goal, figure <= floor),
            Self::Least { floor, goal } => (figure >= goal, figure >= floor),
            Self::Goal(goal) => (figure <= goal, true),
            Self::None => return "",
        };
        match (goal, floor) {
            (true, _) => "goal",
            (_, true) => "floor",
            _ => "MISSED",
        }
    }

    fn shown(self) -> (String, String) {
        match self {
            Self::Most { floor, goal } => (format!("≤ {}", short(floor)), format!("≤ {}", short(goal))),
            Self::Least { floor, goal } => (format!("≥ {}", short(floor)), format!("≥ {}", short(goal))),
            Self::Goal(goal) => (String::new(), format!("≤ {}", short(goal))),
            Self::None => (String::new(), String::new()),
        }
    }
}

fn short(figure: f64) -> String {
    let text = match figure.abs() {
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 1.0 => format!("{figure:.2}"),
        _ => format!("{figure:.4}"),
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// One line of a report.
#[derive(Debug, Serialize)]
struct Line {
    name: String,
    unit: &'static str,
    median: f64,
    least: f64,
    most: f64,
    bound: Bound,
    verdict: &'static str,
    runs: Vec<f64>,
}

/// What one workload gave.
#[derive(Debug, Serialize)]
pub struct Report {
    workload: String,
    lines: Vec<Line>,
    remarks: Vec<String>,
}

impl Report {
    /// Of this workload, with what it was run with.
    pub fn new(workload: impl Into<String>) -> Self {
        Self { workload: workload.into(), lines: Vec::new(), remarks: Vec::new() }
    }

    /// A figure of each run.
    pub fn figure(&mut self, name: impl Into<String>, unit: &'static str, runs: Vec<f64>, bound: Bound) {
        let middle = median(&runs);
        let (least, most) = (percentile(&runs, 0.0), percentile(&runs, 100.0));
        let verdict = bound.verdict(middle);
        self.lines.push(Line { name: name.into(), unit, median: middle, least, most, bound, verdict, runs });
    }

    /// Something to know about the figures.
    pub fn remark(&mut self, text: impl Into<String>) {
        self.remarks.push(text.into());
    }

    /// Prints JSON on one line, then the table.
    pub fn print(&self) -> anyhow::Result<()> {
        println!("{}", serde_json::to_string(self)?);
        println!("\n{}", self.table());
        Ok(())
    }

    fn table(&self) -> String {
        let mut text = format!(
            "{}\n\n| figure | median | least – most | floor | goal | |\n|---|---|---|---|---|---|\n",
            self.workload
        );
        for line in &self.lines {
            let (floor, goal) = line.bound.shown();
            let (middle, least, most) = (short(line.median), short(line.least), short(line.most));
            // Writing to a `String` cannot fail.
            let _ = writeln!(
                text,
                "| {} | {middle} {} | {least} – {most} | {floor} | {goal} | {} |",
                line.name, line.unit, line.verdict
            );
        }
        for remark in &self.remarks {
            let _ = writeln!(text, "\n{remark}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_figures_that_were_measured() {
        let figures = [5.0, 1.0, 4.0, 2.0, 3.0];
        assert_eq!(median(&figures), 3.0);
        assert_eq!((percentile(&figures, 0.0), percentile(&figures, 99.0)), (1.0, 5.0));
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn a_verdict_compares_with_goal_and_floor() {
        let most = Bound::Most { floor: 8.0, goal: 4.0 };
        assert_eq!([3.0, 5.0, 9.0].map(|figure| most.verdict(figure)), ["goal", "floor", "MISSED"]);
        let least = Bound::Least { floor: 0.1, goal: 0.3 };
        assert_eq!([0.4, 0.2, 0.0].map(|figure| least.verdict(figure)), ["goal", "floor", "MISSED"]);
    }

    #[test]
    fn the_table_has_a_row_for_each_figure() {
        let mut report = Report::new("burst");
        report.figure("ratio", "×", vec![2.0, 3.0, 2.5], Bound::Most { floor: 8.0, goal: 4.0 });
        assert!(report.table().contains("| ratio | 2.5 × | 2 – 3 | ≤ 8 | ≤ 4 | goal |"), "{}", report.table());
    }
}
