//! Counters of the database's work, used by benchmarks and by tests of what a request costs.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counts since the database was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stats {
    /// Durable commits. On SQLite many writes share one.
    pub commits: u64,
    /// Writes that were committed.
    pub writes: u64,
    /// Statements run by writes and reads; every row of an `execute_many` counts, but for one over given rows on PostgreSQL.
    pub statements: u64,
    /// Steps of SQLite's virtual machine in statements that ended well: what was looked at, whatever was found. 0 on
    /// PostgreSQL.
    pub steps: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    commits: AtomicU64,
    writes: AtomicU64,
    statements: AtomicU64,
    steps: AtomicU64,
}

impl Counters {
    pub(crate) fn committed(&self, writes: u64) {
        self.commits.fetch_add(1, Relaxed);
        self.writes.fetch_add(writes, Relaxed);
    }

    pub(crate) fn stated(&self, statements: u64) {
        self.statements.fetch_add(statements, Relaxed);
    }

    pub(crate) fn stepped(&self, steps: u64) {
        self.steps.fetch_add(steps, Relaxed);
    }

    pub(crate) fn read(&self) -> Stats {
        Stats {
            commits: self.commits.load(Relaxed),
            writes: self.writes.load(Relaxed),
            statements: self.statements.load(Relaxed),
            steps: self.steps.load(Relaxed),
        }
    }
}
