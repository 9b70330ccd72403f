//! What the connectors share: what is the same from one network to the next, built once.
//!
//! It stands beside the connectors and not in `connector`, which is what the product sees of a platform: the product must
//! not come to lean on how a connector works. A connector brings its network's JSON, its table of refusals, its texts and
//! what only its network has. Nothing here knows a network by name.

use std::time::Duration;

use base::{Timestamp, say};
use connector::{Failure, FailureKind};

/// A network may work so long on a file, or on a post before it is published, until that is given up. No network of the list
/// documents a time; Meta's guides speak of minutes, and clients wait half an hour for long videos.
pub(crate) const WORK_MAX: Duration = Duration::from_secs(30 * 60);

/// That a network has worked on the files of a post for too long; `None` while it may go on. `at` is who works on them.
pub(crate) fn given_up(at: &'static str, since: Timestamp, now: Timestamp) -> Option<Failure> {
    let detail = say!(
        "{at} did not finish processing the post within {minutes} minutes. Publish again. If the same happens, convert its files or use smaller ones.",
        at = at.to_owned(),
        minutes = WORK_MAX.as_secs() / 60
    );
    (now.since(since) >= WORK_MAX).then(|| Failure::rejected(FailureKind::MediaRefused, detail))
}

pub(crate) mod judge;
pub(crate) mod oauth;
pub(crate) mod page;
pub(crate) mod parts;
pub(crate) mod peer;
pub(crate) mod read_back;
pub(crate) mod rules;
pub(crate) mod upload;
