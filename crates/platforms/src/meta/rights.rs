//! What the app and the person may do on one page: scopes can be given page by page, and a person has tasks on each.
//!
//! What was not granted is off, with the reason (nothing that a page's facts do not tell is taken for missing).

use base::{Text, say};
use connector::{Failure, FailureKind};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Something that needs scopes and a task.
#[derive(Debug)]
pub(crate) struct Need {
    pub scopes: &'static [&'static str],
    /// The task, as old pages call it. Source: Pages API, overview.
    pub task: &'static str,
}

/// What is kept of it in a channel's facts.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Rights {
    /// The scopes that hold for this page.
    pub scopes: Vec<String>,
    /// What the person who connected it may do there.
    pub tasks: Vec<String>,
}

impl Rights {
    /// From a channel's facts.
    pub(crate) fn of(facts: &Value) -> Self {
        Self::deserialize(facts).unwrap_or_default()
    }

    /// Whether the scope holds, as far as is known.
    pub(crate) fn has(&self, scope: &str) -> bool {
        self.scopes.is_empty() || self.scopes.iter().any(|has| has == scope)
    }

    /// What is missing for this, if anything is.
    pub(crate) fn missing(&self, need: &Need) -> Option<Text> {
        let left_out: Vec<&str> = need.scopes.iter().copied().filter(|scope| !self.has(scope)).collect();
        if !left_out.is_empty() {
            return Some(say!(
                "The permission for this was not granted for this page ({scopes}). Reconnect the channel and allow it.",
                scopes = left_out.join(", ")
            ));
        }
        let task = need.task;
        // Pages of the newer kind call it by a longer name.
        let is_it = |has: &String| {
            let has = has.strip_prefix("PROFILE_PLUS_").unwrap_or(has);
            has == task || has == "FULL_CONTROL"
        };
        (!self.tasks.is_empty() && !self.tasks.iter().any(is_it)).then(|| {
            say!(
                "The person who connected this page may not do this there ({task}). Someone with full control of the page must allow it, under Page access."
            )
        })
    }

    /// A failure that says what is missing.
    pub(crate) fn require(&self, need: &Need) -> Result<(), Failure> {
        self.missing(need).map_or(Ok(()), |why| Err(Failure::rejected(FailureKind::ScopeMissing, why)))
    }
}
