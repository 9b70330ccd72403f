//! What of a publication is live, said wherever something went wrong with it. Only the engine knows the other parts: what a
//! connector says is about the one part that it was asked to send.

use super::state::{Life, State};

/// What is live of a publication that has more parts than one; `None` where there is nothing to add.
pub(super) fn what_is_live(life: Life) -> Option<String> {
    let Life { part, parts, .. } = life;
    let rest = if parts == part + 1 { "the last one is not" } else { "the others are not" };
    let rest = match life.state {
        State::NeedsEyes | State::Unknown | State::Armed | State::Processing => "of the next one it is not known yet",
        _ => rest,
    };
    match part {
        _ if part == parts || life.state == State::Deleted => None,
        0 => None,
        1 => Some(format!("Part 1 of {parts} is live; {rest}.")),
        _ => Some(format!("Parts 1 to {part} of {parts} are live; {rest}.")),
    }
}

/// What happened, with what is live. `refused`: a request was answered with a no.
pub(super) fn with_what_is_live(detail: &str, from: Life, to: Life, refused: bool) -> String {
    let told = match to.state {
        // A part that was accepted needs no words about the others.
        _ if to.part > from.part => None,
        State::Failed if to.part == 0 => Some("Nothing was published.".to_owned()),
        State::Parked if to.part == 0 && refused => Some("Nothing was published.".to_owned()),
        _ => what_is_live(to),
    };
    let Some(told) = told else { return detail.to_owned() };
    let stop = if detail.ends_with(['.', '!', '?']) { "" } else { "." };
    format!("{detail}{stop} {told}")
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
            with_what_is_live("Refused.", life(State::Armed, part, parts), life(state, part, parts), true)
        };
        assert_eq!(told(State::Failed, 0, 1), "Refused. Nothing was published.");
        assert_eq!(told(State::Parked, 0, 3), "Refused. Nothing was published.");
        assert_eq!(told(State::Scheduled, 0, 3), "Refused.");
        assert_eq!(told(State::Failed, 1, 2), "Refused. Part 1 of 2 is live; the last one is not.");
        assert_eq!(told(State::Parked, 1, 3), "Refused. Part 1 of 3 is live; the others are not.");
        assert_eq!(told(State::Scheduled, 2, 3), "Refused. Parts 1 to 2 of 3 are live; the last one is not.");
        let doubt = "Refused. Part 1 of 2 is live; of the next one it is not known yet.";
        assert_eq!((told(State::NeedsEyes, 1, 2).as_str(), told(State::Unknown, 1, 2).as_str()), (doubt, doubt));
        assert_eq!(told(State::NeedsEyes, 0, 2), "Refused.");
        let failed = life(State::Failed, 0, 1);
        assert_eq!(with_what_is_live("no", failed, failed, true), "no. Nothing was published.");
    }
}
