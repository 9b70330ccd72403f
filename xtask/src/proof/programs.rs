//! The test programs that cargo builds, run as many at a time as there are cores.
//!
//! `cargo test` runs them one after the other, and most of them wait for something at their end. A test that skips says so on
//! its output, which is shown for passed tests too.
//!
//! A test that failed beside all others is tried once more by itself, because a machine can be busier than any limit allows for;
//! the last lines name it. Tests of publishing exactly once are not: there, one failure in a thousand runs is a fault.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Mutex,
    thread,
};

use anyhow::{Context as _, Result};
use serde_json::Value;

use super::outcome::{Outcome, Shown};
use crate::runs;

/// The program whose tests mostly wait for leases to end: more of them at a time.
const WAITS: (&str, usize) = ("server/tests", 6);

/// More failures than these are no accident, and none of them is tried again.
const AGAIN_MAX: usize = 5;
/// What the names of tests begin with that have to pass every time.
const EVERY_TIME: &[&str] = &["crash::", "storm::", "real_pds::", "publishing::"];

type Tell<'a> = &'a (dyn Fn(&str) + Sync);

/// A test program.
#[derive(Debug, PartialEq, Eq)]
pub struct Program {
    name: String,
    file: PathBuf,
    /// Of its package: where cargo would run it.
    folder: PathBuf,
}

/// Builds them all; `None` if one does not build.
pub fn build() -> Result<Option<Vec<Program>>> {
    let arguments = ["--quiet", "--workspace", "--no-run", "--message-format=json-render-diagnostics"];
    let output =
        runs::cargo("test", &arguments).stderr(Stdio::inherit()).output().context("cargo cannot be started")?;
    let mut programs: Vec<_> = String::from_utf8_lossy(&output.stdout).lines().filter_map(program).collect();
    // The largest is the one that uses all others, and takes longest.
    programs.sort_by_key(|program| std::cmp::Reverse(fs::metadata(&program.file).map_or(0, |file| file.len())));
    Ok(output.status.success().then_some(programs))
}

fn program(line: &str) -> Option<Program> {
    let told: Value = serde_json::from_str(line).ok()?;
    let file = told["executable"].as_str().filter(|_| told["profile"]["test"] == true)?;
    let folder = Path::new(told["manifest_path"].as_str()?).parent()?;
    let package = folder.file_name()?.to_string_lossy();
    let target = told["target"]["name"].as_str()?;
    let name = match told["target"]["kind"][0].as_str()? {
        "test" => format!("{package}/tests"),
        _ if package == target => target.to_owned(),
        _ => format!("{package}/{target}"),
    };
    Some(Program { name, file: file.into(), folder: folder.to_owned() })
}

/// Runs them with these variables and arguments, reads what they say, and prints what is worth showing.
pub fn run(programs: &[Program], variables: &[(&str, String)], arguments: &[&str]) -> Result<Outcome> {
    run_and(&|said| println!("{said}"), programs, variables, arguments)
}

/// What is worth showing goes to `tell`: a test that runs programs must not print what they say, or it would be read as said
/// of itself.
fn run_and(tell: Tell<'_>, programs: &[Program], variables: &[(&str, String)], arguments: &[&str]) -> Result<Outcome> {
    let (waiting, came) = (Mutex::new(programs.iter()), Mutex::new(Vec::new()));
    let at_once = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..at_once {
            scope.spawn(|| {
                while let Some(program) = waiting.lock().ok().and_then(|mut left| left.next()) {
                    let outcome = program.run(tell, variables, arguments);
                    if let Ok(mut all) = came.lock() {
                        all.push((program, outcome));
                    }
                }
            });
        }
    });
    let mut came = came.into_inner().ok().context("a test program's output could not be read")?;
    let failed: usize = came.iter().map(|(_, outcome)| outcome.failed).sum();
    if failed <= AGAIN_MAX {
        for (program, outcome) in &mut came {
            program.try_again(tell, outcome, variables);
        }
    }
    let mut outcome = Outcome::default();
    came.into_iter().for_each(|(_, each)| outcome.add(each));
    Ok(outcome)
}

impl Program {
    fn run(&self, tell: Tell<'_>, variables: &[(&str, String)], arguments: &[&str]) -> Outcome {
        self.started(tell, variables, arguments).unwrap_or_else(|error| {
            tell(&format!("{}: {error:#}", self.name));
            Outcome { failed: 1, ..Outcome::default() }
        })
    }

