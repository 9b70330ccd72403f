//! What Instagram's refusals mean. Each documented code is a row; the first row that fits decides. A container that failed
//! says one of the same codes in its status.
//!
//! Source: the Instagram Platform's pages on error codes and publishing, and what clients report: a limit that is said of posts
//! that were published (Postiz 1681), a comment that is there although its answer is 400 (brightbean 140), collaborators
//! (Postiz 1876, 2088), calls with a dead token (in2code-de/instagram 25).

use std::time::Duration;

use base::{Text, Timestamp, say};
use connector::{FailureKind as K, Outcome, Reply};
use serde_json::json;

use super::{ABOUT, VERSION};
use crate::{
    kit::judge::{Doubt, Judge, Row, Shape, Sign, is_trouble},
    meta::{
        containers::{QUOTA_PAUSE, Rules},
        errors::{MISSING, PERMISSION, RATE, RESTRICTED, SHAPE, TOKEN, TROUBLE, WAITS},
    },
};

/// What was asked for. The same code means different things to a visible write and to a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// A container; no one sees it.
    Container,
    /// The visible write.
    Publish,
    /// A comment, which is visible too.
    Comment,
    /// The end of a post.
    Delete,
    /// Any read.
    Read,
    /// Numbers about a post.
    Numbers,
    /// Hiding, showing or deleting a comment.
    Moderate,
    /// Exchanging the code.
    Code,
    /// A longer-lived token for one that stays valid.
    Token,
    /// With Facebook's login: what the app is asked or told about itself and about a grant.
    App,
}

const PUBLISH: &[Asked] = &[Asked::Publish];
const COMMENT: &[Asked] = &[Asked::Comment];
const NUMBERS: &[Asked] = &[Asked::Numbers];
const WRITES: &[Asked] = &[Asked::Container, Asked::Publish, Asked::Comment, Asked::Delete];
const SIGN_IN: &[Asked] = &[Asked::Code, Asked::Token, Asked::App];

/// How long to wait until what was refused by mistake is asked again.
const AGAIN: Duration = Duration::from_secs(30);

/// How long to wait until a container that was not ready is published again.
const SETTLES: Duration = Duration::from_secs(30);

/// Failures that another container may be spared: files that could not be fetched or uploaded, an unknown trouble.
const PASSING: &[i64] = &[-2, 9004, 2_207_003, 2_207_052, 2_207_053, 2_207_077, 2_207_082, 2_207_085];

/// How Instagram makes containers. One that could not fetch its file often fares better (Postiz 1900: three tries).
pub static CONTAINERS: Rules<Asked> = Rules {
    at: "Instagram",
    read: Asked::Read,
    root: VERSION,
    fields: "id,status_code,status",
    quota_fields: "quota_usage,config",
    passing: PASSING,
    tries: 3,
    trouble,
};

const NOT_YET: Text = say!("Instagram is not done with the prepared post yet. Fanfare checks again, then publishes.");
const NOT_FETCHED: Text = say!(
    "Instagram could not fetch the file from this installation. Check that it can be reached from outside, then publish again."
);
const VIDEO_FORM: Text = say!("Instagram can't use the video in this form. Convert it to MP4 with H.264 and AAC.");
const TAGS: Text = say!(
    "Instagram doesn't accept one of the tagged accounts or its place in the image. Tag public accounts only, and check their names."
);
const REFUSED: Text =
    say!("Instagram refused this post as invalid. Its own words are in the technical log. Change the post.");
const SLOW_DOWN: Text = say!("Rate limit at Instagram reached. Fanfare tries again later.");
const RECONNECT: Text = say!(
    "Instagram no longer accepts this channel's login: it has expired, or access was revoked. Reconnect the channel."
);
const SPAM: Text = say!(
    "Instagram has restricted what this account can do, because its activity looks like spam. Settle it at Instagram, then reconnect the channel."
);
const GONE: Text = say!("Instagram has no such post, or this account can't see it.");
const NOT_A_TESTER: Text = say!(
    "This account is not yet a tester of the app at Instagram. An operator must invite it, and its owner must accept under Website permissions in the Instagram settings."
);
const SECRET_WRONG: Text = say!(
    "Instagram doesn't recognise the app's ID and secret. An operator must compare them. With Instagram's login they are those of the Instagram product; with Facebook's login those under App settings, Basic."
);

