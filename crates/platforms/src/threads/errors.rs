//! What Threads's refusals mean. Each documented code is a row; the first row that fits decides.
//!
//! Source: the Threads API's troubleshooting page, and what clients report of it: media that is not found right after its
//! container was finished (Postiz 2047), code 10 for a post that was published (threads-go 30), code 1 for a file that could
//! not be fetched (Postiz 1364).

use std::time::Duration;

use base::{Text, say};
use connector::FailureKind as K;

use super::ABOUT;
use crate::{
    kit::judge::{Doubt, Judge, Row, Sign, is_trouble},
    meta::errors::{MISSING, PERMISSION, RATE, RESTRICTED, SHAPE, TOKEN, TROUBLE, WAITS},
};

/// What was asked for. The same code means different things to a visible write and to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A container for a post of its own; no one sees it.
    Container,
    /// A container for a reply.
    Reply,
    /// The visible write.
    Publish,
    /// A reply that is published at once: a visible write, too.
    Answer,
    /// Hiding, showing, approving or declining a reply.
    Moderate,
    /// The end of a post.
    Delete,
    /// Any read.
    Read,
    /// Exchanging the code.
    Code,
    /// A longer-lived token for one that stays valid.
    Token,
    /// Whether the app's id and secret are right.
    App,
}

const CONTAINER: &[Asked] = &[Asked::Container, Asked::Reply, Asked::Answer];
const PUBLISH: &[Asked] = &[Asked::Publish];
const SIGN_IN: &[Asked] = &[Asked::Code, Asked::Token, Asked::App];

/// A file that Threads could not fetch.
pub const NOT_FETCHED: i64 = 2_207_052;
/// How long to wait until a container that was not found is published again.
pub const SETTLES: Duration = Duration::from_secs(30);

const NOT_YET: Text = say!(
    "Threads doesn't find the prepared post yet, though it said that it is ready. Fanfare tries again in half a minute."
);
const PERHAPS: Text = say!(
    "Threads refused for lack of permission, which it also says of posts that it has published. Fanfare checks before doing anything else."
);
const REFUSED: Text =
    say!("Threads refused this post as invalid. Its own words are in the technical log. Change the post.");
const SLOW_DOWN: Text = say!("Rate limit at Threads reached. Fanfare tries again later.");
const RECONNECT: Text = say!(
    "Threads no longer accepts this channel's login: it has expired, or access was revoked. Reconnect the channel."
);
/// The consent page says this too.
pub const NOT_A_TESTER: Text = say!(
    "This account is not yet a tester of the app at Threads. An operator must invite it, and its owner must accept under Website permissions in the Threads settings."
);
const SECRET_WRONG: Text = say!(
    "Threads doesn't recognise the app's ID and secret. An operator must enter the Threads app ID and Threads app secret, not those of the Facebook app beside them."
);

