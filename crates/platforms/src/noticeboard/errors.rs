//! What Notice Board's refusals mean. Each documented one is a row; the first row that fits decides.

use std::time::Duration;

use base::{Text, say};
use connector::FailureKind as K;

use super::ABOUT;
use crate::kit::judge::{Doubt, Judge, Row, Shape, Sign, Told, Waits, is_trouble};

/// What was asked for. The same refusal means different things to a visible write and to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// Whether a token that a person entered is one.
    Token,
    /// Any other read.
    Read,
    /// The visible write.
    Send,
    /// A change of it.
    Edit,
    /// Its end.
    Delete,
}

const WRITES: &[Asked] = &[Asked::Send, Asked::Edit];

// To fill in: every code that the network documents, and what clients by others have met.
#[rustfmt::skip]
pub(super) const ROWS: &[Row<Asked>] = &[
    Row::new(&[429], Sign::Any, K::RateLimited,
        say!("Rate limit at Notice Board reached. Fanfare tries again when it allows more.")).by_anyone(),
    Row::new(&[401], Sign::Any, K::InputInvalid,
        say!("Notice Board doesn't know this token. Copy it whole.")).of(&[Asked::Token]),
    Row::new(&[401], Sign::Any, K::ReconnectNeeded,
        say!("Notice Board no longer accepts the token. Connect the channel again.")),
    Row::new(&[404], Sign::Any, K::RemoteNotFound, say!("The notice is no longer on Notice Board.")),
    Row::new(&[422], Sign::Name(&["too_long"]), K::ContentRefused,
        say!("Notice Board says the text is too long. Shorten it.")).of(WRITES),
    Row::new(&[400, 422], Sign::Any, K::ContentRefused,
        say!("Notice Board refused this notice. Its own words are in the technical log. Change the post.")).of(WRITES),
    Row::new(&[400, 422], Sign::Any, K::BadAnswer, say!("Notice Board doesn't understand the request.")),
];

/// What Notice Board's answers mean.
pub static JUDGE: Judge<Asked> = Judge {
    // To fill in: where an answer says what is wrong.
    shape: Shape {
        at: &["/error"],
        names: &["code"],
        numbers: &[],
        words: &["message"],
        plain: false,
        challenge: false,
    },
    rows: ROWS,
    harmless: &[Asked::Token, Asked::Read],
    trouble: is_trouble,
    // To fill in: where it says how long to wait.
    waits: Waits {
        told: &[Told::RetryAfter],
        unsaid: Duration::from_secs(60),
        min: Duration::from_secs(1),
        max: Duration::from_secs(24 * 60 * 60),
        past_is_now: false,
    },
    doubt,
    inside: None,
};

fn doubt(asked: Asked, doubt: Doubt) -> Text {
    doubt.told(ABOUT.name).then(match asked {
        Asked::Send => say!("The notice may be live. Fanfare checks before doing anything else."),
        Asked::Edit => say!("The change may have been made. Making it again does no harm."),
        Asked::Delete => say!("The notice may be gone. Deleting it again does no harm."),
        Asked::Token | Asked::Read => say!("Nothing was changed; Fanfare asks again."),
    })
}
