//! What of a publication is live, said wherever something went wrong with it. Only the engine knows the other parts: what a
//! connector says is about the one part that it was asked to send.

use super::state::{Life, State};
use base::{Text, say};

/// What is live of a publication that has more parts than one; `None` where there is nothing to add.
pub(super) fn what_is_live(life: Life) -> Option<Text> {
    let Life { part, parts, .. } = life;
    if part == 0 || part == parts || life.state == State::Deleted {
        return None;
    }
    let live = match part {
        1 => say!("Part 1 of {parts} is live."),
        _ => say!("Parts 1 to {part} of {parts} are live."),
    };
    let rest = match life.state {
        State::NeedsEyes | State::Unknown | State::Armed | State::Processing => {
            say!("It is not known yet whether the next part is.")
        }
        _ if parts == part + 1 => say!("The last part is not."),
        _ => say!("The other parts are not."),
    };
    Some(live.then(rest))
}

/// What happened, with what is live. `refused`: a request was answered with a no.
pub(super) fn with_what_is_live(detail: Text, from: Life, to: Life, refused: bool) -> Text {
    let told = match to.state {
        // A part that was accepted needs no words about the others.
        _ if to.part > from.part => None,
        State::Failed if to.part == 0 => Some(say!("Nothing was published.")),
        State::Parked if to.part == 0 && refused => Some(say!("Nothing was published.")),
        _ => what_is_live(to),
    };
    match told {
        Some(told) => detail.then(told),
        None => detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn life(state: State, part: u32, parts: u32) -> Life {
        Life { state, part, parts, tries: 1, doubts: 0, looks: 0, round: 0 }
    }

    #[test]
    fn what_went_wrong_is_told_with_what_is_live() {
        let told = |state, part, parts| {
            with_what_is_live("Refused.".into(), life(State::Armed, part, parts), life(state, part, parts), true)
                .english()
        };
        assert_eq!(told(State::Failed, 0, 1), "Refused. Nothing was published.");
        assert_eq!(told(State::Parked, 0, 3), "Refused. Nothing was published.");
        assert_eq!(told(State::Scheduled, 0, 3), "Refused.");
        assert_eq!(told(State::Failed, 1, 2), "Refused. Part 1 of 2 is live. The last part is not.");
        assert_eq!(told(State::Parked, 1, 3), "Refused. Part 1 of 3 is live. The other parts are not.");
        assert_eq!(told(State::Scheduled, 2, 3), "Refused. Parts 1 to 2 of 3 are live. The last part is not.");
        let doubt = "Refused. Part 1 of 2 is live. It is not known yet whether the next part is.";
        assert_eq!((told(State::NeedsEyes, 1, 2), told(State::Unknown, 1, 2)), (doubt.to_owned(), doubt.to_owned()));
        assert_eq!(told(State::NeedsEyes, 0, 2), "Refused.");
        let failed = life(State::Failed, 0, 1);
        assert_eq!(with_what_is_live("no".into(), failed, failed, true).english(), "no. Nothing was published.");
    }
}
