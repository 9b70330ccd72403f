//! Revisions of what can be edited: how often it was changed, and from which revision a change was made.

use base::{Code, Problem, say};
use serde::Serialize;

/// How often something was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Revision(pub u64);

impl Revision {
    /// The entity tag, in quotes.
    pub fn etag(self) -> String {
        format!("\"r{}\"", self.0)
    }

    /// From a column.
    pub fn from_row(row: &db::Row, column: &str) -> Result<Self, db::Error> {
        Ok(Self(u64::try_from(row.int(column)?).unwrap_or(0)))
    }

    fn parse(tag: &str) -> Option<Self> {
        tag.trim().strip_prefix("\"r")?.strip_suffix('"')?.parse().ok().map(Self)
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "r{}", self.0)
    }
}

/// The revision that a change was made from. A request without it is refused with `428`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IfMatch {
    /// `If-Match: *`: whatever it is now.
    Any,
    /// One of these.
    OneOf(Vec<Revision>),
}

impl IfMatch {
    /// The revisions of these entity tags; one that is not ours matches nothing.
    pub fn parse(tags: &str) -> Self {
        match tags.trim() {
            "*" => Self::Any,
            tags => Self::OneOf(tags.split(',').filter_map(Revision::parse).collect()),
        }
    }

    /// Whether the change was made from `now`.
    ///
    /// # Errors
    /// `stale-revision` that names the present revision.
    pub fn check(&self, now: Revision) -> Result<(), Problem> {
        match self {
            Self::OneOf(revisions) if !revisions.contains(&now) => {
                Err(Problem::new(Code::StaleRevision, say!("The current revision is {etag}.", etag = now.etag()))
                    .with("revision", now.etag()))
            }
            _ => Ok(()),
        }
    }
}
