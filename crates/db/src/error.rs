//! Errors of statements, the same for both engines.
//!
//! No text contains an argument's value: arguments may be secrets or private texts.

/// Why a statement, a transaction or the database itself failed.
///
/// It can be cloned because writes that share a commit share its failure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Another transaction holds a lock for longer than we wait. Trying later may help.
    #[error("the database is busy: {0}")]
    Busy(String),
    /// A row with this key exists. `constraint` is `table.column` (or `table.a, table.b`), the same on both engines; a
    /// unique index over an expression is `index 'name'`.
    #[error("a row with the same {constraint} exists already")]
    Unique {
        /// The columns that must be unique.
        constraint: String,
    },
    /// A referenced row does not exist, or a row to be deleted is still referenced.
    #[error("a reference between rows would be broken")]
    ForeignKey,
    /// A `NOT NULL` or `CHECK` was not met. The text names the column or the check.
    #[error("the row breaks the rule {rule}")]
    Check {
        /// The column (`table.column`) or the name of the check.
        rule: String,
    },
    /// [`crate::Tx::one`] found no row.
    #[error("no such row")]
    NotFound,
    /// The transaction conflicted with others more often than we retry.
    #[error("the transaction kept colliding with others and was given up after {attempts} attempts")]
    Serialization {
        /// How often it was tried.
        attempts: u32,
    },
    /// The disk or the database's quota is full. Nothing was stored.
    #[error("the disk is full: nothing was stored; free some space and try again")]
    Full,
    /// The server cannot be reached, refused us, or went away before the commit. Nothing was stored.
    #[error("no connection to the database: {0}")]
    Connection(String),
    /// The connection broke during the commit: the write may be stored or not. Read before trying again.
    #[error("the connection broke during the commit, so the write may be stored or not: {0}")]
    CommitUnknown(String),
    /// The disk failed or the file is damaged. This handle stores nothing more; the process should exit, so that the
    /// next start recovers from what is really on the disk.
    #[error("the database's storage failed, so nothing more is written until a restart: {0}")]
    Fatal(String),
    /// The caller broke a rule of this crate. A programming error.
    #[error("the database was used wrongly: {0}")]
    Misuse(String),
    /// The transaction began with a question about the caller's rights, and the answer was no. Nothing was stored.
    #[error("{0}")]
    Refused(Box<base::Problem>),
    /// A schema change could not be made.
    #[error("the schema could not be brought up to date: {0}")]
    Migration(String),
    /// Anything else the engine refuses.
    #[error("the database refused: {0}")]
    Other(String),
}

impl Error {
    pub(crate) fn misuse(text: impl Into<String>) -> Self {
        Self::Misuse(text.into())
    }

    /// Whether this is a [`Error::Unique`] violation of exactly `constraint`, such as `people.email`.
    pub fn is_unique_on(&self, wanted: &str) -> bool {
        matches!(self, Self::Unique { constraint } if constraint == wanted)
    }

    pub(crate) fn awaited() -> Self {
        Self::misuse("a write or read may await nothing but its transaction; do the rest before or after it")
    }

    pub(crate) fn spoiled(cause: &Error) -> Self {
        Self::misuse(format!(
            "a statement of this transaction failed ({cause}), so the whole transaction is rolled back; return the \
             error, or avoid it with ON CONFLICT"
        ))
    }

    pub(crate) fn closed() -> Self {
        Self::Connection("the database handle was closed".into())
    }
}