    /// Runs what failed once more, one test after the other.
    fn try_again(&self, tell: Tell<'_>, outcome: &mut Outcome, variables: &[(&str, String)]) {
        for name in outcome.failures.clone() {
            if EVERY_TIME.iter().any(|module| name.starts_with(module)) {
                continue;
            }
            tell(&format!("{}: {name} is tried again by itself", self.name));
            let again = self.run(tell, variables, &["--exact", &name]);
            if (again.passed, again.failed) == (1, 0) {
                outcome.passed_again(&self.name, &name);
            }
        }
    }

    fn started(&self, tell: Tell<'_>, variables: &[(&str, String)], arguments: &[&str]) -> Result<Outcome> {
        let mut tests = Command::new(&self.file);
        tests.current_dir(&self.folder).args(["--show-output", "-Zunstable-options", "--report-time"]).args(arguments);
        tests.envs(variables.iter().map(|(name, value)| (name, value))).env("CARGO_MANIFEST_DIR", &self.folder);
        if self.name == WAITS.0 {
            tests.arg(format!("--test-threads={}", WAITS.1));
        }
        // How long a test took is told by a harness that takes itself for an unstable one.
        tests.env("RUSTC_BOOTSTRAP", "1");
        // A snapshot that differs is a failed test, never a new file.
        tests.env("INSTA_UPDATE", "no").env_remove("XTASK_CACHE").env_remove("XTASK_TRUST");
        let output = tests.stdin(Stdio::null()).output().context("it cannot be started")?;
        let (mut outcome, mut shown, mut told) = (Outcome::default(), Shown::default(), String::new());
        let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
        for line in printed.iter().flat_map(|text| text.lines()) {
            outcome.read(&self.name, line);
            if shown.wants(line) {
                told.extend([line, "\n"]);
            }
        }
        tell(&format!("{}: {}", self.name, told.trim_end()));
        if !output.status.success() && outcome.failed == 0 {
            let status = output.status;
            tell(&format!("it ended with {status} though no test says that it failed; the test process has died"));
            outcome.failed = 1;
        }
        Ok(outcome)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cargo_built_to_test_is_a_test_program() {
        let line = |test| {
            format!(
                r#"{{"executable":"/t/app-1","manifest_path":"/c/app/Cargo.toml","profile":{{"test":{test}}},"target":{{"kind":["lib"],"name":"app"}}}}"#
            )
        };
        let expected = Program { name: "app".to_owned(), file: "/t/app-1".into(), folder: "/c/app".into() };
        assert_eq!(program(&line(true)), Some(expected));
        assert_eq!(program(&line(false)), None);
        assert_eq!(program("warning: something"), None);
    }

    /// A program that prints like a harness: `name` fails, and fails again by itself unless `again` says otherwise.
    fn failing(folder: &Path, name: &str, again: &str) -> Program {
        let file = folder.join("tests");
        let script = format!(
            "#!/bin/sh\ncase \"$*\" in *--exact*) echo 'test result: {again}'; exit 0;; esac\n\
             echo 'test {name} ... FAILED <0.1s>'\necho 'test result: FAILED. 3 passed; 1 failed; 0 ignored'\nexit 1\n"
        );
        // Written by another process: a file that this one holds open could not be started meanwhile.
        let write = ["-c", "printf %s \"$1\" > \"$2\" && chmod +x \"$2\"", "sh", &script];
        assert!(Command::new("sh").args(write).arg(&file).status().expect("a shell").success());
        Program { name: "some".to_owned(), file, folder: folder.to_owned() }
    }

    #[test]
    fn what_failed_beside_others_and_passes_by_itself_is_named_but_not_what_must_pass_every_time() {
        let folder = tempfile::tempdir().expect("a folder");
        let came = |name: &str, again: &str| {
            let outcome = run_and(&|_| (), &[failing(folder.path(), name, again)], &[], &[]).expect("run");
            (outcome.passed, outcome.failed, outcome.retried)
        };
        let (ok, failed) = ("ok. 1 passed; 0 failed; 0 ignored", "FAILED. 0 passed; 1 failed; 0 ignored");
        assert_eq!(came("media::a_thumbnail", ok), (4, 0, vec!["some media::a_thumbnail".to_owned()]));
        assert_eq!(came("media::a_thumbnail", failed), (3, 1, vec![]));
        assert_eq!(came("crash::f_01", ok), (3, 1, vec![]));
        assert_eq!(came("media::a_thumbnail", "ok. 0 passed; 0 failed; 0 ignored"), (3, 1, vec![]));
    }

    #[test]
    fn a_program_that_dies_without_a_word_has_failed() {
        let dead = Program { name: "dead".to_owned(), file: "/bin/false".into(), folder: "/".into() };
        let gone = Program { name: "gone".to_owned(), file: "/nowhere".into(), folder: "/".into() };
        assert_eq!(run(&[dead, gone], &[], &[]).expect("run").failed, 2);
    }
}
