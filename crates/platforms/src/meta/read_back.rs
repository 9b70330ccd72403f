//! A post whose answer was lost, where it was made of a container: the container tells whether it was published, and the
//! account's own posts which one it is.

use std::time::Duration;

use base::{Timestamp, say};
use connector::{Deleted, Failure, FailureKind, Finding, Request, Sent, Trace};
use serde::de::DeserializeOwned;

use super::{
    containers::Status,
    pages::{self, PAGE},
};
use crate::kit::{
    peer::Peer,
    read_back::{AFTER, BEFORE, Fit, decided, too_many},
};

/// How many pages are read: more than an account can publish in a day.
const PAGES_MAX: usize = 10;
/// How long a container that was not published may be about to be.
const SETTLES: Duration = Duration::from_secs(30);
/// How long a post that the network has named may not be shown.
const SHOWN_WITHIN: Duration = Duration::from_secs(5 * 60);

/// What was made around this attempt: a list whose requests take `since` and `until`.
pub(crate) async fn around<A: Copy + PartialEq, T: DeserializeOwned>(
    peer: &Peer<'_, A>,
    read: A,
    request: impl Fn() -> Request,
    trace: &Trace<'_>,
) -> Result<Vec<T>, Failure> {
    let second = |at: Timestamp| at.as_seconds().to_string();
    let end = trace.deadline + AFTER;
    let is_over = end + BEFORE < peer.call.clock.now();
    let windowed = || {
        let request = request().query("since", second(trace.armed_at - BEFORE));
        if is_over { request.query("until", second(end + Duration::from_secs(1))) } else { request }
    };
    whole(peer, read, windowed).await
}

/// A whole list.
pub(crate) async fn whole<A: Copy + PartialEq, T: DeserializeOwned>(
    peer: &Peer<'_, A>,
    read: A,
    request: impl Fn() -> Request,
) -> Result<Vec<T>, Failure> {
    let what = (say!("a list of posts"), PAGES_MAX);
    let (posts, is_whole) = pages::read(peer, read, request, what, |_: &[T]| false).await?;
    if is_whole { Ok(posts) } else { Err(too_many(PAGES_MAX * PAGE)) }
}

/// What a container's status and the account's own posts say together. `at` is the network, as people know it.
pub(crate) fn finding(
    at: &str,
    status: Option<Status>,
    posts: Vec<(Fit, Sent)>,
    (trace, now): (&Trace<'_>, Timestamp),
) -> Result<Finding, Failure> {
    match status {
        Some(Status::InProgress) => Ok(Finding::Processing),
        Some(Status::Published) => published(at, posts),
        // The network itself says that it is no post. A post that is exactly it says otherwise, and is believed.
        Some(Status::Finished | Status::Error | Status::Expired) => {
            match decided(posts.into_iter().filter(|(fit, _)| *fit != Fit::Alike)) {
                Finding::Absent { .. } => Ok(Finding::Absent { certain: now >= trace.deadline + SETTLES }),
                found => Ok(found),
            }
        }
        None => Ok(decided(posts)),
    }
}

/// It is there for certain: one post that may be it is it, and if there is none, the network does not show it yet.
fn published(at: &str, posts: Vec<(Fit, Sent)>) -> Result<Finding, Failure> {
    let proof =
        say!("{at} says that it published the container, and one of the account's own posts fits", at = at.to_owned());
    match decided(posts) {
        Finding::Absent { .. } => Err(not_shown(at)),
        Finding::Ambiguous(mut found) if found.len() == 1 => {
            Ok(Finding::Published { sent: Sent { remote: found.remove(0), processing: false }, proof })
        }
        Finding::Published { sent, .. } => Ok(Finding::Published { sent, proof }),
        found => Ok(found),
    }
}

/// The one post that a container became.
pub(crate) fn the_published(at: &str, posts: Vec<(Fit, Sent)>) -> Result<Sent, Failure> {
    match published(at, posts)? {
        Finding::Published { sent, .. } => Ok(sent),
        _ => Err(not_shown(at)),
    }
}

/// Published, says its container, and not to be seen yet: a look that failed, never an absence.
fn not_shown(at: &str) -> Failure {
    let at = at.to_owned();
    let detail = say!("{at} says that it is published, but doesn't show it yet. Fanfare checks again.");
    Failure::unknown(FailureKind::Unavailable, detail)
}

/// A post that an answer has named, read again until it is shown.
pub(crate) fn named(
    at: &str,
    shown: Result<Sent, Failure>,
    sent: &Sent,
    (trace, now): (&Trace<'_>, Timestamp),
) -> Result<Finding, Failure> {
    let proof = say!("the answer of {at} had its ID", at = at.to_owned());
    match shown {
        Ok(sent) => Ok(Finding::Published { sent, proof }),
        Err(failure) if failure.kind != FailureKind::RemoteNotFound => Err(failure),
        Err(_) if now < trace.deadline + SHOWN_WITHIN => Ok(Finding::Processing),
        Err(_) => Ok(Finding::Published { sent: Sent { processing: false, ..sent.clone() }, proof }),
    }
}

/// What a failed deletion means. "No such object" is also said of what the token can't see, so a post is taken for gone only while
/// its account is seen.
pub(crate) async fn was_gone<A: Copy + PartialEq>(
    peer: &Peer<'_, A>,
    read: A,
    account: &str,
    failure: Failure,
) -> Result<Deleted, Failure> {
    if failure.kind != FailureKind::RemoteNotFound {
        return Err(failure);
    }
    let request = peer.get("read the account", account).query("fields", "id");
    peer.ask(read, request).await.map_err(|_| failure)?;
    Ok(Deleted::WasGone)
}