#[rustfmt::skip]
pub(super) const ROWS: &[Row<Asked>] = &[
    // Signing in.
    Row::new(&[], Sign::Words(&["fbtype::th__application", "client secret", "client_secret", "client_id", "validating application"]), K::AppMisconfigured, SECRET_WRONG)
        .of(SIGN_IN),
    Row::new(&[], Sign::Words(&["redirect_uri", "redirect uri"]), K::AppMisconfigured,
        say!("Threads doesn't know our callback address for this app. An operator must add it, character by character, under Use cases, Threads, Settings."))
        .of(SIGN_IN),
    Row::new(&[], Sign::Number(&[1_349_245]), K::AppMisconfigured, NOT_A_TESTER).of(SIGN_IN),
    Row::new(&[400, 401, 403], Sign::Any, K::ReconnectNeeded,
        say!("Threads didn't accept the code from the consent page, which works once and for an hour. Connect the channel again."))
        .of(&[Asked::Code]),
    // A subcode tells more than its code, which may be any.
    Row::new(&[], Sign::Number(&[2_207_051]), K::AccountBlocked,
        say!("Threads has restricted what this account can do, because its activity looks like spam. Settle it at Threads, then reconnect the channel.")).pausing(RESTRICTED),
    Row::new(&[], Sign::Number(&[4_279_013]), K::AccountBlocked,
        say!("Threads has restricted this account. Settle it at Threads, then reconnect the channel.")),
    Row::new(&[], Sign::Number(&[NOT_FETCHED]), K::MediaRefused,
        say!("Threads could not fetch the file from this installation. Check that it can be reached from outside, then publish again.")),
    // What only holds for now.
    Row::new(&[429], Sign::Any, K::RateLimited, SLOW_DOWN).by_anyone(),
    Row::new(&[], RATE, K::RateLimited, SLOW_DOWN),
    // The login.
    Row::new(&[], TOKEN, K::ReconnectNeeded, RECONNECT),
    Row::new(&[401], Sign::Any, K::ReconnectNeeded, RECONNECT),
    // Publishing.
    Row::new(&[], Sign::Number(&[24, 33, 4_279_009]), K::MediaNotReady, NOT_YET).of(PUBLISH).for_now(Some(SETTLES)),
    Row::new(&[], Sign::Number(&[10]), K::Unavailable, PERHAPS).of(PUBLISH).in_doubt(),
    Row::new(&[], Sign::Number(&[10]), K::ContentRefused,
        say!("Threads doesn't let this account reply here. Publish it as a post of its own."))
        .of(&[Asked::Reply, Asked::Answer]),
    Row::new(&[], Sign::Number(&[24, 4_279_009]), K::RemoteNotFound,
        say!("What this post replies to or quotes is no longer on Threads, or this account can't see it."))
        .of(CONTAINER),
    Row::new(&[], MISSING, K::RemoteNotFound, say!("Threads has no such post, or this account can't see it.")),
    Row::new(&[], Sign::Number(&[24]), K::RemoteNotFound, say!("Threads has no such post, or this account can't see it.")),
    Row::new(&[], PERMISSION, K::ScopeMissing,
        say!("Threads says that the channel's permissions don't cover this, or that the account is not a tester of the app. Reconnect the channel and leave all permissions on.")),
    // The content.
    Row::new(&[], Sign::Words(&["link_limit_exceeded"]), K::ContentRefused,
        say!("Threads allows five links in a post. Remove some.")).of(CONTAINER),
    Row::new(&[], Sign::Words(&["at most 500 characters"]), K::ContentRefused,
        say!("Threads says the text is too long. Shorten it.")).of(CONTAINER),
    Row::new(&[], Sign::Words(&["feature_not_available"]), K::ContentRefused,
        say!("Threads doesn't offer this account one of the chosen options. Change the options.")).of(CONTAINER),
    Row::new(&[], Sign::Number(&[100]), K::ContentRefused, REFUSED).of(&[Asked::Container, Asked::Reply, Asked::Answer, Asked::Publish]),
    Row::new(&[], Sign::Number(&[100]), K::BadAnswer, say!("Threads doesn't understand the request.")),
    // Threads is in trouble, by its own words.
    Row::trouble(TROUBLE),
];

/// What Threads's answers mean.
pub static JUDGE: Judge<Asked> = Judge {
    shape: SHAPE,
    rows: ROWS,
    // A container that no one publishes is forgotten after a day; a token that was exchanged stays valid.
    harmless: &[Asked::Container, Asked::Reply, Asked::Read, Asked::Token, Asked::App],
    trouble: is_trouble,
    waits: WAITS,
    doubt,
    inside: None,
};

fn doubt(asked: Asked, doubt: Doubt) -> Text {
    doubt.told(ABOUT.name).then(match asked {
        Asked::Publish => say!("The post may be live. Fanfare checks before doing anything else."),
        Asked::Answer => say!("The reply may be live."),
        Asked::Moderate => say!("The change may have been made. Making it again does no harm."),
        Asked::Delete => say!("The post may be gone. Deleting it again does no harm."),
        Asked::Code => say!("The code works only once. Connect the channel again."),
        _ => say!("Nothing was changed; Fanfare asks again."),
    })
}
