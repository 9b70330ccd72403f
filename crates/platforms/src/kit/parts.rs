//! Which part of a post answers which: a comment the first one, a post of a thread the thread post before it.

use base::say;
use connector::{Failure, FailureKind, Part, PartJob, PartKind, Prepared, Remote};
use serde::de::DeserializeOwned;

/// The part that a job is for.
pub(crate) fn part<'a>(job: &PartJob<'a>) -> Result<&'a Part, Failure> {
    job.draft.parts.get(job.position).ok_or_else(|| {
        let detail = say!("The post no longer has this part. Check the post and publish it again.");
        Failure::rejected(FailureKind::ContentRefused, detail)
    })
}

/// What the part of a job answers; nothing for the first one.
pub(crate) fn answered<'a>(job: &PartJob<'a>) -> Result<Option<&'a Remote>, Failure> {
    if job.position == 0 {
        return Ok(None);
    }
    let is_post = |at: &usize| job.draft.parts.get(*at).is_some_and(|part| part.kind == PartKind::Post);
    let before = match part(job)?.kind {
        PartKind::Comment => 0,
        PartKind::Post => (0..job.position).rev().find(is_post).unwrap_or(0),
    };
    job.earlier.get(before).map(Some).ok_or_else(|| {
        let detail = say!("The part that this one replies to has not been published. Publish that one first.");
        Failure::rejected(FailureKind::RemoteNotFound, detail)
    })
}

/// What a connector keeps of a prepared part.
pub(crate) fn frozen<T: DeserializeOwned>(ready: &Prepared) -> Result<T, Failure> {
    T::deserialize(&ready.request).map_err(|error| {
        let detail = say!("The prepared post can't be read: {error}. Publish it again.", error = error.to_string());
        Failure::rejected(FailureKind::BadAnswer, detail)
    })
}
