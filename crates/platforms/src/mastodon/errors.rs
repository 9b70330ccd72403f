//! The error table: what each refusal of an instance means.
//!
//! Error texts are translated and differ between servers, so the status decides first; a text only sharpens it. The
//! text shown to people is ours.

use std::time::Duration;

use base::{Text, say};
use connector::FailureKind as Kind;

use crate::kit::judge::{Doubt, Judge, Row, Shape, Sign, Told, Waits};

/// What was asked for; the same status means different things to different calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A new status: the visible write.
    Post,
    /// A change of a status.
    Edit,
    /// The end of a status.
    Delete,
    /// A file.
    Upload,
    /// Whether a file is ready.
    MediaState,
    /// Any other read.
    Read,
    /// A token, or the end of one.
    Token,
    /// Our app's registration.
    Register,
}

const POSTS: &[Asked] = &[Asked::Post, Asked::Edit];
const FILES: &[Asked] = &[Asked::Upload, Asked::MediaState];
/// Time-outs and servers in trouble, those of a network in front of the instance too.
const TROUBLE: &[u16] = &[408, 500, 501, 502, 503, 504, 507, 508, 520, 521, 522, 523, 524, 525, 526, 527, 530];
const RECONNECT: Text = say!("The server no longer accepts this channel's token. Reconnect the channel.");

const TROUBLE_BEFORE: Text = say!("The server has a problem. Fanfare tries again.");

/// Mastodon API, "Errors", and what Takahē answers instead. Statuses that no row names are in doubt.
#[rustfmt::skip]
const ROWS: &[Row<Asked>] = &[
    Row::new(&[429], Sign::Any, Kind::RateLimited,
        say!("Rate limit of the server reached. Fanfare continues when it is over."))
        .by_anyone(),
    // Signing in.
    Row::new(&[400, 401, 403], Sign::Words(&["invalid_client", "unauthorized_client", "client authentication failed"]), Kind::AppMisconfigured,
        say!("The server no longer knows Fanfare's app. Connect the channel again: Fanfare registers a new app there."))
        .of(&[Asked::Token]),
    Row::new(&[400, 401], Sign::Words(&["invalid_grant"]), Kind::InputInvalid,
        say!("The server didn't accept the sign-in: it was already used, or took too long. Connect again."))
        .of(&[Asked::Token]),
    Row::new(&[400, 401], Sign::Words(&["invalid_scope"]), Kind::AppMisconfigured,
        say!("The server doesn't grant the permissions that Fanfare asked for. An operator must check the app's registration."))
        .of(&[Asked::Token]),
    Row::new(&[400, 401, 403, 422], Sign::Any, Kind::AppMisconfigured,
        say!("The server refused the sign-in of Fanfare's app. An operator must check the app's registration there.")).of(&[Asked::Token]),
    Row::new(&[400, 401, 403, 406, 415, 422], Sign::Any, Kind::AppMisconfigured,
        say!("The server refused to register Fanfare as an app. Ask its administrators whether apps are allowed there.")).of(&[Asked::Register]),
    Row::new(&[404, 405, 410], Sign::Any, Kind::InputInvalid,
        say!("There is no Mastodon API at this address. Enter the address that your browser shows when you use the server."))
        .of(&[Asked::Token, Asked::Register]).by_anyone(),
    // The token.
    Row::new(&[400, 401], Sign::Words(&["token", "bearer"]), Kind::ReconnectNeeded, RECONNECT),
    Row::new(&[401], Sign::Any, Kind::ReconnectNeeded, RECONNECT),
    Row::new(&[403], Sign::Words(&["authorized scopes", "insufficient_scope"]), Kind::ScopeMissing,
        say!("The channel's permissions don't cover this. Reconnect the channel and allow everything that is asked."))
        ,
    Row::new(&[403], Sign::Words(&["this action is not allowed"]), Kind::ContentRefused,
        say!("The server doesn't allow this account to reply to or quote that post."))
        .of(POSTS),
    Row::new(&[403], Sign::Any, Kind::AccountBlocked,
        say!("The server doesn't let this account do this: it may be locked, unconfirmed, awaiting approval, or lack the permission. Sign in at the server to see what it says.")),
    Row::new(&[410], Sign::Any, Kind::AccountBlocked,
        say!("The server says the account or the post is gone for good. Sign in at the server and check.")),
    // Files.
    Row::new(&[413], Sign::Any, Kind::MediaRefused,
        say!("The file is larger than the server accepts. Use a smaller file.")).of(FILES).by_anyone(),
    Row::new(&[400, 422], Sign::Any, Kind::MediaRefused,
        say!("The server refused the file because of its type, size or content. Use another file or format.")).of(FILES),
    Row::new(&[404], Sign::Any, Kind::MediaNotReady,
        say!("The server no longer has the uploaded file. Fanfare uploads it again.")).of(&[Asked::MediaState]).by_anyone().for_now(Some(PROCESSING_PAUSE)),
    Row::new(&[500], Sign::Words(&["error processing"]), Kind::MediaRefused,
        say!("The server failed to process the file.")).of(FILES).in_doubt(),
    // Posts.
    Row::new(&[422], Sign::Words(&["not finished processing"]), Kind::MediaNotReady,
        say!("The server is still processing an attached file. Fanfare tries again in a few seconds."))
        .of(POSTS).for_now(Some(PROCESSING_PAUSE)),
    Row::new(&[400, 422], Sign::Words(&["not found or already attached"]), Kind::MediaNotReady,
        say!("The server no longer has an attached file. Fanfare uploads it again."))
        .of(POSTS).for_now(Some(PROCESSING_PAUSE)),
    Row::new(&[400, 422], Sign::Words(&["cannot attach", ": file ", "media"]), Kind::MediaRefused,
        say!("The server refused the attached files: too many, or of kinds that can't be combined. Change the media."))
        .of(POSTS),
    Row::new(&[413], Sign::Any, Kind::ContentRefused,
        say!("The post is larger than the server accepts. Shorten it.")).of(POSTS).by_anyone(),
    Row::new(&[400, 422], Sign::Any, Kind::ContentRefused,
        say!("The server refused the post. Its own words are in the technical log. Usual reasons: too long, empty, a blocked phrase, or a poll or option it doesn't accept. Change the post."))
        .of(POSTS),
    Row::new(&[404], Sign::Any, Kind::RemoteNotFound,
        say!("The server can't find what this replies to, quotes or changes. That post, or this one, may have been deleted.")).of(POSTS).by_anyone(),
    Row::new(&[404], Sign::Any, Kind::RemoteNotFound,
        say!("The server can't find it. It may have been deleted.")).by_anyone(),
    Row::new(&[406, 415], Sign::Any, Kind::AppMisconfigured,
        say!("The server doesn't accept requests in the form of Mastodon's API. It may run software that Fanfare doesn't know. Tell the operator of this installation.")),
    Row::new(&[400, 422], Sign::Any, Kind::BadAnswer,
        say!("The server doesn't understand the request.")),
    // The server is in trouble.
];

