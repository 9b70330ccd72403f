//! One lane's turn: what the worker knows of its lane between two publications.

use std::sync::Arc;

use base::{Timestamp, ids::PublicationId};

use super::{
    journal::Then,
    store::{Lane, Work},
};
use crate::channels::grants::Opened;

/// A lane being worked on.
pub(super) struct Turn {
    /// The lane.
    pub(super) lane: Lane,
    /// What becomes of the lane when the publication in hand is done with: stored with its outcome, not after it.
    pub(super) then: Then,
    /// The publication named as in hand, which a crash is laid at the door of.
    pub(super) in_hand: Option<PublicationId>,
    /// `then` has happened, so this publication's turn is over whatever its time.
    pub(super) moved_on: bool,
    /// The lane is another's to take.
    pub(super) given_back: bool,
    /// The channel's login and when it was read.
    pub(super) login: Option<(Timestamp, Arc<Opened>)>,
}

impl Turn {
    /// A turn that has just begun, with its first publication in hand unless that is a suspect.
    pub(super) fn new(lane: Lane, works: &[Work], login: Option<(Timestamp, Arc<Opened>)>) -> Self {
        let in_hand = works.first().filter(|work| !is_suspect(work)).map(|work| work.publication.id);
        Self { lane, then: Then::Stay, in_hand, moved_on: false, given_back: false, login }
    }

    /// Begins with a publication that `next` follows.
    pub(super) fn begin(&mut self, next: Option<&Work>) {
        self.moved_on = false;
        self.then = match next {
            None => Then::GiveBack,
            // Suspects name themselves, when they run alone.
            Some(next) if is_suspect(next) => Then::Stay,
            Some(next) => Then::Take(next.publication.id),
        };
    }

    /// `then` is stored.
    pub(super) fn has_moved_on(&mut self, then: Then) {
        match then {
            Then::Stay => return,
            Then::Take(id) => self.in_hand = Some(id),
            Then::GiveBack => self.given_back = true,
        }
        self.moved_on = true;
    }
}

/// Whether a process died more than once while it did with this publication what comes next: then that is done alone.
pub(super) fn is_suspect(work: &Work) -> bool {
    let p = &work.publication;
    match p.life.state {
        super::State::Scheduled => p.crashes.max(p.prepare_crashes) > 1,
        _ => p.look_crashes > 1,
    }
}
