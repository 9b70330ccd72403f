//! The life of a publication, pure: no clock, no I/O. The caller stores what comes back.
//!
//! ```text
//! Scheduled -> Armed -> (next part: Scheduled) | Published
//! Scheduled -> Cancelled | Missed | Parked | Failed
//! Armed -> Scheduled (not sent, throttled) | Failed | Parked | Processing | Unknown
//! Armed without an outcome after a crash -> Unknown, always
//! Unknown -> looked up -> as if accepted | Scheduled (absence proven) | NeedsEyes
//! Unknown -> Armed: the same request once more, where the platform knows it by our id. The doubt goes with it: only an
//!            acceptance ends it, everything else is Unknown again
//! NeedsEyes -> a person: it is live | send again | drop
//! Cancelled -> Scheduled, when a person takes that back and nothing was ever sent
//! Published -> Deleted, when a person deletes it at the platform; so what is live of a post that was cancelled or failed
//! ```
//!
//! A publication carries out its parts in order; everything here is about the part it is at.

use serde::{Deserialize, Serialize};

/// The state of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for its time, or for the next try.
    Scheduled,
    /// A request is durable in the journal and on its way; nothing else may be sent for this part.
    Armed,
    /// The platform has it and still works on it.
    Processing,
    /// The answer was lost. Only reads happen now, until it is proven there or not there.
    Unknown,
    /// Every part is live.
    Published,
    /// The platform refused a part, or Fanfare did before anything was sent.
    Failed,
    /// Only a person can tell whether a part is live.
    NeedsEyes,
    /// Waits until a problem is solved (expired access, a quota, a pause).
    Parked,
    /// Its time passed while nothing could be sent; a person decides.
    Missed,
    /// Called off.
    Cancelled,
    /// It was live, and was deleted at the platform.
    Deleted,
}

impl State {
    /// All states.
    pub const ALL: &'static [State] = &[
        State::Scheduled,
        State::Armed,
        State::Processing,
        State::Unknown,
        State::Published,
        State::Failed,
        State::NeedsEyes,
        State::Parked,
        State::Missed,
        State::Cancelled,
        State::Deleted,
    ];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            State::Scheduled => "scheduled",
            State::Armed => "armed",
            State::Processing => "processing",
            State::Unknown => "unknown",
            State::Published => "published",
            State::Failed => "failed",
            State::NeedsEyes => "needs_eyes",
            State::Parked => "parked",
            State::Missed => "missed",
            State::Cancelled => "cancelled",
            State::Deleted => "deleted",
        }
    }

    /// Reads the word.
    pub fn parse(word: &str) -> Option<State> {
        State::ALL.iter().copied().find(|state| state.as_str() == word)
    }

    /// Whether the dispatcher must come back to it by itself (R-07): such a state always has a time to wake.
    pub fn moves_by_itself(self) -> bool {
        matches!(self, State::Scheduled | State::Armed | State::Processing | State::Unknown)
    }

    /// Whether it may still go out, by itself or because a person decides so.
    pub fn is_open(self) -> bool {
        !matches!(self, State::Published | State::Cancelled | State::Deleted)
    }

    /// Whether a person has to do something.
    pub fn waits_for_a_person(self) -> bool {
        matches!(self, State::Failed | State::NeedsEyes | State::Parked | State::Missed)
    }
}

/// What the state machine knows of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Life {
    /// Its state.
    pub state: State,
    /// The part it is at, from 0.
    pub part: u32,
    /// How many parts there are.
    pub parts: u32,
    /// Attempts armed for this part.
    pub tries: u32,
    /// How often this part was armed again after doubt about an attempt before.
    pub doubts: u32,
    /// How often this part was looked up without an answer.
    pub looks: u32,
    /// How often a person has said: send again.
    pub round: u32,
}

/// What can happen to a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Event {
    /// The next attempt is about to be made durable.
    Arm,
    /// The platform has the part, and it is live.
    Accepted,
    /// The platform has the part and works on it.
    AcceptedForProcessing,
    /// Proven: nothing was sent, or it had no effect. It will be tried again.
    NoEffect,
    /// Refused for good.
    Refused,
    /// Refused until a problem is solved.
    Blocked,
    /// No outcome is known: a time-out, a crash, a lost answer.
    Doubt,
    /// A read has proven that the part is live.
    Confirmed,
    /// A read could not be made, or what it allows has to wait; nothing is known that was not known before.
    LookFailed,
    /// A read said nothing new.
    Looked,
    /// Reads have proven that the attempt in doubt was not applied.
    AbsenceProven,
    /// The same request is about to be made durable once more: the platform knows it by our id.
    Repeat,
    /// Reads cannot decide.
    AskAPerson,
    /// The time to be late has passed.
    TooLate,
    /// A person moved or edited it.
    Changed,
    /// A person unscheduled it.
    Cancelled,
    /// What blocked it is mended.
    Mended,
    /// A person: it is live.
    PersonSaysLive,
    /// A person: it is not live, send it (again).
    PersonSaysSend,
    /// A person: leave it.
    PersonDrops,
    /// What was live of it was deleted at the platform.
    DeletedThere,
    /// A person schedules it again after unscheduling it, before anything was sent.
    Restored,
}