#[rustfmt::skip]
pub(super) const ROWS: &[Row<Asked>] = &[
    // Signing in.
    Row::new(&[], Sign::Words(&["client secret", "client_secret", "client_id", "validating application", "invalid platform app"]), K::AppMisconfigured, SECRET_WRONG)
        .of(SIGN_IN),
    Row::new(&[], Sign::Words(&["redirect_uri", "redirect uri"]), K::AppMisconfigured,
        say!("Instagram doesn't know our callback address for this app. An operator must add it, character by character: with Instagram's login under Set up Instagram business login, with Facebook's login under Facebook Login, Settings."))
        .of(SIGN_IN),
    Row::new(&[], Sign::Words(&["developer role"]), K::AppMisconfigured, NOT_A_TESTER).of(SIGN_IN),
    // The proof of the app's server, which only Facebook's login has: a right one has been refused now and then (restfb 1118).
    Row::new(&[], Sign::Number(&[104]), K::AppMisconfigured, SECRET_WRONG),
    Row::new(&[], Sign::Words(&["appsecret_proof"]), K::Unavailable,
        say!("Instagram didn't accept the app's signature. Fanfare tries again. If it stays so, an operator must compare the app secret.")).for_now(Some(AGAIN)),
    Row::new(&[400, 401, 403], Sign::Any, K::ReconnectNeeded,
        say!("Instagram didn't accept the code from the consent page, which works once and for an hour. Connect the channel again."))
        .of(&[Asked::Code]),
    // So it answers a token that is dead, or of another kind.
    Row::new(&[], Sign::Words(&["unsupported request - method type", "session has been invalidated"]), K::ReconnectNeeded, RECONNECT),
    Row::new(&[], Sign::Number(&[100]), K::ReconnectNeeded, RECONNECT).of(&[Asked::Token]),
    Row::new(&[], Sign::Words(&["not an instagram business"]), K::ReconnectNeeded,
        say!("The account is not a professional account any more. Switch it back to a business or creator account at Instagram, then reconnect the channel.")),
    // The account. This limit is said of posts that were published, too.
    Row::new(&[], Sign::Number(&[2_207_051]), K::AccountBlocked,
        say!("Instagram answered that the account is restricted or too active, which it also says of posts that it has published. Fanfare checks, and publishes nothing on this channel for three hours."))
        .of(PUBLISH).in_doubt().pausing(RESTRICTED),
    Row::new(&[], Sign::Number(&[368, 2_207_051]), K::AccountBlocked, SPAM).pausing(RESTRICTED),
    Row::new(&[], Sign::Number(&[25, 2_207_050]), K::AccountBlocked,
        say!("Instagram has restricted this account or finds it inactive. Log in at Instagram and settle it, then reconnect the channel.")),
    Row::new(&[], Sign::Number(&[9, 2_207_042]), K::RateLimited,
        say!("This account has published as many posts as Instagram allows in 24 hours. Fanfare tries again as soon as there is room."))
        .for_now(Some(QUOTA_PAUSE)),
    // The files.
    Row::new(&[], Sign::Number(&[2_207_003, 2_207_052, 2_207_077, 9004]), K::MediaRefused, NOT_FETCHED),
    Row::new(&[], Sign::Number(&[2_207_020]), K::MediaNotReady,
        say!("The prepared post has expired at Instagram. Fanfare prepares it again.")).for_now(Some(SETTLES)),
    Row::new(&[], Sign::Number(&[2_207_053, 2_207_082, 2_207_085]), K::MediaRefused,
        say!("Instagram could not take in or process the file, and gives no reason. Convert the file or use another one.")),
    Row::new(&[], Sign::Number(&[352, 2_207_026, 2_207_076]), K::MediaRefused, VIDEO_FORM),
    Row::new(&[], Sign::Number(&[36_000, 2_207_004]), K::MediaRefused,
        say!("Instagram says the image is larger than 8 MB. Use a smaller one.")),
    Row::new(&[], Sign::Number(&[36_001, 2_207_005]), K::MediaRefused,
        say!("Instagram doesn't take the image's format. Use a JPEG.")),
    Row::new(&[], Sign::Number(&[36_003, 2_207_009]), K::MediaRefused,
        say!("Instagram doesn't take the image's aspect ratio. Crop it to between 4:5 and 1.91:1.")),
    Row::new(&[], Sign::Number(&[2_207_057]), K::ContentRefused,
        say!("The moment chosen for the cover isn't in the video. Choose another one.")),
    // The server.
    Row::trouble(Sign::Number(&[2_207_001, 2_207_032])),
    // Publishing.
    Row::new(&[], Sign::Number(&[24, 33, 9007, 2_207_006, 2_207_008, 2_207_027]), K::MediaNotReady, NOT_YET).of(PUBLISH).for_now(Some(SETTLES)),
    // The content.
    Row::new(&[], Sign::Number(&[36_004, 2_207_010]), K::ContentRefused,
        say!("Instagram says the text is too long. Shorten it.")),
    Row::new(&[], Sign::Number(&[110, 2_207_018]), K::ContentRefused,
        say!("Instagram doesn't know one of the collaborators or tagged accounts, or it is private. Check their names.")),
    Row::new(&[], Sign::Number(&[2_207_028]), K::ContentRefused,
        say!("Instagram takes 2 to 10 files in a carousel. Change the files.")),
    Row::new(&[], Sign::Number(&[2_207_035, 2_207_036, 2_207_037]), K::ContentRefused, TAGS),
    Row::new(&[], Sign::Number(&[2_207_040]), K::ContentRefused,
        say!("Instagram allows 20 tagged accounts in a post. Remove some.")),
    Row::new(&[], Sign::Number(&[2_207_081]), K::ContentRefused,
        say!("This account can't publish trial reels. Publish it as an ordinary reel.")),
    Row::new(&[], Sign::Number(&[2_207_073]), K::ContentRefused,
        say!("Instagram can't delete posts of this kind. Delete it in the Instagram app.")),
    Row::new(&[], Sign::Is(|said| said.numbers.iter().any(|code| (9050..=9064).contains(code))), K::ContentRefused,
        say!("Instagram can't use the chosen sound. Publish without it.")),
    Row::new(&[], Sign::Words(&["invalid_location_id"]), K::ContentRefused,
        say!("Instagram doesn't know the place. Give the ID of a Facebook Page that has an address.")),
    Row::new(&[], Sign::Words(&["param collaborators is not allowed"]), K::ContentRefused,
        say!("Instagram doesn't let this account invite collaborators. Remove them.")),
    // The comment was made; its answer could not be written in the form that was asked for.
    Row::new(&[], Sign::Number(&[20, 1_772_107]), K::Unavailable,
        say!("Instagram refused to answer in the form that it was asked for, which it also does after it has made a comment. Fanfare checks before doing anything else."))
        .of(COMMENT).in_doubt(),
    // What only holds for now.
    Row::new(&[429], Sign::Any, K::RateLimited, SLOW_DOWN).by_anyone(),
    Row::new(&[], RATE, K::RateLimited, SLOW_DOWN),
    // The login.
    Row::new(&[], TOKEN, K::ReconnectNeeded, RECONNECT),
    Row::new(&[401], Sign::Any, K::ReconnectNeeded, RECONNECT),
    // What is not there. A story with fewer than five viewers, and a post from before the account became a professional one,
    // have no numbers.
    Row::new(&[], Sign::Words(&["not enough viewers"]), K::RemoteNotFound, GONE).of(NUMBERS),
    Row::new(&[], Sign::Number(&[2_108_006]), K::RemoteNotFound, GONE).of(NUMBERS),
    Row::new(&[], MISSING, K::RemoteNotFound, GONE),
    Row::new(&[], Sign::Number(&[24, 803, 9007]), K::RemoteNotFound, GONE),
    Row::new(&[], PERMISSION, K::ScopeMissing,
        say!("Instagram says that the channel's permissions don't cover this, or that the account is not a tester of the app. Reconnect the channel and leave all permissions on.")),
    Row::new(&[], Sign::Number(&[100]), K::ContentRefused, REFUSED).of(WRITES),
    Row::new(&[], Sign::Number(&[100]), K::BadAnswer, say!("Instagram doesn't understand the request.")),
    Row::new(&[], Sign::Number(&[-2]), K::MediaRefused, NOT_FETCHED),
    // Instagram is in trouble, by its own words.
    Row::trouble(Sign::Number(&[-1])),
    Row::trouble(TROUBLE),
];