/// How long to wait for a file that is still being processed.
const PROCESSING_PAUSE: Duration = Duration::from_secs(5);

/// What an instance's answers mean.
pub(crate) static JUDGE: Judge<Asked> = Judge {
    shape: Shape {
        at: &[""],
        names: &["error"],
        numbers: &[],
        words: &["error", "error_description"],
        plain: true,
        challenge: true,
    },
    rows: ROWS,
    // Uploads and reads show nothing to anybody: a lost answer leaves no doubt about the post.
    harmless: &[Asked::Upload, Asked::MediaState, Asked::Read],
    trouble: |status| TROUBLE.contains(&status),
    // Mastodon tells its window in every answer, so that the window says nothing about trouble of another kind.
    waits: Waits {
        told: &[Told::Instant("x-ratelimit-reset"), Told::RetryAfter],
        unsaid: Duration::from_secs(5 * 60),
        min: Duration::from_secs(1),
        max: Duration::from_secs(24 * 60 * 60),
        past_is_now: false,
    },
    doubt,
    inside: None,
};

fn doubt(ask: Asked, doubt: Doubt) -> Text {
    let is_harmless = JUDGE.is_harmless(ask);
    let ask = if is_harmless {
        say!("Fanfare tries again.")
    } else {
        say!("It is not known whether the request took effect; Fanfare checks before doing anything else.")
    };
    match doubt {
        Doubt::Down(_) if is_harmless => TROUBLE_BEFORE,
        Doubt::Down(_) => say!(
            "The server has a problem. It is not known whether the request took effect; Fanfare checks before doing anything else."
        ),
        Doubt::Foreign(status) => say!(
            "The server, or something in front of it, answered {status}, which Mastodon's API doesn't use here. {ask}"
        ),
        Doubt::Odd(status, missing) => say!("The server answered {status}, but without {missing}. {ask}"),
        Doubt::Lost(why) => why,
    }
}

#[cfg(test)]
mod tests;
