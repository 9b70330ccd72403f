//! A connector and its twin in the sandbox are both written from the network's reference. Code copied from one to the other
//! would carry a misreading along, and the test between them would prove nothing.

use std::collections::HashMap;

use super::{Finding, source::Source};

/// As many equal lines in a row are no coincidence.
const RUN: usize = 6;

/// Compares every run of lines.
pub fn check() -> Vec<Finding> {
    common(Source::all("crates/platforms/src"), Source::all("crates/sandbox/src"))
}

fn common<'a>(connectors: impl Iterator<Item = &'a Source>, twins: impl Iterator<Item = &'a Source>) -> Vec<Finding> {
    let mut runs = HashMap::new();
    for source in connectors {
        for (line, run) in runs_of(source) {
            runs.entry(run).or_insert_with(|| format!("{}:{line}", source.path.display()));
        }
    }
    let mut findings = Vec::new();
    for source in twins {
        // One finding per stretch: runs that follow each other belong together.
        let mut last = None;
        for (at, (line, run)) in runs_of(source).into_iter().enumerate() {
            let Some(place) = runs.get(&run) else { continue };
            if last.is_none_or(|last| last + 1 != at) {
                let what =
                    format!("{RUN} lines are the same as at {place}: write the sandbox's side from the reference");
                findings.push(Finding::at(&source.path, line, what));
            }
            last = Some(at);
        }
    }
    findings
}

/// Runs of lines that say something, with the line on which they begin. Imports and closing braces say nothing.
fn runs_of(source: &Source) -> Vec<(usize, String)> {
    let lines: Vec<_> = source
        .text
        .lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.trim()))
        .filter(|(at, line)| !source.is_test(*at) && says_something(line))
        .collect();
    let joined = |run: &[(usize, &str)]| run.iter().map(|(_, line)| *line).collect::<Vec<_>>().join("\n");
    lines.windows(RUN).map(|run| (run[0].0, joined(run))).collect()
}

fn says_something(line: &str) -> bool {
    let import = ["use ", "//", "#[", "mod ", "pub mod "].iter().any(|begin| line.starts_with(begin));
    !import && line.chars().filter(|c| c.is_alphanumeric()).count() > 3
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn connectors_and_sandbox_share_nothing() {
        super::super::assert_none(&check());
    }

    #[test]
    fn a_copied_function_is_found_once_and_braces_are_not() {
        let lines: Vec<_> = (0..9).map(|at| format!("let value_{at} = compute({at});\n}}\n")).collect();
        let source = |path: &str, text: String| Source::read(Path::new(path), text);
        let connector = source("crates/platforms/src/a.rs", lines.concat());
        let copied = source("crates/sandbox/src/a.rs", format!("fn other() {{\n{}", lines.concat()));
        let found = common([connector].iter(), [copied, source("crates/sandbox/src/b.rs", lines[..5].concat())].iter());
        assert_eq!(found.iter().map(|finding| finding.line).collect::<Vec<_>>(), [2]);
    }
}