/// The event cannot happen in this state. Nothing is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a publication that is {} cannot take {event:?}", life.state.as_str())]
pub struct Illegal {
    /// Where it stood.
    pub life: Life,
    /// What was to happen.
    pub event: Event,
}

/// The whole life of a publication.
pub fn step(life: Life, event: Event) -> Result<Life, Illegal> {
    use {Event as E, State as S};
    let to = |state: State| Ok(Life { state, ..life });
    match (life.state, event) {
        (S::Scheduled, E::Arm) => Ok(Life { state: S::Armed, tries: life.tries + 1, looks: 0, ..life }),
        (S::Unknown, E::Repeat) => {
            Ok(Life { state: S::Armed, tries: life.tries + 1, doubts: life.doubts + 1, looks: 0, ..life })
        }
        (S::Scheduled, E::NoEffect) => to(S::Scheduled),
        (S::Scheduled, E::Refused) => to(S::Failed),
        (S::Scheduled, E::Blocked) => to(S::Parked),
        (S::Scheduled, E::TooLate) if life.part == 0 => to(S::Missed),
        (S::Scheduled | S::Parked | S::Missed, E::Changed) if life.part == 0 => {
            Ok(Life { state: S::Scheduled, tries: 0, doubts: 0, looks: 0, ..life })
        }
        (S::Scheduled | S::Parked | S::Missed | S::Failed, E::Cancelled) => to(S::Cancelled),

        (S::Armed, E::Accepted) | (S::Armed | S::Unknown | S::Processing, E::Confirmed) => Ok(part_done(life)),
        (S::Armed | S::Unknown, E::AcceptedForProcessing) => Ok(Life { state: S::Processing, looks: 0, ..life }),
        (S::Armed, E::NoEffect) => to(S::Scheduled),
        (S::Armed | S::Unknown | S::Processing, E::Refused) => to(S::Failed),
        (S::Armed, E::Blocked) => to(S::Parked),
        (S::Armed, E::Doubt) => Ok(Life { state: S::Unknown, looks: 0, ..life }),

        (S::Unknown | S::Processing, E::Looked) => Ok(Life { looks: life.looks + 1, ..life }),
        (S::Unknown | S::Processing, E::LookFailed) => Ok(life),
        (S::Unknown, E::AbsenceProven) => Ok(Life { state: S::Scheduled, doubts: life.doubts + 1, looks: 0, ..life }),
        (S::Unknown | S::Processing, E::AskAPerson) => to(S::NeedsEyes),

        (S::Parked, E::Mended) => to(S::Scheduled),
        (S::Parked, E::TooLate) if life.part == 0 => to(S::Missed),
        (S::NeedsEyes, E::PersonSaysLive) => Ok(part_done(life)),
        (S::NeedsEyes | S::Missed | S::Failed | S::Parked, E::PersonSaysSend) => {
            Ok(Life { state: S::Scheduled, tries: 0, doubts: 0, looks: 0, round: life.round + 1, ..life })
        }
        (S::NeedsEyes | S::Missed | S::Failed | S::Parked, E::PersonDrops) => to(S::Cancelled),
        (S::Cancelled, E::Restored) if life.part == 0 && life.tries == 0 && life.doubts == 0 => to(S::Scheduled),
        (S::Published | S::Cancelled | S::Failed, E::DeletedThere) if life.part > 0 => to(S::Deleted),
        _ => Err(Illegal { life, event }),
    }
}

fn part_done(life: Life) -> Life {
    let part = life.part + 1;
    let state = if part == life.parts { State::Published } else { State::Scheduled };
    Life { state, part, tries: 0, doubts: 0, looks: 0, ..life }
}

#[cfg(test)]
mod tests {
    use std::collections::{HashSet, VecDeque};

    use super::*;