/// What Instagram's answers mean.
pub static JUDGE: Judge<Asked> = Judge {
    // A place that it does not know is told in the error's type, which is else of no use: it differs from host to host.
    shape: Shape { words: &["message", "error_message", "error_user_title", "error_user_msg", "type"], ..SHAPE },
    rows: ROWS,
    // A container that no one publishes is forgotten after a day; a token that was exchanged stays valid.
    harmless: &[Asked::Container, Asked::Read, Asked::Numbers, Asked::Token, Asked::App],
    trouble: is_trouble,
    waits: WAITS,
    doubt,
    inside: None,
};

fn doubt(asked: Asked, doubt: Doubt) -> Text {
    doubt.told(ABOUT.name).then(match asked {
        Asked::Publish => say!("The post may be live. Fanfare checks before doing anything else."),
        Asked::Comment => say!("The comment may be live. Fanfare checks before doing anything else."),
        Asked::Delete => say!("The post may be gone. Deleting it again does no harm."),
        Asked::Code => say!("The code works only once. Connect the channel again."),
        Asked::Moderate => say!("The change may have been made. Making it again does no harm."),
        _ => say!("Nothing was changed; Fanfare asks again."),
    })
}

/// What is wrong with a container whose status says this ("Error: Media upload has failed with error code 2207026"), and
/// whether it may pass.
fn trouble(status: &str) -> (bool, Text) {
    let mut numbers = status.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<i64>().ok());
    let code = numbers.rfind(|number| (2_207_000..2_208_000).contains(number));
    let body = json!({ "error": { "error_subcode": code } }).to_string();
    let reply = Reply { status: 400, headers: http::HeaderMap::new(), body: body.into() };
    let failure = JUDGE.refused(Asked::Container, &reply, Timestamp::from_seconds(0));
    if failure.outcome != Outcome::Rejected {
        // No code, one that comes later, or one that is no refusal: a new container may fare better.
        return (true, say!("Instagram could not prepare the post, and gives no reason."));
    }
    (code.is_some_and(|code| PASSING.contains(&code)), failure.detail)
}
