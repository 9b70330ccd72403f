//! `cargo xtask crash`: the program under random `kill -9`, at any length. What it does is a test of the server
//! (`crates/server/tests/server/storm`), of which this asks for more than the short run among all tests.

use anyhow::Result;
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::{peers, runs};

/// The variable by which the test is asked, and its name.
const VARIABLE: &str = "FANFARE_TEST_CRASH";
const TEST: &str = "storm::f_01_random_crashes_under_a_mixed_load_neither_lose_nor_double_a_post_nor_ask_in_vain";

/// What to run.
#[derive(Args)]
pub struct Crash {
    /// How many publications, three per second; at least one of each kind on each network.
    #[arg(long, default_value_t = 300)]
    publishes: u32,
    /// On which database; PostgreSQL has two nodes.
    #[arg(long, value_enum, default_value_t = Database::Sqlite)]
    db: Database,
    /// How long a process lives on average, in milliseconds.
    #[arg(long, default_value_t = 4_000)]
    mean_ms: u32,
    /// What decides what is posted and when processes die.
    #[arg(long, default_value_t = 1)]
    seed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Database {
    Sqlite,
    Postgres,
}

/// Runs it; true if nothing was lost, doubled or asked in vain.
pub fn run(asked: &Crash) -> Result<bool> {
    let Crash { publishes, db, mean_ms, seed } = asked;
    let db = if *db == Database::Postgres { "postgres" } else { "sqlite" };
    let mut test = runs::cargo("test", &["--quiet", "--package", "server", "--test", "server"]);
    test.args(["--", "--exact", TEST, "--nocapture"]);
    test.env(VARIABLE, json!({ "publishes": publishes, "db": db, "mean_ms": mean_ms, "seed": seed }).to_string());
    let server = (db == "postgres").then(peers::start_postgres).transpose()?;
    if let Some(server) = &server {
        test.env(server.variable.0, &server.variable.1);
    }
    runs::shown(&mut test)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo;

    #[test]
    fn the_test_that_is_asked_for_is_there() {
        let text = repo::text("crates/server/tests/server/storm/mod.rs");
        assert!(TEST.strip_prefix("storm::").is_some_and(|name| text.contains(&format!("async fn {name}()"))));
        assert!(text.contains(&format!("\"{VARIABLE}\"")));
    }
}