    const EVENTS: &[Event] = &[
        Event::Arm,
        Event::Accepted,
        Event::AcceptedForProcessing,
        Event::NoEffect,
        Event::Refused,
        Event::Blocked,
        Event::Doubt,
        Event::Confirmed,
        Event::Looked,
        Event::LookFailed,
        Event::AbsenceProven,
        Event::Repeat,
        Event::AskAPerson,
        Event::TooLate,
        Event::Changed,
        Event::Cancelled,
        Event::Mended,
        Event::PersonSaysLive,
        Event::PersonSaysSend,
        Event::PersonDrops,
        Event::DeletedThere,
        Event::Restored,
    ];

    fn fresh(parts: u32) -> Life {
        Life { state: State::Scheduled, part: 0, parts, tries: 0, doubts: 0, looks: 0, round: 0 }
    }

    /// Every life that can be reached with small counters.
    fn reachable() -> HashSet<Life> {
        let mut seen = HashSet::from([fresh(2)]);
        let mut queue = VecDeque::from([fresh(2)]);
        while let Some(life) = queue.pop_front() {
            for event in EVENTS {
                let Ok(next) = step(life, *event) else { continue };
                let small = next.tries <= 3 && next.doubts <= 2 && next.looks <= 2 && next.round <= 1;
                if small && seen.insert(next) {
                    queue.push_back(next);
                }
            }
        }
        seen
    }

    #[test]
    fn r_02_nothing_can_be_armed_while_an_attempt_has_no_outcome() {
        let lives = reachable();
        assert!(lives.len() > 50, "the walk found only {}", lives.len());
        for life in lives {
            let armed = step(life, Event::Arm);
            assert_eq!(armed.is_ok(), life.state == State::Scheduled, "{life:?}");
            assert_eq!(step(life, Event::Repeat).is_ok(), life.state == State::Unknown, "{life:?}");
        }
    }

    #[test]
    fn r_03_doubt_ends_only_by_proof_by_a_safe_repeat_or_by_a_person() {
        for life in reachable().into_iter().filter(|life| life.state == State::Unknown) {
            for event in EVENTS {
                let Ok(next) = step(life, *event) else { continue };
                let allowed = matches!(
                    (event, next.state),
                    (Event::AbsenceProven, State::Scheduled)
                        | (Event::Repeat, State::Armed)
                        | (Event::Confirmed, State::Scheduled | State::Published)
                        | (Event::Looked | Event::LookFailed, State::Unknown)
                        | (Event::AskAPerson, State::NeedsEyes)
                        | (Event::AcceptedForProcessing, State::Processing)
                        | (Event::Refused, State::Failed)
                );
                assert!(allowed, "{life:?} took {event:?} to {:?}", next.state);
            }
        }
    }

    #[test]
    fn r_05_an_edit_or_a_cancel_is_refused_once_a_part_is_on_its_way() {
        for life in reachable() {
            let on_its_way = matches!(life.state, State::Armed | State::Unknown | State::Processing);
            if on_its_way {
                assert!(step(life, Event::Changed).is_err(), "{life:?}");
                assert!(step(life, Event::Cancelled).is_err(), "{life:?}");
            }
        }
        let published = Life { state: State::Published, part: 2, ..fresh(2) };
        for event in EVENTS {
            let next = step(published, *event).ok().map(|life| life.state);
            let deleted = (*event == Event::DeletedThere).then_some(State::Deleted);
            assert_eq!(next, deleted, "published is the end, until it is deleted there: {event:?}");
        }
        let deleted = Life { state: State::Deleted, ..published };
        assert!(EVENTS.iter().all(|event| step(deleted, *event).is_err()), "deleted is the end");
    }

    #[test]
    fn r_07_every_state_can_reach_an_end() {
        let lives = reachable();
        let ends = |life: &Life| !life.state.is_open() || life.state == State::Failed;
        for life in &lives {
            let mut seen = HashSet::from([*life]);
            let mut queue = VecDeque::from([*life]);
            let mut found = false;
            while let Some(life) = queue.pop_front() {
                if ends(&life) {
                    found = true;
                    break;
                }
                for next in EVENTS.iter().filter_map(|event| step(life, *event).ok()) {
                    if next.looks <= 3 && next.tries <= 4 && next.doubts <= 3 && next.round <= 2 && seen.insert(next) {
                        queue.push_back(next);
                    }
                }
            }
            assert!(found, "{life:?} leads nowhere");
        }
    }

    #[test]
    fn a_thread_goes_on_part_by_part() {
        let mut life = fresh(3);
        for part in 1..=3 {
            life = step(life, Event::Arm).expect("armed");
            life = step(life, Event::Accepted).expect("accepted");
            assert_eq!(life.part, part);
        }
        assert_eq!(life.state, State::Published);
    }
}
