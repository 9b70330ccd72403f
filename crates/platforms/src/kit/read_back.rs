//! A post whose answer was lost, recognised among the account's own posts.
//!
//! How a network shows a text is the connector's to know; what follows from how well the posts fit is the same everywhere.

use std::{ops::RangeInclusive, time::Duration};

use base::{Text, Timestamp, say};
use connector::{Failure, FailureKind, Finding, Sent, Trace};

/// How long before it was armed a post may carry as its time of creation: clocks differ.
pub(crate) const BEFORE: Duration = Duration::from_secs(2 * 60);
/// How long after its deadline: a server may finish late what it took in time.
pub(crate) const AFTER: Duration = Duration::from_secs(15 * 60);

/// How well a post fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fit {
    /// It is what was sent; the proof.
    Same(Text),
    /// It may be: the network may have dressed the text up, or someone wrote much the same.
    Alike,
    /// It is another.
    Other,
}

/// When a post of this attempt can have been made.
fn window(trace: &Trace<'_>) -> RangeInclusive<Timestamp> {
    trace.armed_at - BEFORE..=trace.deadline + AFTER
}

/// Whether a post can be of this attempt: it is not accounted for yet, and was made in time. A time that cannot be read
/// may be any time.
pub(crate) fn may_be(trace: &Trace<'_>, id: &str, made_at: Option<Timestamp>) -> bool {
    !trace.taken.iter().any(|taken| taken == id) && made_at.is_none_or(|at| window(trace).contains(&at))
}

/// What the account's posts say. One that only may be it proves nothing, but it forbids to say that there is none.
pub(crate) fn decided(posts: impl IntoIterator<Item = (Fit, Sent)>) -> Finding {
    let (mut same, mut alike) = (Vec::new(), Vec::new());
    for (fit, sent) in posts {
        match fit {
            Fit::Same(proof) => same.push((sent, proof)),
            Fit::Alike => alike.push(sent.remote),
            Fit::Other => {}
        }
    }
    match same.len() {
        0 if alike.is_empty() => Finding::Absent { certain: false },
        0 => Finding::Ambiguous(alike),
        1 => {
            let (sent, proof) = same.remove(0);
            Finding::Published { sent, proof }
        }
        _ => Finding::Ambiguous(same.into_iter().map(|(sent, _)| sent.remote).chain(alike).collect()),
    }
}

/// More posts than can be searched: a person must look.
pub(crate) fn too_many(searched: usize) -> Failure {
    let detail = say!(
        "The account posted more than {searched} times around this attempt, too many to search. Check the account's page and say whether the post is there."
    );
    Failure::unknown(FailureKind::BadAnswer, detail)
}

/// Only the letters and digits of a text, small: what no dressing up of it changes.
pub(crate) fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use connector::Remote;
    use serde_json::Value;

    use super::*;

    fn post(fit: Fit, id: &str) -> (Fit, Sent) {
        let remote = Remote { id: id.to_owned(), url: String::new(), extra: Value::Null };
        (fit, Sent { remote, processing: false })
    }

    fn said(posts: &[(Fit, Sent)]) -> String {
        match decided(posts.to_vec()) {
            Finding::Published { sent, .. } => format!("published {}", sent.remote.id),
            Finding::Ambiguous(found) => found.into_iter().map(|one| one.id).collect::<Vec<_>>().join(" or "),
            Finding::Absent { certain } => format!("absent, certain: {certain}"),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn r_04_only_one_whole_match_is_proof_and_a_likeness_forbids_to_say_that_nothing_is_there() {
        let same = |id| post(Fit::Same("same text".into()), id);
        let (alike, other) = (|id| post(Fit::Alike, id), |id| post(Fit::Other, id));
        assert_eq!(said(&[]), "absent, certain: false");
        assert_eq!(said(&[other("1")]), "absent, certain: false");
        assert_eq!(said(&[other("1"), same("2"), alike("3")]), "published 2");
        assert_eq!(said(&[alike("1")]), "1");
        assert_eq!(said(&[same("1"), alike("2"), same("3")]), "1 or 3 or 2");
    }
}
